/*
 * Receipts of all systems for whoever keeps the books: to read. Attacker: a registered system that
 * reads another body's receipts; promised: a client that is registered for some agencies only names
 * one of them, and nothing of payers is in it.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/receipt_range.h"
#include "payments/receipt_search.h"
#include "web/api.h"

static struct json *receipt_json(const struct ctx *c, const struct receipt_hit *h)
{
    struct json *o = json_object();

    json_put_str(o, "id", h->id);
    json_put_str(o, "agency_id", h->agency_id);
    json_put_str(o, "payment_id", h->order_id);
    json_put_str(o, "reference", h->reference);
    json_put_str(o, "kind", h->kind == FEE_PHI ? STR("phi") : STR("le_phi"));
    json_put_str(o, "form", h->form);
    json_put_str(o, "serial", h->serial);
    json_put_str(o, "number", h->number_text);
    json_put_int(o, "amount_vnd", h->amount_vnd);
    json_put_str(o, "state", h->state);
    api_put_text(o, "transaction", h->portal_txn);
    api_put_text(o, "replaces", h->replaces);
    api_put_text(o, "replaced_by", h->replaced_by);
    api_put_text(o, "issued_by", h->delegate_name);
    json_put_str(o, "issued_at", clock_rfc3339(c->arena, h->issued_ms));
    api_put_time(c, o, "signed_at", h->signed_ms);
    return o;
}

static struct receipt_search search_read(const struct form *query, const struct api_place *from)
{
    const struct str kind = form_get(query, "kind");

    return (struct receipt_search){
        .what = form_get(query, "q"),
        .state = form_get(query, "state"),
        .agency_id = form_get(query, "agency_id"),
        .kind = kind.n == 0           ? 0
                : str_is(kind, "phi") ? FEE_PHI
                                      : FEE_LE_PHI,
        .from_ms = api_time_ms(query, "issued_from", 0),
        .to_ms = api_time_ms(query, "issued_to", INT64_MAX),
        .least_vnd = api_money_of(query, "amount_from", 0),
        .most_vnd = api_money_of(query, "amount_to", INT64_MAX),
        .descending = true,
        .has_after = from->id.n > 0,
        .after_ms = from->at_ms,
        .after_id = from->id,
    };
}

/* GET /v1/receipts */
result api_receipt_list(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct receipt_search s;
    struct receipt_sums sums;
    struct receipt_hit *list;
    struct json *body, *data;
    struct api_place from;
    struct form query;
    size_t n, most;

    TRY(api_may(c, e));
    TRY(api_query(c, rq, &query, e));
    TRY(api_agency(c, form_get(&query, "agency_id"), e));
    TRY(api_page(c, &query, &from, &most, e));
    s = search_read(&query, &from);
    TRY(receipt_search(&c->app->till, &s, most + 1, c->arena, &list, &n, e));
    TRY(receipt_search_sums(&c->app->till, &s, &sums, e));
    body = json_object();
    data = json_array();
    for (size_t i = 0; i < n && i < most; i++)
        json_add(data, receipt_json(c, &list[i]));
    json_put(body, "data", data);
    json_put_int(body, "count", sums.count);
    json_put_int(body, "total_vnd", sums.amount_vnd);
    if (n > most)
        json_put_str(body, "next_cursor",
                     api_cursor(c, &query, list[most - 1].issued_ms, list[most - 1].id));
    return api_send(c, rq, rs, body, e);
}

static struct json *range_json(const struct receipt_range *g)
{
    struct json *o = json_object();

    json_put_str(o, "agency_id", g->agency_id);
    api_put_text(o, "unit", g->unit);
    json_put_str(o, "form", g->form);
    json_put_str(o, "serial", g->serial);
    json_put_int(o, "year", g->year);
    json_put_int(o, "first", g->first);
    json_put_int(o, "last", g->last);
    json_put_int(o, "used", g->used);
    json_put_int(o, "left", g->left);
    json_put_int(o, "gaps", g->gaps);
    return o;
}

/* GET /v1/receipt-ranges */
result api_receipt_ranges(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    int64_t year = clock_local(c->now_ms).date.y;
    struct receipt_range *list;
    struct json *body, *data;
    struct form query;
    struct str agency;
    size_t n;

    TRY(api_may(c, e));
    TRY(api_query(c, rq, &query, e));
    agency = form_get(&query, "agency_id");
    TRY(api_agency(c, agency, e));
    (void)str_to_i64(form_get(&query, "year"), &year);
    TRY(receipt_range_list(&c->app->till, year, agency, c->arena, &list, &n, e));
    body = json_object();
    data = json_array();
    for (size_t i = 0; i < n; i++)
        json_add(data, range_json(&list[i]));
    json_put(body, "data", data);
    return api_send(c, rq, rs, body, e);
}
