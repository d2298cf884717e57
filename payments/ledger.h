/*
 * ledger.h - the books: append-only journals whose debits equal their credits, hash-chained.
 *
 * Amounts are int64 dong, > 0, on one side. A journal carries SHA-256 of (previous hash of its
 * chain, canonical text of the journal); chains are kept per agency and connection slot, so that
 * writers do not queue behind one row. `source` names what the journal is about and is unique, so
 * that nothing is ever posted twice. Nothing is updated or deleted; corrections are new journals.
 *
 * Postings per event (G gross, D reduction, A due, H held before, r retention rate):
 *   J1  assess       Dr 1130 G-D, 9100 D    Cr 2100 G-D, 9101 D
 *   J1R withdrawn    the reverse
 *   J2  capture      Dr 1110 A-H, 2150 H, 2100 A   Cr 1130 A, 2110 le phi, 2120 phi budget, 2130
 * kept J2b short S      Dr 1110 S              Cr 2150 S J2c excess X     Dr 1110 X              Cr
 * 2150 X J2d counter      as J2, J2b, J2c with 1140; brought to the bank: Dr 1120 / Cr 1140 J3
 * settled      Dr 1120 A-F, 6110 F    Cr 1110 A J3b fee invoice  Dr 6110                Cr 2190 J4
 * remitted     Dr 2110, 2120          Cr 1120      to the treasury, C1-02/NS J4b released     Dr
 * 2130                Cr 1120      to the body J5  refund asked Dr 2150, 2110/2120/2130 pro rata Cr
 * 2140 J5R given up     the reverse J6  refund paid  Dr 2140                Cr 1110, 1120 or 1140
 *   J6R came back    the reverse
 *   J6t C1-04/NS     Dr 1150                Cr what J5 debited, but 2150
 *   J6u treasury     Dr 2140                Cr 1150      paid the payer
 *   J7  unidentified Dr 1110/1120           Cr 2160; identified: J2, J2b, J2c with 2160; returned:
 * reverse J8  disputed     Dr 1180                Cr 1110; rejected J8R; approved J8a: the reverse
 * of J2, J2b or J2c with 1180 J9  carried      the reverse of J2 with 1190; at the corrected order
 * J2, J2b, J2c with 1190 J10 write-off    Dr 6120                Cr 1130, 1180 or 1110 J11
 * correction   the reverse of a journal, and the right one
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
/* J2, J2d: `held_vnd` of the bill's total is taken from suspense, the rest arrived at `from`. */
void ledger_put_capture(struct ledger_journal *j, const struct bill *b, enum ledger_account from,
                        int64_t held_vnd);
void ledger_put_held(struct ledger_journal *j, enum ledger_account from,
                     int64_t amount_vnd);                              /* J2b, J2c */
void ledger_put_deposit(struct ledger_journal *j, int64_t amount_vnd); /* J2d: cash to the bank */
/* J3: a channel paid over what it collected, less its fee; below zero: it netted more than it
 * collected. */
void ledger_put_settled(struct ledger_journal *j, int64_t amount_vnd, int64_t fee_vnd);
void ledger_put_fee_invoiced(struct ledger_journal *j, int64_t fee_vnd); /* J3b */

/* A part of 2110, 2120 or 2130. */
struct ledger_split {
    enum ledger_account account;
    struct str fee;
    int64_t amount_vnd;
};
/* J4 of 2110 and 2120, J4b of 2130, as the accounts of the parts say; kinds must not be mixed. */
void ledger_put_remitted(struct ledger_journal *j, const struct ledger_split *parts, size_t count);
/* J5: the parts, and what was held in suspense. */
void ledger_put_reserved(struct ledger_journal *j, const struct ledger_split *parts, size_t count,
                         int64_t held_vnd);
/* Any journal the other way round (J5R, J6R, J8R, J11): sets `corrects`, order and attempt too. */
void ledger_put_reverse(struct ledger_journal *j, const struct ledger_journal *of);
/* J6t: reserve is the refund's J5. */
void ledger_put_ordered(struct ledger_journal *j, const struct ledger_journal *reserve);
/* J6, J6u: paid from 1110, 1120, 1140, or by the treasury (1150). */
void ledger_put_refunded(struct ledger_journal *j, enum ledger_account from, int64_t amount_vnd);
void ledger_put_unidentified(struct ledger_journal *j, enum ledger_account at,
                             int64_t amount_vnd); /* J7 */
void ledger_put_sent_back(struct ledger_journal *j, enum ledger_account at,
                          int64_t amount_vnd); /* J7: returned to who sent it */
void ledger_put_disputed(struct ledger_journal *j, enum ledger_account at,
                         int64_t amount_vnd); /* J8: Dr 1180 / Cr at */
/* J8a, J9: the reverse of a J2 whose parts are still all there: `to` is credited amount_vnd, and
 * suspense with what is left of the bill's total (or debited what is missing). */
void ledger_put_taken_back(struct ledger_journal *j, const struct ledger_split *parts, size_t count,
                           enum ledger_account to, int64_t amount_vnd);
/* J8a, J9 of money that was only held: Dr 2150 / Cr to. */
void ledger_put_unheld(struct ledger_journal *j, enum ledger_account to, int64_t amount_vnd);
void ledger_put_written_off(struct ledger_journal *j, enum ledger_account what,
                            int64_t amount_vnd); /* J10 */

/* Shares an amount out among what is left, pro rata, never more than is left of a part nor less
 * than 0, the same amount always the same way; *out has `count` parts, some of them 0. The amount
 * is at most the sum of the parts. */
void ledger_share(const struct ledger_split *left, size_t count, int64_t amount_vnd,
                  struct ledger_split *out);
/* What is left of each part of an order's captured money: collected less refunded and reserved. */
MUST_USE result ledger_left(struct sql *db, struct str agency_id, struct str order_id,
                            struct arena *a, struct ledger_split **out, size_t *count,
                            struct err *e);
/* A journal by its source. ERR_NOT_FOUND. */
MUST_USE result ledger_find(struct sql *db, struct str agency_id, struct str source,
                            struct arena *a, struct ledger_journal *out, struct err *e);
/* The sum of one side. */
int64_t ledger_total_vnd(const struct ledger_journal *j);
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
/* The same of what was posted up to and including that instant. */
MUST_USE result ledger_trial_balance_at(struct sql_pool *p, struct str agency_id, int64_t until_ms,
                                        struct arena *a, struct ledger_balance **out, size_t *count,
                                        struct err *e);

struct ledger_report {
    int64_t journals, postings, orders, attempts, receipts;
};
/* Proves, on rows as they are read: I1 every journal balances; I2 chains and hashes; I3, I4 the
 * sums and the state of each order are those of its lines, attempts and journals; I5 each capture,
 * reversal and refund has its one journal; I6 every state is the end of its history; I7 a capture
 * was undone by two persons only; I8 receipts complete and without gaps; I11 clearing and disputed
 * money have no residual: 1110 of each agency and channel is what was captured less refunded,
 * disputed and paid over, each J3 is a payout of captures that are settled once, each J4 a
 * remittance of two persons; I15 each line is split as its bill says, and nothing of le phi is
 * kept. ERR_BROKEN_CHAIN names the first thing that does not hold. */
MUST_USE result ledger_verify(struct sql_pool *p, struct ledger_report *out, struct err *e);

const char *ledger_account_name(int code); /* NULL: not in the chart */

#endif
