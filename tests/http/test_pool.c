#include "http/pool.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/str.h"
#include "base/waiting.h"
#include "tests/test.h"

#define JOBS_MAX 64
#define LONG_MS  5000

/* A world to look at: jobs appear in it when the test puts them there. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t news;
    struct pool *pool;
    struct task {
        enum pool_queue queue;
        bool brief, tells;
        atomic_bool may_end, begun, over;
        pthread_t found_by, by;
    } tasks[JOBS_MAX];
    size_t count, seen;
    bool called;
    atomic_int looks, refused;
} world = { .lock = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER };

static void pause_ms(int ms)
{
    (void)poll(NULL, 0, ms);
}

static bool comes(const atomic_bool *what)
{
    for (int i = 0; i < LONG_MS && !atomic_load(what); i++)
        pause_ms(1);
    return atomic_load(what);
}

static void look(void *arg, bool wait)
{
    (void)arg;
    (void)pthread_mutex_lock(&world.lock);
    atomic_fetch_add(&world.looks, 1);
    while (wait && world.seen == world.count && !world.called)
        (void)pthread_cond_wait(&world.news, &world.lock);
    world.called = false;
    for (; world.seen < world.count; world.seen++) {
        struct task *t = &world.tasks[world.seen];

        t->found_by = pthread_self();
        if (!pool_put(world.pool, t->queue, t->brief, t))
            atomic_fetch_add(&world.refused, 1);
    }
    (void)pthread_mutex_unlock(&world.lock);
}

static void wake(void *arg)
{
    (void)arg;
    (void)pthread_mutex_lock(&world.lock);
    world.called = true;
    (void)pthread_cond_broadcast(&world.news);
    (void)pthread_mutex_unlock(&world.lock);
}

static void run(void *job)
{
    struct task *t = job;

    t->by = pthread_self();
    atomic_store(&t->begun, true);
    if (t->tells)
        waiting_tell();
    (void)comes(&t->may_end);
    atomic_store(&t->over, true);
}

static void begin(int fast, int slow, int queue_max)
{
    const struct pool_plan plan = {
        .workers = { fast, slow }, .queue_max = queue_max, .run = run, .look = look, .wake = wake
    };
    struct err e = { 0 };

    (void)pthread_mutex_lock(&world.lock); /* nobody looks before it is known */
    world.count = world.seen = 0;
    world.called = false;
    atomic_store(&world.refused, 0);
    check_ok(pool_open(&plan, &world.pool, &e), e);
    (void)pthread_mutex_unlock(&world.lock);
}

static struct task *appear(struct task like)
{
    struct task *t = &world.tasks[world.count];

    check(world.count < JOBS_MAX);
    (void)pthread_mutex_lock(&world.lock);
    t->queue = like.queue;
    t->brief = like.brief;
    t->tells = like.tells;
    atomic_store(&t->may_end, atomic_load(&like.may_end));
    atomic_store(&t->begun, false);
    atomic_store(&t->over, false);
    world.count++;
    (void)pthread_cond_broadcast(&world.news);
    (void)pthread_mutex_unlock(&world.lock);
    return t;
}

TEST(brief_jobs_are_done_by_whoever_found_them)
{
    struct task *t;
    int alike = 0;

    begin(1, 2, 8);
    for (int i = 0; i < 20; i++) {
        t = appear((struct task){ .queue = POOL_SLOW, .brief = true, .may_end = true });
        check(comes(&t->over));
        alike += pthread_equal(t->by, t->found_by) != 0;
        pause_ms(5); /* until one looks and the others rest */
    }
    check(alike >= 10); /* threads that start late, or are just done, come between */
    pool_close(&world.pool);
}

TEST(a_brief_job_that_waits_keeps_nobody_from_looking)
{
    struct task *silent, *tells, *next;

    begin(1, 3, 8);
    silent = appear((struct task){ .queue = POOL_SLOW, .brief = true });
    check(comes(&silent->begun));
    next = appear((struct task){ .queue = POOL_SLOW, .brief = true, .may_end = true });
    pool_nudge(world.pool); /* as the one who keeps time does */
    check(comes(&next->over));
    atomic_store(&silent->may_end, true);
    check(comes(&silent->over));

    tells = appear((struct task){ .queue = POOL_SLOW, .brief = true, .tells = true });
    check(comes(&tells->begun));
    next = appear((struct task){ .queue = POOL_SLOW, .brief = true, .may_end = true });
    check(comes(&next->over));
    check(!atomic_load(&tells->over));
    atomic_store(&tells->may_end, true);
    pool_close(&world.pool);
}

TEST(long_jobs_of_one_queue_leave_the_other_its_threads)
{
    struct task *slow[5], *fast[2];

    begin(2, 3, 8);
    for (size_t i = 0; i < LEN(slow); i++)
        slow[i] = appear((struct task){ .queue = POOL_SLOW });
    for (size_t i = 0; i < 3; i++)
        check(comes(&slow[i]->begun));
    for (size_t i = 0; i < LEN(fast); i++)
        fast[i] = appear((struct task){ .queue = POOL_FAST });
    for (size_t i = 0; i < LEN(fast); i++)
        check(comes(&fast[i]->begun));
    pause_ms(20);
    check(!atomic_load(&slow[3]->begun) && !atomic_load(&slow[4]->begun));
    atomic_store(&slow[0]->may_end, true);
    check(comes(&slow[3]->begun));
    for (size_t i = 0; i < LEN(slow); i++)
        atomic_store(&slow[i]->may_end, true);
    for (size_t i = 0; i < LEN(fast); i++)
        atomic_store(&fast[i]->may_end, true);
    for (size_t i = 0; i < LEN(slow); i++)
        check(comes(&slow[i]->over));
    pool_close(&world.pool);
}

TEST(a_full_queue_takes_no_more_and_closing_runs_what_it_holds)
{
    struct task *held[4];

    begin(1, 1, 2);
    held[0] = appear((struct task){ .queue = POOL_FAST });
    check(comes(&held[0]->begun));
    for (size_t i = 1; i < LEN(held); i++)
        held[i] = appear((struct task){ .queue = POOL_FAST, .may_end = true });
    for (int i = 0; i < LONG_MS && atomic_load(&world.refused) == 0; i++)
        pause_ms(1);
    check_int(atomic_load(&world.refused), 1);
    atomic_store(&held[0]->may_end, true);
    pool_close(&world.pool);
    check(atomic_load(&held[0]->over) && atomic_load(&held[1]->over) &&
          atomic_load(&held[2]->over));
    check(!atomic_load(&held[3]->begun));
}
