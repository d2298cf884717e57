/*
 * Amounts come from people, from portals and from files, and what is read here is what is charged.
 * What is promised: an amount is read exactly or refused, and no arithmetic wraps around. 1.5 is
 * refused and not rounded: nobody knows whether it means one and a half or fifteen hundred.
 */
#include "base/money.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define PPM         1000000
#define GROUP       3
#define AMOUNT_TEXT 32 /* 19 digits, 6 separators and a sign */

static bool without_leading_zero(struct str digits)
{
    return str_digits(digits) && (digits.n == 1 || digits.p[0] != '0');
}

/* "1.000.000": a first group of one to three digits, then groups of three; the digits alone go to
 * `digits`. */
static bool groups_read(struct str s, char separator, char digits[AMOUNT_TEXT], size_t *n)
{
    struct str group;

    *n = 0;
    while (str_next(&s, separator, &group)) {
        if (!str_digits(group) || group.n > GROUP || (*n > 0 && group.n != GROUP) ||
            *n + group.n > AMOUNT_TEXT)
            return false;
        for (size_t i = 0; i < group.n; i++)
            digits[(*n)++] = group.p[i];
    }
    return *n > 0;
}

static struct str without_unit(struct str s)
{
    static const char *const units[] = { "đ", "VND" };

    for (size_t i = 0; i < LEN(units); i++) {
        const struct str unit = str_c(units[i]);

        if (str_ends(s, unit))
            return str_trim(str_sub(s, 0, s.n - unit.n));
    }
    return s;
}

result money_read(struct str s, int64_t *vnd, struct err *e)
{
    struct str digits = without_unit(str_trim(s));
    char joined[AMOUNT_TEXT];
    int64_t amount;

    if (!str_digits(digits)) {
        const char separator = str_find(digits, '.') < digits.n ? '.' : ',';
        size_t n;

        if (!groups_read(digits, separator, joined, &n))
            return fail_field(e, ERR_INVALID, "amount", "%zu bytes are no amount", s.n);
        digits = str_of(joined, n);
    }
    if (!without_leading_zero(digits) || !str_to_i64(digits, &amount) || amount > MONEY_MAX_VND)
        return fail_field(e, ERR_INVALID, "amount", "leading zero, or over %lld", MONEY_MAX_VND);
    *vnd = amount;
    return OK;
}

result money_read_wire(struct str s, int64_t *vnd, struct err *e)
{
    int64_t amount;

    if (!without_leading_zero(s) || !str_to_i64(s, &amount))
        return fail_field(e, ERR_INVALID, "amount", "%zu bytes are no amount", s.n);
    *vnd = amount;
    return OK;
}

/* From the last digit to the first. */
struct str money_print_bare(struct arena *a, int64_t vnd)
{
    uint64_t rest = vnd < 0 ? 0 - (uint64_t)vnd : (uint64_t)vnd;
    char text[AMOUNT_TEXT];
    size_t at = sizeof(text);
    int digits = 0;

    do {
        if (digits > 0 && digits % GROUP == 0)
            text[--at] = '.';
        text[--at] = (char)('0' + rest % 10);
        digits++;
        rest /= 10;
    } while (rest > 0);
    if (vnd < 0)
        text[--at] = '-';
    return str_dup(a, str_of(text + at, sizeof(text) - at));
}

struct str money_print(struct arena *a, int64_t vnd)
{
    return str_cat(a, money_print_bare(a, vnd), STR(" đ"));
}

static result overflow(struct err *e)
{
    return fail_field(e, ERR_INVALID, "amount", "out of range");
}

result money_add(int64_t a_vnd, int64_t b_vnd, int64_t *sum_vnd, struct err *e)
{
    int64_t sum;

    if (__builtin_add_overflow(a_vnd, b_vnd, &sum))
        return overflow(e);
    *sum_vnd = sum;
    return OK;
}

result money_times(int64_t vnd, int64_t count, int64_t *out_vnd, struct err *e)
{
    int64_t product;

    if (__builtin_mul_overflow(vnd, count, &product))
        return overflow(e);
    *out_vnd = product;
    return OK;
}

/* (vnd x rate + add) / 10^6, rounded down. Whole millions and the rest apart, so that only a result
 * that is itself too large overflows, for rates up to 9,223,372 times. */
static result scaled(int64_t vnd, int64_t rate_ppm, int64_t add, int64_t *out_vnd, struct err *e)
{
    int64_t whole, rest, sum;

    if (vnd < 0 || rate_ppm < 0)
        return fail_field(e, ERR_INVALID, "amount", "negative amount or rate");
    if (__builtin_mul_overflow(vnd / PPM, rate_ppm, &whole) ||
        __builtin_mul_overflow(vnd % PPM, rate_ppm, &rest) ||
        __builtin_add_overflow(rest, add, &rest) || __builtin_add_overflow(whole, rest / PPM, &sum))
        return overflow(e);
    *out_vnd = sum;
    return OK;
}

result money_rate(int64_t vnd, int64_t rate_ppm, int64_t *out_vnd, struct err *e)
{
    return scaled(vnd, rate_ppm, PPM / 2, out_vnd, e);
}

result money_share(int64_t vnd, int64_t rate_ppm, int64_t *out_vnd, struct err *e)
{
    return scaled(vnd, rate_ppm, 0, out_vnd, e);
}
