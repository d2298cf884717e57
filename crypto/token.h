/*
 * token.h - JSON Web Tokens (RFC 7515, 7519, 8725).
 *
 * Claims are built as JSON; the signature is made and checked with OpenSSL EVP and keys parsed
 * once. Verification fixes the algorithm by the key that the kid names, before anything else is
 * believed: a token whose header says another algorithm fails, `none` fails, `crit`, `zip` and
 * unknown `typ` fail, and embedded keys (jwk, jku, x5u) are ignored. A token without kid is taken
 * only where the set has exactly one key. exp is required, nbf and iat are checked when present,
 * all in whole seconds; sub, nonce, jti and the rest are the caller's to check. libjwt builds
 * header and claims; claims are read by base/json, which is stricter, and libjwt's decode call is
 * never used, since it lets the token choose the algorithm. Thread rule: any thread.
 */
#ifndef CRYPTO_TOKEN_H
#define CRYPTO_TOKEN_H

#include "base/base.h"

struct json;
struct key;
struct key_set;

struct token_expect {
    const char *typ;     /* required header typ, "at+jwt"; NULL: absent or "JWT" */
    struct str issuer;   /* exact iss */
    struct str audience; /* aud must be it or an array that holds it */
    int64_t now_s;
    int64_t skew_s;  /* tolerance on exp, nbf and iat */
    bool expired_ok; /* id_token_hint */
};

/* claims: an object; typ NULL gives "JWT". Compact serialisation into the arena. */
MUST_USE result token_sign(struct arena *a, const struct key *key, const char *typ,
                           const struct json *claims, struct str *out, struct err *e);
/* ERR_BAD_TOKEN with the failing check in the detail. Claims belong to the caller (json_close). */
MUST_USE result token_verify(struct arena *a, const struct key_set *keys, struct str token,
                             const struct token_expect *expect, struct json **claims,
                             struct err *e);
/* at_hash and c_hash of OIDC Core 3.1.3.6 for SHA-256 algorithms. */
struct str token_half_hash(struct arena *a, struct str value);

#endif
