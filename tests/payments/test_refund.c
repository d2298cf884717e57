/* Refunds: two persons, what is available, the way the money goes, and the books after it. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "payments/refund.h"
#include "payments/refund_order.h"
#include "payments/refund_row.h"
#include "payments/refund_rules.h"
#include "payments/transfer.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

#define THREADS 64

static struct proposal_actor person(const char *name)
{
    return (struct proposal_actor){ .name = str_c(name),
                                    .limit_vnd = INT64_MAX,
                                    .request_id = STR("rq-3"),
                                    .ip = STR("203.0.113.9") };
}

static struct order_cause cause_by(const char *name)
{
    return (struct order_cause){ .actor = str_c(name), .source = STR("page") };
}

/* Statements that the program does not have, by the databases' own shells. */
static void tamper(const char *statement)
{
    struct arena *a = test_arena();
    struct str command;

    if (str_is(str_c(test_engine()), "postgresql"))
        command = str_fmt(a, "psql -q -v ON_ERROR_STOP=1 \"%.*s\" -c \"%s\" >/dev/null",
                          STR_ARG(test_postgresql()), statement);
    else
        command = str_fmt(a, "sqlite3 %s/fixture.db \"%s\"", test_folder(), statement);
    if (system(str_cstr(a, command)) != 0)
        test_fail(__FILE__, __LINE__, "%s", statement);
}

static void capture(struct counter *c, struct str reference)
{
    struct err e = { .code = ERR_NONE };

    counter_pay(c, reference);
    check_ok(attempt_ask(&c->till, reference, counter_cause(), &e), e);
    check_int(counter_attempt(c, reference), ATTEMPT_CAPTURED);
}

static struct order paid_order(struct counter *c)
{
    struct order o = counter_order(c);

    capture(c, counter_start(c, &o));
    return o;
}

/* The first attempt fails, the second is paid, and then the first was paid after all. */
static struct order overpaid_order(struct counter *c)
{
    struct order o = counter_order(c);
    const struct str first = counter_start(c, &o);
    struct err e = { .code = ERR_NONE };

    counter_fail(c, first);
    check_ok(attempt_ask(&c->till, first, counter_cause(), &e), e);
    capture(c, counter_start(c, &o));
    capture(c, first);
    check_int(counter_state(c, &o), ORDER_OVERPAID);
    return o;
}

static struct order fresh(struct counter *c, const struct order *o)
{
    struct order x;
    struct err e = { .code = ERR_NONE };

    check_ok(order_load(&c->till, o->id, STR(""), test_arena(), &x, &e), e);
    return x;
}

static struct refund_request ask_for(struct counter *c, const struct order *o, int64_t vnd,
                                     const char *reason)
{
    const struct order now = fresh(c, o);

    return (struct refund_request){ .order_id = o->id,
                                    .amount_vnd = vnd,
                                    .available_vnd = order_available_vnd(&now),
                                    .reason = str_c(reason),
                                    .remark = STR("as the dossier says"),
                                    .payee = { STR("Nguyễn Thị Hòa"), STR("VCB"),
                                               STR("0011001234567") } };
}

/* attempt_n 0: whichever holds enough. */
static struct refund asked_of(struct counter *c, const struct order *o, int64_t attempt_n,
                              int64_t vnd, const char *reason)
{
    struct refund_request rq = ask_for(c, o, vnd, reason);
    const struct proposal_actor by = person("staff:an");
    struct refund r;
    struct err e = { .code = ERR_NONE };

    rq.attempt_n = attempt_n;
    check_ok(refund_request(&c->till, &rq, &by, "page", test_arena(), &r, &e), e);
    check_int(r.state, REFUND_REQUESTED);
    return r;
}

static struct refund asked(struct counter *c, const struct order *o, int64_t vnd,
                           const char *reason)
{
    return asked_of(c, o, 0, vnd, reason);
}

