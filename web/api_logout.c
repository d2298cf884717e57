/* Signing out at the edge: the logout endpoint and its confirmation. The rules are
 * auth/oidc_logout.h's. */
#include "auth/oidc_logout.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "web/guard.h"
#include "web/view.h"

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
