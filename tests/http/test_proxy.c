#include "http/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "tests/test.h"

static struct err e;

static struct proxy_list list(const char *text)
{
    struct proxy_list l;

    check_ok(proxy_list_read(str_c(text), &l, &e), e);
    return l;
}

static struct sockaddr_in v4(const char *ip, int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

    check(inet_pton(AF_INET, ip, &at.sin_addr) == 1);
    return at;
}

TEST(bad_lists_are_refused)
{
    static const char *const bad[] = {
        "localhost", "10.0.0.0/33",       "10.0.0.0/-1", "10.0.0.0/", "10.0.0",    "::1/129",
        "::g",       "10.0.0.1 10.0.0.2", "10.0.0.0/8x", "Unix",      "0x7f.0.0.1"
    };
    struct proxy_list l;

    for (size_t i = 0; i < LEN(bad); i++)
        check_fails(proxy_list_read(str_c(bad[i]), &l, &e), e, ERR_CONFIG);
}

TEST(blocks_hold_exactly_their_addresses)
{
    static const struct {
        const char *list, *ip;
        bool trusted;
    } cases[] = {
        { "", "127.0.0.1", false },
        { "unix", "127.0.0.1", false },
        { "127.0.0.1", "127.0.0.1", true },
        { "127.0.0.1", "127.0.0.2", false },
        { "10.1.0.0/16", "10.1.255.255", true },
        { "10.1.0.0/16", "10.2.0.0", false },
        { "10.0.0.0/9", "10.127.0.1", true },
        { "10.0.0.0/9", "10.128.0.1", false },
        { "0.0.0.0/0", "203.0.113.1", true },
        { "::/0", "203.0.113.1", true },
        { "::1, 192.0.2.0/31 ,unix", "192.0.2.1", true },
        { "::1, 192.0.2.0/31 ,unix", "192.0.2.2", false },
    };
    const struct sockaddr_un un = { .sun_family = AF_UNIX };

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct proxy_list l = list(cases[i].list);
        const struct sockaddr_in at = v4(cases[i].ip, 1);

        if (proxy_trusts(&l, (const struct sockaddr *)&at) != cases[i].trusted)
            test_fail(__FILE__, __LINE__, "%s in %s", cases[i].ip, cases[i].list);
        check_int(proxy_trusts(&l, (const struct sockaddr *)&un), l.unix_socket);
    }
}

TEST(only_loopback_is_loopback)
{
    static const struct {
        const char *ip;
        bool loopback;
    } cases[] = { { "127.0.0.1", true }, { "127.255.0.9", true },
                  { "::1", true },       { "0.0.0.0", false },
                  { "::", false },       { "128.0.0.1", false },
                  { "::2", false },      { "::ffff:127.0.0.1", true },
                  { "10.0.0.1", false } };
    struct proxy_address a;

    for (size_t i = 0; i < LEN(cases); i++) {
        check(proxy_address_read(str_c(cases[i].ip), &a));
        check_int(proxy_address_is_loopback(&a), cases[i].loopback);
    }
}

struct forwarded {
    const char *forwarded, *x_for, *x_port, *x_proto;
    const char *ip; /* NULL: refused */
    int port;
    bool https;
};

static void add(struct request *rq, const char *name, const char *value)
{
    if (value != NULL)
        rq->headers[rq->header_count++] = (struct pair){ str_c(name), str_c(value) };
}

static void expect(const struct forwarded *c, const char *peer, size_t index)
{
    const struct proxy_list l = list("10.0.0.0/8, fd00::/8");
    const struct sockaddr_in at = v4(peer, 999);
    struct request rq = { .arena = test_arena() };
    bool trusted, failed;

    add(&rq, "Forwarded", c->forwarded);
    add(&rq, "X-Forwarded-For", c->x_for);
    add(&rq, "X-Forwarded-Port", c->x_port);
    add(&rq, "X-Forwarded-Proto", c->x_proto);
    failed = proxy_apply(&l, (const struct sockaddr *)&at, &rq, &trusted, &e).failed;
    if (failed != (c->ip == NULL))
        test_fail(__FILE__, __LINE__, "case %zu", index);
    if (failed)
        return;
    if (!str_is(rq.ip, c->ip) || rq.port != c->port || rq.https != c->https)
        test_fail(__FILE__, __LINE__, "case %zu: %.*s %d %d", index, STR_ARG(rq.ip), rq.port,
                  rq.https);
}

