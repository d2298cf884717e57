/*
 * passkey.h - WebAuthn (Web Authentication Level 2): what an authenticator signed, verified by
 * libfido2.
 *
 * Takes what navigator.credentials gives to a page, as bytes: client data (JSON), authenticator
 * data, signature. ES256, RS256 and EdDSA. Attestation is not asked for (conveyance "none"), so a
 * registration proves no more than that this browser made a key here and now. User verification (a
 * finger, a PIN) is demanded by both ceremonies: a passkey stands for two factors.
 *
 * Sizes are bounded by PASSKEY_*_MAX; everything else is ERR_BAD_SIGNATURE without saying what.
 */
#ifndef CRYPTO_PASSKEY_H
#define CRYPTO_PASSKEY_H

#include "base/base.h"

#define PASSKEY_CLIENT_DATA_MAX 2048
#define PASSKEY_AUTH_DATA_MAX   2048
#define PASSKEY_SIGNATURE_MAX   1024
#define PASSKEY_ID_MAX          1023 /* Level 2, 5.1.3 */

struct passkey_site {
    struct str id;     /* relying party: host of the issuer */
    struct str origin; /* scheme://host[:port] */
};
struct passkey {
    struct str id;  /* of the credential, bytes */
    struct str key; /* as libfido2 keeps it */
    int64_t alg;    /* COSE: -7, -257, -8 */
    int64_t count;  /* of signatures, as the authenticator says; 0: it does not count */
};
struct passkey_proof {
    struct str client_data, auth_data, signature;
};

/* Whether passkeys can be had at this issuer: browsers refuse addresses without a name. */
bool passkey_site_of(struct arena *a, struct str issuer, struct passkey_site *out);
/* The challenge that the client data answer: not yet believed, for finding what was asked. */
MUST_USE result passkey_challenge(struct arena *a, struct str client_data, struct str *challenge,
                                  struct err *e);
/* A registration that answers `challenge`; proof->signature is empty. */
MUST_USE result passkey_made(struct arena *a, const struct passkey_site *site, struct str challenge,
                             const struct passkey_proof *proof, struct passkey *out, struct err *e);
/* An assertion with a known key; *count is what the authenticator says now, for the caller to
 * compare with what it said before. */
MUST_USE result passkey_shown(struct arena *a, const struct passkey_site *site,
                              struct str challenge, const struct passkey *key,
                              const struct passkey_proof *proof, int64_t *count, struct err *e);

#endif
