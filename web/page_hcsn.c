/* The books by the accounts of public service units, for their accountants: on screen, as files,
 * and by the interface. */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/hcsn.h"
#include "payments/fee.h"
#include "web/api.h"
#include "web/officer.h"
#include "web/table.h"
#include "web/view.h"

enum {
    COL_CODE,
    COL_NAME,
    COL_OURS,
    COL_OPENING_DEBIT,
    COL_OPENING_CREDIT,
    COL_DEBIT,
    COL_CREDIT,
    COL_CLOSING_DEBIT,
    COL_CLOSING_CREDIT
};
static const struct table_column columns[] = {
    [COL_CODE] = { .name = "account", .text = "books.account", .kind = TABLE_STATE },
    [COL_NAME] = { .name = "name", .text = "books.name", .kind = TABLE_TEXT, .wraps = true },
    [COL_OURS] = { .name = "ours", .text = "hcsn.ours", .kind = TABLE_TEXT, .wide_only = true },
    [COL_OPENING_DEBIT] = { .name = "opening_debit",
                            .text = "hcsn.opening_debit",
                            .kind = TABLE_MONEY },
    [COL_OPENING_CREDIT] = { .name = "opening_credit",
                             .text = "hcsn.opening_credit",
                             .kind = TABLE_MONEY },
    [COL_DEBIT] = { .name = "debit", .text = "hcsn.debit", .kind = TABLE_MONEY },
    [COL_CREDIT] = { .name = "credit", .text = "hcsn.credit", .kind = TABLE_MONEY },
    [COL_CLOSING_DEBIT] = { .name = "closing_debit",
                            .text = "hcsn.closing_debit",
                            .kind = TABLE_MONEY },
    [COL_CLOSING_CREDIT] = { .name = "closing_credit",
                             .text = "hcsn.closing_credit",
                             .kind = TABLE_MONEY },
};
enum { BY_SPAN, BY_AGENCY };
static const struct table_filter filters[] = {
    [BY_SPAN] = { .name = "day", .text = "books.day", .kind = TABLE_BY_DAYS },
    [BY_AGENCY] = { .name = "agency", .text = "txn.agency", .kind = TABLE_BY_CHOICE },
};

static result balances_of(struct ctx *c, const struct table_query *q, struct hcsn_balance **list,
                          size_t *n, struct err *e)
{
    struct date from = { 1, 1, 2 }, to = clock_local(c->now_ms).date, asked;

    if (q->values[BY_SPAN].from_ms > 0 && date_read(q->values[BY_SPAN].from_day, &asked))
        from = asked;
    if (q->values[BY_SPAN].to_ms < INT64_MAX && date_read(q->values[BY_SPAN].to_day, &asked))
        to = asked;
    return hcsn_balances(&c->app->office, q->values[BY_AGENCY].text, from, to, c->arena, list, n,
                         e);
}

static void put_row(struct ctx *c, struct table_row *row, const struct hcsn_balance *b)
{
    if (b->code.n == 0)
        table_state(row, COL_CODE, TABLE_BAD, view_text(c, "hcsn.unmapped"));
    else if (str_is(b->code, "-"))
        table_state(row, COL_CODE, TABLE_PLAIN, view_text(c, "hcsn.off"));
    else
        table_state(row, COL_CODE, TABLE_PLAIN, b->code);
    if (b->name_vi.n > 0)
        table_text(row, COL_NAME, view_either(c, b->name_vi, b->name_en));
    table_text(row, COL_OURS, b->ours);
    table_number(row, COL_OPENING_DEBIT, b->opening_debit_vnd);
    table_number(row, COL_OPENING_CREDIT, b->opening_credit_vnd);
    table_number(row, COL_DEBIT, b->debit_vnd);
    table_number(row, COL_CREDIT, b->credit_vnd);
    table_number(row, COL_CLOSING_DEBIT, b->closing_debit_vnd);
    table_number(row, COL_CLOSING_CREDIT, b->closing_credit_vnd);
}

static result find_rows(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                        struct err *e)
{
    struct hcsn_balance *list;
    int64_t from = 0;
    size_t n;

    (void)str_to_i64(q->after, &from);
    TRY(balances_of(c, q, &list, &n, e));
    for (size_t i = (size_t)from; i < n && i < (size_t)from + q->most; i++)
        put_row(c, table_row(rows, str_fmt(c->arena, "%zu", i + 1)), &list[i]);
    return OK;
}

