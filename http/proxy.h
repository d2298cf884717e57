/*
 * proxy.h - whom to believe about where a request comes from.
 *
 * The list names addresses, CIDR blocks and "unix". Forwarding headers are walked from the last hop
 * backwards for as long as the hop that wrote them is trusted; the first address that is not
 * trusted is the client. `Forwarded` (RFC 7239) is read first; when X-Forwarded-For is there as
 * well it must name the same client, since a proxy that writes only one of them passes the other on
 * as its client wrote it.
 */
#ifndef HTTP_PROXY_H
#define HTTP_PROXY_H

#include <sys/socket.h>

#include "base/base.h"
#include "http/request.h"

#define PROXY_BLOCKS_MAX 32

struct proxy_address {
    unsigned char bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
};

struct proxy_list {
    struct {
        struct proxy_address first;
        int bits; /* of 128 */
    } blocks[PROXY_BLOCKS_MAX];
    size_t count;
    bool unix_socket;
};

MUST_USE result proxy_list_read(struct str text, struct proxy_list *out, struct err *e);
bool proxy_list_empty(const struct proxy_list *l);
bool proxy_trusts(const struct proxy_list *l, const struct sockaddr *sa);
bool proxy_address_read(struct str text, struct proxy_address *out);
bool proxy_address_is_loopback(const struct proxy_address *a);
/* Whom to count: an IPv4 address, or the /64 of an IPv6 address, which one subscriber has. */
struct str proxy_counted(struct arena *a, struct str ip);
/* Sets rq->ip, port, https and certificate from the connection and, when its other end is trusted,
 * from the headers; *trusted tells. ERR_MALFORMED: a trusted proxy passed on headers that cannot be
 * read. */
MUST_USE result proxy_apply(const struct proxy_list *l, const struct sockaddr *sa,
                            struct request *rq, bool *trusted, struct err *e);

#endif
