/*
 * oidc_userinfo.h - the userinfo endpoint (OIDC Core 5.3): what the access token's scopes and the
 * claims parameter allow, as JSON, or signed where the client is registered so.
 */
#ifndef AUTH_OIDC_USERINFO_H
#define AUTH_OIDC_USERINFO_H

#include "auth/access.h"
#include "auth/auth.h"

/* *body is JSON, or a JWT with iss and aud: *is_signed tells. ERR_SCOPE without openid;
 * ERR_BAD_TOKEN for a token of no person; ERR_WEAK_SIGN_IN where the settings want more
 * for the numbers of scope vn_id. */
MUST_USE result oidc_userinfo(struct auth *au, const struct visit *v, const struct access *acc,
                              struct str *body, bool *is_signed, struct err *e);

#endif
