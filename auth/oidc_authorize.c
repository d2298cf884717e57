/*
 * Security: the attacker writes the whole request and lures somebody into sending it: to have a
 * code or an error carried to an address of theirs, to weaken PKCE, or to confuse a portal that
 * works with several providers. Promised: nothing is sent anywhere before client and address are
 * known to be registered (RFC 9700 4.11); iss in every response, errors too (RFC 9207); S256 or
 * nothing; prompt=none never shows a page; a session made too long ago, or another person's, is not
 * used where the portal says so; an enterprise whose status allows paying only gets no code.
 * Deliberately not done: request objects, claims parameter, other flows; not implementing them is
 * announced.
 */
#include "auth/oidc_authorize.h"

#include "auth/claims.h"
#include "auth/oidc_token.h"
#include "auth/record.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "http/form.h"
#include "store/kv.h"

#define HINT_BYTES_MAX  200
#define CHALLENGE_BYTES 43 /* base64url of SHA-256 */
#define MAX_AGE_S_MOST  (10LL * 365 * 86400)
#define CONSENT_BITS    256
#define SCOPE_BYTES_MAX 1000

enum prompt { PROMPT_NONE = 1, PROMPT_LOGIN = 2, PROMPT_CONSENT = 4 };

/* A request that has been read. What follows client and redirect_uri is checked later. */
struct asked {
    const struct form *form;
    struct client client;
    struct str redirect_uri, state, nonce, challenge, scope;
    bool form_post;
    unsigned prompt;   /* of enum prompt */
    int64_t max_age_s; /* -1: any */
    struct str hint_sub, login_hint, ui_locales;
    /* what has been done for this request already */
    bool signed_in, consented;
};

struct consent {
    struct str sid, request;
};

static const struct record_field consent_fields[] = {
    RECORD(struct consent, sid),
    RECORD(struct consent, request),
};

/* Who asks, and where answers may go. Until both are known an error is a page. */
static result asked_open(struct auth *au, struct arena *a, struct asked *q, struct err *e)
{
    const struct str client_id = form_get(q->form, "client_id");
    const struct str uri = form_get(q->form, "redirect_uri");

    if (client_id.n == 0)
        return fail_field(e, ERR_INVALID, "client_id", "missing");
    if (client_load(au, a, client_id, &q->client, e).failed) {
        if (e->code == ERR_NOT_FOUND)
            return fail_field(e, ERR_UNAUTHORIZED_CLIENT, "client_id", "unknown client");
        return (result){ true };
    }
    if (uri.n == 0)
        return fail_field(e, ERR_INVALID, "redirect_uri", "missing");
    if (!client_may_redirect(&q->client, uri))
        return fail_field(e, ERR_INVALID, "redirect_uri", "not registered");
    q->redirect_uri = uri;
    return OK;
}

static result mode_read(struct asked *q, struct err *e)
{
    const struct str mode = form_get(q->form, "response_mode");
    const struct str state = form_get(q->form, "state");

    q->form_post = str_is(mode, "form_post");
    if (state.n > AUTHORIZE_STATE_BYTES_MAX)
        return fail_field(e, ERR_INVALID, "state", "longer than %d", AUTHORIZE_STATE_BYTES_MAX);
    q->state = state;
    if (mode.n > 0 && !q->form_post && !str_is(mode, "query"))
        return fail_field(e, ERR_INVALID, "response_mode", "neither query nor form_post");
    return OK;
}

static result type_read(struct asked *q, struct err *e)
{
    const struct str type = form_get(q->form, "response_type");

    if (form_has(q->form, "request"))
        return fail_field(e, ERR_REQUEST_OBJECT, "request", "not supported");
    if (form_has(q->form, "request_uri"))
        return fail_field(e, ERR_REQUEST_URI, "request_uri", "not supported");
    if (type.n == 0)
        return fail_field(e, ERR_INVALID, "response_type", "missing");
    if (!str_is(type, "code"))
        return fail_field(e, ERR_RESPONSE_TYPE, "response_type", "only code");
    if (!client_may_grant(&q->client, "authorization_code"))
        return fail(e, ERR_UNAUTHORIZED_CLIENT, "not registered for codes");
    return OK;
}

