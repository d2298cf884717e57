/* A day against its file: each class once, and the equation always. */
#include <stdio.h>

#include "crypto/digest.h"
#include "finance/reconcile.h"
#include "payments/counter.h"
#include "tests/finance/day_file.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

#define AMOUNT COUNTER_ORDER

static const struct date monday = { 2026, 11, 23 };

static struct counter *desk(void)
{
    struct counter *c = counter_open();

    c->till.account = STR(DAY_FILE_ACCOUNT);
    return c;
}

/* An order whose payer stands at the portal. */
static struct str started(void)
{
    static int n;
    struct counter *c = desk();
    struct order_request rq = counter_request();

    rq.reference = str_fmt(test_arena(), "H56.14-261123-%04d", ++n);
    const struct order o = counter_order_for(c, &rq);
    return counter_start(c, &o);
}

static void ask(struct str reference)
{
    struct err e = { 0 };

    check_ok(attempt_ask(&desk()->till, reference, counter_cause(), &e), e);
}

/* Captured at 09:05:00 of the fixture's day. */
static struct str captured(void)
{
    struct str reference = started();

    counter_pay(desk(), reference);
    ask(reference);
    check_int(counter_attempt(desk(), reference), ATTEMPT_CAPTURED);
    return reference;
}

static struct str txn_of(struct str reference)
{
    return str_c(counter_deal(desk(), reference)->txn);
}

static struct settlement_line *settled(struct day_file *f, struct str reference)
{
    return day_file_add(f, txn_of(reference), reference, AMOUNT);
}

static struct reconcile_day take(const struct day_file *f, enum settlement_form form)
{
    struct intake_result r;
    struct err e = { 0 };

    if (desk()->clock.fixed_ms < FIXTURE_NOW_MS + 86400000LL)
        counter_forward(desk(), 86400); /* the day is over */
    check_ok(intake_take(&desk()->till, f->day, STR("f"), day_file_print(f, form), STR("staff:1"),
                         test_arena(), &r, &e),
             e);
    if (r.quarantined)
        test_fail(__FILE__, __LINE__, "quarantined: %.*s", STR_ARG(r.file.faults));
    return *r.day;
}

static struct reconcile_day run_again(struct date day)
{
    struct reconcile_day d;
    struct err e = { 0 };

    check_ok(reconcile_run(&desk()->till, day, test_arena(), &d, &e), e);
    return d;
}

static struct str verdict_of(const struct reconcile_day *d)
{
    return str_c(reconcile_verdict_name(d->verdict));
}

/* captured - file - differences = 0, with the differences of the exceptions that are shown. */
static void equation_holds(const struct reconcile_day *d)
{
    int64_t sum_vnd = 0;

    for (size_t i = 0; i < d->exception_count; i++) {
        check_int(d->exceptions[i].difference_vnd,
                  d->exceptions[i].ours_vnd - d->exceptions[i].theirs_vnd);
        sum_vnd += d->exceptions[i].difference_vnd;
    }
    check_int(d->difference_vnd, sum_vnd);
    check_int(d->captured_vnd - d->file_vnd - sum_vnd, 0);
    check_int(d->residual_vnd, 0);
    check_int(d->bridge.opening_vnd + d->bridge.captured_vnd - d->bridge.refunds_vnd -
                  d->bridge.payouts_vnd - d->bridge.fees_vnd + d->bridge.other_vnd,
              d->bridge.closing_vnd);
    check_int(d->bridge.residual_vnd, 0);
}

TEST_STORE(a_day_that_agrees_is_reconciled)
{
    struct day_file f = day_file_make(monday, 1);
    struct reconcile_day d;

    for (int i = 0; i < 3; i++)
        (void)settled(&f, captured());
    d = take(&f, SETTLEMENT_MC1);
    check_str(verdict_of(&d), "reconciled");
    check_int(d.captured_vnd, 3 * AMOUNT);
    check_int(d.captured_count, 3);
    check_int(d.file_vnd, 3 * AMOUNT);
    check_int(d.matched_vnd, 3 * AMOUNT);
    check_int(d.matched_count, 3);
    check_int(d.exception_count, 0);
    equation_holds(&d);
}

