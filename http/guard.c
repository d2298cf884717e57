/*
 * Attacker: registers a client whose key address names our own machines, a cloud's metadata
 * service, or a server that answers slowly, endlessly, or with a redirect to one of those. Promise:
 * as in guard.h. Not done: allowing lists of names; ports are not limited.
 */
#include "http/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/str.h"
#include "http/client.h"

#define CONNECT_MS 2000

struct block {
    unsigned char first[16];
    int bits;
};

/* RFC 6890 and its registry, and multicast, and what is reserved. */
static const struct block special4[] = {
    { { 0 }, 8 },
    { { 10 }, 8 },
    { { 100, 64 }, 10 },
    { { 127 }, 8 },
    { { 169, 254 }, 16 },
    { { 172, 16 }, 12 },
    { { 192, 0, 0 }, 24 },
    { { 192, 0, 2 }, 24 },
    { { 192, 31, 196 }, 24 },
    { { 192, 52, 193 }, 24 },
    { { 192, 88, 99 }, 24 },
    { { 192, 168 }, 16 },
    { { 192, 175, 48 }, 24 },
    { { 198, 18 }, 15 },
    { { 198, 51, 100 }, 24 },
    { { 203, 0, 113 }, 24 },
    { { 224 }, 3 }, /* multicast and reserved */
};
/* Within 2000::/3, which alone is global unicast. 2001::/23 holds Teredo, 2002::/16 is 6to4. */
static const struct block special6[] = {
    { { 0x20, 0x01 }, 23 }, { { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
    { { 0x20, 0x02 }, 16 }, { { 0x26, 0x20, 0x00, 0x4f, 0x80 }, 48 },
    { { 0x3f, 0xff }, 20 },
};
static const struct block global6 = { { 0x20 }, 3 };

static bool in_block(const unsigned char *p, const struct block *b)
{
    for (int i = 0; i < b->bits; i++)
        if (((p[i / 8] ^ b->first[i / 8]) >> (7 - i % 8) & 1) != 0)
            return false;
    return true;
}

static bool in_any(const unsigned char *p, const struct block *blocks, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (in_block(p, &blocks[i]))
            return true;
    return false;
}

static bool bytes_of(const struct sockaddr *sa, unsigned char out[16], bool *v4)
{
    if (sa->sa_family == AF_INET) {
        memcpy(out, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
        *v4 = true;
        return true;
    }
    if (sa->sa_family != AF_INET6)
        return false;
    memcpy(out, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
    *v4 = false;
    return true;
}

bool guard_is_public(const struct sockaddr *sa)
{
    unsigned char p[16] = { 0 };
    bool v4;

    if (!bytes_of(sa, p, &v4))
        return false;
    if (v4)
        return !in_any(p, special4, LEN(special4));
    return in_block(p, &global6) && !in_any(p, special6, LEN(special6));
}

bool guard_is_loopback(const struct sockaddr *sa)
{
    static const unsigned char one[16] = { [15] = 1 };
    unsigned char p[16] = { 0 };
    bool v4;

    if (!bytes_of(sa, p, &v4))
        return false;
    return v4 ? p[0] == 127 : str_eq(str_of(p, 16), str_of(one, 16));
}

/* scheme://authority, and whether it may be called at all. */
static result origin_find(const struct guard_fetch *f, struct str *origin, struct err *e)
{
    const size_t scheme = str_starts(f->url, STR("https://"))  ? 8
                          : str_starts(f->url, STR("http://")) ? 7
                                                               : 0;
    size_t end = scheme;

    if (scheme == 0 || (scheme == 7 && !f->loopback_ok))
        return fail(e, ERR_INVALID, "guarded call: not https");
    while (end < f->url.n && strchr("/?#", f->url.p[end]) == NULL)
        end++;
    *origin = str_sub(f->url, 0, end);
    return OK;
}

result guard_get(const struct guard_fetch *f, struct arena *a, struct str *body, struct err *e)
{
    DEFER(partner_close) struct partner *p = NULL;
    const struct pair accept = { STR("Accept"), STR("application/json") };
    const struct call call = {
        .method = METHOD_GET, .path = f->url, .headers = &accept, .header_count = 1
    };
    struct partner_config config = { .name = "a client's address",
                                     .connect_ms = CONNECT_MS,
                                     .total_ms = f->total_ms,
                                     .answer_bytes_max = f->bytes_max,
                                     .guarded = true,
                                     .guard_loopback_ok = f->loopback_ok };
    struct answer answer;

    TRY(origin_find(f, &config.base_url, e));
    if (partner_open(&config, &p, e).failed)
        return fail(e, ERR_INVALID, "guarded call: not an address that is called");
    TRY(partner_call(p, &call, a, &answer, e));
    if (answer.status != 200)
        return fail(e, ERR_UPSTREAM_BAD, "a client's address: status %d", answer.status);
    *body = answer.body;
    return OK;
}
