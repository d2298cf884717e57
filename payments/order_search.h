/*
 * order_search.h - all payments of this installation, page by page, for officers of money: by time
 * or by amount, filtered, with the sums of the whole filter.
 *
 * `number` looks for exactly that payment id, dossier code, reference or transaction of a channel,
 * or payer's number (by its keyed digest). Where one is given rows are the newest first, whatever
 * else is asked. The caller decides who may see whose name it is.
 */
#ifndef PAYMENTS_ORDER_SEARCH_H
#define PAYMENTS_ORDER_SEARCH_H

#include "payments/order.h"

struct order_search {
    struct str number;
    struct str state, agency_id, channel; /* empty: any; the channel that captured last */
    int64_t from_ms, to_ms;               /* made: from <= t < to */
    int64_t least_vnd, most_vnd;          /* of what is due, both included */
    bool by_amount, descending;
    bool has_after; /* rows after this place: time or amount, and id */
    int64_t after;
    struct str after_id;
};

struct order_hit {
    struct str id, agency_id, reference, procedure_vi, procedure_en;
    enum order_state state;
    int64_t total_vnd, captured_vnd, refunded_vnd, created_ms;
    struct str payer_name;                   /* in the clear */
    struct str channel, portal_txn, attempt; /* of the last capture; empty: none */
    int64_t captured_ms;
};

struct order_sums {
    int64_t count, total_vnd, captured_vnd, refunded_vnd;
};

MUST_USE result order_search(const struct till *t, const struct order_search *q, size_t most,
                             struct arena *a, struct order_hit **out, size_t *count, struct err *e);
MUST_USE result order_search_sums(const struct till *t, const struct order_search *q,
                                  struct arena *a, struct order_sums *out, struct err *e);

#endif