TEST_STORE(a_day_without_payments_is_reconciled_too)
{
    const struct day_file f = day_file_make(monday, 1);
    const struct reconcile_day d = take(&f, SETTLEMENT_BJ1);

    check_str(verdict_of(&d), "reconciled");
    check_int(d.file_count, 0);
}

/* One planted difference: what is done to the line of a capture, or beside it. */
typedef void plant(struct day_file *f, struct settlement_line *l);

static void plant_nothing(struct day_file *f, struct settlement_line *l)
{
    (void)f;
    (void)l;
}

static void plant_less(struct day_file *f, struct settlement_line *l)
{
    (void)f;
    l->gross_vnd -= 1;
}

static void plant_more(struct day_file *f, struct settlement_line *l)
{
    (void)f;
    l->gross_vnd += 1;
}

static void plant_failed(struct day_file *f, struct settlement_line *l)
{
    (void)f;
    l->success = false;
    l->code = STR("05");
}

static void plant_absent(struct day_file *f, struct settlement_line *l)
{
    (void)l;
    f->count--;
}

static void plant_stranger(struct day_file *f, struct settlement_line *l)
{
    (void)l;
    (void)day_file_add(f, STR("XX1"), STR("UNKNOWN1"), 7000);
}

static void plant_line_twice(struct day_file *f, struct settlement_line *l)
{
    (void)day_file_add(f, l->portal_txn, l->merchant_ref, l->gross_vnd);
}

static void plant_paid_twice(struct day_file *f, struct settlement_line *l)
{
    (void)day_file_add(f, STR("SECOND"), l->merchant_ref, l->gross_vnd);
}

static void plant_account(struct day_file *f, struct settlement_line *l)
{
    (void)f;
    l->account = STR("9999.0.0000000.00000");
}

static void plant_currency(struct day_file *f, struct settlement_line *l)
{
    (void)f;
    l->currency = STR("USD");
}

static void plant_minus(struct day_file *f, struct settlement_line *l)
{
    (void)f;
    l->gross_vnd = -l->gross_vnd;
}

static void plant_refund(struct day_file *f, struct settlement_line *l)
{
    struct settlement_line *x = day_file_add(f, STR("RF1"), l->merchant_ref, 1000);

    x->kind = SETTLEMENT_REFUND;
    x->original_ref = l->portal_txn;
}

static void plant_reversal(struct day_file *f, struct settlement_line *l)
{
    struct settlement_line *x = day_file_add(f, STR("RV1"), l->merchant_ref, AMOUNT);

    x->kind = SETTLEMENT_REVERSAL;
    x->original_ref = l->portal_txn;
}

static void plant_reversal_by_txn(struct day_file *f, struct settlement_line *l)
{
    plant_reversal(f, l);
    f->lines[f->count - 1].merchant_ref = STR("");
}

static void plant_foreign_reversal(struct day_file *f, struct settlement_line *l)
{
    plant_reversal(f, l);
    f->lines[f->count - 1].merchant_ref = STR("UNKNOWN2");
    f->lines[f->count - 1].original_ref = STR("XX2");
}

static void plant_keyless(struct day_file *f, struct settlement_line *l)
{
    (void)l;
    day_file_add(f, STR(""), STR(""), 55)->kind = SETTLEMENT_ADJUST;
}

static void plant_keyless_payment(struct day_file *f, struct settlement_line *l)
{
    (void)day_file_add(f, STR(""), STR(""), l->gross_vnd);
}

static void plant_halves(struct day_file *f, struct settlement_line *l)
{
    l->gross_vnd = 1000;
    l->portal_txn = str_cat(test_arena(), l->portal_txn, STR("A"));
    (void)day_file_add(f, STR("B"), l->merchant_ref, AMOUNT - 1000);
}

static void plant_reference(struct day_file *f, struct settlement_line *l)
{
    (void)f;
    l->merchant_ref = STR("MISTYPED");
}

