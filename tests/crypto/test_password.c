#include "crypto/password.h"

#include <pthread.h>

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

static void *look(void *encoded)
{
    const struct secret s = secret_of("mat-khau");

    return password_is(&s, *(struct str *)encoded) ? encoded : NULL;
}

TEST(more_checks_than_cores_wait_and_all_are_answered)
{
    const struct secret s = secret_of("mat-khau");
    pthread_t threads[6];
    struct str x = { 0 };
    struct err e = { 0 };

    check_ok(password_hash(test_arena(), &s, &x, &e), e);
    for (size_t i = 0; i < LEN(threads); i++)
        check(pthread_create(&threads[i], NULL, look, &x) == 0);
    for (size_t i = 0; i < LEN(threads); i++) {
        void *answer = NULL;

        check(pthread_join(threads[i], &answer) == 0);
        check(answer == &x);
    }
}
