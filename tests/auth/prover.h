/*
 * prover.h - proofs of possession (RFC 9449) as clients make them, and as nobody should.
 *
 *     struct prover p = prover_new(au, "POST", "https://id.example.vn/token");
 *     call.dpop = prover_proof(&p); call.dpop_count = 1;
 *
 * Two keys, 0 and 1; prover_jkt() tells their thumbprints.
 */
#ifndef TESTS_AUTH_PROVER_H
#define TESTS_AUTH_PROVER_H

#include "auth/auth.h"
#include "base/clock.h"
#include "crypto/random.h"
#include "tests/forged.h"

struct prover {
    int key;
    const char *htm, *htu;
    int64_t iat_s;
    struct str jti;   /* empty: a fresh one for each proof */
    struct str token; /* whose hash it carries, or empty */
    struct str more;  /* further claims: ,"nonce":"..." */
};

__attribute__((unused)) static inline const struct key *prover_key(int i)
{
    static struct key keys[2];
    struct err e = { .code = ERR_NONE };
    EVP_PKEY *pkey = NULL;

    if (keys[i].pkey == NULL) {
        check_ok(key_generate(KEY_ES256, &pkey, &e), e);
        check_ok(key_make(&keys[i], pkey, KEY_ES256, true, &e), e);
    }
    return &keys[i];
}

__attribute__((unused)) static inline struct str prover_jkt(int i)
{
    return key_thumbprint(prover_key(i)->pkey, test_arena());
}

__attribute__((unused)) static inline struct prover prover_new(struct auth *au, const char *htm,
                                                               const char *htu)
{
    return (struct prover){ .htm = htm, .htu = htu, .iat_s = clock_now_s(au->clock) };
}

__attribute__((unused)) static inline struct str prover_proof(const struct prover *p)
{
    struct arena *a = test_arena();
    const struct key *key = prover_key(p->key);
    const struct str head = str_fmt(a, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%.*s}",
                                    STR_ARG(forged_jwk(key)));
    const struct str jti = p->jti.n > 0 ? p->jti : random_uuid(a);
    const struct str ath = p->token.n == 0
                               ? STR("")
                               : str_fmt(a, ",\"ath\":\"%.*s\"",
                                         STR_ARG(digest_base64url(a, digest_sha256(p->token))));
    const struct str claims =
        str_fmt(a, "{\"jti\":\"%.*s\",\"htm\":\"%s\",\"htu\":\"%s\",\"iat\":%lld%.*s%.*s}",
                STR_ARG(jti), p->htm, p->htu, (long long)p->iat_s, STR_ARG(ath), STR_ARG(p->more));
    const struct str text = forged_join(head, claims);

    return str_fmt(a, "%.*s.%.*s", STR_ARG(text),
                   STR_ARG(base64url_encode(a, forged_signed(key, text))));
}

#endif
