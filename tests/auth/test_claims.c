#include "auth/claims.h"

#include "base/clock.h"
#include "base/json.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct account person(void)
{
    return (struct account){ .id = STR("acc_1"),
                             .kind = VNEID_CITIZEN,
                             .level = 2,
                             .checked = true,
                             .updated_ms = FIXTURE_NOW_MS,
                             .profile = { .tech_id = STR("TECH-1"),
                                          .name = STR("Nguyễn Văn Thử"),
                                          .number = STR(WORLD_NUMBER),
                                          .tax_code = STR("8463763902"),
                                          .birth = { 1987, 2, 1 },
                                          .sex = STR("2"),
                                          .address = STR("Số 1"),
                                          .email = STR("a@example.vn"),
                                          .phone = STR("0900000001") } };
}

#define EVERY_SCOPE "openid profile email phone address vn_id vn_profile"

static struct str told(const struct account *acc, const char *scopes, const char *scope,
                       const char *asked, bool id_token)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct client c = { .id = STR("portal"), .sector = STR("a"), .scopes = str_c(scopes) };
    const struct claims_subject s = { .client = &c,
                                      .account = acc,
                                      .level = acc->level,
                                      .acr = acc->level,
                                      .scope = str_c(scope),
                                      .asked = str_c(asked) };
    const struct visit v = world_visit();
    struct err e = { 0 };
    DEFER(json_close) struct json *o = NULL;

    if (id_token) {
        o = json_object();
        check_ok(claims_id_token(au, &v, &s, o, &e), e);
    } else {
        check_ok(claims_userinfo(au, &v, &s, &o, &e), e);
    }
    return json_print(test_arena(), o);
}

static struct str tell(const char *scope)
{
    const struct account acc = person();

    return told(&acc, EVERY_SCOPE, scope, "", false);
}

static struct str tell_asked(const char *asked, bool id_token)
{
    const struct account acc = person();

    return told(&acc, EVERY_SCOPE, "openid", asked, id_token);
}

