#include "auth/organisation.h"

#include "auth/acting.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "crypto/seal.h"
#include "tests/auth/firms.h"
#include "tests/fixture.h"

static struct err e;

static struct auth *here(void)
{
    return world(fixture_pool(), fixture_kv(), &fixture_clock);
}

static result claim(struct auth *au, const struct account *acc, const char *code,
                    struct organisation *out)
{
    const struct visit v = world_visit();

    e = (struct err){ 0 };
    return organisation_claim(au, &v, acc, acc->level, str_c(code), out, &e);
}

static result ground(struct auth *au, const struct account *acc, struct str organisation,
                     struct representation *rep)
{
    const struct visit v = world_visit();
    const struct ground_question q = { .account = acc, .organisation = organisation };
    struct organisation org;

    e = (struct err){ 0 };
    return organisation_ground(au, &v, &q, &org, rep, &e);
}

TEST_STORE(each_of_three_representatives_stands_for_one_organisation)
{
    struct auth *au = here();
    const struct account people[] = { firm_person(au, "T1", WORLD_NUMBER, THU_NAME),
                                      firm_person(au, "T2", DAI, DAI_NAME),
                                      firm_person(au, "T3", DONG, DONG_NAME) };
    const struct account stranger = firm_person(au, "T4", "048081000329", "Ông Văn Hết");
    struct organisation first, org;
    struct str ids[4];
    size_t n;

    firm_is(FIRM_CODE, "00", REP_DAI "," REP_DONG "," REP_THU);
    check_ok(claim(au, &people[0], " 99000 00016", &first), e);
    check_str(first.code, FIRM_CODE);
    check_str(first.name, FIRM_NAME);
    check_same(first.id_index, seal_index(test_arena(), au->seal, STR("idno"), STR(FIRM_CODE)));
    for (size_t i = 0; i < LEN(people); i++) {
        check_ok(claim(au, &people[i], FIRM_CODE, &org), e);
        check_same(org.id, first.id);
        check_ok(organisation_list(au, test_arena(), people[i].id, ids, LEN(ids), &n, &e), e);
        check_int(n, 1);
    }
    check_fails(claim(au, &stranger, FIRM_CODE, &org), e, ERR_NOT_REPRESENTATIVE);
    check_ok(organisation_list(au, test_arena(), stranger.id, ids, LEN(ids), &n, &e), e);
    check_int(n, 0);
}

TEST(what_is_kept_of_an_organisation_is_sealed)
{
    struct auth *au = here();
    const struct account thu = firm_person(au, "T1", WORLD_NUMBER, THU_NAME);
    struct organisation org, again;

    firm_is(FIRM_CODE, "05", REP_THU);
    check_ok(claim(au, &thu, FIRM_CODE, &org), e);
    check(!str_has(org.id, STR(FIRM_CODE)));
    check_ok(organisation_load(au, test_arena(), org.id, &again, &e), e);
    check_str(again.name, FIRM_NAME);
    check_str(again.status, "05");
    check_str(again.address, "Số 1, Khu mô phỏng");
    check_int(again.checked_ms, FIXTURE_NOW_MS);
    check_fails(organisation_load(au, test_arena(), STR("org_x"), &again, &e), e, ERR_NOT_FOUND);
}

TEST(codes_of_ten_twelve_and_thirteen_digits_and_no_others)
{
    struct auth *au = here();
    const struct account ho = firm_person(au, "T1", "086079000318", "Kim Văn Hộ");
    const struct account thu = firm_person(au, "T2", WORLD_NUMBER, THU_NAME);
    struct organisation firm, unit, household;

    firm_is("086079000318", "00", REP("Kim Văn Hộ", "086079000318"));
    check_ok(claim(au, &ho, "086079000318", &household), e);
    check_str(household.code, "086079000318");
    firm_is(FIRM_CODE, "00", REP_THU);
    check_ok(claim(au, &thu, FIRM_CODE, &firm), e);
    firm_is(FIRM_CODE "-001", "00", REP_THU);
    check_ok(claim(au, &thu, FIRM_CODE "001", &unit), e);
    check_str(unit.code, FIRM_CODE "-001");
    check(!str_eq(unit.id, firm.id));
    upstream()->business_calls = 0;
    check_fails(claim(au, &thu, "9900000017", &firm), e, ERR_INVALID);
    check_str(str_c(e.field), "tax_code");
    check_fails(claim(au, &thu, "", &firm), e, ERR_INVALID);
    check_fails(claim(au, &thu, FIRM_CODE "-000", &firm), e, ERR_INVALID);
    check_int(upstream()->business_calls, 0);
}

