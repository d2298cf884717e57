/* The same order at another price: for whom, when, how often, and what the books say. */
#include <pthread.h>

#include "base/err.h"
#include "payments/order_reprice.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

#define LAND_FULL 10000000
#define LAND_LESS 9000000

static const struct fee_item land = { .fee = { "registration_land", 17 },
                                      .quantity = 1,
                                      .base_vnd = 2000000000 };
static const struct fee_item extract = { .fee = { "civil_extract", 13 }, .quantity = 3 };
static const struct str seller[] = { { "seller_integrated", 17 } };

static struct order_request land_request(int level)
{
    struct order_request rq = counter_request();

    rq.items = &land;
    rq.item_count = 1;
    rq.categories = seller;
    rq.category_count = 1;
    rq.level = level;
    return rq;
}

static struct order land_order(struct counter *c, int level)
{
    const struct order_request rq = land_request(level);

    return counter_order_for(c, &rq);
}

static struct order_price asked(struct counter *c, const struct order *o, int level)
{
    struct order_price price;
    struct err e = { .code = ERR_NONE };

    check_ok(order_reprice_ask(&c->till, o, STR("acc_1"), level, test_arena(), &price, &e), e);
    return price;
}

static result reprice(struct counter *c, struct order *o, int level, int64_t told_vnd,
                      struct err *e)
{
    const struct order_repricing rp = { STR("acc_1"), STR(""), level, told_vnd };

    return order_reprice(&c->till, o, &rp, counter_cause(), test_arena(), e);
}

static struct order stored(struct counter *c, const struct order *o)
{
    struct order x;
    struct err e = { .code = ERR_NONE };

    check_ok(order_load(&c->till, o->id, STR(""), test_arena(), &x, &e), e);
    return x;
}

TEST_STORE(the_same_order_costs_less_at_level_two)
{
    struct counter *c = counter_open();
    struct order o = land_order(c, 1), x;
    const struct order_price price = asked(c, &o, 2);
    struct err e = { .code = ERR_NONE };

    check_int(o.bill.total_vnd, LAND_FULL);
    check(price.differs);
    check_int(price.total_vnd, LAND_LESS);
    check_int(stored(c, &o).bill.total_vnd, LAND_FULL); /* asking changes nothing */
    x = o;
    check_ok(reprice(c, &x, 2, LAND_FULL, &e), e);
    check_int(x.bill.total_vnd, LAND_LESS);
    x = stored(c, &o);
    check_int(x.state, ORDER_OPEN);
    check_int(x.bill.total_vnd, LAND_LESS);
    check_int(x.bill.reduction_vnd, LAND_FULL - LAND_LESS);
    check_int(x.level, 2);
    check_same(x.id, o.id);
    check_same(x.token, o.token);
    check(x.version > o.version);
    check_int(x.expires_ms, o.expires_ms);
    check_int(counter_journals(c, &o, "J1"), 2);
    check_int(counter_journals(c, &o, "J1R"), 1);
    check_int(counter_balance(c, 1130), LAND_LESS);
    counter_books_hold(c);
}

TEST_STORE(what_is_priced_anew_is_paid_and_receipted_as_it_is_now)
{
    struct counter *c = counter_open();
    struct order o = land_order(c, 1);
    struct str ref;
    struct err e = { .code = ERR_NONE };

    check_ok(reprice(c, &o, 2, LAND_FULL, &e), e);
    o = stored(c, &o);
    ref = counter_start(c, &o);
    counter_pay(c, ref);
    check(counter_confirm(c, ref, (struct confirm){ .code = "00" }).accepted);
    check_int(counter_state(c, &o), ORDER_PAID);
    check_int(counter_receipts(c, &o), 1);
    check_int(counter_balance(c, 1130), 0);
    check_int(counter_balance(c, 2110), LAND_LESS);
    counter_books_hold(c);
}

TEST_STORE(what_becomes_free_is_exempt)
{
    struct counter *c = counter_open();
    struct order_request rq = counter_request();
    struct order o;
    struct err e = { .code = ERR_NONE };

    rq.procedure = STR("2.000635.000.00.00.H56");
    rq.items = &extract;
    rq.item_count = 1;
    rq.level = 1;
    o = counter_order_for(c, &rq);
    check_int(o.bill.total_vnd, 24000);
    check_ok(reprice(c, &o, 2, 24000, &e), e);
    check_int(counter_state(c, &o), ORDER_EXEMPT);
    check_int(stored(c, &o).bill.total_vnd, 0);
    check_int(counter_balance(c, 1130), 0);
    counter_books_hold(c);
}