static void ask_fails(struct counter *c, const struct refund_request *rq, enum err_code want,
                      const char *field)
{
    const struct proposal_actor by = person("staff:an");
    struct refund r;
    struct err e = { .code = ERR_NONE };

    check_fails(refund_request(&c->till, rq, &by, "page", test_arena(), &r, &e), e, want);
    check_str(str_c(e.field), field);
}

static struct refund loaded(struct counter *c, struct str id)
{
    struct refund r;
    struct err e = { .code = ERR_NONE };

    check_ok(refund_load(&c->till, id, STR(""), test_arena(), &r, &e), e);
    return r;
}

static result decide(struct counter *c, const struct refund *r, enum proposal_state verdict,
                     const char *who, struct err *e)
{
    const struct proposal_actor by = person(who);
    struct proposal_decision d = { .id = r->proposal_id,
                                   .verdict = verdict,
                                   .remark = STR("seen") };
    struct proposal p;

    TRY(proposal_load(&c->till, r->proposal_id, test_arena(), &p, e));
    d.hash = p.hash;
    return proposal_decide(&c->till, &d, &by, test_arena(), &p, e);
}

static void approve(struct counter *c, const struct refund *r)
{
    struct err e = { .code = ERR_NONE };

    check_ok(decide(c, r, PROPOSAL_APPROVED, "staff:binh", &e), e);
    check_int(loaded(c, r->id).state, REFUND_APPROVED);
}

static struct refund order_out(struct counter *c, const struct refund *r)
{
    const struct order_cause by = cause_by("staff:an");
    struct refund x;
    struct err e = { .code = ERR_NONE };

    check_ok(refund_order_make(&c->till, r->id, &by, test_arena(), &x, &e), e);
    check_int(x.state, REFUND_MANUAL);
    return x;
}

static result tell(struct counter *c, const struct refund *r, enum refund_event event,
                   struct err *e)
{
    const struct refund_word w = { event, STR("FT26327001"), STR("account closed") };
    const struct order_cause by = cause_by("staff:an");
    struct refund x;

    return refund_settle(&c->till, r->id, &w, &by, test_arena(), &x, e);
}

static void told(struct counter *c, const struct refund *r, enum refund_event event,
                 enum refund_state want)
{
    struct err e = { .code = ERR_NONE };

    check_ok(tell(c, r, event, &e), e);
    check_int(loaded(c, r->id).state, want);
}

TEST_STORE(asking_reserves_and_nothing_else)
{
    struct counter *c = counter_open();
    struct order o = paid_order(c);
    const struct refund r = asked(c, &o, 100000, "withdrawn");

    o = fresh(c, &o);
    check_int(o.reserved_vnd, 100000);
    check_int(o.refunded_vnd, 0);
    check_int(order_available_vnd(&o), COUNTER_ORDER - 100000);
    check_int(counter_balance(c, 2140), 100000);
    check_int(counter_balance(c, 1110), COUNTER_ORDER);
    check_int(counter_journals(c, &o, "J5"), 1);
    check_int(r.route, REFUND_BY_BANK);
    check_str(r.payee_shown, "VCB •••567");
    counter_books_hold(c);
}

