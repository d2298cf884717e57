/*
 * Security: the attacker keeps a session or a portal's session alive after the person, an officer
 * or a limit ended it, or ends another person's. Promised: the row decides; it is marked in the
 * transaction that also holds what portals are to be told and the audit row, so none of the three
 * exists without the others; whose it is stands in the statement that ends it. Deliberately not
 * done: keeping User-Agent or addresses here; the audit log has the address, as law asks.
 */
#include "auth/session_rows.h"

#include "auth/account.h"
#include "auth/client.h"
#include "auth/logout_notice.h"
#include "auth/outgoing.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "store/audit.h"
#include "store/sql.h"

#define AGENTS_MAX       10 /* remembered of a person */
#define SWEEP_EXPIRE_MAX 4

const char *session_why_name(enum session_why why)
{
    static const char *const names[] = { "left",    "portal",   "remote", "staff",
                                         "expired", "replaced", "blocked" };

    _Static_assert(LEN(names) == SESSION_WHYS, "a name for each reason");
    must(why < SESSION_WHYS);
    return names[why];
}

static result out_audit(struct sql *db, struct session_ending *w, int64_t now_ms, struct err *e)
{
    struct arena *a = w->visit->arena;
    DEFER(json_close) struct json *detail = json_object();
    const struct str actor = w->actor.n > 0 ? w->actor : str_cat(a, STR("citizen:"), w->account);
    struct audit_event ev;

    json_put_str(detail, "account", w->account);
    json_put_str(detail, "why", str_c(session_why_name(w->why)));
    ev = auth_event(w->visit, actor, "login.out", str_cat(a, STR("session:"), w->sid), detail);
    return audit_append(db, now_ms, &ev, e);
}

static result end_one(struct sql *db, void *arg, struct err *e)
{
    struct session_ending *w = arg;
    struct arena *a = w->visit->arena;
    const int64_t now_ms = clock_now_ms(w->auth->clock);
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SESSION_END, &rows, e, sql_t(w->sid), sql_i(now_ms),
                 sql_t(str_c(session_why_name(w->why))), sql_t(w->account)));
    TRY(sql_next(rows, &w->ended, e));
    if (!w->ended)
        return OK;
    w->account = sql_text(rows, 0, a);
    w->kept_as = sql_text(rows, 1, a);
    sql_end(&rows);
    TRY(logout_notice_put(db, a, w->sid, w->account, now_ms, e));
    return out_audit(db, w, now_ms, e);
}

result session_rows_end(struct session_ending *w, struct err *e)
{
    return sql_transact(w->auth->sql, end_one, w, e);
}

static result find_waiting(struct sql *db, void *arg, struct err *e)
{
    struct session_work *w = arg;
    struct arena *a = w->visit->arena;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    DEFER(sql_end) struct sql_rows *over = NULL;
    bool more;

    w->gone_count = 0;
    TRY(sql_find(db, SQL_SESSION_ENDED, &rows, e, sql_i(SESSION_SWEEP_ROWS)));
    TRY(sql_next(rows, &more, e));
    while (more && w->gone_count < SESSION_SWEEP_ROWS) {
        w->gone[w->gone_count++] =
            (struct session_gone){ .sid = sql_text(rows, 0, a), .kept_as = sql_text(rows, 1, a) };
        TRY(sql_next(rows, &more, e));
    }
    TRY(sql_find(db, SQL_SESSION_OVER, &over, e, sql_i(clock_now_ms(w->auth->clock))));
    return sql_next(over, &w->over, e);
}

result session_rows_waiting(struct session_work *w, struct err *e)
{
    return sql_read(w->auth->sql, find_waiting, w, e);
}

