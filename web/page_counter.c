/*
 * The desk's page of one payment: what is due, what was handed over, the change, and then the
 * money. Attacker: another's browser (each form carries its csrf), a form that is sent twice (its
 * key takes once), a page that is out of date (the amount that was shown goes along).
 */
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "crypto/random.h"
#include "http/form.h"
#include "payments/channel.h"
#include "payments/counter.h"
#include "payments/receipt.h"
#include "web/counter_find.h"
#include "web/officer.h"
#include "web/view.h"

#define KEY_BITS    128
#define QUERY_BYTES 300

static struct str page_of(const struct ctx *c, struct str order_id)
{
    return str_cat(c->arena, STR("/counter/orders/"), order_id);
}

static void put_lines(struct ctx *c, struct json *data, const struct bill *b)
{
    struct json *lines = json_array();

    for (size_t i = 0; i < b->count; i++) {
        const struct fee_line *l = &b->lines[i];
        struct json *line = json_object();

        json_put_str(line, "name", view_either(c, l->name_vi, l->name_en));
        json_put_str(line, "basis", l->basis_text);
        if (l->reduction_vnd > 0)
            json_put_str(line, "why", l->reduction_text);
        json_put_str(line, "kind", view_kind(c, l->kind));
        json_put_int(line, "quantity", l->quantity);
        view_put_money(c, line, "gross", l->gross_vnd);
        view_put_money(c, line, "reduction", l->reduction_vnd);
        view_put_money(c, line, "net", l->net_vnd);
        json_add(lines, line);
    }
    json_put(data, "lines", lines);
    view_put_money(c, data, "total", b->total_vnd);
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

        json_put_str(row, "id", list[i].id);
        json_put_str(
            row, "number",
            str_fmt(c->arena, "%.*s-%.*s", STR_ARG(list[i].serial), STR_ARG(list[i].number_text)));
        json_put_str(row, "kind", view_kind(c, list[i].kind));
        view_put_money(c, row, "amount", list[i].amount_vnd);
        json_add(rows, row);
    }
    json_put_bool(data, "has_receipts", n > 0);
    return OK;
}

