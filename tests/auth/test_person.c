#include "auth/person.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "crypto/partner.h"
#include "crypto/secret.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

#define HEAD                                                                                       \
    "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">"    \
    "<s:Body><c:CongdanCollection xmlns:c=\"http://www.mic.gov.vn/dancu/1.0\">"
#define TAIL "</c:CongdanCollection></s:Body></s:Envelope>"
#define MAN(number, name, birth, more)                                                             \
    HEAD "<c:CongDan><c:SoDinhDanh>" number "</c:SoDinhDanh><c:HoVaTen>" name "</c:HoVaTen>"       \
         "<c:NgayThangNamSinh>" birth "</c:NgayThangNamSinh>" more "</c:CongDan>" TAIL
#define WHO  "<c:Ten>Nguyễn Văn Thử</c:Ten>"
#define BORN "<c:NgayThangNam>19870201</c:NgayThangNam>"

static struct err e;

static const struct person_question asked = {
    .number = { WORLD_NUMBER, 12 },
    .name = { "Nguyễn Văn Thử", sizeof("Nguyễn Văn Thử") - 1 },
    .birth = { 1987, 2, 1 },
    .purpose = "login",
};

static struct auth *here(void)
{
    return world(fixture_pool(), fixture_kv(), &fixture_clock);
}

TEST(the_request_has_the_elements_in_their_order)
{
    struct conf *c = (here(), world_conf());
    struct person_question q = asked;
    struct person_request rq = { .question = &q, .code = STR("ma-1") };
    struct str xml, rest;
    static const char *const order[] = { "<dan:TraCuuThongTinCongDan>",
                                         "<dan:MaYeuCau>ma-1</dan:MaYeuCau>",
                                         "<dan:MaDVC>2.000889.000.00.00.H56.01</dan:MaDVC>",
                                         "<dan:MaTichHop>037</dan:MaTichHop>",
                                         "<dan:MaCanBo>001087123456</dan:MaCanBo>",
                                         "<dan:SoDinhDanh>001087123456</dan:SoDinhDanh>",
                                         "<dan:HoVaTen>NGUYENVANTHU</dan:HoVaTen>",
                                         "<dan:NgayThangNamSinh><dan:NgayThangNam>19870201<",
                                         "</dan:TraCuuThongTinCongDan>" };

    check_ok(person_request_print(test_arena(), c, &rq, &xml, &e), e);
    rest = xml;
    for (size_t i = 0; i < LEN(order); i++) {
        const char *at = memmem(rest.p, rest.n, order[i], strlen(order[i]));

        if (at == NULL)
            test_fail(__FILE__, __LINE__, "%s is missing or out of order", order[i]);
        rest = str_from(rest, (size_t)(at - rest.p) + strlen(order[i]));
    }
    check(str_has(xml, STR("xmlns:dan=\"http://dancuquocgia.bca\"")));
    q = (struct person_question){ .old_card = STR("012345678"),
                                  .name = STR("H'Hen Niê"),
                                  .birth = { 1953, 0, 0 } };
    rq.code = STR("ma-2");
    check_ok(person_request_print(test_arena(), c, &rq, &xml, &e), e);
    check(str_has(xml, STR("<dan:SoCMND>012345678</dan:SoCMND><dan:HoVaTen>HHENNIE</dan:HoVaTen>"
                           "<dan:NgayThangNamSinh><dan:Nam>1953</dan:Nam>")));
}

TEST(the_header_is_the_published_vector)
{
    struct secret s = { .n = 0 };

    check_ok(secret_set(&s, STR("khoa-thu-nghiem"), &e), e);
    check_str(partner_gateway_basic(test_arena(), STR("https://dancu.example.vn/tracuu"),
                                    STR("motcua"), 1795392000000, &s),
              "Basic bW90Y3VhOjc3N2MzZWYzYzA1Y2VhYWI0MWFhNGYwNTNhMzQwNzc2YjM2MDQxNDJjZWQ3OTVhMGM2YT"
              "c2ODRjOGEzYTE5NGQ=");
    secret_wipe(&s);
}

