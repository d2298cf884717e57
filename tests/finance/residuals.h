/* residuals.h - the four equations hold, whatever was done before. */
#ifndef TESTS_FINANCE_RESIDUALS_H
#define TESTS_FINANCE_RESIDUALS_H

#include "finance/residual.h"
#include "tests/test.h"

/* false: `which` is one that does not. */
__attribute__((unused)) static inline bool residuals_hold(const struct office *f,
                                                          struct residual *which)
{
    struct residual all[RESIDUAL_COUNT];
    struct err e = { .code = ERR_NONE };

    check_ok(residual_read(f, all, &e), e);
    for (int k = 0; k < RESIDUAL_COUNT; k++) {
        *which = all[k];
        if (all[k].left_vnd != 0)
            return false;
    }
    return true;
}

__attribute__((unused)) static inline void check_residuals(const struct office *f)
{
    struct residual one;

    if (!residuals_hold(f, &one))
        test_fail(__FILE__, __LINE__, "%d: books %lld, listed %lld in %lld rows", one.account,
                  (long long)one.books_vnd, (long long)one.listed_vnd, (long long)one.count);
}

#endif
