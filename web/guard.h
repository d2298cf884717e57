/*
 * guard.h - what a route's row demands before its handler runs: who, CSRF token, rate.
 *
 * *passed false: the guard has answered itself (a redirect to the sign-in). Bearer tokens are read
 * from the Authorization header only. Requests from the machine itself are not rate-limited: real
 * visitors come through a proxy that names them. All of an IPv6 network of 64 bits counts as one
 * address: a visitor has that many to choose from. A sign-in that a page starts counts as one.
 */
#ifndef WEB_GUARD_H
#define WEB_GUARD_H

#include "web/route_row.h"

MUST_USE result guard_check(struct ctx *c, struct request *rq, struct response *rs, bool *passed,
                            struct err *e);
/* Finds sessions of both kinds, if the browser has any, for pages that show who is signed in. */
MUST_USE result guard_find_sessions(struct ctx *c, const struct request *rq, struct err *e);
/* Whether a form's token is that of this browser, in whichever of its sessions. Constant time. */
bool guard_csrf_is(const struct ctx *c, struct str given);
/* Starts a sign-in that comes back to `path`, and redirects there. */
MUST_USE result guard_start_login(struct ctx *c, const struct request *rq, struct response *rs,
                                  struct str path, struct err *e);

#endif
