#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "crypto/token.h"
#include "tests/forged.h"
#include "tests/test.h"

#define NOW_S  1795392000
#define CLAIMS "{\"jti\":\"j1\",\"htm\":\"POST\",\"htu\":\"https://a.vn/token\",\"iat\":1795392000}"

static const struct token_proof_expect window = { .now_s = NOW_S, .past_s = 60, .future_s = 10 };

static result verify(struct str proof, const struct token_proof_expect *x, struct err *e)
{
    struct token_proof out = { 0 };
    const result r = token_verify_proof(test_arena(), proof, x, &out, e);

    check((out.claims == NULL) == r.failed);
    check((out.thumbprint.n == 43) != r.failed);
    json_close(&out.claims);
    return r;
}

static void refused(struct str proof, const char *why)
{
    struct err e = { 0 };

    check_fails(verify(proof, &window, &e), e, ERR_BAD_TOKEN);
    if (why != NULL)
        check_str(str_c(e.detail), why);
}

static struct str jwk_of(const struct key *key, const char *more)
{
    const struct str jwk = forged_jwk(key);

    return str_fmt(test_arena(), "%.*s%s}", (int)jwk.n - 1, jwk.p, more);
}

static struct str sealed(const struct key *key, struct str head, const char *claims)
{
    const struct str text = forged_join(head, str_c(claims));

    return str_fmt(test_arena(), "%.*s.%.*s", STR_ARG(text),
                   STR_ARG(base64url_encode(test_arena(), forged_signed(key, text))));
}

/* A proof as clients make it; `more` stands in its header. */
static struct str proof(const struct key *key, const char *more, const char *claims)
{
    return sealed(key,
                  str_fmt(test_arena(), "{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":%.*s%s}",
                          key_alg_name(key->alg), STR_ARG(jwk_of(key, "")), more),
                  claims);
}

static const enum key_alg algs[] = { KEY_ES256, KEY_PS256, KEY_EDDSA };

TEST(the_published_proof_verifies)
{
    /* RFC 9449 4.1, and the thumbprint of its key in 6.1. */
    static const char example[] =
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0Vj"
        "NoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5"
        "VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TV"
        "CIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8"
        "lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    const struct token_proof_expect x = { .now_s = 1562262616, .past_s = 60, .future_s = 10 };
    struct token_proof out = { 0 };
    struct err e = { 0 };

    check_ok(token_verify_proof(test_arena(), str_c(example), &x, &out, &e), e);
    check_str(out.thumbprint, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    json_close(&out.claims);
}

TEST(nothing_of_the_corpus_of_forged_tokens_is_a_proof)
{
    for (size_t k = 0; k < LEN(algs); k++) {
        const struct forged_from from = { .key = forged_other(algs[k]),
                                          .claims = STR(CLAIMS),
                                          .typ = "dpop+jwt" };

        /* The good token has no jwk, and one with its maker's own jwk is a good proof. */
        refused(forged_good(&from), "no jwk");
        for (size_t i = 0; i < forged_count(); i++) {
            struct err e = { 0 };
            const bool own = strncmp(forged_name(i), "jwk", 3) == 0 &&
                             strcmp(forged_name(i), "jwk a secret") != 0;

            if (verify(forged_token(i, &from), &window, &e).failed == own)
                test_fail(__FILE__, __LINE__, "%s: %s", forged_name(i), e.detail);
        }
    }
}

TEST(a_header_that_is_not_exactly_a_proofs_is_refused)
{
    static const struct {
        const char *head; /* %s: the jwk */
        const char *why;
    } cases[] = {
        { "{\"alg\":\"ES256\",\"jwk\":%s}", "unexpected typ" },
        { "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"jwk\":%s}", "unexpected typ" },
        { "{\"typ\":\"DPoP+JWT\",\"alg\":\"ES256\",\"jwk\":%s}", "unexpected typ" },
        { "{\"typ\":\"application/dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%s}", "unexpected typ" },
        { "{\"typ\":[\"dpop+jwt\"],\"alg\":\"ES256\",\"jwk\":%s}", "unexpected typ" },
        { "{\"typ\":\"dpop+jwt\",\"jwk\":%s}", "alg is not the key's" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"none\",\"jwk\":%s}", "alg is not the key's" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"HS256\",\"jwk\":%s}", "alg is not the key's" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"PS256\",\"jwk\":%s}", "alg is not the key's" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES384\",\"jwk\":%s}", "alg is not the key's" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":[%s]}", "no jwk" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":null,\"x\":%s}", "no jwk" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jku\":%s}", "no jwk" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"crit\":[\"x\"],\"jwk\":%s}",
          "header has crit" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"b64\":true,\"jwk\":%s}", "header has b64" },
        { "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%s,\"jwk\":{}}",
          "part is not strict JSON" },
    };
    const struct key *key = forged_other(KEY_ES256);

    for (size_t i = 0; i < LEN(cases); i++) {
        struct str head = str_c(cases[i].head), before, after;

        check(str_cut(head, '%', &before, &after));
        head = str_fmt(test_arena(), "%.*s%.*s%.*s", STR_ARG(before), STR_ARG(jwk_of(key, "")),
                       STR_ARG(str_from(after, 1)));
        refused(sealed(key, head, CLAIMS), cases[i].why);
    }
}

TEST(a_key_that_is_private_or_unfit_makes_no_proof)
{
    static const struct {
        const char *more, *why;
    } cases[] = {
        { ",\"d\":\"AAAA\"", "jwk is private or secret" },
        { ",\"d\":null", "jwk is private or secret" },
        { ",\"p\":\"AAAA\"", "jwk is private or secret" },
        { ",\"q\":\"AAAA\"", "jwk is private or secret" },
        { ",\"dp\":\"AAAA\"", "jwk is private or secret" },
        { ",\"dq\":\"AAAA\"", "jwk is private or secret" },
        { ",\"qi\":\"AAAA\"", "jwk is private or secret" },
        { ",\"oth\":[]", "jwk is private or secret" },
        { ",\"k\":\"AAAA\"", "jwk is private or secret" },
    };

    for (size_t k = 0; k < LEN(algs); k++)
        for (size_t i = 0; i < LEN(cases); i++) {
            const struct key *key = forged_other(algs[k]);

            refused(
                sealed(key,
                       str_fmt(test_arena(), "{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":%.*s}",
                               key_alg_name(algs[k]), STR_ARG(jwk_of(key, cases[i].more))),
                       CLAIMS),
                cases[i].why);
        }
}

