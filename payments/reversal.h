/*
 * reversal.h - a capture that the channel took back (a QUERY or a settlement file says so): A13.
 *
 * Nothing of it is believed at once. One person proposes it, and from then on the money is in
 * dispute (J8: Dr 1180 / Cr the channel's account); another approves it, and the money is taken
 * from the order (J8a, events LOST_*), whose receipts are notified as wrong when it is not paid any
 * more; or it is refused or withdrawn, and the dispute is undone (J8R). Deciding is proposal.h's.
 */
#ifndef PAYMENTS_REVERSAL_H
#define PAYMENTS_REVERSAL_H

#include "base/base.h"
#include "payments/proposal.h"
#include "payments/till.h"

/* Proposes it for the attempt of that reference; remark: why. ERR_NOT_FOUND; ERR_WRONG_STATE: not
 * captured, or a refund of its order was paid or is under way; ERR_CONFLICT: it is proposed
 * already; ERR_INVALID "remark". */
MUST_USE result reversal_propose(const struct till *t, struct str reference, struct str remark,
                                 const struct proposal_actor *by, struct arena *a,
                                 struct proposal *out, struct err *e);
/* The same within the caller's transaction, which has taken no order yet. */
MUST_USE result reversal_propose_in(struct sql *db, const struct till *t, struct str reference,
                                    struct str remark, const struct proposal_actor *by,
                                    struct arena *a, struct proposal *out, struct err *e);
/* Whether some of the order's money is in dispute: nothing of it is refunded or carried then. */
MUST_USE result reversal_is_open(struct sql *db, struct str agency_id, struct str order_id,
                                 bool *open, struct err *e);

#endif