static void plant_no_reference(struct day_file *f, struct settlement_line *l)
{
    (void)f;
    l->merchant_ref = STR("");
}

static void plant_txn(struct day_file *f, struct settlement_line *l)
{
    (void)f;
    l->portal_txn = STR("OTHER");
}

static void plant_yesterday(struct day_file *f, struct settlement_line *l)
{
    (void)f;
    l->txn_at_ms -= 86400000;
}

static void plant_second_try(struct day_file *f, struct settlement_line *l)
{
    struct settlement_line *x = day_file_add(f, STR("TRY"), l->merchant_ref, AMOUNT);

    plant_failed(f, x);
}

TEST_STORE(each_class_is_found_and_the_equation_holds)
{
    static const struct {
        const char *sentence;
        plant *plant;
        const char *classes; /* of all exceptions, sorted by urgency */
        const char *verdict;
        int64_t difference_vnd;
        int64_t matched;
    } cases[] = {
        { "equal", plant_nothing, "", "reconciled", 0, 1 },
        { "less there", plant_less, "AMT_LESS ", "breaks", 1, 0 },
        { "more there", plant_more, "AMT_MORE ", "breaks", -1, 0 },
        { "failed there", plant_failed, "STA ", "breaks", AMOUNT, 0 },
        { "absent there", plant_absent, "MIS_THEIRS ", "breaks", AMOUNT, 0 },
        { "unknown here", plant_stranger, "MIS_OURS ", "breaks", -7000, 1 },
        { "one line twice", plant_line_twice, "DUP_FILE ", "breaks", -AMOUNT, 1 },
        { "one reference paid twice", plant_paid_twice, "DUP_PAY ", "breaks", -AMOUNT, 1 },
        { "another account", plant_account, "ACC ", "breaks", 0, 0 },
        { "another currency", plant_currency, "CUR ", "breaks", AMOUNT, 0 },
        { "an amount below zero", plant_minus, "SIGN ", "breaks", 2 * AMOUNT, 0 },
        { "a refund nobody asked for", plant_refund, "REF_UNM ", "breaks", 1000, 1 },
        { "reversed", plant_reversal, "REV ", "breaks", AMOUNT, 1 },
        { "reversed, by number", plant_reversal_by_txn, "REV ", "breaks", AMOUNT, 1 },
        { "another's reversal", plant_foreign_reversal, "MIS_OURS ", "breaks", AMOUNT, 1 },
        { "an adjustment", plant_keyless, "UNKEY ", "breaks", -55, 1 },
        { "a payment without keys", plant_keyless_payment, "UNKEY ", "breaks", -AMOUNT, 1 },
        { "in two halves", plant_halves, "SPLIT SPLIT ", "breaks", 0, 0 },
        { "by its number alone", plant_reference, "OK_W ", "reconciled_with_warnings", 0, 1 },
        { "without a reference", plant_no_reference, "OK_W ", "reconciled_with_warnings", 0, 1 },
        { "by its reference alone", plant_txn, "OK_W ", "reconciled_with_warnings", 0, 1 },
        { "another day's time", plant_yesterday, "OK_W ", "reconciled_with_warnings", 0, 1 },
        { "failed before it succeeded", plant_second_try, "", "reconciled", 0, 2 },
    };
    struct str ours = captured();

    for (size_t i = 0; i < LEN(cases); i++) {
        struct day_file f = day_file_make(monday, 1);
        struct buf found = buf_make(test_arena(), 1024);
        struct reconcile_day d;
        f.revision = (int64_t)i + 1;
        cases[i].plant(&f, settled(&f, ours));
        d = take(&f, SETTLEMENT_MC1);
        for (size_t k = 0; k < d.exception_count; k++)
            buf_fmt(&found, "%s ", match_name(d.exceptions[k].class));
        if (!str_is(buf_str(&found), cases[i].classes) || !str_is(verdict_of(&d), cases[i].verdict))
            test_fail(__FILE__, __LINE__, "%s: %.*s, %.*s (%.*s)", cases[i].sentence,
                      STR_ARG(buf_str(&found)), STR_ARG(verdict_of(&d)), STR_ARG(d.reason));
        check_int(d.difference_vnd, cases[i].difference_vnd);
        check_int(d.matched_count, cases[i].matched);
        equation_holds(&d);
    }
}

