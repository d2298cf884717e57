/*
 * receipt_search.h - receipts of this installation, page by page by the time they were issued,
 * filtered, with the sums of the whole filter. Nothing of payers is in it.
 */
#ifndef PAYMENTS_RECEIPT_SEARCH_H
#define PAYMENTS_RECEIPT_SEARCH_H

#include "payments/receipt.h"

struct receipt_search {
    /* Exactly that dossier code, code of verification, id, transaction, or "26TAA-0000001"; empty:
     * any. Where one is given rows are the newest first. */
    struct str what;
    struct str state, agency_id; /* empty: any */
    enum fee_kind kind;          /* 0: both */
    int64_t from_ms, to_ms;      /* issued: from <= t < to */
    int64_t least_vnd, most_vnd; /* both included */
    bool descending;
    bool has_after; /* rows after this place */
    int64_t after_ms;
    struct str after_id;
};

struct receipt_hit {
    struct str id, agency_id, form, serial, number_text, code, order_id, reference, state;
    enum fee_kind kind;
    int64_t amount_vnd, issued_ms;
    int64_t signed_ms; /* 0: its signature is pending */
    struct str body_name, portal_txn, replaces, replaced_by;
    struct str delegate_name; /* who issued it in the body's name, or empty */
};

struct receipt_sums {
    int64_t count, amount_vnd;
};

MUST_USE result receipt_search(const struct till *t, const struct receipt_search *q, size_t most,
                               struct arena *a, struct receipt_hit **out, size_t *count,
                               struct err *e);
MUST_USE result receipt_search_sums(const struct till *t, const struct receipt_search *q,
                                    struct receipt_sums *out, struct err *e);

#endif
