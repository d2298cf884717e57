/*
 * transfer.h - bank transfers that bring the code of a payment in their narrative.
 *
 * The code is what a VietQR symbol makes the payer's bank write: "MTC", eleven random letters and
 * digits, and a check character (ISO 7064, MOD 37,36 in structure: one wrong or two swapped
 * characters are found). Banks put words before and after it, cut it with spaces, change its case;
 * readers mistake O and 0, I, L and 1, so that the letters I, L, O and U are not used and the first
 * three are read as digits.
 *
 * Money is what arrived: less or more than was asked for is the order's business. The same
 * transaction of a bank counts once, whichever way it is told. A second transfer with the code of a
 * payment that was captured becomes a payment of its own. What cannot be told is kept as evidence
 * and left to reconciliation.
 */
#ifndef PAYMENTS_TRANSFER_H
#define PAYMENTS_TRANSFER_H

#include "base/base.h"
#include "payments/till.h"

struct settlement_line;

#define TRANSFER_CODE_BYTES 15

/* One credit to our account, as a bank tells it. */
struct transfer {
    struct str account;  /* credited; must be the one that the payer was shown */
    struct str bank_txn; /* the bank's number: unique for the account */
    struct str bank;     /* who tells, or empty */
    int64_t amount_vnd;  /* > 0 */
    struct str currency; /* "VND" */
    int64_t at_ms;
    struct str narrative; /* as it is in the statement */
};

enum transfer_outcome {
    TRANSFER_CAPTURED,
    TRANSFER_KNOWN,       /* told before: nothing changed */
    TRANSFER_UNRECOGNISED /* kept: no code, several, another account or currency */
};

/* ERR_INVALID names the field that cannot be of a transfer. Commits; counts a capture. */
MUST_USE result transfer_recognise(const struct till *t, const struct transfer *in,
                                   const char *source, struct arena *a, enum transfer_outcome *out,
                                   struct err *e);
/* The same for a line of a bank's file, when it is a payment that brings a narrative; other lines
 * are not looked at. */
MUST_USE result transfer_recognise_line(const struct till *t, const struct settlement_line *l,
                                        struct arena *a, struct err *e);

struct str transfer_code_make(struct arena *a);
bool transfer_code_is(struct str code); /* form and check character */
/* The one code in a narrative; false: none, or several that differ. */
bool transfer_code_find(struct arena *a, struct str narrative, struct str *code);

const char *transfer_outcome_name(enum transfer_outcome o); /* "captured" */

/* A bank's notification: JSON {"account","transaction","amount_vnd","currency","time",
 * "bank","narrative"}, proven by HMAC-SHA-256 of the body in lower-case hex. ERR_NOT_FOUND: no bank
 * is to notify here; ERR_BAD_SIGNATURE; ERR_MALFORMED, ERR_INVALID. */
MUST_USE result transfer_notice_take(const struct till *t, struct str body, struct str signature,
                                     struct arena *a, enum transfer_outcome *out, struct err *e);

#endif