TEST(a_person_of_level_one_represents_nobody)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct account thu = firm_person(au, "T1", WORLD_NUMBER, THU_NAME);
    struct organisation org;

    firm_is(FIRM_CODE, "00", REP_THU);
    check_fails(organisation_claim(au, &v, &thu, 1, STR(FIRM_CODE), &org, &e), e, ERR_FORBIDDEN);
    thu.level = 1;
    check_fails(claim(au, &thu, FIRM_CODE, &org), e, ERR_FORBIDDEN);
    check_int(upstream()->business_calls, 0);
}

TEST(a_namesake_with_another_number_has_no_ground_and_nfd_is_no_other_name)
{
    struct auth *au = here();
    const struct account other = firm_person(au, "T1", "001087654321", THU_NAME);
    const struct account thu = firm_person(
        au, "T2", WORLD_NUMBER, "Nguye\xCC\x82\xCC\x83n Va\xCC\x86n Thu\xCC\x9B\xCC\x89");
    struct organisation org;

    firm_is(FIRM_CODE, "00", REP_THU);
    check_fails(claim(au, &other, FIRM_CODE, &org), e, ERR_NOT_REPRESENTATIVE);
    check_ok(claim(au, &thu, FIRM_CODE, &org), e);
}

static void ngsp_firm(const char *people)
{
    world_conf()->business.shape = STR("ngsp");
    upstream()->business =
        str_fmt(test_arena(),
                "{\"data\":{\"MainInformation\":{\"NAME\":\"Co\xCC\x82ng ty Thu\xCC\x9B\xCC\x89\","
                "\"ENTERPRISE_GDT_CODE\":\"" FIRM_CODE "\",\"ENTERPRISE_STATUS_NAME\":\"NNT đang "
                "hoạt động\"},\"Representatives\":[%s]}}",
                people);
}

TEST_STORE(a_register_of_names_alone_is_not_enough)
{
    struct auth *au = here();
    const struct account thu = firm_person(au, "T1", WORLD_NUMBER, THU_NAME);
    struct vneid_claims c = { .tech_id = STR("T2"),
                              .kind = VNEID_ENTERPRISE,
                              .level = 1,
                              .name = STR(THU_NAME),
                              .number = STR("001087654321"),
                              .business_code = STR(FIRM_CODE) };
    struct organisation org;

    ngsp_firm("{\"FULL_NAME\":\"NGUYỄN VĂN THỬ\"}");
    check_fails(claim(au, &thu, FIRM_CODE, &org), e, ERR_NOT_REPRESENTATIVE);
    (void)firm_account(au, &c); /* the firm's account, but of a namesake */
    check_fails(claim(au, &thu, FIRM_CODE, &org), e, ERR_NOT_REPRESENTATIVE);
    c.tech_id = STR("T3");
    c.number = STR(WORLD_NUMBER);
    (void)firm_account(au, &c);
    check_ok(claim(au, &thu, FIRM_CODE, &org), e);
    check_str(org.name, "Công ty Thử");
}

TEST(the_code_that_vneid_tells_of_the_person_vouches_too)
{
    struct auth *au = here();
    const struct vneid_claims c = { .tech_id = STR("T1"),
                                    .kind = VNEID_CITIZEN,
                                    .level = 2,
                                    .name = STR(THU_NAME),
                                    .number = STR(WORLD_NUMBER),
                                    .tax_code = STR(FIRM_CODE) };
    const struct account thu = firm_account(au, &c);
    struct organisation org;

    ngsp_firm("{\"FULL_NAME\":\"Nguyen Van Thu\"},{\"FULL_NAME\":\"Đang\"}");
    check_ok(claim(au, &thu, FIRM_CODE, &org), e);
    ngsp_firm("{\"FULL_NAME\":\"Đang\"}");
    check_fails(claim(au, &thu, FIRM_CODE, &org), e, ERR_NOT_REPRESENTATIVE);
}

