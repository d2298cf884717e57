#include "conf/status.h"

#include <stdio.h>

#include "tests/test.h"

#define HEADER "code,name_vi,name_en,rule,valid_from,valid_to\n"

static const struct date today = { 2026, 11, 23 };

static struct str file_make(const char *text)
{
    const struct str path = str_fmt(test_arena(), "%s/status.csv", test_folder());
    FILE *f = fopen(str_cstr(test_arena(), path), "w");

    check(f != NULL);
    check(fputs(text, f) >= 0);
    check(fclose(f) == 0);
    return path;
}

static void refused(const char *text, const char *why)
{
    struct statuses *s = NULL;
    struct err e = { 0 };

    check_fails(statuses_load(test_arena(), file_make(text), &s, &e), e, ERR_CONFIG);
    check_str(str_c(e.detail), why);
    check(s == NULL);
}

TEST(what_is_no_table_is_refused_with_its_line)
{
    struct statuses *s = NULL;
    struct err e;

    check_fails(statuses_load(test_arena(), STR("/no/such.csv"), &s, &e), e, ERR_IO);
    refused(HEADER "0,A,B,allow,2026-07-01,\n", "status.csv:2: a code has 2 digits");
    refused(HEADER "00,,B,allow,2026-07-01,\n", "status.csv:2: no name");
    refused(HEADER "00,A,,allow,2026-07-01,\n", "status.csv:2: no name");
    refused(HEADER "00,A,B,deny,2026-07-01,\n", "status.csv:2: allow, warn, pay_only or refuse");
    refused(HEADER "00,A,B,,2026-07-01,\n", "status.csv:2: allow, warn, pay_only or refuse");
    refused(HEADER "00,A,B,allow,,\n", "status.csv:2: not a day");
    refused(HEADER "00,A,B,allow,2026-07-01,\n00,A,B,refuse,2027-01-01,\n",
            "status.csv:3: the code is taken on these days");
}

TEST(a_rule_changes_on_its_day)
{
    struct statuses *s = NULL;
    struct err e;

    check_ok(statuses_load(test_arena(),
                           file_make(HEADER "05,A,B,warn,2026-07-01,2026-12-31\n"
                                            "05,A,B,refuse,2027-01-01,\n"),
                           &s, &e),
             e);
    check(!status_find(s, STR("05"), (struct date){ 2026, 6, 30 }).known);
    check_int(status_find(s, STR("05"), (struct date){ 2026, 12, 31 }).rule, STATUS_WARN);
    check_int(status_find(s, STR("05"), (struct date){ 2027, 1, 1 }).rule, STATUS_REFUSE);
}

TEST(the_codes_permit_what_was_decided)
{
    static const struct {
        const char *code;
        enum status_rule rule;
    } cases[] = {
        { "00", STATUS_ALLOW },    { "01", STATUS_REFUSE },   { "02", STATUS_ALLOW },
        { "03", STATUS_PAY_ONLY }, { "04", STATUS_REFUSE },   { "05", STATUS_WARN },
        { "06", STATUS_PAY_ONLY }, { "07", STATUS_PAY_ONLY }, { "09", STATUS_WARN },
    };
    struct statuses *s = NULL;
    struct err e;

    check_ok(statuses_load(test_arena(),
                           str_fmt(test_arena(), "%s/conf/status/tax_status.csv", test_source()),
                           &s, &e),
             e);
    for (size_t i = 0; i < LEN(cases); i++) {
        const struct status got = status_find(s, str_c(cases[i].code), today);

        check(got.known && got.name_vi.n > 0 && got.name_en.n > 0);
        check_str(got.code, cases[i].code);
        check_int(got.rule, cases[i].rule);
    }
}

TEST(an_unknown_code_is_let_in_and_marked)
{
    static const char *const codes[] = { "08", "10", "99", "", "x" };
    struct statuses *s = NULL;
    struct err e;

    check_ok(statuses_load(test_arena(),
                           str_fmt(test_arena(), "%s/conf/status/tax_status.csv", test_source()),
                           &s, &e),
             e);
    for (size_t i = 0; i < LEN(codes); i++) {
        const struct status got = status_find(s, str_c(codes[i]), today);

        check(!got.known);
        check_str(got.code, codes[i]);
        check_int(got.rule, STATUS_ALLOW);
    }
}