/* The key says RS256, or the header does: FAPI 2.0 knows neither. */
TEST(rs256_makes_no_proof)
{
    const struct key *key = forged_other(KEY_RS256);
    struct json *jwk = key_jwk(key, test_arena());
    struct str n = { 0 };

    refused(proof(key, "", CLAIMS), "the key's algorithm is not allowed here");
    check(json_str(json_member(jwk, "n"), &n));
    refused(sealed(key,
                   str_fmt(test_arena(),
                           "{\"typ\":\"dpop+jwt\",\"alg\":\"RS256\",\"jwk\":{\"kty\":\"RSA\","
                           "\"e\":\"AQAB\",\"n\":\"%.*s\"}}",
                           STR_ARG(n)),
                   CLAIMS),
            "alg is not the key's");
    json_close(&jwk);
}

TEST(a_caller_may_allow_fewer_algorithms)
{
    struct token_proof_expect x = window;
    struct err e = { 0 };

    for (size_t k = 0; k < LEN(algs); k++)
        for (size_t j = 0; j < LEN(algs); j++) {
            x.algs = KEY_BIT(algs[j]);
            check_int(verify(proof(forged_other(algs[k]), "", CLAIMS), &x, &e).failed, j != k);
        }
}

TEST(a_proof_is_of_this_moment_and_has_a_name)
{
    static const struct {
        const char *claims, *why; /* NULL: taken */
    } cases[] = {
        { "{\"jti\":\"j\",\"iat\":1795392000}", NULL },
        { "{\"jti\":\"j\",\"iat\":1795391940}", NULL },
        { "{\"jti\":\"j\",\"iat\":1795391939}", "issued too long ago" },
        { "{\"jti\":\"j\",\"iat\":1795392010}", NULL },
        { "{\"jti\":\"j\",\"iat\":1795392011}", "issued in the future" },
        { "{\"jti\":\"j\",\"iat\":1795392000000}", "iat is not a time in seconds" },
        { "{\"jti\":\"j\",\"iat\":\"1795392000\"}", "iat is not a time in seconds" },
        { "{\"jti\":\"j\",\"iat\":1795392000.5}", "iat is not a time in seconds" },
        { "{\"jti\":\"j\"}", "no iat" },
        { "{\"iat\":1795392000}", "no jti, or none of a fit length" },
        { "{\"jti\":\"\",\"iat\":1795392000}", "no jti, or none of a fit length" },
        { "{\"jti\":5,\"iat\":1795392000}", "no jti, or none of a fit length" },
        { "{\"jti\":\"j\",\"iat\":1795392000,\"nbf\":1795392010,\"exp\":1795392300,\"x\":{}}",
          NULL },
        { "{\"jti\":\"j\",\"iat\":1795392000,\"nbf\":1795392011}", "not valid yet" },
        { "{\"jti\":\"j\",\"iat\":1795392000,\"exp\":1795391990}", "expired" },
        { "{\"jti\":\"j\",\"iat\":1795392000,\"exp\":1795391991}", NULL },
        { "[]", "part is not an object" },
    };
    const struct key *key = forged_other(KEY_ES256);
    char jti[257] = { 0 };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct err e = { 0 };
        const result r = verify(proof(key, "", cases[i].claims), &window, &e);

        check_str(str_c(e.detail), cases[i].why == NULL ? "" : cases[i].why);
        check_int(r.failed, cases[i].why != NULL);
    }
    memset(jti, 'j', 256);
    for (int i = 0; i < 2; i++) {
        struct err e = { 0 };
        const char *claims =
            str_fmt(test_arena(), "{\"jti\":\"%s%s\",\"iat\":1795392000}", jti, i == 0 ? "" : "j")
                .p;

        check_int(verify(proof(key, "", claims), &window, &e).failed, i == 1);
    }
}

