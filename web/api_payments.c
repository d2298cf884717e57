/*
 * The fee interface for one-stop systems. Attacker: a registered system that reads or pays for
 * another's dossiers, or repeats itself. Promised: a client sees its own orders only; the same
 * Idempotency-Key and body give the same order. The citizen's token is no part of that comparison:
 * it ends within minutes, and a call whose answer was lost is repeated with an old or a renewed
 * one.
 */
#include "auth/access.h"
#include "auth/client.h"
#include "auth/organisation.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/url.h"
#include "payments/attempt.h"
#include "payments/idempotency.h"
#include "payments/receipt.h"
#include "web/input.h"
#include "web/view.h"

#define CATEGORIES_MAX 16

struct payment_body {
    struct order_request order;
    struct err subject; /* why the citizen's token is not believed */
    struct fee_item items[LIMIT_ORDER_LINES];
    struct str categories[CATEGORIES_MAX];
};

static result read_date(const struct json *o, const char *name, struct date *out, struct err *e)
{
    struct str text = STR("");

    TRY(json_want_str(o, name, 10, &text, e));
    return text.n > 0 ? input_date(text, name, out, e) : OK;
}

static result read_item(const struct json *o, struct fee_item *out, struct err *e)
{
    static const char *const names[] = { "fee", "quantity", "base_vnd", "area", "event_on", NULL };
    struct fee_item item = { .quantity = 1 };

    if (!json_is_object(o))
        return fail_field(e, ERR_INVALID, "items", "an item is not an object");
    TRY(json_only(o, names, e));
    TRY(json_need_str(o, "fee", 64, &item.fee, e));
    TRY(json_want_int(o, "quantity", 1, 1000000, &item.quantity, e));
    TRY(json_want_int(o, "base_vnd", 0, MONEY_MAX_VND, &item.base_vnd, e));
    TRY(json_want_str(o, "area", 16, &item.area, e));
    TRY(read_date(o, "event_on", &item.event_on, e));
    *out = item;
    return OK;
}

static result read_items(const struct json *body, struct payment_body *out, struct err *e)
{
    struct json *items;

    if (json_member(body, "items") == NULL)
        return OK;
    TRY(json_need_array(body, "items", LIMIT_ORDER_LINES, &items, e));
    for (size_t i = 0; i < json_count(items); i++)
        TRY(read_item(json_at(items, i), &out->items[i], e));
    out->order.items = out->items;
    out->order.item_count = json_count(items);
    return OK;
}

static result read_categories(const struct json *body, struct payment_body *out, struct err *e)
{
    struct json *list;

    if (json_member(body, "categories") == NULL)
        return OK;
    TRY(json_need_array(body, "categories", CATEGORIES_MAX, &list, e));
    for (size_t i = 0; i < json_count(list); i++)
        if (!json_str(json_at(list, i), &out->categories[i]))
            return fail_field(e, ERR_INVALID, "categories", "not a list of texts");
    out->order.categories = out->categories;
    out->order.category_count = json_count(list);
    return OK;
}

static result read_payer(const struct json *body, struct payer *out, struct err *e)
{
    static const char *const names[] = { "name", "id", "address", NULL };
    struct json *payer = NULL;

    TRY(json_want_object(body, "payer", &payer, e));
    if (payer == NULL)
        return OK;
    TRY(json_only(payer, names, e));
    TRY(json_want_str(payer, "name", LIMIT_NAME_BYTES, &out->name, e));
    TRY(json_want_str(payer, "id", 20, &out->id, e));
    return json_want_str(payer, "address", 500, &out->address, e);
}

/* Who acts for an organisation asks for its bill, not for one of their own: it is found by the tax
 * code, as long as they may act for it. */
static result payer_is_organisation(struct ctx *c, struct str organisation, struct payer *payer,
                                    struct err *e)
{
    struct organisation org;

    TRY(organisation_load(&c->app->auth, c->arena, organisation, &org, e));
    if (payer->id.n == 0)
        payer->id = org.code;
    if (payer->name.n == 0)
        payer->name = org.name;
    return OK;
}

/* The citizen's own access token proves level and account: Circular 117/2026 ties fees to them. One
 * that is not believed is told only when an order is to be made, not when its answer is repeated.
 */
static result read_subject(struct ctx *c, const struct json *body, struct payment_body *out,
                           struct err *e)
{
    struct str token = STR("");
    struct access citizen = { 0 };
    struct err why = { 0 };

    TRY(json_want_str(body, "subject_token", LIMIT_TOKEN_BYTES, &token, e));
    if (token.n == 0)
        return OK;
    if (access_check_subject(&c->app->auth, c->arena, token, &c->access, &citizen, &why).failed &&
        err_status(why.code) >= 500) {
        *e = why;
        return (result){ true };
    }
    if (citizen.account.n == 0)
        must(
            fail_field(&out->subject, ERR_INVALID, "subject_token", "not a valid token of a person")
                .failed);
    out->order.level = citizen.level;
    if (citizen.acting.n > 0)
        return payer_is_organisation(c, citizen.acting, &out->order.payer, e);
    out->order.subject = citizen.account;
    return OK;
}

