#include "tests/http/site.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "tests/test.h"

#define ANSWER_BYTES_MAX (16 * 1024 * 1024)

typedef void page(struct site *s, struct request *rq, struct response *rs);

static void text(struct response *rs, int status, struct str body)
{
    response_body(rs, status, "text/plain; charset=utf-8", body);
}

static void hello(struct site *s, struct request *rq, struct response *rs)
{
    (void)s, (void)rq;
    text(rs, 200, STR("hello"));
}

static void who(struct site *s, struct request *rq, struct response *rs)
{
    (void)s;
    text(rs, 200,
         str_fmt(rs->arena, "ip=%.*s port=%d https=%d id=%.*s host=%.*s", STR_ARG(rq->ip), rq->port,
                 rq->https, STR_ARG(rq->id), STR_ARG(request_header(rq, "Host"))));
}

static void echo(struct site *s, struct request *rq, struct response *rs)
{
    (void)s;
    text(rs, 200, rq->body);
}

static void large(struct site *s, struct request *rq, struct response *rs)
{
    (void)s;
    text(rs, 200, str_i64(rs->arena, (int64_t)rq->body.n));
}

static void slow(struct site *s, struct request *rq, struct response *rs)
{
    int64_t ms = 0;
    struct timespec t;

    (void)s;
    (void)str_to_i64(str_from(rq->query, 3), &ms);
    t = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
    (void)nanosleep(&t, NULL);
    text(rs, 200, STR("slow"));
}

static void item(struct site *s, struct request *rq, struct response *rs)
{
    (void)s;
    text(rs, 200, str_cat(rs->arena, STR("item "), request_param(rq, "id")));
}

static void item_new(struct site *s, struct request *rq, struct response *rs)
{
    (void)s, (void)rq;
    response_header(rs, "X-Note", STR("one"));
    response_header(rs, "X-Note", STR("two"));
    text(rs, 200, STR("new"));
}

static void status(struct site *s, struct request *rq, struct response *rs)
{
    int64_t n = 500;

    (void)s;
    (void)str_to_i64(request_param(rq, "code"), &n);
    if (n / 100 == 3)
        response_redirect(rs, STR("/hello"));
    else
        text(rs, (int)n, STR("as asked"));
}

static void bytes(struct site *s, struct request *rq, struct response *rs)
{
    int64_t n = 0;

    (void)s;
    (void)str_to_i64(request_param(rq, "n"), &n);
    text(rs, 200, str_of(memset(arena_alloc(rs->arena, (size_t)n), 'x', (size_t)n), (size_t)n));
}

static void smuggled(struct site *s, struct request *rq, struct response *rs)
{
    (void)rq;
    atomic_fetch_add(&s->smuggled, 1);
    text(rs, 200, STR("smuggled"));
}

static void flaky(struct site *s, struct request *rq, struct response *rs)
{
    (void)rq;
    if (atomic_fetch_sub(&s->flaky, 1) > 0)
        text(rs, 503, STR("not yet"));
    else
        text(rs, 200, STR("at last"));
}

/* About as long a head as an answer may have. */
static void heavy(struct site *s, struct request *rq, struct response *rs)
{
    const struct str value = str_of(memset(arena_alloc(rs->arena, 500), 'h', 500), 500);

    (void)s, (void)rq;
    for (int i = 0; i < 7; i++)
        response_header(rs, "X-Heavy", value);
    text(rs, 200, STR("heavy"));
}

/* What a proxy told of the client's certificate. */
static void certificate(struct site *s, struct request *rq, struct response *rs)
{
    (void)s;
    text(rs, 200,
         str_fmt(rs->arena, "verified=%d %.*s", rq->certificate_verified,
                 STR_ARG(base64_encode(rs->arena, rq->certificate))));
}

static page *const pages[] = { hello,  who,   echo,     large, slow,  item,       item_new,
                               status, bytes, smuggled, flaky, heavy, certificate };

static const struct route routes[] = {
    { METHOD_GET, "/hello", ROUTE_INLINE, 0, &pages[0] },
    { METHOD_GET, "/healthz", ROUTE_INLINE, 0, &pages[0] },
    { METHOD_GET, "/who", ROUTE_INLINE, 0, &pages[1] },
    { METHOD_GET, "/echo", ROUTE_FAST, 0, &pages[2] },
    { METHOD_POST, "/echo", ROUTE_FAST, 1000, &pages[2] },
    { METHOD_POST, "/large", ROUTE_SLOW, 12 * 1024 * 1024, &pages[3] },
    { METHOD_GET, "/slow", ROUTE_SLOW, 0, &pages[4] },
    { METHOD_GET, "/items/{id}", ROUTE_FAST, 0, &pages[5] },
    { METHOD_GET, "/items/new", ROUTE_FAST, 0, &pages[6] },
    { METHOD_GET, "/status/{code}", ROUTE_FAST, 0, &pages[7] },
    { METHOD_GET, "/bytes/{n}", ROUTE_FAST, 0, &pages[8] },
    { METHOD_GET, "/smuggled", ROUTE_INLINE, 0, &pages[9] },
    { METHOD_POST, "/smuggled", ROUTE_INLINE, 1000, &pages[9] },
    { METHOD_GET, "/heavy", ROUTE_FAST, 0, &pages[11] },
    { METHOD_GET, "/certificate", ROUTE_INLINE, 0, &pages[12] },
    { METHOD_GET, "/flaky", ROUTE_FAST, 0, &pages[10] },
    { METHOD_POST, "/flaky", ROUTE_FAST, 1000, &pages[10] },
};

