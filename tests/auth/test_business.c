#include "auth/business.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

#include <stdio.h>

#define NGSP(status, people)                                                                       \
    "{\"data\":{\"MainInformation\":{\"NAME\":\"Công ty Thử\",\"ENTERPRISE_GDT_CODE\":"         \
    "\"9900000016\",\"ENTERPRISE_STATUS_NAME\":\"" status "\"},\"HOAdress\":{\"AddressFullText\":" \
    "\"Số 1\"},\"Representatives\":" people "}}"
#define LGSP(status, people)                                                                       \
    "{\"GetEntCert\":[{\"MaSoDoanhNghiep\":\"9900000016\",\"TenTiengViet\":\"Công ty Thử\","    \
    "\"TinhTrangPhapLy\":[{\"MaTinhTrangPhapLy\":\"" status "\"}],\"DaiDienPhapLuat\":[" people    \
    "]}]}"
#define HUMAN(name, number)                                                                        \
    "{\"ThongTinCaNhan\":[{\"HoVaTen\":\"" name "\",\"SoGiayChungThuc\":\"" number "\"}]}"

static struct err e;

static const struct business_question asked = {
    .purpose = "login",
    .code = { "9900000016", 10 },
    .number = { WORLD_NUMBER, 12 },
    .name = { "Nguyễn Văn Thử", sizeof("Nguyễn Văn Thử") - 1 },
};

TEST(both_forms_and_one_or_several_representatives)
{
    static const struct {
        bool lgsp;
        const char *body;
        size_t count;
        enum err_code want;
    } cases[] = {
        { false, NGSP("", "{\"FULL_NAME\":\"NGUYỄN VĂN THỬ\"}"), 1, ERR_NONE },
        { false, NGSP("", "[{\"FULL_NAME\":\"A\"},{\"FULL_NAME\":\"Nguyen Van Thu\"}]"), 2,
          ERR_NONE },
        { false, NGSP("", "[{\"FULL_NAME\":\"Nguyễn Văn Thửa\"}]"), 1, ERR_NOT_REPRESENTATIVE },
        { false, NGSP("", "[]"), 0, ERR_NOT_REPRESENTATIVE },
        { true, LGSP("00", HUMAN("A", "079080000296") "," HUMAN("B", WORLD_NUMBER)), 2, ERR_NONE },
        /* with a number the name does not help */
        { true, LGSP("00", HUMAN("Nguyễn Văn Thử", "079080000296")), 1, ERR_NOT_REPRESENTATIVE },
        { true, LGSP("00", HUMAN("Nguyễn Văn Thử", "")), 1, ERR_NONE },
        { true, LGSP("00", ""), 0, ERR_NOT_REPRESENTATIVE },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct business_record r;

        e = (struct err){ 0 };
        check_ok(business_read(test_arena(), cases[i].lgsp, str_c(cases[i].body), &r, &e), e);
        check_str(r.code, "9900000016");
        check_str(r.name, "Công ty Thử");
        check_int(r.count, cases[i].count);
        (void)!business_match(test_arena(), &asked, &r, &e).failed;
        check_int(e.code, cases[i].want);
    }
}

TEST(unknown_firms_and_faults_are_told_apart)
{
    static const struct {
        bool lgsp;
        const char *body;
        enum err_code want;
    } cases[] = {
        { false, "{\"data\":null}", ERR_BUSINESS_UNKNOWN },
        { true, "{\"GetEntCert\":[]}", ERR_BUSINESS_UNKNOWN },
        { true, "{\"data\":null}", ERR_UPSTREAM_DOWN },
        { true, "{\"GetEntCert\":[1]}", ERR_UPSTREAM_DOWN },
        { true, "{\"GetEntCert\":[{}]}", ERR_UPSTREAM_DOWN },
        { false, "{\"data\":{}}", ERR_UPSTREAM_DOWN },
        { false, "{\"data\":{\"MainInformation\":[]}}", ERR_UPSTREAM_DOWN },
        { false, "[]", ERR_UPSTREAM_DOWN },
        { false, "", ERR_UPSTREAM_DOWN },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct business_record r;

        check_fails(business_read(test_arena(), cases[i].lgsp, str_c(cases[i].body), &r, &e), e,
                    cases[i].want);
    }
}

