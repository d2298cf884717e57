/* Desks: change, one of two officers, counts and differences, slips, and the books after it. */
#include <pthread.h>

#include "payments/counter.h"

#include "payments/receipt.h"
#include "payments/refund.h"
#include "payments/shift.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

#define AGENCY "H56.14"

static struct proposal_actor person(const char *name)
{
    return (struct proposal_actor){
        .name = str_c(name), .limit_vnd = INT64_MAX, .request_id = STR("rq-9"), .ip = STR("::1")
    };
}

static struct order_cause by(const char *name)
{
    return (struct order_cause){ .actor = str_c(name), .source = STR("page") };
}

static struct shift open_shift(struct counter *c, const char *officer, const char *desk)
{
    const struct proposal_actor who = person(officer);
    struct err e = { .code = ERR_NONE };
    struct shift s;

    check_ok(shift_open(&c->till, STR(AGENCY), str_c(desk), 200000, &who, test_arena(), &s, &e), e);
    return s;
}

static struct shift now_of(struct counter *c, const struct shift *s)
{
    struct err e = { .code = ERR_NONE };
    struct shift x;

    check_ok(shift_load(&c->till, s->id, test_arena(), &x, &e), e);
    return x;
}

static struct counter_ask cash(const struct order *o, const struct shift *s, int64_t vnd,
                               const char *key)
{
    return (struct counter_ask){ .order_id = o->id,
                                 .shift_id = s->id,
                                 .method = COUNTER_CASH,
                                 .received_vnd = vnd,
                                 .key = str_c(key) };
}

static result take(struct counter *c, const struct counter_ask *ask, const char *officer,
                   struct counter_taken *out, struct err *e)
{
    const struct order_cause cause = by(officer);

    *e = (struct err){ .code = ERR_NONE };
    return counter_take(&c->till, ask, &cause, test_arena(), out, e);
}

static struct order another(struct counter *c, const char *dossier)
{
    struct order_request rq = counter_request();

    rq.reference = str_c(dossier);
    return counter_order_for(c, &rq);
}

static result count(struct counter *c, const struct shift *s, int64_t vnd, const char *officer,
                    struct shift *out, struct err *e)
{
    const struct shift_count n = { .shift_id = s->id, .total_vnd = vnd, .remark = STR("counted") };
    const struct proposal_actor who = person(officer);

    *e = (struct err){ .code = ERR_NONE };
    return shift_close(&c->till, &n, &who, test_arena(), out, e);
}

static result decide(struct counter *c, const struct shift *s, const char *who,
                     enum proposal_state verdict, struct err *e)
{
    const struct proposal_actor actor = person(who);
    struct proposal p, out;

    *e = (struct err){ .code = ERR_NONE };
    TRY(proposal_load(&c->till, s->proposal_id, test_arena(), &p, e));
    const struct proposal_decision d = {
        .id = p.id, .verdict = verdict, .hash = p.hash, .remark = STR("seen")
    };
    return proposal_decide(&c->till, &d, &actor, test_arena(), &out, e);
}

static result bring(struct counter *c, const struct shift *s, int64_t vnd, const char *slip,
                    struct err *e)
{
    const struct proposal_actor who = person("staff:an");

    *e = (struct err){ .code = ERR_NONE };
    return shift_deposit(&c->till, s->id, vnd, str_c(slip), &who, test_arena(), e);
}

TEST_STORE(cash_is_taken_with_change_once_and_never_too_little)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct shift s = open_shift(c, "staff:an", "Quầy 1");
    struct counter_ask ask = cash(&o, &s, COUNTER_ORDER - 1, "k1");
    struct counter_taken x;
    struct err e;

    check_fails(take(c, &ask, "staff:an", &x, &e), e, ERR_BUSINESS_RULE);
    check_str(str_c(e.field), "received_vnd");
    ask.received_vnd = -1;
    check_fails(take(c, &ask, "staff:an", &x, &e), e, ERR_INVALID);
    ask.received_vnd = 600000;
    ask.due_vnd = COUNTER_ORDER - 1000;
    check_fails(take(c, &ask, "staff:an", &x, &e), e, ERR_STALE);
    ask.due_vnd = COUNTER_ORDER;
    check_fails(take(c, &ask, "staff:binh", &x, &e), e, ERR_FORBIDDEN);
    check_int(counter_state(c, &o), ORDER_OPEN);
    check_int(now_of(c, &s).takes, 0);

    check_ok(take(c, &ask, "staff:an", &x, &e), e);
    check_int(x.amount_vnd, COUNTER_ORDER);
    check_int(x.change_vnd, 22000);
    check(!x.repeated);
    check_ok(take(c, &ask, "staff:an", &x, &e), e);
    check(x.repeated);
    check_int(x.change_vnd, 22000);
    ask.received_vnd = 700000;
    check_fails(take(c, &ask, "staff:an", &x, &e), e, ERR_KEY_REUSED);
    ask.key = STR("k2");
    ask.due_vnd = 0;
    check_fails(take(c, &ask, "staff:an", &x, &e), e, ERR_WRONG_STATE);

    check_int(counter_state(c, &o), ORDER_PAID);
    check_int(counter_receipts(c, &o), 2);
    check_same(counter_method_said(c, &o), STR("Tiền mặt tại Bộ phận Một cửa"));
    check_int(counter_journals(c, &o, "J2"), 1);
    check_int(counter_balance(c, 1140), COUNTER_ORDER);
    check_int(counter_balance(c, 1110), 0);
    s = now_of(c, &s);
    check_int(s.cash_vnd, COUNTER_ORDER);
    check_int(s.takes, 1);
    check_int(shift_drawer_vnd(&s), 200000 + COUNTER_ORDER);
    counter_books_hold(c);
}

