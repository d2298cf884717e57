/*
 * refund_row.h - rows of refunds, for the files of this room.
 */
#ifndef PAYMENTS_REFUND_ROW_H
#define PAYMENTS_REFUND_ROW_H

#include "payments/refund.h"

/* Its row, its order and its capture, the order locked. */
MUST_USE result refund_take(struct sql *db, const struct till *t, struct str id, struct arena *a,
                            struct order *o, struct refund *out, struct attempt *at, struct err *e);
MUST_USE result refund_find(struct sql *db, struct str id, struct arena *a, struct refund *out,
                            struct err *e);
MUST_USE result refund_insert(struct sql *db, const struct refund *r,
                              const struct ledger_split *parts, size_t count, struct err *e);
/* Writes what a step changed; `from` is the state it was read with. */
MUST_USE result refund_save(struct sql *db, const struct refund *r, enum refund_state from,
                            struct err *e);
/* Appends to the history. */
MUST_USE result refund_note(struct sql *db, const struct till *t, const struct refund *r,
                            const char *const *event_from_to, struct str mismatch,
                            const struct order_cause *cause, struct arena *a, struct err *e);
/* What is open or paid of one capture, and how many are open. */
MUST_USE result refund_taken(struct sql *db, const struct attempt *at, int64_t *amount_vnd,
                             int64_t *open, struct err *e);
/* Whether applied_vnd of a taken order was sent to the treasury; reserved: its J5 is posted. Holds
 * the remittances that claim money of the order until the transaction ends. */
MUST_USE result refund_is_gone(struct sql *db, const struct order *o, int64_t applied_vnd,
                               bool reserved, struct arena *a, bool *gone, struct err *e);
MUST_USE result refund_parts_find(struct sql *db, const struct refund *r, struct arena *a,
                                  struct ledger_split **out, size_t *count, struct err *e);

#endif
