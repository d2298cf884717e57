/*
 * utf8.h - Vietnamese text: validity, one stored form, and keys for comparing names.
 *
 * Stored and shown text is NFC with white space tidied (utf8_tidy). Names are compared in three
 * steps: equal as utf8_exact (NFC, look-alikes of đ mapped, tone marks in the old place, so that
 * Hoà = Hòa), equal as utf8_key ("NGUYENTHIHOA": no marks, [A-Z0-9] only), else different. The key
 * is what the population database is asked with. Normalisation itself is libunistring's.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/base.h"

enum utf8_match { UTF8_DIFFERENT, UTF8_SAME_KEY, UTF8_EXACT };

bool utf8_is_valid(struct str s); /* well-formed, no NUL, no surrogates */
bool utf8_is_text(struct str s);  /* valid, without control characters and bidi overrides */
size_t utf8_count(struct str s);  /* code points of a valid slice */
/* Takes the first code point off a slice that is not empty. UTF8_BAD, and one byte taken, where the
 * bytes are not well-formed. */
#define UTF8_BAD UINT32_MAX
uint32_t utf8_next(struct str *s);
MUST_USE result utf8_nfc(struct arena *a, struct str s, struct str *out, struct err *e);
/* NFC, zero-width removed, no-break and runs of space to one space, trimmed. ERR_NOT_UTF8 */
MUST_USE result utf8_tidy(struct arena *a, struct str s, struct str *out, struct err *e);
MUST_USE result utf8_exact(struct arena *a, struct str s, struct str *out, struct err *e);
MUST_USE result utf8_key(struct arena *a, struct str s, struct str *out, struct err *e);
enum utf8_match utf8_match(struct arena *a, struct str x, struct str y);
struct str utf8_upper(struct arena *a,
                      struct str s);                 /* Vietnamese letters and ASCII; valid input */
struct str utf8_cut(struct str s, size_t bytes_max); /* at a character border */
/* Collation of domain words: a ă â b c d đ e ê ..., tones ngang huyền hỏi ngã sắc nặng. */
int utf8_collate(struct str x, struct str y);

#endif
