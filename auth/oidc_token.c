/*
 * Security: the attacker has stolen a code or a refresh token, guesses secrets, or is itself a
 * registered client. Promised (RFC 9700 2.1, 4.5; FAPI 2.0 SP 5.3.2): a code works once, for one
 * client, with one redirect address, one verifier and one key, within a minute; a second use by
 * anyone takes back all that the first one got, also when both arrive at once; a verifier without a
 * challenge is refused, so stripping the challenge gains nothing. A code is used up by any attempt
 * of an authenticated caller. Refresh tokens are bound to the client and to the key or certificate,
 * and are not rotated: a lost answer locks nobody out. Only those of a public client without a key,
 * which whoever finds one could use, are good for one use and some seconds; a later use takes
 * everything back. All tokens end with the session they came from: whoever refreshes while it ends
 * gets tokens that open nothing.
 */
#include "auth/oidc_token.h"

#include "auth/access.h"
#include "auth/approval.h"
#include "auth/caller.h"
#include "auth/claims.h"
#include "auth/client.h"
#include "auth/consent.h"
#include "auth/dpop.h"
#include "auth/oidc_ciba.h"
#include "auth/oidc_device.h"
#include "auth/oidc_token_make.h"
#include "auth/session_holds.h"
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

#define TOKEN_BITS           256
#define ROTATED_GRACE_S      30
#define CODE_BYTES_MAX       256
#define VERIFIER_BYTES_LEAST 43
#define VERIFIER_BYTES_MOST  128

static const char verifier_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

result oidc_code_make(struct auth *au, const struct visit *v, const struct grant *g,
                      struct str *code, struct err *e)
{
    const struct str made = random_token(v->arena, TOKEN_BITS);
    struct grant named = *g;

    if (named.id.n == 0)
        named.id = grant_new_id(v->arena);
    if (named.made_s == 0)
        named.made_s = clock_now_s(au->clock);
    TRY(grant_keep(au, v->arena, "code", made, &named, au->conf->auth.code_ttl_s, e));
    *code = made;
    return OK;
}

/* What the caller has proven beside who it is. */
struct proven {
    struct str jkt, x5t; /* empty: nothing */
};

/* FAPI 2.0 SP 5.3.2.1-5: whoever is registered for bound tokens gets no others. */
static result prove(struct auth *au, const struct visit *v, const struct api_call *call,
                    const struct client *c, struct proven *out, struct err *e)
{
    struct proven p = { .x5t = STR("") };

    TRY(dpop_check(au, v, call, STR(""), STR(""), &p.jkt, e));
    if (c->dpop_bound && p.jkt.n == 0)
        return fail(e, ERR_BAD_PROOF,
                    "token: the client is registered for DPoP, but sent no proof");
    if (c->tls_bound)
        p.x5t = access_x5t(v->arena, call->certificate);
    if (c->tls_bound && p.x5t.n == 0)
        return fail(e, ERR_INVALID,
                    "token: the client is registered for TLS, but has no "
                    "certificate");
    *out = p;
    return OK;
}

/* Tokens of the grant are bound to what it was bound to, else to what has been proven now. */
static result bind(struct grant *g, const struct proven *p, struct err *e)
{
    if (g->jkt.n > 0 && !secret_equal(g->jkt, p->jkt))
        return fail(e, ERR_BAD_GRANT, "grant: bound to another key");
    if (g->x5t.n > 0 && !secret_equal(g->x5t, p->x5t))
        return fail(e, ERR_BAD_GRANT, "grant: bound to another certificate");
    g->jkt = p->jkt;
    g->x5t = p->x5t;
    return OK;
}

static struct str used_key(struct arena *a, struct str code)
{
    return auth_key(a, "used", code);
}

/* Takes the code; whoever comes second loses it for both. The mark lives as long as an access token
 * that is made of it; refresh_make() has it live longer. */
static result code_take(struct auth *au, struct arena *a, struct str code, struct grant *out,
                        struct err *e)
{
    const struct str used = used_key(a, code);
    const int64_t ttl_s = au->conf->auth.code_ttl_s + au->conf->auth.access_ttl_s;
    struct str raw, grant_id;
    bool found, added = false;
    struct grant g;

