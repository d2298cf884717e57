/*
 * The calendar of days and sources, and one day: its bridge statement, what it was made from, and
 * what may be done with it. Figures and rules are finance/run.h's.
 */
#include "web/page_run.h"

#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "finance/manifest.h"
#include "finance/run.h"
#include "finance/source.h"
#include "http/form.h"
#include "web/input.h"
#include "web/officer.h"
#include "web/view.h"

#define SOURCES_SHOWN 20
#define REMARK_BYTES  1000

static void put_exceptions(struct ctx *c, struct json *data, const struct reconcile_day *day)
{
    struct json *rows = json_array();

    for (size_t i = 0; i < day->exception_count; i++) {
        const struct exception *x = &day->exceptions[i];
        struct json *row = json_object();

        json_put_str(row, "class", str_c(match_name(x->class)));
        json_put_str(row, "class_text", view_text(c, match_text(x->class)));
        json_put_str(row, "reference", x->reference.n > 0 ? x->reference : x->portal_txn);
        view_put_money(c, row, "ours", x->ours_vnd);
        view_put_money(c, row, "theirs", x->theirs_vnd);
        view_put_money(c, row, "difference", x->difference_vnd);
        if (x->line > 0)
            json_put_int(row, "line", x->line);
        json_add(rows, row);
    }
    json_put(data, "exceptions", rows);
    json_put_bool(data, "has_exceptions", day->exception_count > 0);
}

static void put_files(struct ctx *c, struct json *data, const struct reconcile_day *day)
{
    struct json *rows = json_array();

    for (size_t i = 0; i < day->file_list_count; i++) {
        const struct settlement_file *f = &day->files[i];
        struct json *row = json_object();

        json_put_str(row, "form", str_c(settlement_form_name(f->form)));
        json_put_str(row, "name", f->name);
        json_put_str(row, "state",
                     view_text(c, str_cstr(c->arena, str_fmt(c->arena, "finance.file_state.%s",
                                                             settlement_state_name(f->state)))));
        json_put_int(row, "lines", f->lines);
        json_put_str(row, "digest", f->sha256);
        json_put_str(row, "faults", f->faults);
        json_add(rows, row);
    }
    json_put(data, "files", rows);
}

static void put_day(struct ctx *c, struct json *data, const struct reconcile_day *day)
{
    json_put_str(data, "date", date_iso(c->arena, day->day));
    json_put_str(data, "date_text", date_vn(c->arena, day->day));
    finance_put_verdict(c, data, day);
    view_put_money(c, data, "captured", day->captured_vnd);
    json_put_int(data, "captured_count", day->captured_count);
    view_put_money(c, data, "in_file", day->file_vnd);
    json_put_int(data, "file_count", day->file_count);
    view_put_money(c, data, "matched", day->matched_vnd);
    json_put_int(data, "matched_count", day->matched_count);
    view_put_money(c, data, "residual", day->residual_vnd);
    put_exceptions(c, data, day);
    put_files(c, data, day);
    json_put_bool(data, "has_file", day->file_list_count > 0);
    json_put_bool(data, "may_load", c->staff.role >= STAFF_OFFICER);
}

/* What the redirect after an action says: ?told=<one of these>. */
static void put_message(struct ctx *c, struct json *data, const struct request *rq)
{
    static const char *const known[] = { "loaded",      "same",    "same_bytes",  "submitted",
                                         "reopened",    "matched", "quarantined", "absent",
                                         "other_bytes", "changed", "barred" };
    struct form query;

    if (form_query(rq, &query, NULL).failed)
        return;
    for (size_t i = 0; i < LEN(known); i++) {
        if (!str_is(form_get(&query, "told"), known[i]))
            continue;
        json_put_str(
            data, "message",
            view_text(c, str_cstr(c->arena, str_fmt(c->arena, "finance.told.%s", known[i]))));
        json_put_str(data, "message_look", i < 6 ? STR("good") : STR("bad"));
    }
}

/* ERR_NOT_FOUND: no such source on that day. */
static result key_read(struct ctx *c, const struct request *rq, struct run_key *k, struct err *e)
{
    const struct source *s;

    TRY(input_date(request_param(rq, "date"), "date", &k->day, e));
    s = source_find(c->app->office.sources, request_param(rq, "source"), k->day);
    if (s == NULL || !source_is_run(s))
        return fail(e, ERR_NOT_FOUND, "no such source");
    k->provider = s->provider;
    k->account = s->account;
    return OK;
}