TEST_STORE(what_is_not_available_is_not_asked_for)
{
    struct counter *c = counter_open();
    const struct order o = paid_order(c);
    struct refund_request rq = ask_for(c, &o, 1000, "withdrawn");

    rq.available_vnd--;
    ask_fails(c, &rq, ERR_STALE, "refund_amount_available");
    rq = ask_for(c, &o, COUNTER_ORDER + 1, "withdrawn");
    ask_fails(c, &rq, ERR_BUSINESS_RULE, "amount_vnd");
    rq = ask_for(c, &o, 0, "withdrawn");
    ask_fails(c, &rq, ERR_BUSINESS_RULE, "amount_vnd");
    rq = ask_for(c, &o, -5, "withdrawn");
    ask_fails(c, &rq, ERR_BUSINESS_RULE, "amount_vnd");
    rq = ask_for(c, &o, 1000, "because");
    ask_fails(c, &rq, ERR_INVALID, "reason");
    rq = ask_for(c, &o, 1000, "withdrawn");
    rq.remark = STR(" ");
    ask_fails(c, &rq, ERR_INVALID, "remark");
    rq = ask_for(c, &o, 1000, "withdrawn");
    rq.payee.account = STR("12 34 56");
    ask_fails(c, &rq, ERR_INVALID, "payee_account");
    rq = ask_for(c, &o, 1000, "withdrawn");
    rq.payee = (struct refund_payee){ 0 };
    ask_fails(c, &rq, ERR_INVALID, "payee_name");
    rq = ask_for(c, &o, 1000, "withdrawn");
    rq.attempt_n = 7;
    ask_fails(c, &rq, ERR_INVALID, "attempt");
    rq = ask_for(c, &o, 1000, "withdrawn");
    rq.client_id = STR("another");
    ask_fails(c, &rq, ERR_NOT_FOUND, "");
    check_int(fresh(c, &o).reserved_vnd, 0);
    check_int(counter_balance(c, 2140), 0);
}

TEST_STORE(what_was_not_paid_is_not_paid_back)
{
    struct counter *c = counter_open();
    const struct order o = counter_order(c);
    const struct refund_request rq = ask_for(c, &o, 1000, "withdrawn");

    ask_fails(c, &rq, ERR_BUSINESS_RULE, "amount_vnd");
}

TEST_STORE(one_refund_of_a_capture_is_open)
{
    struct counter *c = counter_open();
    const struct order o = paid_order(c);
    const struct refund r = asked(c, &o, 1000, "withdrawn");
    struct refund_request rq = ask_for(c, &o, 1000, "withdrawn");
    struct err e = { .code = ERR_NONE };

    ask_fails(c, &rq, ERR_CONFLICT, "");
    check_ok(decide(c, &r, PROPOSAL_REJECTED, "staff:binh", &e), e);
    check_int(loaded(c, r.id).state, REFUND_REJECTED);
    check_int(fresh(c, &o).reserved_vnd, 0);
    check_int(counter_balance(c, 2140), 0);
    rq = ask_for(c, &o, COUNTER_ORDER, "withdrawn");
    (void)asked(c, &o, COUNTER_ORDER, "withdrawn");
    counter_books_hold(c);
}

TEST_STORE(maker_and_checker_are_two)
{
    struct counter *c = counter_open();
    const struct order o = paid_order(c);
    const struct refund r = asked(c, &o, 1000, "withdrawn");
    struct err e = { .code = ERR_NONE };

    check_fails(decide(c, &r, PROPOSAL_APPROVED, "staff:an", &e), e, ERR_SELF_APPROVAL);
    check_int(loaded(c, r.id).state, REFUND_REQUESTED);
    check_ok(decide(c, &r, PROPOSAL_WITHDRAWN, "staff:an", &e), e);
    check_int(loaded(c, r.id).state, REFUND_CANCELLED);
    check_int(fresh(c, &o).reserved_vnd, 0);
}

TEST_STORE(a_limit_is_of_the_order_and_not_of_each_piece)
{
    struct counter *c = counter_open();
    struct order o = overpaid_order(c); /* two captures: two refunds may be open */
    const struct refund first = asked(c, &o, 300000, "paid_twice");
    const struct refund second = asked_of(c, &o, 1, 278000, "paid_twice");
    struct proposal_actor by = person("staff:binh");
    struct proposal_decision d = { .id = first.proposal_id,
                                   .verdict = PROPOSAL_APPROVED,
                                   .hash = first.hash };
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    by.limit_vnd = 577999;
    check_fails(proposal_decide(&c->till, &d, &by, test_arena(), &p, &e), e, ERR_OVER_LIMIT);
    d.verdict = PROPOSAL_REJECTED; /* that is no question of money */
    d.remark = STR("once is enough");
    check_ok(proposal_decide(&c->till, &d, &by, test_arena(), &p, &e), e);
    d = (struct proposal_decision){ .id = second.proposal_id,
                                    .verdict = PROPOSAL_APPROVED,
                                    .hash = second.hash };
    check_ok(proposal_decide(&c->till, &d, &by, test_arena(), &p, &e), e);
}

