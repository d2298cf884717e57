#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define FIRST_BYTES 256

struct buf buf_make(struct arena *a, size_t max_bytes)
{
    return (struct buf){ .arena = a, .max = max_bytes };
}

/* Makes room for n more bytes, and `beyond` that do not count, or notes the overflow. */
static bool room(struct buf *b, size_t n, size_t beyond)
{
    size_t cap = b->cap > 0 ? b->cap : FIRST_BYTES;
    char *p;

    if (b->overflow || n > b->max - b->n) {
        b->overflow = true;
        return false;
    }
    n += beyond;
    if (n <= b->cap - b->n)
        return true;
    while (cap - b->n < n)
        cap *= 2;
    p = arena_alloc(b->arena, cap);
    if (b->n > 0)
        memcpy(p, b->p, b->n);
    b->p = p;
    b->cap = cap;
    return true;
}

void buf_put(struct buf *b, struct str s)
{
    if (s.n == 0 || !room(b, s.n, 0))
        return;
    memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
}

void buf_putc(struct buf *b, char c)
{
    buf_put(b, (struct str){ &c, 1 });
}

void buf_puts(struct buf *b, const char *cstr)
{
    buf_put(b, (struct str){ cstr, strlen(cstr) });
}

void buf_int(struct buf *b, int64_t n)
{
    buf_fmt(b, "%lld", (long long)n);
}

bool csv_is_formula(struct str cell)
{
    static const char heads[] = "=+-@\t\r";
    const bool is_number =
        cell.n > 1 && cell.p[0] == '-' && str_digits(str_sub(cell, 1, cell.n - 1));

    return cell.n > 0 && !is_number && memchr(heads, cell.p[0], sizeof heads - 1) != NULL;
}

void buf_csv(struct buf *b, struct str cell)
{
    buf_putc(b, '"');
    if (csv_is_formula(cell))
        buf_putc(b, '\'');
    for (size_t i = 0; i < cell.n; i++) {
        if (cell.p[i] == '"')
            buf_putc(b, '"');
        buf_putc(b, cell.p[i]);
    }
    buf_putc(b, '"');
}

void buf_vfmt(struct buf *b, const char *fmt, va_list va)
{
    va_list again;
    int n;

    va_copy(again, va);
    n = vsnprintf(NULL, 0, fmt, va);
    must(n >= 0);
    if (room(b, (size_t)n, 1)) { /* vsnprintf wants its NUL */
        (void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
    va_list va;

    va_start(va, fmt);
    buf_vfmt(b, fmt, va);
    va_end(va);
}

struct str buf_str(const struct buf *b)
{
    return (struct str){ b->p, b->n };
}

result buf_end(const struct buf *b, struct str *out, struct err *e)
{
    if (b->overflow)
        return fail(e, ERR_TOO_LARGE, "text over %zu bytes", b->max);
    *out = buf_str(b);
    return OK;
}