TEST_STORE(nobody_pays_more_than_they_were_told)
{
    struct counter *c = counter_open();
    struct order o = land_order(c, 2), x = o;
    struct err e = { .code = ERR_NONE };

    check_int(o.bill.total_vnd, LAND_LESS);
    check_int(asked(c, &o, 1).total_vnd, LAND_FULL);
    check_fails(reprice(c, &x, 1, LAND_LESS, &e), e, ERR_STALE);
    check_int(stored(c, &o).bill.total_vnd, LAND_LESS);
    counter_books_hold(c);
    check_ok(reprice(c, &x, 1, LAND_FULL, &e), e);
    check_int(stored(c, &o).bill.total_vnd, LAND_FULL);
    /* The grant of the year is free for another bill, and then not for this one any more. */
    check_int(land_order(c, 2).bill.total_vnd, LAND_LESS);
    x = stored(c, &o);
    check(!asked(c, &x, 2).differs);
    counter_books_hold(c);
}

TEST_STORE(once_begun_to_pay_the_price_is_frozen)
{
    struct counter *c = counter_open();
    struct order o = land_order(c, 1), x;
    struct str ref = counter_start(c, &o);
    struct err e = { .code = ERR_NONE };

    x = o;
    check(!asked(c, &o, 2).differs);
    check_fails(reprice(c, &x, 2, LAND_FULL, &e), e, ERR_WRONG_STATE);
    counter_fail(c, ref);
    check_fails(reprice(c, &x, 2, LAND_FULL, &e), e, ERR_WRONG_STATE);
    check_int(stored(c, &o).bill.total_vnd, LAND_FULL);
    counter_books_hold(c);
}

TEST_STORE(a_closed_order_and_one_past_its_time_keep_their_price)
{
    struct counter *c = counter_open();
    struct order closed = land_order(c, 1), late = land_order(c, 1);
    struct err e = { .code = ERR_NONE };

    check_ok(order_cancel(&c->till, closed.id, counter_cause(), &e), e);
    check_fails(reprice(c, &closed, 2, LAND_FULL, &e), e, ERR_WRONG_STATE);
    counter_forward(c, c->till.order_ttl_s + 1);
    check(!asked(c, &late, 2).differs);
    check_fails(reprice(c, &late, 2, LAND_FULL, &e), e, ERR_WRONG_STATE);
    counter_books_hold(c);
}

TEST_STORE(the_preference_is_the_bills_own_citizens)
{
    struct counter *c = counter_open();
    struct order o = land_order(c, 1), x = o, anyones;
    struct order_request rq = land_request(1);
    struct order_repricing rp = { STR("acc_2"), STR("another"), 2, LAND_FULL };
    struct err e = { .code = ERR_NONE };

    check_fails(order_reprice(&c->till, &x, &rp, counter_cause(), test_arena(), &e), e,
                ERR_FORBIDDEN);
    rp = (struct order_repricing){ STR(""), o.id_index, 2, LAND_FULL };
    check_fails(order_reprice(&c->till, &x, &rp, counter_cause(), test_arena(), &e), e,
                ERR_FORBIDDEN);
    rq.subject = rq.payer.id = STR("");
    anyones = counter_order_for(c, &rq);
    rp = (struct order_repricing){ STR("acc_1"), STR(""), 2, LAND_FULL };
    check_fails(order_reprice(&c->till, &anyones, &rp, counter_cause(), test_arena(), &e), e,
                ERR_FORBIDDEN);
    /* By the number alone it is theirs. */
    rq = land_request(1);
    rq.subject = STR("");
    o = counter_order_for(c, &rq);
    rp = (struct order_repricing){ STR("acc_1"), o.id_index, 2, LAND_FULL };
    check_ok(order_reprice(&c->till, &o, &rp, counter_cause(), test_arena(), &e), e);
    check_int(stored(c, &o).bill.total_vnd, LAND_LESS);
}

TEST_STORE(what_does_not_depend_on_the_level_is_left_alone)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    const int64_t events = counter_events(c, &o);
    struct err e = { .code = ERR_NONE };

    check(!asked(c, &o, 1).differs);
    check_ok(reprice(c, &o, 1, COUNTER_ORDER, &e), e);
    check_int(counter_events(c, &o), events);
    check_int(counter_journals(c, &o, "J1"), 1);
}

struct racing {
    struct counter *c;
    struct order o;
    bool failed;
    enum err_code code;
};

static void *race(void *arg)
{
    struct racing *r = arg;
    struct err e = { .code = ERR_NONE };

    r->failed = reprice(r->c, &r->o, 2, LAND_FULL, &e).failed;
    r->code = e.code;
    return NULL;
}

TEST_STORE(two_pages_at_once_price_it_anew_once)
{
    struct counter *c = counter_open();
    const struct order o = land_order(c, 1);
    struct racing r[2] = { { .c = c, .o = o }, { .c = c, .o = o } };
    pthread_t threads[2];

    for (size_t i = 0; i < LEN(threads); i++)
        check_int(pthread_create(&threads[i], NULL, race, &r[i]), 0);
    for (size_t i = 0; i < LEN(threads); i++) {
        check_int(pthread_join(threads[i], NULL), 0);
        if (r[i].failed)
            check_int(r[i].code, ERR_RETRY);
    }
    check_int(counter_journals(c, &o, "J1"), 2);
    check_int(stored(c, &o).bill.total_vnd, LAND_LESS);
    counter_books_hold(c);
}
