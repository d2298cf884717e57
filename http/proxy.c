/*
 * Attacker: a client that writes forwarding headers itself, to pass for another address or for one
 * that came over TLS. Promise: what is not written by a trusted proxy is not believed; what cannot
 * be read is refused rather than guessed. Not done: telling which part of a list a trusted proxy
 * wrote when it appends to a client's unbalanced quotes: such a list is refused.
 */
#include "http/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"
#include "http/client_cert.h"

#define HOPS_MAX 16

struct hop {
    struct str node; /* address, perhaps with brackets and port */
    struct str port; /* when named apart */
    struct str proto;
};

struct hops {
    struct hop at[HOPS_MAX];
    size_t count;
};

struct origin {
    struct str ip;
    int port;
    bool https;
};

static struct proxy_address address_v4(const void *four)
{
    struct proxy_address a = { { [10] = 0xff, [11] = 0xff } };

    memcpy(a.bytes + 12, four, 4);
    return a;
}

bool proxy_address_read(struct str text, struct proxy_address *out)
{
    char c[INET6_ADDRSTRLEN];
    unsigned char four[4];

    if (text.n == 0 || text.n >= sizeof(c) || memchr(text.p, '\0', text.n) != NULL)
        return false;
    memcpy(c, text.p, text.n);
    c[text.n] = '\0';
    if (inet_pton(AF_INET, c, four) == 1) {
        *out = address_v4(four);
        return true;
    }
    return inet_pton(AF_INET6, c, out->bytes) == 1;
}

static bool is_v4(const struct proxy_address *a)
{
    static const unsigned char prefix[12] = { [10] = 0xff, [11] = 0xff };

    return memcmp(a->bytes, prefix, sizeof(prefix)) == 0;
}

bool proxy_address_is_loopback(const struct proxy_address *a)
{
    static const unsigned char one[16] = { [15] = 1 };

    return is_v4(a) ? a->bytes[12] == 127 : memcmp(a->bytes, one, sizeof(one)) == 0;
}

static bool in_block(const struct proxy_address *a, const struct proxy_address *first, int bits)
{
    const size_t whole = (size_t)bits / 8;
    const unsigned rest = (unsigned)bits % 8;

    if (memcmp(a->bytes, first->bytes, whole) != 0)
        return false;
    return rest == 0 || ((a->bytes[whole] ^ first->bytes[whole]) >> (8 - rest)) == 0;
}

struct str proxy_counted(struct arena *a, struct str ip)
{
    struct proxy_address address;

    if (str_find(ip, ':') == ip.n || !proxy_address_read(ip, &address))
        return ip;
    return hex_encode(a, str_of(address.bytes, 8));
}

static result block_read(struct str text, struct proxy_list *l, struct err *e)
{
    struct str address = text, length = { NULL, 0 };
    struct proxy_address first;
    int64_t bits = 128;
    bool v4;

    (void)str_cut(text, '/', &address, &length);
    if (!proxy_address_read(address, &first))
        return fail(e, ERR_CONFIG, "trusted_proxies: not an address: %.*s", STR_ARG(text));
    v4 = is_v4(&first);
    if (length.p != NULL) {
        if (!str_digits(length) || !str_to_i64(length, &bits) || bits > (v4 ? 32 : 128))
            return fail(e, ERR_CONFIG, "trusted_proxies: bad length: %.*s", STR_ARG(text));
        bits += v4 ? 96 : 0;
    }
    if (l->count == PROXY_BLOCKS_MAX)
        return fail(e, ERR_CONFIG, "trusted_proxies: more than %d", PROXY_BLOCKS_MAX);
    l->blocks[l->count].first = first;
    l->blocks[l->count].bits = (int)bits;
    l->count++;
    return OK;
}

result proxy_list_read(struct str text, struct proxy_list *out, struct err *e)
{
    struct proxy_list l = { .count = 0 };
    struct str item;

    while (str_next(&text, ',', &item)) {
        item = str_trim(item);
        if (str_is(item, "unix"))
            l.unix_socket = true;
        else if (item.n > 0)
            TRY(block_read(item, &l, e));
    }
    *out = l;
    return OK;
}

bool proxy_list_empty(const struct proxy_list *l)
{
    return l->count == 0 && !l->unix_socket;
}

