/*
 * What POST /v1/payments asks for. Attacker: a registered system that collects for another's
 * agency, sends payers to a stranger's site, or hands on a token that is not its visitor's.
 * Promised: its registration names the agencies and hosts; the citizen's token is believed as at
 * any interface.
 */
#include "auth/access.h"
#include "auth/client.h"
#include "auth/organisation.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/url.h"
#include "web/api.h"
#include "web/api_payment.h"
#include "web/input.h"

static result read_date(const struct json *o, const char *name, struct date *out, struct err *e)
{
    struct str text = STR("");

    TRY(json_want_str(o, name, 10, &text, e));
    return text.n > 0 ? input_date(text, name, out, e) : OK;
}

static result read_item(const struct json *o, struct fee_item *out, struct err *e)
{
    struct fee_item item = { .quantity = 1 };

    TRY(json_need_str(o, "fee", 64, &item.fee, e));
    TRY(json_want_int(o, "quantity", 1, 1000000, &item.quantity, e));
    (void)api_money(json_member(o, "base_vnd"), &item.base_vnd); /* api_body has checked it */
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
    TRY(json_need_array(body, "categories", API_CATEGORIES_MAX, &list, e));
    for (size_t i = 0; i < json_count(list); i++)
        if (!json_str(json_at(list, i), &out->categories[i]))
            return fail_field(e, ERR_INVALID, "categories", "not a list of texts");
    out->order.categories = out->categories;
    out->order.category_count = json_count(list);
    return OK;
}

static result read_payer(const struct json *body, struct payer *out, struct err *e)
{
    struct json *payer = NULL;

    TRY(json_want_object(body, "payer", &payer, e));
    if (payer == NULL)
        return OK;
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

/* https, or loopback; and where the client has registered hosts, only on those. */
static bool may_return_to(const struct client *client, struct str text)
{
    struct url url;

    if (text.n == 0)
        return true;
    return url_read(app_origin(text), &url) && (url.secure || url.loopback) && utf8_is_text(text) &&
           (client->hosts.n == 0 || client_list_has(client->hosts, url.host.name));
}

static result read_case(const struct json *body, struct order_request *out, struct err *e)
{
    struct str channel = STR("online");

    TRY(json_need_str(body, "agency_id", 32, &out->agency_id, e));
    TRY(json_need_str(body, "procedure", 64, &out->procedure, e));
    TRY(read_date(body, "received_on", &out->received_on, e));
    TRY(json_want_str(body, "channel", 16, &channel, e));
    out->channel = str_is(channel, "online") ? FEE_ONLINE : FEE_COUNTER;
    return OK;
}

static result read_rest(const struct json *body, struct order_request *out, struct err *e)
{
    TRY(json_need_str(body, "reference", 50, &out->reference, e));
    TRY(json_want_str(body, "return_url", 1000, &out->return_url, e));
    return json_want_str(body, "locale", 2, &out->locale, e);
}

/* Whom its registration lets it collect for; and a client that is gone asks for nobody. */
static result check_client(struct ctx *c, const struct order_request *order, struct err *e)
{
    struct client client;

    TRY(client_load(&c->app->auth, c->arena, c->access.client_id, &client, e));
    if (!client_may_agency(&client, order->agency_id))
        return fail_field(e, ERR_FORBIDDEN, "agency_id", "not registered for this client");
    if (!may_return_to(&client, order->return_url))
        return fail_field(e, ERR_INVALID, "return_url", "not https, or not a registered host");
    return OK;
}

static struct order_request request_of(const struct ctx *c)
{
    return (struct order_request){
        .client_id = c->access.client_id,
        .received_on = clock_today(c->app->clock),
        .request_id = c->visit.request_id,
        .ip = c->visit.ip,
    };
}

static result case_read(const struct json *body, struct payment_body *out, struct err *e)
{
    TRY(read_case(body, &out->order, e));
    TRY(read_items(body, out, e));
    return read_categories(body, out, e);
}

result payment_read_case(struct ctx *c, const struct json *body, struct payment_body *out,
                         struct err *e)
{
    out->order = request_of(c);
    TRY(case_read(body, out, e));
    TRY(check_client(c, &out->order, e));
    return read_subject(c, body, out, e);
}

/* What a quote settles is not said again. */
static result quote_read(struct ctx *c, const struct json *body, struct payment_body *out,
                         struct err *e)
{
    static const char *const settled[] = { "agency_id", "procedure",  "received_on",  "channel",
                                           "items",     "categories", "subject_token" };
    struct order_request rq;
    struct str id;

    for (size_t i = 0; i < LEN(settled); i++)
        if (json_member(body, settled[i]) != NULL)
            return fail_field(e, ERR_INVALID, settled[i], "the quote says so already");
    TRY(json_need_str(body, "quote_id", 60, &id, e));
    TRY(quote_load(&c->app->till, id, c->access.client_id, c->arena, &out->quote, e));
    rq = out->quote.order;
    rq.client_id = out->order.client_id;
    rq.request_id = out->order.request_id;
    rq.ip = out->order.ip;
    out->order = rq;
    return OK;
}

result payment_read(struct ctx *c, const struct json *body, struct payment_body *out, struct err *e)
{
    out->order = request_of(c);
    out->metadata = json_member(body, "metadata");
    if (json_member(body, "quote_id") != NULL)
        TRY(quote_read(c, body, out, e));
    else
        TRY(case_read(body, out, e));
    TRY(read_rest(body, &out->order, e));
    TRY(json_want_str(body, "replaces", 60, &out->replaces, e));
    TRY(read_payer(body, &out->order.payer, e));
    TRY(check_client(c, &out->order, e));
    return read_subject(c, body, out, e);
}
