/* Attempts: every pair of state and event, and what the portal may do to us. */
#include "payments/attempt_row.h"
#include "payments/order_row.h"
#include "payments/poll.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

/* The fewest listed events from one state to another, by breadth. */
static size_t way_find(enum attempt_state to, enum attempt_event way[8])
{
    enum attempt_state queue[ATTEMPT_STATE_COUNT] = { ATTEMPT_NONE };
    int from[ATTEMPT_STATE_COUNT], by[ATTEMPT_STATE_COUNT];
    size_t head = 0, tail = 1, n = 0;

    for (int i = 0; i < ATTEMPT_STATE_COUNT; i++)
        from[i] = -1;
    from[ATTEMPT_NONE] = ATTEMPT_NONE;
    while (head < tail) {
        const enum attempt_state s = queue[head++];

        for (int ev = 0; ev < ATTEMPT_EV_COUNT; ev++) {
            enum attempt_state next;
            const char *action;

            if (attempt_move(s, (enum attempt_event)ev, &next, &action) && from[next] < 0) {
                from[next] = (int)s;
                by[next] = ev;
                queue[tail++] = next;
            }
        }
    }
    check(from[to] >= 0);
    for (int s = (int)to; s != ATTEMPT_NONE; s = from[s])
        way[n++] = (enum attempt_event)by[s];
    for (size_t i = 0; i < n / 2; i++) {
        const enum attempt_event swap = way[i];

        way[i] = way[n - 1 - i];
        way[n - 1 - i] = swap;
    }
    return n;
}

struct stepping {
    struct counter *c;
    const struct order *o;
    struct attempt at;
    enum attempt_event event;
};

static result step(struct sql *db, void *arg, struct err *e)
{
    struct stepping *s = arg;
    struct order o;

    TRY(order_take(db, &s->c->till, s->o->agency_id, s->o->id, test_arena(), &o, e));
    return attempt_step(db, &s->c->till, &o, &s->at, s->event, counter_cause(), test_arena(), e);
}

static result step_by(struct stepping *s, enum attempt_event event, struct err *e)
{
    s->event = event;
    if (event == ATTEMPT_EV_REVERSED && s->at.state == ATTEMPT_CAPTURED) {
        TRY(counter_reverse(s->c, s->at.reference, e)); /* which takes two persons */
        return attempt_load(&s->c->till, s->at.reference, test_arena(), &s->at, e);
    }
    return sql_transact(s->c->till.store, step, s, e);
}

static struct stepping attempt_in(struct counter *c, const struct order *o,
                                  enum attempt_state state)
{
    struct stepping s = { .c = c, .o = o };
    enum attempt_event way[8];
    const size_t n = way_find(state, way);

    s.at = (struct attempt){ .agency_id = o->agency_id,
                             .order_id = o->id,
                             .n = 1,
                             .channel = STR("portal"),
                             .reference = portal_make_reference(test_arena(), o->reference, 1),
                             .amount_vnd = o->bill.total_vnd,
                             .init_time = STR("20261123090000"),
                             .created_ms = c->clock.fixed_ms };
    for (size_t i = 0; i < n; i++) {
        struct err e = { .code = ERR_NONE };

        check_ok(step_by(&s, way[i], &e), e);
    }
    check_int(s.at.state, state);
    return s;
}

TEST_STORE(every_pair_of_state_and_event_does_what_the_table_says)
{
    struct counter *c = counter_open();

    for (int state = ATTEMPT_NEW; state < ATTEMPT_STATE_COUNT; state++) {
        for (int ev = 0; ev < ATTEMPT_EV_COUNT; ev++) {
            struct order o = counter_order(c);
            struct stepping s = attempt_in(c, &o, (enum attempt_state)state);
            enum attempt_state next;
            const char *action;
            struct err e = { .code = ERR_NONE };

            if (attempt_move((enum attempt_state)state, (enum attempt_event)ev, &next, &action)) {
                check_ok(step_by(&s, (enum attempt_event)ev, &e), e);
                check_int(counter_attempt(c, s.at.reference), next);
            } else {
                check_fails(step_by(&s, (enum attempt_event)ev, &e), e, ERR_WRONG_STATE);
                check_int(counter_attempt(c, s.at.reference), state);
            }
            const enum attempt_state now = counter_attempt(c, s.at.reference);

            /* There is no taking a receipt back: of a reversed capture they are notified. */
            check_int(counter_receipts(c, &o),
                      now == ATTEMPT_CAPTURED || now == ATTEMPT_REVERSED ? 2 : 0);
        }
    }
    counter_books_hold(c);
}