TEST_STORE(a_preview_takes_nothing)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct shift s = open_shift(c, "staff:an", "Quầy 1");
    const struct counter_ask ask = cash(&o, &s, 1000000, "k1");
    const struct order_cause cause = by("staff:an");
    struct err e = { .code = ERR_NONE };
    struct counter_taken x;

    check_ok(counter_preview(&c->till, &ask, &cause, test_arena(), &x, &e), e);
    check_int(x.change_vnd, 422000);
    check_int(counter_state(c, &o), ORDER_OPEN);
    check_int(now_of(c, &s).takes, 0);
    check_int(counter_balance(c, 1140), 0);
}

TEST_STORE(a_transfer_is_for_what_is_due_and_its_number_counts_once)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c), p = another(c, "H56.14-261123-0002");
    struct shift s = open_shift(c, "staff:an", "Quầy 1");
    struct counter_ask ask = cash(&o, &s, 600000, "k1");
    struct counter_taken x;
    struct err e;

    ask.method = COUNTER_TRANSFER;
    check_fails(take(c, &ask, "staff:an", &x, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "bank_reference");
    ask.bank_ref = STR("FT261123001");
    check_fails(take(c, &ask, "staff:an", &x, &e), e, ERR_BUSINESS_RULE);
    ask.received_vnd = COUNTER_ORDER;
    check_ok(take(c, &ask, "staff:an", &x, &e), e);
    check_int(x.change_vnd, 0);
    check_same(counter_method_said(c, &o), STR("Chuyển khoản, thu tại Bộ phận Một cửa"));
    ask.order_id = p.id;
    ask.key = STR("k2");
    check_fails(take(c, &ask, "staff:an", &x, &e), e, ERR_CONFLICT);
    check_int(counter_state(c, &p), ORDER_OPEN);
    check_int(counter_balance(c, 1120), COUNTER_ORDER);
    check_int(counter_balance(c, 1140), 0);
    s = now_of(c, &s);
    check_int(s.transfer_vnd, COUNTER_ORDER);
    check_int(shift_drawer_vnd(&s), 200000);
    counter_books_hold(c);
}

TEST_STORE(what_is_taken_back_leaves_where_it_came_to)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct shift s = open_shift(c, "staff:an", "Quầy 1");
    struct counter_ask ask = cash(&o, &s, COUNTER_ORDER, "k1");
    struct counter_taken x;
    struct attempt *all;
    enum ledger_account account;
    size_t n;
    struct err e;

    ask.method = COUNTER_TRANSFER;
    ask.bank_ref = STR("FT1");
    check_ok(take(c, &ask, "staff:an", &x, &e), e);
    check_ok(attempt_list(&c->till, &o, test_arena(), &all, &n, &e), e);
    check_int(n, 1);
    check_int(refund_route_of(&all[0], false, &account), REFUND_BY_BANK);
    check_int(account, LEDGER_1120);
    check_ok(counter_reverse(c, all[0].reference, &e), e);
    check_int(counter_balance(c, 1120), 0);
    check_int(counter_state(c, &o), ORDER_OPEN);
    counter_books_hold(c);
}

