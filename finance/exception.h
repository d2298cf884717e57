/*
 * exception.h - what did not agree, and who answers for it until it does (F1.7).
 *
 * A run finds exceptions (recon/match.def); their ids are of keys, not of classes, so that one
 * keeps its id when another file changes its class. Two things are kept apart: `state` is what runs
 * see (new, persisting, resolved: no longer found), `stage` is how far people have come with it.
 * Stages and events are exception.def; each step leaves a row of history that is never changed.
 *
 * It is open while its stage is neither closed nor resolved. A day may be closed over one only when
 * it is carried: somebody owns it, with a remark and the day from which it counts as broken.
 *
 * What is done about one is exception_action.h: a proposal of two persons.
 *
 * Locks: proposal, day, exception, order.
 */
#ifndef FINANCE_EXCEPTION_H
#define FINANCE_EXCEPTION_H

#include "base/base.h"
#include "base/clock.h"
#include "payments/till.h"
#include "recon/match_class.h"

struct proposal_actor;
struct sql;

#define EXCEPTION_LIST_MAX         500
#define EXCEPTION_REMARK_BYTES_MAX 1000

/* What runs see. */
enum exception_state { EXCEPTION_NEW, EXCEPTION_PERSISTING, EXCEPTION_RESOLVED };

enum exception_stage {
    EXCEPTION_OPEN,
    EXCEPTION_ASSIGNED,
    EXCEPTION_PROPOSED,
    EXCEPTION_APPROVED, /* only within the transaction of an approval */
    EXCEPTION_EXECUTED, /* done here; somebody else's answer is awaited */
    EXCEPTION_CLOSED,
    EXCEPTION_AUTO_RESOLVED, /* a later file or QUERY explains it */
    EXCEPTION_REOPENED,
    EXCEPTION_STAGE_COUNT
};
enum exception_event {
    EXCEPTION_EV_ASSIGN,
    EXCEPTION_EV_RELEASE,
    EXCEPTION_EV_PROPOSE,
    EXCEPTION_EV_REJECT,
    EXCEPTION_EV_WITHDRAW,
    EXCEPTION_EV_APPROVE,
    EXCEPTION_EV_EXECUTE,
    EXCEPTION_EV_CLOSE,
    EXCEPTION_EV_REOPEN,
    EXCEPTION_EV_EXPLAIN,
    EXCEPTION_EV_REAPPEAR,
    /* These leave the stage as it is. */
    EXCEPTION_EV_CARRY,
    EXCEPTION_EV_RAISE,
    EXCEPTION_EV_ASK, /* QUERY was asked */
    EXCEPTION_EV_COUNT
};
/* Days since it was first seen: 0-1, 2-7, 8-30, more. Each open one is in exactly one. */
enum exception_age {
    EXCEPTION_AGE_FRESH,
    EXCEPTION_AGE_WEEK,
    EXCEPTION_AGE_MONTH,
    EXCEPTION_AGE_OLD,
    EXCEPTION_AGE_COUNT
};

struct exception {
    struct str provider, account, day; /* of the run that found it; day: YYYY-MM-DD */
    struct str id;                     /* 32 hexadecimal digits, stable over runs */
    enum match_class class;
    int priority; /* 1 most urgent .. 4 */
    enum exception_state state;
    enum exception_stage stage;
    struct str reference;  /* MaThamChieu; empty: unknown */
    struct str portal_txn; /* empty: unknown */
    struct str dossier;
    struct str agency_id, order_id; /* of our order, or empty */
    int64_t file_n, line;           /* the raw line; line 0: the file has none */
    int64_t ours_vnd, theirs_vnd;
    int64_t difference_vnd; /* ours - theirs; theirs as settlement_moved_vnd */
    int64_t first_seen_ms, seen_ms, resolved_ms;
    struct str source;   /* what told of it: "settlement", "bank_notice" */
    struct str owner;    /* "staff:<name>", or empty */
    struct str remark;   /* the newest */
    struct str break_on; /* YYYY-MM-DD from which it counts as broken when carried; or empty */
    struct str action, proposal_id; /* newest proposal (exception_action.h), or empty */
    int64_t raised_ms;              /* when it was raised to an approver; 0: not */
    int64_t events;                 /* rows of its history */
};

/* ---- runs ---- */

struct exception_scope {
    struct str provider, account, day;
};
/* What a run found becomes the exceptions of the scope, set by set: rows of reconcile_found under
 * run_n are inserted (DATE is carried to the next day by itself, OK_W is born closed), known ones
 * get what is true now, and those no longer found are resolved: open, assigned and reopened ones
 * become AUTO_RESOLVED, while a proposal under way is left to its checker, who cannot approve it
 * any more. A closed one is reopened only when class or amounts differ from what was closed.
 * file_n: of the accepted file. Within the transaction that ends the run. */
MUST_USE result exception_merge(struct sql *db, const struct exception_scope *s, int64_t run_n,
                                int64_t file_n, int64_t now_ms, struct err *e);

struct exception_sum {
    int64_t count, difference_vnd;
};
/* What closing a day asks. */
struct exception_tally {
    int64_t open_count;      /* neither closed nor resolved */
    int64_t uncarried_count; /* of these, without owner, remark and a break_on after the day */
    int64_t proposed_count;  /* of these, with a proposal that nobody has decided */
    struct exception_sum found[MATCH_COUNT]; /* all that the last run found, by class */
    struct exception_sum open[MATCH_COUNT];  /* of these, still open */
};
MUST_USE result exception_tally(struct sql *db, const struct exception_scope *s,
                                struct exception_tally *out, struct err *e);

