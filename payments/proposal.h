/*
 * proposal.h - what takes two persons: one proposes, another decides on exactly what was proposed.
 *
 * Refunds, reversals, fee tables, replacements of receipts and the like become a row whose hash
 * covers kind, agency, subject, amount and content. Who decides names the hash that was on the
 * screen, so that nothing can change between looking and approving; nobody decides on what they
 * proposed; nobody approves more than their limit. The decision and its effect commit together.
 *
 * Content is canonical JSON made for people: an object whose members are shown as they are; it
 * holds no personal data. Locks: proposal, order, ledger chain, receipt numbers, audit chain.
 */
#ifndef PAYMENTS_PROPOSAL_H
#define PAYMENTS_PROPOSAL_H

#include "base/base.h"
#include "payments/till.h"

struct office;
struct sql;

#define PROPOSAL_REMARK_BYTES_MAX 1000
#define PROPOSAL_LIST_MAX         200

enum proposal_kind {
#define PROPOSAL(kind, name, apply)        PROPOSAL_##kind,
#define OFFICE_PROPOSAL(kind, name, apply) PROPOSAL_##kind,
#include "payments/proposal.def"
#undef PROPOSAL
    PROPOSAL_KIND_COUNT
};
enum proposal_state {
    PROPOSAL_OPEN,
    PROPOSAL_APPROVED,
    PROPOSAL_REJECTED,
    PROPOSAL_WITHDRAWN, /* by its maker, or since it became pointless */
    PROPOSAL_STATE_COUNT
};

/* Who acts. */
struct proposal_actor {
    struct str name;   /* "staff:<name>" or "client:<id>"; never empty */
    int64_t limit_vnd; /* what they may approve; INT64_MAX: anything */
    struct str request_id, ip;
};

struct proposal {
    struct str agency_id;
    struct str id; /* "ppl_..." */
    enum proposal_kind kind;
    struct str subject; /* one open proposal for each (kind, subject) */
    struct str content; /* canonical JSON */
    struct str hash;    /* 64 hexadecimal digits: what a decision must name */
    int64_t amount_vnd; /* held against limits; 0: no money */
    enum proposal_state state;
    struct str maker, remark;
    int64_t made_ms;
    struct str decided_by, decision_remark;
    int64_t decided_ms; /* 0: not yet */
};

/* Applies an approval, or undoes what a rejection or withdrawal makes pointless (p->state tells),
 * within the transaction of the decision. */
typedef result proposal_apply(struct sql *db, const struct till *t, const struct proposal *p,
                              const struct proposal_actor *by, struct arena *a, struct err *e);
#define PROPOSAL(kind, name, apply) proposal_apply apply;
#include "payments/proposal.def"
#undef PROPOSAL

/* What the floor above does of its own kinds; it hangs this on the till (till.above) when it opens.
 * While none hangs there, its proposals can neither be made nor decided. */
struct proposal_above {
    const struct office *office;
    result (*apply)(struct sql *db, const struct office *f, const struct proposal *p,
                    const struct proposal_actor *by, struct arena *a, struct err *e);
};

/* Within the caller's transaction: kind, agency_id, subject, content, amount_vnd and remark are
 * given, the rest is filled in. ERR_INVALID "remark": empty, or too long; ERR_CONFLICT: one is open
 * for the same subject. */
MUST_USE result proposal_make(struct sql *db, const struct till *t, struct proposal *p,
                              const struct proposal_actor *by, struct arena *a, struct err *e);

struct proposal_decision {
    struct str id;
    enum proposal_state verdict; /* APPROVED or REJECTED by another; WITHDRAWN by its maker */
    struct str hash;             /* as shown to who decides; not needed to withdraw */
    struct str remark;           /* must be given to reject */
};
/* ERR_NOT_FOUND; ERR_WRONG_STATE: decided already; ERR_STALE: another hash; ERR_SELF_APPROVAL: the
 * maker decides (or another withdraws: ERR_FORBIDDEN); ERR_OVER_LIMIT; and what the kind's function
 * refuses, in which case it stays open. */
MUST_USE result proposal_decide(const struct till *t, const struct proposal_decision *d,
                                const struct proposal_actor *by, struct arena *a,
                                struct proposal *out, struct err *e);
/* The same within the caller's transaction. */
MUST_USE result proposal_decide_in(struct sql *db, const struct till *t,
                                   const struct proposal_decision *d,
                                   const struct proposal_actor *by, struct arena *a,
                                   struct proposal *out, struct err *e);

MUST_USE result proposal_load(const struct till *t, struct str id, struct arena *a,
                              struct proposal *out, struct err *e); /* ERR_NOT_FOUND */
/* Newest first, older than `before` (its id; empty: from the newest), PROPOSAL_LIST_MAX at most. */
MUST_USE result proposal_list(const struct till *t, enum proposal_state state, struct str before,
                              size_t most, struct arena *a, struct proposal **out, size_t *count,
                              struct err *e);
/* All about one subject, newest first: its maker and checker history. */
MUST_USE result proposal_list_subject(const struct till *t, struct str subject, struct arena *a,
                                      struct proposal **out, size_t *count, struct err *e);

const char *proposal_kind_name(enum proposal_kind k);
const char *proposal_state_name(enum proposal_state s);
bool proposal_state_find(struct str name, enum proposal_state *out);

#endif
