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
    struct sql *db;
    struct reconcile_run *r;
    int64_t run_n;
    struct reconcile_day day;
    int64_t counts[MATCH_COUNT], differences_vnd[MATCH_COUNT];
    int64_t found_lines; /* outcomes other than OK that are about a line */
    struct str found_digest;
    struct bridge bridge;
};

/* Captured here and absent in the file: the file of the day beside it may have it. */
static result class_of(struct closing *c, const struct match_outcome *o, enum match_class *out,
                       struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    const struct reconcile_run *r = c->r;

    *out = o->class;
    if (o->class != MATCH_MIS_THEIRS || r->before_n + r->after_n == 0)
        return OK;
    TRY(sql_find(c->db, SQL_RECONCILE_LINE_ELSEWHERE, &rows, e, sql_i(r->before_n),
                 sql_i(r->after_n), sql_t(o->ours.reference)));
    TRY(sql_one(rows, e));
    if (sql_int(rows, 0) > 0)
        *out = MATCH_DATE;
    return OK;
}

static result dossier_find(struct closing *c, struct str agency_id, struct str order_id,
                           struct str *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(c->db, SQL_RECONCILE_ORDER_DOSSIER, &rows, e, sql_t(agency_id), sql_t(order_id)));
    TRY(sql_next(rows, &more, e));
    if (more)
        *out = sql_text(rows, 0, c->r->page);
    return OK;
}

static struct str either(struct str a, struct str b)
{
    return a.n > 0 ? a : b;
}

/* What is asked of the store for single outcomes, before rows go in bulk. */
struct finding {
    const struct match_outcome *o;
    enum match_class class;
    struct str agency_id, order_id, dossier;
};

static result finding_make(struct closing *c, const struct match_outcome *o, struct finding *f,
                           struct err *e)
{
    *f = (struct finding){ .o = o, .dossier = STR("") };
    if (!str_cut(o->ours.order, '/', &f->agency_id, &f->order_id))
        f->agency_id = f->order_id = STR("");
    TRY(class_of(c, o, &f->class, e));
    if (f->order_id.n > 0)
        TRY(dossier_find(c, f->agency_id, f->order_id, &f->dossier, e));
    f->dossier = either(f->dossier, o->theirs.dossier);
    return OK;
}

static void finding_count(struct closing *c, const struct finding *f)
{
    c->counts[f->class]++;
    c->differences_vnd[f->class] += f->o->difference_vnd;
    c->found_lines += f->o->file != MATCH_NONE;
    c->day.open_count += f->class != MATCH_OK_W;
}

static result finding_put(void *arg, const struct match_outcome *o, struct err *e)
{
    struct closing *c = arg;
    struct arena *a = c->r->page;
    struct finding f;

    arena_reset(a);
    TRY(finding_make(c, o, &f, e));
    finding_count(c, &f);
    return sql_run(
        c->db, SQL_RECONCILE_FOUND_INSERT, e, sql_i(c->run_n), sql_t(match_id(a, &c->r->rules, o)),
        sql_t(str_c(match_name(f.class))), sql_i(match_priority(f.class)),
        sql_t(either(o->ours.reference, o->theirs.merchant_ref)),
        sql_t(either(o->theirs.portal_txn, o->ours.portal_txn)), sql_t(f.dossier),
        sql_t(f.agency_id), sql_t(f.order_id), sql_i(o->file == MATCH_NONE ? 0 : o->line),
        sql_i(o->ours_vnd), sql_i(o->theirs_vnd), sql_i(o->difference_vnd));
}

static result found_write(struct closing *c, struct err *e)
{
    TRY(match_each(c->r->engine, finding_put, c, e));
    for (int i = 0; i < MATCH_COUNT; i++)
        TRY(money_add(c->day.difference_vnd, c->differences_vnd[i], &c->day.difference_vnd, e));
    return OK;
}

