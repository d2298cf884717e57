/*
 * An officer's first page: money of a span, where the days of each source stand, which files are
 * late, what waits for whom. Each part that leads on is a link.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "finance/exception.h"
#include "finance/intake.h"
#include "finance/run.h"
#include "finance/today.h"
#include "http/form.h"
#include "payments/receipt_summary.h"
#include "web/officer.h"
#include "web/page_residuals.h"
#include "web/proposal_text.h"
#include "web/view.h"

#define DAY_MS     86400000
#define HOUR_S     3600
#define DAYS_SHOWN 7
#define APPROVALS  5
#define PROPOSALS  200

static const struct {
    const char *name;
    int from, to; /* days back: from the start of the one to the end of the other */
} spans[] = { { "today", 0, 0 }, { "yesterday", 1, 1 }, { "week", 6, 0 }, { "month", 29, 0 } };

static void put_tile(struct ctx *c, struct json *tiles, const char *key, int64_t vnd, int64_t count)
{
    struct json *o = json_object();

    json_put_str(o, "name", view_text(c, key));
    view_put_money(c, o, "amount", vnd);
    json_put_str(o, "count", count < 0 ? STR("") : money_print_bare(c->arena, count));
    json_add(tiles, o);
}

static result put_money(struct ctx *c, struct json *data, struct str asked, struct err *e)
{
    const struct date today = clock_local(c->now_ms).date;
    struct json *tiles = json_array(), *choice = json_array();
    size_t at = 0;
    struct today sums;

    json_put(data, "tiles", tiles);
    json_put(data, "spans", choice);
    for (size_t i = 0; i < LEN(spans); i++) {
        struct json *o = json_object();

        if (str_is(asked, spans[i].name))
            at = i;
        json_put_str(o, "name", str_c(spans[i].name));
        json_put_str(o, "text", officer_text(c, "today.span.", str_c(spans[i].name)));
        json_put_bool(o, "here",
                      i == 0 ? asked.n == 0 || str_is(asked, "today")
                             : str_is(asked, spans[i].name));
        json_add(choice, o);
    }
    TRY(today_read(&c->app->office, clock_day_start_ms(date_add_days(today, -spans[at].from)),
                   clock_day_start_ms(date_add_days(today, 1 - spans[at].to)), &sums, e));
    put_tile(c, tiles, "today.collected", sums.collected.vnd, sums.collected.count);
    put_tile(c, tiles, "today.refunded", sums.refunded.vnd, sums.refunded.count);
    put_tile(c, tiles, "today.fees", sums.fees.vnd, sums.fees.count);
    put_tile(c, tiles, "today.net", sums.net_vnd, -1);
    return OK;
}

static const char *look_of(enum reconcile_verdict v)
{
    static const char *const looks[] = {
        [RECONCILE_NO_VERDICT] = "plain",  [RECONCILE_INCOMPLETE] = "bad",
        [RECONCILE_BREAKS] = "bad",        [RECONCILE_WITH_WARNINGS] = "warn",
        [RECONCILE_WITH_PENDING] = "warn", [RECONCILE_RECONCILED] = "good",
    };

    _Static_assert(LEN(looks) == RECONCILE_VERDICT_COUNT, "a look for each verdict");
    return looks[v];
}

struct days {
    struct run_square *list;
    size_t n;
    struct date first;
};

static const struct run_square *square_find(const struct days *d, const struct source *s,
                                            struct date day)
{
    for (size_t i = 0; i < d->n; i++)
        if (str_eq(d->list[i].key.provider, s->provider) &&
            str_eq(d->list[i].key.account, s->account) && date_cmp(d->list[i].key.day, day) == 0)
            return &d->list[i];
    return NULL;
}

static struct json *square_json(struct ctx *c, const struct source *s, struct date day,
                                const struct run_square *q)
{
    struct json *o = json_object();
    const bool has = source_has_day(s, day);
    const enum reconcile_verdict verdict = q == NULL ? RECONCILE_NO_VERDICT : q->verdict;
    const bool closed = q != NULL && q->state == RUN_CLOSED;

    json_put_str(o, "day", date_iso(c->arena, day));
    json_put_str(o, "label", date_vn(c->arena, day));
    json_put_bool(o, "no_day", !has && q == NULL);
    json_put_str(o, "look", str_c(look_of(verdict)));
    json_put_str(o, "word",
                 officer_text(c, "finance.verdict_text.", str_c(reconcile_verdict_name(verdict))));
    json_put_bool(o, "closed", closed);
    json_put_str(o, "open",
                 q == NULL || q->open_count == 0 ? STR("")
                                                 : money_print_bare(c->arena, q->open_count));
    return o;
}

/* "còn 3 giờ 05 phút" or "quá hạn 1 giờ 20 phút". */
static struct str countdown(struct ctx *c, int64_t left_s)
{
    const int64_t s = left_s < 0 ? -left_s : left_s;
    const struct str parts[] = { str_i64(c->arena, s / HOUR_S),
                                 str_fmt(c->arena, "%02d", (int)(s % HOUR_S / 60)) };

    return view_fill(c, left_s < 0 ? "today.late" : "today.left", parts, LEN(parts));
}

