/* The books: every posting, and every way of tampering with them is found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "payments/ledger.h"
#include "payments/ledger_row.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

static struct bill bill_of(struct fee_line *lines)
{
    struct bill b = { .lines = lines, .count = 2 };
    struct err e = { .code = ERR_NONE };

    lines[0] = (struct fee_line){ .fee = STR("p"),
                                  .kind = FEE_PHI,
                                  .gross_vnd = 1001,
                                  .reduction_vnd = 100,
                                  .net_vnd = 901,
                                  .retained_vnd = 810,
                                  .budget_vnd = 91 };
    lines[1] = (struct fee_line){
        .fee = STR("l"), .kind = FEE_LE_PHI, .gross_vnd = 99, .net_vnd = 99, .budget_vnd = 99
    };
    check_ok(bill_sum(&b, test_arena(), &e), e);
    return b;
}

static int64_t sum_of(const struct ledger_journal *j, int account, enum ledger_side side)
{
    int64_t vnd = 0;

    for (size_t i = 0; i < j->count; i++)
        if ((int)j->postings[i].account == account && j->postings[i].side == side)
            vnd += j->postings[i].amount_vnd;
    return vnd;
}

static int64_t side_of(const struct ledger_journal *j, enum ledger_side side)
{
    int64_t vnd = 0;

    for (size_t i = 0; i < j->count; i++)
        vnd += j->postings[i].side == side ? j->postings[i].amount_vnd : 0;
    return vnd;
}

TEST(an_assessment_posts_what_is_due_and_what_was_waived)
{
    struct fee_line lines[2];
    const struct bill b = bill_of(lines);
    struct ledger_journal j = ledger_journal_make(STR("A"), "J1", STR("s"));
    struct ledger_journal r = ledger_journal_make(STR("A"), "J1R", STR("s"));

    ledger_put_assess(&j, &b);
    check_int(sum_of(&j, 1130, LEDGER_DEBIT), 1000);
    check_int(sum_of(&j, 2100, LEDGER_CREDIT), 1000);
    check_int(sum_of(&j, 9100, LEDGER_DEBIT), 100);
    check_int(sum_of(&j, 9101, LEDGER_CREDIT), 100);
    ledger_put_withdraw(&r, &b);
    for (size_t i = 0; i < j.count; i++)
        check_int(sum_of(&r, (int)j.postings[i].account,
                         j.postings[i].side == LEDGER_DEBIT ? LEDGER_CREDIT : LEDGER_DEBIT),
                  j.postings[i].amount_vnd);
}

TEST(a_capture_is_split_by_law)
{
    struct fee_line lines[2];
    const struct bill b = bill_of(lines);
    struct ledger_journal j = ledger_journal_make(STR("A"), "J2", STR("s"));

    ledger_put_capture(&j, &b, LEDGER_1110, 0);
    check_int(sum_of(&j, 1110, LEDGER_DEBIT), 1000);
    check_int(sum_of(&j, 2100, LEDGER_DEBIT), 1000);
    check_int(sum_of(&j, 1130, LEDGER_CREDIT), 1000);
    check_int(sum_of(&j, 2110, LEDGER_CREDIT), 99);
    check_int(sum_of(&j, 2120, LEDGER_CREDIT), 91);
    check_int(sum_of(&j, 2130, LEDGER_CREDIT), 810);
    check_int(side_of(&j, LEDGER_DEBIT), side_of(&j, LEDGER_CREDIT));
}

TEST(money_that_is_held_goes_to_suspense)
{
    struct ledger_journal j = ledger_journal_make(STR("A"), "J2b", STR("s"));

    ledger_put_held(&j, LEDGER_1110, 70);
    check_int(sum_of(&j, 1110, LEDGER_DEBIT), 70);
    check_int(sum_of(&j, 2150, LEDGER_CREDIT), 70);
}

/* Every other posting: put by a function below, told by debits and credits. */
static const struct ledger_split parts[] = {
    { LEDGER_2110, { "l", 1 }, 99 },
    { LEDGER_2120, { "p", 1 }, 91 },
    { LEDGER_2130, { "p", 1 }, 810 },
};

