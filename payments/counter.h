/*
 * counter.h - taking the money of an order at a desk: cash with change, or a transfer.
 *
 * One transaction captures an attempt of channel `counter`, posts it (1140, or 1120 for a
 * transfer), issues the receipts and adds it to the shift (shift.h). What is taken is exactly what
 * is due; more cash than that is change. Whatever may still be paid elsewhere is asked about first,
 * and money is taken beside it only when the officer says so again. An order with nothing to pay
 * takes none.
 */
#ifndef PAYMENTS_COUNTER_H
#define PAYMENTS_COUNTER_H

#include "base/base.h"
#include "payments/order.h"
#include "payments/shift.h"
#include "payments/till.h"

#define COUNTER_BANK_REF_BYTES_MAX 60

enum counter_method { COUNTER_CASH, COUNTER_TRANSFER, COUNTER_EXEMPT };

struct counter_ask {
    struct str order_id, shift_id;
    enum counter_method method;
    int64_t due_vnd;      /* as it was shown; 0: whatever is due */
    int64_t received_vnd; /* cash: at least what is due; transfer: exactly; exempt: 0 */
    struct str bank_ref;  /* transfer: the bank's number */
    struct str key;       /* of the form or call: 1 to 64 characters; the same takes once */
    bool confirmed;       /* beside an attempt that may still be paid */
};

struct counter_taken {
    struct str order_id, reference; /* the dossier's */
    struct str agency_id, shift_id, bank_ref, taken_by;
    enum counter_method method;
    int64_t attempt_n;
    int64_t amount_vnd, received_vnd, change_vnd;
    int64_t at_ms;
    struct str
        beside;    /* a channel that may still be paid: nothing was taken, ask again confirmed */
    bool repeated; /* this key took it before */
};

/* What it would be, without taking it; asks providers as counter_take does. Network: SLOW pool. */
MUST_USE result counter_preview(const struct till *t, const struct counter_ask *ask,
                                const struct order_cause *by, struct arena *a,
                                struct counter_taken *out, struct err *e);
/* ERR_BUSINESS_RULE, "received_vnd": too little, or a transfer of another amount; ERR_STALE:
 * another amount is due; ERR_WRONG_STATE: it cannot be paid (any more), is not exempt, or the shift
 * takes no money; ERR_FORBIDDEN: another agency's shift; ERR_CONFLICT, "bank_reference": counted
 * before; ERR_KEY_REUSED; ERR_INVALID: "received_vnd", "bank_reference". Commits. Network: SLOW
 * pool. */
MUST_USE result counter_take(const struct till *t, const struct counter_ask *ask,
                             const struct order_cause *by, struct arena *a,
                             struct counter_taken *out, struct err *e);

/* Newest first. */
MUST_USE result counter_takes(const struct till *t, struct str shift_id, size_t most,
                              struct arena *a, struct counter_taken **out, size_t *count,
                              struct err *e);
MUST_USE result counter_takes_of(const struct till *t, const struct order *o, struct arena *a,
                                 struct counter_taken **out, size_t *count, struct err *e);

/* What a desk calls the state of an order: "due", "collected", "exempt", "refunding", "refunded",
 * "closed" (expired, cancelled, superseded). */
const char *counter_status(const struct order *o);
const char *counter_method_name(enum counter_method m); /* "cash" */
bool counter_method_find(struct str name, enum counter_method *out);

#endif
