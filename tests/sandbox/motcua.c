/* The stand-in for motcua: takes CONFIRM, checks nothing, remembers all, answers as it is told. */
#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "crypto/digest.h"
#include "http/server.h"
#include "tests/sandbox/stage.h"

static struct {
    pthread_mutex_t lock;
    struct arena *arena;
    struct server *server;
    struct clock clock;
    struct confirms heard;
    bool good, signs;
    struct str origin;
} it = { .lock = PTHREAD_MUTEX_INITIALIZER, .good = true, .signs = true };

static struct str member(const struct json *o, const char *name)
{
    struct str s = STR("");
    (void)json_str(json_member(o, name), &s);
    return s;
}

static struct str reply_to(struct arena *a, struct str body, bool good)
{
    DEFER(json_close) struct json *doc = NULL;
    struct err e;
    if (json_read(body, &doc, &e).failed)
        return STR("{\"MaLoi\":\"99\"}");
    struct str partner = member(doc, "MaDoiTac"), reference = member(doc, "MaThamChieu");
    const char *code = good ? "00" : "99";
    struct str joined = str_fmt(a, "%s|ok|%.*s|%.*s|20261006143211|" STAGE_SECRET, code,
                                STR_ARG(partner), STR_ARG(reference));
    struct str hash = digest_hex(a, digest_sha256(joined)); /* not the test's arena: a thread */
    if (!it.signs)
        hash = member(doc, "MaXacThuc"); /* the echo of what came, as seen in the field */
    return str_fmt(a,
                   "{\"MaLoi\":\"%s\",\"MoTaLoi\":\"ok\",\"MaDoiTac\":\"%.*s\",\"MaThamChieu\":"
                   "\"%.*s\",\"ThoiGianGD\":\"20261006143211\",\"MaXacThuc\":\"%.*s\"}",
                   code, STR_ARG(partner), STR_ARG(reference), STR_ARG(hash));
}

static void discovery(struct request *rq, struct response *rs)
{
    static const char *const names[] = { "authorization_endpoint", "token_endpoint",
                                         "userinfo_endpoint", "jwks_uri", "end_session_endpoint" };
    DEFER(json_close) struct json *o = json_object();
    json_put_str(o, "issuer", it.origin);
    for (size_t i = 0; i < LEN(names); i++)
        json_put_str(o, names[i], str_fmt(rq->arena, "%.*s/%zu", STR_ARG(it.origin), i));
    response_body(rs, 200, "application/json", json_print(rq->arena, o));
}

static void serve(void *app, const struct route *route, struct request *rq, struct response *rs)
{
    (void)app, (void)route;
    if (rq->method == METHOD_GET) {
        discovery(rq, rs);
        return;
    }
    pthread_mutex_lock(&it.lock);
    if (it.heard.count < (int)LEN(it.heard.bodies))
        it.heard.bodies[it.heard.count++] = str_dup(it.arena, rq->body);
    struct str reply = str_dup(rq->arena, reply_to(it.arena, rq->body, it.good));
    pthread_mutex_unlock(&it.lock);
    response_body(rs, 200, "application/json", reply);
}

static void refuse(void *app, struct request *rq, enum err_code code, struct response *rs)
{
    (void)app, (void)rq;
    response_body(rs, err_status(code), "text/plain", STR("refused"));
}

struct str motcua_start(void)
{
    static const struct route routes[] = {
        { METHOD_POST, "/DvcPayment/Confirm", ROUTE_FAST, 65536, NULL },
        { METHOD_GET, "/.well-known/openid-configuration", ROUTE_FAST, 0, NULL },
    };
    struct err e = { 0 };
    it.clock = clock_system();
    it.arena = arena_open(16 << 20);
    const struct server_config c = { .listen = STR("127.0.0.1:0"),
                                     .fast_workers = 2,
                                     .slow_workers = 1,
                                     .queue_max = 64,
                                     .connections_max = 64,
                                     .idle_ms = 20000,
                                     .deadline_ms = 20000,
                                     .drain_ms = 500,
                                     .clock = &it.clock,
                                     .routes = routes,
                                     .route_count = LEN(routes),
                                     .serve = serve,
                                     .refuse = refuse };
    check_ok(server_open(&c, &it.server, &e), e);
    it.origin = str_fmt(test_arena(), "http://127.0.0.1:%d", server_port(it.server));
    return it.origin;
}

void motcua_answers(bool good)
{
    pthread_mutex_lock(&it.lock);
    it.good = good;
    pthread_mutex_unlock(&it.lock);
}

void motcua_signs(bool signs)
{
    pthread_mutex_lock(&it.lock);
    it.signs = signs;
    pthread_mutex_unlock(&it.lock);
}

struct confirms motcua_heard(int at_least)
{
    struct confirms copy = { .count = 0 };
    const struct timespec pause = { 0, 20 * 1000000L };
    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&it.lock);
        copy = it.heard;
        pthread_mutex_unlock(&it.lock);
        if (copy.count >= at_least)
            break;
        nanosleep(&pause, NULL);
    }
    if (copy.count < at_least)
        test_fail(__FILE__, __LINE__, "%d CONFIRM heard, not %d", copy.count, at_least);
    return copy;
}

void motcua_stop(void)
{
    server_stop(it.server);
    server_close(&it.server);
    arena_close(&it.arena);
}