static void put_assess(struct ledger_journal *j, const struct bill *b)
{
    ledger_put_assess(j, b);
}

static void put_completed(struct ledger_journal *j, const struct bill *b)
{
    ledger_put_capture(j, b, LEDGER_1120, 400);
}

static void put_cash(struct ledger_journal *j, const struct bill *b)
{
    ledger_put_capture(j, b, LEDGER_1140, 0);
}

static void put_identified(struct ledger_journal *j, const struct bill *b)
{
    ledger_put_capture(j, b, LEDGER_2160, 0);
}

static void put_deposit(struct ledger_journal *j, const struct bill *b)
{
    ledger_put_deposit(j, b->total_vnd);
}

static void put_settled(struct ledger_journal *j, const struct bill *b)
{
    ledger_put_settled(j, b->total_vnd, 7);
}

static void put_invoiced(struct ledger_journal *j, const struct bill *b)
{
    (void)b;
    ledger_put_fee_invoiced(j, 7);
}

static void put_remitted(struct ledger_journal *j, const struct bill *b)
{
    (void)b;
    ledger_put_remitted(j, parts, 2);
}

static void put_released(struct ledger_journal *j, const struct bill *b)
{
    (void)b;
    ledger_put_remitted(j, parts + 2, 1);
}

static void put_reserved(struct ledger_journal *j, const struct bill *b)
{
    (void)b;
    ledger_put_reserved(j, parts, 3, 50);
}

static void put_reserved_back(struct ledger_journal *j, const struct bill *b)
{
    struct ledger_journal of = ledger_journal_make(STR("A"), "J5", STR("of"));

    put_reserved(&of, b);
    ledger_put_reverse(j, &of);
    check_str(j->corrects, "of");
}

static void put_ordered(struct ledger_journal *j, const struct bill *b)
{
    struct ledger_journal of = ledger_journal_make(STR("A"), "J5", STR("of"));

    put_reserved(&of, b);
    ledger_put_ordered(j, &of);
}

static void put_refunded(struct ledger_journal *j, const struct bill *b)
{
    (void)b;
    ledger_put_refunded(j, LEDGER_1110, 50);
}

static void put_treasury_paid(struct ledger_journal *j, const struct bill *b)
{
    (void)b;
    ledger_put_refunded(j, LEDGER_1150, 50);
}

static void put_unidentified(struct ledger_journal *j, const struct bill *b)
{
    (void)b;
    ledger_put_unidentified(j, LEDGER_1120, 50);
}

static void put_sent_back(struct ledger_journal *j, const struct bill *b)
{
    (void)b;
    ledger_put_sent_back(j, LEDGER_1120, 50);
}

static void put_disputed(struct ledger_journal *j, const struct bill *b)
{
    ledger_put_disputed(j, LEDGER_1110, b->total_vnd);
}

static void put_taken_back(struct ledger_journal *j, const struct bill *b)
{
    (void)b;
    ledger_put_taken_back(j, parts, 3, LEDGER_1180, 600);
}

static void put_taken_back_more(struct ledger_journal *j, const struct bill *b)
{
    (void)b;
    ledger_put_taken_back(j, parts, 3, LEDGER_1180, 1600);
}

static void put_unheld(struct ledger_journal *j, const struct bill *b)
{
    (void)b;
    ledger_put_unheld(j, LEDGER_1190, 50);
}

static void put_written_off(struct ledger_journal *j, const struct bill *b)
{
    (void)b;
    ledger_put_written_off(j, LEDGER_1180, 50);
}

