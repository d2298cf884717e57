/*
 * Refunds, as officers see and handle them: payments/refund.h says what may follow what. Payees are
 * shown masked; the paper for bank or treasury opens one, and that is audited.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "http/form.h"
#include "payments/refund.h"
#include "payments/refund_order.h"
#include "payments/refund_rules.h"
#include "store/audit.h"
#include "web/officer.h"
#include "web/view.h"

#define ROWS_SHOWN 50

static const char *look_of(enum refund_state s)
{
    switch (s) {
    case REFUND_SUCCEEDED:
        return "good";
    case REFUND_REJECTED:
    case REFUND_FAILED:
    case REFUND_RETURNED:
    case REFUND_CANCELLED:
        return "bad";
    default:
        return "warn";
    }
}

static struct str reason_text(struct ctx *c, const struct refund *r)
{
    struct refund_reason reason;

    if (!refund_reason_find(c->app->till.refunds, r->reason, clock_local(r->created_ms).date,
                            &reason))
        return r->reason;
    return view_either(c, reason.name_vi, reason.name_en);
}

static struct json *refund_row(struct ctx *c, const struct refund *r)
{
    struct json *row = json_object();

    json_put_str(row, "id", r->id);
    json_put_str(row, "dossier", r->dossier);
    json_put_str(row, "made", clock_vn(c->arena, r->created_ms));
    json_put_str(row, "state",
                 officer_text(c, "refund.state.", str_c(refund_state_name(r->state))));
    json_put_str(row, "look", str_c(look_of(r->state)));
    json_put_str(row, "route",
                 officer_text(c, "refund.route.", str_c(refund_route_name(r->route))));
    json_put_str(row, "reason", reason_text(c, r));
    view_put_money(c, row, "amount", r->amount_vnd);
    return row;
}

/* Four figures: to be decided, to be paid, with others, and what went wrong. */
static result put_totals(struct ctx *c, struct json *data, struct err *e)
{
    static const struct {
        const char *text;
        enum refund_state states[4];
    } tiles[] = {
        { "refund.tile.decide", { REFUND_REQUESTED } },
        { "refund.tile.pay", { REFUND_APPROVED } },
        { "refund.tile.under_way",
          { REFUND_MANUAL, REFUND_SUBMITTED, REFUND_UNKNOWN, REFUND_SUBMITTING } },
        { "refund.tile.wrong", { REFUND_RETURNED, REFUND_FAILED } },
        { "refund.tile.done", { REFUND_SUCCEEDED } },
    };
    struct refund_total totals[REFUND_STATE_COUNT];
    struct json *rows = json_array();

    json_put(data, "tiles", rows);
    TRY(refund_totals(&c->app->till, totals, e));
    for (size_t i = 0; i < LEN(tiles); i++) {
        struct json *row = json_object();
        int64_t count = 0, vnd = 0;

        for (size_t s = 0; s < LEN(tiles[i].states); s++) {
            count += totals[tiles[i].states[s]].count;
            TRY(money_add(vnd, totals[tiles[i].states[s]].amount_vnd, &vnd, e));
        }
        json_put_str(row, "name", view_text(c, tiles[i].text));
        view_put_money(c, row, "amount", vnd);
        json_put_int(row, "count", count);
        json_add(rows, row);
    }
    return OK;
}

static void put_states(struct ctx *c, struct json *data, struct str chosen)
{
    struct json *rows = json_array();

    for (int s = REFUND_REQUESTED; s < REFUND_STATE_COUNT; s++) {
        const struct str name = str_c(refund_state_name((enum refund_state)s));
        struct json *row = json_object();

        json_put_str(row, "value", name);
        json_put_str(row, "text", officer_text(c, "refund.state.", name));
        json_put_bool(row, "chosen", str_eq(name, chosen));
        json_add(rows, row);
    }
    json_put(data, "states", rows);
}

static struct str next_of(struct ctx *c, const struct refund_filter *f, struct str last)
{
    const struct pair fields[] = { { STR("state"), f->state },
                                   { STR("dossier"), f->dossier },
                                   { STR("before"), last } };

