#include "sandbox/errand.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"

#define WORKERS      2
#define QUEUE_MAX    100000
#define WAIT_MS      50
#define PAUSE_MS     1000
#define PAUSE_MAX_MS 60000

struct errands {
    struct sandbox *sb;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t workers[WORKERS];
    int started;
    bool stop;
    struct errand *queue;
    size_t n, room;
};

/* Lock held. */
static void queue_add(struct errands *es, const struct errand *one, int64_t wait_ms)
{
    if (es->n == es->room) {
        es->room = es->room ? 2 * es->room : 64;
        must(es->room <= 2 * QUEUE_MAX);
        es->queue = realloc(es->queue, es->room * sizeof(*es->queue));
        must(es->queue != NULL);
    }
    es->queue[es->n] = *one;
    es->queue[es->n++].due_ms = clock_monotonic_ms() + wait_ms;
    pthread_cond_signal(&es->changed);
}

void errand_put(struct errands *es, const struct errand *one)
{
    pthread_mutex_lock(&es->lock);
    queue_add(es, one, one->wait_ms);
    pthread_mutex_unlock(&es->lock);
}

static bool due_take(struct errands *es, struct errand *out)
{
    const int64_t now_ms = clock_monotonic_ms();
    size_t best = es->n;

    for (size_t i = 0; i < es->n; i++)
        if (es->queue[i].due_ms <= now_ms &&
            (best == es->n || es->queue[i].due_ms < es->queue[best].due_ms))
            best = i;
    if (best == es->n)
        return false;
    *out = es->queue[best];
    es->queue[best] = es->queue[--es->n];
    return true;
}

static void wait_a_little(struct errands *es)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += WAIT_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&es->changed, &es->lock, &until);
}

static int64_t pause_ms(int tries)
{
    int64_t ms = PAUSE_MS;

    for (int i = 1; i < tries && ms < PAUSE_MAX_MS; i++)
        ms *= 2;
    return ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
}

/* Lock held: what follows one that went out. */
static void settle(struct errands *es, struct errand *one, bool over)
{
    if (!over && ++one->tries < ERRAND_TRIES_MAX)
        queue_add(es, one, pause_ms(one->tries));
    for (size_t i = 0; !one->held && i < es->n; i++)
        if (es->queue[i].held && es->queue[i].run == one->run)
            es->queue[i].due_ms = 0;
}

static void *worker_run(void *arg)
{
    struct errands *es = arg;
    struct errand one;
    bool over;

    pthread_mutex_lock(&es->lock);
    while (!es->stop) {
        if (!due_take(es, &one)) {
            wait_a_little(es);
            continue;
        }
        pthread_mutex_unlock(&es->lock);
        over = one.run(es->sb, &one);
        pthread_mutex_lock(&es->lock);
        settle(es, &one, over);
    }
    pthread_mutex_unlock(&es->lock);
    return NULL;
}

result errands_open(struct sandbox *sb, struct errands **out, struct err *e)
{
    struct errands *es = calloc(1, sizeof(*es));

    must(es != NULL);
    es->sb = sb;
    must(pthread_mutex_init(&es->lock, NULL) == 0);
    must(pthread_cond_init(&es->changed, NULL) == 0);
    for (; es->started < WORKERS; es->started++)
        if (pthread_create(&es->workers[es->started], NULL, worker_run, es) != 0)
            break;
    if (es->started < WORKERS) {
        errands_close(&es);
        return fail(e, ERR_INTERNAL, "no thread for messages");
    }
    *out = es;
    return OK;
}

void errands_close(struct errands **es)
{
    struct errands *one = *es;

    if (!one)
        return;
    pthread_mutex_lock(&one->lock);
    one->stop = true;
    pthread_cond_broadcast(&one->changed);
    pthread_mutex_unlock(&one->lock);
    for (int i = 0; i < one->started; i++)
        pthread_join(one->workers[i], NULL);
    pthread_cond_destroy(&one->changed);
    pthread_mutex_destroy(&one->lock);
    free(one->queue);
    free(one);
    *es = NULL;
}
