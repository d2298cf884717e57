/* The same cut run again: the same bytes, whatever became of the day's exceptions and of the days
 * beside it. What a later day or QUERY explains is told where it happens. */
#include <stdio.h>

#include "payments/attempt.h"
#include "tests/finance/closing.h"
#include "tests/fixture.h"

static const struct date monday = { 2026, 11, 23 };

static void no_residual(struct date day)
{
    const struct run_view v = closing_shown(day);

    for (size_t i = 0; v.outcome.bridge.residual_vnd != 0 && i < v.outcome.bridge.count; i++)
        fprintf(stderr, "%s %.*s %lld\n", bridge_item_name(v.outcome.bridge.lines[i].item),
                STR_ARG(v.outcome.bridge.lines[i].class), (long long)v.outcome.bridge.lines[i].vnd);
    check_int(v.outcome.bridge.residual_vnd, 0);
}

static int64_t line_vnd(struct date day, enum bridge_item item)
{
    const struct run_view v = closing_shown(day);
    int64_t vnd = 0;

    for (size_t i = 0; i < v.outcome.bridge.count; i++)
        vnd += v.outcome.bridge.lines[i].item == item ? v.outcome.bridge.lines[i].vnd : 0;
    return vnd;
}

/* The file of the next day, taken a day later, and closed; with one payment of its own. */
static struct day_file day_after(const struct day_file *before)
{
    struct day_file next = closing_follow(before);

    counter_forward(case_desk(), 86400);
    (void)closing_paid(&next);
    return next;
}

static void taken(struct day_file *f)
{
    case_take(f);
    no_residual(f->day);
}

TEST_STORE(a_day_of_payments_comes_out_the_same)
{
    struct day_file f = day_file_make(monday, 1);

    (void)closing_paid(&f);
    (void)closing_paid(&f);
    taken(&f);
    check_int(closing_shown(monday).outcome.verdict, RECONCILE_RECONCILED);
    closing_close(monday);
    check(closing_comes_out_the_same(monday));
    counter_forward(case_desk(), 3 * 86400);
    check(closing_comes_out_the_same(monday));
}

TEST_STORE(the_day_after_a_closed_day_has_no_residual)
{
    struct day_file f = day_file_make(monday, 1), next, third;

    (void)closing_paid(&f);
    taken(&f);
    closing_close(monday);
    next = day_after(&f);
    taken(&next);
    check_int(line_vnd(next.day, BRIDGE_PAID_OUT), -COUNTER_ORDER);
    closing_close(next.day);
    third = day_after(&next);
    taken(&third);
    check_int(line_vnd(third.day, BRIDGE_PAID_OUT), -2 * COUNTER_ORDER);
    closing_close(third.day);
    check(closing_comes_out_the_same(monday));
    check(closing_comes_out_the_same(next.day));
    check(closing_comes_out_the_same(third.day));
}

/* A capture that the file of its day lacks. */
static struct settlement_line left_out(struct day_file *f)
{
    (void)closing_paid(f);
    return f->lines[--f->count];
}

TEST_STORE(a_day_with_accepted_and_carried_exceptions_comes_out_the_same)
{
    struct day_file f = day_file_make(monday, 1), next, third;

    (void)closing_paid(&f);
    (void)left_out(&f);
    day_file_add(&f, STR(""), STR(""), 7000)->dossier = STR("");
    taken(&f);
    closing_carry(case_only("MIS_THEIRS").id, monday);
    closing_accept(case_only("UNKEY").id);
    closing_close(monday);
    check(closing_comes_out_the_same(monday));
    next = day_after(&f);
    taken(&next);
    check_int(line_vnd(next.day, BRIDGE_CARRIED), COUNTER_ORDER);
    check_int(line_vnd(next.day, BRIDGE_DECIDED), -7000); /* accepted, and nothing was posted */
    closing_close(next.day);
    third = day_after(&next);
    taken(&third);
    check_int(line_vnd(third.day, BRIDGE_DECIDED), -7000);
    check(closing_comes_out_the_same(monday));
    check(closing_comes_out_the_same(next.day));
}

