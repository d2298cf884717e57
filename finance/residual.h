/*
 * residual.h - four balances of the books against what stands behind them, one by one. Each
 * residual is 0, or somebody finds out at once which row is missing.
 *
 *     1110  held by providers          = captured and not paid over
 *     2140  refunds payable            = refunds that are not done with
 *     2150  over, double, short money  = what orders hold beside their bill
 *     2160  unidentified receipts      = surplus of desks
 *
 * The two sides do not know each other: balances are those of the ledger (kept sums and the
 * journals after them), rows those of attempts, payouts, refunds, orders and desks, in one
 * snapshot. What a closed day left behind is found by its exceptions, so that a page reads the open
 * days and not the years: a capture of a closed day that nobody paid over and nobody asks about is
 * a residual. What no one has decided about yet (credits without a payment) is in no book;
 * finance/exception.h has it. ledger_verify proves the same over all rows, once a day.
 */
#ifndef FINANCE_RESIDUAL_H
#define FINANCE_RESIDUAL_H

#include "finance/office.h"

enum residual_kind {
    RESIDUAL_CLEARING,
    RESIDUAL_REFUNDS,
    RESIDUAL_HELD,
    RESIDUAL_UNIDENTIFIED,
    RESIDUAL_COUNT
};

struct residual {
    int account;
    int64_t books_vnd;  /* on the account's normal side */
    int64_t count;      /* rows behind it */
    int64_t listed_vnd; /* their sum */
    int64_t left_vnd;   /* books - listed: 0 */
};
MUST_USE result residual_read(const struct office *f, struct residual out[RESIDUAL_COUNT],
                              struct err *e);

/* Oldest first. what: "capture", "dispute", "reversal", "refund", "netted" (by a file, before we
 * knew), "loss", "held", "over". */
struct residual_row {
    struct str what, agency_id, order_id; /* order: empty of a desk */
    struct str name; /* reference of the attempt, id of the refund, exception or shift, dossier */
    int64_t vnd, at_ms;
};
struct residual_place { /* after the row of that time, what and name; { 0 }: from the first on */
    int64_t at_ms;
    struct str key; /* what, then name */
};
MUST_USE result residual_rows(const struct office *f, enum residual_kind kind,
                              const struct residual_place *after, size_t most, struct arena *a,
                              struct residual_row **out, size_t *count, struct err *e);

int residual_account(enum residual_kind kind);
bool residual_find(struct str account, enum residual_kind *out); /* "2140" */

#endif
