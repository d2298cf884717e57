/*
 * key.h - inside crypto only: one asymmetric key, bound to one algorithm for life (RFC 8725 3.1).
 *
 * ES256 is P-256; EdDSA is Ed25519, which only verifies; RS256 is an RSA key. A private key for
 * PS256 is an RSASSA-PSS key (RFC 4055), so that a key file alone tells which of the two it is for;
 * a public one is what its JWK or the verifier says. RSA keys have 2048 to 8192 bits. A key is
 * parsed once and carries a context prepared for its one use, which each call copies; one of ES256
 * that verifies often is given a table (crypto/table.h). Immutable once made, but for that.
 */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include <openssl/evp.h>
#include <stdatomic.h>

#include "base/base.h"
#include "crypto/keyring.h"

#define KEY_ID_BYTES_MAX     128 /* ours have 43; partners choose theirs */
#define KEYS_MAX             32
#define KEY_PEM_BYTES        16384
#define KEY_RSA_BITS_MIN     2048
#define KEY_RSA_BITS_MAX     8192
#define KEY_NUMBER_BYTES_MAX (KEY_RSA_BITS_MAX / 8) /* of a modulus or a signature */
#define KEY_COORDINATE_BYTES 32

struct ring;

struct key {
    char id[KEY_ID_BYTES_MAX];
    size_t id_n;
    enum key_alg alg;
    enum key_state state; /* of a keyring's keys, and since when */
    int64_t since_ms;
    EVP_PKEY *pkey;
    EVP_MD_CTX *prepared;
    EVP_MD_CTX *prepared_pss; /* RSA that names no algorithm: for PS256; else NULL */
    struct key_uses *uses;    /* ES256 that verifies: how often, and its table; else NULL */
    struct ring *ring;        /* the snapshot that owns it; NULL in a key set */
};

struct key_set {
    atomic_int holders;
    size_t n;
    struct key keys[KEYS_MAX];
};

struct key_set *key_set_make(void); /* empty, held once */

/* Takes pkey, whichever way it ends; naming the key is left to the caller. ERR_CRYPTO */
MUST_USE result key_make(struct key *k, EVP_PKEY *pkey, enum key_alg alg, bool signs,
                         struct err *e);
/* An RSA key that says RS256 or PS256 no more than its owner did; for verifying. */
MUST_USE result key_make_either(struct key *k, EVP_PKEY *pkey, struct err *e);
MUST_USE result key_generate(enum key_alg alg, EVP_PKEY **out, struct err *e);
/* What a private key is for; ERR_CRYPTO when it is of no kind above. */
MUST_USE result key_alg_find(const EVP_PKEY *pkey, enum key_alg *alg, struct err *e);
/* ERR_INVALID: not a public key that we can verify with; one with private members is not. */
MUST_USE result key_read_jwk(const struct json *jwk, struct arena *a, struct key *out,
                             struct err *e);
bool key_jwk_is_private(const struct json *jwk);                  /* or a secret (oct) */
struct json *key_jwk(const struct key *k, struct arena *a);       /* public members, caller owns */
struct str key_thumbprint(const EVP_PKEY *pkey, struct arena *a); /* RFC 7638, base64url */
void key_close(struct key *k);

/* Raw JWS signatures: 64 bytes r || s for ES256 (RFC 7518 3.4). */
MUST_USE result key_sign(const struct key *k, struct arena *a, struct str data, struct str *sig,
                         struct err *e);
/* The one algorithm that the key is used for when `algs` are allowed (0: all); false: none. */
bool key_alg_fix(const struct key *k, unsigned algs, enum key_alg *alg);
/* alg: from key_alg_fix. */
bool key_verify(const struct key *k, enum key_alg alg, struct str data, struct str sig);

#endif
