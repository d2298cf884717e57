/*
 * match.h - the matching engine: payments of ours against lines of theirs.
 *
 *     match_open(&rules, a hint of how many, &m); match_ours() and match_line() in any order;
 *     match_run(m, threads, ...); match_each(m, sink, ...); match_close(&m).
 *
 * Every line, and every payment of ours that counts for the day, ends in exactly one outcome. The
 * passes, in this order, over what the pass before has left:
 *
 *   1 reference and portal's number  2 the reference  3 the portal's number
 *   4 refunds and reversals by what they undo  5 batches: several of ours against one line, or
 *   one of ours against several lines, with equal sums  6 the code in a narrative  7 amount,
 *   account and day, when there is one candidate only
 *
 * Only 1 to 5 match, and only with equal money. 6 and 7 name a candidate for the officer and
 * match nothing. What could be several is AMB, never guessed. Fees alone have a tolerance, by
 * default 0.
 *
 * The outcomes and their order depend on what was added, not on the order in which it was added nor
 * on the number of threads. Where whole lines are equal, which of them is the first is told by file
 * and line; that is the only use of those two.
 *
 * Pure: no store, no clock. Memory: about 150 bytes and its texts for each item. Everything given
 * is copied. Thread rule: one thread at a time uses an engine; match_run starts its own.
 */
#ifndef RECON_MATCH_H
#define RECON_MATCH_H

#include "base/base.h"
#include "base/clock.h"
#include "recon/match_class.h"
#include "recon/settlement.h"

#define RECONCILE_RULES "match-2" /* changes whenever match.def or the passes change */
#define MATCH_NONE      (-1)      /* no payment of ours, no file, no line */
#define MATCH_ITEMS_MAX 50000000  /* of each side */
#define MATCH_TEXT_MAX  65535     /* bytes of one text; longer is ERR_TOO_LARGE */

/* What a provider takes for a payment: fixed + share of the amount, rounded half up, between least
 * and most (0: no most). The first row whose bank is that of the line, or empty, and whose from_vnd
 * is not above the amount. */
struct match_tariff {
    struct str bank;
    int64_t from_vnd, fixed_vnd, rate_ppm, least_vnd, most_vnd;
};

/* Borrowed until match_close. */
struct match_rules {
    struct str provider;
    struct str account; /* where a payment of ours names none; empty: any */
    struct date day;    /* the business day, part of stable ids; y 0: none */
    int window_days;    /* further apart is DATE instead of OK_W, and no candidate; 0: no limit */
    const struct match_tariff *tariff;
    size_t tariff_count;
    int64_t fee_tolerance_vnd;
    /* Lines of days up to this one must have been forwarded to the treasury (TRS); y 0: not asked.
     * Only what a line says can be wrong: one without a status is none. */
    struct date treasury_due;
};

enum match_kind { MATCH_PAYMENT, MATCH_REFUND };

/* One attempt or refund of ours. Empty texts are unknown and never a difference. */
struct match_ours {
    int64_t id; /* the caller's, from 0 */
    enum match_kind kind;
    struct str reference;    /* unique among one's payments; equal ones are all AMB */
    struct str portal_txn;   /* refund: the portal's number of the refund itself */
    struct str original;     /* refund: the portal's number of the payment it gives back */
    struct str original_ref; /* refund: the reference of that payment */
    struct str order, dossier, account, body;
    struct str batch; /* the payout or remittance it went with */
    struct str code;  /* what a narrative would bring (pass 6) */
    int64_t amount_vnd;
    int64_t fee_vnd; /* when has_fee: what the portal is expected to take, before any tariff */
    bool has_fee;
    struct date day;  /* local day it was paid; y 0: unknown */
    bool captured;    /* else: known, and not paid as far as we know */
    bool in_day;      /* counts for the captures of this day */
    bool late, twice; /* paid after its end; an order that was paid by another attempt too */
    bool returned;    /* given back whole since: moves nothing, as a line that says so */
    bool elsewhere;   /* the file of the day before or after has it */
};

/* One line of theirs. */
struct match_line {
    const struct settlement_line *line; /* its texts are copied */
    int file;                           /* from 0; for the outcome and for ties */
    bool returned;                      /* a payment that was given back whole */
    struct str batch;                   /* payout or remittance that the line is a part of */
    struct str code;                    /* found in the narrative by the caller */
};

struct match_outcome {
    enum match_class class;
    int pass;                      /* 1 to 7; 0: nothing was found */
    int64_t ours_id;               /* MATCH_NONE: not ours */
    int file;                      /* MATCH_NONE: absent there, as is line */
    int64_t line;                  /* settlement_line.n */
    bool takes;                    /* this outcome is the one that uses up ours */
    int64_t candidate_id;          /* passes 6 and 7: propose this one; else MATCH_NONE */
    int64_t occurrence;            /* from 1: which of several lines with equal keys */
    int64_t ours_vnd;              /* what ours moved this day; 0 unless takes */
    int64_t theirs_vnd;            /* what the line moved */
    int64_t difference_vnd;        /* ours - theirs */
    struct match_ours ours;        /* zero when not ours */
    struct settlement_line theirs; /* zero when absent there; of its texts portal_txn, merchant_ref,
                                    * original_ref, dossier, body, account, bank, currency and
                                    * narrative are there */
};

struct match_sum {
    int64_t count;                                /* outcomes */
    int64_t lines;                                /* of them with a line */
    int64_t ours_vnd, theirs_vnd, difference_vnd; /* over them */
};

struct match_result {
    const char *rules; /* RECONCILE_RULES */
    struct match_sum classes[MATCH_COUNT];
    int64_t ours_count, ours_vnd;       /* added: those in the day, and what they moved */
    int64_t line_count, theirs_vnd;     /* added */
    int64_t matched_count, matched_vnd; /* OK and OK_W */
    int64_t residual_vnd;               /* ours - theirs - differences: 0, or the engine is wrong */
};

struct match; /* an engine */

MUST_USE result match_open(const struct match_rules *rules, int64_t expected, struct match **out,
                           struct err *e);
void match_close(struct match **m); /* DEFER(match_close); accepts NULL */
/* ERR_INVALID: id below 0, an amount beyond MONEY_MAX_VND either way. ERR_TOO_LARGE. */
MUST_USE result match_ours(struct match *m, const struct match_ours *o, struct err *e);
MUST_USE result match_line(struct match *m, const struct match_line *l, struct err *e);
/* Once. threads: 1 to 64. */
MUST_USE result match_run(struct match *m, int threads, struct match_result *out, struct err *e);

/* Outcomes other than OK, the most urgent class first, within it by keys; texts live until
 * match_close. A failure of the sink ends it. */
typedef result match_sink(void *arg, const struct match_outcome *o, struct err *e);
MUST_USE result match_each(const struct match *m, match_sink *sink, void *arg, struct err *e);
/* The same for those that are OK: for marks at what is settled. */
MUST_USE result match_each_ok(const struct match *m, match_sink *sink, void *arg, struct err *e);

/* Stable over runs, and not of the class: 32 hex digits of provider, account, day and the payment
 * itself where there is one of ours, else the keys of the line and its occurrence. */
struct str match_id(struct arena *a, const struct match_rules *rules,
                    const struct match_outcome *o);

#endif
