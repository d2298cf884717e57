/* What machines ask of the provider: tokens, and what they say. Bytes to rules (auth/oidc_*.h) and
 * back. */
#include "auth/oidc_introspect.h"
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

    TRY(call_read(c, rq, rs, &form, &call, e));
    TRY(call_answer(&call, rs, oidc_token(&c->app->auth, &c->visit, &call, &json, e), e));
    response_header(rs, "Pragma", STR("no-cache"));
    view_json_text(rs, 200, "application/json", json);
    return OK;
}

result oidc_introspect_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct api_call call;
    struct form form;
    struct str json;

    TRY(call_read(c, rq, rs, &form, &call, e));
    TRY(call_answer(&call, rs, oidc_introspect(&c->app->auth, &c->visit, &call, &json, e), e));
    view_json_text(rs, 200, "application/json", json);
    return OK;
}

/* An empty object: some clients take nothing but JSON for success. */
result oidc_revoke_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct api_call call;
    struct form form;

    TRY(call_read(c, rq, rs, &form, &call, e));
    TRY(call_answer(&call, rs, oidc_revoke(&c->app->auth, &c->visit, &call, e), e));
    view_json_text(rs, 200, "application/json", STR("{}"));
    return OK;
}

/* The guard has read the token, wherever it stood. */
result oidc_userinfo_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct str body;
    bool is_signed;

    (void)rq;
    TRY(oidc_userinfo(&c->app->auth, &c->visit, &c->access, &body, &is_signed, e));
    view_json_text(rs, 200, is_signed ? "application/jwt" : "application/json", body);
    return OK;
}

result oidc_userinfo_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return oidc_userinfo_get(c, rq, rs, e);
}
