/* What a source paid over: journals to the dong, once, and reversed when a day is opened again. */
#include <stdlib.h>

#include "crypto/digest.h"
#include "finance/exception.h"
#include "finance/payout.h"
#include "payments/ledger.h"
#include "payments/refund.h"
#include "payments/refund_order.h"
#include "tests/finance/day_file.h"
#include "tests/finance/residuals.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

#define AMOUNT COUNTER_ORDER

static const struct date monday = { 2026, 11, 23 };
static struct office office;

static struct counter *desk(void)
{
    struct counter *c = counter_open();

    c->till.account = STR(DAY_FILE_ACCOUNT);
    office.till = &c->till;
    return c;
}

static struct proposal_actor person(const char *name)
{
    return (struct proposal_actor){ .name = str_c(name),
                                    .limit_vnd = INT64_MAX,
                                    .request_id = STR("rq-3"),
                                    .ip = STR("203.0.113.9") };
}

/* A capture of the agency, by reference. */
static struct str captured_at(const char *agency)
{
    static int n;
    struct counter *c = desk();
    struct order_request rq = counter_request();
    struct err e = { 0 };

    rq.reference = str_fmt(test_arena(), "H56.14-261123-%04d", ++n);
    rq.agency_id = str_c(agency);
    const struct order o = counter_order_for(c, &rq);
    const struct str reference = counter_start(c, &o);
    counter_pay(c, reference);
    check_ok(attempt_ask(&c->till, reference, counter_cause(), &e), e);
    return reference;
}

static struct attempt attempt(struct str reference)
{
    struct attempt at;
    struct err e = { 0 };

    check_ok(attempt_load(&desk()->till, reference, test_arena(), &at, &e), e);
    return at;
}

static struct settlement_line *settled(struct day_file *f, struct str reference)
{
    const struct attempt at = attempt(reference);
    struct settlement_line *l = day_file_add(f, at.portal_txn, reference, at.captured_vnd);

    l->account = STR("");
    return l;
}

/* Only accepted here, not reconciled: payouts read the file. */
static void take(const struct day_file *f)
{
    struct intake_result r;
    struct err e = { 0 };

    if (desk()->clock.fixed_ms < clock_day_start_ms(f->day) + 86400000LL)
        counter_forward(desk(), 86400);
    check_ok(intake_take(&desk()->till, f->day, STR("f"), day_file_print(f, SETTLEMENT_MC1),
                         STR("staff:1"), test_arena(), &r, &e),
             e);
    if (r.quarantined)
        test_fail(__FILE__, __LINE__, "quarantined: %.*s", STR_ARG(r.file.faults));
}

struct act {
    result (*what)(struct sql *, const struct office *, const struct payout_day *, struct arena *,
                   int64_t *, struct err *);
    struct payout_day day;
    int after; /* days after Monday */
    int64_t count;
};

static result act_run(struct sql *db, void *arg, struct err *e)
{
    struct act *k = arg;

    return k->what(db, &office, &k->day, test_arena(), &k->count, e);
}

static result act(struct act *k, struct err *e)
{
    k->day = (struct payout_day){ .provider = STR("PP"),
                                  .account = STR(DAY_FILE_ACCOUNT),
                                  .day = date_add_days(monday, k->after) };
    return sql_transact(desk()->till.store, act_run, k, e);
}

static int64_t post_after(int days)
{
    struct act k = { .what = payout_post, .after = days };
    struct err e = { 0 };

    check_ok(act(&k, &e), e);
    return k.count;
}

static int64_t post(void)
{
    return post_after(0);
}

static int64_t reverse(void)
{
    struct act k = { .what = payout_reverse };
    struct err e = { 0 };

    check_ok(act(&k, &e), e);
    return k.count;
}

static struct payout *listed(const char *state, size_t *count)
{
    const struct payout_filter q = { .state = str_c(state), .most = 10 };
    struct payout *list;
    struct err e = { 0 };

    check_ok(payout_list(&office, &q, test_arena(), &list, count, &e), e);
    return list;
}

static int64_t balance(int account)
{
    return counter_balance(desk(), account);
}

