/*
 * ledger.h - the books: append-only journals whose debits equal their credits, hash-chained.
 *
 * Amounts are int64 dong, > 0, on one side. A journal carries SHA-256 of (previous hash of its
 * chain, canonical text of the journal); chains are kept per agency and connection slot, so that
 * writers do not queue behind one row. `source` names what the journal is about and is unique, so
 * that nothing is ever posted twice. Nothing is updated or deleted; corrections are new journals.
 *
 * Postings per event (G gross, D reduction, A due, r retention rate):
 *   J1  assess     Dr 1130 G-D, 9100 D      Cr 2100 G-D, 9101 D
 *   J1R withdrawn  the reverse
 *   J2  capture    Dr 1110 A, 2100 A        Cr 1130 A, 2110 le phi, 2120 phi budget, 2130 phi kept
 *   J2b short S    Dr 1110 S                Cr 2150 S
 *   J2c excess X   Dr 1110 X                Cr 2150 X
 */
#ifndef PAYMENTS_LEDGER_H
#define PAYMENTS_LEDGER_H

#include "base/base.h"
#include "base/clock.h"
#include "payments/bill.h"
#include "payments/till.h"

struct sql;
struct sql_pool;

enum ledger_account {
#define ACCOUNT(code, side, name) LEDGER_##code = code,
#include "payments/account.def"
#undef ACCOUNT
};
enum ledger_side { LEDGER_DEBIT, LEDGER_CREDIT };

struct ledger_posting {
    enum ledger_account account;
    enum ledger_side side;
    int64_t amount_vnd; /* > 0; zero lines are left out by ledger_put */
    struct str fee;     /* fee code where the account is kept per fee, or empty */
};

#define LEDGER_POSTINGS_MAX 256

struct ledger_journal {
    struct str agency_id;
    struct str kind;   /* "J1", "J1R", "J2", "J2b", "J2c", ... */
    struct str source; /* unique within the agency: "capture:<reference>" */
    struct str order_id;
    int64_t attempt_n;   /* 0: none */
    struct date day;     /* business day, local */
    struct str corrects; /* source of the journal that this one reverses, or empty */
    struct ledger_posting postings[LEDGER_POSTINGS_MAX];
    size_t count;
};

struct ledger_journal ledger_journal_make(struct str agency_id, const char *kind,
                                          struct str source);
void ledger_put(struct ledger_journal *j, enum ledger_account account, enum ledger_side side,
                int64_t amount_vnd, struct str fee);
/* Fills in the postings of an event for a bill. */
void ledger_put_assess(struct ledger_journal *j, const struct bill *b);   /* J1 */
void ledger_put_withdraw(struct ledger_journal *j, const struct bill *b); /* J1R */
void ledger_put_capture(struct ledger_journal *j, const struct bill *b);  /* J2 */
void ledger_put_held(struct ledger_journal *j, int64_t amount_vnd);       /* J2b, J2c */
/* Appends it within the caller's transaction. ERR_INTERNAL when it does not balance; ERR_CONFLICT
 * when its source was posted before. */
MUST_USE result ledger_post(struct sql *db, int64_t now_ms, const struct ledger_journal *j,
                            struct arena *a, struct err *e);

struct ledger_balance {
    int account;
    struct str name;
    int64_t debit_vnd, credit_vnd; /* sums */
    int64_t balance_vnd;           /* on the account's normal side */
};
/* agency_id empty: all; up to and including that business day. Every account of the chart, in
 * order; the sums of both sides are equal. */
MUST_USE result ledger_trial_balance(struct sql_pool *p, struct str agency_id, struct date until,
                                     struct arena *a, struct ledger_balance **out, size_t *count,
                                     struct err *e);

struct ledger_report {
    int64_t journals, postings, orders, attempts, receipts;
};
/* Recomputes I1 (balance), I2 (chain), I4 (orders' sums), I5 (one journal for each capture), I8
 * (receipts complete and without gaps), I15 (retained + budget = captured). ERR_BROKEN_CHAIN names
 * the first thing that does not hold. */
MUST_USE result ledger_verify(struct sql_pool *p, struct ledger_report *out, struct err *e);

const char *ledger_account_name(int code); /* NULL: not in the chart */

#endif
