#include "auth/oidc_userinfo.h"

#include "auth/claims.h"
#include "auth/client_metadata.h"
#include "base/clock.h"
#include "base/json.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "crypto/token.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;

TEST(userinfo_tells_what_the_scopes_allow_and_needs_openid)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();
    const struct login_done done = (world_client(au), world_login(au));
    struct access acc = { .client_id = STR("portal"),
                          .account = done.account.id,
                          .scope = STR("openid email"),
                          .level = 1 };
    struct str json;
    bool is_signed;

    check_ok(oidc_userinfo(au, &v, &acc, &json, &is_signed, &e), e);
    check(str_has(json, STR("\"acr\":\"urn:vn:loa:1\"")));
    check(!is_signed);
    check(str_has(json, STR("\"email\":\"thu@example.vn\"")));
    check(!str_has(json, STR("SoDinhDanh")) && !str_has(json, STR(WORLD_NUMBER)));
    acc.scope = STR("email");
    check_fails(oidc_userinfo(au, &v, &acc, &json, &is_signed, &e), e, ERR_SCOPE);
}

TEST(numbers_may_want_a_stronger_or_fresher_sign_in)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();
    const struct login_done done = (world_client(au), world_login(au));
    struct access acc = { .client_id = STR("portal"),
                          .account = done.account.id,
                          .scope = STR("openid vn_id"),
                          .level = 2,
                          .acr = 2,
                          .auth_time_s = clock_now_s(&fixture_clock) };
    struct str json;
    bool is_signed;

    check_ok(oidc_userinfo(au, &v, &acc, &json, &is_signed, &e), e);
    world_conf()->auth.vn_id_acr = 3;
    check_fails(oidc_userinfo(au, &v, &acc, &json, &is_signed, &e), e, ERR_WEAK_SIGN_IN);
    check_str(str_c(e.field), "acr_values=urn:vn:loa:3");
    acc.acr = 3;
    world_conf()->auth.vn_id_age_s = 300;
    check_ok(oidc_userinfo(au, &v, &acc, &json, &is_signed, &e), e);
    acc.auth_time_s -= 301;
    check_fails(oidc_userinfo(au, &v, &acc, &json, &is_signed, &e), e, ERR_WEAK_SIGN_IN);
    check_str(str_c(e.field), "max_age=300");
    acc.scope = STR("openid");
    check_ok(oidc_userinfo(au, &v, &acc, &json, &is_signed, &e), e);
}

TEST(a_client_that_wants_it_signed_gets_a_token_of_its_own)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();
    const struct login_done done = world_login(au);
    struct client c = client_defaults(au, CLIENT_OIDC);
    struct str secret = STR(WORLD_SECRET), body, s;
    const struct access acc = { .client_id = STR("signed"),
                                .account = done.account.id,
                                .scope = STR("openid profile"),
                                .level = 2,
                                .acr = 2 };
    const struct token_expect expect = { .issuer = STR("https://id.example.vn"),
                                         .audience = STR("signed"),
                                         .now_s = clock_now_s(&fixture_clock),
                                         .exp_optional = true };
    DEFER(json_close) struct json *claims = NULL;
    DEFER(key_set_close) struct key_set *keys = keyring_public(au->keys);
    bool is_signed;

    c.id = STR("signed");
    c.name_vi = STR("Ký");
    c.redirect_uris[c.redirect_count++] = STR(WORLD_RETURN);
    c.id_token_alg = c.userinfo_alg = KEY_ES256;
    check_ok(client_add(au, &v, &c, &secret, &e), e);
    check_ok(oidc_userinfo(au, &v, &acc, &body, &is_signed, &e), e);
    check(is_signed);
    check_ok(token_verify(test_arena(), keys, body, &expect, &claims, &e), e);
    check(json_str(json_member(claims, "sub"), &s));
    check_same(s, claims_sub(au, test_arena(), &c, done.account.id));
}

TEST(a_removed_client_learns_nothing_more)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();
    const struct login_done done = (world_client(au), world_login(au));
    const struct access acc = {
        .client_id = STR("portal"), .account = done.account.id, .scope = STR("openid"), .level = 2
    };
    struct str json;
    bool is_signed;

    check_ok(client_remove(au, &v, STR("portal"), &e), e);
    check_fails(oidc_userinfo(au, &v, &acc, &json, &is_signed, &e), e, ERR_BAD_TOKEN);
}
