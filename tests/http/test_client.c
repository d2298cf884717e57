#include "http/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/http/site.h"
#include "tests/test.h"

static struct site site;
static struct err e;

/* A partner that answers each connection with fixed bytes and then does as it is told. */
enum manner { CLOSE, RESET, HANG, TRICKLE, CLOSE_UNREAD };

static struct {
    int fd, port;
    enum manner manner;
    struct str bytes;
    atomic_int calls;
    atomic_bool stop;
    pthread_t thread;
} rogue;

static void rogue_answer(int fd)
{
    char in[65536];
    const struct linger now = { 1, 0 };

    atomic_fetch_add(&rogue.calls, 1);
    if (rogue.manner != CLOSE_UNREAD)
        (void)recv(fd, in, sizeof(in), 0);
    wire_send(fd, rogue.bytes);
    for (int i = 0; i < 100 && rogue.manner == TRICKLE && !atomic_load(&rogue.stop); i++) {
        wire_send(fd, STR("x"));
        (void)usleep(50000);
    }
    for (int i = 0; i < 100 && rogue.manner == HANG && !atomic_load(&rogue.stop); i++)
        (void)usleep(50000);
    if (rogue.manner == RESET)
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    (void)close(fd);
}

static void *rogue_run(void *arg)
{
    while (!atomic_load(&rogue.stop)) {
        struct pollfd p = { .fd = rogue.fd, .events = POLLIN };

        if (poll(&p, 1, 20) == 1)
            rogue_answer(accept(rogue.fd, NULL, NULL));
    }
    return arg;
}

