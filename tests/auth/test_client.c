#include "auth/client.h"

#include "base/clock.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;

static struct auth *here(void)
{
    return world(fixture_pool(), fixture_kv(), &fixture_clock);
}

static struct client some(const char *id)
{
    return (struct client){ .id = str_c(id),
                            .name_vi = STR("Cổng"),
                            .has_secret = true,
                            .redirect_uris = { STR("https://a.example.vn/cb") },
                            .redirect_count = 1 };
}

TEST_STORE(a_client_is_registered_loaded_listed_and_removed)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct client c = world_client(au), got, *list, other = some("another");
    struct str secret = STR("");
    size_t n;

    check_ok(client_add(au, &v, &other, &secret, &e), e);
    check(secret.n >= 43);
    check_ok(client_load(au, v.arena, STR("portal"), &got, &e), e);
    check_same(got.name_vi, c.name_vi);
    check_same(got.name_en, c.name_vi);
    check_int(got.redirect_count, 1);
    check_int(got.post_logout_count, 1);
    check_str(got.sector, "portal.example.vn");
    check_int(got.profile, CLIENT_OIDC);
    check_ok(client_list(au, v.arena, &list, &n, &e), e);
    check_int(n, 2);
    check_str(list[0].id, "another");
    check_str(list[0].scopes, "openid profile");
    check_ok(client_remove(au, &v, STR("portal"), &e), e);
    check_fails(client_remove(au, &v, STR("portal"), &e), e, ERR_NOT_FOUND);
    check_fails(client_load(au, v.arena, STR("portal"), &got, &e), e, ERR_NOT_FOUND);
    check_fails(client_add(au, &v, &other, &secret, &e), e, ERR_CONFLICT);
}

TEST(what_may_not_be_registered)
{
    static const char *const uris[] = {
        "",
        "portal.example.vn/cb",
        "http://portal.example.vn/cb",
        "https://portal.example.vn/cb#x",
        "https://user@portal.example.vn/cb",
        "https:///cb",
        "https://portal.example.vn/c b",
        "https://portal.example.vn/\\x",
        "javascript:alert(1)",
        "https://*.example.vn/<x>",
        "http://127.0.0.1.evil.example/cb",
        "https://cổng.example.vn/cb",
    };
    struct auth *au = here();
    const struct visit v = world_visit();
    struct str secret = STR("");

    for (size_t i = 0; i < LEN(uris); i++) {
        struct client c = some("one");

        c.redirect_uris[0] = str_c(uris[i]);
        check_fails(client_add(au, &v, &c, &secret, &e), e, ERR_INVALID);
        check_str(str_c(e.field), "redirect_uris");
        c = some("one");
        c.post_logout_uris[0] = str_c(uris[i]);
        c.post_logout_count = 1;
        check_fails(client_add(au, &v, &c, &secret, &e), e, ERR_INVALID);
    }
}

TEST(fields_are_checked_by_name)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct client bad[10];
    static const char *const fields[] = {
        "id",     "id",     "name",  "scopes", "grants", "redirect_uris", "redirect_uris",
        "grants", "secret", "sector"
    };
    struct str secret;

    for (size_t i = 0; i < LEN(bad); i++)
        bad[i] = some("one");
    bad[0].id = STR("ab");
    bad[1].id = STR("Portal");
    bad[2].name_vi = STR("");
    bad[3].scopes = STR("a\"b");
    bad[4].grants = STR("implicit");
    bad[5].redirect_uris[0] = STR("ftp://portal.example.vn/");
    bad[6].redirect_count = 0;
    bad[7].grants = STR("client_credentials");
    bad[7].has_secret = false;
    bad[9].sector = STR("a b");
    for (size_t i = 0; i < LEN(bad); i++) {
        secret = i == 8 ? STR("too-short") : STR("");
        check_fails(client_add(au, &v, &bad[i], &secret, &e), e, ERR_INVALID);
        check_str(str_c(e.field), fields[i]);
    }
}

TEST_STORE(a_secret_opens_its_client_only)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct client public = some("public"), got = { 0 };
    struct str secret = STR("");

    (void)world_client(au);
    public.has_secret = false;
    check_ok(client_add(au, &v, &public, &secret, &e), e);
    check_ok(client_authenticate(au, v.arena, STR("portal"), STR(WORLD_SECRET), &got, &e), e);
    check_str(got.id, "portal");
    check_ok(client_authenticate(au, v.arena, STR("public"), STR(""), &got, &e), e);
    got = (struct client){ 0 };
    check_fails(client_authenticate(au, v.arena, STR("portal"), STR(""), &got, &e), e,
                ERR_BAD_CLIENT);
    check_fails(client_authenticate(au, v.arena, STR("portal"), STR("x"), &got, &e), e,
                ERR_BAD_CLIENT);
    check_fails(client_authenticate(au, v.arena, STR("nobody"), STR(WORLD_SECRET), &got, &e), e,
                ERR_BAD_CLIENT);
    check_fails(client_authenticate(au, v.arena, STR("public"), STR("x"), &got, &e), e,
                ERR_BAD_CLIENT);
    check_fails(client_authenticate(au, v.arena, STR("';--"), STR("x"), &got, &e), e,
                ERR_BAD_CLIENT);
    check_int(got.id.n, 0);
}

TEST(lists_hold_whole_words)
{
    check(client_list_has(STR("a bc d"), STR("bc")));
    check(client_list_has(STR(" bc "), STR("bc")));
    check(!client_list_has(STR("a bc d"), STR("b")));
    check(!client_list_has(STR("a bc d"), STR("a bc")));
    check(!client_list_has(STR(""), STR("")));
    check(!client_list_has(STR("a  b"), STR("")));
}
