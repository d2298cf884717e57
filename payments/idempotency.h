/*
 * idempotency.h - the Idempotency-Key of a POST: the same key and body get the stored answer again,
 * another body is refused.
 *
 * The row is written in the transaction of the effect: a crash leaves neither. Two requests at once
 * meet at the row, and the second sees the first's answer.
 */
#ifndef PAYMENTS_IDEMPOTENCY_H
#define PAYMENTS_IDEMPOTENCY_H

#include "base/base.h"
#include "payments/till.h"

struct sql;
struct json;

struct idempotency_call {
    struct str agency_id; /* whose data the effect is */
    struct str client_id, path;
    struct str key;          /* 1 to 255 printable ASCII characters; ERR_INVALID otherwise */
    const struct json *body; /* compared by its canonical print */
};

struct idempotency_reply {
    int status; /* 201, or what was stored */
    struct str body;
    bool replayed; /* answer 200 with header Idempotent-Replay: true */
};

/* Does the work and fills in status and body (in the arena); runs again when the transaction is
 * retried. A business refusal that shall be stored returns OK with its status and body, and must
 * not have written anything. */
typedef result idempotency_work(struct sql *db, void *arg, struct arena *a,
                                struct idempotency_reply *out, struct err *e);

/* ERR_CONFLICT, field "Idempotency-Key": the key was used with another body. */
MUST_USE result idempotency_run(const struct till *t, const struct idempotency_call *call,
                                idempotency_work *work, void *arg, struct arena *a,
                                struct idempotency_reply *out, struct err *e);
/* Forgets keys older than seven days. */
MUST_USE result idempotency_sweep(const struct till *t, int64_t *dropped, struct err *e);

#endif
