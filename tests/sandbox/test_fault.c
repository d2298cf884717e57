/* Switches: by header, by person, by reference, counted, by rate; and a start that is refused. */

#include "tests/sandbox/stage.h"

#define DISCOVERY "/vneid/.well-known/openid-configuration"

static const struct str nowhere = { "http://127.0.0.1:9", 18 };

static struct answer fault_set(struct stage *s, const char *json)
{
    return stage_call(s, METHOD_POST, STR("/admin/faults"), NULL, "application/json", str_c(json));
}

TEST(a_switch_that_is_not_one_is_refused)
{
    static const char *const bodies[] = {
        "{\"fault\":\"no_such\"}",
        "{}",
        "[]",
        "{\"fault\":\"vneid_down\",\"colour\":1}",
        "{\"fault\":\"vneid_down\",\"rate_ppm\":1000001}",
        "{\"fault\":\"vneid_down\",\"count\":-2}",
    };
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    for (size_t i = 0; i < LEN(bodies); i++)
        check_int(fault_set(&s, bodies[i]).status, 400);
    check_int(stage_call(&s, METHOD_DELETE, STR("/admin/faults/77"), NULL, NULL, STR("")).status,
              404);
    stage_stop(&s);
}

TEST(a_counted_switch_acts_so_often_and_then_no_more)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    check_int(fault_set(&s, "{\"fault\":\"vneid_error\",\"count\":2}").status, 201);
    check_int(stage_get(&s, STR(DISCOVERY)).status, 500);
    check_int(stage_get(&s, STR(DISCOVERY)).status, 500);
    check_int(stage_get(&s, STR(DISCOVERY)).status, 200);
    stage_stop(&s);
}

TEST(switches_are_listed_dropped_and_cleared)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    DEFER(json_close) struct json *set = stage_json(fault_set(&s, "{\"fault\":\"vneid_down\"}"));
    check_int(stage_get(&s, STR(DISCOVERY)).status, 503);
    struct str path = str_cat(test_arena(), STR("/admin/faults/"), stage_text(set, "id"));
    check_int(stage_call(&s, METHOD_DELETE, path, NULL, NULL, STR("")).status, 200);
    check_int(stage_get(&s, STR(DISCOVERY)).status, 200);
    fault_set(&s, "{\"fault\":\"vneid_error\"}");
    fault_set(&s, "{\"fault\":\"person_down\",\"person\":\"thu\"}");
    DEFER(json_close) struct json *list = stage_json(stage_get(&s, STR("/admin/faults")));
    check_int(json_count(json_member(list, "faults")), 2);
    check_str(stage_text(list, "faults/1/person"), "001087123456");
    check(json_count(json_member(list, "known")) > 60);
    stage_call(&s, METHOD_DELETE, STR("/admin/faults"), NULL, NULL, STR(""));
    check_int(stage_get(&s, STR(DISCOVERY)).status, 200);
    stage_stop(&s);
}

TEST(a_rate_acts_sometimes_and_a_header_always)
{
    struct stage s;
    int failed = 0;
    stage_start(&s, nowhere, NULL, NULL);
    fault_set(&s, "{\"fault\":\"vneid_error\",\"rate_ppm\":500000}");
    for (int i = 0; i < 64; i++)
        failed += stage_get(&s, STR(DISCOVERY)).status == 500;
    check(failed > 0 && failed < 64); /* all alike: once in 2^63 */
    stage_call(&s, METHOD_DELETE, STR("/admin/faults"), NULL, NULL, STR(""));
    const char *const headers[] = { "X-Sandbox-Fault: person_down, vneid_error", NULL };
    check_int(stage_call(&s, METHOD_GET, STR(DISCOVERY), headers, NULL, STR("")).status, 500);
    stage_stop(&s);
}

TEST(a_switch_for_one_person_or_one_reference_leaves_others_alone)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    fault_set(&s, "{\"fault\":\"settle_sta\",\"person\":\"001087123456\"}");
    fault_set(&s, "{\"fault\":\"settle_acc\",\"reference\":\"HS2\"}");
    stage_init(&s, "HS1", 8000, "001087123456");
    stage_init(&s, "HS2", 8000, "001185000012");
    stage_pay(&s, "HS1", NULL);
    stage_pay(&s, "HS2", NULL);
    struct str one = stage_get(&s, STR("/admin/transactions/HS1")).body;
    struct str two = stage_get(&s, STR("/admin/transactions/HS2")).body;
    check(str_has(one, STR("settle_sta")) && !str_has(one, STR("settle_acc")));
    check(!str_has(two, STR("settle_sta")) && str_has(two, STR("settle_acc")));
    stage_stop(&s);
}

TEST(the_page_sets_and_drops_and_refuses_other_sites)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    const char *const form[] = { "fault", "vneid_error", "person", "",    "reference", "",  "count",
                                 "",      "rate_ppm",    "",       "arg", "",          NULL };
    struct str body = form_body_of(form);
    const char *type = "application/x-www-form-urlencoded";
    const char *const foreign[] = { "Sec-Fetch-Site: cross-site", NULL };
    check_int(stage_call(&s, METHOD_POST, STR("/admin"), foreign, type, body).status, 403);
    check_int(stage_get(&s, STR(DISCOVERY)).status, 200);
    check_int(stage_call(&s, METHOD_POST, STR("/admin"), NULL, type, body).status, 303);
    check_int(stage_get(&s, STR(DISCOVERY)).status, 500);
    struct answer page = stage_get(&s, STR("/admin?lang=en"));
    check_int(page.status, 200);
    check(str_has(page.body, STR("<html lang=\"en\">")) && str_has(page.body, STR("vneid_error")));
    const char *const clear[] = { "clear", "1", NULL };
    check_int(stage_call(&s, METHOD_POST, STR("/admin"), NULL, type, form_body_of(clear)).status,
              303);
    check_int(stage_get(&s, STR(DISCOVERY)).status, 200);
    stage_stop(&s);
}

TEST(it_starts_neither_beyond_loopback_nor_without_its_secrets)
{
    struct stage s;
    struct arena *a = test_arena();
    stage_start(&s, nowhere, NULL, NULL);
    const char *data = str_cstr(a, str_cat(a, s.folder, STR("/other")));
    const char *secrets = str_cstr(a, str_cat(a, s.folder, STR("/secrets")));
    const char *seeds = str_cstr(a, str_fmt(a, "%s/sandbox", test_source()));
    const char *const open[] = { "--listen", "0.0.0.0:0", "--secrets", secrets, "--data",
                                 data,       "--seeds",   seeds,       NULL };
    const char *const strange[] = { "--colour", "red", NULL };
    const char *const bare[] = { "--listen", "127.0.0.1:0", "--secrets", data, "--data",
                                 data,       "--seeds",     seeds,       NULL };
    check_int(stage_run(open), 1);
    check_int(stage_run(strange), 2);
    check_int(stage_run(bare), 1);
    stage_stop(&s);
}
