/*
 * edge.h - where requests come in: the callbacks of http/server.h.
 *
 * edge_serve(): context, security headers, guard, handler; a failure is logged once and told in the
 * route's face. edge_refuse(): what reached no handler. edge_answered(): the access log.
 */
#ifndef WEB_EDGE_H
#define WEB_EDGE_H

#include "base/err.h"
#include "http/request.h"
#include "http/response.h"
#include "http/route.h"

void edge_serve(void *site, const struct route *route, struct request *rq, struct response *rs);
void edge_refuse(void *site, struct request *rq, enum err_code code, struct response *rs);
void edge_answered(void *site, const struct request *rq, const struct response *rs,
                   int64_t took_us);

#endif
