/* What is known of files: lists, what is missing, and the days that a release left to be run. */
#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "finance/intake_row.h"
#include "finance/reconcile.h"

struct looking {
    int64_t n;
    const struct intake_query *q;
    struct arena *a;
    struct settlement_file *list;
    size_t count;
    struct settlement_kept one;
    bool found;
};

static result load(struct sql *db, void *arg, struct err *e)
{
    struct looking *l = arg;

    TRY(settlement_find_number(db, l->n, l->a, &l->found, &l->one, e));
    return l->found ? OK : fail(e, ERR_NOT_FOUND, "no file %lld", (long long)l->n);
}

result intake_load(const struct office *f, int64_t n, struct arena *a, struct settlement_file *out,
                   struct err *e)
{
    struct looking l = { .n = n, .a = a };

    TRY(sql_read(f->till->store, load, &l, e));
    *out = l.one.file;
    return OK;
}

static result list(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct looking *l = arg;
    const struct intake_query *q = l->q;
    const int64_t before_ms = q->before_ms > 0 ? q->before_ms : INT64_MAX;

    l->count = 0;
    if (q->has_state)
        TRY(sql_find(db, SQL_SETTLEMENT_FILE_NEWEST_OF_STATE, &rows, e, sql_i(before_ms),
                     sql_i(q->before_n), sql_i((int64_t)q->most),
                     sql_t(str_c(settlement_state_name(q->state)))));
    else
        TRY(sql_find(db, SQL_SETTLEMENT_FILE_NEWEST, &rows, e, sql_i(before_ms), sql_i(q->before_n),
                     sql_i((int64_t)q->most)));
    for (;;) {
        TRY(settlement_row_next(rows, l->a, &l->found, &l->one, e));
        if (!l->found)
            return OK;
        l->list[l->count++] = l->one.file;
    }
}

result intake_list(const struct office *f, const struct intake_query *q, struct arena *a,
                   struct settlement_file **out, size_t *count, struct err *e)
{
    struct looking l = { .q = q, .a = a, .list = arena_array(a, struct settlement_file, q->most) };

    TRY(sql_read(f->till->store, list, &l, e));
    *out = l.list;
    *count = l.count;
    return OK;
}

struct of_day {
    const struct settlement_key *k;
    size_t most;
    struct arena *a;
    struct settlement_file **list;
    size_t *count;
};

static result find_of_day(struct sql *db, void *arg, struct err *e)
{
    const struct of_day *o = arg;

    return settlement_find_all(db, o->k, o->most, o->a, o->list, o->count, e);
}

result intake_of_day(const struct office *f, const struct settlement_key *k, size_t most,
                     struct arena *a, struct settlement_file **out, size_t *count, struct err *e)
{
    struct of_day o = { k, most, a, out, count };

    return sql_read(f->till->store, find_of_day, &o, e);
}

/* Days of one source that have a file. */
struct days {
    const struct source *s;
    struct date from, to;
    struct arena *a;
    struct date have[INTAKE_MISSING_DAYS + 1];
    size_t count;
};

static result days_find(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct days *d = arg;
    bool more;

    d->count = 0;
    TRY(sql_find(db, SQL_SETTLEMENT_FILE_DAYS, &rows, e, sql_t(d->s->provider),
                 sql_t(d->s->account), sql_t(date_iso(d->a, d->from)),
                 sql_t(date_iso(d->a, d->to))));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || d->count == LEN(d->have))
            return OK;
        if (date_read(sql_text(rows, 0, d->a), &d->have[d->count]))
            d->count++;
    }
}

static bool has(const struct days *d, struct date day)
{
    for (size_t i = 0; i < d->count; i++)
        if (date_cmp(d->have[i], day) == 0)
            return true;
    return false;
}

/* The days of a source that are over, newest first. */
static size_t days_over(const struct source *s, int64_t now_ms, struct date *out)
{
    struct date d = source_day_of(s, now_ms);
    size_t n = 0;

    while (n < INTAKE_MISSING_DAYS) {
        d = source_day_before(s, d);
        if (date_cmp(d, s->from) < 0)
            break;
        out[n++] = d;
    }
    return n;
}

static result source_missing(const struct office *f, const struct source *s, struct arena *a,
                             struct file_missing *out, size_t *count, struct err *e)
{
    const int64_t now_ms = clock_now_ms(f->till->clock);
    struct date over[INTAKE_MISSING_DAYS];
    const size_t n = days_over(s, now_ms, over);
    struct days d = { .s = s, .a = a };

    if (n == 0)
        return OK;
    d.from = over[n - 1];
    d.to = over[0];
    TRY(sql_read(f->till->store, days_find, &d, e));
    for (size_t i = n; i-- > 0;) {
        const int64_t deadline_ms = source_deadline(s, over[i]);
        /* Where this installation began: nobody waits for files of before. */
        const bool is_before = d.count > 0 ? date_cmp(over[i], d.have[0]) < 0 : i > 0;

        if (!is_before && !has(&d, over[i]))
            out[(*count)++] =
                (struct file_missing){ s, over[i], deadline_ms, deadline_ms <= now_ms };
    }
    return OK;
}

result file_missing_list(const struct office *f, struct arena *a, struct file_missing **out,
                         size_t *count, struct err *e)
{
    const struct date today = clock_today(f->till->clock);
    const struct source *s;

    *out = arena_array(a, struct file_missing, f->sources->count * INTAKE_MISSING_DAYS + 1);
    *count = 0;
    for (size_t i = 0; (s = source_each(f->sources, today, i)) != NULL; i++)
        if (s->expected)
            TRY(source_missing(f, s, a, *out, count, e));
    return OK;
}

static result unrun_find(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct looking *l = arg;

    TRY(sql_find_plain(db, SQL_SETTLEMENT_FILE_UNRUN, &rows, e));
    TRY(sql_next(rows, &l->found, e));
    if (!l->found)
        return OK;
    l->n = sql_int(rows, 0);
    sql_end(&rows);
    return load(db, l, e);
}

static result run_done(struct sql *db, void *arg, struct err *e)
{
    const struct looking *l = arg;

    return sql_run(db, SQL_SETTLEMENT_FILE_WANT_RUN, e, sql_i(l->n), sql_i(0));
}

result intake_run_due(const struct office *f, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct looking l = { .a = a };
    const struct settlement_file *file = &l.one.file;
    struct reconcile_day day;
    struct err why = { 0 };

    TRY(sql_read(f->till->store, unrun_find, &l, e));
    *did = l.found;
    if (!l.found)
        return OK;
    if (source_is_run(
            source_by_key(f->sources, file->key.provider, file->key.account, file->day)) &&
        reconcile_key_run(f->till, &file->key, a, &day, &why).failed && why.code != ERR_NOT_FOUND)
        return fail(e, why.code, "%s", why.detail); /* tried again */
    return sql_transact(f->till->store, run_done, &l, e);
}
