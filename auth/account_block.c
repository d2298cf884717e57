/*
 * Security: the attacker is somebody whose account is blocked, in a browser where they are signed
 * in, or in the middle of a sign-in. Promised: once account_block() has returned no session of the
 * account is live and none begins, in no process (a copy of its row follows as auth/session.h
 * says): a session begins in a transaction that holds the account's row, before the block and then
 * it is among those that end, or after it and then it is refused. Who did it is in the audit log,
 * in the same transaction.
 */
#include "auth/account.h"
#include "auth/session.h"
#include "base/clock.h"
#include "base/err.h"
#include "store/audit.h"
#include "store/sql.h"

struct block_op {
    const struct visit *visit;
    struct str id, actor;
    int64_t now_ms;
    bool blocks;
};

static result write(struct sql *db, void *arg, struct err *e)
{
    const struct block_op *op = arg;
    struct audit_event ev;
    int64_t changed;

    if (op->blocks)
        TRY(sql_run_count(db, SQL_ACCOUNT_BLOCK, &changed, e, sql_t(op->id), sql_i(op->now_ms)));
    else
        TRY(sql_run_count(db, SQL_ACCOUNT_UNBLOCK, &changed, e, sql_t(op->id)));
    if (changed == 0)
        return OK;
    ev = auth_event(op->visit, op->actor, op->blocks ? "account.block" : "account.unblock", op->id,
                    NULL);
    return audit_append(db, op->now_ms, &ev, e);
}

static result set(struct auth *au, const struct visit *v, struct block_op *op, struct err *e)
{
    struct account acc;

    op->visit = v;
    op->now_ms = clock_now_ms(au->clock);
    TRY(account_load(au, v->arena, op->id, &acc, e));
    return sql_transact(au->sql, write, op, e);
}

result account_block(struct auth *au, const struct visit *v, struct str id, struct str actor,
                     struct err *e)
{
    struct block_op op = { .id = id, .actor = actor, .blocks = true };
    int64_t count;

    TRY(set(au, v, &op, e));
    return session_end_all(au, v, id, STR(""), SESSION_BLOCKED, actor, &count, e);
}

result account_unblock(struct auth *au, const struct visit *v, struct str id, struct str actor,
                       struct err *e)
{
    struct block_op op = { .id = id, .actor = actor };

    return set(au, v, &op, e);
}

result account_take(struct sql *db, struct str id, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool found;

    TRY(sql_find(db, SQL_ACCOUNT_TAKE, &rows, e, sql_t(id)));
    TRY(sql_next(rows, &found, e));
    if (found && sql_int(rows, 0) > 0)
        return fail(e, ERR_BLOCKED, "the account is blocked");
    return OK;
}
