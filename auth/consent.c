/*
 * Security: the attacker is a client that wants more than was agreed to, or agreement that nobody
 * gave. Promised: only the person's own session writes here; a scope or claim that was not shown is
 * never covered; giving and withdrawing stand in the audit log in the same transaction; once a
 * withdrawal has succeeded no token that was given before it opens anything, in no process. Rows
 * that are over go in small pieces with each new one.
 */
#include "auth/consent.h"

#include "auth/client.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "store/audit.h"
#include "store/kv.h"
#include "store/sql.h"

#define DAY_MS 86400000LL

struct consent_op {
    struct arena *arena;
    const struct visit *visit;
    struct str account;
    struct consent c; /* what is asked, given or withdrawn */
    int64_t now_ms;
    struct consent *list;
    size_t count;
    bool found;
};

static result find(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct consent_op *op = arg;

    TRY(sql_find(db, SQL_CONSENT_FIND, &rows, e, sql_t(op->account), sql_t(op->c.client_id),
                 sql_i(op->now_ms)));
    TRY(sql_next(rows, &op->found, e));
    if (!op->found)
        return OK;
    op->c.scopes = sql_text(rows, 0, op->arena);
    op->c.claims = sql_text(rows, 1, op->arena);
    return OK;
}

static bool all_in(struct str words, struct str list)
{
    struct str word;

    while (str_next(&words, ' ', &word))
        if (word.n > 0 && !client_list_has(list, word))
            return false;
    return true;
}

result consent_covers(struct auth *au, struct arena *a, struct str account,
                      const struct consent *asked, bool *covered, struct err *e)
{
    struct consent_op op = { .arena = a,
                             .account = account,
                             .c = { .client_id = asked->client_id },
                             .now_ms = clock_now_ms(au->clock) };

    TRY(sql_read(au->sql, find, &op, e));
    *covered = op.found && all_in(asked->scopes, op.c.scopes) && all_in(asked->claims, op.c.claims);
    return OK;
}

static struct str joined(struct arena *a, struct str list, struct str more)
{
    struct str word;

    while (str_next(&more, ' ', &word))
        if (word.n > 0 && !client_list_has(list, word))
            list = list.n == 0 ? word : str_fmt(a, "%.*s %.*s", STR_ARG(list), STR_ARG(word));
    return list;
}

static result audit(struct sql *db, const struct consent_op *op, const char *action, struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const struct str actor = str_cat(op->arena, STR("citizen:"), op->account);
    const struct str subject = str_cat(op->arena, STR("client:"), op->c.client_id);
    struct audit_event ev;

    json_put_str(detail, "scopes", op->c.scopes);
    json_put_str(detail, "claims", op->c.claims);
    ev = auth_event(op->visit, actor, action, subject, detail);
    return audit_append(db, op->now_ms, &ev, e);
}

static result put(struct sql *db, void *arg, struct err *e)
{
    const struct consent_op *given = arg;
    struct consent_op op = *given;

    TRY(find(db, &op, e));
    op.c.scopes = joined(op.arena, op.c.scopes, given->c.scopes);
    op.c.claims = joined(op.arena, op.c.claims, given->c.claims);
    TRY(sql_run(db, SQL_CONSENT_PUT, e, sql_t(op.account), sql_t(op.c.client_id),
                sql_t(op.c.scopes), sql_t(op.c.claims), sql_i(op.now_ms), sql_i(op.c.expires_ms)));
    TRY(sql_run(db, SQL_CONSENT_PURGE, e, sql_i(op.now_ms)));
    return audit(db, given, "consent.give", e);
}

result consent_give(struct auth *au, const struct visit *v, struct str account,
                    const struct consent *c, struct err *e)
{
    struct consent_op op = { .arena = v->arena,
                             .visit = v,
                             .account = account,
                             .c = *c,
                             .now_ms = clock_now_ms(au->clock) };

    op.c.expires_ms = op.now_ms + au->conf->auth.consent_days * DAY_MS;
    return sql_transact(au->sql, put, &op, e);
}

