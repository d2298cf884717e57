/*
 * Security: the attacker is a client that wants more than was granted, or a resource server that
 * carries a token elsewhere. Promised: scope, audience, binding and level are those of the grant or
 * less; an access token is no ID token (typ) and is for one audience where one was named; it lives
 * 15 minutes at most and names the grant and the session with which it ends.
 */
#include "auth/oidc_token_make.h"

#include "auth/access.h"
#include "auth/acting.h"
#include "auth/claims.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "crypto/random.h"
#include "crypto/token.h"

static bool of_person(const struct token_order *o)
{
    return o->grant->account.n > 0;
}

static struct str subject(struct auth *au, struct arena *a, const struct token_order *o)
{
    const struct grant *g = o->grant;

    if (!of_person(o))
        return o->client->id;
    return claims_sub(au, a, o->client, g->acting.n > 0 ? g->acting : g->account);
}

static result resource_check(struct auth *au, const struct token_order *o, struct err *e)
{
    if (o->resource.n == 0 || str_eq(o->resource, au->conf->service.issuer) ||
        client_list_has(o->grant->resources, o->resource))
        return OK;
    return fail_field(e, ERR_BAD_TARGET, "resource", "not of this grant");
}

static void audience_put(struct auth *au, const struct token_order *o, struct json *claims)
{
    const bool userinfo = of_person(o) && client_list_has(o->scope, STR("openid"));
    struct str rest = o->resource.n > 0 ? o->resource : o->grant->resources, word;
    struct json *list;

    if (rest.n == 0)
        rest = au->conf->service.issuer;
    if (o->resource.n > 0 || str_eq(rest, au->conf->service.issuer)) {
        json_put_str(claims, "aud", rest);
        return;
    }
    list = json_array();
    while (str_next(&rest, ' ', &word))
        if (word.n > 0)
            json_add_str(list, word);
    if (userinfo && !client_list_has(o->grant->resources, au->conf->service.issuer))
        json_add_str(list, au->conf->service.issuer);
    json_put(claims, "aud", list);
}

static result access_make(struct auth *au, struct arena *a, const struct token_order *o,
                          struct str *token, struct err *e)
{
    DEFER(key_release) struct key *key = NULL;
    DEFER(json_close) struct json *claims = json_object();
    const struct grant *g = o->grant;
    const int64_t now_s = clock_now_s(au->clock);
    const struct access acc = {
        .client_id = o->client->id,
        .sub = subject(au, a, o),
        .scope = o->scope,
        .acr = g->acr,
        .auth_time_s = g->auth_time_s,
        .jti = random_uuid(a),
        .sid = g->sid,
        .grant = g->id,
        .acting = g->acting,
        .mandate = g->mandate,
        .claims = g->claims,
        .jkt = g->jkt,
        .x5t = g->x5t,
        .act_sub = g->acting.n > 0 ? claims_sub(au, a, o->client, g->account) : STR(""),
    };

    json_put_str(claims, "iss", au->conf->service.issuer);
    audience_put(au, o, claims);
    json_put_int(claims, "iat", now_s);
    json_put_int(claims, "exp", now_s + au->conf->auth.access_ttl_s);
    access_put(au, a, &acc, claims);
    TRY(keyring_active(au->keys, KEY_ES256, &key, e));
    return token_sign(a, key, "at+jwt", claims, token, e);
}

static struct json *words_array(struct str words)
{
    struct json *list = json_array();
    struct str word;

    while (str_next(&words, ' ', &word))
        if (word.n > 0)
            json_add_str(list, word);
    return list;
}

/* What the token says about the person: auth/claims.h. */
static result person_put(struct auth *au, const struct visit *v, const struct token_order *o,
                         struct json *claims, struct err *e)
{
    struct claims_subject subject;
    struct account account;

    TRY(account_load(au, v->arena, o->grant->account, &account, e));
    subject = claims_of_grant(o->client, &account, o->grant);
    return claims_id_token(au, v, &subject, claims, e);
}

static result id_make(struct auth *au, const struct visit *v, const struct token_order *o,
                      struct str access, struct str *token, struct err *e)
{
    DEFER(key_release) struct key *key = NULL;
    DEFER(json_close) struct json *claims = json_object();
    const struct grant *g = o->grant;
    const int64_t now_s = clock_now_s(au->clock);

    json_put_str(claims, "iss", au->conf->service.issuer);
    json_put_str(claims, "aud", o->client->id);
    TRY(person_put(au, v, o, claims, e));
    json_put_int(claims, "iat", now_s);
    json_put_int(claims, "exp", now_s + au->conf->auth.id_token_ttl_s);
    json_put_int(claims, "auth_time", g->auth_time_s);
    if (g->nonce.n > 0 && !o->again) /* OIDC Core 12.2 */
        json_put_str(claims, "nonce", g->nonce);
    json_put_str(claims, "at_hash", token_half_hash(v->arena, access));
    json_put(claims, "amr", words_array(g->amr));
    json_put_str(claims, "sid", g->sid);
    TRY(keyring_active(au->keys, (enum key_alg)o->client->id_token_alg, &key, e));
    return token_sign(v->arena, key, NULL, claims, token, e);
}

result oidc_tokens_make(struct auth *au, const struct visit *v, const struct token_order *o,
                        struct str *json, struct err *e)
{
    DEFER(json_close) struct json *body = json_object();
    struct str access, id;

    TRY(resource_check(au, o, e));
    TRY(acting_confirm(au, v, o->client, o->grant, e));
    TRY(access_make(au, v->arena, o, &access, e));
    json_put_str(body, "access_token", access);
    json_put_str(body, "token_type", o->grant->jkt.n > 0 ? STR("DPoP") : STR("Bearer"));
    json_put_int(body, "expires_in", au->conf->auth.access_ttl_s);
    json_put_str(body, "scope", o->scope);
    if (o->refresh.n > 0)
        json_put_str(body, "refresh_token", o->refresh);
    if (of_person(o) && client_list_has(o->scope, STR("openid"))) {
        TRY(id_make(au, v, o, access, &id, e));
        json_put_str(body, "id_token", id);
    }
    *json = json_print(v->arena, body);
    return OK;
}
