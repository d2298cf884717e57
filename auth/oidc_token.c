/*
 * Security: the attacker has stolen a code, guesses secrets, or is itself a registered client.
 * Promised (RFC 9700 2.1, 4.5): a code works once, for one client, with one redirect address and
 * one verifier, within a minute; a second use takes back what the first one got, also when both
 * arrive at once; a verifier without a challenge is refused, so stripping the challenge gains
 * nothing; every failing client authentication looks the same. A code is used up by any attempt.
 * Tokens end with the session they came from. Deliberately not done: refresh tokens.
 */
#include "auth/oidc_token.h"

#include "auth/access.h"
#include "auth/claims.h"
#include "auth/client.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "crypto/token.h"
#include "http/form.h"
#include "store/kv.h"

#define CODE_BITS            256
#define CODE_BYTES_MAX       256
#define SECRET_BYTES_MAX     512
#define VERIFIER_BYTES_LEAST 43
#define VERIFIER_BYTES_MOST  128

static const char verifier_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

result oidc_code_make(struct auth *au, const struct visit *v, const struct grant *g,
                      struct str *code, struct err *e)
{
    const struct str made = random_token(v->arena, CODE_BITS);

    TRY(kv_put(au->kv, auth_key(v->arena, "code", made), grant_print(v->arena, g),
               au->conf->auth.code_ttl_s, e));
    *code = made;
    return OK;
}

/* RFC 6749 2.3.1: both parts are form-encoded before they are joined. */
static result basic_read(struct arena *a, struct str header, struct str *id, struct str *secret,
                         struct err *e)
{
    struct str scheme, text, pair, raw_id, raw_secret;

    if (!str_cut(header, ' ', &scheme, &text) || !str_eq_nocase(scheme, STR("Basic")) ||
        text.n > LIMIT_TOKEN_BYTES || !base64_decode(a, text, &pair) ||
        !str_cut(pair, ':', &raw_id, &raw_secret) || !form_decode(a, raw_id, id) ||
        !form_decode(a, raw_secret, secret))
        return fail(e, ERR_BAD_CLIENT, "client authentication: no valid Basic header");
    return OK;
}

static result caller_authenticate(struct auth *au, struct arena *a, struct str authorization,
                                  const struct form *body, struct client *out, struct err *e)
{
    struct str id = form_get(body, "client_id");
    struct str secret = form_get(body, "client_secret");
    struct str basic_id = STR(""), basic_secret = STR("");

    if (authorization.n > 0) {
        if (form_has(body, "client_secret"))
            return fail(e, ERR_INVALID, "client authentication: two ways at once");
        TRY(basic_read(a, authorization, &basic_id, &basic_secret, e));
        if (id.n > 0 && !str_eq(id, basic_id))
            return fail(e, ERR_BAD_CLIENT, "client authentication: two ids");
        id = basic_id;
        secret = basic_secret;
    }
    if (id.n == 0 || secret.n > SECRET_BYTES_MAX)
        return fail(e, ERR_BAD_CLIENT, "client authentication: no client_id, or too long");
    return client_authenticate(au, a, id, secret, out, e);
}

/* Takes the code for one token to be; whoever comes second loses it for both. */
static result code_take(struct auth *au, struct arena *a, struct str code, struct str jti,
                        struct grant *out, struct err *e)
{
    const struct str used = auth_key(a, "used", code), kept = auth_key(a, "code", code);
    const int64_t ttl_s = au->conf->auth.code_ttl_s + au->conf->auth.access_ttl_s;
    struct str raw, first = STR("");
    bool found, added = false;

    TRY(kv_get(au->kv, a, kept, &found, &raw, e));
    if (found)
        TRY(kv_add(au->kv, used, jti, ttl_s, &added, e));
    if (added)
        TRY(kv_take(au->kv, a, kept, &found, &raw, e));
    if (added && found)
        return grant_read(a, raw, out, e);
    TRY(kv_get(au->kv, a, used, &found, &first, e));
    if (found)
        TRY(access_revoke(au, a, first, e));
    return fail(e, ERR_BAD_GRANT, found ? "code: used before" : "code: unknown or too old");
}

static result verifier_check(struct arena *a, const struct grant *g, struct str verifier,
                             struct err *e)
{
    if (g->challenge.n == 0) {
        if (verifier.n > 0)
            return fail(e, ERR_BAD_GRANT, "PKCE: a verifier, but there was no challenge");
        return OK;
    }
    if (verifier.n < VERIFIER_BYTES_LEAST || verifier.n > VERIFIER_BYTES_MOST ||
        !str_all_in(verifier, verifier_letters))
        return fail(e, ERR_BAD_GRANT, "PKCE: no valid code_verifier");
    if (!secret_equal(digest_base64url(a, digest_sha256(verifier)), g->challenge))
        return fail(e, ERR_BAD_GRANT, "PKCE: the verifier does not fit");
    return OK;
}

