/* Orders: every pair of state and event, whose they are, and how they end. */
#include <string.h>

#include "base/err.h"
#include "crypto/seal.h"
#include "payments/attempt_row.h"
#include "payments/order_reprice.h"
#include "payments/order_row.h"
#include "payments/poll.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

/*
 * A life of an order is a sequence of happenings: letter, amount (T the whole bill, H half of it,
 * M 9.000 dong more, a digit: so many thousand dong), for refunds a name.
 *   c captured by a further attempt   v an attempt is reversed (its number)
 *   r reserve   t ordered of the treasury   p paid out   x released   b came back   (name, amount)
 *   L priced anew for a citizen of level 2   l of level 1
 *   a attempted   k cancelled   e expired   s superseded by a dearer order,
 *   S by one that is free
 */
#define FREE STR("2.000635.000.00.00.H56") /* with level 2 */

struct living {
    struct counter *c;
    struct str id;
    const char *what; /* the happening */
    int64_t *captured;
    struct order next; /* that superseded it */
    bool reached[ORDER_STATE_COUNT][ORDER_EV_COUNT];
};

static int64_t amount_read(char unit)
{
    switch (unit) {
    case 'T':
        return COUNTER_ORDER;
    case 'H':
        return COUNTER_ORDER / 2;
    case 'M':
        return COUNTER_ORDER + 9000;
    default:
        return (unit - '0') * 1000;
    }
}

static result attempt_paid(struct sql *db, struct living *l, struct order *o, int64_t vnd,
                           struct err *e)
{
    const struct till *t = &l->c->till;
    struct attempt *all, at;
    size_t n;

    TRY(attempts_find(db, o, test_arena(), &all, &n, e));
    at = (struct attempt){ .agency_id = o->agency_id,
                           .order_id = o->id,
                           .n = (int64_t)n + 1,
                           .reference = str_fmt(test_arena(), "%.*sx%zu", STR_ARG(o->id), n + 1),
                           .channel = STR("portal"),
                           .amount_vnd = COUNTER_ORDER,
                           .init_time = STR("20261123090000"),
                           .info = STR("i"),
                           .payer_ip = STR("203.0.113.7"),
                           .account = STR(""),
                           .portal_txn = STR("GD") };
    TRY(attempt_step(db, t, o, &at, ATTEMPT_EV_CREATED, counter_cause(), test_arena(), e));
    TRY(attempt_step(db, t, o, &at, ATTEMPT_EV_SENT, counter_cause(), test_arena(), e));
    at.captured_vnd = vnd;
    return attempt_step(db, t, o, &at, ATTEMPT_EV_PAID, counter_cause(), test_arena(), e);
}

static result superseded(struct sql *db, struct living *l, struct order *o, struct err *e)
{
    static const struct fee_item items[] = { { .fee = { "land_change", 11 }, .quantity = 30 } };
    struct order_request rq = counter_request();
    struct order fresh;

    if (l->what[0] == 'S') {
        rq.procedure = FREE;
    } else {
        rq.items = items;
        rq.item_count = 1;
    }
    TRY(order_create(db, &l->c->till, &rq, test_arena(), &fresh, e));
    TRY(order_take(db, &l->c->till, fresh.agency_id, fresh.id, test_arena(), &l->next, e));
    return order_supersede(db, &l->c->till, o, &l->next, counter_cause(), test_arena(), e);
}

