/*
 * shift.h - an officer's shift at a desk of a one-stop centre, and the cash it answers for.
 *
 * A shift belongs to one agency, desk and officer; a desk has one open shift, an officer too. It
 * begins with a float (change brought along: not of the books), takes money (counter.h), is
 * counted, and is closed for ever: at once when the count is what it should be, else when a second
 * person has confirmed the difference (PROPOSAL_SHIFT_CLOSE). A refused count is made again; money
 * is taken in an open shift only.
 *
 * Books, per agency: cash taken Dr 1140 (J2, J2b, J2c), brought to the bank Dr 1120 / Cr 1140
 * (J2d), found too much Dr 1140 / Cr 2160 (J7) when confirmed. What is missing stays on 1140, where
 * somebody answers for it until it is brought. Cash whose capture was
 * reversed was handed back from the drawer: it shows as a difference. Lock order: proposal, order,
 * shift, ledger chain.
 */
#ifndef PAYMENTS_SHIFT_H
#define PAYMENTS_SHIFT_H

#include "base/base.h"
#include "payments/proposal.h"
#include "payments/till.h"

struct sql;

#define SHIFT_DESK_BYTES_MAX 60
#define SHIFT_SLIP_BYTES_MAX 60
#define SHIFT_NOTES          10 /* denominations, the largest first */
extern const int64_t shift_notes_vnd[SHIFT_NOTES];

enum shift_state { SHIFT_OPEN, SHIFT_COUNTED, SHIFT_RECOUNT, SHIFT_CLOSED, SHIFT_STATE_COUNT };

struct shift {
    struct str agency_id, id, desk;
    struct str officer; /* "staff:<name>" */
    enum shift_state state;
    int64_t float_vnd;
    int64_t cash_vnd, transfer_vnd; /* taken */
    int64_t takes;                  /* how often */
    int64_t over_vnd;               /* found too much, and confirmed */
    int64_t deposited_vnd;
    int64_t expected_vnd, counted_vnd; /* when it was counted */
    struct str counts_json;            /* {"500000":2,...}, or empty */
    struct str proposal_id;
    int64_t opened_ms, counted_ms, closed_ms; /* 0: not yet */
};

/* What should be in the drawer now. */
int64_t shift_drawer_vnd(const struct shift *s);
/* Of the takings, what was not brought to the bank yet. */
int64_t shift_left_vnd(const struct shift *s);

/* `by` is its officer. ERR_INVALID: "desk", "agency_id", "float_vnd"; ERR_CONFLICT: the desk or the
 * officer has an open one. */
MUST_USE result shift_open(const struct till *t, struct str agency_id, struct str desk,
                           int64_t float_vnd, const struct proposal_actor *by, struct arena *a,
                           struct shift *out, struct err *e);

struct shift_count {
    struct str shift_id;
    bool by_notes;              /* else total_vnd */
    int64_t notes[SHIFT_NOTES]; /* how many of each of shift_notes_vnd */
    int64_t total_vnd;          /* by notes: 0, or what it must come to */
    struct str remark;          /* needed when there is a difference */
};
/* Counts and closes, or proposes. ERR_FORBIDDEN: another's shift; ERR_WRONG_STATE: counted or
 * closed; ERR_INVALID: "counted_vnd" or "remark". */
MUST_USE result shift_close(const struct till *t, const struct shift_count *c,
                            const struct proposal_actor *by, struct arena *a, struct shift *out,
                            struct err *e);
/* Cash brought to the collection account, with the bank's slip; before or after closing. The same
 * slip again changes nothing. ERR_INVALID: "slip"; ERR_BUSINESS_RULE, "amount_vnd": more than
 * shift_left_vnd(); ERR_WRONG_STATE: a second person is looking at it; ERR_CONFLICT, "slip": it was
 * used for something else. */
MUST_USE result shift_deposit(const struct till *t, struct str shift_id, int64_t amount_vnd,
                              struct str slip, const struct proposal_actor *by, struct arena *a,
                              struct err *e);

MUST_USE result shift_load(const struct till *t, struct str id, struct arena *a, struct shift *out,
                           struct err *e); /* ERR_NOT_FOUND */
/* The open one of an officer, or of a desk. ERR_NOT_FOUND. */
MUST_USE result shift_load_officer(const struct till *t, struct str officer, struct arena *a,
                                   struct shift *out, struct err *e);
MUST_USE result shift_load_desk(const struct till *t, struct str agency_id, struct str desk,
                                struct arena *a, struct shift *out, struct err *e);
/* Newest first. */
MUST_USE result shift_list(const struct till *t, size_t most, struct arena *a, struct shift **out,
                           size_t *count, struct err *e);

struct shift_slip {
    struct str slip, brought_by;
    int64_t amount_vnd, at_ms;
};
MUST_USE result shift_slips(const struct till *t, struct str id, size_t most, struct arena *a,
                            struct shift_slip **out, size_t *count, struct err *e);

/* Takes its row: locked until the end of the transaction. */
MUST_USE result shift_take(struct sql *db, struct str id, struct arena *a, struct shift *out,
                           struct err *e);

const char *shift_state_name(enum shift_state s); /* "open" */

#endif