TEST_STORE(what_may_still_be_paid_elsewhere_is_asked_about_first)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c), p = another(c, "H56.14-261123-0002"),
                 q = another(c, "H56.14-261123-0003");
    struct shift s = open_shift(c, "staff:an", "Quầy 1");
    struct counter_ask ask = cash(&o, &s, COUNTER_ORDER, "k1");
    struct counter_taken x;
    struct str reference = counter_start(c, &o);
    struct err e;

    check_ok(take(c, &ask, "staff:an", &x, &e), e);
    check_str(x.beside, "portal");
    check_int(counter_state(c, &o), ORDER_OPEN);
    check_int(now_of(c, &s).takes, 0);
    counter_pay(c, reference); /* on the telephone, while the officer is looking */
    check_fails(take(c, &ask, "staff:an", &x, &e), e, ERR_WRONG_STATE);
    check_int(counter_state(c, &o), ORDER_PAID);
    check_int(counter_balance(c, 1140), 0);

    reference = counter_start(c, &p);
    counter_fail(c, reference);
    ask = cash(&p, &s, COUNTER_ORDER, "k2");
    check_ok(take(c, &ask, "staff:an", &x, &e), e);
    check_int(x.beside.n, 0);
    check_int(counter_state(c, &p), ORDER_PAID);

    reference = counter_start(c, &q);
    ask = cash(&q, &s, COUNTER_ORDER, "k3");
    ask.confirmed = true;
    check_ok(take(c, &ask, "staff:an", &x, &e), e);
    check_int(x.beside.n, 0);
    check_int(counter_state(c, &q), ORDER_PAID);
    counter_pay(c, reference); /* and then it was paid there, too */
    check_ok(attempt_ask(&c->till, reference, counter_cause(), &e), e);
    check_int(counter_state(c, &q), ORDER_OVERPAID);
    check_int(counter_receipts(c, &q), 2);
    counter_books_hold(c);
}

TEST_STORE(a_desk_is_never_offered_to_payers)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct attempt_way way;
    struct err e = { .code = ERR_NONE };

    check_fails(
        attempt_start(&c->till, &o, counter_by("counter"), counter_cause(), test_arena(), &way, &e),
        e, ERR_INVALID);
}

struct racing {
    struct counter *c;
    const struct order *o;
    const struct shift *s;
    const char *officer, *key;
    enum err_code code;
};

static void *race(void *arg)
{
    struct racing *r = arg;
    DEFER(arena_close) struct arena *a = arena_open(8 << 20);
    const struct counter_ask ask = cash(r->o, r->s, 600000, r->key);
    const struct order_cause cause = by(r->officer);
    struct err e = { .code = ERR_NONE };
    struct counter_taken x;

    if (!counter_take(&r->c->till, &ask, &cause, a, &x, &e).failed)
        e.code = ERR_NONE;
    r->code = e.code;
    return NULL;
}

TEST_STORE(of_two_officers_with_one_order_one_wins)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct shift s1 = open_shift(c, "staff:an", "Quầy 1"),
                 s2 = open_shift(c, "staff:binh", "Quầy 2");
    struct racing r[2] = { { c, &o, &s1, "staff:an", "k1", ERR_NONE },
                           { c, &o, &s2, "staff:binh", "k1", ERR_NONE } };
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        check_int(pthread_create(&threads[i], NULL, race, &r[i]), 0);
    for (int i = 0; i < 2; i++)
        check_int(pthread_join(threads[i], NULL), 0);
    check_int((r[0].code == ERR_NONE) + (r[1].code == ERR_NONE), 1);
    check_int((r[0].code == ERR_WRONG_STATE) + (r[1].code == ERR_WRONG_STATE), 1);
    check_int(now_of(c, &s1).takes + now_of(c, &s2).takes, 1);
    check_int(counter_balance(c, 1140), COUNTER_ORDER);
    check_int(counter_receipts(c, &o), 2);
    counter_books_hold(c);
}

TEST_STORE(one_form_sent_twice_at_once_takes_once)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct shift s = open_shift(c, "staff:an", "Quầy 1");
    struct racing r[2] = { { c, &o, &s, "staff:an", "k1", ERR_NONE },
                           { c, &o, &s, "staff:an", "k1", ERR_NONE } };
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        check_int(pthread_create(&threads[i], NULL, race, &r[i]), 0);
    for (int i = 0; i < 2; i++)
        check_int(pthread_join(threads[i], NULL), 0);
    check_int(r[0].code, ERR_NONE);
    check_int(r[1].code, ERR_NONE);
    check_int(now_of(c, &s).takes, 1);
    check_int(counter_balance(c, 1140), COUNTER_ORDER);
}

