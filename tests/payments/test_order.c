/* Orders: every pair of state and event, whose they are, and how they end. */
#include <string.h>

#include "crypto/seal.h"
#include "payments/order_row.h"
#include "payments/poll.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

struct stepping {
    struct counter *c;
    struct str id;
    enum order_event event;
    struct order_cause cause;
};

static result step(struct sql *db, void *arg, struct err *e)
{
    struct stepping *s = arg;
    struct order o;

    TRY(order_take(db, &s->c->till, STR("H56.14"), s->id, test_arena(), &o, e));
    return order_step(db, &s->c->till, &o, s->event, &s->cause, test_arena(), e);
}

static result step_by(struct counter *c, struct str id, enum order_event event, struct err *e)
{
    static int64_t n = 100;
    struct stepping s = { c, id, event, *counter_cause() };

    s.cause.amount_vnd = COUNTER_ORDER;
    s.cause.attempt_n = n++; /* each capture is of another attempt */
    return sql_transact(c->till.store, step, &s, e);
}

/* An order brought to a state by listed events only. */
static struct order order_in(struct counter *c, enum order_state state)
{
    static const enum order_event ways[ORDER_STATE_COUNT] = {
        [ORDER_PAID] = ORDER_EV_CAPTURED,
        [ORDER_OVERPAID] = ORDER_EV_CAPTURED,
        [ORDER_EXPIRED] = ORDER_EV_EXPIRE,
        [ORDER_CANCELLED] = ORDER_EV_CANCEL,
    };
    struct order_request rq = counter_request();
    struct order o;
    struct err e = { .code = ERR_NONE };

    if (state == ORDER_EXEMPT)
        rq.procedure = STR("2.000635.000.00.00.H56"); /* free with level 2 */
    o = counter_order_for(c, &rq);
    if (state != ORDER_OPEN && state != ORDER_EXEMPT)
        check_ok(step_by(c, o.id, ways[state], &e), e);
    if (state == ORDER_OVERPAID)
        check_ok(step_by(c, o.id, ORDER_EV_CAPTURED, &e), e);
    check_int(counter_state(c, &o), state);
    return o;
}

TEST_STORE(every_pair_of_state_and_event_does_what_the_table_says)
{
    struct counter *c = counter_open();

    for (int s = ORDER_OPEN; s < ORDER_STATE_COUNT; s++) {
        for (int ev = 0; ev < ORDER_EV_COUNT; ev++) {
            struct order o = order_in(c, (enum order_state)s);
            enum order_state next;
            const char *action;
            struct err e = { .code = ERR_NONE };
            const int64_t events = counter_events(c, &o);

            if (order_move((enum order_state)s, (enum order_event)ev, &next, &action)) {
                check_ok(step_by(c, o.id, (enum order_event)ev, &e), e);
                check_int(counter_state(c, &o), next);
                check_int(counter_events(c, &o), events + 1);
            } else {
                check_fails(step_by(c, o.id, (enum order_event)ev, &e), e, ERR_WRONG_STATE);
                check_int(counter_state(c, &o), s);
                check_int(counter_events(c, &o), events);
            }
        }
    }
}

TEST(names_of_states_are_read_back)
{
    enum order_state s;

    for (int i = 0; i < ORDER_STATE_COUNT; i++) {
        check(order_state_find(str_c(order_state_name((enum order_state)i)), &s));
        check_int(s, i);
    }
    check(!order_state_find(STR("paidd"), &s));
}

TEST_STORE(an_order_is_loaded_as_it_was_made)
{
    struct counter *c = counter_open();
    const struct order o = counter_order(c);
    struct order x;
    struct err e = { .code = ERR_NONE };

    check_int(o.state, ORDER_OPEN);
    check_int(o.bill.total_vnd, COUNTER_ORDER);
    check_ok(order_load(&c->till, o.id, STR("demo-onestop"), test_arena(), &x, &e), e);
    check_same(x.token, o.token);
    check_str(x.payer.name, "Nguyễn Thị Hòa");
    check_str(x.payer.id, "038190000001");
    check_int(x.bill.count, 2);
    check_int(x.bill.phi_vnd, COUNTER_PHI);
    check_int(x.bill.retained_vnd, COUNTER_RETAINED);
    check(str_eq(digest_str(&x.bill.hash), digest_str(&o.bill.hash)));
    check_int(x.bill.lines[0].explain_count, o.bill.lines[0].explain_count);
    check_ok(order_load_token(&c->till, o.token, test_arena(), &x, &e), e);
    check_same(x.id, o.id);
    check_ok(order_load_reference(&c->till, STR("H56.14"), o.reference, test_arena(), &x, &e), e);
    check_same(x.id, o.id);
    check_str(order_url(&c->till, &o, test_arena()),
              str_cstr(test_arena(),
                       str_fmt(test_arena(), "http://127.0.0.1:8080/pay/%.*s", STR_ARG(o.token))));
}

