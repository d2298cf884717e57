/*
 * order.h - one obligation bundle of one dossier towards one collecting body, lines frozen.
 *
 * States and events are order.def; order_step() is the only writer of the state, runs the row's
 * action (journal, receipts) in the same transaction and leaves an event row. A pair that is not
 * listed is ERR_WRONG_STATE; repeats that are harmless are rows.
 *
 * Payer data (name, number, address) is sealed at rest; id_index tells whose bill it is without
 * the number being readable.
 */
#ifndef PAYMENTS_ORDER_H
#define PAYMENTS_ORDER_H

#include "base/base.h"
#include "base/clock.h"
#include "payments/bill.h"
#include "payments/ledger.h"
#include "payments/till.h"

struct sql;
struct json;
struct attempt;

enum order_state {
    ORDER_NONE, /* before its row exists */
    ORDER_OPEN,
    ORDER_EXEMPT, /* nothing to pay */
    ORDER_PAID,
    ORDER_OVERPAID, /* captured more than due: the excess is held in suspense */
    ORDER_EXPIRED,
    ORDER_CANCELLED,
    ORDER_UNDERPAID,  /* captured less than due: all of it is held in suspense */
    ORDER_REFUNDED,   /* everything was paid back */
    ORDER_SUPERSEDED, /* assessed anew: see superseded_by */
    ORDER_STATE_COUNT
};
enum order_event {
    ORDER_EV_ASSESSED,
    ORDER_EV_WAIVED,
    ORDER_EV_ATTEMPTED,
    ORDER_EV_CAPTURED, /* now there is exactly what is due */
    ORDER_EV_SHORT,    /* still less than due */
    ORDER_EV_OVER,     /* more than due */
    ORDER_EV_AGAIN,    /* though nothing was due */
    ORDER_EV_CANCEL,
    ORDER_EV_EXPIRE,
    ORDER_EV_RESERVED,    /* a refund was asked for */
    ORDER_EV_RELEASED,    /* and given up */
    ORDER_EV_PAID_OUT,    /* or paid, a part of the money */
    ORDER_EV_EXCESS_OUT,  /* or all that was not applied to the bill */
    ORDER_EV_ALL_OUT,     /* or everything */
    ORDER_EV_BOUNCED,     /* the bank sent a refund back */
    ORDER_EV_EXCESS_BACK, /* and so there is more than was applied to the bill */
    ORDER_EV_LOST_SOME,   /* a capture was reversed; the state stays */
    ORDER_EV_LOST_EXCESS, /* now there is exactly what is due */
    ORDER_EV_LOST_PART,   /* now there is less */
    ORDER_EV_LOST_ALL,    /* now there is nothing */
    ORDER_EV_SUPERSEDE,
    ORDER_EV_REASSESSED, /* priced anew, still to be paid (order_reprice.h) */
    ORDER_EV_COUNT
};

struct payer {
    struct str name, id, address; /* each may be empty: nothing is made up */
};

struct order {
    struct str agency_id;
    struct str id;        /* "pay_...", sorts by time */
    struct str token;     /* of /pay/{token}; see order_may_see() */
    struct str client_id; /* who asked */
    struct str reference; /* dossier code */
    struct str procedure, procedure_name_vi, procedure_name_en;
    struct date received_on;
    enum fee_channel channel;
    enum order_state state;
    struct bill bill;
    int64_t captured_vnd;               /* by all attempts, less reversed, with carried_vnd */
    int64_t refunded_vnd, reserved_vnd; /* paid back; being paid back: together <= captured_vnd */
    int64_t excess_refunded_vnd;        /* of refunded_vnd: what was never applied to the bill */
    int64_t excess_reserved_vnd;        /* the same of reserved_vnd */
    int64_t carried_vnd;      /* from an order that this one corrects; < 0: to the one that did */
    struct str superseded_by; /* the order that took its place, or empty */
    struct str subject;       /* account id of the citizen, or empty */
    int level;                /* at assessment */
    struct str id_index;      /* keyed digest of the payer's number or tax code, or empty */
    struct payer payer;       /* opened by order_load; wiped with a clean arena */
    struct str return_url, locale;
    int64_t created_ms, expires_ms, updated_ms;
    int64_t version;   /* counts its changes: ETag */
    bool taken;        /* its row is locked by this transaction, so that event_seq is right */
    int64_t event_seq; /* number of its last event */
    bool waits;        /* taken, and order_write() follows: the number is written with the rest */
    bool unwritten;    /* and has changed since */
    /* When it was taken: whether it has receipts, and its client endpoints. What is not there need
     * not be looked for. Of one that was not taken: unknown. PostgreSQL answers as it was before a
     * wait for the lock: only for what a unique index proves, or what no order changes. */
    bool no_receipts, no_endpoints;
};