static bool address_trusted(const struct proxy_list *l, const struct proxy_address *a)
{
    for (size_t i = 0; i < l->count; i++)
        if (in_block(a, &l->blocks[i].first, l->blocks[i].bits))
            return true;
    return false;
}

static bool address_of(const struct sockaddr *sa, struct proxy_address *out, int *port)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (sa->sa_family == AF_INET) {
        memcpy(&v4, sa, sizeof(v4));
        *out = address_v4(&v4.sin_addr);
        *port = ntohs(v4.sin_port);
        return true;
    }
    if (sa->sa_family != AF_INET6)
        return false;
    memcpy(&v6, sa, sizeof(v6));
    memcpy(out->bytes, &v6.sin6_addr, 16);
    *port = ntohs(v6.sin6_port);
    return true;
}

bool proxy_trusts(const struct proxy_list *l, const struct sockaddr *sa)
{
    struct proxy_address a;
    int port;

    if (!address_of(sa, &a, &port))
        return sa->sa_family == AF_UNIX && l->unix_socket;
    return address_trusted(l, &a);
}

static struct str address_print(struct arena *a, const struct proxy_address *from)
{
    char c[INET6_ADDRSTRLEN] = "";

    if (is_v4(from))
        (void)inet_ntop(AF_INET, from->bytes + 12, c, sizeof(c));
    else
        (void)inet_ntop(AF_INET6, from->bytes, c, sizeof(c));
    return str_dup(a, str_c(c));
}

static bool port_read(struct str text, int *out)
{
    int64_t n;

    if (text.n > 5 || !str_digits(text) || !str_to_i64(text, &n) || n < 1 || n > 65535)
        return false;
    *out = (int)n;
    return true;
}

/* "1.2.3.4", "1.2.3.4:567", "[::1]", "[::1]:567", "::1" */
static bool node_read(struct str node, struct proxy_address *a, int *port)
{
    struct str ip = node, rest = { NULL, 0 };

    *port = 0;
    if (str_starts(node, STR("["))) {
        if (!str_cut(str_from(node, 1), ']', &ip, &rest))
            return false;
        if (rest.n > 0 && (rest.p[0] != ':' || !port_read(str_from(rest, 1), port)))
            return false;
        return proxy_address_read(ip, a);
    }
    if (proxy_address_read(node, a))
        return true;
    return str_cut(node, ':', &ip, &rest) && port_read(rest, port) && proxy_address_read(ip, a);
}

/* Cuts at the first `sep` outside quotes. False when quotes do not balance. */
static bool quoted_next(struct str *s, char sep, struct str *head)
{
    bool quoted = false;
    size_t i = 0;

    for (; i < s->n; i++) {
        if (s->p[i] == '\\')
            return false; /* no address needs one */
        if (s->p[i] == '"')
            quoted = !quoted;
        else if (s->p[i] == sep && !quoted)
            break;
    }
    *head = str_trim(str_sub(*s, 0, i));
    *s = i < s->n ? str_from(*s, i + 1) : (struct str){ NULL, 0 };
    return !quoted;
}

static bool unquoted(struct str *s)
{
    const bool open = str_starts(*s, STR("\""));

    if (open && s->n >= 2 && str_ends(*s, STR("\"")))
        *s = str_sub(*s, 1, s->n - 2);
    else if (open)
        return false;
    return str_find(*s, '"') == s->n;
}

static bool element_read(struct str element, struct hop *out)
{
    struct str part, name, value;

    while (element.p != NULL) {
        if (!quoted_next(&element, ';', &part) || !str_cut(part, '=', &name, &value) ||
            !unquoted(&value))
            return false;
        if (str_eq_nocase(name, STR("for")))
            out->node = value;
        else if (str_eq_nocase(name, STR("proto")))
            out->proto = value;
    }
    return out->node.n > 0;
}

static result hops_add(struct hops *h, struct hop hop, struct err *e)
{
    if (h->count == HOPS_MAX)
        return fail(e, ERR_MALFORMED, "more than %d proxies", HOPS_MAX);
    h->at[h->count++] = hop;
    return OK;
}

/* All lines of a list header are one list: RFC 9110 5.3. */
static struct str joined(const struct request *rq, const char *name)
{
    struct str all = { NULL, 0 };

