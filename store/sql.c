#include "store/sql.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/waiting.h"
#include "store/seats.h"
#include "store/sql_engine.h"

#define POOL_ARENA_BYTES   ((size_t)64 << 20)
#define SLOTS_MAX          1024
#define LOST_ATTEMPTS      4 /* about half a second: then the server is down, and that is said */
#define BACKOFF_FIRST_MS   8
#define BACKOFF_LONGEST_MS 400

static const struct sql_statement statements[] = {
#define SQL_QUERY(name, text) { #name, { text, sizeof(text) - 1 } },
#include "store/query.def"
#undef SQL_QUERY
};

const struct sql_statement *sql_statement(enum sql_query q)
{
    must(q < SQL_QUERY_COUNT);
    return &statements[q];
}

const char *sql_rows_name(const struct sql_rows *r)
{
    return sql_statement(r->query)->name;
}

/* The pool. */

static result config_check(const struct sql_config *c, struct err *e)
{
    if (c->target.n == 0 || str_find(c->target, '\0') < c->target.n)
        return fail(e, ERR_CONFIG, "no database named");
    if (c->connections_max < 1 || c->connections_max > SLOTS_MAX)
        return fail(e, ERR_CONFIG, "%d connections", c->connections_max);
    if (c->wait_ms < 1)
        return fail(e, ERR_CONFIG, "a wait of %lld ms", (long long)c->wait_ms);
    return OK;
}

static void slots_make(struct sql_pool *p)
{
    p->db = arena_array(p->arena, struct sql, (size_t)p->slots);
    for (int i = 0; i < p->slots; i++) {
        struct sql *db = &p->db[i];

        db->pool = p;
        db->slot = i;
        db->rows = arena_array(p->arena, struct sql_rows, SQL_QUERY_COUNT);
        db->puts = sql_puts_make(p->arena);
        for (int q = 0; q < SQL_QUERY_COUNT; q++)
            db->rows[q] = (struct sql_rows){ .db = db, .query = (enum sql_query)q };
    }
}

result sql_open(const struct sql_config *c, struct sql_pool **out, struct err *e)
{
    struct sql_pool *p DEFER(sql_close) = NULL;
    struct arena *a;

    TRY(config_check(c, e));
    a = arena_open(POOL_ARENA_BYTES);
    p = arena_new(a, struct sql_pool);
    p->arena = a;
    p->engine = c->postgresql ? &sql_engine_pgsql : &sql_engine_sqlite;
    p->target = str_cstr(a, c->target);
    p->wait_ms = c->wait_ms;
    p->slots = c->connections_max;
    p->free = seats_open(a, p->slots);
    p->group = p->engine->one_writer ? sql_group_open(a) : NULL;
    slots_make(p);
    TRY(p->engine->open(&p->db[0], e)); /* a wrong target is told now, not at the first request */
    *out = p;
    p = NULL;
    return OK;
}

static void slot_close(struct sql *db)
{
    db->pool->engine->close(db);
    arena_close(&db->last_arena);
    sql_puts_close(db->puts);
}

void sql_close(struct sql_pool **p)
{
    struct arena *a;

    if (*p == NULL)
        return;
    a = (*p)->arena;
    if ((*p)->db != NULL)
        for (int i = 0; i < (*p)->slots; i++)
            slot_close(&(*p)->db[i]);
    seats_close(&(*p)->free);
    sql_group_close(&(*p)->group);
    arena_close(&a);
    *p = NULL;
}

const char *sql_engine(const struct sql_pool *p)
{
    return p->engine->name;
}

int sql_slot(const struct sql *db)
{
    return db->slot;
}

/* Transactions. */

void sql_mark(struct sql *db, enum sql_state state)
{
    if (state > db->state)
        db->state = state;
}

static bool is_open(const struct sql *db)
{
    return db->sqlite != NULL || db->pgsql != NULL;
}

/* What the work left open. The rows stay valid memory, so a late sql_end() does no harm. */
void sql_end_all(struct sql *db)
{
    for (int q = 0; q < SQL_QUERY_COUNT; q++) {
        struct sql_rows *r = &db->rows[q];

        sql_end(&r);
    }
}

result sql_begin(struct sql *db, struct err *e)
{
    const struct sql_engine *engine = db->pool->engine;

    if (!is_open(db) && engine->open(db, e).failed) {
        sql_mark(db, SQL_LOST);
        return (result){ true };
    }
    return engine->begin(db, e);
}

result sql_run_last(struct sql *db, struct err *e)
{
    sql_last *last = db->last;
    result r;

    if (last == NULL || db->state != SQL_FINE)
        return OK;
    db->last = NULL;
    r = last(db, db->last_arg, e);
    if (!r.failed)
        r = sql_puts_write(db, e);
    sql_end_all(db);
    return r;
}

