/* Routes to handlers, and what every answer carries. */
#include "base/log.h"
#include "http/route.h"
#include "http/server.h"
#include "sandbox/page.h"
#include "sandbox/sandbox.h"

enum { JSON, PAGE };

static const struct route_own owns[] = {
#define ROUTE(method, pattern, pool, body_max, handler, answers, form, purpose)                    \
    { handler, (answers) == JSON, (form) != 0 },
#include "sandbox/routes.def"
#undef ROUTE
};

/* The rows of routes.def count the handlers that came before. */
enum {
#define ROUTE(method, pattern, pool, body_max, handler, answers, form, purpose)                    \
    ROW_##method##_##handler,
#include "sandbox/routes.def"
#undef ROUTE
};

const struct route sandbox_routes[] = {
#define ROUTE(method, pattern, pool, body_max, handler, answers, form, purpose)                    \
    { METHOD_##method, pattern, ROUTE_##pool, body_max, &owns[ROW_##method##_##handler] },
#include "sandbox/routes.def"
#undef ROUTE
};
const size_t sandbox_route_count = LEN(sandbox_routes);

static void answer_guard(struct response *rs)
{
    /* Forms post here and are then sent on to motcua and by it to any portal, which browsers all
     * count as the form's target. */
    response_header_set(rs, "Content-Security-Policy",
                        STR("default-src 'none'; style-src 'self'; form-action http: https:; "
                            "base-uri 'none'; frame-ancestors 'none'"));
    response_header_set(rs, "X-Content-Type-Options", STR("nosniff"));
    response_header_set(rs, "Referrer-Policy", STR("no-referrer"));
    response_header_set(rs, "Cache-Control", STR("no-store"));
}

static void json_fail(struct request *rq, struct response *rs, const struct err *e)
{
    struct json *o = json_object();
    json_put_str(o, "error", str_c(err_oauth(e->code)));
    json_put_str(o, "code", str_c(err_name(e->code)));
    json_put_str(o, "field", str_c(e->field));
    page_json(rq, rs, err_status(e->code), o);
}

/* A form that another site sent: browsers say so. */
static bool is_foreign(const struct sandbox *sb, const struct request *rq)
{
    struct str site = request_header(rq, "Sec-Fetch-Site"), origin = request_header(rq, "Origin");
    if (site.n)
        return !str_is(site, "same-origin") && !str_is(site, "none");
    return origin.n && !str_eq(origin, sb->origin);
}

void sandbox_serve(void *app, const struct route *route, struct request *rq, struct response *rs)
{
    struct sandbox *sb = app;
    const struct route_own *own = route->own;
    struct err e = { 0 };
    result r;

    log_request_set(rq->id);
    if (own->form && is_foreign(sb, rq))
        r = fail(&e, ERR_BAD_CSRF, "a form of another site");
    else
        r = own->serve(sb, rq, rs, &e);
    if (r.failed) {
        log_err("refused", &e);
        if (own->json)
            json_fail(rq, rs, &e);
        else
            page_fail(sb, rq, rs, e.code);
    }
    answer_guard(rs);
    log_request_set(STR(""));
}

void sandbox_refuse(void *app, struct request *rq, enum err_code code, struct response *rs)
{
    struct err e = { .code = code };

    (void)app;
    json_fail(rq, rs, &e);
    answer_guard(rs);
}

result home_show(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    const struct page p = { .status = 200, .name = "home", .title = "title.home" };
    return page_show(sb, rq, rs, &p, e);
}

result static_show(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct str bytes;
    (void)sb;
    if (!embed_find(&sandbox_static, request_param(rq, "file"), &bytes))
        return fail(e, ERR_NOT_FOUND, "static file");
    response_body(rs, 200, "text/css; charset=utf-8", bytes);
    return OK;
}

result health_show(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct json *o = json_object();
    (void)sb, (void)e;
    json_put_str(o, "status", STR("ok"));
    page_json(rq, rs, 200, o);
    return OK;
}