TEST_STORE(a_whole_refund_by_the_bank_ends_the_order)
{
    struct counter *c = counter_open();
    const struct order o = paid_order(c);
    const struct refund r = asked(c, &o, COUNTER_ORDER, "withdrawn");
    const struct order_cause by = cause_by("staff:an");
    struct refund x;
    struct err e = { .code = ERR_NONE };

    check_fails(tell(c, &r, REFUND_EV_PAID, &e), e, ERR_WRONG_STATE);
    check_fails(refund_order_make(&c->till, r.id, &by, test_arena(), &x, &e), e, ERR_WRONG_STATE);
    approve(c, &r);
    check_fails(tell(c, &r, REFUND_EV_PAID, &e), e, ERR_WRONG_STATE);
    x = order_out(c, &r);
    check(str_starts(x.reference, STR("HT20261123")));
    check_fails(refund_cancel(&c->till, r.id, &by, test_arena(), &x, &e), e, ERR_WRONG_STATE);
    told(c, &r, REFUND_EV_PAID, REFUND_SUCCEEDED);
    check_fails(tell(c, &r, REFUND_EV_PAID, &e), e, ERR_WRONG_STATE);
    check_int(counter_state(c, &o), ORDER_REFUNDED);
    check_int(counter_journals(c, &o, "J6"), 1);
    check_int(counter_balance(c, 2140), 0);
    check_int(counter_balance(c, 1110), 0);
    check_int(counter_balance(c, 2110), 0);
    check_int(counter_balance(c, 2130), 0);
    check_int(fresh(c, &o).refunded_vnd, COUNTER_ORDER);
    counter_books_hold(c);
}

TEST_STORE(a_part_is_taken_from_every_line_alike)
{
    struct counter *c = counter_open();
    const struct order o = paid_order(c);
    const struct refund r = asked(c, &o, COUNTER_ORDER / 2, "withdrawn");
    struct ledger_split *parts;
    int64_t sum_vnd = 0;
    size_t n;
    struct err e = { .code = ERR_NONE };

    check_ok(refund_parts(&c->till, &r, test_arena(), &parts, &n, &e), e);
    for (size_t i = 0; i < n; i++)
        sum_vnd += parts[i].amount_vnd;
    check_int(sum_vnd, COUNTER_ORDER / 2);
    check_int(counter_balance(c, 2110), COUNTER_LE_PHI / 2);
    check_int(counter_balance(c, 2130), COUNTER_RETAINED / 2);
    approve(c, &r);
    (void)order_out(c, &r);
    told(c, &r, REFUND_EV_PAID, REFUND_SUCCEEDED);
    check_int(counter_state(c, &o), ORDER_PAID);
    counter_books_hold(c);
}

TEST_STORE(what_was_paid_twice_goes_back_first)
{
    struct counter *c = counter_open();
    const struct order o = overpaid_order(c);
    struct refund_request rq = ask_for(c, &o, COUNTER_ORDER + 1, "paid_twice");
    struct refund r;

    ask_fails(c, &rq, ERR_BUSINESS_RULE, "reason");
    r = asked(c, &o, COUNTER_ORDER, "paid_twice");
    check_int(r.excess_vnd, COUNTER_ORDER);
    check_int(counter_balance(c, 2150), 0);
    check_int(counter_balance(c, 2110), COUNTER_LE_PHI);
    /* The bill's own money is another capture's, and the reason does not reach it. */
    rq = ask_for(c, &o, 1, "overpaid");
    ask_fails(c, &rq, ERR_BUSINESS_RULE, "reason");
    approve(c, &r);
    (void)order_out(c, &r);
    told(c, &r, REFUND_EV_PAID, REFUND_SUCCEEDED);
    check_int(counter_state(c, &o), ORDER_PAID);
    check_int(fresh(c, &o).excess_refunded_vnd, COUNTER_ORDER);
    counter_books_hold(c);
}

