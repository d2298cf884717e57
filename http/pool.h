/*
 * pool.h - the threads that serve: one of them at a time looks for work outside and puts it into a
 * queue, the others do it or rest.
 *
 * Whoever looks does the first job that it finds itself: to wake another thread for a job and to be
 * woken for its answer costs more than most jobs do. It wakes another one only when there is more
 * to do, or when the job may take long, so that there is always somebody to look. A BRIEF job is
 * one that computes for less than a millisecond and says so before it waits (base/waiting.h):
 * another one is then woken to look meanwhile.
 *
 * Two queues, first come first served, each with its own most of jobs under way, so that one kind
 * cannot take the threads of the other; one more thread than both together, so that looking goes
 * on.
 *
 * Thread rule: pool_put from look() or any thread; open and close from the owner's.
 */
#ifndef HTTP_POOL_H
#define HTTP_POOL_H

#include "base/base.h"

struct pool;

enum pool_queue { POOL_FAST, POOL_SLOW };
#define POOL_QUEUES 2

struct pool_plan {
    int workers[POOL_QUEUES]; /* jobs under way at once */
    int queue_max;            /* jobs that wait, per queue */
    void (*run)(void *job);
    void (*look)(void *arg, bool wait); /* puts what there is; `wait`: may wait for it */
    void (*wake)(void *arg);            /* makes look() return soon */
    void *arg;
};

MUST_USE result pool_open(const struct pool_plan *plan, struct pool **out,
                          struct err *e); /* ERR_IO: no more threads */
bool pool_put(struct pool *p, enum pool_queue queue, bool brief, void *job); /* false: it is full */
void pool_nudge(struct pool *p);  /* now and then: wakes somebody to look when nobody does */
void pool_close(struct pool **p); /* runs what is queued, then waits for the threads */

#endif
