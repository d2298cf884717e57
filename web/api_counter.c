/*
 * Money at the desk of a one-stop system. Attacker: a system that pays for another's dossiers, or
 * repeats itself; promised: a client's own payments only, in a shift that an officer has opened and
 * will count, and a key takes once, also when the answer was lost.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "payments/counter.h"
#include "web/api.h"
#include "web/view.h"

struct counting {
    struct ctx *c;
    struct counter_ask ask;
};

static struct json *taken_json(const struct counter_taken *x, const struct order *o,
                               struct arena *a)
{
    struct json *body = json_object();

    json_put_str(body, "payment_id", x->order_id);
    json_put_str(body, "reference", x->reference);
    json_put_str(body, "state", str_c(order_state_name(o->state)));
    json_put_str(body, "method", str_c(counter_method_name(x->method)));
    json_put_int(body, "amount_vnd", x->amount_vnd);
    json_put_int(body, "received_vnd", x->received_vnd);
    json_put_int(body, "change_vnd", x->change_vnd);
    json_put_str(body, "shift_id", x->shift_id);
    json_put_str(body, "taken_at", clock_rfc3339(a, x->at_ms));
    return body;
}

static result take(void *arg, struct arena *a, struct idempotency_reply *out, struct err *e)
{
    struct counting *k = arg;
    struct ctx *c = k->c;
    const struct order_cause by = { .actor = str_cat(a, STR("client:"), c->access.client_id),
                                    .source = STR("api"),
                                    .request_id = c->visit.request_id,
                                    .ip = c->visit.ip };
    struct counter_taken x;
    struct order o;

    TRY(counter_take(&c->app->till, &k->ask, &by, a, &x, e));
    if (x.beside.n > 0)
        return fail_field(e, ERR_CONFLICT, "confirmed", "channel %.*s may still be paid",
                          STR_ARG(x.beside));
    TRY(order_load(&c->app->till, k->ask.order_id, STR(""), a, &o, e));
    return api_reply(c, taken_json(&x, &o, a), a, out, e);
}

/* The checked body. */
static result ask_read(struct ctx *c, const struct request *rq, const struct json *body,
                       struct counter_ask *ask, struct order *o, struct err *e)
{
    struct str id = STR(""), desk = STR(""), method = STR("");
    const struct json *received = json_member(body, "received_vnd");
    const struct str key = request_header(rq, "Idempotency-Key");
    struct err why = { .code = ERR_NONE };
    struct shift s;

    (void)json_str(json_member(body, "payment_id"), &id);
    (void)json_str(json_member(body, "desk"), &desk);
    (void)json_str(json_member(body, "method"), &method);
    (void)json_str(json_member(body, "bank_reference"), &ask->bank_ref);
    (void)json_bool(json_member(body, "confirmed"), &ask->confirmed);
    if (!counter_method_find(method, &ask->method))
        return fail_field(e, ERR_INVALID, "method", "no such method");
    if (received != NULL && !api_money(received, &ask->received_vnd))
        return fail_field(e, ERR_INVALID, "received_vnd", "not an amount");
    TRY(order_load(&c->app->till, id, c->access.client_id, c->arena, o, e));
    if (shift_load_desk(&c->app->till, o->agency_id, str_trim(desk), c->arena, &s, &why).failed)
        return why.code == ERR_NOT_FOUND ? fail_field(e, ERR_WRONG_STATE, "desk", "no open shift")
                                         : fail(e, why.code, "%s", why.detail);
    ask->order_id = o->id;
    ask->shift_id = s.id;
    ask->key = digest_hex(
        c->arena,
        digest_sha256(str_fmt(c->arena, "%.*s\n%.*s", STR_ARG(c->access.client_id), STR_ARG(key))));
    return OK;
}

/* POST /v1/counter-payments */
result api_counter_take(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    struct counting k = { .c = c };
    struct api_once once = { .slow = take, .arg = &k };
    struct order o;

    TRY(api_may(c, e));
    TRY(api_body(c, rq, &body, e));
    TRY(ask_read(c, rq, body, &k.ask, &o, e));
    once.agency_id = o.agency_id;
    once.body = body;
    return api_do_once(c, rq, rs, &once, e);
}
