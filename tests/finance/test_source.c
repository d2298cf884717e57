#include "finance/source.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "conf/conf.h"
#include "tests/test.h"

#define ROW                                                                                        \
    "\"id\":\"X\",\"from\":\"2026-01-01\",\"name_vi\":\"x\",\"name_en\":\"x\",\"role\":\"bank\","  \
    "\"provider\":\"B\",\"account\":\"1\",\"form\":\"bj1\",\"cut_off\":\"16:30\","                 \
    "\"deadline\":{\"days\":1,\"at\":\"09:00\"}"

static struct conf settings(void)
{
    struct conf c = { .folder = str_c(test_folder()) };

    c.portal.account = STR("3713");
    c.portal.settlement_url = STR("http://127.0.0.1:8090/pp/settlement");
    c.portal.settlement_form = STR("mc1");
    c.jobs.settlement_at = STR("06:00");
    c.jobs.settlement = true;
    return c;
}

static struct conf ours(void)
{
    struct conf c = settings();

    c.finance.sources_dir = str_fmt(test_arena(), "%s/conf/sources", test_source());
    c.finance.calendar_dir = str_fmt(test_arena(), "%s/conf/calendar", test_source());
    return c;
}

static struct source_book load(const struct conf *c)
{
    struct buf mistakes = buf_make(test_arena(), 10000);
    struct source_book b;
    struct err e = { 0 };

    if (sources_load(c, test_arena(), &mistakes, &b, &e).failed)
        check_str(buf_str(&mistakes), "");
    return b;
}

static void refused(const char *json, const char *why)
{
    struct buf mistakes = buf_make(test_arena(), 10000);
    const struct conf c = settings();
    struct source_book b = { 0 };
    struct err e = { 0 };

    check_fails(sources_read(&c, test_arena(), STR("a.json"), str_c(json), &mistakes, &b, &e), e,
                ERR_CONFIG);
    check_str(buf_str(&mistakes), why);
}

static struct source one(const char *json)
{
    struct buf mistakes = buf_make(test_arena(), 10000);
    const struct conf c = settings();
    struct source_book b = { 0 };
    struct err e = { 0 };

    if (sources_read(&c, test_arena(), STR("a.json"), str_c(json), &mistakes, &b, &e).failed)
        check_str(buf_str(&mistakes), "");
    check_int((int64_t)b.count, 1);
    return b.rows[0];
}

static struct calendar vietnam(void)
{
    const struct conf c = ours();
    const struct source_book b = load(&c);

    for (size_t i = 0; i < b.calendar_count; i++)
        if (str_is(b.calendars[i].id, "vn"))
            return b.calendars[i];
    check(false);
    return b.calendars[0];
}

static int64_t at(const char *rfc3339)
{
    int64_t ms;

    check(clock_read_rfc3339(str_c(rfc3339), &ms));
    return ms;
}

static void day_is(struct date d, const char *iso)
{
    check_str(date_iso(test_arena(), d), iso);
}

TEST(mistakes_are_refused_with_file_row_and_field)
{
    refused("{", "a.json: json: line 1 column 1, reason 6\n");
    refused("{\"source\":[]}", "a.json: source: unknown member\n");
    refused("{\"sources\":[1]}", "a.json: sources[0]: not an object\n");
    refused("{\"sources\":[{" ROW ",\"x\":1}]}", "a.json: sources[0].x: unknown member\n");
    refused("{\"sources\":[{" ROW ",\"calendar\":\"vn\"}]}",
            "a.json: sources[0].calendar: there is none of that name\n");
    refused("{\"sources\":[{" ROW ",\"channels\":[\"cash\"]}]}",
            "a.json: sources[0].channels: item 0 is no way to pay\n");
    refused("{\"sources\":[{" ROW "},{" ROW "}]}",
            "a.json: sources[1].id: defined twice for the same day\n");
    refused("{\"sources\":[{" ROW ",\"to\":\"2025-12-31\"}]}",
            "a.json: sources[0].to: not a date yyyy-MM-dd from `from` on\n");
}

TEST(an_address_without_its_day_or_without_tls_is_refused)
{
    refused("{\"sources\":[{" ROW
            ",\"fetch\":{\"url\":\"http://b.vn/{yyyyMMdd}\",\"at\":\"06:00\"}}]}",
            "a.json: sources[0].url: neither https:// nor sftp://\n");
    refused("{\"sources\":[{" ROW ",\"fetch\":{\"url\":\"https://b.vn/x\",\"at\":\"06:00\"}}]}",
            "a.json: sources[0].url: the day is missing: {yyyyMMdd} and the like\n");
    refused("{\"sources\":[{" ROW ",\"fetch\":{\"url\":\"https://b.vn/{day}\",\"at\":\"06:00\"}}]}",
            "a.json: sources[0].url: the day is missing: {yyyyMMdd} and the like\n");
    refused("{\"sources\":[{" ROW
            ",\"fetch\":{\"url\":\"sftp://b.vn/{ddMMyy}\",\"at\":\"06:00\"}}]}",
            "a.json: sources[0].fetch: sftp wants user, credentials_file and known_hosts_file\n");
    refused("{\"sources\":[{" ROW ",\"signature\":{\"alg\":\"none\",\"key_file\":\"k\"}}]}",
            "a.json: sources[0].alg: none of the words for it\n");
}

