/*
 * server.h - the HTTP/1.1 server.
 *
 * libmicrohttpd, which one thread of ours at a time drives (http/pool.h), and two bounded queues of
 * requests (suspend, resume): FAST for what waits on the stores only, SLOW for what waits on
 * national systems, so that slow partners cannot starve sign-ins. NEAR is of the SLOW ones, but so
 * brief that whoever read the request serves it as well, unless it says that it waits. A route may
 * also answer INLINE when it never waits. A full queue answers 503 with Retry-After.
 *
 * In front of every route stands the gate (http/gate.h): what is not strictly one well-formed
 * request is refused and the connection closed (RFC 9112; request smuggling).
 *
 * Time: a connection may be idle for idle_ms (rounded up to seconds). A head must be complete
 * within idle_ms + deadline_ms, head and body within deadline_ms from the end of the request line,
 * and an answer be taken within deadline_ms and a millisecond for each 16 bytes; who is slower is
 * cut off without an answer. A request that waited for a worker past its deadline is answered 503
 * unserved. A handler that runs is never interrupted: its own time-outs bound it, and its answer is
 * delivered however late, since it says what was done.
 *
 * Bodies of more than 1 MiB share large_bodies_bytes_max: who comes when it is used up is answered
 * 503, or cut off when that shows only while the body comes in. So strangers cannot fill the memory
 * by what a route allows to those who are signed in, since that is known only with the whole
 * request.
 *
 * A body over its route's limit is answered 413 before it is read (chunked: after 64 KiB of excess
 * at most) and the connection closed. Trailers, absolute-form targets and `OPTIONS *` are refused.
 *
 * TLS is spoken by HAProxy or nginx in front. Listening beyond loopback without a trusted proxy
 * named is refused (ERR_CONFIG). From a trusted proxy `Forwarded` (RFC 7239) or `X-Forwarded-For` /
 * `X-Forwarded-Port` / `X-Forwarded-Proto` is believed: client address, source port, scheme; from
 * anyone else these headers are ignored.
 *
 * Stopping: server_stop() closes the listener, lets requests under way finish, idle connections
 * close, and returns when all is quiet. After drain_ms it waits for running handlers only. No
 * accepted request is lost.
 *
 * Threads: serve and refuse are called by any worker, several at once; for INLINE routes by the one
 * that drives the library, as is answered, when an answer has been sent or its client has gone.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "base/base.h"
#include "base/err.h"
#include "http/request.h"
#include "http/response.h"
#include "http/route.h"

struct server;

struct server_config {
    struct str listen;          /* "127.0.0.1:8080", "[::1]:8080", "unix:/run/motcua.sock" */
    struct str trusted_proxies; /* comma-separated addresses or CIDR; "unix" trusts a unix socket */
    int fast_workers, slow_workers;
    int queue_max; /* per pool */
    int connections_max;
    int64_t large_bodies_bytes_max; /* memory for all bodies over 1 MiB together; 0: 512 MiB */
    int64_t idle_ms;                /* connection without activity */
    int64_t deadline_ms;            /* whole request, first byte to answer handed over */
    int64_t drain_ms;
    const struct clock *clock;

    const struct route *routes;
    size_t route_count;
    void *app;
    /* Serves a matched request: must fill in the response whatever happens. */
    void (*serve)(void *app, const struct route *route, struct request *rq, struct response *rs);
    /* Fills in the answer to a request that reached no handler: gate, limits, 404, 405, 503.
     * rq is complete but for what could not be read; path may be empty. */
    void (*refuse)(void *app, struct request *rq, enum err_code code, struct response *rs);
    /* Called once for each answer, for the access log. May be NULL. */
    void (*answered)(void *app, const struct request *rq, const struct response *rs,
                     int64_t took_us);
};

MUST_USE result server_open(const struct server_config *c, struct server **out, struct err *e);
void server_stop(struct server *s); /* graceful; callable once, from any thread but a handler's */
void server_close(struct server **s);
int server_port(const struct server *s); /* the port bound, when 0 was asked for; 0 for a socket */

#endif
