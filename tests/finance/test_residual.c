/* Four balances against what stands behind them: what belongs to each, and what a missing row does.
 */
#include "finance/residual.h"

#include <stdlib.h>

#include "finance/report.h"
#include "payments/ledger.h"
#include "store/sql.h"
#include "tests/finance/residuals.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

static const struct office *desk(void)
{
    static struct office f;

    f = (struct office){ .till = &counter_open()->till };
    return &f;
}

static struct residual one(enum residual_kind kind)
{
    struct residual all[RESIDUAL_COUNT];
    struct err e = { .code = ERR_NONE };

    check_ok(residual_read(desk(), all, &e), e);
    check_int(all[kind].account, residual_account(kind));
    return all[kind];
}

static struct residual_row *rows_of(enum residual_kind kind, struct residual_place after,
                                    size_t most, size_t want)
{
    struct residual_row *rows;
    struct err e = { .code = ERR_NONE };
    size_t n;

    check_ok(residual_rows(desk(), kind, &after, most, test_arena(), &rows, &n, &e), e);
    check_int(n, want);
    return rows;
}

static struct order paid(struct str *reference)
{
    struct counter *c = counter_open();
    const struct order o = counter_order(c);
    struct err e = { .code = ERR_NONE };

    *reference = counter_start(c, &o);
    counter_pay(c, *reference);
    check_ok(attempt_ask(&c->till, *reference, counter_cause(), &e), e);
    return o;
}

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

TEST_STORE(captured_money_stands_behind_clearing_one_by_one)
{
    struct residual_row *rows;
    struct err e = { .code = ERR_NONE };
    struct str first, second;
    struct residual r;

    check_residuals(desk());
    rows_of(RESIDUAL_CLEARING, (struct residual_place){ 0 }, 10, 0);
    const struct order o = paid(&first);
    counter_forward(counter_open(), 60);
    (void)paid(&second);
    r = one(RESIDUAL_CLEARING); /* nothing was added up yet: the journals alone */
    check_int(r.books_vnd, 2 * 578000);
    check_int(r.count, 2);
    check_int(r.left_vnd, 0);
    check_ok(report_follow_all(desk()->till, &e), e);
    check_residuals(desk());
    rows = rows_of(RESIDUAL_CLEARING, (struct residual_place){ 0 }, 1, 1);
    check_str(rows[0].what, "capture");
    check_same(rows[0].name, first);
    check_same(rows[0].order_id, o.id);
    rows = rows_of(
        RESIDUAL_CLEARING,
        (struct residual_place){ rows[0].at_ms, str_cat(test_arena(), rows[0].what, rows[0].name) },
        10, 1);
    check_same(rows[0].name, second);
}

TEST_STORE(a_row_that_is_gone_or_changed_leaves_a_residual)
{
    struct str reference;

    (void)paid(&reference);
    tamper("UPDATE attempt SET captured_vnd = captured_vnd - 1000 WHERE captured_vnd > 0");
    check_int(one(RESIDUAL_CLEARING).left_vnd, 1000);
    check_int(one(RESIDUAL_HELD).left_vnd, 0);
    tamper("UPDATE attempt SET captured_vnd = captured_vnd + 1000 WHERE captured_vnd > 0");
    check_residuals(desk());
    tamper("UPDATE orders SET excess_refunded_vnd = 0, state = 'overpaid', captured_vnd = "
           "captured_vnd + 700 WHERE state = 'paid'");
    check_int(one(RESIDUAL_HELD).listed_vnd, 700);
    check_int(one(RESIDUAL_HELD).left_vnd, -700);
}

TEST(accounts_are_found_by_their_numbers)
{
    enum residual_kind k;

    check(residual_find(STR("2150"), &k) && k == RESIDUAL_HELD);
    check(!residual_find(STR("2151"), &k));
    check(!residual_find(STR("x"), &k));
    check(!residual_find(STR(""), &k));
}
