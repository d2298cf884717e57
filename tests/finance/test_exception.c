/* Exceptions: who owns them, what two persons do about them, and that the books hold after each. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "conf/conf.h"
#include "finance/exception_action.h"
#include "finance/reconcile.h"
#include "payments/counter.h"
#include "store/sql.h"
#include "tests/finance/day_file.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

#define AMOUNT  COUNTER_ORDER
#define DAY_MS  86400000LL
#define RACERS  8
#define STRANGE 200000

static const struct date monday = { 2026, 11, 23 };
static struct office office;
static struct conf settings;

static struct counter *desk(void)
{
    struct counter *c = counter_open();
    struct err e = { .code = ERR_NONE };

    c->till.account = STR(DAY_FILE_ACCOUNT);
    settings.jobs.settlement_at = STR("06:00");
    settings.portal.account = c->till.account;
    if (c->till.above == NULL)
        check_ok(office_open(&settings, &c->till, NULL, &office, &e), e);
    return c;
}

static const struct office *room(void)
{
    (void)desk();
    return &office;
}

static struct proposal_actor person(const char *name)
{
    return (struct proposal_actor){ .name = str_c(name),
                                    .limit_vnd = INT64_MAX,
                                    .request_id = STR("rq-7"),
                                    .ip = STR("203.0.113.9") };
}

static void books_hold(void)
{
    struct ledger_report r;
    struct err e = { .code = ERR_NONE };

    check_ok(ledger_verify(desk()->till.store, &r, &e), e);
}

static struct order ordered(void)
{
    static int n;
    struct order_request rq = counter_request();

    rq.reference = str_fmt(test_arena(), "H56.14-261123-%04d", ++n);
    return counter_order_for(desk(), &rq);
}

static struct str captured(struct order *o)
{
    struct err e = { .code = ERR_NONE };
    struct str reference;

    *o = ordered();
    reference = counter_start(desk(), o);
    counter_pay(desk(), reference);
    check_ok(attempt_ask(&desk()->till, reference, counter_cause(), &e), e);
    return reference;
}

static void take(struct day_file *f)
{
    struct intake_result r;
    struct err e = { .code = ERR_NONE };

    if (desk()->clock.fixed_ms < FIXTURE_NOW_MS + DAY_MS)
        counter_forward(desk(), 86400);
    check_ok(intake_take(&desk()->till, f->day, STR("f"), day_file_print(f, SETTLEMENT_MC1),
                         STR("staff:1"), test_arena(), &r, &e),
             e);
    check(!r.quarantined);
}

static struct exception only(const char *class)
{
    const struct exception_filter f = {
        .tab = -1, .age = -1, .closed_too = true, .class = str_c(class)
    };
    struct exception *list;
    struct err e = { .code = ERR_NONE };
    size_t count;

    check_ok(exception_list(&desk()->till, &f, test_arena(), &list, &count, NULL, &e), e);
    check_int(count, 1);
    return count == 1 ? list[0] : (struct exception){ .id = STR("-") };
}

static struct exception seen(struct str id)
{
    struct exception x;
    struct err e = { .code = ERR_NONE };

    check_ok(exception_load(&desk()->till, id, test_arena(), &x, &e), e);
    return x;
}

static const char *stage_of(struct str id)
{
    return exception_stage_name(seen(id).stage);
}

static struct exception_draft draft(enum exception_action act)
{
    return (struct exception_draft){ .action = act, .remark = STR("as the statement says") };
}

static struct exception_preview previewed(struct str id, const struct exception_draft *d)
{
    const struct proposal_actor an = person("staff:an");
    struct exception_preview p;
    struct err e = { .code = ERR_NONE };

    check_ok(exception_preview(room(), id, d, &an, test_arena(), &p, &e), e);
    return p;
}

static struct proposal proposed(struct str id, const struct exception_draft *d)
{
    const struct exception_preview shown = previewed(id, d);
    const struct proposal_actor an = person("staff:an");
    struct proposal p = { 0 };
    struct err e = { .code = ERR_NONE };

    check_ok(exception_propose(room(), id, d, shown.hash, &an, test_arena(), &p, &e), e);
    return p;
}

static result decide(const struct proposal *p, enum proposal_state verdict, const char *who,
                     struct err *e)
{
    const struct proposal_actor by = person(who);
    const struct proposal_decision d = {
        .id = p->id, .verdict = verdict, .hash = p->hash, .remark = STR("looked at it")
    };
    struct proposal out;

    return proposal_decide(&desk()->till, &d, &by, test_arena(), &out, e);
}

static void approve(const struct proposal *p)
{
    struct err e = { .code = ERR_NONE };

    check_ok(decide(p, PROPOSAL_APPROVED, "staff:binh", &e), e);
    books_hold();
}

static enum err_code refused(const struct proposal *p, enum proposal_state verdict, const char *who)
{
    struct err e = { .code = ERR_NONE };

    check(decide(p, verdict, who, &e).failed);
    return e.code;
}

static int64_t posted(const struct exception_preview *p, const char *journal, int account, int side)
{
    int64_t vnd = 0;

    for (size_t i = 0; i < p->posting_count; i++)
        if (str_is(p->postings[i].journal, journal) && (int)p->postings[i].p.account == account &&
            (int)p->postings[i].p.side == side)
            vnd += p->postings[i].p.amount_vnd;
    return vnd;
}

/* A line of STRANGE dong that nothing here explains. */
static struct exception strange(struct day_file *f, int64_t amount_vnd)
{
    *f = day_file_make(monday, 1);
    (void)day_file_add(f, STR("PP-STRANGE-1"), STR("NOT-OURS-1"), amount_vnd);
    take(f);
    return only("MIS_OURS");
}

