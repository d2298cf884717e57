/*
 * oidc_remote.h - what the requests of device authorization and CIBA share: scope, resource, level.
 */
#ifndef AUTH_OIDC_REMOTE_H
#define AUTH_OIDC_REMOTE_H

#include "auth/approval.h"
#include "auth/auth.h"

/* Authenticates the caller, checks that it registered `grant`, and reads scope, resource and
 * acr_values. ERR_BAD_CLIENT, ERR_UNAUTHORIZED_CLIENT, ERR_BAD_SCOPE, ERR_BAD_TARGET. */
MUST_USE result oidc_remote_read(struct auth *au, const struct visit *v,
                                 const struct api_call *call, const char *grant,
                                 struct client *client, struct approval *out, struct err *e);

#endif