static result found_page(struct sql *db, struct closing *c, struct digest_run *run,
                         struct str *after, bool *more, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    int64_t count = 0;
    bool row;

    TRY(sql_find(db, SQL_RECONCILE_FOUND_PAGE, &rows, e, sql_i(c->run_n), sql_t(*after),
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

    json_put_str(o, "provider", c->r->key.provider);
    json_put_str(o, "account", c->r->key.account);
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
    json_put(o, "bridge", bridge_json(&c->bridge, a));
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
    TRY(sql_find(db, SQL_RECONCILE_RUN_LAST, &rows, e, sql_t(c->r->key.provider),
                 sql_t(c->r->key.account), sql_t(date_iso(c->r->a, c->r->day))));
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

    return sql_run(db, SQL_RECONCILE_RUN_INSERT, e, sql_t(c->r->key.provider),
                   sql_t(c->r->key.account), sql_t(date_iso(c->r->a, c->r->day)), sql_i(c->run_n),
                   sql_t(str_c(reconcile_verdict_name(d->verdict))), sql_t(d->reason),
                   sql_t(c->r->file.file.sha256), sql_i(d->captured_vnd), sql_i(d->captured_count),
                   sql_i(d->file_vnd), sql_i(d->file_count), sql_i(d->matched_vnd),
                   sql_i(d->matched_count), sql_i(d->difference_vnd), sql_i(d->residual_vnd),
                   sql_i(d->open_count), sql_t(d->manifest), sql_t(d->manifest_hash),
                   sql_i(clock_now_ms(c->r->t->clock)));
}

static result exceptions_save(struct sql *db, const struct closing *c, struct err *e)
{
    const struct exception_scope scope = { c->r->key.provider, c->r->key.account,
                                           date_iso(c->r->a, c->r->day) };

    return exception_merge(db, &scope, c->run_n, c->r->file.file_n, clock_now_ms(c->r->t->clock),
                           e);
}

static result staging_drop(struct sql *db, const struct closing *c, struct err *e)
{
    return sql_run(db, SQL_RECONCILE_FOUND_DROP, e, sql_i(c->run_n));
}

/* Captured as it was read, the file as its own row has it: neither comes from the engine. */
static result figures_read(struct sql *db, struct closing *c, struct err *e)
{
    struct reconcile_day *d = &c->day;

    d->matched_vnd = c->r->result.matched_vnd;
    d->matched_count = c->r->result.matched_count;
    d->captured_vnd = c->r->captured_vnd;
    d->captured_count = c->r->captured_count;
    d->file_vnd = c->r->file.moved_vnd;
    d->file_count = c->r->file.file.lines;
    TRY(found_write(c, e));
    return found_digest(db, c, e);
}

result reconcile_close(struct sql *db, struct reconcile_run *r, struct err *e)
{
    struct closing c = { .db = db, .r = r, .run_n = r->run_n };
    struct str last_hash;
    int64_t last_n, n;

    TRY(settlement_number(db, "run", &n, e)); /* runs end one after the other */
    TRY(last_read(db, &c, &last_n, &last_hash, e));
    if (last_n > r->run_n)
        return OK; /* a run that began later has ended */
    TRY(figures_read(db, &c, e));
    TRY(bridge_make(db, r, &c.bridge, e));
    residual_make(&c);
    c.day.verdict = verdict_of(&c);
    outcome_make(&c);
    if (!str_eq(last_hash, c.day.manifest_hash))
        TRY(run_insert(db, &c, e));
    TRY(run_end(db, r->t, &r->key, c.day.manifest_hash, r->cut_ms, r->a, e));
    TRY(exceptions_save(db, &c, e));
    return staging_drop(db, &c, e);
}

result reconcile_outcome(struct sql *db, struct reconcile_run *r, struct str *outcome,
                         struct err *e)
{
    struct closing c = { .db = db, .r = r };

    TRY(settlement_number(db, "run", &c.run_n, e));
    r->run_n = c.run_n;
    TRY(figures_read(db, &c, e));
    TRY(bridge_make(db, r, &c.bridge, e));
    residual_make(&c);
    c.day.verdict = verdict_of(&c);
    outcome_make(&c);
    *outcome = c.day.manifest;
    return staging_drop(db, &c, e);
}