TEST(a_fault_is_never_a_verdict)
{
    static const char *const faults[] = {
        "",
        "not xml",
        "<html><body>Bad gateway</body></html>",
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><s:Fault>"
        "<faultcode>x</faultcode></s:Fault></s:Body></s:Envelope>",
        "<s:Envelope xmlns:s=\"x\"><s:Body><CongdanCollection/><s:Fault/></s:Body></s:Envelope>",
        "<s:Envelope xmlns:s=\"x\"><s:Body/></s:Envelope>",
        "<s:Envelope xmlns:s=\"x\"/>",
        "{\"error_code\":\"99\",\"message\":\"x\"}",
        "{\"error_code\":1,\"message\":\"x\"}",
        "{\"error_code\":\"0\"}",
        "{\"error_code\":\"0\",\"message\":\"not xml\"}",
        "{\"message\":\"x\"}",
        "{",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><Envelope><Body><CongdanCollection/></Body></Envelope>",
        MAN(WORLD_NUMBER, WHO, "<c:NgayThangNam>someday</c:NgayThangNam>", ""),
        HEAD "<c:CongDan/><c:CongDan/>" TAIL,
    };
    struct person_record r;

    for (size_t i = 0; i < LEN(faults); i++) {
        e = (struct err){ 0 };
        if (!person_read(test_arena(), str_c(faults[i]), &r, &e).failed ||
            e.code != ERR_UPSTREAM_DOWN)
            test_fail(__FILE__, __LINE__, "%s: %s", faults[i], err_name(e.code));
    }
}

TEST(verdicts_about_a_person)
{
    static const struct {
        const char *xml;
        enum err_code want;
        const char *field;
    } cases[] = {
        { MAN(WORLD_NUMBER, WHO, BORN, ""), ERR_NONE, "" },
        { MAN(WORLD_NUMBER, "<c:Ho>NGUYEN</c:Ho><c:ChuDem>VAN</c:ChuDem><c:Ten>THU</c:Ten>", BORN,
              ""),
          ERR_NONE, "" },
        { MAN(WORLD_NUMBER, WHO, "<c:Nam>1987</c:Nam>", ""), ERR_NONE, "" },
        { MAN(WORLD_NUMBER, WHO, "", ""), ERR_NONE, "" },
        { HEAD TAIL, ERR_PERSON_UNKNOWN, "" },
        { MAN(WORLD_NUMBER, "<c:Ten></c:Ten>", BORN, ""), ERR_PERSON_UNKNOWN, "" },
        { MAN("001087123457", WHO, BORN, ""), ERR_PERSON_MISMATCH, "number" },
        { MAN(WORLD_NUMBER, "<c:Ten>Nguyễn Văn Thửa</c:Ten>", BORN, ""), ERR_PERSON_MISMATCH,
          "name" },
        { MAN(WORLD_NUMBER, WHO, "<c:NgayThangNam>19870202</c:NgayThangNam>", ""),
          ERR_PERSON_MISMATCH, "birth" },
        { MAN(WORLD_NUMBER, WHO, "<c:Nam>1986</c:Nam>", ""), ERR_PERSON_MISMATCH, "birth" },
        { MAN(WORLD_NUMBER, WHO, BORN, "<c:TinhTrang>DA_CHET</c:TinhTrang>"), ERR_PERSON_DECEASED,
          "" },
        { MAN(WORLD_NUMBER, WHO, BORN, "<c:TinhTrang>Đã chết</c:TinhTrang>"), ERR_PERSON_DECEASED,
          "" },
        { MAN(WORLD_NUMBER, WHO, BORN, "<c:TinhTrang>DANG_SONG</c:TinhTrang>"), ERR_NONE, "" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct person_record r;

        e = (struct err){ 0 };
        check_ok(person_read(test_arena(), str_c(cases[i].xml), &r, &e), e);
        (void)!person_match(test_arena(), &asked, &r, &e).failed;
        check_int(e.code, cases[i].want);
        check_str(str_c(e.field), cases[i].field);
    }
}

TEST(the_provincial_wrapper_is_opened)
{
    struct person_record r;

    check_ok(person_read(test_arena(),
                         STR("{\"error_code\":\"0\",\"message\":\"<Envelope><Body>"
                             "<CongdanCollection><CongDan><SoDinhDanh>1</SoDinhDanh><HoVaTen><Ten>"
                             "An</Ten></HoVaTen></CongDan></CongdanCollection></Body></Envelope>"
                             "\"}"),
                         &r, &e),
             e);
    check_str(r.name, "An");
}

TEST_STORE(a_question_is_signed_audited_and_asked_once_while_it_is_fresh)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct secret s = { .n = 0 };
    struct person_answer answer;

    check_ok(person_check(au, &v, &asked, &answer, &e), e);
    check(answer.checked && !answer.degraded && answer.ref.n == 36);
    check_str(answer.sex, "1");
    check_ok(secret_set(&s, STR("khoa-thu-nghiem"), &e), e);
    check_same(upstream()->population_authorization,
               partner_gateway_basic(test_arena(), au->conf->person.url, STR("motcua"),
                                     FIXTURE_NOW_MS, &s));
    check(str_has(upstream()->population_request, answer.ref));
    check_ok(person_check(au, &v, &asked, &answer, &e), e);
    check(answer.checked);
    check_int(upstream()->population_calls, 1);
    fixture_clock.fixed_ms += (au->conf->person.cache_s + 1) * 1000;
    check_ok(person_check(au, &v, &asked, &answer, &e), e);
    check_int(upstream()->population_calls, 2);
}

