/* Figures for /metrics, and the daily proof of the books. */
#include "finance/figures.h"

#include <stdlib.h>

#include "conf/conf.h"
#include "payments/attempt.h"
#include "payments/ledger.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

static const struct office *desk(void)
{
    static struct office f;
    static struct conf conf;

    conf.finance.report_at = STR("05:30");
    f = (struct office){ .till = &counter_open()->till, .conf = &conf };
    return &f;
}

static struct figures figures(void)
{
    struct figures f;
    struct err e = { 0 };

    check_ok(report_follow_all(desk()->till, &e), e);
    check_ok(figures_read(desk(), &f, &e), e);
    return f;
}

static void pay_one(void)
{
    struct counter *c = counter_open();
    const struct order o = counter_order(c);
    const struct str ref = counter_start(c, &o);
    struct err e = { 0 };

    counter_forward(c, 20);
    counter_pay(c, ref);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
}

TEST_STORE(balances_and_waits_are_those_of_the_books)
{
    struct figures f = figures();

    check_int(f.balances_vnd[0], 0);
    check(!f.was_checked);
    pay_one();
    f = figures();
    check_int(f.accounts[0], LEDGER_1110);
    check_int(f.balances_vnd[0], 578000); /* owed by the portal, on the debit side */
    check_int(f.balances_vnd[2], 0);
    check_int(f.waits[1], 1); /* 20 s */
    check_int(f.behind, 0);
    check_int(f.residual_vnd, 0);
}

TEST_STORE(the_books_are_proved_once_a_day)
{
    struct figures f;
    struct err e = { 0 };
    bool did;

    pay_one();
    check_ok(figures_check_due(desk(), &did, &e), e);
    f = figures();
    check(f.was_checked && f.books_hold);
    check_int(f.checked_ms / 1000, clock_now_ms(desk()->till->clock) / 1000);
    counter_forward(counter_open(), 3600);
    check_ok(figures_check_due(desk(), &did, &e), e);
    check_int(figures().checked_ms, f.checked_ms);
    counter_forward(counter_open(), 86400);
    check_ok(figures_check_due(desk(), &did, &e), e);
    check(figures().checked_ms > f.checked_ms);
}
