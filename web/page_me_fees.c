/*
 * A citizen's bills, receipts and refunds, and those of an organisation that they act for. Whose
 * they are comes from the session, or from a ground that is checked at that moment: what a visitor
 * can choose is one of their own organisations, never a number.
 */
#include "auth/acting.h"
#include "auth/client.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "payments/citizen_list.h"
#include "web/view.h"

#define PAGE_ROWS  20
#define YEARS_BACK 5
#define MARK_BYTES 80

struct asked {
    struct form query;
    struct citizen_filter filter;
    struct str whose; /* id of an organisation, or empty */
    const char *name; /* of the page */
    const char *path;
};

/* "<rank>.<ms>.<id>" of the last row of the page before. */
static result mark_read(struct asked *q, struct err *e)
{
    struct str rest = form_get(&q->query, "from"), rank, ms;
    int64_t n;

    if (rest.n == 0)
        return OK;
    if (rest.n > MARK_BYTES || !str_cut(rest, '.', &rank, &rest) ||
        !str_cut(rest, '.', &ms, &q->filter.before_id) || !str_to_i64(rank, &n) || n < 0 || n > 1 ||
        !str_to_i64(ms, &q->filter.before_ms) || q->filter.before_ms <= 0)
        return fail_field(e, ERR_INVALID, "from", "not a mark of a list");
    q->filter.before_rank = (int)n;
    return OK;
}

static result filter_read(struct ctx *c, const struct request *rq, struct asked *q, struct err *e)
{
    const int today = clock_today(c->app->clock).y;
    enum order_state state;
    struct str year;
    int64_t y = 0;

    TRY(form_query(rq, &q->query, e));
    q->filter = (struct citizen_filter){ .subject = c->session.account,
                                         .id_index = c->session.id_index,
                                         .state = form_get(&q->query, "state"),
                                         .most = PAGE_ROWS + 1 };
    if (q->filter.state.n > 0 && !order_state_find(q->filter.state, &state))
        return fail_field(e, ERR_INVALID, "state", "no such state");
    year = form_get(&q->query, "year");
    if (year.n > 0 && (!str_to_i64(year, &y) || y <= today - YEARS_BACK || y > today))
        return fail_field(e, ERR_INVALID, "year", "not one of the years");
    q->filter.year = (int)y;
    q->whose = form_get(&q->query, "for");
    return mark_read(q, e);
}

/* For whom the person may act, to choose from; the one that was chosen decides the filter. */
static result whose_read(struct ctx *c, struct json *data, struct asked *q, struct err *e)
{
    struct acting *list = arena_array(c->arena, struct acting, ACTING_MAX);
    struct json *items = json_array();
    bool incomplete;
    size_t n;

    json_put(data, "organisations", items);
    TRY(acting_list(&c->app->auth, &c->visit, &c->session, NULL, list, &n, &incomplete, e));
    json_put_bool(data, "incomplete", incomplete);
    for (size_t i = 0; i < n; i++) {
        struct json *o = json_object();
        const bool chosen = str_eq(list[i].organisation, q->whose);

        json_put_str(o, "id", list[i].organisation);
        json_put_str(o, "name", list[i].name);
        json_put_bool(o, "chosen", chosen);
        json_add(items, o);
        if (!chosen)
            continue;
        q->filter.subject = STR("");
        q->filter.id_index = list[i].id_index;
        json_put_str(data, "whose_name", list[i].name);
    }
    json_put_bool(data, "has_organisations", n > 0);
    if (q->whose.n > 0 && q->filter.subject.n > 0)
        return fail(e, ERR_MANDATE, "acts for no such organisation");
    return OK;
}

static void put_years(struct ctx *c, struct json *data, const struct asked *q)
{
    const int today = clock_today(c->app->clock).y;
    struct json *list = json_array();

    for (int y = today; y > today - YEARS_BACK; y--) {
        struct json *o = json_object();

        json_put_int(o, "year", y);
        json_put_bool(o, "chosen", y == q->filter.year);
        json_add(list, o);
    }
    json_put(data, "years", list);
}

static struct str state_text(const struct ctx *c, enum order_state s)
{
    return view_text(c, str_cstr(c->arena, str_fmt(c->arena, "pay.state.%s", order_state_name(s))));
}

