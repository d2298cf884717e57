/* Security: a client is told of its own orders only, whatever it filters by: its id is part of
 * every question. */
#include "payments/order_list.h"

#include "base/arena.h"
#include "base/err.h"
#include "store/sql.h"

struct listing {
    const struct order_filter *f;
    size_t most, count;
    struct arena *a;
    struct order_brief *rows;
};

static struct order_brief brief_read(const struct sql_rows *rows, struct arena *a)
{
    return (struct order_brief){ .id = sql_text(rows, 0, a),
                                 .agency_id = sql_text(rows, 1, a),
                                 .state = sql_text(rows, 2, a),
                                 .reference = sql_text(rows, 3, a),
                                 .procedure = sql_text(rows, 4, a),
                                 .total_vnd = sql_int(rows, 5),
                                 .captured_vnd = sql_int(rows, 6),
                                 .refunded_vnd = sql_int(rows, 7),
                                 .created_ms = sql_int(rows, 8),
                                 .updated_ms = sql_int(rows, 9),
                                 .expires_ms = sql_int(rows, 10) };
}

static result find(struct sql *db, void *arg, struct err *e)
{
    struct listing *l = arg;
    const struct order_filter *f = l->f;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    l->count = 0;
    TRY(sql_find(db, SQL_PAYMENT_PAGE, &rows, e, sql_t(f->client_id), sql_i(f->before_ms),
                 sql_t(f->before_id), sql_t(f->state), sql_t(f->reference), sql_t(f->agency_id),
                 sql_i(f->created_from_ms), sql_i(f->created_to_ms), sql_i(f->least_vnd),
                 sql_i(f->most_vnd), sql_i(f->by_capture), sql_i(f->captured_from_ms),
                 sql_i(f->captured_to_ms), sql_i((int64_t)l->most)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || l->count == l->most)
            return OK;
        l->rows[l->count++] = brief_read(rows, l->a);
    }
}

result order_list(const struct till *t, const struct order_filter *f, size_t most, struct arena *a,
                  struct order_brief **out, size_t *count, struct err *e)
{
    struct listing l = { .f = f, .most = most, .a = a };

    must(f->client_id.n > 0 && most <= ORDER_LIST_MAX + 1);
    l.rows = arena_array(a, struct order_brief, most + 1);
    TRY(sql_read(t->store, find, &l, e));
    *out = l.rows;
    *count = l.count;
    return OK;
}