static result expire_one(struct sql *db, struct session_work *w, bool *found, struct err *e)
{
    struct arena *a = w->visit->arena;
    const int64_t now_ms = clock_now_ms(w->auth->clock);
    const struct visit nobody = { .arena = a };
    struct session_ending ending = {
        .auth = w->auth, .visit = &nobody, .actor = STR("system"), .why = SESSION_EXPIRED
    };
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SESSION_EXPIRE, &rows, e, sql_i(now_ms),
                 sql_t(str_c(session_why_name(SESSION_EXPIRED)))));
    TRY(sql_next(rows, found, e));
    if (!*found)
        return OK;
    ending.sid = sql_text(rows, 0, a);
    ending.account = sql_text(rows, 1, a);
    sql_end(&rows);
    TRY(logout_notice_put(db, a, ending.sid, ending.account, now_ms, e));
    return out_audit(db, &ending, now_ms, e);
}

static result sweep_piece(struct sql *db, struct session_work *w, struct err *e)
{
    bool found = w->over;

    for (size_t i = 0; i < w->gone_count; i++)
        TRY(sql_run(db, SQL_SESSION_DELETE, e, sql_t(w->gone[i].sid)));
    for (int i = 0; i < SWEEP_EXPIRE_MAX && found; i++)
        TRY(expire_one(db, w, &found, e));
    return OK;
}

static result sweep(struct sql *db, void *arg, struct err *e)
{
    return sweep_piece(db, arg, e);
}

result session_rows_sweep(struct session_work *w, struct err *e)
{
    return sql_transact(w->auth->sql, sweep, w, e);
}

/* Whether this person has used this browser before; remembers it. */
static result agent_note(struct sql *db, struct session_work *w, struct str agent, struct err *e)
{
    const struct session *s = w->session;
    int64_t changed;

    TRY(sql_run_count(db, SQL_SESSION_AGENT_SAVE, &changed, e, sql_t(s->account), sql_t(agent),
                      sql_i(s->seen_ms)));
    w->is_new_agent = changed > 0;
    if (!w->is_new_agent)
        return sql_run(db, SQL_SESSION_AGENT_TOUCH, e, sql_t(s->account), sql_t(agent),
                       sql_i(s->seen_ms));
    TRY(sql_run(db, SQL_SESSION_AGENT_TRIM, e, sql_t(s->account), sql_i(AGENTS_MAX)));
    if (w->auth->conf->auth.notify_url.n == 0)
        return OK;
    return outgoing_put(db, w->visit->arena,
                        &(struct outgoing){ .kind = "sign_in",
                                            .client_id = w->client_id,
                                            .account = s->account,
                                            .sid = s->sid,
                                            .agent = agent },
                        s->seen_ms, e);
}

static result add(struct sql *db, void *arg, struct err *e)
{
    struct session_work *w = arg;
    const struct session *s = w->session;
    const struct str agent = session_agent(w->visit->arena, w->visit->agent);

    TRY(account_take(db, s->account, e));
    TRY(sql_run(db, SQL_SESSION_INSERT, e, sql_t(s->sid), sql_t(s->key), sql_t(s->account),
                sql_t(w->auth->conf->vneid.issuer), sql_t(agent), sql_i(s->created_ms),
                sql_i(w->due_ms)));
    TRY(agent_note(db, w, agent, e));
    return sweep_piece(db, w, e);
}

result session_rows_add(struct session_work *w, struct err *e)
{
    return sql_transact(w->auth->sql, add, w, e);
}

static result renew(struct sql *db, void *arg, struct err *e)
{
    struct session_work *w = arg;
    const struct session *s = w->session;
    const struct str agent = session_agent(w->visit->arena, w->visit->agent);
    int64_t changed;

    TRY(sql_run_count(db, SQL_SESSION_RENEW, &changed, e, sql_t(s->sid), sql_t(s->key),
                      sql_t(agent), sql_i(s->created_ms), sql_i(s->seen_ms), sql_i(w->due_ms)));
    w->changed = changed > 0;
    return w->changed ? agent_note(db, w, agent, e) : OK;
}

result session_rows_renew(struct session_work *w, struct err *e)
{
    return sql_transact(w->auth->sql, renew, w, e);
}

