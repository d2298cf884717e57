/*
 * route_row.h - the rows of routes.def and the handlers they name.
 */
#ifndef WEB_ROUTE_ROW_H
#define WEB_ROUTE_ROW_H

#include "http/route.h"
#include "web/app.h"

enum route_who {
    WHO_ANYONE,
    WHO_CITIZEN,
    WHO_VIEWER,
    WHO_OFFICER,
    WHO_AUDITOR,
    WHO_ADMIN,
    WHO_CLIENT,
    WHO_MACHINE
};
enum route_csrf { CSRF_NONE, CSRF_FORM, CSRF_PART };
enum route_rate { RATE_NONE, RATE_sign_in, RATE_public };
enum route_face { FACE_PAGE, FACE_API, FACE_OAUTH, FACE_PLAIN };

struct route_row {
    const char *path;
    result (*handler)(struct ctx *, struct request *, struct response *, struct err *);
    enum method method;
    enum route_who who;
    enum route_csrf csrf;
    enum route_rate rate;
    enum route_face face;
    const char *purpose;
    const char *words[5]; /* who, csrf, rate, pool, face as written in the table */
};

#define ROUTE(method, path, handler, who, csrf, bytes, rate, pool, face, purpose)                  \
    result handler(struct ctx *c, struct request *rq, struct response *rs, struct err *e);
#include "web/routes.def"
#undef ROUTE

const struct route *routes_all(size_t *count); /* for server_config; own is a struct route_row */
void routes_print(struct buf *out);            /* docs/routes.md, from the table */

#endif
