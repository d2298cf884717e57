/*
 * str.h - verbs for slices. Nothing here allocates unless it takes an arena; nothing here needs a
 * terminating NUL. str_cstr() makes a C string for the edge of a C library.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/base.h"

struct str str_c(const char *cstr); /* NULL gives the empty slice */
struct str str_of(const void *p, size_t n);
bool str_eq(struct str a, struct str b);        /* not for secrets: crypto/secret.h */
bool str_eq_nocase(struct str a, struct str b); /* ASCII */
int str_cmp(struct str a, struct str b);        /* bytewise order */
bool str_is(struct str s, const char *cstr);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_has(struct str s, struct str part);
size_t str_find(struct str s, char c);                   /* index, or s.n */
struct str str_sub(struct str s, size_t from, size_t n); /* clipped to s */
struct str str_from(struct str s, size_t from);
struct str str_trim(struct str s); /* ASCII white space at both ends */

/* Cuts s at the first `sep`: head before it, s becomes what follows. False when s was exhausted.
 * Walks "a,b,,c" as a, b, empty, c and "" as one empty piece;
 * a slice without bytes (p == NULL) has no piece. */
bool str_next(struct str *s, char sep, struct str *head);
/* Cuts s in two at the first `sep`; false, and outputs untouched, when there is none. */
bool str_cut(struct str s, char sep, struct str *before, struct str *after);

bool str_digits(struct str s);               /* one or more, all ASCII digits */
bool str_to_i64(struct str s, int64_t *out); /* [-]digits, whole slice, no overflow */
bool str_all_in(struct str s, const char *ascii_set);

struct str str_dup(struct arena *a, struct str s);
const char *str_cstr(struct arena *a, struct str s);
struct str str_cat(struct arena *a, struct str x, struct str y);
struct str str_fmt(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
struct str str_lower(struct arena *a, struct str s); /* ASCII */
struct str str_upper(struct arena *a, struct str s); /* ASCII */
struct str str_i64(struct arena *a, int64_t n);

#endif
