/* Quotes: what they promise, to whom, for how long; and what a higher level would save. */
#include "base/limits.h"
#include "payments/quote.h"
#include "store/sql.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

static const struct fee_item extract = { .fee = { "civil_extract", 13 }, .quantity = 3 };

static struct order_request extract_request(int level)
{
    struct order_request rq = counter_request();

    rq.procedure = STR("2.000635.000.00.00.H56");
    rq.items = &extract;
    rq.item_count = 1;
    rq.level = level;
    return rq;
}

static struct quote quoted(struct counter *c, const struct order_request *rq)
{
    struct quote q;
    struct err e = { .code = ERR_NONE };

    check_ok(quote_make(&c->till, rq, test_arena(), &q, &e), e);
    return q;
}

TEST_STORE(a_citizen_of_level_one_is_told_what_level_two_saves)
{
    struct counter *c = counter_open();
    struct order_request rq = extract_request(1);
    struct quote q = quoted(c, &rq);

    check_int(q.total_vnd, 24000);
    check_int(q.saving_count, 1);
    check_int(q.savings[0].saved_vnd, 24000);
    check_int(q.saved_vnd, 24000);
    check_int(q.savings[0].level, 2);
    check_str(q.savings[0].reduction_id, "tt117-2026.2");
    check(q.savings[0].reduction_text.n > 0);
    rq.level = 2;
    q = quoted(c, &rq);
    check_int(q.total_vnd, 0);
    check_int(q.saving_count, 0);
    rq = extract_request(1);
    rq.received_on = (struct date){ 2027, 3, 1 }; /* the preference is over */
    check_int(quoted(c, &rq).saving_count, 0);
    rq = extract_request(1);
    rq.channel = FEE_COUNTER;
    check_int(quoted(c, &rq).saving_count, 0);
}

TEST_STORE(a_quote_is_its_clients_and_reads_back)
{
    struct counter *c = counter_open();
    const struct order_request rq = extract_request(1);
    struct quote q = quoted(c, &rq), back;
    struct err e = { .code = ERR_NONE };

    check_fails(quote_load(&c->till, q.id, STR("another"), test_arena(), &back, &e), e,
                ERR_NOT_FOUND);
    check_fails(quote_load(&c->till, STR("quo_x"), rq.client_id, test_arena(), &back, &e), e,
                ERR_NOT_FOUND);
    check_ok(quote_load(&c->till, q.id, rq.client_id, test_arena(), &back, &e), e);
    check_str(back.order.subject, "acc_1");
    check_int(back.order.level, 1);
    check_same(back.order.agency_id, rq.agency_id);
    check_same(back.order.procedure, rq.procedure);
    check_int(back.order.item_count, 1);
    check_int(back.order.items[0].quantity, 3);
    check_same(back.bill_hash, q.bill_hash);
}

TEST_STORE(an_order_by_a_quote_costs_the_same_or_is_refused)
{
    struct counter *c = counter_open();
    struct order_request rq = extract_request(1), dearer;
    struct quote q = quoted(c, &rq);
    struct order same = counter_order_for(c, &rq), other;
    struct fee_item more = extract;
    struct err e = { .code = ERR_NONE };

    check_ok(quote_check(&q, &same, FIXTURE_NOW_MS, test_arena(), &e), e);
    check_fails(quote_check(&q, &same, q.expires_ms, test_arena(), &e), e, ERR_STALE);
    dearer = rq;
    more.quantity = 4;
    dearer.items = &more;
    other = counter_order_for(c, &dearer);
    check_fails(quote_check(&q, &other, FIXTURE_NOW_MS, test_arena(), &e), e, ERR_STALE);
    check_str(str_c(e.field), "quote_id");
}

TEST_STORE(quotes_that_ended_long_ago_are_purged)
{
    struct counter *c = counter_open();
    const struct order_request rq = extract_request(1);
    struct quote q = quoted(c, &rq), back;
    struct err e = { .code = ERR_NONE };

    counter_forward(c, 7 * 86400);
    (void)quoted(c, &rq);
    check_ok(quote_load(&c->till, q.id, rq.client_id, test_arena(), &back, &e), e);
    counter_forward(c, 3600);
    (void)quoted(c, &rq);
    check_fails(quote_load(&c->till, q.id, rq.client_id, test_arena(), &back, &e), e,
                ERR_NOT_FOUND);
}

TEST_STORE(a_bill_tells_what_level_two_would_have_saved)
{
    struct counter *c = counter_open();
    const struct order_request rq = extract_request(1);
    struct order o = counter_order_for(c, &rq);
    struct quote_saving *savings;
    size_t count;
    struct err e = { .code = ERR_NONE };

    check_ok(quote_savings_of(&c->till, &o, test_arena(), &savings, &count, &e), e);
    check_int(count, 1);
    check_int(savings[0].saved_vnd, 24000);
}

TEST_STORE(odd_cases_are_refused_by_field)
{
    struct counter *c = counter_open();
    struct order_request rq = extract_request(1);
    struct quote q;
    struct err e = { .code = ERR_NONE };

    rq.procedure = STR("9.999999");
    check_fails(quote_make(&c->till, &rq, test_arena(), &q, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "procedure");
    rq = extract_request(1);
    rq.agency_id = STR("H00");
    check_fails(quote_make(&c->till, &rq, test_arena(), &q, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "agency_id");
}
