/*
 * receipt_fix.h - receipts that turn out wrong (Circular 91/2026 art. 20). There is no cancelling
 * and no editing: an error in name, address, words or other text is notified to payer and tax
 * authority (form 04/SS-CTDT) and no new receipt is made; any other error, of a tax code or an
 * amount, is mended by a replacement receipt that names the old one.
 *
 * Both take two persons (proposal.h: receipt_notice, receipt_replacement). What is proposed holds
 * no personal data: the reason says what kind of thing is wrong.
 */
#ifndef PAYMENTS_RECEIPT_FIX_H
#define PAYMENTS_RECEIPT_FIX_H

#include "payments/proposal.h"
#include "payments/receipt.h"

#define RECEIPT_REASON_BYTES_MAX 500

enum receipt_fault { RECEIPT_FAULT_TEXT, RECEIPT_FAULT_TAX_CODE, RECEIPT_FAULT_AMOUNT };

struct receipt_fix {
    struct str receipt_id;
    enum receipt_fault fault; /* TEXT: notice; otherwise: replacement */
    struct str reason;
    /* AMOUNT: what each line of the receipt should say, as many as it has; 0 leaves a line out.
     * TAX_CODE: the body's name, tax code and address become those of the fee tables today. */
    const int64_t *line_vnd;
    size_t line_count;
};

/* ERR_NOT_FOUND; ERR_WRONG_STATE: notified or replaced already; ERR_INVALID "reason", "line_vnd"
 * (nothing left, nothing changed, or more than was received); ERR_BUSINESS_RULE: the tables name
 * the tax code that the receipt has; ERR_CONFLICT: proposed already. */
MUST_USE result receipt_fix_propose(const struct till *t, const struct receipt_fix *fix,
                                    const struct proposal_actor *by, struct arena *a,
                                    struct proposal *out, struct err *e);

#endif
