/* Rows of settlement files. */
#include "finance/intake_row.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

static const char *const state_names[SETTLEMENT_STATE_COUNT] = { "received", "accepted",
                                                                 "superseded", "quarantined" };
static const char *const event_names[SETTLEMENT_EV_COUNT] = { "good",   "faulty", "altered",
                                                              "poorer", "later",  "again",
                                                              "release" };
static const char *const action_names[] = { "NOTHING", "KEEP_LINES", "DROP_LINES", "ALERT", "RUN" };

static const struct {
    enum settlement_state from;
    enum settlement_event event;
    enum settlement_state to;
    enum settlement_action action;
} moves[] = {
#define MOVE(from, event, to, action)                                                              \
    { SETTLEMENT_##from, SETTLEMENT_EV_##event, SETTLEMENT_##to, SETTLEMENT_DO_##action },
#include "finance/file.def"
#undef MOVE
};

const char *settlement_state_name(enum settlement_state s)
{
    return state_names[s];
}

const char *settlement_event_name(enum settlement_event ev)
{
    return event_names[ev];
}

const char *settlement_action_name(enum settlement_action a)
{
    return action_names[a];
}

bool settlement_state_find(struct str name, enum settlement_state *out)
{
    for (size_t i = 0; i < LEN(state_names); i++)
        if (str_is(name, state_names[i])) {
            *out = (enum settlement_state)i;
            return true;
        }
    return false;
}

bool settlement_next(enum settlement_state from, enum settlement_event ev,
                     enum settlement_state *to, enum settlement_action *action)
{
    for (size_t i = 0; i < LEN(moves); i++)
        if (moves[i].from == from && moves[i].event == ev) {
            *to = moves[i].to;
            *action = moves[i].action;
            return true;
        }
    return false;
}

static enum settlement_state state_read(struct str name)
{
    enum settlement_state s = SETTLEMENT_RECEIVED;

    (void)settlement_state_find(name, &s);
    return s;
}

/* The columns that all statements on files share. */
static void row_read(const struct sql_rows *rows, struct arena *a, struct settlement_kept *out)
{
    struct settlement_kept k = {
        .file = { .sha256 = sql_text(rows, 0, a),
                  .name = sql_text(rows, 1, a),
                  .form = (enum settlement_form)sql_int(rows, 2),
                  .state = state_read(sql_text(rows, 3, a)),
                  .revision = sql_int(rows, 5),
                  .bytes = sql_int(rows, 6),
                  .lines = sql_int(rows, 7),
                  .gross_vnd = sql_int(rows, 8),
                  .faults = sql_text(rows, 9, a),
                  .crlf = sql_int(rows, 10) != 0,
                  .actor = sql_text(rows, 11, a),
                  .received_ms = sql_int(rows, 12) },
        .file_n = sql_int(rows, 13),
        .has_chain = sql_int(rows, 14) != 0,
        .seq = sql_int(rows, 15),
        .opening_vnd = sql_int(rows, 16),
        .closing_vnd = sql_int(rows, 17),
        .content = sql_text(rows, 18, a),
        .previous = sql_text(rows, 19, a),
        .moved_vnd = sql_int(rows, 20),
        .pieces = sql_int(rows, 25),
    };
    struct settlement_file *f = &k.file;

    (void)date_read(sql_text(rows, 4, a), &f->day);
    f->n = k.file_n;
    f->key = (struct settlement_key){ sql_text(rows, 21, a), sql_text(rows, 22, a), f->day };
    f->source_id = sql_text(rows, 23, a);
    f->is_signed = sql_length(rows, 24) > 0;
    f->released_by = sql_text(rows, 26, a);
    f->proposal_id = sql_text(rows, 27, a);
    f->day_end_ms = sql_int(rows, 28);
    f->moved_vnd = k.moved_vnd;
    f->has_chain = k.has_chain;
    f->seq = k.seq;
    f->opening_vnd = k.opening_vnd;
    f->closing_vnd = k.closing_vnd;
    *out = k;
}

result settlement_row_next(struct sql_rows *rows, struct arena *a, bool *found,
                           struct settlement_kept *out, struct err *e)
{
    TRY(sql_next(rows, found, e));
    if (*found)
        row_read(rows, a, out);
    return OK;
}

result settlement_find(struct sql *db, const struct settlement_key *k, struct str sha256,
                       struct arena *a, bool *found, struct settlement_kept *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SETTLEMENT_FILE_LOAD, &rows, e, sql_t(k->provider), sql_t(k->account),
                 sql_t(date_iso(a, k->day)), sql_t(sha256)));
    return settlement_row_next(rows, a, found, out, e);
}

