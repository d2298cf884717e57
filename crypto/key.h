/*
 * key.h - inside crypto only: one asymmetric key, bound to one algorithm for life (RFC 8725 3.1).
 *
 * ES256 is P-256; RS256 is an RSA key; PS256 is an RSASSA-PSS key (RFC 4055), so that a key file
 * alone tells which of the two it is for. RSA keys have 2048 to 8192 bits. A key is parsed once and
 * carries a context prepared for its one use, which each call copies. Immutable once made.
 */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include <openssl/evp.h>

#include "base/base.h"
#include "crypto/keyring.h"

#define KEY_ID_BYTES_MAX 128 /* ours have 43; partners choose theirs */
#define KEYS_MAX         32
#define KEY_PEM_BYTES    16384

struct ring;

struct key {
    char id[KEY_ID_BYTES_MAX];
    size_t id_n;
    enum key_alg alg;
    enum key_state state; /* of a keyring's keys */
    EVP_PKEY *pkey;
    EVP_MD_CTX *prepared;
    struct ring *ring; /* the snapshot that owns it; NULL in a key set */
};

struct key_set {
    size_t n;
    struct key keys[KEYS_MAX];
};

const char *key_alg_name(enum key_alg alg);
/* Takes pkey, whichever way it ends; naming the key is left to the caller. ERR_CRYPTO */
MUST_USE result key_make(struct key *k, EVP_PKEY *pkey, enum key_alg alg, bool signs,
                         struct err *e);
MUST_USE result key_generate(enum key_alg alg, EVP_PKEY **out, struct err *e);
/* What a private key is for; ERR_CRYPTO when it is of no kind above. */
MUST_USE result key_alg_find(const EVP_PKEY *pkey, enum key_alg *alg, struct err *e);
/* ERR_INVALID: not a public key that we can verify with. */
MUST_USE result key_read_jwk(const struct json *jwk, struct arena *a, struct key *out,
                             struct err *e);
struct json *key_jwk(const struct key *k, struct arena *a);       /* public members, caller owns */
struct str key_thumbprint(const EVP_PKEY *pkey, struct arena *a); /* RFC 7638, base64url */
void key_close(struct key *k);

/* Raw JWS signatures: 64 bytes r || s for ES256 (RFC 7518 3.4). */
MUST_USE result key_sign(const struct key *k, struct arena *a, struct str data, struct str *sig,
                         struct err *e);
bool key_verify(const struct key *k, struct str data, struct str sig);

#endif