static void row_put(struct ctx *c, struct json *rows, struct str name, int64_t vnd, bool strong)
{
    struct json *o = json_object();

    json_put_str(o, "name", name);
    view_put_money(c, o, "amount", vnd);
    json_put_bool(o, "strong", strong);
    json_add(rows, o);
}

static struct str class_text(struct ctx *c, struct str class)
{
    struct str text;

    return catalog_find(view_catalog(c), str_cat(c->arena, STR("match."), class), &text) ? text
                                                                                         : class;
}

static struct str line_name(struct ctx *c, const struct bridge_line *l)
{
    struct str text = officer_text(c, "bridge.item.", str_c(bridge_item_name(l->item)));

    if (l->class.n > 0)
        text = str_fmt(c->arena, "%.*s: %.*s", STR_ARG(text), STR_ARG(class_text(c, l->class)));
    if (l->day.y > 0)
        text = str_fmt(c->arena, "%.*s, %.*s", STR_ARG(text), STR_ARG(date_vn(c->arena, l->day)));
    return l->count > 0 ? str_fmt(c->arena, "%.*s (%lld)", STR_ARG(text), (long long)l->count)
                        : text;
}

static void put_bridge(struct ctx *c, struct json *data, const struct bridge *b)
{
    const struct {
        const char *key;
        int64_t vnd;
        bool strong;
    } figures[] = {
        { "bridge.opening", b->opening_vnd, false },
        { "bridge.captured", b->captured_vnd, false },
        { "bridge.refunds", -b->refunds_vnd, false },
        { "bridge.payouts", -b->payouts_vnd, false },
        { "bridge.fees", -b->fees_vnd, false },
        { "bridge.other", b->other_vnd, false },
        { "bridge.closing", b->closing_vnd, true },
        { "bridge.theirs", b->theirs_closing_vnd, true },
        { "bridge.difference", b->difference_vnd, true },
    };
    struct json *o = json_object(), *rows = json_array();

    for (size_t i = 0; i < LEN(figures); i++)
        row_put(c, rows, view_text(c, figures[i].key), figures[i].vnd, figures[i].strong);
    for (size_t i = 0; i < b->count; i++)
        row_put(c, rows, line_name(c, &b->lines[i]), b->lines[i].vnd, false);
    row_put(c, rows, view_text(c, "bridge.residual"), b->residual_vnd, true);
    json_put(o, "rows", rows);
    json_put(data, "bridge", o);
}

static void put_steps(struct ctx *c, struct json *data, const struct run_view *v)
{
    struct json *rows = json_array();

    for (size_t i = 0; i < v->step_count; i++) {
        const struct run_step *s = &v->steps[i];
        struct json *o = json_object();

        json_put_str(o, "at", clock_vn(c->arena, s->at_ms));
        json_put_int(o, "n", s->revision);
        json_put_str(o, "to", officer_text(c, "run.state.", s->to));
        json_put_str(o, "actor", officer_who(c, s->actor));
        json_add(rows, o);
    }
    json_put(data, "steps", rows);
}

static void put_acts(struct ctx *c, struct json *data, const struct run_view *v)
{
    const bool officer = c->staff.role >= STAFF_OFFICER;
    const enum run_state s = v->run.state;

    json_put_bool(data, "may_submit", officer && s == RUN_REVIEW && v->bar == RUN_MAY_CLOSE);
    json_put_bool(data, "may_reopen", officer && s == RUN_CLOSED);
    json_put_bool(data, "may_check", officer && s == RUN_CLOSED);
    json_put_bool(data, "may_match", officer && (s == RUN_OPEN || s == RUN_REVIEW));
    json_put_bool(data, "is_closed", s == RUN_CLOSED);
    json_put_bool(data, "newer", v->file_is_newer);
    if (s == RUN_AWAITING_APPROVAL)
        json_put_str(data, "waits", v->run.proposal_id);
    if (s == RUN_REVIEW && v->bar != RUN_MAY_CLOSE)
        json_put_str(data, "bar", officer_text(c, "run.bar.", str_c(run_bar_name(v->bar))));
}

