/*
 * Money that arrives at an order, is refunded, taken back, or carried to another. Promise: which
 * event it is follows from the amounts alone; nothing that arrived is lost, and no more leaves than
 * arrived, whatever happens at the same time, since the order's row is taken first.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "payments/attempt_row.h"
#include "payments/ledger.h"
#include "payments/order.h"
#include "payments/order_books.h"
#include "payments/order_row.h"
#include "payments/reversal.h"
#include "store/sql.h"

bool order_is_collected(enum order_state s)
{
    return s == ORDER_PAID || s == ORDER_OVERPAID || s == ORDER_REFUNDED;
}

int64_t order_held_vnd(const struct order *o)
{
    return o->captured_vnd - o->excess_refunded_vnd - o->excess_reserved_vnd -
           (order_is_collected(o->state) ? o->bill.total_vnd : 0);
}

int64_t order_due_vnd(const struct order *o)
{
    if (o->state != ORDER_OPEN && o->state != ORDER_UNDERPAID)
        return 0;
    return o->bill.total_vnd - order_held_vnd(o);
}

int64_t order_available_vnd(const struct order *o)
{
    return o->captured_vnd - o->refunded_vnd - o->reserved_vnd;
}

/* Captured and not given back as excess, reserved or not. */
static int64_t net_vnd(const struct order *o)
{
    return o->captured_vnd - o->excess_refunded_vnd;
}

result order_captured(struct sql *db, const struct till *t, struct order *o,
                      const struct order_cause *cause, struct arena *a, struct err *e)
{
    enum order_event event = ORDER_EV_OVER;

    if (order_is_collected(o->state) || o->state == ORDER_SUPERSEDED || o->state == ORDER_EXEMPT)
        event = ORDER_EV_AGAIN;
    else if (order_held_vnd(o) + cause->amount_vnd < o->bill.total_vnd)
        event = ORDER_EV_SHORT;
    else if (net_vnd(o) + cause->amount_vnd == o->bill.total_vnd)
        event = ORDER_EV_CAPTURED;
    return order_step(db, t, o, event, cause, a, e);
}

static result undisputed(struct sql *db, const struct order *o, struct err *e)
{
    bool open;

    TRY(reversal_is_open(db, o->agency_id, o->id, &open, e));
    return open ? fail(e, ERR_WRONG_STATE, "a capture of it is disputed") : OK;
}

result order_reserve(struct sql *db, const struct till *t, struct order *o,
                     const struct order_cause *cause, int64_t *excess_vnd, struct arena *a,
                     struct err *e)
{
    const int64_t held_vnd = order_held_vnd(o);
    struct order_cause c = *cause;

    if (c.amount_vnd <= 0 || c.amount_vnd > order_available_vnd(o))
        return fail_field(e, ERR_BUSINESS_RULE, "amount_vnd", "%lld of %lld available",
                          (long long)c.amount_vnd, (long long)order_available_vnd(o));
    TRY(undisputed(db, o, e));
    c.excess_vnd = c.amount_vnd < held_vnd ? c.amount_vnd : held_vnd;
    *excess_vnd = c.excess_vnd;
    return order_step(db, t, o, ORDER_EV_RESERVED, &c, a, e);
}

static result open_round(struct sql *db, const struct order *o, struct order_cause *c,
                         struct arena *a, struct order_round *r, struct err *e)
{
    TRY(order_round(db, o, c->refund_id, a, r, e));
    c->amount_vnd = r->vnd;
    c->excess_vnd = r->excess_vnd;
    if (r->released || r->paid)
        return fail(e, ERR_CONFLICT, "refund %.*s is %s", STR_ARG(c->refund_id),
                    r->paid ? "paid" : "released");
    return OK;
}

result order_release(struct sql *db, const struct till *t, struct order *o,
                     const struct order_cause *cause, struct arena *a, struct err *e)
{
    struct order_cause c = *cause;
    struct order_round r;

    TRY(open_round(db, o, &c, a, &r, e));
    TRY(order_step(db, t, o, ORDER_EV_RELEASED, &c, a, e));
    if (o->state != ORDER_UNDERPAID || order_due_vnd(o) > 0)
        return OK;
    c.amount_vnd = c.excess_vnd = 0; /* with what is held again it is enough */
    c.attempt_n = 0;                 /* no capture of its own: that one has its journal */
    return order_captured(db, t, o, &c, a, e);
}

result order_refund_ordered(struct sql *db, const struct till *t, struct order *o,
                            const struct order_cause *cause, struct arena *a, struct err *e)
{
    struct ledger_journal *j = arena_new(a, struct ledger_journal);
    struct ledger_journal *reserve = arena_new(a, struct ledger_journal);
    const int64_t now_ms = clock_now_ms(t->clock);
    struct order_cause c = *cause;
    struct order_round r;

    TRY(open_round(db, o, &c, a, &r, e));
    TRY(ledger_find(db, o->agency_id, order_refund_source(a, "reserve", c.refund_id, 1), a, reserve,
                    e));
    *j = ledger_journal_make(o->agency_id, "J6t",
                             order_refund_source(a, "treasury", c.refund_id, 1));
    j->order_id = o->id;
    j->attempt_n = c.attempt_n;
    j->day = clock_local(now_ms).date;
    ledger_put_ordered(j, reserve);
    if (j->count == 0)
        return fail(e, ERR_WRONG_STATE, "refund %.*s is of held money", STR_ARG(c.refund_id));
    return ledger_post(db, now_ms, j, a, e);
}