struct order_request {
    struct str client_id;
    struct str agency_id, reference, procedure;
    struct date received_on;
    enum fee_channel channel;
    const struct fee_item *items; /* count 0: the procedure's default fees */
    size_t item_count;
    const struct str *categories;
    size_t category_count;
    struct payer payer;
    struct str subject;
    int level;
    struct str return_url, locale; /* "vi" or "en"; empty: vi */
    struct str request_id, ip;     /* for the audit row */
};

/* Why a step is made; goes into the event row. */
struct order_cause {
    struct str actor;    /* "client:<id>", "citizen:<account>", "system" */
    struct str source;   /* "api", "page", "notice", "query", "expiry" */
    struct str evidence; /* canonical JSON of the message that tells so, or empty */
    struct str request_id, ip;
    int64_t amount_vnd;      /* of money that arrives, is refunded or taken back */
    int64_t excess_vnd;      /* refunds: of it, what was never applied to the bill (filled in) */
    int64_t attempt_n;       /* by which attempt: 1, 2, ...; 0: the order itself */
    struct str portal_txn;   /* of a capture: the portal's number */
    struct str mismatch;     /* MISMATCH of an attempt: "AMT" or "CUR" */
    struct str refund_id;    /* refunds: names their journals */
    struct str proposal_id;  /* reversals: names the journals of the dispute */
    struct str successor;    /* SUPERSEDE: the corrected order */
    const struct bill *bill; /* REASSESSED, and WAIVED of an open order: the new one */
    /* Where the money arrives or leaves; 0: LEDGER_1110. */
    enum ledger_account account;
};

/* Prices and stores a new order, within the caller's transaction (idempotency.h). State OPEN, or
 * EXEMPT when nothing is due. ERR_INVALID names the field of the API; payer data is checked only
 * for text and length. The arena holds the result. */
MUST_USE result order_create(struct sql *db, const struct till *t, const struct order_request *rq,
                             struct arena *a, struct order *out, struct err *e);
/* ERR_NOT_FOUND; ERR_BROKEN_CHAIN: a line was altered after the order was made, as for all that
 * load one. client_id empty: any; otherwise another client's order is not found. */
MUST_USE result order_load(const struct till *t, struct str id, struct str client_id,
                           struct arena *a, struct order *out, struct err *e);
MUST_USE result order_load_token(const struct till *t, struct str token, struct arena *a,
                                 struct order *out, struct err *e);
/* The newest order of a dossier at an agency. */
MUST_USE result order_load_reference(const struct till *t, struct str agency_id,
                                     struct str reference, struct arena *a, struct order *out,
                                     struct err *e);
/* Orders of a citizen (their account or their number), newest first, `most` at most. */
MUST_USE result order_list_mine(const struct till *t, struct str subject, struct str id_index,
                                size_t most, struct arena *a, struct order **out, size_t *count,
                                struct err *e);
/* Whether this signed-in citizen may see this order and pay it: it was asked for in their account
 * or number, or it names neither, so that who holds the token may pay. ERR_FORBIDDEN. */
MUST_USE result order_may_see(const struct order *o, struct str subject, struct str id_index,
                              struct err *e);
/* Whether they may also see whose it is (payer's name, number, address): only the order's own
 * account or number, never somebody who merely holds the token. */
bool order_may_see_payer(const struct order *o, struct str subject, struct str id_index);
/* Whether it can be paid now: open or underpaid, and not past its time. ERR_WRONG_STATE. */
MUST_USE result order_may_pay(const struct order *o, int64_t now_ms, struct err *e);
/* Cancels an open order. An attempt that may still be paid is asked about first (network: SLOW
 * pool); ERR_WRONG_STATE when it is paid, ERR_CONFLICT when the portal cannot tell. */
MUST_USE result order_cancel(const struct till *t, struct str id, const struct order_cause *cause,
                             struct err *e);

/* Takes the order's row (locks it until the end of the transaction) and loads it. */
MUST_USE result order_take(struct sql *db, const struct till *t, struct str agency_id,
                           struct str id, struct arena *a, struct order *out, struct err *e);
/* The only writer of the state. The order must have been taken in this transaction. Events of money
 * are chosen by the functions below; the constraints of the table are the last defence. */
MUST_USE result order_step(struct sql *db, const struct till *t, struct order *o,
                           enum order_event event, const struct order_cause *cause, struct arena *a,
                           struct err *e);

/* What is still to be paid; 0 when it cannot be paid. */
int64_t order_due_vnd(const struct order *o);
/* Held in suspense (2150) and not reserved: less than due, more than due, or paid twice. */
int64_t order_held_vnd(const struct order *o);
/* What a refund may be of: captured, neither refunded nor reserved. */
int64_t order_available_vnd(const struct order *o);
bool order_is_collected(enum order_state s); /* PAID, OVERPAID, REFUNDED: the bill was paid once */

