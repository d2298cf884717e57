/*
 * assign.h - money that a bank's or a portal's file tells of and no payment of ours explains (J7).
 *
 * All of it happens within the transaction of a decision by two persons (finance/exception_action).
 * The movement is named by `key`, unique for ever: its journals carry it as their source, so that
 * the same movement is never booked twice in one body's books; that it is not in two bodies' is the
 * caller's to see to. What is given to an order becomes a
 * capture of its own (channel "assigned") with a reference of its own; its portal_txn is the
 * movement's, so that reconciliation finds the line.
 */
#ifndef PAYMENTS_ASSIGN_H
#define PAYMENTS_ASSIGN_H

#include "base/base.h"
#include "payments/ledger.h"
#include "payments/order.h"
#include "payments/till.h"

struct assign_movement {
    struct str key;         /* "<provider>|<account>|<transaction>", or alike */
    struct str txn;         /* the bank's or portal's number, as captures carry it */
    struct str bank;        /* who told, or empty */
    enum ledger_account at; /* where the money is: LEDGER_1110 or LEDGER_1120 */
    int64_t at_ms;          /* when it moved */
};

/* ERR_CONFLICT: a capture has its number already. */
MUST_USE result assign_is_free(struct sql *db, const struct assign_movement *m, struct err *e);
/* J7: Dr at / Cr 2160, in the books of that agency. ERR_CONFLICT: booked before. */
MUST_USE result assign_hold(struct sql *db, const struct till *t, const struct assign_movement *m,
                            struct str agency_id, int64_t amount_vnd, struct arena *a,
                            struct err *e);
/* The order gets it, taken here: J2, J2b or J2c. held: from 2160, where J7 puts it first in the
 * books of the order's agency; else from m->at. ERR_NOT_FOUND: no such order; ERR_CONFLICT: that
 * movement is a capture already, or was booked before. */
MUST_USE result assign_capture(struct sql *db, const struct till *t,
                               const struct assign_movement *m, struct str order_id,
                               int64_t amount_vnd, bool held, const struct order_cause *cause,
                               struct arena *a, struct err *e);
/* J7 back: Dr 2160 / Cr at. ERR_CONFLICT: sent back before. */
MUST_USE result assign_sent_back(struct sql *db, const struct till *t,
                                 const struct assign_movement *m, struct str agency_id,
                                 int64_t amount_vnd, struct arena *a, struct err *e);
/* What is left of a movement that no order explains: J10 (Dr 6120) or a charge of the channel, J11
 * (Dr 6110), against m->at. ERR_CONFLICT: booked before. */
MUST_USE result assign_written_off(struct sql *db, const struct till *t,
                                   const struct assign_movement *m, struct str agency_id,
                                   int64_t amount_vnd, struct arena *a, struct err *e);
MUST_USE result assign_charged(struct sql *db, const struct till *t,
                               const struct assign_movement *m, struct str agency_id,
                               int64_t amount_vnd, struct arena *a, struct err *e);

#endif
