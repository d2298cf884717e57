/*
 * metadata.h - what a client keeps with its order: texts by names, told back as they were sent.
 *
 * Bounded and checked by the caller; nothing in it has a meaning here, and no page shows it.
 */
#ifndef PAYMENTS_METADATA_H
#define PAYMENTS_METADATA_H

#include "base/base.h"
#include "payments/order.h"

struct sql;
struct json;

/* In the transaction that makes the order; an empty object is not stored. */
MUST_USE result metadata_put(struct sql *db, const struct order *o, const struct json *metadata,
                             struct arena *a, struct err *e);
/* *out is NULL when there is none; else an object that the caller closes. */
MUST_USE result metadata_load(const struct till *t, const struct order *o, struct arena *a,
                              struct json **out, struct err *e);

#endif
