#include "http/server.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/http/site.h"
#include "tests/test.h"

#define GET(path) STR("GET " path " HTTP/1.1\r\nHost: x\r\n\r\n")

static struct site site;

static struct str ask(struct str bytes)
{
    return wire_ask(server_port(site.server), bytes);
}

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

TEST(beyond_loopback_needs_a_trusted_proxy)
{
    struct server_config c = site_config(&site);
    struct err e;

    c.listen = STR("0.0.0.0:0");
    check_fails(server_open(&c, &site.server, &e), e, ERR_CONFIG);
    c.listen = STR("[::]:0");
    check_fails(server_open(&c, &site.server, &e), e, ERR_CONFIG);
    c.trusted_proxies = STR("10.0.0.1");
    site_open_with(&site, &c);
    site_close(&site);
}

TEST(bad_addresses_refuse_to_start)
{
    static const char *const bad[] = { "",           "127.0.0.1",       "localhost:80", ":80",
                                       "127.0.0.1:", "127.0.0.1:99999", "[::1:80",      "unix:" };
    struct server_config c = site_config(&site);
    struct err e;

    for (size_t i = 0; i < LEN(bad); i++) {
        c.listen = str_c(bad[i]);
        check_fails(server_open(&c, &site.server, &e), e, ERR_CONFIG);
    }
    c.listen = STR("127.0.0.1:0");
    c.trusted_proxies = STR("10.0.0.0/33");
    check_fails(server_open(&c, &site.server, &e), e, ERR_CONFIG);
}

