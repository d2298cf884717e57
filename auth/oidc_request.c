/*
 * Security: the attacker writes the whole request and lures somebody into sending it: to have a
 * code carried to an address of theirs, to weaken PKCE, or to get more than the client registered.
 * Promised: the address matches a registered one byte for byte before anything is said there
 * (RFC 9700 4.1.3); S256 or nothing, and not nothing where client or profile demand it; scopes and
 * resources are cut to the registration; every text is bounded. What is kept of a request is what
 * was checked, so that it cannot be read in another way later. Deliberately not done: flows other
 * than code; requests by reference to an address of the client's.
 */
#include "auth/oidc_request.h"

#include "auth/acr.h"
#include "auth/claims.h"
#include "auth/oidc_token.h"
#include "auth/record.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/seal.h"
#include "http/form.h"

#define HINT_BYTES_MAX  200
#define DIGEST_LETTERS  43 /* base64url of SHA-256 */
#define MAX_AGE_S_MOST  (10LL * 365 * 86400)
#define SCOPE_BYTES_MAX 1000

static const char digest_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static const struct record_field fields[] = {
    RECORD(struct oidc_request, client_id),     RECORD(struct oidc_request, redirect_uri),
    RECORD(struct oidc_request, state),         RECORD(struct oidc_request, nonce),
    RECORD(struct oidc_request, challenge),     RECORD(struct oidc_request, scope),
    RECORD(struct oidc_request, mode),          RECORD(struct oidc_request, prompt),
    RECORD(struct oidc_request, max_age_s),     RECORD(struct oidc_request, acr_essential),
    RECORD(struct oidc_request, acr_voluntary), RECORD(struct oidc_request, acr_first),
    RECORD(struct oidc_request, claims),        RECORD(struct oidc_request, resources),
    RECORD(struct oidc_request, hint_sub),      RECORD(struct oidc_request, hint_sealed),
    RECORD(struct oidc_request, ui_locales),    RECORD(struct oidc_request, jkt),
    RECORD(struct oidc_request, is_signed),     RECORD(struct oidc_request, pushed),
    RECORD(struct oidc_request, signed_in),     RECORD(struct oidc_request, reached),
    RECORD(struct oidc_request, consented),     RECORD(struct oidc_request, acting_chosen),
    RECORD(struct oidc_request, acting),        RECORD(struct oidc_request, acting_role),
    RECORD(struct oidc_request, mandate),       RECORD(struct oidc_request, hint_sid),
};

static const struct str hint_place = { "request.hint", sizeof("request.hint") - 1 };

struct str request_print(struct auth *au, struct arena *a, const struct oidc_request *rq)
{
    struct oidc_request kept = *rq;

    kept.hint_sealed = rq->login_hint.n == 0
                           ? STR("")
                           : base64url_encode(a, seal_put(a, au->seal, hint_place, rq->login_hint));
    return record_print(a, fields, LEN(fields), &kept);
}

result request_parse(struct auth *au, struct arena *a, struct str text, struct oidc_request *out,
                     struct err *e)
{
    struct oidc_request rq = { .max_age_s = -1 };
    struct str bytes;

    TRY(record_read(a, fields, LEN(fields), text, &rq, e));
    /* A hint that does not open is no hint. */
    if (rq.hint_sealed.n > 0 && base64url_decode(a, rq.hint_sealed, &bytes))
        (void)!seal_get(a, au->seal, hint_place, bytes, &rq.login_hint, NULL).failed;
    *out = rq;
    return OK;
}

static result mode_read(const struct form *form, struct oidc_request *rq, struct err *e)
{
    static const struct {
        const char *name;
        enum request_mode mode;
    } modes[] = {
        { "", REQUEST_QUERY },
        { "query", REQUEST_QUERY },
        { "form_post", REQUEST_FORM_POST },
        { "jwt", REQUEST_QUERY_JWT }, /* the default of response_type code */
        { "query.jwt", REQUEST_QUERY_JWT },
        { "form_post.jwt", REQUEST_FORM_POST_JWT },
    };
    const struct str name = form_get(form, "response_mode");

    for (size_t i = 0; i < LEN(modes); i++) {
        if (str_is(name, modes[i].name)) {
            rq->mode = modes[i].mode;
            return OK;
        }
    }
    return fail_field(e, ERR_INVALID, "response_mode", "none that we have");
}