TEST(trusted_proxies_are_believed_from_right_to_left)
{
    static const struct forwarded cases[] = {
        { NULL, NULL, NULL, NULL, "10.0.0.1", 999, false },
        { "for=\"203.0.113.7:4711\";proto=https", NULL, NULL, NULL, "203.0.113.7", 4711, true },
        { "For=203.0.113.7;PROTO=HTTPS", NULL, NULL, NULL, "203.0.113.7", 0, true },
        { "for=203.0.113.7;proto=http", NULL, NULL, NULL, "203.0.113.7", 0, false },
        { "for=\"[2001:db8::7]:4711\"", NULL, NULL, NULL, "2001:db8::7", 4711, false },
        { "for=\"[2001:db8::7]\" ; by=10.0.0.9;host=x", NULL, NULL, NULL, "2001:db8::7", 0, false },
        /* what stands left of the client's address is the client's own writing */
        { "for=1.1.1.1;proto=https, for=203.0.113.7", NULL, NULL, NULL, "203.0.113.7", 0, false },
        /* through two trusted proxies: the outer one knows about TLS */
        { "for=6.6.6.6, for=203.0.113.7;proto=https, for=10.0.0.2;proto=http", NULL, NULL, NULL,
          "203.0.113.7", 0, true },
        { "for=10.0.0.3;proto=https, for=10.0.0.2", NULL, NULL, NULL, "10.0.0.3", 0, true },
        { NULL, "203.0.113.7", "4711", "https", "203.0.113.7", 4711, true },
        { NULL, "1.1.1.1, 203.0.113.7", "4711", "https", "203.0.113.7", 4711, true },
        { NULL, "1.1.1.1,203.0.113.7 , 10.0.0.2", "1, 2, 3", "http, https, http", "203.0.113.7", 2,
          true },
        { NULL, "2001:db8::7", NULL, NULL, "2001:db8::7", 0, false },
        { NULL, "203.0.113.7:80", NULL, NULL, "203.0.113.7", 80, false },
        { "for=203.0.113.7;proto=https", "203.0.113.7", NULL, NULL, "203.0.113.7", 0, true },
    };

    for (size_t i = 0; i < LEN(cases); i++)
        expect(&cases[i], "10.0.0.1", i);
}

TEST(what_cannot_be_read_is_refused)
{
    static const struct forwarded cases[] = {
        { "", NULL, NULL, NULL, NULL, 0, false },
        { "for=", NULL, NULL, NULL, NULL, 0, false },
        { "for=\"", NULL, NULL, NULL, NULL, 0, false },
        { "for=\"1.1.1.1, for=203.0.113.7", NULL, NULL, NULL, NULL, 0, false },
        { "for=\"1.1.1.1\\\", for=203.0.113.7", NULL, NULL, NULL, NULL, 0, false },
        { "for=\"1.1.1.1\"x", NULL, NULL, NULL, NULL, 0, false },
        { "for=unknown", NULL, NULL, NULL, NULL, 0, false },
        { "for=_hidden", NULL, NULL, NULL, NULL, 0, false },
        { "for=203.0.113.7:99999", NULL, NULL, NULL, NULL, 0, false },
        { "for=203.0.113.7:0", NULL, NULL, NULL, NULL, 0, false },
        { "for=\"[2001:db8::7\"", NULL, NULL, NULL, NULL, 0, false },
        { "for=\"[2001:db8::7]x\"", NULL, NULL, NULL, NULL, 0, false },
        { "proto=https", NULL, NULL, NULL, NULL, 0, false },
        { "for", NULL, NULL, NULL, NULL, 0, false },
        { NULL, "example.org", NULL, NULL, NULL, 0, false },
        { NULL, "203.0.113.7", "x", NULL, NULL, 0, false },
        { NULL, "", NULL, NULL, NULL, 0, false },
        /* a client's own items, so many that the proxy's is the seventeenth */
        { NULL, "203.0.113.7", NULL, "https,,,,,,,,,,,,,,,https,http", NULL, 0, false },
        { NULL, "203.0.113.7", "1,,,,,,,,,,,,,,,1,4711", NULL, NULL, 0, false },
        { "for=1.1.1.1;proto=https", "203.0.113.7", NULL, NULL, NULL, 0, false }, /* passed on */
        { "for=203.0.113.7", "1.1.1.1", NULL, NULL, NULL, 0, false },
    };

    for (size_t i = 0; i < LEN(cases); i++)
        expect(&cases[i], "10.0.0.1", i);
}

TEST(strangers_are_never_believed)
{
    static const struct forwarded cases[] = {
        { "for=1.1.1.1;proto=https", NULL, NULL, NULL, "203.0.113.50", 999, false },
        { NULL, "10.0.0.1", "1", "https", "203.0.113.50", 999, false },
        { "for=\"", "x", "y", "z", "203.0.113.50", 999, false },
    };

    for (size_t i = 0; i < LEN(cases); i++)
        expect(&cases[i], "203.0.113.50", i);
}
