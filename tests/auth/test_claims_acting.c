#include "auth/claims_acting.h"

#include "auth/acting.h"
#include "auth/mandate.h"
#include "auth/organisation.h"
#include "base/clock.h"
#include "base/json.h"
#include "conf/conf.h"
#include "tests/auth/firms.h"
#include "tests/fixture.h"

#include <stdio.h>

#define EVERY_SCOPE "openid profile email phone address vn_id vn_profile authority representee_list"

static struct err e;
static struct account dai, thu;
static struct organisation firm;
static struct client portal;

static struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();

    dai = firm_person(au, "T1", DAI, DAI_NAME);
    thu = firm_person(au, "T2", WORLD_NUMBER, THU_NAME);
    firm_is(FIRM_CODE, "05", REP_DAI);
    check_ok(organisation_claim(au, &v, &dai, 2, STR(FIRM_CODE), &firm, &e), e);
    portal = (struct client){ .id = STR("portal"),
                              .sector = STR("a.vn"),
                              .scopes = STR(EVERY_SCOPE),
                              .acting = CLIENT_ACTING_MAY };
    return au;
}

static struct mandate mandated(struct auth *au)
{
    const struct visit v = world_visit();
    const struct mandate_ask ask = { .organisation = firm.id,
                                     .number = STR(WORLD_NUMBER),
                                     .name = STR(THU_NAME),
                                     .powers = STR("sign_in pay"),
                                     .functions = STR("dkkd.thay-doi thue"),
                                     .amount_limit_vnd = 5000000,
                                     .from = { 2026, 11, 23 },
                                     .until = { 2026, 12, 31 } };
    struct mandate m;

    check_ok(mandate_give(au, &v, &dai, &ask, &m, &e), e);
    check_ok(mandate_answer(au, &v, &thu, 2, m.id, true, &e), e);
    return m;
}

static struct str told(struct auth *au, const struct account *acc, struct str mandate,
                       const char *scope, const char *asked, bool id_token)
{
    const struct visit v = world_visit();
    const struct claims_subject s = { .client = &portal,
                                      .account = acc,
                                      .level = 2,
                                      .acr = 2,
                                      .scope = str_c(scope),
                                      .asked = str_c(asked),
                                      .organisation = firm.id,
                                      .mandate = mandate };
    DEFER(json_close) struct json *o = NULL;

    if (id_token) {
        o = json_object();
        check_ok(claims_id_token(au, &v, &s, o, &e), e);
    } else {
        check_ok(claims_userinfo(au, &v, &s, &o, &e), e);
    }
    return json_print(test_arena(), o);
}

static bool says(struct str told, const char *part)
{
    return str_has(told, str_c(part));
}

static struct str sub_of(struct auth *au, struct str id)
{
    return claims_sub(au, test_arena(), &portal, id);
}

TEST(an_id_token_has_the_subject_of_the_organisation_and_who_acts)
{
    struct auth *au = here();
    const struct str said = told(au, &dai, STR(""), EVERY_SCOPE, "", true);

    check_str(said, str_cstr(test_arena(),
                             str_fmt(test_arena(),
                                     "{\"sub\":\"%.*s\",\"acr\":\"urn:vn:loa:2\","
                                     "\"vn_account_level\":\"org\","
                                     "\"vn_register_check\":\"confirmed\","
                                     "\"sub_type\":\"organisation\",\"act\":{\"sub\":\"%.*s\","
                                     "\"vn_account_level\":\"02\",\"role\":"
                                     "\"legal_representative\"}}",
                                     STR_ARG(sub_of(au, firm.id)), STR_ARG(sub_of(au, dai.id)))));
}

TEST(numbers_and_names_of_people_wait_for_their_scopes)
{
    struct auth *au = here();
    struct str said = told(au, &dai, STR(""), "openid", "", false);

    check(says(said, "\"org\":{\"name\":\"" FIRM_NAME "\",\"status\":\"05\","
                     "\"jurisdiction\":\"VN\"}"));
    check(!says(said, FIRM_CODE) && !says(said, DAI_NAME) && !says(said, DAI));
    said = told(au, &dai, STR(""), "openid profile", "", false);
    check(says(said, "\"name\":\"" FIRM_NAME "\"") && says(said, DAI_NAME));
    check(!says(said, FIRM_CODE) && !says(said, "birthdate"));
    said = told(au, &dai, STR(""), "openid vn_id", "", false);
    check(says(said, "\"tax_code\":\"" FIRM_CODE "\"") && says(said, "\"MaSoThue\":\"" FIRM_CODE));
    check(says(said, "\"SoDinhDanh\":\"" DAI "\"") && !says(said, DAI_NAME));
    said = told(au, &dai, STR(""), "openid vn_profile", "", false);
    check(says(said, "\"LoaiTaiKhoan\":\"2\"") && says(said, "\"TenDoanhNghiep\":\"" FIRM_NAME));
    check(!says(said, "Khu mô phỏng"));
    said = told(au, &dai, STR(""), "openid address", "", false);
    check(says(said, "Khu mô phỏng"));
}

