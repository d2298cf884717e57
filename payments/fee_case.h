/*
 * fee_case.h - a case as JSON, so that it can be priced again: {"procedure","received_on",
 * "channel","items":[{"fee","quantity","base_vnd","area","event_on"}],"categories":[..]}.
 */
#ifndef PAYMENTS_FEE_CASE_H
#define PAYMENTS_FEE_CASE_H

#include "payments/order.h"

struct str fee_case_print(const struct order_request *rq, struct arena *a);
/* Fills in those members of the request; slices live in the arena. ERR_STORE. */
MUST_USE result fee_case_read(struct str json, struct order_request *rq, struct arena *a,
                              struct err *e);
/* The case as the engine takes it. */
struct fee_case fee_case_of(const struct order_request *rq);

/* Keeps and finds that of an order, within a transaction. ERR_NOT_FOUND: an order from before. */
MUST_USE result fee_case_put(struct sql *db, const struct order *o, const struct order_request *rq,
                             struct arena *a, struct err *e);
MUST_USE result fee_case_load(struct sql *db, const struct order *o, struct order_request *rq,
                              struct arena *a, struct err *e);

#endif
