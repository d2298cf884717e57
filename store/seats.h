/*
 * seats.h - a fixed number of seats, taken in the order of asking.
 *
 * Behind the pools of this room: a seat's number names the connection. Who waits longest is next,
 * so that under load nobody starves; who waits too long gives up with ERR_BUSY.
 * Thread rule: any thread.
 */
#ifndef STORE_SEATS_H
#define STORE_SEATS_H

#include <time.h>

#include "base/base.h"

struct seats;

struct seats *seats_open(struct arena *a, int count); /* lives in the arena */
void seats_close(struct seats **s);                   /* nobody may be waiting */
MUST_USE result seats_take(struct seats *s, int64_t wait_ms, int *seat, struct err *e);
void seats_leave(struct seats *s, int seat);
int seats_waiting(struct seats *s);

/* By the monotonic clock, for pthread_cond_clockwait. */
struct timespec seats_deadline(int64_t wait_ms);

#endif
