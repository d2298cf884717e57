#include "base/money.h"

#include "tests/test.h"

TEST(people_may_type_separators_and_the_unit)
{
    static const struct {
        const char *text;
        int64_t vnd;
    } cases[] = {
        { "1.000.000", 1000000 },
        { "1000000", 1000000 },
        { "1,000,000", 1000000 },
        { "1.000.000 đ", 1000000 },
        { "1.000.000đ", 1000000 },
        { "1.000.000 VND", 1000000 },
        { " 150000 ", 150000 },
        { "0", 0 },
        { "0 đ", 0 },
        { "999", 999 },
        { "1.000", 1000 },
        { "12,345", 12345 },
        { "2.147.483.648", 2147483648 },
        { "4.294.967.296", 4294967296 },
        { "999.999.999.999.999", 999999999999999 },
        { "9.007.199.254.740.991", MONEY_MAX_VND },
        { "9007199254740991", MONEY_MAX_VND },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        int64_t vnd = -1;
        struct err e;

        check_ok(money_read(str_c(cases[i].text), &vnd, &e), e);
        check_int(vnd, cases[i].vnd);
    }
}

TEST(what_is_no_whole_amount_is_refused)
{
    const struct str cases[] = {
        STR(""),
        STR(" "),
        STR("-"),
        STR("1.5"),
        STR("1e6"),
        STR("-1.000"),
        STR("+1"),
        STR("1,5"),
        STR("1.00"),
        STR("1.0000"),
        STR("1000.000"),
        STR("1.000,000"),
        STR("1,000.000"),
        STR("1.000.00"),
        STR(".000"),
        STR("1..000"),
        STR("1.000."),
        STR("1 000"),
        STR("0.500"),
        STR("007"),
        STR("đ"),
        STR("VND"),
        STR("1 đ đ"),
        STR("1 USD"),
        STR("0x10"),
        STR("１００"),
        STR("1\0"),
        STR("1.000,00"),
        STR("9007199254740992"),
        STR("9.007.199.254.740.992"),
        STR("9900000000000000"),
        STR("99999999999999999999"),
        STR("1.000.000.000.000.000.000.000.000.000"),
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        int64_t vnd = -1;
        struct err e;

        check_fails(money_read(cases[i], &vnd, &e), e, ERR_INVALID);
        check_str(str_c(e.field), "amount");
        check_int(vnd, -1);
    }
}

