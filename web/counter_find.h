/*
 * counter_find.h - the payment that somebody at a desk stands in front of.
 */
#ifndef WEB_COUNTER_FIND_H
#define WEB_COUNTER_FIND_H

#include "payments/order.h"
#include "web/route_row.h"

/* By a payment's id, the address or token of its page (as a QR symbol says it), or the dossier's
 * code at that agency. ERR_NOT_FOUND; ERR_INVALID, "q". */
MUST_USE result counter_find(struct ctx *c, struct str what, struct str agency_id, struct order *o,
                             struct err *e);

#endif
