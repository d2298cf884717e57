/*
 * hcsn.h - these books by the accounts of public service units (Circular 24/2024/TT-BTC), so that
 * a unit's accountant takes over a span's figures: opening, both sides of the span, closing (form
 * S05-H). Which of our accounts stands for which of theirs is dated configuration (conf/accounts/
 * hcsn.csv); what is not mapped is a row of its own, so that both sides stay equal.
 */
#ifndef FINANCE_HCSN_H
#define FINANCE_HCSN_H

#include "finance/office.h"

struct hcsn_map;

/* ERR_CONFIG or ERR_IO tell file and line: an account that is not in the chart, or twice on a day.
 */
MUST_USE result hcsn_open(const char *folder, struct arena *a, struct hcsn_map **out,
                          struct err *e);

struct hcsn_balance {
    struct str code; /* of theirs; empty: not mapped; "-": off their chart */
    struct str name_vi, name_en;
    struct str ours;                               /* "2110, 2120" */
    int64_t opening_debit_vnd, opening_credit_vnd; /* one of them is 0 */
    int64_t debit_vnd, credit_vnd;
    int64_t closing_debit_vnd, closing_credit_vnd;
};
/* agency_id empty: all. By code; what nothing was posted to is left out. The map of `to` holds.
 * ERR_CONFIG: finance.accounts_dir is not set. */
MUST_USE result hcsn_balances(const struct office *f, struct str agency_id, struct date from,
                              struct date to, struct arena *a, struct hcsn_balance **out,
                              size_t *count, struct err *e);

#endif
