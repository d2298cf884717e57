/*
 * order_row.h - rows of orders and their history, for the files of this room.
 */
#ifndef PAYMENTS_ORDER_ROW_H
#define PAYMENTS_ORDER_ROW_H

#include "payments/order.h"

struct sql_rows;

/* The columns of order_by_id, in their order. Lines are read by order_read_lines, which compares
 * them with the hash and the total of the row: ERR_BROKEN_CHAIN. */
MUST_USE result order_read_row(struct sql_rows *rows, const struct till *t, struct arena *a,
                               struct order *out, struct err *e);
MUST_USE result order_read_lines(struct sql *db, struct order *o, struct arena *a, struct err *e);
/* Of an order that has none. */
MUST_USE result order_write_lines(struct sql *db, const struct order *o, struct arena *a,
                                  struct err *e);
/* An order that its lock (SQL_ORDER_LOCK...) gave, and its lines, both asked for and not read yet.
 */
MUST_USE result order_read_taken(struct sql_rows *row, struct sql_rows *lines, const struct till *t,
                                 struct arena *a, struct order *out, struct err *e);
/* Its row and lines by id, without locking. */
MUST_USE result order_find(struct sql *db, const struct till *t, struct str id, struct arena *a,
                           struct order *out, struct err *e);

/* Payer data as one sealed text, bound to its place. */
struct str payer_seal(struct arena *a, const struct till *t, struct str place,
                      const struct payer *p);
MUST_USE result payer_unseal(struct arena *a, const struct till *t, struct str place,
                             struct str sealed, struct payer *out, struct err *e);

struct order_note {
    int64_t attempt_n;
    const char *event, *from, *to;
    struct str mismatch;
    bool row_follows; /* order_step writes the number of the event with the row */
};
/* Of an order that waits: its last event's number, unless a step has written it. */
MUST_USE result order_write(struct sql *db, struct order *o, struct err *e);
/* Of the message that tells so, what the history keeps, and the digest of all of it; or empty. */
struct str order_evidence(const struct order_cause *cause);
struct str order_evidence_hash(const struct order_cause *cause, struct arena *a);
/* Appends to the history; *seq is its number. */
MUST_USE result order_note_put(struct sql *db, const struct till *t, struct order *o,
                               const struct order_note *note, const struct order_cause *cause,
                               int64_t *seq, struct arena *a, struct err *e);

#endif