static void run_again(void)
{
    struct reconcile_day d;
    struct err e = { .code = ERR_NONE };

    check_ok(reconcile_run(&desk()->till, monday, test_arena(), &d, &e), e);
    check_int(d.residual_vnd, 0);
}

TEST(what_the_table_does_not_name_is_refused)
{
    enum exception_stage next;
    int allowed = 0;

    for (int s = 0; s < EXCEPTION_STAGE_COUNT; s++)
        for (int ev = 0; ev < EXCEPTION_EV_CARRY; ev++)
            allowed +=
                exception_move((enum exception_stage)s, (enum exception_event)ev, &next) ? 1 : 0;
    check_int(allowed, 16);
    check(!exception_move(EXCEPTION_OPEN, EXCEPTION_EV_PROPOSE, &next));
    check(!exception_move(EXCEPTION_PROPOSED, EXCEPTION_EV_EXPLAIN, &next));
    check(!exception_move(EXCEPTION_PROPOSED, EXCEPTION_EV_CLOSE, &next));
    check(!exception_move(EXCEPTION_CLOSED, EXCEPTION_EV_RAISE, &next));
}

TEST(each_day_of_an_age_is_in_one_bucket)
{
    static const int firsts[] = { 0, 2, 8, 31 };

    for (int days = 0; days < 60; days++) {
        int bucket = 0;

        while (bucket < 3 && days >= firsts[bucket + 1])
            bucket++;
        check_int(exception_age(0, days * DAY_MS + 1), bucket);
        check_int(exception_age(0, (days + 1) * DAY_MS - 1), bucket);
    }
}

