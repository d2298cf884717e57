/*
 * oidc_token.h - the token endpoint's rules (RFC 6749 4.1.3, 4.4, 6; RFC 7636; RFC 9449 5; RFC 8705
 * 3; RFC 8707; FAPI 2.0 SP 5.3.2.1).
 *
 * Grants: authorization_code, refresh_token, client_credentials, device_code (RFC 8628) and CIBA
 * (auth/approval.h). A code works once: a second use is invalid_grant and everything issued for it
 * is taken back. A refresh token stays the same: it works until its session ends, for its client
 * and with its key or certificate, and is told in each answer. Only that of a public client without
 * a key is replaced at each use (RFC 9700 2.2.2). What the tokens say: auth/oidc_token_make.h.
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