TEST_STORE(a_desk_and_an_officer_have_one_open_shift)
{
    struct counter *c = counter_open();
    const struct proposal_actor an = person("staff:an"), binh = person("staff:binh");
    struct err e = { .code = ERR_NONE };
    struct shift s = open_shift(c, "staff:an", "Quầy 1"), x;

    check_fails(shift_open(&c->till, STR(AGENCY), STR("Quầy 1"), 0, &binh, test_arena(), &x, &e), e,
                ERR_CONFLICT);
    check_fails(shift_open(&c->till, STR(AGENCY), STR("Quầy 2"), 0, &an, test_arena(), &x, &e), e,
                ERR_CONFLICT);
    check_fails(shift_open(&c->till, STR("H99"), STR("Quầy 2"), 0, &binh, test_arena(), &x, &e), e,
                ERR_INVALID);
    check_fails(shift_open(&c->till, STR(AGENCY), STR(" "), 0, &binh, test_arena(), &x, &e), e,
                ERR_INVALID);
    check_fails(shift_open(&c->till, STR(AGENCY), STR("Quầy 2"), -1, &binh, test_arena(), &x, &e),
                e, ERR_INVALID);
    check_ok(count(c, &s, 200000, "staff:an", &x, &e), e);
    check_int(x.state, SHIFT_CLOSED);
    (void)open_shift(c, "staff:an", "Quầy 1");
}

TEST_STORE(a_closed_shift_takes_nothing_and_is_never_opened_again)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct shift s = open_shift(c, "staff:an", "Quầy 1"), x;
    const struct counter_ask ask = cash(&o, &s, COUNTER_ORDER, "k1");
    const struct shift_count notes = {
        .shift_id = s.id, .by_notes = true, .notes = { 0, 1 }, .total_vnd = 100000
    };
    const struct proposal_actor an = person("staff:an");
    struct counter_taken taken;
    struct err e = { .code = ERR_NONE };

    check_fails(count(c, &s, 200000, "staff:binh", &x, &e), e, ERR_FORBIDDEN);
    check_fails(shift_close(&c->till, &notes, &an, test_arena(), &x, &e), e, ERR_INVALID);
    struct shift_count right = notes;
    right.total_vnd = 0;
    check_ok(shift_close(&c->till, &right, &an, test_arena(), &x, &e), e);
    check_int(x.state, SHIFT_CLOSED);
    check_str(x.counts_json, "{\"200000\":1}");
    check_fails(take(c, &ask, "staff:an", &taken, &e), e, ERR_WRONG_STATE);
    check_fails(count(c, &s, 200000, "staff:an", &x, &e), e, ERR_WRONG_STATE);
    check_int(now_of(c, &s).state, SHIFT_CLOSED);
    check_int(counter_state(c, &o), ORDER_OPEN);
}

TEST_STORE(a_difference_is_confirmed_by_another_person)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct shift s = open_shift(c, "staff:an", "Quầy 1"), x;
    const struct counter_ask ask = cash(&o, &s, 600000, "k1");
    const struct shift_count mute = { .shift_id = s.id, .total_vnd = 1 };
    const struct proposal_actor an = person("staff:an");
    struct counter_taken taken;
    struct err e;

    check_ok(take(c, &ask, "staff:an", &taken, &e), e);
    check_fails(shift_close(&c->till, &mute, &an, test_arena(), &x, &e), e, ERR_INVALID);
    check_int(now_of(c, &s).state, SHIFT_OPEN);
    check_ok(count(c, &s, 200000 + COUNTER_ORDER - 5000, "staff:an", &x, &e), e);
    check_int(x.state, SHIFT_COUNTED);
    check_int(x.counted_vnd - x.expected_vnd, -5000);
    check_fails(bring(c, &s, 1000, "GNT-1", &e), e, ERR_WRONG_STATE);
    check_fails(decide(c, &x, "staff:an", PROPOSAL_APPROVED, &e), e, ERR_SELF_APPROVAL);
    check_ok(decide(c, &x, "staff:binh", PROPOSAL_REJECTED, &e), e);
    check_int(now_of(c, &s).state, SHIFT_RECOUNT);

    check_ok(count(c, &s, 200000 + COUNTER_ORDER + 3000, "staff:an", &x, &e), e);
    check_ok(decide(c, &x, "staff:binh", PROPOSAL_APPROVED, &e), e);
    check_fails(decide(c, &x, "staff:binh", PROPOSAL_APPROVED, &e), e, ERR_WRONG_STATE);
    x = now_of(c, &s);
    check_int(x.state, SHIFT_CLOSED);
    check_int(x.over_vnd, 3000);
    check_int(counter_balance(c, 2160), 3000);
    check_int(counter_balance(c, 1140), COUNTER_ORDER + 3000);
    check_fails(bring(c, &s, COUNTER_ORDER + 3001, "GNT-1", &e), e, ERR_BUSINESS_RULE);
    check_ok(bring(c, &s, COUNTER_ORDER + 3000, "GNT-1", &e), e);
    check_int(counter_balance(c, 1140), 0);
    check_int(counter_balance(c, 1120), COUNTER_ORDER + 3000);
    counter_books_hold(c);
}

