/*
 * Where one may write at a time, those who wait are taken together: whoever comes first when nobody
 * writes leads, runs the work of all who wait as parts of one transaction, and commits once. The
 * disk is then waited for once, by eight as by one. A part that fails is undone by itself; when the
 * commit fails it fails for all, and nobody was told otherwise before. Work runs on the leader's
 * thread while its owner waits, so it may use what its owner has, and nothing of the thread.
 *
 * A group takes no further part once it has run for long: who is in it waits for all of it.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#include "base/arena.h"
#include "base/clock.h"
#include "store/seats.h"
#include "store/sql_engine.h"

#define PARTS_MAX    64
#define GROUP_MS_MAX 5

enum turn_at { TURN_WAITS, TURN_LEADS, TURN_TAKEN, TURN_OVER };

struct turn {
    struct turn *next;
    const struct sql_unit *unit;
    struct err *e;
    enum sql_state state;
    result done;
    _Atomic enum turn_at at; /* so that also a sanitizer that does not know sem_clockwait sees it */
    sem_t called; /* once, when it leads or is over: no condition, its lock is not needed again */
};

struct sql_group {
    pthread_mutex_t lock;
    struct turn *first, *last; /* who waits, in order */
    bool led;
};

struct sql_group *sql_group_open(struct arena *a)
{
    struct sql_group *g = arena_new(a, struct sql_group);

    must(pthread_mutex_init(&g->lock, NULL) == 0);
    return g;
}

void sql_group_close(struct sql_group **g)
{
    if (*g == NULL)
        return;
    must((*g)->first == NULL && !(*g)->led);
    (void)pthread_mutex_destroy(&(*g)->lock);
    *g = NULL;
}

static void turn_fail(struct turn *t, enum sql_state state, const struct err *why)
{
    t->state = state;
    t->done = fail(t->e, why->code, "%s", why->detail);
}

/* False: the transaction is gone, and with it all that was done in it. */
static bool part_run(struct sql *db, struct turn *t, struct err *lost)
{
    const struct sql_engine *engine = db->pool->engine;

    sql_fresh(db, false);
    if (engine->part_begin(db, lost).failed)
        return false;
    t->done = t->unit->work(db, t->unit->arg, t->e);
    sql_end_all(db);
    if (!t->done.failed)
        t->done = sql_run_last(db, t->e);
    t->state = db->state;
    if (db->state != SQL_FINE && (!t->done.failed || db->state >= SQL_AGAIN))
        turn_fail(t, db->state, &db->why);
    return !engine->part_end(db, !t->done.failed, lost).failed;
}

/* Runs the parts from *at on, until there are enough. False as above. */
static bool parts_run(struct sql *db, struct turn **at, bool *any, struct err *lost)
{
    const int64_t start_ms = clock_monotonic_ms();

    do {
        if (!part_run(db, *at, lost))
            return false;
        *any = *any || !(*at)->done.failed;
        *at = (*at)->next;
    } while (*at != NULL && clock_monotonic_ms() - start_ms < GROUP_MS_MAX);
    return true;
}

/* All from `from` to before `to` fail for one reason: also who was refused, since that may have
 * been for what another part wrote, which is not there now. */
static void turns_fail(struct turn *from, const struct turn *to, enum sql_state state,
                       const struct err *why)
{
    for (struct turn *t = from; t != to; t = t->next)
        turn_fail(t, state, why);
}

/* One transaction over the first of the turns; gives back those that are left. */
static struct turn *group_commit(struct sql *db, struct turn *turns)
{
    const struct sql_engine *engine = db->pool->engine;
    struct err why = { .code = ERR_NONE };
    struct turn *left = turns;
    bool any = false;

    sql_fresh(db, false);
    if (sql_begin(db, &why).failed) {
        turns_fail(turns, NULL, db->state, &why);
        return NULL;
    }
    if (!parts_run(db, &left, &any, &why)) {
        engine->rollback(db);
        turns_fail(turns, NULL, SQL_AGAIN, &why);
        return NULL;
    }
    if (!any)
        engine->rollback(db);
    else if (engine->commit(db, &why).failed)
        turns_fail(turns, left, db->state, &why);
    return left;
}