TEST_STORE(an_unidentified_receipt_is_assigned_by_two_persons)
{
    struct day_file f;
    const struct order o = ordered();
    const struct exception x = strange(&f, AMOUNT);
    const struct exception_target to = { o.id, AMOUNT };
    struct exception_draft d = draft(EXCEPTION_DO_ASSIGN);
    struct exception_preview shown;
    struct proposal p;

    d.targets = &to;
    d.target_count = 1;
    shown = previewed(x.id, &d);
    check_int(posted(&shown, "J7", 1110, LEDGER_DEBIT), AMOUNT);
    check_int(posted(&shown, "J7", 2160, LEDGER_CREDIT), AMOUNT);
    check_int(posted(&shown, "J2", 2160, LEDGER_DEBIT), AMOUNT);
    check_int(posted(&shown, "J2", 2130, LEDGER_CREDIT), COUNTER_RETAINED);
    check_int(counter_journals(desk(), &o, "J2"), 0); /* only shown */
    check_str(str_c(stage_of(x.id)), "open");
    p = proposed(x.id, &d);
    check_str(str_c(stage_of(x.id)), "proposed");
    check_str(seen(x.id).owner, "staff:an");
    approve(&p);
    check_str(str_c(stage_of(x.id)), "closed");
    check_int(counter_state(desk(), &o), ORDER_PAID);
    check_int(counter_receipts(desk(), &o), 2);
    check_int(counter_balance(desk(), 2160), 0);
    run_again(); /* the line is found again, and explained */
    check_str(str_c(stage_of(x.id)), "closed");
    check_int(only("OK_W").ours_vnd, AMOUNT);
}

TEST_STORE(a_receipt_is_split_over_several_orders)
{
    struct day_file f;
    const struct order a = ordered(), b = ordered();
    const struct exception x = strange(&f, 2 * AMOUNT);
    const struct exception_target to[] = { { a.id, AMOUNT }, { b.id, AMOUNT } };
    const struct proposal_actor an = person("staff:an");
    struct exception_draft d = draft(EXCEPTION_DO_ASSIGN);
    struct exception_preview none;
    struct err e = { .code = ERR_NONE };
    struct proposal p;

    d.targets = to;
    d.target_count = 1; /* half of it would be nobody's */
    check(exception_preview(room(), x.id, &d, &an, test_arena(), &none, &e).failed);
    check_str(str_c(e.field), "amount_vnd");
    d.target_count = 2;
    p = proposed(x.id, &d);
    approve(&p);
    check_int(counter_state(desk(), &a), ORDER_PAID);
    check_int(counter_state(desk(), &b), ORDER_PAID);
    run_again();
    check_str(str_c(stage_of(x.id)), "closed");
}

TEST_STORE(a_receipt_goes_back_to_who_sent_it)
{
    struct day_file f;
    const struct exception x = strange(&f, STRANGE);
    const struct exception_target body = { STR("H56.14"), 0 };
    const struct proposal_actor an = person("staff:an");
    struct exception_draft d = draft(EXCEPTION_DO_RETURN);
    struct exception_preview shown;
    struct err e = { .code = ERR_NONE };
    struct proposal p;

    check(exception_preview(room(), x.id, &d, &an, test_arena(), &shown, &e).failed);
    check_str(str_c(e.field), "target"); /* nobody knows whose books it is in */
    d.targets = &body;
    d.target_count = 1;
    shown = previewed(x.id, &d);
    check_int(shown.posting_count, 4);
    p = proposed(x.id, &d);
    approve(&p);
    check_str(str_c(stage_of(x.id)), "closed");
    check_int(counter_balance(desk(), 1110), 0);
    check_int(counter_balance(desk(), 2160), 0);
    run_again();
    check_str(str_c(stage_of(x.id)), "closed");
}

TEST_STORE(a_capture_that_they_do_not_know_is_taken_back)
{
    struct day_file f = day_file_make(monday, 1);
    struct order o;
    const struct str reference = captured(&o);
    struct exception_draft d = draft(EXCEPTION_DO_REVERSE);
    struct exception x;
    struct proposal p;

    take(&f);
    x = only("MIS_THEIRS");
    check(str_eq(x.reference, reference));
    p = proposed(x.id, &d);
    check_int(counter_state(desk(), &o), ORDER_PAID);
    check_int(refused(&p, PROPOSAL_APPROVED, "staff:an"), ERR_SELF_APPROVAL);
    approve(&p);
    check_int(counter_state(desk(), &o), ORDER_OPEN);
    check_int(counter_attempt(desk(), reference), ATTEMPT_REVERSED);
    check_str(str_c(stage_of(x.id)), "closed");
}

