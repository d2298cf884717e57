/*
 * Security: the attacker registers an address that leads into our own network, answers never, or
 * answers with megabytes. Promised: https and public addresses only (loopback in a simulated
 * installation), no redirects, a time and a size limit, one row at a time for a receiver that is
 * silent; a row is sent by whoever holds its lease. Deliberately not done: exactly once; a receiver
 * may hear twice.
 */
#include "auth/outgoing.h"

#include "auth/login_notice.h"
#include "auth/logout_notice.h"
#include "auth/oidc_ciba.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/random.h"
#include "http/client.h"
#include "store/audit.h"
#include "store/sql.h"

#define POST_CONNECT_MS   2000
#define POST_TOTAL_MS     5000
#define POST_ANSWER_BYTES 65536
#define TRY_FOR_MS        (24LL * 3600 * 1000)
#define KEEP_MS           (3600LL * 1000)
#define KEEP_DEAD_MS      (30LL * 24 * 3600 * 1000)
#define PURGE_ROWS        8

result outgoing_put(struct sql *db, struct arena *a, const struct outgoing *o, int64_t now_ms,
                    struct err *e)
{
    TRY(sql_run(db, SQL_OUTGOING_PURGE, e, sql_i(now_ms), sql_i(PURGE_ROWS)));
    return sql_run(db, SQL_OUTGOING_INSERT, e, sql_t(random_id(a, "tell_", now_ms)),
                   sql_t(str_c(o->kind)), sql_t(o->client_id), sql_t(o->account), sql_t(o->sid),
                   sql_t(o->sub), sql_t(o->agent), sql_i(now_ms));
}

/* Sending one. */

struct sending {
    struct auth *auth;
    struct arena *arena;
    bool found;
    struct outgoing row;
    struct outgoing_verdict verdict;
};

static result look(struct sql *db, void *arg, struct err *e)
{
    struct sending *w = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_OUTGOING_DUE, &rows, e, sql_i(clock_now_ms(w->auth->clock))));
    return sql_next(rows, &w->found, e);
}

static result claim(struct sql *db, void *arg, struct err *e)
{
    struct sending *w = arg;
    struct arena *a = w->arena;
    const int64_t now_ms = clock_now_ms(w->auth->clock);
    const int64_t lease_ms = w->auth->conf->jobs.lease_s * 1000;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_OUTGOING_CLAIM, &rows, e, sql_i(now_ms), sql_i(now_ms + lease_ms)));
    TRY(sql_next(rows, &w->found, e));
    if (!w->found)
        return OK;
    w->row = (struct outgoing){ .id = sql_text(rows, 0, a),
                                .kind = str_cstr(a, sql_text(rows, 1, a)),
                                .client_id = sql_text(rows, 2, a),
                                .account = sql_text(rows, 3, a),
                                .sid = sql_text(rows, 4, a),
                                .sub = sql_text(rows, 5, a),
                                .agent = sql_text(rows, 6, a),
                                .tries = sql_int(rows, 7),
                                .created_ms = sql_int(rows, 8) };
    return OK;
}

static int64_t again_ms(int64_t tries)
{
    static const int64_t after_s[] = { 10, 60, 300, 3600 };
    const size_t last = LEN(after_s) - 1;
    const size_t i = tries < 1 ? 0 : (size_t)tries - 1;

    return after_s[i < last ? i : last] * 1000;
}

