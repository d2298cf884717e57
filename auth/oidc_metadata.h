/*
 * oidc_metadata.h - the discovery document (OpenID Connect Discovery 1.0, RFC 8414), from a table,
 * announcing only what works. The same for /.well-known/openid-configuration and
 * /.well-known/oauth-authorization-server.
 */
#ifndef AUTH_OIDC_METADATA_H
#define AUTH_OIDC_METADATA_H

#include "auth/auth.h"

struct str oidc_metadata(struct auth *au, struct arena *a); /* JSON text */
struct str oidc_jwks(struct auth *au, struct arena *a); /* JSON text: application/jwk-set+json */

#endif
