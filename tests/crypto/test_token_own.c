/* Tokens that this process made: known by a digest, and still checked for everything else. */
#include "base/json.h"
#include "crypto/key.h"
#include "crypto/keyring.h"
#include "crypto/token.h"
#include "tests/test.h"

#define NOW_S 1795392000
#define ISS   "https://login.example.vn"

static struct err e;

static struct keyring *ring_made(const char *name)
{
    const char *dir = str_cstr(test_arena(), str_fmt(test_arena(), "%s/%s", test_folder(), name));
    struct keyring *ring = NULL;
    struct str kid;

    check_ok(keyring_make_key(dir, KEY_ES256, KEY_ACTIVE, test_arena(), &kid, &e), e);
    check_ok(keyring_open(dir, &ring, &e), e);
    return ring;
}

static struct str signed_by(struct keyring *ring, const char *sub)
{
    DEFER(key_release) struct key *key = NULL;
    DEFER(json_close) struct json *o = json_object();
    struct str token;

    json_put_str(o, "iss", STR(ISS));
    json_put_str(o, "aud", STR("portal"));
    json_put_str(o, "sub", str_c(sub));
    json_put_int(o, "exp", NOW_S + 300);
    check_ok(keyring_active(ring, KEY_ES256, &key, &e), e);
    check_ok(token_sign(test_arena(), key, "at+jwt", o, &token, &e), e);
    return token;
}

static result verify(struct keyring *ring, struct str token, struct token_expect more)
{
    DEFER(key_set_close) struct key_set *keys = keyring_public(ring);
    DEFER(json_close) struct json *claims = NULL;
    struct token_expect x = more;

    x.typ = x.typ != NULL ? x.typ : "at+jwt";
    x.issuer = STR(ISS);
    x.audience = x.audience.n > 0 ? x.audience : STR("portal");
    x.now_s += NOW_S;
    x.ours = true;
    return token_verify(test_arena(), keys, token, &x, &claims, &e);
}

TEST(a_token_of_ours_is_believed_and_no_letter_of_it_may_differ)
{
    DEFER(keyring_close) struct keyring *ring = ring_made("own");
    const struct str token = signed_by(ring, "acc_1");

    check_ok(verify(ring, token, (struct token_expect){ 0 }), e);
    for (size_t i = 0; i < token.n; i++) {
        char *bent = (char *)(uintptr_t)str_cstr(test_arena(), token);

        bent[i] = bent[i] == 'A' ? 'B' : 'A';
        if (str_eq(str_c(bent), token))
            continue;
        check(verify(ring, str_c(bent), (struct token_expect){ 0 }).failed);
    }
}

TEST(a_token_of_ours_is_still_checked_for_time_audience_type_and_algorithm)
{
    DEFER(keyring_close) struct keyring *ring = ring_made("own");
    const struct str token = signed_by(ring, "acc_1");

    check_ok(verify(ring, token, (struct token_expect){ .now_s = 299 }), e);
    check_fails(verify(ring, token, (struct token_expect){ .now_s = 301 }), e, ERR_BAD_TOKEN);
    check_fails(verify(ring, token, (struct token_expect){ .audience = STR("other") }), e,
                ERR_BAD_TOKEN);
    check_fails(verify(ring, token, (struct token_expect){ .typ = "logout+jwt" }), e,
                ERR_BAD_TOKEN);
    check_fails(verify(ring, token, (struct token_expect){ .algs = KEY_BIT(KEY_RS256) }), e,
                ERR_BAD_TOKEN);
    check_fails(verify(ring, token, (struct token_expect){ .needs_jti = true }), e, ERR_BAD_TOKEN);
}

TEST(a_token_of_ours_ends_with_its_key)
{
    DEFER(keyring_close) struct keyring *ring = ring_made("own");
    DEFER(keyring_close) struct keyring *next = ring_made("next");
    const struct str token = signed_by(ring, "acc_1");

    check_ok(verify(ring, token, (struct token_expect){ 0 }), e);
    check_fails(verify(next, token, (struct token_expect){ 0 }), e, ERR_BAD_TOKEN);
}

TEST(what_was_pushed_out_of_the_memory_is_verified_again)
{
    DEFER(keyring_close) struct keyring *ring = ring_made("own");
    const struct str first = signed_by(ring, "acc_0");

    for (int i = 1; i < 2000; i++)
        (void)signed_by(ring, str_fmt(test_arena(), "acc_%d", i).p);
    check_ok(verify(ring, first, (struct token_expect){ 0 }), e);
}