TEST_STORE(each_agency_is_settled_to_an_account_of_its_own)
{
    struct counter *c = desk();
    struct order_request rq = counter_request();
    struct day_file f = day_file_make(monday, 1), again = day_file_make(monday, 1);
    struct settlement_line *line;
    struct reconcile_day d;

    rq.agency_id = STR("H56.15");
    rq.reference = STR("H56.15-261123-0001");
    const struct order o = counter_order_for(c, &rq);
    const struct str reference = counter_start(c, &o);
    counter_pay(c, reference);
    ask(reference);

    line = day_file_add(&f, txn_of(reference), reference, o.bill.total_vnd);
    line->body = rq.agency_id;
    line->account = STR("3713.0.1234568.00000"); /* conf/fees/agencies.json */
    d = take(&f, SETTLEMENT_MC1);
    check_str(verdict_of(&d), "reconciled");

    again.revision = 2;
    line = day_file_add(&again, txn_of(reference), reference, o.bill.total_vnd);
    line->body = rq.agency_id;
    line->account = STR(DAY_FILE_ACCOUNT); /* the neighbour's */
    d = take(&again, SETTLEMENT_MC1);
    check_int(d.exception_count, 1);
    check_int(d.exceptions[0].class, MATCH_ACC);
    equation_holds(&d);
}

TEST_STORE(a_number_that_two_captures_have_is_never_guessed)
{
    struct str first = captured(), second = captured();
    struct day_file f = day_file_make(monday, 1);
    struct reconcile_day d;
    struct err e = { 0 };

    /* A third attempt captured under the first one's number, as a faulty portal would give it. */
    struct str third = started();
    counter_pay(desk(), third);
    (void)snprintf(counter_deal(desk(), third)->txn, 32, "%s", counter_deal(desk(), first)->txn);
    ask(third);
    settled(&f, second);
    settled(&f, first)->merchant_ref = STR("MISTYPED");
    d = take(&f, SETTLEMENT_MC1);
    check_int(d.exception_count, 3); /* the line, and the two it could be */
    check_int(d.exceptions[0].class, MATCH_MIS_THEIRS);
    check_int(d.exceptions[1].class, MATCH_MIS_THEIRS);
    check_int(d.exceptions[2].class, MATCH_AMB);
    equation_holds(&d);
    (void)e;
}

TEST_STORE(identical_movements_without_keys_stay_two)
{
    struct day_file f = day_file_make(monday, 1);
    struct reconcile_day d;

    plant_keyless(&f, NULL);
    plant_keyless(&f, NULL);
    d = take(&f, SETTLEMENT_MC1);
    check_int(d.exception_count, 2);
    check(!str_eq(d.exceptions[0].id, d.exceptions[1].id));
    check_int(d.difference_vnd, -110);
    equation_holds(&d);
}

/* Everything that all four forms can tell, at once. */
static struct day_file mixed(void)
{
    struct day_file f = day_file_make(monday, 1);

    (void)settled(&f, captured());
    plant_less(&f, settled(&f, captured()));
    plant_failed(&f, settled(&f, captured()));
    plant_minus(&f, settled(&f, captured()));
    plant_line_twice(&f, settled(&f, captured()));
    plant_reversal(&f, settled(&f, captured()));
    plant_stranger(&f, NULL);
    plant_keyless(&f, NULL);
    plant_keyless(&f, NULL);
    (void)captured(); /* absent there */
    return f;
}