/* Commits, or not: a statement that failed spoils the transaction even if the work went on. */
static result finish(struct sql *db, result worked, struct err *e)
{
    const struct sql_engine *engine = db->pool->engine;

    sql_end_all(db);
    if (!worked.failed)
        worked = sql_puts_write(db, e);
    if (!worked.failed)
        worked = sql_run_last(db, e);
    if (!worked.failed && db->state == SQL_FINE)
        return engine->commit(db, e);
    if (db->state != SQL_LOST)
        engine->rollback(db);
    if (!worked.failed || db->state >= SQL_AGAIN)
        return fail(e, db->why.code, "%s", db->why.detail);
    return worked;
}

void sql_fresh(struct sql *db, bool reading)
{
    db->state = SQL_FINE;
    db->why = (struct err){ .code = ERR_NONE };
    db->reading = reading;
    db->last = NULL;
    sql_puts_drop(db);
    if (db->last_arena != NULL)
        arena_reset(db->last_arena);
}

static result attempt(const struct sql_unit *t, struct sql *db, struct err *e)
{
    result r;

    sql_fresh(db, t->reading);
    r = sql_begin(db, e);
    if (!r.failed)
        r = finish(db, t->work(db, t->arg, e), e);
    if (db->state == SQL_LOST)
        db->pool->engine->close(db);
    return r;
}

result sql_attempt(const struct sql_unit *t, enum sql_state *state, struct err *e)
{
    struct sql_pool *p = t->pool;
    int slot;
    result r;

    *state = SQL_FAILED; /* waiting in vain is not repeated */
    TRY(seats_take(p->free, p->wait_ms, &slot, e));
    r = attempt(t, &p->db[slot], e);
    *state = p->db[slot].state;
    seats_leave(p->free, slot);
    return r;
}

/* A random part keeps those who met once from meeting again. */
static void pause_before(int attempts)
{
    const int longest = attempts < 6 ? BACKOFF_FIRST_MS << attempts : BACKOFF_LONGEST_MS;
    const int ms = longest / 2 + (int)arc4random_uniform((unsigned)longest / 2 + 1);
    const struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

    (void)nanosleep(&t, NULL);
}

/* A connection that broke is tried again once whatever it cost, and more often only while the wait
 * lasts: a server that does not even refuse would hold each caller for many times that. */
static bool is_given_up(enum sql_state state, int attempts, int64_t until_ms)
{
    if (state != SQL_LOST)
        return state < SQL_AGAIN || attempts >= LIMIT_TX_ATTEMPTS;
    return attempts >= LOST_ATTEMPTS || (attempts > 1 && clock_monotonic_ms() >= until_ms);
}

static result transact(const struct sql_unit *t, struct err *e)
{
    const int64_t until_ms = clock_monotonic_ms() + t->pool->wait_ms;
    struct err own;
    enum sql_state state;

    if (e == NULL)
        e = &own;
    if (!t->reading || t->pool->group == NULL) /* for the disk or the server */
        waiting_tell();
    for (int attempts = 1;; attempts++) {
        /* Writers queue before they take a connection, so that those who wait leave some to
         * readers. */
        const result r = t->reading || t->pool->group == NULL ? sql_attempt(t, &state, e)
                                                              : sql_group_run(t, &state, e);

        if (!r.failed || is_given_up(state, attempts, until_ms))
            return r;
        pause_before(attempts);
    }
}

result sql_transact(struct sql_pool *p, sql_work *work, void *arg, struct err *e)
{
    return transact(&(struct sql_unit){ p, work, arg, false }, e);
}

result sql_read(struct sql_pool *p, sql_work *work, void *arg, struct err *e)
{
    return transact(&(struct sql_unit){ p, work, arg, true }, e);
}

/* Statements. */

/* Remembers the first failure, for who goes on after it. */
result sql_noted(struct sql *db, result r, const struct err *e)
{
    if (r.failed && db->why.code == ERR_NONE) {
        sql_mark(db, SQL_FAILED);
        db->why = *e;
    }
    return r;
}

static result may_start(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                        struct err *e)
{
    const struct sql_rows *r = &db->rows[q];

    if (db->why.code != ERR_NONE) /* PostgreSQL would refuse, SQLite would not: be alike */
        return fail(e, db->why.code, "%s", db->why.detail);
    if (r->open)
        return fail(e, ERR_INTERNAL, "%s: its last result is still open", sql_rows_name(r));
    TRY(sql_params_check(r, params, n, e));
    return sql_puts_write_for(db, q, e);
}