TEST(the_thumbprint_is_the_keys_however_it_is_spelled)
{
    for (size_t k = 0; k < LEN(algs); k++) {
        const struct key *key = forged_other(algs[k]);
        struct token_proof one = { 0 }, two = { 0 };
        struct str other;
        struct err e = { 0 };

        check_ok(token_verify_proof(test_arena(), proof(key, "", CLAIMS), &window, &one, &e), e);
        other = str_fmt(test_arena(), "{\"jwk\":%.*s,\"x\":1,\"alg\":\"%s\",\"typ\":\"dpop+jwt\"}",
                        STR_ARG(jwk_of(key, ",\"ext\":true,\"key_ops\":[\"verify\"]")),
                        key_alg_name(algs[k]));
        check_ok(token_verify_proof(test_arena(), sealed(key, other, CLAIMS), &window, &two, &e),
                 e);
        check_same(one.thumbprint, two.thumbprint);
        check_same(one.thumbprint, key_thumbprint(key->pkey, test_arena()));
        json_close(&one.claims);
        json_close(&two.claims);
    }
}

TEST(every_flipped_bit_of_a_proof_is_refused)
{
    const struct str good = proof(forged_other(KEY_ES256), "", CLAIMS);

    for (size_t bit = 0; bit < good.n * 8; bit++) {
        char *copy = arena_copy(test_arena(), good.p, good.n);

        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        refused(str_of(copy, good.n), NULL);
    }
}

/* A key that is remembered opens nothing that it would not open anew. */
TEST(a_key_that_is_kept_is_judged_as_at_first)
{
    const struct key *key = forged_other(KEY_ES256);
    struct token_proof_expect x = window;
    struct err e = { 0 };

    for (int i = 0; i < 3; i++) {
        check_ok(verify(proof(key, "", CLAIMS), &window, &e), e);
        x.algs = KEY_BIT(KEY_PS256);
        check_fails(verify(proof(key, "", CLAIMS), &x, &e), e, ERR_BAD_TOKEN);
        check_str(str_c(e.detail), "the key's algorithm is not allowed here");
        refused(
            sealed(forged_other(KEY_PS256),
                   str_fmt(test_arena(), "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%.*s}",
                           STR_ARG(jwk_of(key, ""))),
                   CLAIMS),
            "signature does not match");
        refused(
            sealed(key,
                   str_fmt(test_arena(), "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%.*s}",
                           STR_ARG(jwk_of(key, ",\"d\":\"AA\""))),
                   CLAIMS),
            "jwk is private or secret");
        refused(
            sealed(key,
                   str_fmt(test_arena(), "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%.*s}",
                           STR_ARG(str_fmt(test_arena(), "{\"use\":\"enc\",%.*s",
                                           STR_ARG(str_from(jwk_of(key, ""), 1))))),
                   CLAIMS),
            NULL);
    }
}

static void *prove(void *unused)
{
    DEFER(arena_close) struct arena *a = arena_open(1 << 20);
    const struct str *proofs = unused;
    void *good = unused;

    for (int i = 0; i < 400 && good != NULL; i++) {
        struct token_proof out = { 0 };

        arena_reset(a);
        if (token_verify_proof(a, proofs[i % 200], &window, &out, NULL).failed)
            good = NULL;
        json_close(&out.claims);
    }
    return good;
}

/* More keys than are kept, by several threads. */
TEST(many_keys_push_each_other_out_and_all_go_on)
{
    struct str proofs[200];
    pthread_t threads[4];

    for (size_t i = 0; i < LEN(proofs); i++) {
        struct key key = { 0 };
        EVP_PKEY *pkey = NULL;
        struct err e = { 0 };

        check_ok(key_generate(KEY_ES256, &pkey, &e), e);
        check_ok(key_make(&key, pkey, KEY_ES256, true, &e), e);
        proofs[i] = proof(&key, "", CLAIMS);
        key_close(&key);
    }
    for (size_t i = 0; i < LEN(threads); i++)
        check(pthread_create(&threads[i], NULL, prove, proofs) == 0);
    for (size_t i = 0; i < LEN(threads); i++) {
        void *answer = NULL;

        check(pthread_join(threads[i], &answer) == 0);
        check(answer == proofs);
    }
}