static const struct {
    const char *name;
    void (*put)(struct ledger_journal *j, const struct bill *b);
    struct {
        int account;
        int64_t vnd; /* > 0 debit, < 0 credit */
    } expect[8];
} put_cases[] = {
    { "J1", put_assess, { { 1130, 1000 }, { 9100, 100 }, { 2100, -1000 }, { 9101, -100 } } },
    { "J2 of 400 held",
      put_completed,
      { { 1120, 600 },
        { 2150, 400 },
        { 2100, 1000 },
        { 1130, -1000 },
        { 2110, -99 },
        { 2120, -91 },
        { 2130, -810 } } },
    { "J2d",
      put_cash,
      { { 1140, 1000 },
        { 2100, 1000 },
        { 1130, -1000 },
        { 2110, -99 },
        { 2120, -91 },
        { 2130, -810 } } },
    { "J2d deposit", put_deposit, { { 1120, 1000 }, { 1140, -1000 } } },
    { "J3", put_settled, { { 1120, 993 }, { 6110, 7 }, { 1110, -1000 } } },
    { "J3b", put_invoiced, { { 6110, 7 }, { 2190, -7 } } },
    { "J4", put_remitted, { { 2110, 99 }, { 2120, 91 }, { 1120, -190 } } },
    { "J4b", put_released, { { 2130, 810 }, { 1120, -810 } } },
    { "J5",
      put_reserved,
      { { 2110, 99 }, { 2120, 91 }, { 2130, 810 }, { 2150, 50 }, { 2140, -1050 } } },
    { "J5R",
      put_reserved_back,
      { { 2110, -99 }, { 2120, -91 }, { 2130, -810 }, { 2150, -50 }, { 2140, 1050 } } },
    { "J6", put_refunded, { { 2140, 50 }, { 1110, -50 } } },
    { "J6t", put_ordered, { { 1150, 1000 }, { 2110, -99 }, { 2120, -91 }, { 2130, -810 } } },
    { "J6u", put_treasury_paid, { { 2140, 50 }, { 1150, -50 } } },
    { "J7", put_unidentified, { { 1120, 50 }, { 2160, -50 } } },
    { "J7 identified",
      put_identified,
      { { 2160, 1000 },
        { 2100, 1000 },
        { 1130, -1000 },
        { 2110, -99 },
        { 2120, -91 },
        { 2130, -810 } } },
    { "J7 returned", put_sent_back, { { 2160, 50 }, { 1120, -50 } } },
    { "J8", put_disputed, { { 1180, 1000 }, { 1110, -1000 } } },
    { "J8a",
      put_taken_back,
      { { 2110, 99 },
        { 2120, 91 },
        { 2130, 810 },
        { 1130, 1000 },
        { 2100, -1000 },
        { 1180, -600 },
        { 2150, -400 } } },
    { "J8a of more than the bill",
      put_taken_back_more,
      { { 2110, 99 },
        { 2120, 91 },
        { 2130, 810 },
        { 1130, 1000 },
        { 2150, 600 },
        { 2100, -1000 },
        { 1180, -1600 } } },
    { "J9 of held money", put_unheld, { { 2150, 50 }, { 1190, -50 } } },
    { "J10", put_written_off, { { 6120, 50 }, { 1180, -50 } } },
};

TEST(every_posting_balances_and_stands_on_its_side)
{
    struct fee_line lines[2];
    const struct bill b = bill_of(lines);

    for (size_t i = 0; i < LEN(put_cases); i++) {
        struct ledger_journal j = ledger_journal_make(STR("A"), put_cases[i].name, STR("s"));
        size_t n = 0;

        put_cases[i].put(&j, &b);
        check_int(side_of(&j, LEDGER_DEBIT), side_of(&j, LEDGER_CREDIT));
        while (n < LEN(put_cases[i].expect) && put_cases[i].expect[n].account != 0)
            n++;
        if (j.count != n)
            test_fail(__FILE__, __LINE__, "%s: %zu postings", put_cases[i].name, j.count);
        for (size_t k = 0; k < n; k++) {
            const int64_t vnd = put_cases[i].expect[k].vnd;

            if (sum_of(&j, put_cases[i].expect[k].account,
                       vnd > 0 ? LEDGER_DEBIT : LEDGER_CREDIT) != (vnd > 0 ? vnd : -vnd))
                test_fail(__FILE__, __LINE__, "%s: account %d", put_cases[i].name,
                          put_cases[i].expect[k].account);
        }
    }
}

