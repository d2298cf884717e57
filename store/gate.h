/*
 * gate.h - a fixed number of seats, taken in the order of asking.
 *
 * Behind the pools of this room: a seat's number names the connection. Who waits longest is next,
 * so that under load nobody starves; who waits too long gives up with ERR_BUSY.
 * Thread rule: any thread.
 */
#ifndef STORE_GATE_H
#define STORE_GATE_H

#include "base/base.h"

struct gate;

struct gate *gate_open(struct arena *a, int seats); /* lives in the arena */
void gate_close(struct gate **g);                   /* nobody may be inside or waiting */
MUST_USE result gate_enter(struct gate *g, int64_t wait_ms, int *seat, struct err *e);
void gate_leave(struct gate *g, int seat);

#endif
