/*
 * What sources paid over, per day and body, down to each payment, and the bank's word for it. The
 * figures are finance/payout.h's.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "finance/payout.h"
#include "http/form.h"
#include "payments/fee.h"
#include "web/input.h"
#include "web/officer.h"
#include "web/table.h"
#include "web/view.h"

enum {
    COL_DAY,
    COL_STATE,
    COL_AGENCY,
    COL_SOURCE,
    COL_PAYMENTS,
    COL_GROSS,
    COL_RETURNED,
    COL_FEE,
    COL_NET,
    COL_BANK
};
static const struct table_column columns[] = {
    [COL_DAY] = { .name = "day", .text = "payout.day", .kind = TABLE_LINK },
    [COL_STATE] = { .name = "state", .text = "payout.state", .kind = TABLE_STATE },
    [COL_AGENCY] = { .name = "agency", .text = "payout.agency", .kind = TABLE_TEXT },
    [COL_SOURCE] = { .name = "source",
                     .text = "payout.source",
                     .kind = TABLE_TEXT,
                     .wide_only = true },
    [COL_PAYMENTS] = { .name = "payments", .text = "payout.payments", .kind = TABLE_COUNT },
    [COL_GROSS] = { .name = "gross", .text = "payout.gross", .kind = TABLE_MONEY },
    [COL_RETURNED] = { .name = "returned",
                       .text = "payout.returned",
                       .kind = TABLE_MONEY,
                       .wide_only = true },
    [COL_FEE] = { .name = "fee", .text = "payout.fee", .kind = TABLE_MONEY, .wide_only = true },
    [COL_NET] = { .name = "net", .text = "payout.net", .kind = TABLE_MONEY },
    [COL_BANK] = { .name = "bank_ref",
                   .text = "payout.bank_ref",
                   .kind = TABLE_TEXT,
                   .wide_only = true },
};

enum { BY_AGENCY, BY_STATE, BY_DAY };
static const struct table_filter filters[] = {
    [BY_AGENCY] = { .name = "agency", .text = "payout.agency", .kind = TABLE_BY_CHOICE },
    [BY_STATE] = { .name = "state",
                   .text = "payout.state",
                   .kind = TABLE_BY_CHOICE,
                   .choices = "open confirmed reversed",
                   .choice_text = "payout.state_text." },
    [BY_DAY] = { .name = "day", .text = "payout.day", .kind = TABLE_BY_DAYS },
};

static enum table_look look_of(enum payout_state s)
{
    return s == PAYOUT_CONFIRMED ? TABLE_GOOD : s == PAYOUT_OPEN ? TABLE_WARN : TABLE_BAD;
}

static struct payout_filter filter_of(const struct table_query *q)
{
    struct payout_filter f = { .agency_id = q->values[BY_AGENCY].text,
                               .state = q->values[BY_STATE].text,
                               .most = q->most };
    struct str n;

    if (q->values[BY_DAY].is_set) {
        (void)date_read(q->values[BY_DAY].from_day, &f.from);
        (void)date_read(q->values[BY_DAY].to_day, &f.to);
    }
    if (str_cut(q->after, '.', &n, &f.before_agency))
        (void)str_to_i64(n, &f.before_n);
    return f;
}

static void put_row(struct ctx *c, struct table_row *row, const struct payout *p)
{
    table_link(row, COL_DAY, date_vn(c->arena, p->day),
               str_cat(c->arena, STR("/finance/payouts/"), p->id));
    table_state(row, COL_STATE, look_of(p->state),
                officer_text(c, "payout.state_text.", str_c(payout_state_name(p->state))));
    table_text(row, COL_AGENCY, p->agency_id);
    table_text(row, COL_SOURCE, p->provider);
    table_number(row, COL_PAYMENTS, p->payments);
    table_number(row, COL_GROSS, p->gross_vnd);
    table_number(row, COL_RETURNED, p->returned_vnd);
    table_number(row, COL_FEE, p->fee_vnd);
    table_number(row, COL_NET, p->net_vnd);
    if (p->bank_ref.n > 0)
        table_text(row, COL_BANK, p->bank_ref);
}

static result find_rows(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                        struct err *e)
{
    const struct payout_filter f = filter_of(q);
    struct payout *list;
    size_t n;

    TRY(payout_list(&c->app->office, &f, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct table_row *row = table_row(
            rows, str_fmt(c->arena, "%lld.%.*s", (long long)list[i].n, STR_ARG(list[i].agency_id)));
        if (row == NULL)
            return OK;
        put_row(c, row, &list[i]);
    }
    return OK;
}

static result sum_rows(struct ctx *c, const struct table_query *q, struct table_totals *totals,
                       struct err *e)
{
    const struct payout_filter f = filter_of(q);
    struct payout_sums s;

    TRY(payout_sums(&c->app->office, &f, c->arena, &s, e));
    totals->count = s.count;
    table_sum(totals, COL_PAYMENTS, s.payments);
    table_sum(totals, COL_GROSS, s.gross_vnd);
    table_sum(totals, COL_RETURNED, s.returned_vnd);
    table_sum(totals, COL_FEE, s.fee_vnd);
    table_sum(totals, COL_NET, s.net_vnd);
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

static const struct table payouts = { .name = "payouts",
                                      .title = "payout.title",
                                      .columns = columns,
                                      .column_count = LEN(columns),
                                      .filters = filters,
                                      .filter_count = LEN(filters),
                                      .rows = find_rows,
                                      .totals = sum_rows,
                                      .choose = choose };

/* GET /finance/payouts */
result page_payouts(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct table_page page = { .table = &payouts, .tab = "payouts" };

    return table_answer(c, rq, rs, &page, e);
}

