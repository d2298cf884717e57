#include "http/pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/err.h"

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t more;
    void (*run)(void *job);
    bool closing;
    size_t first, count, max; /* of the ring */
    void **ring;
    int thread_count;
    pthread_t *threads;
};

static void *job_take(struct pool *p)
{
    void *job = NULL;

    (void)pthread_mutex_lock(&p->lock);
    while (p->count == 0 && !p->closing)
        (void)pthread_cond_wait(&p->more, &p->lock);
    if (p->count > 0) {
        job = p->ring[p->first];
        p->first = (p->first + 1) % p->max;
        p->count--;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return job;
}

static void *worker(void *arg)
{
    struct pool *p = arg;
    void *job;

    while ((job = job_take(p)) != NULL)
        p->run(job);
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
    p->threads = calloc((size_t)workers, sizeof(*p->threads));
    must(p->ring != NULL && p->threads != NULL);
    must(pthread_mutex_init(&p->lock, NULL) == 0 && pthread_cond_init(&p->more, NULL) == 0);
    for (; p->thread_count < workers; p->thread_count++)
        if (pthread_create(&p->threads[p->thread_count], NULL, worker, p) != 0)
            return fail(e, ERR_IO, "no more threads after %d", p->thread_count);
    *out = p;
    p = NULL;
    return OK;
}

bool pool_put(struct pool *p, void *job)
{
    bool room;

    (void)pthread_mutex_lock(&p->lock);
    room = p->count < p->max && !p->closing;
    if (room) {
        p->ring[(p->first + p->count) % p->max] = job;
        p->count++;
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (room) /* whoever wakes finds the lock free */
        (void)pthread_cond_signal(&p->more);
    return room;
}

void pool_close(struct pool **p)
{
    struct pool *q = *p;

    if (q == NULL)
        return;
    (void)pthread_mutex_lock(&q->lock);
    q->closing = true;
    (void)pthread_cond_broadcast(&q->more);
    (void)pthread_mutex_unlock(&q->lock);
    for (int i = 0; i < q->thread_count; i++)
        (void)pthread_join(q->threads[i], NULL);
    (void)pthread_cond_destroy(&q->more);
    (void)pthread_mutex_destroy(&q->lock);
    free(q->threads);
    free(q->ring);
    free(q);
    *p = NULL;
}
