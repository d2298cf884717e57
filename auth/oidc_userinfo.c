/*
 * Security: see auth/access for who gets here and auth/claims for what leaves. The client is loaded
 * again, so that a removed client learns nothing more.
 */
#include "auth/oidc_userinfo.h"

#include "auth/account.h"
#include "auth/claims.h"
#include "auth/client.h"
#include "base/err.h"
#include "base/json.h"

result oidc_userinfo(struct auth *au, const struct visit *v, const struct access *acc,
                     struct str *json, struct err *e)
{
    DEFER(json_close) struct json *claims = NULL;
    struct client client;
    struct claims_subject subject;
    struct account account;

    if (acc->account.n == 0)
        return fail(e, ERR_BAD_TOKEN, "userinfo: a token of no person");
    TRY(access_need_scope(acc, "openid", e));
    if (client_load(au, v->arena, acc->client_id, &client, e).failed) {
        if (e != NULL && e->code != ERR_NOT_FOUND)
            return (result){ true };
        return fail(e, ERR_BAD_TOKEN, "userinfo: the client is gone");
    }
    TRY(account_load(au, v->arena, acc->account, &account, e));
    subject = claims_of_access(&client, &account, acc);
    TRY(claims_userinfo(au, v, &subject, &claims, e));
    *json = json_print(v->arena, claims);
    return OK;
}
