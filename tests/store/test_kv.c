#include "store/kv.h"

#include <pthread.h>
#include <stdio.h>

#include "tests/fixture.h"

#define THREADS  16
#define ROUNDS   20
#define VALUE_64 (64 * 1024)

static struct err e;

/* Time goes by: the table's clock is moved, Redis has to be waited for. */
static void let_pass(int64_t s)
{
    if (strcmp(test_engine(), "redis") == 0)
        (void)usleep((useconds_t)(s * 1000000 + 200000));
    else
        fixture_clock.fixed_ms += s * 1000;
}

static void check_value(const char *key, const char *want)
{
    struct str value = { NULL, 0 };
    bool found = false;

    check_ok(kv_get(fixture_kv(), test_arena(), str_c(key), &found, &value, &e), e);
    check_int(found, want != NULL);
    if (want != NULL)
        check_str(value, want);
}

static void put(const char *key, const char *value, int64_t ttl_s)
{
    check_ok(kv_put(fixture_kv(), str_c(key), str_c(value), ttl_s, &e), e);
}

TEST_KV(what_is_put_is_there_and_what_is_dropped_is_not)
{
    check_ok(kv_ping(fixture_kv(), &e), e);
    check_str(str_c(kv_engine(fixture_kv())),
              strcmp(test_engine(), "redis") == 0 ? "redis" : "memory");
    check_value("a:1", NULL);
    put("a:1", "one", 60);
    put("a:2", "", 60);
    check_value("a:1", "one");
    check_value("a:2", "");
    put("a:1", "uno", 60);
    check_value("a:1", "uno");
    check_ok(kv_drop(fixture_kv(), STR("a:1"), &e), e);
    check_ok(kv_drop(fixture_kv(), STR("a:1"), &e), e);
    check_value("a:1", NULL);
    check_value("a:2", "");
}

TEST_KV(all_bytes_are_kept_in_keys_and_values)
{
    char bytes[256];
    struct str value;
    bool found;

    for (int i = 0; i < 256; i++)
        bytes[i] = (char)(255 - i);
    for (size_t n = 0; n <= 256; n += 64) {
        const struct str key = str_cat(test_arena(), STR("k:"), str_of(bytes, n * 3 / 4));

        check_ok(kv_put(fixture_kv(), key, str_of(bytes, n), 60, &e), e);
        check_ok(kv_get(fixture_kv(), test_arena(), key, &found, &value, &e), e);
        check(found);
        check_same(value, str_of(bytes, n));
    }
}

TEST_KV(entries_end_when_their_time_is_up)
{
    bool found;

    put("a:short", "x", 1);
    put("a:long", "x", 60);
    put("a:prolonged", "x", 1);
    put("a:shortened", "x", 60);
    check_ok(kv_touch(fixture_kv(), STR("a:prolonged"), 60, &found, &e), e);
    check(found);
    check_ok(kv_touch(fixture_kv(), STR("a:shortened"), 1, &found, &e), e);
    check(found);
    check_ok(kv_touch(fixture_kv(), STR("a:absent"), 60, &found, &e), e);
    check(!found);
    let_pass(1);
    check_value("a:short", NULL);
    check_value("a:shortened", NULL);
    check_value("a:absent", NULL);
    check_value("a:long", "x");
    check_value("a:prolonged", "x");
}

TEST_KV(adding_happens_once_until_the_entry_ends)
{
    bool added;

    check_ok(kv_add(fixture_kv(), STR("jti:1"), STR("x"), 1, &added, &e), e);
    check(added);
    check_ok(kv_add(fixture_kv(), STR("jti:1"), STR("y"), 60, &added, &e), e);
    check(!added);
    check_value("jti:1", "x");
    let_pass(1); /* the second attempt has not prolonged it */
    check_ok(kv_add(fixture_kv(), STR("jti:1"), STR("z"), 60, &added, &e), e);
    check(added);
    check_value("jti:1", "z");
}

TEST_KV(what_is_taken_is_gone)
{
    struct str value;
    bool found;

    put("code:1", "grant", 60);
    check_ok(kv_take(fixture_kv(), test_arena(), STR("code:1"), &found, &value, &e), e);
    check(found);
    check_str(value, "grant");
    check_ok(kv_take(fixture_kv(), test_arena(), STR("code:1"), &found, &value, &e), e);
    check(!found);
    check_value("code:1", NULL);
}

TEST_KV(swapping_needs_the_expected_value)
{
    bool swapped;

    check_ok(kv_swap(fixture_kv(), STR("s:1"), STR(""), STR("b"), 60, &swapped, &e), e);
    check(!swapped);
    check_value("s:1", NULL);
    put("s:1", "a", 1);
    check_ok(kv_swap(fixture_kv(), STR("s:1"), STR("b"), STR("c"), 60, &swapped, &e), e);
    check(!swapped);
    check_value("s:1", "a");
    check_ok(kv_swap(fixture_kv(), STR("s:1"), STR("a"), STR("b"), 60, &swapped, &e), e);
    check(swapped);
    check_value("s:1", "b");
    let_pass(1); /* its life began anew */
    check_value("s:1", "b");
}