static void put_run(struct ctx *c, struct json *data, const struct run_view *v)
{
    const struct run *r = &v->run;

    json_put_str(data, "source", r->key.provider);
    json_put_str(data, "state", officer_text(c, "run.state.", str_c(run_state_name(r->state))));
    json_put_str(data, "state_look", r->state == RUN_CLOSED ? STR("good") : STR("warn"));
    if (r->revision > 0)
        json_put_int(data, "revision", r->revision);
    json_put_str(data, "rules", STR(RECONCILE_RULES));
    json_put_str(data, "outcome_hash", r->manifest_hash);
    json_put_str(data, "submitted_by", officer_who(c, r->submitted_by));
    json_put_str(data, "closed_by", officer_who(c, r->closed_by));
    if (v->outcome.bridge.lines != NULL)
        put_bridge(c, data, &v->outcome.bridge);
    put_steps(c, data, v);
    put_acts(c, data, v);
}

/* GET /finance/days/{source}/{date} */
result page_run(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct run_view v;
    struct run_key k;

    TRY(key_read(c, rq, &k, e));
    TRY(run_load(&c->app->office, &k, c->arena, &v, e));
    put_day(c, data, &v.outcome);
    put_run(c, data, &v);
    put_message(c, data, rq);
    officer_put_tabs(c, data, "days");
    return view_page(c, rq, rs, "finance_run", "finance.title", data, e);
}

static result match(struct ctx *c, const struct run_key *k, struct err *e)
{
    const struct settlement_key key = { k->provider, k->account, k->day };
    struct reconcile_day day;

    return reconcile_key_run(&c->app->till, &key, c->arena, &day, e);
}

static result act(struct ctx *c, const struct form *form, const struct run_key *k,
                  const char **told, struct err *e)
{
    const struct proposal_actor by = officer_actor(c);
    const struct str what = form_get(form, "act");
    const struct run_ask ask = { *k, form_get(form, "hash"), form_get(form, "remark") };
    struct manifest_check check;
    struct proposal p;

    if (str_is(what, "submit")) {
        *told = "submitted";
        return run_submit(&c->app->office, &ask, &by, c->arena, &p, e);
    }
    if (str_is(what, "reopen")) {
        *told = "reopened";
        return run_reopen(&c->app->office, &ask, &by, c->arena, &p, e);
    }
    if (str_is(what, "match")) {
        *told = "matched";
        return match(c, k, e);
    }
    if (!str_is(what, "check"))
        return fail_field(e, ERR_INVALID, "act", "submit, reopen, match or check");
    TRY(manifest_check(&c->app->office, k, c->arena, &check, e));
    *told = check.is_same ? "same_bytes" : "other_bytes";
    return OK;
}

/* POST /finance/days/{source}/{date} */
result run_act(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const char *told = "";
    struct form form;
    struct run_key k;
    result r;

    TRY(key_read(c, rq, &k, e));
    TRY(form_body(rq, &form, e));
    r = act(c, &form, &k, &told, e);
    if (r.failed && (e->code == ERR_STALE || e->code == ERR_WRONG_STATE || e->code == ERR_CONFLICT))
        told = "changed";
    else if (r.failed && e->code == ERR_BUSINESS_RULE)
        told = "barred";
    else
        TRY(r);
    view_redirect(rs, str_fmt(c->arena, "/finance/days/%.*s/%.*s?told=%s", STR_ARG(k.provider),
                              STR_ARG(date_iso(c->arena, k.day)), told));
    return OK;
}

/* GET /finance/days/{source}/{date}/{file}: manifest.json, its detached signature, the public key
 * that made it */
result run_file(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str file = request_param(rq, "file");
    static const struct {
        const char *name, *end, *type;
    } files[] = { { "manifest.json", "json", "application/json" },
                  { "manifest.jws", "jws", "application/jose" },
                  { "manifest.jwk", "jwk", "application/jwk+json" } };
    struct manifest m;
    struct run_key k;
    size_t n = 0;

    while (n < LEN(files) && !str_is(file, files[n].name))
        n++;
    if (n == LEN(files))
        return fail(e, ERR_NOT_FOUND, "no such file");
    TRY(key_read(c, rq, &k, e));
    TRY(manifest_load(&c->app->office, &k, 0, c->arena, &m, e));
    response_header(rs, "Content-Disposition",
                    str_fmt(c->arena, "attachment; filename=\"manifest_%.*s_%.*s_%lld.%s\"",
                            STR_ARG(k.provider), STR_ARG(date_iso(c->arena, k.day)),
                            (long long)m.revision, files[n].end));
    response_body(rs, 200, files[n].type, n == 0 ? m.bytes : n == 1 ? m.signature : m.signer);
    return OK;
}

static const char *look_of(const struct run_square *q)
{
    return q->verdict == RECONCILE_RECONCILED                                     ? "good"
           : q->verdict == RECONCILE_BREAKS || q->verdict == RECONCILE_INCOMPLETE ? "bad"
                                                                                  : "warn";
}

