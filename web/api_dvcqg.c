/*
 * The addresses and ways of the national portal's SSO, for portals that were built for it
 * (docs/integration/dvcqg.md). Attacker: a client of a stricter profile, or somebody with its
 * secret, that would rather be asked less here. Promised: only clients of the profile dvcqg-compat
 * get anything at these addresses, and the same rules decide behind them.
 */
#include "auth/client.h"
#include "auth/oidc_introspect.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "http/form.h"
#include "web/view.h"

static result compat_check(struct ctx *c, struct str client_id, enum err_code otherwise,
                           struct err *e)
{
    struct err why = { 0 };
    struct client client;
    const bool found = !client_load(&c->app->auth, c->arena, client_id, &client, &why).failed;

    if (!found && why.code != ERR_NOT_FOUND)
        return fail(e, why.code, "%s", why.detail);
    if (!found || client.profile != CLIENT_DVCQG_COMPAT)
        return fail(e, otherwise, "not a client of profile dvcqg-compat");
    return OK;
}

result dvcqg_authorize(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form form;

    TRY(form_query(rq, &form, e));
    TRY(compat_check(c, form_get(&form, "client_id"), ERR_NOT_FOUND, e));
    return oidc_authorize_get(c, rq, rs, e);
}

/* These clients send client_id and client_secret in the body. */
result dvcqg_token(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(compat_check(c, form_get(&form, "client_id"), ERR_BAD_CLIENT, e));
    return oidc_token_post(c, rq, rs, e);
}

/* By GET or POST, whatever the body: the guard has read the token from the header. */
result dvcqg_userinfo(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    TRY(compat_check(c, c->access.client_id, ERR_BAD_TOKEN, e));
    return oidc_userinfo_get(c, rq, rs, e);
}

/* token=...&state=0 with an access token of the same client as the proof of who asks. */
result dvcqg_validate(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form form;
    struct str token, json;

    TRY(compat_check(c, c->access.client_id, ERR_BAD_TOKEN, e));
    TRY(form_body(rq, &form, e));
    TRY(form_need(&form, "token", LIMIT_TOKEN_BYTES, &token, e));
    TRY(oidc_introspect_own(&c->app->auth, &c->visit, &c->access, token, &json, e));
    view_json_text(rs, 200, "application/json", json);
    return OK;
}
