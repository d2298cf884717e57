/*
 * route.h - finding the handler for a method and path.
 *
 * A pattern is a path whose segments may be `{name}`, matching one non-empty segment,
 * percent-decoded into the request's parameters. Literal segments win over parameters. A known path
 * with another method is ERR_METHOD with Allow; HEAD is answered by GET's handler without the body.
 * No path is normalised: `//`, `/./` and `/../` match nothing.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "base/base.h"

struct request;

enum method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_COUNT
};
enum route_pool { ROUTE_INLINE, ROUTE_FAST, ROUTE_SLOW, ROUTE_NEAR };

struct route {
    enum method method;
    const char *pattern;
    enum route_pool pool;
    int64_t body_bytes_max; /* 0: a body is refused */
    const void *own;        /* the application's row: handler, guards */
};

const char *method_name(enum method m);
bool method_find(struct str name, enum method *out);

struct route_table; /* an index over routes, built once */
MUST_USE result route_table_open(const struct route *routes, size_t n, struct route_table **out,
                                 struct err *e); /* ERR_CONFIG: a bad or repeated pattern */
void route_table_close(struct route_table **t);
/* Fills in rq->params. ERR_NOT_FOUND, or ERR_METHOD and *allow set to the methods of the path. */
MUST_USE result route_find(const struct route_table *t, struct request *rq,
                           const struct route **out, struct str *allow, struct err *e);

#endif
