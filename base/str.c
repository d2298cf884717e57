#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

#define FIRST_FMT_BYTES 256

struct str str_c(const char *cstr)
{
    return (struct str){ cstr, cstr == NULL ? 0 : strlen(cstr) };
}

struct str str_of(const void *p, size_t n)
{
    return (struct str){ p, n };
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Not strncasecmp(): it takes a NUL for the end. */
bool str_eq_nocase(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

int str_cmp(struct str a, struct str b)
{
    const size_t n = a.n < b.n ? a.n : b.n;
    const int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

bool str_is(struct str s, const char *cstr)
{
    return str_eq(s, str_c(cstr));
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq(str_sub(s, 0, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

bool str_has(struct str s, struct str part)
{
    return part.n == 0 || (s.n >= part.n && memmem(s.p, s.n, part.p, part.n) != NULL);
}

size_t str_find(struct str s, char c)
{
    const char *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);

    return at == NULL ? s.n : (size_t)(at - s.p);
}

struct str str_sub(struct str s, size_t from, size_t n)
{
    if (from > s.n)
        from = s.n;
    if (n > s.n - from)
        n = s.n - from;
    return (struct str){ n == 0 && s.p == NULL ? NULL : s.p + from, n };
}

struct str str_from(struct str s, size_t from)
{
    return str_sub(s, from, s.n);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

struct str str_trim(struct str s)
{
    while (s.n > 0 && is_space(s.p[0]))
        s = str_from(s, 1);
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* An exhausted slice is marked by a NULL pointer, so "a," still yields the empty piece after "a".
 */
bool str_next(struct str *s, char sep, struct str *head)
{
    size_t at;

    if (s->p == NULL) {
        return false;
    }
    at = str_find(*s, sep);
    *head = str_sub(*s, 0, at);
    *s = at < s->n ? (struct str){ s->p + at + 1, s->n - at - 1 } : (struct str){ NULL, 0 };
    return true;
}

bool str_cut(struct str s, char sep, struct str *before, struct str *after)
{
    const size_t at = str_find(s, sep);

    if (at == s.n)
        return false;
    *before = str_sub(s, 0, at);
    *after = str_from(s, at + 1);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool str_digits(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]))
            return false;
    return s.n > 0;
}

bool str_to_i64(struct str s, int64_t *out)
{
    const bool negative = s.n > 0 && s.p[0] == '-';
    const struct str digits = negative ? str_from(s, 1) : s;
    int64_t n = 0;

    if (!str_digits(digits))
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        const int64_t d = digits.p[i] - '0';

        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, negative ? -d : d, &n))
            return false;
    }
    *out = n;
    return true;
}

bool str_all_in(struct str s, const char *ascii_set)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\0' || strchr(ascii_set, s.p[i]) == NULL)
            return false;
    return true;
}

struct str str_dup(struct arena *a, struct str s)
{
    return (struct str){ arena_copy(a, s.p, s.n), s.n };
}

const char *str_cstr(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);

    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return p;
}

struct str str_cat(struct arena *a, struct str x, struct str y)
{
    char *p = arena_alloc(a, x.n + y.n);

    if (x.n > 0)
        memcpy(p, x.p, x.n);
    if (y.n > 0)
        memcpy(p + x.n, y.p, y.n);
    return (struct str){ p, x.n + y.n };
}

/* Most texts are short: printed once, not twice for their length first. */
struct str str_fmt(struct arena *a, const char *fmt, ...)
{
    char first[FIRST_FMT_BYTES];
    va_list va;
    char *p;
    int n;

    va_start(va, fmt);
    n = vsnprintf(first, sizeof(first), fmt, va);
    va_end(va);
    must(n >= 0);
    p = arena_alloc(a, (size_t)n + 1);
    if ((size_t)n < sizeof(first)) {
        memcpy(p, first, (size_t)n + 1);
        return (struct str){ p, (size_t)n };
    }
    va_start(va, fmt);
    (void)vsnprintf(p, (size_t)n + 1, fmt, va);
    va_end(va);
    return (struct str){ p, (size_t)n };
}

static struct str mapped(struct arena *a, struct str s, char first, char last, int shift)
{
    char *p = arena_copy(a, s.p, s.n);

    for (size_t i = 0; i < s.n; i++)
        if (p[i] >= first && p[i] <= last)
            p[i] = (char)(p[i] + shift);
    return (struct str){ p, s.n };
}

struct str str_lower(struct arena *a, struct str s)
{
    return mapped(a, s, 'A', 'Z', 'a' - 'A');
}

struct str str_upper(struct arena *a, struct str s)
{
    return mapped(a, s, 'a', 'z', 'A' - 'a');
}

struct str str_i64(struct arena *a, int64_t n)
{
    return str_fmt(a, "%lld", (long long)n);
}
