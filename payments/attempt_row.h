/*
 * attempt_row.h - rows of attempts and acting on the portal's answers, for the files of this room.
 */
#ifndef PAYMENTS_ATTEMPT_ROW_H
#define PAYMENTS_ATTEMPT_ROW_H

#include "payments/attempt.h"
#include "payments/channel.h"

#define ATTEMPTS_MAX 100 /* of one order: each needs the one before to be dead */

MUST_USE result attempt_find(struct sql *db, struct str reference, struct arena *a,
                             struct attempt *out, struct err *e);
/* All of an order, oldest first. */
MUST_USE result attempts_find(struct sql *db, const struct order *o, struct arena *a,
                              struct attempt **out, size_t *count, struct err *e);
MUST_USE result attempt_insert(struct sql *db, const struct attempt *at, struct err *e);
/* Writes what attempt_step or a new question time changed; `from` is the state it was read with. */
MUST_USE result attempt_save(struct sql *db, struct attempt *at, enum attempt_state from,
                             struct arena *a, struct err *e);
/* Of an attempt that waits: its row, when anything has changed. */
MUST_USE result attempt_write(struct sql *db, struct attempt *at, struct arena *a, struct err *e);

/* The attempt and its order, both fresh and locked. */
MUST_USE result attempt_take(struct sql *db, const struct till *t, struct str reference,
                             struct arena *a, struct order *o, struct attempt *at, struct err *e);

/* Messages about an attempt that stand in its history: those without a mismatch first, then by
 * time.
 */
#define ATTEMPT_HEARD_MAX 100 /* more are not looked through at a capture */
struct attempt_heard {
    struct str hashes[ATTEMPT_HEARD_MAX], mismatches[ATTEMPT_HEARD_MAX],
        evidences[ATTEMPT_HEARD_MAX];
    size_t count;
};
/* Into at->heard, to which attempt_step adds. */
MUST_USE result attempt_heard_read(struct sql *db, struct attempt *at, struct arena *a,
                                   struct err *e);

/* One question to the provider and what follows from the answer. overdue: the order's time is over.
 */
MUST_USE result attempt_ask_for(const struct till *t, struct str reference, bool overdue,
                                const struct order_cause *cause, struct arena *a,
                                struct channel_answer *answer, struct err *e);

/* The same about an attempt that was read before, in one transaction with what made us ask: run()
 * is given the fresh, locked rows before the answer is applied to them. */
struct attempt_prelude {
    result (*run)(struct sql *db, void *arg, struct order *o, struct attempt *at, struct err *e);
    void *arg;
};
MUST_USE result attempt_ask_known(const struct till *t, const struct attempt *at,
                                  const struct attempt_prelude *first,
                                  const struct order_cause *cause, struct arena *a, struct err *e);

#endif
