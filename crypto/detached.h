/*
 * detached.h - a signature over bytes that stand elsewhere: compact JWS with its payload left out
 * (RFC 7515 appendix F), "header..signature".
 *
 * The header names alg, kid and typ; nothing else is taken. The key decides the algorithm, as in
 * token.h. Thread rule: any thread.
 */
#ifndef CRYPTO_DETACHED_H
#define CRYPTO_DETACHED_H

#include "base/base.h"

struct key;
struct key_set;

MUST_USE result detached_sign(struct arena *a, const struct key *key, const char *typ,
                              struct str bytes, struct str *out, struct err *e);
/* ERR_BAD_TOKEN: another key, type or algorithm, or not these bytes. */
MUST_USE result detached_verify(struct arena *a, const struct key_set *keys, const char *typ,
                                struct str bytes, struct str jws, struct err *e);

/* For signatures that outlive their key's place in a ring: its public JWK, canonical. */
struct str detached_key(struct arena *a, const struct key *key);
/* With the key that was kept. It says nothing of whose key that is: the caller compares
 * *thumbprint (RFC 7638) with one that it trusts. */
MUST_USE result detached_verify_kept(struct arena *a, struct str jwk, const char *typ,
                                     struct str bytes, struct str jws, struct str *thumbprint,
                                     struct err *e);

#endif
