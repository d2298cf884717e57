/* Captures that the portal takes back: two persons, disputed money, receipts that stay. */
#include "payments/reversal.h"

#include "payments/ledger.h"
#include "payments/receipt.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

static const struct proposal_actor maker = { .name = { "staff:an", 8 },
                                             .limit_vnd = INT64_MAX,
                                             .request_id = { "rq-3", 4 },
                                             .ip = { "203.0.113.8", 11 } };
static const struct proposal_actor checker = { .name = { "staff:binh", 10 },
                                               .limit_vnd = INT64_MAX,
                                               .request_id = { "rq-4", 4 },
                                               .ip = { "203.0.113.9", 11 } };

static struct str paid(struct counter *c, struct order *o)
{
    struct str ref;

    *o = counter_order(c);
    ref = counter_start(c, o);
    counter_pay(c, ref);
    check(counter_confirm(c, ref, (struct confirm){ 0 }).accepted);
    return ref;
}

static struct proposal proposed(struct counter *c, struct str ref)
{
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    check_ok(
        reversal_propose(&c->till, ref, STR("line 7 of the file"), &maker, test_arena(), &p, &e),
        e);
    return p;
}

static result decide(struct counter *c, const struct proposal *p, enum proposal_state verdict,
                     const struct proposal_actor *by, struct err *e)
{
    const struct proposal_decision d = {
        .id = p->id, .verdict = verdict, .hash = p->hash, .remark = STR("seen")
    };
    struct proposal out;

    return proposal_decide(&c->till, &d, by, test_arena(), &out, e);
}

