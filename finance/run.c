/*
 * Attacker: an officer who would close or open a day alone, or have it say something else
 * afterwards. Promise: a step is a row of run.def and leaves a row of history in the transaction of
 * its effect; a closed day keeps what it has until two persons begin a new revision.
 */
#include "finance/run.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "finance/run_row.h"

static const char *const state_names[RUN_STATE_COUNT] = {
    "none", "open", "matching", "review", "awaiting_approval", "closed", "reopened"
};
static const char *const event_names[RUN_EV_COUNT] = { "file",     "start",   "same",
                                                       "changed",  "submit",  "reject",
                                                       "withdraw", "approve", "reopen" };
static const char *const action_names[] = { "NOTHING",  "KEEP",  "PROPOSE",
                                            "WITHDRAW", "CLOSE", "REVISE" };
static const char *const bar_names[RUN_BAR_COUNT] = { "none", "file", "chain", "residual",
                                                      "exceptions" };

static const struct {
    enum run_state from;
    enum run_event event;
    enum run_state to;
    enum run_action action;
} moves[] = {
#define MOVE(from, event, to, action) { RUN_##from, RUN_EV_##event, RUN_##to, RUN_DO_##action },
#include "finance/run.def"
#undef MOVE
};

const char *run_state_name(enum run_state s)
{
    return state_names[s];
}

const char *run_event_name(enum run_event ev)
{
    return event_names[ev];
}

const char *run_action_name(enum run_action a)
{
    return action_names[a];
}

const char *run_bar_name(enum run_bar b)
{
    return bar_names[b];
}

bool run_next(enum run_state from, enum run_event ev, enum run_state *to, enum run_action *action)
{
    for (size_t i = 0; i < LEN(moves); i++)
        if (moves[i].from == from && moves[i].event == ev) {
            *to = moves[i].to;
            *action = moves[i].action;
            return true;
        }
    return false;
}

struct str run_subject(struct arena *a, const struct run_key *k)
{
    return str_fmt(a, "day:%.*s/%.*s/%.*s", STR_ARG(k->provider), STR_ARG(k->account),
                   STR_ARG(date_iso(a, k->day)));
}

enum run_state run_state_read(struct str name)
{
    enum run_state s = RUN_OPEN;

    while (s < RUN_REOPENED && !str_is(name, state_names[s]))
        s++;
    return s;
}

static struct run_row row_read(const struct sql_rows *rows, const struct run_key *k,
                               struct arena *a)
{
    struct run_row r = {
        .run = { .key = *k,
                 .revision = sql_int(rows, 0),
                 .state = run_state_read(sql_text(rows, 1, a)),
                 .manifest_hash = sql_text(rows, 2, a),
                 .cut_ms = sql_int(rows, 3),
                 .proposal_id = sql_text(rows, 4, a),
                 .submitted_by = sql_text(rows, 5, a),
                 .closed_by = sql_text(rows, 6, a),
                 .changed_ms = sql_int(rows, 7),
                 .closed_ms = sql_int(rows, 8) },
        .closed_manifest = sql_text(rows, 9, a),
        .closed_hash = sql_text(rows, 10, a),
        .signature = sql_text(rows, 11, a),
        .steps = sql_int(rows, 12),
        .signer = sql_text(rows, 13, a),
    };

    r.run.is_signed = r.signature.n > 0;
    return r;
}

result run_row_find(struct sql *db, const struct run_key *k, bool take, struct arena *a,
                    struct run_row *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    const struct str day = date_iso(a, k->day);
    bool more;

    *out = (struct run_row){ .run = { .key = *k } };
    if (take)
        TRY(sql_find(db, SQL_RUN_DAY_TAKE, &rows, e, sql_t(k->provider), sql_t(k->account),
                     sql_t(day)));
    else
        TRY(sql_find(db, SQL_RUN_DAY_LOAD, &rows, e, sql_t(k->provider), sql_t(k->account),
                     sql_t(day), sql_i(1)));
    TRY(sql_next(rows, &more, e));
    if (more)
        *out = row_read(rows, k, a);
    return OK;
}

