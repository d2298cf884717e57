/* Reports of reconciliation: how much of each day agreed, and what is still open. */
#include "base/arena.h"
#include "base/str.h"
#include "finance/exception.h"
#include "finance/reconcile.h"
#include "finance/report_row.h"
#include "recon/match_class.h"

#define DAYS_READ 400 /* newest days that have a file or captures */

result report_match(const struct office *f, const struct report_query *q, struct report_rows *r,
                    struct err *e)
{
    static const struct report_column columns[] = {
        { "day", REPORT_DAY },          { "verdict", REPORT_WORD },
        { "captured", REPORT_COUNT },   { "matched", REPORT_COUNT },
        { "match_rate", REPORT_RATE },  { "open_count", REPORT_COUNT },
        { "difference", REPORT_MONEY },
    };
    struct reconcile_day *days;
    size_t n;

    TRY(reconcile_days(f->till, DAYS_READ, r->a, &days, &n, e));
    report_rows_begin(r, r->table, "match", columns, LEN(columns), r->a);
    for (size_t i = n; i-- > 0;) {
        struct report_cell *row;

        if (date_cmp(days[i].day, q->from) < 0 || date_cmp(days[i].day, q->to) > 0)
            continue;
        row = report_rows_next(r);
        row[0].text = date_iso(r->a, days[i].day);
        row[1].text = days[i].verdict == RECONCILE_NO_VERDICT
                          ? STR("no_verdict")
                          : str_c(reconcile_verdict_name(days[i].verdict));
        row[2].n = days[i].captured_count;
        row[3].n = days[i].matched_count;
        row[4].n = days[i].verdict == RECONCILE_NO_VERDICT
                       ? REPORT_NOT
                       : report_rate(days[i].matched_count, days[i].captured_count, 100);
        row[5].n = days[i].open_count;
        row[6].n = days[i].difference_vnd;
    }
    return OK;
}

/* As it stands now: the period does not matter, since age counts from today. */
result report_ageing(const struct office *f, const struct report_query *q, struct report_rows *r,
                     struct err *e)
{
    static const struct report_column columns[] = {
        { "class", REPORT_TEXT },       { "count", REPORT_COUNT },
        { "age_fresh", REPORT_MONEY },  { "age_week", REPORT_MONEY },
        { "age_month", REPORT_MONEY },  { "age_old", REPORT_MONEY },
        { "open_value", REPORT_MONEY },
    };
    struct exception_ages ages;

    (void)q;
    TRY(exception_ages(f->till, &ages, e));
    report_rows_begin(r, r->table, "ageing", columns, LEN(columns), r->a);
    for (size_t m = 0; m < MATCH_COUNT; m++) {
        int64_t count = 0;
        struct report_cell *row;

        for (size_t age = 0; age < EXCEPTION_AGE_COUNT; age++)
            count += ages.count[m][age];
        if (count == 0)
            continue;
        row = report_rows_next(r);
        row[0].text = str_c(match_name((enum match_class)m));
        row[1].n = count;
        for (size_t age = 0; age < EXCEPTION_AGE_COUNT; age++) {
            row[2 + age].n = ages.value_vnd[m][age];
            row[6].n += ages.value_vnd[m][age];
        }
    }
    report_rows_total(r);
    return OK;
}
