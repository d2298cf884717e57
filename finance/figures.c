#include "finance/figures.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "finance/reconcile.h"
#include "payments/ledger.h"
#include "recon/match_class.h"
#include "store/sql.h"

struct reading {
    struct arena *a;
    struct figures *f;
};

static result classes_read(struct sql *db, const struct reading *r, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find_plain(db, SQL_FIGURES_CLASSES, &rows, e));
    for (;;) {
        struct str name;

        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        name = sql_text(rows, 0, r->a);
        for (size_t m = 0; m < MATCH_COUNT; m++)
            if (str_is(name, match_name((enum match_class)m)))
                r->f->found[m] = sql_int(rows, 1);
    }
}

static result balances_read(struct sql *db, const struct reading *r, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find_plain(db, SQL_FIGURES_BALANCES, &rows, e));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        for (size_t i = 0; i < FIGURES_ACCOUNTS; i++)
            if (r->f->accounts[i] == (int)sql_int(rows, 0))
                r->f->balances_vnd[i] =
                    r->f->accounts[i] == LEDGER_1110 ? -sql_int(rows, 1) : sql_int(rows, 1);
    }
}

static result waits_read(struct sql *db, const struct reading *r, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find_plain(db, SQL_FIGURES_WAITS, &rows, e));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        must(sql_int(rows, 0) >= 0 && sql_int(rows, 0) < REPORT_STEPS);
        r->f->waits[sql_int(rows, 0)] = sql_int(rows, 1);
    }
}

static result check_read(struct sql *db, const struct reading *r, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find_plain(db, SQL_FIGURES_CHECK_LAST, &rows, e));
    TRY(sql_next(rows, &r->f->was_checked, e));
    if (r->f->was_checked) {
        r->f->checked_ms = sql_int(rows, 0);
        r->f->books_hold = sql_int(rows, 1) == 1;
    }
    return OK;
}

static result behind_read(struct sql *db, const struct reading *r, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find_plain(db, SQL_REPORT_BEHIND, &rows, e));
    TRY(sql_next(rows, &more, e));
    r->f->behind = more ? 1 : 0;
    return OK;
}

static result sums_read(struct sql *db, void *arg, struct err *e)
{
    const struct reading *r = arg;

    TRY(classes_read(db, r, e));
    TRY(balances_read(db, r, e));
    TRY(waits_read(db, r, e));
    TRY(behind_read(db, r, e));
    return check_read(db, r, e);
}

static result days_read(const struct office *o, struct reading *r, struct err *e)
{
    const struct date today = clock_today(o->till->clock);
    struct reconcile_day *days;
    size_t n;

    TRY(reconcile_days(o->till, FIGURES_DAYS, r->a, &days, &n, e));
    for (size_t i = 0; i < n; i++) {
        const int64_t residual_vnd = days[i].residual_vnd;

        r->f->matched += days[i].matched_count;
        r->f->residual_vnd += residual_vnd < 0 ? -residual_vnd : residual_vnd;
        if (date_cmp(days[i].day, today) < 0 &&
            (days[i].verdict == RECONCILE_NO_VERDICT || str_is(days[i].reason, "no_file")))
            r->f->files_missing++;
    }
    return OK;
}

result figures_read(const struct office *f, struct figures *out, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct figures figures = { .accounts = { LEDGER_1110, LEDGER_2140, LEDGER_2150, LEDGER_2160 } };
    struct reading r = { .a = a, .f = &figures };

    TRY(days_read(f, &r, e));
    TRY(sql_read(f->till->store, sums_read, &r, e));
    *out = figures;
    return OK;
}

struct check {
    const struct office *f;
    struct str day, fault;
    int64_t now_ms, found;
    struct ledger_report books;
    bool holds;
};

static result check_find(struct sql *db, void *arg, struct err *e)
{
    struct check *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_FIGURES_CHECK_OF, &rows, e, sql_t(k->day)));
    TRY(sql_one(rows, e));
    k->found = sql_int(rows, 0);
    return OK;
}

static result check_keep(struct sql *db, void *arg, struct err *e)
{
    const struct check *k = arg;

    return sql_run(db, SQL_FIGURES_CHECK_INSERT, e, sql_t(k->day), sql_i(k->now_ms),
                   sql_i(k->holds ? 1 : 0), sql_t(k->fault), sql_i(k->books.journals));
}

static bool is_time(const struct conf *c, struct local_time now)
{
    int64_t h = 0, m = 0;
    struct str hour, minute;

    return str_cut(c->finance.report_at, ':', &hour, &minute) && str_to_i64(hour, &h) &&
           str_to_i64(minute, &m) && now.hour * 60 + now.minute >= h * 60 + m;
}

result figures_check_due(const struct office *f, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(4096);
    const int64_t now_ms = clock_now_ms(f->till->clock);
    const struct local_time now = clock_local(now_ms);
    struct check k = { .f = f, .now_ms = now_ms, .day = date_iso(a, now.date) };
    struct err why = { .code = ERR_NONE };

    *did = false;
    if (!is_time(f->conf, now))
        return OK;
    TRY(sql_read(f->till->store, check_find, &k, e));
    if (k.found > 0)
        return OK;
    k.holds = !ledger_verify(f->till->store, &k.books, &why).failed;
    if (!k.holds && why.code != ERR_BROKEN_CHAIN)
        return fail(e, why.code, "%s", why.detail); /* not proved either way */
    k.fault = str_c(why.detail);
    return sql_transact(f->till->store, check_keep, &k, e);
}