TEST_STORE(a_day_is_paid_over_to_each_body_once)
{
    struct day_file f = day_file_make(monday, 1);
    struct act again = { .what = payout_post };
    struct err e = { 0 };
    struct payout *list;
    struct payout_item *items;
    size_t count;

    const struct str a = captured_at("H56.14"), b = captured_at("H56.14");
    (void)settled(&f, a);
    (void)settled(&f, b);
    (void)settled(&f, captured_at("H56.15"));
    const struct str later = captured_at("H56.15");
    take(&f);
    check_str(attempt(a).settled_day, "");
    check_int(post(), 2);
    list = listed("", &count);
    check_int(count, 2);
    check_str(list[1].agency_id, "H56.14");
    check_int(list[1].payments, 2);
    check_int(list[1].gross_vnd, 2 * AMOUNT);
    check_int(list[1].net_vnd, 2 * AMOUNT);
    check_str(list[1].beneficiary, "3713.0.1234567.00000");
    check_str(list[0].beneficiary, "3713.0.1234568.00000");
    check_int(list[0].payments, 1);
    check_str(attempt(a).settled_day, "2026-11-23");
    check_str(attempt(later).settled_day, "");
    check_int(list[0].net_vnd, attempt(later).captured_vnd);
    check_int(balance(1110), attempt(later).captured_vnd);
    check_int(balance(1120), 2 * AMOUNT + attempt(later).captured_vnd);
    check_ok(payout_items(&office, &list[1], 0, 10, test_arena(), &items, &count, &e), e);
    check_int(count, 2);
    check_str(items[0].reference, str_cstr(test_arena(), a));
    check_str(items[1].reference, str_cstr(test_arena(), b));
    check_int(items[1].vnd, AMOUNT);
    check_fails(act(&again, &e), e, ERR_CONFLICT);
    counter_books_hold(desk());
    check_residuals(&office);
}

TEST_STORE(fees_are_deducted_or_invoiced_as_the_file_says)
{
    struct day_file f = day_file_make(monday, 1);
    struct payout *list;
    size_t count;

    settled(&f, captured_at("H56.14"))->fee_vnd = 3301;
    settled(&f, captured_at("H56.14"))->fee_vnd = 1;
    take(&f);
    check_int(post(), 1);
    list = listed("", &count);
    check_int(list[0].fee_vnd, 3302);
    check_int(list[0].invoiced_vnd, 0);
    check_int(list[0].net_vnd, 2 * AMOUNT - 3302);
    check_int(balance(1120), 2 * AMOUNT - 3302);
    check_int(balance(6110), 3302);
    check_int(balance(1110), 0);
    counter_books_hold(desk());
    check_residuals(&office);
}

/* Paid back before the capture was paid over. */
static void refunded(struct str reference, int64_t vnd)
{
    const struct proposal_actor an = person("staff:an"), binh = person("staff:binh");
    const struct order_cause by = { .actor = STR("staff:an"), .source = STR("page") };
    const struct refund_word paid = { REFUND_EV_PAID, STR("FT26327001"), STR("") };
    struct refund_request rq = { .order_id = attempt(reference).order_id,
                                 .amount_vnd = vnd,
                                 .reason = STR("wrong_fee"),
                                 .remark = STR("as the dossier says"),
                                 .payee = { STR("Nguyễn Thị Hòa"), STR("VCB"),
                                            STR("0011001234567") } };
    struct proposal_decision yes = { .verdict = PROPOSAL_APPROVED };
    struct order now;
    struct proposal p;
    struct refund r;
    struct err e = { 0 };

    check_ok(order_load(&desk()->till, rq.order_id, STR(""), test_arena(), &now, &e), e);
    rq.available_vnd = order_available_vnd(&now);
    check_ok(refund_request(&desk()->till, &rq, &an, "page", test_arena(), &r, &e), e);
    yes.id = r.proposal_id;
    yes.hash = r.hash;
    check_ok(proposal_decide(&desk()->till, &yes, &binh, test_arena(), &p, &e), e);
    check_ok(refund_order_make(&desk()->till, r.id, &by, test_arena(), &r, &e), e);
    check_ok(refund_settle(&desk()->till, r.id, &paid, &by, test_arena(), &r, &e), e);
    check_int(r.account, 1110);
}