    TRY(grant_find(au, a, "code", code, &found, &g, e));
    if (found)
        TRY(kv_add(au->kv, used, g.id, ttl_s, &added, e));
    if (added)
        TRY(kv_take(au->kv, a, auth_key(a, "code", code), &found, &raw, e));
    if (added && found) {
        *out = g;
        return OK;
    }
    TRY(kv_get(au->kv, a, used, &found, &grant_id, e));
    if (found)
        TRY(grant_revoke(au, a, grant_id, e));
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

static result session_alive(struct auth *au, struct arena *a, const struct grant *g, struct err *e)
{
    struct session_sid by_sid;
    bool found;

    TRY(session_by_sid(au, a, g->sid, &found, &by_sid, e));
    return found ? OK : fail(e, ERR_BAD_GRANT, "grant: its session is over");
}

/* The code, and what is made of it, stand as long as the person's consent where there must be one.
 * What came by a code was asked for on our page, so that the consent is written down; a kiosk's and
 * a counter's request is agreed to by itself. */
static result consent_stands(struct auth *au, struct arena *a, const struct client *c,
                             const struct grant *g, struct err *e)
{
    const struct consent given = { .client_id = g->client_id, .scopes = g->scope };
    bool taken_back, covered = true;

    TRY(consent_taken_back(au, a, g->account, g->client_id, g->made_s, &taken_back, e));
    if (!taken_back && c->asks_consent && g->redirect_uri.n > 0)
        TRY(consent_covers(au, a, g->account, &given, &covered, e));
    return !taken_back && covered ? OK : fail(e, ERR_BAD_GRANT, "grant: the consent is withdrawn");
}

static result code_check(const struct visit *v, const struct client *c, const struct grant *g,
                         const struct form *body, struct err *e)
{
    if (!str_eq(g->client_id, c->id))
        return fail(e, ERR_BAD_GRANT, "code: of another client");
    if (!str_eq(g->redirect_uri, form_get(body, "redirect_uri")))
        return fail(e, ERR_BAD_GRANT, "code: for another redirect_uri");
    return verifier_check(v->arena, g, form_get(body, "code_verifier"), e);
}

/* RFC 9700 2.2.2: a refresh token is of no use to a thief, or is used once. */
static bool is_bound(const struct client *c, const struct grant *g)
{
    return c->way != CLIENT_WAY_NONE || g->jkt.n > 0 || g->x5t.n > 0;
}

/* A refresh token to be made. */
struct renewal {
    const struct client *client;
    const struct grant *grant;
    struct str mark; /* key of what was used up for it, which lasts as long; or empty */
};

/* One that the client may use as long as the session lives; none where it is not registered. That
 * the session lives is asked last (auth/session_holds.h). */
static result refresh_make(struct auth *au, struct arena *a, const struct renewal *r,
                           struct str *token, struct err *e)
{
    const int64_t ttl_s = au->conf->auth.session_max_s;
    struct str key;
    bool marked;

    *token = STR("");
    if (!client_may_grant(r->client, "refresh_token"))
        return session_alive(au, a, r->grant, e);
    *token = random_token(a, TOKEN_BITS);
    key = auth_key(a, "refresh", *token);
    if (r->mark.n > 0)
        key = str_fmt(a, "%.*s %.*s", STR_ARG(key), STR_ARG(r->mark));
    TRY(session_hold(au, a, r->grant->sid, key, e));
    if (r->mark.n > 0)
        TRY(kv_touch(au->kv, r->mark, ttl_s, &marked, e));
    TRY(grant_keep(au, a, "refresh", *token, r->grant, ttl_s, e));
    if (!session_alive(au, a, r->grant, e).failed)
        return OK;
    TRY(session_let_go(au, a, r->grant->sid, NULL));
    return (result){ true };
}

/* What every first redemption ends in: nothing has changed since the person said yes, and the
 * tokens are bound to what the caller has proven. */
struct redemption {
    const struct api_call *call;
    const struct client *client;
    const struct proven *proven;
    struct grant *grant;
    struct str mark; /* as in struct renewal */
};

static result first_tokens(struct auth *au, const struct visit *v, const struct redemption *r,
                           struct str *json, struct err *e)
{
    struct token_order order = { .client = r->client,
                                 .grant = r->grant,
                                 .scope = r->grant->scope,
                                 .resource = form_get(r->call->body, "resource") };
    const struct renewal renewal = { r->client, r->grant, r->mark };