TEST_STORE(some_fees_are_kept_when_a_dossier_is_refused)
{
    struct counter *c = counter_open();
    struct order_request rq = counter_request();
    struct refund_request ask;
    struct order o;

    rq.agency_id = STR("H26.01");
    rq.procedure = STR("2.001610.000.00.00.H56");
    rq.channel = FEE_COUNTER;
    rq.items = &(const struct fee_item){ .fee = STR("household_business"), .quantity = 1 };
    rq.item_count = 1;
    o = counter_order_for(c, &rq);
    check_int(o.bill.total_vnd, 100000);
    capture(c, counter_start(c, &o));
    ask = ask_for(c, &o, 100000, "refused");
    ask_fails(c, &ask, ERR_BUSINESS_RULE, "reason");
    ask = ask_for(c, &o, 100000, "withdrawn");
    ask_fails(c, &ask, ERR_BUSINESS_RULE, "reason");
    (void)asked(c, &o, 100000, "wrong_fee");
}

TEST_STORE(what_was_altered_is_not_approved)
{
    static const char *const ways[][2] = {
        { "UPDATE refund SET payee_shown = 'x' || payee_shown",
          "UPDATE refund SET payee_shown = substr(payee_shown, 2)" },
        { "UPDATE refund SET amount_vnd = amount_vnd + 1",
          "UPDATE refund SET amount_vnd = amount_vnd - 1" },
        { "UPDATE refund_line SET amount_vnd = amount_vnd + 1 WHERE n = 1",
          "UPDATE refund_line SET amount_vnd = amount_vnd - 1 WHERE n = 1" },
        { "UPDATE refund SET account = 1120", "UPDATE refund SET account = 1110" },
        { "UPDATE refund SET payee_sealed = (SELECT payer_sealed FROM orders)", NULL },
    };
    struct counter *c = counter_open();
    const struct order o = paid_order(c);
    const struct refund r = asked(c, &o, 1000, "withdrawn");
    struct err e = { .code = ERR_NONE };

    for (size_t i = 0; i < LEN(ways); i++) {
        tamper(ways[i][0]);
        check_fails(decide(c, &r, PROPOSAL_APPROVED, "staff:binh", &e), e, ERR_BROKEN_CHAIN);
        if (ways[i][1] != NULL)
            tamper(ways[i][1]);
    }
    check_int(loaded(c, r.id).state, REFUND_REQUESTED);
}

TEST_STORE(what_the_bank_sends_back_is_held_again)
{
    struct counter *c = counter_open();
    const struct order o = paid_order(c);
    const struct refund r = asked(c, &o, COUNTER_ORDER, "withdrawn");

    approve(c, &r);
    (void)order_out(c, &r);
    told(c, &r, REFUND_EV_PAID, REFUND_SUCCEEDED);
    told(c, &r, REFUND_EV_RETURN, REFUND_RETURNED);
    check_int(fresh(c, &o).reserved_vnd, COUNTER_ORDER);
    check_int(counter_balance(c, 2140), COUNTER_ORDER);
    check_int(counter_state(c, &o), ORDER_PAID);
    counter_books_hold(c);
    told(c, &r, REFUND_EV_PAID, REFUND_SUCCEEDED);
    check_int(counter_state(c, &o), ORDER_REFUNDED);
    told(c, &r, REFUND_EV_RETURN, REFUND_RETURNED);
    told(c, &r, REFUND_EV_UNPAID, REFUND_FAILED);
    check_int(fresh(c, &o).reserved_vnd, 0);
    check_int(fresh(c, &o).refunded_vnd, 0);
    check_int(counter_balance(c, 2140), 0);
    counter_books_hold(c);
}