static void netted(struct day_file *f, struct str reference, const char *txn, int64_t vnd)
{
    struct settlement_line *l = day_file_add(f, str_c(txn), reference, vnd);

    l->account = STR("");
    l->kind = SETTLEMENT_REFUND;
    l->original_ref = attempt(reference).portal_txn;
}

TEST_STORE(one_line_nets_one_refund)
{
    struct day_file f = day_file_make(monday, 1);
    struct payout *list;
    size_t count;

    const struct str a = captured_at("H56.14");
    refunded(a, 20000);
    refunded(a, 20000); /* of which the source has paid one so far */
    (void)settled(&f, a);
    netted(&f, a, "RF-1", 20000);
    take(&f);
    check_int(post(), 1);
    list = listed("", &count);
    check_int(list[0].returns, 1);
    check_int(list[0].returned_vnd, 20000);
    check_int(list[0].net_vnd, AMOUNT - 20000);
    counter_books_hold(desk());
    check_residuals(&office);
}

TEST_STORE(two_lines_of_one_amount_net_two_refunds)
{
    struct day_file f = day_file_make(monday, 1);
    struct payout *list;
    size_t count;

    const struct str a = captured_at("H56.14");
    refunded(a, 20000);
    refunded(a, 20000);
    (void)settled(&f, a);
    netted(&f, a, "RF-1", 20000);
    netted(&f, a, "RF-2", 20000);
    take(&f);
    check_int(post(), 1);
    list = listed("", &count);
    check_int(list[0].returns, 2);
    check_int(list[0].returned_vnd, 40000);
    counter_books_hold(desk());
    check_residuals(&office);
}

TEST_STORE(what_does_not_agree_to_the_dong_is_not_settled)
{
    struct day_file f = day_file_make(monday, 1);
    const struct str less = captured_at("H56.14"), failed = captured_at("H56.14");
    const struct str good = captured_at("H56.14"), other = captured_at("H56.14");
    struct settlement_line *twice;

    settled(&f, less)->gross_vnd = AMOUNT - 1;
    settled(&f, failed)->success = false;
    settled(&f, other)->portal_txn = STR("ANOTHER");
    (void)settled(&f, good);
    twice = settled(&f, good);
    check(twice->gross_vnd == AMOUNT);
    take(&f);
    check_int(post(), 1);
    check_int(balance(1120), AMOUNT);
    check_int(balance(1110), 3 * AMOUNT);
    check_str(attempt(good).settled_day, "2026-11-23");
    check_str(attempt(less).settled_day, "");
    check_str(attempt(failed).settled_day, "");
    check_str(attempt(other).settled_day, "");
    counter_books_hold(desk());
    check_residuals(&office);
}

TEST_STORE(captures_of_another_day_are_settled_by_the_file_that_names_them_and_once)
{
    struct day_file f = day_file_make(monday, 1), next;
    const struct str a = captured_at("H56.14");
    struct str late[30];
    struct payout *list;
    size_t count;

    for (size_t i = 0; i < LEN(late); i++)
        late[i] = captured_at("H56.14");
    (void)settled(&f, a);
    take(&f);
    next = day_file_make(date_add_days(monday, 1), 2);
    next.opening_vnd = day_file_closing_vnd(&f);
    next.previous = digest_hex(test_arena(), digest_sha256(day_file_print(&f, SETTLEMENT_MC1)));
    (void)settled(&next, a);
    for (size_t i = 0; i < LEN(late); i++)
        (void)settled(&next, late[i]);
    take(&next);
    check_int(post(), 1);
    check_int(post_after(1), 1);
    list = listed("", &count);
    check_int(count, 2);
    check_int(list[0].payments + list[1].payments, 1 + LEN(late));
    check_str(attempt(a).settled_day, "2026-11-23");
    check_str(attempt(late[0]).settled_day, "2026-11-24");
    check_str(attempt(late[29]).settled_day, "2026-11-24");
    counter_books_hold(desk());
}