static result settle(struct sql *db, void *arg, struct err *e)
{
    const struct sending *w = arg;
    const struct outgoing_verdict *v = &w->verdict;
    const int64_t now_ms = clock_now_ms(w->auth->clock);
    const int64_t next_ms = now_ms + again_ms(w->row.tries);
    const bool is_over = v->arrived || v->untold;

    if (is_over)
        return sql_run(db, SQL_OUTGOING_DONE, e, sql_t(w->row.id),
                       sql_t(v->arrived ? STR("delivered") : STR("untold")), sql_i(now_ms),
                       sql_i(now_ms + KEEP_MS), sql_t(STR("")));
    if (now_ms - w->row.created_ms >= TRY_FOR_MS)
        TRY(sql_run(db, SQL_OUTGOING_DONE, e, sql_t(w->row.id), sql_t(STR("dead")), sql_i(now_ms),
                    sql_i(now_ms + KEEP_DEAD_MS), sql_t(v->failure)));
    else
        TRY(sql_run(db, SQL_OUTGOING_AGAIN, e, sql_t(w->row.id), sql_i(next_ms),
                    sql_t(v->failure)));
    if (!v->is_silent)
        return OK;
    return sql_run(db, SQL_OUTGOING_POSTPONE, e, sql_t(str_c(w->row.kind)), sql_t(w->row.client_id),
                   sql_i(next_ms));
}

static result send_one(struct sending *w, struct err *e)
{
    if (str_is(str_c(w->row.kind), "logout"))
        return logout_notice_send(w->auth, w->arena, &w->row, &w->verdict, e);
    if (str_is(str_c(w->row.kind), "ping"))
        return oidc_ciba_ping(w->auth, w->arena, &w->row, &w->verdict, e);
    return login_notice_send(w->auth, w->arena, &w->row, &w->verdict, e);
}

result outgoing_send(struct auth *au, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open_clean(LIMIT_ARENA_JOB_BYTES);
    struct sending w = { .auth = au, .arena = a };
    struct err why = { .code = ERR_NONE };
    bool failed;

    TRY(sql_read(au->sql, look, &w, e));
    if (w.found)
        TRY(sql_transact(au->sql, claim, &w, e));
    *did = w.found;
    if (!w.found)
        return OK;
    failed = send_one(&w, &why).failed;
    if (failed)
        w.verdict = (struct outgoing_verdict){ .failure = str_c(err_name(why.code)) };
    TRY(sql_transact(au->sql, settle, &w, e));
    return failed ? fail(e, why.code, "outgoing: %s", why.detail) : OK;
}

/* The post. */

static bool may_post(const struct auth *au, struct str url)
{
    static const char *const loopback[] = { "http://127.0.0.1:", "http://127.0.0.1/",
                                            "http://localhost:", "http://localhost/",
                                            "http://[::1]:",     "http://[::1]/" };

    if (str_starts(url, STR("https://")))
        return true;
    for (size_t i = 0; i < LEN(loopback); i++)
        if (str_starts(url, str_c(loopback[i])))
            return str_is(au->conf->service.national_systems, "simulated");
    return false;
}

void outgoing_post(struct auth *au, struct arena *a, const struct outgoing_post *p,
                   struct outgoing_verdict *out)
{
    const size_t scheme = str_starts(p->url, STR("https://")) ? 8 : 7;
    const size_t path = scheme + str_find(str_from(p->url, scheme), '/');
    const struct partner_config config = {
        .name = "receiver",
        .base_url = str_sub(p->url, 0, path),
        .connect_ms = POST_CONNECT_MS,
        .total_ms = POST_TOTAL_MS,
        .answer_bytes_max = POST_ANSWER_BYTES,
        .guarded = !p->by_operator,
        .guard_loopback_ok = str_is(au->conf->service.national_systems, "simulated"),
    };
    struct pair headers[2];
    struct call call = { .method = METHOD_POST,
                         .path = str_from(p->url, path),
                         .headers = headers,
                         .content_type = p->content_type,
                         .body = p->body };
    DEFER(partner_close) struct partner *partner = NULL;
    struct err why = { .code = ERR_NONE };
    struct answer answer;

    if (p->signature.n > 0)
        headers[call.header_count++] = (struct pair){ STR("X-Motcua-Signature"), p->signature };
    if (p->authorization.n > 0)
        headers[call.header_count++] = (struct pair){ STR("Authorization"), p->authorization };
    *out = (struct outgoing_verdict){ .failure = STR("ADDRESS") };
    if (!may_post(au, p->url))
        return;
    if (partner_open(&config, &partner, &why).failed ||
        partner_call(partner, &call, a, &answer, &why).failed) {
        out->failure = str_c(err_name(why.code));
        out->is_silent = why.code == ERR_UPSTREAM_DOWN;
        return;
    }
    out->arrived = answer.status >= 200 && answer.status < 300;
    out->is_silent = answer.status >= 500;
    out->failure = out->arrived ? STR("") : str_fmt(a, "HTTP %d", answer.status);
}