/* What is known, asked for and registered; the rest is ignored (OIDC Core 3.1.2.1). */
static result scope_read(struct arena *a, struct asked *q, struct err *e)
{
    struct str rest = form_get(q->form, "scope"), word;

    if (rest.n > SCOPE_BYTES_MAX || !client_list_has(rest, STR("openid")))
        return fail_field(e, ERR_BAD_SCOPE, "scope", "without openid, or too long");
    if (!client_may_scope(&q->client, STR("openid")))
        return fail_field(e, ERR_BAD_SCOPE, "scope", "openid is not registered");
    q->scope = STR("openid");
    while (str_next(&rest, ' ', &word))
        if (word.n > 0 && claims_scope_known(word) && client_may_scope(&q->client, word) &&
            !client_list_has(q->scope, word))
            q->scope = str_fmt(a, "%.*s %.*s", STR_ARG(q->scope), STR_ARG(word));
    return OK;
}

static result challenge_read(struct asked *q, struct err *e)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const struct str challenge = form_get(q->form, "code_challenge");
    const struct str method = form_get(q->form, "code_challenge_method");

    if (challenge.n == 0 && method.n == 0 && q->client.has_secret)
        return OK;
    if (challenge.n == 0)
        return fail_field(e, ERR_INVALID, "code_challenge", "missing");
    if (!str_is(method, "S256"))
        return fail_field(e, ERR_INVALID, "code_challenge_method", "only S256");
    if (challenge.n != CHALLENGE_BYTES || !str_all_in(challenge, letters))
        return fail_field(e, ERR_INVALID, "code_challenge", "no SHA-256 in base64url");
    q->challenge = challenge;
    return OK;
}

static result prompt_read(struct asked *q, struct err *e)
{
    struct str rest = form_get(q->form, "prompt"), word;

    while (str_next(&rest, ' ', &word)) {
        if (str_is(word, "none"))
            q->prompt |= PROMPT_NONE;
        else if (str_is(word, "login") || str_is(word, "select_account"))
            q->prompt |= PROMPT_LOGIN; /* VNeID is where another account is chosen */
        else if (str_is(word, "consent"))
            q->prompt |= PROMPT_CONSENT;
        else if (word.n > 0)
            return fail_field(e, ERR_INVALID, "prompt", "unknown");
    }
    if ((q->prompt & PROMPT_NONE) != 0 && q->prompt != PROMPT_NONE)
        return fail_field(e, ERR_INVALID, "prompt", "none and something else");
    return OK;
}

static result rest_read(struct auth *au, struct arena *a, struct asked *q, struct err *e)
{
    const struct str age = form_get(q->form, "max_age");
    const struct str hint = form_get(q->form, "id_token_hint");
    struct oidc_hint read;

    q->nonce = form_get(q->form, "nonce");
    if (q->nonce.n > AUTHORIZE_NONCE_BYTES_MAX)
        return fail_field(e, ERR_INVALID, "nonce", "longer than %d", AUTHORIZE_NONCE_BYTES_MAX);
    if (age.n > 0 &&
        (!str_digits(age) || !str_to_i64(age, &q->max_age_s) || q->max_age_s > MAX_AGE_S_MOST))
        return fail_field(e, ERR_INVALID, "max_age", "no number of seconds");
    if (hint.n > 0) {
        if (oidc_hint_read(au, a, hint, &read, e).failed || !str_eq(read.client_id, q->client.id))
            return fail_field(e, ERR_INVALID, "id_token_hint", "no ID token of this client");
        q->hint_sub = read.sub;
    }
    q->login_hint = str_sub(form_get(q->form, "login_hint"), 0, HINT_BYTES_MAX);
    q->ui_locales = str_sub(form_get(q->form, "ui_locales"), 0, HINT_BYTES_MAX);
    return OK;
}

static result asked_read(struct auth *au, struct arena *a, struct asked *q, struct err *e)
{
    TRY(mode_read(q, e));
    TRY(type_read(q, e));
    TRY(scope_read(a, q, e));
    TRY(challenge_read(q, e));
    TRY(prompt_read(q, e));
    return rest_read(au, a, q, e);
}

/* Sends fields to the client: by redirect or by a page that posts them. iss is always the last. */
static void reply_send(struct auth *au, struct arena *a, const struct asked *q, struct pair first,
                       struct authorize_reply *out)
{
    struct str form;

    out->field_count = 0;
    out->fields[out->field_count++] = first;
    if (q->state.n > 0)
        out->fields[out->field_count++] = (struct pair){ STR("state"), q->state };
    out->fields[out->field_count++] = (struct pair){ STR("iss"), au->conf->service.issuer };
    must(out->field_count <= AUTHORIZE_FIELDS_MAX);
    out->kind = q->form_post ? AUTHORIZE_FORM_POST : AUTHORIZE_REDIRECT;
    out->url = q->redirect_uri;
    if (q->form_post)
        return;
    form = auth_form(a, out->fields, out->field_count);
    out->url = str_fmt(a, "%.*s%c%.*s", STR_ARG(q->redirect_uri),
                       str_has(q->redirect_uri, STR("?")) ? '&' : '?', STR_ARG(form));
}

