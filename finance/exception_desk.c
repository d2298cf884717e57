/* What officers do with an exception that moves no money: who owns it, until when it is carried. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "finance/exception.h"
#include "finance/exception_row.h"
#include "payments/proposal.h"
#include "store/sql.h"

#define OWNER_BYTES_MAX 200
#define CARRY_DAYS_MAX  92
#define RAISED_AT_ONCE  200
#define DAY_MS          ((int64_t)86400 * 1000)

struct desk {
    const struct till *t;
    const struct str *ids;
    size_t count;
    enum exception_event event;
    struct str owner, seen_owner, break_on;
    bool any_owner; /* bulk: whoever has it now */
    struct exception_cause cause;
    struct arena *a;
};

static struct desk desk_make(const struct till *t, const struct str *ids, size_t count,
                             enum exception_event event, const struct proposal_actor *by,
                             struct str remark, struct arena *a)
{
    return (struct desk){ .t = t,
                          .ids = ids,
                          .count = count,
                          .event = event,
                          .cause = exception_cause_make(t, by, remark),
                          .a = a };
}

static result one_move(struct sql *db, const struct desk *d, struct str id, struct err *e)
{
    struct exception x;

    TRY(exception_take(db, id, d->a, &x, e));
    if (d->event == EXCEPTION_EV_ASSIGN) {
        if (!d->any_owner && !str_eq(x.owner, d->seen_owner))
            return fail_field(e, ERR_CONFLICT, "owner", "another has taken it meanwhile");
        x.owner = d->owner;
    }
    if (d->event == EXCEPTION_EV_RELEASE)
        x.owner = STR("");
    if (d->event == EXCEPTION_EV_CARRY) {
        if (!str_eq(x.owner, d->cause.actor))
            return fail(e, ERR_FORBIDDEN, "only its owner carries it");
        if (str_cmp(d->break_on, x.day) <= 0)
            return fail_field(e, ERR_INVALID, "break_on", "a day after its own");
        x.break_on = d->break_on;
    }
    return exception_step(db, &x, d->event, &d->cause, d->a, e);
}

static result all_move(struct sql *db, void *arg, struct err *e)
{
    const struct desk *d = arg;

    for (size_t i = 0; i < d->count; i++)
        TRY(one_move(db, d, d->ids[i], e));
    return OK;
}

static result owner_check(struct str owner, struct err *e)
{
    if (owner.n == 0 || owner.n > OWNER_BYTES_MAX)
        return fail_field(e, ERR_INVALID, "owner", "who it is given to");
    return OK;
}

result exception_assign(const struct till *t, struct str id, struct str owner,
                        struct str seen_owner, const struct proposal_actor *by, struct arena *a,
                        struct err *e)
{
    struct desk d = desk_make(t, &id, 1, EXCEPTION_EV_ASSIGN, by, STR(""), a);

    TRY(owner_check(owner, e));
    d.owner = owner;
    d.seen_owner = seen_owner;
    return sql_transact(t->store, all_move, &d, e);
}

/* Rows are taken in one order, so that two of these do not wait for each other. */
static const struct str *sorted(const struct str *ids, size_t count, struct arena *a)
{
    struct str *out = arena_array(a, struct str, count + 1);

    for (size_t i = 0; i < count; i++) {
        size_t at = i;

        for (; at > 0 && str_cmp(out[at - 1], ids[i]) > 0; at--)
            out[at] = out[at - 1];
        out[at] = ids[i];
    }
    return out;
}

result exception_assign_all(const struct till *t, const struct str *ids, size_t count,
                            struct str owner, const struct proposal_actor *by, struct arena *a,
                            struct err *e)
{
    struct desk d = desk_make(t, sorted(ids, count, a), count, EXCEPTION_EV_ASSIGN, by, STR(""), a);