static result sum_rows(struct ctx *c, const struct table_query *q, struct table_totals *totals,
                       struct err *e)
{
    struct hcsn_balance *list, all = { 0 };
    size_t n;

    TRY(balances_of(c, q, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        all.opening_debit_vnd += list[i].opening_debit_vnd;
        all.opening_credit_vnd += list[i].opening_credit_vnd;
        all.debit_vnd += list[i].debit_vnd;
        all.credit_vnd += list[i].credit_vnd;
        all.closing_debit_vnd += list[i].closing_debit_vnd;
        all.closing_credit_vnd += list[i].closing_credit_vnd;
    }
    totals->count = (int64_t)n;
    table_sum(totals, COL_OPENING_DEBIT, all.opening_debit_vnd);
    table_sum(totals, COL_OPENING_CREDIT, all.opening_credit_vnd);
    table_sum(totals, COL_DEBIT, all.debit_vnd);
    table_sum(totals, COL_CREDIT, all.credit_vnd);
    table_sum(totals, COL_CLOSING_DEBIT, all.closing_debit_vnd);
    table_sum(totals, COL_CLOSING_CREDIT, all.closing_credit_vnd);
    return OK;
}

static result choose(struct ctx *c, size_t filter, struct table_choices *list, struct err *e)
{
    const struct date today = clock_local(c->now_ms).date;
    struct fee_agency agency;

    (void)filter;
    (void)e;
    for (size_t i = 0; fee_agency_at(c->app->fees, i, today, &agency); i++)
        table_choice(list, agency.id, view_either(c, agency.name_vi, agency.name_en));
    return OK;
}

static const struct table hcsn = { .name = "hcsn",
                                   .title = "hcsn.title",
                                   .columns = columns,
                                   .column_count = LEN(columns),
                                   .filters = filters,
                                   .filter_count = LEN(filters),
                                   .rows = find_rows,
                                   .totals = sum_rows,
                                   .choose = choose };

/* GET /finance/hcsn */
result page_hcsn(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    const struct table_page page = { .table = &hcsn, .tab = "hcsn", .data = data };

    json_put_str(data, "lead", view_text(c, "hcsn.lead"));
    return table_answer(c, rq, rs, &page, e);
}

static struct json *balance_json(const struct hcsn_balance *b)
{
    struct json *o = json_object();

    api_put_text(o, "account", b->code);
    api_put_text(o, "name_vi", b->name_vi);
    api_put_text(o, "name_en", b->name_en);
    json_put_str(o, "ours", b->ours);
    json_put_int(o, "opening_debit_vnd", b->opening_debit_vnd);
    json_put_int(o, "opening_credit_vnd", b->opening_credit_vnd);
    json_put_int(o, "debit_vnd", b->debit_vnd);
    json_put_int(o, "credit_vnd", b->credit_vnd);
    json_put_int(o, "closing_debit_vnd", b->closing_debit_vnd);
    json_put_int(o, "closing_credit_vnd", b->closing_credit_vnd);
    return o;
}

/* GET /v1/hcsn-balances */
result api_hcsn(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct date from = { 1, 1, 2 }, to = clock_local(c->now_ms).date;
    struct hcsn_balance *list;
    struct json *body, *data;
    struct form query;
    struct str first, last;
    size_t n;

    TRY(api_may(c, e));
    TRY(api_query(c, rq, &query, e));
    TRY(api_agency(c, form_get(&query, "agency_id"), e));
    first = form_get(&query, "from");
    last = form_get(&query, "to");
    if (first.n > 0 && !date_read(first, &from))
        return fail_field(e, ERR_INVALID, "from", "not a day");
    if (last.n > 0 && !date_read(last, &to))
        return fail_field(e, ERR_INVALID, "to", "not a day");
    if (date_cmp(from, to) > 0)
        return fail_field(e, ERR_INVALID, "to", "before from");
    TRY(hcsn_balances(&c->app->office, form_get(&query, "agency_id"), from, to, c->arena, &list, &n,
                      e));
    body = json_object();
    data = json_array();
    for (size_t i = 0; i < n; i++)
        json_add(data, balance_json(&list[i]));
    json_put(body, "data", data);
    return api_send(c, rq, rs, body, e);
}
