/* Exceptions: who owns them, what two persons do about them, and that the books hold after each. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/arena.h"
#include "store/audit_view.h"
#include "store/sql.h"
#include "tests/finance/exceptions.h"
#include "tests/fixture.h"

#define RACERS 8

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
        check_int(exception_age(0, days * CASE_DAY_MS + 1), bucket);
        check_int(exception_age(0, (days + 1) * CASE_DAY_MS - 1), bucket);
    }
}

TEST_STORE(an_unidentified_receipt_is_assigned_by_two_persons)
{
    struct day_file f;
    const struct order o = case_ordered();
    const struct exception x = case_strange(&f, CASE_AMOUNT);
    const struct exception_target to = { o.id, CASE_AMOUNT };
    struct exception_draft d = case_draft(EXCEPTION_DO_ASSIGN);
    struct exception_preview shown;
    struct proposal p;

    d.targets = &to;
    d.target_count = 1;
    shown = case_previewed(x.id, &d);
    check_int(case_posted(&shown, "J7", 1110, LEDGER_DEBIT), CASE_AMOUNT);
    check_int(case_posted(&shown, "J7", 2160, LEDGER_CREDIT), CASE_AMOUNT);
    check_int(case_posted(&shown, "J2", 2160, LEDGER_DEBIT), CASE_AMOUNT);
    check_int(case_posted(&shown, "J2", 2130, LEDGER_CREDIT), COUNTER_RETAINED);
    check_int(counter_journals(case_desk(), &o, "J2"), 0); /* only shown */
    check_str(str_c(case_stage_of(x.id)), "open");
    p = case_proposed(x.id, &d);
    check_str(str_c(case_stage_of(x.id)), "proposed");
    check_str(case_seen(x.id).owner, "staff:an");
    case_approve(&p);
    check_str(str_c(case_stage_of(x.id)), "closed");
    check_int(counter_state(case_desk(), &o), ORDER_PAID);
    check_int(counter_receipts(case_desk(), &o), 2);
    check_int(counter_balance(case_desk(), 2160), 0);
    case_run_again(); /* the line is found again, and explained */
    check_str(str_c(case_stage_of(x.id)), "closed");
    check_int(case_only("OK_W").ours_vnd, CASE_AMOUNT);
}

TEST_STORE(a_receipt_is_split_over_several_orders)
{
    struct day_file f;
    const struct order a = case_ordered(), b = case_ordered();
    const struct exception x = case_strange(&f, 2 * CASE_AMOUNT);
    const struct exception_target to[] = { { a.id, CASE_AMOUNT }, { b.id, CASE_AMOUNT } };
    const struct proposal_actor an = case_person("staff:an");
    struct exception_draft d = case_draft(EXCEPTION_DO_ASSIGN);
    struct exception_preview none;
    struct err e = { .code = ERR_NONE };
    struct proposal p;

    d.targets = to;
    d.target_count = 1; /* half of it would be nobody's */
    check(exception_preview(case_room(), x.id, &d, &an, test_arena(), &none, &e).failed);
    check_str(str_c(e.field), "amount_vnd");
    d.target_count = 2;
    p = case_proposed(x.id, &d);
    case_approve(&p);
    check_int(counter_state(case_desk(), &a), ORDER_PAID);
    check_int(counter_state(case_desk(), &b), ORDER_PAID);
    case_run_again();
    check_str(str_c(case_stage_of(x.id)), "closed");
}

TEST_STORE(a_receipt_goes_back_to_who_sent_it)
{
    struct day_file f;
    const struct exception x = case_strange(&f, CASE_STRANGE);
    const struct exception_target body = { STR("H56.14"), 0 };
    const struct proposal_actor an = case_person("staff:an");
    struct exception_draft d = case_draft(EXCEPTION_DO_RETURN);
    struct exception_preview shown;
    struct err e = { .code = ERR_NONE };
    struct proposal p;

    check(exception_preview(case_room(), x.id, &d, &an, test_arena(), &shown, &e).failed);
    check_str(str_c(e.field), "target"); /* nobody knows whose books it is in */
    d.targets = &body;
    d.target_count = 1;
    shown = case_previewed(x.id, &d);
    check_int(shown.posting_count, 4);
    p = case_proposed(x.id, &d);
    case_approve(&p);
    check_str(str_c(case_stage_of(x.id)), "closed");
    check_int(counter_balance(case_desk(), 1110), 0);
    check_int(counter_balance(case_desk(), 2160), 0);
    case_run_again();
    check_str(str_c(case_stage_of(x.id)), "closed");
}

