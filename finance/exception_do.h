/*
 * exception_do.h - carrying an action out, for the files of this room.
 */
#ifndef FINANCE_EXCEPTION_DO_H
#define FINANCE_EXCEPTION_DO_H

#include "finance/exception_action.h"

/* One action on an exception that this transaction has taken. */
struct exception_doing {
    const struct office *f;
    const struct exception *x;
    const struct exception_draft *d;
    const struct proposal_actor *maker, *checker;
    struct str proposal_id; /* empty: a rehearsal */
    struct arena *a;
};

/* Posts what the action posts, and tells what it was. */
MUST_USE result exception_do(struct sql *db, const struct exception_doing *k,
                             struct exception_posting **out, size_t *count, struct err *e);
/* The content of the proposal: canonical JSON of exception, targets and postings. */
struct str exception_content(const struct exception *x, const struct exception_draft *d,
                             const struct exception_posting *postings, size_t count,
                             struct arena *a);
/* What of an action can be told without the store: ERR_INVALID, ERR_WRONG_STATE. */
MUST_USE result exception_draft_check(const struct exception *x, const struct exception_draft *d,
                                      struct err *e);

#endif
