/* Steps of the random walk at VNPAY: its gateway with what it knows of each reference, IPNs. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "tests/payments/vnpay_gateway.h"
#include "tests/payments/walk_steps.h"

#define DEALS_MAX 8192

struct vnpay_deal {
    char reference[64];
    int64_t vnd;
    int state; /* 0 waiting, 1 paid, 2 failed */
    char refund_request[40];
    int64_t refund_vnd; /* the latest; 0: none */
    const char *refund_status;
};

static struct vnpay_deal deals[DEALS_MAX];
static int deal_count;

static struct vnpay_deal *deal_of(struct str reference)
{
    for (int i = deal_count - 1; i >= 0; i--)
        if (str_eq(reference, str_c(deals[i].reference)))
            return &deals[i];
    return NULL;
}

static struct str member(const struct json *o, const char *name)
{
    struct str s = STR("");

    (void)json_str(json_member(o, name), &s);
    return s;
}

/* A refund is under way at first; the same request again is told so. */
static void refund_begin(struct vnpay_deal *d, const struct json *rq)
{
    const struct str request = member(rq, "vnp_RequestId");
    int64_t vnd;

    if (d->state != 1) {
        gateway.code = "95";
        return;
    }
    if (str_eq(request, str_c(d->refund_request))) {
        gateway.code = "94";
        return;
    }
    check(str_to_i64(member(rq, "vnp_Amount"), &vnd) && vnd > 0 && vnd <= d->vnd * 100);
    (void)snprintf(d->refund_request, sizeof(d->refund_request), "%.*s", STR_ARG(request));
    d->refund_vnd = vnd / 100;
    d->refund_status = "05";
}

/* The latest request is what is told of: a payment, or its refund. */
static void answer_set(const struct vnpay_deal *d)
{
    static const char *const payment[] = { "01", "00", "02" };

    gateway.type = d->refund_vnd == 0 ? "01" : d->refund_vnd == d->vnd ? "02" : "03";
    gateway.status = d->refund_vnd == 0 ? payment[d->state] : d->refund_status;
    gateway.vnd = d->refund_vnd == 0 ? d->vnd : d->refund_vnd;
}

static result serve(void *self, struct str body, struct arena *a, struct answer *out, struct err *e)
{
    DEFER(json_close) struct json *rq = NULL;
    struct vnpay_deal *d;

    gateway.code = NULL;
    check_ok(json_read(body, &rq, e), *e);
    d = deal_of(member(rq, "vnp_TxnRef"));
    if (d == NULL)
        gateway.code = "91";
    else if (!gateway.down && str_is(member(rq, "vnp_Command"), "refund"))
        refund_begin(d, rq);
    if (d != NULL)
        answer_set(d);
    return gateway_serve(self, body, a, out, e);
}

static struct vnpay *client;

void walk_vnpay_open(struct walk *w)
{
    const struct vnpay_config c = gateway_settings();
    struct err e = { .code = ERR_NONE };

    memset(deals, 0, sizeof(deals));
    deal_count = 0;
    memset(&gateway, 0, sizeof(gateway));
    check_ok(vnpay_open_over(&c, serve, NULL, &client, &e), e);
    w->c->till.vnpay = client;
}

void walk_vnpay_close(struct walk *w)
{
    w->c->till.vnpay = NULL;
    vnpay_close(&client);
}

/* The payer opens the page that was signed for this attempt: VNPAY knows it from then on. */
static struct vnpay_deal *deal_open(struct walk *w, const struct walk_order *x, int i)
{
    struct vnpay_deal *d = deal_of(str_c(x->refs[i]));
    struct attempt at;
    struct err e = { .code = ERR_NONE };

    if (d != NULL)
        return d;
    check(deal_count < DEALS_MAX);
    check_ok(attempt_load(&w->c->till, str_c(x->refs[i]), w->a, &at, &e), e);
    d = &deals[deal_count++];
    (void)snprintf(d->reference, sizeof(d->reference), "%s", x->refs[i]);
    d->vnd = at.amount_vnd;
    return d;
}

void walk_vnpay_truth(struct walk *w, const struct walk_order *x, const struct attempt *at)
{
    const struct vnpay_deal *d = deal_of(at->reference);

    if (d == NULL || d->state != 1 || d->vnd != at->captured_vnd)
        walk_fail(w, "order %d: captured what VNPAY does not have", (int)(x - w->orders));
}

/* The payer at the gateway, or VNPAY about a refund. */
void walk_vnpay_payer(struct walk *w)
{
    struct walk_order *x = walk_pick(w);
    const int i = walk_pick_attempt(w, x, "vnpay");
    struct vnpay_deal *d;

    if (i < 0)
        return;
    d = deal_open(w, x, i);
    walk_note(w, " %d.%d", (int)(x - w->orders), i + 1);
    if (d->refund_vnd > 0 && strcmp(d->refund_status, "05") == 0) {
        d->refund_status = walk_chance(w, 70) ? "00" : "09";
        walk_note(w, " refund %s", d->refund_status);
    } else if (d->state != 1) {
        d->state = walk_chance(w, 65) ? 1 : 2;
        walk_note(w, d->state == 1 ? " pays" : " fails");
    }
}

static void paid_is_captured(struct walk *w, const struct walk_order *x, int i)
{
    const struct vnpay_deal *d = deal_of(str_c(x->refs[i]));

    if (d != NULL && d->state == 1 && !gateway.down && !w->hit && d->refund_vnd == 0 &&
        x->m.attempts[i].state != ATTEMPT_CAPTURED && x->m.attempts[i].state != ATTEMPT_REVERSED)
        walk_fail(w, "order %d.%d: paid at VNPAY, asked about, and not captured",
                  (int)(x - w->orders), i + 1);
}

void walk_vnpay_ipn(struct walk *w)
{
    static const struct gateway_ipn odd[] = {
        { .secret = "guess" }, { .amount = "100" }, { .tmn = "ANOTHER1" }, { .code = "24" }
    };
    struct walk_order *x = walk_pick(w), *y = walk_pick(w);
    const int i = walk_pick_attempt(w, x, "vnpay");
    const int64_t kind = walk_below(w, 10);
    const struct vnpay_deal *d = i < 0 ? NULL : deal_of(str_c(x->refs[i]));
    struct gateway_ipn with = { 0 };
    struct vnpay_reply reply;

    if (d == NULL)
        return;
    if (kind < (int64_t)LEN(odd))
        with = odd[kind];
    if (with.amount == NULL)
        with.amount = str_cstr(w->a, str_i64(w->a, d->vnd * 100));
    gateway.down = walk_chance(w, 15);
    const bool forged = kind == 0 || kind == 2;
    const int times = walk_chance(w, 25) ? 3 : 1;

    walk_note(w, " %d.%d kind %d x%d%s", (int)(x - w->orders), i + 1, (int)kind, times,
              gateway.down ? " in bad weather" : "");
    for (int n = 0; n < times; n++)
        reply = gateway_ipn(w->c, gateway_ipn_query(str_c(x->refs[i]), with));
    walk_note(w, " %.*s", STR_ARG(reply.code));
    if (forged && str_is(reply.code, "00"))
        walk_fail(w, "a forged IPN was believed");
    walk_sync(w, x, forged ? 0 : MAY_CAPTURE);
    if (y != x)
        walk_sync(w, y, 0);
    if (kind >= (int64_t)LEN(odd) && times == 1)
        paid_is_captured(w, x, i);
    gateway.down = false;
}
