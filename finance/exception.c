/*
 * Who answers for what did not agree. Attacker: two officers who take the same item, an officer who
 * wants one to disappear; promise: the stage moves only along exception.def, each step leaves a row
 * that is never changed, and of two at once the second is told. Deliberately not done: money, which
 * exception_action.c proposes to a second person.
 */
#include "finance/exception.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/exception_row.h"
#include "payments/proposal.h"
#include "store/audit.h"
#include "store/sql.h"

static const char *const state_names[] = { "new", "persisting", "resolved" };
static const char *const stage_names[EXCEPTION_STAGE_COUNT] = {
    "open", "assigned", "proposed", "approved", "executed", "closed", "auto_resolved", "reopened"
};
static const char *const event_names[EXCEPTION_EV_COUNT] = {
    "assign", "release", "propose", "reject",   "withdraw", "approve", "execute",
    "close",  "reopen",  "explain", "reappear", "carry",    "raise",   "ask"
};

static const struct {
    enum exception_stage from;
    enum exception_event event;
    enum exception_stage to;
} moves[] = {
#define MOVE(from, event, to) { EXCEPTION_##from, EXCEPTION_EV_##event, EXCEPTION_##to },
#include "finance/exception.def"
#undef MOVE
};

const char *exception_state_name(enum exception_state s)
{
    return state_names[s];
}

const char *exception_stage_name(enum exception_stage s)
{
    return stage_names[s];
}

const char *exception_event_name(enum exception_event ev)
{
    return event_names[ev];
}

bool exception_stage_find(struct str name, enum exception_stage *out)
{
    for (size_t i = 0; i < EXCEPTION_STAGE_COUNT; i++) {
        if (str_is(name, stage_names[i])) {
            *out = (enum exception_stage)i;
            return true;
        }
    }
    return false;
}

bool exception_is_open(enum exception_stage s)
{
    return s != EXCEPTION_CLOSED && s != EXCEPTION_AUTO_RESOLVED;
}

bool exception_move(enum exception_stage s, enum exception_event ev, enum exception_stage *next)
{
    for (size_t i = 0; i < LEN(moves); i++) {
        if (moves[i].from == s && moves[i].event == ev) {
            *next = moves[i].to;
            return true;
        }
    }
    *next = s;
    return ev >= EXCEPTION_EV_CARRY && exception_is_open(s);
}

static enum exception_state state_read(struct str name)
{
    return str_is(name, "new")          ? EXCEPTION_NEW
           : str_is(name, "persisting") ? EXCEPTION_PERSISTING
                                        : EXCEPTION_RESOLVED;
}

result exception_row_read(const struct sql_rows *rows, struct arena *a, struct exception *out,
                          struct err *e)
{
    *out = (struct exception){ .provider = sql_text(rows, 0, a),
                               .account = sql_text(rows, 1, a),
                               .day = sql_text(rows, 2, a),
                               .id = sql_text(rows, 3, a),
                               .priority = (int)sql_int(rows, 5),
                               .state = state_read(sql_text(rows, 6, a)),
                               .reference = sql_text(rows, 8, a),
                               .portal_txn = sql_text(rows, 9, a),
                               .dossier = sql_text(rows, 10, a),
                               .agency_id = sql_text(rows, 11, a),
                               .order_id = sql_text(rows, 12, a),
                               .file_n = sql_int(rows, 13),
                               .line = sql_int(rows, 14),
                               .ours_vnd = sql_int(rows, 15),
                               .theirs_vnd = sql_int(rows, 16),
                               .difference_vnd = sql_int(rows, 17),
                               .first_seen_ms = sql_int(rows, 18),
                               .seen_ms = sql_int(rows, 19),
                               .resolved_ms = sql_int(rows, 20),
                               .source = sql_text(rows, 21, a),
                               .owner = sql_text(rows, 22, a),
                               .remark = sql_text(rows, 23, a),
                               .break_on = sql_text(rows, 24, a),
                               .action = sql_text(rows, 25, a),
                               .proposal_id = sql_text(rows, 26, a),
                               .raised_ms = sql_int(rows, 27),
                               .events = sql_int(rows, 28) };
    if (!match_find(sql_text(rows, 4, a), &out->class) ||
        !exception_stage_find(sql_text(rows, 7, a), &out->stage))
        return fail(e, ERR_STORE, "exception %.*s: unreadable row", STR_ARG(out->id));
    return OK;
}

