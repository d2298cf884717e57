/*
 * Rows of attempts.
 */
#include "payments/attempt_row.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "payments/order_row.h"
#include "store/sql.h"

#define DAY_ROWS_MAX 10000

static result row_read(struct sql_rows *rows, struct arena *a, struct attempt *out, struct err *e)
{
    *out = (struct attempt){ .agency_id = sql_text(rows, 0, a),
                             .order_id = sql_text(rows, 1, a),
                             .n = sql_int(rows, 2),
                             .reference = sql_text(rows, 3, a),
                             .amount_vnd = sql_int(rows, 5),
                             .init_time = sql_text(rows, 6, a),
                             .info = sql_text(rows, 7, a),
                             .payer_ip = sql_text(rows, 8, a),
                             .pay_url = sql_text(rows, 9, a),
                             .portal_txn = sql_text(rows, 10, a),
                             .bank = sql_text(rows, 11, a),
                             .portal_time = sql_text(rows, 12, a),
                             .failure = sql_text(rows, 13, a),
                             .created_ms = sql_int(rows, 14),
                             .updated_ms = sql_int(rows, 15),
                             .captured_ms = sql_int(rows, 16),
                             .query_next_ms = sql_int(rows, 17),
                             .query_count = sql_int(rows, 18),
                             .not_found_ms = sql_int(rows, 19),
                             .channel = sql_text(rows, 20, a),
                             .captured_vnd = sql_int(rows, 21),
                             .account = sql_text(rows, 22, a),
                             .reversed_ms = sql_int(rows, 23),
                             .settled_day = sql_text(rows, 24, a),
                             .remitted_day = sql_text(rows, 25, a) };
    if (!attempt_state_find(sql_text(rows, 4, a), &out->state))
        return fail(e, ERR_STORE, "attempt %.*s: unreadable row", STR_ARG(out->reference));
    return OK;
}

result attempt_find(struct sql *db, struct str reference, struct arena *a, struct attempt *out,
                    struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_ATTEMPT_BY_REFERENCE, &rows, e, sql_t(reference)));
    TRY(sql_one(rows, e));
    return row_read(rows, a, out, e);
}

static result list_read(struct sql_rows *rows, size_t most, struct arena *a, struct attempt *out,
                        size_t *count, struct err *e)
{
    bool more;

    for (*count = 0;; (*count)++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (*count == most)
            return fail(e, ERR_STORE, "more than %zu attempts", most);
        TRY(row_read(rows, a, &out[*count], e));
    }
}

result attempts_find(struct sql *db, const struct order *o, struct arena *a, struct attempt **out,
                     size_t *count, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    *out = arena_array(a, struct attempt, ATTEMPTS_MAX);
    TRY(sql_find(db, SQL_ATTEMPT_BY_ORDER, &rows, e, sql_t(o->agency_id), sql_t(o->id)));
    return list_read(rows, ATTEMPTS_MAX, a, *out, count, e);
}

result attempt_insert(struct sql *db, const struct attempt *at, struct err *e)
{
    if (at->n > ATTEMPTS_MAX)
        return fail(e, ERR_TOO_MANY, "order %.*s: too many attempts", STR_ARG(at->order_id));
    return sql_run(db, SQL_ATTEMPT_INSERT, e, sql_t(at->agency_id), sql_t(at->order_id),
                   sql_i(at->n), sql_t(at->reference), sql_t(str_c(attempt_state_name(at->state))),
                   sql_i(at->amount_vnd), sql_t(at->init_time), sql_t(at->info),
                   sql_t(at->payer_ip), sql_i(at->created_ms), sql_i(at->query_next_ms),
                   sql_t(at->channel), sql_t(at->account));
}

/* The local day that the portal names; ours when it names none. */
static struct str portal_day(const struct attempt *at, struct arena *a)
{
    int64_t ms = at->captured_ms;

    if (at->captured_ms == 0)
        return (struct str){ "", 0 };
    (void)clock_read_stamp14(at->portal_time, &ms);
    return date_iso(a, clock_local(ms).date);
}

