/* After a capture the portal's receipt is fetched, once, and only a PDF is kept. */
#include "payments/outbox.h"
#include "tests/payments/counter.h"

static bool deliver(struct counter *c)
{
    bool did;
    struct err e = { .code = ERR_NONE };

    check_ok(outbox_deliver(&c->till, &did, &e), e);
    return did;
}

static void pay_one(struct counter *c)
{
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct err e = { .code = ERR_NONE };

    counter_pay(c, ref);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
}

TEST_STORE(the_portals_receipt_is_fetched_once)
{
    struct counter *c = counter_open();
    int calls;

    check(!deliver(c));
    pay_one(c);
    calls = c->calls;
    check(deliver(c));
    check_int(c->calls, calls + 1);
    check(str_has(str_c(c->last_body), STR("\"GET_BILL\"")));
    check(str_has(str_c(c->last_body), STR("\"20261123090000\""))); /* the time of INIT */
    check(!deliver(c));
    counter_forward(c, 86400);
    check(!deliver(c));
    check_int(counter_rows("outbox"), 0); /* what is done does not pile up */
    check_int(counter_rows("portal_bill"), 1);
}

TEST_STORE(what_is_no_pdf_is_asked_for_again_later_and_given_up)
{
    struct counter *c = counter_open();
    int64_t wait_s = 60;

    pay_one(c);
    c->bill_is_html = true;
    for (int i = 0; i < OUTBOX_TRIES_MAX; i++) {
        check(deliver(c));
        check(!deliver(c));
        counter_forward(c, wait_s - 1);
        check(!deliver(c));
        counter_forward(c, 1);
        wait_s *= 2;
    }
    counter_forward(c, 86400 * 30);
    check(!deliver(c)); /* dead: for the operator */
    check_int(counter_rows("outbox"), 1);
}

TEST_STORE(it_comes_when_the_portal_can_again)
{
    struct counter *c = counter_open();

    pay_one(c);
    c->bill_is_html = true;
    check(deliver(c));
    c->bill_is_html = false;
    counter_forward(c, 60);
    check(deliver(c));
    counter_forward(c, 86400);
    check(!deliver(c));
}