static result find_one(struct sql *db, enum sql_query q, struct str id, struct arena *a,
                       struct exception *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool found;

    TRY(sql_find(db, q, &rows, e, sql_t(id)));
    TRY(sql_next(rows, &found, e));
    if (!found)
        return fail(e, ERR_NOT_FOUND, "no such exception");
    return exception_row_read(rows, a, out, e);
}

result exception_take(struct sql *db, struct str id, struct arena *a, struct exception *out,
                      struct err *e)
{
    return find_one(db, SQL_EXCEPTION_LOCK, id, a, out, e);
}

struct loading {
    struct str id;
    struct arena *a;
    struct exception *out;
};

static result load(struct sql *db, void *arg, struct err *e)
{
    const struct loading *l = arg;

    return find_one(db, SQL_EXCEPTION_BY_ID, l->id, l->a, l->out, e);
}

result exception_load(const struct till *t, struct str id, struct arena *a, struct exception *out,
                      struct err *e)
{
    struct loading l = { id, a, out };

    return sql_read(t->store, load, &l, e);
}

static result audit_put(struct sql *db, const struct exception *x, enum exception_event event,
                        const struct exception_cause *cause, struct arena *a, struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const struct audit_event ev = { .actor = cause->actor,
                                    .action = str_fmt(a, "exception.%s", event_names[event]),
                                    .subject = x->id,
                                    .request_id = cause->request_id,
                                    .ip = cause->ip,
                                    .detail = detail };

    json_put_str(detail, "class", str_c(match_name(x->class)));
    json_put_str(detail, "stage", str_c(stage_names[x->stage]));
    json_put_str(detail, "owner", x->owner);
    json_put_str(detail, "proposal", cause->proposal_id);
    json_put_int(detail, "difference_vnd", x->difference_vnd);
    return audit_append(db, cause->now_ms, &ev, e);
}

result exception_step(struct sql *db, struct exception *x, enum exception_event event,
                      const struct exception_cause *cause, struct arena *a, struct err *e)
{
    const enum exception_stage from = x->stage;
    int64_t changed;

    if (!exception_move(from, event, &x->stage))
        return fail(e, ERR_WRONG_STATE, "exception is %s: no %s", stage_names[from],
                    event_names[event]);
    x->events++;
    if (cause->remark.n > 0)
        x->remark = cause->remark;
    if (cause->proposal_id.n > 0)
        x->proposal_id = cause->proposal_id;
    if (!exception_is_open(x->stage))
        x->resolved_ms = cause->now_ms;
    TRY(sql_run_count(db, SQL_EXCEPTION_STEP, &changed, e, sql_t(x->id),
                      sql_t(str_c(stage_names[x->stage])), sql_t(x->owner), sql_t(x->remark),
                      sql_t(x->break_on), sql_t(x->action), sql_t(x->proposal_id),
                      sql_i(x->raised_ms), sql_i(x->events), sql_i(x->resolved_ms)));
    if (changed != 1)
        return fail(e, ERR_RETRY, "exception %.*s changed meanwhile", STR_ARG(x->id));
    TRY(sql_run(db, SQL_EXCEPTION_EVENT_INSERT, e, sql_t(x->id), sql_i(x->events),
                sql_i(cause->now_ms), sql_t(str_c(event_names[event])),
                sql_t(str_c(stage_names[from])), sql_t(str_c(stage_names[x->stage])),
                sql_t(cause->actor), sql_t(cause->remark), sql_t(cause->proposal_id)));
    return audit_put(db, x, event, cause, a, e);
}

struct exception_cause exception_cause_make(const struct till *t, const struct proposal_actor *by,
                                            struct str remark)
{
    return (struct exception_cause){ .actor = by->name,
                                     .remark = remark,
                                     .request_id = by->request_id,
                                     .ip = by->ip,
                                     .now_ms = clock_now_ms(t->clock) };
}

result exception_remark_check(struct str remark, struct err *e)
{
    if (str_trim(remark).n == 0 || remark.n > EXCEPTION_REMARK_BYTES_MAX)
        return fail_field(e, ERR_INVALID, "remark", "1 to %d bytes of text",
                          EXCEPTION_REMARK_BYTES_MAX);
    return OK;
}
