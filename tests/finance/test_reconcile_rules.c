/* What a day is judged by beside money: the body, the provider's tariff, the treasury's term. */
#include "finance/office.h"
#include "finance/reconcile.h"
#include "tests/finance/day_file.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

#define AMOUNT COUNTER_ORDER

static const struct date monday = { 2026, 11, 23 };

static struct source_tariff tariff = {
    .from = { 2026, 1, 1 }, .flat_vnd = 1100, .rate_ppm = 10000, .least_vnd = 2000
};
static struct calendar_day day_off = { .date = { 2026, 11, 24 } }; /* tuesday */
static struct calendar works = { .weekend = 3U << 5, .days = &day_off };
static struct source portal = { .from = { 2025, 7, 1 },
                                .role = SOURCE_CLEARING,
                                .calendar = &works,
                                .cut_off_s = 86400,
                                .tariffs = &tariff };

/* The till of the fixture under an office whose portal has that calendar and tariff. */
static struct counter *desk(void)
{
    static struct source_book book = { .calendars = &works, .calendar_count = 1, .rows = &portal };
    static struct office office = { .sources = &book };
    static const struct proposal_above above = { .office = &office };
    struct counter *c = counter_open();

    portal.id = portal.provider = STR(SOURCE_PORTAL);
    portal.account = c->till.account = STR(DAY_FILE_ACCOUNT);
    book.count = 1;
    office.till = &c->till;
    c->till.above = &above;
    return c;
}

static struct str captured(void)
{
    static int n;
    struct counter *c = desk();
    struct order_request rq = counter_request();
    struct err e = { 0 };

    rq.reference = str_fmt(test_arena(), "H56.14-261123-%04d", ++n);
    const struct order o = counter_order_for(c, &rq);
    const struct str reference = counter_start(c, &o);
    counter_pay(c, reference);
    check_ok(attempt_ask(&c->till, reference, counter_cause(), &e), e);
    return reference;
}

static struct settlement_line *settled(struct day_file *f, struct str reference)
{
    return day_file_add(f, str_c(counter_deal(desk(), reference)->txn), reference, AMOUNT);
}

/* Taken so many days after its own. */
static struct reconcile_day take(const struct day_file *f, enum settlement_form form, int days)
{
    const int64_t at_ms = FIXTURE_NOW_MS + days * 86400000LL;
    struct intake_result r;
    struct err e = { 0 };

    if (desk()->clock.fixed_ms < at_ms)
        counter_forward(desk(), (at_ms - desk()->clock.fixed_ms) / 1000);
    check_ok(intake_take(&desk()->till, f->day, STR("f"), day_file_print(f, form), STR("staff:1"),
                         test_arena(), &r, &e),
             e);
    if (r.quarantined)
        test_fail(__FILE__, __LINE__, "quarantined: %.*s", STR_ARG(r.file.faults));
    check_int(r.day->residual_vnd, 0);
    return *r.day;
}

static void only(const struct reconcile_day *d, enum match_class class)
{
    check_int(d->exception_count, 1);
    check_int(d->exceptions[0].class, class);
    check_int(d->exceptions[0].difference_vnd, 0);
    check_int(d->matched_count, 0);
}

TEST_STORE(money_of_one_body_under_the_name_of_another_is_told)
{
    static const enum settlement_form forms[] = { SETTLEMENT_FW1, SETTLEMENT_MC1 };
    struct day_file f = day_file_make(monday, 1);

    settled(&f, captured())->body = STR("H56.99");
    for (size_t i = 0; i < LEN(forms); i++) {
        const struct reconcile_day d = take(&f, forms[i], 1);
        only(&d, MATCH_AGY);
        check_int(d.verdict, RECONCILE_BREAKS);
    }
    f.revision++;
    f.lines[0].body = STR("H56.14");
    check_int(take(&f, SETTLEMENT_MC1, 1).verdict, RECONCILE_RECONCILED);
}

TEST_STORE(a_fee_that_is_not_the_tariffs_is_told)
{
    const int64_t want_vnd = 1100 + AMOUNT / 100;
    struct day_file f = day_file_make(monday, 1);
    struct settlement_line *l = settled(&f, captured());
    struct reconcile_day d;

    portal.tariff_count = 1;
    l->fee_vnd = want_vnd > tariff.least_vnd ? want_vnd : tariff.least_vnd;
    check_int(take(&f, SETTLEMENT_MC1, 1).verdict, RECONCILE_RECONCILED);
    f.revision++;
    l->fee_vnd++;
    d = take(&f, SETTLEMENT_MC1, 1);
    only(&d, MATCH_FEE);
    f.revision++;
    l->fee_vnd -= 2;
    d = take(&f, SETTLEMENT_MC1, 1);
    only(&d, MATCH_FEE);
    /* Of a day for which nobody has told a tariff nothing can be wrong. */
    tariff.to = (struct date){ 2026, 11, 22 };
    f.revision++;
    l->fee_vnd += 50;
    d = take(&f, SETTLEMENT_MC1, 1);
    check_int(d.verdict, RECONCILE_RECONCILED);
    tariff.to = (struct date){ 0 };
    portal.tariff_count = 0;
}

TEST_STORE(what_the_treasury_does_not_have_in_time_is_told)
{
    struct day_file f = day_file_make(monday, 1);
    struct reconcile_day d;

    works.day_count = 0;
    (void)settled(&f, captured()); /* the file says NOT_SENT */
    check_int(take(&f, SETTLEMENT_BJ1, 1).verdict, RECONCILE_RECONCILED);
    f.lines[0].code = STR("00"); /* a new file, of wednesday */
    (void)settled(&f, captured());
    f.lines[1].treasury_status = STR("SENT_SUCCESS");
    d = take(&f, SETTLEMENT_BJ1, 2);
    check_int(d.matched_count, 1);
    check_int(d.exception_count, 1);
    check_int(d.exceptions[0].class, MATCH_TRS);
}

TEST_STORE(a_day_off_moves_the_treasurys_term)
{
    struct day_file f = day_file_make(monday, 1);
    struct reconcile_day d;

    works.day_count = 1;
    (void)settled(&f, captured());
    d = take(&f, SETTLEMENT_BJ1, 2); /* tuesday was off, and wednesday is not over */
    check_int(d.verdict, RECONCILE_RECONCILED);
    (void)settled(&f, captured());
    d = take(&f, SETTLEMENT_BJ1, 3);
    works.day_count = 0;
    check_int(d.exception_count, 2);
    check_int(d.exceptions[0].class, MATCH_TRS);
}
