/*
 * The fee interface for one-stop systems. Attacker: a registered system that reads or pays for
 * another's dossiers, or repeats itself. Promised: a client sees its own orders only; the same
 * Idempotency-Key and body give the same order. The citizen's token is no part of that comparison:
 * it ends within minutes, and a call whose answer was lost is repeated with an old or a renewed
 * one.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/attempt.h"
#include "payments/metadata.h"
#include "payments/order_list.h"
#include "payments/receipt.h"
#include "payments/receipt_sign.h"
#include "web/api.h"
#include "web/api_payment.h"
#include "web/view.h"

struct making {
    struct ctx *c;
    const struct payment_body *payment;
};

static struct order_cause cause_of(struct ctx *c, struct arena *a)
{
    return (struct order_cause){
        .actor = str_cat(a, STR("client:"), c->access.client_id),
        .source = STR("api"),
        .request_id = c->visit.request_id,
        .ip = c->visit.ip,
    };
}

static result make_order(struct sql *db, void *arg, struct arena *a, struct idempotency_reply *out,
                         struct err *e)
{
    const struct making *m = arg;
    const struct till *t = &m->c->app->till;
    const struct order_cause cause = cause_of(m->c, a);
    struct order order;

    if (m->payment->subject.code != ERR_NONE) {
        *e = m->payment->subject;
        return (result){ true };
    }
    TRY(order_create(db, t, &m->payment->order, a, &order, e));
    if (m->payment->quote.id.n > 0)
        TRY(quote_check(&m->payment->quote, &order, m->c->now_ms, a, e));
    if (m->payment->replaces.n > 0)
        TRY(order_replace(db, t, m->payment->replaces, m->c->access.client_id, &order, &cause, a,
                          e));
    TRY(metadata_put(db, &order, m->payment->metadata, a, e));
    return api_reply(m->c, payment_json(t, &order, m->payment->metadata, a), a, out, e);
}

/* POST /v1/payments */
result api_payment_make(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    DEFER(json_close) struct json *compared = NULL;
    struct payment_body payment = { 0 };
    struct making making = { c, &payment };
    struct api_once once = { .work = make_order, .arg = &making };

    TRY(api_may(c, e));
    TRY(api_body(c, rq, &body, e));
    TRY(payment_read(c, body, &payment, e));
    compared = json_copy(body);
    json_put_null(compared, "subject_token");
    once.agency_id = payment.order.agency_id;
    once.body = compared;
    return api_do_once(c, rq, rs, &once, e);
}

/* The order as it is now. */
static result payment_load(struct ctx *c, struct str id, struct order *o, struct json **out,
                           struct err *e)
{
    DEFER(json_close) struct json *metadata = NULL;
    DEFER(json_close) struct json *body = NULL;

    TRY(order_load(&c->app->till, id, c->access.client_id, c->arena, o, e));
    TRY(metadata_load(&c->app->till, o, c->arena, &metadata, e));
    body = payment_json(&c->app->till, o, metadata, c->arena);
    TRY(payment_put_rest(c, body, o, e));
    *out = body;
    body = NULL;
    return OK;
}

/* GET /v1/payments/{id} */
result api_payment_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct json *body;
    struct order order;

    TRY(api_may(c, e));
    TRY(payment_load(c, request_param(rq, "id"), &order, &body, e));
    return api_send(c, rq, rs, body, e);
}

static struct json *row_json(const struct order_brief *o, struct arena *a)
{
    struct json *row = json_object();

    json_put_str(row, "id", o->id);
    json_put_str(row, "state", o->state);
    json_put_str(row, "reference", o->reference);
    json_put_str(row, "agency_id", o->agency_id);
    json_put_str(row, "procedure", o->procedure);
    json_put_int(row, "total_vnd", o->total_vnd);
    json_put_int(row, "captured_vnd", o->captured_vnd);
    json_put_int(row, "refunded_vnd", o->refunded_vnd);
    json_put_str(row, "created_at", clock_rfc3339(a, o->created_ms));
    json_put_str(row, "updated_at", clock_rfc3339(a, o->updated_ms));
    json_put_str(row, "expires_at", clock_rfc3339(a, o->expires_ms));
    return row;
}

static struct order_filter filter_read(const struct ctx *c, const struct form *q)
{
    return (struct order_filter){
        .client_id = c->access.client_id,
        .state = form_get(q, "state"),
        .reference = form_get(q, "reference"),
        .agency_id = form_get(q, "agency_id"),
        .created_from_ms = api_time_ms(q, "created_from", 0),
        .created_to_ms = api_time_ms(q, "created_to", INT64_MAX),
        .captured_from_ms = api_time_ms(q, "captured_from", 0),
        .captured_to_ms = api_time_ms(q, "captured_to", INT64_MAX),
        .by_capture = form_get(q, "captured_from").n > 0 || form_get(q, "captured_to").n > 0,
        .least_vnd = api_money_of(q, "amount_from", 0),
        .most_vnd = api_money_of(q, "amount_to", INT64_MAX),
    };
}