TEST(words_of_a_status_become_its_code)
{
    static const struct {
        const char *body, *code;
    } cases[] = {
        { NGSP("NNT đang hoạt động", "[]"), "00" },
        { NGSP("NNT ngừng hoạt động và đã hoàn thành thủ tục chấm dứt hiệu lực mã số thuế", "[]"),
          "01" },
        { NGSP("NNT ngừng hoạt động nhưng chưa hoàn thành thủ tục chấm dứt hiệu lực mã số thuế",
               "[]"),
          "03" },
        { NGSP("NNT đã bị vô hiệu mã số thuế", "[]"), "04" },
        { NGSP("NNT tạm ngừng hoạt động, kinh doanh", "[]"), "05" },
        { NGSP("NNT không hoạt động tại địa chỉ đã đăng ký", "[]"), "06" },
        { NGSP("NNT chờ làm thủ tục phá sản", "[]"), "07" },
        { NGSP("NNT đang chờ xác minh tình trạng hoạt động tại địa chỉ đã đăng ký", "[]"), "09" },
        { NGSP("NNT đã chuyển cơ quan thuế quản lý", "[]"), "02" },
        { NGSP("something new", "[]"), "" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct business_record r;

        check_ok(business_read(test_arena(), false, str_c(cases[i].body), &r, &e), e);
        check_str(r.status, cases[i].code);
    }
}

TEST_STORE(the_status_decides_what_is_allowed)
{
    static const struct {
        const char *body;
        enum err_code want;
        bool pay_only, warn;
    } cases[] = {
        { LGSP("00", HUMAN("A", WORLD_NUMBER)), ERR_NONE, false, false },
        { LGSP("05", HUMAN("A", WORLD_NUMBER)), ERR_NONE, false, true },
        { LGSP("07", HUMAN("A", WORLD_NUMBER)), ERR_NONE, true, false },
        { LGSP("04", HUMAN("A", WORLD_NUMBER)), ERR_BUSINESS_STATUS, false, false },
        { LGSP("77", HUMAN("A", WORLD_NUMBER)), ERR_NONE, false, false },
        { LGSP("00", HUMAN("A", "079080000296")), ERR_NOT_REPRESENTATIVE, false, false },
    };
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();

    world_conf()->business.cache_s = 0;
    for (size_t i = 0; i < LEN(cases); i++) {
        struct business_answer answer = { 0 };

        e = (struct err){ 0 };
        upstream()->business = str_c(cases[i].body);
        (void)!business_check(au, &v, &asked, &answer, &e).failed;
        check_int(e.code, cases[i].want);
        check(answer.pay_only == cases[i].pay_only && answer.warn == cases[i].warn);
    }
}

TEST(an_answer_serves_again_for_the_same_person_and_firm_only)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();
    struct business_question other = asked;
    struct business_answer answer;

    upstream()->business = STR(LGSP("00", HUMAN("A", WORLD_NUMBER)));
    check_ok(business_check(au, &v, &asked, &answer, &e), e);
    upstream()->business_status = 500;
    check_ok(business_check(au, &v, &asked, &answer, &e), e);
    check_int(upstream()->business_calls, 1);
    other.number = STR("079080000296");
    check_fails(business_check(au, &v, &other, &answer, &e), e, ERR_UPSTREAM_DOWN);
    other = asked;
    other.code = STR("9900000017");
    check_fails(business_check(au, &v, &other, &answer, &e), e, ERR_BUSINESS_UNKNOWN);
}

TEST(an_answer_about_another_firm_is_no_answer)
{
    static const struct {
        const char *asked, *answered;
        enum err_code want;
    } cases[] = {
        { "9900000016", "9900000016", ERR_NONE },
        { "9900000016-002", "9900000016", ERR_NONE },
        { "9900000016-002", "9900000016-002", ERR_NONE },
        { "9900000016", "9900000023", ERR_UPSTREAM_DOWN },
        { "9900000016", "990000001", ERR_UPSTREAM_DOWN },
        { WORLD_NUMBER, WORLD_NUMBER, ERR_NONE },
        { WORLD_NUMBER, "001087123457", ERR_UPSTREAM_DOWN },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct business_record r = { .code = str_c(cases[i].answered), .count = 1 };
        struct business_question q = asked;

        r.representatives[0].name = asked.name;
        r.representatives[0].number = asked.number;
        q.code = str_c(cases[i].asked);
        e = (struct err){ 0 };
        (void)!business_match(test_arena(), &q, &r, &e).failed;
        check_int(e.code, cases[i].want);
    }
}

/* A household's code is its owner's own number. */
TEST(a_households_code_stands_in_no_audit_row)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();
    const struct str path = str_fmt(test_arena(), "%s/fixture.db", test_folder());
    struct business_question household = asked;
    struct business_answer answer;
    static char bytes[4 << 20];
    size_t n = 0;

    household.code = STR(WORLD_NUMBER);
    upstream()->business =
        STR("{\"GetEntCert\":[{\"MaSoDoanhNghiep\":\"" WORLD_NUMBER "\",\"TenTiengViet\":"
            "\"Hộ kinh doanh Nguyễn Văn Thử\",\"TinhTrangPhapLy\":[{\"MaTinhTrangPhapLy\":\"00\"}],"
            "\"DaiDienPhapLuat\":[" HUMAN("A", WORLD_NUMBER) "]}]}");
    check_ok(business_check(au, &v, &household, &answer, &e), e);
    for (int i = 0; i < 2; i++) {
        FILE *f = fopen(
            str_cstr(test_arena(), str_cat(test_arena(), path, i == 0 ? STR("") : STR("-wal"))),
            "rb");

        check(f != NULL);
        n += fread(bytes + n, 1, sizeof(bytes) - n, f);
        (void)fclose(f);
    }
    check(str_has(str_of(bytes, n), STR("business.query")));
    check(str_has(str_of(bytes, n), STR("business.answer")));
    check(str_has(str_of(bytes, n), STR("\"purpose\":\"login\"")));
    check(!str_has(str_of(bytes, n), STR(WORLD_NUMBER)));
}
