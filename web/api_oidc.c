/* OpenID Connect at the edge: bytes to rules (auth/oidc_*.h) and back. */
#include "auth/access.h"
#include "auth/oidc_metadata.h"
#include "auth/oidc_token.h"
#include "auth/oidc_userinfo.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "web/view.h"

/* Browser-side clients may read these from other origins; the authorization endpoint never. */
static void allow_origins(struct response *rs)
{
    response_header(rs, "Access-Control-Allow-Origin", STR("*"));
}

result oidc_discovery(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    (void)rq, (void)e;
    allow_origins(rs);
    response_header_set(rs, "Cache-Control", STR("public, max-age=3600"));
    view_json_text(rs, 200, "application/json", oidc_metadata(&c->app->auth, c->arena));
    return OK;
}

result oidc_keys(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    (void)rq, (void)e;
    allow_origins(rs);
    response_header_set(rs, "Cache-Control", STR("public, max-age=3600"));
    view_json_text(rs, 200, "application/jwk-set+json", oidc_jwks(&c->app->auth, c->arena));
    return OK;
}

result oidc_token_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str authorization = request_header(rq, "Authorization");
    struct form form;
    struct str json;
    result r;

    allow_origins(rs);
    TRY(form_body(rq, &form, e));
    r = oidc_token(&c->app->auth, &c->visit, authorization, &form, &json, e);
    if (r.failed && e->code == ERR_BAD_CLIENT && authorization.n > 0)
        response_header(rs, "WWW-Authenticate", STR("Basic realm=\"motcua\""));
    TRY(r);
    response_header(rs, "Pragma", STR("no-cache"));
    view_json_text(rs, 200, "application/json", json);
    return OK;
}

static result userinfo(struct ctx *c, struct response *rs, result checked, struct err *e)
{
    struct str json;
    result r = checked;

    allow_origins(rs);
    if (!r.failed)
        r = oidc_userinfo(&c->app->auth, &c->visit, &c->access, &json, e);
    if (r.failed) {
        view_challenge(rs, e->code);
        return r;
    }
    view_json_text(rs, 200, "application/json", json);
    return OK;
}

result oidc_userinfo_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return userinfo(
        c, rs,
        access_check(&c->app->auth, c->arena, request_header(rq, "Authorization"), &c->access, e),
        e);
}

/* RFC 6750 2.2: the token may stand in the form when no header carries it. */
result oidc_userinfo_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form form;

    if (request_header(rq, "Authorization").n > 0)
        return oidc_userinfo_get(c, rq, rs, e);
    TRY(form_body(rq, &form, e));
    if (!form_has(&form, "access_token"))
        return userinfo(c, rs, fail(e, ERR_NOT_SIGNED_IN, "no token"), e);
    return userinfo(
        c, rs,
        access_check_token(&c->app->auth, c->arena, form_get(&form, "access_token"), &c->access, e),
        e);
}
