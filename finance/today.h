/*
 * today.h - what the first page of officers says of a span of time: money that was collected by all
 * channels, paid back, and what providers charged.
 *
 * By the instants at which we learned of it: captures as attempts have them (less what was reversed
 * of them), refunds at their success, charges (6110) when they were posted. The day that a
 * provider's file counts a payment to may be another; that is reconciliation's business.
 */
#ifndef FINANCE_TODAY_H
#define FINANCE_TODAY_H

#include "base/base.h"
#include "finance/office.h"

struct today_sum {
    int64_t count, vnd;
};
struct today {
    struct today_sum collected, refunded, fees;
    int64_t net_vnd; /* collected - refunded - fees */
};

/* from <= t < to; all in one snapshot. */
MUST_USE result today_read(const struct office *f, int64_t from_ms, int64_t to_ms,
                           struct today *out, struct err *e);

#endif