    for (size_t i = 0; i < rq->header_count; i++) {
        if (!str_eq_nocase(rq->headers[i].name, str_c(name)))
            continue;
        all = all.p == NULL
                  ? rq->headers[i].value
                  : str_fmt(rq->arena, "%.*s,%.*s", STR_ARG(all), STR_ARG(rq->headers[i].value));
    }
    return all;
}

static result forwarded_read(const struct request *rq, struct hops *out, struct err *e)
{
    struct str list = joined(rq, "Forwarded"), element;

    while (list.p != NULL) {
        struct hop hop = { .node = { NULL, 0 } };

        if (!quoted_next(&list, ',', &element) || !element_read(element, &hop))
            return fail(e, ERR_MALFORMED, "Forwarded");
        TRY(hops_add(out, hop, e));
    }
    return OK;
}

/* Lists of ports and schemes are aligned with that of addresses at their last items, which the
 * nearest proxy wrote: a list that is too long to be read to its end is refused. */
static result align(struct hops *h, struct str list, bool ports, struct err *e)
{
    struct str items[HOPS_MAX], item;
    size_t n = 0;

    while (str_next(&list, ',', &item)) {
        if (n == HOPS_MAX)
            return fail(e, ERR_MALFORMED, "more than %d proxies", HOPS_MAX);
        items[n++] = str_trim(item);
    }
    for (size_t i = 0; i < n && i < h->count; i++) {
        struct hop *hop = &h->at[h->count - 1 - i];

        *(ports ? &hop->port : &hop->proto) = items[n - 1 - i];
    }
    return OK;
}

static result x_forwarded_read(const struct request *rq, struct hops *out, struct err *e)
{
    struct str list = joined(rq, "X-Forwarded-For"), item;

    while (str_next(&list, ',', &item))
        TRY(hops_add(out, (struct hop){ .node = str_trim(item) }, e));
    TRY(align(out, joined(rq, "X-Forwarded-Port"), true, e));
    return align(out, joined(rq, "X-Forwarded-Proto"), false, e);
}

/* From the hop that the nearest proxy wrote, backwards over those that trusted proxies wrote. */
static result walk(const struct proxy_list *l, const struct request *rq, const struct hops *h,
                   struct origin *out, struct err *e)
{
    struct proxy_address a;

    for (size_t i = h->count; i-- > 0;) {
        const struct hop *hop = &h->at[i];

        if (!node_read(hop->node, &a, &out->port))
            return fail(e, ERR_MALFORMED, "forwarded address");
        if (hop->port.n > 0 && !port_read(hop->port, &out->port))
            return fail(e, ERR_MALFORMED, "forwarded port");
        out->ip = address_print(rq->arena, &a);
        out->https = str_eq_nocase(hop->proto, STR("https"));
        if (!address_trusted(l, &a))
            break;
    }
    return OK;
}

static result headers_apply(const struct proxy_list *l, struct request *rq, struct err *e)
{
    struct hops f = { .count = 0 }, x = { .count = 0 };
    struct origin by_f = { .port = 0 }, by_x = { .port = 0 }, *o = &by_f;

    TRY(forwarded_read(rq, &f, e));
    TRY(x_forwarded_read(rq, &x, e));
    TRY(walk(l, rq, &f, &by_f, e));
    TRY(walk(l, rq, &x, &by_x, e));
    if (f.count > 0 && x.count > 0 && !str_eq(by_f.ip, by_x.ip))
        return fail(e, ERR_MALFORMED, "Forwarded and X-Forwarded-For disagree");
    if (f.count == 0)
        o = &by_x;
    if (f.count + x.count == 0)
        return OK;
    rq->ip = o->ip;
    rq->port = o->port;
    rq->https = o->https;
    return OK;
}

result proxy_apply(const struct proxy_list *l, const struct sockaddr *sa, struct request *rq,
                   bool *trusted, struct err *e)
{
    struct proxy_address a;

    rq->https = false;
    rq->port = 0;
    rq->ip = address_of(sa, &a, &rq->port) ? address_print(rq->arena, &a) : STR("");
    rq->certificate = STR("");
    rq->certificate_verified = false;
    *trusted = proxy_trusts(l, sa);
    if (!*trusted)
        return OK;
    TRY(client_cert_read(rq, e));
    return headers_apply(l, rq, e);
}