/* GET /v1/payments */
result api_payment_list(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct json *body, *data;
    struct order_filter filter;
    struct order_brief *rows;
    struct api_place from;
    struct form query;
    size_t n, most;

    TRY(api_may(c, e));
    TRY(api_query(c, rq, &query, e));
    TRY(api_page(c, &query, &from, &most, e));
    filter = filter_read(c, &query);
    filter.before_ms = from.at_ms;
    filter.before_id = from.id;
    TRY(order_list(&c->app->till, &filter, most + 1, c->arena, &rows, &n, e));
    body = json_object();
    data = json_array();
    for (size_t i = 0; i < n && i < most; i++)
        json_add(data, row_json(&rows[i], c->arena));
    json_put(body, "data", data);
    if (n > most)
        json_put_str(body, "next_cursor",
                     api_cursor(c, &query, rows[most - 1].created_ms, rows[most - 1].id));
    return api_send(c, rq, rs, body, e);
}

/* "client:<id>" and the like: who it was is no business of a portal's. */
static struct str actor_kind(struct str actor)
{
    static const char *const kinds[] = { "client", "citizen", "staff", "portal" };

    for (size_t i = 0; i < LEN(kinds); i++)
        if (str_eq(str_sub(actor, 0, str_find(actor, ':')), str_c(kinds[i])))
            return str_c(kinds[i]);
    return STR("system");
}

static struct json *event_json(const struct order_history *h, struct arena *a)
{
    struct json *o = json_object();

    json_put_int(o, "seq", h->seq);
    json_put_str(o, "at", clock_rfc3339(a, h->at_ms));
    if (h->attempt_n > 0)
        json_put_int(o, "attempt", h->attempt_n);
    json_put_str(o, "event", h->event);
    json_put_str(o, "from", h->from);
    json_put_str(o, "to", h->to);
    json_put_str(o, "by", actor_kind(h->actor));
    json_put_str(o, "source", h->source);
    if (h->mismatch.n > 0)
        json_put_str(o, "mismatch", h->mismatch);
    return o;
}

/* GET /v1/payments/{id}/events */
result api_payment_events(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct order_history *rows;
    struct json *body, *data;
    struct order order;
    size_t n;

    TRY(api_may(c, e));
    TRY(order_load(&c->app->till, request_param(rq, "id"), c->access.client_id, c->arena, &order,
                   e));
    TRY(order_history(&c->app->till, &order, c->arena, &rows, &n, e));
    body = json_object();
    data = json_array();
    for (size_t i = 0; i < n; i++)
        json_add(data, event_json(&rows[i], c->arena));
    json_put(body, "data", data);
    return api_send(c, rq, rs, body, e);
}

/* What is done to an order that exists. */
struct acting {
    struct ctx *c;
    const struct order *o;
    result (*act)(const struct till *t, const struct order *o, const struct order_cause *cause,
                  struct arena *a, struct err *e);
};

static result act_cancel(const struct till *t, const struct order *o,
                         const struct order_cause *cause, struct arena *a, struct err *e)
{
    (void)a;
    return order_cancel(t, o->id, cause, e);
}

/* A portal that does not answer is no error: the state tells what is known. */
static result act_query(const struct till *t, const struct order *o,
                        const struct order_cause *cause, struct arena *a, struct err *e)
{
    struct attempt *all;
    size_t n;

    TRY(attempt_list(t, o, a, &all, &n, e));
    for (size_t i = 0; i < n; i++)
        if (attempt_is_live(all[i].state))
            TRY(attempt_ask(t, all[i].reference, cause, e));
    return OK;
}

static result act(void *arg, struct arena *a, struct idempotency_reply *out, struct err *e)
{
    const struct acting *w = arg;
    struct ctx *c = w->c;
    const struct order_cause cause = cause_of(c, a);
    struct json *body;
    struct order now;

    TRY(w->act(&c->app->till, w->o, &cause, a, e));
    TRY(payment_load(c, w->o->id, &now, &body, e));
    return api_reply(c, body, a, out, e);
}

static result payment_act(struct ctx *c, struct request *rq, struct response *rs,
                          struct acting *acting, struct err *e)
{
    DEFER(json_close) struct json *shown = NULL;
    DEFER(json_close) struct json *body = NULL;
    struct api_once once = { .slow = act, .arg = acting };
    struct order order;

