/*
 * oidc_introspect.h - what a token is still worth (RFC 7662), and giving it back (RFC 7009).
 *
 * A client learns about its own tokens, access and refresh; one that is registered for the scope
 * "introspect" (a resource server) about every access token. Whatever else it asks about is not
 * active, and why is told to nobody. Giving back an access token of a person, or a refresh token,
 * takes back all tokens of its grant; another client's token stays what it is.
 */
#ifndef AUTH_OIDC_INTROSPECT_H
#define AUTH_OIDC_INTROSPECT_H

#include "auth/auth.h"

/* *json is the body of 200. ERR_BAD_CLIENT; ERR_UNAUTHORIZED_CLIENT: a public client; ERR_INVALID:
 * no token. */
MUST_USE result oidc_introspect(struct auth *au, const struct visit *v, const struct api_call *call,
                                struct str *json, struct err *e);
/* The same for whoever holds an access token of the client, as the national SSO's portals do. */
struct access;
MUST_USE result oidc_introspect_own(struct auth *au, const struct visit *v,
                                    const struct access *asker, struct str token, struct str *json,
                                    struct err *e);
/* Unknown, dead and foreign tokens are no error (RFC 7009 2.2). */
MUST_USE result oidc_revoke(struct auth *au, const struct visit *v, const struct api_call *call,
                            struct err *e);

#endif
