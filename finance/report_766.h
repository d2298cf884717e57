/*
 * report_766.h - the payment indicators of Decision 766/QD-TTg, with everything they are made of.
 *
 * What each one reads (points, full marks and period: finance/report_rules.h):
 *
 *   3.5a  procedures having a dossier with something to pay / procedures with a fee in the
 * catalogue 3.5b  procedures with a dossier that was paid online / procedures with a fee having
 * dossiers 3.6   dossiers paid online / dossiers of procedures with a fee, less those whose every
 * fee is 0 4.5   dossiers of an account that was verified with VNeID / all dossiers
 *
 * A procedure with a fee is one that the fee tables in force on the period's last day give a fee
 * (they stand for the national database of procedures); the tables do not tell which agency does
 * which, so for one agency 3.5a is still over all of them. A dossier is a row of report_dossier:
 * what the one-stop system told (report_dossier.h) joined with the orders here, by agency and
 * MaHoSo.
 *
 *   something to pay  the system told of a Gia other than 0, or an order that was not withdrawn is
 *                     above 0
 *   every fee is 0    the system told lines and all are 0, or every order is exempt
 *   paid online       orders here decide, if there are any: paid, not paid back, and no part of it
 * at a counter. A dossier without orders: DuocThanhToanTrucTuyen is 1 or 2. Orders that were all
 * paid back or withdrawn never count, whatever the system told verified TaiKhoanDuocXacThucVoiVNeID
 * is 1, or the citizen was signed in with an identity level when an order was priced
 *
 * An order of 0 before any reduction posts nothing to the ledger, so that dossiers which have no
 * other are known only when the system tells of them.
 *
 * Rates and scores have 2 decimals, half up; score = min(max, rate / full x max), computed from the
 * numerator and denominator, not from the rounded rate. Denominator 0: N/A.
 */
#ifndef FINANCE_REPORT_766_H
#define FINANCE_REPORT_766_H

#include "finance/report.h"
#include "finance/report_rules.h"

struct report_766 {
    struct report_rules rules;
    struct {
        int64_t numerator, denominator;
        int64_t rate;  /* hundredths of a per cent; REPORT_NOT */
        int64_t score; /* hundredths of a point; REPORT_NOT: no denominator, or no points */
    } of[REPORT_INDICATOR_COUNT];
};
MUST_USE result report_766_make(const struct office *f, const struct report_query *q,
                                struct arena *a, struct report_766 *out, struct err *e);
/* For tests: the score of a rate. */
int64_t report_766_score(int64_t numerator, int64_t denominator, const struct report_rule *r);

/* The dossiers behind a number, a page at a time, by day, agency and reference. */
struct report_dossier_row {
    struct str agency_id, reference, procedure, received_on, started_on;
    int64_t fee; /* 0 nothing known, 1 all 0, 2 something to pay */
    struct str
        why; /* portal, own: paid online; counter, refunded, withdrawn, unpaid, zero, no_fee */
    bool verified;
    bool is_synced;
    bool has_fee; /* its procedure is one with a fee */
};
struct report_dossier_ask {
    struct report_query query;
    bool by_start;
    struct str why;                                      /* only these, or empty */
    struct str after_day, after_agency, after_reference; /* of the last row before, or empty */
    size_t most;
};
MUST_USE result report_dossiers(const struct office *f, const struct report_dossier_ask *ask,
                                struct arena *a, struct report_dossier_row **out, size_t *count,
                                struct err *e);

#endif
