/*
 * Rows of shifts and slips.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "payments/shift.h"
#include "store/sql.h"

static const char *const state_names[SHIFT_STATE_COUNT] = { "open", "counted", "recount",
                                                            "closed" };

const char *shift_state_name(enum shift_state s)
{
    return state_names[s];
}

static result row_read(struct sql_rows *rows, struct arena *a, struct shift *out, struct err *e)
{
    const struct str state = sql_text(rows, 4, a);

    *out = (struct shift){ .agency_id = sql_text(rows, 0, a),
                           .id = sql_text(rows, 1, a),
                           .desk = sql_text(rows, 2, a),
                           .officer = sql_text(rows, 3, a),
                           .state = SHIFT_STATE_COUNT,
                           .float_vnd = sql_int(rows, 5),
                           .cash_vnd = sql_int(rows, 6),
                           .transfer_vnd = sql_int(rows, 7),
                           .takes = sql_int(rows, 8),
                           .over_vnd = sql_int(rows, 9),
                           .deposited_vnd = sql_int(rows, 10),
                           .expected_vnd = sql_int(rows, 11),
                           .counted_vnd = sql_int(rows, 12),
                           .counts_json = sql_text(rows, 13, a),
                           .proposal_id = sql_text(rows, 14, a),
                           .opened_ms = sql_int(rows, 15),
                           .counted_ms = sql_int(rows, 16),
                           .closed_ms = sql_int(rows, 17) };
    for (int i = 0; i < SHIFT_STATE_COUNT; i++)
        if (str_is(state, state_names[i]))
            out->state = (enum shift_state)i;
    return out->state != SHIFT_STATE_COUNT
               ? OK
               : fail(e, ERR_STORE, "shift %.*s: unreadable row", STR_ARG(out->id));
}

result shift_take(struct sql *db, struct str id, struct arena *a, struct shift *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SHIFT_TAKE, &rows, e, sql_t(id)));
    TRY(sql_one(rows, e));
    return row_read(rows, a, out, e);
}

struct finding {
    enum sql_query query;
    struct sql_param params[2];
    size_t param_count;
    struct arena *a;
    struct shift *out;
    struct shift_slip *slips;
    size_t count, most;
};

static result one_find(struct sql *db, void *arg, struct err *e)
{
    const struct finding *f = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find_n(db, f->query, f->params, f->param_count, &rows, e));
    TRY(sql_one(rows, e));
    return row_read(rows, f->a, f->out, e);
}

result shift_load(const struct till *t, struct str id, struct arena *a, struct shift *out,
                  struct err *e)
{
    struct finding f = { SQL_SHIFT_BY_ID, { sql_t(id) }, 1, a, out, NULL, 0, 0 };

    return sql_read(t->store, one_find, &f, e);
}

result shift_load_officer(const struct till *t, struct str officer, struct arena *a,
                          struct shift *out, struct err *e)
{
    struct finding f = { SQL_SHIFT_OPEN_OF, { sql_t(officer) }, 1, a, out, NULL, 0, 0 };

    return sql_read(t->store, one_find, &f, e);
}

result shift_load_desk(const struct till *t, struct str agency_id, struct str desk, struct arena *a,
                       struct shift *out, struct err *e)
{
    struct finding f = {
        SQL_SHIFT_OPEN_AT, { sql_t(agency_id), sql_t(desk) }, 2, a, out, NULL, 0, 0
    };

    return sql_read(t->store, one_find, &f, e);
}

static result all_find(struct sql *db, void *arg, struct err *e)
{
    struct finding *f = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find_n(db, f->query, f->params, f->param_count, &rows, e));
    for (f->count = 0; f->count < f->most; f->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (f->out != NULL)
            TRY(row_read(rows, f->a, &f->out[f->count], e));
        else
            f->slips[f->count] = (struct shift_slip){ .slip = sql_text(rows, 0, f->a),
                                                      .amount_vnd = sql_int(rows, 1),
                                                      .brought_by = sql_text(rows, 2, f->a),
                                                      .at_ms = sql_int(rows, 3) };
    }
    return OK;
}

result shift_list(const struct till *t, size_t most, struct arena *a, struct shift **out,
                  size_t *count, struct err *e)
{
    struct finding f = { .query = SQL_SHIFT_PAGE,
                         .params = { sql_i((int64_t)most) },
                         .param_count = 1,
                         .a = a,
                         .out = arena_array(a, struct shift, most + 1),
                         .most = most };

    TRY(sql_read(t->store, all_find, &f, e));
    *out = f.out;
    *count = f.count;
    return OK;
}

result shift_slips(const struct till *t, struct str id, size_t most, struct arena *a,
                   struct shift_slip **out, size_t *count, struct err *e)
{
    struct finding f = { .query = SQL_SHIFT_DEPOSITS,
                         .params = { sql_t(id), sql_i((int64_t)most) },
                         .param_count = 2,
                         .a = a,
                         .slips = arena_array(a, struct shift_slip, most + 1),
                         .most = most };

    TRY(sql_read(t->store, all_find, &f, e));
    *out = f.slips;
    *count = f.count;
    return OK;
}