static result row_write(struct sql *db, const struct attempt *at, enum attempt_state from,
                        struct arena *a, struct err *e)
{
    return sql_run_one(
        db, SQL_ATTEMPT_UPDATE, ERR_RETRY, e, sql_t(at->agency_id), sql_t(at->order_id),
        sql_i(at->n), sql_t(str_c(attempt_state_name(at->state))), sql_t(at->pay_url),
        sql_t(at->portal_txn), sql_t(at->bank), sql_t(at->portal_time), sql_t(portal_day(at, a)),
        sql_t(at->failure), sql_i(at->updated_ms), sql_i(at->captured_ms), sql_i(at->query_next_ms),
        sql_i(at->query_count), sql_i(at->not_found_ms), sql_i(at->captured_vnd),
        sql_i(at->reversed_ms), sql_t(str_c(attempt_state_name(from))));
}

result attempt_save(struct sql *db, struct attempt *at, enum attempt_state from, struct arena *a,
                    struct err *e)
{
    if (!at->waits)
        return row_write(db, at, from, a, e);
    if (!at->unwritten)
        at->written = from;
    at->unwritten = true;
    return OK;
}

result attempt_write(struct sql *db, struct attempt *at, struct arena *a, struct err *e)
{
    if (!at->unwritten)
        return OK;
    at->unwritten = false;
    return row_write(db, at, at->written, a, e);
}

result attempt_take(struct sql *db, const struct till *t, struct str reference, struct arena *a,
                    struct order *o, struct attempt *at, struct err *e)
{
    DEFER(sql_end) struct sql_rows *order = NULL;
    DEFER(sql_end) struct sql_rows *lines = NULL;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_ORDER_LOCK_ATTEMPT, &order, e, sql_t(reference)));
    TRY(sql_find(db, SQL_ORDER_LINES_ATTEMPT, &lines, e, sql_t(reference)));
    TRY(sql_find(db, SQL_ATTEMPT_BY_REFERENCE, &rows, e, sql_t(reference)));
    TRY(order_read_taken(order, lines, t, a, o, e));
    TRY(sql_one(rows, e));
    return row_read(rows, a, at, e);
}

struct attempt_reading {
    struct str reference;
    const struct order *o;
    struct str day, after;
    size_t most;
    struct arena *a;
    struct attempt *out;
    size_t count;
};

static result one_read(struct sql *db, void *arg, struct err *e)
{
    struct attempt_reading *r = arg;

    return attempt_find(db, r->reference, r->a, r->out, e);
}

result attempt_load(const struct till *t, struct str reference, struct arena *a,
                    struct attempt *out, struct err *e)
{
    struct attempt_reading r = { .reference = reference, .a = a, .out = out };

    return sql_read(t->store, one_read, &r, e);
}

static result order_read(struct sql *db, void *arg, struct err *e)
{
    struct attempt_reading *r = arg;

    return attempts_find(db, r->o, r->a, &r->out, &r->count, e);
}

result attempt_list(const struct till *t, const struct order *o, struct arena *a,
                    struct attempt **out, size_t *count, struct err *e)
{
    struct attempt_reading r = { .o = o, .a = a };

    TRY(sql_read(t->store, order_read, &r, e));
    *out = r.out;
    *count = r.count;
    return OK;
}

static result day_read(struct sql *db, void *arg, struct err *e)
{
    struct attempt_reading *r = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_ATTEMPT_BY_DAY, &rows, e, sql_t(r->day), sql_t(r->after),
                 sql_i((int64_t)r->most)));
    return list_read(rows, r->most, r->a, r->out, &r->count, e);
}

result attempt_list_day(const struct till *t, struct date day, struct str after, size_t most,
                        struct arena *a, struct attempt **out, size_t *count, struct err *e)
{
    struct attempt_reading r = { .day = date_iso(a, day),
                                 .after = after,
                                 .most = most < DAY_ROWS_MAX ? most : DAY_ROWS_MAX,
                                 .a = a };

    r.out = arena_array(a, struct attempt, r.most + 1);
    TRY(sql_read(t->store, day_read, &r, e));
    *out = r.out;
    *count = r.count;
    return OK;
}
