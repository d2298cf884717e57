/* Orders, attempts, refunds and their books as arithmetic. */
#include "tests/payments/model.h"

int64_t model_held(const struct model_order *o)
{
    return o->captured_vnd - o->excess_refunded_vnd - o->excess_reserved_vnd -
           (o->applied ? o->total_vnd : 0);
}

int64_t model_available(const struct model_order *o)
{
    return o->captured_vnd - o->refunded_vnd - o->reserved_vnd;
}

static int64_t net(const struct model_order *o)
{
    return o->captured_vnd - o->excess_refunded_vnd;
}

enum order_state model_state(const struct model_order *o)
{
    if (o->superseded)
        return ORDER_SUPERSEDED;
    if (o->exempt)
        return ORDER_EXEMPT;
    if (o->applied && o->refunded_vnd == o->captured_vnd)
        return ORDER_REFUNDED;
    if (o->applied)
        return net(o) > o->total_vnd ? ORDER_OVERPAID : ORDER_PAID;
    if (o->assessed)
        return net(o) > 0 ? ORDER_UNDERPAID : ORDER_OPEN;
    return o->ended;
}

void model_assess(struct model_order *o, int64_t total_vnd, int64_t reduction_vnd)
{
    o->total_vnd = total_vnd;
    o->reduction_vnd = reduction_vnd;
    o->assessed = true;
    o->exempt = total_vnd == 0;
}

void model_withdraw(struct model_order *o, enum order_state ended)
{
    o->assessed = false;
    o->ended = ended;
}

/* A bill is paid as soon as there is enough for it that nobody has asked back. */
static void apply(struct model_order *o)
{
    if (o->assessed && !o->applied && !o->superseded && model_held(o) >= o->total_vnd)
        o->applied = true;
}

static void arrive(struct model_order *o, int64_t vnd)
{
    if (!o->superseded)
        o->assessed = true; /* late money brings the bill back */
    if (o->exempt)          /* carried to a bill of nothing: all of it is too much */
        o->applied = true;
    o->exempt = false;
    o->captured_vnd += vnd;
    apply(o);
}

void model_capture(struct model_order *o, struct model_attempt *at, int64_t vnd)
{
    at->captured_vnd = vnd;
    arrive(o, vnd);
}

void model_reserve(struct model_order *o, struct model_refund *r)
{
    const int64_t held = model_held(o);

    r->excess_vnd = r->vnd < held ? r->vnd : held;
    r->reserved = true;
    o->reserved_vnd += r->vnd;
    o->excess_reserved_vnd += r->excess_vnd;
}

void model_release(struct model_order *o, struct model_refund *r)
{
    r->reserved = false;
    o->reserved_vnd -= r->vnd;
    o->excess_reserved_vnd -= r->excess_vnd;
    apply(o);
}

void model_pay(struct model_order *o, struct model_refund *r)
{
    r->reserved = false;
    r->paid = true;
    o->reserved_vnd -= r->vnd;
    o->excess_reserved_vnd -= r->excess_vnd;
    o->refunded_vnd += r->vnd;
    o->excess_refunded_vnd += r->excess_vnd;
}

void model_return(struct model_order *o, struct model_refund *r)
{
    r->reserved = true;
    r->paid = false;
    o->reserved_vnd += r->vnd;
    o->excess_reserved_vnd += r->excess_vnd;
    o->refunded_vnd -= r->vnd;
    o->excess_refunded_vnd -= r->excess_vnd;
    if (!o->superseded)
        o->assessed = true;
}

void model_lose(struct model_order *o, struct model_attempt *at)
{
    o->captured_vnd -= at->captured_vnd;
    at->disputed = false;
    if (o->applied && o->captured_vnd < o->total_vnd)
        o->applied = false;
}

void model_supersede(struct model_order *o, struct model_order *successor)
{
    const int64_t carried = net(o);

    o->superseded = true;
    o->assessed = o->applied = o->exempt = false;
    o->captured_vnd -= carried;
    o->carried_vnd -= carried;
    if (carried == 0)
        return;
    successor->carried_vnd += carried;
    arrive(successor, carried);
}

static int64_t *account_of(struct model_books *b, int account)
{
    return account == 1140 ? &b->a1140 : account == 1120 ? &b->a1120 : &b->a1110;
}

struct model_books model_books_of(const struct model_order *o)
{
    struct model_books b = { .a1190 = o->carried_vnd, .a2140 = o->reserved_vnd };

    for (int i = 0; i < o->attempt_count; i++) {
        const struct model_attempt *at = &o->attempts[i];

        if (at->state != ATTEMPT_CAPTURED)
            continue;
        *account_of(&b, at->account) += at->disputed ? 0 : at->captured_vnd;
        b.a1180 += at->disputed ? at->captured_vnd : 0;
    }
    for (int i = 0; i < o->refund_count; i++)
        if (o->refunds[i].paid)
            *account_of(&b, o->refunds[i].account) -= o->refunds[i].vnd;
    if (o->assessed && !o->applied)
        b.a1130 = b.a2100 = o->total_vnd;
    if (o->assessed)
        b.a9100 = b.a9101 = o->reduction_vnd;
    if (o->applied)
        b.bill = o->total_vnd - (o->refunded_vnd - o->excess_refunded_vnd) -
                 (o->reserved_vnd - o->excess_reserved_vnd);
    b.a2150 = model_held(o);
    return b;
}

const char *model_broken(const struct model_order *o)
{
    const struct model_books b = model_books_of(o);
    const int64_t debits = b.a1110 + b.a1120 + b.a1130 + b.a1140 + b.a1180 + b.a9100 + b.a1190;
    const int64_t credits = b.a2100 + b.bill + b.a2140 + b.a2150 + b.a9101;

    if (o->captured_vnd < 0 || o->refunded_vnd < 0 || o->reserved_vnd < 0)
        return "a sum is less than nothing";
    if (o->refunded_vnd + o->reserved_vnd > o->captured_vnd)
        return "more leaves than arrived";
    if (b.bill < 0 || b.a2150 < 0)
        return "an account is overdrawn";
    return debits == credits ? NULL : "debits are not credits";
}
