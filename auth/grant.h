/*
 * grant.h - what a person allowed a client: what stands behind a code, a refresh token, a device
 * code and a CIBA request, and what the tokens made of it say.
 *
 * A grant is kept under the digest of whatever bearer value leads to it; its `id` stands in every
 * token made from it, so that all of them can be taken back at once (code reuse, revocation).
 */
#ifndef AUTH_GRANT_H
#define AUTH_GRANT_H

#include "auth/auth.h"

struct grant {
    struct str id; /* "gr_...": grant_id of its tokens; oidc_code_make() fills it in */
    struct str client_id;
    struct str redirect_uri; /* of a code; else empty */
    struct str scope;        /* granted, space-separated */
    struct str challenge;    /* PKCE S256 of a code, or empty */
    struct str nonce;        /* or empty */
    struct str account;      /* who signed in */
    struct str sid, amr;     /* the session it belongs to, and how that was made */
    int kind, level;         /* of the account: identity level (Decree 69/2024 art. 7) */
    int acr;                 /* level of authentication (art. 20), 1 to 4 */
    int64_t auth_time_s;
    int64_t made_s;         /* when it was allowed; oidc_code_make() fills it in */
    struct str claims;      /* the claims parameter as it was asked (JSON), or empty */
    struct str resources;   /* RFC 8707, space-separated, or empty */
    struct str jkt;         /* thumbprint of the DPoP key it is bound to, or empty */
    struct str x5t;         /* the same of a client certificate (RFC 8705 3.1), or empty */
    struct str acting;      /* organisation ("org_...") acted for, or empty: for oneself */
    struct str acting_role; /* "legal_representative", "organisation_account", "authorised" */
    struct str mandate;     /* by which, or empty */
};

struct str grant_new_id(struct arena *a);
struct str grant_print(struct arena *a, const struct grant *g);
MUST_USE result grant_read(struct arena *a, struct str text, struct grant *out, struct err *e);

/* Keeps a grant under what leads to it: kind is "code", "refresh" ... */
MUST_USE result grant_keep(struct auth *au, struct arena *a, const char *kind, struct str value,
                           const struct grant *g, int64_t ttl_s, struct err *e);
MUST_USE result grant_find(struct auth *au, struct arena *a, const char *kind, struct str value,
                           bool *found, struct grant *out, struct err *e);

/* Takes back every token of the grant, now. Twice is fine. */
MUST_USE result grant_revoke(struct auth *au, struct arena *a, struct str grant_id, struct err *e);
MUST_USE result grant_is_revoked(struct auth *au, struct arena *a, struct str grant_id,
                                 bool *revoked, struct err *e);

#endif