    TRY(bind(r->grant, r->proven, e));
    TRY(consent_stands(au, v->arena, r->client, r->grant, e));
    TRY(refresh_make(au, v->arena, &renewal, &order.refresh, e));
    return oidc_tokens_make(au, v, &order, json, e);
}

static result code_redeem(struct auth *au, const struct visit *v, const struct api_call *call,
                          const struct client *c, struct str *json, struct err *e)
{
    struct proven proven;
    struct grant g;
    struct redemption r = { call, c, &proven, &g, STR("") };
    struct str code;

    TRY(form_need(call->body, "code", CODE_BYTES_MAX, &code, e));
    r.mark = used_key(v->arena, code);
    TRY(prove(au, v, call, c, &proven, e)); /* before the code is used up: it may be tried again */
    TRY(code_take(au, v->arena, code, &g, e));
    TRY(code_check(v, c, &g, call->body, e));
    return first_tokens(au, v, &r, json, e);
}

/* RFC 6749 6: no more than was granted; nothing named means all of it. */
static result scope_narrow(struct arena *a, struct str granted, struct str asked, struct str *out,
                           struct err *e)
{
    struct str rest = asked, word, scope = STR("");

    while (asked.n > 0 && str_next(&rest, ' ', &word)) {
        if (word.n == 0 || client_list_has(scope, word))
            continue;
        if (!client_list_has(granted, word))
            return fail_field(e, ERR_BAD_SCOPE, "scope", "was not granted");
        scope = scope.n == 0 ? word : str_fmt(a, "%.*s %.*s", STR_ARG(scope), STR_ARG(word));
    }
    *out = scope.n > 0 ? scope : granted;
    return OK;
}

/* One that has been used up: either its client or a thief is late, and nobody knows which. */
static result refresh_again(struct auth *au, struct arena *a, struct str token, struct err *e)
{
    struct str grant_id;
    bool found;

    TRY(kv_get(au->kv, a, auth_key(a, "rotated", token), &found, &grant_id, e));
    return found ? grant_revoke(au, a, grant_id, e) : OK;
}

static result refresh_find(struct auth *au, struct arena *a, struct str token,
                           const struct client *c, struct grant *out, struct err *e)
{
    struct grant g;
    bool found;

    TRY(grant_find(au, a, "refresh", token, &found, &g, e));
    if (!found)
        TRY(refresh_again(au, a, token, e));
    if (!found || !str_eq(g.client_id, c->id))
        return fail(e, ERR_BAD_GRANT, "refresh token: unknown, over, or of another client");
    *out = g;
    return OK;
}

/* An unbound one is used once; for a while it still works, should the answer be lost or several
 * tabs refresh at once. Only the first use shortens its life. */
static result refresh_rotate(struct auth *au, struct arena *a, const struct client *c,
                             const struct grant *g, struct str *token, struct err *e)
{
    struct renewal renewal = { c, g, STR("") };
    bool first;

    if (is_bound(c, g))
        return OK;
    renewal.mark = auth_key(a, "rotated", *token);
    TRY(kv_add(au->kv, renewal.mark, g->id, au->conf->auth.session_max_s, &first, e));
    if (first)
        TRY(grant_keep(au, a, "refresh", *token, g, ROTATED_GRACE_S, e));
    else
        renewal.mark = STR("");
    return refresh_make(au, a, &renewal, token, e);
}

/* What it was made from still holds; else it is forgotten. Asked by its owner only: it counts as
 * use of the session. */
static result refresh_alive(struct auth *au, const struct visit *v, struct str token,
                            const struct grant *g, struct err *e)
{
    struct err why = { 0 };
    bool revoked, live = false;
    const bool old = client_token_check(au, g->client_id, g->made_s, &why).failed;

    if (old && why.code != ERR_BAD_TOKEN)
        return fail(e, why.code, "refresh token: %s", why.detail);
    TRY(grant_is_revoked(au, v->arena, g->id, &revoked, e));
    if (!old && !revoked)
        TRY(session_use_by_sid(au, v, g->sid, &live, e));
    if (live)
        return OK;
    TRY(kv_drop(au->kv, auth_key(v->arena, "refresh", token), e));
    return fail(e, ERR_BAD_GRANT, "refresh token: %s",
                old       ? "made before its client was disabled"
                : revoked ? "revoked"
                          : "its session is over");
}

/* Of the audiences that were granted those that it is still registered for; ours needs no
 * registration. None left: the grant was for others than us, and does not turn into one for us. */
static result resources_left(struct auth *au, struct arena *a, const struct client *c,
                             struct grant *g, struct err *e)
{
    struct str rest = g->resources, word, left = STR("");

