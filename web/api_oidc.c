/* What the provider publishes about itself. */
#include "auth/oidc_metadata.h"
#include "base/err.h"
#include "web/view.h"

result oidc_discovery(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    (void)rq, (void)e;
    response_header_set(rs, "Cache-Control", STR("public, max-age=3600"));
    view_json_text(rs, 200, "application/json", oidc_metadata(&c->app->auth, c->arena));
    return OK;
}

result oidc_keys(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    (void)rq, (void)e;
    response_header_set(rs, "Cache-Control", STR("public, max-age=3600"));
    view_json_text(rs, 200, "application/jwk-set+json", oidc_jwks(&c->app->auth, c->arena));
    return OK;
}
