#include "crypto/token.h"

#include <jwt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/json.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "tests/forged.h"
#include "tests/test.h"

#define NOW_S 1795392000
#define ISS   "https://login.example.vn"
#define AUD   "portal"

static struct keyring *ring;
static struct key_set *keys;

/* One ring with a key of each algorithm; made when first needed, closed with the program. */
static void ring_end(void)
{
    key_set_close(&keys);
    keyring_close(&ring);
}

static void ring_begin(void)
{
    const char *dir = str_cstr(test_arena(), str_fmt(test_arena(), "%s/keys", test_folder()));
    struct str kid = { 0 };
    struct err e = { 0 };

    if (ring != NULL)
        return;
    check_ok(keyring_make_key(dir, KEY_ES256, KEY_ACTIVE, test_arena(), &kid, &e), e);
    check_ok(keyring_make_key(dir, KEY_RS256, KEY_ACTIVE, test_arena(), &kid, &e), e);
    check_ok(keyring_make_key(dir, KEY_PS256, KEY_ACTIVE, test_arena(), &kid, &e), e);
    check_ok(keyring_open(dir, &ring, &e), e);
    keys = keyring_public(ring);
    check(atexit(ring_end) == 0);
}

static struct token_expect expected(void)
{
    return (struct token_expect){
        .issuer = STR(ISS), .audience = STR(AUD), .now_s = NOW_S, .skew_s = 10
    };
}

static struct key *active(enum key_alg alg)
{
    struct key *key = NULL;
    struct err e = { 0 };

    ring_begin();
    check_ok(keyring_active(ring, alg, &key, &e), e);
    return key;
}

/* What an attacker who held the key would write: any header, any body. */
static struct str forge(const char *head, const char *body, enum key_alg alg)
{
    DEFER(key_release) struct key *key = active(alg);
    struct arena *a = test_arena();
    struct str sig = { 0 };
    struct str text;
    struct err e = { 0 };

    text = str_fmt(a, "%.*s.%.*s", STR_ARG(base64url_encode(a, str_c(head))),
                   STR_ARG(base64url_encode(a, str_c(body))));
    check_ok(key_sign(key, a, text, &sig, &e), e);
    return str_fmt(a, "%.*s.%.*s", STR_ARG(text), STR_ARG(base64url_encode(a, sig)));
}

static const char *head_of(enum key_alg alg, const char *more)
{
    DEFER(key_release) struct key *key = active(alg);

    return str_fmt(test_arena(), "{\"alg\":\"%s\",\"kid\":\"%.*s\"%s}", key_alg_name(alg),
                   STR_ARG(key_id(key)), more)
        .p;
}

#define GOOD "{\"iss\":\"" ISS "\",\"aud\":\"" AUD "\",\"exp\":1795392300,\"sub\":\"ac_1\"}"

static struct str good(enum key_alg alg)
{
    return forge(head_of(alg, ""), GOOD, alg);
}

static result verify(struct str token, const struct token_expect *x, struct err *e)
{
    DEFER(json_close) struct json *claims = NULL;

    ring_begin();
    return token_verify(test_arena(), keys, token, x, &claims, e);
}

static void refused(struct str token, const char *why)
{
    const struct token_expect x = expected();
    struct err e = { 0 };

    check_fails(verify(token, &x, &e), e, ERR_BAD_TOKEN);
    if (why != NULL)
        check_str(str_c(e.detail), why);
}

static void accepted(struct str token)
{
    const struct token_expect x = expected();
    struct err e = { 0 };

    check_ok(verify(token, &x, &e), e);
}

static result set_of(struct str jwk, struct key_set **set, struct err *e)
{
    DEFER(json_close) struct json *jwks = NULL;

    TRY(json_read(str_fmt(test_arena(), "{\"keys\":[%.*s]}", STR_ARG(jwk)), &jwks, e));
    return key_set_read(jwks, set, e);
}

/* The public key without kid and use, and with alg only as `named` says. */
static struct str rsa_jwk(EVP_PKEY *pkey, const char *named)
{
    const struct key key = { .pkey = pkey, .alg = KEY_RS256 };
    DEFER(json_close) struct json *jwk = key_jwk(&key, test_arena());
    struct str n = { 0 }, exponent = { 0 };

    check(json_str(json_member(jwk, "n"), &n) && json_str(json_member(jwk, "e"), &exponent));
    return str_fmt(test_arena(), "{\"kty\":\"RSA\",\"n\":\"%.*s\",\"e\":\"%.*s\"%s}", STR_ARG(n),
                   STR_ARG(exponent), named);
}

