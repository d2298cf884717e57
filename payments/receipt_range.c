/*
 * Ranges of numbers. Attacker: a unit that skips numbers or uses another's; promise: ranges come
 * from the same counter as the body's own numbers and do not overlap, each is used from its first
 * number on without gaps, and ledger_verify proves it. Deliberately not done: giving the rest of a
 * range back; it stays unused and is reported so.
 */
#include "payments/receipt_range.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "store/sql.h"

struct range_work {
    const struct till *t;
    const struct receipt_unit *unit;
    struct receipt_range *range;
    struct arena *a;
    struct receipt_range *list;
    struct str agency_id;
    int64_t year, count;
};

static int64_t year_now(const struct till *t)
{
    return clock_today(t->clock).y;
}

static result unit_put(struct sql *db, void *arg, struct err *e)
{
    const struct range_work *w = arg;
    const struct receipt_unit *u = w->unit;

    return sql_run(db, SQL_RECEIPT_UNIT_PUT, e, sql_t(u->agency_id), sql_t(u->unit), sql_t(u->name),
                   sql_t(u->address), sql_t(u->document), sql_i(clock_now_ms(w->t->clock)));
}

static result text_check(struct str s, const char *field, struct err *e)
{
    return s.n > 0 && s.n <= LIMIT_NAME_BYTES
               ? OK
               : fail_field(e, ERR_INVALID, field, "1 to %d bytes of text", LIMIT_NAME_BYTES);
}

result receipt_unit_put(const struct till *t, const struct receipt_unit *u, struct err *e)
{
    struct range_work w = { .t = t, .unit = u };
    struct fee_agency g;

    TRY(fee_agency_find(t->fees, u->agency_id, clock_today(t->clock), &g, e));
    TRY(text_check(u->unit, "unit", e));
    TRY(text_check(u->name, "name", e));
    TRY(text_check(u->address, "address", e));
    TRY(text_check(u->document, "document", e));
    return sql_transact(t->store, unit_put, &w, e);
}

static result split(struct sql *db, void *arg, struct err *e)
{
    const struct range_work *w = arg;
    struct receipt_range *g = w->range;
    DEFER(sql_end) struct sql_rows *unit = NULL;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_RECEIPT_UNIT_FIND, &unit, e, sql_t(g->agency_id), sql_t(g->unit)));
    TRY(sql_one(unit, e));
    TRY(sql_find(db, SQL_RECEIPT_NUMBER, &rows, e, sql_t(g->agency_id), sql_t(g->form),
                 sql_t(g->serial), sql_i(g->year), sql_i(w->count)));
    TRY(sql_one(rows, e));
    g->last = sql_int(rows, 0);
    g->first = g->last - w->count + 1;
    g->left = w->count;
    return sql_run(db, SQL_RECEIPT_RANGE_INSERT, e, sql_t(g->agency_id), sql_t(g->form),
                   sql_t(g->serial), sql_i(g->year), sql_i(g->first), sql_i(g->last),
                   sql_t(g->unit), sql_i(clock_now_ms(w->t->clock)));
}

result receipt_range_split(const struct till *t, struct str agency_id, struct str unit,
                           int64_t count, struct arena *a, struct receipt_range *out, struct err *e)
{
    struct range_work w = { .t = t, .range = out, .a = a, .count = count };

    if (count < 1 || count > RECEIPT_RANGE_MAX)
        return fail_field(e, ERR_INVALID, "count", "1 to %d", RECEIPT_RANGE_MAX);
    *out = (struct receipt_range){
        .agency_id = agency_id, .form = t->receipt_form, .unit = unit, .year = year_now(t)
    };
    out->serial = str_fmt(a, "%02dT%.*s", (int)(out->year % 100), STR_ARG(t->receipt_letters));
    return sql_transact(t->store, split, &w, e);
}

static void range_take(struct sql_rows *rows, struct receipt_range *g, struct arena *a)
{
    *g = (struct receipt_range){ .agency_id = sql_text(rows, 0, a),
                                 .form = sql_text(rows, 1, a),
                                 .serial = sql_text(rows, 2, a),
                                 .year = sql_int(rows, 3),
                                 .first = sql_int(rows, 4),
                                 .last = sql_int(rows, 5),
                                 .unit = sql_text(rows, 6, a),
                                 .used = sql_int(rows, 7) };
    g->left = g->last - g->first + 1 - g->used;
    g->gaps = g->used - sql_int(rows, 8);
}

static void own_take(struct sql_rows *rows, struct receipt_range *g, struct arena *a)
{
    *g = (struct receipt_range){ .agency_id = sql_text(rows, 0, a),
                                 .form = sql_text(rows, 1, a),
                                 .serial = sql_text(rows, 2, a),
                                 .year = sql_int(rows, 3),
                                 .first = 1,
                                 .last = RECEIPT_NUMBER_LAST,
                                 .left = RECEIPT_NUMBER_LAST - sql_int(rows, 4),
                                 .used = sql_int(rows, 5) };
    g->gaps = g->used - sql_int(rows, 6);
}

static result rows_take(struct range_work *w, struct sql_rows *rows,
                        void (*take)(struct sql_rows *, struct receipt_range *, struct arena *),
                        struct err *e)
{
    bool more;

    for (; w->count < RECEIPT_RANGE_LIST_MAX; w->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        take(rows, &w->list[w->count], w->a);
    }
    return OK;
}

static result list_read(struct sql *db, void *arg, struct err *e)
{
    struct range_work *w = arg;
    DEFER(sql_end) struct sql_rows *own = NULL;
    DEFER(sql_end) struct sql_rows *ranges = NULL;

    w->count = 0;
    TRY(sql_find(db, SQL_RECEIPT_RANGE_OWN, &own, e, sql_i(w->year), sql_t(w->agency_id),
                 sql_i(RECEIPT_RANGE_LIST_MAX)));
    TRY(sql_find(db, SQL_RECEIPT_RANGE_LIST, &ranges, e, sql_i(w->year), sql_t(w->agency_id),
                 sql_i(RECEIPT_RANGE_LIST_MAX)));
    TRY(rows_take(w, own, own_take, e));
    return rows_take(w, ranges, range_take, e);
}

result receipt_range_list(const struct till *t, int64_t year, struct str agency_id, struct arena *a,
                          struct receipt_range **out, size_t *count, struct err *e)
{
    struct range_work w = { .t = t, .a = a, .year = year, .agency_id = agency_id };

    w.list = arena_array(a, struct receipt_range, RECEIPT_RANGE_LIST_MAX);
    TRY(sql_read(t->store, list_read, &w, e));
    *out = w.list;
    *count = (size_t)w.count;
    return OK;
}

static result short_read(struct sql *db, void *arg, struct err *e)
{
    struct range_work *w = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_RECEIPT_RANGE_SHORT, &rows, e, sql_i(year_now(w->t))));
    TRY(sql_one(rows, e));
    w->count = sql_int(rows, 0);
    return OK;
}

result receipt_range_short(const struct till *t, int64_t *units, struct err *e)
{
    struct range_work w = { .t = t };

    TRY(sql_read(t->store, short_read, &w, e));
    *units = w.count;
    return OK;
}