static bool may_return_to(struct str text)
{
    struct url url;

    return text.n == 0 ||
           (url_read(app_origin(text), &url) && (url.secure || url.loopback) && utf8_is_text(text));
}

static result read_rest(const struct json *body, struct order_request *out, struct err *e)
{
    struct str channel = STR("online");

    TRY(json_need_str(body, "reference", 50, &out->reference, e));
    TRY(json_need_str(body, "agency_id", 32, &out->agency_id, e));
    TRY(json_need_str(body, "procedure", 64, &out->procedure, e));
    TRY(read_date(body, "received_on", &out->received_on, e));
    TRY(json_want_str(body, "channel", 16, &channel, e));
    if (!str_is(channel, "online") && !str_is(channel, "counter"))
        return fail_field(e, ERR_INVALID, "channel", "neither online nor counter");
    out->channel = str_is(channel, "online") ? FEE_ONLINE : FEE_COUNTER;
    TRY(json_want_str(body, "return_url", 1000, &out->return_url, e));
    if (!may_return_to(out->return_url))
        return fail_field(e, ERR_INVALID, "return_url", "not an https address");
    TRY(json_want_str(body, "locale", 2, &out->locale, e));
    if (out->locale.n > 0 && !str_is(out->locale, "vi") && !str_is(out->locale, "en"))
        return fail_field(e, ERR_INVALID, "locale", "neither vi nor en");
    return OK;
}

static result payment_read(struct ctx *c, const struct json *body, struct payment_body *out,
                           struct err *e)
{
    static const char *const names[] = { "reference", "agency_id",  "procedure",     "received_on",
                                         "channel",   "items",      "categories",    "payer",
                                         "locale",    "return_url", "subject_token", NULL };

    if (!json_is_object(body))
        return fail(e, ERR_MALFORMED, "the body is not an object");
    TRY(json_only(body, names, e));
    out->order = (struct order_request){
        .client_id = c->access.client_id,
        .received_on = clock_today(c->app->clock),
        .request_id = c->visit.request_id,
        .ip = c->visit.ip,
    };
    TRY(read_rest(body, &out->order, e));
    TRY(read_items(body, out, e));
    TRY(read_categories(body, out, e));
    TRY(read_payer(body, &out->order.payer, e));
    return read_subject(c, body, out, e);
}

static struct json *line_json(const struct fee_line *l)
{
    struct json *o = json_object();

    json_put_str(o, "fee", l->fee);
    json_put_str(o, "kind", fee_kind_name(l->kind));
    json_put_str(o, "name", l->name_vi);
    json_put_int(o, "quantity", l->quantity);
    json_put_int(o, "gross_vnd", l->gross_vnd);
    json_put_int(o, "reduction_vnd", l->reduction_vnd);
    json_put_int(o, "net_vnd", l->net_vnd);
    json_put_str(o, "basis", l->basis_text);
    if (l->reduction_id.n > 0)
        json_put_str(o, "reduction_basis", l->reduction_text);
    return o;
}

static struct json *order_json(const struct till *t, const struct order *o, struct arena *a)
{
    struct json *body = json_object();
    struct json *lines = json_array();

    for (size_t i = 0; i < o->bill.count; i++)
        json_add(lines, line_json(&o->bill.lines[i]));
    json_put_str(body, "id", o->id);
    json_put_str(body, "state", str_c(order_state_name(o->state)));
    json_put_str(body, "reference", o->reference);
    json_put_str(body, "agency_id", o->agency_id);
    json_put_str(body, "procedure", o->procedure);
    json_put_int(body, "total_vnd", o->bill.total_vnd);
    json_put_int(body, "phi_vnd", o->bill.phi_vnd);
    json_put_int(body, "le_phi_vnd", o->bill.le_phi_vnd);
    json_put_int(body, "captured_vnd", o->captured_vnd);
    json_put(body, "lines", lines);
    json_put_str(body, "next_url", order_url(t, o, a));
    json_put_str(body, "created_at", clock_rfc3339(a, o->created_ms));
    json_put_str(body, "expires_at", clock_rfc3339(a, o->expires_ms));
    return body;
}

struct making {
    const struct till *till;
    const struct payment_body *payment;
};

static result make_order(struct sql *db, void *arg, struct arena *a, struct idempotency_reply *out,
                         struct err *e)
{
    const struct making *m = arg;
    DEFER(json_close) struct json *body = NULL;
    struct order order;

    if (m->payment->subject.code != ERR_NONE) {
        *e = m->payment->subject;
        return (result){ true };
    }
    TRY(order_create(db, m->till, &m->payment->order, a, &order, e));
    body = order_json(m->till, &order, a);
    out->status = 201;
    out->body = json_print(a, body);
    return OK;
}

static result check_content_type(const struct request *rq, struct err *e)
{
    const struct str type = request_header(rq, "Content-Type");

    if (!str_eq_nocase(str_trim(str_sub(type, 0, str_find(type, ';'))), STR("application/json")))
        return fail(e, ERR_MEDIA_TYPE, "not application/json");
    return OK;
}

