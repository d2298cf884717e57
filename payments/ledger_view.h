/*
 * ledger_view.h - the books as officers look at them: journals and statements of accounts, newest
 * first, by pages, and one journal with its postings and place in its chain.
 *
 * It does not prove anything: ledger_verify() does. Nothing personal is in the books.
 */
#ifndef PAYMENTS_LEDGER_VIEW_H
#define PAYMENTS_LEDGER_VIEW_H

#include "payments/ledger.h"

struct ledger_place {
    int64_t at_ms;
    struct str agency_id;
    int64_t slot, n;
    int64_t line; /* in a statement of an account */
};
struct ledger_question {
    struct str agency_id, kind; /* empty: any */
    int64_t from_ms, to_ms;     /* posted: from <= t < to */
    int account;                /* 0: whole journals */
    bool ascending;             /* of whole journals only */
    bool has_after;
    struct ledger_place after;
};
struct ledger_line {
    int account;
    enum ledger_side side;
    int64_t amount_vnd;
    struct str fee;
};
struct ledger_entry {
    struct ledger_place place;
    struct str kind, source, order_id, day, corrects, hash, prev_hash;
    int64_t total_vnd;
    struct ledger_line line; /* of the account that was asked for */
};
struct ledger_turnover {
    int64_t count, debit_vnd, credit_vnd; /* whole journals: both are the sum of one side */
};

/* At most `most` entries; of an account always the newest first. */
MUST_USE result ledger_view(const struct till *t, const struct ledger_question *q, size_t most,
                            struct arena *a, struct ledger_entry **out, size_t *count,
                            struct err *e);
MUST_USE result ledger_view_sums(const struct till *t, const struct ledger_question *q,
                                 struct ledger_turnover *out, struct err *e);
/* ERR_NOT_FOUND */
MUST_USE result ledger_view_one(const struct till *t, const struct ledger_place *p, struct arena *a,
                                struct ledger_entry *out, struct ledger_line **lines, size_t *count,
                                struct err *e);
/* All about one order, oldest first, `most` at most. */
MUST_USE result ledger_view_order(const struct till *t, struct str agency_id, struct str order_id,
                                  size_t most, struct arena *a, struct ledger_entry **out,
                                  size_t *count, struct err *e);

#endif
