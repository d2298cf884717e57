/*
 * figures.h - what /metrics tells of reconciliation and the books, and when the books were last
 * proved.
 *
 * Reading them costs a few sums over rows of days and over open exceptions: whoever is scraped
 * often keeps them for a minute (web/ops.c). The whole proof of the books (payments/ledger.h) reads
 * every journal, so a job makes it once a day, and its outcome is kept.
 */
#ifndef FINANCE_FIGURES_H
#define FINANCE_FIGURES_H

#include "finance/office.h"
#include "finance/report.h"
#include "recon/match_class.h"

#define FIGURES_ACCOUNTS 4

struct figures {
    int64_t found[MATCH_COUNT];             /* exceptions ever found, by class */
    int64_t matched;                        /* lines and captures that agreed, of FIGURES_DAYS */
    int64_t residual_vnd;                   /* of these days, absolute: must be 0 */
    int64_t files_missing;                  /* of these days, that are over */
    int accounts[FIGURES_ACCOUNTS];         /* 1110, 2140, 2150, 2160 */
    int64_t balances_vnd[FIGURES_ACCOUNTS]; /* on the account's normal side */
    int64_t waits[REPORT_STEPS];            /* captures by how long they took, all days */
    int64_t behind;               /* chains of the ledger that were not added up yet: 0 or 1 */
    bool was_checked, books_hold; /* the last proof */
    int64_t checked_ms;
};
#define FIGURES_DAYS 62 /* newest */

MUST_USE result figures_read(const struct office *f, struct figures *out, struct err *e);
/* The job: proves the books once a day, when it is time for reports (finance.report_at), and keeps
 * what came of it; that they do not hold is no failure of the job. */
MUST_USE result figures_check_due(const struct office *f, bool *did, struct err *e);

#endif