TEST_STORE(a_later_file_explains_an_exception_of_a_closed_day)
{
    struct day_file f = day_file_make(monday, 1), next, third;
    struct settlement_line late;
    struct str id, before;
    struct reconcile_day d;
    struct err e = { .code = ERR_NONE };

    (void)closing_paid(&f);
    late = left_out(&f);
    taken(&f);
    id = case_only("MIS_THEIRS").id;
    closing_carry(id, monday);
    closing_close(monday);
    before = closing_manifest(monday).bytes;
    next = day_after(&f);
    *day_file_add(&next, STR("x"), STR("x"), 1) = late;
    next.lines[next.count - 1].n = (int64_t)next.count;
    taken(&next);
    check_str(str_c(case_stage_of(id)), "auto_resolved");
    check_str(str_c(case_stage_of(case_only("DATE").id)), "auto_resolved");
    check(case_seen(id).resolved_ms > case_seen(id).first_seen_ms);
    check_int(closing_shown(monday).run.state, RUN_CLOSED);
    check_same(closing_manifest(monday).bytes, before);
    check_ok(reconcile_run(&case_desk()->till, next.day, test_arena(), &d, &e), e);
    check_str(str_c(case_stage_of(case_only("DATE").id)), "auto_resolved"); /* not again */
    check_int(case_only("DATE").events, 1);
    closing_close(next.day);
    third = day_after(&next);
    taken(&third);
    check_int(line_vnd(third.day, BRIDGE_CARRIED), 0);
    check_int(line_vnd(third.day, BRIDGE_DECIDED), 0);
    check(closing_comes_out_the_same(monday));
    check(closing_comes_out_the_same(next.day));
}

/* The line that explained a missing one comes in a third file again: that is money too much. */
TEST_STORE(a_line_explains_one_exception_and_its_repetition_none)
{
    struct day_file f = day_file_make(monday, 1), next, third;
    struct settlement_line late;
    size_t open = 0;

    (void)closing_paid(&f);
    late = left_out(&f);
    taken(&f);
    closing_carry(case_only("MIS_THEIRS").id, monday);
    closing_close(monday);
    next = day_after(&f);
    *day_file_add(&next, STR("x"), STR("x"), 1) = late;
    next.lines[next.count - 1].n = (int64_t)next.count;
    taken(&next);
    closing_close(next.day);
    third = day_after(&next);
    *day_file_add(&third, STR("x"), STR("x"), 1) = late;
    third.lines[third.count - 1].n = (int64_t)third.count;
    taken(&third);
    const struct run_view v = closing_shown(third.day);

    for (size_t i = 0; i < v.outcome.exception_count; i++) {
        const struct exception *x = &v.outcome.exceptions[i];

        if (str_eq(x->reference, late.merchant_ref)) {
            check_str(str_c(case_stage_of(x->id)), "open");
            open++;
        }
    }
    check_int(open, 1);
    check_int(line_vnd(third.day, BRIDGE_DECIDED), 0);
}

/* A payment that is waiting there, and that the file calls paid. */
static struct str claimed(struct day_file *f)
{
    struct order o = case_ordered();
    const struct str reference = counter_start(case_desk(), &o);

    (void)day_file_add(f, STR("PP-77"), reference, COUNTER_ORDER);
    return reference;
}

static void paid_after_all(struct str id, struct str reference)
{
    const struct proposal_actor an = case_person("staff:an");
    struct err e = { .code = ERR_NONE };
    bool captured = false;

    counter_pay(case_desk(), reference);
    (void)snprintf(counter_deal(case_desk(), reference)->txn, 32, "PP-77");
    check_ok(exception_ask(case_room(), id, &an, test_arena(), &captured, &e), e);
    check(captured);
}

TEST_STORE(query_explains_an_exception_of_a_closed_day)
{
    struct day_file f = day_file_make(monday, 1), next, third;
    struct str reference, id, before;

    (void)closing_paid(&f);
    reference = claimed(&f);
    taken(&f);
    id = case_only("STA").id;
    closing_carry(id, monday);
    closing_close(monday);
    before = closing_manifest(monday).bytes;
    next = day_after(&f);
    taken(&next);
    check_int(line_vnd(next.day, BRIDGE_CARRIED), -COUNTER_ORDER);
    closing_close(next.day);
    counter_forward(case_desk(), 3600);
    paid_after_all(id, reference);
    check_str(str_c(case_stage_of(id)), "auto_resolved");
    check_same(closing_manifest(monday).bytes, before);
    third = day_after(&next);
    taken(&third);
    check_int(line_vnd(third.day, BRIDGE_CARRIED), 0);
    check_int(line_vnd(third.day, BRIDGE_DECIDED), 0);
    check(closing_comes_out_the_same(monday));
    check(closing_comes_out_the_same(next.day));
}

