/*
 * report_rules.h - points and full marks of the indicators, dated (conf/reports/qd766.json).
 *
 * Sources contradict each other and change, so the file names where each comes from, and a report
 * repeats it. The rules in force on the last day of a period hold for all of it.
 */
#ifndef FINANCE_REPORT_RULES_H
#define FINANCE_REPORT_RULES_H

#include "base/base.h"
#include "base/clock.h"

enum report_indicator { REPORT_35A, REPORT_35B, REPORT_36, REPORT_45, REPORT_INDICATOR_COUNT };

struct report_rule {
    bool by_start;        /* the period is that of the first day of processing, else of receipt */
    int64_t max_points;   /* 0: it is told as a rate only */
    int64_t full_percent; /* rate at which it has all points */
};
struct report_rules {
    struct date from, to;
    struct str source;
    struct report_rule of[REPORT_INDICATOR_COUNT];
};
struct report_book; /* all of a file */

/* ERR_CONFIG names file and member: unknown, missing, out of range, or two rules of one day. */
MUST_USE result report_book_open(const char *dir, struct arena *a, struct report_book **out,
                                 struct err *e);
MUST_USE result report_book_read(struct str json, struct arena *a, struct report_book **out,
                                 struct err *e);
/* ERR_INVALID, field "to": no rules for that day; ERR_CONFIG: no book (NULL). */
MUST_USE result report_rules_on(const struct report_book *b, struct date on,
                                struct report_rules *out, struct err *e);
const char *report_indicator_name(enum report_indicator i); /* "3.5a" */

#endif
