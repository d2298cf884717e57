/*
 * outbox.h - what is to be done once a transaction has committed, written in that transaction.
 *
 * Today: after a capture the portal's own receipt is fetched by GET_BILL, checked to be a PDF, and
 * kept sealed with its digest. A row is claimed with a lease, tried again later and later, and
 * after OUTBOX_TRIES_MAX left as "dead" for the operator.
 */
#ifndef PAYMENTS_OUTBOX_H
#define PAYMENTS_OUTBOX_H

#include "base/base.h"
#include "payments/till.h"

struct sql;

#define OUTBOX_TRIES_MAX 10

MUST_USE result outbox_put(struct sql *db, struct str agency_id, const char *kind,
                           struct str subject, int64_t now_ms, struct err *e);
/* Claims and delivers one row; *did tells whether there was any. */
MUST_USE result outbox_deliver(const struct till *t, bool *did, struct err *e);

#endif
