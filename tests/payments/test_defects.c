/* Defects found in systems that talk to the payment portal today, each by its number in the list of
 * known ones; 17 and 18 are about settlement files. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "payments/ledger.h"
#include "payments/outbox.h"
#include "payments/poll.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

static const struct confirm right;

TEST_STORE(defect_01_and_04_a_forged_notice_marks_nothing_paid)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    const int calls = c->calls;

    check(!counter_confirm(c, ref, (struct confirm){ .secret = "guess", .txn = "G" }).accepted);
    check_int(c->calls, calls);
    check_int(counter_state(c, &o), ORDER_OPEN);
}

TEST_STORE(defect_02_a_notice_of_failure_never_captures)
{
    static const char *const codes[] = { "01", "24", "99", "0", "000" };
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);

    for (size_t i = 0; i < LEN(codes); i++) {
        check(counter_confirm(c, ref, (struct confirm){ .code = codes[i], .txn = "G" }).accepted);
        check_int(counter_state(c, &o), ORDER_OPEN);
        check_int(counter_receipts(c, &o), 0);
    }
}

TEST_STORE(defect_03_the_amount_of_a_notice_is_compared)
{
    static const char *const amounts[] = { "577999", "578001", "5780000", "57800", "1" };
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);

    for (size_t i = 0; i < LEN(amounts); i++)
        check(!counter_confirm(c, ref, (struct confirm){ .amount = amounts[i], .txn = "G" })
                   .accepted);
    check(counter_has_mismatch(c, &o, "AMT"));
    check_int(counter_receipts(c, &o), 0);
}

TEST_STORE(defect_05_query_repeats_the_time_of_init_whatever_the_hour)
{
    static const struct {
        int hour, minute, second;
        const char *stamp;
    } times[] = {
        { 0, 30, 0, "20261123003000" },
        { 12, 30, 0, "20261123123000" },
        { 13, 30, 0, "20261123133000" },
        { 23, 59, 59, "20261123235959" },
    };
    struct counter *c = counter_open();

    for (size_t i = 0; i < LEN(times); i++) {
        struct order o;
        struct str ref;
        struct err e = { .code = ERR_NONE };

        c->clock.fixed_ms = clock_from_local((struct local_time){
            { 2026, 11, 23 }, times[i].hour, times[i].minute, times[i].second, 7 });
        o = counter_order(c);
        ref = counter_start(c, &o);
        check_str(str_c(counter_deal(c, ref)->init_time), times[i].stamp);
        counter_pay(c, ref);
        counter_forward(c, 50000);
        check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
        check_int(counter_state(c, &o), ORDER_PAID); /* it was found by its time */
    }
}

TEST_STORE(defect_06_amounts_beyond_32_bits_are_paid_in_full)
{
    static const struct fee_item items[] = {
        { .fee = { "passport", 8 }, .quantity = 100000 }, /* 20,000,000,000 */
        { .fee = { "criminal_record", 15 }, .quantity = 11000 },
    };
    struct counter *c = counter_open();
    struct order_request rq = counter_request();
    struct order o;
    struct str ref;

    rq.agency_id = STR("G01.56");
    rq.level = 1;
    rq.items = items;
    rq.item_count = 2;
    o = counter_order_for(c, &rq);
    check_int(o.bill.total_vnd, 22200000000);
    ref = counter_start(c, &o);
    check_str(str_c(counter_deal(c, ref)->amount), "22200000000");
    counter_pay(c, ref);
    check(counter_confirm(c, ref, right).accepted);
    check_int(counter_state(c, &o), ORDER_PAID);
    check_int(counter_balance(c, 1110), 22200000000);
    check_int(counter_balance(c, 2130), 1980000000); /* 90 % of 2,200,000,000 */
    counter_books_hold(c);
}

TEST_STORE(defect_07_the_reply_is_not_an_echo)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct notice_reply good, bad;

    counter_pay(c, ref);
    good = counter_confirm(c, ref, right);
    check(!str_has(counter_confirm_body(c, ref, right), str_sub(good.body, good.body.n - 66, 64)));
    /* Nothing that a stranger wrote is signed. */
    bad = counter_confirm(c, ref, (struct confirm){ .secret = "guess" });
    check(!str_has(bad.body, ref));
}

TEST_STORE(defect_08_the_secret_is_in_no_message_and_no_error)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct notice_reply reply;
    struct err why;

    check(!str_has(str_c(c->last_body), STR(COUNTER_SECRET)));
    notice_take(&c->till, STR("{\"a\":"), STR("1.2.3.4"), STR("rq"), test_arena(), &reply, &why);
    check(!str_has(str_c(why.detail), STR(COUNTER_SECRET)));
    check(!str_has(reply.body, STR(COUNTER_SECRET)));
    (void)ref;
}

