/*
 * One payment, as officers of money see it: lines with their legal basis, attempts, history,
 * refunds, receipts and postings; and the form that asks for a refund. The payer's name, number and
 * address are masked; each is unmasked by itself, with a reason (web/personal.h).
 */
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "http/form.h"
#include "payments/attempt.h"
#include "payments/channel.h"
#include "payments/ledger.h"
#include "payments/ledger_view.h"
#include "payments/receipt.h"
#include "payments/refund.h"
#include "payments/refund_rules.h"
#include "payments/reversal.h"
#include "web/officer.h"
#include "web/personal.h"
#include "web/proposal_text.h"
#include "web/view.h"

#define REASONS_MAX  32
#define JOURNALS_MAX 200

/* A payment's own id, a reference at a channel, or a dossier code, which begins with its agency. */
static result order_seek(struct ctx *c, struct str what, struct order *o, struct err *e)
{
    const struct till *t = &c->app->till;
    struct str agency, rest;
    struct attempt at;

    if (str_starts(what, STR("pay_")))
        return order_load(t, what, STR(""), c->arena, o, e);
    if (!attempt_load(t, what, c->arena, &at, e).failed)
        return order_load(t, at.order_id, STR(""), c->arena, o, e);
    if (!str_cut(what, '-', &agency, &rest))
        return fail(e, ERR_NOT_FOUND, "no such payment");
    return order_load_reference(t, agency, what, c->arena, o, e);
}

/* GET /finance/orders */
result page_orders(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct err why = { .code = ERR_NONE };
    struct order o;
    struct form query;
    struct str what;

    TRY(form_query(rq, &query, e));
    what = str_trim(form_get(&query, "q"));
    if (what.n > 0 && !order_seek(c, what, &o, &why).failed) {
        view_redirect(rs, str_cat(c->arena, STR("/finance/orders/"), o.id));
        return OK;
    }
    if (why.code != ERR_NONE && why.code != ERR_NOT_FOUND) {
        *e = why;
        return (result){ true };
    }
    json_put_str(data, "q", what);
    json_put_bool(data, "not_found", what.n > 0);
    officer_put_tabs(c, data, "orders");
    return view_page(c, rq, rs, "finance_orders", "order.title", data, e);
}

static void put_lines(struct ctx *c, struct json *data, const struct bill *b)
{
    struct json *rows = json_array();

    for (size_t i = 0; i < b->count; i++) {
        const struct fee_line *l = &b->lines[i];
        struct json *row = json_object();

        json_put_str(row, "name", view_either(c, l->name_vi, l->name_en));
        json_put_str(row, "basis", l->basis_text);
        json_put_str(row, "why", l->reduction_text);
        json_put_str(row, "kind", view_kind(c, l->kind));
        view_put_money(c, row, "gross", l->gross_vnd);
        view_put_money(c, row, "reduction", l->reduction_vnd);
        view_put_money(c, row, "net", l->net_vnd);
        view_put_money(c, row, "retained", l->retained_vnd);
        view_put_money(c, row, "budget", l->budget_vnd);
        json_add(rows, row);
    }
    json_put(data, "lines", rows);
}

/* What is said of taking a capture back: the proposal that waits, or the form to make one. */
static result put_reversal(struct ctx *c, struct json *row, const struct order *o,
                           const struct attempt *at, struct err *e)
{
    const bool may = c->staff.role >= STAFF_OFFICER && o->reserved_vnd == 0 &&
                     o->refunded_vnd == 0 && o->state != ORDER_SUPERSEDED;
    const struct channel *channel;
    struct proposal *list;
    struct json *postings, *form;
    size_t n;

    TRY(proposal_list_subject(&c->app->till, at->reference, c->arena, &list, &n, e));
    if (n > 0) {
        json_put_str(row, "proposal", list[0].id);
        json_put_bool(row, "disputed", list[0].state == PROPOSAL_OPEN);
    }
    if (at->state != ATTEMPT_CAPTURED || !may || (n > 0 && list[0].state == PROPOSAL_OPEN))
        return OK;
    TRY(channel_of(at, &channel, e));
    form = json_object();
    postings = json_array();
    json_put(row, "reverse", form);
    json_put_str(form, "channel_text", view_text(c, channel->text));
    json_put_str(form, "captured_at", clock_vn(c->arena, at->captured_ms));
    json_put(form, "postings", postings);
    posting_put(c, postings, "now", LEDGER_1180, channel->account, at->captured_vnd);
    posting_put(c, postings, "approved", POSTING_PARTS, LEDGER_1180, at->captured_vnd);
    posting_put(c, postings, "rejected", channel->account, LEDGER_1180, at->captured_vnd);
    return OK;
}

