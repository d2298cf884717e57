/*
 * Ending an order that was not paid: cancelled by its agency, or past its time. Promise: an attempt
 * that may still be paid is asked about first; as long as the portal cannot tell, nothing is
 * closed.
 */
#include "payments/order_close.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "payments/attempt_row.h"
#include "payments/order.h"
#include "payments/order_row.h"
#include "store/sql.h"

struct closing {
    const struct till *t;
    const struct order *asked;
    enum order_event event;
    const struct order_cause *cause;
    struct arena *a;
};

static result close_apply(struct sql *db, void *arg, struct err *e)
{
    struct closing *c = arg;
    struct attempt *all;
    struct order o;
    size_t count;

    TRY(order_take(db, c->t, c->asked->agency_id, c->asked->id, c->a, &o, e));
    TRY(attempts_find(db, &o, c->a, &all, &count, e));
    for (size_t i = 0; i < count; i++)
        if (attempt_is_live(all[i].state))
            return fail(e, ERR_CONFLICT, "an attempt may still be paid");
    return order_step(db, c->t, &o, c->event, c->cause, c->a, e);
}

result order_close(const struct till *t, struct str id, enum order_event event,
                   const struct order_cause *cause, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open_clean(LIMIT_ARENA_JOB_BYTES);
    struct channel_answer answer;
    struct attempt *all;
    struct order o;
    size_t count;

    TRY(order_load(t, id, (struct str){ "", 0 }, a, &o, e));
    TRY(attempt_list(t, &o, a, &all, &count, e));
    for (size_t i = 0; i < count; i++)
        if (attempt_is_live(all[i].state))
            TRY(attempt_ask_for(t, all[i].reference, true, cause, a, &answer, e));

    struct closing c = { t, &o, event, cause, a };

    return sql_transact(t->store, close_apply, &c, e);
}

result order_cancel(const struct till *t, struct str id, const struct order_cause *cause,
                    struct err *e)
{
    return order_close(t, id, ORDER_EV_CANCEL, cause, e);
}