TEST(captured_is_never_left_by_a_message)
{
    for (int ev = 0; ev < ATTEMPT_EV_COUNT; ev++) {
        enum attempt_state next;
        const char *action;

        if (attempt_move(ATTEMPT_CAPTURED, (enum attempt_event)ev, &next, &action))
            check_int(next, ev == ATTEMPT_EV_REVERSED ? ATTEMPT_REVERSED : ATTEMPT_CAPTURED);
        if (attempt_move(ATTEMPT_REVERSED, (enum attempt_event)ev, &next, &action))
            check_int(next, ATTEMPT_REVERSED);
    }
}

TEST(names_of_states_are_read_back)
{
    enum attempt_state s;

    for (int i = 0; i < ATTEMPT_STATE_COUNT; i++) {
        check(attempt_state_find(str_c(attempt_state_name((enum attempt_state)i)), &s));
        check_int(s, i);
    }
    check(!attempt_state_find(STR(""), &s));
}

static struct attempt_way start(struct counter *c, const struct order *o)
{
    struct attempt_way way;
    struct err e = { .code = ERR_NONE };

    check_ok(
        attempt_start(&c->till, o, counter_by("portal"), counter_cause(), test_arena(), &way, &e),
        e);
    return way;
}

static size_t attempts(struct counter *c, const struct order *o, struct attempt **all)
{
    size_t count;
    struct err e = { .code = ERR_NONE };

    check_ok(attempt_list(&c->till, o, test_arena(), all, &count, &e), e);
    return count;
}

TEST_STORE(the_payer_is_sent_and_comes_back_to_the_same_place)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct attempt *all;
    struct attempt_way way = start(c, &o), again;

    check(way.redirect);
    check(str_starts(way.url, STR("http://127.0.0.1:8090/pp/pay/")));
    check_int(attempts(c, &o, &all), 1);
    check_str(all[0].init_time, "20261123090000");
    check_str(str_c(counter_deal(c, all[0].reference)->ip), "203.0.113.7");
    again = start(c, &o); /* double click, or back */
    check(again.redirect);
    check_same(again.url, way.url);
    check_int(attempts(c, &o, &all), 1);
    check_int(counter_deal(c, all[0].reference)->inits, 1);
}

TEST_STORE(a_lost_init_is_unknown_and_no_second_reference_is_made_before_query)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct attempt *all;
    struct attempt_way way;

    c->init = INIT_LOST;
    way = start(c, &o);
    check(!way.redirect);
    check_int(way.state, ATTEMPT_UNKNOWN);
    c->query_down = true;
    way = start(c, &o);
    check(!way.redirect);
    check_int(attempts(c, &o, &all), 1);
    /* Not found twice, far enough apart: then, and only then, another. */
    c->query_down = false;
    c->init = INIT_WRAPPED;
    way = start(c, &o);
    check(!way.redirect);
    check_int(attempts(c, &o, &all), 1);
    counter_forward(c, 21);
    way = start(c, &o);
    check(way.redirect);
    check_int(attempts(c, &o, &all), 2);
    check_int(all[0].state, ATTEMPT_FAILED);
    check(!str_eq(all[0].reference, all[1].reference));
}

TEST_STORE(an_init_that_was_committed_there_is_said_again_to_the_byte)
{
    static const enum counter_init faults[] = { INIT_LOST_AFTER, INIT_500_AFTER, INIT_GARBAGE,
                                                INIT_FOREIGN_URL };
    struct counter *c = counter_open();

    for (size_t i = 0; i < LEN(faults); i++) {
        struct order o = counter_order(c);
        struct attempt *all;
        struct attempt_way way;

        c->init = faults[i];
        way = start(c, &o);
        check(!way.redirect);
        check_int(way.state, ATTEMPT_UNKNOWN);
        c->init = INIT_BARE;
        counter_forward(c, 3);
        way = start(c, &o); /* QUERY knows it, waiting: INIT again gives its address */
        check(way.redirect);
        check_int(attempts(c, &o, &all), 1);
        check_int(counter_deal(c, all[0].reference)->inits, 2);
    }
}

