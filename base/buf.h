/*
 * buf.h - text under construction, with a maximum.
 *
 * A buf grows in its arena up to `max` bytes. Writing past the maximum sets `overflow` and is
 * otherwise ignored, so that a long run of puts needs one check at its end: buf_end().
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>

#include "base/base.h"

struct buf {
    char *p;
    size_t n;
    size_t cap;
    size_t max;
    struct arena *arena;
    bool overflow;
};

struct buf buf_make(struct arena *a, size_t max_bytes);
void buf_put(struct buf *b, struct str s);
void buf_putc(struct buf *b, char c);
void buf_puts(struct buf *b, const char *cstr);
void buf_int(struct buf *b, int64_t n);
void buf_fmt(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
/* A cell of CSV (RFC 4180), quoted. What a spreadsheet would compute (= + - @, tab, carriage return
 * at its head) gets an apostrophe; a whole number below zero does not. */
void buf_csv(struct buf *b, struct str cell);
bool csv_is_formula(struct str cell);
void buf_vfmt(struct buf *b, const char *fmt, va_list va);
struct str buf_str(const struct buf *b); /* what is there so far; valid until the next put */
MUST_USE result buf_end(const struct buf *b, struct str *out, struct err *e); /* ERR_TOO_LARGE */

#endif
