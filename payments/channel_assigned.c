/*
 * Money that came without a payment of ours, as a channel: found in a file and given to an order
 * by two persons (assign.h), so that nothing is sent, asked or offered. The row is there so that
 * it is captured, reversed and refunded like any other.
 */
#include "base/err.h"
#include "payments/attempt.h"
#include "payments/channel.h"

static bool is_enabled(const struct till *t)
{
    (void)t;
    return false; /* to payers */
}

static result prepare(const struct till *t, const struct order *o, struct attempt *at,
                      struct arena *a, struct err *e)
{
    (void)t;
    (void)o;
    (void)at;
    (void)a;
    return fail_field(e, ERR_INVALID, "channel", "assigned by officers only");
}

static result start(const struct till *t, const struct order *o, const struct attempt *at,
                    struct arena *a, struct channel_answer *out, struct err *e)
{
    (void)t;
    (void)o;
    (void)at;
    (void)a;
    (void)out;
    return fail(e, ERR_INTERNAL, "nobody is sent to a file");
}

const struct channel_calls channel_assigned = { .is_enabled = is_enabled,
                                                .prepare = prepare,
                                                .start = start };