TEST_STORE(what_is_not_ones_own_is_not_found)
{
    struct counter *c = counter_open();
    const struct order o = counter_order(c);
    struct order x;
    struct err e = { .code = ERR_NONE };

    check_fails(order_load(&c->till, o.id, STR("other"), test_arena(), &x, &e), e, ERR_NOT_FOUND);
    check_fails(order_load(&c->till, STR("pay_x"), STR(""), test_arena(), &x, &e), e,
                ERR_NOT_FOUND);
    check_fails(order_load_token(&c->till, o.id, test_arena(), &x, &e), e, ERR_NOT_FOUND);
    check_fails(order_load_token(&c->till, STR(""), test_arena(), &x, &e), e, ERR_NOT_FOUND);
}

TEST_STORE(citizens_see_their_own_orders)
{
    struct counter *c = counter_open();
    struct order_request rq = counter_request();
    struct order mine = counter_order_for(c, &rq), open;
    struct order *all;
    size_t count;
    struct err e = { .code = ERR_NONE };

    check_ok(order_may_see(&mine, STR("acc_1"), STR(""), &e), e);
    check_ok(order_may_see(&mine, STR("acc_2"), mine.id_index, &e), e);
    check_fails(order_may_see(&mine, STR("acc_2"), STR(""), &e), e, ERR_FORBIDDEN);
    check_fails(order_may_see(&mine, STR(""), STR(""), &e), e, ERR_FORBIDDEN);
    rq.subject = STR("");
    rq.payer.id = STR("");
    open = counter_order_for(c, &rq);
    check_ok(order_may_see(&open, STR(""), STR(""), &e), e);
    check(order_may_see_payer(&mine, STR("acc_1"), STR("")));
    check(order_may_see_payer(&mine, STR("acc_2"), mine.id_index));
    check(!order_may_see_payer(&mine, STR("acc_2"), STR("")));
    check(!order_may_see_payer(&open, STR(""), STR(""))); /* it has a name all the same */
    check(!order_may_see_payer(&open, STR("acc_2"), mine.id_index));
    check_ok(order_list_mine(&c->till, STR("acc_1"), STR(""), 10, test_arena(), &all, &count, &e),
             e);
    check_int(count, 1);
    check_ok(
        order_list_mine(&c->till, STR("acc_9"), mine.id_index, 10, test_arena(), &all, &count, &e),
        e);
    check_int(count, 1);
    check_ok(order_list_mine(&c->till, STR(""), STR(""), 10, test_arena(), &all, &count, &e), e);
    check_int(count, 0);
}

TEST_STORE(the_payers_number_is_found_in_every_form)
{
    struct counter *c = counter_open();
    const struct {
        const char *typed, *number; /* NULL: nobody's */
    } cases[] = {
        { "038190000001", "038190000001" },
        { "038 190 000 001", "038190000001" },
        { "0314409058", "0314409058" },
        { "0314409058-002", "0314409058-002" },
        { "0314409058002", "0314409058-002" },
        { "999999999999", "999999999999" }, /* cannot be: yet not anybody's */
        { "123456789", NULL },
        { "", NULL },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct order_request rq = counter_request();
        struct order o;

        rq.subject = STR("");
        rq.payer.id = str_c(cases[i].typed);
        o = counter_order_for(c, &rq);
        check_same(o.id_index, cases[i].number == NULL
                                   ? STR("")
                                   : seal_index(test_arena(), c->till.seal, STR("idno"),
                                                str_c(cases[i].number)));
    }
}

struct creating {
    struct counter *c;
    struct order_request rq;
};

static result create(struct sql *db, void *arg, struct err *e)
{
    struct creating *k = arg;
    struct order o;

    return order_create(db, &k->c->till, &k->rq, test_arena(), &o, e);
}