static void put_states(struct ctx *c, struct json *data, const struct asked *q)
{
    struct json *list = json_array();

    for (int s = ORDER_OPEN; s < ORDER_STATE_COUNT; s++) {
        const struct str name = str_c(order_state_name((enum order_state)s));
        struct json *o = json_object();

        json_put_str(o, "state", name);
        json_put_str(o, "text", state_text(c, (enum order_state)s));
        json_put_bool(o, "chosen", str_eq(name, q->filter.state));
        json_add(list, o);
    }
    json_put(data, "states", list);
}

/* The same question from the row after the last one shown. */
static void put_next(struct ctx *c, struct json *data, const struct asked *q, struct str mark)
{
    const struct str year = q->filter.year > 0 ? str_fmt(c->arena, "%d", q->filter.year) : STR("");

    json_put_str(data, "next",
                 str_fmt(c->arena, "%s?for=%.*s&state=%.*s&year=%.*s&from=%.*s", q->path,
                         STR_ARG(q->whose), STR_ARG(q->filter.state), STR_ARG(year),
                         STR_ARG(mark)));
}

static result begin(struct ctx *c, struct request *rq, struct json *data, struct asked *q,
                    struct err *e)
{
    TRY(filter_read(c, rq, q, e));
    TRY(whose_read(c, data, q, e));
    json_put_str(data, "action", str_c(q->path));
    put_years(c, data, q);
    return OK;
}

static result page(struct ctx *c, struct request *rq, struct response *rs, const struct asked *q,
                   struct json *data, struct err *e)
{
    json_put_bool(data, str_cstr(c->arena, str_fmt(c->arena, "at_%s", q->name)), true);
    return view_page(c, rq, rs, q->name, str_cstr(c->arena, str_fmt(c->arena, "%s.title", q->name)),
                     data, e);
}

/* Bills. */

static const char *look_of(enum order_state s)
{
    if (s == ORDER_PAID || s == ORDER_EXEMPT || s == ORDER_REFUNDED)
        return "good";
    return s == ORDER_OPEN || s == ORDER_UNDERPAID || s == ORDER_OVERPAID ? "warn" : "bad";
}

static void put_bill(struct ctx *c, struct json *list, const struct citizen_order *o)
{
    const bool late = o->state == ORDER_OPEN && c->now_ms >= o->expires_ms;
    struct fee_agency agency;
    struct json *row = json_object();

    json_put_str(row, "token", o->token);
    json_put_str(row, "dossier", o->reference);
    json_put_str(row, "procedure", view_either(c, o->procedure_vi, o->procedure_en));
    if (!fee_agency_find(c->app->fees, o->agency_id, o->received_on, &agency, NULL).failed)
        json_put_str(row, "agency", view_either(c, agency.name_vi, agency.name_en));
    json_put_str(row, "state_text", state_text(c, late ? ORDER_EXPIRED : o->state));
    json_put_str(row, "look", str_c(look_of(late ? ORDER_EXPIRED : o->state)));
    view_put_money(c, row, "total", o->total_vnd);
    if (o->refunded_vnd > 0)
        view_put_money(c, row, "refunded", o->refunded_vnd);
    json_put_str(row, "made", date_vn(c->arena, clock_local(o->created_ms).date));
    if (o->rank == 0 && !late) {
        json_put_bool(row, "to_pay", true);
        json_put_str(row, "until", clock_vn(c->arena, o->expires_ms));
    }
    json_add(list, row);
}

/* GET /me/payments */
result page_me_payments(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct asked q = { .name = "me_payments", .path = "/me/payments" };
    struct json *list = json_array();
    struct citizen_order *rows;
    size_t n;

    json_put(data, "bills", list);
    TRY(begin(c, rq, data, &q, e));
    put_states(c, data, &q);
    TRY(citizen_orders(&c->app->till, &q.filter, c->arena, &rows, &n, e));
    for (size_t i = 0; i < n && i < PAGE_ROWS; i++)
        put_bill(c, list, &rows[i]);
    if (n > PAGE_ROWS) {
        const struct citizen_order *last = &rows[PAGE_ROWS - 1];

        put_next(c, data, &q,
                 str_fmt(c->arena, "%d.%lld.%.*s", last->rank, (long long)last->created_ms,
                         STR_ARG(last->id)));
    }
    return page(c, rq, rs, &q, data, e);
}

