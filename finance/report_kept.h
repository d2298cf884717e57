/*
 * report_kept.h - reports of a day and of a month, made at a time of day and kept as they were.
 *
 * A kept report is one canonical JSON text of all tables of its period with the rules that they
 * were made by; its SHA-256 names it. Rows are never changed: what is made anew is the next
 * revision, which has the same hash when nothing changed in between. There is nothing personal in
 * it, so that it is not sealed. `ageing` is that of the moment at which it was made.
 */
#ifndef FINANCE_REPORT_KEPT_H
#define FINANCE_REPORT_KEPT_H

#include "finance/report.h"

#define REPORT_KEPT_LIST_MAX 400

enum report_kept_kind { REPORT_OF_DAY, REPORT_OF_MONTH };

struct report_kept {
    enum report_kept_kind kind;
    struct date from, to;
    int64_t revision;
    int64_t made_ms;
    struct str made_by; /* "staff:<name>", "system" */
    struct str sha256;
    struct str body; /* report_kept_load only */
};

/* day: any day of the period. ERR_INVALID, field "day": the period is not over. */
MUST_USE result report_kept_make(const struct office *f, enum report_kept_kind kind,
                                 struct date day, struct str by, struct arena *a,
                                 struct report_kept *out, struct err *e);
/* revision 0: the newest. ERR_NOT_FOUND; ERR_BROKEN_CHAIN: it is not what was kept. */
MUST_USE result report_kept_load(const struct till *t, enum report_kept_kind kind, struct date from,
                                 int64_t revision, struct arena *a, struct report_kept *out,
                                 struct err *e);
/* Those that begin from..to, newest period first. */
MUST_USE result report_kept_list(const struct till *t, struct date from, struct date to,
                                 struct arena *a, struct report_kept **out, size_t *count,
                                 struct err *e);
/* The job: yesterday's, and on the first of a month that of the month before, once each, when it is
 * time (finance.report_at). */
MUST_USE result report_kept_due(const struct office *f, bool *did, struct err *e);
const char *report_kept_kind_name(enum report_kept_kind k); /* "day" */
bool report_kept_kind_find(struct str name, enum report_kept_kind *out);

#endif