    return url_with(c->arena, STR("/finance/refunds"), fields, LEN(fields));
}

/* GET /finance/refunds */
result page_refunds(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct refund_filter f = { .most = ROWS_SHOWN + 1 };
    struct json *rows = json_array();
    struct refund *list;
    struct form query;
    size_t n;

    json_put(data, "refunds", rows);
    TRY(form_query(rq, &query, e));
    f.state = form_get(&query, "state");
    f.dossier = form_get(&query, "dossier");
    f.before = form_get(&query, "before");
    TRY(put_totals(c, data, e));
    TRY(refund_list(&c->app->till, &f, c->arena, &list, &n, e));
    for (size_t i = 0; i < n && i < ROWS_SHOWN; i++)
        json_add(rows, refund_row(c, &list[i]));
    if (n > ROWS_SHOWN)
        json_put_str(data, "next_url", next_of(c, &f, list[ROWS_SHOWN - 1].id));
    put_states(c, data, f.state);
    json_put_str(data, "dossier", f.dossier);
    officer_put_tabs(c, data, "refunds");
    return view_page(c, rq, rs, "finance_refunds", "refund.title", data, e);
}

static result put_parts(struct ctx *c, struct json *data, const struct refund *r, struct err *e)
{
    struct json *rows = json_array();
    struct ledger_split *parts;
    size_t n;

    json_put(data, "parts", rows);
    TRY(refund_parts(&c->app->till, r, c->arena, &parts, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_int(row, "account", parts[i].account);
        json_put_str(row, "name",
                     officer_text(c, "ledger.account.", str_i64(c->arena, parts[i].account)));
        json_put_str(row, "fee", parts[i].fee);
        view_put_money(c, row, "amount", parts[i].amount_vnd);
        json_add(rows, row);
    }
    return OK;
}

static result put_history(struct ctx *c, struct json *data, const struct refund *r, struct err *e)
{
    struct json *rows = json_array();
    struct refund_history *list;
    size_t n;

    json_put(data, "history", rows);
    TRY(refund_history(&c->app->till, r, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(row, "at", clock_vn(c->arena, list[i].at_ms));
        json_put_str(row, "event", officer_text(c, "refund.event.", list[i].event));
        json_put_str(row, "to", officer_text(c, "refund.state.", list[i].to));
        json_put_str(row, "actor", officer_who(c, list[i].actor));
        json_put_str(row, "mismatch", list[i].mismatch);
        json_put_str(row, "evidence", list[i].evidence);
        json_add(rows, row);
    }
    return OK;
}

/* What will be posted when it is paid: the account it leaves and the one it was reserved in. */
static void put_preview(struct ctx *c, struct json *data, const struct refund *r)
{
    const int64_t from = r->route == REFUND_BY_TREASURY ? LEDGER_1150 : (int64_t)r->account;

    json_put_str(data, "pay_debit", officer_text(c, "ledger.account.", STR("2140")));
    json_put_str(data, "pay_credit", officer_text(c, "ledger.account.", str_i64(c->arena, from)));
}

static void put_acts(struct ctx *c, struct json *data, const struct refund *r)
{
    if (c->staff.role < STAFF_OFFICER)
        return;
    json_put_bool(data, "may_order", r->state == REFUND_APPROVED && r->route != REFUND_BY_CHANNEL);
    json_put_bool(data, "may_cancel", r->state == REFUND_APPROVED);
    json_put_bool(data, "may_settle", r->state == REFUND_MANUAL || r->state == REFUND_RETURNED);
    json_put_bool(data, "may_return", r->state == REFUND_SUCCEEDED);
    json_put_bool(data, "has_paper", r->document.n > 0);
}

static result put_refund(struct ctx *c, struct json *data, const struct refund *r, struct err *e)
{
    struct json *one = refund_row(c, r);
    struct proposal p;

    json_put(data, "refund", one);
    json_put_str(one, "order", r->order_id);
    json_put_int(one, "attempt", r->attempt_n);
    view_put_money(c, one, "excess", r->excess_vnd);
    json_put_str(one, "words", view_words(c, r->amount_vnd));
    json_put_str(one, "payee", r->payee_shown);
    json_put_str(one, "maker", officer_who(c, r->maker));
    json_put_str(one, "reference", r->reference);
    json_put_str(one, "txn", r->txn);
    json_put_str(one, "failure", r->failure);
    json_put_str(one, "proposal", r->proposal_id);
    json_put_bool(one, "waits", r->state == REFUND_REQUESTED);
    TRY(proposal_load(&c->app->till, r->proposal_id, c->arena, &p, e));
    json_put_str(one, "remark", p.remark);
    json_put_str(one, "decided_by", officer_who(c, p.decided_by));
    json_put_str(one, "decision_remark", p.decision_remark);
    put_preview(c, data, r);
    put_acts(c, data, r);
    TRY(put_parts(c, data, r, e));
    return put_history(c, data, r, e);
}

static result show(struct ctx *c, struct request *rq, struct response *rs, const struct err *why,
                   struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct refund r;

    TRY(refund_load(&c->app->till, request_param(rq, "id"), STR(""), c->arena, &r, e));
    TRY(put_refund(c, data, &r, e));
    officer_put_mistake(c, data, why);
    officer_put_tabs(c, data, "refunds");
    TRY(view_page(c, rq, rs, "finance_refund", "refund.one", data, e));
    view_status(rs, err_status(why->code));
    return OK;
}

/* GET /finance/refunds/{id} */
result page_refund(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct err none = { .code = ERR_NONE };

    return show(c, rq, rs, &none, e);
}

static result act(struct ctx *c, const struct form *form, struct str id, struct err *e)
{
    const struct order_cause cause = officer_cause(c);
    const struct str what = form_get(form, "act");
    struct refund_word word = { .number = form_get(form, "number"), .why = form_get(form, "why") };
    struct refund r;

    if (str_is(what, "order"))
        return refund_order_make(&c->app->till, id, &cause, c->arena, &r, e);
    if (str_is(what, "cancel"))
        return refund_cancel(&c->app->till, id, &cause, c->arena, &r, e);
    if (str_is(what, "paid"))
        word.event = REFUND_EV_PAID;
    else if (str_is(what, "unpaid"))
        word.event = REFUND_EV_UNPAID;
    else if (str_is(what, "return"))
        word.event = REFUND_EV_RETURN;
    else
        return fail_field(e, ERR_INVALID, "act", "no such act");
    return refund_settle(&c->app->till, id, &word, &cause, c->arena, &r, e);
}

/* POST /finance/refunds/{id} */
result refund_act(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str id = request_param(rq, "id");
    struct err why = { .code = ERR_NONE };
    struct form form;

    TRY(form_body(rq, &form, e));
    if (!act(c, &form, id, &why).failed) {
        view_redirect(rs, str_cat(c->arena, STR("/finance/refunds/"), id));
        return OK;
    }
    if (officer_is_mistake(&why))
        return show(c, rq, rs, &why, e);
    *e = why;
    return (result){ true };
}

/* GET /finance/refunds/{id}/order */
result refund_paper(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct refund r;
    struct str pdf;
    const struct order_cause cause = officer_cause(c);

    TRY(refund_load(&c->app->till, request_param(rq, "id"), STR(""), c->arena, &r, e));
    TRY(refund_order_pdf(&c->app->till, &r, c->arena, &pdf, e));
    const struct audit_event seen = { .actor = cause.actor,
                                      .action = STR("refund.paper"),
                                      .subject = r.id,
                                      .request_id = cause.request_id,
                                      .ip = cause.ip };

    TRY(audit_write(c->app->till.store, c->now_ms, &seen, e));
    response_header(rs, "Content-Disposition",
                    str_fmt(c->arena, "inline; filename=\"%.*s.pdf\"", STR_ARG(r.reference)));
    response_body(rs, 200, "application/pdf", pdf);
    return OK;
}
