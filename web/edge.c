#include "web/edge.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/str.h"
#include "http/form.h"
#include "web/cors.h"
#include "web/guard.h"
#include "web/view.h"

#define LANGUAGE_COOKIE "motcua_lang"
#define AGENT_BYTES_MAX 300

/* What every answer carries, errors included. Pages run no script but the one of form_post; they
 * are framed by nobody, and tell nobody where a visitor came from. */
static void put_security_headers(const struct ctx *c, struct response *rs)
{
    view_policy(c, rs, STR(""));
    response_header(rs, "X-Frame-Options", STR("DENY"));
    response_header(rs, "X-Content-Type-Options", STR("nosniff"));
    /* Tells other sites nothing, but lets browsers name the origin of our own forms (guard.c). */
    response_header(rs, "Referrer-Policy", STR("same-origin"));
    response_header(rs, "Cache-Control", STR("no-store"));
    response_header(rs, "Cross-Origin-Opener-Policy", STR("same-origin"));
    response_header(rs, "X-Request-Id", c->visit.request_id);
    if (c->app->https)
        response_header(rs, "Strict-Transport-Security", STR("max-age=31536000"));
}

/* A page's ?lang= sets the language and is remembered; else its cookie; else, and for systems
 * always, what the caller prefers. */
static void find_language(struct ctx *c, const struct request *rq, struct response *rs)
{
    struct form query;
    struct str asked = STR("");

    c->language = request_language(rq);
    if (c->row->face != FACE_PAGE)
        return;
    if (!form_query(rq, &query, NULL).failed)
        asked = form_get(&query, "lang");
    if (str_is(asked, "vi") || str_is(asked, "en")) {
        c->language = asked;
        view_cookie(c, rs, LANGUAGE_COOKIE, asked, 31536000);
        return;
    }
    asked = request_cookie(rq, str_cstr(c->arena, cookie_name(c->app, c->arena, LANGUAGE_COOKIE)));
    if (str_is(asked, "vi") || str_is(asked, "en"))
        c->language = asked;
}

static struct ctx context(struct app *app, const struct route_row *row, struct request *rq)
{
    return (struct ctx){
        .app = app,
        .arena = rq->arena,
        .row = row,
        .now_ms = clock_now_ms(app->clock),
        .language = STR("vi"),
        .visit = { .arena = rq->arena,
                   .request_id = rq->id,
                   .ip = rq->ip,
                   .port = rq->port,
                   .agent = str_sub(request_header(rq, "User-Agent"), 0, AGENT_BYTES_MAX) },
    };
}

/* Queries hold codes and tokens, and so do some paths: whoever has a bill's token may see it. */
static struct str logged_path(struct str path)
{
    static const char *const prefixes[] = { "/pay/", "/receipts/", "/verify/",
                                            "/staff/invitation/" };

    for (size_t i = 0; i < LEN(prefixes); i++)
        if (str_starts(path, str_c(prefixes[i])))
            return str_c(prefixes[i]);
    return path;
}

static void log_failure(const struct request *rq, const struct err *e)
{
    log_line(err_level(e->code), "refused", log_str("method", str_c(method_name(rq->method))),
             log_str("path", logged_path(rq->path)), log_str("error", str_c(err_name(e->code))),
             log_str("field", str_c(e->field)), log_str("detail", str_c(e->detail)));
}

void edge_serve(void *site, const struct route *route, struct request *rq, struct response *rs)
{
    struct app *app = site_take(site);
    struct ctx c = context(app, route->own, rq);
    struct err e = { 0 };
    bool passed = false;
    result r;

    log_request_set(rq->id);
    put_security_headers(&c, rs);
    cors_allow(rs, rq->path);
    find_language(&c, rq, rs);
    r = guard_check(&c, rq, rs, &passed, &e);
    if (!r.failed && passed)
        r = c.row->handler(&c, rq, rs, &e);
    if (r.failed) {
        log_failure(rq, &e);
        view_error(&c, rq, rs, &e);
    }
    log_request_set(STR(""));
    site_release(site, app);
}

/* Where an address suggests who is asking when no route does. */
static enum route_face face_of(const struct request *rq)
{
    if (str_starts(rq->path, STR("/v1/")) || str_starts(rq->path, STR("/DvcPayment/")))
        return FACE_API;
    if (cors_is_open(rq->path) || str_is(rq->path, "/introspect"))
        return FACE_OAUTH;
    return request_wants_json(rq) ? FACE_API : FACE_PAGE;
}

void edge_refuse(void *site, struct request *rq, enum err_code code, struct response *rs)
{
    struct app *app = site_take(site);
    const struct route_row row = { .path = "", .face = face_of(rq) };
    struct ctx c = context(app, &row, rq);
    struct err e = { .code = code };

    log_request_set(rq->id);
    put_security_headers(&c, rs);
    cors_allow(rs, rq->path);
    find_language(&c, rq, rs);
    view_error(&c, rq, rs, &e);
    log_request_set(STR(""));
    site_release(site, app);
}

void edge_answered(void *site, const struct request *rq, const struct response *rs, int64_t took_us)
{
    (void)site;
    log_request_set(rq->id);
    log_line(LOG_INFO, "request", log_str("method", str_c(method_name(rq->method))),
             log_str("path", logged_path(rq->path)), log_int("status", rs->status),
             log_str("ip", rq->ip), log_int("port", rq->port), log_int("took_us", took_us),
             log_int("bytes", (int64_t)rs->body.n));
    log_request_set(STR(""));
}