static result put_takes(struct ctx *c, struct json *data, const struct order *o, struct err *e)
{
    struct json *rows = json_array();
    struct counter_taken *list;
    size_t n;

    json_put(data, "takes", rows);
    TRY(counter_takes_of(&c->app->till, o, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(
            row, "method",
            officer_text(c, "counter.method.", str_c(counter_method_name(list[i].method))));
        json_put_str(row, "at", clock_vn(c->arena, list[i].at_ms));
        json_put_str(row, "by", officer_who(c, list[i].taken_by));
        json_put_str(row, "bank_ref", list[i].bank_ref);
        view_put_money(c, row, "received", list[i].received_vnd);
        view_put_money(c, row, "change", list[i].change_vnd);
        json_add(rows, row);
    }
    return OK;
}

/* What the form asks for; kept so that it can be shown again. */
struct asked {
    const struct counter_ask *ask;
    const struct counter_taken *would; /* of a preview; NULL: there is none */
};

static void put_preview(struct ctx *c, struct json *data, const struct asked *x)
{
    struct json *o = json_object();
    const struct channel *ch = channel_find(x->would->beside);

    json_put_str(o, "method", str_c(counter_method_name(x->ask->method)));
    json_put_str(o, "method_text",
                 officer_text(c, "counter.method.", str_c(counter_method_name(x->ask->method))));
    json_put_bool(o, "cash", x->ask->method == COUNTER_CASH);
    json_put_str(o, "received_vnd", str_i64(c->arena, x->would->received_vnd));
    json_put_str(o, "due_vnd", str_i64(c->arena, x->would->amount_vnd));
    json_put_str(o, "bank_ref", x->ask->bank_ref);
    json_put_str(o, "key", random_token(c->arena, KEY_BITS));
    view_put_money(c, o, "received", x->would->received_vnd);
    view_put_money(c, o, "due", x->would->amount_vnd);
    view_put_money(c, o, "change", x->would->change_vnd);
    json_put_str(o, "change_words", view_words(c, x->would->change_vnd));
    if (ch != NULL)
        json_put_str(o, "beside", view_text(c, ch->text));
    json_put(data, "preview", o);
}

/* Why this officer cannot take it here, or NULL. */
static const char *refusal_of(const struct ctx *c, const struct order *o, bool has_shift,
                              const struct shift *s)
{
    if (o->state == ORDER_EXEMPT)
        return "counter.exempt";
    if (order_may_pay(o, c->now_ms, NULL).failed)
        return "counter.not_due";
    if (!has_shift)
        return "counter.no_shift";
    return str_eq(s->agency_id, o->agency_id) ? NULL : "counter.other_agency";
}

static result shift_mine(struct ctx *c, struct shift *s, bool *found, struct err *e)
{
    struct err why = { .code = ERR_NONE };

    *found = !shift_load_officer(&c->app->till, officer_actor(c).name, c->arena, s, &why).failed;
    return *found || why.code == ERR_NOT_FOUND ? OK : fail(e, why.code, "%s", why.detail);
}

static void put_head(struct ctx *c, struct json *data, const struct order *o)
{
    struct fee_agency agency;
    const char *status = counter_status(o);
    const bool good = str_is(str_c(status), "collected") || str_is(str_c(status), "exempt");

    json_put_str(data, "id", o->id);
    json_put_str(data, "dossier", o->reference);
    json_put_str(data, "procedure", view_either(c, o->procedure_name_vi, o->procedure_name_en));
    json_put_str(data, "payer", o->payer.name);
    if (!fee_agency_find(c->app->fees, o->agency_id, o->received_on, &agency, NULL).failed)
        json_put_str(data, "agency", view_either(c, agency.name_vi, agency.name_en));
    json_put_str(data, "status", officer_text(c, "counter.status.", str_c(status)));
    json_put_str(data, "look", good ? STR("good") : STR("warn"));
    view_put_money(c, data, "due", order_due_vnd(o));
    json_put_str(data, "due_words", view_words(c, order_due_vnd(o)));
}

static result show(struct ctx *c, struct request *rq, struct response *rs, const struct asked *x,
                   const struct err *why, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    const char *refusal;
    struct order o;
    struct shift s;
    bool has_shift;

    TRY(order_load(&c->app->till, request_param(rq, "id"), STR(""), c->arena, &o, e));
    TRY(shift_mine(c, &s, &has_shift, e));
    put_head(c, data, &o);
    put_lines(c, data, &o.bill);
    TRY(put_takes(c, data, &o, e));
    TRY(put_receipts(c, data, &o, e));
    refusal = refusal_of(c, &o, has_shift, &s);
    if (refusal != NULL)
        json_put_str(data, "refusal", view_text(c, refusal));
    else if (x != NULL && x->would != NULL)
        put_preview(c, data, x);
    else
        json_put_bool(data, "may_take", true);
    officer_put_mistake(c, data, why);
    TRY(view_page(c, rq, rs, "counter_order", "counter.order", data, e));
    if (why->code != ERR_NONE)
        view_status(rs, err_status(why->code));
    return OK;
}

/* GET /counter/orders/{id} */
result page_counter_order(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct err none = { .code = ERR_NONE };

    return show(c, rq, rs, NULL, &none, e);
}

static result ask_read(struct ctx *c, const struct form *f, struct counter_ask *ask, struct err *e)
{
    const struct str received = form_get(f, "received"), due = form_get(f, "due");

    if (!counter_method_find(form_get(f, "method"), &ask->method))
        return fail_field(e, ERR_INVALID, "method", "cash or transfer");
    if (money_read(received, &ask->received_vnd, e).failed)
        return fail_field(e, ERR_INVALID, "received_vnd", "not an amount");
    if (due.n > 0 && money_read_wire(due, &ask->due_vnd, e).failed)
        return fail_field(e, ERR_INVALID, "due_vnd", "not an amount");
    ask->bank_ref = str_trim(form_get(f, "bank_ref"));
    ask->key = form_get(f, "key").n > 0 ? form_get(f, "key") : random_token(c->arena, KEY_BITS);
    ask->confirmed = str_is(form_get(f, "beside"), "yes");
    return OK;
}

/* Looks, or takes; *done: it was taken. */
static result act(struct ctx *c, const struct form *f, struct counter_ask *ask,
                  struct counter_taken *would, bool *done, struct err *e)
{
    const struct order_cause by = officer_cause(c);
    const bool take = str_is(form_get(f, "act"), "take");
    bool found;
    struct shift s;

    *done = false;
    TRY(ask_read(c, f, ask, e));
    TRY(shift_mine(c, &s, &found, e));
    if (!found)
        return fail(e, ERR_WRONG_STATE, "no open shift");
    ask->shift_id = s.id;
    if (!take)
        return counter_preview(&c->app->till, ask, &by, c->arena, would, e);
    TRY(counter_take(&c->app->till, ask, &by, c->arena, would, e));
    *done = would->beside.n == 0;
    return OK;
}

/* POST /counter/orders/{id} */
result counter_order_take(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct counter_ask ask = { .order_id = request_param(rq, "id") };
    struct counter_taken would;
    const struct asked asked = { &ask, &would };
    struct err why = { .code = ERR_NONE };
    struct form form;
    bool done;

    TRY(form_body(rq, &form, e));
    if (act(c, &form, &ask, &would, &done, &why).failed) {
        if (officer_is_mistake(&why))
            return show(c, rq, rs, NULL, &why, e);
        *e = why;
        return (result){ true };
    }
    if (!done)
        return show(c, rq, rs, &asked, &why, e);
    view_redirect(rs, page_of(c, ask.order_id));
    return OK;
}

/* A payment's id, its QR symbol's address or token, or the dossier's code. */
result counter_find(struct ctx *c, struct str what, struct str agency_id, struct order *o,
                    struct err *e)
{
    struct err why = { .code = ERR_NONE };
    size_t from = what.n;

    if (what.n == 0 || what.n > QUERY_BYTES)
        return fail_field(e, ERR_INVALID, "q", "1 to %d bytes", QUERY_BYTES);
    while (from > 0 && what.p[from - 1] != '/')
        from--;
    what = str_sub(what, from, what.n - from);
    what = str_sub(what, 0, str_find(what, '?'));
    if (!order_load(&c->app->till, what, STR(""), c->arena, o, &why).failed)
        return OK;
    if (why.code == ERR_NOT_FOUND &&
        !order_load_token(&c->app->till, what, c->arena, o, &why).failed)
        return OK;
    if (why.code != ERR_NOT_FOUND)
        return fail(e, why.code, "%s", why.detail);
    return order_load_reference(&c->app->till, agency_id, what, c->arena, o, e);
}
