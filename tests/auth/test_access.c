#include "auth/access.h"

#include "base/clock.h"
#include "base/json.h"
#include "crypto/keyring.h"
#include "crypto/token.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;

struct made {
    const char *typ, *iss, *aud, *client, *sid;
    int64_t exp_in_s;
    bool foreign;
};

static struct str make(struct auth *au, const struct made *m)
{
    DEFER(key_release) struct key *key = NULL;
    DEFER(json_close) struct json *o = json_object();
    DEFER(keyring_close) struct keyring *other = NULL;
    const char *dir = str_cstr(test_arena(), str_fmt(test_arena(), "%s/other", test_folder()));
    const int64_t now_s = clock_now_s(&fixture_clock);
    struct str token, kid;

    json_put_str(o, "iss", str_c(m->iss));
    json_put_str(o, "aud", str_c(m->aud));
    json_put_str(o, "sub", STR("api"));
    if (m->client != NULL)
        json_put_str(o, "client_id", str_c(m->client));
    json_put_str(o, "jti", STR("j1"));
    json_put_str(o, "scope", STR("a:read b:write"));
    if (m->sid != NULL)
        json_put_str(o, "sid", str_c(m->sid));
    json_put_int(o, "iat", now_s);
    json_put_int(o, "exp", now_s + m->exp_in_s);
    if (m->foreign) {
        check_ok(keyring_make_key(dir, KEY_ES256, KEY_ACTIVE, test_arena(), &kid, &e), e);
        check_ok(keyring_open(dir, &other, &e), e);
    }
    check_ok(keyring_active(m->foreign ? other : au->keys, KEY_ES256, &key, &e), e);
    check_ok(token_sign(test_arena(), key, m->typ, o, &token, &e), e);
    return token;
}

#define US "https://id.example.vn"

TEST(only_our_own_live_access_tokens_open)
{
    static const struct {
        struct made made;
        bool good;
    } cases[] = {
        { { "at+jwt", US, US, "api", NULL, 60, false }, true },
        { { "at+jwt", US, US, "api", NULL, -60, false }, false },
        { { NULL, US, US, "api", NULL, 60, false }, false },
        { { "at+jwt", "https://evil.example", US, "api", NULL, 60, false }, false },
        { { "at+jwt", US, "portal", "api", NULL, 60, false }, false },
        { { "at+jwt", US, US, NULL, NULL, 60, false }, false },
        { { "at+jwt", US, US, "api", "gone", 60, false }, false },
        { { "at+jwt", US, US, "someone-else", NULL, 60, false }, false },
        { { "at+jwt", US, US, "api", NULL, 60, true }, false },
    };
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);

    for (size_t i = 0; i < LEN(cases); i++) {
        struct access acc;
        const struct str token = make(au, &cases[i].made);
        const bool ok = !access_check_token(au, test_arena(), token, &acc, &e).failed;

        if (ok != cases[i].good || (!ok && e.code != ERR_BAD_TOKEN))
            test_fail(__FILE__, __LINE__, "case %zu: %s", i, e.detail);
    }
}

TEST_KV(a_revoked_token_is_refused)
{
    static const struct made made = { "at+jwt", US, US, "api", NULL, 60, false };
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct str token = make(au, &made);
    struct access acc;

    check_ok(access_check_token(au, test_arena(), token, &acc, &e), e);
    check_ok(access_revoke(au, test_arena(), acc.jti, &e), e);
    check_fails(access_check_token(au, test_arena(), token, &acc, &e), e, ERR_BAD_TOKEN);
}

static result header(struct auth *au, struct str authorization)
{
    const struct visit v = world_visit();
    const struct api_call call = { .authorization = authorization };
    struct access acc;

    return access_check(au, &v, &call, &acc, &e);
}

TEST(the_token_is_taken_from_a_bearer_header_only)
{
    static const struct made made = { "at+jwt", US, US, "api", NULL, 60, false };
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct str token = make(au, &made);
    struct arena *a = test_arena();

    check_ok(header(au, str_cat(a, STR("bearer "), token)), e);
    check_fails(header(au, STR("")), e, ERR_NOT_SIGNED_IN);
    check_fails(header(au, token), e, ERR_BAD_TOKEN);
    check_fails(header(au, str_cat(a, STR("Basic "), token)), e, ERR_BAD_TOKEN);
    check_fails(header(au, str_cat(a, STR("Bearer  "), token)), e, ERR_BAD_TOKEN);
    check_fails(header(au, STR("Bearer ")), e, ERR_BAD_TOKEN);
}

TEST(a_form_may_carry_the_token_when_no_header_does)
{
    static const struct made made = { "at+jwt", US, US, "api", NULL, 60, false };
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();
    const struct str token = make(au, &made);
    struct arena *a = test_arena();
    const struct form form =
        world_form(str_cstr(a, str_fmt(a, "access_token=%.*s", STR_ARG(token))));
    struct api_call call = { .body = &form };
    struct access acc;

    check_ok(access_check(au, &v, &call, &acc, &e), e);
    check_str(acc.client_id, "api");
    call.authorization = str_cat(a, STR("Bearer "), token);
    check_fails(access_check(au, &v, &call, &acc, &e), e, ERR_INVALID);
}

TEST(scopes_are_whole_words)
{
    const struct access acc = { .scope = STR("a:read b:write") };

    check_ok(access_need_scope(&acc, "b:write", &e), e);
    check_fails(access_need_scope(&acc, "b:writ", &e), e, ERR_SCOPE);
    check_fails(access_need_scope(&acc, "", &e), e, ERR_SCOPE);
    check_fails(access_need_scope(&acc, "a:read b:write", &e), e, ERR_SCOPE);
}
