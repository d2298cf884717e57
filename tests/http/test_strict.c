/*
 * Every way that is known to make two HTTP programs read the same bytes as different requests, on a
 * raw socket. What is refused must be refused with the connection closed, and the second request
 * hidden in it must never be served.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "http/gate.h"
#include "tests/http/site.h"
#include "tests/test.h"

#define HIDDEN "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
#define POST   "POST /echo HTTP/1.1\r\nHost: x\r\n"
#define CHUNKS "Transfer-Encoding: chunked\r\n\r\n"
#define CASE(text)                                                                                 \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

struct attack {
    const char *p;
    size_t n;
};

static struct site site;

/* Sent whole, and once more in two parts with a pause at `cut`. */
static void expect_refused(const struct attack *a, size_t index, size_t cut)
{
    const int fd = wire_connect(server_port(site.server));
    const struct str bytes = str_of(a->p, a->n);
    struct str answer;
    int status, heads, refusals;

    wire_send(fd, str_sub(bytes, 0, cut));
    if (cut < bytes.n)
        (void)usleep(20000);
    wire_send(fd, str_from(bytes, cut));
    answer = wire_read(fd, 3000); /* ends when the connection does */
    status = wire_status(answer);
    /* The library writes the head of its own refusals twice. */
    heads = wire_count(answer, "HTTP/1.1 ");
    refusals = wire_count(answer, "HTTP/1.1 4") + wire_count(answer, "HTTP/1.1 505");
    if ((status != 0 && status / 100 != 4 && status != 505) || heads != refusals || heads > 2)
        test_fail(__FILE__, __LINE__, "case %zu cut at %zu: %.*s", index, cut, STR_ARG(answer));
    if (!wire_closed(fd, 0))
        test_fail(__FILE__, __LINE__, "case %zu cut at %zu: the connection stays", index, cut);
    (void)close(fd);
}

static void expect_all_refused(const struct attack *cases, size_t n)
{
    struct server_config c = site_config(&site);

    c.idle_ms = 1000;
    c.deadline_ms = 700;
    site_open_with(&site, &c);
    check_int(wire_status(wire_ask(server_port(site.server), STR(HIDDEN))), 200);
    check_int(atomic_exchange(&site.smuggled, 0), 1); /* it would be seen */
    (void)atomic_exchange(&site.served, 0);
    for (size_t i = 0; i < n; i++) {
        expect_refused(&cases[i], i, cases[i].n);
        expect_refused(&cases[i], i, cases[i].n / 2);
        if (atomic_load(&site.served) != 0 || atomic_load(&site.smuggled) != 0)
            test_fail(__FILE__, __LINE__, "case %zu was served", i);
    }
    site_close(&site);
}

