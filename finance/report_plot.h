/*
 * report_plot.h - which picture a report has: what is drawn of its table. Breakdowns of many rows
 * show the largest ten and the sum of the others; sums below 0 are drawn as 0, and the table, which
 * always stands beside, tells them.
 */
#ifndef FINANCE_REPORT_PLOT_H
#define FINANCE_REPORT_PLOT_H

#include "finance/report_file.h"
#include "paper/plot.h"

/* ERR_NOT_FOUND: the report has none. */
MUST_USE result report_plot(const struct report_print *p, struct arena *a, struct plot *out,
                            struct err *e);

#endif