/* Receipts. */

static void put_receipt(struct ctx *c, struct json *list, const struct citizen_receipt *r)
{
    const struct str key = str_fmt(c->arena, "me_receipts.state.%.*s", STR_ARG(r->state));
    struct json *row = json_object();

    json_put_str(row, "id", r->id);
    json_put_str(row, "code", r->code);
    json_put_str(row, "serial", r->serial);
    json_put_str(row, "number", r->number_text);
    json_put_str(row, "kind", view_kind(c, r->kind));
    json_put_str(row, "dossier", r->reference);
    json_put_str(row, "procedure", r->procedure_name);
    json_put_str(row, "body", r->body_name);
    json_put_str(row, "issued", clock_vn(c->arena, r->issued_ms));
    json_put_bool(row, "unsigned", r->signed_ms == 0);
    json_put_str(row, "state_text", view_text(c, str_cstr(c->arena, key)));
    json_put_str(row, "look", str_is(r->state, "issued") ? STR("good") : STR("warn"));
    view_put_money(c, row, "amount", r->amount_vnd);
    json_add(list, row);
}

/* GET /me/receipts */
result page_me_receipts(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct asked q = { .name = "me_receipts", .path = "/me/receipts" };
    struct json *list = json_array();
    struct citizen_receipt *rows;
    size_t n;

    json_put(data, "receipts", list);
    TRY(begin(c, rq, data, &q, e));
    TRY(citizen_receipts(&c->app->till, &q.filter, c->arena, &rows, &n, e));
    for (size_t i = 0; i < n && i < PAGE_ROWS; i++)
        put_receipt(c, list, &rows[i]);
    if (n > PAGE_ROWS)
        put_next(c, data, &q,
                 str_fmt(c->arena, "0.%lld.%.*s", (long long)rows[PAGE_ROWS - 1].issued_ms,
                         STR_ARG(rows[PAGE_ROWS - 1].id)));
    return page(c, rq, rs, &q, data, e);
}

/* Refunds. */

/* What the state means for who waits for the money. */
static const char *refund_look(enum refund_state s)
{
    if (s == REFUND_SUCCEEDED)
        return "good";
    return s == REFUND_FAILED || s == REFUND_RETURNED ? "bad" : "warn";
}

static void put_refund(struct ctx *c, struct json *list, const struct citizen_refund *r)
{
    const char *state = refund_state_name(r->state);
    const bool done = r->state == REFUND_SUCCEEDED;
    struct json *row = json_object();

    json_put_str(row, "token", r->order_token);
    json_put_str(row, "dossier", r->reference);
    json_put_str(row, "procedure", view_either(c, r->procedure_vi, r->procedure_en));
    json_put_str(row, "state_text",
                 view_text(c, str_cstr(c->arena, str_fmt(c->arena, "refund.state.%s", state))));
    json_put_str(row, "look", str_c(refund_look(r->state)));
    if (!done)
        json_put_str(row, "expect",
                     view_text(c, str_cstr(c->arena, str_fmt(c->arena, "me_refunds.expect.%.*s",
                                                             STR_ARG(r->route)))));
    json_put_str(row, "asked", clock_vn(c->arena, r->created_ms));
    json_put_str(row, "updated", clock_vn(c->arena, r->updated_ms));
    view_put_money(c, row, "amount", r->amount_vnd);
    json_add(list, row);
}

/* GET /me/refunds */
result page_me_refunds(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct asked q = { .name = "me_refunds", .path = "/me/refunds" };
    struct json *list = json_array();
    struct citizen_refund *rows;
    size_t n;

    json_put(data, "refunds", list);
    TRY(begin(c, rq, data, &q, e));
    TRY(citizen_refunds(&c->app->till, &q.filter, c->arena, &rows, &n, e));
    for (size_t i = 0; i < n && i < PAGE_ROWS; i++)
        put_refund(c, list, &rows[i]);
    if (n > PAGE_ROWS)
        put_next(c, data, &q,
                 str_fmt(c->arena, "0.%lld.%.*s", (long long)rows[PAGE_ROWS - 1].created_ms,
                         STR_ARG(rows[PAGE_ROWS - 1].id)));
    return page(c, rq, rs, &q, data, e);
}
