#include "http/pool.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/waiting.h"

/* Each rests on a semaphore of its own, the one that came to rest last is woken first: its memory
 * is still near. A condition variable would cost two more calls of the system for each job. */
struct worker {
    struct pool *pool;
    struct worker *next; /* of those that rest */
    sem_t wake;
    pthread_t thread;
};

struct job {
    void *of;
    bool brief;
};

struct queue {
    struct job *ring;
    size_t first, count, max;
    int running, running_max;
};

struct pool {
    struct pool_plan plan;
    pthread_mutex_t lock;
    bool looking, closing;
    bool answered; /* since somebody began to look: not a moment to wait */
    struct queue queues[POOL_QUEUES];
    struct worker *resting;
    int thread_count;
    struct worker *workers;
};

static struct queue *runnable(struct pool *p)
{
    for (int i = 0; i < POOL_QUEUES; i++)
        if (p->queues[i].count > 0 && p->queues[i].running < p->queues[i].running_max)
            return &p->queues[i];
    return NULL;
}

/* With the lock; given back without it, so that who is woken need not wait for it. */
static void unlock_and_wake(struct pool *p, bool one)
{
    struct worker *w = one ? p->resting : NULL;

    if (w != NULL)
        p->resting = w->next;
    (void)pthread_mutex_unlock(&p->lock);
    if (w != NULL)
        must(sem_post(&w->wake) == 0);
}

static void look(struct pool *p)
{
    const bool wait = runnable(p) == NULL && !p->answered;

    p->looking = true;
    p->answered = false;
    (void)pthread_mutex_unlock(&p->lock);
    p->plan.look(p->plan.arg, wait);
    (void)pthread_mutex_lock(&p->lock);
    p->looking = false;
}

/* An answer is ready; whoever looks may be waiting for other things. */
static void answer(struct pool *p)
{
    const bool told = !p->looking || p->answered;

    p->answered = true;
    if (told)
        return;
    (void)pthread_mutex_unlock(&p->lock);
    p->plan.wake(p->plan.arg);
    (void)pthread_mutex_lock(&p->lock);
}

static void run(struct pool *p, struct queue *q)
{
    const struct job job = q->ring[q->first];

    q->first = (q->first + 1) % q->max;
    q->count--;
    q->running++;
    unlock_and_wake(p, runnable(p) != NULL || (!job.brief && !p->looking));
    p->plan.run(job.of);
    (void)pthread_mutex_lock(&p->lock);
    q->running--;
    answer(p);
}

static void rest(struct pool *p, struct worker *w)
{
    w->next = p->resting;
    p->resting = w;
    (void)pthread_mutex_unlock(&p->lock);
    while (sem_wait(&w->wake) != 0)
        ; /* a signal */
    (void)pthread_mutex_lock(&p->lock);
}

/* Its thread is about to wait inside a job. */
static void waits(void *pool)
{
    struct pool *p = pool;

    (void)pthread_mutex_lock(&p->lock);
    unlock_and_wake(p, !p->looking);
}

/* The answer of the job that was done waits for somebody to look: so that comes before the next. */
static void *work(void *arg)
{
    struct worker *w = arg;
    struct pool *p = w->pool;
    bool looked = false, over = false;

    waiting_hear(waits, p);
    (void)pthread_mutex_lock(&p->lock);
    while (!over) {
        struct queue *q = runnable(p);

        if (!p->looking && !p->closing && (q == NULL || !looked)) {
            look(p);
            looked = true;
        } else if (q != NULL) {
            run(p, q);
            looked = false;
        } else if (p->closing) {
            over = true;
        } else {
            rest(p, w);
        }
    }
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

static void queues_make(struct pool *p)
{
    for (int i = 0; i < POOL_QUEUES; i++) {
        struct queue *q = &p->queues[i];

        q->max = (size_t)p->plan.queue_max;
        q->running_max = p->plan.workers[i];
        must(q->max > 0 && q->running_max > 0);
        q->ring = calloc(q->max, sizeof(*q->ring));
        must(q->ring != NULL);
    }
}

static bool thread_start(struct pool *p)
{
    struct worker *w = &p->workers[p->thread_count];

    w->pool = p;
    must(sem_init(&w->wake, 0, 0) == 0);
    if (pthread_create(&w->thread, NULL, work, w) != 0)
        return false;
    p->thread_count++;
    return true;
}

result pool_open(const struct pool_plan *plan, struct pool **out, struct err *e)
{
    DEFER(pool_close) struct pool *p = calloc(1, sizeof(*p));
    const int threads = plan->workers[POOL_FAST] + plan->workers[POOL_SLOW] + 1;

    must(p != NULL);
    p->plan = *plan;
    queues_make(p);
    p->workers = calloc((size_t)threads, sizeof(*p->workers));
    must(p->workers != NULL);
    must(pthread_mutex_init(&p->lock, NULL) == 0);
    (void)pthread_mutex_lock(&p->lock); /* nobody looks before its owner knows the pool */
    while (p->thread_count < threads && thread_start(p))
        ;
    if (p->thread_count == threads)
        *out = p;
    (void)pthread_mutex_unlock(&p->lock);
    if (p->thread_count < threads)
        return fail(e, ERR_IO, "no more threads after %d", p->thread_count);
    p = NULL;
    return OK;
}

bool pool_put(struct pool *p, enum pool_queue queue, bool brief, void *job)
{
    struct queue *q = &p->queues[queue];
    bool room;

    (void)pthread_mutex_lock(&p->lock);
    room = q->count < q->max && !p->closing;
    if (room) {
        q->ring[(q->first + q->count) % q->max] = (struct job){ job, brief };
        q->count++;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return room;
}

void pool_nudge(struct pool *p)
{
    waits(p);
}

static void all_wake(struct pool *p)
{
    struct worker *w, *next;

    (void)pthread_mutex_lock(&p->lock);
    p->closing = true;
    w = p->resting;
    p->resting = NULL;
    (void)pthread_mutex_unlock(&p->lock);
    for (; w != NULL; w = next) {
        next = w->next;
        must(sem_post(&w->wake) == 0);
    }
    p->plan.wake(p->plan.arg);
}

void pool_close(struct pool **p)
{
    struct pool *q = *p;

    if (q == NULL)
        return;
    all_wake(q);
    for (int i = 0; i < q->thread_count; i++) {
        (void)pthread_join(q->workers[i].thread, NULL);
        (void)sem_destroy(&q->workers[i].wake);
    }
    (void)pthread_mutex_destroy(&q->lock);
    for (int i = 0; i < POOL_QUEUES; i++)
        free(q->queues[i].ring);
    free(q->workers);
    free(q);
    *p = NULL;
}