static void refused_again(struct str id, const struct exception_draft *d)
{
    const struct proposal_actor an = case_person("staff:an");
    struct exception_preview shown;
    struct err e = { .code = ERR_NONE };

    check_fails(exception_preview(case_room(), id, d, &an, test_arena(), &shown, &e), e,
                ERR_CONFLICT);
}

/* Journals are unique within one body's books only. */
TEST_STORE(what_was_decided_about_a_movement_is_not_decided_in_other_books)
{
    struct day_file f;
    const struct order o = case_ordered(), o2 = case_ordered();
    const struct exception x = case_strange(&f, 2 * CASE_AMOUNT);
    const struct exception_target here = { STR("H56.14"), 0 }, there = { STR("H56.15"), 0 };
    const struct exception_target parts[] = { { o.id, CASE_AMOUNT }, { o2.id, CASE_AMOUNT } };
    const struct proposal_actor an = case_person("staff:an");
    struct exception_draft d = case_draft(EXCEPTION_DO_RETURN);
    struct err e = { .code = ERR_NONE };
    struct proposal p;

    d.targets = &here;
    d.target_count = 1;
    p = case_proposed(x.id, &d);
    case_approve(&p);
    check_ok(exception_reopen(&case_desk()->till, x.id, STR("once more"), &an, test_arena(), &e),
             e);
    d.targets = &there;
    refused_again(x.id, &d);
    d = case_draft(EXCEPTION_DO_ASSIGN);
    d.targets = parts;
    d.target_count = 2;
    refused_again(x.id, &d);
}