/* Whom its registration lets it collect for; and a client that is gone asks for nobody. */
static result check_agency(struct ctx *c, struct str agency_id, struct err *e)
{
    struct client client;

    TRY(client_load(&c->app->auth, c->arena, c->access.client_id, &client, e));
    return client_may_agency(&client, agency_id)
               ? OK
               : fail_field(e, ERR_FORBIDDEN, "agency_id", "not registered for this client");
}

/* POST /v1/payments */
result api_payment_make(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    DEFER(json_close) struct json *compared = NULL;
    struct payment_body payment = { 0 };
    struct idempotency_reply reply;
    struct idempotency_call call;
    struct making making = { &c->app->till, &payment };

    TRY(access_need_scope(&c->access, "payments:write", e));
    TRY(check_content_type(rq, e));
    TRY(json_read(rq->body, &body, e));
    TRY(payment_read(c, body, &payment, e));
    TRY(check_agency(c, payment.order.agency_id, e));
    compared = json_copy(body);
    json_put_null(compared, "subject_token");
    call = (struct idempotency_call){ .agency_id = payment.order.agency_id,
                                      .client_id = c->access.client_id,
                                      .path = rq->path,
                                      .key = request_header(rq, "Idempotency-Key"),
                                      .body = compared };
    TRY(idempotency_run(&c->app->till, &call, make_order, &making, c->arena, &reply, e));
    if (reply.replayed)
        response_header(rs, "Idempotent-Replay", STR("true"));
    view_json_text(rs, reply.replayed ? 200 : reply.status, "application/json", reply.body);
    return OK;
}

static result put_receipts(struct ctx *c, struct json *body, const struct order *o, struct err *e)
{
    struct json *list = json_array();
    struct receipt *receipts;
    size_t n;

    json_put(body, "receipts", list);
    TRY(receipt_list(&c->app->till, o, c->arena, &receipts, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *one = json_object();

        json_put_str(one, "id", receipts[i].id);
        json_put_str(one, "kind", fee_kind_name(receipts[i].kind));
        json_put_str(one, "form", receipts[i].form);
        json_put_str(one, "serial", receipts[i].serial);
        json_put_str(one, "number", receipts[i].number_text);
        json_put_int(one, "amount_vnd", receipts[i].amount_vnd);
        json_put_str(one, "url", receipt_url(&c->app->till, &receipts[i], c->arena));
        json_put_str(one, "pdf_url",
                     str_fmt(c->arena, "%.*s/receipts/%.*s", STR_ARG(c->app->conf.service.issuer),
                             STR_ARG(receipts[i].id)));
        json_add(list, one);
    }
    return OK;
}

/* The latest attempt, and DuocThanhToanTrucTuyen of the dossier synchronisation (Decision 766,
 * indicator 3.6): 1, paid on the National Public Service Portal's platform. */
static result put_payment(struct ctx *c, struct json *body, const struct order *o, struct err *e)
{
    struct attempt *attempts;
    size_t n;
    bool online = false;

    TRY(attempt_list(&c->app->till, o, c->arena, &attempts, &n, e));
    for (size_t i = 0; i < n; i++) {
        if (attempts[i].state != ATTEMPT_CAPTURED)
            continue;
        online = true;
        json_put_str(body, "transaction", attempts[i].portal_txn);
        json_put_str(body, "paid_at", clock_rfc3339(c->arena, attempts[i].captured_ms));
    }
    if (n > 0)
        json_put_str(body, "attempt_state", str_c(attempt_state_name(attempts[n - 1].state)));
    json_put_int(body, "DuocThanhToanTrucTuyen", online ? 1 : 0);
    return OK;
}

/* The order as it is now, and its version as an ETag. */
static result answer_order(struct ctx *c, struct response *rs, const struct order *o, struct err *e)
{
    DEFER(json_close) struct json *body = order_json(&c->app->till, o, c->arena);

    TRY(put_payment(c, body, o, e));
    TRY(put_receipts(c, body, o, e));
    response_header(rs, "ETag", str_fmt(c->arena, "\"%lld\"", (long long)o->version));
    view_json_text(rs, 200, "application/json", json_print(c->arena, body));
    return OK;
}

/* GET /v1/payments/{id} */
result api_payment_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct order order;

    TRY(access_need_scope(&c->access, "payments:read", e));
    TRY(order_load(&c->app->till, request_param(rq, "id"), c->access.client_id, c->arena, &order,
                   e));
    return answer_order(c, rs, &order, e);
}

/* POST /v1/payments/{id}/cancel */
result api_payment_cancel(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct order_cause cause = {
        .actor = str_cat(c->arena, STR("client:"), c->access.client_id),
        .source = STR("api"),
        .request_id = c->visit.request_id,
        .ip = c->visit.ip,
    };
    struct order order;

    TRY(access_need_scope(&c->access, "payments:write", e));
    TRY(order_load(&c->app->till, request_param(rq, "id"), c->access.client_id, c->arena, &order,
                   e));
    TRY(order_cancel(&c->app->till, order.id, &cause, e));
    TRY(order_load(&c->app->till, order.id, c->access.client_id, c->arena, &order, e));
    return answer_order(c, rs, &order, e);
}
