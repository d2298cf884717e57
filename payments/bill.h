/*
 * bill.h - the lines of one order: phi and le phi apart, totals, and the hash that freezes them.
 */
#ifndef PAYMENTS_BILL_H
#define PAYMENTS_BILL_H

#include "base/base.h"
#include "crypto/digest.h"
#include "payments/fee.h"

struct bill {
    struct fee_line *lines;
    size_t count; /* 1 .. LIMIT_ORDER_LINES */
    int64_t gross_vnd, reduction_vnd;
    int64_t phi_vnd, le_phi_vnd; /* net */
    int64_t total_vnd;           /* net of all: phi + le phi */
    int64_t retained_vnd;        /* of phi; the rest of total goes to the budget */
    struct digest hash;          /* over every amount and basis of the lines, in order */
};

/* Prices the items; count 0 takes the procedure's default items. Errors as fee_price's; the field
 * is "items" when there are too many. */
MUST_USE result bill_make(const struct fee_table *t, const struct fee_case *c,
                          const struct fee_item *items, size_t count, struct arena *a,
                          struct bill *out, struct err *e);
/* Totals and hash from the lines. ERR_INTERNAL when a line contradicts itself. */
MUST_USE result bill_sum(struct bill *b, struct arena *a, struct err *e);
/* The sum of one kind. */
int64_t bill_kind_vnd(const struct bill *b, enum fee_kind kind);

#endif
