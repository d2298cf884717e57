/*
 * walk.h - a random walk through payments/: the world that it walks in, and its steps.
 *
 *     struct walk *w = walk_open(seed);
 *     walk_step(w) ... one operation, with faults, then every touched order against the model
 *     walk_settle(w)   the network is well again, and everything in doubt is found out
 *     walk_prove(w)    all orders, the whole books, chains and receipts
 *
 * What a step may change is told by a mask; what changed without leave, or not as model.h says,
 * ends the test with the log of the operations.
 */
#ifndef TESTS_PAYMENTS_WALK_H
#define TESTS_PAYMENTS_WALK_H

#include "tests/payments/counter.h"
#include "tests/payments/model.h"

#define WALK_ORDERS 20000
#define WALK_LOG    200

enum walk_may { /* what a step may bring to an order */
                MAY_CREATE = 1,
                MAY_CAPTURE = 2,
                MAY_WITHDRAW = 4,
                MAY_REFUND = 8,
                MAY_DISPUTE = 16,
                MAY_SUPERSEDE = 32
};

#define WALK_DESKS 3 /* one for each agency */

struct walk_desk {
    char shift[40]; /* empty: none is open */
    char proposal[40];
    int64_t cash_vnd, brought_vnd;
};

/* How the process fares during a step. */
enum walk_fault {
    FAULT_NONE,
    FAULT_AGAIN,  /* a transaction is undone and run again, as after a deadlock */
    FAULT_BEFORE, /* the process dies before a commit */
    FAULT_AFTER,  /* or after it, before anybody hears of it */
    FAULT_INSIDE  /* a statement fails */
};

struct walk_order {
    char id[40], agency[16], dossier[48];
    struct model_order m;
    int64_t synced; /* the step after which it was last compared */
    char refs[MODEL_ATTEMPTS][64];
    char refunds[MODEL_REFUNDS][40];
    char channel[MODEL_ATTEMPTS][12];
    char dispute[MODEL_ATTEMPTS][40]; /* the open proposal */
};

struct walk {
    struct counter *c;
    uint64_t seed, rng;
    struct arena *a; /* of the step */
    struct walk_order *orders;
    int count;
    int64_t step, transfers;
    int64_t polled; /* the last step that may have changed any order */
    enum walk_fault fault;
    int fault_tx, fault_statement; /* which transaction of the step, which statement of it */
    bool hit;                      /* the fault happened, so that nobody knows what else did */
    char log[WALK_LOG][160];
    bool wide; /* also VNPAY and the desks; walks without them keep their dice */
    struct walk_desk desks[WALK_DESKS];
    int desk_account;              /* where the desk's attempt of this step was posted */
    int64_t brought_vnd, over_vnd; /* by all desks, all shifts: J2d, and J7 of counts */
};

/* The process that the walk's store sees; test_model.c makes sql_transact fail as it says. */
extern struct walk *walk_now;

struct walk *walk_open(uint64_t seed, bool wide);
void walk_step(struct walk *w);
void walk_settle(struct walk *w);
void walk_prove(struct walk *w);
struct str walk_export(struct walk *w, struct arena *a);

uint64_t walk_random(struct walk *w);
int64_t walk_below(struct walk *w, int64_t n); /* 0 .. n - 1 */
_Noreturn void walk_fail(struct walk *w, const char *fmt, ...) PRINTF(2, 3);
/* Reads an order, tells the model what happened to it, and compares. */
void walk_sync(struct walk *w, struct walk_order *x, unsigned may);
struct order walk_load(struct walk *w, const struct walk_order *x);

#endif