/* All of the following: the order was taken in this transaction and is updated; journals, receipts,
 * history and audit row go with it.
 *
 * Money arrived (cause: amount_vnd, attempt_n, portal_txn, account): applied to the bill as soon as
 * there is enough, else held. A bill that is still due gets time to pay the rest. */
MUST_USE result order_captured(struct sql *db, const struct till *t, struct order *o,
                               const struct order_cause *cause, struct arena *a, struct err *e);

/* Refunds. cause: refund_id, unique for each refund; amount_vnd only for order_reserve. J5: what is
 * held goes first, the rest pro rata of what is left of each line. *excess_vnd: the part that was
 * held. ERR_BUSINESS_RULE, field "amount_vnd": not > 0, or more than order_available_vnd();
 * ERR_CONFLICT: that refund_id was used; ERR_WRONG_STATE: a capture is disputed (reversal.h). */
MUST_USE result order_reserve(struct sql *db, const struct till *t, struct order *o,
                              const struct order_cause *cause, int64_t *excess_vnd, struct arena *a,
                              struct err *e);
/* It is not paid: rejected, cancelled, failed. The reverse of its J5; an underpaid order is
 * completed when the money is enough now. ERR_NOT_FOUND: no such refund; ERR_CONFLICT: released or
 * paid before, and never returned. */
MUST_USE result order_release(struct sql *db, const struct till *t, struct order *o,
                              const struct order_cause *cause, struct arena *a, struct err *e);
/* C1-04/NS was ordered, since the money had gone to the treasury: J6t, of what was applied to the
 * bill. The state stays. */
MUST_USE result order_refund_ordered(struct sql *db, const struct till *t, struct order *o,
                                     const struct order_cause *cause, struct arena *a,
                                     struct err *e);
/* It was paid. cause.account: LEDGER_1110 (netted by the portal), LEDGER_1120 (from the bank),
 * LEDGER_1140 (cash): J6. After order_refund_ordered the treasury paid the part that was ordered:
 * J6u, and the account the rest. */
MUST_USE result order_refunded(struct sql *db, const struct till *t, struct order *o,
                               const struct order_cause *cause, struct arena *a, struct err *e);
/* A refund that was paid came back: it is reserved again, to be paid or released once more. */
MUST_USE result order_refund_returned(struct sql *db, const struct till *t, struct order *o,
                                      const struct order_cause *cause, struct arena *a,
                                      struct err *e);

/* A captured attempt was reversed (cause: amount_vnd, attempt_n). ERR_WRONG_STATE: refunded, or a
 * refund is under way. */
MUST_USE result order_lose(struct sql *db, const struct till *t, struct order *o,
                           const struct order_cause *cause, struct arena *a, struct err *e);
/* Assessed anew: `successor` is the corrected order, open, of the same agency and dossier, taken
 * too. The assessment is withdrawn, and money that was captured is carried over (J9), where it pays
 * the bill as far as it goes. ERR_CONFLICT: an attempt may still be paid; ERR_WRONG_STATE:
 * refunds. */
MUST_USE result order_supersede(struct sql *db, const struct till *t, struct order *o,
                                struct order *successor, const struct order_cause *cause,
                                struct arena *a, struct err *e);

/* A system asks for a corrected order in place of this one: `fresh` was made in this transaction,
 * for the same dossier. Only what was never paid, or was given back: captured money is not carried
 * on the word of a system. ERR_INVALID "replaces": no order of this client, or of another dossier;
 * ERR_BUSINESS_RULE "replaces": money is held for it; ERR_CONFLICT: an attempt may still be paid;
 * ERR_WRONG_STATE: it ended otherwise. */
MUST_USE result order_replace(struct sql *db, const struct till *t, struct str id,
                              struct str client_id, const struct order *fresh,
                              const struct order_cause *cause, struct arena *a, struct err *e);

/* A line of the history of an order and its attempts, oldest first. */
struct order_history {
    int64_t seq, at_ms;
    int64_t attempt_n; /* 0: the order itself */
    struct str event, from, to, actor, source;
    struct str
        mismatch; /* class of what does not fit: AMT, CUR, STA, LATE, DUP_PAY, STUCK; or "" */
};
MUST_USE result order_history(const struct till *t, const struct order *o, struct arena *a,
                              struct order_history **out, size_t *count, struct err *e);

const char *order_state_name(enum order_state s); /* "open" */
bool order_state_find(struct str name, enum order_state *out);
const char *order_event_name(enum order_event ev);
struct str order_url(const struct till *t, const struct order *o, struct arena *a); /* next_url */
/* The table itself, for tests and docs/machines.md. False when the pair is not listed. */
bool order_move(enum order_state s, enum order_event ev, enum order_state *next,
                const char **action);

#endif