static result grant_check(struct auth *au, struct arena *a, const struct client *c,
                          const struct grant *g, const struct form *body, struct err *e)
{
    struct session_sid by_sid;
    bool found;

    if (!str_eq(g->client_id, c->id))
        return fail(e, ERR_BAD_GRANT, "code: of another client");
    if (!str_eq(g->redirect_uri, form_get(body, "redirect_uri")))
        return fail(e, ERR_BAD_GRANT, "code: for another redirect_uri");
    TRY(verifier_check(a, g, form_get(body, "code_verifier"), e));
    TRY(session_by_sid(au, a, g->sid, &found, &by_sid, e));
    if (!found)
        return fail(e, ERR_BAD_GRANT, "code: its session is over");
    return OK;
}

static struct json *access_claims(struct auth *au, const struct client *c, struct str sub,
                                  struct str scope, struct str jti)
{
    const int64_t now_s = clock_now_s(au->clock);
    struct json *o = json_object();

    json_put_str(o, "iss", au->conf->service.issuer);
    json_put_str(o, "aud", au->conf->service.issuer);
    json_put_str(o, "sub", sub);
    json_put_str(o, "client_id", c->id);
    json_put_str(o, "jti", jti);
    json_put_str(o, "scope", scope);
    json_put_int(o, "iat", now_s);
    json_put_int(o, "exp", now_s + au->conf->auth.access_ttl_s);
    return o;
}

static struct json *id_claims(struct auth *au, struct arena *a, const struct client *c,
                              const struct grant *g, struct str access)
{
    const int64_t now_s = clock_now_s(au->clock);
    struct json *o = json_object(), *amr = json_array();
    struct str rest = g->amr, word;

    while (str_next(&rest, ' ', &word))
        if (word.n > 0)
            json_add_str(amr, word);
    json_put_str(o, "iss", au->conf->service.issuer);
    json_put_str(o, "aud", c->id);
    json_put_str(o, "sub", claims_sub(au, a, c, g->account));
    json_put_int(o, "iat", now_s);
    json_put_int(o, "exp", now_s + au->conf->auth.id_token_ttl_s);
    json_put_int(o, "auth_time", g->auth_time_s);
    if (g->nonce.n > 0)
        json_put_str(o, "nonce", g->nonce);
    json_put_str(o, "at_hash", token_half_hash(a, access));
    json_put_str(o, "acr", claims_acr(g->level));
    json_put(o, "amr", amr);
    json_put_str(o, "sid", g->sid);
    json_put_str(o, "vn_account_level", claims_account_level(g->kind, g->level));
    return o;
}

static struct str token_body(struct auth *au, struct arena *a, struct str access, struct str scope,
                             struct str id_token)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "access_token", access);
    json_put_str(o, "token_type", STR("Bearer"));
    json_put_int(o, "expires_in", au->conf->auth.access_ttl_s);
    json_put_str(o, "scope", scope);
    if (id_token.n > 0)
        json_put_str(o, "id_token", id_token);
    return json_print(a, o);
}

static result tokens_sign(struct auth *au, struct arena *a, const struct client *c,
                          const struct grant *g, struct str jti, struct str *json, struct err *e)
{
    DEFER(key_release) struct key *key = NULL;
    DEFER(json_close) struct json *access = NULL;
    DEFER(json_close) struct json *id = NULL;
    struct str access_token, id_token;

    TRY(keyring_active(au->keys, KEY_ES256, &key, e));
    access = access_claims(au, c, claims_sub(au, a, c, g->account), g->scope, jti);
    json_put_str(access, "sid", g->sid);
    json_put_int(access, "auth_time", g->auth_time_s);
    json_put_str(access, "acr", claims_acr(g->level));
    TRY(token_sign(a, key, "at+jwt", access, &access_token, e));
    id = id_claims(au, a, c, g, access_token);
    TRY(token_sign(a, key, NULL, id, &id_token, e));
    *json = token_body(au, a, access_token, g->scope, id_token);
    return OK;
}

static result code_redeem(struct auth *au, struct arena *a, const struct client *c,
                          const struct form *body, struct str *json, struct err *e)
{
    const struct str jti = random_uuid(a);
    struct grant g;
    struct str code;

    TRY(form_need(body, "code", CODE_BYTES_MAX, &code, e));
    TRY(code_take(au, a, code, jti, &g, e));
    TRY(grant_check(au, a, c, &g, body, e));
    return tokens_sign(au, a, c, &g, jti, json, e);
}

