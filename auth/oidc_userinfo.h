/*
 * oidc_userinfo.h - the userinfo endpoint (OIDC Core 5.3): what the access token's scopes allow.
 */
#ifndef AUTH_OIDC_USERINFO_H
#define AUTH_OIDC_USERINFO_H

#include "auth/access.h"
#include "auth/auth.h"

/* *json is the body. ERR_SCOPE without openid; ERR_BAD_TOKEN for a token of no person. */
MUST_USE result oidc_userinfo(struct auth *au, const struct visit *v, const struct access *acc,
                              struct str *json, struct err *e);

#endif
