#include "base/clock.h"

#include "tests/test.h"

#define T0 1795417509123LL /* 2026-11-23T07:05:09.123Z */

TEST(an_instant_prints_in_every_form)
{
    struct arena *a = test_arena();

    check_str(clock_stamp14(a, T0), "20261123140509");
    check_str(clock_rfc3339(a, T0), "2026-11-23T14:05:09+07:00");
    check_str(clock_rfc3339_utc(a, T0), "2026-11-23T07:05:09.123Z");
    check_str(clock_vn(a, T0), "23/11/2026 14:05:09");
    check_str(clock_http(a, T0), "Mon, 23 Nov 2026 07:05:09 GMT");
    check_str(clock_http(a, 784111777000LL), "Sun, 06 Nov 1994 08:49:37 GMT"); /* RFC 9110 5.6.7 */
    check_str(clock_http(a, -1), "Wed, 31 Dec 1969 23:59:59 GMT");
    check_str(clock_rfc3339_utc(a, -1), "1969-12-31T23:59:59.999Z");
    check_str(clock_rfc3339_utc(a, 951782400000LL), "2000-02-29T00:00:00.000Z");
}

/* A twelve-hour clock would send 00:30 and 12:30, 13:30 and 01:30 as the same time. */
TEST(the_stamp_has_a_24_hour_clock)
{
    static const struct {
        int hour, minute, second;
        const char *stamp, *utc;
    } cases[] = {
        { 0, 30, 0, "20261123003000", "2026-11-22T17:30:00.000Z" },
        { 12, 30, 0, "20261123123000", "2026-11-23T05:30:00.000Z" },
        { 13, 30, 0, "20261123133000", "2026-11-23T06:30:00.000Z" },
        { 23, 59, 59, "20261123235959", "2026-11-23T16:59:59.000Z" },
        { 0, 0, 0, "20261123000000", "2026-11-22T17:00:00.000Z" },
        { 14, 5, 9, "20261123140509", "2026-11-23T07:05:09.000Z" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct local_time t = { .date = { 2026, 11, 23 },
                                      .hour = cases[i].hour,
                                      .minute = cases[i].minute,
                                      .second = cases[i].second };
        const int64_t ms = clock_from_local(t);
        int64_t read = 0;

        check_str(clock_stamp14(test_arena(), ms), cases[i].stamp);
        check_str(clock_rfc3339_utc(test_arena(), ms), cases[i].utc);
        check(clock_read_stamp14(str_c(cases[i].stamp), &read));
        check_int(read, ms);
    }
}

TEST(a_stamp_that_is_no_time_is_refused)
{
    static const char *const cases[] = {
        "",
        "2026112314050",
        "202611231405090",
        "20261123240000",
        "20261123146000",
        "20261123140560",
        "20261131140509",
        "20260229140509",
        "20261300140509",
        "2026112314050x",
        "2026-11-2314:5",
        " 0261123140509",
        "00001123140509",
    };
    int64_t ms = 7;

    for (size_t i = 0; i < LEN(cases); i++)
        if (clock_read_stamp14(str_c(cases[i]), &ms))
            test_fail(__FILE__, __LINE__, "read %s", cases[i]);
    check_int(ms, 7);
}

TEST(rfc3339_is_read_with_its_offset_and_fraction)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        { "2026-11-23T07:05:09.123Z", T0 },        { "2026-11-23t07:05:09.123z", T0 },
        { "2026-11-23T14:05:09.123+07:00", T0 },   { "2026-11-23T14:05:09.123999999+07:00", T0 },
        { "2026-11-23T14:05:09+07:00", T0 - 123 }, { "2026-11-23T14:05:09.1+07:00", T0 - 23 },
        { "2026-11-22T21:35:09-09:30", T0 - 123 }, { "1970-01-01T00:00:00Z", 0 },
        { "1969-12-31T23:59:59.999Z", -1 },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        int64_t ms = 0;

        check(clock_read_rfc3339(str_c(cases[i].text), &ms));
        check_int(ms, cases[i].ms);
    }
}

