/*
 * Security: see auth/access for who gets here and auth/claims for what leaves. The client is loaded
 * again, so that one that was removed learns nothing more, and one whose registration was narrowed
 * no more than is left.
 */
#include "auth/oidc_userinfo.h"

#include "auth/account.h"
#include "auth/claims.h"
#include "auth/client.h"
#include "base/err.h"
#include "base/json.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "crypto/token.h"

/* Numbers of the State may want a stronger or fresher sign-in than the portal asked for. */
static result step_up(struct auth *au, const struct access *acc, struct err *e)
{
    if (access_need_scope(acc, "vn_id", NULL).failed)
        return OK;
    TRY(access_need_acr(acc, (int)au->conf->auth.vn_id_acr, e));
    return access_need_fresh(au, acc, au->conf->auth.vn_id_age_s, e);
}

static result client_find(struct auth *au, const struct visit *v, const struct access *acc,
                          struct client *out, struct err *e)
{
    struct err why = { 0 };

    if (!client_load(au, v->arena, acc->client_id, out, &why).failed)
        return OK;
    if (why.code != ERR_NOT_FOUND)
        return fail(e, why.code, "%s", why.detail);
    return fail(e, ERR_BAD_TOKEN, "userinfo: the client is gone");
}

static result sign(struct auth *au, struct arena *a, const struct client *c, struct json *claims,
                   struct str *out, struct err *e)
{
    DEFER(key_release) struct key *key = NULL;

    json_put_str(claims, "iss", au->conf->service.issuer);
    json_put_str(claims, "aud", c->id);
    TRY(keyring_active(au->keys, (enum key_alg)c->userinfo_alg, &key, e));
    return token_sign(a, key, NULL, claims, out, e);
}

result oidc_userinfo(struct auth *au, const struct visit *v, const struct access *acc,
                     struct str *body, bool *is_signed, struct err *e)
{
    DEFER(json_close) struct json *claims = NULL;
    struct client client;
    struct claims_subject subject;
    struct account account;

    if (acc->account.n == 0)
        return fail(e, ERR_BAD_TOKEN, "userinfo: a token of no person");
    TRY(access_need_scope(acc, "openid", e));
    TRY(client_find(au, v, acc, &client, e));
    TRY(step_up(au, acc, e));
    TRY(account_load(au, v->arena, acc->account, &account, e));
    subject = claims_of_access(&client, &account, acc);
    subject.scope = claims_scopes_left(v->arena, &client, acc->scope);
    TRY(claims_userinfo(au, v, &subject, &claims, e));
    *is_signed = client.userinfo_alg >= 0;
    if (*is_signed)
        return sign(au, v->arena, &client, claims, body, e);
    *body = json_print(v->arena, claims);
    return OK;
}