#define CSV_ROW                                                                                    \
    "{\"sources\":[{\"id\":\"X\",\"from\":\"2026-01-01\",\"name_vi\":\"x\",\"name_en\":\"x\","     \
    "\"role\":\"bank\",\"provider\":\"B\",\"account\":\"1\",\"form\":\"csv\",\"cut_off\":\"16:"    \
    "30\","                                                                                        \
    "\"deadline\":{\"days\":1,\"at\":\"09:00\"}"

TEST(a_table_wants_a_map_and_no_other_form_has_one)
{
    refused(CSV_ROW "}]}", "a.json: sources[0].map: wanted for the form csv, and for no other\n");
    refused("{\"sources\":[{" ROW ",\"map\":{}}]}",
            "a.json: sources[0].map: wanted for the form csv, and for no other\n");
    refused(CSV_ROW ",\"map\":{\"columns\":{\"amount\":{\"column\":1,\"sign\":\"up\"}}}}]}",
            "a.json: sources[0].map: amount.sign: none of the words for it\n");
    refused(CSV_ROW ",\"map\":{\"columns\":{\"amount\":{\"column\":1},\"txn\":{\"column\":2}}}}]}",
            "a.json: sources[0].map: no time: a day's file tells when money moved\n");
    refused(CSV_ROW ",\"map\":\"../up\"}]}",
            "a.json: sources[0].map: letters, digits, . _ - only, at most 60\n");
    check_int(one(CSV_ROW ",\"map\":{\"columns\":{\"amount\":{\"column\":1},\"txn\":{\"column\":2},"
                          "\"time\":{\"column\":3,\"format\":\"rfc3339\"}}}}]}")
                  .form,
              SETTLEMENT_CSV);
}

TEST(the_portal_of_the_settings_is_a_source_when_no_file_names_it)
{
    const struct conf c = settings();
    const struct source_book b = load(&c);
    const struct date day = { 2026, 11, 22 };
    const struct source *s = source_find(&b, STR(SOURCE_PORTAL), day);

    check_int((int64_t)b.count, 1);
    check(s != NULL && s == source_by_key(&b, STR("PP"), STR("3713"), day));
    check(s == source_of_channel(&b, STR("portal"), day));
    check(source_of_channel(&b, STR("vnpay"), day) == NULL);
    check(source_each(&b, day, 0) == s && source_each(&b, day, 1) == NULL);
    check_str(source_url(s, day, test_arena()), "http://127.0.0.1:8090/pp/settlement/20261122.mc1");
    check_int(source_deadline(s, day), at("2026-11-23T06:00:00+07:00"));
    check_int(source_fetch_at(s, day), at("2026-11-23T06:00:00+07:00"));
    check_str(str_c(source_ledger_account(s)), "1110");
    day_is(source_day_of(s, at("2026-11-22T23:59:59+07:00")), "2026-11-22");
    day_is(source_day_of(s, at("2026-11-23T00:00:00+07:00")), "2026-11-23");
}

TEST(what_we_ship_is_free_of_mistakes)
{
    const struct conf c = ours();
    const struct source_book b = load(&c);
    const struct date day = { 2026, 11, 23 };
    int64_t fee_vnd;

    check_int((int64_t)b.count, 4);
    check(source_fee_vnd(source_find(&b, STR("VNPAY"), day), day, 1000000, &fee_vnd));
    check_int(fee_vnd, 1650 + 8800);
    check(!source_fee_vnd(source_find(&b, STR("KB"), day), day, 1000000, &fee_vnd));
}

TEST(holidays_and_make_up_days_decide_what_a_business_day_is)
{
    const struct calendar c = vietnam();

    check(calendar_is_business_day(&c, (struct date){ 2026, 11, 23 }));
    check(!calendar_is_business_day(&c, (struct date){ 2026, 11, 22 }));
    check(calendar_is_business_day(&c, (struct date){ 2026, 1, 10 })); /* made up for */
    check(!calendar_is_business_day(&c, (struct date){ 2026, 1, 2 }));
    check(!calendar_is_business_day(&c, (struct date){ 2026, 9, 2 }));
    day_is(calendar_next(&c, (struct date){ 2026, 2, 13 }, 0), "2026-02-13");
    day_is(calendar_next(&c, (struct date){ 2026, 2, 13 }, 1), "2026-02-23");
    day_is(calendar_next(&c, (struct date){ 2026, 2, 14 }, 0), "2026-02-23");
    day_is(calendar_next(&c, (struct date){ 2026, 2, 14 }, 1), "2026-02-23");
    day_is(calendar_next(&c, (struct date){ 2026, 2, 14 }, 2), "2026-02-24");
    check_int(calendar_weekday((struct date){ 2026, 11, 23 }), 0);
    check_int(calendar_weekday((struct date){ 1969, 12, 31 }), 2);
}

