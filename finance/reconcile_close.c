/* The end of a run: the equation, the verdict, the manifest, and what became of each exception. */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "finance/reconcile_row.h"
#include "finance/run.h"

#define PAGE_ROWS 1000

struct closing {
    struct reconcile_run *r;
    struct reconcile_day day;
    int64_t counts[MATCH_COUNT], differences_vnd[MATCH_COUNT];
    int64_t found_lines; /* staged rows that are about a line */
    struct str found_digest;
};

static result sum_read(struct sql *db, enum sql_query q, int64_t n, int64_t *vnd, int64_t *count,
                       struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, q, &rows, e, sql_i(n)));
    TRY(sql_one(rows, e));
    *vnd = sql_int(rows, 0);
    *count = sql_int(rows, 1);
    return OK;
}

static result found_read(struct sql *db, struct closing *c, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    enum match_class class;
    bool more;

    TRY(sql_find(db, SQL_RECONCILE_FOUND_SUMS, &rows, e, sql_i(c->r->run_n)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (!match_find(sql_text(rows, 0, c->r->page), &class))
            return fail(e, ERR_INTERNAL, "a class that match.def does not have");
        c->counts[class] = sql_int(rows, 1);
        c->differences_vnd[class] = sql_int(rows, 2);
        c->found_lines += sql_int(rows, 3);
        TRY(money_add(c->day.difference_vnd, sql_int(rows, 2), &c->day.difference_vnd, e));
        c->day.open_count += class == MATCH_OK_W ? 0 : sql_int(rows, 1);
    }
}

static result found_page(struct sql *db, struct closing *c, struct digest_run *run,
                         struct str *after, bool *more, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    int64_t count = 0;
    bool row;

    TRY(sql_find(db, SQL_RECONCILE_FOUND_PAGE, &rows, e, sql_i(c->r->run_n), sql_t(*after),
                 sql_i(PAGE_ROWS)));
    for (;; count++) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            break;
        *after = sql_text(rows, 0, c->r->page);
        digest_add(run,
                   str_fmt(c->r->page, "%.*s|%.*s|%lld\n", STR_ARG(*after),
                           STR_ARG(sql_text(rows, 1, c->r->page)), (long long)sql_int(rows, 2)));
    }
    *more = count == PAGE_ROWS;
    return OK;
}

/* One digest for all exceptions, so that the manifest stays small and still fixes each. */
static result found_digest(struct sql *db, struct closing *c, struct err *e)
{
    DEFER(digest_close) struct digest_run *run = digest_begin();
    struct str after = STR("");
    bool more = true;

    while (more) {
        after = str_dup(c->r->a, after);
        arena_reset(c->r->page);
        TRY(found_page(db, c, run, &after, &more, e));
    }
    c->found_digest = digest_hex(c->r->a, digest_sum(run));
    return OK;
}

/* captured - file - differences, and every line in one place. */
static void residual_make(struct closing *c)
{
    struct reconcile_day *d = &c->day;
    int64_t rest_vnd = 0;
    const bool overflow = money_add(d->captured_vnd, -d->file_vnd, &rest_vnd, NULL).failed ||
                          money_add(rest_vnd, -d->difference_vnd, &rest_vnd, NULL).failed;
    const int64_t placed = d->matched_count - c->counts[MATCH_OK_W] + c->found_lines;

    d->residual_vnd = rest_vnd;
    d->reason = c->r->gap                                                     ? STR("gap")
                : overflow || d->residual_vnd != 0 || placed != d->file_count ? STR("residual")
                                                                              : STR("");
}

static bool has_weight(const struct closing *c, enum match_weight w)
{
    for (int i = 0; i < MATCH_COUNT; i++)
        if (c->counts[i] > 0 && match_weight((enum match_class)i) == w)
            return true;
    return false;
}

static enum reconcile_verdict verdict_of(const struct closing *c)
{
    if (c->day.reason.n > 0)
        return RECONCILE_INCOMPLETE;
    if (has_weight(c, MATCH_BREAK))
        return RECONCILE_BREAKS;
    if (has_weight(c, MATCH_WARNING))
        return RECONCILE_WITH_WARNINGS;
    return has_weight(c, MATCH_PENDING) ? RECONCILE_WITH_PENDING : RECONCILE_RECONCILED;
}

static struct json *pair(int64_t count, const char *what, int64_t vnd)
{
    struct json *o = json_object();

    json_put_int(o, "count", count);
    json_put_int(o, what, vnd);
    return o;
}

static struct json *classes_make(const struct closing *c)
{
    struct json *o = json_object();

    for (int i = 0; i < MATCH_COUNT; i++)
        if (c->counts[i] > 0)
            json_put(o, match_name((enum match_class)i),
                     pair(c->counts[i], "difference_vnd", c->differences_vnd[i]));
    return o;
}

static struct json *file_make(const struct settlement_kept *k)
{
    struct json *o = json_object();

    json_put_str(o, "sha256", k->file.sha256);
    json_put_str(o, "form", str_c(settlement_form_name(k->file.form)));
    json_put_int(o, "revision", k->file.revision);
    json_put_int(o, "lines", k->file.lines);
    json_put_int(o, "gross_vnd", k->file.gross_vnd);
    return o;
}

