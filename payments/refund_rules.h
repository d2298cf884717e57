/*
 * refund_rules.h - for which reasons money is paid back, and to which line of the state budget it
 * goes or had gone: the dated tables of conf/refunds.
 *
 * Immutable once opened; any thread.
 */
#ifndef PAYMENTS_REFUND_RULES_H
#define PAYMENTS_REFUND_RULES_H

#include "base/base.h"
#include "base/clock.h"

struct refund_rules;

enum refund_rule {
    REFUND_EXCESS,         /* only what was never applied to the bill */
    REFUND_UNLESS_REFUSED, /* but for fees that are kept when a dossier is refused */
    REFUND_ANY
};
struct refund_reason {
    struct str code, name_vi, name_en;
    enum refund_rule rule;
    struct date from, to;
};
struct refund_budget {
    struct str agency_id, fee;                        /* fee "*": every other one */
    struct str chapter, sub_item, locality, treasury; /* 3 digits, 4 digits, 2 to 5 digits, name */
    struct date from, to;
};

struct refund_treasury {
    struct str name, code, account, bank;
    struct date from, to;
};

/* chapters.csv, treasuries.csv, reasons.csv and budget.csv of the folder. ERR_CONFIG tells file and
 * line: a chapter that is not in force on each day of its row is one (Circular 130/2025/TT-BTC
 * ended 600-799 with 2025), a treasury that has no row of its own another. */
MUST_USE result refund_rules_open(struct str folder, struct refund_rules **out, struct err *e);
void refund_rules_close(struct refund_rules **r); /* DEFER(refund_rules_close) */

bool refund_reason_find(const struct refund_rules *r, struct str code, struct date on,
                        struct refund_reason *out);
/* All that hold on that day, in the order of the file; `out` has room for `most`. */
size_t refund_reasons(const struct refund_rules *r, struct date on,
                      const struct refund_reason **out, size_t most);
/* The fee's own row, or the agency's "*". */
bool refund_budget_find(const struct refund_rules *r, struct str agency_id, struct str fee,
                        struct date on, struct refund_budget *out);
bool refund_treasury_find(const struct refund_rules *r, struct str name, struct date on,
                          struct refund_treasury *out);

#endif