static void opened_again(struct date day)
{
    const struct proposal_actor an = case_person("staff:an");
    const struct run_ask ask = { closing_key(day), closing_shown(day).run.manifest_hash,
                                 STR("tệp sửa đổi") };
    struct err e = { .code = ERR_NONE };
    struct reconcile_day d;
    struct proposal p;

    check_ok(run_reopen(closing_room(), &ask, &an, test_arena(), &p, &e), e);
    case_approve(&p);
    check_ok(reconcile_run(&case_desk()->till, day, test_arena(), &d, &e), e);
    no_residual(day);
}

TEST_STORE(a_closed_day_stays_the_same_when_the_day_before_is_opened_again)
{
    struct day_file f = day_file_make(monday, 1), next, third;
    struct str reference, id;

    (void)closing_paid(&f);
    reference = claimed(&f);
    taken(&f);
    id = case_only("STA").id;
    closing_carry(id, monday);
    closing_close(monday);
    next = day_after(&f);
    taken(&next);
    closing_close(next.day);
    counter_forward(case_desk(), 3600);
    paid_after_all(id, reference);
    counter_forward(case_desk(), 3600);
    opened_again(monday);
    check_int(case_seen(id).state, EXCEPTION_RESOLVED);
    check(closing_comes_out_the_same(next.day));
    counter_forward(case_desk(), 3600);
    closing_close(monday);
    check(closing_comes_out_the_same(monday));
    check(closing_comes_out_the_same(next.day));
    third = day_after(&next);
    taken(&third);
    check(closing_comes_out_the_same(next.day));
}

TEST_STORE(money_that_is_assigned_after_its_day_was_closed_leaves_no_residual)
{
    struct day_file f = day_file_make(monday, 1), next, third;
    struct exception_draft d = case_draft(EXCEPTION_DO_ASSIGN);
    struct exception_target target = { .amount_vnd = COUNTER_ORDER };
    struct str id;

    (void)closing_paid(&f);
    (void)day_file_add(&f, STR("PP-STRANGE"), STR("UNKNOWN-1"), COUNTER_ORDER);
    taken(&f);
    id = case_only("MIS_OURS").id;
    closing_carry(id, monday);
    closing_close(monday);
    next = day_after(&f);
    taken(&next);
    closing_close(next.day);
    target.id = case_ordered().id;
    d.targets = &target;
    d.target_count = 1;
    const struct proposal p = case_proposed(id, &d);
    case_approve(&p);
    check_str(str_c(case_stage_of(id)), "closed");
    third = day_after(&next);
    taken(&third);
    check_int(line_vnd(third.day, BRIDGE_CARRIED), 0);
    check_int(line_vnd(third.day, BRIDGE_DECIDED), 0);
    closing_close(third.day);
    check(closing_comes_out_the_same(monday));
    check(closing_comes_out_the_same(next.day));
    check(closing_comes_out_the_same(third.day));
}

/* An approver decides about no more than is open, accepted, or has to be paid over anew. */
TEST_STORE(an_approver_has_a_limit_for_a_day_too)
{
    struct day_file f = day_file_make(monday, 1);
    const struct proposal_actor an = case_person("staff:an");
    struct proposal_actor low = case_person("staff:binh");
    struct run_ask ask = { closing_key(monday), STR(""), STR("đã kiểm tra") };
    struct proposal_decision d = { .verdict = PROPOSAL_APPROVED };
    struct proposal p, out;
    struct err e = { .code = ERR_NONE };

    (void)closing_paid(&f);
    (void)left_out(&f);
    day_file_add(&f, STR(""), STR(""), 7000)->dossier = STR("");
    (void)closing_paid(&f);
    taken(&f);
    closing_carry(case_only("MIS_THEIRS").id, monday);
    closing_accept(case_only("UNKEY").id);
    ask.manifest_hash = closing_shown(monday).run.manifest_hash;
    check_ok(run_submit(closing_room(), &ask, &an, test_arena(), &p, &e), e);
    check_int(p.amount_vnd, COUNTER_ORDER + 7000);
    d.id = p.id;
    d.hash = p.hash;
    low.limit_vnd = p.amount_vnd - 1;
    check_fails(proposal_decide(&case_desk()->till, &d, &low, test_arena(), &out, &e), e,
                ERR_OVER_LIMIT);
    check_int(closing_shown(monday).run.state, RUN_AWAITING_APPROVAL);
    case_approve(&p);
    ask.manifest_hash = closing_shown(monday).run.manifest_hash;
    check_ok(run_reopen(closing_room(), &ask, &an, test_arena(), &p, &e), e);
    check_int(p.amount_vnd, 2 * COUNTER_ORDER); /* two were paid over */
}
