/* Bills: sums by kind, and the hash that freezes them. */
#include "base/limits.h"
#include "base/money.h"
#include "payments/bill.h"
#include "tests/test.h"

static struct fee_line line(enum fee_kind kind, int64_t gross, int64_t reduction, int64_t retained)
{
    return (struct fee_line){ .fee = STR("f"),
                              .kind = kind,
                              .quantity = 1,
                              .gross_vnd = gross,
                              .reduction_vnd = reduction,
                              .net_vnd = gross - reduction,
                              .retained_vnd = retained,
                              .budget_vnd = gross - reduction - retained,
                              .basis = STR("b") };
}

TEST(phi_and_le_phi_are_summed_apart)
{
    struct fee_line lines[] = { line(FEE_PHI, 1000, 100, 300), line(FEE_LE_PHI, 50, 0, 0),
                                line(FEE_PHI, 7, 7, 0) };
    struct bill b = { .lines = lines, .count = 3 };
    struct err e = { .code = ERR_NONE };

    check_ok(bill_sum(&b, test_arena(), &e), e);
    check_int(b.gross_vnd, 1057);
    check_int(b.reduction_vnd, 107);
    check_int(b.phi_vnd, 900);
    check_int(b.le_phi_vnd, 50);
    check_int(b.total_vnd, 950);
    check_int(b.retained_vnd, 300);
    check_int(bill_kind_vnd(&b, FEE_LE_PHI), 50);
}

TEST(the_hash_changes_with_every_amount)
{
    struct err e = { .code = ERR_NONE };
    struct digest first = { { 0 } };

    for (int i = 0; i < 5; i++) {
        struct fee_line l[] = { line(FEE_PHI, 1000 + (i == 1), 100 + (i == 2), 300 + (i == 3)) };
        struct bill b = { .lines = l, .count = 1 };

        if (i == 4)
            l[0].basis = STR("c");
        check_ok(bill_sum(&b, test_arena(), &e), e);
        if (i == 0)
            first = b.hash;
        else
            check(!str_eq(digest_str(&first), digest_str(&b.hash)));
    }
}

TEST(a_line_that_contradicts_itself_stops_everything)
{
    struct fee_line bad[] = { line(FEE_LE_PHI, 100, 0, 1), line(FEE_PHI, 100, 101, 0),
                              line(FEE_PHI, 100, 0, 101) };

    for (size_t i = 0; i < LEN(bad); i++) {
        struct bill b = { .lines = &bad[i], .count = 1 };
        struct err e = { .code = ERR_NONE };

        check_fails(bill_sum(&b, test_arena(), &e), e, ERR_INTERNAL);
    }
}

TEST(sums_beyond_exact_numbers_are_refused)
{
    struct fee_line lines[] = { line(FEE_PHI, MONEY_MAX_VND, 0, 0), line(FEE_PHI, 1, 0, 0) };
    struct bill b = { .lines = lines, .count = 2 };
    struct err e = { .code = ERR_NONE };

    check_fails(bill_sum(&b, test_arena(), &e), e, ERR_INVALID);
    b.count = 1;
    check_ok(bill_sum(&b, test_arena(), &e), e);
}

TEST(too_many_items_are_refused)
{
    struct fee_item items[LIMIT_ORDER_LINES + 1] = { 0 };
    const struct fee_case c = { 0 };
    struct bill b;
    struct err e = { .code = ERR_NONE };

    check_fails(bill_make(NULL, &c, items, LEN(items), test_arena(), &b, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "items");
}
