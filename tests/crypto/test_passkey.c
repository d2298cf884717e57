#include "crypto/passkey.h"

#include "base/codec.h"
#include "tests/ceremony.h"
#include "tests/test.h"

static struct err e;

static struct str decoded(const char *text)
{
    struct str bytes;

    check(base64url_decode(test_arena(), str_c(text), &bytes));
    return str_dup(test_arena(), bytes);
}

static struct passkey_site site(void)
{
    struct passkey_site s;

    check(passkey_site_of(test_arena(), STR(CEREMONY_ISSUER), &s));
    return s;
}

static struct passkey_proof made(const struct ceremony *c)
{
    return (struct passkey_proof){ decoded(c->made_client_data), decoded(c->made_auth_data),
                                   STR("") };
}

static struct passkey_proof shown(const struct ceremony *c)
{
    return (struct passkey_proof){ decoded(c->shown_client_data), decoded(c->shown_auth_data),
                                   decoded(c->signature) };
}

static struct passkey key_of(const struct ceremony *c)
{
    const struct passkey_site s = site();
    const struct passkey_proof p = made(c);
    struct passkey key;

    check_ok(passkey_made(test_arena(), &s, str_c(c->made_challenge), &p, &key, &e), e);
    return key;
}

static enum err_code show(const struct ceremony *c, const struct passkey_site *s,
                          const struct passkey *key, const struct passkey_proof *p)
{
    int64_t count = 0;

    e = (struct err){ 0 };
    (void)!passkey_shown(test_arena(), s, str_c(c->shown_challenge), key, p, &count, &e).failed;
    return e.code;
}

TEST(what_an_authenticator_made_is_believed_and_what_it_signed)
{
    const struct passkey_site s = site();

    for (size_t i = 0; i < LEN(ceremonies); i++) {
        const struct ceremony *c = &ceremonies[i];
        const struct passkey key = key_of(c);
        const struct passkey_proof p = shown(c);
        struct str challenge;
        int64_t count = 0;

        check_int(key.alg, c->alg);
        check_str(base64url_encode(test_arena(), key.id), c->id);
        check_ok(passkey_challenge(test_arena(), p.client_data, &challenge, &e), e);
        check_str(challenge, c->shown_challenge);
        check_ok(passkey_shown(test_arena(), &s, challenge, &key, &p, &count, &e), e);
        check(count > key.count);
    }
}

TEST(no_byte_of_a_sign_in_may_differ)
{
    const struct passkey_site s = site();

    for (size_t i = 0; i < LEN(ceremonies); i++) {
        const struct passkey key = key_of(&ceremonies[i]);
        const struct passkey_proof right = shown(&ceremonies[i]);
        const struct str parts[] = { right.client_data, right.auth_data, right.signature };

        for (size_t part = 0; part < LEN(parts); part++) {
            for (size_t at = 0; at < parts[part].n; at++) {
                struct passkey_proof p = right;
                struct str bent = str_dup(test_arena(), parts[part]);

                ((char *)(uintptr_t)bent.p)[at] ^= 1;
                *(part == 0 ? &p.client_data : part == 1 ? &p.auth_data : &p.signature) = bent;
                check_int(show(&ceremonies[i], &s, &key, &p), ERR_BAD_SIGNATURE);
            }
        }
    }
}

TEST(another_site_origin_challenge_ceremony_or_key_is_refused)
{
    const struct ceremony *c = &ceremonies[0], *other = &ceremonies[1];
    const struct passkey key = key_of(c), others_key = key_of(other);
    const struct passkey_site right = site();
    struct passkey_site s = right;
    struct passkey_proof p = shown(c);
    struct passkey wrong_alg = key;
    struct passkey out;
    int64_t count;

    s.id = STR("example.vn");
    check_int(show(c, &s, &key, &p), ERR_BAD_SIGNATURE);
    s = right;
    s.origin = STR("http://localhost:1");
    check_int(show(c, &s, &key, &p), ERR_BAD_SIGNATURE);
    check_fails(
        passkey_shown(test_arena(), &right, str_c(other->shown_challenge), &key, &p, &count, &e), e,
        ERR_BAD_SIGNATURE);
    check_int(show(c, &right, &others_key, &p), ERR_BAD_SIGNATURE);
    wrong_alg.alg = -257;
    check_int(show(c, &right, &wrong_alg, &p), ERR_BAD_SIGNATURE);
    check_fails(passkey_made(test_arena(), &right, str_c(c->shown_challenge), &p, &out, &e), e,
                ERR_BAD_SIGNATURE);
    p = made(c);
    check_int(show(c, &right, &key, &p), ERR_BAD_SIGNATURE);
    p = shown(c);
    p.signature = STR("");
    check_int(show(c, &right, &key, &p), ERR_BAD_SIGNATURE);
}

TEST(a_user_who_was_not_verified_registers_nothing)
{
    const struct passkey_site s = site();
    struct passkey_proof p = made(&ceremonies[0]);
    struct passkey out;
    struct str bent = str_dup(test_arena(), p.auth_data);

    ((char *)(uintptr_t)bent.p)[32] &= (char)~0x04;
    p.auth_data = bent;
    check_fails(passkey_made(test_arena(), &s, str_c(ceremonies[0].made_challenge), &p, &out, &e),
                e, ERR_BAD_SIGNATURE);
}

TEST(authenticator_data_cut_anywhere_register_nothing)
{
    const struct passkey_site s = site();

    for (size_t i = 0; i < LEN(ceremonies); i++) {
        const struct passkey_proof whole = made(&ceremonies[i]);

        for (size_t n = 0; n < whole.auth_data.n; n++) {
            struct passkey_proof p = whole;
            struct passkey out;

            p.auth_data = str_dup(test_arena(), str_sub(whole.auth_data, 0, n));
            check_fails(
                passkey_made(test_arena(), &s, str_c(ceremonies[i].made_challenge), &p, &out, &e),
                e, ERR_BAD_SIGNATURE);
        }
    }
}

TEST(sites_without_a_name_have_no_passkeys)
{
    static const char *const none[] = { "http://127.0.0.1:8080", "http://[::1]:8080", "", "x",
                                        "https://10.0.0.1" };
    struct passkey_site s;

    for (size_t i = 0; i < LEN(none); i++)
        check(!passkey_site_of(test_arena(), str_c(none[i]), &s));
    check(passkey_site_of(test_arena(), STR("https://id.example.vn/sso"), &s));
    check_str(s.id, "id.example.vn");
    check_str(s.origin, "https://id.example.vn");
}