/* 2^31 and 2^32 do not fit 32 bits; 9.9 x 10^15 does not fit a double exactly when it is odd. */
TEST(large_amounts_go_over_the_wire_and_back)
{
    static const struct {
        int64_t vnd;
        const char *wire, *shown;
    } cases[] = {
        { 0, "0", "0 đ" },
        { 2147483647, "2147483647", "2.147.483.647 đ" },
        { 2147483648, "2147483648", "2.147.483.648 đ" },
        { 4294967296, "4294967296", "4.294.967.296 đ" },
        { 9900000000000000, "9900000000000000", "9.900.000.000.000.000 đ" },
        { 9900000000000001, "9900000000000001", "9.900.000.000.000.001 đ" },
        { INT64_MAX, "9223372036854775807", "9.223.372.036.854.775.807 đ" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        int64_t vnd = -1;
        struct err e;

        check_str(str_i64(test_arena(), cases[i].vnd), cases[i].wire);
        check_ok(money_read_wire(str_c(cases[i].wire), &vnd, &e), e);
        check_int(vnd, cases[i].vnd);
        check_str(money_print(test_arena(), vnd), cases[i].shown);
    }
}

TEST(the_wire_takes_digits_only)
{
    const struct str cases[] = { STR(""),    STR("-1"),
                                 STR("+1"),  STR("1.000"),
                                 STR("00"),  STR("01"),
                                 STR(" 1"),  STR("1 "),
                                 STR("1đ"),  STR("1e6"),
                                 STR("1.0"), STR("0x1"),
                                 STR("９"),  STR("9223372036854775808") };

    for (size_t i = 0; i < LEN(cases); i++) {
        int64_t vnd = -1;
        struct err e;

        check_fails(money_read_wire(cases[i], &vnd, &e), e, ERR_INVALID);
        check_int(vnd, -1);
    }
}

TEST(amounts_print_with_dots_and_negative_ones_with_a_sign)
{
    struct arena *a = test_arena();

    check_str(money_print(a, 5), "5 đ");
    check_str(money_print(a, -5), "-5 đ");
    check_str(money_print(a, -5000), "-5.000 đ");
    check_str(money_print_bare(a, 999), "999");
    check_str(money_print_bare(a, 1000), "1.000");
    check_str(money_print_bare(a, 1000000), "1.000.000");
    check_str(money_print_bare(a, -123456), "-123.456");
    check_str(money_print_bare(a, INT64_MIN), "-9.223.372.036.854.775.808");
}

TEST(what_is_printed_can_be_read)
{
    for (int64_t vnd = 1; vnd < MONEY_MAX_VND / 7; vnd = vnd * 7 + 3) {
        int64_t back = -1;
        struct err e;

        check_ok(money_read(money_print(test_arena(), vnd), &back, &e), e);
        check_int(back, vnd);
    }
}

TEST(sums_and_products_never_wrap)
{
    int64_t out = 7;
    struct err e;

    check_ok(money_add(INT64_MAX - 1, 1, &out, &e), e);
    check_int(out, INT64_MAX);
    check_ok(money_times(2147483648, 2, &out, &e), e);
    check_int(out, 4294967296);
    out = 7;
    check_fails(money_add(INT64_MAX, 1, &out, &e), e, ERR_INVALID);
    check_fails(money_add(INT64_MIN, -1, &out, &e), e, ERR_INVALID);
    check_fails(money_times(INT64_MAX / 2, 3, &out, &e), e, ERR_INVALID);
    check_fails(money_times(INT64_MIN, -1, &out, &e), e, ERR_INVALID);
    check_int(out, 7);
}

TEST(a_rate_rounds_half_up_and_a_share_down)
{
    static const struct {
        int64_t vnd, rate_ppm, rate, share;
    } cases[] = {
        { 0, 1500, 0, 0 },
        { 1000000, 1500, 1500, 1500 }, /* 0.15 % */
        { 333, 1500, 0, 0 },           /* 0.4995 */
        { 334, 1500, 1, 0 },           /* 0.501 */
        { 1, 500000, 1, 0 },           /* exactly half */
        { 1, 499999, 0, 0 },
        { 3, 500000, 2, 1 },
        { 150000, 900000, 135000, 135000 },
        { 99, 1000000, 99, 99 },
        { 7, 2000000, 14, 14 },
        { 1000001, 333333, 333333, 333333 },
        { 9007199254740991, 1000000, 9007199254740991, 9007199254740991 },
        { 9007199254740991, 500000, 4503599627370496, 4503599627370495 },
        { INT64_MAX, 1000000, INT64_MAX, INT64_MAX },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        int64_t out = -1;
        struct err e;

        check_ok(money_rate(cases[i].vnd, cases[i].rate_ppm, &out, &e), e);
        check_int(out, cases[i].rate);
        check_ok(money_share(cases[i].vnd, cases[i].rate_ppm, &out, &e), e);
        check_int(out, cases[i].share);
    }
}

TEST(a_share_and_its_remainder_are_the_whole)
{
    for (int64_t vnd = 0; vnd < 3000; vnd++) {
        int64_t kept = -1;
        int64_t rate = -1;
        struct err e;

        check_ok(money_share(vnd, 901234, &kept, &e), e);
        check_ok(money_rate(vnd, 901234, &rate, &e), e);
        check(kept >= 0 && kept <= vnd);
        check(rate == kept || rate == kept + 1);
        check(kept * 1000000 <= vnd * 901234 && vnd * 901234 < (kept + 1) * 1000000);
    }
}

TEST(a_rate_of_a_negative_amount_or_past_the_range_is_refused)
{
    int64_t out = 7;
    struct err e;

    check_fails(money_rate(-1, 1500, &out, &e), e, ERR_INVALID);
    check_fails(money_share(1, -1, &out, &e), e, ERR_INVALID);
    check_fails(money_rate(INT64_MAX, 1000001, &out, &e), e, ERR_INVALID);
    check_fails(money_rate(999999, INT64_MAX, &out, &e), e, ERR_INVALID);
    check_int(out, 7);
}
