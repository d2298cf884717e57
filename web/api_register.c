/* Clients that register themselves: RFC 7591 and 7592 at the edge (auth/client_register.h). */
#include "auth/client_register.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "web/route_row.h"
#include "web/view.h"

static result body_read(const struct request *rq, struct json **out, struct err *e)
{
    const struct str type = request_header(rq, "Content-Type");

    if (!str_eq_nocase(str_trim(str_sub(type, 0, str_find(type, ';'))), STR("application/json")))
        return fail(e, ERR_MEDIA_TYPE, "not application/json");
    return json_read(rq->body, out, e);
}

static result reply(struct response *rs, int status, result r, struct str json, struct err *e)
{
    if (r.failed) {
        if (e->code == ERR_BAD_TOKEN)
            response_header_set(rs, "WWW-Authenticate", STR("Bearer error=\"invalid_token\""));
        return r;
    }
    response_header(rs, "Pragma", STR("no-cache"));
    view_json_text(rs, status, "application/json", json);
    return OK;
}

result register_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *document = NULL;
    struct str json = STR("");
    result r;

    TRY(body_read(rq, &document, e));
    r = client_register(&c->app->auth, &c->visit, request_header(rq, "Authorization"), document,
                        &json, e);
    return reply(rs, 201, r, json, e);
}

result register_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct str json = STR("");
    const result r =
        client_registered(&c->app->auth, &c->visit, request_header(rq, "Authorization"),
                          request_param(rq, "client"), &json, e);

    return reply(rs, 200, r, json, e);
}

result register_put(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *document = NULL;
    struct str json = STR("");
    result r;

    TRY(body_read(rq, &document, e));
    r = client_register_change(&c->app->auth, &c->visit, request_header(rq, "Authorization"),
                               request_param(rq, "client"), document, &json, e);
    return reply(rs, 200, r, json, e);
}

result register_delete(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const result r =
        client_register_remove(&c->app->auth, &c->visit, request_header(rq, "Authorization"),
                               request_param(rq, "client"), e);

    if (r.failed)
        return reply(rs, 0, r, STR(""), e);
    rs->status = 204;
    return OK;
}
