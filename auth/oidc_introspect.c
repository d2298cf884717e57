/*
 * Security: the attacker is a registered client that found another's token, or that tries texts to
 * see which are tokens. Promised: only the token's own client and registered resource servers learn
 * anything; every other answer is the same three words; nobody ends another client's tokens. A
 * store that does not answer is an error, never "active" and never "revoked".
 */
#include "auth/oidc_introspect.h"

#include "auth/access.h"
#include "auth/caller.h"
#include "auth/claims.h"
#include "auth/client.h"
#include "auth/consent.h"
#include "auth/grant.h"
#include "auth/session.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "http/form.h"
#include "store/kv.h"

#define SCOPE_OF_RESOURCE_SERVERS "introspect"

/* What a token led to; neither: nothing that is alive. */
struct found {
    bool is_access, is_refresh;
    struct access access;
    struct grant grant;
};

/* Whether refreshing would find it good: the same questions, but asking is no use of the session.
 */
static result alive(struct auth *au, struct arena *a, const struct grant *g, bool *out,
                    struct err *e)
{
    struct session_sid by_sid;
    struct err why = { 0 };
    bool revoked, taken_back;

    *out = !client_token_check(au, g->client_id, g->made_s, &why).failed;
    if (!*out)
        return why.code == ERR_BAD_TOKEN ? OK : fail(e, why.code, "%s", why.detail);
    TRY(grant_is_revoked(au, a, g->id, &revoked, e));
    TRY(consent_taken_back(au, a, g->account, g->client_id, g->made_s, &taken_back, e));
    TRY(session_by_sid(au, a, g->sid, out, &by_sid, e));
    *out = *out && !revoked && !taken_back;
    return OK;
}

static result find(struct auth *au, struct arena *a, struct str token, struct found *out,
                   struct err *e)
{
    struct err why = { 0 };

    *out = (struct found){ .is_access = false };
    out->is_access = !access_read(au, a, token, &out->access, &why).failed;
    if (out->is_access)
        return OK;
    if (why.code != ERR_BAD_TOKEN)
        return fail(e, why.code, "%s", why.detail);
    TRY(grant_find(au, a, "refresh", token, &out->is_refresh, &out->grant, e));
    return out->is_refresh ? alive(au, a, &out->grant, &out->is_refresh, e) : OK;
}

static void put_binding(struct json *o, struct str jkt, struct str x5t)
{
    struct json *cnf;

    if (jkt.n == 0 && x5t.n == 0)
        return;
    cnf = json_object();
    if (jkt.n > 0)
        json_put_str(cnf, "jkt", jkt);
    if (x5t.n > 0)
        json_put_str(cnf, "x5t#S256", x5t);
    json_put(o, "cnf", cnf);
}

static struct json *words_array(struct str words)
{
    struct json *list = json_array();
    struct str word;

    while (str_next(&words, ' ', &word))
        json_add_str(list, word);
    return list;
}

static void put_access(struct auth *au, struct json *o, const struct access *acc)
{
    struct json *act;

    json_put_str(o, "token_type", acc->jkt.n > 0 ? STR("DPoP") : STR("Bearer"));
    json_put_str(o, "iss", au->conf->service.issuer);
    json_put_str(o, "client_id", acc->client_id);
    json_put(o, "aud", words_array(acc->aud));
    json_put_str(o, "sub", acc->sub);
    json_put_str(o, "scope", acc->scope);
    json_put_str(o, "jti", acc->jti);
    json_put_int(o, "iat", acc->iat_s);
    json_put_int(o, "exp", acc->exp_s);
    if (acc->acr > 0)
        json_put_str(o, "acr", claims_acr(acc->acr));
    if (acc->auth_time_s > 0)
        json_put_int(o, "auth_time", acc->auth_time_s);
    put_binding(o, acc->jkt, acc->x5t);
    if (acc->act_sub.n == 0)
        return;
    act = json_object();
    json_put_str(act, "sub", acc->act_sub);
    json_put(o, "act", act);
}

static void put_refresh(struct auth *au, struct arena *a, struct json *o, const struct client *c,
                        const struct grant *g)
{
    json_put_str(o, "token_type", STR("refresh_token"));
    json_put_str(o, "iss", au->conf->service.issuer);
    json_put_str(o, "client_id", g->client_id);
    json_put_str(o, "sub", claims_sub(au, a, c, g->acting.n > 0 ? g->acting : g->account));
    json_put_str(o, "scope", g->scope);
    json_put_str(o, "acr", claims_acr(g->acr));
    json_put_int(o, "auth_time", g->auth_time_s);
    put_binding(o, g->jkt, g->x5t);
}

result oidc_introspect(struct auth *au, const struct visit *v, const struct api_call *call,
                       struct str *json, struct err *e)
{
    DEFER(json_close) struct json *o = json_object();
    struct client c;
    struct found f;
    struct str token;
    bool tell;

    TRY(caller_check(au, v, call, &c, e));
    if (c.way == CLIENT_WAY_NONE)
        return fail(e, ERR_UNAUTHORIZED_CLIENT, "introspection: a public client");
    TRY(form_need(call->body, "token", LIMIT_TOKEN_BYTES, &token, e));
    TRY(find(au, v->arena, token, &f, e));
    tell = (f.is_access && (str_eq(f.access.client_id, c.id) ||
                            client_may_scope(&c, STR(SCOPE_OF_RESOURCE_SERVERS)))) ||
           (f.is_refresh && str_eq(f.grant.client_id, c.id));
    json_put_bool(o, "active", tell);
    if (tell && f.is_access)
        put_access(au, o, &f.access);
    else if (tell)
        put_refresh(au, v->arena, o, &c, &f.grant);
    *json = json_print(v->arena, o);
    return OK;
}

result oidc_introspect_own(struct auth *au, const struct visit *v, const struct access *asker,
                           struct str token, struct str *json, struct err *e)
{
    DEFER(json_close) struct json *o = json_object();
    struct found f;
    bool tell;

    TRY(find(au, v->arena, token, &f, e));
    tell = f.is_access && str_eq(f.access.client_id, asker->client_id);
    json_put_bool(o, "active", tell);
    if (tell)
        put_access(au, o, &f.access);
    *json = json_print(v->arena, o);
    return OK;
}

result oidc_revoke(struct auth *au, const struct visit *v, const struct api_call *call,
                   struct err *e)
{
    struct client c;
    struct found f;
    struct str token;

    TRY(caller_check(au, v, call, &c, e));
    TRY(form_need(call->body, "token", LIMIT_TOKEN_BYTES, &token, e));
    TRY(find(au, v->arena, token, &f, e));
    if (f.is_access && str_eq(f.access.client_id, c.id))
        return f.access.grant.n > 0 ? grant_revoke(au, v->arena, f.access.grant, e)
                                    : access_revoke(au, v->arena, f.access.jti, e);
    if (!f.is_refresh || !str_eq(f.grant.client_id, c.id))
        return OK;
    TRY(grant_revoke(au, v->arena, f.grant.id, e));
    return kv_drop(au->kv, auth_key(v->arena, "refresh", token), e);
}