TEST(each_claim_waits_for_its_scope)
{
    static const struct {
        const char *claim, *scope;
    } cases[] = {
        { "\"name\":\"Nguyễn Văn Thử\"", "profile" },
        { "\"birthdate\":\"1987-02-01\"", "profile" },
        { "\"gender\":\"female\"", "profile" },
        { "\"email\":\"a@example.vn\"", "email" },
        { "\"phone_number\":\"0900000001\"", "phone" },
        { "\"address\":{\"formatted\":\"Số 1\"}", "address" },
        { "\"SoDinhDanh\":\"001087123456\"", "vn_id" },
        { "\"MaSoThue\":\"8463763902\"", "vn_id" },
        { "\"HoVaTen\":\"Nguyễn Văn Thử\"", "vn_profile" },
        { "\"NgayThangNamSinh\":\"19870201\"", "vn_profile" },
        { "\"LoaiTaiKhoan\":\"1\"", "vn_profile" },
        { "\"TaiKhoanDuocXacThucVoiVNeID\":1", "vn_profile" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        for (size_t k = 0; k < claims_scope_count; k++) {
            const char *scope = claims_scopes[k].name;
            const bool want = str_is(str_c(cases[i].scope), scope);
            const struct str said =
                tell(str_cstr(test_arena(), str_fmt(test_arena(), "openid %s", scope)));

            if (str_has(said, str_c(cases[i].claim)) != want)
                test_fail(__FILE__, __LINE__, "%s with %s", cases[i].claim, scope);
        }
    }
}

TEST(openid_alone_tells_levels_and_no_person)
{
    const struct str said = tell("openid");

    check(str_has(said, STR("\"acr\":\"urn:vn:loa:2\"")));
    check(str_has(said, STR("\"vn_account_level\":\"02\"")));
    check(str_has(said, STR("\"vn_register_check\":\"confirmed\"")));
    check(!str_has(said, STR("TECH-1")) && !str_has(said, STR("acc_1")));
}

TEST(contact_data_in_vn_profile_waits_for_its_own_scope)
{
    const struct str said = tell("openid vn_profile"), more = tell("openid vn_profile email");

    check(!str_has(said, STR("a@example.vn")) && !str_has(said, STR("0900000001")));
    check(!str_has(said, STR("Số 1")) && !str_has(said, STR(WORLD_NUMBER)));
    check(!str_has(said, STR("TECH-1")));
    check(str_has(more, STR("\"ThuDienTu\":\"a@example.vn\"")));
}

TEST(a_degraded_check_is_said_and_a_birth_year_stays_a_year)
{
    struct account acc = person();
    struct str said;

    acc.checked = false;
    acc.degraded = true;
    acc.level = 1;
    acc.profile.birth = (struct date){ 1953, 0, 0 };
    said = told(&acc, EVERY_SCOPE, "openid profile vn_profile", "", false);
    check(str_has(said, STR("\"vn_register_check\":\"unavailable\"")));
    check(str_has(said, STR("\"birthdate\":\"1953\"")));
    check(str_has(said, STR("\"NgayThangNamSinh\":\"19530000\"")));
    check(str_has(said, STR("\"acr\":\"urn:vn:loa:1\"")));
    check_str(claims_account_level(VNEID_ENTERPRISE, 2), "org");
}

TEST(a_firm_has_a_name_and_no_birthdate)
{
    struct account acc = person();
    struct str said;

    acc.kind = VNEID_ENTERPRISE;
    acc.profile.business_name = STR("Công ty Thử");
    said = told(&acc, EVERY_SCOPE, "openid profile", "", false);
    check(str_has(said, STR("\"name\":\"Công ty Thử\"")));
    check(str_has(said, STR("\"vn_account_level\":\"org\"")));
    check(!str_has(said, STR("birthdate")) && !str_has(said, STR("gender")));
}

TEST(subjects_differ_by_sector_and_stay_the_same_within_one)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct client a = { .id = STR("x"), .sector = STR("a.vn") },
                        b = { .id = STR("y"), .sector = STR("a.vn") },
                        c = { .id = STR("z"), .sector = STR("c.vn") };
    const struct str sub = claims_sub(au, test_arena(), &a, STR("acc_1"));

    check_same(claims_sub(au, test_arena(), &b, STR("acc_1")), sub);
    check(!str_eq(claims_sub(au, test_arena(), &c, STR("acc_1")), sub));
    check(!str_eq(claims_sub(au, test_arena(), &a, STR("acc_2")), sub));
    check(sub.n >= 43);
}

TEST(a_client_of_public_subjects_has_one_sub_for_every_sector)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct client a = { .sector = STR("a.vn"), .public_subject = true },
                        b = { .sector = STR("b.vn"), .public_subject = true },
                        c = { .sector = STR("a.vn") };
    const struct str sub = claims_sub(au, test_arena(), &a, STR("acc_1"));

    check_same(claims_sub(au, test_arena(), &b, STR("acc_1")), sub);
    check(!str_eq(claims_sub(au, test_arena(), &c, STR("acc_1")), sub));
}

TEST(an_id_token_tells_levels_and_nothing_of_the_person_unless_asked)
{
    struct account acc = person();
    struct str said = told(&acc, EVERY_SCOPE, EVERY_SCOPE, "", true);

    check(str_has(said, STR("\"acr\":\"urn:vn:loa:2\"")));
    check(str_has(said, STR("\"vn_account_level\":\"02\"")));
    check(str_has(said, STR("\"vn_register_check\":\"confirmed\"")));
    check(!str_has(said, STR("Nguyễn")) && !str_has(said, STR("example.vn")));
    said = tell_asked("{\"id_token\":{\"name\":null},\"userinfo\":{\"email\":null}}", true);
    check(str_has(said, STR("\"name\":\"Nguyễn Văn Thử\"")) && !str_has(said, STR("email")));
    said = tell_asked("{\"id_token\":{\"name\":null},\"userinfo\":{\"email\":null}}", false);
    check(str_has(said, STR("\"email\":\"a@example.vn\"")) && !str_has(said, STR("Nguyễn")));
}

