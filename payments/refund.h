/*
 * refund.h - paying money back: asked for by one, decided by another, paid by the way it came.
 *
 * Asking reserves the amount under the order's row lock, so that refunds and payments at the same
 * moment never give back more than was captured; what may be asked for must be known to who asks
 * (ERR_STALE). It is a proposal of kind REFUND (proposal.h): its content names order, capture,
 * amount, parts, reason, route and masked payee, and whoever approves names its hash.
 *
 * An approver's limit is held against all that was and will be paid back of the order, so that
 * nothing is cut into pieces that one with a small limit may approve (ERR_OVER_LIMIT).
 *
 * Route, told by where the money is now:
 *   channel   not yet at the treasury, and the channel pays back itself (VNPAY)
 *   bank      not yet at the treasury: a transfer order from the collection account (1120), or
 *             netted by the portal that still has it (1110), which has no refund message
 *   treasury  at the treasury, or in a remittance that was approved: C1-04/NS (Decree 347/2025),
 *             made once the treasury has confirmed the remittance
 * What was reserved before a remittance was approved is left out of it and still goes by the bank.
 * It is part of what is approved: when the money moves on meanwhile, approval is ERR_STALE.
 *
 * States and events are refund.def; refund_step() is the only writer of the state and leaves a row
 * of history. A reference is committed before the channel hears it, and never replaced by another
 * before the channel told what became of it: unknown is a state, not an error.
 *
 * Payee data is sealed at rest and shown masked; only a document for bank or treasury opens it.
 */
#ifndef PAYMENTS_REFUND_H
#define PAYMENTS_REFUND_H

#include "base/base.h"
#include "payments/attempt.h"
#include "payments/ledger.h"
#include "payments/order.h"
#include "payments/proposal.h"
#include "payments/till.h"

#define REFUND_LIST_MAX 200

struct refund_reason;

enum refund_state {
    REFUND_NONE,
    REFUND_REQUESTED, /* the amount is reserved; another person decides */
    REFUND_REJECTED,
    REFUND_CANCELLED,
    REFUND_APPROVED,
    REFUND_SUBMITTING, /* the channel may have heard it */
    REFUND_SUBMITTED,  /* the channel took it */
    REFUND_UNKNOWN,    /* no believable answer */
    REFUND_MANUAL,     /* with bank, portal or treasury, or in doubt for days */
    REFUND_SUCCEEDED,
    REFUND_FAILED,
    REFUND_RETURNED, /* paid, and sent back by the bank */
    REFUND_STATE_COUNT
};
enum refund_event {
    REFUND_EV_REQUEST,
    REFUND_EV_REJECT,
    REFUND_EV_CANCEL,
    REFUND_EV_APPROVE,
    REFUND_EV_SUBMIT,
    REFUND_EV_ACCEPTED,
    REFUND_EV_NO_ANSWER,
    REFUND_EV_PAID,
    REFUND_EV_UNPAID,
    REFUND_EV_STUCK,
    REFUND_EV_ORDER,
    REFUND_EV_RETURN,
    REFUND_EV_COUNT
};
enum refund_route { REFUND_BY_CHANNEL, REFUND_BY_BANK, REFUND_BY_TREASURY, REFUND_ROUTE_COUNT };

struct refund_payee {
    struct str name, bank, account; /* all or none: a channel pays back to where it came from */
};

struct refund {
    struct str agency_id, id, order_id;
    int64_t attempt_n;
    enum refund_state state;
    enum refund_route route;
    int64_t amount_vnd, excess_vnd; /* of it, what was never applied to the bill */
    enum ledger_account account;    /* where it is paid from: 1110, 1120, 1140 or 1150 */
    struct str reason;              /* code */
    struct str payee_sealed, payee_shown;
    struct str maker, proposal_id;
    struct str hash;                 /* of its proposal; filled in by refund_make only */
    struct str channel;              /* of the capture */
    struct str reference, sent_time; /* once submitted or ordered */
    struct str txn, failure;
    struct str document; /* canonical JSON: see refund_order.h */
    int64_t created_ms, updated_ms;
    int64_t next_ms; /* 0: no job looks at it */
    int64_t tries;
    struct str client_id, dossier; /* of the order; where it was loaded alone or in a list */
};

struct refund_request {
    struct str order_id;
    struct str client_id; /* empty: any; otherwise another client's order is not found */
    int64_t attempt_n;    /* 0: the newest capture that holds enough */
    int64_t amount_vnd;
    int64_t available_vnd; /* what whoever asks believes to be available */
    struct str reason, remark;
    struct refund_payee payee;
};