TEST(what_is_kept_for_a_while_holds_no_personal_data)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct person_answer answer;
    struct person_question other = asked;

    check_ok(person_check(au, &v, &asked, &answer, &e), e);
    /* another name or birth under the same number is another question */
    other.name = STR("Trần Văn Khác");
    check_fails(person_check(au, &v, &other, &answer, &e), e, ERR_PERSON_MISMATCH);
    other = asked;
    other.birth.d = 2;
    check_fails(person_check(au, &v, &other, &answer, &e), e, ERR_PERSON_MISMATCH);
    check_int(upstream()->population_calls, 3);
}

TEST(the_policies)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct person_question nobody = { .name = STR("An"), .purpose = "login" };
    struct person_answer answer;

    upstream()->population_status = 503;
    check_fails(person_check(au, &v, &asked, &answer, &e), e, ERR_UPSTREAM_DOWN);
    check_fails(person_check(au, &v, &nobody, &answer, &e), e, ERR_PERSON_UNKNOWN);
    world_conf()->person.policy = STR("prefer");
    check_ok(person_check(au, &v, &asked, &answer, &e), e);
    check(answer.degraded && !answer.checked);
    check_ok(person_check(au, &v, &nobody, &answer, &e), e);
    check(answer.degraded && !answer.checked);
    upstream()->population_status = 200;
    upstream()->population = STR(HEAD TAIL);
    check_fails(person_check(au, &v, &asked, &answer, &e), e, ERR_PERSON_UNKNOWN);
    world_conf()->person.policy = STR("skip");
    check_ok(person_check(au, &v, &asked, &answer, &e), e);
    check(!answer.degraded && !answer.checked);
}

TEST(the_portal_may_be_stricter_than_the_setting_and_never_laxer)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct person_question q = asked;
    struct person_answer answer;

    upstream()->population_status = 503;
    world_conf()->person.policy = STR("skip");
    q.policy = PERSON_PREFER;
    check_ok(person_check(au, &v, &q, &answer, &e), e);
    check(answer.degraded && !answer.checked);
    q.policy = PERSON_REQUIRE;
    check_fails(person_check(au, &v, &q, &answer, &e), e, ERR_UPSTREAM_DOWN);
    world_conf()->person.policy = STR("require");
    q.policy = PERSON_PREFER;
    check_fails(person_check(au, &v, &q, &answer, &e), e, ERR_UPSTREAM_DOWN);
}

TEST(verify_asks_for_yes_or_no_and_then_about_death)
{
    static const struct {
        const char *yes;
        enum err_code want;
        int calls;
    } cases[] = {
        { "XacThucThongTinCongDan", ERR_NONE, 2 },
        { "XacMinhTinhTrangChetMatTich", ERR_PERSON_MISMATCH, 1 }, /* so not confirmed */
        { "MaYeuCau", ERR_PERSON_DECEASED, 2 },                    /* yes to both */
    };
    struct auth *au = here();
    const struct visit v = world_visit();

    world_conf()->person.operation = STR("verify");
    world_conf()->person.cache_s = 0;
    for (size_t i = 0; i < LEN(cases); i++) {
        struct person_answer answer = { 0 };
        struct err why = { .code = ERR_NONE };

        upstream()->population_calls = 0;
        upstream()->verdict_yes = str_c(cases[i].yes);
        (void)!person_check(au, &v, &asked, &answer, &why).failed;
        check_int(why.code, cases[i].want);
        check_int(upstream()->population_calls, cases[i].calls);
        check(answer.checked == (cases[i].want == ERR_NONE));
        check_int(answer.address.n, 0);
    }
    upstream()->verdict_yes = STR("");
    upstream()->population = STR(HEAD TAIL);
    check_fails(person_check(au, &v, &asked, &(struct person_answer){ 0 }, &e), e,
                ERR_UPSTREAM_DOWN);
}

TEST_KV(a_spent_budget_is_a_register_that_does_not_answer)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct person_answer answer;

    world_conf()->person.cache_s = 0;
    world_conf()->person.budget_per_min = 2;
    check_ok(person_check(au, &v, &asked, &answer, &e), e);
    check_ok(person_check(au, &v, &asked, &answer, &e), e);
    check_fails(person_check(au, &v, &asked, &answer, &e), e, ERR_UPSTREAM_DOWN);
    check_int(upstream()->population_calls, 2);
    world_conf()->person.policy = STR("prefer");
    check_ok(person_check(au, &v, &asked, &answer, &e), e);
    check(answer.degraded && !answer.checked);
}
