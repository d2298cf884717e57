/*
 * idempotency.h - the Idempotency-Key of a POST: the same key and body get the stored answer again,
 * another body is refused.
 *
 * The scope of a key is (client, path). Its row is written in the transaction of the effect: a
 * crash leaves neither, and two requests at once meet at the row, where the second waits for the
 * first's answer. Work that asks others (the portal) has no one transaction: its key is committed
 * as in flight first, and whoever comes meanwhile is told so; a crash frees it when its lease is
 * over.
 *
 * What is stored is the effect's answer or a business refusal (status 422). Anything else that
 * fails (syntax, who may, a store that does not answer) leaves the key free.
 */
#ifndef PAYMENTS_IDEMPOTENCY_H
#define PAYMENTS_IDEMPOTENCY_H

#include "base/base.h"
#include "payments/till.h"

struct sql;
struct json;

/* How the caller tells a refusal; the text is stored, and told again. */
typedef struct str idempotency_tell(void *arg, const struct err *why, struct arena *a);

struct idempotency_call {
    struct str agency_id; /* whose data the effect is */
    struct str client_id, path;
    struct str key;          /* 1 to 255 printable ASCII characters; ERR_INVALID otherwise */
    const struct json *body; /* compared by its canonical print */
    idempotency_tell *tell;  /* NULL: refusals are not stored */
    void *tell_arg;
};

struct idempotency_reply {
    int status; /* as the first time; 422: a refusal, told by `tell` */
    struct str body;
    bool replayed; /* answer with header Idempotent-Replay: true */
};

/* Does the work and fills in status and body (in the arena); runs again when the transaction is
 * retried. A failure undoes what it wrote. */
typedef result idempotency_work(struct sql *db, void *arg, struct arena *a,
                                struct idempotency_reply *out, struct err *e);
/* The same for work with transactions of its own, which must bear being repeated after a crash. */
typedef result idempotency_slow_work(void *arg, struct arena *a, struct idempotency_reply *out,
                                     struct err *e);

/* ERR_KEY_REUSED: the key was used with another body, also when that was refused. */
MUST_USE result idempotency_run(const struct till *t, const struct idempotency_call *call,
                                idempotency_work *work, void *arg, struct arena *a,
                                struct idempotency_reply *out, struct err *e);
/* ERR_IN_FLIGHT: the same call is being worked on. */
MUST_USE result idempotency_run_slow(const struct till *t, const struct idempotency_call *call,
                                     idempotency_slow_work *work, void *arg, struct arena *a,
                                     struct idempotency_reply *out, struct err *e);
/* Forgets keys older than seven days. */
MUST_USE result idempotency_sweep(const struct till *t, int64_t *dropped, struct err *e);

#endif