result request_read_address(const struct client *client, const struct form *form,
                            struct oidc_request *rq, struct err *e)
{
    const struct str uri = form_get(form, "redirect_uri");
    const struct str state = form_get(form, "state");

    if (uri.n == 0)
        return fail_field(e, ERR_INVALID, "redirect_uri", "missing");
    if (!client_may_redirect(client, uri))
        return fail_field(e, ERR_INVALID, "redirect_uri", "not registered");
    rq->redirect_uri = uri;
    if (state.n > AUTHORIZE_STATE_BYTES_MAX)
        return fail_field(e, ERR_INVALID, "state", "longer than %d", AUTHORIZE_STATE_BYTES_MAX);
    rq->state = state;
    return mode_read(form, rq, e);
}

static result type_read(const struct client *client, const struct form *form, struct err *e)
{
    const struct str type = form_get(form, "response_type");

    if (type.n == 0)
        return fail_field(e, ERR_INVALID, "response_type", "missing");
    if (!str_is(type, "code"))
        return fail_field(e, ERR_RESPONSE_TYPE, "response_type", "only code");
    if (!client_may_grant(client, "authorization_code"))
        return fail(e, ERR_UNAUTHORIZED_CLIENT, "not registered for codes");
    return OK;
}

/* What is known, asked for and registered; the rest is ignored (OIDC Core 3.1.2.1). */
/* Portals of the national SSO ask for openid alone and expect all that they are registered for. */
static result scope_read(struct arena *a, const struct client *client, const struct form *form,
                         struct oidc_request *rq, struct err *e)
{
    struct str rest = form_get(form, "scope"), word;

    if (rest.n > SCOPE_BYTES_MAX || !client_list_has(rest, STR("openid")))
        return fail_field(e, ERR_BAD_SCOPE, "scope", "without openid, or too long");
    if (!client_may_scope(client, STR("openid")))
        return fail_field(e, ERR_BAD_SCOPE, "scope", "openid is not registered");
    if (client->profile == CLIENT_DVCQG_COMPAT && str_is(rest, "openid"))
        rest = client->scopes;
    rq->scope = STR("openid");
    while (str_next(&rest, ' ', &word))
        if (word.n > 0 && (claims_scope_known(word) || str_is(word, "offline_access")) &&
            claims_scope_may(client, word) && !client_list_has(rq->scope, word))
            rq->scope = str_fmt(a, "%.*s %.*s", STR_ARG(rq->scope), STR_ARG(word));
    return claims_representee_once(rq->scope)
               ? OK
               : fail_field(e, ERR_BAD_SCOPE, "scope", "more than one representee");
}

static bool is_digest(struct str s)
{
    return s.n == DIGEST_LETTERS && str_all_in(s, digest_letters);
}

static result challenge_read(const struct client *client, const struct form *form,
                             struct oidc_request *rq, struct err *e)
{
    const struct str challenge = form_get(form, "code_challenge");
    const struct str method = form_get(form, "code_challenge_method");
    const bool needed =
        client->way == CLIENT_WAY_NONE || client->pkce_only || client->profile == CLIENT_FAPI2;

    if (challenge.n == 0 && method.n == 0 && !needed)
        return OK;
    if (challenge.n == 0)
        return fail_field(e, ERR_INVALID, "code_challenge", "missing");
    if (!str_is(method, "S256"))
        return fail_field(e, ERR_INVALID, "code_challenge_method", "only S256");
    if (!is_digest(challenge))
        return fail_field(e, ERR_INVALID, "code_challenge", "no SHA-256 in base64url");
    rq->challenge = challenge;
    return OK;
}

static result prompt_read(const struct form *form, struct oidc_request *rq, struct err *e)
{
    static const struct {
        const char *name;
        unsigned prompt;
    } prompts[] = {
        { "none", REQUEST_PROMPT_NONE },
        { "login", REQUEST_PROMPT_LOGIN },
        { "select_account", REQUEST_PROMPT_LOGIN },
        { "consent", REQUEST_PROMPT_CONSENT },
    };
    struct str rest = form_get(form, "prompt"), word;

    while (str_next(&rest, ' ', &word)) {
        size_t i = 0;

        while (i < LEN(prompts) && !str_is(word, prompts[i].name))
            i++;
        if (i == LEN(prompts) && word.n > 0)
            return fail_field(e, ERR_INVALID, "prompt", "unknown");
        if (i < LEN(prompts))
            rq->prompt |= prompts[i].prompt;
    }
    if ((rq->prompt & REQUEST_PROMPT_NONE) != 0 && rq->prompt != REQUEST_PROMPT_NONE)
        return fail_field(e, ERR_INVALID, "prompt", "none and something else");
    return OK;
}

