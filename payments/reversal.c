/*
 * Undoing a capture that the portal took back: see proposal.def.
 */
#include "payments/proposal.h"

#include "base/err.h"

result reversal_decided(struct sql *db, const struct till *t, const struct proposal *p,
                        const struct proposal_actor *by, struct arena *a, struct err *e)
{
    (void)db;
    (void)t;
    (void)by;
    (void)a;
    if (p->state != PROPOSAL_APPROVED)
        return OK;
    return fail(e, ERR_WRONG_STATE, "nothing can be reversed yet");
}
