/*
 * access.h - who calls an API: checking access tokens (RFC 6750, RFC 9068, RFC 9449 7, RFC 8705 3).
 *
 * Checked: signature with our own keys, typ at+jwt, issuer, audience, time, that its client is
 * still registered, that neither it nor its grant was taken back, that its session is not over, and
 * that the request proves the key or certificate that the token is bound to. ERR_BAD_TOKEN for
 * every such reason, ERR_BAD_PROOF for a proof; ERR_SCOPE when a scope is missing. Two questions to
 * kv at most for a bearer token, one more to remember a proof.
 *
 * What no portal may read stands sealed in the token: for which organisation, by which mandate, and
 * which single claims were asked for.
 */
#ifndef AUTH_ACCESS_H
#define AUTH_ACCESS_H

#include "auth/auth.h"

struct json;

struct access {
    struct str client_id;
    struct str account; /* account id; empty for client_credentials */
    struct str sub;     /* as the client knows the person; the client's id for client_credentials */
    struct str scope;   /* space-separated */
    struct str aud;     /* audiences, space-separated */
    int level;          /* 1 or 2; 0 for client_credentials */
    int acr;            /* 1 to 4; 0 for client_credentials */
    int64_t auth_time_s;
    int64_t iat_s, exp_s;
    struct str jti, sid;
    struct str grant;    /* id of the grant, or empty */
    struct str acting;   /* organisation acted for, or empty */
    struct str mandate;  /* by which mandate, or empty */
    struct str claims;   /* claims parameter of the authorization, or empty */
    struct str jkt, x5t; /* the key or certificate it is bound to, or empty */
    struct str act_sub;  /* who acts, as the client knows the person; or empty */
};

/* The token of the Authorization header, scheme Bearer or DPoP, or of the form's access_token (RFC
 * 6750 2.2; both at once is ERR_INVALID). ERR_NOT_SIGNED_IN when there is none. */
MUST_USE result access_check(struct auth *au, const struct visit *v, const struct api_call *call,
                             struct access *out, struct err *e);
/* A token that somebody else hands on, as in subject_token of POST /v1/payments: bound to the key
 * that its bearer (`by`) has just proven, or to none. */
MUST_USE result access_check_subject(struct auth *au, struct arena *a, struct str token,
                                     const struct access *by, struct access *out, struct err *e);
/* Whether it is alive, for introspection and revocation: any audience, and no proof is asked for.
 */
MUST_USE result access_read(struct auth *au, struct arena *a, struct str token, struct access *out,
                            struct err *e);
MUST_USE result access_need_scope(const struct access *acc, const char *scope, struct err *e);
/* RFC 9470: ERR_WEAK_SIGN_IN, whose field tells what is wanted. */
MUST_USE result access_need_acr(const struct access *acc, int least, struct err *e);
MUST_USE result access_need_fresh(struct auth *au, const struct access *acc, int64_t max_age_s,
                                  struct err *e);
/* From now on the token with this jti is refused. */
MUST_USE result access_revoke(struct auth *au, struct arena *a, struct str jti, struct err *e);

/* For whoever makes tokens: puts what `acc` says into claims, in the shape that is read here; iss,
 * aud and the times are the caller's. */
void access_put(struct auth *au, struct arena *a, const struct access *acc, struct json *claims);
/* Thumbprint of a certificate (RFC 8705 3.1), empty for none. */
struct str access_x5t(struct arena *a, struct str certificate);

#endif
