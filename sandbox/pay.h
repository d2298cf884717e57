/*
 * pay.h - the end of a payment at the simulated portal: paid, failed or cancelled, and what the
 * switches make of it.
 */
#ifndef SANDBOX_PAY_H
#define SANDBOX_PAY_H

#include "sandbox/fault.h"
#include "sandbox/portal.h"
#include "sandbox/sandbox.h"

enum pay_outcome { PAY_PAID, PAY_FAILED, PAY_CANCELLED };

bool pay_outcome_find(struct str name, enum pay_outcome *out); /* "paid" "failed" "cancelled" */
bool pay_bank_is_known(struct str code);

/* Draws the switches of a system for a transaction (NULL: unknown); adds to `set`. */
void pay_faults(struct sandbox *sb, const struct request *rq, enum fault_system system,
                const struct txn *t, struct fault_set *set);
/* Moves the money and leaves the CONFIRM to notice.h. ERR_WRONG_STATE when it is over already. */
MUST_USE result pay_finish(struct sandbox *sb, const struct request *rq, struct str reference,
                           enum pay_outcome outcome, struct str bank, struct txn *out,
                           struct err *e);

#endif
