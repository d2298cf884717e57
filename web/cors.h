/*
 * cors.h - which addresses scripts of other origins may call.
 *
 * Those with an OPTIONS row in routes.def and no others: discovery, keys, token, userinfo,
 * revocation (clients that run in a browser need them). Never where a person's cookie counts: the
 * authorization endpoint is reached by navigation only (FAPI 2.0 SP 5.3.2.2). No credentials: a
 * browser's cookies for us are neither sent nor believed there.
 */
#ifndef WEB_CORS_H
#define WEB_CORS_H

#include "web/route_row.h"

bool cors_is_open(struct str path);
/* What lets such a script read the answer, errors included; nothing for other addresses. */
void cors_allow(struct response *rs, struct str path);

#endif
