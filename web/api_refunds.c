/*
 * Refunds for one-stop systems. Attacker: a registered system that pays back another's payments,
 * approves what it asked for itself, or repeats itself; promised: a system asks for refunds of its
 * own payments only, another one that is registered for the agency (or an officer) decides on the
 * hash of exactly that, and the same Idempotency-Key asks once.
 */
#include "auth/client.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/proposal.h"
#include "payments/refund.h"
#include "web/api.h"
#include "web/view.h"

static struct json *refund_json(const struct refund *r, struct str hash, struct arena *a)
{
    struct json *o = json_object();

    json_put_str(o, "id", r->id);
    json_put_str(o, "payment_id", r->order_id);
    json_put_str(o, "reference", r->dossier);
    json_put_str(o, "state", str_c(refund_state_name(r->state)));
    json_put_int(o, "amount_vnd", r->amount_vnd);
    json_put_int(o, "excess_vnd", r->excess_vnd);
    json_put_str(o, "route", str_c(refund_route_name(r->route)));
    json_put_str(o, "reason", r->reason);
    if (r->payee_shown.n > 0)
        json_put_str(o, "payee", r->payee_shown);
    if (r->txn.n > 0)
        json_put_str(o, "transaction", r->txn);
    if (hash.n > 0)
        json_put_str(o, "hash", hash);
    json_put_str(o, "created_at", clock_rfc3339(a, r->created_ms));
    json_put_str(o, "updated_at", clock_rfc3339(a, r->updated_ms));
    return o;
}

struct making {
    struct ctx *c;
    struct refund_request rq;
};

static result make(struct sql *db, void *arg, struct arena *a, struct idempotency_reply *out,
                   struct err *e)
{
    const struct making *m = arg;
    const struct proposal_actor by = api_actor(m->c);
    struct refund r;

    TRY(refund_make(db, &m->c->app->till, &m->rq, &by, "api", a, &r, e));
    return api_reply(m->c, refund_json(&r, r.hash, a), a, out, e);
}

static void request_read(const struct ctx *c, const struct json *body, struct refund_request *out)
{
    const struct json *payee = json_member(body, "payee");

    out->client_id = c->access.client_id;
    (void)api_money(json_member(body, "amount_vnd"), &out->amount_vnd);
    (void)api_money(json_member(body, "refund_amount_available"), &out->available_vnd);
    (void)json_int(json_member(body, "attempt"), &out->attempt_n);
    out->reason = api_text(body, "reason");
    out->remark = api_text(body, "remark");
    out->payee = (struct refund_payee){ .name = api_text(payee, "name"),
                                        .bank = api_text(payee, "bank"),
                                        .account = api_text(payee, "account") };
}

/* POST /v1/payments/{id}/refunds */
result api_refund_make(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    struct making making = { .c = c };
    struct api_once once = { .work = make, .arg = &making };
    struct order o;

    TRY(api_may(c, e));
    TRY(api_body(c, rq, &body, e));
    TRY(order_load(&c->app->till, request_param(rq, "id"), c->access.client_id, c->arena, &o, e));
    making.rq.order_id = o.id;
    request_read(c, body, &making.rq);
    once.agency_id = o.agency_id;
    once.body = body;
    return api_do_once(c, rq, rs, &once, e);
}

/* One's own, or of an agency that one is registered for, with the scope to decide. */
static result refund_find_for(struct ctx *c, struct str id, struct refund *r, struct err *e)
{
    struct client client;

    TRY(refund_load(&c->app->till, id, STR(""), c->arena, r, e));
    if (str_eq(r->client_id, c->access.client_id))
        return OK;
    if (access_need_scope(&c->access, "refunds:approve", NULL).failed)
        return fail(e, ERR_NOT_FOUND, "another's refund");
    TRY(client_load(&c->app->auth, c->arena, c->access.client_id, &client, e));
    return client_may_agency(&client, r->agency_id) ? OK
                                                    : fail(e, ERR_NOT_FOUND, "another's refund");
}

static result refund_told(struct ctx *c, struct str id, struct json **out, struct err *e)
{
    struct proposal p;
    struct refund r;

    TRY(refund_load(&c->app->till, id, STR(""), c->arena, &r, e));
    TRY(proposal_load(&c->app->till, r.proposal_id, c->arena, &p, e));
    *out = refund_json(&r, p.hash, c->arena);
    return OK;
}

