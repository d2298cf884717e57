/*
 * order_books.h - what each change of an order posts, for order.c.
 */
#ifndef PAYMENTS_ORDER_BOOKS_H
#define PAYMENTS_ORDER_BOOKS_H

#include "payments/order.h"

enum order_action {
    ORDER_DO_NOTHING,
    ORDER_DO_ASSESS,
    ORDER_DO_WITHDRAW,
    ORDER_DO_COLLECT,
    ORDER_DO_HOLD,
    ORDER_DO_REVIVE,
    ORDER_DO_RESERVE,
    ORDER_DO_RELEASE,
    ORDER_DO_PAY_OUT,
    ORDER_DO_BOUNCE,
    ORDER_DO_REOPEN,
    ORDER_DO_TAKE_BACK,
    ORDER_DO_CARRY,
    ORDER_DO_REASSESS
};

struct order_change {
    const struct till *t;
    struct order *o;     /* as it is now */
    struct order before; /* as it was */
    enum order_event event;
    enum order_action action;
    const struct order_cause *cause;
    int64_t seq; /* of the event */
    int64_t now_ms;
    struct arena *a;
};

/* Journals and receipts of a change, within its transaction. */
MUST_USE result order_books(struct sql *db, const struct order_change *c, struct err *e);

/* How often a refund was paid, and whether it is paid now: it may have come back. */
struct order_round {
    int64_t n;     /* 1 or more: of the payment that is due or was made */
    bool paid;     /* made, and not returned */
    bool released; /* given up */
    int64_t vnd;   /* of its J5 */
    int64_t excess_vnd;
};
/* ERR_NOT_FOUND: nothing was reserved by that name. */
MUST_USE result order_round(struct sql *db, const struct order *o, struct str refund_id,
                            struct arena *a, struct order_round *out, struct err *e);
/* Source of one of a refund's journals: what is "reserve", "release", "refund", "bounce",
 * "treasury". */
struct str order_refund_source(struct arena *a, const char *what, struct str refund_id, int64_t n);

#endif
