/*
 * pool.h - workers that take jobs from a bounded queue, first come first served.
 *
 * Thread rule: pool_put from any thread; open and close from the owner's.
 */
#ifndef HTTP_POOL_H
#define HTTP_POOL_H

#include "base/base.h"

struct pool;

MUST_USE result pool_open(int workers, int queue_max, void (*run)(void *job), struct pool **out,
                          struct err *e); /* ERR_IO: no more threads */
bool pool_put(struct pool *p, void *job); /* false: the queue is full */
void pool_close(struct pool **p);         /* runs what is queued, then waits for the workers */

#endif