/* Within the caller's transaction (idempotency.h). ERR_STALE "refund_amount_available": not what is
 * available now; ERR_BUSINESS_RULE "amount_vnd", "reason": more than there is, or not refundable
 * for this reason; ERR_INVALID "reason", "payee", "remark", "attempt"; ERR_CONFLICT: one is open
 * for that capture; ERR_WRONG_STATE: nothing was captured. */
MUST_USE result refund_make(struct sql *db, const struct till *t, const struct refund_request *rq,
                            const struct proposal_actor *by, const char *source, struct arena *a,
                            struct refund *out, struct err *e);
MUST_USE result refund_request(const struct till *t, const struct refund_request *rq,
                               const struct proposal_actor *by, const char *source, struct arena *a,
                               struct refund *out, struct err *e);
/* Given up after it was approved, and before anybody heard of it. Before that its proposal is
 * withdrawn or rejected (proposal_decide). */
MUST_USE result refund_cancel(const struct till *t, struct str id, const struct order_cause *cause,
                              struct arena *a, struct refund *out, struct err *e);

/* What a bank, a portal's statement or the treasury told about a refund that is with them, or
 * that was paid: PAID, UNPAID or RETURN. `number` is their document's and must be given; `why` for
 * UNPAID and RETURN. ERR_INVALID names the field. */
struct refund_word {
    enum refund_event event;
    struct str number, why;
};
MUST_USE result refund_settle(const struct till *t, struct str id, const struct refund_word *w,
                              const struct order_cause *cause, struct arena *a, struct refund *out,
                              struct err *e);

/* One refund that a job has to look at: submits what was approved for a channel, asks about what is
 * in doubt. Network: SLOW. *did: there was one. */
MUST_USE result refund_poll(const struct till *t, bool *did, struct err *e);

/* client_id empty: any; otherwise refunds of another client's orders are not found. */
MUST_USE result refund_load(const struct till *t, struct str id, struct str client_id,
                            struct arena *a, struct refund *out, struct err *e);
struct refund_filter {
    struct str client_id, state, dossier; /* empty: any */
    struct str before;                    /* id of the last one seen, or empty */
    size_t most;                          /* REFUND_LIST_MAX at most */
};
/* Newest first. ERR_NOT_FOUND: no such `before`. */
MUST_USE result refund_list(const struct till *t, const struct refund_filter *f, struct arena *a,
                            struct refund **out, size_t *count, struct err *e);
/* Of one order, oldest first. */
MUST_USE result refund_list_order(const struct till *t, const struct order *o, struct arena *a,
                                  struct refund **out, size_t *count, struct err *e);
struct refund_total {
    int64_t count, amount_vnd;
};
/* By state: REFUND_STATE_COUNT rows. */
MUST_USE result refund_totals(const struct till *t, struct refund_total *out, struct err *e);
/* What it is made of: parts of 2110, 2120, 2130 by fee, and of 2150. */
MUST_USE result refund_parts(const struct till *t, const struct refund *r, struct arena *a,
                             struct ledger_split **out, size_t *count, struct err *e);

struct refund_history {
    int64_t seq, at_ms;
    struct str event, from, to, actor, source, mismatch, evidence;
};
MUST_USE result refund_history(const struct till *t, const struct refund *r, struct arena *a,
                               struct refund_history **out, size_t *count, struct err *e);
MUST_USE result refund_payee(const struct till *t, const struct refund *r, struct arena *a,
                             struct refund_payee *out, struct err *e);

/* The only writer of the state; order and refund were taken in this transaction. Updates *r. */
MUST_USE result refund_step(struct sql *db, const struct till *t, struct order *o, struct refund *r,
                            enum refund_event event, const struct order_cause *cause,
                            struct arena *a, struct err *e);

/* Which way money of this capture goes back now, and from which account. gone: what is refunded was
 * sent to the treasury (refund_is_gone). */
enum refund_route refund_route_of(const struct attempt *at, bool gone,
                                  enum ledger_account *account);

const char *refund_state_name(enum refund_state s);
bool refund_state_find(struct str name, enum refund_state *out);
const char *refund_event_name(enum refund_event ev);
const char *refund_route_name(enum refund_route r);
bool refund_is_open(enum refund_state s); /* money is reserved for it */
bool refund_move(enum refund_state s, enum refund_event ev, enum refund_state *next,
                 const char **action);

#endif