TEST(lengths_that_are_in_doubt)
{
    static const struct attack cases[] = {
        CASE(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Content-Length: 7\r\nContent-Length: 7\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: 7\r\nContent-Length: 0\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: 0\r\ncontent-length: 7\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: +7\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: 7, 7\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: -1\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: 0x7\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: 7a\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: 7 7\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: 7 \r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: 7;\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: 7.0\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: \r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: 18446744073709551623\r\n\r\nabcdefg" HIDDEN), /* 2^64 + 7 */
        CASE(POST "Content-Length: 9223372036854775808\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: 4294967303\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length : 7\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length\t: 7\r\n\r\nabcdefg" HIDDEN),
        CASE(POST " Content-Length: 7\r\n\r\nabcdefg" HIDDEN),
        CASE(POST "Content-Length: 7\0 0\r\n\r\nabcdefg" HIDDEN),
    };

    expect_all_refused(cases, LEN(cases));
}

TEST(codings_that_are_in_doubt)
{
    static const struct attack cases[] = {
        CASE(POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: identity\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: \r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding: \x0b"
                  "chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST
             "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE(POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" HIDDEN),
        CASE("POST /echo HTTP/1.0\r\nHost: x\r\n" CHUNKS "0\r\n\r\n" HIDDEN),
    };

    expect_all_refused(cases, LEN(cases));
}

TEST(chunks_that_are_in_doubt)
{
    static const struct attack cases[] = {
        CASE(POST CHUNKS "0x7\r\nabcdefg\r\n0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "-7\r\nabcdefg\r\n0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "+7\r\nabcdefg\r\n0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "10000000000000007\r\nabcdefg\r\n0\r\n\r\n" HIDDEN), /* 2^64 + 7 */
        CASE(POST CHUNKS "00000000000000000000000007\r\nabcdefg\r\n0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "7\r\nabcdefg0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "7\r\nabcdefghi\r\n0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "7 \r\nabcdefg\r\n0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS " 7\r\nabcdefg\r\n0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "\r\n7\r\nabcdefg\r\n0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "g\r\nabcdefg\r\n0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "\r\nabcdefg\r\n0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "7\rabcdefg\r0\r\r" HIDDEN),
        CASE(POST CHUNKS "7\r\nabcdefg\r\n0\r\nX: trailer\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "7\r\nabcdefg\r\n0\r\nContent-Length: 3\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "7\r\nabc"), /* and then nothing */
    };

    expect_all_refused(cases, LEN(cases));
}

/* The library tolerates these; the gate sees them when they come with the data, in one piece. */
TEST(chunks_with_bare_lf_or_extensions)
{
    static const struct attack cases[] = {
        CASE(POST CHUNKS "7\nabcdefg\n0\n\n" HIDDEN),
        CASE(POST CHUNKS "7\nabcdefg\r\n0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "3\r\nabc\n4\r\ndefg\r\n0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "7;ext=1\r\nabcdefg\r\n0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "7;a=\"\r\n\"\r\nabcdefg\r\n0\r\n\r\n" HIDDEN),
        CASE(POST CHUNKS "7;\nabcdefg\r\n0\r\n\r\n" HIDDEN),
    };

    site_open(&site);
    for (size_t i = 0; i < LEN(cases); i++)
        expect_refused(&cases[i], i, cases[i].n);
    check_int(atomic_load(&site.served), 0);
    site_close(&site);
}

TEST(hosts_that_are_in_doubt)
{
    static const struct attack cases[] = {
        CASE("GET /hello HTTP/1.1\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.0\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost:\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: a,b\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: u@a\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: a?b\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: a\"b\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: \xc4\x91\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost : x\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\n Host: x\r\n\r\n" HIDDEN),
    };

    expect_all_refused(cases, LEN(cases));
}

TEST(lines_that_are_in_doubt)
{
    static const struct attack cases[] = {
        CASE("GET /hello HTTP/1.1\nHost: x\n\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\nA: b\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nA: b\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\n\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\rHost: x\r\r" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nA: b\r\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nA: b\r\n \r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nA\0b: c\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\0\r\nA: b\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nA: \0\r\nB: c\r\n\r\n" HIDDEN),
        CASE("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 7\0\r\n\r\nabcdefg" HIDDEN),
        CASE("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\nabcdefg" HIDDEN),
        CASE("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\n\0bcdefg" HIDDEN),
        CASE("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\0\r\n\r\n"
             "7\r\nabcdefg\r\n0\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nA: \x7f\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nA(b): c\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nA\xc4: c\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\n: c\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n" HIDDEN),
    };

    expect_all_refused(cases, LEN(cases));
}

TEST(request_lines_that_are_in_doubt)
{
    static const struct attack cases[] = {
        CASE("GET  /hello HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello  HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET\t/hello HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1 \r\nHost: x\r\n\r\n" HIDDEN),
        CASE(" GET /hello HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hel\0lo HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET\0 /hello HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1\0\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello\x01 HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello\x7f HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello\xc4\x91 HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello%00 HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello?a=%00 HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello#a HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET hello HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET http://x/hello HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("TRACE /hello HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("PATCH /hello HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("get /hello HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/2.0\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.2\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/0.9\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello HTTP/1.1x\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello http/1.1\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("GET /hello\r\nHost: x\r\n\r\n" HIDDEN),
        CASE("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" HIDDEN),
    };

    expect_all_refused(cases, LEN(cases));
}

static struct attack long_head(const char *before, size_t n, const char *after)
{
    struct buf b = buf_make(test_arena(), 1 << 20);

    buf_puts(&b, before);
    for (size_t i = 0; i < n; i++)
        buf_putc(&b, 'a');
    buf_puts(&b, after);
    return (struct attack){ b.p, b.n };
}

TEST(heads_that_are_too_long)
{
    struct buf lines = buf_make(test_arena(), 1 << 16);
    struct attack cases[4];
    struct str answer;

    buf_puts(&lines, "GET /hello HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < LIMIT_HEADER_COUNT; i++)
        buf_fmt(&lines, "A%d: b\r\n", i);
    buf_puts(&lines, "\r\n" HIDDEN);
    cases[0] = long_head("GET /", LIMIT_URI_BYTES, " HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN);
    cases[1] = long_head("GET /", 60000, " HTTP/1.1\r\nHost: x\r\n\r\n" HIDDEN);
    cases[2] = long_head("GET /hello HTTP/1.1\r\nHost: x\r\nA: ", 20000, "\r\n\r\n" HIDDEN);
    cases[3] = (struct attack){ lines.p, lines.n };
    expect_all_refused(cases, LEN(cases));
    site_open(&site);
    answer = wire_ask(server_port(site.server), str_of(cases[0].p, cases[0].n));
    check_int(wire_status(answer), 414);
    answer = wire_ask(server_port(site.server), str_of(cases[3].p, cases[3].n));
    check_int(wire_status(answer), 431);
    site_close(&site);
}

/* `lines` lines of one name that are `bytes` together; each holds `piece` over and over. */
static struct str head_of(const char *name, int lines, int bytes, const char *piece)
{
    struct buf b = buf_make(test_arena(), 1 << 20);

    buf_puts(&b, "GET /heavy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    for (int i = 0; i < lines; i++) {
        const size_t end = b.n + (size_t)(bytes / lines);

        buf_fmt(&b, "%s: ", name);
        while (b.n + 6 < end)
            buf_puts(&b, piece);
        buf_puts(&b, "\r\n");
    }
    buf_puts(&b, "\r\n");
    return buf_str(&b);
}

TEST(a_long_head_is_answered_or_refused_but_never_dropped)
{
    static const struct {
        const char *name, *piece;
        int lines;
    } shapes[] = { { "A", "x", 1 },          { "A", "x", 30 },
                   { "A", "x", 61 },         { "Cookie", "x", 1 },
                   { "Cookie", "a=b; ", 1 }, { "Cookie", "aaaaa=bbbbb; ", 3 },
                   { "Cookie", "; ", 1 },    { "Cookie", ",", 1 } };
    int served = 0, refused = 0;

    site_open(&site);
    for (size_t i = 0; i < LEN(shapes); i++)
        for (int bytes = 1000; bytes <= 26000; bytes += 500) {
            const struct str head =
                head_of(shapes[i].name, shapes[i].lines, bytes, shapes[i].piece);
            const int status = wire_status(wire_ask(server_port(site.server), head));

            /* Bytes that nobody reads may turn the refusal into a reset. */
            if (status != 200 && status != 431 && (status != 0 || bytes < 16 * 1024))
                test_fail(__FILE__, __LINE__, "shape %zu, %d bytes: %d", i, bytes, status);
            served += status == 200;
            refused += status != 200;
        }
    check_int(served + refused, (int)LEN(shapes) * 51);
    check(served > 50 && refused > 50);
    site_close(&site);
}

TEST(heads_up_to_the_limit_pass)
{
    const struct attack uri =
        long_head("GET /hello?", LIMIT_URI_BYTES - 7, " HTTP/1.1\r\nHost: x\r\n\r\n");
    const struct attack line =
        long_head("GET /hello HTTP/1.1\r\nHost: x\r\nA: ", LIMIT_HEADER_BYTES - 64, "\r\n\r\n");

    site_open(&site);
    check_int(wire_status(wire_ask(server_port(site.server), str_of(uri.p, uri.n))), 200);
    check_int(wire_status(wire_ask(server_port(site.server), str_of(line.p, line.n))), 200);
    site_close(&site);
}

/* What is unusual and yet beyond doubt is served. */
TEST(plain_requests_pass)
{
    static const struct attack cases[] = {
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
        CASE("\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
        CASE("GET /hello HTTP/1.0\r\nHost: x\r\n\r\n"),
        CASE("GET /hello?a=1&b=%20~ HTTP/1.1\r\nHost: x\r\n\r\n"),
        CASE("GET /hello HTTP/1.1\r\nHost:x\r\nEmpty:\r\nBlank: \r\nTab:\tb\r\nEnd: c \r\n\r\n"),
        CASE("GET /hello HTTP/1.1\r\nhOST: [::1]:80\r\nText: Qu\xe1\xba\xa3n\r\n\r\n"),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nCookie: a=1; b=2\r\nCookie: c=3\r\n\r\n"),
        CASE("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
        CASE("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 007\r\n\r\nabcdefg"),
        CASE("POST /echo HTTP/1.1\r\nHost: x\r\n" CHUNKS "A\r\n0123456789\r\n0\r\n\r\n"),
        CASE("POST /echo HTTP/1.1\r\nHost: x\r\n" CHUNKS "0\r\n\r\n"),
    };

    site_open(&site);
    for (size_t i = 0; i < LEN(cases); i++) {
        const struct str a = wire_ask(server_port(site.server), str_of(cases[i].p, cases[i].n));

        if (wire_status(a) != 200)
            test_fail(__FILE__, __LINE__, "case %zu: %.*s", i, STR_ARG(a));
    }
    site_close(&site);
}