TEST_STORE(of_several_lines_the_first_that_agrees_settles)
{
    struct day_file f = day_file_make(monday, 1);
    const struct str a = captured_at("H56.14");
    struct payout_item *items;
    struct payout *list;
    struct err e = { 0 };
    size_t count;

    settled(&f, a)->success = false;
    settled(&f, a)->gross_vnd = AMOUNT + 1;
    settled(&f, a)->fee_vnd = 1100;
    settled(&f, a)->fee_vnd = 2200;
    take(&f);
    check_int(post(), 1);
    list = listed("", &count);
    check_int(list[0].payments, 1);
    check_int(list[0].fee_vnd, 1100);
    check_ok(payout_items(&office, &list[0], 0, 10, test_arena(), &items, &count, &e), e);
    check_int(count, 1);
    check_int(items[0].line, 3);
    counter_books_hold(desk());
}

TEST_STORE(a_day_that_is_opened_again_is_reversed_and_posted_anew)
{
    struct day_file f = day_file_make(monday, 1);
    const struct str a = captured_at("H56.14");
    const struct proposal_actor by = person("staff:an");
    struct payout_word w = { STR("FT26328001"), monday, AMOUNT };
    struct payout *list, x;
    struct err e = { 0 };
    size_t count;

    (void)settled(&f, a);
    take(&f);
    check_int(reverse(), 0);
    check_int(post(), 1);
    list = listed("open", &count);
    check_ok(payout_confirm(&office, list[0].id, &w, &by, test_arena(), &x, &e), e);
    check_int(x.state, PAYOUT_CONFIRMED);
    check_int(reverse(), 1);
    check_str(attempt(a).settled_day, "");
    check_int(balance(1120), 0);
    check_int(balance(1110), AMOUNT);
    counter_books_hold(desk());
    check_residuals(&office);
    check_int(post(), 1);
    list = listed("", &count);
    check_int(count, 1);
    check_int(list[0].revision, 2);
    check_int(list[0].state, PAYOUT_CONFIRMED); /* the same money */
    check_int(listed("reversed", &count)[0].revision, 1);
    check_int(balance(1120), AMOUNT);
    counter_books_hold(desk());
    check_residuals(&office);
}

