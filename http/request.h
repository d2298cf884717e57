/*
 * request.h - one request, complete: the body has been read within its limit before a handler runs.
 * All slices live in the request's arena.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "base/base.h"
#include "base/limits.h"
#include "http/route.h"

struct pair {
    struct str name, value;
};

struct request {
    struct arena *arena; /* clean; dies after the answer */
    struct str id;       /* request id: of a trusted proxy's X-Request-Id, or our own */
    enum method method;
    struct str path;  /* raw, as routed: begins with '/' */
    struct str query; /* raw, without '?' */
    struct pair headers[LIMIT_HEADER_COUNT];
    size_t header_count;
    struct pair params[8]; /* of the route's pattern, decoded */
    size_t param_count;
    struct str body;
    struct str ip;             /* the client's, through trusted proxies */
    int port;                  /* the client's source port, 0 when unknown */
    struct str certificate;    /* DER of the client's, told by a trusted proxy; or empty */
    bool certificate_verified; /* the proxy checked its chain (client_cert.h) */
    bool https;                /* between the client and the outermost trusted proxy */
    int64_t start_ms;          /* wall clock */
};

struct str request_header(const struct request *rq, const char *name); /* first, or empty */
struct str request_param(const struct request *rq, const char *name);  /* of the path, or empty */
/* Exact name, or empty. The first value of cookie-octets (RFC 6265 4.1.1): ours have no others, and
 * what is taken may be set again or stand on a page. */
struct str request_cookie(const struct request *rq, const char *name);
bool request_wants_json(const struct request *rq); /* Accept prefers application/json over HTML */
/* The preferred of two languages by Accept-Language: "vi" unless "en" ranks higher. */
struct str request_language(const struct request *rq);

#endif