TEST_STORE(a_ground_is_asked_about_again_when_it_has_aged_and_ends_when_the_register_says_so)
{
    struct auth *au = here();
    const struct account thu = firm_person(au, "T1", WORLD_NUMBER, THU_NAME);
    struct representation rep;
    struct organisation org;
    int calls;

    world_conf()->auth.acting_max_age_s = 60;
    firm_is(FIRM_CODE, "00", REP_THU "," REP_DAI);
    check_ok(claim(au, &thu, FIRM_CODE, &org), e);
    calls = upstream()->business_calls;
    fixture_clock.fixed_ms += 60000;
    check_ok(ground(au, &thu, org.id, &rep), e);
    check_str(rep.role, "legal_representative");
    check_int(upstream()->business_calls, calls);
    fixture_clock.fixed_ms += 1;
    check_ok(ground(au, &thu, org.id, &rep), e);
    check_int(upstream()->business_calls, calls + 1);
    check_int(rep.since_ms, FIXTURE_NOW_MS);
    check_int(rep.checked_ms, FIXTURE_NOW_MS + 60001);

    fixture_clock.fixed_ms += 60001;
    upstream()->business_status = 500;
    check_fails(ground(au, &thu, org.id, &rep), e, ERR_UPSTREAM_DOWN);
    upstream()->business_status = 200;
    check_ok(ground(au, &thu, org.id, &rep), e); /* down is no verdict */

    fixture_clock.fixed_ms += 60001;
    firm_is(FIRM_CODE, "00", REP_DAI);
    check_fails(ground(au, &thu, org.id, &rep), e, ERR_NOT_REPRESENTATIVE);
    calls = upstream()->business_calls;
    check_fails(ground(au, &thu, org.id, &rep), e, ERR_NOT_REPRESENTATIVE);
    check_int(upstream()->business_calls, calls); /* it has been recorded */
    firm_is(FIRM_CODE, "00", REP_THU);
    check_ok(claim(au, &thu, FIRM_CODE, &org), e); /* appointed anew */
    check_ok(ground(au, &thu, org.id, &rep), e);
    check_int(rep.since_ms, fixture_clock.fixed_ms);
}

TEST(what_a_status_permits_is_the_tables_decision)
{
    static const struct {
        const char *status;
        enum err_code want;
        bool pay_only;
    } cases[] = {
        { "00", ERR_NONE, false },
        { "02", ERR_NONE, false },
        { "05", ERR_NONE, false }, /* suspended: with a remark */
        { "09", ERR_NONE, false },
        { "10", ERR_NONE, false }, /* unknown: let in and recorded */
        { "03", ERR_NONE, true },
        { "06", ERR_NONE, true },
        { "07", ERR_NONE, true }, /* awaiting bankruptcy: debts stay payable */
        { "01", ERR_BUSINESS_STATUS, false },
        { "04", ERR_BUSINESS_STATUS, false }, /* dissolved */
    };
    struct auth *au = here();
    const struct account thu = firm_person(au, "T1", WORLD_NUMBER, THU_NAME);

    for (size_t i = 0; i < LEN(cases); i++) {
        struct organisation org = { 0 };

        firm_is(FIRM_CODE, cases[i].status, REP_THU);
        (void)!claim(au, &thu, FIRM_CODE, &org).failed;
        if (e.code != cases[i].want || org.pay_only != cases[i].pay_only)
            test_fail(__FILE__, __LINE__, "%s: %s", cases[i].status, err_name(e.code));
    }
}