TEST(hmac_with_the_public_key_as_its_secret_is_refused)
{
    static const enum key_alg algs[] = { KEY_ES256, KEY_RS256, KEY_PS256 };

    for (size_t i = 0; i < LEN(algs); i++) {
        DEFER(key_release) struct key *key = active(algs[i]);
        const struct str pem = forged_public(key, true);
        const char *head =
            str_fmt(test_arena(), "{\"alg\":\"HS256\",\"kid\":\"%.*s\"}", STR_ARG(key_id(key))).p;
        struct str text =
            str_fmt(test_arena(), "%.*s.%.*s", STR_ARG(base64url_encode(test_arena(), str_c(head))),
                    STR_ARG(base64url_encode(test_arena(), STR(GOOD))));
        const struct digest mac = digest_hmac(pem, text);
        jwt_t *fooled = NULL;

        text = str_fmt(test_arena(), "%.*s.%.*s", STR_ARG(text),
                       STR_ARG(digest_base64url(test_arena(), mac)));
        /* The library's own decoding, given the public key, believes it. */
        check_int(jwt_decode(&fooled, text.p, (const unsigned char *)pem.p, (int)pem.n), 0);
        check(fooled != NULL);
        check_str(str_c(jwt_get_grant(fooled, "sub")), "ac_1");
        jwt_free(fooled);
        refused(text, "alg is not the key's");
    }
}

TEST(nothing_of_the_corpus_of_forged_tokens_is_taken)
{
    static const enum key_alg algs[] = { KEY_ES256, KEY_RS256, KEY_PS256 };

    for (size_t k = 0; k < LEN(algs); k++) {
        DEFER(key_release) struct key *key = active(algs[k]);
        const struct forged_from from = { .key = key, .claims = STR(GOOD), .typ = "JWT" };

        accepted(forged_good(&from));
        for (size_t i = 0; i < forged_count(); i++)
            refused(forged_token(i, &from), NULL);
    }
}

/* The same where the set has one key, so that a token needs no kid. */
TEST(nothing_of_the_corpus_is_taken_where_one_key_is)
{
    DEFER(key_release) struct key *key = active(KEY_ES256);
    DEFER(key_set_close) struct key_set *one = NULL;
    const struct forged_from from = { .key = key, .claims = STR(GOOD), .typ = "JWT" };
    const struct token_expect x = expected();
    struct err e = { 0 };

    check_ok(set_of(forged_jwk(key), &one, &e), e);
    for (size_t i = 0; i <= forged_count(); i++) {
        DEFER(json_close) struct json *claims = NULL;
        const struct str token = i < forged_count() ? forged_token(i, &from) : forged_good(&from);

        if (token_verify(test_arena(), one, token, &x, &claims, &e).failed != (i < forged_count()))
            test_fail(__FILE__, __LINE__, "%s", i < forged_count() ? forged_name(i) : "good");
    }
}

/* A list of algorithms is the caller's; what the token says does not widen it. */
TEST(an_algorithm_that_the_caller_does_not_allow_is_refused)
{
    static const enum key_alg algs[] = { KEY_ES256, KEY_RS256, KEY_PS256 };
    struct token_expect x = expected();
    struct err e = { 0 };

    for (size_t i = 0; i < LEN(algs); i++) {
        x.algs = ~KEY_BIT(algs[i]);
        check_fails(verify(good(algs[i]), &x, &e), e, ERR_BAD_TOKEN);
        check_str(str_c(e.detail), "the key's algorithm is not allowed here");
        x.algs = KEY_BIT(algs[i]);
        check_ok(verify(good(algs[i]), &x, &e), e);
    }
}

