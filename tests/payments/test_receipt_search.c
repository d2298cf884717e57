/* Receipts as a list: found by what is printed on them, page by page, with the sums of all. */
#include <stdlib.h>

#include "payments/receipt_range.h"
#include "payments/receipt_search.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

/* A statement that the program does not have, by the database's own shell. */
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

static struct receipt_search all(void)
{
    return (struct receipt_search){ .to_ms = INT64_MAX, .most_vnd = INT64_MAX, .descending = true };
}

static struct receipt_hit *found(struct counter *c, struct receipt_search q, size_t most,
                                 size_t want)
{
    struct receipt_hit *list;
    struct receipt_sums sums;
    struct err e = { .code = ERR_NONE };
    size_t n;

    check_ok(receipt_search(&c->till, &q, most, test_arena(), &list, &n, &e), e);
    check_int(n, want);
    check_ok(receipt_search_sums(&c->till, &q, &sums, &e), e);
    check(q.has_after || most < 100 || sums.count == (int64_t)want);
    return list;
}

static void pay_one(struct counter *c)
{
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct err e = { .code = ERR_NONE };

    counter_pay(c, ref);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
}

TEST_STORE(receipts_are_found_by_what_is_printed_on_them)
{
    struct counter *c = counter_open();
    struct receipt_search q = all();
    struct receipt_hit *list;

    (void)found(c, q, 100, 0);
    pay_one(c);
    counter_forward(c, 60);
    pay_one(c);
    list = found(c, q, 100, 4);
    check(list[0].issued_ms > list[3].issued_ms);
    check_int(list[0].signed_ms, 0);
    q.what = str_cat(test_arena(), STR("26TAA-"), list[3].number_text);
    check_same(found(c, q, 100, 1)[0].id, list[3].id);
    for (int i = 0; i < 4; i++) {
        const struct str words[] = { list[1].id, list[1].code };

        q.what = i < 2 ? words[i] : i == 2 ? list[1].reference : list[1].portal_txn;
        (void)found(c, q, 100, i < 2 ? 1 : i == 2 ? 4 : 2); /* both orders are of one dossier */
    }
    q.what = STR("26TAA-x");
    (void)found(c, q, 100, 0);
    q.what = STR("26TAA-0000009");
    (void)found(c, q, 100, 0);
}

TEST_STORE(a_list_of_receipts_goes_on_after_a_place_and_sums_the_filter)
{
    struct counter *c = counter_open();
    struct receipt_search q = all();
    struct receipt_hit *list, *next;
    struct receipt_sums sums;
    struct err e = { .code = ERR_NONE };

    pay_one(c);
    pay_one(c);
    list = found(c, q, 100, 4);
    next = found(c, q, 3, 3);
    check_same(next[2].id, list[2].id);
    q.has_after = true;
    q.after_ms = next[2].issued_ms;
    q.after_id = next[2].id;
    check_same(found(c, q, 3, 1)[0].id, list[3].id);
    q = all();
    q.descending = false;
    check_same(found(c, q, 100, 4)[0].id, list[3].id);
    q.kind = FEE_PHI;
    (void)found(c, q, 100, 2);
    check_ok(receipt_search_sums(&c->till, &q, &sums, &e), e);
    check_int(sums.amount_vnd, 2 * COUNTER_PHI);
    q.least_vnd = COUNTER_PHI + 1;
    (void)found(c, q, 100, 0);
    q = all();
    q.agency_id = STR("H56.99");
    (void)found(c, q, 100, 0);
    q = all();
    q.state = STR("replaced");
    (void)found(c, q, 100, 0);
    q.state = STR("issued");
    q.to_ms = list[3].issued_ms;
    (void)found(c, q, 100, 0);
}

TEST_STORE(a_number_without_a_receipt_is_told_whose_ever_it_is)
{
    const struct receipt_unit unit = { .agency_id = STR("H56.14"),
                                       .unit = STR("demo-onestop"),
                                       .name = STR("Bưu điện (mẫu)"),
                                       .address = STR("Số 1, phố Mẫu"),
                                       .document = STR("12/UQ-TTPVHCC ngày 01/11/2026") };
    struct counter *c = counter_open();
    struct receipt_range *list, g;
    struct err e = { .code = ERR_NONE };
    size_t n;

    check_ok(receipt_range_list(&c->till, 2026, STR(""), test_arena(), &list, &n, &e), e);
    check_int(n, 0);
    pay_one(c); /* 1 and 2 */
    check_ok(receipt_unit_put(&c->till, &unit, &e), e);
    check_ok(receipt_range_split(&c->till, unit.agency_id, unit.unit, 3, test_arena(), &g, &e), e);
    pay_one(c); /* 3 and 4, of the range */
    check_ok(receipt_range_list(&c->till, 2026, STR("H56.14"), test_arena(), &list, &n, &e), e);
    check_int(n, 2);
    check_int(list[0].unit.n, 0);
    check_int(list[0].used, 2);
    check_int(list[0].left, RECEIPT_NUMBER_LAST - 5);
    check_int(list[0].gaps, 0);
    check_str(list[1].unit, "demo-onestop");
    check_int(list[1].used, 2);
    check_int(list[1].left, 1);
    check_int(list[1].gaps, 0);
    check_ok(receipt_range_list(&c->till, 2025, STR(""), test_arena(), &list, &n, &e), e);
    check_int(n, 0);
    tamper("DELETE FROM receipt_paper WHERE receipt_id IN (SELECT id FROM receipt WHERE "
           "number IN (1, 4))");
    tamper("DELETE FROM receipt WHERE number IN (1, 4)");
    check_ok(receipt_range_list(&c->till, 2026, STR(""), test_arena(), &list, &n, &e), e);
    check_int(list[0].gaps, 1);
    check_int(list[1].gaps, 1);
}
