#include "http/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/client.h"
#include "http/server.h"
#include "tests/test.h"

static struct err e;

static bool public_text(const char *text)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return guard_is_public((const struct sockaddr *)&v4);
    check(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1);
    return guard_is_public((const struct sockaddr *)&v6);
}

TEST(addresses_of_special_use_are_no_public_ones)
{
    static const char *const special[] = { "0.0.0.0",
                                           "0.1.2.3",
                                           "10.0.0.1",
                                           "100.64.0.1",
                                           "100.127.255.255",
                                           "127.0.0.1",
                                           "127.255.255.1",
                                           "169.254.169.254",
                                           "172.16.0.1",
                                           "172.31.255.255",
                                           "192.0.0.8",
                                           "192.0.2.1",
                                           "192.88.99.1",
                                           "192.168.1.1",
                                           "198.18.0.1",
                                           "198.19.255.255",
                                           "198.51.100.7",
                                           "203.0.113.7",
                                           "224.0.0.1",
                                           "239.1.1.1",
                                           "240.0.0.1",
                                           "255.255.255.255",
                                           "::",
                                           "::1",
                                           "::ffff:127.0.0.1",
                                           "::ffff:8.8.8.8",
                                           "64:ff9b::7f00:1",
                                           "64:ff9b:1::1",
                                           "100::1",
                                           "2001::1",
                                           "2001:db8::1",
                                           "2002:7f00:1::1",
                                           "3fff::1",
                                           "5f00::1",
                                           "fc00::1",
                                           "fd12:3456::1",
                                           "fe80::1",
                                           "fec0::1",
                                           "ff02::1" };
    static const char *const usual[] = { "8.8.8.8",      "1.1.1.1",       "100.63.255.255",
                                         "100.128.0.1",  "172.15.0.1",    "172.32.0.1",
                                         "192.167.0.1",  "223.255.255.1", "2001:4860:4860::8888",
                                         "2400:cb00::1", "2a00:1450::1" };

    for (size_t i = 0; i < LEN(special); i++)
        if (public_text(special[i]))
            test_fail(__FILE__, __LINE__, "%s", special[i]);
    for (size_t i = 0; i < LEN(usual); i++)
        if (!public_text(usual[i]))
            test_fail(__FILE__, __LINE__, "%s", usual[i]);
}

TEST(another_family_is_not_public)
{
    const struct sockaddr sa = { .sa_family = AF_UNIX };

    check(!guard_is_public(&sa));
    check(!guard_is_loopback(&sa));
}

static int calls;
static const int places[] = { 0, 1, 2 };
static const struct route routes[] = {
    { METHOD_GET, "/keys", ROUTE_INLINE, 0, &places[0] },
    { METHOD_GET, "/away", ROUTE_INLINE, 0, &places[1] },
    { METHOD_GET, "/large", ROUTE_INLINE, 0, &places[2] },
};

static void serve(void *app, const struct route *route, struct request *rq, struct response *rs)
{
    (void)app, (void)rq;
    calls++;
    switch (*(const int *)route->own) {
    case 0:
        response_body(rs, 200, "application/json", STR("{\"keys\":[]}"));
        break;
    case 1:
        response_redirect(rs, STR("http://169.254.169.254/latest/"));
        break;
    default:
        response_body(rs, 200, "application/json",
                      str_of(memset(arena_alloc(rs->arena, 70000), ' ', 70000), 70000));
    }
}

static void refuse(void *app, struct request *rq, enum err_code code, struct response *rs)
{
    (void)app, (void)rq, (void)code;
    response_body(rs, 404, "text/plain", STR("no"));
}

static void close_server(struct server **s)
{
    server_stop(*s);
    server_close(s);
}

static result get(struct server *s, const char *path, bool loopback_ok, struct str *body)
{
    const struct guard_fetch f = { .url = str_fmt(test_arena(), "http://127.0.0.1:%d%s",
                                                  server_port(s), path),
                                   .loopback_ok = loopback_ok,
                                   .total_ms = 3000,
                                   .bytes_max = 65536 };

    return guard_get(&f, test_arena(), body, &e);
}

TEST(a_guarded_call_reaches_what_it_may_and_nothing_else)
{
    static struct clock system;
    const struct server_config c = { .listen = STR("127.0.0.1:0"),
                                     .fast_workers = 1,
                                     .slow_workers = 1,
                                     .queue_max = 4,
                                     .connections_max = 8,
                                     .idle_ms = 5000,
                                     .deadline_ms = 5000,
                                     .drain_ms = 100,
                                     .clock = &system,
                                     .routes = routes,
                                     .route_count = LEN(routes),
                                     .serve = serve,
                                     .refuse = refuse };
    DEFER(close_server) struct server *s = NULL;
    struct guard_fetch f = { .total_ms = 1000, .bytes_max = 100 };
    struct str body;

    system = clock_system();
    check_ok(client_start(&e), e);
    check_ok(server_open(&c, &s, &e), e);
    check_ok(get(s, "/keys", true, &body), e);
    check_str(body, "{\"keys\":[]}");
    check_fails(get(s, "/keys", false, &body), e, ERR_INVALID);
    check_fails(get(s, "/away", true, &body), e, ERR_UPSTREAM_BAD);
    check_fails(get(s, "/large", true, &body), e, ERR_UPSTREAM_BAD);
    check_fails(get(s, "/none", true, &body), e, ERR_UPSTREAM_BAD);
    check_int(calls, 3);
    f.url = STR("https://169.254.169.254/latest/");
    check_fails(guard_get(&f, test_arena(), &body, &e), e, ERR_UPSTREAM_DOWN);
    f.url = STR("https://user@203.0.113.7/");
    check_fails(guard_get(&f, test_arena(), &body, &e), e, ERR_INVALID);
    f.url = STR("ftp://203.0.113.7/");
    check_fails(guard_get(&f, test_arena(), &body, &e), e, ERR_INVALID);
    check_int(calls, 3);
    client_end();
}

/* A socket that would notice any connection. */
static int listen_here(int *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof(at);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    check(bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0);
    check(listen(fd, 8) == 0);
    check(getsockname(fd, (struct sockaddr *)&at, &n) == 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static bool was_called(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, 50) > 0;
}

TEST(no_connection_is_made_to_an_address_of_our_own)
{
    static const char *const hosts[] = { "127.0.0.1", "localhost",  "[::ffff:127.0.0.1]",
                                         "0.0.0.0",   "2130706433", "0x7f.1" };
    struct guard_fetch f = { .total_ms = 500, .bytes_max = 100 };
    struct str body;
    int port;
    const int fd = listen_here(&port);

    check_ok(client_start(&e), e);
    for (size_t i = 0; i < LEN(hosts); i++) {
        f.url = str_fmt(test_arena(), "https://%s:%d/keys", hosts[i], port);
        check(guard_get(&f, test_arena(), &body, &e).failed);
        if (was_called(fd))
            test_fail(__FILE__, __LINE__, "%s", hosts[i]);
    }
    f.loopback_ok = true; /* and where it is allowed, the same call gets through */
    f.url = str_fmt(test_arena(), "https://127.0.0.1:%d/keys", port);
    check(guard_get(&f, test_arena(), &body, &e).failed);
    check(was_called(fd));
    (void)close(fd);
    client_end();
}