static struct json *square_make(struct ctx *c, const struct run_square *q)
{
    const int64_t of = q->captured_count > q->file_count ? q->captured_count : q->file_count;
    const int64_t tenths = of == 0 ? 1000 : q->matched_count * 1000 / of;
    struct json *o = json_object();

    json_put_bool(o, "known", true);
    json_put_str(o, "source", q->key.provider);
    json_put_str(o, "day", date_iso(c->arena, q->key.day));
    json_put_str(o, "look", str_c(look_of(q)));
    json_put_str(
        o, "verdict",
        officer_text(c, "finance.verdict_text.", str_c(reconcile_verdict_name(q->verdict))));
    json_put_str(o, "state", officer_text(c, "run.state.", str_c(run_state_name(q->state))));
    json_put_bool(o, "again", q->revision > 1);
    json_put_int(o, "revision", q->revision);
    json_put_str(
        o, "percent",
        str_fmt(c->arena, "%lld,%lld %%", (long long)(tenths / 10), (long long)(tenths % 10)));
    if (q->open_count > 0)
        view_put_money(c, o, "open", q->open_vnd);
    return o;
}

static const struct run_square *square_find(const struct run_square *list, size_t count,
                                            struct str provider, struct date day)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(list[i].key.provider, provider) && date_cmp(list[i].key.day, day) == 0)
            return &list[i];
    return NULL;
}

static struct json *day_make(struct ctx *c, const struct run_square *list, size_t count,
                             const struct str *sources, size_t source_count, struct date day)
{
    struct json *o = json_object(), *squares = json_array();

    json_put_str(o, "day_text", date_vn(c->arena, day));
    for (size_t i = 0; i < source_count; i++) {
        const struct run_square *q = square_find(list, count, sources[i], day);
        struct json *square = q != NULL ? square_make(c, q) : json_object();

        if (q == NULL) {
            json_put_bool(square, "known", false);
            json_put_str(square, "source", sources[i]);
        }
        json_add(squares, square);
    }
    json_put(o, "squares", squares);
    return o;
}

static size_t sources_of(struct ctx *c, struct date first, struct json *data, struct str *sources)
{
    struct json *heads = json_array();
    const struct source *s;
    size_t n = 0;

    for (size_t i = 0;
         n < SOURCES_SHOWN && (s = source_each(c->app->office.sources, first, i)) != NULL; i++) {
        struct json *o = json_object();

        if (s->role != SOURCE_CLEARING)
            json_close(&o);
        else {
            json_put_str(o, "name", s->provider);
            json_add(heads, o);
            sources[n++] = s->provider;
        }
    }
    json_put(data, "sources", heads);
    return n;
}

static struct str month_text(struct ctx *c, struct date d)
{
    return str_fmt(c->arena, "%04d-%02d", d.y, d.m);
}

/* The first of the month that is asked for, else of the present one. */
static result month_read(struct ctx *c, const struct request *rq, struct date *out, struct err *e)
{
    const struct date today = clock_local(c->now_ms).date;
    struct form query;
    struct str asked;

    *out = (struct date){ today.y, today.m, 1 };
    TRY(form_query(rq, &query, e));
    asked = form_get(&query, "month");
    return asked.n == 0 ? OK : input_date(str_cat(c->arena, asked, STR("-01")), "month", out, e);
}

/* GET /finance/calendar */
result page_calendar(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *days = json_array();
    struct str sources[SOURCES_SHOWN];
    struct run_square *list;
    struct date first, next, day;
    size_t count, source_count;

    json_put(data, "days", days);
    TRY(month_read(c, rq, &first, e));
    next = first.m == 12 ? (struct date){ first.y + 1, 1, 1 }
                         : (struct date){ first.y, first.m + 1, 1 };
    TRY(run_squares(&c->app->office, first, date_add_days(next, -1), c->arena, &list, &count, e));
    source_count = sources_of(c, date_add_days(next, -1), data, sources);
    for (day = first; date_cmp(day, next) < 0; day = date_add_days(day, 1))
        json_add(days, day_make(c, list, count, sources, source_count, day));
    json_put_str(data, "month_text", str_fmt(c->arena, "%02d/%04d", first.m, first.y));
    json_put_str(data, "before", month_text(c, date_add_days(first, -1)));
    json_put_str(data, "after", month_text(c, next));
    officer_put_tabs(c, data, "calendar");
    return view_page(c, rq, rs, "finance_calendar", "calendar.title", data, e);
}