    TRY(api_may(c, e));
    TRY(api_body(c, rq, &body, e));
    TRY(payment_load(c, request_param(rq, "id"), &order, &shown, e));
    TRY(api_match(c, rq, api_tag(c, shown), e));
    acting->c = c;
    acting->o = &order;
    once.agency_id = order.agency_id;
    once.body = body;
    return api_do_once(c, rq, rs, &once, e);
}

/* POST /v1/payments/{id}/cancel */
result api_payment_cancel(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct acting acting = { .act = act_cancel };

    return payment_act(c, rq, rs, &acting, e);
}

/* POST /v1/payments/{id}/query */
result api_payment_query(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct acting acting = { .act = act_query };

    return payment_act(c, rq, rs, &acting, e);
}

/* "rct_1.pdf": the file as it was signed, signed now if it is not yet. It names the payer, whom the
 * client named. */
static result receipt_as_file(struct ctx *c, struct response *rs, const struct receipt *r,
                              enum receipt_form form, struct err *e)
{
    const bool is_pdf = form == RECEIPT_PDF;
    struct receipt_paper paper;

    TRY(receipt_sign(&c->app->till, r->id, c->arena, e));
    TRY(receipt_paper_load(&c->app->till, r->id, c->arena, &paper, e));
    response_header(rs, "Content-Disposition",
                    str_fmt(c->arena, "attachment; filename=\"%.*s-%.*s.%s\"", STR_ARG(r->serial),
                            STR_ARG(r->number_text), is_pdf ? "pdf" : "xml"));
    response_body(rs, 200, is_pdf ? "application/pdf" : "application/xml", paper.bytes[form]);
    return OK;
}

/* GET /v1/receipts/{id}: of an order that the client asked for. */
result api_receipt_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct till *t = &c->app->till;
    struct str id = request_param(rq, "id");
    const bool pdf = str_ends(id, STR(".pdf")), xml = str_ends(id, STR(".xml"));
    struct json *body;
    struct receipt r;
    struct order o;

    TRY(api_may(c, e));
    if (pdf || xml)
        id = str_sub(id, 0, id.n - 4);
    TRY(receipt_load(t, id, c->arena, &r, e));
    TRY(order_load(t, r.order_id, c->access.client_id, c->arena, &o, e));
    if (pdf || xml)
        return receipt_as_file(c, rs, &r, pdf ? RECEIPT_PDF : RECEIPT_XML, e);
    body = payment_receipt_json(c, &r);
    json_put_str(body, "payment_id", r.order_id);
    json_put_str(body, "reference", r.reference);
    json_put_str(body, "amount_words", r.words);
    json_put_str(body, "issued_at", clock_rfc3339(c->arena, r.issued_ms));
    json_put_str(body, "body_name", r.body_name);
    json_put_str(body, "body_tax_code", r.body_tax_code);
    return api_send(c, rq, rs, body, e);
}

/* ---- attempts ---- */

struct starting {
    struct ctx *c;
    const struct order *o;
    struct attempt_choice choice;
};

static result start(void *arg, struct arena *a, struct idempotency_reply *out, struct err *e)
{
    const struct starting *s = arg;
    const struct order_cause cause = cause_of(s->c, a);
    struct attempt_way way;
    struct json *body;

    TRY(attempt_start(&s->c->app->till, s->o, &s->choice, &cause, a, &way, e));
    if (way.beside.n > 0)
        return fail_field(e, ERR_CONFLICT, "confirmed", "one begun elsewhere may still be paid");
    body = json_object();
    json_put_str(body, "payment_id", s->o->id);
    json_put_str(body, "channel", s->choice.channel);
    json_put_str(body, "state", str_c(attempt_state_name(way.state)));
    if (way.redirect)
        json_put_str(body, "next_url", way.url);
    return api_reply(s->c, body, a, out, e);
}

/* POST /v1/payments/{id}/attempts */
result api_attempt_make(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    DEFER(json_close) struct json *shown = NULL;
    struct starting starting = { .c = c };
    struct api_once once = { .slow = start, .arg = &starting };
    struct order order;

    TRY(api_may(c, e));
    TRY(api_body(c, rq, &body, e));
    TRY(payment_load(c, request_param(rq, "id"), &order, &shown, e));
    TRY(json_need_str(body, "channel", LIMIT_NAME_BYTES, &starting.choice.channel, e));
    TRY(json_need_str(body, "payer_ip", 45, &starting.choice.payer_ip, e));
    TRY(json_want_bool(body, "confirmed", &starting.choice.confirmed, e));
    starting.o = &order;
    once.agency_id = order.agency_id;
    once.body = body;
    return api_do_once(c, rq, rs, &once, e);
}
