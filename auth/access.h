/*
 * access.h - who calls an API: checking bearer tokens (RFC 6750, RFC 9068).
 *
 * The token is taken from the Authorization header only. Checked: signature with our own keys, typ
 * at+jwt, issuer, audience, time, that it was not revoked, and that the session it came from is not
 * over. ERR_BAD_TOKEN for every such reason; ERR_SCOPE when a scope is missing.
 */
#ifndef AUTH_ACCESS_H
#define AUTH_ACCESS_H

#include "auth/auth.h"

struct access {
    struct str client_id;
    struct str account; /* account id; empty for client_credentials */
    struct str sub;     /* as the client knows the person; the client's id for client_credentials */
    struct str scope;   /* space-separated */
    int level;          /* 1 or 2; 0 for client_credentials */
    int acr;            /* 1 to 4; 0 for client_credentials */
    int64_t auth_time_s;
    struct str jti, sid;
    struct str grant;    /* id of the grant, or empty */
    struct str acting;   /* organisation acted for, or empty */
    struct str mandate;  /* by which mandate, or empty */
    struct str claims;   /* claims parameter of the authorization, or empty */
    struct str jkt, x5t; /* the key or certificate it is bound to, or empty */
};

/* The token of the Authorization header, or of the form's access_token (RFC 6750 2.2; both at once
 * is ERR_INVALID). ERR_NOT_SIGNED_IN when there is none. */
MUST_USE result access_check(struct auth *au, const struct visit *v, const struct api_call *call,
                             struct access *out, struct err *e);
/* A bare token, as in subject_token of POST /v1/payments, or access_token of a userinfo form. */
MUST_USE result access_check_token(struct auth *au, struct arena *a, struct str token,
                                   struct access *out, struct err *e);
MUST_USE result access_need_scope(const struct access *acc, const char *scope, struct err *e);
/* From now on the token with this jti is refused. */
MUST_USE result access_revoke(struct auth *au, struct arena *a, struct str jti, struct err *e);

#endif
