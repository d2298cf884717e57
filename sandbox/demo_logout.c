/*
 * The demo portal's back door: motcua says that somebody is signed out (OpenID Connect Back-Channel
 * Logout 1.0 2.5 to 2.8).
 *
 * Attacker: whoever can reach the address, with a token of their own, of another portal, an old
 * one, or an ID token. Promise: only a logout token of motcua for this client, with the algorithm
 * it is registered for, in its two minutes and once, ends a session, and only sessions that began
 * before it came.
 */
#include "base/limits.h"
#include "crypto/keyring.h"
#include "crypto/token.h"
#include "sandbox/demo_client.h"
#include "sandbox/page.h"
#include "store/kv.h"

#define EVENT      "http://schemas.openid.net/event/backchannel-logout"
#define SKEW_S     10
#define AGE_MOST_S 120

static result not_ours(struct err *e, const char *why)
{
    return fail_field(e, ERR_INVALID, "logout_token", "%s", why);
}

static result claims_read(const struct json *claims, struct str *sub, struct str *sid,
                          struct err *e)
{
    const struct json *events = json_member(claims, "events");

    if (!json_is_object(events) || !json_is_object(json_member(events, EVENT)))
        return not_ours(e, "not the event");
    if (json_member(claims, "nonce") != NULL)
        return not_ours(e, "a nonce: an ID token");
    *sub = *sid = STR("");
    TRY(json_want_str(claims, "sub", 255, sub, e));
    TRY(json_want_str(claims, "sid", 255, sid, e));
    return sub->n > 0 || sid->n > 0 ? OK : not_ours(e, "neither sub nor sid");
}

/* For as long as it could be shown again. */
static result first_use(struct sandbox *sb, struct arena *a, const struct json *claims,
                        struct err *e)
{
    struct str jti;
    bool added = false;

    TRY(json_need_str(claims, "jti", 255, &jti, e));
    TRY(kv_add(sb->kv, str_cat(a, STR("logout:"), jti), STR("1"), AGE_MOST_S + 2 * SKEW_S, &added,
               e));
    return added ? OK : not_ours(e, "used before");
}

static result token_take(struct sandbox *sb, struct arena *a, struct str token, struct err *e)
{
    DEFER(json_close) struct json *claims = NULL;
    DEFER(key_set_close) struct key_set *keys = NULL;
    const struct token_expect expect = { .algs = KEY_BIT(KEY_ES256),
                                         .typ = "logout+jwt",
                                         .issuer = sb->motcua,
                                         .audience = STR(DEMO_CLIENT_ID),
                                         .needs_jti = true,
                                         .now_s = clock_now_s(&sb->clock),
                                         .skew_s = SKEW_S,
                                         .age_most_s = AGE_MOST_S + SKEW_S };
    struct err why = { .code = ERR_NONE };
    struct str sub, sid;

    TRY(demo_keys(sb, a, &keys, e));
    if (token_verify(a, keys, token, &expect, &claims, &why).failed)
        return not_ours(e, why.detail);
    TRY(claims_read(claims, &sub, &sid, e));
    TRY(first_use(sb, a, claims, e));
    return demo_session_end_told(sb, a, sid, sub, e);
}

/* POST /portal/backchannel-logout: 200, or 400 with the reason (2.8). */
result demo_logout(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct form f;
    struct str token;

    TRY(form_body(rq, &f, e));
    TRY(form_need(&f, "logout_token", LIMIT_TOKEN_BYTES, &token, e));
    TRY(token_take(sb, rq->arena, token, e));
    page_json(rq, rs, 200, json_object());
    return OK;
}