TEST_STORE(what_arrived_short_is_held_and_the_rest_asked_for)
{
    struct day_file f = day_file_make(monday, 1);
    struct order o, now;
    const struct str reference = captured(&o);
    struct exception_draft d = draft(EXCEPTION_DO_COLLECT);
    struct exception_preview shown;
    struct err e = { .code = ERR_NONE };
    struct exception x;
    struct proposal p;

    (void)day_file_add(&f, str_c(counter_deal(desk(), reference)->txn), reference, AMOUNT - 1000);
    take(&f);
    x = only("AMT_LESS");
    check_int(x.difference_vnd, 1000);
    shown = previewed(x.id, &d);
    check_int(posted(&shown, "J2b", 2150, LEDGER_CREDIT), AMOUNT - 1000);
    check_int(posted(&shown, "J8a", 1180, LEDGER_CREDIT), AMOUNT);
    p = proposed(x.id, &d);
    approve(&p);
    check_int(counter_state(desk(), &o), ORDER_UNDERPAID);
    check_ok(order_load(&desk()->till, o.id, STR(""), test_arena(), &now, &e), e);
    check_int(order_due_vnd(&now), 1000);
    check_str(str_c(stage_of(x.id)), "closed");
    run_again();
    check_str(str_c(stage_of(x.id)), "closed");
    check_int(counter_balance(desk(), 1110), AMOUNT - 1000);
}

TEST_STORE(what_arrived_too_much_is_held_for_a_refund)
{
    struct day_file f = day_file_make(monday, 1);
    struct order o, now;
    const struct str reference = captured(&o);
    struct exception_draft d = draft(EXCEPTION_DO_EXCESS);
    struct err e = { .code = ERR_NONE };
    struct exception x;
    struct proposal p;

    (void)day_file_add(&f, str_c(counter_deal(desk(), reference)->txn), reference, AMOUNT + 500);
    take(&f);
    x = only("AMT_MORE");
    p = proposed(x.id, &d);
    approve(&p);
    check_int(counter_state(desk(), &o), ORDER_OVERPAID);
    check_ok(order_load(&desk()->till, o.id, STR(""), test_arena(), &now, &e), e);
    check_int(order_held_vnd(&now), 500);
    run_again();
    check_str(str_c(stage_of(x.id)), "closed");
}

TEST_STORE(a_loss_is_written_off_within_a_limit)
{
    struct day_file f = day_file_make(monday, 1);
    struct order o;
    const struct str reference = captured(&o);
    struct exception_draft d = draft(EXCEPTION_DO_WRITE_OFF);
    struct proposal_actor poor = person("staff:binh");
    struct err e = { .code = ERR_NONE };
    struct exception x;
    struct proposal p, out;

    (void)day_file_add(&f, str_c(counter_deal(desk(), reference)->txn), reference, AMOUNT - 700);
    take(&f);
    x = only("AMT_LESS");
    p = proposed(x.id, &d);
    check_int(p.amount_vnd, 700);
    poor.limit_vnd = 699;
    const struct proposal_decision yes = {
        .id = p.id, .verdict = PROPOSAL_APPROVED, .hash = p.hash, .remark = STR("small")
    };
    check(proposal_decide(&desk()->till, &yes, &poor, test_arena(), &out, &e).failed);
    check_int(e.code, ERR_OVER_LIMIT);
    approve(&p);
    check_int(counter_balance(desk(), 6120), 700);
    check_int(counter_balance(desk(), 1110), AMOUNT - 700);
    run_again();
    check_str(str_c(stage_of(x.id)), "closed");
}

TEST_STORE(a_rejected_proposal_goes_back_to_its_owner)
{
    struct day_file f;
    const struct exception x = strange(&f, STRANGE);
    const struct exception_target body = { STR("H56.14"), 0 };
    struct exception_draft d = draft(EXCEPTION_DO_RETURN);
    struct exception_history *h;
    struct err e = { .code = ERR_NONE };
    struct proposal p;
    size_t count;

    d.targets = &body;
    d.target_count = 1;
    p = proposed(x.id, &d);
    check_ok(decide(&p, PROPOSAL_REJECTED, "staff:binh", &e), e);
    check_str(str_c(stage_of(x.id)), "assigned");
    check_int(counter_balance(desk(), 1110), 0);
    p = proposed(x.id, &d); /* once more */
    check_ok(decide(&p, PROPOSAL_WITHDRAWN, "staff:an", &e), e);
    check_str(str_c(stage_of(x.id)), "assigned");
    const struct exception now = seen(x.id);
    check_ok(exception_history(&desk()->till, &now, test_arena(), &h, &count, &e), e);
    check_int(count, 6);
    check_str(h[0].event, "found");
    check_str(h[3].event, "reject");
    check_str(h[3].actor, "staff:binh");
    check_str(h[5].event, "withdraw");
}

