/*
 * authorize.h - turns what the authorization endpoint's rules decided into an answer.
 */
#ifndef WEB_AUTHORIZE_H
#define WEB_AUTHORIZE_H

#include "web/route_row.h"

struct authorize_reply;

MUST_USE result authorize_answer(struct ctx *c, struct request *rq, struct response *rs,
                                 const struct authorize_reply *reply, struct err *e);

#endif
