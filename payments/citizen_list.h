/*
 * citizen_list.h - a citizen's bills, receipts and refunds, page by page, for their own pages.
 *
 * Whose they are is told by the bill: it was asked for in their account, or names their number; an
 * organisation's bills by its number alone. Rows hold nobody's name. Newest first, so that a page
 * never moves when something new comes; bills that are still to be paid come before all others.
 */
#ifndef PAYMENTS_CITIZEN_LIST_H
#define PAYMENTS_CITIZEN_LIST_H

#include "base/base.h"
#include "payments/order.h"
#include "payments/refund.h"
#include "payments/till.h"

#define CITIZEN_LIST_MAX 50

struct citizen_filter {
    struct str subject, id_index; /* whose; either may be empty, then nothing is theirs by it */
    struct str state;             /* of bills; empty: any */
    int year;                     /* of making or issue, Vietnamese time; 0: any */
    /* Rows after this one. before_ms 0: from the beginning. */
    int before_rank; /* of bills: 0 to be paid, 1 others */
    int64_t before_ms;
    struct str before_id;
    size_t most; /* CITIZEN_LIST_MAX + 1 at most */
};

struct citizen_order {
    struct str agency_id, id, token;
    enum order_state state;
    struct str reference, procedure_vi, procedure_en;
    struct date received_on;
    int64_t total_vnd, captured_vnd, refunded_vnd, created_ms, expires_ms;
    int rank; /* as before_rank */
};
MUST_USE result citizen_orders(const struct till *t, const struct citizen_filter *f,
                               struct arena *a, struct citizen_order **out, size_t *count,
                               struct err *e);

struct citizen_receipt {
    struct str id, code, form, serial, number_text;
    enum fee_kind kind;
    int64_t amount_vnd, issued_ms;
    struct str state; /* "issued", "notified", "replaced" */
    struct str reference, procedure_name, body_name;
    int64_t signed_ms; /* 0: its signature is pending */
};
MUST_USE result citizen_receipts(const struct till *t, const struct citizen_filter *f,
                                 struct arena *a, struct citizen_receipt **out, size_t *count,
                                 struct err *e);

/* What was approved: a request that nobody decided on is no promise, and is not listed. */
struct citizen_refund {
    struct str id, order_token;
    enum refund_state state;
    struct str route; /* "channel", "bank", "treasury" */
    int64_t amount_vnd, created_ms, updated_ms;
    struct str reference, procedure_vi, procedure_en;
};
MUST_USE result citizen_refunds(const struct till *t, const struct citizen_filter *f,
                                struct arena *a, struct citizen_refund **out, size_t *count,
                                struct err *e);

#endif