TEST_STORE(nothing_else_is_done_than_was_shown)
{
    struct day_file f;
    const struct order o = ordered();
    const struct str reference = counter_start(desk(), &o);
    const struct exception x = strange(&f, AMOUNT);
    const struct exception_target to = { o.id, AMOUNT };
    const struct proposal_actor an = person("staff:an");
    struct exception_draft d = draft(EXCEPTION_DO_ASSIGN);
    struct err e = { .code = ERR_NONE };
    struct proposal p, none;

    d.targets = &to;
    d.target_count = 1;
    check(exception_propose(room(), x.id, &d, STR("other"), &an, test_arena(), &none, &e).failed);
    check_int(e.code, ERR_STALE);
    check_str(str_c(stage_of(x.id)), "open");
    p = proposed(x.id, &d);
    /* The order is paid meanwhile: the same money would now be an excess. */
    counter_pay(desk(), reference);
    check_ok(attempt_ask(&desk()->till, reference, counter_cause(), &e), e);
    check_int(refused(&p, PROPOSAL_APPROVED, "staff:binh"), ERR_STALE);
    check_str(str_c(stage_of(x.id)), "proposed");
    check_int(counter_balance(desk(), 2150), 0);
    check_int(counter_balance(desk(), 1110), AMOUNT);
    struct proposal edited = p;
    edited.hash = STR("0000000000000000000000000000000000000000000000000000000000000000");
    check_int(refused(&edited, PROPOSAL_APPROVED, "staff:binh"), ERR_STALE);
    books_hold();
}

TEST_STORE(a_proposal_that_a_later_file_made_pointless_is_not_approved)
{
    struct day_file f = day_file_make(monday, 1), g;
    struct order o;
    const struct str reference = captured(&o);
    struct exception_draft d = draft(EXCEPTION_DO_REVERSE);
    struct err e = { .code = ERR_NONE };
    struct exception x;
    struct proposal p;

    take(&f);
    x = only("MIS_THEIRS");
    p = proposed(x.id, &d);
    g = day_file_make(monday, 1);
    g.revision = 2;
    (void)day_file_add(&g, str_c(counter_deal(desk(), reference)->txn), reference, AMOUNT);
    take(&g);
    check_str(str_c(stage_of(x.id)), "proposed"); /* in a human's hands */
    check_int(seen(x.id).state, EXCEPTION_RESOLVED);
    check_int(refused(&p, PROPOSAL_APPROVED, "staff:binh"), ERR_WRONG_STATE);
    check_int(counter_state(desk(), &o), ORDER_PAID);
    check_ok(decide(&p, PROPOSAL_REJECTED, "staff:binh", &e), e);
    check_str(str_c(stage_of(x.id)), "auto_resolved");
    books_hold();
}

TEST_STORE(what_a_later_file_explains_resolves_itself_and_may_come_back)
{
    struct day_file f, g = day_file_make(monday, 1);
    const struct exception x = strange(&f, STRANGE);
    const struct proposal_actor an = person("staff:an");
    struct err e = { .code = ERR_NONE };

    check_ok(exception_assign(&desk()->till, x.id, an.name, STR(""), &an, test_arena(), &e), e);
    g.revision = 2;
    take(&g);
    check_str(str_c(stage_of(x.id)), "auto_resolved");
    f.revision = 3;
    take(&f);
    check_str(str_c(stage_of(x.id)), "open");
    check_str(seen(x.id).owner, "staff:an");
    check_int(seen(x.id).events, 3);
}

