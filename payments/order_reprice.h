/*
 * order_reprice.h - the same order at another price, since the citizen signed in at another
 * identity level than it was priced at (Circular 117/2026 art. 1: level 2 pays less).
 *
 * The order keeps its id, token and history: the reverse of its J1 and a J1 of the new bill, an
 * event "reassessed" (or "waived", when nothing is due any more), a new ETag, and
 * payment.reassessed for its client. Only an open order that nobody has begun to pay, and only for
 * its own citizen; the price of any other is frozen. So is that of an order whose own level would
 * not give its own bill any more: the tables changed meanwhile, and what was told holds.
 */
#ifndef PAYMENTS_ORDER_REPRICE_H
#define PAYMENTS_ORDER_REPRICE_H

#include "payments/order.h"

struct order_price {
    bool differs; /* false: nothing else is filled in */
    int64_t total_vnd;
    struct bill bill;
};

/* What it costs for that account of that level; changes nothing. */
MUST_USE result order_reprice_ask(const struct till *t, const struct order *o, struct str account,
                                  int level, struct arena *a, struct order_price *out,
                                  struct err *e);

struct order_repricing {
    struct str account, id_index; /* the citizen's, whose order it is, or ERR_FORBIDDEN */
    int level;
    int64_t told_vnd; /* the price that they know: a higher one is ERR_STALE, "total_vnd" */
};
/* Prices it anew; *o is the order as it is then. Nothing to change is no error. ERR_WRONG_STATE: it
 * is not open, its time is over, or an attempt was made. */
MUST_USE result order_reprice(const struct till *t, struct order *o,
                              const struct order_repricing *rp, const struct order_cause *cause,
                              struct arena *a, struct err *e);

#endif
