/*
 * oidc_token_make.h - the tokens of a grant: one place that makes them, whatever led to the grant.
 *
 * Access tokens are JWTs of type at+jwt (RFC 9068), ES256, for at most 15 minutes; bound to the
 * grant's key or certificate (cnf). Their audience is what the grant or the request named (RFC
 * 8707), else this service. ID tokens (scope openid) are signed with the client's algorithm and
 * carry nonce, at_hash, auth_time, acr, amr, sid, and no profile claims unless the claims parameter
 * asked for them there.
 */
#ifndef AUTH_OIDC_TOKEN_MAKE_H
#define AUTH_OIDC_TOKEN_MAKE_H

#include "auth/auth.h"
#include "auth/client.h"
#include "auth/grant.h"

struct token_order {
    const struct client *client;
    const struct grant *grant; /* account empty: the client acts for itself */
    struct str scope;          /* of these tokens: the grant's, or less of it */
    struct str resource;       /* for this audience only; empty: all that the grant names */
    struct str refresh;        /* the refresh token that is told with them, or empty */
    bool again;                /* not the first of the grant: the nonce has been told */
};

/* *json is the body of the token endpoint's 200. ERR_BAD_TARGET: the resource is not the grant's.
 */
MUST_USE result oidc_tokens_make(struct auth *au, const struct visit *v,
                                 const struct token_order *order, struct str *json, struct err *e);

#endif