TEST(nothing_of_the_persons_own_data_is_told_in_the_firms_name)
{
    struct auth *au = here();
    struct str said;

    dai.profile.email = STR("dai@example.vn");
    dai.profile.phone = STR("0900000034");
    dai.profile.address = STR("Nhà riêng");
    dai.profile.sex = STR("1");
    dai.profile.insurance = STR("BH1");
    dai.profile.birth = (struct date){ 1980, 12, 12 };
    said = told(au, &dai, STR(""), EVERY_SCOPE, "", false);
    check(!says(said, "dai@example.vn") && !says(said, "0900000034") && !says(said, "Nhà riêng"));
    check(!says(said, "1980") && !says(said, "gender") && !says(said, "BH1"));
}

TEST_STORE(the_ground_is_told_as_authority_with_its_evidence)
{
    struct auth *au = here();
    const struct mandate m = mandated(au);
    struct str said = told(au, &dai, STR(""), "openid authority", "", false);

    check(says(said, "\"assurance_level\":\"org\""));
    check(says(said, "\"type\":\"business_register\""));
    check(says(said, "\"time\":\"2026-11-23T02:00:00.000Z\""));
    check(says(said, "\"permission\":[{\"role\":\"legal_representative\",\"validity\":"
                     "{\"start\":\"2026-11-23\"},\"powers\":[\"sign_in\",\"bills\",\"pay\"]}]"));
    check(says(said, "\"granted_by\":{\"method\":\"appointed\"}"));
    check(!says(said, FIRM_CODE));
    said = told(au, &thu, m.id, "openid authority vn_id", "", false);
    check(says(said, "\"permission\":[{\"role\":\"authorised\",\"validity\":{\"start\":"
                     "\"2026-11-23\",\"end\":\"2026-12-31\"},\"budget\":{\"value\":5000000,"
                     "\"currency\":\"VND\"},\"function\":[\"dkkd.thay-doi\",\"thue\"],"
                     "\"powers\":[\"sign_in\",\"pay\"]}]"));
    check(says(said, "\"granted_by\":{\"method\":\"delegated\"}"));
    check(says(said, "\"registration_number\":\"" FIRM_CODE "\""));
    check(!says(told(au, &thu, m.id, "openid", "", false), "verified_claims"));
}

TEST(authority_is_told_as_a_verified_claim_when_it_is_asked_for)
{
    static const char asked[] =
        "{\"id_token\":{\"authority\":null,\"verified_claims\":{\"verification\":"
        "{\"trust_framework\":null},\"claims\":{\"authority\":null,\"birthdate\":null}}}}";
    struct auth *au = here();
    struct str said = told(au, &dai, STR(""), "openid", asked, true);

    check(says(said, "\"verified_claims\":{\"verification\":{\"trust_framework\":\"vn_nd69_2024\"},"
                     "\"claims\":{\"authority\":{"));
    check(!says(said, "\"role\":\"legal_representative\"},\"authority\"")); /* not by itself */
    portal.scopes = STR("openid");
    check(!says(told(au, &dai, STR(""), "openid", asked, true), "authority"));
}

TEST(representees_are_listed_and_asked_about_one_by_one)
{
    struct auth *au = here();
    const struct mandate m = mandated(au);
    const char *one = str_cstr(test_arena(), str_fmt(test_arena(), "openid representee.%.*s",
                                                     STR_ARG(sub_of(au, firm.id))));
    struct str said = told(au, &thu, m.id, "openid representee_list", "", false);

    check(says(said, str_cstr(test_arena(),
                              str_fmt(test_arena(),
                                      "\"representee_list\":{\"status\":\"CURRENT\",\"list\":[{"
                                      "\"sub\":\"%.*s\",\"type\":\"organisation\",\"name\":"
                                      "\"" FIRM_NAME "\"}]}",
                                      STR_ARG(sub_of(au, firm.id))))));
    said = told(au, &thu, m.id, one, "", false);
    check(says(said, "\"mandates\":[{\"role\":\"authorised\",\"valid_until\":"
                     "\"2026-12-31T17:00:00.000Z\"}],\"status\":\"CURRENT\"") ||
          says(said,
               "\"status\":\"CURRENT\",\"mandates\":[{\"role\":\"authorised\",\"valid_until\":"
               "\"2026-12-31T17:00:00.000Z\"}]"));
    said = told(au, &thu, m.id, "openid representee.somebody-else", "", false);
    check(says(said, "\"representee\":{\"sub\":\"somebody-else\",\"status\":\"NOT_ALLOWED\"}"));
    check(!says(said, "representee_list"));

    fixture_clock.fixed_ms += world_conf()->auth.acting_max_age_s * 1000 + 1;
    upstream()->business_status = 500;
    said = told(au, &thu, m.id, "openid representee_list", "", false);
    check(says(said, "\"representee_list\":{\"status\":\"SERVICE_NOT_AVAILABLE\"}"));
    said = told(au, &thu, m.id, one, "", false);
    check(says(said, "\"status\":\"SERVICE_NOT_AVAILABLE\""));
}