TEST(unknown_paths_and_methods_are_refused)
{
    struct str a;

    site_open(&site);
    check_int(wire_status(ask(GET("/nothing"))), 404);
    check_int(wire_status(ask(GET("//hello"))), 404);
    check_int(wire_status(ask(GET("/./hello"))), 404);
    check_int(wire_status(ask(GET("/items/../hello"))), 404);
    check_int(wire_status(ask(GET("/items/"))), 404);
    a = ask(STR("DELETE /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
    check_int(wire_status(a), 405);
    check(str_has(a, STR("Allow: GET, HEAD, POST\r\n")));
    check_int(wire_status(ask(STR("OPTIONS /hello HTTP/1.1\r\nHost: x\r\n\r\n"))), 405);
    check_int(atomic_load(&site.served), 0);
    site_close(&site);
}

TEST(each_pool_answers_and_the_connection_stays)
{
    struct str a;

    site_open(&site);
    a = ask(STR("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
                "GET /items/7 HTTP/1.1\r\nHost: x\r\n\r\n"
                "GET /slow?ms=5 HTTP/1.1\r\nHost: x\r\n\r\n"
                "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
                "GET /items/new HTTP/1.1\r\nHost: x\r\n\r\n"));
    check_int(wire_count(a, "HTTP/1.1 200 OK"), 5);
    check_int(wire_count(a, "\r\nDate: "), 5);
    check_int(wire_count(a, "Connection: close"), 0);
    check(str_has(a, STR("hello")) && str_has(a, STR("item 7")) && str_has(a, STR("slow")));
    check(str_has(a, STR("body")) && str_ends(a, STR("new")));
    check_int(wire_count(a, "X-Note: "), 2);
    check_int(atomic_load(&site.served), 5);
    site_close(&site);
    check_int(atomic_load(&site.answered), 5);
}

TEST(head_has_the_length_and_no_body)
{
    struct str a;

    site_open(&site);
    a = ask(STR("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n"));
    check_int(wire_status(a), 200);
    check(str_has(a, STR("Content-Length: 5\r\n")));
    check(str_ends(a, STR("\r\n\r\n")));
    check_int(wire_status(ask(STR("HEAD /large HTTP/1.1\r\nHost: x\r\n\r\n"))), 405);
    site_close(&site);
}

TEST(bodies_over_the_limit_are_413)
{
    struct buf b = buf_make(test_arena(), 1 << 20);
    struct str a;

    site_open(&site);
    a = ask(
        STR("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")); /* no body yet */
    check_int(wire_status(a), 413);
    check(str_has(a, STR("Connection: close")));
    a = ask(STR("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"));
    check_int(wire_status(a), 413);
    a = ask(STR("GET /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
    check_int(wire_status(a), 413);
    buf_puts(&b, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 11; i++)
        buf_fmt(&b, "64\r\n%0100d\r\n", i);
    buf_puts(&b, "0\r\n\r\n");
    a = ask(buf_str(&b));
    check_int(wire_status(a), 413);
    check_int(atomic_load(&site.served), 0);
    for (int i = 0; i < 2000; i++)
        buf_fmt(&b, "64\r\n%0100d\r\n", i);
    site_close(&site);
}

TEST(endless_chunks_are_cut_off)
{
    int fd;

    site_open(&site);
    fd = wire_connect(server_port(site.server));
    wire_send(fd, STR("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 2000; i++)
        wire_send(fd, str_fmt(test_arena(), "64\r\n%0100d\r\n", i));
    check(wire_closed(fd, 1000));
    (void)close(fd);
    site_close(&site);
}

TEST(large_bodies_arrive_whole)
{
    const size_t n = 10 * 1024 * 1024;
    char *body = memset(arena_alloc(test_arena(), n), 'b', n);
    struct str a;
    int fd;

    site_open(&site);
    fd = wire_connect(server_port(site.server));
    wire_send(fd, str_fmt(test_arena(),
                          "POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", n));
    wire_send(fd, str_of(body, n));
    a = wire_read(fd, 500);
    check(str_ends(a, STR("10485760")));
    (void)close(fd);
    a = ask(GET("/bytes/5000000"));
    check(a.n > 5000000);
    site_close(&site);
}

static void send_large(int fd, size_t announced, struct str part)
{
    wire_send(fd,
              str_fmt(test_arena(),
                      "POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", announced));
    wire_send(fd, part);
}

TEST(large_bodies_share_their_memory)
{
    const size_t n = 10 * 1024 * 1024, sent = 9 * 1024 * 1024;
    const char *body = memset(arena_alloc(test_arena(), n), 'b', n);
    struct server_config c = site_config(&site);
    int first, second, third;

    c.large_bodies_bytes_max = 25 << 20; /* the first takes 8 + 16 MiB, then 16 */
    site_open_with(&site, &c);
    first = wire_connect(server_port(site.server));
    send_large(first, n, str_of(body, sent));
    (void)wire_read(first, 200);
    second = wire_connect(server_port(site.server));
    send_large(second, n, STR(""));
    check_int(wire_status(wire_read(second, 1000)), 503); /* before it sent any */
    third = wire_connect(server_port(site.server));
    wire_send(third, STR("POST /large HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "400000\r\n"));
    wire_send(third, str_of(body, 4 << 20));
    wire_send(third, STR("\r\n400000\r\n"));
    wire_send(third, str_of(body, 4 << 20));
    check(wire_closed(third, 1000));
    check_int(
        wire_status(ask(STR("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok"))),
        200);
    wire_send(first, str_of(body + sent, n - sent));
    check(str_ends(wire_read(first, 1000), STR("10485760")));
    (void)close(second);
    second = wire_connect(server_port(site.server));
    send_large(second, n, str_of(body, n));
    check(str_ends(wire_read(second, 1000), STR("10485760")));
    (void)close(first), (void)close(second), (void)close(third);
    site_close(&site);
}

TEST(chunked_bodies_are_joined)
{
    struct str a;

    site_open(&site);
    a = ask(STR("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3\r\nabc\r\n0004\r\ndefg\r\n0\r\n\r\n"
                "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"));
    check_int(wire_count(a, "HTTP/1.1 200 OK"), 2);
    check(str_has(a, STR("abcdefg")));
    site_close(&site);
}

TEST(chunks_may_come_byte_by_byte)
{
    static const char body[] =
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
    struct str a;
    int fd;

    site_open(&site);
    fd = wire_connect(server_port(site.server));
    for (size_t i = 0; i + 1 < sizeof(body); i++) {
        wire_send(fd, str_of(body + i, 1));
        (void)usleep(2000);
    }
    a = wire_read(fd, 300);
    check_int(wire_status(a), 200);
    check(str_ends(a, STR("abc0123456789")));
    (void)close(fd);
    site_close(&site);
}

static void one_byte_at_a_time(struct str bytes, size_t repeat_from)
{
    const int fd = wire_connect(server_port(site.server));
    const int64_t start = now_ms();
    size_t i = 0;

    while (!wire_closed(fd, 50) && now_ms() - start < 6000) {
        wire_send(fd, str_sub(bytes, i++, 1));
        if (i == bytes.n)
            i = repeat_from;
    }
    check(now_ms() - start < 4000);
    (void)close(fd);
}

TEST(one_byte_at_a_time_dies)
{
    struct server_config c = site_config(&site);

    c.idle_ms = 1000;
    c.deadline_ms = 500;
    site_open_with(&site, &c);
    one_byte_at_a_time(STR("GET /aaaaaaaa"), 5);                           /* the request line */
    one_byte_at_a_time(STR("GET /hello HTTP/1.1\r\nHost: x\r\nA: b"), 33); /* a header */
    one_byte_at_a_time(STR("POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\nx"), 55);
    check_int(atomic_load(&site.served), 0);
    site_close(&site);
}

TEST(idle_connections_are_closed)
{
    struct server_config c = site_config(&site);
    int fd;

    c.idle_ms = 1000;
    c.deadline_ms = 500;
    site_open_with(&site, &c);
    fd = wire_connect(server_port(site.server));
    check(wire_closed(fd, 4000));
    (void)close(fd);
    site_close(&site);
}

TEST(a_full_queue_is_503_with_retry_after)
{
    struct server_config c = site_config(&site);
    int fds[8], busy = 0;

    c.slow_workers = 1;
    c.queue_max = 1;
    site_open_with(&site, &c);
    for (size_t i = 0; i < LEN(fds); i++) {
        fds[i] = wire_connect(server_port(site.server));
        wire_send(fds[i], GET("/slow?ms=300"));
    }
    check_int(wire_status(ask(GET("/hello"))), 200); /* the others are not held up */
    check_int(wire_status(ask(GET("/items/1"))), 200);
    for (size_t i = 0; i < LEN(fds); i++) {
        const struct str a = wire_read(fds[i], 1500);

        if (wire_status(a) == 503) {
            check(str_has(a, STR("Retry-After: 1\r\n")));
            busy++;
        } else {
            check_int(wire_status(a), 200);
        }
        (void)close(fds[i]);
    }
    check(busy >= 5 && busy <= 7);
    site_close(&site);
}

TEST(waiting_past_the_deadline_is_503_unserved)
{
    struct server_config c = site_config(&site);
    int first, second;

    c.slow_workers = 1;
    c.deadline_ms = 200;
    site_open_with(&site, &c);
    first = wire_connect(server_port(site.server));
    wire_send(first, GET("/slow?ms=500"));
    (void)usleep(50000);
    second = wire_connect(server_port(site.server));
    wire_send(second, GET("/slow?ms=0"));
    check_int(wire_status(wire_read(first, 1000)), 200); /* a running handler may finish */
    check_int(wire_status(wire_read(second, 1000)), 503);
    check_int(atomic_load(&site.served), 1);
    (void)close(first);
    (void)close(second);
    site_close(&site);
}

TEST(stopping_loses_no_request_under_way)
{
    struct server_config c = site_config(&site);
    int fds[50];

    c.slow_workers = 25;
    site_open_with(&site, &c);
    for (size_t i = 0; i < LEN(fds); i++) {
        fds[i] = wire_connect(server_port(site.server));
        wire_send(fds[i], GET("/slow?ms=300"));
    }
    server_stop(site.server);
    for (size_t i = 0; i < LEN(fds); i++) {
        check_int(wire_status(wire_read(fds[i], 500)), 200);
        (void)close(fds[i]);
    }
    check_int(atomic_load(&site.served), 50);
    site_close(&site);
}

static void *stop(void *arg)
{
    server_stop(site.server);
    return arg;
}

TEST(stopping_waits_for_a_body_on_its_way)
{
    pthread_t stopper;
    int fd, idle;

    site_open(&site);
    fd = wire_connect(server_port(site.server));
    idle = wire_connect(server_port(site.server));
    wire_send(fd, STR("POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf"));
    (void)usleep(50000);
    check(pthread_create(&stopper, NULL, stop, NULL) == 0);
    check(wire_closed(idle, 1000)); /* nothing to wait for */
    (void)usleep(300000);
    wire_send(fd, STR("rest"));
    check_int(wire_status(wire_read(fd, 1000)), 200);
    (void)pthread_join(stopper, NULL);
    (void)close(fd);
    (void)close(idle);
    site_close(&site);
}

TEST(stopping_ends_when_the_drain_time_is_over)
{
    struct server_config c = site_config(&site);
    const int64_t start = now_ms();
    int fd;

    c.drain_ms = 100;
    site_open_with(&site, &c);
    fd = wire_connect(server_port(site.server));
    wire_send(fd, GET("/slow?ms=700"));
    (void)usleep(50000);
    server_stop(site.server);
    check(now_ms() - start < 3000);
    check_int(wire_status(wire_read(fd, 500)), 200); /* a handler is never torn away */
    (void)close(fd);
    site_close(&site);
}

TEST(a_client_that_leaves_does_no_harm)
{
    site_open(&site);
    for (int i = 0; i < 20; i++) {
        const int fd = wire_connect(server_port(site.server));

        wire_send(fd,
                  i % 2 == 0 ? GET("/slow?ms=20") : STR("POST /large HTTP/1.1\r\nHost: x\r\nCo"));
        (void)close(fd);
    }
    check_int(wire_status(ask(GET("/hello"))), 200);
    site_close(&site);
}

TEST(unix_socket_replaces_a_stale_file)
{
    struct server_config c = site_config(&site);
    struct stat st;
    const char *path = str_cstr(test_arena(), str_fmt(test_arena(), "%s/http.sock", test_folder()));
    struct err e;
    struct site other = { .server = NULL };
    int fd, stale;
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    memcpy(at.sun_path, path, strlen(path));
    stale = socket(AF_UNIX, SOCK_STREAM, 0);
    check(bind(stale, (struct sockaddr *)&at, sizeof(at)) == 0);
    (void)close(stale);
    c.listen = str_fmt(test_arena(), "unix:%s", path);
    c.trusted_proxies = STR("unix");
    site_open_with(&site, &c);
    check(stat(path, &st) == 0);
    check_int(st.st_mode & 0777, 0660);
    check_fails(server_open(&c, &other.server, &e), e, ERR_IO); /* it is not stale */
    fd = wire_connect_unix(path);
    wire_send(fd, STR("GET /who HTTP/1.1\r\nHost: x\r\nX-Request-Id: abc-1\r\n"
                      "Forwarded: for=\"203.0.113.7:4711\";proto=https\r\n\r\n"));
    check(str_ends(wire_read(fd, 300), STR("ip=203.0.113.7 port=4711 https=1 id=abc-1 host=x")));
    (void)close(fd);
    site_close(&site);
    check(stat(path, &st) != 0);
}

TEST(listens_on_ipv6)
{
    struct server_config c = site_config(&site);

    c.listen = STR("[::1]:0");
    site_open_with(&site, &c);
    check(server_port(site.server) > 0);
    site_close(&site);
}

TEST(forwarding_headers_of_strangers_are_ignored)
{
    struct str a;

    site_open(&site);
    a = ask(STR("GET /who HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\n"
                "Forwarded: for=203.0.113.7;proto=https\r\nX-Forwarded-For: 203.0.113.7\r\n"
                "X-Forwarded-Proto: https\r\n\r\n"));
    check(str_has(a, STR("ip=127.0.0.1 port=")));
    check(str_has(a, STR("https=0")));
    check(!str_has(a, STR("id=mine")));
    site_close(&site);
}

TEST(request_ids_differ)
{
    struct str a, b;

    site_open(&site);
    a = ask(GET("/who"));
    b = ask(GET("/who"));
    check(!str_eq(str_sub(a, a.n - 35, 28), str_sub(b, b.n - 35, 28)));
    site_close(&site);
}