TEST_STORE(the_four_forms_reconcile_alike)
{
    static const enum settlement_form forms[] = { SETTLEMENT_BJ1, SETTLEMENT_FW1, SETTLEMENT_XLSX,
                                                  SETTLEMENT_MC1 };
    const struct day_file f = mixed();
    struct reconcile_day first = { 0 };

    for (size_t i = 0; i < LEN(forms); i++) {
        const struct reconcile_day d = take(&f, forms[i]);
        equation_holds(&d);
        check_int(d.exception_count, 9);
        check_int(d.files[0].form, forms[i]);
        if (i == 0) {
            first = d;
            continue;
        }
        check_int(d.verdict, first.verdict);
        check_int(d.captured_vnd, first.captured_vnd);
        check_int(d.file_vnd, first.file_vnd);
        check_int(d.matched_count, first.matched_count);
        check_int(d.matched_vnd, first.matched_vnd);
        for (size_t k = 0; k < d.exception_count; k++) {
            check_same(d.exceptions[k].id, first.exceptions[k].id);
            check_int(d.exceptions[k].class, first.exceptions[k].class);
            check_int(d.exceptions[k].line, first.exceptions[k].line);
            check_int(d.exceptions[k].difference_vnd, first.exceptions[k].difference_vnd);
        }
    }
}

TEST_STORE(the_same_cut_gives_the_same_bytes)
{
    const struct day_file f = mixed();
    const struct reconcile_day first = take(&f, SETTLEMENT_MC1);

    counter_forward(desk(), 3600);
    const struct reconcile_day again = run_again(monday);
    check(first.manifest.n > 0);
    check_same(again.manifest, first.manifest);
    check_same(again.manifest_hash, first.manifest_hash);
    check_same(again.manifest_hash, digest_hex(test_arena(), digest_sha256(first.manifest)));
    check_int(again.run_ms, first.run_ms); /* no new row */
    (void)captured();
    check(!str_eq(run_again(monday).manifest_hash, first.manifest_hash));
}

TEST_STORE(exceptions_are_new_then_persist_then_are_resolved)
{
    struct str ours = captured();
    struct day_file f = day_file_make(monday, 1);
    struct reconcile_day d;

    d = take(&f, SETTLEMENT_MC1);
    check_int(d.exceptions[0].class, MATCH_MIS_THEIRS);
    check_int(d.exceptions[0].state, EXCEPTION_NEW);
    const struct str id = d.exceptions[0].id;
    const int64_t seen_ms = d.exceptions[0].first_seen_ms;
    counter_forward(desk(), 60);
    f.revision = 2;
    settled(&f, ours)->gross_vnd--;
    d = take(&f, SETTLEMENT_MC1); /* another class, the same exception */
    check_int(d.exception_count, 1);
    check_int(d.exceptions[0].class, MATCH_AMT_LESS);
    check_int(d.exceptions[0].state, EXCEPTION_PERSISTING);
    check_same(d.exceptions[0].id, id);
    check_int(d.exceptions[0].first_seen_ms, seen_ms);
    check(d.exceptions[0].seen_ms > seen_ms);
    f.revision = 3;
    f.lines[0].gross_vnd++;
    d = take(&f, SETTLEMENT_MC1);
    check_int(d.exception_count, 0);
    check_int(d.open_count, 0);
    f.revision = 4;
    f.lines[0].gross_vnd++;
    d = take(&f, SETTLEMENT_MC1);
    check_int(d.exceptions[0].state, EXCEPTION_NEW);
    check_same(d.exceptions[0].id, id);
}

TEST_STORE(a_lost_confirm_is_healed_by_asking)
{
    struct str lost = started(), refused = started();
    struct day_file f = day_file_make(monday, 1);
    struct reconcile_day d;

    counter_pay(desk(), lost);
    (void)settled(&f, lost);
    (void)day_file_add(&f, STR("GD77"), refused, AMOUNT); /* QUERY does not say paid */
    d = take(&f, SETTLEMENT_MC1);
    check_int(counter_attempt(desk(), lost), ATTEMPT_CAPTURED);
    check_int(counter_attempt(desk(), refused) == ATTEMPT_CAPTURED, false);
    check_int(d.matched_count, 1);
    check_int(d.exception_count, 1);
    check_int(d.exceptions[0].class, MATCH_STA);
    check_same(d.exceptions[0].reference, refused);
    check_int(d.exceptions[0].difference_vnd, -AMOUNT);
    equation_holds(&d);
    counter_books_hold(desk());
}

