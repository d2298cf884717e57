/*
 * Security: the attacker has an old token, a token of another service, an ID token, or a token of
 * its own making. Promised: algorithm fixed by our own keys, type at+jwt required, issuer and
 * audience are ourselves, time, revocation and session checked at every call (RFC 9068 4). When the
 * short-lived store does not answer, nobody gets in. Tokens in the query are never looked at.
 */
#include "auth/access.h"

#include "auth/client.h"
#include "auth/session.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "crypto/token.h"
#include "http/form.h"
#include "store/kv.h"

#define ACCESS_TEXT_BYTES_MAX 2000

static struct str revoked_key(struct arena *a, struct str jti)
{
    return auth_key(a, "revoked", jti);
}

result access_revoke(struct auth *au, struct arena *a, struct str jti, struct err *e)
{
    return kv_put(au->kv, revoked_key(a, jti), STR("1"),
                  au->conf->auth.access_ttl_s + au->conf->auth.clock_skew_s + 1, e);
}

static result claims_read(struct arena *a, const struct json *claims, struct access *out,
                          struct err *e)
{
    struct access acc = { 0 };

    acc.sid = STR("");
    if (json_need_str(claims, "client_id", ACCESS_TEXT_BYTES_MAX, &acc.client_id, e).failed ||
        json_need_str(claims, "sub", ACCESS_TEXT_BYTES_MAX, &acc.sub, e).failed ||
        json_need_str(claims, "jti", ACCESS_TEXT_BYTES_MAX, &acc.jti, e).failed ||
        json_need_str(claims, "scope", ACCESS_TEXT_BYTES_MAX, &acc.scope, e).failed ||
        json_want_str(claims, "sid", ACCESS_TEXT_BYTES_MAX, &acc.sid, e).failed)
        return fail(e, ERR_BAD_TOKEN, "access token: a claim is missing");
    acc.client_id = str_dup(a, acc.client_id);
    acc.sub = str_dup(a, acc.sub);
    acc.jti = str_dup(a, acc.jti);
    acc.scope = str_dup(a, acc.scope);
    acc.sid = str_dup(a, acc.sid);
    acc.account = STR("");
    *out = acc;
    return OK;
}

/* What a signature cannot say: that it was taken back. */
static result access_alive(struct auth *au, struct arena *a, struct access *acc, struct err *e)
{
    struct session_sid by_sid;
    struct str ignored;
    bool found;

    TRY(kv_get(au->kv, a, revoked_key(a, acc->jti), &found, &ignored, e));
    if (found)
        return fail(e, ERR_BAD_TOKEN, "access token: revoked");
    if (acc->sid.n == 0) {
        if (!str_eq(acc->sub, acc->client_id))
            return fail(e, ERR_BAD_TOKEN, "access token: of a person, but of no session");
        return OK;
    }
    TRY(session_by_sid(au, a, acc->sid, &found, &by_sid, e));
    if (!found)
        return fail(e, ERR_BAD_TOKEN, "access token: its session is over");
    acc->account = by_sid.account;
    acc->level = by_sid.level;
    return OK;
}

result access_check_token(struct auth *au, struct arena *a, struct str token, struct access *out,
                          struct err *e)
{
    DEFER(json_close) struct json *claims = NULL;
    DEFER(key_set_close) struct key_set *keys = NULL;
    const struct token_expect expect = {
        .typ = "at+jwt",
        .issuer = au->conf->service.issuer,
        .audience = au->conf->service.issuer,
        .now_s = clock_now_s(au->clock),
        .skew_s = au->conf->auth.clock_skew_s,
    };
    struct access acc;

    if (token.n == 0 || token.n > LIMIT_TOKEN_BYTES)
        return fail(e, ERR_BAD_TOKEN, "access token: empty or too long");
    keys = keyring_public(au->keys);
    TRY(token_verify(a, keys, token, &expect, &claims, e));
    TRY(claims_read(a, claims, &acc, e));
    TRY(access_alive(au, a, &acc, e));
    *out = acc;
    return OK;
}

result access_check(struct auth *au, const struct visit *v, const struct api_call *call,
                    struct access *out, struct err *e)
{
    const bool in_form = call->body != NULL && form_has(call->body, "access_token");
    struct str scheme, token;

    if (call->authorization.n == 0 && in_form)
        return access_check_token(au, v->arena, form_get(call->body, "access_token"), out, e);
    if (in_form)
        return fail(e, ERR_INVALID, "access token: in the header and in the form");
    if (call->authorization.n == 0)
        return fail(e, ERR_NOT_SIGNED_IN, "no Authorization header");
    if (!str_cut(call->authorization, ' ', &scheme, &token) ||
        !str_eq_nocase(scheme, STR("Bearer")))
        return fail(e, ERR_BAD_TOKEN, "Authorization is not Bearer");
    return access_check_token(au, v->arena, token, out, e);
}

result access_need_scope(const struct access *acc, const char *scope, struct err *e)
{
    if (!client_list_has(acc->scope, str_c(scope)))
        return fail_field(e, ERR_SCOPE, scope, "the token lacks the scope");
    return OK;
}
