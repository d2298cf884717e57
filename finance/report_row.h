/*
 * report_row.h - inside finance only: tables of reports under construction.
 */
#ifndef FINANCE_REPORT_ROW_H
#define FINANCE_REPORT_ROW_H

#include "finance/report.h"

/* Rows that grow; the first failure is kept by `over`. */
struct report_rows {
    struct arena *a;
    struct report_table *table;
    size_t cap;
    bool over; /* more than REPORT_ROWS_MAX */
};
void report_rows_begin(struct report_rows *r, struct report_table *t, const char *name,
                       const struct report_column *columns, size_t column_count, struct arena *a);
/* Zeroed cells of the next row; those of rates are REPORT_NOT. */
struct report_cell *report_rows_next(struct report_rows *r);
/* A last row with the sums of money and counts; rates stay N/A. No rows: none. */
void report_rows_total(struct report_rows *r);
MUST_USE result report_rows_end(const struct report_rows *r, struct err *e);

/* Hundredths of `unit`, half up: part 1 of whole 3, unit 100: 3333. whole 0: REPORT_NOT. */
int64_t report_rate(int64_t part, int64_t whole, int64_t unit);

/* Names in the query's language; the code itself when the tables do not know it. */
struct str report_agency_name(const struct office *f, const struct report_query *q,
                              struct str agency_id);
struct str report_procedure_name(const struct office *f, const struct report_query *q,
                                 struct str code);

/* The tables, each in the file of its figures. */
typedef result report_fn(const struct office *f, const struct report_query *q,
                         struct report_rows *r, struct err *e);
report_fn report_collections, report_counter, report_capture, report_match, report_ageing,
    report_online, report_qd766, report_procedures;

#endif