/* Refunds of odd amounts in any order: no part is ever below zero, and in the end all is shared. */
TEST(shares_are_never_negative_and_add_up)
{
    static const int64_t bills[][4] = {
        { 1, 1, 1, 1 }, { 99, 91, 810, 0 }, { 3, 1000003, 7, 11 }, { 9007199254740991, 1, 0, 5 }
    };

    for (size_t i = 0; i < LEN(bills); i++) {
        struct ledger_split left[4], out[4];
        int64_t sum = 0, x = 12345;

        for (size_t k = 0; k < 4; k++) {
            left[k] = (struct ledger_split){ .account = LEDGER_2110, .amount_vnd = bills[i][k] };
            sum += bills[i][k];
        }
        while (sum > 0) {
            int64_t given = 0, amount;

            x = (x * 1103515245 + 12345) % 2147483648;
            amount = sum < 40 ? 1 : x % (sum / 3) + 1;
            ledger_share(left, 4, amount, out);
            for (size_t k = 0; k < 4; k++) {
                check(out[k].amount_vnd >= 0 && out[k].amount_vnd <= left[k].amount_vnd);
                left[k].amount_vnd -= out[k].amount_vnd;
                given += out[k].amount_vnd;
            }
            check_int(given, amount);
            sum -= amount;
        }
    }
}

TEST_STORE(the_trial_balance_is_told_for_any_moment)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    const int64_t assessed_ms = c->clock.fixed_ms;
    struct str ref = counter_start(c, &o);
    struct ledger_balance *all;
    size_t count;
    struct err e = { .code = ERR_NONE };
    const int64_t want[] = { 0, COUNTER_ORDER, 3 * (int64_t)COUNTER_ORDER };

    counter_pay(c, ref);
    counter_forward(c, 1);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    for (int i = 0; i < 3; i++) {
        int64_t debit = 0, credit = 0;

        check_ok(ledger_trial_balance_at(c->till.store, STR("H56.14"),
                                         assessed_ms - 1 + i * 500 + (i == 2 ? 1 : 0), test_arena(),
                                         &all, &count, &e),
                 e);
        for (size_t k = 0; k < count; k++) {
            debit += all[k].debit_vnd;
            credit += all[k].credit_vnd;
        }
        check_int(debit, credit);
        check_int(debit, want[i]);
    }
}

struct posting {
    struct ledger_journal *j;
};

static result post(struct sql *db, void *arg, struct err *e)
{
    struct posting *p = arg;

    return ledger_post(db, 1, p->j, test_arena(), e);
}

static result post_one(struct counter *c, struct ledger_journal *j, struct err *e)
{
    struct posting p = { j };

    j->day = (struct date){ 2026, 11, 23 };
    return sql_transact(c->till.store, post, &p, e);
}

TEST_STORE(what_does_not_balance_or_was_posted_before_is_refused)
{
    struct counter *c = counter_open();
    struct ledger_journal j = ledger_journal_make(STR("A"), "J2c", STR("once"));
    struct err e = { .code = ERR_NONE };

    check_fails(post_one(c, &j, &e), e, ERR_INTERNAL); /* empty */
    ledger_put(&j, LEDGER_1120, LEDGER_DEBIT, 70, STR(""));
    check_fails(post_one(c, &j, &e), e, ERR_INTERNAL);
    ledger_put(&j, LEDGER_2150, LEDGER_CREDIT, 69, STR(""));
    check_fails(post_one(c, &j, &e), e, ERR_INTERNAL);
    ledger_put(&j, LEDGER_2150, LEDGER_CREDIT, 1, STR(""));
    check_ok(post_one(c, &j, &e), e);
    check_fails(post_one(c, &j, &e), e, ERR_CONFLICT);
    check_int(counter_balance(c, 1120), 70);
    j.agency_id = STR("B"); /* another agency has its own sources */
    check_ok(post_one(c, &j, &e), e);
    check_int(counter_balance(c, 1120), 140);
    counter_books_hold(c);
}

