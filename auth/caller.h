/*
 * caller.h - which client calls an endpoint for machines (RFC 6749 2.3, RFC 7523, RFC 8705).
 *
 * By its registration: client_secret_basic or _post, private_key_jwt, tls_client_auth or
 * self_signed_tls_client_auth, or none (a public client). Exactly one way at a time. An assertion
 * has iss = sub = client_id, aud, exp, and a jti that works once; in profile fapi2 exp is at most 5
 * minutes ahead and aud is our issuer as a string and nothing else, elsewhere an hour, and the
 * addresses of this endpoint, /token and /par, and arrays, are taken too. The algorithm is fixed by
 * the client's registered key.
 */
#ifndef AUTH_CALLER_H
#define AUTH_CALLER_H

#include "auth/auth.h"
#include "auth/client.h"

/* ERR_BAD_CLIENT for every reason alike (the detail says which, for the log); ERR_INVALID: two ways
 * at once, or a parameter that is none; ERR_STORE, ERR_BUSY,
 * ERR_UPSTREAM_DOWN: its keys cannot be had now. */
MUST_USE result caller_check(struct auth *au, const struct visit *v, const struct api_call *call,
                             struct client *out, struct err *e);

/* Before something is kept for a caller that was checked: one that has no secret is whoever knows
 * its id, and is counted by its address (rate.public in a minute). ERR_TOO_MANY. */
MUST_USE result caller_pace(struct auth *au, const struct visit *v, const struct client *c,
                            struct err *e);

#endif