static void transferred(struct counter *c, struct str code, int64_t vnd, const char *txn)
{
    const struct transfer in = { .account = STR("113366668888"),
                                 .bank_txn = str_c(txn),
                                 .amount_vnd = vnd,
                                 .currency = STR("VND"),
                                 .at_ms = c->clock.fixed_ms,
                                 .narrative = code };
    enum transfer_outcome out;
    struct err e = { .code = ERR_NONE };
    check_ok(transfer_recognise(&c->till, &in, "bank_notice", test_arena(), &out, &e), e);
    check_int(out, TRANSFER_CAPTURED);
}

/* Two parts that are enough only together, of which the first was asked back meanwhile. */
TEST_STORE(what_is_not_paid_back_after_all_completes_the_payment)
{
    struct counter *c = counter_open();
    const struct order o = counter_order(c);
    struct attempt_way way;
    struct attempt *all;
    struct refund r;
    size_t n;
    struct err e = { .code = ERR_NONE };
    c->till.vietqr_bin = STR("970415");
    c->till.vietqr_account = STR("113366668888");
    check_ok(
        attempt_start(&c->till, &o, counter_by("vietqr"), counter_cause(), test_arena(), &way, &e),
        e);
    check_ok(attempt_list(&c->till, &o, test_arena(), &all, &n, &e), e);
    transferred(c, all[0].reference, 300000, "FT1");
    r = asked(c, &o, 300000, "wrong_fee");
    transferred(c, all[0].reference, 300000, "FT2");
    check_int(counter_state(c, &o), ORDER_UNDERPAID);
    check_ok(decide(c, &r, PROPOSAL_REJECTED, "staff:binh", &e), e);
    check_int(counter_state(c, &o), ORDER_OVERPAID);
    check_int(counter_balance(c, 2150), 600000 - COUNTER_ORDER);
    check_int(counter_receipts(c, &o), 2);
    counter_books_hold(c);
}

/* The bank does not ask whether another refund of the same capture is under way. */
TEST_STORE(what_the_bank_sends_back_is_noted_beside_another_refund)
{
    struct counter *c = counter_open();
    const struct order o = paid_order(c);
    const struct refund first = asked(c, &o, 1000, "wrong_fee");
    struct refund second;
    approve(c, &first);
    (void)order_out(c, &first);
    told(c, &first, REFUND_EV_PAID, REFUND_SUCCEEDED);
    second = asked(c, &o, 2000, "wrong_fee");
    told(c, &first, REFUND_EV_RETURN, REFUND_RETURNED);
    approve(c, &second);
    (void)order_out(c, &second);
    told(c, &second, REFUND_EV_PAID, REFUND_SUCCEEDED);
    told(c, &first, REFUND_EV_UNPAID, REFUND_FAILED);
    check_int(fresh(c, &o).refunded_vnd, 2000);
    check_int(fresh(c, &o).reserved_vnd, 0);
    counter_books_hold(c);
}

struct stepping {
    struct counter *c;
    struct str id;
    enum refund_event event;
};

static result step(struct sql *db, void *arg, struct err *e)
{
    struct stepping *s = arg;
    const struct order_cause by = cause_by("staff:an");
    struct attempt at;
    struct refund r;
    struct order o;

    TRY(refund_take(db, &s->c->till, s->id, test_arena(), &o, &r, &at, e));
    if (s->event == REFUND_EV_SUBMIT)
        r.reference = str_cat(test_arena(), STR("R"), r.id);
    return refund_step(db, &s->c->till, &o, &r, s->event, &by, test_arena(), e);
}

static result step_by(struct counter *c, struct str id, enum refund_event event, struct err *e)
{
    struct stepping s = { c, id, event };

    return sql_transact(c->till.store, step, &s, e);
}