    while (str_next(&rest, ' ', &word))
        if (word.n > 0 &&
            (str_eq(word, au->conf->service.issuer) || client_list_has(c->resources, word)))
            left = left.n == 0 ? word : str_fmt(a, "%.*s %.*s", STR_ARG(left), STR_ARG(word));
    if (left.n == 0 && g->resources.n > 0)
        return fail(e, ERR_BAD_GRANT, "refresh token: for none of its client's resources now");
    g->resources = left;
    return OK;
}

static result refresh_redeem(struct auth *au, const struct visit *v, const struct api_call *call,
                             const struct client *c, struct str *json, struct err *e)
{
    struct token_order order = { .client = c,
                                 .resource = form_get(call->body, "resource"),
                                 .again = true };
    struct proven proven;
    struct grant g;

    TRY(form_need(call->body, "refresh_token", CODE_BYTES_MAX, &order.refresh, e));
    TRY(prove(au, v, call, c, &proven, e));
    TRY(refresh_find(au, v->arena, order.refresh, c, &g, e));
    TRY(bind(&g, &proven, e));
    TRY(refresh_alive(au, v, order.refresh, &g, e));
    TRY(consent_stands(au, v->arena, c, &g, e));
    g.scope = claims_scopes_left(v->arena, c, g.scope);
    if (g.scope.n == 0)
        return fail(e, ERR_BAD_GRANT, "refresh token: its client may ask for nothing of it now");
    TRY(resources_left(au, v->arena, c, &g, e));
    TRY(scope_narrow(v->arena, g.scope, form_get(call->body, "scope"), &order.scope, e));
    TRY(refresh_rotate(au, v->arena, c, &g, &order.refresh, e));
    order.grant = &g;
    return oidc_tokens_make(au, v, &order, json, e);
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

static result client_credentials(struct auth *au, const struct visit *v,
                                 const struct api_call *call, const struct client *c,
                                 struct str *json, struct err *e)
{
    struct grant g = { .client_id = c->id, .resources = c->resources };
    struct token_order order = { .client = c, .grant = &g };
    struct proven proven;

    if (c->way == CLIENT_WAY_NONE)
        return fail(e, ERR_UNAUTHORIZED_CLIENT, "token: a public client has no credentials");
    TRY(prove(au, v, call, c, &proven, e));
    TRY(bind(&g, &proven, e));
    TRY(scope_for_client(v->arena, c, form_get(call->body, "scope"), &order.scope, e));
    order.resource = form_get(call->body, "resource");
    if (order.resource.n == 0)
        order.resource = au->conf->service.issuer;
    return oidc_tokens_make(au, v, &order, json, e);
}

static result approval_redeem(struct auth *au, const struct visit *v, const struct api_call *call,
                              const struct client *c, struct str *json, struct err *e)
{
    const bool device = str_is(form_get(call->body, "grant_type"), DEVICE_GRANT);
    struct proven proven;
    struct grant g;
    const struct redemption r = { call, c, &proven, &g, STR("") };
    struct str bearer;

    TRY(form_need(call->body, device ? "device_code" : "auth_req_id", CODE_BYTES_MAX, &bearer, e));
    TRY(prove(au, v, call, c, &proven, e));
    TRY(approval_take(au, v, device ? "device" : "ciba", bearer, c, &g, e));
    return first_tokens(au, v, &r, json, e);
}

static const struct {
    const char *name;
    result (*redeem)(struct auth *, const struct visit *, const struct api_call *,
                     const struct client *, struct str *, struct err *);
} grants[] = {
    { "authorization_code", code_redeem },
    { "refresh_token", refresh_redeem },
    { "client_credentials", client_credentials },
    { DEVICE_GRANT, approval_redeem },
    { CIBA_GRANT, approval_redeem },
};

result oidc_token(struct auth *au, const struct visit *v, const struct api_call *call,
                  struct str *json, struct err *e)
{
    const struct str grant = form_get(call->body, "grant_type");
    struct client c;

    TRY(caller_check(au, v, call, &c, e));
    if (grant.n == 0)
        return fail_field(e, ERR_INVALID, "grant_type", "missing");
    for (size_t i = 0; i < LEN(grants); i++) {
        if (!str_is(grant, grants[i].name))
            continue;
        if (!client_may_grant(&c, grants[i].name))
            return fail(e, ERR_UNAUTHORIZED_CLIENT, "token: not registered for this grant");
        return grants[i].redeem(au, v, call, &c, json, e);
    }
    return fail_field(e, ERR_GRANT_TYPE, "grant_type", "unknown");
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
