#include "web/progress.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "payments/ledger.h"
#include "store/audit.h"
#include "web/officer.h"
#include "web/view.h"

#define LOOK_AGAIN_S 2

static result prove_ledger(const struct progress *p, struct str *word, struct err *e)
{
    struct ledger_report report;

    TRY(ledger_verify(p->app->stores.sql, &report, e));
    *word = str_fmt(p->arena, "work.proved_ledger %lld", (long long)report.journals);
    return OK;
}

static result prove_audit(const struct progress *p, struct str *word, struct err *e)
{
    int64_t rows;

    TRY(audit_verify(p->app->stores.sql, &rows, e));
    *word = str_fmt(p->arena, "work.proved_audit %lld", (long long)rows);
    return OK;
}

static const struct {
    const char *kind;
    progress_fn *run;
    enum staff_role least;
    const char *back;
} kinds[] = {
#define WORK(kind, function, role, back) { kind, function, STAFF_##role, back },
#include "web/progress.def"
#undef WORK
};

static bool kind_find(struct str kind, size_t *out)
{
    for (size_t i = 0; i < LEN(kinds); i++)
        if (str_is(kind, kinds[i].kind)) {
            *out = i;
            return true;
        }
    return false;
}

/* Auditing is off the ladder. */
static result may(const struct ctx *c, size_t kind, struct err *e)
{
    return kinds[kind].least == STAFF_AUDITOR ? staff_may_audit(&c->staff, e)
                                              : staff_may(&c->staff, kinds[kind].least, e);
}

result progress_start(struct ctx *c, struct response *rs, const char *kind, struct err *e)
{
    struct str id;
    size_t i;

    must(kind_find(str_c(kind), &i));
    TRY(may(c, i, e));
    TRY(work_start(&c->app->office, str_c(kind), c->staff.name, c->arena, &id, e));
    TRY(auth_audit(&c->app->auth, &c->visit, str_cat(c->arena, STR("staff:"), c->staff.name),
                   "work.start", str_c(kind), NULL, e));
    view_redirect(rs, str_cat(c->arena, STR("/finance/work/"), id));
    return OK;
}

/* "key 1234" in words; an error's name is one of the catalogue's errors. */
static struct str word_of(struct ctx *c, const struct work *w)
{
    struct str key, n;
    int64_t count;

    if (w->state == WORK_DONE && str_cut(w->word, ' ', &key, &n) && str_to_i64(n, &count)) {
        const struct str told[] = { money_print_bare(c->arena, count) };

        return view_fill(c, str_cstr(c->arena, key), told, 1);
    }
    if (w->state == WORK_FAILED)
        return view_text(c, str_is(w->word, err_name(ERR_BROKEN_CHAIN)) ? "work.broken"
                                                                        : "work.failed");
    return officer_text(c, "work.state.", str_c(work_state_name(w->state)));
}

static struct json *work_json(struct ctx *c, const struct work *w)
{
    static const char *const looks[] = { "warn", "warn", "good", "bad" };
    struct json *o = json_object();

    json_put_str(o, "id", w->id);
    json_put_str(o, "look", str_c(looks[w->state]));
    json_put_str(o, "word", word_of(c, w));
    json_put_str(o, "ended", w->ended_ms > 0 ? clock_vn(c->arena, w->ended_ms) : STR(""));
    return o;
}

result progress_put(struct ctx *c, struct json *data, const char *kind, struct err *e)
{
    struct work w;
    bool found;

    TRY(work_last(&c->app->office, str_c(kind), c->arena, &found, &w, e));
    if (found)
        json_put(data, "progress", work_json(c, &w));
    return OK;
}

/* GET /finance/work/{id} */
result page_work(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct work w;
    size_t kind;

    TRY(work_load(&c->app->office, request_param(rq, "id"), c->arena, &w, e));
    if (!kind_find(w.kind, &kind))
        return fail(e, ERR_NOT_FOUND, "work of a kind that is gone");
    TRY(may(c, kind, e));
    json_put(data, "progress", work_json(c, &w));
    json_put_str(data, "kind", officer_text(c, "work.kind.", w.kind));
    json_put_str(data, "made", clock_vn(c->arena, w.made_ms));
    json_put_str(data, "officer", w.officer);
    json_put_str(data, "back", str_c(kinds[kind].back));
    json_put_bool(data, "counts", w.total > 0);
    json_put_int(data, "done", w.done);
    json_put_int(data, "total", w.total);
    if (w.state == WORK_WAITING || w.state == WORK_RUNNING)
        json_put_int(data, "refresh_s", LOOK_AGAIN_S);
    officer_put_tabs(c, data, "");
    return view_page(c, rq, rs, "finance_work", "work.title", data, e);
}

result progress_tell(const struct progress *p, int64_t done, int64_t total, struct err *e)
{
    return work_tell(&p->app->office, p->work->id, done, total, e);
}

result progress_due(const struct app *app, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct err why = { .code = ERR_NONE };
    struct str word = STR("");
    struct work w;
    size_t kind;
    bool failed;

    TRY(work_claim(&app->office, a, did, &w, e));
    if (!*did)
        return OK;
    const struct progress p = { .app = app, .arena = a, .work = &w };

    failed = !kind_find(w.kind, &kind) || kinds[kind].run(&p, &word, &why).failed;
    if (failed)
        word = str_c(err_name(why.code));
    TRY(work_end(&app->office, w.id, failed, word, e));
    if (!failed)
        return OK;
    *e = why; /* for the log of whoever runs jobs */
    return (result){ true };
}