/* A refund brought to a state by listed events only. */
static struct refund refund_in(struct counter *c, enum refund_state state)
{
    static const enum refund_event ways[REFUND_STATE_COUNT][4] = {
        [REFUND_REJECTED] = { REFUND_EV_REJECT },
        [REFUND_CANCELLED] = { REFUND_EV_CANCEL },
        [REFUND_APPROVED] = { REFUND_EV_APPROVE },
        [REFUND_SUBMITTING] = { REFUND_EV_APPROVE, REFUND_EV_SUBMIT },
        [REFUND_SUBMITTED] = { REFUND_EV_APPROVE, REFUND_EV_SUBMIT, REFUND_EV_ACCEPTED },
        [REFUND_UNKNOWN] = { REFUND_EV_APPROVE, REFUND_EV_SUBMIT, REFUND_EV_NO_ANSWER },
        [REFUND_MANUAL] = { REFUND_EV_APPROVE, REFUND_EV_ORDER },
        [REFUND_SUCCEEDED] = { REFUND_EV_APPROVE, REFUND_EV_SUBMIT, REFUND_EV_PAID },
        [REFUND_FAILED] = { REFUND_EV_APPROVE, REFUND_EV_SUBMIT, REFUND_EV_UNPAID },
        [REFUND_RETURNED] = { REFUND_EV_APPROVE, REFUND_EV_ORDER, REFUND_EV_PAID,
                              REFUND_EV_RETURN },
    };
    const struct order o = paid_order(c);
    const struct refund r = asked(c, &o, 1000, "withdrawn");
    struct err e = { .code = ERR_NONE };

    for (size_t i = 0; i < 4 && ways[state][i] != REFUND_EV_REQUEST; i++)
        check_ok(step_by(c, r.id, ways[state][i], &e), e);
    check_int(loaded(c, r.id).state, state);
    return r;
}

static size_t events_of(struct counter *c, const struct refund *r)
{
    struct refund_history *list;
    size_t n;
    struct err e = { .code = ERR_NONE };

    check_ok(refund_history(&c->till, r, test_arena(), &list, &n, &e), e);
    return n;
}

TEST_STORE(every_pair_of_state_and_event_does_what_the_table_says)
{
    struct counter *c = counter_open();

    for (int s = REFUND_REQUESTED; s < REFUND_STATE_COUNT; s++) {
        for (int ev = 0; ev < REFUND_EV_COUNT; ev++) {
            const struct refund r = refund_in(c, (enum refund_state)s);
            const size_t events = events_of(c, &r);
            enum refund_state next = (enum refund_state)s;
            const char *action;
            struct err e = { .code = ERR_NONE };

            if (refund_move((enum refund_state)s, (enum refund_event)ev, &next, &action)) {
                check_ok(step_by(c, r.id, (enum refund_event)ev, &e), e);
                check_int(events_of(c, &r), events + 1);
            } else {
                check_fails(step_by(c, r.id, (enum refund_event)ev, &e), e, ERR_WRONG_STATE);
                check_int(events_of(c, &r), events);
            }
            check_int(loaded(c, r.id).state, next);
        }
    }
    counter_books_hold(c);
}

TEST(names_of_states_are_read_back)
{
    enum refund_state s;

    for (int i = 0; i < REFUND_STATE_COUNT; i++) {
        check(refund_state_find(str_c(refund_state_name((enum refund_state)i)), &s));
        check_int(s, i);
    }
    check(!refund_state_find(STR("refund"), &s));
}

TEST_STORE(lists_are_of_ones_own_and_go_on)
{
    struct counter *c = counter_open();
    const struct order o = paid_order(c), p = paid_order(c);
    const struct refund first = asked(c, &o, 1000, "withdrawn");
    struct refund second, *list;
    struct refund_total totals[REFUND_STATE_COUNT];
    struct refund_filter f = { .client_id = STR("demo-onestop"), .most = 1 };
    size_t n;
    struct err e = { .code = ERR_NONE };

    counter_forward(c, 1);
    second = asked(c, &p, 2000, "withdrawn");
    check_ok(refund_list(&c->till, &f, test_arena(), &list, &n, &e), e);
    check_int(n, 1);
    check_same(list[0].id, second.id);
    f.before = list[0].id;
    check_ok(refund_list(&c->till, &f, test_arena(), &list, &n, &e), e);
    check_int(n, 1);
    check_same(list[0].id, first.id);
    f = (struct refund_filter){ .client_id = STR("another"), .most = 9 };
    check_ok(refund_list(&c->till, &f, test_arena(), &list, &n, &e), e);
    check_int(n, 0);
    check_fails(refund_load(&c->till, first.id, STR("another"), test_arena(), &second, &e), e,
                ERR_NOT_FOUND);
    check_ok(refund_totals(&c->till, totals, &e), e);
    check_int(totals[REFUND_REQUESTED].count, 2);
    check_int(totals[REFUND_REQUESTED].amount_vnd, 3000);
    check_int(totals[REFUND_SUCCEEDED].count, 0);
}

