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

static struct str tell(const char *scope)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct client c = { .id = STR("portal"), .sector = STR("a") };
    const struct account acc = person();
    DEFER(json_close)
    struct json *o = claims_userinfo(au, test_arena(), &c, &acc, str_c(scope));

    return json_print(test_arena(), o);
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
            const struct str told =
                tell(str_cstr(test_arena(), str_fmt(test_arena(), "openid %s", scope)));

            if (str_has(told, str_c(cases[i].claim)) != want)
                test_fail(__FILE__, __LINE__, "%s with %s", cases[i].claim, scope);
        }
    }
}

TEST(openid_alone_tells_levels_and_no_person)
{
    const struct str told = tell("openid");

    check(str_has(told, STR("\"acr\":\"urn:vn:loa:2\"")));
    check(str_has(told, STR("\"vn_account_level\":\"02\"")));
    check(str_has(told, STR("\"vn_register_check\":\"confirmed\"")));
    check(!str_has(told, STR("TECH-1")) && !str_has(told, STR("acc_1")));
}

TEST(contact_data_in_vn_profile_waits_for_its_own_scope)
{
    const struct str told = tell("openid vn_profile"), more = tell("openid vn_profile email");

    check(!str_has(told, STR("a@example.vn")) && !str_has(told, STR("0900000001")));
    check(!str_has(told, STR("Số 1")) && !str_has(told, STR(WORLD_NUMBER)));
    check(!str_has(told, STR("TECH-1")));
    check(str_has(more, STR("\"ThuDienTu\":\"a@example.vn\"")));
}

TEST(a_degraded_check_is_said_and_a_birth_year_stays_a_year)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct client c = { .sector = STR("a") };
    struct account acc = person();
    struct str told;

    acc.checked = false;
    acc.degraded = true;
    acc.level = 1;
    acc.profile.birth = (struct date){ 1953, 0, 0 };
    DEFER(json_close)
    struct json *o = claims_userinfo(au, test_arena(), &c, &acc, STR("openid profile vn_profile"));

    told = json_print(test_arena(), o);
    check(str_has(told, STR("\"vn_register_check\":\"unavailable\"")));
    check(str_has(told, STR("\"birthdate\":\"1953\"")));
    check(str_has(told, STR("\"NgayThangNamSinh\":\"19530000\"")));
    check(str_has(told, STR("\"acr\":\"urn:vn:loa:1\"")));
    check_str(claims_account_level(VNEID_ENTERPRISE, 2), "org");
}

TEST(a_firm_has_a_name_and_no_birthdate)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct client c = { .sector = STR("a") };
    struct account acc = person();
    struct str told;

    acc.kind = VNEID_ENTERPRISE;
    acc.profile.business_name = STR("Công ty Thử");
    DEFER(json_close)
    struct json *o = claims_userinfo(au, test_arena(), &c, &acc, STR("openid profile"));

    told = json_print(test_arena(), o);
    check(str_has(told, STR("\"name\":\"Công ty Thử\"")));
    check(str_has(told, STR("\"vn_account_level\":\"org\"")));
    check(!str_has(told, STR("birthdate")) && !str_has(told, STR("gender")));
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
