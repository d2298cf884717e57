#include "payments/ledger_view.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/sql.h"

struct view {
    const struct ledger_question *q;
    const struct ledger_place *place;
    struct str agency_id, order_id;
    size_t most, count;
    struct arena *a;
    struct ledger_entry *rows;
    struct ledger_line *lines;
    size_t line_count;
    struct ledger_turnover *sums;
};

static struct ledger_entry entry_read(const struct sql_rows *rows, struct arena *a)
{
    return (struct ledger_entry){ .place = { .agency_id = sql_text(rows, 0, a),
                                             .slot = sql_int(rows, 1),
                                             .n = sql_int(rows, 2),
                                             .at_ms = sql_int(rows, 7) },
                                  .kind = sql_text(rows, 3, a),
                                  .source = sql_text(rows, 4, a),
                                  .order_id = sql_text(rows, 5, a),
                                  .day = sql_text(rows, 6, a),
                                  .total_vnd = sql_int(rows, 8),
                                  .hash = sql_text(rows, 9, a),
                                  .prev_hash = sql_text(rows, 10, a),
                                  .corrects = sql_text(rows, 11, a) };
}

static struct ledger_place start_of(const struct ledger_question *q)
{
    if (q->has_after)
        return q->after;
    if (q->ascending)
        return (struct ledger_place){ .at_ms = -1, .agency_id = STR("") };
    return (struct ledger_place){ .at_ms = INT64_MAX, .agency_id = STR("") };
}

static result start(const struct view *v, struct sql *db, struct sql_rows **rows, struct err *e)
{
    const struct ledger_question *q = v->q;
    const struct ledger_place at = start_of(q);
    const int64_t most = (int64_t)v->most;

    if (q->account != 0)
        return sql_find(db, SQL_BOOKS_ACCOUNT_DOWN, rows, e, sql_t(q->agency_id), sql_i(q->from_ms),
                        sql_i(q->to_ms), sql_t(q->kind), sql_i(at.at_ms), sql_t(at.agency_id),
                        sql_i(at.slot), sql_i(at.n), sql_i(most), sql_i(q->account),
                        sql_i(at.line));
    return sql_find(db, q->ascending ? SQL_BOOKS_UP : SQL_BOOKS_DOWN, rows, e, sql_t(q->agency_id),
                    sql_i(q->from_ms), sql_i(q->to_ms), sql_t(q->kind), sql_i(at.at_ms),
                    sql_t(at.agency_id), sql_i(at.slot), sql_i(at.n), sql_i(most));
}

static result list(struct sql *db, void *arg, struct err *e)
{
    struct view *v = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    v->count = 0;
    TRY(start(v, db, &rows, e));
    for (;;) {
        struct ledger_entry *one = &v->rows[v->count];

        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        *one = entry_read(rows, v->a);
        if (v->q->account != 0)
            one->line = (struct ledger_line){ .account = v->q->account,
                                              .side = (enum ledger_side)sql_int(rows, 13),
                                              .amount_vnd = sql_int(rows, 14),
                                              .fee = sql_text(rows, 15, v->a) };
        one->place.line = v->q->account != 0 ? sql_int(rows, 12) : 0;
        if (++v->count == v->most)
            return OK;
    }
}

result ledger_view(const struct till *t, const struct ledger_question *q, size_t most,
                   struct arena *a, struct ledger_entry **out, size_t *count, struct err *e)
{
    struct view v = { .q = q, .most = most, .a = a };

    must(most > 0);
    v.rows = arena_array(a, struct ledger_entry, most + 1);
    TRY(sql_read(t->store, list, &v, e));
    *out = v.rows;
    *count = v.count;
    return OK;
}

static result sum(struct sql *db, void *arg, struct err *e)
{
    const struct view *v = arg;
    const struct ledger_question *q = v->q;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    if (q->account != 0)
        TRY(sql_find(db, SQL_BOOKS_ACCOUNT_SUMS, &rows, e, sql_t(q->agency_id), sql_i(q->from_ms),
                     sql_i(q->to_ms), sql_t(q->kind), sql_i(q->account)));
    else
        TRY(sql_find(db, SQL_BOOKS_SUMS, &rows, e, sql_t(q->agency_id), sql_i(q->from_ms),
                     sql_i(q->to_ms), sql_t(q->kind)));
    TRY(sql_one(rows, e));
    *v->sums = (struct ledger_turnover){ .count = sql_int(rows, 0),
                                         .debit_vnd = sql_int(rows, 1),
                                         .credit_vnd = sql_int(rows, q->account != 0 ? 2 : 1) };
    return OK;
}

result ledger_view_sums(const struct till *t, const struct ledger_question *q,
                        struct ledger_turnover *out, struct err *e)
{
    struct view v = { .q = q, .sums = out };

    return sql_read(t->store, sum, &v, e);
}

static result one(struct sql *db, void *arg, struct err *e)
{
    struct view *v = arg;
    const struct ledger_place *p = v->place;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    DEFER(sql_end) struct sql_rows *lines = NULL;
    bool more;

    v->line_count = 0;
    TRY(sql_find(db, SQL_BOOKS_ONE, &rows, e, sql_t(p->agency_id), sql_i(p->slot), sql_i(p->n)));
    TRY(sql_find(db, SQL_BOOKS_POSTINGS, &lines, e, sql_t(p->agency_id), sql_i(p->slot),
                 sql_i(p->n)));
    TRY(sql_one(rows, e));
    v->rows[0] = entry_read(rows, v->a);
    for (;;) {
        TRY(sql_next(lines, &more, e));
        if (!more || v->line_count == LEDGER_POSTINGS_MAX)
            return OK;
        v->lines[v->line_count++] =
            (struct ledger_line){ .account = (int)sql_int(lines, 1),
                                  .side = (enum ledger_side)sql_int(lines, 2),
                                  .amount_vnd = sql_int(lines, 3),
                                  .fee = sql_text(lines, 4, v->a) };
    }
}

result ledger_view_one(const struct till *t, const struct ledger_place *p, struct arena *a,
                       struct ledger_entry *out, struct ledger_line **lines, size_t *count,
                       struct err *e)
{
    struct view v = { .place = p, .a = a, .rows = out };

    v.lines = arena_array(a, struct ledger_line, LEDGER_POSTINGS_MAX);
    TRY(sql_read(t->store, one, &v, e));
    *lines = v.lines;
    *count = v.line_count;
    return OK;
}

static result of_order(struct sql *db, void *arg, struct err *e)
{
    struct view *v = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    v->count = 0;
    TRY(sql_find(db, SQL_BOOKS_OF_ORDER, &rows, e, sql_t(v->agency_id), sql_t(v->order_id),
                 sql_i((int64_t)v->most)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || v->count == v->most)
            return OK;
        v->rows[v->count++] = entry_read(rows, v->a);
    }
}

result ledger_view_order(const struct till *t, struct str agency_id, struct str order_id,
                         size_t most, struct arena *a, struct ledger_entry **out, size_t *count,
                         struct err *e)
{
    struct view v = { .agency_id = agency_id, .order_id = order_id, .most = most, .a = a };

    v.rows = arena_array(a, struct ledger_entry, most + 1);
    TRY(sql_read(t->store, of_order, &v, e));
    *out = v.rows;
    *count = v.count;
    return OK;
}