TEST_STORE(the_trial_balance_is_of_one_agency_up_to_a_day_and_balances)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct ledger_balance *all;
    int64_t debit = 0, credit = 0;
    size_t count;
    struct err e = { .code = ERR_NONE };

    counter_pay(c, ref);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    check_ok(ledger_trial_balance(c->till.store, STR("H56.14"), (struct date){ 2026, 11, 23 },
                                  test_arena(), &all, &count, &e),
             e);
    for (size_t i = 0; i < count; i++) {
        debit += all[i].debit_vnd;
        credit += all[i].credit_vnd;
        check(all[i].name.n > 0);
    }
    check_int(debit, credit);
    check_int(debit, 3 * COUNTER_ORDER);
    check_ok(ledger_trial_balance(c->till.store, STR("H56.14"), (struct date){ 2026, 11, 22 },
                                  test_arena(), &all, &count, &e),
             e);
    for (size_t i = 0; i < count; i++)
        check_int(all[i].debit_vnd, 0);
    check_ok(ledger_trial_balance(c->till.store, STR("H99"), (struct date){ 2026, 11, 23 },
                                  test_arena(), &all, &count, &e),
             e);
    check_int(all[0].debit_vnd, 0);
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

/* Whoever changes a row cannot leave the hashes after it as they are. */
TEST(the_hash_of_a_journal_holds_every_field_and_the_one_before_it)
{
    struct ledger_journal j = ledger_journal_make(STR("A"), "J2", STR("s"));
    const struct ledger_place at = { .slot = 1, .n = 2, .at_ms = 3, .prev_hash = STR("p") };
    struct ledger_journal js[11];
    struct ledger_place ats[LEN(js) + 5];
    struct str hashes[LEN(ats)];
    struct err e = { .code = ERR_NONE };

    ledger_put(&j, LEDGER_1110, LEDGER_DEBIT, 70, STR("f"));
    ledger_put(&j, LEDGER_2150, LEDGER_CREDIT, 70, STR(""));
    for (size_t i = 0; i < LEN(js); i++)
        js[i] = j;
    for (size_t i = 0; i < LEN(ats); i++)
        ats[i] = at;
    js[1].agency_id = STR("B");
    js[2].kind = STR("J3");
    js[3].source = STR("t");
    js[4].order_id = STR("o");
    js[5].attempt_n = 1;
    js[6].day = (struct date){ 2026, 11, 23 };
    js[7].corrects = STR("c");
    js[8].postings[0].account = LEDGER_1120;
    js[9].postings[0].amount_vnd = 71;
    js[10].postings[0].fee = STR("g");
    ats[LEN(js)].slot = 9;
    ats[LEN(js) + 1].n = 9;
    ats[LEN(js) + 2].at_ms = 9;
    ats[LEN(js) + 3].prev_hash = STR("q");
    ats[LEN(js) + 4].prev_hash = STR("");
    for (size_t i = 0; i < LEN(ats); i++) {
        check_ok(
            ledger_journal_hash(i < LEN(js) ? &js[i] : &j, &ats[i], test_arena(), &hashes[i], &e),
            e);
        for (size_t k = 0; k < i; k++)
            if (str_eq(hashes[k], hashes[i]))
                test_fail(__FILE__, __LINE__, "change %zu is not in the hash", i);
    }
}