static result happen_to(struct sql *db, struct living *l, struct order *o, struct err *e)
{
    const struct till *t = &l->c->till;
    struct order_cause cause = *counter_cause();
    struct arena *a = test_arena();
    int64_t excess_vnd;

    cause.refund_id = str_fmt(a, "%.*s-%c", STR_ARG(o->id), l->what[1]);
    switch (l->what[0]) {
    case 'c':
        return attempt_paid(db, l, o, amount_read(l->what[1]), e);
    case 'r':
        cause.amount_vnd = amount_read(l->what[2]);
        return order_reserve(db, t, o, &cause, &excess_vnd, a, e);
    case 't':
        return order_refund_ordered(db, t, o, &cause, a, e);
    case 'p':
        cause.account = LEDGER_1120; /* no refund of the channel's stands beside it */
        return order_refunded(db, t, o, &cause, a, e);
    case 'x':
        return order_release(db, t, o, &cause, a, e);
    case 'b':
        return order_refund_returned(db, t, o, &cause, a, e);
    case 'a':
        return order_step(db, t, o, ORDER_EV_ATTEMPTED, &cause, a, e);
    case 'k':
        return order_step(db, t, o, ORDER_EV_CANCEL, &cause, a, e);
    case 'e':
        return order_step(db, t, o, ORDER_EV_EXPIRE, &cause, a, e);
    case 's':
    case 'S':
        return superseded(db, l, o, e);
    default:
        return fail(e, ERR_INTERNAL, "no such happening");
    }
}

static result happen(struct sql *db, void *arg, struct err *e)
{
    struct living *l = arg;
    struct order o;

    TRY(order_take(db, &l->c->till, STR("H56.14"), l->id, test_arena(), &o, e));
    return happen_to(db, l, &o, e);
}

static result repriced(struct living *l, int level, struct err *e)
{
    const struct order_repricing rp = { STR("acc_1"), STR(""), level, INT64_MAX };
    struct order o;

    TRY(order_load(&l->c->till, l->id, STR(""), test_arena(), &o, e));
    return order_reprice(&l->c->till, &o, &rp, counter_cause(), test_arena(), e);
}

static result live_one(struct living *l, const char *what, struct err *e)
{
    l->what = what;
    if (what[0] == 'L' || what[0] == 'l')
        return repriced(l, what[0] == 'L' ? 2 : 1, e);
    if (what[0] == 'v')
        return counter_reverse(l->c, str_fmt(test_arena(), "%.*sx%c", STR_ARG(l->id), what[1]), e);
    return sql_transact(l->c->till.store, happen, l, e);
}

/* Which rows of order.def an order went through. */
static void rows_mark(struct living *l, const struct order *o)
{
    struct order_history *all;
    size_t count;
    struct err e = { .code = ERR_NONE };

    check_ok(order_history(&l->c->till, o, test_arena(), &all, &count, &e), e);
    for (size_t i = 0; i < count; i++) {
        enum order_state from, to, next;
        const char *action;

        for (int ev = 0; ev < ORDER_EV_COUNT; ev++) {
            if (!str_is(all[i].event, order_event_name((enum order_event)ev)))
                continue;
            check(order_state_find(all[i].from, &from) && order_state_find(all[i].to, &to));
            check(order_move(from, (enum order_event)ev, &next, &action));
            check_int(to, next);
            l->reached[from][ev] = true;
        }
    }
}

static struct order live(struct living *l, bool exempt, const char *life)
{
    struct order_request rq = counter_request();
    struct order o;
    struct err e = { .code = ERR_NONE };

    if (exempt)
        rq.procedure = FREE;
    o = counter_order_for(l->c, &rq);
    l->id = o.id;
    for (const char *p = life; *p != '\0'; p += strcspn(p, " ")) {
        p += strspn(p, " ");
        check_ok(live_one(l, p, &e), e);
    }
    check_ok(order_load(&l->c->till, o.id, STR(""), test_arena(), &o, &e), e);
    return o;
}

struct life {
    const char *happenings;
    enum order_state end;
    bool exempt;
};

