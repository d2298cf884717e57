/*
 * residual.h - the equations that must be zero at any time, for the dashboard.
 *
 * Each sums an account of the books on one side, and on the other, from rows that know nothing of
 * the books, what it has to be made of.
 */
#ifndef FINANCE_RESIDUAL_H
#define FINANCE_RESIDUAL_H

#include "base/base.h"
#include "finance/office.h"

enum residual_kind {
    RESIDUAL_1110, /* clearing: captured and not yet paid over, one by one */
    RESIDUAL_2140, /* refund payable: open refunds */
    RESIDUAL_2150, /* suspense: what is held of short, excess and double payments */
    RESIDUAL_2160, /* suspense: unidentified receipts that are open */
    RESIDUAL_COUNT
};

struct residual {
    enum residual_kind kind;
    int account;
    int64_t books_vnd, listed_vnd, listed_count;
    int64_t residual_vnd; /* books - listed */
};

/* All four, in one snapshot. */
MUST_USE result residual_read(const struct office *f, struct residual out[RESIDUAL_COUNT],
                              struct err *e);

#endif