static void serve(void *app, const struct route *route, struct request *rq, struct response *rs)
{
    struct site *s = app;
    page *const *p = route->own;

    if (strcmp(route->pattern, "/healthz") != 0) /* asked by proxies when they please */
        atomic_fetch_add(&s->served, 1);
    (*p)(s, rq, rs);
}

static void refuse(void *app, struct request *rq, enum err_code code, struct response *rs)
{
    struct site *s = app;

    (void)rq;
    atomic_fetch_add(&s->refused, 1);
    text(rs, err_status(code), str_c(err_name(code)));
}

static void answered(void *app, const struct request *rq, const struct response *rs,
                     int64_t took_us)
{
    struct site *s = app;

    (void)rq, (void)took_us;
    atomic_store(&s->last_status, rs->status);
    atomic_fetch_add(&s->answered, 1);
}

struct server_config site_config(struct site *site)
{
    static struct clock clock;

    clock = clock_fixed(1795392000000);
    return (struct server_config){ .listen = STR("127.0.0.1:0"),
                                   .trusted_proxies = STR(""),
                                   .fast_workers = 2,
                                   .slow_workers = 4,
                                   .queue_max = 64,
                                   .connections_max = 200,
                                   .idle_ms = 2000,
                                   .deadline_ms = 2000,
                                   .drain_ms = 5000,
                                   .clock = &clock,
                                   .routes = routes,
                                   .route_count = LEN(routes),
                                   .app = site,
                                   .serve = serve,
                                   .refuse = refuse,
                                   .answered = answered };
}

void site_open_with(struct site *site, const struct server_config *c)
{
    struct err e;

    check_ok(server_open(c, &site->server, &e), e);
}

void site_open(struct site *site)
{
    const struct server_config c = site_config(site);

    site_open_with(site, &c);
}

void site_close(struct site *site)
{
    server_close(&site->server);
    check(site->server == NULL);
}

int wire_connect(int port)
{
    const struct sockaddr_in at = { .sin_family = AF_INET,
                                    .sin_port = htons((uint16_t)port),
                                    .sin_addr = { htonl(INADDR_LOOPBACK) } };
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    check(fd >= 0);
    check(connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0);
    return fd;
}

int wire_connect_unix(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    check(fd >= 0 && strlen(path) < sizeof(at.sun_path));
    memcpy(at.sun_path, path, strlen(path));
    check(connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0);
    return fd;
}

void wire_send(int fd, struct str b)
{
    while (b.n > 0) {
        const ssize_t n = send(fd, b.p, b.n, MSG_NOSIGNAL);

        if (n <= 0)
            return; /* the other end has had enough */
        b = str_from(b, (size_t)n);
    }
}

static bool readable(int fd, int ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, ms) == 1;
}

struct str wire_read(int fd, int ms)
{
    struct buf b = buf_make(test_arena(), ANSWER_BYTES_MAX);
    char piece[65536];
    ssize_t n;

    while (readable(fd, ms) && (n = recv(fd, piece, sizeof(piece), 0)) > 0)
        buf_put(&b, str_of(piece, (size_t)n));
    return b.p == NULL ? STR("") : buf_str(&b);
}

bool wire_closed(int fd, int ms)
{
    char c;

    return readable(fd, ms) && recv(fd, &c, 1, 0) <= 0;
}

struct str wire_ask(int port, struct str b)
{
    const int fd = wire_connect(port);
    struct str answer;

    wire_send(fd, b);
    answer = wire_read(fd, 300);
    (void)close(fd);
    return answer;
}

int wire_status(struct str answer)
{
    int64_t n = 0;

    if (str_starts(answer, STR("HTTP/1.1 ")))
        (void)str_to_i64(str_sub(answer, 9, 3), &n);
    return (int)n;
}

int wire_count(struct str answer, const char *what)
{
    const size_t n = strlen(what);
    int count = 0;

    for (size_t i = 0; i + n <= answer.n; i++)
        count += memcmp(answer.p + i, what, n) == 0;
    return count;
}