static struct str day_text(struct ctx *c, struct str iso)
{
    struct date day;

    return date_read(iso, &day) ? date_vn(c->arena, day) : iso;
}

static struct str channel_text(struct ctx *c, struct str name)
{
    const struct channel *channel = channel_find(name);

    return channel != NULL ? view_text(c, channel->text) : name;
}

static result put_attempts(struct ctx *c, struct json *data, const struct order *o, struct err *e)
{
    struct json *rows = json_array();
    struct attempt *list;
    size_t n;

    json_put(data, "attempts", rows);
    TRY(attempt_list(&c->app->till, o, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_int(row, "n", list[i].n);
        json_put_str(row, "reference", list[i].reference);
        json_put_str(row, "channel", channel_text(c, list[i].channel));
        json_put_str(row, "state",
                     officer_text(c, "attempt.state.", str_c(attempt_state_name(list[i].state))));
        json_put_str(row, "transaction", list[i].portal_txn);
        json_put_str(row, "settled", day_text(c, list[i].settled_day));
        json_put_str(row, "remitted", day_text(c, list[i].remitted_day));
        view_put_money(c, row, "amount",
                       list[i].captured_vnd > 0 ? list[i].captured_vnd : list[i].amount_vnd);
        json_add(rows, row);
        TRY(put_reversal(c, row, o, &list[i], e));
    }
    return OK;
}

/* A state of the payment or, where it has no such, of one of its attempts. */
static struct str state_text(struct ctx *c, struct str state)
{
    const struct str key = str_cat(c->arena, STR("order.state."), state);
    struct str text;

    return catalog_find(view_catalog(c), key, &text) ? text
                                                     : officer_text(c, "attempt.state.", state);
}

static result put_events(struct ctx *c, struct json *data, const struct order *o, struct err *e)
{
    struct json *rows = json_array();
    struct order_history *list;
    size_t n;

    json_put(data, "events", rows);
    TRY(order_history(&c->app->till, o, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(row, "at", clock_vn(c->arena, list[i].at_ms));
        if (list[i].attempt_n > 0)
            json_put_int(row, "attempt", list[i].attempt_n);
        json_put_str(row, "event", officer_text(c, "order.event.", list[i].event));
        json_put_str(row, "to", state_text(c, list[i].to));
        json_put_str(row, "actor", officer_who(c, list[i].actor));
        if (list[i].mismatch.n > 0)
            json_put_str(row, "mismatch", officer_text(c, "order.mismatch.", list[i].mismatch));
        json_add(rows, row);
    }
    return OK;
}

static result put_refunds(struct ctx *c, struct json *data, const struct order *o, struct err *e)
{
    struct json *rows = json_array();
    struct refund *list;
    size_t n;

    json_put(data, "refunds", rows);
    TRY(refund_list_order(&c->app->till, o, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(row, "id", list[i].id);
        json_put_str(row, "made", clock_vn(c->arena, list[i].created_ms));
        json_put_str(row, "state",
                     officer_text(c, "refund.state.", str_c(refund_state_name(list[i].state))));
        view_put_money(c, row, "amount", list[i].amount_vnd);
        json_add(rows, row);
    }
    return OK;
}

static result put_receipts(struct ctx *c, struct json *data, const struct order *o, struct err *e)
{
    struct json *rows = json_array();
    struct receipt *list;
    size_t n;

    json_put(data, "receipts", rows);
    TRY(receipt_list(&c->app->till, o, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(row, "serial", list[i].serial);
        json_put_str(row, "number", list[i].number_text);
        json_put_str(row, "code", list[i].code);
        json_put_str(row, "kind", view_kind(c, list[i].kind));
        view_put_money(c, row, "amount", list[i].amount_vnd);
        json_add(rows, row);
    }
    return OK;
}

/* The form holds what was available when it was shown: a stale screen is refused. */
static void put_form(struct ctx *c, struct json *data, const struct order *o,
                     const struct form *typed)
{
    static const char *const names[] = { "amount",     "reason",        "payee_name",
                                         "payee_bank", "payee_account", "remark" };
    const struct refund_reason *reasons[REASONS_MAX];
    const int64_t available_vnd = order_available_vnd(o);
    struct json *ask, *rows;
    size_t n;

    if (available_vnd <= 0 || c->staff.role < STAFF_OFFICER)
        return;
    ask = json_object();
    rows = json_array();
    json_put(data, "ask", ask);
    json_put_int(ask, "available_vnd", available_vnd);
    view_put_money(c, ask, "available", available_vnd);
    view_put_money(c, ask, "held", order_held_vnd(o));
    json_put_bool(ask, "has_held", order_held_vnd(o) > 0);
    json_put(ask, "reasons", rows);
    n = refund_reasons(c->app->till.refunds, clock_local(c->now_ms).date, reasons, REASONS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(row, "value", reasons[i]->code);
        json_put_str(row, "text", view_either(c, reasons[i]->name_vi, reasons[i]->name_en));
        json_put_bool(row, "chosen",
                      typed != NULL && str_eq(form_get(typed, "reason"), reasons[i]->code));
        json_add(rows, row);
    }
    for (size_t i = 0; typed != NULL && i < LEN(names); i++)
        json_put_str(ask, names[i], form_get(typed, names[i]));
}

/* Name, number and address, each with the form that unmasks it. */
static result put_payer(struct ctx *c, struct json *data, const struct order *o, struct err *e)
{
    const struct {
        const char *field;
        struct str value;
    } fields[] = { { "payer_name", o->payer.name },
                   { "payer_id", o->payer.id },
                   { "payer_address", o->payer.address } };
    struct json *rows = json_array();

    json_put(data, "personal", rows);
    for (size_t i = 0; i < LEN(fields); i++) {
        struct json *row;
        int64_t until_ms;
        bool shown;

        if (fields[i].value.n == 0)
            continue;
        TRY(personal_is_shown(c, o->id, str_c(fields[i].field), &shown, &until_ms, e));
        row = json_object();
        json_put_str(row, "field", str_c(fields[i].field));
        json_put_str(row, "label", officer_text(c, "personal.", str_c(fields[i].field)));
        json_put_str(row, "value",
                     shown ? fields[i].value : personal_mask(c->arena, fields[i].value));
        json_put_str(row, "until", until_ms > 0 ? clock_vn(c->arena, until_ms) : STR(""));
        json_put_bool(row, "may_show", !shown && c->staff.role >= STAFF_OFFICER);
        json_add(rows, row);
    }
    return OK;
}

static result put_journals(struct ctx *c, struct json *data, const struct order *o, struct err *e)
{
    const struct str sides[] = { view_text(c, "books.dr"), view_text(c, "books.cr") };
    struct json *rows = json_array();
    struct ledger_entry *list;
    size_t n;

    json_put(data, "journals", rows);
    TRY(ledger_view_order(&c->app->till, o->agency_id, o->id, JOURNALS_MAX, c->arena, &list, &n,
                          e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object(), *postings = json_array();
        struct ledger_line *lines;
        struct ledger_entry x;
        size_t count;

        TRY(ledger_view_one(&c->app->till, &list[i].place, c->arena, &x, &lines, &count, e));
        json_put_str(row, "kind", x.kind);
        json_put_str(row, "at", clock_vn(c->arena, x.place.at_ms));
        json_put_str(row, "url",
                     str_fmt(c->arena, "/finance/journals/%.*s_%lld_%lld",
                             STR_ARG(x.place.agency_id), (long long)x.place.slot,
                             (long long)x.place.n));
        for (size_t k = 0; k < count; k++) {
            struct json *line = json_object();

            json_put_str(
                line, "account",
                str_fmt(c->arena, "%.*s %d", STR_ARG(sides[lines[k].side]), lines[k].account));
            view_put_money(c, line, "amount", lines[k].amount_vnd);
            json_add(postings, line);
        }
        json_put(row, "postings", postings);
        json_add(rows, row);
    }
    return OK;
}

static result show(struct ctx *c, struct request *rq, struct response *rs, const struct form *typed,
                   const struct err *why, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct order o;

    TRY(order_load(&c->app->till, request_param(rq, "id"), STR(""), c->arena, &o, e));
    json_put_str(data, "id", o.id);
    json_put_str(data, "dossier", o.reference);
    json_put_str(data, "agency", o.agency_id);
    json_put_str(data, "procedure", view_either(c, o.procedure_name_vi, o.procedure_name_en));
    json_put_str(data, "state", officer_text(c, "order.state.", str_c(order_state_name(o.state))));
    json_put_str(data, "made", clock_vn(c->arena, o.created_ms));
    view_put_money(c, data, "total", o.bill.total_vnd);
    view_put_money(c, data, "captured", o.captured_vnd);
    view_put_money(c, data, "refunded", o.refunded_vnd);
    view_put_money(c, data, "reserved", o.reserved_vnd);
    put_lines(c, data, &o.bill);
    TRY(put_attempts(c, data, &o, e));
    TRY(put_events(c, data, &o, e));
    TRY(put_refunds(c, data, &o, e));
    TRY(put_receipts(c, data, &o, e));
    TRY(put_payer(c, data, &o, e));
    TRY(put_journals(c, data, &o, e));
    put_form(c, data, &o, typed);
    officer_put_mistake(c, data, why);
    officer_put_tabs(c, data, "orders");
    TRY(view_page(c, rq, rs, "finance_order", "order.one", data, e));
    view_status(rs, err_status(why->code));
    return OK;
}

/* GET /finance/orders/{id} */
result page_order(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct err none = { .code = ERR_NONE };

    return show(c, rq, rs, NULL, &none, e);
}

static result ask(struct ctx *c, const struct form *form, struct str order_id, struct refund *r,
                  struct err *e)
{
    const struct proposal_actor by = officer_actor(c);
    struct refund_request q = { .order_id = order_id,
                                .reason = form_get(form, "reason"),
                                .remark = form_get(form, "remark"),
                                .payee = { .name = form_get(form, "payee_name"),
                                           .bank = form_get(form, "payee_bank"),
                                           .account = form_get(form, "payee_account") } };

    if (money_read(form_get(form, "amount"), &q.amount_vnd, e).failed)
        return fail_field(e, ERR_INVALID, "amount_vnd", "not an amount");
    if (!str_to_i64(form_get(form, "available"), &q.available_vnd))
        return fail_field(e, ERR_STALE, "refund_amount_available", "none was shown");
    return refund_request(&c->app->till, &q, &by, "page", c->arena, r, e);
}

/* POST /finance/orders/{id}/refund */
result order_refund_ask(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct err why = { .code = ERR_NONE };
    struct refund r;
    struct form form;

    TRY(form_body(rq, &form, e));
    if (!ask(c, &form, request_param(rq, "id"), &r, &why).failed) {
        view_redirect(rs, str_cat(c->arena, STR("/finance/refunds/"), r.id));
        return OK;
    }
    if (officer_is_mistake(&why))
        return show(c, rq, rs, &form, &why, e);
    *e = why;
    return (result){ true };
}

static result propose_reversal(struct ctx *c, const struct form *form, struct str order_id,
                               struct proposal *p, struct err *e)
{
    const struct proposal_actor by = officer_actor(c);
    struct attempt at;

    TRY(attempt_load(&c->app->till, form_get(form, "reference"), c->arena, &at, e));
    if (!str_eq(at.order_id, order_id))
        return fail(e, ERR_NOT_FOUND, "an attempt of another payment");
    return reversal_propose(&c->app->till, at.reference, str_trim(form_get(form, "remark")), &by,
                            c->arena, p, e);
}

/* POST /finance/orders/{id}/reversal */
result order_reversal_ask(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct err why = { .code = ERR_NONE };
    struct proposal p;
    struct form form;

    TRY(form_body(rq, &form, e));
    if (!propose_reversal(c, &form, request_param(rq, "id"), &p, &why).failed) {
        view_redirect(rs, str_cat(c->arena, STR("/finance/approvals/"), p.id));
        return OK;
    }
    if (officer_is_mistake(&why))
        return show(c, rq, rs, NULL, &why, e);
    *e = why;
    return (result){ true };
}