result settlement_find_number(struct sql *db, int64_t file_n, struct arena *a, bool *found,
                              struct settlement_kept *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SETTLEMENT_FILE_BY_NUMBER, &rows, e, sql_i(file_n)));
    return settlement_row_next(rows, a, found, out, e);
}

result settlement_find_accepted(struct sql *db, const struct settlement_key *k, struct arena *a,
                                bool *found, struct settlement_kept *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SETTLEMENT_FILE_ACCEPTED, &rows, e, sql_t(k->provider), sql_t(k->account),
                 sql_t(date_iso(a, k->day))));
    return settlement_row_next(rows, a, found, out, e);
}

result settlement_find_seq(struct sql *db, const struct settlement_key *k, int64_t seq,
                           struct arena *a, bool *found, struct settlement_kept *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SETTLEMENT_FILE_BY_SEQ, &rows, e, sql_t(k->provider), sql_t(k->account),
                 sql_i(seq)));
    return settlement_row_next(rows, a, found, out, e);
}

result settlement_find_at(struct sql *db, const struct settlement_key *k, int64_t at_ms,
                          struct arena *a, bool *found, struct settlement_kept *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SETTLEMENT_FILE_AT, &rows, e, sql_t(k->provider), sql_t(k->account),
                 sql_t(date_iso(a, k->day)), sql_i(at_ms)));
    return settlement_row_next(rows, a, found, out, e);
}

result settlement_hold(struct sql *db, int64_t file_n, struct err *e)
{
    int64_t held;

    TRY(sql_run_count(db, SQL_SETTLEMENT_FILE_HOLD, &held, e, sql_i(file_n)));
    return held == 1 ? OK : fail(e, ERR_CONFLICT, "another process takes the same file");
}

result settlement_find_all(struct sql *db, const struct settlement_key *k, size_t most,
                           struct arena *a, struct settlement_file **out, size_t *count,
                           struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct settlement_kept kept;
    bool found;

    *out = arena_array(a, struct settlement_file, most);
    *count = 0;
    TRY(sql_find(db, SQL_SETTLEMENT_FILE_LIST, &rows, e, sql_t(k->provider), sql_t(k->account),
                 sql_t(date_iso(a, k->day)), sql_i((int64_t)most)));
    for (;;) {
        TRY(settlement_row_next(rows, a, &found, &kept, e));
        if (!found)
            return OK;
        (*out)[(*count)++] = kept.file;
    }
}

result settlement_number(struct sql *db, const char *kind, int64_t *n, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SETTLEMENT_NUMBER_TAKE, &rows, e, sql_t(str_c(kind))));
    TRY(sql_one(rows, e));
    *n = sql_int(rows, 0);
    return OK;
}

bool settlement_is_early(const struct settlement_file *f)
{
    return f->received_ms < f->day_end_ms;
}

static result has_any_before(struct sql *db, const struct settlement_kept *k, int64_t at_ms,
                             bool *any, struct err *e)
{
    const struct settlement_key *key = &k->file.key;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SETTLEMENT_FILE_BEFORE, &rows, e, sql_t(key->provider),
                 sql_t(key->account), sql_i(k->seq), sql_i(at_ms)));
    TRY(sql_one(rows, e));
    *any = sql_int(rows, 0) > 0;
    return OK;
}

result settlement_has_gap(struct sql *db, const struct settlement_kept *k, int64_t at_ms,
                          struct arena *a, bool *gap, struct err *e)
{
    const struct settlement_key *key = &k->file.key;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct settlement_kept before;
    bool any, found;

    *gap = false;
    if (!k->has_chain)
        return OK;
    TRY(has_any_before(db, k, at_ms, &any, e));
    if (!any)
        return OK; /* where this installation began */
    TRY(sql_find(db, SQL_SETTLEMENT_FILE_SEQ_AT, &rows, e, sql_t(key->provider),
                 sql_t(key->account), sql_i(k->seq - 1), sql_i(at_ms)));
    TRY(settlement_row_next(rows, a, &found, &before, e));
    *gap = !found || settlement_is_early(&before.file) || before.file.received_ms > at_ms;
    return OK;
}
