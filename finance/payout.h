/*
 * payout.h - what a clearing source paid over for one business day to the account of one body.
 *
 * Made in the transaction that closes a day, from the lines of the day's accepted file that agree
 * with a capture to the dong: a payment by its reference, or, where the form has none, by the
 * source's number alone; a refund that the source netted and a reversal by the payment that it
 * gives back. What does not agree is an exception and stays on 1110. One payout for each agency:
 *
 *     gross - returned - fee deducted = net, which arrives at the bank
 *     J3   Dr 1120 net, 6110 fee    Cr 1110 gross - returned      (a negative side turns over)
 *     J3b  Dr 6110                  Cr 2190 fee invoiced
 *
 * Sources of the journals: payout:<provider>:<n>, payout_fee:<provider>:<n>, and, when the day is
 * opened again, payout_reversed: and payout_fee_reversed:.
 *
 * A fee is deducted where the line's net is its gross less the fee, else it will be invoiced. A day
 * that is opened again reverses its payouts (journals of kind J11; nothing is edited) and posts
 * them anew when it is closed again, as another revision. A payment is settled from then on
 * (struct attempt.settled_day) by its row of payout_item, of which there is one for ever at most.
 *
 * The money itself shows on the bank's statement: payout_match compares the lines of a statement
 *  * with the payouts that wait for money on that account: one line for one payout, for all payouts
 * of a day together, or for an account's payouts of days that follow each other (a weekend); at
 * last all lines for all that waits. Sums are equal, and nothing else has the same sum, or nothing
 * is confirmed. Locks: after the order, before the shift.
 */
#ifndef FINANCE_PAYOUT_H
#define FINANCE_PAYOUT_H

#include "base/base.h"
#include "base/clock.h"
#include "finance/office.h"

struct sql;

#define PAYOUT_LIST_MAX 500

enum payout_state { PAYOUT_OPEN, PAYOUT_CONFIRMED, PAYOUT_REVERSED, PAYOUT_STATE_COUNT };

struct payout {
    struct str agency_id;
    int64_t n;     /* with agency_id its key; the same for all agencies of one posting */
    struct str id; /* "po<n>.<agency>": in addresses and commands */
    struct str provider, account;
    struct date day;
    struct str beneficiary; /* account of the body */
    int64_t revision;
    enum payout_state state;
    int64_t payments, gross_vnd, returns, returned_vnd, fee_vnd, invoiced_vnd, net_vnd;
    int64_t posted_ms, confirmed_ms, reversed_ms;
    struct str bank_ref, bank_day, confirmed_by;
};

/* One movement of a payout. */
struct payout_item {
    struct str reference, dossier, order_id, portal_txn;
    struct str what; /* empty: a payment; "reversal"; else id of a refund */
    int64_t attempt_n, vnd, fee_vnd, line;
    bool deducted;
    struct str settled_day, remitted_day; /* remitted_day empty: not yet at the treasury */
};

struct payout_day {
    struct str provider, account; /* of the clearing source */
    struct date day;
};

/* Within the transaction that closes the day: posts J3 and J3b and marks what was settled. *count:
 * how many payouts. A day whose payouts stand is ERR_CONFLICT. */
MUST_USE result payout_post(struct sql *db, const struct office *f, const struct payout_day *d,
                            struct arena *a, int64_t *count, struct err *e);
/* Within the transaction that opens it again. None to reverse is no error. */
MUST_USE result payout_reverse(struct sql *db, const struct office *f, const struct payout_day *d,
                               struct arena *a, int64_t *count, struct err *e);

struct payout_filter {
    struct str agency_id, provider, state; /* empty: any; any state but reversed */
    struct date from, to;                  /* y 0: any */
    int64_t before_n;                      /* of the last one seen; 0: from the newest */
    struct str before_agency;
    size_t most;
};
/* Newest first. */
MUST_USE result payout_list(const struct office *f, const struct payout_filter *q, struct arena *a,
                            struct payout **out, size_t *count, struct err *e);
struct payout_sums {
    int64_t count, payments, gross_vnd, returned_vnd, fee_vnd, net_vnd;
};
/* Of the whole filter. */
MUST_USE result payout_sums(const struct office *f, const struct payout_filter *q, struct arena *a,
                            struct payout_sums *out, struct err *e);
MUST_USE result payout_load(const struct office *f, struct str id, struct arena *a,
                            struct payout *out, struct err *e); /* ERR_NOT_FOUND */
/* In the order of the file, after line `after`. */
MUST_USE result payout_items(const struct office *f, const struct payout *p, int64_t after,
                             size_t most, struct arena *a, struct payout_item **out, size_t *count,
                             struct err *e);

/* A person read the statement: amount and number must be given. ERR_BUSINESS_RULE "amount_vnd":
 * not what should arrive; ERR_WRONG_STATE: reversed, or confirmed by another number (by the same
 * one it is no error); ERR_INVALID "number". */
struct payout_word {
    struct str number; /* the bank's */
    struct date day;
    int64_t amount_vnd;
};
MUST_USE result payout_confirm(const struct office *f, struct str id, const struct payout_word *w,
                               const struct proposal_actor *by, struct arena *a, struct payout *out,
                               struct err *e);

struct payout_matched {
    int64_t confirmed; /* payouts */
    int64_t unmatched; /* credits of the statement that no payout explains, not counting transfers
                          of payers */
};
/* Within the transaction that closes a day: credits of statements that nobody knew may be its
 * money.
 */
MUST_USE result payout_match_stray(struct sql *db, const struct office *f, struct arena *a,
                                   struct err *e);
/* The accepted statement of a bank source: confirms what has arrived; what nothing explains becomes
 * an exception. */
MUST_USE result payout_match(const struct office *f, const struct payout_day *statement,
                             struct payout_matched *out, struct err *e);

const char *payout_state_name(enum payout_state s); /* "open" */
bool payout_state_find(struct str name, enum payout_state *out);

#endif
