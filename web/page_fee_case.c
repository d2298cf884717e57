/*
 * "What would I pay?": one procedure, priced for a case that the visitor describes. Nothing is kept
 * and nobody is asked who they are; a level and categories are taken as said, since it is a
 * question. What is billed is priced from what is proven.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "http/form.h"
#include "payments/quote.h"
#include "web/fee_text.h"
#include "web/input.h"
#include "web/view.h"

static const struct {
    const char *field, *name;
} categories[] = {
    { "c_poor", "poor" },
    { "c_disabled", "disabled" },
    { "c_meritorious", "meritorious" },
    { "c_elderly", "elderly" },
    { "c_child", "child" },
    { "c_ethnic_minority", "ethnic_minority" },
    { "c_rural", "rural" },
    { "c_seller_integrated", "seller_integrated" },
    { "c_vneid_filing", "vneid_filing" },
};

struct question {
    struct order_request rq;
    struct fee_item *items;
    struct str named[LEN(categories)];
    struct str quantity, base, event, level; /* as typed */
    bool is_asked;                           /* the form was sent */
};

static result read_items(struct ctx *c, struct question *q, struct err *e)
{
    const struct fee_case k = { .procedure = q->rq.procedure, .received_on = q->rq.received_on };
    struct fee_item each = { .quantity = 1 };

    if (q->quantity.n > 0 && !str_to_i64(q->quantity, &each.quantity))
        return fail_field(e, ERR_INVALID, "quantity", "not a number");
    if (q->base.n > 0 && money_read(q->base, &each.base_vnd, e).failed)
        return fail_field(e, ERR_INVALID, "base_vnd", "not an amount");
    if (q->event.n > 0)
        TRY(input_date(q->event, "event_on", &each.event_on, e));
    TRY(fee_default_items(c->app->fees, &k, c->arena, &q->items, &q->rq.item_count, e));
    for (size_t i = 0; i < q->rq.item_count; i++) {
        each.fee = q->items[i].fee;
        q->items[i] = each;
    }
    q->rq.items = q->items;
    return OK;
}

static void read_categories(const struct form *f, struct question *q)
{
    for (size_t i = 0; i < LEN(categories); i++)
        if (str_is(form_get(f, categories[i].field), "yes"))
            q->named[q->rq.category_count++] = str_c(categories[i].name);
    q->rq.categories = q->named;
}

static void read_form(const struct form *f, struct question *q)
{
    q->is_asked = f->count > 0 && form_has(f, "agency");
    q->quantity = form_get(f, "quantity");
    q->base = str_trim(form_get(f, "base"));
    q->event = form_get(f, "event");
    q->level = form_get(f, "level");
    q->rq.agency_id = form_get(f, "agency");
    q->rq.level = str_is(q->level, "2") ? 2 : str_is(q->level, "1") ? 1 : 0;
    q->rq.channel = str_is(form_get(f, "channel"), "counter") ? FEE_COUNTER : FEE_ONLINE;
    read_categories(f, q);
}

struct json *fee_explain_texts(struct ctx *c, const struct fee_line *l)
{
    struct json *list = json_array();

    for (size_t i = 0; i < l->explain_count; i++) {
        const struct fee_explain *x = &l->explain[i];
        struct json *o = json_object();

        json_put_str(o, "rule", x->rule);
        json_put_str(o, "basis", x->basis);
        json_put_str(o, "look", x->applied ? STR("good") : STR("warn"));
        json_put_str(o, "mark", x->applied ? STR("✓") : STR("✗"));
        json_put_str(o, "why", fee_why_text(view_catalog(c), x, c->arena));
        json_add(list, o);
    }
    return list;
}

void fee_lines_put(struct ctx *c, struct json *o, const struct bill *b)
{
    struct json *lines = json_array();

    for (size_t i = 0; i < b->count; i++) {
        const struct fee_line *l = &b->lines[i];
        struct json *line = json_object();

        json_put_str(line, "name", view_either(c, l->name_vi, l->name_en));
        json_put_str(line, "kind", view_kind(c, l->kind));
        json_put_int(line, "quantity", l->quantity);
        json_put_str(line, "basis", l->basis_text);
        view_put_money(c, line, "gross", l->gross_vnd);
        view_put_money(c, line, "reduction", l->reduction_vnd);
        view_put_money(c, line, "net", l->net_vnd);
        json_put(line, "explain", fee_explain_texts(c, l));
        json_add(lines, line);
    }
    json_put(o, "lines", lines);
}

struct json *fee_savings_texts(struct ctx *c, const struct quote_saving *s, size_t n)
{
    struct json *list = json_array();