TEST(rfc3339_without_offset_or_with_more_is_refused)
{
    static const char *const cases[] = {
        "",
        "2026-11-23",
        "2026-11-23T07:05:09",
        "2026-11-23 07:05:09Z",
        "2026-11-23T07:05:09.Z",
        "2026-11-23T07:05:09.123",
        "2026-11-23T07:05:60Z",
        "2026-11-23T24:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-11-23T07:05:09+0700",
        "2026-11-23T07:05:09+24:00",
        "2026-11-23T07:05:09+07:60",
        "2026-11-23T07:05:09Z ",
        "2026-11-23T07:05:09 07:00",
        "2026-11-23T7:05:09Z",
    };
    int64_t ms = 7;

    for (size_t i = 0; i < LEN(cases); i++)
        if (clock_read_rfc3339(str_c(cases[i]), &ms))
            test_fail(__FILE__, __LINE__, "read %s", cases[i]);
    check_int(ms, 7);
}

/* Every day of 1900 to 9999, counted beside by the rule of the calendar itself. */
TEST(every_day_from_1900_to_9999_goes_there_and_back)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t ms = -2208988800000LL - 7 * 3600000LL; /* 1900-01-01 00:00 at UTC+7 */
    struct date before = { 1899, 12, 31 };

    for (int y = 1900; y <= 9999; y++) {
        const bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

        for (int m = 1; m <= 12; m++) {
            const int days = lengths[m - 1] + (leap && m == 2);

            check(!date_is_valid((struct date){ y, m, days + 1 }));
            for (int d = 1; d <= days; d++) {
                const struct date day = { y, m, d };

                if (!date_is_valid(day) || clock_day_start_ms(day) != ms ||
                    date_cmp(clock_local(ms).date, day) != 0 ||
                    date_cmp(clock_local(ms + 86399999).date, day) != 0 ||
                    date_cmp(date_add_days(before, 1), day) != 0 ||
                    date_cmp(date_add_days(day, -1), before) != 0 || date_cmp(before, day) >= 0)
                    test_fail(__FILE__, __LINE__, "%d-%d-%d", y, m, d);
                before = day;
                ms += 86400000;
            }
        }
    }
    check_int(ms + 7 * 3600000LL, 253402300800000LL); /* 10000-01-01T00:00:00Z */
}

TEST(every_instant_survives_its_text)
{
    int64_t ms = -2208988800000LL;

    /* A step that is no multiple of anything visits odd times of all years. */
    for (; ms < 253402300800000LL - 86400000LL; ms += 9700000007LL) {
        const struct local_time t = clock_local(ms);
        int64_t back = 0;

        check_int(clock_from_local(t), ms);
        check(clock_read_rfc3339(clock_rfc3339_utc(test_arena(), ms), &back));
        check_int(back, ms);
        check(clock_read_stamp14(clock_stamp14(test_arena(), ms), &back));
        check_int(back, ms - t.ms);
        check(clock_read_rfc3339(clock_rfc3339(test_arena(), ms), &back));
        check_int(back, ms - t.ms);
    }
}

TEST(any_instant_at_all_can_be_split)
{
    check_int(clock_local(INT64_MAX).date.y, 292278994);
    check_int(clock_local(INT64_MIN).date.y, -292275055);
    check(clock_rfc3339_utc(test_arena(), INT64_MIN).n > 0);
}