/* What userinfo says of `one` to somebody who stands for that organisation, or for oneself. */
static struct str told_of(struct auth *au, const struct account *acc, struct str organisation,
                          const char *scope)
{
    const struct visit v = world_visit();
    const struct claims_subject s = { .client = &portal,
                                      .account = acc,
                                      .level = 2,
                                      .acr = 2,
                                      .scope = str_c(scope),
                                      .organisation = organisation };
    DEFER(json_close) struct json *o = NULL;

    check_ok(claims_userinfo(au, &v, &s, &o, &e), e);
    return json_print(test_arena(), o);
}

TEST(a_representee_is_told_while_acting_only)
{
    struct auth *au = here();
    const char *scope =
        str_cstr(test_arena(), str_fmt(test_arena(), "openid representee_list representee.%.*s",
                                       STR_ARG(sub_of(au, firm.id))));
    struct str said;

    portal.scopes = STR("openid representee_list");
    said = told_of(au, &dai, STR(""), scope);
    check(!says(said, "\"representee\":"));
    check(says(said, "\"representee_list\":{\"status\":\"CURRENT\""));
    said = told_of(au, &dai, firm.id, scope);
    check(says(said, "\"representee\":{") &&
          says(said, "\"mandates\":[{\"role\":\"legal_representative\"}]"));
}

TEST(a_representee_is_told_with_every_ground)
{
    struct auth *au = here();
    const char *scope = str_cstr(test_arena(), str_fmt(test_arena(), "openid representee.%.*s",
                                                       STR_ARG(sub_of(au, firm.id))));
    const struct visit v = world_visit();
    struct mandate_ask ask = { .organisation = firm.id,
                               .number = STR(WORLD_NUMBER),
                               .name = STR(THU_NAME),
                               .powers = STR("sign_in"),
                               .from = { 2026, 11, 23 },
                               .until = { 2026, 11, 30 } };
    const struct mandate first = mandated(au);
    struct mandate m;
    struct str said;

    check_ok(mandate_give(au, &v, &dai, &ask, &m, &e), e);
    check_ok(mandate_answer(au, &v, &thu, 2, m.id, true, &e), e);
    said = told(au, &thu, first.id, scope, "", false);
    check(says(said, "2026-12-31T17:00:00.000Z") && says(said, "2026-11-30T17:00:00.000Z"));
    check(str_has(told(au, &thu, first.id, "openid representee_list", "", false),
                  STR("\"list\":[{")) &&
          !str_has(told(au, &thu, first.id, "openid representee_list", "", false), STR("},{")));
}

TEST(who_may_ask_for_the_list_may_ask_for_one_of_it)
{
    const struct client may = { .scopes = STR("openid representee_list") };
    const struct client may_not = { .scopes = STR("openid profile") };

    check(claims_scope_known(STR("representee.abc")) && claims_scope_known(STR("authority")));
    check(!claims_scope_known(STR("representee.")));
    check(claims_scope_may(&may, STR("representee.abc")));
    check(!claims_scope_may(&may_not, STR("representee.abc")));
    check(!claims_scope_may(&may, STR("profile")));
}

TEST(an_organisations_account_has_no_level_and_a_body_outside_the_register_no_evidence)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct vneid_claims c = { .tech_id = STR("T9"),
                                    .kind = VNEID_ORGANISATION,
                                    .level = 1,
                                    .name = STR(DONG_NAME),
                                    .tax_code = STR("9900000129"),
                                    .business_name = STR("Trung tâm Tổ Chức") };
    const struct account acc = firm_account(au, &c);
    struct str said;
    bool has;

    check_ok(organisation_of_account(au, &v, &acc, &has, &firm, &e), e);
    said = told(au, &acc, STR(""), "openid authority vn_profile", "", false);
    check(says(said, "\"role\":\"organisation_account\""));
    check(says(said, "\"vn_account_kind\":\"organisation\"") && !says(said, "\"02\""));
    check(!says(said, "verified_claims"));
}