result run_row_list(struct sql *db, const struct run_key *k, struct arena *a, struct run_row **out,
                    size_t *count, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    *out = arena_array(a, struct run_row, RUN_REVISIONS_MAX);
    *count = 0;
    TRY(sql_find(db, SQL_RUN_DAY_LOAD, &rows, e, sql_t(k->provider), sql_t(k->account),
                 sql_t(date_iso(a, k->day)), sql_i(RUN_REVISIONS_MAX)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        (*out)[(*count)++] = row_read(rows, k, a);
    }
}

result run_row_insert(struct sql *db, const struct run_key *k, int64_t revision, int64_t now_ms,
                      struct arena *a, struct err *e)
{
    return sql_run(db, SQL_RUN_DAY_INSERT, e, sql_t(k->provider), sql_t(k->account),
                   sql_t(date_iso(a, k->day)), sql_i(revision), sql_i(now_ms));
}

static result row_save(struct sql *db, const struct run_row *r, struct arena *a, struct err *e)
{
    const struct run *d = &r->run;

    return sql_run_one(
        db, SQL_RUN_DAY_SAVE, ERR_RETRY, e, sql_t(d->key.provider), sql_t(d->key.account),
        sql_t(date_iso(a, d->key.day)), sql_i(d->revision), sql_t(str_c(state_names[d->state])),
        sql_t(d->manifest_hash), sql_i(d->cut_ms), sql_t(d->proposal_id), sql_t(d->submitted_by),
        sql_t(d->closed_by), sql_i(d->changed_ms), sql_i(d->closed_ms), sql_t(r->closed_manifest),
        sql_t(r->closed_hash), sql_t(r->signature), sql_i(r->steps), sql_t(r->signer));
}

result run_step(struct sql *db, struct run_row *r, enum run_event ev, const struct run_cause *cause,
                enum run_action *action, struct arena *a, struct err *e)
{
    struct run *d = &r->run;
    enum run_state to;

    if (!run_next(d->state, ev, &to, action))
        return fail(e, ERR_WRONG_STATE, "the day is %s", state_names[d->state]);
    if (*action == RUN_DO_KEEP)
        return OK;
    d->state = to;
    d->changed_ms = cause->now_ms;
    r->steps++;
    TRY(row_save(db, r, a, e));
    return sql_run(db, SQL_RUN_STEP_INSERT, e, sql_t(d->key.provider), sql_t(d->key.account),
                   sql_t(date_iso(a, d->key.day)), sql_i(d->revision), sql_i(r->steps),
                   sql_i(cause->now_ms), sql_t(str_c(event_names[ev])),
                   sql_t(str_c(state_names[to])), sql_t(cause->actor), sql_t(cause->detail));
}

static struct run_cause by_system(const struct till *t, struct str detail)
{
    return (struct run_cause){ STR("system"), detail, clock_now_ms(t->clock) };
}

/* A day begins with its first file. */
static result row_begin(struct sql *db, const struct till *t, const struct run_key *k,
                        struct run_row *out, struct arena *a, struct err *e)
{
    const struct run_cause cause = by_system(t, STR(""));
    enum run_action action;

    TRY(run_row_insert(db, k, 1, cause.now_ms, a, e));
    TRY(run_row_find(db, k, true, a, out, e));
    if (out->steps > 0)
        return OK; /* another process was first */
    out->run.state = RUN_NONE;
    return run_step(db, out, RUN_EV_FILE, &cause, &action, a, e);
}

result run_begin(struct sql *db, const struct till *t, const struct run_key *k, bool *go,
                 struct arena *a, struct err *e)
{
    const struct run_cause cause = by_system(t, STR(""));
    enum run_action action;
    struct run_row r;

    TRY(run_row_find(db, k, true, a, &r, e));
    if (r.run.state == RUN_NONE)
        TRY(row_begin(db, t, k, &r, a, e));
    *go = r.run.state != RUN_CLOSED;
    return *go ? run_step(db, &r, RUN_EV_START, &cause, &action, a, e) : OK;
}

/* The open proposal is about another outcome: taken back, with its row before the day's. */
static result proposal_drop(struct sql *db, const struct till *t, const struct run_key *k,
                            struct arena *a, struct err *e)
{
    struct run_row r;
    int64_t changed;

    TRY(run_row_find(db, k, false, a, &r, e));
    if (r.run.state != RUN_AWAITING_APPROVAL)
        return OK;
    return sql_run_count(db, SQL_PROPOSAL_DECIDE, &changed, e, sql_t(r.run.proposal_id),
                         sql_t(STR("withdrawn")), sql_t(STR("system")),
                         sql_i(clock_now_ms(t->clock)), sql_t(STR("the outcome changed")));
}

result run_end(struct sql *db, const struct till *t, const struct run_key *k,
               struct str manifest_hash, int64_t cut_ms, struct arena *a, struct err *e)
{
    const struct run_cause cause = by_system(t, manifest_hash);
    enum run_action action;
    struct run_row r;
    bool same;

    TRY(run_row_find(db, k, false, a, &r, e));
    same = str_eq(r.run.manifest_hash, manifest_hash);
    if (!same)
        TRY(proposal_drop(db, t, k, a, e));
    TRY(run_row_find(db, k, true, a, &r, e));
    same = str_eq(r.run.manifest_hash, manifest_hash);
    if (r.run.state == RUN_CLOSED)
        return fail(e, ERR_WRONG_STATE, "the day was closed meanwhile");
    if (!same) {
        r.run.manifest_hash = manifest_hash;
        r.run.cut_ms = cut_ms;
    }
    return run_step(db, &r, same ? RUN_EV_SAME : RUN_EV_CHANGED, &cause, &action, a, e);
}

result run_is_closed(struct sql *db, const struct run_key *k, bool *closed, struct arena *a,
                     struct err *e)
{
    struct run_row r;

    TRY(run_row_find(db, k, false, a, &r, e));
    *closed = r.run.state == RUN_CLOSED;
    return OK;
}