TEST_STORE(both_saying_that_nothing_was_paid_agree)
{
    struct day_file f = day_file_make(monday, 1);
    struct reconcile_day d;

    plant_failed(&f, day_file_add(&f, STR("GD1"), started(), AMOUNT));
    d = take(&f, SETTLEMENT_MC1);
    check_str(verdict_of(&d), "reconciled");
    equation_holds(&d);
}

TEST_STORE(a_second_payment_and_a_late_one_are_told)
{
    struct counter *c = desk();
    struct order_request rq = counter_request();
    struct day_file f = day_file_make(monday, 1);
    struct reconcile_day d;
    struct err e = { 0 };

    const struct order o = counter_order_for(c, &rq);
    struct str late = counter_start(c, &o);
    counter_fail(c, late);
    check_ok(order_cancel(&c->till, o.id, counter_cause(), &e), e);
    counter_pay(c, late);
    ask(late);
    check_int(counter_state(c, &o), ORDER_PAID);
    (void)settled(&f, late);
    d = take(&f, SETTLEMENT_MC1);
    check_int(d.exception_count, 1);
    check_int(d.exceptions[0].class, MATCH_LATE);
    check_str(verdict_of(&d), "reconciled_with_warnings");
    equation_holds(&d);
}

TEST_STORE(one_order_paid_by_two_attempts_is_told)
{
    struct counter *c = desk();
    const struct order o = counter_order(c);
    struct str first = counter_start(c, &o), second;
    struct day_file f = day_file_make(monday, 1);
    struct reconcile_day d;

    counter_fail(c, first);
    ask(first);
    second = counter_start(c, &o);
    counter_pay(c, second);
    ask(second);
    counter_pay(c, first);
    ask(first);
    check_int(counter_state(c, &o), ORDER_OVERPAID);
    (void)settled(&f, first);
    (void)settled(&f, second);
    d = take(&f, SETTLEMENT_MC1);
    check_int(d.exception_count, 1);
    check_int(d.exceptions[0].class, MATCH_DUP_PAY);
    check_same(d.exceptions[0].reference, first);
    check_int(d.exceptions[0].difference_vnd, 0);
    check_str(verdict_of(&d), "breaks");
    equation_holds(&d);
}

static struct day_file follow(const struct day_file *before)
{
    struct day_file f = day_file_make(date_add_days(before->day, 1), before->seq + 1);

    f.opening_vnd = day_file_closing_vnd(before);
    f.previous = digest_hex(test_arena(), digest_sha256(day_file_print(before, SETTLEMENT_MC1)));
    return f;
}

TEST_STORE(what_is_settled_a_day_later_slips_and_agrees_over_both)
{
    struct str ours = captured();
    struct day_file first = day_file_make(monday, 1), next;
    struct reconcile_day d;
    struct err e = { 0 };

    counter_forward(desk(), 3 * 86400);
    d = take(&first, SETTLEMENT_MC1);
    check_int(d.exceptions[0].class, MATCH_MIS_THEIRS);
    const struct str id = d.exceptions[0].id;
    next = follow(&first);
    (void)settled(&next, ours);
    d = take(&next, SETTLEMENT_MC1);
    check_int(d.exceptions[0].class, MATCH_DATE);
    check_int(d.exceptions[0].difference_vnd, -AMOUNT);
    check_str(verdict_of(&d), "reconciled_with_pending");
    equation_holds(&d);
    check_ok(reconcile_day(&desk()->till, monday, test_arena(), &d, &e), e);
    check_int(d.exceptions[0].class, MATCH_DATE);
    check_same(d.exceptions[0].id, id);
    check_int(d.exceptions[0].difference_vnd, AMOUNT);
    check_str(verdict_of(&d), "reconciled_with_pending");
    equation_holds(&d);
}

