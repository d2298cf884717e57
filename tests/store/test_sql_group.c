/* Writers that are taken together. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "store/sql.h"
#include "store/sql_engine.h"
#include "tests/fixture.h"
#include "tests/store/raw.h"
#include "tests/store/sample.h"

#define WRITERS 12

static atomic_int arrived, ran_for_another, runs;

/* What one writer does, and how it went. */
struct writer {
    struct sql_pool *pool;
    pthread_t thread;
    int64_t seq;
    enum { WRITER_GOOD, WRITER_REFUSES, WRITER_COLLIDES, WRITER_BREAKS } kind;
    int times;
    struct err e;
    bool failed;
};

static result insert(struct sql *db, void *arg, struct err *e)
{
    struct writer *w = arg;
    struct sample s = sample_make(w->seq);

    atomic_fetch_add(&runs, 1);
    if (!pthread_equal(w->thread, pthread_self()))
        atomic_fetch_add(&ran_for_another, 1);
    w->times++;
    TRY(sample_insert(db, &s, e));
    if (w->kind == WRITER_REFUSES)
        return fail(e, ERR_BUSINESS_RULE, "no");
    if (w->kind == WRITER_COLLIDES)
        TRY(sample_insert(db, &s, e));
    if (w->kind == WRITER_BREAKS && w->times == 1) /* as a full disk does */
        TRY(sql_script(db, STR("ROLLBACK"), e));
    return OK;
}

static void *write_one(void *arg)
{
    struct writer *w = arg;

    w->thread = pthread_self();
    atomic_fetch_add(&arrived, 1);
    w->failed = sql_transact(w->pool, insert, w, &w->e).failed;
    return NULL;
}

/* Holds the writers' line until all of them wait in it. */
struct gate {
    struct sql_pool *pool;
    atomic_bool entered, open;
};

static result stand(struct sql *db, void *arg, struct err *e)
{
    const struct timespec step = { 0, 1000000 };
    struct gate *g = arg;
    int count = 1;

    TRY(heads_make(db, &count, e));
    atomic_store(&g->entered, true);
    while (!atomic_load(&g->open))
        (void)nanosleep(&step, NULL);
    return OK;
}

static void *hold(void *arg)
{
    struct gate *g = arg;

    check(!sql_transact(g->pool, stand, g, NULL).failed);
    return NULL;
}

/* All writers join the line while one holds it, and are let go together. */
static void crowd(struct writer *w, size_t n)
{
    struct gate gate = { .pool = fixture_pool() };
    const struct timespec step = { 0, 1000000 }, all_wait = { 0, 200000000 };
    pthread_t holder, threads[WRITERS];

    atomic_store(&arrived, 0);
    check_int(pthread_create(&holder, NULL, hold, &gate), 0);
    while (!atomic_load(&gate.entered))
        (void)nanosleep(&step, NULL);
    for (size_t i = 0; i < n; i++) {
        w[i].pool = gate.pool;
        w[i].seq = w[i].seq > 0 ? w[i].seq : (int64_t)i + 1;
        check_int(pthread_create(&threads[i], NULL, write_one, &w[i]), 0);
        while (atomic_load(&arrived) < (int)i + 1)
            (void)nanosleep(&step, NULL);
        (void)nanosleep(&step, NULL); /* they stand in the line in this order */
    }
    (void)nanosleep(&all_wait, NULL);
    atomic_store(&gate.open, true);
    for (size_t i = 0; i < n; i++)
        check_int(pthread_join(threads[i], NULL), 0);
    check_int(pthread_join(holder, NULL), 0);
}

static bool is_there(int64_t seq)
{
    const struct sql_config config = fixture_sql_config();

    return raw_int(&config, str_fmt(test_arena(),
                                    "SELECT count(*) FROM audit_log WHERE slot = 7 AND seq = %lld",
                                    (long long)seq)
                                .p) == 1;
}

TEST_STORE(a_part_that_fails_is_undone_by_itself)
{
    static const enum err_code codes[] = { ERR_NONE, ERR_BUSINESS_RULE, ERR_CONFLICT };
    struct writer w[WRITERS] = { 0 };

    for (size_t i = 0; i < WRITERS; i++)
        w[i].kind = i % 3;
    crowd(w, WRITERS);
    for (size_t i = 0; i < WRITERS; i++) {
        check_int(w[i].e.code, codes[i % 3]);
        check_int(w[i].failed, i % 3 != 0);
        check_int(w[i].times, 1);
        check(is_there(w[i].seq) == (i % 3 == 0));
    }
}

TEST(writers_who_wait_are_taken_together)
{
    struct writer w[WRITERS] = { 0 };

    crowd(w, WRITERS);
    for (size_t i = 0; i < WRITERS; i++)
        check(!w[i].failed && is_there(w[i].seq));
    check(atomic_load(&ran_for_another) > 0);
    check_int(atomic_load(&runs), WRITERS);
}

TEST(when_the_transaction_is_lost_with_one_part_all_are_run_again)
{
    struct writer w[WRITERS] = { 0 };

    w[WRITERS / 2].kind = WRITER_BREAKS;
    crowd(w, WRITERS);
    for (size_t i = 0; i < WRITERS; i++) {

        check(!w[i].failed && is_there(w[i].seq));
    }
    check(atomic_load(&runs) > WRITERS);
}

/* What they were refused for may have been another part's work. */
TEST(who_was_refused_in_a_transaction_that_is_lost_is_asked_again)
{
    bool again = false;

    /* A group that takes long is cut short: then the parts were not together, and it says nothing.
     */
    for (int round = 0; round < 10 && !again; round++) {
        struct writer w[] = { { .kind = WRITER_GOOD, .seq = 10 * round + 1 },
                              { .kind = WRITER_REFUSES, .seq = 10 * round + 2 },
                              { .kind = WRITER_BREAKS, .seq = 10 * round + 3 } };

        crowd(w, LEN(w));
        check(is_there(w[0].seq) && !is_there(w[1].seq) && is_there(w[2].seq));
        check_int(w[1].e.code, ERR_BUSINESS_RULE);
        again = w[1].times == 2;
    }
    check(again);
}

TEST(who_waits_too_long_in_the_line_is_told_so_and_nothing_is_done)
{
    struct sql_config config = fixture_sql_config();
    struct gate gate = { 0 };
    struct writer w = { .seq = 1 };
    const struct timespec step = { 0, 1000000 };
    struct sql_pool *impatient = NULL;
    pthread_t holder;
    struct err e = { .code = ERR_NONE };

    (void)fixture_pool();
    config.wait_ms = 50;
    check_ok(sql_open(&config, &impatient, &e), e);
    gate.pool = w.pool = impatient;
    check_int(pthread_create(&holder, NULL, hold, &gate), 0);
    while (!atomic_load(&gate.entered))
        (void)nanosleep(&step, NULL);
    (void)write_one(&w);
    check(w.failed);
    check_int(w.e.code, ERR_BUSY);
    check_int(w.times, 0);
    atomic_store(&gate.open, true);
    check_int(pthread_join(holder, NULL), 0);
    (void)write_one(&w);
    check(!w.failed && is_there(1));
    sql_close(&impatient);
}
