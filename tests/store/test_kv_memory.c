#include <stdio.h>

#include "store/kv.h"
#include "tests/fixture.h"

#define ENTRIES 3000

static struct err e;

static struct kv *table(size_t bytes_max)
{
    const struct kv_config c = { .memory_bytes_max = bytes_max, .clock = &fixture_clock };
    struct kv *k = NULL;

    check_ok(kv_open(&c, &k, &e), e);
    return k;
}

static bool has(struct kv *k, const char *key)
{
    struct str value;
    bool found;

    check_ok(kv_get(k, test_arena(), str_c(key), &found, &value, &e), e);
    return found;
}

TEST(past_the_cap_the_entry_nearest_its_end_goes_first)
{
    struct kv *k DEFER(kv_close) = table(2000);
    const struct str value = str_of(arena_alloc(test_arena(), 500), 500);

    check_ok(kv_put(k, STR("a:late"), value, 300, &e), e);
    check_ok(kv_put(k, STR("a:early"), value, 100, &e), e);
    check_ok(kv_put(k, STR("a:middle"), value, 200, &e), e);
    check(has(k, "a:early"));
    check_ok(kv_put(k, STR("a:new"), value, 50, &e), e);
    check(!has(k, "a:early"));
    check(has(k, "a:late") && has(k, "a:middle") && has(k, "a:new"));
    check_ok(kv_put(k, STR("a:newer"), value, 400, &e), e);
    check(!has(k, "a:new"));
    check(has(k, "a:late") && has(k, "a:middle") && has(k, "a:newer"));
}

TEST(an_entry_larger_than_the_table_is_refused)
{
    struct kv *k DEFER(kv_close) = table(1000);
    const struct str value = str_of(arena_alloc(test_arena(), 1000), 1000);

    check_ok(kv_put(k, STR("a:1"), STR("x"), 60, &e), e);
    check_fails(kv_put(k, STR("a:1"), value, 60, &e), e, ERR_TOO_LARGE);
    check(has(k, "a:1"));
}

/* Lives in a mixed order, so that a heap that errs drops a wrong one. */
TEST(thousands_of_entries_end_each_at_its_time)
{
    struct kv *k DEFER(kv_close) = table((size_t)16 << 20);

    for (int i = 0; i < ENTRIES; i++) {
        char key[32];

        (void)snprintf(key, sizeof(key), "a:%d", i);
        check_ok(kv_put(k, str_c(key), str_c(key), 1 + i * 7919 % ENTRIES, &e), e);
    }
    for (int step = 0; step < 10; step++) {
        fixture_clock.fixed_ms += ENTRIES / 10 * 1000;
        for (int i = 0; i < ENTRIES; i++) {
            char key[32];

            (void)snprintf(key, sizeof(key), "a:%d", i);
            check_int(has(k, key), 1 + i * 7919 % ENTRIES > (step + 1) * (ENTRIES / 10));
        }
    }
}

/* By halves, down to the size that it began with, and up again. */
TEST(a_table_that_became_smaller_holds_what_is_live_and_grows_again)
{
    struct kv *k DEFER(kv_close) = table((size_t)16 << 20);
    char key[32];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < ENTRIES; i++) {
            (void)snprintf(key, sizeof(key), "a:%d", i);
            check_ok(kv_put(k, str_c(key), str_c(key), i % 100 == 0 ? 1000 : 1 + i % 100, &e), e);
        }
        for (int step = 0; step < 101; step++) {
            fixture_clock.fixed_ms += 1000;
            check(has(k, "a:100"));
        }
        for (int i = 0; i < ENTRIES; i++) {
            (void)snprintf(key, sizeof(key), "a:%d", i);
            check_int(has(k, key), i % 100 == 0);
        }
    }
}

TEST(counters_and_replacements_do_not_fill_the_table)
{
    struct kv *k DEFER(kv_close) = table(1000);
    int64_t count = 0;

    check_ok(kv_put(k, STR("a:stays"), STR("x"), 60, &e), e);
    for (int i = 0; i < 1000; i++) {
        check_ok(kv_count(k, STR("a:count"), 600, &count, &e), e);
        check_ok(kv_put(k, STR("a:put"), STR("some value"), 600, &e), e);
    }
    check_int(count, 1000);
    check(has(k, "a:stays"));
}

TEST(a_table_of_no_bytes_is_refused)
{
    const struct kv_config c = { .clock = &fixture_clock };
    struct kv *k = NULL;

    check_fails(kv_open(&c, &k, &e), e, ERR_CONFIG);
    check(k == NULL);
}
