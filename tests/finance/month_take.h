/*
 * month_take.h - a month of files on its way into the database, and what the days look like then.
 */
#ifndef TESTS_FINANCE_MONTH_TAKE_H
#define TESTS_FINANCE_MONTH_TAKE_H

#include "finance/intake.h"
#include "finance/reconcile.h"
#include "tests/finance/month.h"

/* October 2026: `days` from the first on, of `paid` payments each, with mismatches planted. */
struct month_world *month_paid(uint64_t seed, int days, int paid);
/* A row of month_files, at the time of its arrival. */
struct intake_result month_take(const struct month_world *w, const char *form,
                                const struct json *file);
struct reconcile_day month_outcome(struct date day);
/* The exceptions of a day in the words of month_expected. */
struct str month_found(const struct reconcile_day *d);
/* Truth of a day. */
const struct json *month_day_truth(const struct month_world *w, struct date day);
/* Ends the test unless the day is as the truth says: exceptions, sums, residual 0. */
void month_check(const struct month_world *w, const char *form, struct date day);

#endif
