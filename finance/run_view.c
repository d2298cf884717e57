/* Days as they stand, one and a month of them. */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/intake_row.h"
#include "finance/run_row.h"

#define SQUARES_MAX 2000

struct viewing {
    const struct office *f;
    const struct run_key *k;
    struct arena *a;
    struct run_view *out;
};

static result steps_read(struct sql *db, struct viewing *v, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct run_view *out = v->out;
    bool more;

    out->steps = arena_array(v->a, struct run_step, RUN_STEPS_MAX);
    TRY(sql_find(db, SQL_RUN_STEP_LIST, &rows, e, sql_t(v->k->provider), sql_t(v->k->account),
                 sql_t(date_iso(v->a, v->k->day)), sql_i(RUN_STEPS_MAX)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        out->steps[out->step_count++] = (struct run_step){
            .revision = sql_int(rows, 0),
            .event = sql_text(rows, 1, v->a),
            .to = sql_text(rows, 2, v->a),
            .actor = sql_text(rows, 3, v->a),
            .detail = sql_text(rows, 4, v->a),
            .at_ms = sql_int(rows, 5),
        };
    }
}

static bool is_file_newer(const struct run_view *v)
{
    if (v->run.state != RUN_CLOSED)
        return false;
    for (size_t i = 0; i < v->outcome.file_list_count; i++)
        if (v->outcome.files[i].state == SETTLEMENT_ACCEPTED)
            return !str_eq(v->outcome.files[i].sha256, v->outcome.file_sha256);
    return false;
}

static result view(struct sql *db, void *arg, struct err *e)
{
    struct viewing *v = arg;
    struct run_row *rows;
    size_t count;

    *v->out = (struct run_view){ .run = { .key = *v->k } };
    TRY(run_row_list(db, v->k, v->a, &rows, &count, e));
    TRY(run_guard(db, v->f, v->k, v->a, &v->out->outcome, &v->out->bar, e));
    v->out->revisions = arena_array(v->a, struct run, RUN_REVISIONS_MAX);
    for (size_t i = 1; i < count; i++)
        v->out->revisions[v->out->revision_count++] = rows[i].run;
    if (count > 0)
        v->out->run = rows[0].run;
    v->out->file_is_newer = is_file_newer(v->out);
    return steps_read(db, v, e);
}

result run_load(const struct office *f, const struct run_key *k, struct arena *a,
                struct run_view *out, struct err *e)
{
    struct viewing v = { f, k, a, out };

    return sql_read(f->till->store, view, &v, e);
}

struct squares {
    const struct office *f;
    struct str from, to;
    struct arena *a;
    struct run_square *list;
    size_t count;
};

static result rows_read(struct sql *db, struct squares *s, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_RUN_SQUARES, &rows, e, sql_t(s->from), sql_t(s->to), sql_i(SQUARES_MAX)));
    for (;;) {
        struct run_square q = { 0 };

        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        q.key.provider = sql_text(rows, 0, s->a);
        q.key.account = sql_text(rows, 1, s->a);
        must(date_read(sql_text(rows, 2, s->a), &q.key.day));
        q.revision = sql_int(rows, 3);
        q.state = run_state_read(sql_text(rows, 4, s->a));
        q.verdict = reconcile_verdict_read(sql_text(rows, 5, s->a));
        q.captured_count = sql_int(rows, 6);
        q.matched_count = sql_int(rows, 7);
        q.file_count = sql_int(rows, 8);
        q.open_count = sql_int(rows, 9);
        q.open_vnd = sql_int(rows, 10);
        s->list[s->count++] = q;
    }
}

static result squares_read(struct sql *db, void *arg, struct err *e)
{
    struct squares *s = arg;

    s->count = 0;
    return rows_read(db, s, e);
}

result run_squares(const struct office *f, struct date from, struct date to, struct arena *a,
                   struct run_square **out, size_t *count, struct err *e)
{
    struct squares s = { .f = f, .from = date_iso(a, from), .to = date_iso(a, to), .a = a };

    s.list = arena_array(a, struct run_square, SQUARES_MAX);
    TRY(sql_read(f->till->store, squares_read, &s, e));
    *out = s.list;
    *count = s.count;
    return OK;
}