static void rogue_open(enum manner manner, struct str bytes)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof(at);

    rogue.manner = manner;
    rogue.bytes = bytes;
    atomic_store(&rogue.stop, false);
    atomic_store(&rogue.calls, 0);
    rogue.fd = socket(AF_INET, SOCK_STREAM, 0);
    check(bind(rogue.fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    check(listen(rogue.fd, 16) == 0 && getsockname(rogue.fd, (struct sockaddr *)&at, &n) == 0);
    rogue.port = ntohs(at.sin_port);
    check(pthread_create(&rogue.thread, NULL, rogue_run, NULL) == 0);
}

static void rogue_close(void)
{
    atomic_store(&rogue.stop, true);
    (void)pthread_join(rogue.thread, NULL);
    (void)close(rogue.fd);
}

static struct partner_config config(int port)
{
    return (struct partner_config){ .name = "test",
                                    .base_url = str_fmt(test_arena(), "http://127.0.0.1:%d", port),
                                    .connect_ms = 500,
                                    .total_ms = 600,
                                    .answer_bytes_max = 1024 * 1024,
                                    .breaker_failures = 3,
                                    .breaker_open_ms = 300 };
}

static struct partner *open_with(const struct partner_config *c)
{
    struct partner *p;

    check_ok(partner_open(c, &p, &e), e);
    return p;
}

static struct partner *open_to(int port)
{
    const struct partner_config c = config(port);

    return open_with(&c);
}

static result get(struct partner *p, const char *path, bool repeatable, struct answer *out)
{
    const struct call c = { .method = METHOD_GET, .path = str_c(path), .repeatable = repeatable };

    return partner_call(p, &c, test_arena(), out, &e);
}

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

TEST(addresses_beyond_the_rules_are_refused)
{
    static const char *const bad[] = { "http://example.org", "http://127.0.0.1.example.org",
                                       "http://10.0.0.1/",   "ftp://127.0.0.1",
                                       "https://user@host/", "https://user:pw@host/",
                                       "file:///etc/passwd", "https://host/?q=1",
                                       "https://host/#f",    "",
                                       "https://ho st/",     "127.0.0.1" };
    struct partner_config c = config(1);
    struct partner *p = NULL;

    for (size_t i = 0; i < LEN(bad); i++) {
        c.base_url = str_c(bad[i]);
        check_fails(partner_open(&c, &p, &e), e, ERR_CONFIG);
    }
    c.base_url = STR("https://example.org/prefix/");
    p = open_with(&c);
    partner_close(&p);
    c.base_url = STR("http://localhost:1");
    p = open_with(&c);
    partner_close(&p);
}

TEST(paths_cannot_lead_elsewhere)
{
    static const char *const bad[] = { "@evil.example/", ".evil.example/",     "1/",
                                       "hello",          "http://127.0.0.2/x", "https://127.0.0.1/",
                                       "/a b",           "/a\r\nX: y",         "/a#b" };
    struct answer out;
    struct partner *p;

    site_open(&site);
    p = open_to(server_port(site.server));
    for (size_t i = 0; i < LEN(bad); i++)
        check_fails(get(p, bad[i], false, &out), e, ERR_INVALID);
    check_fails(get(p,
                    str_cstr(test_arena(), str_fmt(test_arena(), "http://127.0.0.1:%d9/",
                                                   server_port(site.server))),
                    false, &out),
                e, ERR_INVALID);
    check_int(atomic_load(&site.served), 0);
    check_ok(get(p,
                 str_cstr(test_arena(), str_fmt(test_arena(), "http://127.0.0.1:%d/hello",
                                                server_port(site.server))),
                 false, &out),
             e);
    check_str(out.body, "hello");
    partner_close(&p);
    site_close(&site);
}

TEST(headers_cannot_be_injected)
{
    const struct pair evil = { STR("X-A"), STR("b\r\nX-C: d") };
    const struct call c = {
        .method = METHOD_GET, .path = STR("/hello"), .headers = &evil, .header_count = 1
    };
    struct answer out;
    struct partner *p = open_to(1);

    check_fails(partner_call(p, &c, test_arena(), &out, &e), e, ERR_INVALID);
    partner_close(&p);
}

TEST(bodies_and_headers_travel_both_ways)
{
    const struct pair id = { STR("Accept"), STR("text/plain") };
    struct call c = { .method = METHOD_POST,
                      .path = STR("/echo"),
                      .headers = &id,
                      .header_count = 1,
                      .content_type = STR("application/json"),
                      .body = STR("{\"a\":1}") };
    struct answer out;
    struct partner *p;

    site_open(&site);
    p = open_to(server_port(site.server));
    check_ok(partner_call(p, &c, test_arena(), &out, &e), e);
    check_int(out.status, 200);
    check_str(out.content_type, "text/plain");
    check_str(out.body, "{\"a\":1}");
    c.body = STR("");
    check_ok(partner_call(p, &c, test_arena(), &out, &e), e);
    check_str(out.body, "");
    c.method = METHOD_HEAD;
    c.path = STR("/hello");
    check_ok(partner_call(p, &c, test_arena(), &out, &e), e);
    check_int(out.status, 200);
    check_str(out.body, "");
    partner_close(&p);
    site_close(&site);
}

TEST(any_status_is_an_answer_and_redirects_are_not_followed)
{
    struct answer out;
    struct partner *p;

    site_open(&site);
    p = open_to(server_port(site.server));
    check_ok(get(p, "/status/404", true, &out), e);
    check_int(out.status, 404);
    check_ok(get(p, "/status/500", true, &out), e);
    check_int(out.status, 500);
    check_ok(get(p, "/status/302", true, &out), e);
    check_int(out.status, 303);
    check_str(out.location, "/hello");
    check_int(atomic_load(&site.served), 3);
    partner_close(&p);
    site_close(&site);
}

TEST(a_refused_body_is_answered_before_the_connection_closes)
{
    const size_t n = 3 * 1024 * 1024;
    const struct call c = { .method = METHOD_POST,
                            .path = STR("/echo"),
                            .content_type = STR("text/plain"),
                            .body = str_of(memset(arena_alloc(test_arena(), n), 'x', n), n) };
    struct answer out;
    struct partner *p;

    site_open(&site);
    p = open_to(server_port(site.server));
    for (int i = 0; i < 5; i++) {
        check_ok(partner_call(p, &c, test_arena(), &out, &e), e);
        check_int(out.status, 413);
    }
    partner_close(&p);
    site_close(&site);
}

TEST(connections_are_kept_for_repeatable_calls_only)
{
    struct answer one, two;
    struct partner *p;

    site_open(&site);
    p = open_to(server_port(site.server));
    check_ok(get(p, "/who", true, &one), e);
    check_ok(get(p, "/who", true, &two), e);
    check_same(str_sub(one.body, 0, 24), str_sub(two.body, 0, 24)); /* the same source port */
    check_ok(get(p, "/who", false, &two), e);
    check(!str_eq(str_sub(one.body, 0, 24), str_sub(two.body, 0, 24)));
    partner_close(&p);
    site_close(&site);
}

TEST(answers_over_the_limit_are_bad)
{
    struct answer out;
    struct partner *p;

    site_open(&site);
    p = open_to(server_port(site.server));
    check_ok(get(p, "/bytes/1048576", false, &out), e);
    check_int(out.body.n, 1048576);
    check_fails(get(p, "/bytes/1048577", true, &out), e, ERR_UPSTREAM_BAD);
    check_int(atomic_load(&site.served), 2); /* not repeated */
    partner_close(&p);
    site_close(&site);
}

struct rogue_case {
    enum manner manner;
    struct str bytes;
};

TEST(half_answers_and_resets_are_down)
{
    const struct rogue_case cases[] = {
        { CLOSE, STR("") },
        { RESET, STR("") },
        { CLOSE, STR("HTTP/1.1 200 OK\r\nContent-Le") },
        { CLOSE, STR("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf") },
        { CLOSE, STR("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel") },
        { CLOSE, STR("this is not HTTP\r\n\r\n") },
        { HANG, STR("") },
        { HANG, STR("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf") },
        { TRICKLE, STR("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n") },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        const int64_t start = now_ms();
        struct answer out;
        struct partner *p;

        rogue_open(cases[i].manner, cases[i].bytes);
        p = open_to(rogue.port);
        check_fails(get(p, "/x", false, &out), e, ERR_UPSTREAM_DOWN);
        check(now_ms() - start < 2000);
        check_int(atomic_load(&rogue.calls), 1);
        partner_close(&p);
        rogue_close();
    }
}

TEST(nobody_listening_is_down)
{
    struct answer out;
    struct partner *p;

    rogue_open(CLOSE, STR(""));
    rogue_close();
    p = open_to(rogue.port);
    check_fails(get(p, "/x", false, &out), e, ERR_UPSTREAM_DOWN);
    partner_close(&p);
}

TEST(plain_text_where_tls_is_expected_is_down)
{
    struct partner_config c;
    struct answer out;
    struct partner *p;

    site_open(&site);
    c = config(server_port(site.server));
    c.base_url = str_fmt(test_arena(), "https://127.0.0.1:%d", server_port(site.server));
    p = open_with(&c);
    check_fails(get(p, "/hello", false, &out), e, ERR_UPSTREAM_DOWN);
    partner_close(&p);
    site_close(&site);
}

TEST(only_repeatable_calls_are_repeated)
{
    struct answer out;
    struct partner *p;

    site_open(&site);
    p = open_to(server_port(site.server));
    atomic_store(&site.flaky, 2);
    check_ok(get(p, "/flaky", true, &out), e);
    check_int(out.status, 200);
    check_int(atomic_load(&site.served), 3);
    atomic_store(&site.flaky, 2);
    check_ok(get(p, "/flaky", false, &out), e);
    check_int(out.status, 503);
    check_int(atomic_load(&site.served), 4);
    partner_close(&p);
    site_close(&site);
}

TEST(the_retry_budget_runs_out)
{
    struct partner_config c;
    struct answer out;
    struct partner *p;

    site_open(&site);
    c = config(server_port(site.server));
    c.breaker_failures = 0;
    p = open_with(&c);
    atomic_store(&site.flaky, 1000);
    for (int i = 0; i < 8; i++)
        check_ok(get(p, "/flaky", true, &out), e);
    check_int(atomic_load(&site.served), 8 + 10); /* not 8 * 3 */
    partner_close(&p);
    site_close(&site);
}

TEST(a_partner_that_is_down_is_left_alone_and_tried_again)
{
    struct answer out;
    struct partner *p;

    site_open(&site);
    p = open_to(server_port(site.server));
    atomic_store(&site.flaky, 4);
    for (int i = 0; i < 3; i++)
        check_ok(get(p, "/flaky", false, &out), e);
    check_fails(get(p, "/flaky", false, &out), e, ERR_UPSTREAM_DOWN);
    check_int(atomic_load(&site.served), 3); /* it was not called */
    (void)usleep(350000);
    check_ok(get(p, "/flaky", false, &out), e); /* the one that tries: still 503 */
    check_int(out.status, 503);
    check_fails(get(p, "/flaky", false, &out), e, ERR_UPSTREAM_DOWN);
    (void)usleep(350000);
    check_ok(get(p, "/flaky", false, &out), e);
    check_int(out.status, 200);
    check_ok(get(p, "/flaky", false, &out), e);
    partner_close(&p);
    site_close(&site);
}

static void *call_often(void *arg)
{
    struct arena *a = arena_open(1 << 20);
    const struct call c = { .method = METHOD_GET, .path = STR("/items/9"), .repeatable = true };
    struct answer out;
    struct err why;

    for (int i = 0; i < 20; i++) {
        check_ok(partner_call(arg, &c, a, &out, &why), why);
        check_str(out.body, "item 9");
    }
    arena_close(&a);
    return NULL;
}

TEST(many_threads_share_a_partner)
{
    struct partner *p;
    pthread_t threads[8];

    check_ok(client_start(&e), e);
    site_open(&site);
    p = open_to(server_port(site.server));
    for (size_t i = 0; i < LEN(threads); i++)
        check(pthread_create(&threads[i], NULL, call_often, p) == 0);
    for (size_t i = 0; i < LEN(threads); i++)
        (void)pthread_join(threads[i], NULL);
    check_int(atomic_load(&site.served), 160);
    partner_close(&p);
    site_close(&site);
    client_end();
}