static const struct {
    const char *spoil, *mend;
} cases[] = {
    { "UPDATE posting SET amount_vnd = amount_vnd + 1 WHERE account = 1110",
      "UPDATE posting SET amount_vnd = amount_vnd - 1 WHERE account = 1110" },
    /* balanced, but not what was posted */
    { "UPDATE posting SET amount_vnd = amount_vnd + 1 WHERE account IN (1130, 2100)",
      "UPDATE posting SET amount_vnd = amount_vnd - 1 WHERE account IN (1130, 2100)" },
    { "UPDATE posting SET fee = 'x' WHERE account = 2110",
      "UPDATE posting SET fee = 'land_change' WHERE account = 2110" },
    { "UPDATE journal SET day = '2026-11-22' WHERE kind = 'J2'",
      "UPDATE journal SET day = '2026-11-23' WHERE kind = 'J2'" },
    /* what only the hash holds */
    { "UPDATE journal SET at_ms = at_ms + 1 WHERE kind = 'J2'",
      "UPDATE journal SET at_ms = at_ms - 1 WHERE kind = 'J2'" },
    { "UPDATE journal SET kind = 'J2c' WHERE kind = 'J2'",
      "UPDATE journal SET kind = 'J2' WHERE kind = 'J2c'" },
    { "UPDATE ledger_head SET n = n - 1 WHERE n > 0", "UPDATE ledger_head SET n = n + 1" },
    { "UPDATE ledger_head SET hash = 'x' || hash",
      "UPDATE ledger_head SET hash = substr(hash, 2)" },
    { "UPDATE receipt SET number = number + 1000 WHERE kind = 1",
      "UPDATE receipt SET number = number - 1000 WHERE kind = 1" },
    { "UPDATE receipt SET amount_vnd = amount_vnd + 1 WHERE kind = 1",
      "UPDATE receipt SET amount_vnd = amount_vnd - 1 WHERE kind = 1" },
    { "UPDATE receipt_head SET last = last + 1", "UPDATE receipt_head SET last = last - 1" },
    { "UPDATE order_line SET gross_vnd = gross_vnd + 1, net_vnd = net_vnd + 1, "
      "budget_vnd = budget_vnd + 1 WHERE n = 1",
      "UPDATE order_line SET gross_vnd = gross_vnd - 1, net_vnd = net_vnd - 1, "
      "budget_vnd = budget_vnd - 1 WHERE n = 1" },
    { "UPDATE attempt SET state = 'failed', captured_ms = 0, captured_vnd = 0",
      "UPDATE attempt SET state = 'captured', captured_ms = 1, captured_vnd = amount_vnd" },
    { "UPDATE attempt SET captured_vnd = captured_vnd + 1",
      "UPDATE attempt SET captured_vnd = captured_vnd - 1" },
    { "UPDATE orders SET state = 'expired'", "UPDATE orders SET state = 'paid'" },
    { "UPDATE orders SET carried_vnd = 1", "UPDATE orders SET carried_vnd = 0" },
    { "UPDATE orders SET refunded_vnd = 1", "UPDATE orders SET refunded_vnd = 0" },
    { "UPDATE orders SET reserved_vnd = 1", "UPDATE orders SET reserved_vnd = 0" },
    { "UPDATE orders SET state = 'refunded', refunded_vnd = captured_vnd",
      "UPDATE orders SET state = 'paid', refunded_vnd = 0" },
    { "UPDATE orders SET event_seq = event_seq + 1",
      "UPDATE orders SET event_seq = event_seq - 1" },
    { "UPDATE order_event SET to_state = 'failed' WHERE event = 'paid'",
      "UPDATE order_event SET to_state = 'captured' WHERE event = 'paid'" },
    { "UPDATE order_event SET event = 'unpaid' WHERE event = 'paid'",
      "UPDATE order_event SET event = 'paid' WHERE event = 'unpaid'" },
    { "UPDATE order_event SET seq = seq + 100 WHERE event = 'captured'",
      "UPDATE order_event SET seq = seq - 100 WHERE event = 'captured'" },
    { "UPDATE attempt SET state = 'reversed', reversed_ms = 1",
      "UPDATE attempt SET state = 'captured', reversed_ms = 0" },
    { "UPDATE receipt SET revision = revision + 1", "UPDATE receipt SET revision = revision - 1" },
    { "INSERT INTO journal SELECT agency_id, 99, n, kind, source || 'x', order_id, attempt_n, "
      "day, corrects, at_ms, total_vnd, prev_hash, hash FROM journal WHERE kind = 'J1'",
      "DELETE FROM journal WHERE slot = 99" },
    { "DELETE FROM posting WHERE account = 2110", NULL },
};