enum { ITEM_DOSSIER, ITEM_REFERENCE, ITEM_WHAT, ITEM_AMOUNT, ITEM_FEE, ITEM_LINE, ITEM_REMITTED };
static const struct table_column item_columns[] = {
    [ITEM_DOSSIER] = { .name = "dossier", .text = "payout.dossier", .kind = TABLE_LINK },
    [ITEM_REFERENCE] = { .name = "reference", .text = "payout.reference", .kind = TABLE_TEXT },
    [ITEM_WHAT] = { .name = "what", .text = "payout.what", .kind = TABLE_TEXT },
    [ITEM_AMOUNT] = { .name = "amount", .text = "payout.amount", .kind = TABLE_MONEY },
    [ITEM_FEE] = { .name = "fee", .text = "payout.fee", .kind = TABLE_MONEY },
    [ITEM_LINE] = { .name = "line", .text = "payout.line", .kind = TABLE_COUNT, .wide_only = true },
    [ITEM_REMITTED] = { .name = "remitted", .text = "payout.remitted", .kind = TABLE_DAY },
};

static const char *what_key(const struct payout_item *i)
{
    return i->what.n == 0                ? "payout.what_payment"
           : str_is(i->what, "reversal") ? "payout.what_reversal"
                                         : "payout.what_refund";
}