TEST_STORE(what_a_desk_took_is_no_part_of_the_portals_day)
{
    const struct proposal_actor an = { .name = STR("staff:an"), .limit_vnd = INT64_MAX };
    const struct order_cause cause = { .actor = STR("staff:an"), .source = STR("page") };
    struct day_file f = day_file_make(monday, 1);
    const struct str ours = captured();
    struct counter_taken taken;
    struct order_request rq = counter_request();
    struct reconcile_day d;
    struct shift s;
    struct err e = { 0 };

    check_ok(shift_open(&desk()->till, STR("H56.14"), STR("1"), 0, &an, test_arena(), &s, &e), e);
    for (int i = 0; i < 2; i++) { /* cash, and a transfer whose number is that of the portal's */
        rq.reference = str_fmt(test_arena(), "H56.14-261123-9%d", i);
        const struct order o = counter_order_for(desk(), &rq);
        const struct counter_ask ask = { .order_id = o.id,
                                         .shift_id = s.id,
                                         .method = i == 0 ? COUNTER_CASH : COUNTER_TRANSFER,
                                         .received_vnd = AMOUNT,
                                         .bank_ref = i == 0 ? STR("") : txn_of(ours),
                                         .key = rq.reference };

        check_ok(counter_take(&desk()->till, &ask, &cause, test_arena(), &taken, &e), e);
    }
    (void)settled(&f, ours);
    d = take(&f, SETTLEMENT_MC1);
    check_str(verdict_of(&d), "reconciled");
    check_int(d.captured_vnd, AMOUNT);
    check_int(d.captured_count, 1);
    equation_holds(&d);
}

TEST_STORE(a_missing_file_stops_the_later_days_until_it_comes)
{
    const struct day_file first = day_file_make(monday, 1), second = follow(&first),
                          third = follow(&second);
    struct reconcile_day d;
    struct err e = { 0 };

    counter_forward(desk(), 5 * 86400);
    d = take(&first, SETTLEMENT_MC1);
    check_str(verdict_of(&d), "reconciled");
    d = take(&third, SETTLEMENT_MC1);
    check_str(verdict_of(&d), "incomplete");
    check_str(d.reason, "gap");
    d = take(&second, SETTLEMENT_MC1);
    check_str(verdict_of(&d), "reconciled");
    check_ok(reconcile_day(&desk()->till, third.day, test_arena(), &d, &e), e);
    check_str(verdict_of(&d), "reconciled");
}

TEST_STORE(a_file_taken_too_early_is_a_gap_until_it_comes_again)
{
    const struct day_file zero = day_file_make(date_add_days(monday, -1), 1), first = follow(&zero),
                          next = follow(&first);
    struct reconcile_day d;
    struct intake_result r;
    struct err e = { 0 };

    check_ok(intake_take(&desk()->till, zero.day, STR("f"), day_file_print(&zero, SETTLEMENT_MC1),
                         STR("staff:1"), test_arena(), &r, &e),
             e);
    check_ok(intake_take(&desk()->till, monday, STR("f"), day_file_print(&first, SETTLEMENT_MC1),
                         STR("staff:1"), test_arena(), &r, &e),
             e); /* at 09:00 of its own day */
    check(!r.quarantined);
    counter_forward(desk(), 3 * 86400);
    d = take(&next, SETTLEMENT_MC1);
    check_str(d.reason, "gap");
    check_ok(intake_take(&desk()->till, monday, STR("f"), day_file_print(&first, SETTLEMENT_MC1),
                         STR("staff:1"), test_arena(), &r, &e),
             e);
    check(r.known);
    check_ok(reconcile_day(&desk()->till, next.day, test_arena(), &d, &e), e);
    check_str(verdict_of(&d), "reconciled");
}