TEST_KV(counting_starts_at_one_and_ends_with_its_first_count)
{
    int64_t count;

    for (int64_t want = 1; want <= 3; want++) {
        check_ok(kv_count(fixture_kv(), STR("rate:1"), 2, &count, &e), e);
        check_int(count, want);
    }
    check_value("rate:1", "3");
    let_pass(1);
    check_ok(kv_count(fixture_kv(), STR("rate:1"), 2, &count, &e), e);
    check_int(count, 4);
    let_pass(1); /* two seconds after the first */
    check_ok(kv_count(fixture_kv(), STR("rate:1"), 2, &count, &e), e);
    check_int(count, 1);
}

TEST_KV(counting_what_is_no_counter_is_refused)
{
    int64_t count = -1;

    put("rate:1", "secret", 60);
    check_fails(kv_count(fixture_kv(), STR("rate:1"), 60, &count, &e), e, ERR_STORE);
    check(!str_has(str_c(e.detail), STR("secret")));
    check_int(count, -1);
    check_value("rate:1", "secret");
}

TEST_KV(bad_keys_values_and_lives_are_refused)
{
    const struct str big = str_of(arena_alloc(test_arena(), VALUE_64 + 1), VALUE_64 + 1);
    const struct str long_key = str_fmt(test_arena(), "k:%0199d", 0);
    const struct {
        struct str key, value;
        int64_t ttl_s;
        enum err_code code;
    } cases[] = {
        { STR(""), STR("x"), 60, ERR_INTERNAL },
        { STR("nokind"), STR("x"), 60, ERR_INTERNAL },
        { STR(":noname"), STR("x"), 60, ERR_INTERNAL },
        { long_key, STR("x"), 60, ERR_TOO_LARGE },
        { STR("k:1"), big, 60, ERR_TOO_LARGE },
        { STR("k:1"), STR("x"), 0, ERR_INTERNAL },
        { STR("k:1"), STR("x"), -1, ERR_INTERNAL },
        { STR("k:1"), STR("x"), INT64_MAX, ERR_INTERNAL },
    };

    for (size_t i = 0; i < LEN(cases); i++)
        check_fails(kv_put(fixture_kv(), cases[i].key, cases[i].value, cases[i].ttl_s, &e), e,
                    cases[i].code);
    check_value("k:1", NULL);
    check_ok(kv_put(fixture_kv(), str_sub(long_key, 0, 200), str_sub(big, 0, VALUE_64), 60, &e), e);
}

/* Threads. */

struct race {
    pthread_barrier_t start;
    struct str key;
    int won;
};

static void *take_in_thread(void *arg)
{
    struct arena *a DEFER(arena_close) = arena_open(1 << 20);
    struct race *r = arg;
    struct err why = { .code = ERR_NONE };
    struct str value;
    bool found;

    (void)pthread_barrier_wait(&r->start);
    check_ok(kv_take(fixture_kv(), a, r->key, &found, &value, &why), why);
    if (found)
        (void)__atomic_add_fetch(&r->won, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void *add_in_thread(void *arg)
{
    struct race *r = arg;
    struct err why = { .code = ERR_NONE };
    bool added;

    (void)pthread_barrier_wait(&r->start);
    check_ok(kv_add(fixture_kv(), r->key, STR("x"), 60, &added, &why), why);
    if (added)
        (void)__atomic_add_fetch(&r->won, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void *swap_in_thread(void *arg)
{
    struct race *r = arg;
    struct err why = { .code = ERR_NONE };
    bool swapped;

    (void)pthread_barrier_wait(&r->start);
    check_ok(kv_swap(fixture_kv(), r->key, STR("old"), STR("new"), 60, &swapped, &why), why);
    if (swapped)
        (void)__atomic_add_fetch(&r->won, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void *count_in_thread(void *arg)
{
    struct race *r = arg;
    struct err why = { .code = ERR_NONE };
    int64_t count;

    (void)pthread_barrier_wait(&r->start);
    check_ok(kv_count(fixture_kv(), r->key, 60, &count, &why), why);
    if (count == THREADS)
        (void)__atomic_add_fetch(&r->won, 1, __ATOMIC_RELAXED);
    return NULL;
}

/* Each round has exactly one winner. */
static void race_run(void *(*run)(void *), const char *before)
{
    (void)fixture_kv();
    for (int round = 0; round < ROUNDS; round++) {
        struct race r = { .key = str_fmt(test_arena(), "race:%d", round) };
        pthread_t threads[THREADS];

        if (before != NULL)
            check_ok(kv_put(fixture_kv(), r.key, str_c(before), 60, &e), e);
        (void)pthread_barrier_init(&r.start, NULL, THREADS);
        for (int i = 0; i < THREADS; i++)
            check_int(pthread_create(&threads[i], NULL, run, &r), 0);
        for (int i = 0; i < THREADS; i++)
            check_int(pthread_join(threads[i], NULL), 0);
        (void)pthread_barrier_destroy(&r.start);
        check_int(r.won, 1);
    }
}

TEST_KV(of_many_who_take_one_code_exactly_one_has_it)
{
    race_run(take_in_thread, "grant");
}

TEST_KV(of_many_who_add_one_key_exactly_one_has_added_it)
{
    race_run(add_in_thread, NULL);
}

TEST_KV(of_many_who_swap_one_value_exactly_one_has_swapped_it)
{
    race_run(swap_in_thread, "old");
}

TEST_KV(of_many_who_count_each_counts)
{
    race_run(count_in_thread, NULL);
}
