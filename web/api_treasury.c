/*
 * Payouts and slips into the budget for systems: to read. Attacker: a registered system that reads
 * another body's money; promised: a client that is registered for some agencies only names one of
 * them, and finds nothing of others.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "finance/payout.h"
#include "finance/remittance.h"
#include "web/api.h"

#define ITEMS_MAX 100

/* ---- payouts ---- */

static struct json *payout_json(const struct ctx *c, const struct payout *p)
{
    struct json *o = json_object();

    json_put_str(o, "id", p->id);
    json_put_str(o, "agency_id", p->agency_id);
    json_put_str(o, "provider", p->provider);
    json_put_str(o, "account", p->account);
    json_put_str(o, "day", date_iso(c->arena, p->day));
    json_put_int(o, "revision", p->revision);
    json_put_str(o, "state", str_c(payout_state_name(p->state)));
    json_put_int(o, "payments", p->payments);
    json_put_int(o, "gross_vnd", p->gross_vnd);
    json_put_int(o, "returns", p->returns);
    json_put_int(o, "returned_vnd", p->returned_vnd);
    json_put_int(o, "fee_vnd", p->fee_vnd);
    json_put_int(o, "invoiced_vnd", p->invoiced_vnd);
    json_put_int(o, "net_vnd", p->net_vnd);
    api_put_text(o, "bank_reference", p->bank_ref);
    api_put_text(o, "bank_day", p->bank_day);
    json_put_str(o, "posted_at", clock_rfc3339(c->arena, p->posted_ms));
    api_put_time(c, o, "confirmed_at", p->confirmed_ms);
    api_put_time(c, o, "reversed_at", p->reversed_ms);
    return o;
}

static result payout_filter_read(const struct form *query, const struct api_place *from,
                                 struct payout_filter *f, struct err *e)
{
    const struct str first = form_get(query, "from"), last = form_get(query, "to");
    struct str n;

    *f = (struct payout_filter){ .agency_id = form_get(query, "agency_id"),
                                 .provider = form_get(query, "provider"),
                                 .state = form_get(query, "state") };
    if (first.n > 0 && !date_read(first, &f->from))
        return fail_field(e, ERR_INVALID, "from", "not a day");
    if (last.n > 0 && !date_read(last, &f->to))
        return fail_field(e, ERR_INVALID, "to", "not a day");
    if (str_cut(from->id, '.', &n, &f->before_agency))
        (void)str_to_i64(n, &f->before_n);
    return OK;
}

/* GET /v1/payouts */
result api_payout_list(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct payout_filter f;
    struct json *body, *data;
    struct api_place from;
    struct payout *list;
    struct form query;
    size_t n, most;

    TRY(api_may(c, e));
    TRY(api_query(c, rq, &query, e));
    TRY(api_agency(c, form_get(&query, "agency_id"), e));
    TRY(api_page(c, &query, &from, &most, e));
    TRY(payout_filter_read(&query, &from, &f, e));
    f.most = most + 1;
    TRY(payout_list(&c->app->office, &f, c->arena, &list, &n, e));
    body = json_object();
    data = json_array();
    for (size_t i = 0; i < n && i < most; i++)
        json_add(data, payout_json(c, &list[i]));
    json_put(body, "data", data);
    if (n > most) {
        const struct payout *last = &list[most - 1];
        const struct str id =
            str_fmt(c->arena, "%lld.%.*s", (long long)last->n, STR_ARG(last->agency_id));

        json_put_str(body, "next_cursor", api_cursor(c, &query, last->posted_ms, id));
    }
    return api_send(c, rq, rs, body, e);
}

static struct json *item_json(const struct payout_item *i)
{
    struct json *o = json_object();

    json_put_int(o, "line", i->line);
    json_put_str(o, "kind",
                 i->what.n == 0                ? STR("payment")
                 : str_is(i->what, "reversal") ? STR("reversal")
                                               : STR("refund"));
    json_put_str(o, "attempt_reference", i->reference);
    json_put_str(o, "transaction", i->portal_txn);
    json_put_str(o, "reference", i->dossier);
    json_put_str(o, "payment_id", i->order_id);
    json_put_int(o, "amount_vnd", i->vnd);
    json_put_int(o, "fee_vnd", i->fee_vnd);
    json_put_bool(o, "deducted", i->deducted);
    api_put_text(o, "settled_day", i->settled_day);
    api_put_text(o, "remitted_day", i->remitted_day);
    return o;
}