static result find_items(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                         struct err *e)
{
    const struct payout *p = q->user;
    struct payout_item *list;
    int64_t after = 0;
    size_t n;

    (void)str_to_i64(q->after, &after);
    TRY(payout_items(&c->app->office, p, after, q->most, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        const struct payout_item *x = &list[i];
        struct table_row *row = table_row(rows, str_i64(c->arena, x->line));

        if (row == NULL)
            return OK;
        table_link(row, ITEM_DOSSIER, x->dossier,
                   str_cat(c->arena, STR("/finance/orders/"), x->order_id));
        table_text(row, ITEM_REFERENCE, x->reference);
        table_text(row, ITEM_WHAT, view_text(c, what_key(x)));
        table_number(row, ITEM_AMOUNT, x->vnd);
        table_number(row, ITEM_FEE, x->fee_vnd);
        table_number(row, ITEM_LINE, x->line);
        table_day(row, ITEM_REMITTED, x->remitted_day);
    }
    return OK;
}

static result sum_items(struct ctx *c, const struct table_query *q, struct table_totals *totals,
                        struct err *e)
{
    const struct payout *p = q->user;

    (void)c;
    (void)e;
    totals->count = p->payments + p->returns;
    table_sum(totals, ITEM_AMOUNT, p->gross_vnd - p->returned_vnd);
    table_sum(totals, ITEM_FEE, p->fee_vnd + p->invoiced_vnd);
    return OK;
}

static const struct table items = { .name = "payout_items",
                                    .title = "payout.items",
                                    .columns = item_columns,
                                    .column_count = LEN(item_columns),
                                    .rows = find_items,
                                    .totals = sum_items };

static void put_payout(struct ctx *c, struct json *data, const struct payout *p)
{
    static const char *const looks[] = { "warn", "good", "bad" };
    struct json *o = json_object();
    struct date bank_day;

    json_put(data, "payout", o);
    json_put_str(o, "id", p->id);
    json_put_str(o, "day", date_vn(c->arena, p->day));
    json_put_str(o, "state",
                 officer_text(c, "payout.state_text.", str_c(payout_state_name(p->state))));
    json_put_str(o, "look", str_c(looks[p->state]));
    json_put_str(o, "agency", p->agency_id);
    json_put_str(o, "source", p->provider);
    json_put_str(o, "beneficiary", p->beneficiary);
    json_put_int(o, "revision", p->revision);
    json_put_int(o, "payments", p->payments);
    json_put_int(o, "returns", p->returns);
    view_put_money(c, o, "gross", p->gross_vnd);
    view_put_money(c, o, "returned", p->returned_vnd);
    view_put_money(c, o, "fee", p->fee_vnd);
    view_put_money(c, o, "invoiced", p->invoiced_vnd);
    view_put_money(c, o, "net", p->net_vnd);
    json_put_str(o, "posted", clock_vn(c->arena, p->posted_ms));
    json_put_str(o, "bank_ref", p->bank_ref);
    json_put_str(o, "bank_day",
                 date_read(p->bank_day, &bank_day) ? date_vn(c->arena, bank_day) : p->bank_day);
    json_put_str(o, "confirmed_by", officer_who(c, p->confirmed_by));
    json_put_bool(o, "may_confirm", p->state == PAYOUT_OPEN && c->staff.role >= STAFF_OFFICER);
    json_put_int(o, "net_vnd", p->net_vnd);
    json_put_str(o, "today", date_iso(c->arena, clock_local(c->now_ms).date));
}

static result show(struct ctx *c, struct request *rq, struct response *rs, const struct err *why,
                   struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct payout p;
    struct table_page page = {
        .table = &items, .tab = "payouts", .page = "finance_payout", .data = data, .user = &p
    };

    TRY(payout_load(&c->app->office, request_param(rq, "id"), c->arena, &p, e));
    put_payout(c, data, &p);
    officer_put_mistake(c, data, why);
    TRY(table_answer(c, rq, rs, &page, e));
    if (why->code != ERR_NONE)
        view_status(rs, err_status(why->code));
    return OK;
}

/* GET /finance/payouts/{id} */
result page_payout(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct err none = { .code = ERR_NONE };

    return show(c, rq, rs, &none, e);
}

static result confirm(struct ctx *c, const struct form *form, struct str id, struct err *e)
{
    const struct proposal_actor by = officer_actor(c);
    struct payout_word w = { .number = form_get(form, "number") };
    struct payout p;

    TRY(input_date(form_get(form, "day"), "day", &w.day, e));
    if (money_read(form_get(form, "amount"), &w.amount_vnd, e).failed)
        return fail_field(e, ERR_INVALID, "amount_vnd", "an amount in dong");
    return payout_confirm(&c->app->office, id, &w, &by, c->arena, &p, e);
}

/* POST /finance/payouts/{id} */
result payout_act(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str id = request_param(rq, "id");
    struct err why = { .code = ERR_NONE };
    struct form form;

    TRY(form_body(rq, &form, e));
    if (!confirm(c, &form, id, &why).failed) {
        view_redirect(rs, str_cat(c->arena, STR("/finance/payouts/"), id));
        return OK;
    }
    if (officer_is_mistake(&why))
        return show(c, rq, rs, &why, e);
    *e = why;
    return (result){ true };
}
