/*
 * fee_quota.h - what a citizen is granted once a year (Circular 117/2026 art. 1(1): once for each
 * kind of asset): reserved with the order, consumed when it is paid, released when it ends unpaid,
 * also after its payment was reversed, or when another order takes its place.
 *
 * The citizen is a keyed digest of their account; nobody reads from it who it is. Two orders at
 * once meet at a unique index, and the second is priced without the grant. An order that was
 * closed and is paid after all takes its grant again, unless another has it: its price stays, since
 * the money is there, and the row stays 'released' for whoever looks.
 */
#ifndef PAYMENTS_FEE_QUOTA_H
#define PAYMENTS_FEE_QUOTA_H

#include "payments/bill.h"
#include "payments/order.h"

/* The digest; empty for no account. */
struct str fee_quota_citizen(const struct till *t, struct str subject, struct arena *a);
/* Kinds of asset of which the year's grant is gone. */
MUST_USE result fee_quota_used(struct sql *db, struct str citizen, int year, struct arena *a,
                               struct str **used, size_t *count, struct err *e);
/* The same without what this order itself has taken. */
MUST_USE result fee_quota_used_beside(struct sql *db, struct str citizen, int year,
                                      struct str order_id, struct arena *a, struct str **used,
                                      size_t *count, struct err *e);
/* What the order has reserved is free again, before it is priced anew in the same transaction. */
MUST_USE result fee_quota_drop(struct sql *db, const struct order *o, struct err *e);
/* Prices the items of an order that is being made, and reserves what its lines take: the case's
 * used and citizen_known are filled in. o->id and o->agency_id are given, o->bill is the result. */
MUST_USE result fee_quota_price(struct sql *db, const struct till *t, struct fee_case *c,
                                const struct order_request *rq, struct order *o, struct arena *a,
                                struct err *e);
/* As an order comes into a state: within the transaction of the step. */
MUST_USE result fee_quota_follow(struct sql *db, const struct till *t, const struct order *o,
                                 enum order_state to, struct err *e);

#endif