static int red_alerts(void)
{
    const struct audit_query all = { .actor = STR("system"),
                                     .before = audit_place_at(INT64_MAX),
                                     .rows_max = 200 };
    struct audit_row *rows;
    struct err e = { .code = ERR_NONE };
    size_t count;
    int alerts = 0;

    check_ok(audit_view(case_desk()->till.store, test_arena(), &all, &rows, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        alerts += str_is(rows[i].action, "exception.red_alert") ? 1 : 0;
    return alerts;
}

TEST_STORE(money_that_only_we_know_is_told_at_once_and_once)
{
    struct day_file f = day_file_make(case_monday, 1);
    struct order o;

    (void)case_captured(&o);
    check_int(red_alerts(), 0);
    case_take(&f);
    check_int(red_alerts(), 1);
    counter_forward(case_desk(), 60);
    case_run_again();
    check_int(red_alerts(), 1);
}

TEST_STORE(a_capture_that_they_do_not_know_is_taken_back)
{
    struct day_file f = day_file_make(case_monday, 1);
    struct order o;
    const struct str reference = case_captured(&o);
    struct exception_draft d = case_draft(EXCEPTION_DO_REVERSE);
    struct exception x;
    struct proposal p;

    case_take(&f);
    x = case_only("MIS_THEIRS");
    check(str_eq(x.reference, reference));
    p = case_proposed(x.id, &d);
    check_int(counter_state(case_desk(), &o), ORDER_PAID);
    check_int(case_refused(&p, PROPOSAL_APPROVED, "staff:an"), ERR_SELF_APPROVAL);
    case_approve(&p);
    check_int(counter_state(case_desk(), &o), ORDER_OPEN);
    check_int(counter_attempt(case_desk(), reference), ATTEMPT_REVERSED);
    check_str(str_c(case_stage_of(x.id)), "closed");
}

TEST_STORE(what_arrived_short_is_held_and_the_rest_asked_for)
{
    struct day_file f = day_file_make(case_monday, 1);
    struct order o, now;
    const struct str reference = case_captured(&o);
    struct exception_draft d = case_draft(EXCEPTION_DO_COLLECT);
    struct exception_preview shown;
    struct err e = { .code = ERR_NONE };
    struct exception x;
    struct proposal p;

    (void)day_file_add(&f, str_c(counter_deal(case_desk(), reference)->txn), reference,
                       CASE_AMOUNT - 1000);
    case_take(&f);
    x = case_only("AMT_LESS");
    check_int(x.difference_vnd, 1000);
    shown = case_previewed(x.id, &d);
    check_int(case_posted(&shown, "J2b", 2150, LEDGER_CREDIT), CASE_AMOUNT - 1000);
    check_int(case_posted(&shown, "J8a", 1180, LEDGER_CREDIT), CASE_AMOUNT);
    p = case_proposed(x.id, &d);
    case_approve(&p);
    check_int(counter_state(case_desk(), &o), ORDER_UNDERPAID);
    check_ok(order_load(&case_desk()->till, o.id, STR(""), test_arena(), &now, &e), e);
    check_int(order_due_vnd(&now), 1000);
    check_str(str_c(case_stage_of(x.id)), "closed");
    case_run_again();
    check_str(str_c(case_stage_of(x.id)), "closed");
    check_int(counter_balance(case_desk(), 1110), CASE_AMOUNT - 1000);
}

TEST_STORE(what_arrived_too_much_is_held_for_a_refund)
{
    struct day_file f = day_file_make(case_monday, 1);
    struct order o, now;
    const struct str reference = case_captured(&o);
    struct exception_draft d = case_draft(EXCEPTION_DO_EXCESS);
    struct err e = { .code = ERR_NONE };
    struct exception x;
    struct proposal p;

    (void)day_file_add(&f, str_c(counter_deal(case_desk(), reference)->txn), reference,
                       CASE_AMOUNT + 500);
    case_take(&f);
    x = case_only("AMT_MORE");
    p = case_proposed(x.id, &d);
    case_approve(&p);
    check_int(counter_state(case_desk(), &o), ORDER_OVERPAID);
    check_ok(order_load(&case_desk()->till, o.id, STR(""), test_arena(), &now, &e), e);
    check_int(order_held_vnd(&now), 500);
    case_run_again();
    check_str(str_c(case_stage_of(x.id)), "closed");
}

TEST_STORE(a_loss_is_written_off_within_a_limit)
{
    struct day_file f = day_file_make(case_monday, 1);
    struct order o;
    const struct str reference = case_captured(&o);
    struct exception_draft d = case_draft(EXCEPTION_DO_WRITE_OFF);
    struct proposal_actor poor = case_person("staff:binh");
    struct err e = { .code = ERR_NONE };
    struct exception x;
    struct proposal p, out;

    (void)day_file_add(&f, str_c(counter_deal(case_desk(), reference)->txn), reference,
                       CASE_AMOUNT - 700);
    case_take(&f);
    x = case_only("AMT_LESS");
    p = case_proposed(x.id, &d);
    check_int(p.amount_vnd, 700);
    poor.limit_vnd = 699;
    const struct proposal_decision yes = {
        .id = p.id, .verdict = PROPOSAL_APPROVED, .hash = p.hash, .remark = STR("small")
    };
    check(proposal_decide(&case_desk()->till, &yes, &poor, test_arena(), &out, &e).failed);
    check_int(e.code, ERR_OVER_LIMIT);
    case_approve(&p);
    check_int(counter_balance(case_desk(), 6120), 700);
    check_int(counter_balance(case_desk(), 1110), CASE_AMOUNT - 700);
    case_run_again();
    check_str(str_c(case_stage_of(x.id)), "closed");
}

TEST_STORE(a_rejected_proposal_goes_back_to_its_owner)
{
    struct day_file f;
    const struct exception x = case_strange(&f, CASE_STRANGE);
    const struct exception_target body = { STR("H56.14"), 0 };
    struct exception_draft d = case_draft(EXCEPTION_DO_RETURN);
    struct exception_history *h;
    struct err e = { .code = ERR_NONE };
    struct proposal p;
    size_t count;

    d.targets = &body;
    d.target_count = 1;
    p = case_proposed(x.id, &d);
    check_ok(case_decide(&p, PROPOSAL_REJECTED, "staff:binh", &e), e);
    check_str(str_c(case_stage_of(x.id)), "assigned");
    check_int(counter_balance(case_desk(), 1110), 0);
    p = case_proposed(x.id, &d); /* once more */
    check_ok(case_decide(&p, PROPOSAL_WITHDRAWN, "staff:an", &e), e);
    check_str(str_c(case_stage_of(x.id)), "assigned");
    const struct exception now = case_seen(x.id);
    check_ok(exception_history(&case_desk()->till, &now, test_arena(), &h, &count, &e), e);
    check_int(count, 6);
    check_str(h[0].event, "found");
    check_str(h[3].event, "reject");
    check_str(h[3].actor, "staff:binh");
    check_str(h[5].event, "withdraw");
}

TEST_STORE(nothing_else_is_done_than_was_shown)
{
    struct day_file f;
    const struct order o = case_ordered();
    const struct str reference = counter_start(case_desk(), &o);
    const struct exception x = case_strange(&f, CASE_AMOUNT);
    const struct exception_target to = { o.id, CASE_AMOUNT };
    const struct proposal_actor an = case_person("staff:an");
    struct exception_draft d = case_draft(EXCEPTION_DO_ASSIGN);
    struct err e = { .code = ERR_NONE };
    struct proposal p, none;

    d.targets = &to;
    d.target_count = 1;
    check(exception_propose(case_room(), x.id, &d, STR("other"), &an, test_arena(), &none, &e)
              .failed);
    check_int(e.code, ERR_STALE);
    check_str(str_c(case_stage_of(x.id)), "open");
    p = case_proposed(x.id, &d);
    /* The order is paid meanwhile: the same money would now be an excess. */
    counter_pay(case_desk(), reference);
    check_ok(attempt_ask(&case_desk()->till, reference, counter_cause(), &e), e);
    check_int(case_refused(&p, PROPOSAL_APPROVED, "staff:binh"), ERR_STALE);
    check_str(str_c(case_stage_of(x.id)), "proposed");
    check_int(counter_balance(case_desk(), 2150), 0);
    check_int(counter_balance(case_desk(), 1110), CASE_AMOUNT);
    struct proposal edited = p;
    edited.hash = STR("0000000000000000000000000000000000000000000000000000000000000000");
    check_int(case_refused(&edited, PROPOSAL_APPROVED, "staff:binh"), ERR_STALE);
    case_books_hold();
}

TEST_STORE(a_proposal_that_a_later_file_made_pointless_is_not_approved)
{
    struct day_file f = day_file_make(case_monday, 1), g;
    struct order o;
    const struct str reference = case_captured(&o);
    struct exception_draft d = case_draft(EXCEPTION_DO_REVERSE);
    struct err e = { .code = ERR_NONE };
    struct exception x;
    struct proposal p;

    case_take(&f);
    x = case_only("MIS_THEIRS");
    p = case_proposed(x.id, &d);
    g = day_file_make(case_monday, 1);
    g.revision = 2;
    (void)day_file_add(&g, str_c(counter_deal(case_desk(), reference)->txn), reference,
                       CASE_AMOUNT);
    case_take(&g);
    check_str(str_c(case_stage_of(x.id)), "proposed"); /* in a human's hands */
    check_int(case_seen(x.id).state, EXCEPTION_RESOLVED);
    check_int(case_refused(&p, PROPOSAL_APPROVED, "staff:binh"), ERR_WRONG_STATE);
    check_int(counter_state(case_desk(), &o), ORDER_PAID);
    check_ok(case_decide(&p, PROPOSAL_REJECTED, "staff:binh", &e), e);
    check_str(str_c(case_stage_of(x.id)), "auto_resolved");
    case_books_hold();
}

TEST_STORE(what_a_later_file_explains_resolves_itself_and_may_come_back)
{
    struct day_file f, g = day_file_make(case_monday, 1);
    const struct exception x = case_strange(&f, CASE_STRANGE);
    const struct proposal_actor an = case_person("staff:an");
    struct err e = { .code = ERR_NONE };

    check_ok(exception_assign(&case_desk()->till, x.id, an.name, STR(""), &an, test_arena(), &e),
             e);
    g.revision = 2;
    case_take(&g);
    check_str(str_c(case_stage_of(x.id)), "auto_resolved");
    f.revision = 3;
    case_take(&f);
    check_str(str_c(case_stage_of(x.id)), "open");
    check_str(case_seen(x.id).owner, "staff:an");
    check_int(case_seen(x.id).events, 3);
}

TEST_STORE(a_closed_one_is_reopened_only_when_it_looks_different)
{
    struct day_file f;
    const struct exception x = case_strange(&f, CASE_STRANGE);
    const struct exception_target body = { STR("H56.14"), 0 };
    struct exception_draft d = case_draft(EXCEPTION_DO_RETURN);
    struct proposal p;

    d.targets = &body;
    d.target_count = 1;
    p = case_proposed(x.id, &d);
    case_approve(&p);
    case_run_again();
    check_str(str_c(case_stage_of(x.id)), "closed");
    f.lines[0].gross_vnd = f.lines[0].net_vnd = CASE_STRANGE + 1;
    f.revision = 2;
    case_take(&f);
    check_str(str_c(case_stage_of(x.id)), "reopened");
}

static struct str text_of(const char *path)
{
    FILE *f = fopen(path, "r");
    char *p = arena_alloc(test_arena(), (size_t)1 << 20);
    size_t n = 0;

    check(f != NULL);
    if (f == NULL)
        return STR("");
    n = fread(p, 1, (size_t)1 << 20, f);
    (void)fclose(f);
    return str_of(p, n);
}

/* Each class of F3: what is offered first, and the test whose file shows it. Classes of whole files
 * put the file aside, and are no exceptions; a damaged line of a released file is one. */
TEST(each_class_has_its_first_action_and_an_example)
{
    static const struct {
        enum match_class class;
        const char *action, *example;
    } rows[] = {
        { MATCH_OK, NULL, "recon/test_match.c" },
        { MATCH_OK_W, NULL, "finance/test_reconcile.c" },
        { MATCH_MIS_OURS, "assign", "finance/test_reconcile.c" },
        { MATCH_MIS_THEIRS, "reverse", "finance/test_reconcile.c" },
        { MATCH_AMT_LESS, "collect", "finance/test_reconcile.c" },
        { MATCH_AMT_MORE, "excess", "finance/test_reconcile.c" },
        { MATCH_STA, "reverse", "finance/test_reconcile.c" },
        { MATCH_DUP_FILE, "return", "finance/test_reconcile.c" },
        { MATCH_DUP_PAY, "refund", "finance/test_reconcile.c" },
        { MATCH_ACC, "reclass", "finance/test_reconcile.c" },
        { MATCH_AGY, "reclass", "recon/test_match.c" },
        { MATCH_DATE, "accept", "finance/test_run_again.c" },
        { MATCH_LATE, "refund", "recon/test_match.c" },
        { MATCH_CUR, "request", "finance/test_reconcile.c" },
        { MATCH_REF_UNM, "request", "finance/test_reconcile.c" },
        { MATCH_REF_AMT, "refund", "recon/test_match.c" },
        { MATCH_REV, "reverse", "finance/test_reconcile.c" },
        { MATCH_FEE, "charge", "recon/test_match.c" },
        { MATCH_TRS, "request", "recon/test_match.c" },
        { MATCH_TRS_AMT, "request", "finance/test_remittance.c" },
        { MATCH_UNKEY, "assign", "finance/test_reconcile.c" },
        { MATCH_SIGN, "request", "finance/test_reconcile.c" },
        { MATCH_SPLIT, "request", "finance/test_reconcile.c" },
        { MATCH_AMB, "assign", "finance/test_month.c" },
        { MATCH_COR, "request", "finance/test_intake_keep.c" },
        { MATCH_CTL, NULL, "finance/test_intake.c" },
        { MATCH_SEQ, "request", "finance/test_month.c" },
        { MATCH_REP, NULL, "finance/test_month.c" },
        { MATCH_VER, NULL, "finance/test_intake.c" },
    };

    check_int(LEN(rows), MATCH_COUNT);
    for (size_t i = 0; i < LEN(rows); i++) {
        const bool more = rows[i].class == MATCH_AMT_MORE;
        const struct exception x = { .class = rows[i].class,
                                     .reference = STR("R"),
                                     .order_id = STR("o"),
                                     .ours_vnd = more ? 1 : 2,
                                     .theirs_vnd = more ? 2 : 1,
                                     .difference_vnd = more ? -1 : 1 };
        const char *name = match_name(rows[i].class), *first = NULL;
        const char *path = str_cstr(
            test_arena(), str_fmt(test_arena(), "%s/tests/%s", test_source(), rows[i].example));

        check_int(rows[i].class, i);
        for (int act = EXCEPTION_ACTION_COUNT; act-- > 0;)
            if (exception_may((enum exception_action)act, &x))
                first = exception_action_name((enum exception_action)act);
        if ((first == NULL) != (rows[i].action == NULL) ||
            (first != NULL && strcmp(first, rows[i].action) != 0))
            test_fail(__FILE__, __LINE__, "%s: %s first", name, first != NULL ? first : "nothing");
        if (!str_has(text_of(path), str_c(name)))
            test_fail(__FILE__, __LINE__, "%s is not in %s", name, path);
    }
}

/* The provider paid back what nobody here asked it to: asked about, or accepted, by two. */
TEST_STORE(a_refund_that_we_do_not_know_is_asked_about)
{
    struct day_file f = day_file_make(case_monday, 1);
    struct order o;
    const struct str reference = case_captured(&o);
    struct exception_draft d = case_draft(EXCEPTION_DO_REQUEST);
    struct settlement_line *l;
    struct exception x;

    (void)day_file_add(&f, str_c(counter_deal(case_desk(), reference)->txn), reference,
                       CASE_AMOUNT);
    l = day_file_add(&f, STR("RF-1"), STR("NOT-OURS"), 30000);
    l->kind = SETTLEMENT_REFUND;
    l->original_ref = str_c(counter_deal(case_desk(), reference)->txn);
    case_take(&f);
    x = case_only("REF_UNM");
    check_int(x.priority, 1);
    check_int(x.difference_vnd, 30000);
    const struct proposal asked = case_proposed(x.id, &d);
    case_approve(&asked);
    check_str(str_c(case_stage_of(x.id)), "executed"); /* their answer is awaited */
    case_books_hold();
}

TEST_STORE(an_unknown_class_of_action_is_refused)
{
    struct day_file f;
    const struct exception x = case_strange(&f, CASE_STRANGE);
    const struct proposal_actor an = case_person("staff:an");
    struct exception_draft d = case_draft(EXCEPTION_DO_REVERSE);
    struct exception_preview none;
    struct err e = { .code = ERR_NONE };

    check(exception_preview(case_room(), x.id, &d, &an, test_arena(), &none, &e).failed);
    check_str(str_c(e.field), "action");
    d = case_draft(EXCEPTION_DO_RETURN);
    d.remark = STR("  ");
    check(exception_preview(case_room(), x.id, &d, &an, test_arena(), &none, &e).failed);
    check_str(str_c(e.field), "remark");
}

TEST_STORE(closing_a_day_asks_who_answers_for_what_is_open)
{
    struct day_file f;
    const struct exception x = case_strange(&f, CASE_STRANGE);
    const struct exception_scope scope = { x.provider, x.account, x.day };
    const struct proposal_actor an = case_person("staff:an"), binh = case_person("staff:binh");
    struct err e = { .code = ERR_NONE };

    check(exception_carry(&case_desk()->till, x.id, (struct date){ 2026, 12, 1 },
                          STR("asked the bank"), &an, test_arena(), &e)
              .failed);
    check_int(e.code, ERR_FORBIDDEN); /* nobody owns it */
    e = (struct err){ .code = ERR_NONE };
    check_ok(exception_assign(&case_desk()->till, x.id, an.name, STR(""), &an, test_arena(), &e),
             e);
    check(exception_carry(&case_desk()->till, x.id, (struct date){ 2026, 12, 1 }, STR("asked"),
                          &binh, test_arena(), &e)
              .failed);
    e = (struct err){ .code = ERR_NONE };
    check(
        exception_carry(&case_desk()->till, x.id, case_monday, STR("asked"), &an, test_arena(), &e)
            .failed);
    check_str(str_c(e.field), "break_on");
    e = (struct err){ .code = ERR_NONE };
    check_ok(exception_carry(&case_desk()->till, x.id, (struct date){ 2026, 12, 1 },
                             STR("asked the bank"), &an, test_arena(), &e),
             e);
    check_str(case_seen(x.id).break_on, "2026-12-01");
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
    const struct exception x = case_strange(&f, CASE_STRANGE);
    const struct proposal_actor an = case_person("staff:an");
    struct tallying k = { .scope = { x.provider, x.account, x.day } };
    struct exception_ages ages;
    struct err e = { .code = ERR_NONE };

    check_ok(sql_read(case_desk()->till.store, tally, &k, &e), e);
    check_int(k.tally.open_count, 1);
    check_int(k.tally.uncarried_count, 1);
    check_int(k.tally.open[MATCH_MIS_OURS].difference_vnd, -CASE_STRANGE);
    check_ok(exception_assign(&case_desk()->till, x.id, an.name, STR(""), &an, test_arena(), &e),
             e);
    check_ok(exception_carry(&case_desk()->till, x.id, (struct date){ 2026, 12, 1 },
                             STR("asked the bank"), &an, test_arena(), &e),
             e);
    check_ok(sql_read(case_desk()->till.store, tally, &k, &e), e);
    check_int(k.tally.open_count, 1);
    check_int(k.tally.uncarried_count, 0);
    counter_forward(case_desk(), 86400 * 9);
    check_ok(exception_ages(&case_desk()->till, &ages, &e), e);
    check_int(ages.value_vnd[MATCH_MIS_OURS][EXCEPTION_AGE_MONTH], CASE_STRANGE);
    check_int(ages.count[MATCH_MIS_OURS][EXCEPTION_AGE_FRESH], 0);
}

TEST_STORE(what_is_open_too_long_is_raised_once)
{
    static const int64_t days[5] = { 0, 1, 2, 3, 4 };
    struct day_file f;
    const struct exception x = case_strange(&f, CASE_STRANGE);
    struct err e = { .code = ERR_NONE };
    int64_t raised;

    check_ok(exception_raise(&case_desk()->till, days, &raised, &e), e);
    check_int(raised, 0);
    counter_forward(case_desk(), 86400 + 1);
    check_ok(exception_raise(&case_desk()->till, days, &raised, &e), e);
    check_int(raised, 1);
    check(case_seen(x.id).raised_ms > 0);
    check_ok(exception_raise(&case_desk()->till, days, &raised, &e), e);
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
    const struct proposal_actor by = case_person(r->name);
    struct err e = { .code = ERR_NONE };

    if (!exception_assign(&case_office.till[0], r->x->id, by.name, STR(""), &by, a, &e).failed)
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
    const struct proposal_actor by = case_person("staff:an"); /* one person, many clicks */
    struct err e = { .code = ERR_NONE };
    struct proposal out;

    if (!exception_propose(&case_office, r->x->id, r->d, r->hash, &by, a, &out, &e).failed)
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
    const struct proposal_actor by = case_person(r->name);
    const struct proposal_decision d = {
        .id = r->p->id, .verdict = PROPOSAL_APPROVED, .hash = r->p->hash, .remark = STR("yes")
    };
    struct err e = { .code = ERR_NONE };
    struct proposal out;

    if (!proposal_decide(case_office.till, &d, &by, a, &out, &e).failed)
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
    const struct exception x = case_strange(&f, CASE_STRANGE);

    race(race_take, (struct racer){ .x = &x });
    check_int(case_seen(x.id).events, 1);
}

TEST_STORE(many_clicks_are_one_proposal_and_many_approvals_one_execution)
{
    struct day_file f;
    const struct order o = case_ordered();
    const struct exception x = case_strange(&f, CASE_AMOUNT);
    const struct exception_target to = { o.id, CASE_AMOUNT };
    struct exception_draft d = case_draft(EXCEPTION_DO_ASSIGN);
    struct err e = { .code = ERR_NONE };
    struct proposal p;

    d.targets = &to;
    d.target_count = 1;
    race(race_propose, (struct racer){ .x = &x, .d = &d, .hash = case_previewed(x.id, &d).hash });
    check_ok(proposal_load(&case_desk()->till, case_seen(x.id).proposal_id, test_arena(), &p, &e),
             e);
    race(race_approve, (struct racer){ .x = &x, .p = &p });
    check_int(counter_journals(case_desk(), &o, "J2"), 1);
    check_int(counter_state(case_desk(), &o), ORDER_PAID);
    case_books_hold();
}