TEST_STORE(cash_is_brought_to_the_bank_once_for_each_slip)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct shift s = open_shift(c, "staff:an", "Quầy 1"),
                 other = open_shift(c, "staff:binh", "Quầy 2"), x;
    const struct counter_ask ask = cash(&o, &s, COUNTER_ORDER, "k1");
    struct counter_taken taken;
    struct shift_slip *slips;
    size_t n;
    struct err e;

    check_fails(bring(c, &s, 1000, "GNT-1", &e), e, ERR_BUSINESS_RULE);
    check_ok(take(c, &ask, "staff:an", &taken, &e), e);
    check_fails(bring(c, &s, 0, "GNT-1", &e), e, ERR_BUSINESS_RULE);
    check_fails(bring(c, &s, 1000, " ", &e), e, ERR_INVALID);
    check_ok(bring(c, &s, 500000, "GNT-1", &e), e);
    check_ok(bring(c, &s, 500000, "GNT-1", &e), e);
    check_fails(bring(c, &s, 1000, "GNT-1", &e), e, ERR_CONFLICT);
    check_fails(bring(c, &other, 500000, "GNT-1", &e), e, ERR_CONFLICT);
    check_int(counter_balance(c, 1120), 500000);
    check_int(counter_balance(c, 1140), 78000);
    check_ok(count(c, &s, 278000, "staff:an", &x, &e), e);
    check_int(x.state, SHIFT_CLOSED);
    check_fails(bring(c, &s, 78001, "GNT-2", &e), e, ERR_BUSINESS_RULE);
    check_ok(bring(c, &s, 78000, "GNT-2", &e), e);
    check_int(counter_balance(c, 1140), 0);
    check_ok(shift_slips(&c->till, s.id, 10, test_arena(), &slips, &n, &e), e);
    check_int(n, 2);
    check_int(slips[0].amount_vnd + slips[1].amount_vnd, COUNTER_ORDER);
    counter_books_hold(c);
}

TEST_STORE(an_exempt_order_takes_no_money_and_no_other_is_exempt)
{
    struct counter *c = counter_open();
    static const struct str seller[] = { { "seller_integrated", 17 } };
    const struct fee_item motorbike = { .fee = STR("registration_motorbike_again"),
                                        .quantity = 1,
                                        .base_vnd = 30000000 };
    struct order_request rq = counter_request();
    struct order o = counter_order(c), free;
    struct shift s = open_shift(c, "staff:an", "Quầy 1");
    struct counter_ask ask = cash(&o, &s, 0, "k1");
    struct counter_taken x;
    struct err e;

    rq.items = &motorbike;
    rq.item_count = 1;
    rq.categories = seller;
    rq.category_count = 1;
    free = counter_order_for(c, &rq);
    check_str(str_c(counter_status(&free)), "exempt");
    ask = cash(&free, &s, 1000, "k1");
    check_fails(take(c, &ask, "staff:an", &x, &e), e, ERR_WRONG_STATE);
    ask.method = COUNTER_EXEMPT;
    check_fails(take(c, &ask, "staff:an", &x, &e), e, ERR_BUSINESS_RULE);
    ask.received_vnd = 0;
    check_ok(take(c, &ask, "staff:an", &x, &e), e);
    check_int(x.amount_vnd, 0);
    check_int(now_of(c, &s).takes, 0);
    check_int(counter_balance(c, 1140), 0);
    ask = cash(&o, &s, 0, "k2");
    ask.method = COUNTER_EXEMPT;
    check_fails(take(c, &ask, "staff:an", &x, &e), e, ERR_WRONG_STATE);
    check_str(str_c(counter_status(&o)), "due");
    o.state = ORDER_PAID;
    check_str(str_c(counter_status(&o)), "collected");
    o.reserved_vnd = 1;
    check_str(str_c(counter_status(&o)), "refunding");
    o.reserved_vnd = 0;
    o.state = ORDER_REFUNDED;
    check_str(str_c(counter_status(&o)), "refunded");
    o.state = ORDER_EXEMPT;
    check_str(str_c(counter_status(&o)), "exempt");
    o.state = ORDER_EXPIRED;
    check_str(str_c(counter_status(&o)), "closed");
}