static result hint_read(struct auth *au, struct arena *a, const struct client *client,
                        const struct form *form, struct oidc_request *rq, struct err *e)
{
    const struct str hint = form_get(form, "id_token_hint");
    struct oidc_hint read;

    if (hint.n == 0)
        return OK;
    if (oidc_hint_read(au, a, hint, &read, e).failed || !str_eq(read.client_id, client->id))
        return fail_field(e, ERR_INVALID, "id_token_hint", "no ID token of this client");
    rq->hint_sub = read.sub;
    rq->hint_sid = read.sid;
    return OK;
}

static result resources_read(const struct client *client, const struct form *form,
                             struct oidc_request *rq, struct err *e)
{
    struct str rest = form_get(form, "resource"), word;

    if (rest.n > REQUEST_RESOURCE_BYTES_MAX)
        return fail_field(e, ERR_BAD_TARGET, "resource", "too long");
    rq->resources = rest;
    while (str_next(&rest, ' ', &word))
        if (word.n > 0 && !client_list_has(client->resources, word))
            return fail_field(e, ERR_BAD_TARGET, "resource", "not registered for this client");
    return OK;
}

static void acr_settle(struct oidc_request *rq, struct str named, bool compat)
{
    int first;

    rq->acr_voluntary |= acr_set(named, compat, &first);
    if (first > 0)
        rq->acr_first = first;
}

static result binding_read(const struct form *form, struct oidc_request *rq, struct err *e)
{
    const struct str jkt = form_get(form, "dpop_jkt");

    if (jkt.n > 0 && !is_digest(jkt))
        return fail_field(e, ERR_INVALID, "dpop_jkt", "no thumbprint");
    rq->jkt = jkt;
    rq->nonce = form_get(form, "nonce");
    if (rq->nonce.n > REQUEST_NONCE_BYTES_MAX)
        return fail_field(e, ERR_INVALID, "nonce", "longer than %d", REQUEST_NONCE_BYTES_MAX);
    return OK;
}

static result person_read(struct auth *au, struct arena *a, const struct client *client,
                          const struct form *form, struct oidc_request *rq, struct err *e)
{
    const bool compat = client->profile == CLIENT_DVCQG_COMPAT;
    const struct str age = form_get(form, "max_age");

    rq->max_age_s = -1;
    if (age.n > 0 &&
        (!str_digits(age) || !str_to_i64(age, &rq->max_age_s) || rq->max_age_s > MAX_AGE_S_MOST))
        return fail_field(e, ERR_INVALID, "max_age", "no number of seconds");
    TRY(hint_read(au, a, client, form, rq, e));
    if (form_has(form, "claims"))
        TRY(request_read_claims(a, form_get(form, "claims"), compat, rq, e));
    acr_settle(rq, form_get(form, "acr_values"), compat);
    rq->login_hint = str_sub(form_get(form, "login_hint"), 0, HINT_BYTES_MAX);
    rq->ui_locales = str_sub(form_get(form, "ui_locales"), 0, HINT_BYTES_MAX);
    return OK;
}

result request_read(struct auth *au, struct arena *a, const struct client *client,
                    const struct form *form, struct oidc_request *out, struct err *e)
{
    *out = (struct oidc_request){ .client_id = client->id, .max_age_s = -1 };
    TRY(request_read_address(client, form, out, e));
    TRY(type_read(client, form, e));
    TRY(scope_read(a, client, form, out, e));
    TRY(challenge_read(client, form, out, e));
    TRY(prompt_read(form, out, e));
    TRY(binding_read(form, out, e));
    TRY(resources_read(client, form, out, e));
    return person_read(au, a, client, form, out, e);
}

result request_check_way(const struct client *client, const struct oidc_request *rq, bool is_pushed,
                         struct err *e)
{
    if (!is_pushed && (client->par_only || client->profile == CLIENT_FAPI2))
        return fail_field(e, ERR_INVALID, "request_uri", "this client pushes its requests");
    if (client->signed_request_only && !rq->is_signed)
        return fail_field(e, ERR_INVALID, "request", "this client signs its requests");
    return OK;
}