static result list_all(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct consent_op *op = arg;
    bool more = true;

    op->count = 0;
    TRY(sql_find(db, SQL_CONSENT_LIST, &rows, e, sql_t(op->account), sql_i(op->now_ms)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || op->count == CONSENT_LIST_MAX)
            return OK;
        op->list[op->count++] = (struct consent){
            .client_id = sql_text(rows, 0, op->arena),
            .scopes = sql_text(rows, 1, op->arena),
            .claims = sql_text(rows, 2, op->arena),
            .agreed_ms = sql_int(rows, 3),
            .expires_ms = sql_int(rows, 4),
        };
    }
}

result consent_list(struct auth *au, struct arena *a, struct str account, struct consent **list,
                    size_t *count, struct err *e)
{
    struct consent_op op = { .arena = a,
                             .account = account,
                             .now_ms = clock_now_ms(au->clock),
                             .list = arena_array(a, struct consent, CONSENT_LIST_MAX) };

    TRY(sql_read(au->sql, list_all, &op, e));
    *list = op.list;
    *count = op.count;
    return OK;
}

/* Whether there is one, also one that is over: withdrawing that is no mistake. */
static result given(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct consent_op *op = arg;

    TRY(sql_find(db, SQL_CONSENT_FIND, &rows, e, sql_t(op->account), sql_t(op->c.client_id),
                 sql_i(0)));
    return sql_next(rows, &op->found, e);
}

static result withdraw(struct sql *db, void *arg, struct err *e)
{
    const struct consent_op *op = arg;
    int64_t changed;

    TRY(sql_run_count(db, SQL_CONSENT_DELETE, &changed, e, sql_t(op->account),
                      sql_t(op->c.client_id)));
    if (changed == 0)
        return fail(e, ERR_NOT_FOUND, "no consent for this client");
    return audit(db, op, "consent.withdraw", e);
}

static struct str mark_key(struct arena *a, struct str account, struct str client_id)
{
    return auth_key(a, "withdrawn", str_fmt(a, "%.*s %.*s", STR_ARG(account), STR_ARG(client_id)));
}

/* Longer than anything lives that was given before. */
static result mark(struct auth *au, const struct consent_op *op, struct err *e)
{
    const struct conf *c = au->conf;

    return kv_put(au->kv, mark_key(op->arena, op->account, op->c.client_id),
                  str_fmt(op->arena, "%lld", (long long)(op->now_ms / 1000)),
                  c->auth.session_max_s + c->auth.access_ttl_s + c->auth.clock_skew_s + 1, e);
}

result consent_taken_back(struct auth *au, struct arena *a, struct str account,
                          struct str client_id, int64_t given_s, bool *taken_back, struct err *e)
{
    struct str text;
    int64_t at_s;
    bool asks, found;

    *taken_back = false;
    TRY(client_asks(au, client_id, &asks, e));
    if (!asks)
        return OK;
    TRY(kv_get(au->kv, a, mark_key(a, account, client_id), &found, &text, e));
    *taken_back = found && (!str_to_i64(text, &at_s) || given_s <= at_s);
    return OK;
}

result consent_withdraw(struct auth *au, const struct visit *v, struct str account,
                        struct str client_id, struct err *e)
{
    struct consent_op op = { .arena = v->arena,
                             .visit = v,
                             .account = account,
                             .c = { .client_id = client_id },
                             .now_ms = clock_now_ms(au->clock) };

    TRY(sql_read(au->sql, given, &op, e));
    if (!op.found) /* before the mark: names of clients that there are not would leave one each */
        return fail(e, ERR_NOT_FOUND, "no consent for this client");
    /* First: whatever fails, nothing is believed that the person wanted back. */
    TRY(mark(au, &op, e));
    return sql_transact(au->sql, withdraw, &op, e);
}
