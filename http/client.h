/*
 * client.h - calls to partners, over libcurl.
 *
 * A partner is one upstream system with its own time-outs, kept-alive connections, retry budget and
 * circuit breaker, so that one that is down costs nothing but its own callers. TLS certificates are
 * always verified; plain http is for loopback only (ERR_CONFIG at open). Redirects are not
 * followed, proxies of the environment not used.
 *
 * A call that is not repeatable always goes over a new connection: on a kept-alive one that fails
 * without an answer, libcurl would silently send it once more.
 *
 * Retries: only calls marked safe to repeat, only transport failures and 502-504, each drawn from a
 * budget that successes refill (a tenth of the calls). Breaker: after `breaker_failures` in a row
 * the partner is not called for breaker_open_ms (ERR_UPSTREAM_DOWN at once); then one call tries.
 * What counts as failing is the same, and an answer over the limit; breaker_failures 0 turns it
 * off. total_ms is for a call with all its retries.
 *
 * Thread rule: a partner may be called from any thread; a call blocks its caller: SLOW pool or
 * jobs.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "base/base.h"
#include "http/request.h"

struct partner;

struct partner_config {
    const char *name;    /* in logs and errors */
    struct str base_url; /* "https://host/prefix"; calls give the rest */
    int64_t connect_ms, total_ms;
    int64_t answer_bytes_max;
    struct str ca_file;             /* empty: the system's */
    struct str cert_file, key_file; /* client certificate, or empty */
    int breaker_failures;
    int64_t breaker_open_ms;
    bool guarded; /* a stranger named the address: only public unicast addresses are connected to,
                   * whatever its name resolves to, at the moment of connecting (http/guard.h) */
    bool guard_loopback_ok; /* but those of this machine, too: installations that simulate */
};

struct call {
    enum method method;
    struct str path; /* appended to base_url: "", "/..." or "?..."; or an absolute URL of the same
                      * origin. Anything else is ERR_INVALID and nothing is sent. */
    const struct pair *headers;
    size_t header_count;
    struct str content_type; /* of the body */
    struct str body;
    bool repeatable;
};

struct answer {
    int status;
    struct str content_type; /* without parameters, lower case */
    struct str body;
    struct str location;
    struct str cookies; /* values of its Set-Cookie headers, one per line */
};

MUST_USE result client_start(struct err *e); /* once, before threads */
void client_end(void);
MUST_USE result partner_open(const struct partner_config *c, struct partner **out, struct err *e);
void partner_close(struct partner **p);
/* OK for any HTTP status. ERR_UPSTREAM_DOWN: no whole answer; the partner may or may not have
 * acted. ERR_UPSTREAM_BAD: an answer over the limit. */
MUST_USE result partner_call(struct partner *p, const struct call *c, struct arena *a,
                             struct answer *out, struct err *e);

#endif