TEST_STORE(a_closed_one_is_reopened_only_when_it_looks_different)
{
    struct day_file f;
    const struct exception x = strange(&f, STRANGE);
    const struct exception_target body = { STR("H56.14"), 0 };
    struct exception_draft d = draft(EXCEPTION_DO_RETURN);
    struct proposal p;

    d.targets = &body;
    d.target_count = 1;
    p = proposed(x.id, &d);
    approve(&p);
    run_again();
    check_str(str_c(stage_of(x.id)), "closed");
    f.lines[0].gross_vnd = f.lines[0].net_vnd = STRANGE + 1;
    f.revision = 2;
    take(&f);
    check_str(str_c(stage_of(x.id)), "reopened");
}

TEST_STORE(an_unknown_class_of_action_is_refused)
{
    struct day_file f;
    const struct exception x = strange(&f, STRANGE);
    const struct proposal_actor an = person("staff:an");
    struct exception_draft d = draft(EXCEPTION_DO_REVERSE);
    struct exception_preview none;
    struct err e = { .code = ERR_NONE };

    check(exception_preview(room(), x.id, &d, &an, test_arena(), &none, &e).failed);
    check_str(str_c(e.field), "action");
    d = draft(EXCEPTION_DO_RETURN);
    d.remark = STR("  ");
    check(exception_preview(room(), x.id, &d, &an, test_arena(), &none, &e).failed);
    check_str(str_c(e.field), "remark");
}

TEST_STORE(closing_a_day_asks_who_answers_for_what_is_open)
{
    struct day_file f;
    const struct exception x = strange(&f, STRANGE);
    const struct exception_scope scope = { x.provider, x.account, x.day };
    const struct proposal_actor an = person("staff:an"), binh = person("staff:binh");
    struct err e = { .code = ERR_NONE };

    check(exception_carry(&desk()->till, x.id, (struct date){ 2026, 12, 1 }, STR("asked the bank"),
                          &an, test_arena(), &e)
              .failed);
    check_int(e.code, ERR_FORBIDDEN); /* nobody owns it */
    e = (struct err){ .code = ERR_NONE };
    check_ok(exception_assign(&desk()->till, x.id, an.name, STR(""), &an, test_arena(), &e), e);
    check(exception_carry(&desk()->till, x.id, (struct date){ 2026, 12, 1 }, STR("asked"), &binh,
                          test_arena(), &e)
              .failed);
    e = (struct err){ .code = ERR_NONE };
    check(exception_carry(&desk()->till, x.id, monday, STR("asked"), &an, test_arena(), &e).failed);
    check_str(str_c(e.field), "break_on");
    e = (struct err){ .code = ERR_NONE };
    check_ok(exception_carry(&desk()->till, x.id, (struct date){ 2026, 12, 1 },
                             STR("asked the bank"), &an, test_arena(), &e),
             e);
    check_str(seen(x.id).break_on, "2026-12-01");
    (void)scope;
}

struct tallying {
    struct exception_scope scope;
    struct exception_tally tally;
};

static result tally(struct sql *db, void *arg, struct err *e)
{
    struct tallying *k = arg;

    return exception_tally(db, &k->scope, &k->tally, e);
}

TEST_STORE(a_day_tells_what_is_open_and_what_is_carried)
{
    struct day_file f;
    const struct exception x = strange(&f, STRANGE);
    const struct proposal_actor an = person("staff:an");
    struct tallying k = { .scope = { x.provider, x.account, x.day } };
    struct exception_ages ages;
    struct err e = { .code = ERR_NONE };

    check_ok(sql_read(desk()->till.store, tally, &k, &e), e);
    check_int(k.tally.open_count, 1);
    check_int(k.tally.uncarried_count, 1);
    check_int(k.tally.open[MATCH_MIS_OURS].difference_vnd, -STRANGE);
    check_ok(exception_assign(&desk()->till, x.id, an.name, STR(""), &an, test_arena(), &e), e);
    check_ok(exception_carry(&desk()->till, x.id, (struct date){ 2026, 12, 1 },
                             STR("asked the bank"), &an, test_arena(), &e),
             e);
    check_ok(sql_read(desk()->till.store, tally, &k, &e), e);
    check_int(k.tally.open_count, 1);
    check_int(k.tally.uncarried_count, 0);
    counter_forward(desk(), 86400 * 9);
    check_ok(exception_ages(&desk()->till, &ages, &e), e);
    check_int(ages.value_vnd[MATCH_MIS_OURS][EXCEPTION_AGE_MONTH], STRANGE);
    check_int(ages.count[MATCH_MIS_OURS][EXCEPTION_AGE_FRESH], 0);
}