/* A client's RSA key as most libraries write it: without alg, or with alg PS256. */
TEST(an_rsa_key_without_alg_does_what_the_caller_allows_and_no_other)
{
    static const struct {
        const char *named; /* alg of the key, or none */
        unsigned algs;
        enum key_alg by;
        bool good;
    } cases[] = {
        { "", 0, KEY_RS256, true },
        { "", 0, KEY_PS256, false },
        { "", KEY_BIT(KEY_RS256), KEY_RS256, true },
        { "", KEY_BIT(KEY_RS256), KEY_PS256, false },
        { "", KEY_BITS_FAPI2, KEY_PS256, true },
        { "", KEY_BITS_FAPI2, KEY_RS256, false },
        { "", KEY_BITS_FAPI2 | KEY_BIT(KEY_RS256), KEY_RS256, true },
        { "", KEY_BITS_FAPI2 | KEY_BIT(KEY_RS256), KEY_PS256, false },
        { "", KEY_BIT(KEY_ES256), KEY_RS256, false },
        { ",\"alg\":\"PS256\"", 0, KEY_PS256, true },
        { ",\"alg\":\"PS256\"", 0, KEY_RS256, false },
        { ",\"alg\":\"PS256\"", KEY_BIT(KEY_RS256), KEY_PS256, false },
        { ",\"alg\":\"RS256\"", KEY_BITS_FAPI2, KEY_RS256, false },
        { ",\"alg\":\"RS256\"", KEY_BITS_FAPI2, KEY_PS256, false },
    };
    struct key rs = *forged_other(KEY_RS256), ps = { 0 };
    struct err e = { 0 };

    check(EVP_PKEY_up_ref(rs.pkey) == 1);
    check_ok(key_make(&ps, rs.pkey, KEY_PS256, true, &e), e);
    for (size_t i = 0; i < LEN(cases); i++) {
        DEFER(key_set_close) struct key_set *set = NULL;
        DEFER(json_close) struct json *claims = NULL;
        const struct forged_from from = { cases[i].by == KEY_RS256 ? &rs : &ps, STR(GOOD), "JWT" };
        struct token_expect x = expected();
        struct forged_row row = { "", FORGED_KEY, NULL, "", "", "" };

        check_ok(set_of(rsa_jwk(rs.pkey, cases[i].named), &set, &e), e);
        x.algs = cases[i].algs;
        if (token_verify(test_arena(), set, forged_row_token(&row, &from), &x, &claims, &e)
                .failed == cases[i].good)
            test_fail(__FILE__, __LINE__, "case %zu: %s", i, e.detail);
    }
    key_close(&ps);
}

TEST(the_published_ed25519_example_verifies)
{
    /* RFC 8037 A.2 and A.4, whose payload is no JSON: it gets as far as that. */
    static const char jwk[] = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
                              "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";
    static const char example[] =
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGc"
        "vMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    DEFER(key_set_close) struct key_set *set = NULL;
    struct token_expect x = expected();
    struct json *claims = NULL;
    struct str wrong = str_dup(test_arena(), str_c(example));
    struct err e = { 0 };

    check_ok(set_of(str_c(jwk), &set, &e), e);
    check_fails(token_verify(test_arena(), set, str_c(example), &x, &claims, &e), e, ERR_BAD_TOKEN);
    check_str(str_c(e.detail), "part is not strict JSON");
    ((char *)(uintptr_t)wrong.p)[25] ^= 1;
    check_fails(token_verify(test_arena(), set, wrong, &x, &claims, &e), e, ERR_BAD_TOKEN);
    check_str(str_c(e.detail), "signature does not match");
    x.algs = KEY_BIT(KEY_ES256) | KEY_BIT(KEY_PS256);
    check_fails(token_verify(test_arena(), set, str_c(example), &x, &claims, &e), e, ERR_BAD_TOKEN);
    check_str(str_c(e.detail), "the key's algorithm is not allowed here");
}

TEST(an_ed25519_key_verifies_many_tokens_and_no_forged_one)
{
    DEFER(key_set_close) struct key_set *set = NULL;
    struct key key = { .id = "ed", .id_n = 2 };
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    struct forged_from from = { .key = &key, .claims = STR(GOOD), .typ = "JWT" };
    struct token_expect x = expected();
    struct err e = { 0 };

    check_ok(key_make(&key, pkey, KEY_EDDSA, true, &e), e);
    check_ok(set_of(forged_jwk(&key), &set, &e), e);
    for (size_t i = 0; i < 2 * forged_count(); i++) {
        DEFER(json_close) struct json *claims = NULL;
        const bool good = i % 2 == 0;
        const struct str token = good ? forged_good(&from) : forged_token(i / 2, &from);

        if (token_verify(test_arena(), set, token, &x, &claims, &e).failed == good)
            test_fail(__FILE__, __LINE__, "%s: %s", good ? "good" : forged_name(i / 2), e.detail);
    }
    key_close(&key);
}

TEST(no_signature_is_no_token)
{
    const char *heads[] = { "{\"alg\":\"none\"}", head_of(KEY_ES256, ""), NULL, NULL };
    struct str body = base64url_encode(test_arena(), STR(GOOD));

    heads[2] = str_fmt(test_arena(), "{\"alg\":\"none\",%s", head_of(KEY_ES256, "") + 15).p;
    heads[3] = str_fmt(test_arena(), "{\"alg\":\"None\",%s", head_of(KEY_ES256, "") + 15).p;
    for (size_t i = 0; i < LEN(heads); i++) {
        struct str head = base64url_encode(test_arena(), str_c(heads[i]));

        refused(str_fmt(test_arena(), "%.*s.%.*s.", STR_ARG(head), STR_ARG(body)),
                "not three parts");
        refused(str_fmt(test_arena(), "%.*s.%.*s", STR_ARG(head), STR_ARG(body)),
                "not three parts");
        refused(str_fmt(test_arena(), "%.*s.%.*s.AAAA", STR_ARG(head), STR_ARG(body)), NULL);
    }
}