static result start(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                    struct err *e)
{
    struct sql_rows *r = &db->rows[q];

    TRY(may_start(db, q, params, n, e));
    TRY(db->pool->engine->start(r, params, n, e));
    r->open = true;
    r->on_row = false;
    return OK;
}

static result walk(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                   struct err *e)
{
    struct sql_rows *r = &db->rows[q];

    if (db->pool->engine->walk == NULL)
        return start(db, q, params, n, e);
    TRY(may_start(db, q, params, n, e));
    r->open = true; /* first: what was sent has to be closed, whatever comes of it */
    r->on_row = false;
    return db->pool->engine->walk(r, params, n, e);
}

static result post(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                   struct err *e)
{
    TRY(may_start(db, q, params, n, e));
    return db->pool->engine->post(&db->rows[q], params, n, e);
}

result sql_run_n(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                 int64_t *changed, struct err *e)
{
    struct sql_rows *r DEFER(sql_end) = NULL;
    struct err own;
    int64_t rows = 0;

    must(q < SQL_QUERY_COUNT);
    if (e == NULL)
        e = &own;
    if (changed == NULL && db->pool->engine->post != NULL)
        return sql_noted(db, post(db, q, params, n, e), e);
    TRY(sql_noted(db, start(db, q, params, n, e), e));
    r = &db->rows[q];
    TRY(sql_noted(db, db->pool->engine->drain(r, &rows, e), e));
    if (changed != NULL)
        *changed = rows;
    return OK;
}

result sql_run_one_n(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                     enum err_code code, struct err *e)
{
    struct err own;
    int64_t changed;

    must(q < SQL_QUERY_COUNT);
    if (e == NULL)
        e = &own;
    if (db->pool->engine->expect_one != NULL) {
        TRY(sql_noted(db, post(db, q, params, n, e), e));
        db->pool->engine->expect_one(db, code);
        return OK;
    }
    TRY(sql_run_n(db, q, params, n, &changed, e));
    if (changed == 1)
        return OK;
    return sql_noted(db, fail(e, code, "%s: not one row", sql_rows_name(&db->rows[q])), e);
}

result sql_find_n(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                  struct sql_rows **rows, struct err *e)
{
    struct err own;

    must(q < SQL_QUERY_COUNT);
    if (e == NULL)
        e = &own;
    TRY(sql_noted(db, start(db, q, params, n, e), e));
    *rows = &db->rows[q];
    return OK;
}

result sql_walk_n(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                  struct sql_rows **rows, struct err *e)
{
    struct err own;

    must(q < SQL_QUERY_COUNT);
    if (e == NULL)
        e = &own;
    TRY(sql_noted(db, walk(db, q, params, n, e), e));
    *rows = &db->rows[q];
    return OK;
}

result sql_next(struct sql_rows *rows, bool *more, struct err *e)
{
    struct err own;
    bool found = false;

    must(rows->open);
    if (e == NULL)
        e = &own;
    rows->on_row = false;
    TRY(sql_noted(rows->db, rows->db->pool->engine->next(rows, &found, e), e));
    rows->on_row = found;
    *more = found;
    return OK;
}

result sql_one(struct sql_rows *rows, struct err *e)
{
    bool more;

    TRY(sql_next(rows, &more, e));
    if (!more)
        return fail(e, ERR_NOT_FOUND, "%s: no row", sql_rows_name(rows));
    return OK;
}

void sql_end(struct sql_rows **rows)
{
    struct sql_rows *r = *rows;

    if (r == NULL)
        return;
    if (r->open)
        r->db->pool->engine->end(r);
    r->open = false;
    r->on_row = false;
    *rows = NULL;
}

/* Whole-pool questions. */

static result ping(struct sql *db, void *arg, struct err *e)
{
    struct sql_rows *r DEFER(sql_end) = NULL;

    (void)arg;
    TRY(sql_find_plain(db, SQL_STORE_PING, &r, e));
    return sql_one(r, e);
}

result sql_ping(struct sql_pool *p, struct err *e)
{
    return sql_read(p, ping, NULL, e);
}

static result check_all(struct sql *db, void *arg, struct err *e)
{
    (void)arg;
    for (int q = 0; q < SQL_QUERY_COUNT; q++)
        TRY(sql_noted(db, db->pool->engine->check(&db->rows[q], e), e));
    return OK;
}

result sql_check_queries(struct sql_pool *p, struct err *e)
{
    return sql_read(p, check_all, NULL, e);
}

result sql_script(struct sql *db, struct str text, struct err *e)
{
    TRY(sql_puts_write(db, e));
    return sql_noted(db, db->pool->engine->script(db, text, e), e);
}

result sql_lock(struct sql *db, struct err *e)
{
    return sql_noted(db, db->pool->engine->lock(db, e), e);
}
