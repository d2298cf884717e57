#include "auth/oidc_userinfo.h"

#include "base/clock.h"
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