/* Nothing in it depends on when, or how often, the run was made. */
static void outcome_make(struct closing *c)
{
    DEFER(json_close) struct json *o = json_object();
    struct reconcile_day *d = &c->day;
    struct arena *a = c->r->a;

    json_put_str(o, "provider", STR(SETTLEMENT_PROVIDER));
    json_put_str(o, "account", c->r->t->account);
    json_put_str(o, "day", date_iso(a, c->r->day));
    json_put_str(o, "rules", STR(RECONCILE_RULES));
    json_put(o, "file", file_make(&c->r->file));
    json_put(o, "captured", pair(d->captured_count, "vnd", d->captured_vnd));
    json_put(o, "settled", pair(d->file_count, "vnd", d->file_vnd));
    json_put(o, "matched", pair(d->matched_count, "vnd", d->matched_vnd));
    json_put(o, "classes", classes_make(c));
    json_put_int(o, "difference_vnd", d->difference_vnd);
    json_put_int(o, "residual_vnd", d->residual_vnd);
    json_put_str(o, "exceptions_sha256", c->found_digest);
    json_put_str(o, "verdict", str_c(reconcile_verdict_name(d->verdict)));
    json_put_str(o, "reason", d->reason);
    d->manifest = json_print_canonical(a, o);
    d->manifest_hash = digest_hex(a, digest_sha256(d->manifest));
}

/* Of the last run of this day: its number and its manifest's hash. */
static result last_read(struct sql *db, struct closing *c, int64_t *run_n, struct str *hash,
                        struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    *run_n = 0;
    *hash = STR("");
    TRY(sql_find(db, SQL_RECONCILE_RUN_LAST, &rows, e, sql_t(STR(SETTLEMENT_PROVIDER)),
                 sql_t(c->r->t->account), sql_t(date_iso(c->r->a, c->r->day))));
    TRY(sql_next(rows, &more, e));
    if (more) {
        *hash = sql_text(rows, 12, c->r->a);
        *run_n = sql_int(rows, 14);
    }
    return OK;
}

static result run_insert(struct sql *db, const struct closing *c, struct err *e)
{
    const struct reconcile_day *d = &c->day;

    return sql_run(db, SQL_RECONCILE_RUN_INSERT, e, sql_t(STR(SETTLEMENT_PROVIDER)),
                   sql_t(c->r->t->account), sql_t(date_iso(c->r->a, c->r->day)), sql_i(c->r->run_n),
                   sql_t(str_c(reconcile_verdict_name(d->verdict))), sql_t(d->reason),
                   sql_t(c->r->file.file.sha256), sql_i(d->captured_vnd), sql_i(d->captured_count),
                   sql_i(d->file_vnd), sql_i(d->file_count), sql_i(d->matched_vnd),
                   sql_i(d->matched_count), sql_i(d->difference_vnd), sql_i(d->residual_vnd),
                   sql_i(d->open_count), sql_t(d->manifest), sql_t(d->manifest_hash),
                   sql_i(clock_now_ms(c->r->t->clock)));
}

static result exceptions_save(struct sql *db, const struct closing *c, struct err *e)
{
    const struct exception_scope scope = { STR(SETTLEMENT_PROVIDER), c->r->t->account,
                                           date_iso(c->r->a, c->r->day) };

    return exception_merge(db, &scope, c->r->run_n, c->r->file.file_n, clock_now_ms(c->r->t->clock),
                           e);
}

static result staging_drop(struct sql *db, const struct closing *c, struct err *e)
{
    TRY(sql_run(db, SQL_RECONCILE_OURS_DROP, e, sql_i(c->r->run_n)));
    return sql_run(db, SQL_RECONCILE_FOUND_DROP, e, sql_i(c->r->run_n));
}

static result figures_read(struct sql *db, struct closing *c, struct err *e)
{
    struct reconcile_day *d = &c->day;

    d->matched_vnd = c->r->walk.matched_vnd;
    d->matched_count = c->r->walk.matched_count;
    TRY(sum_read(db, SQL_RECONCILE_OURS_SUM, c->r->run_n, &d->captured_vnd, &d->captured_count, e));
    TRY(sum_read(db, SQL_RECONCILE_FILE_SUM, c->r->file.file_n, &d->file_vnd, &d->file_count, e));
    TRY(found_read(db, c, e));
    return found_digest(db, c, e);
}

result reconcile_close(struct sql *db, struct reconcile_run *r, struct err *e)
{
    const struct run_key key = { STR(SETTLEMENT_PROVIDER), r->t->account, r->day };
    struct closing c = { .r = r };
    struct str last_hash;
    int64_t last_n, n;

    TRY(settlement_number(db, "run", &n, e)); /* runs end one after the other */
    TRY(last_read(db, &c, &last_n, &last_hash, e));
    if (last_n > r->run_n)
        return staging_drop(db, &c, e); /* a run that began later has ended */
    TRY(figures_read(db, &c, e));
    residual_make(&c);
    c.day.verdict = verdict_of(&c);
    outcome_make(&c);
    if (!str_eq(last_hash, c.day.manifest_hash))
        TRY(run_insert(db, &c, e));
    TRY(run_end(db, r->t, &key, c.day.manifest_hash, r->cut_ms, r->a, e));
    TRY(exceptions_save(db, &c, e));
    return staging_drop(db, &c, e);
}
