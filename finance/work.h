/*
 * work.h - long work that a page starts and that goes on without it: queued, done by a job, told
 * about while it runs.
 *
 * One of a kind is under way at a time: who asks meanwhile is given that one. Whoever does it holds
 * a lease that each word of progress prolongs; when it dies, another begins anew. Rows are kept for
 * a week. What came of it is a short text without personal data.
 */
#ifndef FINANCE_WORK_H
#define FINANCE_WORK_H

#include "finance/office.h"

#define WORK_LEASE_MS (10 * 60 * 1000)
#define WORK_KEPT_MS  (7 * 86400000LL)

enum work_state { WORK_WAITING, WORK_RUNNING, WORK_DONE, WORK_FAILED, WORK_STATE_COUNT };

struct work {
    struct str id, kind, officer, word;
    enum work_state state;
    int64_t done, total; /* total 0: nobody knows */
    int64_t made_ms, ended_ms;
};

MUST_USE result work_start(const struct office *f, struct str kind, struct str officer,
                           struct arena *a, struct str *id, struct err *e);
MUST_USE result work_load(const struct office *f, struct str id, struct arena *a, struct work *out,
                          struct err *e); /* ERR_NOT_FOUND */
/* The newest of a kind. */
MUST_USE result work_last(const struct office *f, struct str kind, struct arena *a, bool *found,
                          struct work *out, struct err *e);

/* For whoever does it. */
MUST_USE result work_claim(const struct office *f, struct arena *a, bool *found, struct work *out,
                           struct err *e);
MUST_USE result work_tell(const struct office *f, struct str id, int64_t done, int64_t total,
                          struct err *e);
MUST_USE result work_end(const struct office *f, struct str id, bool failed, struct str word,
                         struct err *e);

const char *work_state_name(enum work_state s);

#endif
