/* The queue of notices and its workers; what is sent is confirm.c's. */
#include "sandbox/notice.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "sandbox/confirm.h"
#include "sandbox/portal.h"
#include "sandbox/sandbox.h"

#define NOTICE_WORKERS      4
#define NOTICE_QUEUE_MAX    100000
#define NOTICE_WAIT_MS      50
#define NOTICE_PAUSE_MAX_MS 60000

struct notices {
    struct sandbox *sb;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t workers[NOTICE_WORKERS];
    int started;
    bool stop;
    struct notice *queue;
    size_t n, room;
};

static void queue_add(struct notices *ns, const struct notice *one)
{
    pthread_mutex_lock(&ns->lock);
    if (ns->n == ns->room) {
        ns->room = ns->room ? 2 * ns->room : 64;
        must(ns->room <= 2 * NOTICE_QUEUE_MAX);
        ns->queue = realloc(ns->queue, ns->room * sizeof(*ns->queue));
        must(ns->queue != NULL);
    }
    ns->queue[ns->n++] = *one;
    pthread_cond_signal(&ns->changed);
    pthread_mutex_unlock(&ns->lock);
}

/* A later notice has gone out: those that were held back follow it. Lock held. */
static void held_release(struct notices *ns)
{
    for (size_t i = 0; i < ns->n; i++)
        if (ns->queue[i].set.on[FAULT_confirm_reordered])
            ns->queue[i].due_ms = 0;
}

static bool due_take(struct notices *ns, struct notice *out)
{
    int64_t now_ms = clock_monotonic_ms();
    size_t best = ns->n;
    for (size_t i = 0; i < ns->n; i++)
        if (ns->queue[i].due_ms <= now_ms &&
            (best == ns->n || ns->queue[i].due_ms < ns->queue[best].due_ms))
            best = i;
    if (best == ns->n)
        return false;
    *out = ns->queue[best];
    ns->queue[best] = ns->queue[--ns->n];
    return true;
}

static void wait_a_little(struct notices *ns)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += NOTICE_WAIT_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&ns->changed, &ns->lock, &until);
}

static void late_succeed(struct notices *ns, struct notice *one)
{
    const struct fault_set none = { 0 };
    struct err e = { 0 };
    struct txn t;
    if (portal_capture(ns->sb->portal, one->reference, str_c(one->late_bank), 0, &t, &e).failed)
        log_err("late success", &e);
    else
        notice_put(ns, one->reference, t.capture_count - 1, &none);
}

static void notice_serve(struct notices *ns, struct notice *one)
{
    int64_t pause_ms = 1000;
    if (one->late_bank[0]) {
        late_succeed(ns, one);
        return;
    }
    if (confirm_send(ns->sb, one) == CONFIRM_DONE)
        return;
    for (int i = 0; i < one->tries && pause_ms < NOTICE_PAUSE_MAX_MS; i++)
        pause_ms *= 2;
    one->tries++;
    one->due_ms =
        clock_monotonic_ms() + (pause_ms < NOTICE_PAUSE_MAX_MS ? pause_ms : NOTICE_PAUSE_MAX_MS);
    queue_add(ns, one);
}

static void *worker_run(void *arg)
{
    struct notices *ns = arg;
    struct notice one;

    pthread_mutex_lock(&ns->lock);
    while (!ns->stop) {
        if (!due_take(ns, &one)) {
            wait_a_little(ns);
            continue;
        }
        pthread_mutex_unlock(&ns->lock);
        notice_serve(ns, &one);
        pthread_mutex_lock(&ns->lock);
        if (!one.set.on[FAULT_confirm_reordered])
            held_release(ns);
    }
    pthread_mutex_unlock(&ns->lock);
    return NULL;
}

void notice_put(struct notices *ns, struct str reference, size_t capture,
                const struct fault_set *set)
{
    struct notice one = { .reference = reference, .capture = capture, .set = *set };
    one.due_ms = clock_monotonic_ms();
    if (set->on[FAULT_confirm_delayed])
        one.due_ms += set->arg[FAULT_confirm_delayed];
    if (set->on[FAULT_confirm_reordered])
        one.due_ms += set->arg[FAULT_confirm_reordered];
    queue_add(ns, &one);
}

void notice_put_late(struct notices *ns, struct str reference, struct str bank, int64_t delay_ms)
{
    struct notice one = { .reference = reference, .due_ms = clock_monotonic_ms() + delay_ms };
    must(bank.n > 0 && bank.n < sizeof(one.late_bank));
    for (size_t i = 0; i < bank.n; i++)
        one.late_bank[i] = bank.p[i];
    queue_add(ns, &one);
}

static void arena_end(struct arena **a)
{
    arena_close(a);
}

/* Captures of an earlier run that motcua has not acknowledged. */
static void unconfirmed_take_up(struct notices *ns)
{
    DEFER(arena_end) struct arena *a = arena_open(1024L * 1024 * 1024);
    const struct fault_set none = { 0 };
    struct txn *rows;
    size_t n = portal_list(ns->sb->portal, a, &rows);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < rows[i].capture_count; k++)
            if (!rows[i].captures[k].notice.n)
                notice_put(ns, rows[i].reference, k, &none);
}

result notices_open(struct sandbox *sb, struct notices **out, struct err *e)
{
    struct notices *ns = calloc(1, sizeof(*ns));
    must(ns != NULL);
    ns->sb = sb;
    must(pthread_mutex_init(&ns->lock, NULL) == 0);
    must(pthread_cond_init(&ns->changed, NULL) == 0);
    unconfirmed_take_up(ns);
    for (; ns->started < NOTICE_WORKERS; ns->started++)
        if (pthread_create(&ns->workers[ns->started], NULL, worker_run, ns) != 0)
            break;
    if (ns->started < NOTICE_WORKERS) {
        notices_close(&ns);
        return fail(e, ERR_INTERNAL, "no thread for notices");
    }
    *out = ns;
    return OK;
}

void notices_close(struct notices **n)
{
    struct notices *ns = *n;
    if (!ns)
        return;
    pthread_mutex_lock(&ns->lock);
    ns->stop = true;
    pthread_cond_broadcast(&ns->changed);
    pthread_mutex_unlock(&ns->lock);
    for (int i = 0; i < ns->started; i++)
        pthread_join(ns->workers[i], NULL);
    pthread_cond_destroy(&ns->changed);
    pthread_mutex_destroy(&ns->lock);
    free(ns->queue);
    free(ns);
    *n = NULL;
}
