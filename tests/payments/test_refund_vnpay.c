/* Refunds that the channel pays back itself: sent once, and believed only about themselves. */
#include "payments/refund.h"
#include "tests/payments/vnpay_gateway.h"

static struct order paid_order(struct counter *c)
{
    struct order o = counter_order(c);

    gateway_ask(c, gateway_start(c, &o));
    check_int(counter_state(c, &o), ORDER_PAID);
    return o;
}

static struct refund refund_now(struct counter *c, struct str id)
{
    struct refund r;
    struct err e;

    check_ok(refund_load(&c->till, id, STR(""), test_arena(), &r, &e), e);
    return r;
}

/* Asked for by one, approved by another; the channel has not heard of it. */
static struct str refund_approved(struct counter *c, const struct order *o, int64_t vnd)
{
    struct proposal_actor an = { .name = STR("staff:an"), .limit_vnd = 0 };
    struct proposal_actor binh = { .name = STR("staff:binh"), .limit_vnd = INT64_MAX };
    struct refund_request rq = { .order_id = o->id,
                                 .amount_vnd = vnd,
                                 .reason = STR("wrong_fee"),
                                 .remark = STR("as the dossier says") };
    struct order now;
    struct refund r;
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    check_ok(order_load(&c->till, o->id, STR(""), test_arena(), &now, &e), e);
    rq.available_vnd = order_available_vnd(&now);
    check_ok(refund_request(&c->till, &rq, &an, "page", test_arena(), &r, &e), e);
    const struct proposal_decision d = { .id = r.proposal_id,
                                         .verdict = PROPOSAL_APPROVED,
                                         .hash = r.hash };

    check_ok(proposal_decide(&c->till, &d, &binh, test_arena(), &p, &e), e);
    return r.id;
}

static void refund_job(struct counter *c, bool did)
{
    struct err e = { .code = ERR_NONE };
    bool any;

    check_ok(refund_poll(&c->till, &any, &e), e);
    check(any == did);
}

TEST_STORE(a_refund_is_sent_once_and_asked_about_until_it_is_paid)
{
    struct counter *c = gateway_counter();
    struct order o = paid_order(c);
    struct str id = refund_approved(c, &o, COUNTER_ORDER);

    gateway.status = "05";
    gateway.type = "02";
    refund_job(c, true);
    check(str_has(str_c(gateway.last), STR("\"vnp_Command\":\"refund\"")));
    check_int(refund_now(c, id).state, REFUND_SUBMITTED);
    refund_job(c, false); /* not before its time */
    gateway.status = "00";
    counter_forward(c, 61);
    refund_job(c, true);
    check(str_has(str_c(gateway.last), STR("\"vnp_Command\":\"querydr\"")));
    check_int(refund_now(c, id).state, REFUND_SUCCEEDED);
    check_int(counter_state(c, &o), ORDER_REFUNDED);
    counter_books_hold(c);
}

TEST_STORE(a_repeated_refund_that_is_refused_may_have_arrived_before)
{
    struct counter *c = gateway_counter();
    struct order o = paid_order(c);
    struct str id = refund_approved(c, &o, COUNTER_ORDER);

    gateway.down = true;
    refund_job(c, true);
    check_int(refund_now(c, id).state, REFUND_UNKNOWN);
    gateway.down = false;
    /* querydr lags behind, and the gateway has no money left to give back: it did so already. */
    gateway.query_code = "91";
    gateway.code = "02";
    counter_forward(c, 61);
    refund_job(c, true);
    check(str_has(str_c(gateway.last), STR("\"vnp_Command\":\"refund\"")));
    check_int(refund_now(c, id).state, REFUND_UNKNOWN); /* and the amount stays reserved */
    gateway.query_code = "00";
    gateway.code = NULL;
    gateway.type = "02";
    counter_forward(c, 601);
    refund_job(c, true);
    check_int(refund_now(c, id).state, REFUND_SUCCEEDED);
    counter_books_hold(c);
}

TEST_STORE(a_refund_waits_for_a_channel_that_was_switched_off)
{
    struct counter *c = gateway_counter();
    struct order o = paid_order(c);
    struct str id = refund_approved(c, &o, COUNTER_ORDER);

    c->till.vnpay = NULL;
    refund_job(c, true);
    check_int(refund_now(c, id).state, REFUND_UNKNOWN);
    counter_forward(c, 61);
    refund_job(c, true);
    check_int(refund_now(c, id).state, REFUND_UNKNOWN);
    c->till.vnpay = gateway_client();
    gateway.type = "02";
    gateway.vnd = COUNTER_ORDER;
    counter_forward(c, 601);
    refund_job(c, true);
    check_int(refund_now(c, id).state, REFUND_SUCCEEDED);
    counter_books_hold(c);
}

TEST_STORE(an_answer_that_may_be_about_another_refund_is_for_a_human)
{
    struct counter *c = gateway_counter();
    struct order o = paid_order(c);
    struct str first = refund_approved(c, &o, 78000), second;

    gateway.status = "05";
    gateway.type = "03";
    gateway.vnd = 78000;
    refund_job(c, true);
    gateway.status = "00";
    counter_forward(c, 61);
    refund_job(c, true);
    check_int(refund_now(c, first).state, REFUND_SUCCEEDED);
    second = refund_approved(c, &o, 78000);
    gateway.down = true; /* it never arrives */
    refund_job(c, true);
    gateway.down = false;
    counter_forward(c, 61);
    refund_job(c, true); /* what querydr tells is of the first */
    check_int(refund_now(c, second).state, REFUND_SUBMITTED);
    gateway.status = "09";
    counter_forward(c, 601);
    refund_job(c, true);
    check_int(refund_now(c, second).state, REFUND_SUBMITTED);
    counter_forward(c, c->till.query_horizon_s + 86400);
    refund_job(c, true);
    check_int(refund_now(c, second).state, REFUND_MANUAL);
    counter_books_hold(c);
}