TEST_STORE(outcomes_name_the_rules_and_the_file)
{
    const struct day_file first = day_file_make(monday, 1);
    const struct reconcile_day d = take(&first, SETTLEMENT_MC1);

    check(str_has(d.manifest, STR("\"rules\":\"" RECONCILE_RULES "\"")));
    check(
        str_has(d.manifest, str_fmt(test_arena(), "\"sha256\":\"%.*s\"", STR_ARG(d.file_sha256))));
    check_same(d.file_sha256, d.files[0].sha256);
}

TEST_STORE(days_are_listed_newest_first)
{
    const struct day_file later = day_file_make(date_add_days(monday, 2), 3);
    struct reconcile_day *days, none;
    size_t count;
    struct err e = { 0 };

    (void)captured();
    counter_forward(desk(), 5 * 86400);
    (void)take(&later, SETTLEMENT_MC1);
    check_ok(reconcile_days(&desk()->till, 10, test_arena(), &days, &count, &e), e);
    check_int(count, 2);
    check_int(date_cmp(days[0].day, later.day), 0);
    check_str(verdict_of(&days[0]), "reconciled");
    check_int(date_cmp(days[1].day, monday), 0);
    check_str(verdict_of(&days[1]), "none");
    check_int(days[1].captured_vnd, AMOUNT);
    check_ok(reconcile_days(&desk()->till, 1, test_arena(), &days, &count, &e), e);
    check_int(count, 1);
    check_ok(reconcile_day(&desk()->till, date_add_days(monday, -9), test_arena(), &none, &e), e);
    check_str(verdict_of(&none), "none");
    check_int(none.captured_count + none.file_count, 0);
}

/* More lines of one reference, and more lines, than a page holds. */
static struct str long_day(struct str ours, struct str txn, int same, int others)
{
    struct buf b = buf_make(test_arena(), 8 << 20);
    const int64_t sum_vnd = (int64_t)AMOUNT * same + (int64_t)1000 * others;

    buf_fmt(&b,
            "{\"reconcileDate\":\"23/11/2026\",\"bankCode\":\"1\",\"totalTransaction\":%d,"
            "\"totalAmount\":%lld,\"transactions\":[",
            same + others, (long long)sum_vnd);
    for (int i = 0; i < same + others; i++) {
        const bool mine = i < same;
        buf_fmt(&b,
                "%s\n{\"transId\":\"%.*s%d\",\"toKhaiId\":\"%.*s%s\",\"amount\":%d,\"status\":"
                "\"SUCCESS\",\"payTime\":\"23/11/2026 09:05:00\"}",
                i > 0 ? "," : "", STR_ARG(txn), i, STR_ARG(ours), mine ? "" : "X",
                mine ? AMOUNT : 1000);
    }
    buf_puts(&b, "]}");
    return buf_str(&b);
}

TEST_STORE(groups_longer_than_a_page_are_still_one_payment)
{
    struct str ours = captured();
    struct intake_result r;
    struct err e = { 0 };

    counter_forward(desk(), 86400);
    check_ok(intake_take(&desk()->till, monday, STR("f"), long_day(ours, txn_of(ours), 2300, 900),
                         STR("staff:1"), test_arena(), &r, &e),
             e);
    check(!r.quarantined);
    check_int(r.day->file_count, 3200);
    check_int(r.day->matched_count, 1);
    check_int(r.day->open_count, 3199);
    check_int(r.day->exception_count, RECONCILE_SHOWN_MAX);
    check_int(r.day->residual_vnd, 0);
    check_str(verdict_of(r.day), "breaks");
}

TEST(the_table_of_classes_is_whole)
{
    for (int i = 0; i < MATCH_COUNT; i++) {
        const enum match_class c = (enum match_class)i;
        enum match_class back;
        check(match_find(str_c(match_name(c)), &back) && back == c);
        check(str_starts(str_c(match_text(c)), STR("match.")));
        check(match_priority(c) >= 0 && match_priority(c) <= 4);
        check(match_action(c)[0] != '\0');
        check((match_weight(c) == MATCH_GOOD) == (match_priority(c) == 0));
    }
    check(!match_find(STR("NONE"), &(enum match_class){ MATCH_OK }));
}