TEST(a_date_is_read_in_every_form_with_its_unknown_parts)
{
    static const struct {
        const char *text;
        struct date want;
        const char *iso, *vn, *compact;
    } cases[] = {
        { "20261123", { 2026, 11, 23 }, "2026-11-23", "23/11/2026", "20261123" },
        { "2026-11-23", { 2026, 11, 23 }, "2026-11-23", "23/11/2026", "20261123" },
        { "23/11/2026", { 2026, 11, 23 }, "2026-11-23", "23/11/2026", "20261123" },
        { "1953", { 1953, 0, 0 }, "1953", "1953", "19530000" },
        { "19530000", { 1953, 0, 0 }, "1953", "1953", "19530000" },
        { "00/00/1953", { 1953, 0, 0 }, "1953", "1953", "19530000" },
        { "19530700", { 1953, 7, 0 }, "1953-07", "07/1953", "19530700" },
        { "07/1953", { 1953, 7, 0 }, "1953-07", "07/1953", "19530700" },
        { "00/07/1953", { 1953, 7, 0 }, "1953-07", "07/1953", "19530700" },
        { "1953-07", { 1953, 7, 0 }, "1953-07", "07/1953", "19530700" },
        { "29/02/2000", { 2000, 2, 29 }, "2000-02-29", "29/02/2000", "20000229" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct date d = { 0 };
        struct date again = { 0 };

        check(date_read(str_c(cases[i].text), &d));
        check_int(date_cmp(d, cases[i].want), 0);
        check_str(date_iso(test_arena(), d), cases[i].iso);
        check_str(date_vn(test_arena(), d), cases[i].vn);
        check_str(date_compact(test_arena(), d), cases[i].compact);
        check(date_read(date_iso(test_arena(), d), &again));
        check(date_read(date_vn(test_arena(), again), &again));
        check(date_read(date_compact(test_arena(), again), &again));
        check_int(date_cmp(d, again), 0);
    }
}

TEST(a_date_that_does_not_exist_is_refused)
{
    static const char *const cases[] = {
        "",           "20260229",   "29/02/1900", "31/04/2026",  "32/01/2026",
        "01/13/2026", "20260023",   "2026-13",    "13/2026",     "00000000",
        "0000",       "953",        "1/2/2026",   "2026/11/23",  "23-11-2026",
        " 20261123",  "20261123 ",  "2026112x",   "23/11/2026x", "+2026",
        "２０２６",   "23/00/1953", "-953",       "2026-1-1",
    };
    struct date d = { 1, 2, 3 };

    for (size_t i = 0; i < LEN(cases); i++)
        if (date_read(str_c(cases[i]), &d))
            test_fail(__FILE__, __LINE__, "read %s", cases[i]);
    check_int(date_cmp(d, (struct date){ 1, 2, 3 }), 0);
}

TEST(an_unknown_birthday_counts_as_the_last_possible)
{
    const struct date on = { 2026, 11, 23 };

    check_int(date_age_years((struct date){ 2012, 11, 23 }, on), 14);
    check_int(date_age_years((struct date){ 2012, 11, 24 }, on), 13);
    check_int(date_age_years((struct date){ 2012, 11, 0 }, on), 13);
    check_int(date_age_years((struct date){ 2012, 10, 0 }, on), 14);
    check_int(date_age_years((struct date){ 2012, 0, 0 }, on), 13);
    check_int(date_age_years((struct date){ 2012, 0, 0 }, (struct date){ 2026, 12, 31 }), 14);
    check_int(date_age_years((struct date){ 2004, 2, 29 }, (struct date){ 2026, 2, 28 }), 21);
    check_int(date_age_years((struct date){ 2004, 2, 29 }, (struct date){ 2026, 3, 1 }), 22);
}

TEST(today_begins_at_midnight_of_vietnam)
{
    struct clock c = clock_fixed(clock_day_start_ms((struct date){ 2026, 11, 23 }));

    check_int(date_cmp(clock_today(&c), (struct date){ 2026, 11, 23 }), 0);
    check_str(clock_rfc3339_utc(test_arena(), clock_now_ms(&c)), "2026-11-22T17:00:00.000Z");
    c = clock_fixed(c.fixed_ms - 1);
    check_int(date_cmp(clock_today(&c), (struct date){ 2026, 11, 22 }), 0);
    check_int(clock_now_s(&c), c.fixed_ms / 1000);
    c = clock_fixed(-1);
    check_int(clock_now_s(&c), -1);
}

TEST(the_systems_clocks_run_forward)
{
    const struct clock c = clock_system();
    const int64_t before_ms = clock_monotonic_ms();

    check(clock_now_ms(&c) > 1700000000000LL);
    check(clock_monotonic_ms() >= before_ms);
}