TEST_STORE(what_is_open_too_long_is_raised_once)
{
    static const int64_t days[5] = { 0, 1, 2, 3, 4 };
    struct day_file f;
    const struct exception x = strange(&f, STRANGE);
    struct err e = { .code = ERR_NONE };
    int64_t raised;

    check_ok(exception_raise(&desk()->till, days, &raised, &e), e);
    check_int(raised, 0);
    counter_forward(desk(), 86400 + 1);
    check_ok(exception_raise(&desk()->till, days, &raised, &e), e);
    check_int(raised, 1);
    check(seen(x.id).raised_ms > 0);
    check_ok(exception_raise(&desk()->till, days, &raised, &e), e);
    check_int(raised, 0);
}

/* ---- at the same time ---- */

struct racer {
    const struct exception *x;
    const struct proposal *p;
    const struct exception_draft *d;
    struct str hash;
    char name[16];
    _Atomic int *won, *told;
};

static void *race_take(void *arg)
{
    struct racer *r = arg;
    struct arena *a = arena_open(1 << 20);
    const struct proposal_actor by = person(r->name);
    struct err e = { .code = ERR_NONE };

    if (!exception_assign(&office.till[0], r->x->id, by.name, STR(""), &by, a, &e).failed)
        atomic_fetch_add(r->won, 1);
    else if (e.code == ERR_CONFLICT)
        atomic_fetch_add(r->told, 1);
    arena_close(&a);
    return NULL;
}

static void *race_propose(void *arg)
{
    struct racer *r = arg;
    struct arena *a = arena_open(8 << 20);
    const struct proposal_actor by = person("staff:an"); /* one person, many clicks */
    struct err e = { .code = ERR_NONE };
    struct proposal out;

    if (!exception_propose(&office, r->x->id, r->d, r->hash, &by, a, &out, &e).failed)
        atomic_fetch_add(r->won, 1);
    else if (e.code == ERR_CONFLICT || e.code == ERR_WRONG_STATE)
        atomic_fetch_add(r->told, 1);
    arena_close(&a);
    return NULL;
}

static void *race_approve(void *arg)
{
    struct racer *r = arg;
    struct arena *a = arena_open(8 << 20);
    const struct proposal_actor by = person(r->name);
    const struct proposal_decision d = {
        .id = r->p->id, .verdict = PROPOSAL_APPROVED, .hash = r->p->hash, .remark = STR("yes")
    };
    struct err e = { .code = ERR_NONE };
    struct proposal out;

    if (!proposal_decide(office.till, &d, &by, a, &out, &e).failed)
        atomic_fetch_add(r->won, 1);
    else if (e.code == ERR_WRONG_STATE)
        atomic_fetch_add(r->told, 1);
    arena_close(&a);
    return NULL;
}

