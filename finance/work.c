#include "finance/work.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/random.h"
#include "store/sql.h"

struct working {
    struct str id, kind, officer, word;
    const char *state;
    int64_t now_ms, done, total;
    struct arena *a;
    struct work *out;
    bool found;
};

static const char *const names[] = { "waiting", "running", "done", "failed" };
_Static_assert(LEN(names) == WORK_STATE_COUNT, "a name for each state");

const char *work_state_name(enum work_state s)
{
    must(s < WORK_STATE_COUNT);
    return names[s];
}

static enum work_state state_read(struct str name)
{
    for (int i = 0; i < WORK_STATE_COUNT; i++)
        if (str_is(name, names[i]))
            return (enum work_state)i;
    return WORK_FAILED;
}

static struct work work_read(const struct sql_rows *rows, struct arena *a)
{
    return (struct work){ .id = sql_text(rows, 0, a),
                          .kind = sql_text(rows, 1, a),
                          .officer = sql_text(rows, 2, a),
                          .state = state_read(sql_text(rows, 3, a)),
                          .done = sql_int(rows, 4),
                          .total = sql_int(rows, 5),
                          .word = sql_text(rows, 6, a),
                          .made_ms = sql_int(rows, 7),
                          .ended_ms = sql_int(rows, 8) };
}

static result start(struct sql *db, void *arg, struct err *e)
{
    struct working *w = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_run(db, SQL_WORK_PURGE, e, sql_i(w->now_ms - WORK_KEPT_MS)));
    TRY(sql_find(db, SQL_WORK_OPEN, &rows, e, sql_t(w->kind)));
    TRY(sql_next(rows, &more, e));
    if (more) {
        w->id = sql_text(rows, 0, w->a);
        return OK;
    }
    return sql_run(db, SQL_WORK_INSERT, e, sql_t(w->id), sql_t(w->kind), sql_t(w->officer),
                   sql_i(w->now_ms));
}

result work_start(const struct office *f, struct str kind, struct str officer, struct arena *a,
                  struct str *id, struct err *e)
{
    const int64_t now_ms = clock_now_ms(f->till->clock);
    struct working w = { .id = str_cat(a, STR("wrk_"), random_token(a, 128)),
                         .kind = kind,
                         .officer = officer,
                         .now_ms = now_ms,
                         .a = a };

    TRY(sql_transact(f->till->store, start, &w, e));
    *id = w.id;
    return OK;
}

static result load(struct sql *db, void *arg, struct err *e)
{
    struct working *w = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    if (w->id.n > 0)
        TRY(sql_find(db, SQL_WORK_LOAD, &rows, e, sql_t(w->id)));
    else
        TRY(sql_find(db, SQL_WORK_LAST, &rows, e, sql_t(w->kind)));
    TRY(sql_next(rows, &w->found, e));
    if (w->found)
        *w->out = work_read(rows, w->a);
    return OK;
}

result work_load(const struct office *f, struct str id, struct arena *a, struct work *out,
                 struct err *e)
{
    struct working w = { .id = id, .a = a, .out = out };

    if (id.n > 0)
        TRY(sql_read(f->till->store, load, &w, e));
    return w.found ? OK : fail(e, ERR_NOT_FOUND, "no such work");
}

result work_last(const struct office *f, struct str kind, struct arena *a, bool *found,
                 struct work *out, struct err *e)
{
    struct working w = { .kind = kind, .a = a, .out = out };

    TRY(sql_read(f->till->store, load, &w, e));
    *found = w.found;
    return OK;
}

static result claim(struct sql *db, void *arg, struct err *e)
{
    struct working *w = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_WORK_CLAIM, &rows, e, sql_i(w->now_ms), sql_i(w->now_ms + WORK_LEASE_MS)));
    TRY(sql_next(rows, &w->found, e));
    if (w->found)
        *w->out = work_read(rows, w->a);
    return OK;
}

result work_claim(const struct office *f, struct arena *a, bool *found, struct work *out,
                  struct err *e)
{
    struct working w = { .now_ms = clock_now_ms(f->till->clock), .a = a, .out = out };

    TRY(sql_transact(f->till->store, claim, &w, e));
    *found = w.found;
    return OK;
}

static result tell(struct sql *db, void *arg, struct err *e)
{
    const struct working *w = arg;

    return sql_run(db, SQL_WORK_TELL, e, sql_t(w->id), sql_i(w->done), sql_i(w->total),
                   sql_i(w->now_ms + WORK_LEASE_MS));
}

result work_tell(const struct office *f, struct str id, int64_t done, int64_t total, struct err *e)
{
    struct working w = {
        .id = id, .done = done, .total = total, .now_ms = clock_now_ms(f->till->clock)
    };

    return sql_transact(f->till->store, tell, &w, e);
}

static result end(struct sql *db, void *arg, struct err *e)
{
    const struct working *w = arg;

    return sql_run(db, SQL_WORK_END, e, sql_t(w->id), sql_t(str_c(w->state)), sql_t(w->word),
                   sql_i(w->now_ms));
}

result work_end(const struct office *f, struct str id, bool failed, struct str word, struct err *e)
{
    struct working w = { .id = id,
                         .word = word,
                         .state = failed ? "failed" : "done",
                         .now_ms = clock_now_ms(f->till->clock) };

    return sql_transact(f->till->store, end, &w, e);
}
