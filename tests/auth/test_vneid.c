#include "auth/vneid.h"

#include "base/json.h"
#include "conf/conf.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;

static result read_claims(const char *json, struct vneid_claims *out)
{
    DEFER(json_close) struct json *o = NULL;

    check_ok(json_read(str_c(json), &o, &e), e);
    e = (struct err){ 0 };
    return vneid_claims_read(test_arena(), o, (struct date){ 2026, 11, 23 }, out, &e);
}

TEST(the_level_comes_from_loas_and_ial_only)
{
    static const struct {
        const char *claims;
        int level;
    } cases[] = {
        { "", 1 },
        { ",\"acr\":\"2\"", 1 },
        { ",\"acr\":\"LoA2\",\"acr_values\":\"LoA2\"", 1 },
        { ",\"IAL\":\"2\"", 2 },
        { ",\"IAL\":2", 2 },
        { ",\"IAL\":\"02\"", 2 },
        { ",\"IAL\":\"IAL2\"", 2 },
        { ",\"IAL\":\"1\"", 1 },
        { ",\"IAL\":\"\"", 1 },
        { ",\"IAL\":\"high\"", 1 },
        { ",\"IAL\":\"22\"", 1 },
        { ",\"IAL\":[\"2\"]", 1 },
        { ",\"loAs\":[{\"level\":\"LoA2\"}]", 2 },
        { ",\"loAs\":[{\"level\":\"2\"}],\"IAL\":\"1\"", 1 },
        { ",\"loAs\":[{\"level\":\"1\"}],\"IAL\":\"2\"", 1 },
        { ",\"loAs\":[{\"level\":\"2\"}],\"IAL\":\"unheard\"", 1 },
        { ",\"loAs\":[{\"level\":\"2\"},{\"level\":\"1\"}]", 1 },
        { ",\"loAs\":[{\"claim\":\"SoDienThoai\",\"level\":\"1\"},{\"claim\":\"SoDinhDanh\","
          "\"level\":\"2\"}]",
          2 },
        { ",\"loAs\":[{\"level\":\"2\",\"expired_date\":\"20261122\"}]", 1 },
        { ",\"loAs\":[{\"level\":\"2\",\"expired_date\":\"20261123\"}]", 2 },
        { ",\"loAs\":[{\"level\":\"2\",\"expired_date\":\"soon\"}]", 1 },
        { ",\"loAs\":[{\"level\":\"2\",\"expired_date\":\"\"}]", 2 },
        { ",\"loAs\":[2,\"x\",{}]", 1 },
        { ",\"loAs\":\"2\"", 1 },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct str json = str_fmt(test_arena(), "{\"sub\":\"s\"%s}", cases[i].claims);
        struct vneid_claims c;

        check_ok(read_claims(str_cstr(test_arena(), json), &c), e);
        if (c.level != cases[i].level)
            test_fail(__FILE__, __LINE__, "%s: %d", cases[i].claims, c.level);
    }
}

TEST(claims_are_read_in_one_form)
{
    struct vneid_claims c;

    check_ok(read_claims("{\"sub\":\"s\",\"TechID\":\"T\",\"LoaiTaiKhoan\":2,\"HoVaTen\":"
                         "\" Nguyễn  Văn Thử \",\"SoDinhDanh\":\"001087123456\",\"SoCMND\":\"\","
                         "\"NgayThangNamSinh\":\"19530000\",\"GioiTinh\":1,\"HoChieu\":null,"
                         "\"userProfileUri\":\"https://x/?token=1\"}",
                         &c),
             e);
    check_str(c.tech_id, "T");
    check_int(c.kind, VNEID_ENTERPRISE);
    check_str(c.name, "Nguyễn Văn Thử");
    check_str(c.number, "001087123456");
    check_int(c.birth.y, 1953);
    check_int(c.birth.m, 0);
    check_str(c.sex, "1");
    check_int(c.passport.n, 0);
    check_ok(read_claims("{\"sub\":\"s\",\"SoDinhDanh\":\"012345678\"}", &c), e);
    check_str(c.old_card, "012345678");
    check_int(c.number.n, 0);
    check_str(c.tech_id, "s");
    check_ok(read_claims("{\"sub\":\"s\",\"preferred_username\":\"001087123456\"}", &c), e);
    check_str(c.number, "001087123456");
}

TEST(standard_names_are_kept_as_one_object_and_never_a_number_of_the_state)
{
    struct vneid_claims c;

    check_ok(read_claims(
                 "{\"sub\":\"s\",\"given_name\":\"Thử\",\"preferred_username\":\"" WORLD_NUMBER
                 "\",\"website\":\"javascript:alert(1)\",\"picture\":\"https://a.example/b.png\","
                 "\"email_verified\":true,\"phone_number_verified\":\"yes\","
                 "\"address\":{\"country\":\"VN\",\"planet\":\"x\"},\"zoneinfo\":{}}",
                 &c),
             e);
    check_str(c.standard, "{\"given_name\":\"Thử\",\"picture\":\"https://a.example/b.png\","
                          "\"address\":{\"country\":\"VN\"},\"email_verified\":true}");
    check_ok(read_claims("{\"sub\":\"s\",\"address\":\"Số 1\"}", &c), e);
    check_str(c.standard, "");
}

