/* What kiosks and counters ask: bytes to rules (auth/oidc_device.h, auth/oidc_ciba.h) and back. */
#include "auth/oidc_ciba.h"
#include "auth/oidc_device.h"
#include "base/str.h"
#include "http/form.h"
#include "web/call.h"
#include "web/view.h"

result oidc_device_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct api_call call;
    struct form form;
    struct str json;

    TRY(call_read(c, rq, rs, &form, &call, e));
    TRY(call_answer(&call, rs, oidc_device_start(&c->app->auth, &c->visit, &call, &json, e), e));
    view_json_text(rs, 200, "application/json", json);
    return OK;
}

result oidc_ciba_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct api_call call;
    struct form form;
    struct str json;

    TRY(call_read(c, rq, rs, &form, &call, e));
    TRY(call_answer(&call, rs, oidc_ciba_start(&c->app->auth, &c->visit, &call, &json, e), e));
    view_json_text(rs, 200, "application/json", json);
    return OK;
}
