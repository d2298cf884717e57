/*
 * channel.h - the ways in which an order can be paid, behind one interface.
 *
 * A channel is one file (channel_<name>.c, beside what speaks the provider's language) and one row
 * of channel.def. The row tells its name, what it can, to which account of the books its money
 * comes first, its section of the settings and where its callbacks come in; the file gives the
 * calls. What sends payers, asks and polls knows nothing else of a provider. attempt.channel names
 * the row, and keeps naming it when the row is switched off: what was begun is seen to its end.
 *
 * Amounts are whole dong here, whatever a provider counts in.
 */
#ifndef PAYMENTS_CHANNEL_H
#define PAYMENTS_CHANNEL_H

#include "base/base.h"
#include "payments/ledger.h"
#include "payments/till.h"

struct attempt;
struct order;

enum channel_ability {
    CHANNEL_ASKS = 1,     /* the provider tells what became of an attempt: calls->ask */
    CHANNEL_REFUNDS = 2,  /* pays back: calls->refund and refund_ask */
    CHANNEL_BILLS = 4,    /* gives a document of its own: calls->bill */
    CHANNEL_QR = 8,       /* the payer scans a symbol here instead of being sent away */
    CHANNEL_COUNTER = 16, /* an officer takes the money: never offered to payers */
    CHANNEL_RESTS = 32    /* may ask for less than the whole bill: the rest of a short payment */
};

enum channel_result {
    CHANNEL_OK,
    CHANNEL_REFUSED,  /* a definite no, in a believable reply */
    CHANNEL_NO_ANSWER /* time-out, 5xx, nonsense: what happened there is unknown */
};
enum channel_state {
    CHANNEL_NOT_FOUND,
    CHANNEL_PAID,
    CHANNEL_PENDING,
    CHANNEL_UNPAID,
    CHANNEL_HELD,    /* debited, but the provider suspects fraud: not ours yet */
    CHANNEL_REVERSED /* debited and taken back, or about to be */
};

struct channel_answer {
    enum channel_result result;
    struct str code;          /* the provider's word, or a short one of ours */
    struct str pay_url;       /* start: where the payer goes, checked; empty: nowhere */
    enum channel_state state; /* ask */
    int64_t amount_vnd;
    struct str currency, txn, bank, time; /* time: 14 digits, local */
    struct str evidence;                  /* canonical JSON of the fields above */
};

/* One refund of one capture. `reference` is committed by the caller before the call and said again
 * with every repetition, as are `time` and `by`. */
struct channel_refund {
    struct str reference;       /* 1 to 32 letters and digits: unique for ever */
    const struct attempt *paid; /* the capture */
    int64_t amount_vnd;         /* 1 to paid->captured_vnd */
    struct str time;            /* 14 digits, local: when the refund was first sent */
    struct str by;              /* who approved it: a name of a staff account, printable ASCII */
    struct str ip;              /* of this service, or of that officer */
    struct str info;            /* printable ASCII, at most 255 bytes */
};

struct channel_calls {
    bool (*is_enabled)(const struct till *t);
    /* Fills reference, info and account of an attempt that is about to be committed; n, amount and
     * times are there. ERR_INVALID: it cannot be paid this way (no account, too large). */
    result (*prepare)(const struct till *t, const struct order *o, struct attempt *at,
                      struct arena *a, struct err *e);
    /* Opens the payment. Said again for the same attempt it asks for the same. Fails only when the
     * request could not be made; what became of one that was made is in the answer. */
    result (*start)(const struct till *t, const struct order *o, const struct attempt *at,
                    struct arena *a, struct channel_answer *out, struct err *e);
    result (*ask)(const struct till *t, const struct attempt *at, struct arena *a,
                  struct channel_answer *out, struct err *e);
    /* CHANNEL_PAID: paid back. PENDING: taken, and under way. UNPAID or CHANNEL_REFUSED: it will
     * not happen. NO_ANSWER: ask before anything else, never with another reference. */
    result (*refund)(const struct till *t, const struct channel_refund *r, struct arena *a,
                     struct channel_answer *out, struct err *e);
    result (*refund_ask)(const struct till *t, const struct channel_refund *r, struct arena *a,
                         struct channel_answer *out, struct err *e);
    /* ERR_UPSTREAM_BAD, ERR_UPSTREAM_DOWN. */
    result (*bill)(const struct till *t, const struct attempt *at, struct arena *a, struct str *pdf,
                   struct err *e);
    /* What the symbol says that the payer of a live attempt scans. */
    result (*qr)(const struct till *t, const struct attempt *at, struct arena *a, struct str *text,
                 struct err *e);
    int64_t (*timeout_ms)(const struct till *t); /* of one call; NULL: it makes none */
};

struct channel {
    const char *name;
    const char *text;      /* key of its name on pages; text "_note" explains it */
    unsigned can;          /* of enum channel_ability */
    int account;           /* of the books: what its money is debited to first */
    const char *section;   /* of the settings */
    const char *callbacks; /* routes, or "" */
    const struct channel_calls *calls;
};

extern const struct channel channels[];
extern const size_t channel_count;

const struct channel *channel_find(struct str name); /* NULL: no such row */
/* The channel of an attempt. ERR_INTERNAL: a row that was there once is gone. */
MUST_USE result channel_of(const struct attempt *at, const struct channel **out, struct err *e);
/* Where the money of an attempt comes first: the channel's account; of a transfer that an officer
 * took or that was assigned (info "transfer") the bank's. */
enum ledger_account channel_account(const struct channel *ch, const struct attempt *at);
/* How receipts say that money came, in Vietnamese: of "<channel> <info of the attempt>". Empty for
 * what no channel brought, such as money carried from the order before. */
struct str channel_method(struct str of);
bool channel_can(struct str name, enum channel_ability what);
/* Whether a payer may choose it now, for what is still due of this order. */
bool channel_is_offered(const struct channel *ch, const struct till *t, const struct order *o);
/* After this an answer to a call does not come any more. */
int64_t channel_timeout_ms(struct str name, const struct till *t);
/* One question. Of a channel that cannot be asked nothing is known: CHANNEL_NOT_FOUND when the
 * order's time is over, else PENDING, both without evidence. */
MUST_USE result channel_ask(const struct till *t, const struct attempt *at, bool overdue,
                            struct arena *a, struct channel_answer *out, struct err *e);
void channel_no_answer(struct channel_answer *out, struct str why);

#define CHANNEL(name, text, can, account, section, callbacks, method)                              \
    extern const struct channel_calls channel_##name;
#include "payments/channel.def"
#undef CHANNEL

#endif