/* What is asked for, as far as it is registered and belongs to no person; all of it when nothing is
 * asked. */
static result scope_for_client(struct arena *a, const struct client *c, struct str asked,
                               struct str *out, struct err *e)
{
    const bool all = asked.n == 0;
    struct str rest = all ? c->scopes : asked, word, scope = STR("");

    while (str_next(&rest, ' ', &word)) {
        const bool personal = claims_scope_known(word);

        if (word.n == 0 || (all && personal) || client_list_has(scope, word))
            continue;
        if (personal || !client_may_scope(c, word))
            return fail_field(e, ERR_BAD_SCOPE, "scope", "not registered for this client");
        scope = scope.n == 0 ? word : str_fmt(a, "%.*s %.*s", STR_ARG(scope), STR_ARG(word));
    }
    *out = scope;
    return OK;
}

static result client_credentials(struct auth *au, struct arena *a, const struct client *c,
                                 const struct form *body, struct str *json, struct err *e)
{
    DEFER(key_release) struct key *key = NULL;
    DEFER(json_close) struct json *claims = NULL;
    struct str scope, access;

    must(c->has_secret);
    TRY(scope_for_client(a, c, form_get(body, "scope"), &scope, e));
    TRY(keyring_active(au->keys, KEY_ES256, &key, e));
    claims = access_claims(au, c, c->id, scope, random_uuid(a));
    TRY(token_sign(a, key, "at+jwt", claims, &access, e));
    *json = token_body(au, a, access, scope, STR(""));
    return OK;
}

result oidc_token(struct auth *au, const struct visit *v, const struct api_call *call,
                  struct str *json, struct err *e)
{
    const struct form *body = call->body;
    const struct str grant = form_get(body, "grant_type");
    struct client c;

    TRY(caller_authenticate(au, v->arena, call->authorization, body, &c, e));
    if (grant.n == 0)
        return fail_field(e, ERR_INVALID, "grant_type", "missing");
    if (!str_is(grant, "authorization_code") && !str_is(grant, "client_credentials"))
        return fail_field(e, ERR_GRANT_TYPE, "grant_type", "unknown");
    if (!client_list_has(c.grants, grant))
        return fail(e, ERR_UNAUTHORIZED_CLIENT, "not registered for this grant");
    if (str_is(grant, "client_credentials"))
        return client_credentials(au, v->arena, &c, body, json, e);
    return code_redeem(au, v->arena, &c, body, json, e);
}

/* Which client a token says it is for: believed only after it verified for that very client. */
static bool audience_read(struct arena *a, struct str token, struct str *out)
{
    DEFER(json_close) struct json *o = NULL;
    struct str header, rest, payload, signature, bytes, aud;

    if (!str_cut(token, '.', &header, &rest) || !str_cut(rest, '.', &payload, &signature) ||
        !base64url_decode(a, payload, &bytes) || json_read(bytes, &o, NULL).failed ||
        !json_is_object(o) || !json_str(json_member(o, "aud"), &aud))
        return false;
    *out = str_dup(a, aud);
    return true;
}

result oidc_hint_read(struct auth *au, struct arena *a, struct str token, struct oidc_hint *out,
                      struct err *e)
{
    DEFER(json_close) struct json *claims = NULL;
    DEFER(key_set_close) struct key_set *keys = NULL;
    struct token_expect expect = {
        .issuer = au->conf->service.issuer,
        .now_s = clock_now_s(au->clock),
        .skew_s = au->conf->auth.clock_skew_s,
        .expired_ok = true,
    };
    struct oidc_hint hint;

    if (token.n > LIMIT_TOKEN_BYTES || !audience_read(a, token, &expect.audience))
        return fail_field(e, ERR_BAD_TOKEN, "id_token_hint", "no ID token");
    keys = keyring_public(au->keys);
    if (token_verify(a, keys, token, &expect, &claims, e).failed ||
        json_need_str(claims, "sub", CODE_BYTES_MAX, &hint.sub, e).failed ||
        json_need_str(claims, "sid", CODE_BYTES_MAX, &hint.sid, e).failed)
        return fail_field(e, ERR_BAD_TOKEN, "id_token_hint", "does not verify");
    out->client_id = expect.audience;
    out->sub = str_dup(a, hint.sub);
    out->sid = str_dup(a, hint.sid);
    return OK;
}
