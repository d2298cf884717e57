/*
 * run_row.h - rows of days, for the files of this room.
 */
#ifndef FINANCE_RUN_ROW_H
#define FINANCE_RUN_ROW_H

#include "finance/run.h"
#include "store/sql.h"

#define RUN_REVISIONS_MAX 50
#define RUN_STEPS_MAX     500

struct run_row {
    struct run run;
    struct str closed_manifest, closed_hash, signature;
    struct str signer; /* public JWK of its key */
    int64_t steps;
};

/* The newest revision; RUN_NONE when there is none. take: locked until the end of the transaction.
 */
MUST_USE result run_row_find(struct sql *db, const struct run_key *k, bool take, struct arena *a,
                             struct run_row *out, struct err *e);
MUST_USE result run_row_list(struct sql *db, const struct run_key *k, struct arena *a,
                             struct run_row **out, size_t *count, struct err *e);
MUST_USE result run_row_insert(struct sql *db, const struct run_key *k, int64_t revision,
                               int64_t now_ms, struct arena *a, struct err *e);

enum run_state run_state_read(struct str name); /* of a row */

/* Who steps, and what about. */
struct run_cause {
    struct str actor, detail;
    int64_t now_ms;
};
/* The only writer of the state. ERR_WRONG_STATE. */
MUST_USE result run_step(struct sql *db, struct run_row *r, enum run_event ev,
                         const struct run_cause *cause, enum run_action *action, struct arena *a,
                         struct err *e);

/* Whether the day may be closed as it stands. */
MUST_USE result run_guard(struct sql *db, const struct office *f, const struct run_key *k,
                          struct arena *a, struct reconcile_day *outcome, enum run_bar *bar,
                          struct err *e);
/* What the last run of the day left, within the caller's transaction. */
MUST_USE result reconcile_day_in(struct sql *db, const struct till *t,
                                 const struct settlement_key *k, struct arena *a,
                                 struct reconcile_day *out, struct err *e);
/* Whose captures a source settles on the day; unused: empty. Without an office the portal's. */
void reconcile_channels(const struct till *t, const struct settlement_key *k,
                        struct str out[SOURCE_CHANNELS_MAX]);

#endif
