/*
 * test.h - the test runner that every test program is linked with.
 *
 *     TEST(paid_twice_posts_once) { check_int(journals(), 1); }
 *
 * A test is a sentence; CMake finds the TEST lines and gives each to ctest as a test of its own,
 * `<room>/<file>.<sentence>`. TEST_STORE runs on both storage engines and TEST_KV on both
 * short-lived stores: test_engine() tells which ("sqlite", "postgresql", "memory", "redis"). A
 * check that fails prints where and what, and ends the test.
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

typedef void test_fn(void);
void test_add(const char *name, test_fn *fn);

#define TEST_AT(name, line)                                                                        \
    static void name(void);                                                                        \
    __attribute__((constructor)) static void name##_add(void)                                      \
    {                                                                                              \
        test_add(#name, name);                                                                     \
    }                                                                                              \
    static void name(void)
#define TEST(name)       TEST_AT(name, __LINE__)
#define TEST_STORE(name) TEST_AT(name, __LINE__)
#define TEST_KV(name)    TEST_AT(name, __LINE__)

struct arena *test_arena(void); /* one per test program run */
const char *test_engine(void);  /* after '@' on the command line, or "" */
const char *test_folder(void);  /* a fresh temporary folder, removed at the end */
const char *test_source(void);  /* the source tree */
/* MOTCUA_BIN is the folder of the built programs, for tests that start them. */
/* A loopback port nobody listens on, below those that the kernel lends to outgoing connections, so
 * that it stays free until a program under test is started, or started again. */
int test_port(void);
/* PostgreSQL conninfo with a schema of its own, made now and dropped at the end; Redis address.
 * Without MOTCUA_TEST_POSTGRESQL or MOTCUA_TEST_REDIS in the environment the test fails. */
struct str test_postgresql(void);
struct str test_redis(void);

_Noreturn void test_fail(const char *file, int line, const char *fmt, ...) PRINTF(3, 4);

#define check(cond)                                                                                \
    do {                                                                                           \
        if (!(cond))                                                                               \
            test_fail(__FILE__, __LINE__, "%s", #cond);                                            \
    } while (0)
#define check_int(got, want)  test_int(__FILE__, __LINE__, #got, (int64_t)(got), (int64_t)(want))
#define check_str(got, want)  test_str(__FILE__, __LINE__, #got, (got), str_c(want))
#define check_same(got, want) test_str(__FILE__, __LINE__, #got, (got), (want))
/* The call succeeds; fails and prints the error otherwise. `e` is the err passed to the call. */
#define check_ok(call, e)                                                                          \
    do {                                                                                           \
        if ((call).failed)                                                                         \
            test_fail(__FILE__, __LINE__, "%s: %s %s: %s", #call, err_name((e).code), (e).field,   \
                      (e).detail);                                                                 \
    } while (0)
#define check_fails(call, e, want)                                                                 \
    do {                                                                                           \
        if (!(call).failed)                                                                        \
            test_fail(__FILE__, __LINE__, "%s: succeeded", #call);                                 \
        if ((e).code != (want))                                                                    \
            test_fail(__FILE__, __LINE__, "%s: %s %s: %s", #call, err_name((e).code), (e).field,   \
                      (e).detail);                                                                 \
    } while (0)

void test_int(const char *file, int line, const char *what, int64_t got, int64_t want);
void test_str(const char *file, int line, const char *what, struct str got, struct str want);

#endif