result order_refunded(struct sql *db, const struct till *t, struct order *o,
                      const struct order_cause *cause, struct arena *a, struct err *e)
{
    enum order_event event = ORDER_EV_PAID_OUT;
    struct order_cause c = *cause;
    struct order_round r;

    TRY(open_round(db, o, &c, a, &r, e));
    const int64_t rest_vnd = net_vnd(o) - c.excess_vnd;

    if (order_is_collected(o->state) && o->refunded_vnd + c.amount_vnd == o->captured_vnd)
        event = ORDER_EV_ALL_OUT;
    else if (o->state == ORDER_OVERPAID && rest_vnd == o->bill.total_vnd)
        event = ORDER_EV_EXCESS_OUT;
    else if (o->state == ORDER_UNDERPAID && rest_vnd == 0)
        event = ORDER_EV_EXCESS_OUT;
    return order_step(db, t, o, event, &c, a, e);
}

result order_refund_returned(struct sql *db, const struct till *t, struct order *o,
                             const struct order_cause *cause, struct arena *a, struct err *e)
{
    struct order_cause c = *cause;
    struct order_round r;

    TRY(order_round(db, o, c.refund_id, a, &r, e));
    if (!r.paid)
        return fail(e, ERR_CONFLICT, "refund %.*s is not paid", STR_ARG(c.refund_id));
    c.amount_vnd = r.vnd;
    c.excess_vnd = r.excess_vnd;
    const bool grows = c.excess_vnd > 0 && o->state != ORDER_OVERPAID &&
                       o->state != ORDER_UNDERPAID && o->state != ORDER_SUPERSEDED;

    return order_step(db, t, o, grows ? ORDER_EV_EXCESS_BACK : ORDER_EV_BOUNCED, &c, a, e);
}

result order_lose(struct sql *db, const struct till *t, struct order *o,
                  const struct order_cause *cause, struct arena *a, struct err *e)
{
    const int64_t rest_vnd = net_vnd(o) - cause->amount_vnd;
    enum order_event event = ORDER_EV_LOST_SOME;

    if (o->reserved_vnd > 0 || o->refunded_vnd > 0 || rest_vnd < 0)
        return fail(e, ERR_WRONG_STATE, "refunded, or a refund is under way");
    if (rest_vnd == 0)
        event = ORDER_EV_LOST_ALL;
    else if (rest_vnd < o->bill.total_vnd && order_is_collected(o->state))
        event = ORDER_EV_LOST_PART;
    else if (rest_vnd == o->bill.total_vnd)
        event = ORDER_EV_LOST_EXCESS;
    return order_step(db, t, o, event, cause, a, e);
}

static result no_live_attempt(struct sql *db, const struct order *o, struct arena *a, struct err *e)
{
    struct attempt *all;
    size_t count;

    TRY(attempts_find(db, o, a, &all, &count, e));
    for (size_t i = 0; i < count; i++)
        if (attempt_is_live(all[i].state))
            return fail(e, ERR_CONFLICT, "an attempt may still be paid");
    return OK;
}

result order_supersede(struct sql *db, const struct till *t, struct order *o,
                       struct order *successor, const struct order_cause *cause, struct arena *a,
                       struct err *e)
{
    struct order_cause c = *cause;

    if (o->reserved_vnd > 0 || o->refunded_vnd > o->excess_refunded_vnd)
        return fail(e, ERR_WRONG_STATE, "refunded, or a refund is under way");
    if (str_eq(o->id, successor->id) || !str_eq(o->agency_id, successor->agency_id) ||
        !str_eq(o->reference, successor->reference) || successor->captured_vnd != 0)
        return fail(e, ERR_WRONG_STATE, "not a fresh order of the same dossier");
    TRY(undisputed(db, o, e));
    TRY(no_live_attempt(db, o, a, e));
    c.successor = successor->id;
    c.attempt_n = 0;
    c.amount_vnd = net_vnd(o);
    TRY(order_step(db, t, o, ORDER_EV_SUPERSEDE, &c, a, e));
    if (c.amount_vnd == 0)
        return OK;
    c.successor = (struct str){ "", 0 };
    c.account = LEDGER_1190;
    return order_captured(db, t, successor, &c, a, e);
}

result order_replace(struct sql *db, const struct till *t, struct str id, struct str client_id,
                     const struct order *fresh, const struct order_cause *cause, struct arena *a,
                     struct err *e)
{
    struct order seen, old, next;
    struct err why = { .code = ERR_NONE };

    if (order_find(db, t, id, a, &seen, &why).failed && why.code != ERR_NOT_FOUND) {
        *e = why;
        return (result){ true };
    }
    if (why.code == ERR_NOT_FOUND || !str_eq(seen.client_id, client_id) ||
        !str_eq(seen.agency_id, fresh->agency_id) || !str_eq(seen.reference, fresh->reference))
        return fail_field(e, ERR_INVALID, "replaces", "no payment of this dossier");
    TRY(order_take(db, t, seen.agency_id, seen.id, a, &old, e));
    if (net_vnd(&old) > 0)
        return fail_field(e, ERR_BUSINESS_RULE, "replaces", "money is held for it");
    TRY(order_take(db, t, fresh->agency_id, fresh->id, a, &next, e));
    return order_supersede(db, t, &old, &next, cause, a, e);
}
