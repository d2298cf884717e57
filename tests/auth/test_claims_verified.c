#include "auth/claims_verified.h"

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
                             .checked_ms = FIXTURE_NOW_MS - 60000,
                             .profile = { .name = STR("Nguyễn Văn Thử"),
                                          .number = STR(WORLD_NUMBER),
                                          .birth = { 1953, 0, 0 } } };
}

static struct str told_of(const struct account *acc, const char *sector, const char *scopes,
                          const char *asked)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();
    const struct client c = { .sector = str_c(sector), .scopes = str_c(scopes) };
    const struct claims_subject s = {
        .client = &c,
        .account = acc,
        .level = acc->level,
        .acr = 2,
        .scope = STR("openid"),
        .asked = str_fmt(test_arena(), "{\"id_token\":{\"verified_claims\":%s}}", asked)
    };
    DEFER(json_close) struct json *o = json_object();
    struct err e = { 0 };

    check_ok(claims_id_token(au, &v, &s, o, &e), e);
    if (json_member(o, "verified_claims") == NULL)
        return STR("");
    return json_print(test_arena(), json_member(o, "verified_claims"));
}

static struct str told(const char *scopes, const char *asked)
{
    const struct account acc = person();

    return told_of(&acc, "a", scopes, asked);
}

#define NAME     "\"claims\":{\"name\":null}"
#define ANY      "\"verification\":{\"trust_framework\":null}"
#define EVIDENCE "\"verification\":{\"trust_framework\":null,\"evidence\":"

TEST(what_the_register_confirmed_is_verified)
{
    check_str(told("openid profile", "{" ANY "," NAME "}"),
              "{\"verification\":{\"trust_framework\":\"vn_nd69_2024\"},"
              "\"claims\":{\"name\":\"Nguyễn Văn Thử\"}}");
    check_str(told("openid profile",
                   "{\"verification\":{\"trust_framework\":{\"value\":\"vn_nd69_2024\"},"
                   "\"assurance_level\":{\"values\":[\"01\",\"02\"]},\"time\":{\"max_age\":60}},"
                   "\"claims\":{\"birthdate\":null}}"),
              "{\"verification\":{\"trust_framework\":\"vn_nd69_2024\",\"assurance_level\":\"02\","
              "\"time\":\"2026-11-23T01:59:00.000Z\"},\"claims\":{\"birthdate\":\"1953\"}}");
}

TEST(nothing_is_verified_that_was_not_checked)
{
    struct account acc = person();

    acc.checked = false;
    acc.degraded = true;
    check_str(told_of(&acc, "a", "openid profile", "{" ANY "," NAME "}"), "");
    acc.checked = true;
    acc.kind = VNEID_ENTERPRISE;
    check_str(told_of(&acc, "a", "openid profile", "{" ANY "," NAME "}"), "");
}

TEST(a_constraint_that_is_not_met_leaves_out_all_of_it)
{
    static const char *const cases[] = {
        "{\"verification\":{\"trust_framework\":{\"value\":\"eidas\"}}," NAME "}",
        "{\"verification\":{\"trust_framework\":null,\"assurance_level\":{\"value\":\"01\"}}," NAME
        "}",
        "{\"verification\":{\"trust_framework\":null,\"time\":{\"max_age\":59}}," NAME "}",
        "{\"verification\":{\"trust_framework\":null,\"time\":{\"max_age\":-1}}," NAME "}",
        "{\"verification\":{\"trust_framework\":null,\"assurance_process\":{\"policy\":{\"value\":"
        "\"x\"}}}," NAME "}",
        "{" EVIDENCE "[{\"type\":{\"value\":\"document\"}}]}," NAME "}",
        "{" EVIDENCE "[{\"type\":{\"value\":\"electronic_record\"},\"record\":{\"type\":{\"value\":"
        "\"business_register\"}}}]}," NAME "}",
        "{" ANY "}",
        "{" ANY ",\"claims\":{}}",
        "{" ANY ",\"claims\":{\"gender\":null}}",
        "{" ANY ",\"claims\":{\"name\":{\"value\":\"Trần Văn Khác\"}}}",
        "[]",
        "\"x\"",
    };

    for (size_t i = 0; i < LEN(cases); i++)
        if (told("openid profile", cases[i]).n > 0)
            test_fail(__FILE__, __LINE__, "%s", cases[i]);
}

TEST(a_claim_that_is_not_for_this_client_is_left_out_by_itself)
{
    const char *asked = "{" ANY ",\"claims\":{\"name\":null,\"SoDinhDanh\":null,\"planet\":null}}";

    check_str(told("openid profile", asked),
              "{\"verification\":{\"trust_framework\":\"vn_nd69_2024\"},"
              "\"claims\":{\"name\":\"Nguyễn Văn Thử\"}}");
    check(str_has(told("openid profile vn_id", asked), STR(WORLD_NUMBER)));
    /* whether a guess is right is told to nobody who may not have the claim */
    check_str(told("openid profile",
                   "{" ANY ",\"claims\":{\"SoDinhDanh\":{\"value\":\"" WORLD_NUMBER "\"}}}"),
              "");
}

TEST(evidence_tells_the_register_and_no_number)
{
    const char *asked = "{" EVIDENCE "[{\"type\":{\"value\":\"document\"}},"
                        "{\"type\":{\"value\":\"electronic_record\"},\"check_details\":null,"
                        "\"record\":{\"type\":null,\"source\":null,\"record_id_hash\":null},"
                        "\"time\":null}]}," NAME "}";
    const struct account acc = person();
    const struct str said = told("openid profile vn_id", asked);

    check(str_has(said, STR("\"type\":\"population_register\"")));
    check(str_has(said, STR("\"check_method\":\"data\"")));
    check(str_has(said, STR("Cơ sở dữ liệu quốc gia về dân cư")));
    check(!str_has(said, STR(WORLD_NUMBER)));
    check(!str_eq(said, told_of(&acc, "b", "openid profile vn_id", asked)));
}

TEST(several_questions_have_the_answers_that_can_be_given)
{
    check_str(told("openid profile",
                   "[{\"verification\":{\"trust_framework\":{\"value\":\"eidas\"}}," NAME "},{" ANY
                   "," NAME "}]"),
              "[{\"verification\":{\"trust_framework\":\"vn_nd69_2024\"},"
              "\"claims\":{\"name\":\"Nguyễn Văn Thử\"}}]");
}