/* GET /v1/payouts/{id} */
result api_payout_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    int64_t after = 0, most = ITEMS_MAX;
    struct json *body, *rows;
    struct payout_item *items;
    struct form query;
    struct payout p;
    size_t n;

    TRY(api_may(c, e));
    TRY(api_query(c, rq, &query, e));
    TRY(payout_load(&c->app->office, request_param(rq, "id"), c->arena, &p, e));
    TRY(api_see(c, p.agency_id, e));
    (void)str_to_i64(form_get(&query, "after"), &after);
    (void)str_to_i64(form_get(&query, "limit"), &most);
    TRY(payout_items(&c->app->office, &p, after, (size_t)most, c->arena, &items, &n, e));
    body = payout_json(c, &p);
    rows = json_array();
    for (size_t i = 0; i < n; i++)
        json_add(rows, item_json(&items[i]));
    json_put(body, "items", rows);
    return api_send(c, rq, rs, body, e);
}

/* ---- remittances ---- */

static struct json *remittance_json(const struct ctx *c, const struct remittance *r)
{
    struct json *o = json_object();

    json_put_str(o, "id", r->id);
    json_put_str(o, "agency_id", r->agency_id);
    json_put_str(o, "number", r->number);
    json_put_str(o, "treasury", r->treasury);
    json_put_str(o, "from", date_iso(c->arena, r->from));
    json_put_str(o, "to", date_iso(c->arena, r->to));
    json_put_str(o, "state", str_c(remittance_state_name(r->state)));
    json_put_int(o, "total_vnd", r->total_vnd);
    json_put_int(o, "retained_vnd", r->retained_vnd);
    api_put_text(o, "treasury_reference", r->treasury_ref);
    api_put_text(o, "remitted_day", r->remitted_day);
    json_put_str(o, "document_sha256", digest_hex(c->arena, digest_sha256(r->document)));
    json_put_str(o, "created_at", clock_rfc3339(c->arena, r->created_ms));
    json_put_str(o, "updated_at", clock_rfc3339(c->arena, r->updated_ms));
    api_put_time(c, o, "sent_at", r->sent_ms);
    return o;
}

/* GET /v1/remittances */
result api_remittance_list(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct remittance_filter f = { 0 };
    struct json *body, *data;
    struct remittance *list;
    struct api_place from;
    struct form query;
    size_t n, most;

    TRY(api_may(c, e));
    TRY(api_query(c, rq, &query, e));
    f.agency_id = form_get(&query, "agency_id");
    f.state = form_get(&query, "state");
    TRY(api_agency(c, f.agency_id, e));
    TRY(api_page(c, &query, &from, &most, e));
    f.before = from.id;
    f.most = most + 1;
    TRY(remittance_list(&c->app->office, &f, c->arena, &list, &n, e));
    body = json_object();
    data = json_array();
    for (size_t i = 0; i < n && i < most; i++)
        json_add(data, remittance_json(c, &list[i]));
    json_put(body, "data", data);
    if (n > most)
        json_put_str(body, "next_cursor",
                     api_cursor(c, &query, list[most - 1].created_ms, list[most - 1].id));
    return api_send(c, rq, rs, body, e);
}

static result put_lines(struct ctx *c, struct json *body, const struct remittance *r, struct err *e)
{
    struct remittance_line *lines;
    struct json *rows;
    size_t n;

    TRY(remittance_lines(r, c->arena, &lines, &n, e));
    rows = json_array();
    json_put(body, "lines", rows);
    for (size_t i = 0; i < n; i++) {
        struct json *o = json_object();

        json_put_str(o, "content", lines[i].content);
        json_put_str(o, "fee", lines[i].fee);
        json_put_str(o, "chapter", lines[i].chapter);
        json_put_str(o, "sub_item", lines[i].sub_item);
        json_put_str(o, "locality", lines[i].locality);
        json_put_int(o, "orders", lines[i].orders);
        json_put_int(o, "amount_vnd", lines[i].amount_vnd);
        json_add(rows, o);
    }
    return OK;
}

static result put_events(struct ctx *c, struct json *body, const struct remittance *r,
                         struct err *e)
{
    struct remittance_history *list;
    struct json *rows;
    size_t n;

    TRY(remittance_history(&c->app->office, r, c->arena, &list, &n, e));
    rows = json_array();
    json_put(body, "events", rows);
    for (size_t i = 0; i < n; i++) {
        struct json *o = json_object();

        json_put_int(o, "seq", list[i].seq);
        json_put_str(o, "at", clock_rfc3339(c->arena, list[i].at_ms));
        json_put_str(o, "event", list[i].event);
        json_put_str(o, "from", list[i].from);
        json_put_str(o, "to", list[i].to);
        json_put_str(o, "by", list[i].actor);
        json_add(rows, o);
    }
    return OK;
}

/* GET /v1/remittances/{id} */
result api_remittance_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    struct remittance r;
    struct json *whole;

    TRY(api_may(c, e));
    TRY(remittance_load(&c->app->office, request_param(rq, "id"), c->arena, &r, e));
    TRY(api_see(c, r.agency_id, e));
    body = remittance_json(c, &r);
    TRY(put_lines(c, body, &r, e));
    TRY(put_events(c, body, &r, e));
    whole = body;
    body = NULL;
    return api_send(c, rq, rs, whole, e);
}
