#include "finance/today.h"

#include "base/err.h"
#include "store/sql.h"

struct span {
    int64_t from_ms, to_ms;
    struct today *out;
};

static result sum_take(struct sql_rows *rows, struct today_sum *out, struct err *e)
{
    TRY(sql_one(rows, e));
    *out = (struct today_sum){ .count = sql_int(rows, 0), .vnd = sql_int(rows, 1) };
    return OK;
}

static result sums_read(struct sql *db, void *arg, struct err *e)
{
    const struct span *s = arg;
    DEFER(sql_end) struct sql_rows *captured = NULL;
    DEFER(sql_end) struct sql_rows *refunded = NULL;
    DEFER(sql_end) struct sql_rows *fees = NULL;

    TRY(sql_find(db, SQL_TODAY_CAPTURED, &captured, e, sql_i(s->from_ms), sql_i(s->to_ms)));
    TRY(sql_find(db, SQL_TODAY_REFUNDED, &refunded, e, sql_i(s->from_ms), sql_i(s->to_ms)));
    TRY(sql_find(db, SQL_TODAY_FEES, &fees, e, sql_i(s->from_ms), sql_i(s->to_ms)));
    TRY(sum_take(captured, &s->out->collected, e));
    TRY(sum_take(refunded, &s->out->refunded, e));
    return sum_take(fees, &s->out->fees, e);
}

result today_read(const struct office *f, int64_t from_ms, int64_t to_ms, struct today *out,
                  struct err *e)
{
    struct span s = { .from_ms = from_ms, .to_ms = to_ms, .out = out };

    TRY(sql_read(f->till->store, sums_read, &s, e));
    out->net_vnd = out->collected.vnd - out->refunded.vnd - out->fees.vnd;
    return OK;
}
