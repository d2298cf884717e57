#include "tests/test.h"

#include <string.h>

TEST(memory_is_zeroed_even_after_a_reset)
{
    struct arena *a = arena_open(1 << 20);
    char *p = arena_alloc(a, 100);

    memset(p, 'x', 100);
    arena_reset(a);
    p = arena_alloc(a, 100);
    for (size_t i = 0; i < 100; i++)
        check_int(p[i], 0);
    arena_close(&a);
    check(a == NULL);
    arena_close(&a);
}

TEST(a_strangers_size_is_refused_before_the_cap_is_hit)
{
    struct arena *a = arena_open(1000);
    struct err e;

    check_ok(arena_may(a, 900, &e), e);
    check_fails(arena_may(a, 1001, &e), e, ERR_TOO_LARGE);
    check_fails(arena_may(a, SIZE_MAX, &e), e, ERR_TOO_LARGE);
    (void)arena_alloc(a, 500);
    check_fails(arena_may(a, 600, &e), e, ERR_TOO_LARGE);
    arena_close(&a);
}

/* Whatever the alignment costs. */
TEST(what_may_be_allocated_can_be)
{
    struct arena *a = arena_open(1001);
    size_t n = 1001;

    (void)arena_alloc(a, 1);
    while (arena_may(a, n, NULL).failed)
        n--;
    check(n > 900);
    memset(arena_alloc(a, n), 'x', n);
    check(arena_may(a, 1000, NULL).failed);
    arena_close(&a);
}

TEST(text_past_its_maximum_is_an_error_and_not_a_cut)
{
    struct buf b = buf_make(test_arena(), 5);
    struct str out;
    struct err e;

    buf_puts(&b, "abc");
    check_ok(buf_end(&b, &out, &e), e);
    check_str(out, "abc");
    buf_puts(&b, "def");
    check_fails(buf_end(&b, &out, &e), e, ERR_TOO_LARGE);
    check_str(out, "abc");
}

TEST(text_of_just_its_maximum_fits_however_it_is_written)
{
    struct buf put = buf_make(test_arena(), 5), formatted = buf_make(test_arena(), 5);
    struct str out;
    struct err e;

    buf_puts(&put, "abcde");
    check_ok(buf_end(&put, &out, &e), e);
    buf_fmt(&formatted, "%s", "abcde");
    check_ok(buf_end(&formatted, &out, &e), e);
    check_str(out, "abcde");
    buf_fmt(&formatted, "%s", "f");
    check_fails(buf_end(&formatted, &out, &e), e, ERR_TOO_LARGE);
}