static const struct life lives[] = {
    { "", ORDER_OPEN, false },
    { "", ORDER_EXEMPT, true },
    { "a cT", ORDER_PAID, false },
    { "cH", ORDER_UNDERPAID, false },
    { "cH a c1", ORDER_UNDERPAID, false },
    { "cH cH", ORDER_PAID, false },
    { "cH cT", ORDER_OVERPAID, false },
    { "cT cT", ORDER_OVERPAID, false },
    { "cT cT cH", ORDER_OVERPAID, false },
    { "cM", ORDER_OVERPAID, false },
    { "e cM", ORDER_OVERPAID, false },
    { "k cM", ORDER_OVERPAID, false },
    { "cM v1", ORDER_OPEN, false },
    { "cM rA9 pA", ORDER_PAID, false },
    { "e e", ORDER_EXPIRED, false },
    { "k k", ORDER_CANCELLED, false },
    { "e cT", ORDER_PAID, false },
    { "k cT", ORDER_PAID, false },
    { "e cH", ORDER_UNDERPAID, false },
    { "k cH cH", ORDER_PAID, false },
    { "k cH cT", ORDER_OVERPAID, false },
    /* refunds of what was applied to the bill */
    { "cT rA9 pA", ORDER_PAID, false },
    { "cT rA9 xA rBT pB", ORDER_REFUNDED, false },
    { "cT rA9 tA pA", ORDER_PAID, false },
    { "cT rAT tA pA bA", ORDER_PAID, false },
    { "cT rAT pA bA pA", ORDER_REFUNDED, false },
    { "cT rA9 pA bA xA", ORDER_PAID, false },
    { "cT rAT pA cH", ORDER_OVERPAID, false },
    { "cT rAT pA cH rBH pB", ORDER_REFUNDED, false },
    { "cT rAT pA cH rBH pB bB", ORDER_OVERPAID, false },
    /* of what was more than due */
    { "cT cT rA9 xA rB9 pB bB", ORDER_OVERPAID, false },
    { "cT cT rAT pA", ORDER_PAID, false },
    { "cT cT rAT pA bA", ORDER_OVERPAID, false },
    { "cT cT rA9 pA rBT pB", ORDER_PAID, false },
    { "cT cT rAT rBT pB pA", ORDER_REFUNDED, false },
    /* of what was less than due */
    { "cH rA9 pA", ORDER_UNDERPAID, false },
    { "cH rAH pA", ORDER_OPEN, false },
    { "cH rAH pA bA", ORDER_UNDERPAID, false },
    { "cH rA9 pA bA xA", ORDER_UNDERPAID, false },
    { "cH rAH pA e bA", ORDER_UNDERPAID, false },
    { "cH rAH pA k bA pA", ORDER_OPEN, false },
    { "cH rAH cH", ORDER_UNDERPAID, false },
    { "cH rAH cH xA", ORDER_PAID, false },
    { "cH rAH cH c9 xA", ORDER_OVERPAID, false },
    { "cH rAH cT", ORDER_OVERPAID, false },
    { "cH rAH cT pA", ORDER_PAID, false },
    /* assessed anew */
    { "s", ORDER_SUPERSEDED, false },
    { "s", ORDER_SUPERSEDED, true },
    { "cH s", ORDER_SUPERSEDED, false },
    { "cT s", ORDER_SUPERSEDED, false },
    { "cT S", ORDER_SUPERSEDED, false },
    { "S", ORDER_SUPERSEDED, false },
    { "cT cT s", ORDER_SUPERSEDED, false },
    { "cH rA9 pA s c9 rB9 xB rC9 pC bC xC", ORDER_SUPERSEDED, false },
    /* captures taken back */
    { "cT v1", ORDER_OPEN, false },
    { "cT v1 cT", ORDER_PAID, false },
    { "cT v1 e cT v2", ORDER_OPEN, false },
    { "cH v1", ORDER_OPEN, false },
    { "cH c9 v1", ORDER_UNDERPAID, false },
    { "cH cH v2", ORDER_UNDERPAID, false },
    { "cH cH v2 v1", ORDER_OPEN, false },
    { "cH cH v1 cH", ORDER_PAID, false },
    { "cT cT v1", ORDER_PAID, false },
    { "cT cT c9 v3", ORDER_OVERPAID, false },
    { "cT c9 v1", ORDER_UNDERPAID, false },
    { "cH cT v2", ORDER_UNDERPAID, false },
    { "cT c9 v1 v2", ORDER_OPEN, false },
    { "k cT cT v1 v2", ORDER_OPEN, false },
    { "c9 c9 cT v3", ORDER_UNDERPAID, false },
};

