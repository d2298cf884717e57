/*
 * attempt.h - one reference at one provider (channel.h), such as a MaThamChieu at the portal.
 *
 * The row and its reference are committed before any network call, so that whatever happens there
 * can be asked about. A time-out is UNKNOWN, never failed: money may move. States and events are
 * attempt.def; attempt_step() is the only writer. An order has at most one attempt in each channel
 * that may still be paid; another reference there is made only after QUERY told that the former is
 * dead, and one in another channel only when the payer has agreed to have two.
 */
#ifndef PAYMENTS_ATTEMPT_H
#define PAYMENTS_ATTEMPT_H

#include "base/base.h"
#include "payments/order.h"
#include "payments/till.h"

enum attempt_state {
    ATTEMPT_NONE,
    ATTEMPT_NEW,
    ATTEMPT_INITIATING, /* INIT may have been sent */
    ATTEMPT_REDIRECTED, /* the payment URL is known */
    ATTEMPT_PROCESSING, /* the payer came back, or the portal says pending */
    ATTEMPT_UNKNOWN,    /* no believable answer to INIT */
    ATTEMPT_CAPTURED,
    ATTEMPT_FAILED,
    ATTEMPT_EXPIRED,
    ATTEMPT_REVERSED, /* captured, and taken back by the portal: see reversal.h */
    ATTEMPT_STATE_COUNT
};
enum attempt_event {
    ATTEMPT_EV_CREATED,
    ATTEMPT_EV_SENT,       /* about to call INIT */
    ATTEMPT_EV_ANSWERED,   /* INIT gave a payment URL */
    ATTEMPT_EV_REFUSED,    /* INIT refused for certain */
    ATTEMPT_EV_NO_ANSWER,  /* time-out, 5xx, nonsense */
    ATTEMPT_EV_RETURNED,   /* the payer's browser is back: a hint, never money */
    ATTEMPT_EV_NOTICED,    /* CONFIRM verified: asks QUERY */
    ATTEMPT_EV_PENDING,    /* QUERY 3 */
    ATTEMPT_EV_PAID,       /* QUERY 1 and every field equal */
    ATTEMPT_EV_UNPAID,     /* QUERY 4 */
    ATTEMPT_EV_NOT_FOUND,  /* QUERY does not know it, twice */
    ATTEMPT_EV_OVERDUE,    /* the order's time is over, and QUERY told it is not paid */
    ATTEMPT_EV_MISMATCH,   /* QUERY 1, but another amount or currency */
    ATTEMPT_EV_STUCK,      /* in doubt past the horizon */
    ATTEMPT_EV_DISPUTED,   /* a reversal was proposed */
    ATTEMPT_EV_UNDISPUTED, /* and refused or withdrawn */
    ATTEMPT_EV_REVERSED,   /* or approved */
    ATTEMPT_EV_COUNT
};

struct attempt {
    struct str agency_id, order_id;
    int64_t n; /* 1, 2, ... within the order */
    struct str reference;
    enum attempt_state state;
    int64_t amount_vnd;
    struct str init_time; /* ThoiGianGD as it was sent: QUERY and GET_BILL repeat it */
    struct str info;      /* ThongTinGiaoDich as sent */
    struct str payer_ip;
    struct str pay_url;     /* once REDIRECTED */
    struct str portal_txn;  /* MaGiaoDich, once captured */
    struct str bank;        /* MaNganHang */
    struct str portal_time; /* ThoiGianGD of the portal, 14 digits */
    struct str failure;     /* last MaLoi, or our own word for it */
    int64_t created_ms, updated_ms, captured_ms;
    int64_t query_next_ms; /* 0: no more questions */
    int64_t query_count;
    int64_t not_found_ms; /* when QUERY first said that it does not know it; 0: never */
    struct str channel;   /* "portal": a row of channel.def */
    int64_t captured_vnd; /* what arrived, once captured: a transfer may differ from amount_vnd */
    struct str account;   /* beneficiary account as the payer was told it, or empty */
    int64_t reversed_ms;  /* when two persons undid the capture; 0: not */
    struct str settled_day,
        remitted_day; /* YYYY-MM-DD: paid over by the channel, to the treasury */
    bool waits;       /* attempt_write() follows, and writes all that steps have changed at once */
    bool unwritten;   /* something has changed since it was read */
    enum attempt_state written; /* the state that the row still has then */
    /* Messages about it that stand in its history, so that nobody reads them again; NULL: unknown.
     */
    struct attempt_heard *heard;
};

/* What the payer chose. */
struct attempt_choice {
    struct str channel;  /* a row of channel.def */
    struct str payer_ip; /* of the payer, never of this service */
    bool confirmed;      /* a second way beside one that may still be paid */
};

/* What the payer sees next. */
struct attempt_way {
    bool redirect; /* to url; else the page tells the state of the order */
    struct str url;
    enum attempt_state state;
    struct str beside; /* channel that may still be paid: asks for attempt_choice.confirmed */
};

/* Sends the payer to the provider: an attempt there that already has its URL is used again, one in
 * doubt is asked about first, else a new one is made and opened. One that may still be paid in
 * another channel is asked about, too; as long as it may be paid, nothing is begun before the payer
 * has confirmed (way->beside). Network: SLOW pool. ERR_WRONG_STATE when the order cannot be paid,
 * ERR_INVALID (field "channel") when not in this way; a provider that does not answer is no error:
 * way->redirect is false and the state UNKNOWN. ERR_UPSTREAM_REFUSED when it refused. */
MUST_USE result attempt_start(const struct till *t, const struct order *o,
                              const struct attempt_choice *choice, const struct order_cause *cause,
                              struct arena *a, struct attempt_way *way, struct err *e);
/* The payer is back from a provider (GET /pay/{token}/return): notes it and asks QUERY at once;
 * *state is the order's state after that. Network: SLOW pool. Portal failures are no error. */
MUST_USE result attempt_return(const struct till *t, const struct order *o,
                               const struct order_cause *cause, struct arena *a,
                               enum order_state *state, struct err *e);
/* Asks QUERY about one attempt and acts on the answer. */
MUST_USE result attempt_ask(const struct till *t, struct str reference,
                            const struct order_cause *cause, struct err *e);

MUST_USE result attempt_load(const struct till *t, struct str reference, struct arena *a,
                             struct attempt *out, struct err *e); /* ERR_NOT_FOUND */
MUST_USE result attempt_list(const struct till *t, const struct order *o, struct arena *a,
                             struct attempt **out, size_t *count, struct err *e);
/* Captured attempts whose portal time is on that local day, by reference; for reconciliation.
 * `after` is the last reference seen, or empty; at most `most` rows. */
MUST_USE result attempt_list_day(const struct till *t, struct date day, struct str after,
                                 size_t most, struct arena *a, struct attempt **out, size_t *count,
                                 struct err *e);

/* The only writer of the state; the order must have been taken in this transaction, since a capture
 * steps it too. Updates *at. */
MUST_USE result attempt_step(struct sql *db, const struct till *t, struct order *o,
                             struct attempt *at, enum attempt_event event,
                             const struct order_cause *cause, struct arena *a, struct err *e);

const char *attempt_state_name(enum attempt_state s);
bool attempt_state_find(struct str name, enum attempt_state *out);
const char *attempt_event_name(enum attempt_event ev);
bool attempt_is_live(enum attempt_state s); /* may still be paid, as far as we know */
bool attempt_move(enum attempt_state s, enum attempt_event ev, enum attempt_state *next,
                  const char **action);

#endif