TEST(the_two_axes_are_told_apart)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();
    const struct client c = { .sector = STR("a") };
    const struct account acc = person();
    const struct grant g = { .level = 1, .acr = 4, .scope = STR("openid") };
    const struct claims_subject s = claims_of_grant(&c, &acc, &g);
    DEFER(json_close) struct json *o = json_object();
    struct err e = { 0 };

    check_ok(claims_id_token(au, &v, &s, o, &e), e);
    check(str_has(json_print(test_arena(), o), STR("\"acr\":\"urn:vn:loa:4\"")));
    check(str_has(json_print(test_arena(), o), STR("\"vn_account_level\":\"01\"")));
}

TEST(the_claims_parameter_adds_nothing_to_what_a_client_may_have)
{
    static const struct {
        const char *scopes, *asked, *claim;
        bool is_told;
    } cases[] = {
        { EVERY_SCOPE, "{\"SoDinhDanh\":{\"essential\":true}}", "SoDinhDanh", true },
        { "openid profile", "{\"SoDinhDanh\":{\"essential\":true}}", "SoDinhDanh", false },
        { "openid profile", "{\"name\":null}", "name", true },
        { "openid", "{\"name\":null}", "name", false },
        { EVERY_SCOPE, "{\"DiaChi\":null}", "DiaChi", true },
        { "openid vn_profile", "{\"DiaChi\":null}", "DiaChi", false },
        { "openid profile", "{\"birthdate\":{\"value\":\"1987-02-01\"}}", "birthdate", true },
        { "openid profile", "{\"birthdate\":{\"value\":\"1987-02-02\"}}", "birthdate", false },
        { "openid profile", "{\"gender\":{\"values\":[\"male\",\"female\"]}}", "gender", true },
        { "openid profile", "{\"gender\":{\"values\":[\"male\"]}}", "gender", false },
        { "openid", "{\"acr\":{\"value\":\"urn:vn:loa:4\"}}", "acr", true },
        { EVERY_SCOPE, "{\"no_such_claim\":{\"essential\":true}}", "no_such_claim", false },
        { EVERY_SCOPE, "{\"given_name\":{\"essential\":true}}", "given_name", false },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct account acc = person();
        const struct str asked =
            str_fmt(test_arena(), "{\"userinfo\":%s,\"id_token\":null}", cases[i].asked);
        const struct str said =
            told(&acc, cases[i].scopes, "openid", str_cstr(test_arena(), asked), false);

        if (str_has(said, str_fmt(test_arena(), "\"%s\":", cases[i].claim)) != cases[i].is_told)
            test_fail(__FILE__, __LINE__, "%s: %.*s", cases[i].asked, STR_ARG(said));
    }
}

TEST(standard_claims_are_told_when_the_upstream_knows_them)
{
    struct account acc = person();
    struct str said = told(&acc, EVERY_SCOPE, EVERY_SCOPE, "", false);

    check(!str_has(said, STR("given_name")) && !str_has(said, STR("family_name")));
    check(str_has(said, STR("\"email_verified\":false")));
    acc.profile.standard =
        STR("{\"given_name\":\"Thử\",\"nickname\":\"Tí\",\"website\":\"https://x.example/\","
            "\"locale\":\"vi-VN\",\"email_verified\":true,"
            "\"address\":{\"country\":\"VN\",\"locality\":\"Hà Nội\"}}");
    said = told(&acc, EVERY_SCOPE, "openid profile email address", "", false);
    check(str_has(said, STR("\"given_name\":\"Thử\"")));
    check(str_has(said, STR("\"website\":\"https://x.example/\"")));
    check(str_has(said, STR("\"email_verified\":true")));
    check(str_has(said, STR("\"country\":\"VN\",\"locality\":\"Hà Nội\"")));
    check(str_has(said, STR("\"formatted\":\"Số 1\"")));
    check(!str_has(said, STR("phone_number")));
    said = told(&acc, EVERY_SCOPE, "openid", "", false);
    check(!str_has(said, STR("Thử")) && !str_has(said, STR("Hà Nội")));
}

TEST(a_name_of_one_word_stays_whole)
{
    struct account acc = person();
    struct str said;

    acc.profile.name = STR("Đang");
    said = told(&acc, EVERY_SCOPE, "openid profile", "", false);
    check(str_has(said, STR("\"name\":\"Đang\"")));
    check(!str_has(said, STR("given_name")) && !str_has(said, STR("family_name")));
}
