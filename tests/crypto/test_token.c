#include "crypto/token.h"

#include <jwt.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/json.h"
#include "crypto/digest.h"
#include "crypto/key.h"
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

static struct str public_pem(const struct key *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    struct str pem;
    long n;

    check(PEM_write_bio_PUBKEY(bio, key->pkey) == 1);
    n = BIO_get_mem_data(bio, &text);
    pem = str_dup(test_arena(), str_of(text, (size_t)n));
    (void)BIO_free(bio);
    return pem;
}

TEST(hmac_with_the_public_key_as_its_secret_is_refused)
{
    static const enum key_alg algs[] = { KEY_ES256, KEY_RS256, KEY_PS256 };

    for (size_t i = 0; i < LEN(algs); i++) {
        DEFER(key_release) struct key *key = active(algs[i]);
        const struct str pem = public_pem(key);
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
        { CLAIMS(Q_ISS, Q_AUD, ",\"exp\":\"1795392300\""), "exp is not a time" },
        { CLAIMS(Q_ISS, Q_AUD, ",\"exp\":1795392300.5"), "exp is not a time" },
        { CLAIMS(Q_ISS, Q_AUD, ",\"exp\":-1"), "exp is not a time" },
        { CLAIMS(Q_ISS, Q_AUD, ",\"exp\":9223372036854775807"), "exp is not a time" },
        { CLAIMS(Q_ISS, Q_AUD, ",\"exp\":1795391990"), "expired" },
        { CLAIMS(Q_ISS, Q_AUD, EXP ",\"nbf\":1795392011"), "not valid yet" },
        { CLAIMS(Q_ISS, Q_AUD, EXP ",\"iat\":1795392011"), "issued in the future" },
        { CLAIMS(Q_ISS, Q_AUD, EXP ",\"iat\":true"), "iat is not a time" },
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