/* What happens to the order that supersedes: the money, as far as it goes. */
static void successor_check(struct living *l, const struct order *o)
{
    struct order next;
    struct err e = { .code = ERR_NONE };

    check_ok(order_load(&l->c->till, l->next.id, STR(""), test_arena(), &next, &e), e);
    check_same(o->superseded_by, next.id);
    check_int(next.carried_vnd, -o->carried_vnd);
    check_int(next.captured_vnd, next.carried_vnd);
    rows_mark(l, &next);
    if (next.carried_vnd == 0)
        check_int(next.state, next.bill.total_vnd == 0 ? ORDER_EXEMPT : ORDER_OPEN);
    else if (next.carried_vnd < next.bill.total_vnd)
        check_int(next.state, ORDER_UNDERPAID);
    else
        check_int(next.state,
                  next.carried_vnd == next.bill.total_vnd ? ORDER_PAID : ORDER_OVERPAID);
}

/* Bills of level 1 whose citizen then signs in at level 2: one is less, the other nothing. */
static void priced_anew(struct living *l)
{
    static const struct fee_item land = { .fee = { "registration_land", 17 },
                                          .quantity = 1,
                                          .base_vnd = 2000000000 };
    static const struct str seller[] = { { "seller_integrated", 17 } };

    for (int free = 0; free < 2; free++) {
        struct order_request rq = counter_request();
        struct order o;
        struct err e = { .code = ERR_NONE };

        rq.level = 1;
        if (free) {
            rq.procedure = FREE;
        } else {
            rq.items = &land;
            rq.item_count = 1;
            rq.categories = seller;
            rq.category_count = 1;
        }
        o = counter_order_for(l->c, &rq);
        l->id = o.id;
        check_ok(live_one(l, "L", &e), e);
        check_int(counter_state(l->c, &o), free ? ORDER_EXEMPT : ORDER_OPEN);
        rows_mark(l, &o);
    }
}

TEST_STORE(every_life_of_an_order_ends_as_told_and_its_books_hold)
{
    struct living l = { .c = counter_open() };

    for (size_t i = 0; i < LEN(lives); i++) {
        const struct order o = live(&l, lives[i].exempt, lives[i].happenings);

        if (o.state != lives[i].end)
            test_fail(__FILE__, __LINE__, "%s: %s", lives[i].happenings, order_state_name(o.state));
        if (o.state == ORDER_SUPERSEDED)
            successor_check(&l, &o);
        rows_mark(&l, &o);
        if (i % 8 == 7)
            counter_books_hold(l.c);
    }
    priced_anew(&l);
    counter_books_hold(l.c);
    check_int(counter_balance(l.c, 1190), 0);
    /* Every row of the table was gone through. */
    for (int s = ORDER_NONE; s < ORDER_STATE_COUNT; s++) {
        for (int ev = 0; ev < ORDER_EV_COUNT; ev++) {
            enum order_state next;
            const char *action;

            if (order_move((enum order_state)s, (enum order_event)ev, &next, &action) &&
                !l.reached[s][ev])
                test_fail(__FILE__, __LINE__, "no life has %s %s",
                          order_state_name((enum order_state)s),
                          order_event_name((enum order_event)ev));
        }
    }
}

struct stepping {
    struct counter *c;
    struct str id;
    enum order_event event;
};

static result step(struct sql *db, void *arg, struct err *e)
{
    struct stepping *s = arg;
    struct order o;
    struct order_cause cause = *counter_cause();

    cause.amount_vnd = 1000;
    cause.refund_id = STR("none");
    TRY(order_take(db, &s->c->till, STR("H56.14"), s->id, test_arena(), &o, e));
    return order_step(db, &s->c->till, &o, s->event, &cause, test_arena(), e);
}

