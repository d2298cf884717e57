/*
 * errand.h - messages that the simulated gateway and bank send by themselves, again and again until
 * they are taken: with pauses of 1 s, 2 s, .. 60 s, ERRAND_TRIES_MAX times.
 *
 * What an errand is about is read anew each time that it runs; only its switches travel with it. A
 * restart forgets the errands: whose facts they tell puts them again. Thread rule: any thread.
 */
#ifndef SANDBOX_ERRAND_H
#define SANDBOX_ERRAND_H

#include "base/base.h"
#include "sandbox/fault.h"

#define ERRAND_TRIES_MAX 12

struct sandbox;
struct errands;
struct errand;

/* True: it is over. Runs without any lock of errand.c. */
typedef bool errand_run(struct sandbox *sb, struct errand *one);

struct errand {
    errand_run *run;
    struct str about; /* lives as long as the process */
    int kind;         /* of the runner's own */
    int64_t wait_ms;  /* before the first time */
    bool held;        /* goes out after the next one that is not held, or after wait_ms */
    int tries;        /* that have failed */
    struct fault_set set;
    int64_t due_ms; /* monotonic; filled in */
};

MUST_USE result errands_open(struct sandbox *sb, struct errands **out, struct err *e);
void errands_close(struct errands **es); /* waits for what is under way */
void errand_put(struct errands *es, const struct errand *one);

#endif
