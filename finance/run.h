/*
 * run.h - a day of one source on its way from its first file to its signed end (machine run.def).
 *
 * A day is (provider, account, local day, revision). Its outcome is what the last run left
 * (finance/reconcile.h) with the bridge statement (finance/bridge.h). One officer submits exactly
 * the outcome that was on the screen, named by the hash of its manifest; another approves it
 * (payments/proposal.h, kinds "run_close" and "run_reopen"). A closed day is never matched anew;
 * two persons reopen it, which begins revision + 1 and keeps what was closed.
 *
 * A day closes only when its bridge has no residual (I11), every exception is resolved or carried
 * with an owner and a day, its file is accepted and no earlier day of the chain is missing. All of
 * this is asked when it is submitted and once more, with the day locked, when it is approved.
 *
 * A proposal to close is for the sum of what is open or was accepted, |difference| of each; one to
 * open again for what was paid over: an approver's limit holds for it.
 *
 * Locks: proposal, day, exception. Any thread.
 */
#ifndef FINANCE_RUN_H
#define FINANCE_RUN_H

#include "base/base.h"
#include "base/clock.h"
#include "finance/office.h"
#include "finance/reconcile.h"
#include "payments/proposal.h"

struct sql;

enum run_state {
    RUN_NONE, /* no file yet */
    RUN_OPEN,
    RUN_MATCHING,
    RUN_REVIEW,
    RUN_AWAITING_APPROVAL,
    RUN_CLOSED,
    RUN_REOPENED, /* of this revision: the next one is under way */
    RUN_STATE_COUNT
};
enum run_event {
    RUN_EV_FILE,
    RUN_EV_START,
    RUN_EV_SAME, /* a run ended: the same outcome as before, or another one */
    RUN_EV_CHANGED,
    RUN_EV_SUBMIT,
    RUN_EV_REJECT,
    RUN_EV_WITHDRAW,
    RUN_EV_APPROVE,
    RUN_EV_REOPEN,
    RUN_EV_COUNT
};
enum run_action {
    RUN_DO_NOTHING,
    RUN_DO_KEEP,
    RUN_DO_PROPOSE,
    RUN_DO_WITHDRAW,
    RUN_DO_CLOSE,
    RUN_DO_REVISE
};

/* Which day of which source. */
struct run_key {
    struct str provider, account;
    struct date day;
};

struct run {
    struct run_key key;
    int64_t revision; /* from 1; 0: RUN_NONE */
    enum run_state state;
    struct str manifest_hash; /* of the last run; of a closed revision: what was closed */
    struct str proposal_id;   /* open while it awaits approval, else the last one */
    struct str submitted_by, closed_by;
    int64_t changed_ms, closed_ms;
    int64_t cut_ms; /* our side as it was known at this instant */
    bool is_signed;
};

/* A row of history, oldest first. */
struct run_step {
    int64_t revision;
    struct str event, to, actor, detail;
    int64_t at_ms;
};

/* Why a day cannot be submitted or closed. */
enum run_bar {
    RUN_MAY_CLOSE,
    RUN_BAR_NO_FILE,   /* not accepted, quarantined, or came before its day was over */
    RUN_BAR_CHAIN,     /* an earlier day of the chain is missing */
    RUN_BAR_RESIDUAL,  /* the bridge does not explain everything */
    RUN_BAR_EXCEPTION, /* one is neither resolved nor carried */
    RUN_BAR_COUNT
};

struct run_view {
    struct run run;
    struct reconcile_day outcome; /* of the last run, with exceptions and files */
    enum run_bar bar;
    bool file_is_newer; /* closed, and another file was accepted since */
    struct run_step *steps;
    size_t step_count;
    struct run *revisions; /* earlier ones, newest first */
    size_t revision_count;
};

/* A square of the calendar. */
struct run_square {
    struct run_key key;
    int64_t revision;
    enum run_state state;
    enum reconcile_verdict verdict;
    int64_t captured_count, matched_count, file_count;
    int64_t open_count, open_vnd; /* exceptions that are not resolved; sum of |difference| */
};

/* One day as it stands. */
MUST_USE result run_load(const struct office *f, const struct run_key *k, struct arena *a,
                         struct run_view *out, struct err *e);
/* All days of all sources from..to (both included) of which anything is known, by day and source.
 */
MUST_USE result run_squares(const struct office *f, struct date from, struct date to,
                            struct arena *a, struct run_square **out, size_t *count, struct err *e);
/* What was shown when the officer decided: the hash of the manifest. */
struct run_ask {
    struct run_key key;
    struct str manifest_hash;
    struct str remark; /* must be given */
};
/* Proposes to close the day as shown. ERR_STALE (field "hash"): the outcome is another one by now;
 * ERR_WRONG_STATE: not in review; ERR_BUSINESS_RULE: run_bar, named in the detail. */
MUST_USE result run_submit(const struct office *f, const struct run_ask *ask,
                           const struct proposal_actor *by, struct arena *a, struct proposal *out,
                           struct err *e);
/* Proposes to open a closed day again. ERR_STALE; ERR_WRONG_STATE: not closed. */
MUST_USE result run_reopen(const struct office *f, const struct run_ask *ask,
                           const struct proposal_actor *by, struct arena *a, struct proposal *out,
                           struct err *e);
/* For reconcile.c, within its transactions. *go false: the day is closed and keeps what it has. */
MUST_USE result run_begin(struct sql *db, const struct till *t, const struct run_key *k, bool *go,
                          struct arena *a, struct err *e);
MUST_USE result run_end(struct sql *db, const struct till *t, const struct run_key *k,
                        struct str manifest_hash, int64_t cut_ms, struct arena *a, struct err *e);
/* Whether a day is closed: nothing may change its exceptions' figures any more. */
MUST_USE result run_is_closed(struct sql *db, const struct run_key *k, bool *closed,
                              struct arena *a, struct err *e);

/* false: such an event is refused in that state. */
bool run_next(enum run_state from, enum run_event ev, enum run_state *to, enum run_action *action);
const char *run_state_name(enum run_state s); /* "awaiting_approval" */
const char *run_event_name(enum run_event ev);
const char *run_action_name(enum run_action a);
const char *run_bar_name(enum run_bar b);
struct str run_subject(struct arena *a, const struct run_key *k); /* "day:PP/3713.../2026-11-01" */

#endif
