/*
 * exception_action.h - what may be done about an exception, shown before it is asked for, decided
 * by a second person, and done exactly as it was shown.
 *
 * A draft is rehearsed: carried out in a transaction that is never committed, so that the postings
 * which are shown are those that would be made. They are part of the proposal's content
 * (proposal.h, kind EXCEPTION, subject: the exception's id); at the approval the action is carried
 * out again, and when what it posts is not what was shown, nothing happens (ERR_STALE).
 *
 * Where another room already takes two persons for it (reversal.h), its own proposal is made by the
 * maker and approved by the checker of this one, in the same transaction.
 *
 * Locks: proposal, exception, order, ledger chain, receipt numbers, audit chain.
 */
#ifndef FINANCE_EXCEPTION_ACTION_H
#define FINANCE_EXCEPTION_ACTION_H

#include "base/base.h"
#include "base/err.h"
#include "finance/exception.h"
#include "finance/office.h"
#include "payments/ledger.h"

#define EXCEPTION_TARGETS_MAX  20
#define EXCEPTION_POSTINGS_MAX 400
#define EXCEPTION_BULK_LINES   500
#define EXCEPTION_FAULTS_MAX   50

enum exception_action {
#define ACTION(code, name, end, need, classes) EXCEPTION_DO_##code,
#include "finance/exception_action.def"
#undef ACTION
    EXCEPTION_ACTION_COUNT
};
enum exception_need {
    EXCEPTION_NEEDS_NOTHING,
    EXCEPTION_NEEDS_ORDERS,
    EXCEPTION_NEEDS_ORDER,
    EXCEPTION_NEEDS_BODY,
    EXCEPTION_NEEDS_REFUND
};

struct exception_target {
    struct str id;      /* an order, a refund, or an agency */
    int64_t amount_vnd; /* ORDERS: its part of the movement; else 0 */
};
struct exception_draft {
    enum exception_action action;
    const struct exception_target *targets;
    size_t target_count;
    struct str remark;
};

struct exception_posting {
    struct str agency_id, journal, order_id; /* journal: "J7" */
    struct ledger_posting p;
};
/* What a draft would do. */
struct exception_preview {
    struct exception x;
    struct str content; /* of the proposal */
    struct str hash;    /* SHA-256 of content: what submitting must name */
    int64_t amount_vnd; /* against limits */
    struct exception_posting *postings;
    size_t posting_count;
};

/* ERR_INVALID "action": not for this class; "target": none, too many, or of the wrong kind;
 * "amount_vnd": parts that do not sum to the movement; "remark". ERR_WRONG_STATE: it is proposed,
 * closed or explained. And what the action itself refuses (order.h, refund.h, reversal.h). */
MUST_USE result exception_preview(const struct office *f, struct str id,
                                  const struct exception_draft *d, const struct proposal_actor *by,
                                  struct arena *a, struct exception_preview *out, struct err *e);
/* Proposes exactly what was shown: ERR_STALE "hash" when it would be something else now. An open
 * exception is given to who proposes; that of another owner is ERR_CONFLICT "owner". */
MUST_USE result exception_propose(const struct office *f, struct str id,
                                  const struct exception_draft *d, struct str hash,
                                  const struct proposal_actor *by, struct arena *a,
                                  struct proposal *out, struct err *e);

/* The same within the caller's transaction, of what exception_preview just told. */
MUST_USE result exception_propose_in(struct sql *db, const struct office *f,
                                     const struct exception_preview *shown,
                                     const struct exception_draft *d,
                                     const struct proposal_actor *by, struct arena *a,
                                     struct proposal *out, struct err *e);

struct exception_fault {
    int64_t line; /* of the CSV, from 1 */
    const char *field;
    enum err_code code;
};
/* Lines "exception,action,target,remark" under such a header; target is "id" or "id=amount" joined
 * by spaces. Every line becomes a proposal, or none: then *fault_count > 0, and the call is OK.
 * ERR_INVALID "file": no such header, or no or too many lines. */
MUST_USE result exception_propose_csv(const struct office *f, struct str csv,
                                      const struct proposal_actor *by, size_t *proposed,
                                      struct exception_fault *faults, size_t *fault_count,
                                      struct err *e);

/* QUERY about its payment, now (network: SLOW), noted in the history. *captured: whether the
 * attempt counts as captured afterwards; when that explains it, it is resolved, also when its day
 * is closed. ERR_WRONG_STATE: there is no payment to ask about. */
MUST_USE result exception_ask(const struct office *f, struct str id,
                              const struct proposal_actor *by, struct arena *a, bool *captured,
                              struct err *e);

bool exception_may(enum exception_action act, const struct exception *x); /* class, stage, sums */
const char *exception_action_name(enum exception_action act); /* "assign"; text "action.assign" */
bool exception_action_find(struct str name, enum exception_action *out);
enum exception_need exception_action_need(enum exception_action act);

#endif