/* Open value by class and age, absolute; for metrics, Today and reports. */
struct exception_ages {
    int64_t count[MATCH_COUNT][EXCEPTION_AGE_COUNT];
    int64_t value_vnd[MATCH_COUNT][EXCEPTION_AGE_COUNT];
};
MUST_USE result exception_ages(const struct till *t, struct exception_ages *out, struct err *e);
enum exception_age exception_age(int64_t first_seen_ms, int64_t now_ms);

/* ---- people ---- */

MUST_USE result exception_load(const struct till *t, struct str id, struct arena *a,
                               struct exception *out, struct err *e); /* ERR_NOT_FOUND */
/* Takes its row until the end of the transaction. */
MUST_USE result exception_take(struct sql *db, struct str id, struct arena *a,
                               struct exception *out, struct err *e);

enum exception_tab {
    EXCEPTION_TAB_MISMATCH,     /* all but the others */
    EXCEPTION_TAB_UNIDENTIFIED, /* MIS_OURS, UNKEY, AMB */
    EXCEPTION_TAB_REFUND,       /* DUP_PAY, AMT_MORE, REF_UNM, LATE ... */
    EXCEPTION_TAB_DOUBT,        /* MIS_THEIRS, STA, REV ... */
    EXCEPTION_TAB_COUNT
};
struct exception_filter {
    int tab;                                          /* enum exception_tab, -1: all */
    bool closed_too;                                  /* also what is closed or resolved */
    struct str provider, account;                     /* of the source; empty: any */
    struct str dossier;                               /* begins with */
    struct str txn;                                   /* reference or portal_txn, exactly */
    struct str procedure;                             /* of our order */
    struct str class, stage, owner, day_from, day_to; /* empty: any */
    int age;                                          /* enum exception_age, -1: any */
    int64_t min_vnd, max_vnd;                         /* absolute difference; 0: any */
    struct str after;                                 /* id of the last one seen, or empty */
    size_t most;                                      /* EXCEPTION_LIST_MAX at most */
};
/* Most urgent first, then oldest. `total`, unless NULL: of everything that the filter lets
 * through. */
MUST_USE result exception_list(const struct till *t, const struct exception_filter *f,
                               struct arena *a, struct exception **out, size_t *count,
                               struct exception_sum *total, struct err *e);
enum exception_tab exception_tab_of(enum match_class c);

/* ERR_NOT_FOUND; ERR_WRONG_STATE; ERR_INVALID names the field; ERR_CONFLICT: another has it. */
/* Gives it to an owner. `seen_owner` is who had it on the screen: of two who take it at once the
 * second is told (ERR_CONFLICT). */
MUST_USE result exception_assign(const struct till *t, struct str id, struct str owner,
                                 struct str seen_owner, const struct proposal_actor *by,
                                 struct arena *a, struct err *e);
/* All or none of them. */
MUST_USE result exception_assign_all(const struct till *t, const struct str *ids, size_t count,
                                     struct str owner, const struct proposal_actor *by,
                                     struct arena *a, struct err *e);
/* Back to nobody. */
MUST_USE result exception_release(const struct till *t, struct str id,
                                  const struct proposal_actor *by, struct arena *a, struct err *e);
/* By its owner: not broken before that day. break_on: after the exception's own day, within 92 days
 * from today. */
MUST_USE result exception_carry(const struct till *t, struct str id, struct date break_on,
                                struct str remark, const struct proposal_actor *by, struct arena *a,
                                struct err *e);
/* EXECUTED, with the final result in words; or closed again after all. */
MUST_USE result exception_close(const struct till *t, struct str id, struct str remark,
                                const struct proposal_actor *by, struct arena *a, struct err *e);
MUST_USE result exception_reopen(const struct till *t, struct str id, struct str remark,
                                 const struct proposal_actor *by, struct arena *a, struct err *e);

/* What is open longer than conf (finance.raise_days_1..4, by priority) is raised once: it shows on
 * Today of every approver. *raised: how many; a job calls it. */
MUST_USE result exception_raise(const struct till *t, const int64_t raise_days[5], int64_t *raised,
                                struct err *e);

struct exception_history {
    int64_t seq, at_ms;
    struct str event, from, to, actor, remark, proposal_id;
};
/* Oldest first; the first line is that it was found. */
MUST_USE result exception_history(const struct till *t, const struct exception *x, struct arena *a,
                                  struct exception_history **out, size_t *count, struct err *e);

/* ---- the table ---- */

struct exception_cause {
    struct str actor, remark, proposal_id, request_id, ip;
    int64_t now_ms;
};
/* The only writer of the stage; *x was taken in this transaction and is updated. Also leaves an
 * audit row. */
MUST_USE result exception_step(struct sql *db, struct exception *x, enum exception_event event,
                               const struct exception_cause *cause, struct arena *a, struct err *e);
bool exception_move(enum exception_stage s, enum exception_event ev, enum exception_stage *next);
bool exception_is_open(enum exception_stage s);
const char *exception_state_name(enum exception_state s); /* "new" */
const char *exception_stage_name(enum exception_stage s); /* "open" */
bool exception_stage_find(struct str name, enum exception_stage *out);
const char *exception_event_name(enum exception_event ev);
const char *exception_tab_name(enum exception_tab t); /* "mismatch" */
const char *exception_age_name(enum exception_age g); /* "0-1" */

#endif
