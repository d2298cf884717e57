/*
 * Background work. Promise: whatever moment a process dies at, another one finds the row when its
 * lease is over and asks the portal for the truth.
 */
#include "payments/poll.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "payments/attempt.h"
#include "payments/order_close.h"
#include "store/sql.h"

/* An order that cannot be closed yet, since its payer may still be at the portal. */
#define EXPIRY_AGAIN_S 900

int64_t poll_delay_s(const struct till *t, int64_t count)
{
    static const int64_t delays_s[] = { 5, 15, 60, 300, 900 };

    if (count == 0)
        return t->query_first_s;
    return count < (int64_t)LEN(delays_s) ? delays_s[count] : 3600;
}

struct claiming {
    enum sql_query query;
    int64_t now_ms, lease_ms;
    struct arena *a;
    bool found;
    struct str id;
};

static result claim(struct sql *db, void *arg, struct err *e)
{
    struct claiming *c = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, c->query, &rows, e, sql_i(c->now_ms), sql_i(c->now_ms + c->lease_ms)));
    TRY(sql_next(rows, &c->found, e));
    if (c->found)
        c->id = sql_text(rows, 0, c->a);
    return OK;
}

static result claim_one(const struct till *t, enum sql_query query, int64_t lease_s,
                        struct arena *a, struct claiming *out, struct err *e)
{
    *out = (struct claiming){
        .query = query, .now_ms = clock_now_ms(t->clock), .lease_ms = lease_s * 1000, .a = a
    };
    return sql_transact(t->store, claim, out, e);
}

result poll_attempt(const struct till *t, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open_clean(LIMIT_ARENA_JOB_BYTES);
    const struct order_cause cause = { .actor = STR("system"), .source = STR("poll") };
    struct claiming c;

    TRY(claim_one(t, SQL_ATTEMPT_CLAIM, t->lease_s, a, &c, e));
    *did = c.found;
    return c.found ? attempt_ask(t, c.id, &cause, e) : OK;
}

result poll_expiry(const struct till *t, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open_clean(LIMIT_ARENA_JOB_BYTES);
    const struct order_cause cause = { .actor = STR("system"), .source = STR("expiry") };
    struct err why = { .code = ERR_NONE };
    struct claiming c;

    TRY(claim_one(t, SQL_ORDER_CLAIM_EXPIRED, EXPIRY_AGAIN_S, a, &c, e));
    *did = c.found;
    if (!c.found || !order_close(t, c.id, ORDER_EV_EXPIRE, &cause, &why).failed)
        return OK;
    if (why.code == ERR_CONFLICT || why.code == ERR_WRONG_STATE)
        return OK; /* may still be paid: the lease brings it back; or it was paid just now */
    if (e != NULL)
        *e = why;
    return (result){ true };
}
