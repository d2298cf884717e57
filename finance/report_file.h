/*
 * report_file.h - a report's table as JSON, CSV, XLSX and PDF, and its plot.
 *
 * Heads and words come from the catalogue that is given (keys report.name.*, report.col.*,
 * report.word.*). CSV (RFC 4180, UTF-8 with a mark for spreadsheet programs) and JSON have plain
 * numbers: dong as they are, rates with a point and two decimals, N/A empty or null; a cell that a
 * spreadsheet would take for a formula gets an apostrophe. XLSX has the same with rates as texts.
 * PDF groups thousands by dots and tells period, scope and when it was made. The same input gives
 * the same bytes.
 */
#ifndef FINANCE_REPORT_FILE_H
#define FINANCE_REPORT_FILE_H

#include "finance/report.h"

struct catalog;
struct json;

enum report_form { REPORT_JSON, REPORT_CSV, REPORT_XLSX, REPORT_PDF, REPORT_SVG, REPORT_PNG };

struct report_print {
    const struct report_table *table;
    const struct report_query *query;
    const struct catalog *texts;
    int64_t made_ms;
};

bool report_form_find(struct str name, enum report_form *out); /* "csv" */
const char *report_form_type(enum report_form f);              /* of the answer */
/* ERR_NOT_FOUND: a picture of a report that has none. */
MUST_USE result report_file(const struct report_print *p, enum report_form form, struct arena *a,
                            struct str *out, struct err *e);
/* {"name", "columns": [..], "rows": [[..]], "has_total"}; caller closes. */
struct json *report_json(const struct report_table *t, struct arena *a);
/* The text of a cell for people: 1.234.567, 99,50, 23/11/2026, words; N/A as "report.not". */
struct str report_cell_text(const struct report_table *t, size_t row, size_t column,
                            const struct catalog *texts, struct arena *a);
struct str report_title(const struct report_print *p, struct arena *a); /* with its period */
bool report_has_plot(const struct report_table *t);

#endif