/* GET /v1/refunds/{id} */
result api_refund_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct json *body;
    struct refund r;

    TRY(api_may(c, e));
    TRY(refund_find_for(c, request_param(rq, "id"), &r, e));
    TRY(refund_told(c, r.id, &body, e));
    return api_send(c, rq, rs, body, e);
}

/* GET /v1/refunds */
result api_refund_list(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct refund_filter f = { .client_id = c->access.client_id };
    struct json *body, *data;
    struct api_place from;
    struct refund *rows;
    struct form query;
    size_t n, most;

    TRY(api_may(c, e));
    TRY(api_query(c, rq, &query, e));
    TRY(api_page(c, &query, &from, &most, e));
    f.state = form_get(&query, "state");
    f.dossier = form_get(&query, "reference");
    f.before = from.id;
    f.most = most + 1;
    TRY(refund_list(&c->app->till, &f, c->arena, &rows, &n, e));
    body = json_object();
    data = json_array();
    for (size_t i = 0; i < n && i < most; i++)
        json_add(data, refund_json(&rows[i], STR(""), c->arena));
    json_put(body, "data", data);
    if (n > most)
        json_put_str(body, "next_cursor",
                     api_cursor(c, &query, rows[most - 1].created_ms, rows[most - 1].id));
    return api_send(c, rq, rs, body, e);
}

struct deciding {
    struct ctx *c;
    struct refund r;
    enum proposal_state verdict;
    const struct json *body;
};

static result decide(void *arg, struct arena *a, struct idempotency_reply *out, struct err *e)
{
    const struct deciding *k = arg;
    struct ctx *c = k->c;
    const struct proposal_actor by = api_actor(c);
    const struct proposal_decision d = { .id = k->r.proposal_id,
                                         .verdict = k->verdict,
                                         .hash = api_text(k->body, "hash"),
                                         .remark = api_text(k->body, "remark") };
    struct json *body;
    struct proposal p;

    TRY(proposal_decide(&c->app->till, &d, &by, a, &p, e));
    TRY(refund_told(c, k->r.id, &body, e));
    return api_reply(c, body, a, out, e);
}

static result decide_by(struct ctx *c, struct request *rq, struct response *rs,
                        enum proposal_state verdict, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    struct deciding k = { .c = c, .verdict = verdict };
    struct api_once once = { .slow = decide, .arg = &k };

    TRY(api_may(c, e));
    TRY(api_body(c, rq, &body, e));
    TRY(refund_find_for(c, request_param(rq, "id"), &k.r, e));
    k.body = body;
    once.agency_id = k.r.agency_id;
    once.body = body;
    return api_do_once(c, rq, rs, &once, e);
}

/* POST /v1/refunds/{id}/approve */
result api_refund_approve(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return decide_by(c, rq, rs, PROPOSAL_APPROVED, e);
}

/* POST /v1/refunds/{id}/reject */
result api_refund_reject(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return decide_by(c, rq, rs, PROPOSAL_REJECTED, e);
}

static result give_up(void *arg, struct arena *a, struct idempotency_reply *out, struct err *e)
{
    const struct deciding *k = arg;
    struct ctx *c = k->c;
    const struct proposal_actor by = api_actor(c);
    const struct order_cause cause = {
        .actor = by.name, .source = STR("api"), .request_id = by.request_id, .ip = by.ip
    };
    const struct proposal_decision d = { .id = k->r.proposal_id, .verdict = PROPOSAL_WITHDRAWN };
    struct json *body;
    struct proposal p;
    struct refund r;

    if (k->r.state == REFUND_REQUESTED)
        TRY(proposal_decide(&c->app->till, &d, &by, a, &p, e));
    else
        TRY(refund_cancel(&c->app->till, k->r.id, &cause, a, &r, e));
    TRY(refund_told(c, k->r.id, &body, e));
    return api_reply(c, body, a, out, e);
}

/* POST /v1/refunds/{id}/cancel: of one's own payments only. */
result api_refund_cancel(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    struct deciding k = { .c = c };
    struct api_once once = { .slow = give_up, .arg = &k };

    TRY(api_may(c, e));
    TRY(api_body(c, rq, &body, e));
    TRY(refund_load(&c->app->till, request_param(rq, "id"), c->access.client_id, c->arena, &k.r,
                    e));
    once.agency_id = k.r.agency_id;
    once.body = body;
    return api_do_once(c, rq, rs, &once, e);
}