static result seen(struct sql *db, void *arg, struct err *e)
{
    struct session_work *w = arg;
    int64_t changed;

    TRY(sql_run_count(db, SQL_SESSION_SEEN, &changed, e, sql_t(w->session->sid),
                      sql_i(w->session->seen_ms), sql_i(w->due_ms)));
    w->changed = changed > 0;
    return OK;
}

result session_rows_seen(struct session_work *w, struct err *e)
{
    return sql_transact(w->auth->sql, seen, w, e);
}

/* Joining a portal. */

struct joining {
    const struct auth *auth;
    struct str sid;
    const struct session_joining *with;
    bool live;
};

/* A portal that is known stays so until the session ends, and is told then: nothing to write. */
static result is_joined(struct sql *db, const struct joining *w, bool *joined, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SESSION_JOINED, &rows, e, sql_t(w->sid), sql_t(w->with->client_id),
                 sql_t(w->with->sub)));
    return sql_next(rows, joined, e);
}

static result join_first(struct sql *db, struct joining *w, int64_t now_ms, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SESSION_TAKE, &rows, e, sql_t(w->sid)));
    TRY(sql_next(rows, &w->live, e));
    if (!w->live)
        return OK;
    sql_end(&rows);
    return sql_run(db, SQL_SESSION_CLIENT_INSERT, e, sql_t(w->sid), sql_t(w->with->client_id),
                   sql_t(w->with->sub), sql_t(w->with->acting), sql_i(now_ms));
}

static result join(struct sql *db, void *arg, struct err *e)
{
    struct joining *w = arg;
    const int64_t now_ms = clock_now_ms(w->auth->clock);

    TRY(is_joined(db, w, &w->live, e));
    if (!w->live)
        TRY(join_first(db, w, now_ms, e));
    return w->live && w->with->event != NULL ? audit_append(db, now_ms, w->with->event, e) : OK;
}

result session_join_noted(struct auth *au, const struct session *s, const struct session_joining *j,
                          struct err *e)
{
    struct joining w = { .auth = au, .sid = s->sid, .with = j };

    TRY(sql_transact(au->sql, join, &w, e));
    return w.live ? OK : fail(e, ERR_NOT_SIGNED_IN, "the session ended meanwhile");
}

result session_join(struct auth *au, const struct visit *v, const struct session *s,
                    struct str client_id, struct str sub, struct str acting, struct err *e)
{
    (void)v;
    return session_join_noted(
        au, s, &(struct session_joining){ .client_id = client_id, .sub = sub, .acting = acting },
        e);
}

/* The person's list. */

struct listing {
    struct arena *arena;
    struct str account;
    int64_t now_ms;
    struct session_row *list;
    size_t count;
    struct str *sids;
};

static result clients_read(struct sql *db, struct arena *a, struct session_row *row, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    row->clients = arena_array(a, struct session_client, SESSION_LIST_MAX);
    TRY(sql_find(db, SQL_SESSION_CLIENT_LIST, &rows, e, sql_t(row->sid)));
    TRY(sql_next(rows, &more, e));
    while (more && row->client_count < SESSION_LIST_MAX) {
        row->clients[row->client_count++] =
            (struct session_client){ .client_id = sql_text(rows, 0, a),
                                     .sub = sql_text(rows, 1, a),
                                     .acting = sql_text(rows, 2, a),
                                     .since_ms = sql_int(rows, 3) };
        TRY(sql_next(rows, &more, e));
    }
    return OK;
}