/* Lists. */

struct finding {
    struct arena *arena;
    const struct outgoing_filter *filter; /* or */
    struct str sid;
    struct outgoing_row *list;
    size_t count;
};

static result rows_read(struct sql_rows *rows, struct finding *w, struct err *e)
{
    struct arena *a = w->arena;
    bool more;

    w->count = 0;
    TRY(sql_next(rows, &more, e));
    while (more && w->count < OUTGOING_LIST_MAX) {
        w->list[w->count++] = (struct outgoing_row){ .id = sql_text(rows, 0, a),
                                                     .kind = sql_text(rows, 1, a),
                                                     .client_id = sql_text(rows, 2, a),
                                                     .account = sql_text(rows, 3, a),
                                                     .sid = sql_text(rows, 4, a),
                                                     .state = sql_text(rows, 5, a),
                                                     .tries = sql_int(rows, 6),
                                                     .due_ms = sql_int(rows, 7),
                                                     .created_ms = sql_int(rows, 8),
                                                     .done_ms = sql_int(rows, 9),
                                                     .failure = sql_text(rows, 10, a) };
        TRY(sql_next(rows, &more, e));
    }
    return OK;
}

static result find(struct sql *db, void *arg, struct err *e)
{
    struct finding *w = arg;
    const struct outgoing_filter *f = w->filter;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    if (f == NULL)
        TRY(sql_find(db, SQL_OUTGOING_OF_SESSION, &rows, e, sql_t(w->sid),
                     sql_i(OUTGOING_LIST_MAX)));
    else
        TRY(sql_find(db, SQL_OUTGOING_PAGE, &rows, e, sql_t(f->client_id), sql_t(f->state),
                     sql_i(f->before_ms > 0 ? f->before_ms : INT64_MAX), sql_t(f->before_id),
                     sql_i(OUTGOING_LIST_MAX)));
    return rows_read(rows, w, e);
}

static result list_make(struct auth *au, struct finding *w, struct outgoing_row **list,
                        size_t *count, struct err *e)
{
    w->list = arena_array(w->arena, struct outgoing_row, OUTGOING_LIST_MAX);
    TRY(sql_read(au->sql, find, w, e));
    *list = w->list;
    *count = w->count;
    return OK;
}

result outgoing_list(struct auth *au, struct arena *a, const struct outgoing_filter *f,
                     struct outgoing_row **list, size_t *count, struct err *e)
{
    struct finding w = { .arena = a, .filter = f };

    return list_make(au, &w, list, count, e);
}

result outgoing_of_session(struct auth *au, struct arena *a, struct str sid,
                           struct outgoing_row **list, size_t *count, struct err *e)
{
    struct finding w = { .arena = a, .sid = sid };

    return list_make(au, &w, list, count, e);
}

struct reviving {
    const struct visit *visit;
    struct str id, actor;
    int64_t now_ms;
};

static result revive(struct sql *db, void *arg, struct err *e)
{
    const struct reviving *w = arg;
    const struct audit_event ev = auth_event(w->visit, w->actor, "notice.again", w->id, NULL);
    int64_t changed;

    TRY(sql_run_count(db, SQL_OUTGOING_REVIVE, &changed, e, sql_t(w->id), sql_i(w->now_ms)));
    if (changed == 0)
        return fail(e, ERR_NOT_FOUND, "no dead notice of that id");
    return audit_append(db, w->now_ms, &ev, e);
}

result outgoing_revive(struct auth *au, const struct visit *v, struct str id, struct str actor,
                       struct err *e)
{
    struct reviving w = { v, id, actor, clock_now_ms(au->clock) };

    return sql_transact(au->sql, revive, &w, e);
}