TEST_STORE(every_kind_of_tampering_is_found)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct err e = { .code = ERR_NONE };

    counter_pay(c, ref);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    counter_books_hold(c);
    for (size_t i = 0; i < LEN(cases); i++) {
        struct ledger_report report;

        tamper(cases[i].spoil);
        if (!ledger_verify(c->till.store, &report, &e).failed)
            test_fail(__FILE__, __LINE__, "not found: %s", cases[i].spoil);
        check_int(e.code, ERR_BROKEN_CHAIN);
        if (cases[i].mend != NULL) {
            tamper(cases[i].mend);
            counter_books_hold(c);
        }
    }
}

TEST_STORE(a_line_that_was_changed_is_neither_shown_nor_charged)
{
    static const char *const spoil[][2] = {
        { "UPDATE order_line SET basis = basis || 'x'",
          "UPDATE order_line SET basis = substr(basis, 1, length(basis) - 1)" },
        { "UPDATE order_line SET quantity = quantity + 1",
          "UPDATE order_line SET quantity = quantity - 1" },
        { "UPDATE order_line SET kind = 3 - kind, retained_vnd = 0, budget_vnd = net_vnd", NULL },
        { "UPDATE order_line SET gross_vnd = 1, reduction_vnd = 0, net_vnd = 1, retained_vnd = 0, "
          "budget_vnd = 1",
          NULL },
        { "UPDATE orders SET total_vnd = 2", NULL },
    };
    struct counter *c = counter_open();
    const struct order o = counter_order(c);
    struct err e = { .code = ERR_NONE };

    for (size_t i = 0; i < LEN(spoil); i++) {
        struct attempt_way way;
        struct order x;

        tamper(spoil[i][0]);
        check_fails(order_load(&c->till, o.id, STR(""), test_arena(), &x, &e), e, ERR_BROKEN_CHAIN);
        check_fails(attempt_start(&c->till, &o, counter_by("portal"), counter_cause(), test_arena(),
                                  &way, &e),
                    e, ERR_BROKEN_CHAIN);
        if (spoil[i][1] == NULL)
            continue;
        tamper(spoil[i][1]);
        check_ok(order_load(&c->till, o.id, STR(""), test_arena(), &x, &e), e);
    }
}

static result post_many(struct sql *db, void *arg, struct err *e)
{
    for (int i = 0; i < *(const int *)arg; i++) {
        struct ledger_journal j =
            ledger_journal_make(STR("A"), "J2c", str_fmt(test_arena(), "s%d", i));

        j.day = (struct date){ 2026, 11, 23 };
        ledger_put_held(&j, LEDGER_1120, i + 1);
        TRY(ledger_post(db, 1, &j, test_arena(), e));
    }
    return OK;
}

TEST_STORE(many_journals_verify_over_pages_and_are_counted)
{
    struct counter *c = counter_open();
    struct ledger_report report;
    struct err e = { .code = ERR_NONE };

    check_ok(sql_transact(c->till.store, post_many, &(int){ 1203 }, &e), e);
    check_ok(ledger_verify(c->till.store, &report, &e), e);
    check_int(report.journals, 1203);
    check_int(report.postings, 2406);
}

TEST(the_chart_knows_its_accounts)
{
    check(ledger_account_name(1110) != NULL);
    check(ledger_account_name(9999) == NULL);
}
