/*
 * order_list.h - the orders of one client, page by page, for the interface of one-stop systems.
 *
 * Newest first by (created_ms, id), so that a page never moves when new orders come. Rows hold
 * nothing personal and no lines.
 */
#ifndef PAYMENTS_ORDER_LIST_H
#define PAYMENTS_ORDER_LIST_H

#include "base/base.h"
#include "payments/till.h"

#define ORDER_LIST_MAX 100

struct order_filter {
    struct str client_id;
    struct str state, reference, agency_id; /* empty: any */
    int64_t created_from_ms, created_to_ms; /* from <= t < to */
    int64_t captured_from_ms, captured_to_ms;
    bool by_capture;             /* whether those two count */
    int64_t least_vnd, most_vnd; /* of what is due */
    int64_t before_ms;           /* rows older than (before_ms, before_id) */
    struct str before_id;
};

struct order_brief {
    struct str id, agency_id, state, reference, procedure;
    int64_t total_vnd, captured_vnd, refunded_vnd;
    int64_t created_ms, updated_ms, expires_ms;
};

/* At most `most` rows (ORDER_LIST_MAX + 1 at most), in the arena. */
MUST_USE result order_list(const struct till *t, const struct order_filter *f, size_t most,
                           struct arena *a, struct order_brief **out, size_t *count, struct err *e);

#endif