TEST_STORE(money_that_arrived_is_confirmed_once_and_to_the_dong)
{
    struct day_file f = day_file_make(monday, 1);
    const struct proposal_actor by = person("staff:an");
    struct payout_word w = { STR("FT26328001"), monday, AMOUNT - 1 };
    struct payout *list, x;
    struct err e = { 0 };
    size_t count;

    (void)settled(&f, captured_at("H56.14"));
    take(&f);
    (void)post();
    list = listed("open", &count);
    check_fails(payout_confirm(&office, list[0].id, &w, &by, test_arena(), &x, &e), e,
                ERR_BUSINESS_RULE);
    check_str(str_c(e.field), "amount_vnd");
    w.amount_vnd = AMOUNT;
    w.number = STR(" ");
    check_fails(payout_confirm(&office, list[0].id, &w, &by, test_arena(), &x, &e), e, ERR_INVALID);
    w.number = STR("FT1");
    w.day = (struct date){ 2027, 1, 1 };
    check_fails(payout_confirm(&office, list[0].id, &w, &by, test_arena(), &x, &e), e, ERR_INVALID);
    w.day = monday;
    check_ok(payout_confirm(&office, list[0].id, &w, &by, test_arena(), &x, &e), e);
    check_str(x.bank_ref, "FT1");
    check_str(x.confirmed_by, "staff:an");
    check_ok(payout_confirm(&office, list[0].id, &w, &by, test_arena(), &x, &e), e);
    w.number = STR("FT2");
    check_fails(payout_confirm(&office, list[0].id, &w, &by, test_arena(), &x, &e), e,
                ERR_WRONG_STATE);
    check_fails(payout_confirm(&office, STR("po99.H56.14"), &w, &by, test_arena(), &x, &e), e,
                ERR_NOT_FOUND);
    check_fails(payout_confirm(&office, STR("po.H56.14"), &w, &by, test_arena(), &x, &e), e,
                ERR_NOT_FOUND);
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

static void books_broken(void)
{
    struct ledger_report report;
    struct err e = { 0 };

    check_fails(ledger_verify(desk()->till.store, &report, &e), e, ERR_BROKEN_CHAIN);
}

TEST_STORE(books_tell_a_payout_that_is_not_its_journal)
{
    static const char *const ways[][2] = {
        { "UPDATE payout SET gross_vnd = gross_vnd + 1, net_vnd = net_vnd + 1",
          "UPDATE payout SET gross_vnd = gross_vnd - 1, net_vnd = net_vnd - 1" },
        { "UPDATE payout_item SET vnd = vnd - 1", "UPDATE payout_item SET vnd = vnd + 1" },
        { "UPDATE payout SET invoiced_vnd = 5", "UPDATE payout SET invoiced_vnd = 0" },
        { "UPDATE payout SET n = n + 7", "UPDATE payout SET n = n - 7" },
        { "DELETE FROM payout_item", NULL },
    };
    struct day_file f = day_file_make(monday, 1);

    (void)settled(&f, captured_at("H56.14"));
    take(&f);
    (void)post();
    counter_books_hold(desk());
    check_residuals(&office);
    for (size_t i = 0; i < LEN(ways); i++) {
        tamper(ways[i][0]);
        books_broken();
        if (ways[i][1] != NULL) {
            tamper(ways[i][1]);
            counter_books_hold(desk());
            check_residuals(&office);
        }
    }
}

/* A bank's statement of the next day, with these credits. */
static struct payout_matched statement(const int64_t *credits, size_t count)
{
    const struct date tuesday = date_add_days(monday, 1);
    const struct payout_day s = { STR("PP"), STR(DAY_FILE_ACCOUNT), tuesday };
    struct day_file f = day_file_make(tuesday, 2);
    struct payout_matched m;
    struct intake_result r;
    struct err e = { 0 };

    for (size_t i = 0; i < count; i++)
        (void)day_file_add(&f, str_fmt(test_arena(), "FT%zu", i), STR(""), credits[i]);
    counter_forward(desk(), 86400);
    check_ok(intake_take(&desk()->till, f.day, STR("s"), day_file_print(&f, SETTLEMENT_BJ1),
                         STR("staff:1"), test_arena(), &r, &e),
             e);
    check(!r.quarantined);
    check_ok(payout_match(&office, &s, &m, &e), e);
    return m;
}

TEST_STORE(one_credit_of_the_statement_confirms_its_payout)
{
    const int64_t credits[] = { 5000, AMOUNT };
    struct day_file f = day_file_make(monday, 1);
    struct payout_matched m;
    size_t count;

    (void)settled(&f, captured_at("H56.14"));
    take(&f);
    (void)post();
    m = statement(credits, LEN(credits));
    check_int(m.confirmed, 1);
    check_int(m.unmatched, 1);
    check_str(listed("confirmed", &count)[0].bank_ref, "FT1");
    check_str(listed("confirmed", &count)[0].bank_day, "2026-11-24");
}

static struct exception *unidentified(size_t *count)
{
    const struct exception_filter q = {
        .tab = -1, .age = -1, .class = STR("MIS_OURS"), .closed_too = true, .most = 10
    };
    struct exception *list;
    struct err e = { 0 };

    check_ok(exception_list(&desk()->till, &q, test_arena(), &list, count, NULL, &e), e);
    return list;
}

/* The statement of a bank, as its source brings it. */
static void bank_told(struct date day)
{
    static const struct calendar every_day = { .id = { "every_day", 9 } };
    const struct source bank = { .id = STR("BIDV"),
                                 .role = SOURCE_BANK,
                                 .provider = STR("BIDV"),
                                 .account = STR(DAY_FILE_ACCOUNT),
                                 .calendar = &every_day,
                                 .cut_off_s = 86400 };
    struct day_file f = day_file_make(day, 2);
    struct intake_file in = {
        .source = &bank, .day = day, .name = STR("s"), .actor = STR("staff:1")
    };
    struct intake_result r;
    struct err e = { 0 };

    (void)day_file_add(&f, STR("FT0"), STR(""), 5000);
    (void)day_file_add(&f, STR("FT1"), STR(""), AMOUNT);
    in.bytes = day_file_print(&f, SETTLEMENT_BJ1);
    counter_forward(desk(), 86400);
    check_ok(intake_file(&office, &in, test_arena(), &r, &e), e);
    if (r.quarantined)
        test_fail(__FILE__, __LINE__, "%.*s", STR_ARG(r.file.faults));
}

static result stray(struct sql *db, void *arg, struct err *e)
{
    (void)arg;
    return payout_match_stray(db, &office, test_arena(), e);
}

/* On the list with its class, once; gone when the payout that it is has been posted. */
TEST_STORE(a_credit_that_nothing_explains_is_an_exception)
{
    struct day_file f = day_file_make(monday, 1);
    const struct payout_day s = { STR("BIDV"), STR(DAY_FILE_ACCOUNT), date_add_days(monday, 1) };
    struct payout_matched m;
    struct exception *list;
    struct err e = { 0 };
    size_t count;

    (void)settled(&f, captured_at("H56.14"));
    take(&f);
    bank_told(s.day); /* the day is not closed yet */
    list = unidentified(&count);
    check_int(count, 2);
    check_int(list[0].theirs_vnd + list[1].theirs_vnd, 5000 + AMOUNT);
    check_int(list[0].stage, EXCEPTION_OPEN);
    check_ok(payout_match(&office, &s, &m, &e), e);
    (void)unidentified(&count);
    check_int(count, 2); /* not again */
    (void)post();
    check_ok(sql_transact(desk()->till.store, stray, NULL, &e), e);
    list = unidentified(&count);
    check_int(count, 2);
    for (size_t i = 0; i < count; i++)
        check_int(list[i].stage,
                  list[i].theirs_vnd == AMOUNT ? EXCEPTION_AUTO_RESOLVED : EXCEPTION_OPEN);
    (void)listed("confirmed", &count);
    check_int(count, 1);
}

/* A credit without a number of its own has one by its place. */
TEST_STORE(a_credit_without_a_number_confirms_once)
{
    const struct date tuesday = date_add_days(monday, 1);
    const struct payout_day s = { STR("PP"), STR(DAY_FILE_ACCOUNT), tuesday };
    const int64_t credits[] = { AMOUNT };
    struct day_file f = day_file_make(monday, 1);
    const struct str a = captured_at("H56.14");
    struct payout_matched m;
    struct err e = { 0 };
    size_t count;

    (void)settled(&f, a);
    take(&f);
    (void)post();
    (void)statement(credits, LEN(credits));
    tamper("UPDATE payout SET state = 'open', bank_ref = '', bank_day = '', confirmed_ms = 0");
    tamper("UPDATE settlement_line SET portal_txn = '' WHERE portal_txn = 'FT0'");
    check_ok(payout_match(&office, &s, &m, &e), e);
    check_int(m.confirmed, 1);
    check(listed("confirmed", &count)[0].bank_ref.n > 0);
    check_ok(payout_match(&office, &s, &m, &e), e);
    check_int(m.confirmed, 0);
    check_int(m.unmatched, 0); /* it has told what it had to tell */
}

TEST_STORE(credits_that_are_not_the_sum_confirm_nothing)
{
    const int64_t credits[] = { AMOUNT, AMOUNT - 1 };
    struct day_file f = day_file_make(monday, 1);
    struct payout_matched m;
    size_t count;

    (void)settled(&f, captured_at("H56.14"));
    (void)settled(&f, captured_at("H56.14"));
    take(&f);
    (void)post();
    m = statement(credits, LEN(credits));
    check_int(m.confirmed, 0);
    check_int(m.unmatched, 2);
    check_int(listed("open", &count)[0].state, PAYOUT_OPEN);
}

TEST_STORE(several_credits_that_are_the_sum_confirm_it)
{
    const int64_t credits[] = { AMOUNT, AMOUNT };
    struct day_file f = day_file_make(monday, 1);
    struct payout_matched m;

    (void)settled(&f, captured_at("H56.14"));
    (void)settled(&f, captured_at("H56.14"));
    take(&f);
    (void)post();
    m = statement(credits, LEN(credits));
    check_int(m.confirmed, 1);
    check_int(m.unmatched, 0);
}
