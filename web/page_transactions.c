/* All payments as a list: filtered, summed, taken along as a file. */
#include "base/err.h"
#include "base/str.h"
#include "payments/fee.h"
#include "payments/order_search.h"
#include "web/officer.h"
#include "web/table.h"
#include "web/view.h"

enum {
    COL_DOSSIER,
    COL_STATE,
    COL_MADE,
    COL_AGENCY,
    COL_PROCEDURE,
    COL_PAYER,
    COL_DUE,
    COL_CAPTURED,
    COL_REFUNDED,
    COL_CHANNEL,
    COL_TRANSACTION,
    COL_PAID
};
static const struct table_column columns[] = {
    [COL_DOSSIER] = { .name = "dossier", .text = "txn.dossier", .kind = TABLE_LINK },
    [COL_STATE] = { .name = "state", .text = "txn.state", .kind = TABLE_STATE },
    [COL_MADE] = { .name = "made", .text = "txn.made", .kind = TABLE_TIME, .sortable = true },
    [COL_AGENCY] = { .name = "agency", .text = "txn.agency", .kind = TABLE_TEXT },
    [COL_PROCEDURE] = { .name = "procedure",
                        .text = "txn.procedure",
                        .kind = TABLE_TEXT,
                        .wraps = true,
                        .wide_only = true },
    [COL_PAYER] = { .name = "payer",
                    .text = "txn.payer",
                    .kind = TABLE_TEXT,
                    .least = STAFF_OFFICER,
                    .personal = true,
                    .wide_only = true },
    [COL_DUE] = { .name = "due", .text = "txn.due", .kind = TABLE_MONEY, .sortable = true },
    [COL_CAPTURED] = { .name = "captured", .text = "txn.captured", .kind = TABLE_MONEY },
    [COL_REFUNDED] = { .name = "refunded", .text = "txn.refunded", .kind = TABLE_MONEY },
    [COL_CHANNEL] = { .name = "channel", .text = "txn.channel", .kind = TABLE_TEXT },
    [COL_TRANSACTION] = { .name = "transaction",
                          .text = "txn.transaction",
                          .kind = TABLE_TEXT,
                          .wide_only = true },
    [COL_PAID] = { .name = "paid", .text = "txn.paid", .kind = TABLE_TIME, .wide_only = true },
};

enum { BY_NUMBER, BY_STATE, BY_AGENCY, BY_CHANNEL, BY_MADE, BY_AMOUNT };
static const struct table_filter filters[] = {
    [BY_NUMBER] = { .name = "q",
                    .text = "txn.number",
                    .kind = TABLE_BY_TEXT,
                    .hint = "txn.number_hint" },
    [BY_STATE] = { .name = "state",
                   .text = "txn.state",
                   .kind = TABLE_BY_CHOICE,
                   .choices =
                       "open paid overpaid underpaid refunded expired cancelled superseded exempt",
                   .choice_text = "order.state." },
    [BY_AGENCY] = { .name = "agency", .text = "txn.agency", .kind = TABLE_BY_CHOICE },
    [BY_CHANNEL] = { .name = "channel",
                     .text = "txn.channel",
                     .kind = TABLE_BY_CHOICE,
                     .choices = "portal vnpay vietqr counter",
                     .choice_text = "txn.channel." },
    [BY_MADE] = { .name = "made", .text = "txn.made", .kind = TABLE_BY_DAYS },
    [BY_AMOUNT] = { .name = "due", .text = "txn.due", .kind = TABLE_BY_AMOUNT },
};

static enum table_look look_of(enum order_state state)
{
    switch (state) {
    case ORDER_PAID:
    case ORDER_REFUNDED:
    case ORDER_EXEMPT:
        return TABLE_GOOD;
    case ORDER_OVERPAID:
    case ORDER_UNDERPAID:
        return TABLE_BAD;
    case ORDER_OPEN:
        return TABLE_WARN;
    default:
        return TABLE_PLAIN;
    }
}

static struct order_search search_of(const struct table_query *q)
{
    struct order_search s = { .number = q->values[BY_NUMBER].text,
                              .state = q->values[BY_STATE].text,
                              .agency_id = q->values[BY_AGENCY].text,
                              .channel = q->values[BY_CHANNEL].text,
                              .from_ms = q->values[BY_MADE].from_ms,
                              .to_ms = q->values[BY_MADE].to_ms,
                              .least_vnd = q->values[BY_AMOUNT].least_vnd,
                              .most_vnd = q->values[BY_AMOUNT].most_vnd,
                              .by_amount = q->sort == COL_DUE,
                              .descending = q->descending };
    struct str at;

    s.has_after = str_cut(q->after, '.', &at, &s.after_id) && str_to_i64(at, &s.after);
    return s;
}

static void put_row(struct ctx *c, struct table_row *row, const struct order_hit *h)
{
    table_link(row, COL_DOSSIER, h->reference, str_cat(c->arena, STR("/finance/orders/"), h->id));
    table_state(row, COL_STATE, look_of(h->state),
                officer_text(c, "order.state.", str_c(order_state_name(h->state))));
    table_time(row, COL_MADE, h->created_ms);
    table_text(row, COL_AGENCY, h->agency_id);
    table_text(row, COL_PROCEDURE, view_either(c, h->procedure_vi, h->procedure_en));
    table_text(row, COL_PAYER, h->payer_name);
    table_number(row, COL_DUE, h->total_vnd);
    table_number(row, COL_CAPTURED, h->captured_vnd);
    table_number(row, COL_REFUNDED, h->refunded_vnd);
    if (h->channel.n > 0)
        table_text(row, COL_CHANNEL, officer_text(c, "txn.channel.", h->channel));
    table_text(row, COL_TRANSACTION, h->portal_txn);
    table_time(row, COL_PAID, h->captured_ms);
}

static result find_rows(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                        struct err *e)
{
    const struct order_search s = search_of(q);
    struct order_hit *list;
    size_t n;

    TRY(order_search(&c->app->till, &s, q->most, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        const int64_t at = s.by_amount && s.number.n == 0 ? list[i].total_vnd : list[i].created_ms;

        put_row(c,
                table_row(rows, str_fmt(c->arena, "%lld.%.*s", (long long)at, STR_ARG(list[i].id))),
                &list[i]);
    }
    return OK;
}

static result sum_rows(struct ctx *c, const struct table_query *q, struct table_totals *totals,
                       struct err *e)
{
    const struct order_search s = search_of(q);
    struct order_sums sums;

    TRY(order_search_sums(&c->app->till, &s, c->arena, &sums, e));
    totals->count = sums.count;
    table_sum(totals, COL_DUE, sums.total_vnd);
    table_sum(totals, COL_CAPTURED, sums.captured_vnd);
    table_sum(totals, COL_REFUNDED, sums.refunded_vnd);
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

static const struct table transactions = { .name = "transactions",
                                           .title = "txn.title",
                                           .columns = columns,
                                           .column_count = LEN(columns),
                                           .filters = filters,
                                           .filter_count = LEN(filters),
                                           .sort = "-made",
                                           .rows = find_rows,
                                           .totals = sum_rows,
                                           .choose = choose };

/* GET /finance/transactions */
result page_transactions(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct table_page page = { .table = &transactions, .tab = "transactions" };

    return table_answer(c, rq, rs, &page, e);
}