TEST(defect_09_a_store_that_fails_is_answered_99)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o), body;
    struct sql_pool *good = c->till.store, *empty = NULL;
    const struct sql_config config = { .target =
                                           str_fmt(test_arena(), "%s/empty.db", test_folder()),
                                       .connections_max = 1,
                                       .wait_ms = 100 };
    struct notice_reply reply;
    struct err e = { .code = ERR_NONE };

    counter_pay(c, ref);
    body = counter_confirm_body(c, ref, right);
    check_ok(sql_open(&config, &empty, &e), e); /* without tables */
    c->till.store = empty;
    notice_take(&c->till, body, STR("1.2.3.4"), STR("rq"), test_arena(), &reply, &e);
    c->till.store = good;
    sql_close(&empty);
    check(!reply.accepted);
    check(str_has(reply.body, STR("\"99\"")));
    check_int(e.code, ERR_STORE);
    check_int(counter_state(c, &o), ORDER_OPEN);
    /* The portal says it again, and the store is back. */
    notice_take(&c->till, body, STR("1.2.3.4"), STR("rq"), test_arena(), &reply, &e);
    check(reply.accepted);
    check_int(counter_state(c, &o), ORDER_PAID);
}

TEST_STORE(defect_10_query_goes_on_until_there_is_an_answer)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    bool did;
    struct err e = { .code = ERR_NONE };

    for (int i = 0; i < 40; i++) { /* pending for a day and a half */
        counter_forward(c, 3600);
        check_ok(poll_attempt(&c->till, &did, &e), e);
        check(did);
        check_int(counter_state(c, &o), ORDER_OPEN);
    }
    counter_pay(c, ref);
    counter_forward(c, 3600);
    check_ok(poll_attempt(&c->till, &did, &e), e);
    check_int(counter_state(c, &o), ORDER_PAID);
}

TEST_STORE(defect_11_a_transport_error_of_init_is_not_a_failure)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref;

    c->init = INIT_LOST_AFTER;
    ref = counter_start(c, &o);
    check_int(counter_attempt(c, ref), ATTEMPT_UNKNOWN);
    counter_pay(c, ref); /* the payer had the page open */
    check(counter_confirm(c, ref, right).accepted);
    check_int(counter_state(c, &o), ORDER_PAID);
}

TEST_STORE(defect_12_and_13_lines_are_apart_and_nothing_about_the_payer_is_made_up)
{
    struct counter *c = counter_open();
    struct order_request rq = counter_request();
    struct order o;
    struct json *body = NULL, *block;
    struct str s;
    struct err e = { .code = ERR_NONE };

    rq.payer = (struct payer){ .name = STR("Y Bih Ka-Đăm") };
    o = counter_order_for(c, &rq);
    (void)counter_start(c, &o);
    check_ok(json_read(str_c(c->last_body), &body, &e), e);
    block = json_member(body, "ThongTinBienLai");
    check_int(json_count(json_member(block, "PhiLePhi")), 2);
    check(json_str(json_member(block, "SoCMNDNguoiNop"), &s) && s.n == 0);
    check(json_str(json_member(block, "HoTenNguoiNop"), &s));
    check_str(s, "Y Bih Ka-Đăm");
    check(json_str(json_member(body, "Ip"), &s));
    check_str(s, "203.0.113.7");
    json_close(&body);
}

TEST_STORE(defect_14_the_payer_is_not_sent_to_a_foreign_origin)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct attempt_way way;
    struct err e = { .code = ERR_NONE };

    c->init = INIT_FOREIGN_URL;
    check_ok(
        attempt_start(&c->till, &o, counter_by("portal"), counter_cause(), test_arena(), &way, &e),
        e);
    check(!way.redirect);
    check_int(way.url.n, 0);
}

TEST_STORE(defect_15_only_a_pdf_is_kept_as_the_portals_receipt)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o), pdf;
    struct err e = { .code = ERR_NONE };

    c->bill_is_html = true;
    check_fails(portal_bill(c->till.portal, ref, STR("20261123090000"), test_arena(), &pdf, &e), e,
                ERR_UPSTREAM_BAD);
}

TEST_STORE(defect_16_a_second_payment_is_held_and_has_no_second_receipt)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str first = counter_start(c, &o), second;

    counter_fail(c, first);
    second = counter_start(c, &o);
    counter_pay(c, first);
    counter_pay(c, second);
    check(counter_confirm(c, first, right).accepted);
    check(counter_confirm(c, second, right).accepted);
    check_int(counter_state(c, &o), ORDER_OVERPAID);
    check_int(counter_receipts(c, &o), 2);
    check_int(counter_balance(c, 2150), COUNTER_ORDER);
    counter_books_hold(c);
}