static result put_missing(struct ctx *c, struct json *data, struct err *e)
{
    struct json *missing = json_array();
    struct file_missing *list;
    size_t n;

    json_put(data, "missing", missing);
    TRY(file_missing_list(&c->app->office, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        const int64_t left_s = (list[i].deadline_ms - c->now_ms) / 1000;
        struct json *o = json_object();

        json_put_str(o, "source", view_either(c, list[i].source->name_vi, list[i].source->name_en));
        json_put_str(o, "day", date_iso(c->arena, list[i].day));
        json_put_str(o, "label", date_vn(c->arena, list[i].day));
        json_put_str(o, "look", list[i].is_late ? STR("bad") : STR("warn"));
        json_put_str(o, "word", countdown(c, left_s));
        json_add(missing, o);
    }
    return OK;
}

static struct json *source_json(struct ctx *c, const struct source *s, const struct days *d)
{
    struct json *o = json_object(), *squares = json_array();

    json_put_str(o, "source", view_either(c, s->name_vi, s->name_en));
    for (int i = 0; i < DAYS_SHOWN; i++) {
        const struct date day = date_add_days(d->first, i);
        const struct run_square *q = square_find(d, s, day);

        json_add(squares, square_json(c, s, day, q));
    }
    json_put(o, "squares", squares);
    return o;
}

static result put_sources(struct ctx *c, struct json *data, struct err *e)
{
    const struct date today = clock_local(c->now_ms).date;
    struct json *rows = json_array(), *heads = json_array();
    struct days d = { .first = date_add_days(today, 1 - DAYS_SHOWN) };
    const struct source *s;

    json_put(data, "sources", rows);
    json_put(data, "days", heads);
    TRY(run_squares(&c->app->office, d.first, today, c->arena, &d.list, &d.n, e));
    for (int i = 0; i < DAYS_SHOWN; i++) {
        const struct date day = date_add_days(d.first, i);

        json_add_str(heads, str_fmt(c->arena, "%02d/%02d", day.d, day.m));
    }
    for (size_t i = 0; (s = source_each(c->app->office.sources, today, i)) != NULL; i++)
        json_add(rows, source_json(c, s, &d));
    return OK;
}

/* What this officer may decide, and what only waits for others. */
static result put_approvals(struct ctx *c, struct json *data, struct err *e)
{
    const struct proposal_actor me = officer_actor(c);
    struct json *rows = json_array();
    struct proposal *list;
    int64_t mine = 0, others = 0;
    size_t n;

    json_put(data, "approvals", rows);
    TRY(proposal_list(&c->app->till, PROPOSAL_OPEN, STR(""), PROPOSALS, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        const bool may = !str_eq(list[i].maker, me.name) && list[i].amount_vnd <= me.limit_vnd &&
                         c->staff.role >= STAFF_TREASURER;
        struct json *o;

        mine += may;
        others += !may;
        if (!may || json_count(rows) == APPROVALS)
            continue;
        o = json_object();
        json_put_str(o, "id", list[i].id);
        json_put_str(o, "kind",
                     officer_text(c, "proposal.kind.", str_c(proposal_kind_name(list[i].kind))));
        json_put_str(o, "subject", list[i].subject);
        json_put_str(o, "amount",
                     list[i].amount_vnd > 0 ? money_print(c->arena, list[i].amount_vnd) : STR(""));
        json_add(rows, o);
    }
    json_put_str(data, "mine", money_print_bare(c->arena, mine));
    json_put_str(data, "others", money_print_bare(c->arena, others));
    json_put_bool(data, "has_mine", mine > 0);
    return OK;
}

static result put_ages(struct ctx *c, struct json *data, struct err *e)
{
    struct json *rows = json_array();
    struct exception_ages ages;
    int64_t all = 0;

    json_put(data, "ages", rows);
    TRY(exception_ages(&c->app->till, &ages, e));
    for (int age = 0; age < EXCEPTION_AGE_COUNT; age++) {
        struct json *o = json_object();
        int64_t count = 0, vnd = 0;

        for (int m = 0; m < MATCH_COUNT; m++) {
            count += ages.count[m][age];
            vnd += ages.value_vnd[m][age];
        }
        all += count;
        json_put_str(o, "age",
                     view_text(c, str_cstr(c->arena, str_fmt(c->arena, "today.age.%d", age))));
        json_put_str(o, "count", money_print_bare(c->arena, count));
        view_put_money(c, o, "amount", vnd);
        json_put_bool(o, "old", age == EXCEPTION_AGE_COUNT - 1 && count > 0);
        json_add(rows, o);
    }
    json_put_str(data, "open_count", money_print_bare(c->arena, all));
    json_put_bool(data, "has_open", all > 0);
    return OK;
}

static result put_tax(struct ctx *c, struct json *data, struct err *e)
{
    int64_t count, left_s;

    TRY(receipt_summary_open(&c->app->till, &count, &left_s, e));
    json_put_str(data, "tax_count", money_print_bare(c->arena, count));
    json_put_bool(data, "tax_due", count > 0);
    json_put_str(data, "tax_look",
                 count == 0   ? STR("good")
                 : left_s < 0 ? STR("bad")
                              : STR("warn"));
    json_put_str(data, "tax_word",
                 count == 0 ? view_text(c, "today.tax_done") : countdown(c, left_s));
    return OK;
}

/* GET /finance */
result page_today(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct form query;

    TRY(form_query(rq, &query, e));
    TRY(put_money(c, data, form_get(&query, "span"), e));
    TRY(put_sources(c, data, e));
    TRY(put_missing(c, data, e));
    TRY(put_approvals(c, data, e));
    TRY(put_ages(c, data, e));
    TRY(residuals_put(c, data, e));
    TRY(put_tax(c, data, e));
    json_put_str(data, "now", clock_vn(c->arena, c->now_ms));
    officer_put_tabs(c, data, "today");
    return view_page(c, rq, rs, "finance_today", "nav.today", data, e);
}
