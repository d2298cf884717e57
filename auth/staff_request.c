/*
 * Security: the attacker has one administrator's session, or is one. Promised: one alone makes no
 * administrator, and takes none away; a request is taken once, by somebody else. Deliberately not
 * done: asking two for ordinary officers, whom one administrator may handle.
 */
#include "auth/staff_request.h"

#include "auth/staff_account.h"
#include "auth/staff_factor.h"
#include "auth/staff_invite.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/random.h"
#include "store/audit.h"
#include "store/sql.h"

static const char *const act_names[] = { "role", "disable", "enable", "invite", "reset" };

_Static_assert(LEN(act_names) == STAFF_ACT_COUNT, "a name for each act");

const char *staff_act_name(enum staff_act act)
{
    must(act < LEN(act_names));
    return act_names[act];
}

bool staff_act_find(struct str name, enum staff_act *out)
{
    for (size_t i = 0; i < LEN(act_names); i++) {
        if (str_is(name, act_names[i])) {
            *out = (enum staff_act)i;
            return true;
        }
    }
    return false;
}

static result act_do(struct auth *au, const struct visit *v, const struct staff_request *r,
                     struct staff_done *out, struct err *e)
{
    *out = (struct staff_done){ .waits = false };
    switch (r->act) {
    case STAFF_ACT_ROLE:
        return staff_set_role(au, v, r->name, r->role, e);
    case STAFF_ACT_DISABLE:
    case STAFF_ACT_ENABLE:
        return staff_set_disabled(au, v, r->name, r->act == STAFF_ACT_DISABLE, e);
    case STAFF_ACT_INVITE:
        return staff_invite(au, v, r->name, &out->invitation, e);
    case STAFF_ACT_RESET:
        return staff_factor_reset(au, v, r->name, e);
    case STAFF_ACT_COUNT:
        break;
    }
    return fail(e, ERR_INTERNAL, "no such act");
}

struct request_work {
    struct arena *arena;
    const struct visit *visit;
    struct staff_request *list;
    size_t n;
    struct str id;
    int64_t now_ms, changed;
    const char *action; /* of the audit row */
};

static result request_audit(struct sql *db, const struct request_work *w,
                            const struct staff_request *r, struct err *e)
{
    const struct audit_event ev = auth_event(w->visit, auth_actor(w->visit), w->action,
                                             staff_subject(w->visit, r->name), NULL);

    return audit_append(db, w->now_ms, &ev, e);
}

static result request_insert(struct sql *db, void *arg, struct err *e)
{
    struct request_work *w = arg;
    const struct staff_request *r = w->list;

    TRY(sql_run(db, SQL_STAFF_REQUEST_PURGE, e, sql_i(w->now_ms)));
    TRY(sql_run(db, SQL_STAFF_REQUEST_INSERT, e, sql_t(w->id), sql_t(r->name),
                sql_t(str_c(staff_act_name(r->act))),
                sql_t(r->act == STAFF_ACT_ROLE ? str_c(staff_role_name(r->role)) : STR("")),
                sql_t(w->visit->officer), sql_i(w->now_ms),
                sql_i(w->now_ms + STAFF_REQUEST_TTL_S * 1000)));
    return request_audit(db, w, r, e);
}

result staff_ask(struct auth *au, const struct visit *v, const struct staff_request *r,
                 struct staff_done *out, struct err *e)
{
    struct staff_request asked = *r;
    struct request_work w = { .visit = v,
                              .list = &asked,
                              .id = random_token(v->arena, 128),
                              .now_ms = clock_now_ms(au->clock),
                              .action = "staff.ask" };
    struct staff staff;
    bool found;

