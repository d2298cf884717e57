/*
 * fixture.h - the stores a test runs on: for TEST_STORE and TEST_KV, of the engine that
 * test_engine() names; for a plain TEST, SQLite and the in-process table.
 *
 *     struct sql_pool *p = fixture_pool();   migrated, empty, one for the whole test
 *     struct kv *k = fixture_kv();           empty, reads fixture_clock
 *
 * Both are closed at exit. Call them once before the first thread; then any thread may.
 * fixture_clock stands still at 2026-11-23 09:00 in Vietnam; a test moves it by
 * fixture_clock.fixed_ms (Redis has its own clock and does not move).
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/kv.h"
#include "store/migrate.h"
#include "store/sql.h"
#include "tests/test.h"

#define FIXTURE_NOW_MS 1795399200000 /* 2026-11-23T09:00:00+07:00 */

__attribute__((unused)) static struct clock fixture_clock;
__attribute__((unused)) static struct sql_pool *fixture_pool_open;
__attribute__((unused)) static struct kv *fixture_kv_open;

__attribute__((constructor, unused)) static void fixture_clock_set(void)
{
    fixture_clock = clock_fixed(FIXTURE_NOW_MS);
}

__attribute__((unused)) static inline struct sql_config fixture_sql_config(void)
{
    const bool postgresql = strcmp(test_engine(), "postgresql") == 0;

    return (struct sql_config){
        .postgresql = postgresql,
        .target =
            postgresql ? test_postgresql() : str_fmt(test_arena(), "%s/fixture.db", test_folder()),
        .connections_max = 4,
        .wait_ms = 10000,
    };
}

__attribute__((unused)) static inline void fixture_pool_end(void)
{
    sql_close(&fixture_pool_open);
}

__attribute__((unused)) static inline struct sql_pool *fixture_pool(void)
{
    struct err e = { .code = ERR_NONE };
    struct sql_config c;
    int applied;

    if (fixture_pool_open != NULL)
        return fixture_pool_open;
    c = fixture_sql_config();
    check_ok(sql_open(&c, &fixture_pool_open, &e), e);
    (void)atexit(fixture_pool_end);
    check_ok(migrate_up(fixture_pool_open, &fixture_clock, &applied, &e), e);
    return fixture_pool_open;
}

__attribute__((unused)) static inline void fixture_kv_end(void)
{
    kv_close(&fixture_kv_open);
}

/* Tests share one Redis, and a process number comes back some day. */
__attribute__((unused)) static inline struct str fixture_kv_prefix(void)
{
    return str_fmt(test_arena(), "t%d-%lld:", (int)getpid(), (long long)clock_monotonic_ms());
}

__attribute__((unused)) static inline struct kv_config fixture_kv_config(void)
{
    const bool redis = strcmp(test_engine(), "redis") == 0;

    return (struct kv_config){
        .redis = redis,
        .address = redis ? test_redis() : (struct str){ NULL, 0 },
        .prefix = fixture_kv_prefix(),
        .timeout_ms = 5000,
        .connections_max = 4,
        .memory_bytes_max = (size_t)16 << 20,
        .clock = &fixture_clock,
    };
}

__attribute__((unused)) static inline struct kv *fixture_kv(void)
{
    struct err e = { .code = ERR_NONE };
    struct kv_config c;

    if (fixture_kv_open != NULL)
        return fixture_kv_open;
    c = fixture_kv_config();
    check_ok(kv_open(&c, &fixture_kv_open, &e), e);
    (void)atexit(fixture_kv_end);
    return fixture_kv_open;
}

#endif
