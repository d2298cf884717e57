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
    ORDER_STATE_COUNT
};
enum order_event {
    ORDER_EV_ASSESSED,
    ORDER_EV_WAIVED,
    ORDER_EV_ATTEMPTED,
    ORDER_EV_CAPTURED,
    ORDER_EV_CANCEL,
    ORDER_EV_EXPIRE,
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
    int64_t captured_vnd;               /* by all attempts, less what was reversed */
    int64_t refunded_vnd, reserved_vnd; /* paid back; being paid back: together <= captured_vnd */
    int64_t excess_refunded_vnd;        /* of refunded_vnd: what was never applied to the bill */
    struct str superseded_by;           /* the order that took its place, or empty */
    struct str subject;                 /* account id of the citizen, or empty */
    int level;                          /* at assessment */
    struct str id_index; /* keyed digest of the payer's number or tax code, or empty */
    struct payer payer;  /* opened by order_load; wiped with a clean arena */
    struct str return_url, locale;
    int64_t created_ms, expires_ms, updated_ms;
    int64_t version; /* counts its changes: ETag */
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
    int64_t amount_vnd;    /* CAPTURED: of the attempt */
    int64_t attempt_n;     /* CAPTURED: 1, 2, ... */
    struct str portal_txn; /* CAPTURED: the portal's number */
    struct str mismatch;   /* MISMATCH of an attempt: "AMT" or "CUR" */
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
/* Whether it can be paid now: open and not past its time. ERR_WRONG_STATE. */
MUST_USE result order_may_pay(const struct order *o, int64_t now_ms, struct err *e);
/* Cancels an open order. An attempt that may still be paid is asked about first (network: SLOW
 * pool); ERR_WRONG_STATE when it is paid, ERR_CONFLICT when the portal cannot tell. */
MUST_USE result order_cancel(const struct till *t, struct str id, const struct order_cause *cause,
                             struct err *e);

/* Takes the order's row (locks it until the end of the transaction) and loads it. */
MUST_USE result order_take(struct sql *db, const struct till *t, struct str agency_id,
                           struct str id, struct arena *a, struct order *out, struct err *e);
/* The only writer of the state. The order must have been taken in this transaction. */
MUST_USE result order_step(struct sql *db, const struct till *t, struct order *o,
                           enum order_event event, const struct order_cause *cause, struct arena *a,
                           struct err *e);

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