    must(v->officer.n > 0);
    TRY(staff_find(au, v->arena, r->name, &found, &staff, e));
    if (!found)
        return fail(e, ERR_NOT_FOUND, "no such staff account");
    if (str_eq(v->officer, r->name))
        return fail(e, ERR_FORBIDDEN, "nobody changes the own account here");
    if (staff.role != STAFF_ADMINISTRATOR &&
        !(r->act == STAFF_ACT_ROLE && r->role == STAFF_ADMINISTRATOR))
        return act_do(au, v, r, out, e);
    TRY(sql_transact(au->sql, request_insert, &w, e));
    *out = (struct staff_done){ .waits = true };
    return OK;
}

static result request_row(const struct sql_rows *rows, struct request_work *w, struct err *e)
{
    struct staff_request *r = &w->list[w->n];
    const struct str role = sql_text(rows, 3, w->arena);

    r->id = sql_text(rows, 0, w->arena);
    r->name = sql_text(rows, 1, w->arena);
    if (!staff_act_find(sql_text(rows, 2, w->arena), &r->act) ||
        (r->act == STAFF_ACT_ROLE && !staff_role_find(role, &r->role)))
        return fail(e, ERR_STORE, "staff: a request of an unknown kind");
    r->made_by = sql_text(rows, 4, w->arena);
    r->made_ms = sql_int(rows, 5);
    w->n++;
    return OK;
}

static result request_list(struct sql *db, void *arg, struct err *e)
{
    struct request_work *w = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    w->n = 0;
    TRY(sql_find(db, SQL_STAFF_REQUEST_LIST, &rows, e, sql_i(w->now_ms)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || w->n == STAFF_REQUESTS_MAX)
            return OK;
        TRY(request_row(rows, w, e));
    }
}

result staff_requests(struct auth *au, struct arena *a, struct staff_request **list, size_t *count,
                      struct err *e)
{
    struct request_work w = { .arena = a,
                              .list = arena_array(a, struct staff_request, STAFF_REQUESTS_MAX),
                              .now_ms = clock_now_ms(au->clock) };

    TRY(sql_read(au->sql, request_list, &w, e));
    *list = w.list;
    *count = w.n;
    return OK;
}

static result request_load(struct sql *db, void *arg, struct err *e)
{
    struct request_work *w = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    w->n = 0;
    TRY(sql_find(db, SQL_STAFF_REQUEST_LOAD, &rows, e, sql_t(w->id), sql_i(w->now_ms)));
    TRY(sql_one(rows, e));
    return request_row(rows, w, e);
}

static result request_take(struct sql *db, void *arg, struct err *e)
{
    struct request_work *w = arg;

    TRY(sql_run_count(db, SQL_STAFF_REQUEST_TAKE, &w->changed, e, sql_t(w->id), sql_i(w->now_ms)));
    if (w->changed == 0)
        return fail(e, ERR_NOT_FOUND, "the request is done or withdrawn");
    return request_audit(db, w, w->list, e);
}

result staff_confirm(struct auth *au, const struct visit *v, struct str id, struct staff_done *out,
                     struct err *e)
{
    struct staff_request r = { .act = STAFF_ACT_ROLE };
    struct request_work w = { .arena = v->arena,
                              .visit = v,
                              .list = &r,
                              .id = id,
                              .now_ms = clock_now_ms(au->clock),
                              .action = "staff.confirm" };

    must(v->officer.n > 0);
    TRY(sql_read(au->sql, request_load, &w, e));
    if (str_eq(v->officer, r.made_by) || str_eq(v->officer, r.name))
        return fail(e, ERR_FORBIDDEN, "another administrator confirms");
    TRY(sql_transact(au->sql, request_take, &w, e));
    return act_do(au, v, &r, out, e);
}

result staff_withdraw(struct auth *au, const struct visit *v, struct str id, struct err *e)
{
    struct staff_request r = { .act = STAFF_ACT_ROLE };
    struct request_work w = { .arena = v->arena,
                              .visit = v,
                              .list = &r,
                              .id = id,
                              .now_ms = clock_now_ms(au->clock),
                              .action = "staff.withdraw" };

    TRY(sql_read(au->sql, request_load, &w, e));
    return sql_transact(au->sql, request_take, &w, e);
}
