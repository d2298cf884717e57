/*
 * oidc_token.h - the token endpoint's rules (RFC 6749 4.1.3, 4.4; RFC 7636; RFC 9068; OIDC Core
 * 3.1.3).
 *
 * Grants: authorization_code, client_credentials. Client authentication: client_secret_basic,
 * client_secret_post, or none for a public client with PKCE. A code works once: a second use is
 * invalid_grant and the access token issued for it is revoked. Access tokens are ES256 JWTs of type
 * at+jwt; ID tokens carry nonce, at_hash, auth_time, acr, amr, sid, and no profile claims.
 */
#ifndef AUTH_OIDC_TOKEN_H
#define AUTH_OIDC_TOKEN_H

#include "auth/auth.h"
#include "auth/grant.h"
#include "auth/session.h"

/* Makes the code of a finished authorization; it lives auth.code_ttl_s. */
MUST_USE result oidc_code_make(struct auth *au, const struct visit *v, const struct grant *g,
                               struct str *code, struct err *e);
/* *json is the body of 200, with Cache-Control: no-store; call->body is needed. The error's OAuth
 * name is err_oauth(); ERR_BAD_CLIENT is 401 with WWW-Authenticate: Basic when that header was
 * sent. */
MUST_USE result oidc_token(struct auth *au, const struct visit *v, const struct api_call *call,
                           struct str *json, struct err *e);

/* One of our ID tokens that came back as id_token_hint; it may have expired. ERR_BAD_TOKEN. */
struct oidc_hint {
    struct str client_id, sub, sid;
};
MUST_USE result oidc_hint_read(struct auth *au, struct arena *a, struct str token,
                               struct oidc_hint *out, struct err *e);

#endif
