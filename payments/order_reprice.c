/*
 * Pricing an open order anew. Attacker: a citizen who would pay less than the law says, by signing
 * in at a high level once, on somebody else's bill, or twice at once; promise: the level is that of
 * the session, the preference is the bill's own citizen's, the year's grant is taken anew in the
 * same transaction, and nobody pays more than the page told them.
 */
#include "payments/order_reprice.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "payments/attempt_row.h"
#include "payments/fee_case.h"
#include "payments/fee_quota.h"
#include "payments/order_row.h"
#include "store/sql.h"

struct pricing {
    const struct till *t;
    struct order *o;
    struct order_repricing rp;
    const struct order_cause *cause;
    struct order_price price;
    struct order_request rq; /* the order's case, for the new level */
    struct arena *a;
};

static bool same(const struct bill *x, const struct bill *y)
{
    return str_eq(digest_str(&x->hash), digest_str(&y->hash));
}

static result price_for(struct sql *db, struct pricing *p, struct bill *out, struct err *e)
{
    const struct str citizen = fee_quota_citizen(p->t, p->rq.subject, p->a);
    struct fee_case c = fee_case_of(&p->rq);
    struct str *used;

    TRY(fee_quota_used_beside(db, citizen, p->rq.received_on.y, p->o->id, p->a, &used,
                              &c.used_count, e));
    c.used = used;
    return bill_make(p->t->fees, &c, p->rq.items, p->rq.item_count, p->a, out, e);
}

/* False: it may not be priced anew, whatever the level. */
static result is_movable(struct sql *db, struct pricing *p, bool *movable, struct err *e)
{
    struct attempt *attempts;
    size_t n;

    *movable = p->o->state == ORDER_OPEN && clock_now_ms(p->t->clock) < p->o->expires_ms;
    if (!*movable)
        return OK;
    TRY(attempts_find(db, p->o, p->a, &attempts, &n, e));
    *movable = n == 0;
    return OK;
}

static result compare(struct sql *db, struct pricing *p, struct err *e)
{
    struct bill before;
    struct err why = { .code = ERR_NONE };

    p->price = (struct order_price){ .differs = false };
    if (p->rp.level == p->o->level)
        return OK;
    if (fee_case_load(db, p->o, &p->rq, p->a, &why).failed) {
        if (why.code == ERR_NOT_FOUND)
            return OK;
        return fail(e, why.code, "the case of an order");
    }
    TRY(price_for(db, p, &before, e));
    if (!same(&before, &p->o->bill))
        return OK;
    p->rq.level = p->rp.level;
    p->rq.subject = p->rp.account;
    TRY(price_for(db, p, &p->price.bill, e));
    p->price.total_vnd = p->price.bill.total_vnd;
    p->price.differs = !same(&p->price.bill, &p->o->bill);
    return OK;
}

static result ask(struct sql *db, void *arg, struct err *e)
{
    struct pricing *p = arg;
    bool movable;

    TRY(is_movable(db, p, &movable, e));
    return movable ? compare(db, p, e) : OK;
}

result order_reprice_ask(const struct till *t, const struct order *o, struct str account, int level,
                         struct arena *a, struct order_price *out, struct err *e)
{
    struct order copy = *o;
    struct pricing p = { .t = t, .o = &copy, .rp = { .account = account, .level = level }, .a = a };

    TRY(sql_read(t->store, ask, &p, e));
    *out = p.price;
    return OK;
}

/* The order as it would be, with what it takes of the year reserved. */
static result bill_take(struct sql *db, struct pricing *p, struct order *next, struct err *e)
{
    struct fee_case c = fee_case_of(&p->rq);

    *next = *p->o;
    TRY(fee_quota_drop(db, p->o, e));
    return fee_quota_price(db, p->t, &c, &p->rq, next, p->a, e);
}

static result bill_write(struct sql *db, struct pricing *p, const struct order *next, struct err *e)
{
    int64_t changed;

    TRY(sql_run(db, SQL_ORDER_LINES_DROP, e, sql_t(next->agency_id), sql_t(next->id)));
    TRY(order_write_lines(db, next, p->a, e));
    TRY(sql_run_count(db, SQL_ORDER_SET_BILL, &changed, e, sql_t(next->agency_id), sql_t(next->id),
                      sql_i(next->bill.total_vnd), sql_t(digest_hex(p->a, next->bill.hash)),
                      sql_i(p->rp.level)));
    return changed == 1 ? OK
                        : fail(e, ERR_RETRY, "order %.*s changed meanwhile", STR_ARG(next->id));
}

static result reprice(struct sql *db, void *arg, struct err *e)
{
    struct pricing *p = arg;
    struct order_cause cause = *p->cause;
    struct order next;
    bool movable;

    TRY(order_take(db, p->t, p->o->agency_id, p->o->id, p->a, p->o, e));
    TRY(is_movable(db, p, &movable, e));
    if (!movable)
        return fail(e, ERR_WRONG_STATE, "order is not open, or somebody began to pay it");
    TRY(compare(db, p, e));
    if (!p->price.differs)
        return OK;
    TRY(bill_take(db, p, &next, e));
    if (next.bill.total_vnd > p->rp.told_vnd)
        return fail_field(e, ERR_STALE, "total_vnd", "dearer than was told");
    TRY(bill_write(db, p, &next, e));
    p->o->level = p->rp.level;
    cause.bill = &next.bill;
    return order_step(db, p->t, p->o,
                      next.bill.total_vnd > 0 ? ORDER_EV_REASSESSED : ORDER_EV_WAIVED, &cause, p->a,
                      e);
}

result order_reprice(const struct till *t, struct order *o, const struct order_repricing *rp,
                     const struct order_cause *cause, struct arena *a, struct err *e)
{
    struct order taken = *o;
    struct pricing p = { .t = t, .o = &taken, .rp = *rp, .cause = cause, .a = a };

    if (rp->account.n == 0 || !order_may_see_payer(o, rp->account, rp->id_index))
        return fail(e, ERR_FORBIDDEN, "the preference is the citizen's whose order it is");
    TRY(sql_transact(t->store, reprice, &p, e));
    *o = taken;
    return OK;
}
