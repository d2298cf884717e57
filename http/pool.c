#include "http/pool.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "base/err.h"

/*
 * A job goes straight to a worker that rests, the one that came to rest last: its memory is still
 * near, and the others sleep on. Each rests on a semaphore of its own: a condition variable would
 * cost two more calls of the system for each job, since whoever is woken takes the lock again.
 */
struct worker {
    struct pool *pool;
    struct worker *next; /* of those that rest */
    void *job;           /* what it was woken for; NULL: to look for the end */
    sem_t wake;
    pthread_t thread;
};

struct pool {
    pthread_mutex_t lock;
    void (*run)(void *job);
    bool closing;
    size_t first, count, max; /* of the ring: jobs that found all at work */
    void **ring;
    struct worker *resting;
    int thread_count;
    struct worker *workers;
};

/* The next of the queue, or NULL and it is to rest, or NULL and it is the end. */
static void *job_take(struct worker *w, bool *over)
{
    struct pool *p = w->pool;
    void *job = NULL;

    (void)pthread_mutex_lock(&p->lock);
    *over = p->count == 0 && p->closing;
    if (p->count > 0) {
        job = p->ring[p->first];
        p->first = (p->first + 1) % p->max;
        p->count--;
    } else if (!*over) {
        w->job = NULL;
        w->next = p->resting;
        p->resting = w;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return job;
}

static void *job_wait(struct worker *w)
{
    while (sem_wait(&w->wake) != 0)
        ; /* a signal */
    return w->job;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    bool over = false;

    while (!over) {
        void *job = job_take(w, &over);

        if (job == NULL && !over)
            job = job_wait(w);
        if (job != NULL)
            w->pool->run(job);
    }
    return NULL;
}

result pool_open(int workers, int queue_max, void (*run)(void *job), struct pool **out,
                 struct err *e)
{
    DEFER(pool_close) struct pool *p = calloc(1, sizeof(*p));

    must(p != NULL && workers > 0 && queue_max > 0);
    p->run = run;
    p->max = (size_t)queue_max;
    p->ring = calloc(p->max, sizeof(*p->ring));
    p->workers = calloc((size_t)workers, sizeof(*p->workers));
    must(p->ring != NULL && p->workers != NULL);
    must(pthread_mutex_init(&p->lock, NULL) == 0);
    for (; p->thread_count < workers; p->thread_count++) {
        struct worker *w = &p->workers[p->thread_count];

        w->pool = p;
        must(sem_init(&w->wake, 0, 0) == 0);
        if (pthread_create(&w->thread, NULL, work, w) != 0)
            return fail(e, ERR_IO, "no more threads after %d", p->thread_count);
    }
    *out = p;
    p = NULL;
    return OK;
}

bool pool_put(struct pool *p, void *job)
{
    struct worker *w = NULL;
    bool room;

    (void)pthread_mutex_lock(&p->lock);
    room = p->count < p->max && !p->closing;
    if (room && p->resting != NULL) {
        w = p->resting;
        p->resting = w->next;
        w->job = job;
    } else if (room) {
        p->ring[(p->first + p->count) % p->max] = job;
        p->count++;
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (w != NULL)
        must(sem_post(&w->wake) == 0);
    return room;
}

void pool_close(struct pool **p)
{
    struct pool *q = *p;

    if (q == NULL)
        return;
    (void)pthread_mutex_lock(&q->lock);
    q->closing = true;
    for (; q->resting != NULL; q->resting = q->resting->next)
        must(sem_post(&q->resting->wake) == 0);
    (void)pthread_mutex_unlock(&q->lock);
    for (int i = 0; i < q->thread_count; i++) {
        (void)pthread_join(q->workers[i].thread, NULL);
        (void)sem_destroy(&q->workers[i].wake);
    }
    (void)pthread_mutex_destroy(&q->lock);
    free(q->workers);
    free(q->ring);
    free(q);
    *p = NULL;
}