static void turns_run(struct sql_pool *p, struct turn *turns)
{
    struct err why = { .code = ERR_NONE };
    struct sql *db;
    int slot;

    if (turns->next == NULL) { /* alone: as if there were no groups */
        turns->done = sql_attempt(turns->unit, &turns->state, turns->e);
        return;
    }
    if (seats_take(p->free, p->wait_ms, &slot, &why).failed) {
        turns_fail(turns, NULL, SQL_FAILED, &why);
        return;
    }
    db = &p->db[slot];
    while (turns != NULL)
        turns = group_commit(db, turns);
    if (db->state == SQL_LOST)
        p->engine->close(db);
    seats_leave(p->free, slot);
}

static void line_join(struct sql_group *g, struct turn *t)
{
    if (g->last == NULL)
        g->first = t;
    else
        g->last->next = t;
    g->last = t;
}

static void line_quit(struct sql_group *g, const struct turn *t)
{
    struct turn *before = NULL;

    for (struct turn *x = g->first; x != t; x = x->next)
        before = x;
    if (before == NULL)
        g->first = t->next;
    else
        before->next = t->next;
    if (g->last == t)
        g->last = before;
}

/* The first of the line, PARTS_MAX at most; the leader is among them. */
static struct turn *line_take(struct sql_group *g)
{
    struct turn *taken = g->first, *last = g->first;

    last->at = TURN_TAKEN;
    for (int i = 1; i < PARTS_MAX && last->next != NULL; i++) {
        last = last->next;
        last->at = TURN_TAKEN;
    }
    g->first = last->next;
    if (g->first == NULL)
        g->last = NULL;
    last->next = NULL;
    return taken;
}

static void lead(struct sql_group *g, struct sql_pool *p, const struct turn *self)
{
    struct turn *turns, *next, *leader;

    (void)sched_yield(); /* who was about to come shares the wait for the disk */
    must(pthread_mutex_lock(&g->lock) == 0);
    turns = line_take(g);
    must(pthread_mutex_unlock(&g->lock) == 0);
    turns_run(p, turns);
    must(pthread_mutex_lock(&g->lock) == 0);
    leader = g->first;
    g->led = leader != NULL;
    if (leader != NULL)
        leader->at = TURN_LEADS;
    must(pthread_mutex_unlock(&g->lock) == 0);
    if (leader != NULL) /* first: the disk may work while the others go on */
        must(sem_post(&leader->called) == 0);
    for (struct turn *t = turns; t != NULL; t = next) {
        next = t->next; /* its owner goes as soon as it is called */
        t->at = TURN_OVER;
        if (t != self)
            must(sem_post(&t->called) == 0);
    }
}

static void wait_to_be_called(struct turn *t)
{
    while (sem_wait(&t->called) != 0)
        must(errno == EINTR);
}

/* Whoever waited too long leaves, unless it leads or is being run meanwhile. */
static bool quits(struct sql_group *g, struct sql_pool *p, struct turn *t)
{
    bool waits;

    must(pthread_mutex_lock(&g->lock) == 0);
    waits = t->at == TURN_WAITS;
    if (waits)
        line_quit(g, t);
    must(pthread_mutex_unlock(&g->lock) == 0);
    if (waits)
        t->done =
            fail(t->e, ERR_BUSY, "others have been writing for %lld ms", (long long)p->wait_ms);
    return waits;
}

/* Until it was run, or is to lead: then true. */
static bool wait_in_line(struct sql_group *g, struct sql_pool *p, struct turn *t)
{
    const struct timespec until = seats_deadline(p->wait_ms);

    while (sem_clockwait(&t->called, CLOCK_MONOTONIC, &until) != 0) {
        if (errno == EINTR)
            continue;
        if (quits(g, p, t))
            return false;
        wait_to_be_called(t);
        break;
    }
    return t->at == TURN_LEADS;
}

result sql_group_run(const struct sql_unit *u, enum sql_state *state, struct err *e)
{
    struct sql_group *g = u->pool->group;
    struct turn t = { .unit = u, .e = e, .state = SQL_FAILED, .at = TURN_WAITS };
    bool leads;

    must(sem_init(&t.called, 0, 0) == 0);
    must(pthread_mutex_lock(&g->lock) == 0);
    line_join(g, &t);
    leads = !g->led;
    g->led = true;
    must(pthread_mutex_unlock(&g->lock) == 0);
    if (!leads)
        leads = wait_in_line(g, u->pool, &t);
    if (leads)
        lead(g, u->pool, &t);
    (void)sem_destroy(&t.called);
    *state = t.state;
    return t.done;
}