static void reply_error(struct auth *au, struct arena *a, const struct asked *q,
                        const struct err *why, struct authorize_reply *out)
{
    const struct pair first = { STR("error"), str_c(err_oauth(why->code)) };

    out->error = *why;
    reply_send(au, a, q, first, out);
}

static void reply_page(const struct err *why, struct authorize_reply *out)
{
    out->kind = AUTHORIZE_PAGE;
    out->error = *why;
}

/* What the sign-in pages carry: the parameters that are known, as they came. login_hint may be a
 * person's number and goes its own way, sealed. */
static struct str asked_form(struct arena *a, const struct asked *q)
{
    static const char *const names[] = { "client_id",     "redirect_uri",   "response_type",
                                         "response_mode", "scope",          "state",
                                         "nonce",         "code_challenge", "code_challenge_method",
                                         "prompt",        "max_age",        "id_token_hint",
                                         "acr_values" };
    struct pair fields[LEN(names) + 1];
    size_t n = 0;

    for (size_t i = 0; i < LEN(names); i++)
        fields[n++] = (struct pair){ str_c(names[i]), form_get(q->form, names[i]) };
    fields[n++] = (struct pair){ STR("ui_locales"), q->ui_locales };
    return auth_form(a, fields, n);
}

static bool session_fits(struct auth *au, struct arena *a, const struct asked *q,
                         const struct session *s)
{
    const int64_t now_s = clock_now_s(au->clock);

    if (s == NULL)
        return false;
    if (q->hint_sub.n > 0 && !str_eq(q->hint_sub, claims_sub(au, a, &q->client, s->account)))
        return false;
    if (q->signed_in)
        return true;
    if ((q->prompt & PROMPT_LOGIN) != 0)
        return false;
    return q->max_age_s < 0 || now_s - s->auth_time_s <= q->max_age_s;
}

static void reply_sign_in(struct auth *au, struct arena *a, const struct asked *q,
                          const struct session *s, struct authorize_reply *out)
{
    const struct err why = { .code = ERR_NOT_SIGNED_IN,
                             .detail = "nobody, or another person, is signed in" };

    if ((q->prompt & PROMPT_NONE) != 0 || q->signed_in) {
        reply_error(au, a, q, &why, out);
        return;
    }
    out->kind = AUTHORIZE_SIGN_IN;
    out->login = (struct login_ask){
        .request = asked_form(a, q),
        .client_id = q->client.id,
        .hint = q->login_hint,
        /* With somebody signed in already, VNeID must not silently say the same person again. */
        .fresh = (q->prompt & PROMPT_LOGIN) != 0 || q->max_age_s >= 0 ||
                 (s != NULL && q->hint_sub.n > 0),
    };
}

static result reply_consent(struct auth *au, const struct visit *v, const struct asked *q,
                            const struct session *s, struct authorize_reply *out, struct err *e)
{
    const struct consent c = { .sid = s->sid, .request = asked_form(v->arena, q) };

    out->kind = AUTHORIZE_CONSENT;
    out->consent_id = random_token(v->arena, CONSENT_BITS);
    return kv_put(au->kv, auth_key(v->arena, "consent", out->consent_id),
                  record_print(v->arena, consent_fields, LEN(consent_fields), &c),
                  au->conf->auth.login_ttl_s, e);
}

static result code_audit(struct auth *au, const struct visit *v, const struct asked *q,
                         const struct session *s, struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();

    json_put_str(detail, "scope", q->scope);
    return auth_audit(au, v, str_cat(v->arena, STR("citizen:"), s->account), "login.client",
                      str_cat(v->arena, STR("client:"), q->client.id), detail, e);
}

static result reply_code(struct auth *au, const struct visit *v, const struct asked *q,
                         struct session *s, struct authorize_reply *out, struct err *e)
{
    const struct grant g = {
        .client_id = q->client.id,
        .redirect_uri = q->redirect_uri,
        .scope = q->scope,
        .challenge = q->challenge,
        .nonce = q->nonce,
        .account = s->account,
        .sid = s->sid,
        .amr = s->amr,
        .kind = s->kind,
        .level = s->level,
        .auth_time_s = s->auth_time_s,
    };
    struct str code;

