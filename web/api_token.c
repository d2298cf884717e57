/* What machines ask of the provider: tokens, and what they say. Bytes to rules (auth/oidc_*.h) and
 * back. */
#include "auth/oidc_token.h"
#include "auth/oidc_userinfo.h"
#include "base/err.h"
#include "base/str.h"
#include "http/form.h"
#include "web/call.h"
#include "web/view.h"

result oidc_token_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct api_call call;
    struct form form;
    struct str json;
    result r;

    TRY(call_read(c, rq, rs, &form, &call, e));
    r = oidc_token(&c->app->auth, &c->visit, &call, &json, e);
    if (r.failed && e->code == ERR_BAD_CLIENT && call.authorization.n > 0)
        response_header(rs, "WWW-Authenticate", STR("Basic realm=\"motcua\""));
    TRY(r);
    response_header(rs, "Pragma", STR("no-cache"));
    view_json_text(rs, 200, "application/json", json);
    return OK;
}

/* The guard has read the token, wherever it stood. */
result oidc_userinfo_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct str json;

    (void)rq;
    TRY(oidc_userinfo(&c->app->auth, &c->visit, &c->access, &json, e));
    view_json_text(rs, 200, "application/json", json);
    return OK;
}

result oidc_userinfo_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return oidc_userinfo_get(c, rq, rs, e);
}
