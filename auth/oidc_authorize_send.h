/*
 * oidc_authorize_send.h - how an authorization ends at the client: by redirect or posted form, as
 * plain parameters or as one signed JWT (JARM). iss is always told (RFC 9207).
 */
#ifndef AUTH_OIDC_AUTHORIZE_SEND_H
#define AUTH_OIDC_AUTHORIZE_SEND_H

#include "auth/oidc_authorize.h"
#include "auth/oidc_request.h"

/* `first` is code or error; state and iss come with it. ERR_CONFIG: no key for the client's
 * algorithm. */
MUST_USE result authorize_send(struct auth *au, struct arena *a, const struct client *client,
                               const struct oidc_request *rq, struct pair first,
                               struct authorize_reply *out, struct err *e);
MUST_USE result authorize_send_error(struct auth *au, struct arena *a, const struct client *client,
                                     const struct oidc_request *rq, const struct err *why,
                                     struct authorize_reply *out, struct err *e);

#endif
