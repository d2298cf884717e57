#include "crypto/password.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/secret.h"
#include "tests/test.h"

static struct secret secret_of(const char *text)
{
    struct secret s = { 0 };
    struct err e = { 0 };

    check_ok(secret_set(&s, str_c(text), &e), e);
    return s;
}

static bool password_is(const struct secret *s, struct str encoded)
{
    bool right = true;
    struct err e = { 0 };

    check_ok(password_check(s, encoded, &right, &e), e);
    return right;
}

TEST(what_is_not_a_hash_of_ours_is_never_the_password)
{
    static const char *const wrong[] = {
        "",
        "mat-khau",
        "$argon2id$v=19$m=19456,t=2,p=1$",
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$",
        "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
        /* cheaper, and far dearer, parameters */
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
        "$argon2id$v=19$m=4194304,t=99,p=1$c2FsdHNhbHRzYWx0c2FsdA$MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMT",
    };
    const struct secret s = secret_of("mat-khau");

    for (size_t i = 0; i < LEN(wrong); i++)
        check(!password_is(&s, str_c(wrong[i])));
}

TEST(a_password_is_recognised_and_others_are_not)
{
    const struct secret s = secret_of("Mật khẩu rất dài 2026"), other = secret_of("Mật khẩu");
    struct str x = { 0 }, y = { 0 };
    struct err e = { 0 };

    check_ok(password_hash(test_arena(), &s, &x, &e), e);
    check_ok(password_hash(test_arena(), &s, &y, &e), e);
    check(!str_eq(x, y)); /* salted */
    check(str_starts(x, STR("$argon2id$v=19$m=19456,t=2,p=1$")));
    check(password_is(&s, x));
    check(password_is(&s, y));
    check(!password_is(&other, x));
    check(!password_is(&s, str_sub(x, 0, x.n - 1)));
}

TEST(an_empty_password_cannot_be_set)
{
    const struct secret none = { 0 };
    struct str x = { 0 };
    struct err e = { 0 };

    check_fails(password_hash(test_arena(), &none, &x, &e), e, ERR_INVALID);
    check(!password_is(&none, STR("")));
}

TEST(an_unknown_account_costs_as_much_work)
{
    const struct secret s = secret_of("mat-khau");
    const int64_t start_ms = clock_monotonic_ms();

    check(!password_is(&s, STR("")));
    /* 19 MiB written twice cannot be done in two milliseconds by any machine of ours. */
    check(clock_monotonic_ms() - start_ms >= 2);
}

enum answer { ANSWER_NONE, ANSWER_RIGHT, ANSWER_WRONG, ANSWER_BUSY, ANSWER_FAULT };

struct look {
    const struct str *encoded; /* NULL: sets a password instead */
    enum answer answer;
};

static void *look(void *arg)
{
    const struct secret s = secret_of("mat-khau");
    DEFER(arena_close) struct arena *a = arena_open(4096);
    struct look *l = arg;
    struct str made = { 0 };
    bool right = false;
    struct err e = { 0 };
    const result r = l->encoded != NULL ? password_check(&s, *l->encoded, &right, &e)
                                        : password_hash(a, &s, &made, &e);

    right |= made.n > 0;
    if (!r.failed)
        l->answer = right ? ANSWER_RIGHT : ANSWER_WRONG;
    else
        l->answer = e.code == ERR_BUSY && !right ? ANSWER_BUSY : ANSWER_FAULT;
    return NULL;
}

/* n at once; how many got each answer. */
static void crowd(size_t n, const struct str *encoded, int got[ANSWER_FAULT + 1])
{
    pthread_t threads[256];
    struct look looks[256];

    check(n <= LEN(threads));
    for (size_t i = 0; i < n; i++) {
        looks[i] = (struct look){ .encoded = encoded };
        check(pthread_create(&threads[i], NULL, look, &looks[i]) == 0);
    }
    for (size_t i = 0; i < n; i++) {
        check(pthread_join(threads[i], NULL) == 0);
        got[looks[i].answer]++;
    }
}

static struct str encoded_of(const char *text)
{
    const struct secret s = secret_of(text);
    struct str x = { 0 };
    struct err e = { 0 };

    check_ok(password_hash(test_arena(), &s, &x, &e), e);
    return x;
}

TEST(more_checks_than_cores_wait_and_all_are_answered)
{
    const size_t cores = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    const size_t n = cores * 5 < 256 ? cores * 5 : 256; /* at work, and waiting */
    const struct str encoded = encoded_of("mat-khau");
    int got[ANSWER_FAULT + 1] = { 0 };

    crowd(n, &encoded, got);
    check_int(got[ANSWER_RIGHT], n);
}

static long status_kib(const char *name)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    long kib = -1;

    check(f != NULL);
    while (fgets(line, sizeof(line), f) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtol(line + strlen(name), NULL, 10);
    (void)fclose(f);
    check(kib > 0);
    return kib;
}

/* Freed memory goes back at once, or the sanitizer's own store of it is what would be measured. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=1";
}

TEST(a_flood_is_told_so_and_memory_stays_bounded)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const struct str encoded = encoded_of("mat-khau");
    const long before_kib = status_kib("VmRSS:");
    int got[ANSWER_FAULT + 1] = { 0 };
    long grown_kib;

    crowd(256, &encoded, got);
    check_int(got[ANSWER_RIGHT] + got[ANSWER_BUSY], 256);
    check(got[ANSWER_RIGHT] >= 5 * cores && (got[ANSWER_BUSY] > 0 || cores > 50));
    /* 19 MiB for each core; 256 of them would be 4.8 GiB. */
    grown_kib = status_kib("VmHWM:") - before_kib;
    check(grown_kib < cores * 19456 * 3 / 2 + 131072);
    /* The flood over, all goes on. */
    memset(got, 0, sizeof(got));
    crowd(2, &encoded, got);
    check_int(got[ANSWER_RIGHT], 2);
    /* Setting a password takes a place as well. */
    memset(got, 0, sizeof(got));
    crowd(256, NULL, got);
    check_int(got[ANSWER_RIGHT] + got[ANSWER_BUSY], 256);
    check(got[ANSWER_BUSY] > 0 || cores > 50);
}
