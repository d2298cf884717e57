/* The four equations of the books on the first page, and what stands behind each as a list. */
#include "web/page_residuals.h"

#include <pthread.h>

#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "finance/residual.h"
#include "web/api.h"
#include "web/officer.h"
#include "web/table.h"
#include "web/view.h"

#define KEPT_TIMES 20 /* what took 1 s to read holds for 20 s */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct residual kept[RESIDUAL_COUNT];
static int64_t kept_at_ms; /* by the wall */
static int64_t kept_until; /* by the monotonic clock; 0: nothing is kept */

static result residuals_find(struct ctx *c, struct residual out[RESIDUAL_COUNT], int64_t *at_ms,
                             struct err *e)
{
    const int64_t from = clock_monotonic_ms();
    result r = OK;

    (void)pthread_mutex_lock(&lock);
    if (from >= kept_until) {
        kept_until = 0;
        r = residual_read(&c->app->office, kept, e);
        if (!r.failed) {
            const int64_t now = clock_monotonic_ms();

            kept_until = now + (now - from) * KEPT_TIMES;
            kept_at_ms = c->now_ms;
        }
    }
    for (int k = 0; k < RESIDUAL_COUNT; k++)
        out[k] = kept[k];
    *at_ms = kept_at_ms;
    (void)pthread_mutex_unlock(&lock);
    return r;
}

result residuals_put(struct ctx *c, struct json *data, struct err *e)
{
    struct residual all[RESIDUAL_COUNT];
    struct json *rows = json_array();
    int64_t at_ms;

    json_put(data, "residuals", rows);
    TRY(residuals_find(c, all, &at_ms, e));
    for (int k = 0; k < RESIDUAL_COUNT; k++) {
        const struct str account = str_i64(c->arena, all[k].account);
        struct json *o = json_object();

        json_put_str(o, "account", account);
        json_put_str(o, "name", officer_text(c, "residual.", account));
        json_put_str(o, "behind", officer_text(c, "residual.behind.", account));
        view_put_money(c, o, "books", all[k].books_vnd);
        view_put_money(c, o, "listed", all[k].listed_vnd);
        view_put_money(c, o, "left", all[k].left_vnd);
        json_put_str(o, "count", money_print_bare(c->arena, all[k].count));
        json_put_bool(o, "is_zero", all[k].left_vnd == 0);
        json_add(rows, o);
    }
    json_put_str(data, "residuals_at", clock_vn(c->arena, at_ms));
    return OK;
}

/* ---- behind one of them ---- */

enum { COL_NAME, COL_WHAT, COL_AT, COL_AGENCY, COL_ORDER, COL_AMOUNT };
static const struct table_column columns[] = {
    [COL_NAME] = { .name = "name", .text = "residual.name", .kind = TABLE_LINK },
    [COL_WHAT] = { .name = "what", .text = "residual.what", .kind = TABLE_TEXT },
    [COL_AT] = { .name = "at", .text = "residual.at", .kind = TABLE_TIME },
    [COL_AGENCY] = { .name = "agency", .text = "txn.agency", .kind = TABLE_TEXT },
    [COL_ORDER] = { .name = "order",
                    .text = "residual.order",
                    .kind = TABLE_LINK,
                    .wide_only = true },
    [COL_AMOUNT] = { .name = "amount", .text = "txn.due", .kind = TABLE_MONEY },
};

static struct str url_of(struct ctx *c, const struct residual_row *r)
{
    if (str_starts(r->name, STR("rfd_")))
        return str_cat(c->arena, STR("/finance/refunds/"), r->name);
    if (str_is(r->what, "loss"))
        return str_cat(c->arena, STR("/finance/exceptions/"), r->name);
    return r->order_id.n > 0 ? str_cat(c->arena, STR("/finance/orders/"), r->order_id) : STR("");
}

static void put_row(struct ctx *c, struct table_row *row, const struct residual_row *r)
{
    const struct str url = url_of(c, r);

    if (url.n > 0)
        table_link(row, COL_NAME, r->name, url);
    else
        table_text(row, COL_NAME, r->name);
    table_text(row, COL_WHAT, officer_text(c, "residual.row.", r->what));
    table_time(row, COL_AT, r->at_ms);
    table_text(row, COL_AGENCY, r->agency_id);
    if (r->order_id.n > 0)
        table_link(row, COL_ORDER, r->order_id,
                   str_cat(c->arena, STR("/finance/orders/"), r->order_id));
    table_number(row, COL_AMOUNT, r->vnd);
}

static result find_rows(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                        struct err *e)
{
    const enum residual_kind *kind = q->user;
    struct residual_place after = { 0 };
    struct residual_row *list;
    struct str at;
    size_t n;

    if (str_cut(q->after, '.', &at, &after.key))
        (void)str_to_i64(at, &after.at_ms);
    TRY(residual_rows(&c->app->office, *kind, &after, q->most, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        put_row(c,
                table_row(rows, str_fmt(c->arena, "%lld.%.*s%.*s", (long long)list[i].at_ms,
                                        STR_ARG(list[i].what), STR_ARG(list[i].name))),
                &list[i]);
    return OK;
}

static result sum_rows(struct ctx *c, const struct table_query *q, struct table_totals *totals,
                       struct err *e)
{
    const enum residual_kind *kind = q->user;
    struct residual all[RESIDUAL_COUNT];

    TRY(residual_read(&c->app->office, all, e));
    totals->count = all[*kind].count;
    table_sum(totals, COL_AMOUNT, all[*kind].listed_vnd);
    return OK;
}

static const struct table behind = { .name = "residuals",
                                     .title = "residual.title",
                                     .columns = columns,
                                     .column_count = LEN(columns),
                                     .rows = find_rows,
                                     .totals = sum_rows };

/* GET /finance/residuals/{account} */
result page_residuals(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct residual all[RESIDUAL_COUNT];
    const struct residual *one;
    enum residual_kind kind;

    if (!residual_find(request_param(rq, "account"), &kind))
        return fail(e, ERR_NOT_FOUND, "no equation of that account");
    TRY(residual_read(&c->app->office, all, e));
    one = &all[kind];
    const struct str account = str_i64(c->arena, one->account);
    const struct str parts[] = { account, officer_text(c, "residual.", account),
                                 money_print(c->arena, one->books_vnd),
                                 money_print(c->arena, one->listed_vnd),
                                 money_print(c->arena, one->left_vnd) };
    const struct table_page page = {
        .table = &behind, .tab = "today", .page = "list", .data = data, .user = &kind
    };

    json_put_str(data, "lead", view_fill(c, "residual.lead", parts, LEN(parts)));
    return table_answer(c, rq, rs, &page, e);
}

/* GET /v1/residuals */
result api_residuals(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct residual all[RESIDUAL_COUNT];
    struct json *body, *data;

    (void)rq;
    TRY(api_may(c, e));
    TRY(api_agency(c, STR(""), e));
    TRY(residual_read(&c->app->office, all, e));
    body = json_object();
    data = json_array();
    for (int k = 0; k < RESIDUAL_COUNT; k++) {
        struct json *o = json_object();

        json_put_str(o, "account", str_i64(c->arena, all[k].account));
        json_put_int(o, "books_vnd", all[k].books_vnd);
        json_put_int(o, "rows", all[k].count);
        json_put_int(o, "listed_vnd", all[k].listed_vnd);
        json_put_int(o, "left_vnd", all[k].left_vnd);
        json_add(data, o);
    }
    json_put(body, "data", data);
    return api_send(c, rq, rs, body, e);
}
