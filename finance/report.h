/*
 * report.h - figures for supervision, each as a table that is its own proof: whoever doubts a sum
 * finds its parts in another report, and amounts are those of the ledger to the dong.
 *
 *   collections  what was collected and paid back, by day, agency, channel, procedure or kind
 *   counter      counter against online: pieces, money and share of each agency
 *   capture      how long payments took, from the start of the attempt until we knew
 *   match        of each reconciled day: captures, how many of them agree, rate
 *   ageing       open value of exceptions by class and age (finance/exception.h)
 *   online       share of dossiers with something to pay that were paid online, by agency,
 * procedure qd766        the indicators of Decision 766/QD-TTg: finance/report_766.h procedures
 * behind qd766: what each procedure counts for, and why not
 *
 * Money. A journal counts on its business day. Collected is what reached le phi (2110), phi for the
 * budget (2120), phi that the body keeps (2130) or is held (2150), whichever way it came, less what
 * was reversed; a day that only reverses is below 0. Money that was unidentified counts on the day
 * on which it was found out whose it is. Paid back is what left 2140, when it left. Refunds that
 * were only asked for, money that goes on to the treasury and payouts of channels change nothing.
 *
 * Sums are rows that report_follow keeps up with the ledger (report_sum.c): it is run by a job, and
 * before every report that is asked for, so that a report knows every journal committed before it.
 *
 * Thread rule: any thread. Reading only, but for report_follow.
 */
#ifndef FINANCE_REPORT_H
#define FINANCE_REPORT_H

#include "base/base.h"
#include "base/clock.h"
#include "finance/office.h"

#define REPORT_DAYS_MAX    366
#define REPORT_ROWS_MAX    50000
#define REPORT_COLUMNS_MAX 12
#define REPORT_NOT         INT64_MIN /* of a rate: N/A, its denominator is 0 */

enum report_cell_kind {
    REPORT_TEXT,
    REPORT_WORD, /* text is the end of a key: "report.word.<text>" */
    REPORT_DAY,  /* YYYY-MM-DD */
    REPORT_MONEY,
    REPORT_COUNT,
    REPORT_RATE, /* hundredths: 9950 is 99,50; REPORT_NOT: N/A */
};
struct report_column {
    const char *name; /* head: key "report.col.<name>" */
    enum report_cell_kind kind;
};
struct report_cell {
    struct str text;
    int64_t n;
};
struct report_table {
    const char *name; /* of reports.def */
    const struct report_column *columns;
    size_t column_count;
    struct report_cell *cells; /* row after row */
    size_t row_count;
    bool has_total; /* the last row is the sum of the others */
};

enum report_by {
    REPORT_BY_DAY,
    REPORT_BY_AGENCY,
    REPORT_BY_CHANNEL,
    REPORT_BY_PROCEDURE,
    REPORT_BY_KIND
};

struct report_query {
    struct str name; /* "collections" */
    enum report_by by;
    struct date from, to;         /* both included */
    struct str agency, procedure; /* empty: all */
    struct str language;          /* "vi" or "en": of names of agencies and procedures */
};

/* The n-th report's name, NULL at the end; and whether it has that breakdown. */
const char *report_name_at(size_t n);
bool report_has_by(struct str name, enum report_by by);
const char *report_by_name(enum report_by by); /* "day" */
bool report_by_find(struct str name, enum report_by *out);

/* Makes one. ERR_NOT_FOUND: no such report; ERR_INVALID, field "from", "to" or "by": a period that
 * ends before it begins or is longer than REPORT_DAYS_MAX, a breakdown that it does not have;
 * ERR_TOO_LARGE: more than REPORT_ROWS_MAX rows. */
MUST_USE result report_make(const struct office *f, const struct report_query *q, struct arena *a,
                            struct report_table *out, struct err *e);
const struct report_cell *report_cell(const struct report_table *t, size_t row, size_t column);
size_t report_column_find(const struct report_table *t, const char *name); /* must be there */

/* Adds up what was posted since: pieces of bounded size; *did: there may be more. Idempotent. */
MUST_USE result report_follow(const struct till *t, bool *did, struct err *e);
/* Until there is no more. */
MUST_USE result report_follow_all(const struct till *t, struct err *e);

/* Steps of `capture`: 10 s, 30 s, 1 min, 5 min, 15 min, 1 h, 1 day, more. */
#define REPORT_STEPS 8

#endif
