#include "payments/receipt_search.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/sql.h"

struct search {
    const struct till *t;
    const struct receipt_search *q;
    size_t most, count;
    struct arena *a;
    struct receipt_hit *rows;
    struct receipt_sums *sums;
};

/* "26TAA-0000001": serial and number as printed. */
static void number_read(struct str what, struct str *serial, int64_t *number)
{
    struct str digits;

    *number = 0;
    *serial = STR("");
    if (str_cut(what, '-', serial, &digits) && !str_to_i64(digits, number))
        *serial = STR("");
}

static void hit_read(struct search *s, const struct sql_rows *rows, struct receipt_hit *h)
{
    struct arena *a = s->a;

    *h = (struct receipt_hit){ .id = sql_text(rows, 0, a),
                               .agency_id = sql_text(rows, 1, a),
                               .form = sql_text(rows, 2, a),
                               .serial = sql_text(rows, 3, a),
                               .number_text = receipt_number_text(a, sql_int(rows, 4)),
                               .code = sql_text(rows, 5, a),
                               .order_id = sql_text(rows, 6, a),
                               .reference = sql_text(rows, 7, a),
                               .state = sql_text(rows, 8, a),
                               .kind = (enum fee_kind)sql_int(rows, 9),
                               .amount_vnd = sql_int(rows, 10),
                               .issued_ms = sql_int(rows, 11),
                               .body_name = sql_text(rows, 12, a),
                               .portal_txn = sql_text(rows, 13, a),
                               .replaces = sql_text(rows, 14, a),
                               .replaced_by = sql_text(rows, 15, a),
                               .delegate_name = sql_text(rows, 16, a),
                               .signed_ms = sql_int(rows, 17) };
}

static result start(const struct search *s, struct sql *db, struct sql_rows **rows, struct err *e)
{
    const struct receipt_search *q = s->q;
    const bool down = q->descending || q->what.n > 0;
    const int64_t after = q->has_after ? q->after_ms : down ? INT64_MAX : -1;
    struct str serial;
    int64_t number;

    number_read(q->what, &serial, &number);
    if (q->what.n > 0)
        return sql_find(db, SQL_RECEIPT_LIST_ONE, rows, e, sql_t(q->state), sql_t(q->agency_id),
                        sql_i(q->kind), sql_i(q->from_ms), sql_i(q->to_ms), sql_i(q->least_vnd),
                        sql_i(q->most_vnd), sql_t(q->what), sql_t(serial), sql_i(number),
                        sql_i(after), sql_t(q->after_id), sql_i((int64_t)s->most));
    return sql_find(db, down ? SQL_RECEIPT_LIST_DOWN : SQL_RECEIPT_LIST_UP, rows, e,
                    sql_t(q->state), sql_t(q->agency_id), sql_i(q->kind), sql_i(q->from_ms),
                    sql_i(q->to_ms), sql_i(q->least_vnd), sql_i(q->most_vnd), sql_i(after),
                    sql_t(q->after_id), sql_i((int64_t)s->most));
}

static result find(struct sql *db, void *arg, struct err *e)
{
    struct search *s = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(start(s, db, &rows, e));
    for (s->count = 0; s->count < s->most; s->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        hit_read(s, rows, &s->rows[s->count]);
    }
    return OK;
}

result receipt_search(const struct till *t, const struct receipt_search *q, size_t most,
                      struct arena *a, struct receipt_hit **out, size_t *count, struct err *e)
{
    struct search s = { .t = t, .q = q, .most = most, .a = a };

    s.rows = arena_array(a, struct receipt_hit, most + 1);
    TRY(sql_read(t->store, find, &s, e));
    *out = s.rows;
    *count = s.count;
    return OK;
}

static result sum(struct sql *db, void *arg, struct err *e)
{
    const struct search *s = arg;
    const struct receipt_search *q = s->q;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct str serial;
    int64_t number;

    number_read(q->what, &serial, &number);
    if (q->what.n > 0)
        TRY(sql_find(db, SQL_RECEIPT_LIST_ONE_SUMS, &rows, e, sql_t(q->state), sql_t(q->agency_id),
                     sql_i(q->kind), sql_i(q->from_ms), sql_i(q->to_ms), sql_i(q->least_vnd),
                     sql_i(q->most_vnd), sql_t(q->what), sql_t(serial), sql_i(number)));
    else
        TRY(sql_find(db, SQL_RECEIPT_LIST_SUMS, &rows, e, sql_t(q->state), sql_t(q->agency_id),
                     sql_i(q->kind), sql_i(q->from_ms), sql_i(q->to_ms), sql_i(q->least_vnd),
                     sql_i(q->most_vnd)));
    TRY(sql_one(rows, e));
    *s->sums = (struct receipt_sums){ sql_int(rows, 0), sql_int(rows, 1) };
    return OK;
}

result receipt_search_sums(const struct till *t, const struct receipt_search *q,
                           struct receipt_sums *out, struct err *e)
{
    struct search s = { .t = t, .q = q, .sums = out };

    return sql_read(t->store, sum, &s, e);
}
