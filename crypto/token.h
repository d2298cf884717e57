/*
 * token.h - JSON Web Tokens (RFC 7515, 7519, 8725).
 *
 * Claims are built as JSON; the signature is made and checked with OpenSSL EVP and keys parsed
 * once. Verification fixes the algorithm by the key that the kid names, before anything else is
 * believed: a token whose header says another algorithm fails, `none` fails, `crit`, `zip` and
 * unknown `typ` fail, and embedded keys (jwk, jku, x5u) are ignored. A token without kid is taken
 * only where the set has exactly one key. exp is required, nbf and iat are checked when present,
 * all in whole seconds; nonce, azp and the rest are the caller's to check, and so is that a jti is
 * new. libjwt builds the header; claims are printed and read by base/json, which is stricter, and
 * libjwt's decode call is never used, since it lets the token choose the algorithm. Thread rule:
 * any thread.
 */
#ifndef CRYPTO_TOKEN_H
#define CRYPTO_TOKEN_H

#include "base/base.h"

struct json;
struct key;
struct key_set;

/* What is left at zero asks for nothing, except where a line says so. */
struct token_expect {
    unsigned algs;       /* KEY_BIT of each algorithm that is allowed; 0: what the keys have */
    const char *typ;     /* required header typ, "at+jwt"; NULL: absent or "JWT" */
    bool typ_optional;   /* absent or "JWT" will do as well */
    struct str issuer;   /* exact iss; always given */
    struct str audience; /* aud must be it or an array that holds it; always given */
    const struct str *more_audiences; /* or one of these */
    size_t more_count;
    bool audience_string_only; /* no array: FAPI 2.0 SP 5.3.2.1-8 */
    bool needs_jti, needs_sub; /* texts of 1 to 512 bytes */
    int64_t now_s;
    int64_t skew_s;          /* tolerance on exp, and on nbf and iat unless future_s is given */
    int64_t future_s;        /* how far nbf and iat may lie ahead; 0: skew_s */
    int64_t age_most_s;      /* iat is required and at most that long ago */
    int64_t lifetime_most_s; /* exp at most that far ahead */
    bool exp_optional;       /* request objects of plain OpenID Connect */
    bool expired_ok;         /* id_token_hint */
    bool ours; /* keys of our own ring: a signature that this process made is known by a digest */
};

/* A proof of possession (RFC 9449 4.2): what cannot be left out. */
struct token_proof_expect {
    unsigned algs; /* of ES256, PS256 and EdDSA; 0: all three */
    int64_t now_s;
    int64_t past_s, future_s; /* how far iat may lie back and ahead; both always given */
};

struct token_proof {
    struct json *claims;   /* caller closes */
    struct str thumbprint; /* of the key in it (RFC 7638), in the arena */
};

/* claims: an object; typ NULL gives "JWT". Compact serialisation into the arena. */
MUST_USE result token_sign(struct arena *a, const struct key *key, const char *typ,
                           const struct json *claims, struct str *out, struct err *e);
/* ERR_BAD_TOKEN with the failing check in the detail. Claims belong to the caller (json_close). */
MUST_USE result token_verify(struct arena *a, const struct key_set *keys, struct str token,
                             const struct token_expect *expect, struct json **claims,
                             struct err *e);
/* A proof carries its own key, so it shows only that whoever made it has that key. Checked here:
 * typ dpop+jwt, a public key in the header and no private member, an algorithm that fits the key,
 * the signature, a jti (1 to 256 bytes), and iat (and exp and nbf when present) in the window. htm,
 * htu, ath, nonce and the jti's first use are the caller's to check. ERR_BAD_TOKEN. */
MUST_USE result token_verify_proof(struct arena *a, struct str proof,
                                   const struct token_proof_expect *expect, struct token_proof *out,
                                   struct err *e);
/* at_hash and c_hash of OIDC Core 3.1.3.6 for SHA-256 algorithms. */
struct str token_half_hash(struct arena *a, struct str value);

#endif