TEST(an_algorithm_that_is_not_the_keys_is_refused)
{
    DEFER(key_release) struct key *rs = active(KEY_RS256);
    static const char *const algs[] = { "PS256", "RS384", "ES256", "rs256", "", "HS256" };

    for (size_t i = 0; i < LEN(algs); i++)
        refused(forge(str_fmt(test_arena(), "{\"alg\":\"%s\",\"kid\":\"%.*s\"}", algs[i],
                              STR_ARG(key_id(rs)))
                          .p,
                      GOOD, KEY_RS256),
                "alg is not the key's");
    refused(
        forge(str_fmt(test_arena(), "{\"kid\":\"%.*s\"}", STR_ARG(key_id(rs))).p, GOOD, KEY_RS256),
        "alg is not the key's");
    refused(forge(str_fmt(test_arena(), "{\"alg\":5,\"kid\":\"%.*s\"}", STR_ARG(key_id(rs))).p,
                  GOOD, KEY_RS256),
            "alg is not the key's");
    /* The right names, another key's signature. */
    refused(forge(head_of(KEY_ES256, ""), GOOD, KEY_RS256), "signature does not match");
    refused(forge(head_of(KEY_RS256, ""), GOOD, KEY_PS256), "signature does not match");
    refused(forge(head_of(KEY_PS256, ""), GOOD, KEY_RS256), "signature does not match");
}

TEST(headers_that_would_change_the_meaning_are_refused)
{
    static const struct {
        const char *more, *why;
    } cases[] = {
        { ",\"crit\":[\"exp\"]", "header has crit" },
        { ",\"crit\":[]", "header has crit" },
        { ",\"crit\":null", "header has crit" },
        { ",\"zip\":\"DEF\"", "header has zip" },
        { ",\"b64\":false", "header has b64" },
        { ",\"cty\":\"JWT\"", "header has cty" },
        { ",\"typ\":\"at+jwt\"", "unexpected typ" },
        { ",\"typ\":\"logout+jwt\"", "unexpected typ" },
        { ",\"typ\":1", "typ is not a short text" },
        { ",\"alg\":\"ES256\"", "part is not strict JSON" },
    };

    for (size_t i = 0; i < LEN(cases); i++)
        refused(forge(head_of(KEY_ES256, cases[i].more), GOOD, KEY_ES256), cases[i].why);
    refused(forge("[]", GOOD, KEY_ES256), "part is not an object");
    refused(forge("\"x\"", GOOD, KEY_ES256), "part is not an object");
    refused(forge("{", GOOD, KEY_ES256), "part is not strict JSON");
}

TEST(keys_and_addresses_inside_a_token_are_ignored)
{
    accepted(forge(head_of(KEY_ES256, ",\"jku\":\"http://127.0.0.1:1/\",\"x5u\":\"file:///\","
                                      "\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"},\"x5c\":[]"),
                   GOOD, KEY_ES256));
}

TEST(an_unknown_or_absent_kid_is_refused_where_several_keys_are)
{
    static const char *const kids[] = { "\"x\"",           "\"\"", "5", "\"../keys/a\"",
                                        "\"' OR 1=1 --\"", "[]" };

    refused(forge("{\"alg\":\"ES256\"}", GOOD, KEY_ES256), "no kid, and several keys");
    for (size_t i = 0; i < LEN(kids); i++)
        refused(forge(str_fmt(test_arena(), "{\"alg\":\"ES256\",\"kid\":%s}", kids[i]).p, GOOD,
                      KEY_ES256),
                NULL);
}

TEST(no_kid_is_needed_where_only_one_key_is)
{
    DEFER(key_release) struct key *key = active(KEY_RS256);
    DEFER(json_close) struct json *jwks = json_object();
    DEFER(key_set_close) struct key_set *one = NULL;
    const struct token_expect x = expected();
    struct json *list = json_array();
    struct err e = { 0 };

    json_add(list, key_jwk(key, test_arena()));
    json_put(jwks, "keys", list);
    check_ok(key_set_read(jwks, &one, &e), e);
    for (int i = 0; i < 3; i++) {
        static const char *const heads[] = { "{\"alg\":\"RS256\",\"kid\":\"x\"}",
                                             "{\"alg\":\"PS256\"}", "{\"alg\":\"RS256\"}" };
        DEFER(json_close) struct json *claims = NULL;
        const result r =
            token_verify(test_arena(), one, forge(heads[i], GOOD, KEY_RS256), &x, &claims, &e);

        check_int(r.failed, i < 2);
    }
}