TEST(a_calendar_that_contradicts_itself_is_refused)
{
    static const char *const bad[][2] = {
        { "{\"date\":\"2026-11-22\",\"kind\":\"holiday\"", "2026-11-22 is so without being named" },
        { "{\"date\":\"2026-11-23\",\"kind\":\"work\"", "2026-11-23 is so without being named" },
        { "{\"date\":\"2026-11-31\",\"kind\":\"holiday\"", "not a date yyyy-MM-dd" },
        { "{\"date\":\"2026-11-23\",\"kind\":\"feast\"", "neither holiday nor work" },
    };

    for (size_t i = 0; i < LEN(bad); i++) {
        DEFER(json_close) struct json *o = NULL;
        struct err e = { 0 };
        struct calendar c;

        check_ok(json_read(str_fmt(test_arena(),
                                   "{\"id\":\"x\",\"name_vi\":\"x\",\"name_en\":\"x\",\"weekend\":["
                                   "\"sat\",\"sun\"],\"days\":[%s,\"name_vi\":\"x\",\"name_en\":"
                                   "\"x\",\"basis\":\"x\"}]}",
                                   bad[i][0]),
                           &o, &e),
                 e);
        check_fails(calendar_read(o, test_arena(), &c, &e), e, ERR_INVALID);
        check_str(str_c(e.detail), bad[i][1]);
    }
}

TEST(after_the_cut_off_a_movement_slips_to_the_next_business_day)
{
    struct source s = one("{\"sources\":[{" ROW ",\"business_days\":true}]}");
    const struct calendar c = vietnam();
    int64_t from_ms, to_ms;

    s.calendar = &c;
    day_is(source_day_of(&s, at("2026-11-20T16:29:59+07:00")), "2026-11-20");
    day_is(source_day_of(&s, at("2026-11-20T16:30:00+07:00")), "2026-11-23");
    day_is(source_day_of(&s, at("2026-11-21T09:00:00+07:00")), "2026-11-23");
    check_int(source_deadline(&s, (struct date){ 2026, 11, 20 }), at("2026-11-23T09:00:00+07:00"));
    source_day_span(&s, (struct date){ 2026, 11, 23 }, &from_ms, &to_ms);
    check_int(from_ms, at("2026-11-20T16:30:00+07:00"));
    check_int(to_ms, at("2026-11-23T16:30:00+07:00"));
    check(!source_has_day(&s, (struct date){ 2026, 11, 22 }));
    day_is(source_day_before(&s, (struct date){ 2026, 11, 23 }), "2026-11-20");
    day_is(source_day_after(&s, (struct date){ 2026, 11, 20 }), "2026-11-23");
}

TEST(every_instant_belongs_to_the_day_whose_span_has_it)
{
    struct source s = one("{\"sources\":[{" ROW ",\"business_days\":true}]}");
    const struct calendar c = vietnam();
    int64_t from_ms, to_ms;

    s.calendar = &c;
    for (int64_t ms = at("2026-08-01T00:00:00+07:00"); ms < at("2026-10-01T00:00:00+07:00");
         ms += 1799 * 1000) {
        source_day_span(&s, source_day_of(&s, ms), &from_ms, &to_ms);
        check(from_ms <= ms && ms < to_ms);
    }
}

TEST(rows_of_one_source_follow_each_other_in_time)
{
    const struct conf c = settings();
    struct source_book b = { 0 };
    struct err e = { 0 };
    struct date day = { 2026, 6, 30 };

    check_ok(sources_read(&c, test_arena(), STR("a.json"),
                          STR("{\"sources\":[{" ROW ",\"to\":\"2026-06-30\"},{"
                              "\"id\":\"X\",\"from\":\"2026-07-01\",\"name_vi\":\"x\",\"name_en\":"
                              "\"x\",\"role\":\"bank\",\"provider\":\"B\",\"account\":\"1\","
                              "\"form\":\"mc1\",\"cut_off\":\"24:00\",\"deadline\":{\"days\":1,"
                              "\"at\":\"09:00\"}}]}"),
                          NULL, &b, &e),
             e);
    check_int(source_find(&b, STR("X"), day)->form, SETTLEMENT_BJ1);
    day = date_add_days(day, 1);
    check_int(source_find(&b, STR("X"), day)->form, SETTLEMENT_MC1);
    check(source_find(&b, STR("X"), (struct date){ 2025, 12, 31 }) == NULL);
}
