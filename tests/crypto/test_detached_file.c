/* A partner's signature of a file: only of these bytes, by this key, by this algorithm. */
#include "crypto/detached_file.h"

#include "base/codec.h"
#include "base/json.h"
#include "crypto/key.h"
#include "tests/test.h"

#define BYTES "ref,amt\nA,1\n"

/* RFC 8037 A.4, its payload left out. */
#define ED_KEY                                                                                     \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
#define ED_TEXT "Example of Ed25519 signing"
#define ED_JWS                                                                                     \
    "eyJhbGciOiJFZERTQSJ9..hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt"  \
    "9g7sVvpAr_MuM0KAg"

static struct str jwk_of(const struct key *k)
{
    DEFER(json_close) struct json *o = key_jwk(k, test_arena());

    return json_print(test_arena(), o);
}

static struct str sign(const struct key *k, const char *head, struct str bytes)
{
    struct arena *a = test_arena();
    const struct str first = base64url_encode(a, str_c(head));
    const struct str data =
        str_fmt(a, "%.*s.%.*s", STR_ARG(first), STR_ARG(base64url_encode(a, bytes)));
    struct str sig;
    struct err e = { 0 };

    check_ok(key_sign(k, a, data, &sig, &e), e);
    return str_fmt(a, "%.*s..%.*s", STR_ARG(first), STR_ARG(base64url_encode(a, sig)));
}

static void make(enum key_alg alg, struct key *k)
{
    EVP_PKEY *pkey;
    struct err e = { 0 };

    check_ok(key_generate(alg, &pkey, &e), e);
    check_ok(key_make(k, pkey, alg, true, &e), e);
}

static void refused(struct str jwk, enum key_alg alg, const char *bytes, struct str jws,
                    enum err_code code)
{
    struct err e = { 0 };

    check_fails(detached_file_verify(jwk, alg, str_c(bytes), jws, &e), e, code);
}

TEST(a_signature_made_elsewhere_is_verified)
{
    struct err e = { 0 };

    check_ok(detached_file_verify(STR(ED_KEY), KEY_EDDSA, STR(ED_TEXT), STR(ED_JWS), &e), e);
    check_ok(detached_file_verify(STR(ED_KEY), KEY_EDDSA, STR(ED_TEXT), STR(ED_JWS "\r\n"), &e), e);
    refused(STR(ED_KEY), KEY_EDDSA, ED_TEXT " ", STR(ED_JWS), ERR_BAD_TOKEN);
    refused(STR(ED_KEY), KEY_EDDSA, "", STR(ED_JWS), ERR_BAD_TOKEN);
}

TEST(each_algorithm_signs_these_bytes_and_no_others)
{
    static const struct {
        enum key_alg alg;
        const char *head;
    } kinds[] = { { KEY_ES256, "{\"alg\":\"ES256\"}" }, { KEY_RS256, "{\"alg\":\"RS256\"}" } };

    for (size_t i = 0; i < LEN(kinds); i++) {
        DEFER(key_close) struct key k = { .pkey = NULL };
        DEFER(key_close) struct key other = { .pkey = NULL };
        struct err e = { 0 };

        make(kinds[i].alg, &k);
        make(kinds[i].alg, &other);
        const struct str jws = sign(&k, kinds[i].head, STR(BYTES));
        check_ok(detached_file_verify(jwk_of(&k), kinds[i].alg, STR(BYTES), jws, &e), e);
        refused(jwk_of(&k), kinds[i].alg, "ref,amt\nA,2\n", jws, ERR_BAD_TOKEN);
        refused(jwk_of(&other), kinds[i].alg, BYTES, jws, ERR_BAD_TOKEN);
    }
}

TEST(the_header_decides_nothing)
{
    static const char *const heads[] = {
        "{\"alg\":\"none\"}",
        "{\"alg\":\"RS256\"}",
        "{\"alg\":\"HS256\"}",
        "{}",
        "{\"alg\":\"ES256\",\"alg\":\"ES256\"}",
        "{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}",
        "{\"alg\":\"ES256\",\"zip\":\"DEF\"}",
        "[\"ES256\"]",
        "",
    };
    DEFER(key_close) struct key k = { .pkey = NULL };

    make(KEY_ES256, &k);
    for (size_t i = 0; i < LEN(heads); i++)
        refused(jwk_of(&k), KEY_ES256, BYTES, sign(&k, heads[i], STR(BYTES)), ERR_BAD_TOKEN);
}

TEST(what_is_no_detached_signature_is_refused)
{
    struct arena *a = test_arena();
    char *p = arena_alloc(a, DETACHED_FILE_BYTES + 1);

    for (size_t i = 0; i <= DETACHED_FILE_BYTES; i++)
        p[i] = 'A';
    refused(STR(ED_KEY), KEY_EDDSA, ED_TEXT, STR(""), ERR_BAD_TOKEN);
    refused(STR(ED_KEY), KEY_EDDSA, ED_TEXT, STR("a"), ERR_BAD_TOKEN);
    refused(STR(ED_KEY), KEY_EDDSA, ED_TEXT, STR(".."), ERR_BAD_TOKEN);
    refused(STR(ED_KEY), KEY_EDDSA, ED_TEXT, STR(ED_JWS "="), ERR_BAD_TOKEN);
    refused(STR(ED_KEY), KEY_EDDSA, ED_TEXT, STR(ED_JWS ".x"), ERR_BAD_TOKEN);
    refused(STR(ED_KEY), KEY_EDDSA, ED_TEXT, str_of(p, DETACHED_FILE_BYTES + 1), ERR_BAD_TOKEN);
    refused(STR(ED_KEY), KEY_EDDSA, ED_TEXT,
            STR("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPO"
                "t7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"),
            ERR_BAD_TOKEN); /* its payload stands in it */
}

TEST(a_key_of_another_kind_is_a_mistake_of_the_settings)
{
    refused(STR(ED_KEY), KEY_ES256, ED_TEXT, STR(ED_JWS), ERR_CONFIG);
    refused(STR("{\"kty\":\"oct\",\"k\":\"AAAA\"}"), KEY_EDDSA, ED_TEXT, STR(ED_JWS), ERR_CONFIG);
    refused(STR("no key"), KEY_EDDSA, ED_TEXT, STR(ED_JWS), ERR_CONFIG);
}