TEST(one_token_has_one_spelling)
{
    const struct str token = good(KEY_ES256);
    size_t last_dot = token.n - 1;

    while (token.p[last_dot] != '.')
        last_dot--;
    refused(str_cat(test_arena(), token, STR("=")), "signature is not canonical base64url");
    refused(str_cat(test_arena(), token, STR("\n")), "signature is not canonical base64url");
    refused(str_cat(test_arena(), STR(" "), token), "not canonical base64url");
    refused(str_cat(test_arena(), token, STR(".")), "not three parts");
    refused(str_cat(test_arena(), token, STR(".x")), "not three parts");
    refused(str_cat(test_arena(), STR("."), token), "not three parts");
    refused(STR(""), "not three parts");
    refused(STR(".."), "not three parts");
    /* 64 bytes are 86 characters; the low four bits of the last must be zero. */
    for (int low = 1; low < 16; low++) {
        static const char alphabet[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        char *copy = arena_copy(test_arena(), token.p, token.n);
        const char *at = strchr(alphabet, copy[token.n - 1]);

        check(at != NULL && (at - alphabet) % 16 == 0);
        copy[token.n - 1] = alphabet[at - alphabet + low];
        refused(str_of(copy, token.n), "signature is not canonical base64url");
    }
    accepted(token);
}

TEST(repeated_members_are_refused)
{
    refused(forge(head_of(KEY_ES256, ""),
                  "{\"iss\":\"" ISS "\",\"aud\":\"" AUD "\",\"exp\":1795392300,\"sub\":\"a\","
                  "\"sub\":\"b\"}",
                  KEY_ES256),
            "part is not strict JSON");
    refused(forge(head_of(KEY_ES256, ",\"x\":1,\"x\":2"), GOOD, KEY_ES256),
            "part is not strict JSON");
}

TEST(every_flipped_bit_of_every_part_is_refused)
{
    static const enum key_alg algs[] = { KEY_ES256, KEY_RS256, KEY_PS256 };

    for (size_t i = 0; i < LEN(algs); i++) {
        const struct str token = good(algs[i]);
        const size_t step = algs[i] == KEY_ES256 ? 1 : 7;

        accepted(token);
        for (size_t bit = 0; bit < token.n * 8; bit += step) {
            char *copy = arena_copy(test_arena(), token.p, token.n);

            copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
            refused(str_of(copy, token.n), NULL);
        }
    }
}

static struct str with_signature(struct str token, struct str sig)
{
    size_t at = token.n;

    while (token.p[at - 1] != '.')
        at--;
    return str_cat(test_arena(), str_sub(token, 0, at), base64url_encode(test_arena(), sig));
}

TEST(an_es256_signature_has_64_bytes_and_no_other_form)
{
    struct str token = good(KEY_ES256), raw = { 0 };
    char zero[64] = { 0 }, der[8] = { 0x30, 6, 2, 1, 1, 2, 1, 1 };
    size_t at = token.n;

    while (token.p[at - 1] != '.')
        at--;
    check(base64url_decode(test_arena(), str_from(token, at), &raw));
    check_int(raw.n, 64);
    accepted(with_signature(token, raw));
    for (size_t n = 1; n < raw.n; n++)
        refused(with_signature(token, str_sub(raw, 0, n)), "signature does not match");
    refused(with_signature(token, str_cat(test_arena(), raw, STR("x"))),
            "signature does not match");
    refused(with_signature(token, str_cat(test_arena(), STR("\0"), raw)),
            "signature does not match");
    refused(with_signature(token, str_of(zero, sizeof(zero))), "signature does not match");
    refused(with_signature(token, str_of(der, sizeof(der))), "signature does not match");
}

TEST(the_signature_of_the_published_example_verifies)
{
    /* RFC 7515 A.3, whose claims are another service's: it gets as far as the issuer. */
    static const char jwks_text[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
                                    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                                    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";
    static const char example[] =
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
        "LmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISl"
        "SApmWQxfKTUJqPP3-Kg6NU1Q";
    DEFER(json_close) struct json *jwks = NULL;
    DEFER(json_close) struct json *claims = NULL;
    DEFER(key_set_close) struct key_set *set = NULL;
    struct token_expect x = expected();
    struct err e = { 0 };

    check_ok(json_read(str_c(jwks_text), &jwks, &e), e);
    check_ok(key_set_read(jwks, &set, &e), e);
    check_fails(token_verify(test_arena(), set, str_c(example), &x, &claims, &e), e, ERR_BAD_TOKEN);
    check_str(str_c(e.detail), "from another issuer");
    x.issuer = STR("joe");
    check_fails(token_verify(test_arena(), set, str_c(example), &x, &claims, &e), e, ERR_BAD_TOKEN);
    check_str(str_c(e.detail), "aud is no audience");
}

#define CLAIMS(iss, aud, more) "{\"iss\":" iss ",\"aud\":" aud more "}"
#define EXP                    ",\"exp\":1795392300"
#define Q_ISS                  "\"" ISS "\""
#define Q_AUD                  "\"" AUD "\""

TEST(claims_for_others_or_of_another_time_are_refused)
{
    static const struct {
        const char *body, *why;
    } cases[] = {
        { CLAIMS("\"https://login.example.vn/\"", Q_AUD, EXP), "from another issuer" },
        { CLAIMS("\"HTTPS://login.example.vn\"", Q_AUD, EXP), "from another issuer" },
        { CLAIMS("[" Q_ISS "]", Q_AUD, EXP), "from another issuer" },
        { "{\"aud\":" Q_AUD EXP "}", "from another issuer" },
        { CLAIMS(Q_ISS, "\"portal2\"", EXP), "for another audience" },
        { CLAIMS(Q_ISS, "\"Portal\"", EXP), "for another audience" },
        { CLAIMS(Q_ISS, "[]", EXP), "for other audiences" },
        { CLAIMS(Q_ISS, "[\"a\",\"b\"]", EXP), "for other audiences" },
        { CLAIMS(Q_ISS, "[" Q_AUD ",5]", EXP), "aud holds something else than texts" },
        { CLAIMS(Q_ISS, "{\"portal\":1}", EXP), "aud is no audience" },
        { CLAIMS(Q_ISS, "null", EXP), "aud is no audience" },
        { "{\"iss\":" Q_ISS EXP "}", "aud is no audience" },
        { CLAIMS(Q_ISS, Q_AUD, ""), "no exp" },
        { CLAIMS(Q_ISS, Q_AUD, ",\"exp\":\"1795392300\""), "exp is not a time in seconds" },
        { CLAIMS(Q_ISS, Q_AUD, ",\"exp\":1795392300.5"), "exp is not a time in seconds" },
        { CLAIMS(Q_ISS, Q_AUD, ",\"exp\":-1"), "exp is not a time in seconds" },
        { CLAIMS(Q_ISS, Q_AUD, ",\"exp\":9223372036854775807"), "exp is not a time in seconds" },
        { CLAIMS(Q_ISS, Q_AUD, ",\"exp\":1795391990"), "expired" },
        { CLAIMS(Q_ISS, Q_AUD, EXP ",\"nbf\":1795392011"), "not valid yet" },
        { CLAIMS(Q_ISS, Q_AUD, EXP ",\"iat\":1795392011"), "issued in the future" },
        { CLAIMS(Q_ISS, Q_AUD, EXP ",\"iat\":true"), "iat is not a time in seconds" },
        { "[]", "part is not an object" },
        { "", "not three parts" },
    };

    for (size_t i = 0; i < LEN(cases); i++)
        refused(forge(head_of(KEY_ES256, ""), cases[i].body, KEY_ES256), cases[i].why);
}

TEST(claims_at_the_edge_of_the_tolerance_are_accepted)
{
    static const char *const bodies[] = {
        CLAIMS(Q_ISS, Q_AUD, ",\"exp\":1795391991"),
        CLAIMS(Q_ISS, Q_AUD, EXP ",\"nbf\":1795392010,\"iat\":1795392010"),
        CLAIMS(Q_ISS, "[\"a\"," Q_AUD "]", EXP),
    };
    struct token_expect x = expected();
    struct err e = { 0 };

    for (size_t i = 0; i < LEN(bodies); i++)
        accepted(forge(head_of(KEY_ES256, ""), bodies[i], KEY_ES256));
    x.expired_ok = true;
    x.now_s += 86400;
    check_ok(verify(good(KEY_ES256), &x, &e), e);
}

TEST(a_required_typ_is_required)
{
    static const char *const right[] = { "at+jwt", "AT+JWT", "application/at+jwt" };
    static const char *const wrong[] = { "JWT", "jwt", "application/jwt", "at+jwt2", "" };
    struct token_expect x = expected();
    struct err e = { 0 };

    x.typ = "at+jwt";
    check_fails(verify(good(KEY_ES256), &x, &e), e, ERR_BAD_TOKEN);
    for (size_t i = 0; i < LEN(right); i++)
        check_ok(
            verify(forge(head_of(KEY_ES256, str_fmt(test_arena(), ",\"typ\":\"%s\"", right[i]).p),
                         GOOD, KEY_ES256),
                   &x, &e),
            e);
    for (size_t i = 0; i < LEN(wrong); i++)
        check_fails(
            verify(forge(head_of(KEY_ES256, str_fmt(test_arena(), ",\"typ\":\"%s\"", wrong[i]).p),
                         GOOD, KEY_ES256),
                   &x, &e),
            e, ERR_BAD_TOKEN);
}

/* What a client assertion of FAPI 2.0 must be: each row breaks or keeps one rule. */
TEST(what_the_caller_asks_of_the_claims_is_asked)
{
    const struct str more[] = { STR("https://login.example.vn/token"), STR("other") };
    const struct token_expect strict = { .issuer = STR(ISS),
                                         .audience = STR(AUD),
                                         .audience_string_only = true,
                                         .needs_jti = true,
                                         .needs_sub = true,
                                         .now_s = NOW_S,
                                         .skew_s = 5,
                                         .future_s = 10,
                                         .age_most_s = 300,
                                         .lifetime_most_s = 300 };
    const struct token_expect lax = { .issuer = STR(ISS),
                                      .audience = STR(AUD),
                                      .more_audiences = more,
                                      .more_count = LEN(more),
                                      .exp_optional = true,
                                      .now_s = NOW_S,
                                      .skew_s = 5 };
#define IDS ",\"sub\":\"s\",\"jti\":\"j\""
#define IAT ",\"iat\":1795392000"
    static const struct {
        bool lax;
        const char *body, *why; /* NULL: taken */
    } cases[] = {
        { false, CLAIMS(Q_ISS, Q_AUD, EXP IDS IAT), NULL },
        { false, CLAIMS(Q_ISS, "[" Q_AUD "]", EXP IDS IAT), "aud is not one text" },
        { false, CLAIMS(Q_ISS, "\"other\"", EXP IDS IAT), "for another audience" },
        { false, CLAIMS(Q_ISS, Q_AUD, EXP ",\"jti\":\"j\"" IAT),
          "no sub, or none of a fit length" },
        { false, CLAIMS(Q_ISS, Q_AUD, EXP ",\"sub\":\"s\"" IAT),
          "no jti, or none of a fit length" },
        { false, CLAIMS(Q_ISS, Q_AUD, EXP ",\"sub\":\"s\",\"jti\":\"\"" IAT),
          "no jti, or none of a fit length" },
        { false, CLAIMS(Q_ISS, Q_AUD, EXP ",\"sub\":\"s\",\"jti\":7" IAT),
          "no jti, or none of a fit length" },
        { false, CLAIMS(Q_ISS, Q_AUD, EXP IDS), "no iat" },
        { false, CLAIMS(Q_ISS, Q_AUD, EXP IDS ",\"iat\":1795391695"), NULL },
        { false, CLAIMS(Q_ISS, Q_AUD, EXP IDS ",\"iat\":1795391694"), "issued too long ago" },
        { false, CLAIMS(Q_ISS, Q_AUD, EXP IDS ",\"iat\":1795392010"), NULL },
        { false, CLAIMS(Q_ISS, Q_AUD, EXP IDS ",\"iat\":1795392011"), "issued in the future" },
        { false, CLAIMS(Q_ISS, Q_AUD, EXP IDS ",\"iat\":1795392000000"),
          "iat is not a time in seconds" },
        { false, CLAIMS(Q_ISS, Q_AUD, EXP IDS IAT ",\"nbf\":1795392010"), NULL },
        { false, CLAIMS(Q_ISS, Q_AUD, EXP IDS IAT ",\"nbf\":1795392011"), "not valid yet" },
        { false, CLAIMS(Q_ISS, Q_AUD, IDS IAT), "no exp" },
        { false, CLAIMS(Q_ISS, Q_AUD, IDS IAT ",\"exp\":1795391995"), "expired" },
        { false, CLAIMS(Q_ISS, Q_AUD, IDS IAT ",\"exp\":1795391996"), NULL },
        { false, CLAIMS(Q_ISS, Q_AUD, IDS IAT ",\"exp\":1795392305"), NULL },
        { false, CLAIMS(Q_ISS, Q_AUD, IDS IAT ",\"exp\":1795392306"), "valid for too long" },
        { true, CLAIMS(Q_ISS, Q_AUD, ""), NULL },
        { true, CLAIMS(Q_ISS, "\"other\"", EXP), NULL },
        { true, CLAIMS(Q_ISS, "[\"x\",\"other\"]", EXP), NULL },
        { true, CLAIMS(Q_ISS, "[\"x\",\"y\"]", EXP), "for other audiences" },
        { true, CLAIMS(Q_ISS, "\"othe\"", EXP), "for another audience" },
        { true, CLAIMS(Q_ISS, Q_AUD, ",\"exp\":1795391995"), "expired" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct err e = { 0 };
        const result r = verify(forge(head_of(KEY_ES256, ""), cases[i].body, KEY_ES256),
                                cases[i].lax ? &lax : &strict, &e);

        check_str(str_c(e.detail), cases[i].why == NULL ? "" : cases[i].why);
        check_int(r.failed, cases[i].why != NULL);
    }
}

TEST(a_typ_that_may_be_left_out_may_be_no_other)
{
    static const struct {
        const char *more;
        bool good;
    } cases[] = { { "", true },
                  { ",\"typ\":\"JWT\"", true },
                  { ",\"typ\":\"oauth-authz-req+jwt\"", true },
                  { ",\"typ\":\"at+jwt\"", false },
                  { ",\"typ\":\"dpop+jwt\"", false },
                  { ",\"typ\":[]", false } };
    struct token_expect x = expected();
    struct err e = { 0 };

    x.typ = "oauth-authz-req+jwt";
    x.typ_optional = true;
    for (size_t i = 0; i < LEN(cases); i++)
        check_int(verify(forge(head_of(KEY_ES256, cases[i].more), GOOD, KEY_ES256), &x, &e).failed,
                  !cases[i].good);
}

TEST(too_long_a_token_is_refused_unread)
{
    char *much = arena_alloc(test_arena(), 9000);

    memset(much, 'A', 9000);
    refused(str_cat(test_arena(), good(KEY_ES256), str_of(much, 9000)), "too long");
}

TEST(what_is_signed_verifies_with_its_claims)
{
    static const enum key_alg algs[] = { KEY_ES256, KEY_RS256, KEY_PS256 };

    for (size_t i = 0; i < LEN(algs); i++) {
        DEFER(key_release) struct key *key = active(algs[i]);
        DEFER(json_close) struct json *claims = json_object();
        DEFER(json_close) struct json *got = NULL;
        struct token_expect x = expected();
        struct str token = { 0 }, name = { 0 };
        int64_t big = 0;
        struct err e = { 0 };

        json_put_str(claims, "iss", STR(ISS));
        json_put_str(claims, "aud", STR(AUD));
        json_put_int(claims, "exp", NOW_S + 60);
        json_put_int(claims, "big", INT64_MAX);
        json_put_str(claims, "name", STR("Nguyễn Thị \"Hoà\" \\ /"));
        check_ok(token_sign(test_arena(), key, "at+jwt", claims, &token, &e), e);
        x.typ = "at+jwt";
        check_ok(token_verify(test_arena(), keys, token, &x, &got, &e), e);
        check_same(json_print_canonical(test_arena(), got),
                   json_print_canonical(test_arena(), claims));
        check(json_str(json_member(got, "name"), &name));
        check_str(name, "Nguyễn Thị \"Hoà\" \\ /");
        check(json_int(json_member(got, "big"), &big));
        check(big == INT64_MAX);
    }
}

static void *sign_and_verify(void *unused)
{
    const struct token_expect x = expected();
    DEFER(arena_close) struct arena *a = arena_open(1 << 20);
    result r = OK;

    for (int i = 0; i < 30 && !r.failed; i++) {
        DEFER(key_release) struct key *key = NULL;
        DEFER(json_close) struct json *claims = NULL;
        DEFER(json_close) struct json *got = NULL;
        struct str token = { 0 };

        arena_reset(a);
        r = keyring_active(ring, i % 2 == 0 ? KEY_ES256 : KEY_PS256, &key, NULL);
        if (!r.failed)
            r = json_read(STR(GOOD), &claims, NULL);
        if (!r.failed)
            r = token_sign(a, key, NULL, claims, &token, NULL);
        if (!r.failed)
            r = token_verify(a, keys, token, &x, &got, NULL);
    }
    return r.failed ? NULL : unused;
}

TEST(threads_share_keys_while_the_ring_is_read_again)
{
    pthread_t threads[4];
    int mark = 0;
    struct err e = { 0 };

    ring_begin();
    for (size_t i = 0; i < LEN(threads); i++)
        check(pthread_create(&threads[i], NULL, sign_and_verify, &mark) == 0);
    for (int i = 0; i < 5; i++)
        check_ok(keyring_reload(ring, &e), e);
    for (size_t i = 0; i < LEN(threads); i++) {
        void *answer = NULL;

        check(pthread_join(threads[i], &answer) == 0);
        check(answer == &mark);
    }
}

TEST(the_half_hash_is_that_of_the_published_example)
{
    /* OpenID Connect Core, appendix A.3 and A.4. */
    check_str(token_half_hash(test_arena(), STR("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y")),
              "77QmUPtjPfzWtF2AnpK9RQ");
    check_str(token_half_hash(test_arena(),
                              STR("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk")),
              "LDktKdoQak3Pk0cnXxCltA");
}