TEST_STORE(odd_requests_are_refused_by_field)
{
    static const struct fee_item bad_item = { .fee = { "nosuch", 6 }, .quantity = 1 };
    struct counter *c = counter_open();
    const struct {
        const char *field;
        size_t at;
        struct str value;
    } cases[] = {
        { "reference", offsetof(struct order_request, reference), STR("") },
        { "reference", offsetof(struct order_request, reference), STR("a|b") },
        { "reference", offsetof(struct order_request, reference), STR("hồ sơ") },
        { "procedure", offsetof(struct order_request, procedure), STR("9.999999") },
        { "agency_id", offsetof(struct order_request, agency_id), STR("H99") },
        { "payer.name", offsetof(struct order_request, payer.name), STR("A|B") },
        { "payer.name", offsetof(struct order_request, payer.name), STR("A\nB") },
        { "payer.address", offsetof(struct order_request, payer.address), STR("\xff") },
        { "payer.id", offsetof(struct order_request, payer.id), STR("123456789012345678901") },
        { "locale", offsetof(struct order_request, locale), STR("fr") },
        { "return_url", offsetof(struct order_request, return_url), STR("http://a/\r\nX: y") },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct creating k = { c, counter_request() };
        struct err e = { .code = ERR_NONE };

        *(struct str *)(void *)((char *)&k.rq + cases[i].at) = cases[i].value;
        check_fails(sql_transact(c->till.store, create, &k, &e), e, ERR_INVALID);
        check_str(str_c(e.field), cases[i].field);
    }
    struct creating k = { c, counter_request() };
    struct err e = { .code = ERR_NONE };

    k.rq.items = &bad_item;
    k.rq.item_count = 1;
    check_fails(sql_transact(c->till.store, create, &k, &e), e, ERR_INVALID);
    check_int(counter_balance(c, 1130), 0);
}

TEST_STORE(nothing_due_is_exempt_and_cannot_be_paid)
{
    struct counter *c = counter_open();
    struct order o = order_in(c, ORDER_EXEMPT);
    struct err e = { .code = ERR_NONE };

    check_fails(order_may_pay(&o, c->clock.fixed_ms, &e), e, ERR_WRONG_STATE);
    check_int(counter_balance(c, 1130), 0);
    check_int(counter_balance(c, 9100), 8000); /* the reduction that was granted */
    check_int(counter_receipts(c, &o), 0);
    counter_books_hold(c);
}

TEST_STORE(an_order_without_attempts_expires_and_its_assessment_is_withdrawn)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    bool did;
    struct err e = { .code = ERR_NONE };

    check_ok(poll_expiry(&c->till, &did, &e), e);
    check(!did);
    counter_forward(c, 86400);
    check_fails(order_may_pay(&o, c->clock.fixed_ms, &e), e, ERR_WRONG_STATE);
    check_ok(poll_expiry(&c->till, &did, &e), e);
    check(did);
    check_int(counter_state(c, &o), ORDER_EXPIRED);
    check_int(counter_balance(c, 1130), 0);
    check_int(counter_journals(c, &o, "J1R"), 1);
    check_ok(poll_expiry(&c->till, &did, &e), e);
    check(!did);
    counter_books_hold(c);
}

TEST_STORE(an_order_that_may_be_paid_is_not_closed)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    bool did;
    struct err e = { .code = ERR_NONE };

    check_fails(order_cancel(&c->till, o.id, counter_cause(), &e), e, ERR_CONFLICT); /* QUERY 3 */
    c->query_down = true;
    check_fails(order_cancel(&c->till, o.id, counter_cause(), &e), e, ERR_CONFLICT);
    counter_forward(c, 90000);
    check_ok(poll_expiry(&c->till, &did, &e), e);
    check_int(counter_state(c, &o), ORDER_OPEN);
    c->query_down = false;
    counter_fail(c, ref);
    counter_forward(c, 3600);
    check_ok(poll_expiry(&c->till, &did, &e), e);
    check_int(counter_state(c, &o), ORDER_EXPIRED);
    check_int(counter_attempt(c, ref), ATTEMPT_FAILED);
}

TEST_STORE(expiry_asks_first_and_finds_the_payment)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    bool did;
    struct err e = { .code = ERR_NONE };

    counter_pay(c, ref); /* and every CONFIRM is lost */
    counter_forward(c, 90000);
    check_ok(poll_expiry(&c->till, &did, &e), e);
    check_int(counter_state(c, &o), ORDER_PAID);
    check_int(counter_receipts(c, &o), 2);
}

TEST_STORE(cancelling_twice_is_harmless_and_paying_late_revives)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct err e = { .code = ERR_NONE };

    counter_fail(c, ref);
    check_ok(order_cancel(&c->till, o.id, counter_cause(), &e), e);
    check_ok(order_cancel(&c->till, o.id, counter_cause(), &e), e);
    check_int(counter_state(c, &o), ORDER_CANCELLED);
    counter_pay(c, ref); /* the bank changed its mind */
    check(counter_confirm(c, ref, (struct confirm){ 0 }).accepted);
    check_int(counter_state(c, &o), ORDER_PAID);
    check(counter_has_mismatch(c, &o, "LATE"));
    check_int(counter_journals(c, &o, "J1"), 2);
    check_int(counter_journals(c, &o, "J1R"), 1);
    check_int(counter_journals(c, &o, "J2"), 1);
    check_int(counter_receipts(c, &o), 2);
    check_int(counter_balance(c, 1130), 0);
    check_int(counter_balance(c, 2100), 0);
    counter_books_hold(c);
}
