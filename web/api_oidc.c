/* OpenID Connect at the edge: bytes to rules (auth/oidc_*.h) and back. */
#include "auth/access.h"
#include "auth/oidc_logout.h"
#include "auth/oidc_metadata.h"
#include "auth/oidc_token.h"
#include "auth/oidc_userinfo.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "web/guard.h"
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

static result ask_logout(struct ctx *c, struct request *rq, struct response *rs,
                         const struct logout_reply *reply, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    json_put_str(data, "request", reply->request);
    if (reply->client.id.n > 0)
        json_put_str(data, "portal", client_name(&reply->client, c->language));
    view_policy(c, rs,
                view_origins(c, reply->client.post_logout_uris, reply->client.post_logout_count));
    return view_page(c, rq, rs, "logout", "sign_out.title", data, e);
}

static result logout(struct ctx *c, struct request *rq, struct response *rs,
                     const struct form *form, bool confirmed, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct logout_reply reply = { 0 };

    TRY(oidc_logout(&c->app->auth, &c->visit, form, c->signed_in ? &c->session : NULL, confirmed,
                    &reply, e));
    switch (reply.kind) {
    case LOGOUT_PAGE:
        *e = reply.error;
        return (result){ true };
    case LOGOUT_CONFIRM:
        return ask_logout(c, rq, rs, &reply, e);
    case LOGOUT_REDIRECT:
        view_cookie(c, rs, SESSION_COOKIE, STR(""), -1);
        view_redirect(rs, reply.url);
        return OK;
    case LOGOUT_DONE:
        break;
    }
    c->signed_in = false;
    view_cookie(c, rs, SESSION_COOKIE, STR(""), -1);
    return view_page(c, rq, rs, "sign_out", "sign_out.title", data, e);
}

result oidc_logout_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form form;

    TRY(form_query(rq, &form, e));
    return logout(c, rq, rs, &form, false, e);
}

/* Both the portal's own POST and our confirmation page, which carries the request as one field and
 * is believed only with the session's token. */
result oidc_logout_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form form, request;

    TRY(form_body(rq, &form, e));
    if (!form_has(&form, "csrf"))
        return logout(c, rq, rs, &form, false, e);
    if (c->signed_in && !guard_csrf_is(c, form_get(&form, "csrf")))
        return fail(e, ERR_BAD_CSRF, "the confirmation's token is not the session's");
    TRY(form_read(c->arena, form_get(&form, "request"), &request, e));
    return logout(c, rq, rs, &request, true, e);
}
