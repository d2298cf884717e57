/*
 * catalog.h - message catalogues: `key = text` lines, one file per language.
 *
 * A text may hold {0} to {9}, replaced in the order of the arguments. Lines that start with # are
 * comments. A key is made of a-z 0-9 _ . and -; a text is what follows the first =, trimmed, and is
 * never empty. Reading refuses anything else, duplicate keys and invalid UTF-8, and its error tells
 * the line (ERR_MALFORMED, ERR_NOT_UTF8). Immutable once read; any thread.
 */
#ifndef BASE_CATALOG_H
#define BASE_CATALOG_H

#include "base/base.h"

struct catalog;

MUST_USE result catalog_read(struct str text, struct catalog **out, struct err *e);
void catalog_close(struct catalog **c); /* DEFER(catalog_close); texts die with it */
bool catalog_find(const struct catalog *c, struct str key, struct str *text);
struct str catalog_text(const struct catalog *c, struct str key); /* the key itself when unknown */
/* A {n} without an argument stays as it is; arguments are not looked into. */
struct str catalog_fill(struct arena *a, const struct catalog *c, struct str key,
                        const struct str *args, size_t n);
size_t catalog_count(const struct catalog *c);
struct str catalog_key_at(const struct catalog *c, size_t i); /* sorted; for tests */

#endif
