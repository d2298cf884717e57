/*
 * detached_file.h - a partner's signature of a file: compact JWS with its payload left out
 * (RFC 7515 appendix F), "header..signature".
 *
 * The algorithm is fixed by whoever asks, for this key: the header must say the same, and decides
 * nothing. crit, zip, b64 and cty are refused. Thread rule: any thread.
 */
#ifndef CRYPTO_DETACHED_FILE_H
#define CRYPTO_DETACHED_FILE_H

#include "base/base.h"
#include "crypto/keyring.h"

#define DETACHED_FILE_BYTES 4096 /* of a signature with its header */

/* jwk: the partner's public key, JSON. Holds the bytes once more, in base64url, while it works.
 * ERR_BAD_TOKEN: no detached signature, of another algorithm or key, or not of these bytes.
 * ERR_CONFIG: the key is none, or of another kind than alg. */
MUST_USE result detached_file_verify(struct str jwk, enum key_alg alg, struct str bytes,
                                     struct str jws, struct err *e);

#endif
