/*
 * ledger_row.h - where a journal stands in its chain, for ledger.c and ledger_verify.c.
 */
#ifndef PAYMENTS_LEDGER_ROW_H
#define PAYMENTS_LEDGER_ROW_H

#include "payments/ledger.h"

struct ledger_place {
    int64_t slot, n, at_ms;
    struct str prev_hash;
};

/* ERR_INTERNAL when it does not balance, is empty, or names an account that is not in the chart. */
MUST_USE result ledger_journal_check(const struct ledger_journal *j, int64_t *total_vnd,
                                     struct err *e);
MUST_USE result ledger_journal_hash(const struct ledger_journal *j, const struct ledger_place *at,
                                    struct arena *a, struct str *hash, struct err *e);
/* I6, I7: plays the histories of all orders and attempts again, event by event. ERR_BROKEN_CHAIN
 * when one is missing, is not a row of the tables, or does not end in the state of today. */
MUST_USE result ledger_replay(struct sql *db, struct arena *page, struct err *e);

#endif
