/*
 * money.h - amounts of Vietnamese dong.
 *
 * An amount is an int64_t named *_vnd. The dong has no fraction (ISO 4217 exponent 0). Sums are
 * checked; an overflow is an error, never a wrong number.
 */
#ifndef BASE_MONEY_H
#define BASE_MONEY_H

#include "base/base.h"

#define MONEY_MAX_VND 9007199254740991LL /* 2^53 - 1: exact in every JSON reader */

/* What people type: 1000000, 1.000.000, 1,000,000, with an optional " đ", "đ" or " VND". Refuses
 * fractions, exponents, signs, mixed or misplaced separators, and more than MONEY_MAX_VND. */
MUST_USE result money_read(struct str s, int64_t *vnd, struct err *e); /* ERR_INVALID */
/* Wire form: ASCII digits only, no leading zero but "0" itself; anything an int64_t holds, since
 * the portals' messages carry amounts as text. ERR_INVALID, field "amount", here and above. */
MUST_USE result money_read_wire(struct str s, int64_t *vnd, struct err *e);
struct str money_print(struct arena *a, int64_t vnd);      /* "1.000.000 đ", "-5.000 đ" */
struct str money_print_bare(struct arena *a, int64_t vnd); /* "1.000.000" */

/* Arithmetic fails with ERR_INVALID, field "amount", past the range of int64_t. */
MUST_USE result money_add(int64_t a_vnd, int64_t b_vnd, int64_t *sum_vnd, struct err *e);
MUST_USE result money_times(int64_t vnd, int64_t count, int64_t *out_vnd, struct err *e);
/* vnd x rate_ppm / 1,000,000, rounded half up (0.15 % is 1,500 ppm). A negative amount or rate
 * is refused. */
MUST_USE result money_rate(int64_t vnd, int64_t rate_ppm, int64_t *out_vnd, struct err *e);
/* The same rounded down: retained shares, whose remainder goes to the budget. */
MUST_USE result money_share(int64_t vnd, int64_t rate_ppm, int64_t *out_vnd, struct err *e);

#endif