    TRY(session_add_client(au, v, s, q->client.id, e));
    TRY(code_audit(au, v, q, s, e));
    TRY(oidc_code_make(au, v, &g, &code, e));
    reply_send(au, v->arena, q, (struct pair){ STR("code"), code }, out);
    return OK;
}

/* Failures of our own stores are the caller's; everything else is about the request. */
static bool is_ours(enum err_code code)
{
    return err_status(code) >= 500;
}

static result authorize(struct auth *au, const struct visit *v, struct asked *q,
                        struct session *session, struct authorize_reply *out, struct err *e)
{
    const struct err pay_only = { .code = ERR_BUSINESS_STATUS,
                                  .detail = "its status allows paying only" };
    struct err why = { 0 };
    const bool opened = !asked_open(au, v->arena, q, &why).failed;

    *out = (struct authorize_reply){ .client = q->client };
    if (!opened && is_ours(why.code))
        return fail(e, why.code, "%s", why.detail);
    if (!opened) {
        reply_page(&why, out);
        return OK;
    }
    if (asked_read(au, v->arena, q, &why).failed) {
        reply_error(au, v->arena, q, &why, out);
        return OK;
    }
    out->scope = q->scope;
    out->login_hint = q->login_hint;
    out->ui_locales = q->ui_locales;
    if (!session_fits(au, v->arena, q, session)) {
        reply_sign_in(au, v->arena, q, session, out);
        return OK;
    }
    if (session->pay_only) {
        reply_error(au, v->arena, q, &pay_only, out);
        return OK;
    }
    if ((q->prompt & PROMPT_CONSENT) != 0 && !q->consented)
        return reply_consent(au, v, q, session, out, e);
    return reply_code(au, v, q, session, out, e);
}

result oidc_authorize(struct auth *au, const struct visit *v, const struct form *request,
                      struct session *session, struct authorize_reply *out, struct err *e)
{
    struct asked q = { .form = request, .max_age_s = -1 };

    return authorize(au, v, &q, session, out, e);
}

result oidc_authorize_continue(struct auth *au, const struct visit *v,
                               const struct login_done *done, struct authorize_reply *out,
                               struct err *e)
{
    struct form *form = arena_new(v->arena, struct form);
    struct asked q = { .form = form, .max_age_s = -1, .signed_in = true };
    struct session session = done->session;

    must(done->login.request.n > 0);
    TRY(form_read(v->arena, done->login.request, form, e));
    return authorize(au, v, &q, &session, out, e);
}

result oidc_authorize_refuse(struct auth *au, const struct visit *v, const struct login *login,
                             enum err_code why, struct authorize_reply *out, struct err *e)
{
    struct form *form = arena_new(v->arena, struct form);
    struct asked q = { .form = form, .max_age_s = -1 };
    struct err error = { .code = why };

    must(login->request.n > 0);
    TRY(form_read(v->arena, login->request, form, e));
    TRY(asked_open(au, v->arena, &q, e));
    TRY(mode_read(&q, e));
    *out = (struct authorize_reply){ .client = q.client };
    reply_error(au, v->arena, &q, &error, out);
    return OK;
}

result oidc_authorize_consent(struct auth *au, const struct visit *v, struct session *session,
                              struct str consent_id, bool agreed, struct authorize_reply *out,
                              struct err *e)
{
    struct form *form = arena_new(v->arena, struct form);
    struct asked q = { .form = form, .max_age_s = -1, .signed_in = true, .consented = true };
    struct err refused = { .code = ERR_CONSENT };
    struct consent c;
    struct str raw;
    bool found;

    TRY(kv_take(au->kv, v->arena, auth_key(v->arena, "consent", consent_id), &found, &raw, e));
    if (!found)
        return fail(e, ERR_NOT_FOUND, "consent: too late");
    TRY(record_read(v->arena, consent_fields, LEN(consent_fields), raw, &c, e));
    if (!secret_equal(c.sid, session->sid))
        return fail(e, ERR_NOT_FOUND, "consent: of another session");
    TRY(form_read(v->arena, c.request, form, e));
    if (agreed)
        return authorize(au, v, &q, session, out, e);
    TRY(asked_open(au, v->arena, &q, e));
    TRY(mode_read(&q, e));
    *out = (struct authorize_reply){ .client = q.client };
    reply_error(au, v->arena, &q, &refused, out);
    return OK;
}
