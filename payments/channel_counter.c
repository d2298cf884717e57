/*
 * The desk as a channel: an officer takes the money (counter.h), so that nothing is sent, asked or
 * offered. The row is there so that what was taken is captured, reversed and refunded like any
 * other.
 */
#include "base/err.h"
#include "payments/attempt.h"
#include "payments/channel.h"

static bool is_enabled(const struct till *t)
{
    (void)t;
    return true;
}

static result prepare(const struct till *t, const struct order *o, struct attempt *at,
                      struct arena *a, struct err *e)
{
    (void)t;
    (void)o;
    (void)at;
    (void)a;
    return fail_field(e, ERR_INVALID, "channel", "taken by an officer only");
}

static result start(const struct till *t, const struct order *o, const struct attempt *at,
                    struct arena *a, struct channel_answer *out, struct err *e)
{
    (void)t;
    (void)o;
    (void)at;
    (void)a;
    (void)out;
    return fail(e, ERR_INTERNAL, "nobody is sent to a desk");
}

const struct channel_calls channel_counter = { .is_enabled = is_enabled,
                                               .prepare = prepare,
                                               .start = start };
