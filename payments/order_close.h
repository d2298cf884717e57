/*
 * order_close.h - ending an unpaid order, for order_cancel and poll_expiry.
 */
#ifndef PAYMENTS_ORDER_CLOSE_H
#define PAYMENTS_ORDER_CLOSE_H

#include "payments/order.h"

/* event: CANCEL or EXPIRE. ERR_CONFLICT when an attempt may still be paid, as far as the portal can
 * tell. Network: SLOW pool or a job. */
MUST_USE result order_close(const struct till *t, struct str id, enum order_event event,
                            const struct order_cause *cause, struct err *e);

#endif