static result list_read(struct sql *db, void *arg, struct err *e)
{
    struct listing *w = arg;
    struct arena *a = w->arena;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    w->count = 0;
    TRY(sql_find(db, SQL_SESSION_LIST, &rows, e, sql_t(w->account), sql_i(w->now_ms),
                 sql_i(SESSION_LIST_MAX)));
    TRY(sql_next(rows, &more, e));
    while (more && w->count < SESSION_LIST_MAX) {
        w->list[w->count++] = (struct session_row){ .sid = sql_text(rows, 0, a),
                                                    .agent = sql_text(rows, 1, a),
                                                    .upstream = sql_text(rows, 2, a),
                                                    .created_ms = sql_int(rows, 3),
                                                    .seen_ms = sql_int(rows, 4) };
        TRY(sql_next(rows, &more, e));
    }
    for (size_t i = 0; i < w->count; i++)
        TRY(clients_read(db, a, &w->list[i], e));
    return OK;
}

result session_list(struct auth *au, struct arena *a, struct str account, struct session_row **list,
                    size_t *count, struct err *e)
{
    struct listing w = { .arena = a,
                         .account = account,
                         .now_ms = clock_now_ms(au->clock),
                         .list = arena_array(a, struct session_row, SESSION_LIST_MAX) };

    TRY(sql_read(au->sql, list_read, &w, e));
    *list = w.list;
    *count = w.count;
    return OK;
}

static result ids_read(struct sql *db, void *arg, struct err *e)
{
    struct listing *w = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    w->count = 0;
    TRY(sql_find(db, SQL_SESSION_IDS, &rows, e, sql_t(w->account), sql_i(SESSION_LIST_MAX)));
    TRY(sql_next(rows, &more, e));
    while (more && w->count < SESSION_LIST_MAX) {
        w->sids[w->count++] = sql_text(rows, 0, w->arena);
        TRY(sql_next(rows, &more, e));
    }
    return OK;
}

/* By pages: each round ends what it read, so the next reads others; only `except` stays. */
result session_end_all(struct auth *au, const struct visit *v, struct str account,
                       struct str except, enum session_why why, struct str actor, int64_t *count,
                       struct err *e)
{
    struct listing w = { .arena = v->arena,
                         .account = account,
                         .sids = arena_array(v->arena, struct str, SESSION_LIST_MAX) };
    int64_t ended;

    *count = 0;
    do {
        ended = 0;
        TRY(sql_read(au->sql, ids_read, &w, e));
        for (size_t i = 0; i < w.count; i++) {
            if (str_eq(w.sids[i], except))
                continue;
            if (session_end_by(au, v, w.sids[i], account, why, actor, e).failed) {
                if (e->code != ERR_NOT_FOUND) /* else somebody else was first */
                    return (result){ true };
                continue;
            }
            ended++;
        }
        *count += ended;
    } while (ended > 0);
    return OK;
}

result session_acting_end(struct sql *db, struct arena *a, int64_t now_ms, struct str account,
                          struct str organisation, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    must(organisation.n > 0);
    TRY(sql_find(db, SQL_SESSION_CLIENT_ACTING, &rows, e, sql_t(account), sql_t(organisation)));
    TRY(sql_next(rows, &more, e));
    while (more) {
        const struct outgoing o = { .kind = "logout",
                                    .client_id = sql_text(rows, 1, a),
                                    .account = account,
                                    .sid = sql_text(rows, 0, a),
                                    .sub = sql_text(rows, 2, a) };

        TRY(outgoing_put(db, a, &o, now_ms, e));
        TRY(sql_run(db, SQL_SESSION_CLIENT_DELETE, e, sql_t(o.sid), sql_t(o.client_id),
                    sql_t(o.sub)));
        TRY(sql_next(rows, &more, e));
    }
    return OK;
}

struct leaving {
    const struct auth *auth;
    struct str account, organisation;
};

static result leave_acting(struct sql *db, void *arg, struct err *e)
{
    const struct leaving *w = arg;
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_REQUEST_BYTES);

    return session_acting_end(db, a, clock_now_ms(w->auth->clock), w->account, w->organisation, e);
}

result session_leave_acting(struct auth *au, const struct visit *v, struct str account,
                            struct str organisation, struct err *e)
{
    struct leaving w = { .auth = au, .account = account, .organisation = organisation };

    (void)v;
    return sql_transact(au->sql, leave_acting, &w, e);
}
