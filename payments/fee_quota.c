/*
 * Once a year. Attacker: a citizen who asks for many bills at once to have the grant of one year
 * on each; promise: one order at a time holds it, whichever process makes it. Deliberately not
 * done: giving it back when a paid bill is refunded; that is for the officer who refunds.
 */
#include "payments/fee_quota.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "crypto/seal.h"
#include "store/sql.h"

#define ASSETS_MAX 64 /* kinds of asset: a table names a handful */

struct str fee_quota_citizen(const struct till *t, struct str subject, struct arena *a)
{
    return subject.n > 0 ? seal_index(a, t->seal, STR("fee.quota"), subject) : STR("");
}

result fee_quota_used(struct sql *db, struct str citizen, int year, struct arena *a,
                      struct str **used, size_t *count, struct err *e)
{
    return fee_quota_used_beside(db, citizen, year, STR(""), a, used, count, e);
}

result fee_quota_drop(struct sql *db, const struct order *o, struct err *e)
{
    return sql_run(db, SQL_FEE_QUOTA_DROP, e, sql_t(o->agency_id), sql_t(o->id));
}

result fee_quota_used_beside(struct sql *db, struct str citizen, int year, struct str order_id,
                             struct arena *a, struct str **used, size_t *count, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    *used = arena_array(a, struct str, ASSETS_MAX + LIMIT_ORDER_LINES);
    *count = 0;
    if (citizen.n == 0)
        return OK;
    TRY(sql_find(db, SQL_FEE_QUOTA_USED, &rows, e, sql_t(citizen), sql_i(year), sql_t(order_id)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (*count == ASSETS_MAX)
            return fail(e, ERR_STORE, "too many kinds of asset");
        (*used)[(*count)++] = sql_text(rows, 0, a);
    }
}

struct reserving {
    const struct till *t;
    const struct order *o;
    struct str citizen;
    int year;
};

/* *held: this order has it now, or had it before. */
static result reserve(struct sql *db, const struct reserving *r, struct str asset, bool *held,
                      struct arena *a, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    int64_t changed;
    bool more;

    TRY(sql_run_count(db, SQL_FEE_QUOTA_RESERVE, &changed, e, sql_t(r->o->agency_id),
                      sql_t(r->o->id), sql_t(asset), sql_t(r->citizen), sql_i(r->year),
                      sql_i(clock_now_ms(r->t->clock))));
    *held = changed == 1;
    if (*held)
        return OK;
    TRY(sql_find(db, SQL_FEE_QUOTA_HOLDER, &rows, e, sql_t(r->citizen), sql_t(asset),
                 sql_i(r->year)));
    TRY(sql_next(rows, &more, e));
    *held = more && str_eq(sql_text(rows, 0, a), r->o->id);
    return OK;
}

/* *lost: a kind of asset that another order has taken meanwhile; empty: none. */
static result bill_reserve(struct sql *db, const struct reserving *r, struct str *lost,
                           struct arena *a, struct err *e)
{
    *lost = STR("");
    for (size_t i = 0; i < r->o->bill.count; i++) {
        const struct str asset = r->o->bill.lines[i].quota;
        bool held;

        if (asset.n == 0)
            continue;
        TRY(reserve(db, r, asset, &held, a, e));
        if (!held) {
            *lost = asset;
            return OK;
        }
    }
    return OK;
}

result fee_quota_price(struct sql *db, const struct till *t, struct fee_case *c,
                       const struct order_request *rq, struct order *o, struct arena *a,
                       struct err *e)
{
    const struct reserving r = { t, o, fee_quota_citizen(t, rq->subject, a), rq->received_on.y };
    struct str *used, lost;

    c->citizen_known = r.citizen.n > 0;
    TRY(fee_quota_used(db, r.citizen, r.year, a, &used, &c->used_count, e));
    c->used = used;
    for (int i = 0; i <= LIMIT_ORDER_LINES; i++) {
        TRY(bill_make(t->fees, c, rq->items, rq->item_count, a, &o->bill, e));
        TRY(bill_reserve(db, &r, &lost, a, e));
        if (lost.n == 0)
            return OK;
        used[c->used_count++] = lost;
        must(c->used_count < ASSETS_MAX + LIMIT_ORDER_LINES);
    }
    return fail(e, ERR_INTERNAL, "an order takes more grants than it has lines");
}

result fee_quota_follow(struct sql *db, const struct till *t, const struct order *o,
                        enum order_state to, struct err *e)
{
    const struct str state = str_c(order_state_name(to));
    const struct sql_param params[] = { sql_t(o->agency_id), sql_t(o->id),
                                        sql_i(clock_now_ms(t->clock)) };

    if (str_is(state, "paid") || str_is(state, "overpaid") || str_is(state, "exempt"))
        return sql_run_n(db, SQL_FEE_QUOTA_CONSUME, params, LEN(params), NULL, e);
    if (str_is(state, "cancelled") || str_is(state, "expired") || str_is(state, "superseded"))
        return sql_run_n(db, SQL_FEE_QUOTA_RELEASE, params, LEN(params), NULL, e);
    return OK;
}