static void race(void *(*run)(void *), struct racer like)
{
    _Atomic int won = 0, told = 0;
    pthread_t threads[RACERS];
    struct racer racers[RACERS];

    for (int i = 0; i < RACERS; i++) {
        racers[i] = like;
        racers[i].won = &won;
        racers[i].told = &told;
        (void)snprintf(racers[i].name, sizeof(racers[i].name), "staff:%d", i);
        check_int(pthread_create(&threads[i], NULL, run, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++)
        check_int(pthread_join(threads[i], NULL), 0);
    check_int(won, 1);
    check_int(told, RACERS - 1);
}

TEST_STORE(of_officers_who_take_one_at_once_one_has_it)
{
    struct day_file f;
    const struct exception x = strange(&f, STRANGE);

    race(race_take, (struct racer){ .x = &x });
    check_int(seen(x.id).events, 1);
}

TEST_STORE(many_clicks_are_one_proposal_and_many_approvals_one_execution)
{
    struct day_file f;
    const struct order o = ordered();
    const struct exception x = strange(&f, AMOUNT);
    const struct exception_target to = { o.id, AMOUNT };
    struct exception_draft d = draft(EXCEPTION_DO_ASSIGN);
    struct err e = { .code = ERR_NONE };
    struct proposal p;

    d.targets = &to;
    d.target_count = 1;
    race(race_propose, (struct racer){ .x = &x, .d = &d, .hash = previewed(x.id, &d).hash });
    check_ok(proposal_load(&desk()->till, seen(x.id).proposal_id, test_arena(), &p, &e), e);
    race(race_approve, (struct racer){ .x = &x, .p = &p });
    check_int(counter_journals(desk(), &o, "J2"), 1);
    check_int(counter_state(desk(), &o), ORDER_PAID);
    books_hold();
}

/* ---- many at once ---- */

static size_t bulk(struct str csv, struct exception_fault *faults, size_t *fault_count,
                   enum err_code *code)
{
    const struct proposal_actor an = person("staff:an");
    struct err e = { .code = ERR_NONE };
    size_t proposed_count = 0;

    if (exception_propose_csv(room(), csv, &an, test_arena(), &proposed_count, faults, fault_count,
                              &e)
            .failed)
        check_int(proposed_count, 0);
    *code = e.code;
    return proposed_count;
}

TEST_STORE(a_sheet_becomes_proposals_all_or_none)
{
    struct day_file f = day_file_make(monday, 1);
    const struct order o = ordered();
    struct exception_fault faults[EXCEPTION_FAULTS_MAX];
    struct exception *list;
    struct err e = { .code = ERR_NONE };
    enum err_code code;
    size_t count, fault_count;

    (void)day_file_add(&f, STR("PP-STRANGE-1"), STR("NOT-OURS-1"), AMOUNT);
    (void)day_file_add(&f, STR("PP-STRANGE-2"), STR("NOT-OURS-2"), STRANGE);
    take(&f);
    const struct exception_filter all = { .tab = EXCEPTION_TAB_UNIDENTIFIED, .age = -1 };
    check_ok(exception_list(&desk()->till, &all, test_arena(), &list, &count, NULL, &e), e);
    check_int(count, 2);
    const int first = list[0].theirs_vnd == AMOUNT ? 0 : 1;
    const struct str one = list[first].id, two = list[1 - first].id;
    struct str good =
        str_fmt(test_arena(),
                "exception,action,target,remark\r\n%.*s,assign,%.*s,\"found, by code\"\r\n"
                "%.*s,return,H56.14,unknown sender\n",
                STR_ARG(one), STR_ARG(o.id), STR_ARG(two));
    struct str bad = str_fmt(test_arena(),
                             "exception,action,target,remark\n%.*s,assign,%.*s,by code\n"
                             "%.*s,return,H56.14,\n%.*s,dance,,x\nnobody,accept,,x\n",
                             STR_ARG(one), STR_ARG(o.id), STR_ARG(two), STR_ARG(one));

    check_int(bulk(bad, faults, &fault_count, &code), 0);
    check_int(code, ERR_NONE);
    check_int(fault_count, 3);
    check_int(faults[0].line, 3);
    check_str(str_c(faults[0].field), "remark");
    check_int(faults[1].line, 4);
    check_str(str_c(faults[1].field), "action");
    check_int(faults[2].line, 5);
    check_int(faults[2].code, ERR_NOT_FOUND);
    check_str(str_c(stage_of(one)), "open"); /* not even the good one */
    check_int(bulk(STR("a,b\n"), faults, &fault_count, &code), 0);
    check_int(code, ERR_INVALID);
    check_int(bulk(good, faults, &fault_count, &code), 2);
    check_str(str_c(stage_of(one)), "proposed");
    check_str(str_c(stage_of(two)), "proposed");
}
