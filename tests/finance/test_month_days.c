/* A month planted on payments in the database: each form finds all of it, and nothing else. */
#include "tests/finance/month_take.h"

#define DAYS 14
#define PAID 14 /* a day */

/* As the truth says what becomes of it. */
static void take_as_told(const struct month_world *w, const char *form, const struct json *file)
{
    const struct intake_result r = month_take(w, form, file);
    const struct str expect = month_text(file, "expect"), class = month_text(file, "class");

    if (r.quarantined != str_is(expect, "quarantined") || r.known != str_is(expect, "known"))
        test_fail(__FILE__, __LINE__, "%.*s: quarantined %d, known %d, not %.*s: %.*s",
                  STR_ARG(month_text(file, "file")), r.quarantined, r.known, STR_ARG(expect),
                  STR_ARG(r.file.faults));
    if (r.quarantined && !str_starts(r.file.faults, class))
        test_fail(__FILE__, __LINE__, "%.*s: %.*s, not %.*s", STR_ARG(month_text(file, "file")),
                  STR_ARG(r.file.faults), STR_ARG(class));
}

static void take_all(const struct month_world *w, const char *form, int days)
{
    const struct json *files = month_files(w, form);

    for (size_t i = 0; i < json_count(files); i++)
        if (month_day(json_at(files, i)).d <= days + 1 && month_day(json_at(files, i)).m == 10)
            take_as_told(w, form, json_at(files, i));
}

static void month_is_found(const char *form, uint64_t seed)
{
    const struct month_world *w = month_paid(seed, DAYS, PAID);

    take_all(w, form, DAYS);
    for (int d = 1; d <= DAYS + 1; d++)
        month_check(w, form, (struct date){ 2026, 10, d });
}

TEST_STORE(a_month_of_mc1_files_is_found_whole)
{
    month_is_found("mc1", 11);
}

TEST(a_month_of_fixed_width_files_is_found_whole)
{
    month_is_found("fw1", 11);
}

TEST(a_month_of_a_banks_json_is_found_whole)
{
    month_is_found("bj1", 11);
}

TEST(a_month_of_spreadsheets_is_found_whole)
{
    month_is_found("xlsx", 11);
}

TEST_STORE(a_month_of_tables_by_a_map_is_found_whole)
{
    month_is_found("csv", 11);
}
