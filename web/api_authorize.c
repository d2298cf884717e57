/* The authorization endpoint at the edge: bytes to rules (auth/oidc_authorize.h) and back. */
#include "auth/oidc_authorize.h"
#include "base/str.h"
#include "http/form.h"
#include "web/authorize.h"
#include "web/view.h"

static result authorize(struct ctx *c, struct request *rq, struct response *rs,
                        const struct form *form, struct err *e)
{
    struct authorize_reply reply = { 0 };

    TRY(oidc_authorize(&c->app->auth, &c->visit, form, c->signed_in ? &c->session : NULL, &reply,
                       e));
    return authorize_answer(c, rq, rs, &reply, e);
}

result oidc_authorize_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form form;

    TRY(form_query(rq, &form, e));
    return authorize(c, rq, rs, &form, e);
}

result oidc_authorize_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form form;

    TRY(form_body(rq, &form, e));
    return authorize(c, rq, rs, &form, e);
}

result oidc_consent(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct authorize_reply reply = { 0 };
    struct form form;
    struct str id;

    TRY(form_body(rq, &form, e));
    TRY(form_need(&form, "id", 128, &id, e));
    TRY(oidc_authorize_consent(&c->app->auth, &c->visit, &c->session, id,
                               str_is(form_get(&form, "answer"), "yes"), &reply, e));
    return authorize_answer(c, rq, rs, &reply, e);
}