    TRY(owner_check(owner, e));
    if (count == 0 || count > EXCEPTION_LIST_MAX)
        return fail_field(e, ERR_INVALID, "id", "1 to %d of them", EXCEPTION_LIST_MAX);
    d.owner = owner;
    d.any_owner = true;
    return sql_transact(t->store, all_move, &d, e);
}

result exception_release(const struct till *t, struct str id, const struct proposal_actor *by,
                         struct arena *a, struct err *e)
{
    struct desk d = desk_make(t, &id, 1, EXCEPTION_EV_RELEASE, by, STR(""), a);

    return sql_transact(t->store, all_move, &d, e);
}

result exception_carry(const struct till *t, struct str id, struct date break_on, struct str remark,
                       const struct proposal_actor *by, struct arena *a, struct err *e)
{
    const struct date last = date_add_days(clock_today(t->clock), CARRY_DAYS_MAX);
    struct desk d = desk_make(t, &id, 1, EXCEPTION_EV_CARRY, by, remark, a);

    TRY(exception_remark_check(remark, e));
    if (!date_is_valid(break_on) || str_cmp(date_iso(a, break_on), date_iso(a, last)) > 0)
        return fail_field(e, ERR_INVALID, "break_on", "a day within %d days", CARRY_DAYS_MAX);
    d.break_on = date_iso(a, break_on);
    return sql_transact(t->store, all_move, &d, e);
}

result exception_close(const struct till *t, struct str id, struct str remark,
                       const struct proposal_actor *by, struct arena *a, struct err *e)
{
    struct desk d = desk_make(t, &id, 1, EXCEPTION_EV_CLOSE, by, remark, a);

    TRY(exception_remark_check(remark, e));
    return sql_transact(t->store, all_move, &d, e);
}

result exception_reopen(const struct till *t, struct str id, struct str remark,
                        const struct proposal_actor *by, struct arena *a, struct err *e)
{
    struct desk d = desk_make(t, &id, 1, EXCEPTION_EV_REOPEN, by, remark, a);

    TRY(exception_remark_check(remark, e));
    return sql_transact(t->store, all_move, &d, e);
}

struct raising {
    const struct till *t;
    const int64_t *raise_days;
    struct arena *a;
    int64_t count;
};

static result late_find(struct sql *db, const struct raising *r, struct str *ids, size_t *count,
                        struct err *e)
{
    const int64_t now_ms = clock_now_ms(r->t->clock);
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    *count = 0;
    TRY(sql_find(db, SQL_EXCEPTION_LATE, &rows, e, sql_i(now_ms - r->raise_days[1] * DAY_MS),
                 sql_i(now_ms - r->raise_days[2] * DAY_MS),
                 sql_i(now_ms - r->raise_days[3] * DAY_MS),
                 sql_i(now_ms - r->raise_days[4] * DAY_MS), sql_i(RAISED_AT_ONCE)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        ids[(*count)++] = sql_text(rows, 0, r->a);
    }
}

static result raise_page(struct sql *db, void *arg, struct err *e)
{
    struct raising *r = arg;
    const struct exception_cause cause = { .actor = STR("system"),
                                           .now_ms = clock_now_ms(r->t->clock) };
    struct str ids[RAISED_AT_ONCE];
    size_t count;

    r->count = 0;
    TRY(late_find(db, r, ids, &count, e));
    for (size_t i = 0; i < count; i++) {
        struct exception x;

        TRY(exception_take(db, ids[i], r->a, &x, e));
        if (x.raised_ms != 0 || !exception_is_open(x.stage))
            continue;
        x.raised_ms = cause.now_ms;
        TRY(exception_step(db, &x, EXCEPTION_EV_RAISE, &cause, r->a, e));
        r->count++;
    }
    return OK;
}

result exception_raise(const struct till *t, const int64_t raise_days[5], int64_t *raised,
                       struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(1 << 20);
    struct raising r = { .t = t, .raise_days = raise_days, .a = a };

    TRY(sql_transact(t->store, raise_page, &r, e));
    *raised = r.count;
    return OK;
}
