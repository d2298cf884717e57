/* Once for each kind of asset, citizen and year: reserved, consumed, released, and raced for. */
#include <pthread.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/limits.h"
#include "payments/fee_case.h"
#include "payments/fee_quota.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

static const struct fee_item land = { .fee = { "registration_land", 17 },
                                      .quantity = 1,
                                      .base_vnd = 2000000000 };
static const struct str seller[] = { { "seller_integrated", 17 } };

static struct order_request land_request(const char *subject)
{
    struct order_request rq = counter_request();

    rq.items = &land;
    rq.item_count = 1;
    rq.categories = seller;
    rq.category_count = 1;
    rq.subject = str_c(subject);
    return rq;
}

static struct order land_order(struct counter *c, const char *subject)
{
    const struct order_request rq = land_request(subject);

    return counter_order_for(c, &rq);
}

struct looking {
    const struct order *o;
    char state[16];
    size_t rows;
};

static result look(struct sql *db, void *arg, struct err *e)
{
    struct looking *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more = true;

    k->rows = 0;
    TRY(sql_find(db, SQL_FEE_QUOTA_OF_ORDER, &rows, e, sql_t(k->o->agency_id), sql_t(k->o->id)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        k->rows++;
        (void)snprintf(k->state, sizeof(k->state), "%.*s",
                       STR_ARG(sql_text(rows, 1, test_arena())));
    }
}

static void quota_is(struct counter *c, const struct order *o, const char *state)
{
    struct looking k = { .o = o };
    struct err e = { .code = ERR_NONE };

    check_ok(sql_read(c->till.store, look, &k, &e), e);
    check_int(k.rows, state != NULL);
    if (state != NULL)
        check_str(str_c(k.state), state);
}

TEST_STORE(a_second_bill_of_the_year_has_no_reduction_until_the_first_ends)
{
    struct counter *c = counter_open();
    struct order first = land_order(c, "acc_1"), second = land_order(c, "acc_1");
    struct order other = land_order(c, "acc_2"), third;
    struct err e = { .code = ERR_NONE };

    check_int(first.bill.total_vnd, 9000000);
    check_int(second.bill.total_vnd, 10000000);
    check_int(second.bill.lines[0].explain[second.bill.lines[0].explain_count - 1].reason,
              FEE_WHY_QUOTA);
    check_int(other.bill.total_vnd, 9000000);
    quota_is(c, &first, "reserved");
    quota_is(c, &second, NULL);
    check_ok(order_cancel(&c->till, first.id, counter_cause(), &e), e);
    quota_is(c, &first, "released");
    third = land_order(c, "acc_1");
    check_int(third.bill.total_vnd, 9000000);
    quota_is(c, &third, "reserved");
}

TEST_STORE(a_paid_bill_has_consumed_the_year)
{
    struct counter *c = counter_open();
    struct order first = land_order(c, "acc_1"), second;
    struct str ref = counter_start(c, &first);

    counter_pay(c, ref);
    check(counter_confirm(c, ref, (struct confirm){ .code = "00" }).accepted);
    check_int(counter_state(c, &first), ORDER_PAID);
    quota_is(c, &first, "consumed");
    second = land_order(c, "acc_1");
    check_int(second.bill.total_vnd, 10000000);
    counter_books_hold(c);
}

TEST_STORE(another_year_and_another_kind_of_asset_count_by_themselves)
{
    struct counter *c = counter_open();
    struct order_request rq = land_request("acc_1");
    const struct fee_item car = { .fee = STR("registration_car_again"),
                                  .quantity = 1,
                                  .base_vnd = 500000000 };
    struct order o;

    (void)land_order(c, "acc_1");
    rq.received_on = (struct date){ 2027, 1, 4 };
    check_int(counter_order_for(c, &rq).bill.total_vnd, 9000000);
    rq = land_request("acc_1");
    rq.items = &car;
    o = counter_order_for(c, &rq);
    check_int(o.bill.total_vnd, 5000000);
    quota_is(c, &o, "reserved");
}

TEST_STORE(nothing_due_consumes_at_once_and_nobody_known_takes_nothing)
{
    struct counter *c = counter_open();
    const struct fee_item motorbike = { .fee = STR("registration_motorbike_again"),
                                        .quantity = 1,
                                        .base_vnd = 30000000 };
    struct order_request rq = land_request("acc_1");
    struct order o;

    rq.items = &motorbike;
    o = counter_order_for(c, &rq);
    check_int(o.state, ORDER_EXEMPT);
    quota_is(c, &o, "consumed");
    rq.subject = STR("");
    o = counter_order_for(c, &rq);
    check_int(o.bill.total_vnd, 300000);
    quota_is(c, &o, NULL);
}

TEST_STORE(two_lines_of_one_bill_take_one_grant)
{
    struct counter *c = counter_open();
    const struct fee_item items[] = { land, land };
    struct order_request rq = land_request("acc_1");
    struct order o;

    rq.items = items;
    rq.item_count = 2;
    o = counter_order_for(c, &rq);
    check_int(o.bill.total_vnd, 19000000);
}

TEST_STORE(a_late_payment_takes_the_grant_again_unless_another_has_it)
{
    struct counter *c = counter_open();
    struct order lost = land_order(c, "acc_1"), kept = land_order(c, "acc_2"), rival;
    struct str lost_ref = counter_start(c, &lost), kept_ref = counter_start(c, &kept);
    struct err e = { .code = ERR_NONE };

    counter_fail(c, lost_ref);
    counter_fail(c, kept_ref);
    check_ok(order_cancel(&c->till, lost.id, counter_cause(), &e), e);
    check_ok(order_cancel(&c->till, kept.id, counter_cause(), &e), e);
    rival = land_order(c, "acc_1");
    check_int(rival.bill.total_vnd, 9000000);
    counter_pay(c, lost_ref);
    counter_pay(c, kept_ref);
    (void)counter_confirm(c, lost_ref, (struct confirm){ .code = "00" });
    (void)counter_confirm(c, kept_ref, (struct confirm){ .code = "00" });
    if (counter_state(c, &lost) == ORDER_PAID)
        quota_is(c, &lost, "released");
    if (counter_state(c, &kept) == ORDER_PAID)
        quota_is(c, &kept, "consumed");
    quota_is(c, &rival, "reserved");
}

#define RACERS 8

struct racer {
    struct counter *c;
    pthread_t thread;
    int64_t total_vnd;
};

static result make(struct sql *db, void *arg, struct err *e)
{
    struct racer *r = arg;
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    const struct order_request rq = land_request("acc_1");
    struct order o = { 0 };

    TRY(order_create(db, &r->c->till, &rq, a, &o, e));
    r->total_vnd = o.bill.total_vnd;
    return OK;
}

static void *race(void *arg)
{
    struct racer *r = arg;
    struct err e = { .code = ERR_NONE };

    if (sql_transact(r->c->till.store, make, r, &e).failed)
        r->total_vnd = -1;
    return NULL;
}

TEST_STORE(of_many_bills_at_once_exactly_one_is_reduced)
{
    struct counter *c = counter_open();
    struct racer racers[RACERS];
    int reduced = 0;

    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){ .c = c };
        check(pthread_create(&racers[i].thread, NULL, race, &racers[i]) == 0);
    }
    for (int i = 0; i < RACERS; i++) {
        (void)pthread_join(racers[i].thread, NULL);
        check(racers[i].total_vnd == 9000000 || racers[i].total_vnd == 10000000);
        reduced += racers[i].total_vnd == 9000000;
    }
    check_int(reduced, 1);
}

struct casing {
    const struct order *o;
    struct order_request rq;
};

static result case_load(struct sql *db, void *arg, struct err *e)
{
    struct casing *k = arg;

    return fee_case_load(db, k->o, &k->rq, test_arena(), e);
}

TEST_STORE(an_order_remembers_what_it_was_priced_from)
{
    struct counter *c = counter_open();
    const struct fee_item birth = {
        .fee = STR("birth_late"), .quantity = 2, .area = STR("other"), .event_on = { 2026, 8, 1 }
    };
    struct order_request rq = land_request("acc_1");
    struct casing k;
    struct order o;
    struct err e = { .code = ERR_NONE };

    rq.items = &birth;
    o = counter_order_for(c, &rq);
    k = (struct casing){ .o = &o };
    check_ok(sql_read(c->till.store, case_load, &k, &e), e);
    check_int(k.rq.item_count, 1);
    check_str(k.rq.items[0].area, "other");
    check_int(k.rq.items[0].quantity, 2);
    check_int(date_cmp(k.rq.items[0].event_on, birth.event_on), 0);
    check_int(k.rq.category_count, 1);
    check_str(k.rq.categories[0], "seller_integrated");
    check_int(k.rq.level, 2);
}