TEST_STORE(a_refused_init_fails_and_another_may_follow)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct attempt_way way;
    struct attempt *all;
    struct err e = { .code = ERR_NONE };

    c->init = INIT_REFUSED;
    check_fails(
        attempt_start(&c->till, &o, counter_by("portal"), counter_cause(), test_arena(), &way, &e),
        e, ERR_UPSTREAM_REFUSED);
    check_int(attempts(c, &o, &all), 1);
    check_int(all[0].state, ATTEMPT_FAILED);
    check_str(all[0].failure, "03");
    c->init = INIT_WRAPPED;
    check(start(c, &o).redirect);
    check_int(attempts(c, &o, &all), 2);
}

TEST_STORE(a_paid_order_cannot_be_started_again)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct attempt_way way;
    struct err e = { .code = ERR_NONE };

    counter_pay(c, ref);
    way = start(c, &o); /* asks first, finds the payment */
    check(!way.redirect);
    check_int(way.state, ATTEMPT_CAPTURED);
    check_fails(
        attempt_start(&c->till, &o, counter_by("portal"), counter_cause(), test_arena(), &way, &e),
        e, ERR_WRONG_STATE);
}

TEST_STORE(coming_back_tells_the_truth)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    enum order_state state;
    struct err e = { .code = ERR_NONE };

    check_ok(attempt_return(&c->till, &o, counter_cause(), test_arena(), &state, &e), e);
    check_int(state, ORDER_OPEN);
    check_int(counter_attempt(c, ref), ATTEMPT_PROCESSING);
    c->query_down = true;
    check_ok(attempt_return(&c->till, &o, counter_cause(), test_arena(), &state, &e), e);
    check_int(state, ORDER_OPEN);
    c->query_down = false;
    counter_pay(c, ref);
    check_ok(attempt_return(&c->till, &o, counter_cause(), test_arena(), &state, &e), e);
    check_int(state, ORDER_PAID);
    check_ok(attempt_return(&c->till, &o, counter_cause(), test_arena(), &state, &e), e);
    check_int(state, ORDER_PAID);
}

TEST_STORE(a_failed_attempt_makes_room_for_one_that_pays)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str first = counter_start(c, &o), second;

    counter_fail(c, first);
    second = counter_start(c, &o);
    check(!str_eq(first, second));
    counter_pay(c, second);
    check(counter_confirm(c, second, (struct confirm){ 0 }).accepted);
    check_int(counter_state(c, &o), ORDER_PAID);
    /* And then the first one succeeds after all: held, no second receipt. */
    counter_pay(c, first);
    check(counter_confirm(c, first, (struct confirm){ 0 }).accepted);
    check_int(counter_state(c, &o), ORDER_OVERPAID);
    check(counter_has_mismatch(c, &o, "DUP_PAY"));
    check(counter_has_mismatch(c, &o, "LATE"));
    check_int(counter_receipts(c, &o), 2);
    check_int(counter_journals(c, &o, "J2"), 1);
    check_int(counter_journals(c, &o, "J2c"), 1);
    check_int(counter_balance(c, 2150), COUNTER_ORDER);
    check_int(counter_balance(c, 1110), 2 * COUNTER_ORDER);
    counter_books_hold(c);
}

TEST_STORE(query_with_another_amount_or_currency_pays_nothing)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct err e = { .code = ERR_NONE };

    counter_pay(c, ref);
    c->query_amount_more = 1;
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    c->query_amount_more = -1;
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    c->query_amount_more = 0;
    c->query_currency = "USD";
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    check_int(counter_state(c, &o), ORDER_OPEN);
    check(counter_has_mismatch(c, &o, "AMT"));
    check(counter_has_mismatch(c, &o, "CUR"));
    check_int(counter_receipts(c, &o), 0);
    c->query_currency = "VND"; /* corrected there */
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    check_int(counter_state(c, &o), ORDER_PAID);
}

TEST_STORE(captured_attempts_are_listed_by_the_portals_day)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct attempt *all;
    size_t count;
    struct err e = { .code = ERR_NONE };

    counter_pay(c, ref);
    counter_forward(c, 86400); /* learned a day later */
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    check_ok(attempt_list_day(&c->till, (struct date){ 2026, 11, 23 }, STR(""), 10, test_arena(),
                              &all, &count, &e),
             e);
    check_int(count, 1);
    check_same(all[0].reference, ref);
    check_ok(attempt_list_day(&c->till, (struct date){ 2026, 11, 23 }, ref, 10, test_arena(), &all,
                              &count, &e),
             e);
    check_int(count, 0);
    check_ok(attempt_list_day(&c->till, (struct date){ 2026, 11, 24 }, STR(""), 10, test_arena(),
                              &all, &count, &e),
             e);
    check_int(count, 0);
}
