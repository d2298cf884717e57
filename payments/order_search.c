/*
 * Security: whoever asks is an officer (web's guard). Names leave the store sealed and are opened
 * here, for the page to mask; a payer's number is looked for by its keyed digest only.
 */
#include "payments/order_search.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/seal.h"
#include "payments/order_row.h"
#include "store/sql.h"

struct search {
    const struct till *t;
    const struct order_search *q;
    size_t most, count;
    struct arena *a;
    struct order_hit *rows;
    struct order_sums *sums;
};

static struct str index_of(const struct search *s)
{
    return s->q->number.n > 0 ? seal_index(s->a, s->t->seal, STR("idno"), s->q->number) : STR("");
}

static result hit_read(struct search *s, const struct sql_rows *rows, struct order_hit *h,
                       struct err *e)
{
    struct arena *a = s->a;
    struct payer payer;

    *h = (struct order_hit){ .id = sql_text(rows, 0, a),
                             .agency_id = sql_text(rows, 1, a),
                             .reference = sql_text(rows, 3, a),
                             .procedure_vi = sql_text(rows, 4, a),
                             .procedure_en = sql_text(rows, 5, a),
                             .total_vnd = sql_int(rows, 6),
                             .captured_vnd = sql_int(rows, 7),
                             .refunded_vnd = sql_int(rows, 8),
                             .created_ms = sql_int(rows, 9),
                             .channel = sql_text(rows, 11, a),
                             .portal_txn = sql_text(rows, 12, a),
                             .captured_ms = sql_int(rows, 13),
                             .attempt = sql_text(rows, 14, a) };
    if (!order_state_find(sql_text(rows, 2, a), &h->state))
        return fail(e, ERR_STORE, "order %.*s: unreadable row", STR_ARG(h->id));
    TRY(payer_unseal(a, s->t, str_cat(a, STR("order.payer:"), h->id), sql_bytes(rows, 10, a),
                     &payer, e));
    h->payer_name = payer.name;
    return OK;
}

static int64_t after_of(const struct order_search *q)
{
    if (q->has_after)
        return q->after;
    return q->descending || q->number.n > 0 ? INT64_MAX : -1;
}

static result start(struct search *s, struct sql *db, struct sql_rows **rows, struct err *e)
{
    const struct order_search *q = s->q;
    const enum sql_query by = q->by_amount
                                  ? (q->descending ? SQL_SEARCH_AMOUNT_DOWN : SQL_SEARCH_AMOUNT_UP)
                                  : (q->descending ? SQL_SEARCH_TIME_DOWN : SQL_SEARCH_TIME_UP);

    if (q->number.n > 0)
        return sql_find(db, SQL_SEARCH_ONE, rows, e, sql_t(q->state), sql_t(q->agency_id),
                        sql_t(q->channel), sql_i(q->from_ms), sql_i(q->to_ms), sql_i(q->least_vnd),
                        sql_i(q->most_vnd), sql_t(q->number), sql_t(index_of(s)),
                        sql_i(after_of(q)), sql_t(q->after_id), sql_i((int64_t)s->most));
    return sql_find(db, by, rows, e, sql_t(q->state), sql_t(q->agency_id), sql_t(q->channel),
                    sql_i(q->from_ms), sql_i(q->to_ms), sql_i(q->least_vnd), sql_i(q->most_vnd),
                    sql_i(after_of(q)), sql_t(q->after_id), sql_i((int64_t)s->most));
}

static result find(struct sql *db, void *arg, struct err *e)
{
    struct search *s = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    s->count = 0;
    TRY(start(s, db, &rows, e));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || s->count == s->most)
            return OK;
        TRY(hit_read(s, rows, &s->rows[s->count], e));
        s->count++;
    }
}

result order_search(const struct till *t, const struct order_search *q, size_t most,
                    struct arena *a, struct order_hit **out, size_t *count, struct err *e)
{
    struct search s = { .t = t, .q = q, .most = most, .a = a };

    s.rows = arena_array(a, struct order_hit, most + 1);
    TRY(sql_read(t->store, find, &s, e));
    *out = s.rows;
    *count = s.count;
    return OK;
}

static result sum(struct sql *db, void *arg, struct err *e)
{
    const struct search *s = arg;
    const struct order_search *q = s->q;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    if (q->number.n > 0)
        TRY(sql_find(db, SQL_SEARCH_ONE_SUMS, &rows, e, sql_t(q->state), sql_t(q->agency_id),
                     sql_t(q->channel), sql_i(q->from_ms), sql_i(q->to_ms), sql_i(q->least_vnd),
                     sql_i(q->most_vnd), sql_t(q->number), sql_t(index_of(s))));
    else
        TRY(sql_find(db, SQL_SEARCH_SUMS, &rows, e, sql_t(q->state), sql_t(q->agency_id),
                     sql_t(q->channel), sql_i(q->from_ms), sql_i(q->to_ms), sql_i(q->least_vnd),
                     sql_i(q->most_vnd)));
    TRY(sql_one(rows, e));
    *s->sums = (struct order_sums){ sql_int(rows, 0), sql_int(rows, 1), sql_int(rows, 2),
                                    sql_int(rows, 3) };
    return OK;
}

result order_search_sums(const struct till *t, const struct order_search *q, struct arena *a,
                         struct order_sums *out, struct err *e)
{
    struct search s = { .t = t, .q = q, .a = a, .sums = out };

    return sql_read(t->store, sum, &s, e);
}
