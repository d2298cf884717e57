/* Rows of settlement files. */
#include "finance/intake_row.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

static const char *const state_names[] = { "received", "accepted", "superseded", "quarantined" };

const char *settlement_state_name(enum settlement_state s)
{
    return state_names[s];
}

static enum settlement_state state_read(struct str name)
{
    enum settlement_state s = SETTLEMENT_RECEIVED;

    while (s < SETTLEMENT_QUARANTINED && !str_is(name, settlement_state_name(s)))
        s++;
    return s;
}

/* The columns that all statements on files share. */
static void row_read(const struct sql_rows *rows, struct arena *a, struct settlement_kept *out)
{
    struct settlement_kept k = {
        .file = { .sha256 = sql_text(rows, 0, a),
                  .name = sql_text(rows, 1, a),
                  .form = (enum settlement_form)sql_int(rows, 2),
                  .state = state_read(sql_text(rows, 3, a)),
                  .revision = sql_int(rows, 5),
                  .bytes = sql_int(rows, 6),
                  .lines = sql_int(rows, 7),
                  .gross_vnd = sql_int(rows, 8),
                  .faults = sql_text(rows, 9, a),
                  .crlf = sql_int(rows, 10) != 0,
                  .actor = sql_text(rows, 11, a),
                  .received_ms = sql_int(rows, 12) },
        .file_n = sql_int(rows, 13),
        .has_chain = sql_int(rows, 14) != 0,
        .seq = sql_int(rows, 15),
        .opening_vnd = sql_int(rows, 16),
        .closing_vnd = sql_int(rows, 17),
        .content = sql_text(rows, 18, a),
        .previous = sql_text(rows, 19, a),
        .moved_vnd = sql_int(rows, 20),
    };

    (void)date_read(sql_text(rows, 4, a), &k.file.day);
    *out = k;
}

static result row_next(struct sql_rows *rows, struct arena *a, bool *found,
                       struct settlement_kept *out, struct err *e)
{
    TRY(sql_next(rows, found, e));
    if (*found)
        row_read(rows, a, out);
    return OK;
}

result settlement_find(struct sql *db, const struct till *t, struct date day, struct str sha256,
                       struct arena *a, bool *found, struct settlement_kept *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SETTLEMENT_FILE_LOAD, &rows, e, sql_t(STR(SETTLEMENT_PROVIDER)),
                 sql_t(t->account), sql_t(date_iso(a, day)), sql_t(sha256)));
    return row_next(rows, a, found, out, e);
}

result settlement_find_accepted(struct sql *db, const struct till *t, struct date day,
                                struct arena *a, bool *found, struct settlement_kept *out,
                                struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SETTLEMENT_FILE_ACCEPTED, &rows, e, sql_t(STR(SETTLEMENT_PROVIDER)),
                 sql_t(t->account), sql_t(date_iso(a, day))));
    return row_next(rows, a, found, out, e);
}

result settlement_find_seq(struct sql *db, const struct till *t, int64_t seq, struct arena *a,
                           bool *found, struct settlement_kept *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SETTLEMENT_FILE_BY_SEQ, &rows, e, sql_t(STR(SETTLEMENT_PROVIDER)),
                 sql_t(t->account), sql_i(seq)));
    return row_next(rows, a, found, out, e);
}

result settlement_find_all(struct sql *db, const struct till *t, struct date day, size_t most,
                           struct arena *a, struct settlement_file **out, size_t *count,
                           struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct settlement_kept k;
    bool found;

    *out = arena_array(a, struct settlement_file, most);
    *count = 0;
    TRY(sql_find(db, SQL_SETTLEMENT_FILE_LIST, &rows, e, sql_t(STR(SETTLEMENT_PROVIDER)),
                 sql_t(t->account), sql_t(date_iso(a, day)), sql_i((int64_t)most)));
    for (;;) {
        TRY(row_next(rows, a, &found, &k, e));
        if (!found)
            return OK;
        (*out)[(*count)++] = k.file;
    }
}

result settlement_number(struct sql *db, const char *kind, int64_t *n, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SETTLEMENT_NUMBER_TAKE, &rows, e, sql_t(str_c(kind))));
    TRY(sql_one(rows, e));
    *n = sql_int(rows, 0);
    return OK;
}

bool settlement_is_early(const struct settlement_file *f)
{
    return f->received_ms < clock_day_start_ms(date_add_days(f->day, 1));
}

static result has_any_before(struct sql *db, const struct till *t, int64_t seq, bool *any,
                             struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SETTLEMENT_FILE_BEFORE, &rows, e, sql_t(STR(SETTLEMENT_PROVIDER)),
                 sql_t(t->account), sql_i(seq)));
    TRY(sql_one(rows, e));
    *any = sql_int(rows, 0) > 0;
    return OK;
}

result settlement_has_gap(struct sql *db, const struct till *t, const struct settlement_kept *k,
                          struct arena *a, bool *gap, struct err *e)
{
    struct settlement_kept before;
    bool any, found;

    *gap = false;
    if (!k->has_chain)
        return OK;
    TRY(has_any_before(db, t, k->seq, &any, e));
    if (!any)
        return OK; /* where this installation began */
    TRY(settlement_find_seq(db, t, k->seq - 1, a, &found, &before, e));
    *gap = !found || settlement_is_early(&before.file);
    return OK;
}