TEST(claims_that_cannot_be_are_refused)
{
    static const char *const bad[] = {
        "[]",
        "{}",
        "{\"sub\":\"\"}",
        "{\"sub\":\"s\",\"LoaiTaiKhoan\":\"4\"}",
        "{\"sub\":\"s\",\"LoaiTaiKhoan\":\"0\"}",
        "{\"sub\":\"s\",\"LoaiTaiKhoan\":\"x\"}",
        "{\"sub\":\"s\",\"SoDinhDanh\":\"00108712345\"}",
        "{\"sub\":\"s\",\"SoDinhDanh\":\"00108712345A\"}",
        "{\"sub\":\"s\",\"NgayThangNamSinh\":\"19870231\"}",
        "{\"sub\":\"s\",\"HoVaTen\":{}}",
    };

    for (size_t i = 0; i < LEN(bad); i++) {
        struct vneid_claims c;

        check_fails(read_claims(bad[i], &c), e, ERR_UPSTREAM_BAD);
    }
}

static struct vneid_ask ask(bool fresh)
{
    return (struct vneid_ask){ .state = STR("s&1"),
                               .nonce = STR("n"),
                               .verifier = STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
                               .redirect_uri = STR("https://id.example.vn/login/vneid/callback"),
                               .fresh = fresh };
}

TEST(the_browser_is_sent_with_state_nonce_and_challenge)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    struct vneid_ask q = ask(true);
    struct form f;
    struct str url;

    check_ok(vneid_authorize_url(au->vneid, test_arena(), &q, &url, &e), e);
    f = world_query(url);
    check_str(form_get(&f, "response_type"), "code");
    check_str(form_get(&f, "scope"), "openid");
    check_str(form_get(&f, "state"), "s&1");
    check_str(form_get(&f, "nonce"), "n");
    check_str(form_get(&f, "code_challenge"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    check_str(form_get(&f, "code_challenge_method"), "S256");
    check_str(form_get(&f, "prompt"), "login");
    check(!form_has(&f, "code_verifier") && !form_has(&f, "client_secret"));
    q = ask(false);
    check_ok(vneid_authorize_url(au->vneid, test_arena(), &q, &url, &e), e);
    f = world_query(url);
    check(!form_has(&f, "prompt"));
    check_int(upstream()->discovery_calls, 1);
    check(str_ends(vneid_logout_url(au->vneid, test_arena()), STR("/vneid/logout")));
}

TEST(discovery_that_fails_says_so_and_configured_addresses_do_without)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    struct conf *c = world_conf();
    const struct vneid_ask q = ask(false);
    struct vneid *v = NULL;
    struct str url;

    upstream()->discovery_down = true;
    check_fails(vneid_authorize_url(au->vneid, test_arena(), &q, &url, &e), e, ERR_UPSTREAM_DOWN);
    c->vneid.discover = false;
    check_fails(vneid_open(c, &fixture_clock, &v, &e), e, ERR_CONFIG);
    c->vneid.authorize_url = STR("https://sso.example.vn/auth?x=1");
    c->vneid.token_url = STR("https://sso.example.vn/token");
    c->vneid.userinfo_url = STR("https://sso.example.vn/userinfo");
    c->vneid.jwks_url = STR("https://sso.example.vn/jwks");
    check_ok(vneid_open(c, &fixture_clock, &v, &e), e);
    check_ok(vneid_authorize_url(v, test_arena(), &q, &url, &e), e);
    check(str_starts(url, STR("https://sso.example.vn/auth?x=1&response_type=code")));
    vneid_close(&v);
}

TEST(discovery_sends_nobody_to_an_address_without_tls)
{
    static const char *const bad[] = { "http://sso.example.vn/auth",
                                       "javascript:alert(1)//",
                                       "//sso.example.vn/auth",
                                       "/auth",
                                       "https://sso.example.vn@evil.example/auth",
                                       "https://sso.example.vn/auth\\u000d\\u000aX: y",
                                       "https://sso.example.vn/auth#x",
                                       "x" };
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct vneid_ask q = ask(false);
    struct str url;

    for (size_t i = 0; i < LEN(bad); i++) {
        upstream()->authorize_url = str_c(bad[i]);
        check_fails(vneid_authorize_url(au->vneid, test_arena(), &q, &url, &e), e,
                    ERR_UPSTREAM_BAD);
    }
    upstream()->authorize_url = STR("https://login.example.vn/auth"); /* of another host */
    check_ok(vneid_authorize_url(au->vneid, test_arena(), &q, &url, &e), e);
}