TEST(a_status_that_forbids_does_not_end_the_ground)
{
    struct auth *au = here();
    const struct account thu = firm_person(au, "T1", WORLD_NUMBER, THU_NAME);
    struct representation rep;
    struct organisation org;

    firm_is(FIRM_CODE, "00", REP_THU);
    check_ok(claim(au, &thu, FIRM_CODE, &org), e);
    fixture_clock.fixed_ms += world_conf()->auth.acting_max_age_s * 1000 + 1;
    firm_is(FIRM_CODE, "04", REP_THU);
    check_fails(ground(au, &thu, org.id, &rep), e, ERR_BUSINESS_STATUS);
    check_fails(ground(au, &thu, org.id, &rep), e, ERR_BUSINESS_STATUS);
    firm_is(FIRM_CODE, "02", REP_THU);
    check_ok(ground(au, &thu, org.id, &rep), e);
}

TEST_STORE(an_account_of_an_organisation_is_its_own_ground)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct vneid_claims firm = { .tech_id = STR("T1"),
                                       .kind = VNEID_ENTERPRISE,
                                       .level = 1,
                                       .name = STR(DAI_NAME),
                                       .number = STR(DAI),
                                       .business_code = STR(FIRM_CODE),
                                       .business_name = STR("Tên của tài khoản") };
    const struct vneid_claims centre = { .tech_id = STR("T2"),
                                         .kind = VNEID_ORGANISATION,
                                         .level = 1,
                                         .tax_code = STR("9900000129"),
                                         .business_name = STR("Trung tâm Tổ Chức") };
    const struct vneid_claims nameless = { .tech_id = STR("T3"),
                                           .kind = VNEID_ORGANISATION,
                                           .level = 1 };
    struct account one = firm_account(au, &firm), two = firm_account(au, &centre),
                   three = firm_account(au, &nameless);
    struct organisation org;
    bool has;

    firm_is(FIRM_CODE, "00", REP_DAI);
    check_ok(organisation_of_account(au, &v, &one, &has, &org, &e), e);
    check(has);
    check_str(org.name, FIRM_NAME); /* the register's word */
    check_int(upstream()->business_calls, 1);
    check_ok(organisation_of_account(au, &v, &one, &has, &org, &e), e);
    check_int(upstream()->business_calls, 1);
    check_ok(organisation_of_account(au, &v, &two, &has, &org, &e), e);
    check(has);
    check_str(org.name, "Trung tâm Tổ Chức");
    check_int(org.checked_ms, 0);
    check_int(upstream()->business_calls, 1); /* it stands in no register */
    check_ok(organisation_of_account(au, &v, &three, &has, &org, &e), e);
    check(!has);
    fixture_clock.fixed_ms += world_conf()->auth.acting_max_age_s * 1000 + 1;
    firm_is(FIRM_CODE, "00", REP_DONG);
    check_fails(organisation_of_account(au, &v, &one, &has, &org, &e), e, ERR_NOT_REPRESENTATIVE);
}

/* The account's row follows VNeID: what it was no longer counts. */
TEST_STORE(an_account_that_became_another_organisations_loses_the_first)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct vneid_claims centre = { .tech_id = STR("T2"),
                                   .kind = VNEID_ORGANISATION,
                                   .level = 1,
                                   .tax_code = STR("9900000129"),
                                   .business_name = STR("Trung tâm Tổ Chức") };
    struct account acc = firm_account(au, &centre);
    struct ground_question q = { .account = &acc };
    struct representation rep;
    struct organisation first, second, org;
    bool has;

    check_ok(organisation_of_account(au, &v, &acc, &has, &first, &e), e);
    q.organisation = first.id;
    check_ok(organisation_ground(au, &v, &q, &org, &rep, &e), e);
    centre.tax_code = STR(FIRM_CODE);
    acc = firm_account(au, &centre);
    check_fails(organisation_ground(au, &v, &q, &org, &rep, &e), e, ERR_NOT_REPRESENTATIVE);
    check_ok(representation_load(au, v.arena, acc.id, first.id, &rep, &e), e);
    check(rep.ended_ms > 0);
    check_ok(organisation_of_account(au, &v, &acc, &has, &second, &e), e);
    check(has && !str_eq(first.id, second.id));
    centre.kind = VNEID_CITIZEN;
    acc = firm_account(au, &centre);
    q.organisation = second.id;
    check_fails(organisation_ground(au, &v, &q, &org, &rep, &e), e, ERR_NOT_REPRESENTATIVE);
}
