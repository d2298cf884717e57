/*
 * call.h - a request as the endpoints for machines see it: struct api_call of auth/auth.h.
 *
 * The address is the one that we publish: issuer and path, whatever host, scheme or port a proxy
 * spoke to us with. A body is read only when it is a form; any other is not looked at.
 */
#ifndef WEB_CALL_H
#define WEB_CALL_H

#include "web/route_row.h"

struct api_call;
struct form;

/* Without a body. Where proofs need a nonce (setting auth.dpop_nonce) the answer tells the present
 * one, whatever becomes of the request. */
struct api_call call_make(const struct ctx *c, const struct request *rq, struct response *rs);
/* With the body's form, which the endpoint demands: ERR_MEDIA_TYPE, ERR_MALFORMED ... *form must
 * outlive the call. */
MUST_USE result call_read(const struct ctx *c, const struct request *rq, struct response *rs,
                          struct form *form, struct api_call *out, struct err *e);
/* What became of it, for the endpoints that authenticate clients: whoever tried Basic in vain is
 * asked for Basic (RFC 6749 5.2). Gives r back. */
MUST_USE result call_answer(const struct api_call *call, struct response *rs, result r,
                            const struct err *e);
bool call_has_form(const struct request *rq); /* by its content type */

#endif
