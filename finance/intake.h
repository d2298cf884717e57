/*
 * intake.h - files of sources on their way in: judged beside what was taken before, and kept.
 *
 * A file is believed whole or quarantined with its faults: of the file itself (recon/settlement.h),
 * of its signature where the source demands one, and of what stands beside it, another account or
 * day, a number out of sequence, a balance that does not go on. The same bytes again change
 * nothing; revision n+1 takes the place of revision n, and so may another form of the same
 * movements; other bytes under the same revision are quarantined (REP), unless the earlier file
 * came before its day was over. Two persons may release what is quarantined (intake_release.h).
 * States: file.def. Nothing here moves money.
 *
 * The bytes of every file, quarantined ones too, are kept sealed in pieces, so that a run can be
 * repeated and a line shown as it came (intake_keep.h).
 */
#ifndef FINANCE_INTAKE_H
#define FINANCE_INTAKE_H

#include "base/base.h"
#include "base/clock.h"
#include "finance/office.h"
#include "payments/till.h"
#include "recon/settlement.h"

struct conf;
struct reconcile_day;

enum settlement_state {
    SETTLEMENT_RECEIVED, /* being stored */
    SETTLEMENT_ACCEPTED,
    SETTLEMENT_SUPERSEDED,
    SETTLEMENT_QUARANTINED,
    SETTLEMENT_STATE_COUNT
};
enum settlement_event {
    SETTLEMENT_EV_GOOD,
    SETTLEMENT_EV_FAULTY,
    SETTLEMENT_EV_ALTERED,
    SETTLEMENT_EV_POORER,
    SETTLEMENT_EV_LATER,
    SETTLEMENT_EV_AGAIN,
    SETTLEMENT_EV_RELEASE,
    SETTLEMENT_EV_COUNT
};
enum settlement_action {
    SETTLEMENT_DO_NOTHING,
    SETTLEMENT_DO_KEEP_LINES,
    SETTLEMENT_DO_DROP_LINES,
    SETTLEMENT_DO_ALERT,
    SETTLEMENT_DO_RUN
};

/* One day of one source. */
struct settlement_key {
    struct str provider, account;
    struct date day;
};

/* A file that was taken. */
struct settlement_file {
    int64_t n; /* its number here, from 1 */
    struct settlement_key key;
    struct str source_id;
    struct str sha256; /* hex: its name here */
    struct str name;   /* as it was given */
    enum settlement_form form;
    enum settlement_state state;
    struct date day;  /* key.day */
    int64_t revision; /* of the file, or counted here when the form has none */
    int64_t bytes, lines;
    int64_t gross_vnd, moved_vnd;
    bool has_chain;
    int64_t seq, opening_vnd, closing_vnd; /* has_chain */
    struct str faults; /* quarantined: "CTL line 7 column 40 `...`: why", one a line */
    bool crlf;
    bool is_signed; /* its detached JWS was verified */
    struct str actor;
    struct str released_by, proposal_id; /* of a release, or empty */
    int64_t received_ms, day_end_ms;     /* received before day_end_ms: the day was not over yet */
};

struct intake_result {
    bool known;       /* these bytes were taken before: nothing changed */
    bool quarantined; /* file.faults tells why; the day was not reconciled anew */
    struct settlement_file file;
    struct reconcile_day *day; /* as it is now; NULL: not a source that is reconciled on its own */
};

struct intake_file {
    const struct source *source;
    struct date day;       /* y 0: the day that the file names */
    struct str name;       /* as it was given */
    struct str bytes, jws; /* jws: the detached signature beside it, or empty */
    struct str actor;      /* "staff:<name>", "system" */
};

/* Takes a file for a day of its source and reconciles the day, and the days beside it where they
 * wait for this one. What a bank's or the treasury's file says has arrived is confirmed
 * (payout_match, remittance_match). May ask QUERY (network: SLOW pool or jobs). A quarantined file
 * is no failure. ERR_INVALID (field "file"): empty; (field "day"): none given and none in the file.
 * ERR_TOO_LARGE. ERR_CONFLICT: another process takes the same bytes at this moment.
 */
MUST_USE result intake_file(const struct office *f, const struct intake_file *in, struct arena *a,
                            struct intake_result *out, struct err *e);
/* The same for a till alone, for the portal and its account. */
MUST_USE result intake_take(const struct till *t, struct date day, struct str file_name,
                            struct str bytes, struct str actor, struct arena *a,
                            struct intake_result *out, struct err *e);

/* ERR_NOT_FOUND. */
MUST_USE result intake_load(const struct office *f, int64_t n, struct arena *a,
                            struct settlement_file *out, struct err *e);
/* Newest first. */
struct intake_query {
    int64_t before_ms, before_n; /* older than; 0: from the newest */
    bool has_state;
    enum settlement_state state;
    size_t most;
};
MUST_USE result intake_list(const struct office *f, const struct intake_query *q, struct arena *a,
                            struct settlement_file **out, size_t *count, struct err *e);

/* All files of a day, newest first. */
MUST_USE result intake_of_day(const struct office *f, const struct settlement_key *k, size_t most,
                              struct arena *a, struct settlement_file **out, size_t *count,
                              struct err *e);

/* Days whose file is not there although its deadline has passed, of sources that expect one; the
 * last INTAKE_MISSING_DAYS days, most urgent (oldest) first. And those that are due next. */
#define INTAKE_MISSING_DAYS 10
struct file_missing {
    const struct source *source;
    struct date day;
    int64_t deadline_ms; /* in the future: due, not missing yet */
    bool is_late;
};
MUST_USE result file_missing_list(const struct office *f, struct arena *a,
                                  struct file_missing **out, size_t *count, struct err *e);

/* Background: reconciles days whose files were released. */
MUST_USE result intake_run_due(const struct office *f, bool *did, struct err *e);

/* false: such an event is refused in that state. */
bool settlement_next(enum settlement_state from, enum settlement_event ev,
                     enum settlement_state *to, enum settlement_action *action);
const char *settlement_state_name(enum settlement_state s); /* "accepted" */
bool settlement_state_find(struct str name, enum settlement_state *out);
const char *settlement_event_name(enum settlement_event ev);
const char *settlement_action_name(enum settlement_action a);

#endif