    for (size_t i = 0; i < n; i++) {
        const struct str told[] = { str_i64(c->arena, s[i].level),
                                    money_print(c->arena, s[i].saved_vnd),
                                    view_either(c, s[i].name_vi, s[i].name_en),
                                    s[i].reduction_text };

        json_add_str(list, view_fill(c, "fees.saving", told, LEN(told)));
    }
    return list;
}

/* What keeps it from being priced, in words. */
static void put_wrong(struct ctx *c, struct json *data, const struct err *e)
{
    static const char *const known[] = { "base_vnd", "quantity",  "received_on",
                                         "event_on", "agency_id", "fee" };
    const char *key = "fees.wrong.other";

    for (size_t i = 0; i < LEN(known); i++)
        if (str_is(str_c(e->field), known[i]))
            key = str_cstr(c->arena, str_fmt(c->arena, "fees.wrong.%s", known[i]));
    json_put_str(data, "wrong", view_text(c, key));
}

static result put_answer(struct ctx *c, struct json *data, struct question *q, struct err *e)
{
    struct json *answer;
    struct quote quote;
    result r = read_items(c, q, e);

    if (!r.failed)
        r = quote_price(&c->app->till, &q->rq, c->arena, &quote, e);
    if (r.failed && err_status(e->code) < 500) {
        put_wrong(c, data, e);
        return OK;
    }
    TRY(r);
    answer = json_object();
    view_put_money(c, answer, "total", quote.total_vnd);
    json_put_str(answer, "words", view_words(c, quote.total_vnd));
    json_put(answer, "savings", fee_savings_texts(c, quote.savings, quote.saving_count));
    fee_lines_put(c, answer, &quote.bill);
    json_put(data, "answer", answer);
    return OK;
}

static void put_agencies(struct ctx *c, struct json *data, const struct question *q)
{
    struct json *list = json_array();
    struct fee_agency *all;
    size_t n;

    fee_agencies(c->app->fees, q->rq.received_on, c->arena, &all, &n);
    for (size_t i = 0; i < n; i++) {
        struct json *o = json_object();

        json_put_str(o, "id", all[i].id);
        json_put_str(o, "name", view_either(c, all[i].name_vi, all[i].name_en));
        json_put_bool(o, "chosen", str_eq(all[i].id, q->rq.agency_id));
        json_add(list, o);
    }
    json_put(data, "agencies", list);
}

static bool is_named(const struct question *q, const char *name)
{
    for (size_t i = 0; i < q->rq.category_count; i++)
        if (str_is(q->named[i], name))
            return true;
    return false;
}

static void put_question(struct ctx *c, struct json *data, const struct question *q)
{
    static const char *const levels[] = { "level_0", "level_1", "level_2" };
    struct json *list = json_array();

    for (size_t i = 0; i < LEN(categories); i++) {
        struct json *o = json_object();
        const struct str key = str_fmt(c->arena, "fees.category.%s", categories[i].name);

        json_put_str(o, "field", str_c(categories[i].field));
        json_put_str(o, "text", view_text(c, str_cstr(c->arena, key)));
        json_put_bool(o, "chosen", is_named(q, categories[i].name));
        json_add(list, o);
    }
    json_put(data, "categories", list);
    json_put_bool(data, levels[q->rq.level], true);
    json_put_bool(data, "online", q->rq.channel == FEE_ONLINE);
    json_put_str(data, "on_iso", date_iso(c->arena, q->rq.received_on));
    json_put_str(data, "quantity", q->quantity.n > 0 ? q->quantity : STR("1"));
    json_put_str(data, "base", q->base);
    json_put_str(data, "event", q->event);
    put_agencies(c, data, q);
}

/* GET /fees/{procedure} */
result page_fee_case(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct question q = { .rq = { .procedure = request_param(rq, "procedure"),
                                  .received_on = clock_today(c->app->clock) } };
    struct fee_procedure procedure;
    struct form form;
    struct str on;

    TRY(form_query(rq, &form, e));
    read_form(&form, &q);
    on = form_get(&form, "on");
    if (on.n > 0)
        TRY(input_date(on, "on", &q.rq.received_on, e));
    if (fee_procedure_find(c->app->fees, q.rq.procedure, q.rq.received_on, &procedure, e).failed)
        return fail(e, ERR_NOT_FOUND, "no such procedure on that day");
    json_put_str(data, "code", procedure.code);
    json_put_str(data, "name", view_either(c, procedure.name_vi, procedure.name_en));
    put_question(c, data, &q);
    if (q.is_asked)
        TRY(put_answer(c, data, &q, e));
    return view_page(c, rq, rs, "fees_procedure", "fees.what_would_i_pay", data, e);
}