TEST_STORE(a_pair_that_is_not_listed_changes_nothing)
{
    static const struct life ways[ORDER_STATE_COUNT] = {
        [ORDER_OPEN] = { "", ORDER_OPEN, false },
        [ORDER_EXEMPT] = { "", ORDER_EXEMPT, true },
        [ORDER_PAID] = { "cT", ORDER_PAID, false },
        [ORDER_OVERPAID] = { "cT cT", ORDER_OVERPAID, false },
        [ORDER_EXPIRED] = { "e", ORDER_EXPIRED, false },
        [ORDER_CANCELLED] = { "k", ORDER_CANCELLED, false },
        [ORDER_UNDERPAID] = { "cH", ORDER_UNDERPAID, false },
        [ORDER_REFUNDED] = { "cT rAT pA", ORDER_REFUNDED, false },
        [ORDER_SUPERSEDED] = { "cT s", ORDER_SUPERSEDED, false },
    };
    struct living l = { .c = counter_open() };

    for (int s = ORDER_OPEN; s < ORDER_STATE_COUNT; s++) {
        struct order o = live(&l, ways[s].exempt, ways[s].happenings);
        const int64_t events = counter_events(l.c, &o);

        check_int(o.state, s);
        for (int ev = 0; ev < ORDER_EV_COUNT; ev++) {
            struct stepping k = { l.c, o.id, (enum order_event)ev };
            struct err e = { .code = ERR_NONE };
            enum order_state next;
            const char *action;

            if (order_move((enum order_state)s, (enum order_event)ev, &next, &action))
                continue;
            check_fails(sql_transact(l.c->till.store, step, &k, &e), e, ERR_WRONG_STATE);
            check_int(counter_state(l.c, &o), s);
            check_int(counter_events(l.c, &o), events);
        }
    }
    counter_books_hold(l.c);
}

/* What must not happen to an order in the state that a life brought it to. */
TEST_STORE(no_more_leaves_an_order_than_arrived)
{
    static const struct {
        const char *life, *bad;
        enum err_code code;
    } cases[] = {
        { "", "rA1", ERR_BUSINESS_RULE },
        { "cT", "rA0", ERR_BUSINESS_RULE },
        { "cH", "rAT", ERR_BUSINESS_RULE },
        { "cT rA9", "rBT", ERR_BUSINESS_RULE },
        { "cT rAT pA", "rB1", ERR_BUSINESS_RULE },
        { "cT rA9", "rA9", ERR_CONFLICT }, /* one refund, one reserve */
        { "cT", "pA", ERR_NOT_FOUND },
        { "cT", "xA", ERR_NOT_FOUND },
        { "cT", "tA", ERR_NOT_FOUND },
        { "cT rA9 xA", "pA", ERR_CONFLICT },
        { "cT rA9 xA", "xA", ERR_CONFLICT },
        { "cT rA9 pA", "pA", ERR_CONFLICT },
        { "cT rA9 pA", "xA", ERR_CONFLICT },
        { "cT rA9", "bA", ERR_CONFLICT },
        { "cT rA9 pA bA", "bA", ERR_CONFLICT },
        { "cT rA9 tA", "tA", ERR_CONFLICT },
        { "cT cT rA9", "tA", ERR_WRONG_STATE }, /* the treasury never had it */
        { "cT rA9", "v1", ERR_WRONG_STATE },    /* a refund is under way */
        { "cT rA9 pA", "v1", ERR_WRONG_STATE },
        { "cT v1", "v1", ERR_WRONG_STATE },
        { "cT rA9", "s", ERR_WRONG_STATE },
        { "cT rA9 pA", "s", ERR_WRONG_STATE },
        { "cT s", "s", ERR_WRONG_STATE },
    };
    struct living l = { .c = counter_open() };

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct order o = live(&l, false, cases[i].life);
        const int64_t events = counter_events(l.c, &o);
        struct err e = { .code = ERR_NONE };

        if (!live_one(&l, cases[i].bad, &e).failed || e.code != cases[i].code)
            test_fail(__FILE__, __LINE__, "%s, then %s: %s", cases[i].life, cases[i].bad,
                      err_name(e.code));
        check_int(counter_events(l.c, &o), events);
    }
    counter_books_hold(l.c);
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
    struct living l = { .c = c };
    const struct order o = live(&l, true, "");
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
