/* The books by the accounts of public service units: what is mapped, and what is not, balances. */
#include "finance/hcsn.h"

#include <stdio.h>

#include "payments/attempt.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

#define HEAD "account,hcsn,name_vi,name_en,valid_from,valid_to\n"

static result opened(const char *text, struct hcsn_map **out, struct err *e)
{
    const char *path = str_cstr(test_arena(), str_fmt(test_arena(), "%s/hcsn.csv", test_folder()));
    FILE *f = fopen(path, "w");

    check(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
    return hcsn_open(test_folder(), test_arena(), out, e);
}

TEST(a_map_names_accounts_of_the_chart_once_on_a_day)
{
    static const char *const wrong[] = {
        HEAD "1111,113,a,b,2025-01-01,\n",
        HEAD "x,113,a,b,2025-01-01,\n",
        HEAD "1110,11,a,b,2025-01-01,\n",
        HEAD "1110,=11,a,b,2025-01-01,\n",
        HEAD "1110,113,,b,2025-01-01,\n",
        HEAD "1110,113,a,b,2025-01-01,\n1110,112,a,b,2026-01-01,\n",
        "account,hcsn\n1110,113\n",
    };
    struct err e = { .code = ERR_NONE };
    struct hcsn_map *m;

    for (size_t i = 0; i < LEN(wrong); i++)
        check_fails(opened(wrong[i], &m, &e), e, ERR_CONFIG);
    check_ok(opened(HEAD "1110,113,a,b,2025-01-01,2025-12-31\n1110,112,a,b,2026-01-01,\n", &m, &e),
             e);
}

TEST_STORE(both_sides_are_equal_whatever_is_mapped)
{
    struct counter *c = counter_open();
    const struct date day = { 2026, 11, 23 };
    const struct order o = counter_order(c);
    const struct str ref = counter_start(c, &o);
    struct office f = { .till = &c->till };
    struct hcsn_balance *list;
    struct err e = { .code = ERR_NONE };
    int64_t debit = 0, credit = 0, closing = 0;
    size_t n;

    check_fails(hcsn_balances(&f, STR(""), day, day, test_arena(), &list, &n, &e), e, ERR_CONFIG);
    check_ok(opened(HEAD "1110,113,Tiền đang chuyển,In transit,2025-01-01,\n"
                         "2110,3332,Phải nộp,Payable,2025-01-01,\n"
                         "2120,3332,Phải nộp,Payable,2025-01-01,\n",
                    &f.accounts, &e),
             e);
    counter_pay(c, ref);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    check_ok(hcsn_balances(&f, STR(""), day, day, test_arena(), &list, &n, &e), e);
    for (size_t i = 0; i < n; i++) {
        debit += list[i].debit_vnd;
        credit += list[i].credit_vnd;
        closing += list[i].closing_debit_vnd - list[i].closing_credit_vnd;
    }
    check_int(debit, credit);
    check_int(closing, 0);
    check_int(list[0].code.n, 0); /* what is not mapped comes first */
    check_str(list[1].code, "113");
    check_int(list[1].closing_debit_vnd, 578000);
    check_str(list[2].code, "3332");
    check_str(list[2].ours, "2110, 2120");
    check_int(list[2].opening_credit_vnd, 0);
    check_ok(hcsn_balances(&f, STR("H99"), day, day, test_arena(), &list, &n, &e), e);
    check_int(n, 0);
    check_ok(hcsn_balances(&f, STR(""), date_add_days(day, 1), date_add_days(day, 2), test_arena(),
                           &list, &n, &e),
             e);
    check_int(list[1].opening_debit_vnd, 578000);
    check_int(list[1].debit_vnd, 0);
}
