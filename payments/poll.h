/*
 * poll.h - background work of this room, claimed by row, so that any process may do it and any may
 * die: attempts in doubt are asked about, orders whose time is over are closed after asking.
 *
 * Each call does one piece of work: *did tells whether there was any. Jobs call them in turn while
 * something is done, then sleep. They fail only when the store does; what the portal does is no
 * failure.
 */
#ifndef PAYMENTS_POLL_H
#define PAYMENTS_POLL_H

#include "base/base.h"
#include "payments/till.h"

/* QUERY for the attempt that waits longest. After: 5 s, 15 s, 60 s, 5 min, 15 min, then hourly to
 * the horizon (3 days), where it is kept as STUCK for a human. */
MUST_USE result poll_attempt(const struct till *t, bool *did, struct err *e);
/* An open order past its time: attempts that may be paid are asked about first. */
MUST_USE result poll_expiry(const struct till *t, bool *did, struct err *e);
/* Seconds until question number `count` (from 0) after the one before. */
int64_t poll_delay_s(const struct till *t, int64_t count);

#endif