struct racing {
    struct counter *c;
    struct order o;
    struct str refs[2];
    _Atomic int begun;
    _Atomic int64_t asked_vnd, refused;
};

/* Half of them ask the portal about both attempts, half ask for money back with what they saw. */
static void *race_one(void *arg)
{
    struct racing *k = arg;
    DEFER(arena_close) struct arena *a = arena_open((size_t)8 << 20);
    const int i = atomic_fetch_add(&k->begun, 1);
    const struct proposal_actor by = { .name = str_fmt(a, "staff:n%d", i), .limit_vnd = INT64_MAX };
    struct refund_request rq = { .order_id = k->o.id,
                                 .amount_vnd = 300000 + i,
                                 .reason = STR("wrong_fee"),
                                 .remark = STR("race"),
                                 .payee = { STR("A B"), STR("VCB"), STR("123456789") } };
    struct refund r;
    struct order o;
    struct err e = { .code = ERR_NONE };

    if (i % 2 == 0) {
        check_ok(attempt_ask(&k->c->till, k->refs[i / 2 % 2], counter_cause(), &e), e);
        return NULL;
    }
    for (int tries = 0; tries < 20; tries++) {
        check_ok(order_load(&k->c->till, k->o.id, STR(""), a, &o, &e), e);
        rq.available_vnd = order_available_vnd(&o);
        if (!refund_request(&k->c->till, &rq, &by, "page", a, &r, &e).failed) {
            atomic_fetch_add(&k->asked_vnd, rq.amount_vnd);
            return NULL;
        }
        check(e.code == ERR_STALE || e.code == ERR_CONFLICT || e.code == ERR_BUSINESS_RULE);
        atomic_fetch_add(&k->refused, 1);
    }
    return NULL;
}

TEST_STORE(many_refund_and_pay_one_order_at_once)
{
    struct racing k = { .c = counter_open() };
    pthread_t threads[THREADS];
    struct err e = { .code = ERR_NONE };
    struct order o;

    k.o = counter_order(k.c);
    k.refs[0] = counter_start(k.c, &k.o);
    counter_fail(k.c, k.refs[0]);
    check_ok(attempt_ask(&k.c->till, k.refs[0], counter_cause(), &e), e);
    k.refs[1] = counter_start(k.c, &k.o);
    counter_pay(k.c, k.refs[0]);
    counter_pay(k.c, k.refs[1]);
    for (size_t i = 0; i < THREADS; i++)
        check_int(pthread_create(&threads[i], NULL, race_one, &k), 0);
    for (size_t i = 0; i < THREADS; i++)
        check_int(pthread_join(threads[i], NULL), 0);
    o = fresh(k.c, &k.o);
    check_int(o.captured_vnd, 2 * COUNTER_ORDER);
    check_int(o.reserved_vnd, k.asked_vnd);
    check(o.captured_vnd >= o.refunded_vnd + o.reserved_vnd);
    check(k.asked_vnd > 0);
    check_int(counter_balance(k.c, 2140), o.reserved_vnd);
    check_int(counter_journals(k.c, &o, "J2"), 1);
    check_int(counter_journals(k.c, &o, "J2c"), 1);
    counter_books_hold(k.c);
}