static void receipts_are(struct counter *c, const struct order *o, const char *state, size_t n)
{
    struct receipt *all;
    size_t count, found = 0;
    struct err e = { .code = ERR_NONE };

    check_ok(receipt_list(&c->till, o, test_arena(), &all, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        found += str_is(all[i].state, state) ? 1 : 0;
    check_int(found, n);
}

TEST_STORE(a_capture_is_taken_back_by_two_persons)
{
    struct counter *c = counter_open();
    struct order o;
    const struct str ref = paid(c, &o);
    const struct proposal p = proposed(c, ref);
    struct err e = { .code = ERR_NONE };

    /* In dispute: the order stays paid, the money is in doubt. */
    check_int(counter_state(c, &o), ORDER_PAID);
    check_int(counter_balance(c, 1110), 0);
    check_int(counter_balance(c, 1180), COUNTER_ORDER);
    counter_books_hold(c);
    check_fails(decide(c, &p, PROPOSAL_APPROVED, &maker, &e), e, ERR_SELF_APPROVAL);
    check_int(counter_attempt(c, ref), ATTEMPT_CAPTURED);
    check_ok(decide(c, &p, PROPOSAL_APPROVED, &checker, &e), e);
    check_int(counter_attempt(c, ref), ATTEMPT_REVERSED);
    check_int(counter_state(c, &o), ORDER_OPEN);
    check_int(counter_balance(c, 1180), 0);
    check_int(counter_balance(c, 1130), COUNTER_ORDER);
    check_int(counter_balance(c, 2100), COUNTER_ORDER);
    check_int(counter_balance(c, 2110) + counter_balance(c, 2120) + counter_balance(c, 2130), 0);
    receipts_are(c, &o, "notified", 2);
    counter_books_hold(c);
}

TEST_STORE(who_pays_again_gets_receipts_that_replace_the_others)
{
    struct counter *c = counter_open();
    struct order o;
    const struct proposal p = proposed(c, paid(c, &o));
    struct str again;
    struct err e = { .code = ERR_NONE };

    counter_forward(c, 90000); /* past the first deadline */
    check_ok(decide(c, &p, PROPOSAL_APPROVED, &checker, &e), e);
    again = counter_start(c, &o); /* there is time to pay again */
    counter_pay(c, again);
    check(counter_confirm(c, again, (struct confirm){ 0 }).accepted);
    check_int(counter_state(c, &o), ORDER_PAID);
    receipts_are(c, &o, "replaced", 2);
    receipts_are(c, &o, "issued", 2);
    counter_books_hold(c);
}

TEST_STORE(what_is_refused_or_withdrawn_was_never_taken)
{
    struct counter *c = counter_open();
    struct order o;
    const struct str ref = paid(c, &o);
    struct proposal p = proposed(c, ref);
    struct err e = { .code = ERR_NONE };

    check_ok(decide(c, &p, PROPOSAL_REJECTED, &checker, &e), e);
    check_int(counter_balance(c, 1110), COUNTER_ORDER);
    check_int(counter_balance(c, 1180), 0);
    p = proposed(c, ref); /* and once more */
    check_ok(decide(c, &p, PROPOSAL_WITHDRAWN, &maker, &e), e);
    check_int(counter_balance(c, 1110), COUNTER_ORDER);
    check_int(counter_state(c, &o), ORDER_PAID);
    check_int(counter_attempt(c, ref), ATTEMPT_CAPTURED);
    receipts_are(c, &o, "issued", 2);
    check_int(counter_journals(c, &o, "J8"), 2);
    check_int(counter_journals(c, &o, "J8R"), 2);
    counter_books_hold(c);
}

struct refunding {
    struct counter *c;
    struct str id;
    const char *what;
};

static result refund(struct sql *db, void *arg, struct err *e)
{
    const struct refunding *r = arg;
    struct order_cause cause = *counter_cause();
    struct order o;
    int64_t excess_vnd;

    cause.amount_vnd = 1000;
    cause.refund_id = STR("rf-1");
    cause.account = LEDGER_1120; /* has no row of its own */
    TRY(order_take(db, &r->c->till, STR("H56.14"), r->id, test_arena(), &o, e));
    if (r->what[0] == 'r')
        return order_reserve(db, &r->c->till, &o, &cause, &excess_vnd, test_arena(), e);
    return order_refunded(db, &r->c->till, &o, &cause, test_arena(), e);
}

TEST_STORE(money_is_not_both_refunded_and_taken_back)
{
    struct counter *c = counter_open();
    struct order o;
    const struct str ref = paid(c, &o);
    struct proposal p = proposed(c, ref), x;
    struct refunding r = { c, o.id, "reserve" };
    struct err e = { .code = ERR_NONE };

    check_fails(sql_transact(c->till.store, refund, &r, &e), e, ERR_WRONG_STATE);
    check_ok(decide(c, &p, PROPOSAL_REJECTED, &checker, &e), e);
    check_ok(sql_transact(c->till.store, refund, &r, &e), e);
    check_fails(reversal_propose(&c->till, ref, STR("late"), &maker, test_arena(), &x, &e), e,
                ERR_WRONG_STATE);
    r.what = "paid";
    check_ok(sql_transact(c->till.store, refund, &r, &e), e);
    check_fails(reversal_propose(&c->till, ref, STR("late"), &maker, test_arena(), &x, &e), e,
                ERR_WRONG_STATE);
    check_int(counter_balance(c, 1180), 0);
    counter_books_hold(c);
}

TEST_STORE(only_a_capture_is_proposed_and_once)
{
    struct counter *c = counter_open();
    struct order o, fresh = counter_order(c);
    const struct str ref = paid(c, &o), live = counter_start(c, &fresh);
    const struct proposal p = proposed(c, ref);
    struct proposal x;
    struct err e = { .code = ERR_NONE };

    check_fails(reversal_propose(&c->till, ref, STR("again"), &maker, test_arena(), &x, &e), e,
                ERR_CONFLICT);
    check_fails(reversal_propose(&c->till, live, STR("no"), &maker, test_arena(), &x, &e), e,
                ERR_WRONG_STATE);
    check_fails(reversal_propose(&c->till, STR("none"), STR("no"), &maker, test_arena(), &x, &e), e,
                ERR_NOT_FOUND);
    check_ok(decide(c, &p, PROPOSAL_APPROVED, &checker, &e), e);
    check_fails(reversal_propose(&c->till, ref, STR("again"), &maker, test_arena(), &x, &e), e,
                ERR_WRONG_STATE);
    check_fails(decide(c, &p, PROPOSAL_APPROVED, &checker, &e), e, ERR_WRONG_STATE);
    counter_books_hold(c);
}

TEST_STORE(what_the_portal_says_afterwards_is_evidence)
{
    struct counter *c = counter_open();
    struct order o;
    const struct str ref = paid(c, &o);
    const struct proposal p = proposed(c, ref);
    struct err e = { .code = ERR_NONE };

    check_ok(decide(c, &p, PROPOSAL_APPROVED, &checker, &e), e);
    const int64_t events = counter_events(c, &o);

    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e); /* still "paid" */
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    check_int(counter_attempt(c, ref), ATTEMPT_REVERSED);
    check_int(counter_state(c, &o), ORDER_OPEN);
    check(counter_has_mismatch(c, &o, "STA"));
    check_int(counter_events(c, &o), events + 1); /* kept once */
}
