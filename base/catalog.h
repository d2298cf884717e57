/*
 * catalog.h - message catalogues: `key = text` lines, one file per language.
 *
 * A text may hold {0} to {9}, replaced in the order of the arguments. Lines that start with # are
 * comments. Reading refuses duplicate keys and invalid UTF-8. Immutable once read; any thread.
 */
#ifndef BASE_CATALOG_H
#define BASE_CATALOG_H

#include "base/base.h"

struct catalog;

MUST_USE result catalog_read(struct str text, struct catalog **out, struct err *e);
void catalog_close(struct catalog **c);
bool catalog_find(const struct catalog *c, struct str key, struct str *text);
struct str catalog_text(const struct catalog *c, struct str key); /* the key itself when unknown */
struct str catalog_fill(struct arena *a, const struct catalog *c, struct str key,
                        const struct str *args, size_t n);
size_t catalog_count(const struct catalog *c);
struct str catalog_key_at(const struct catalog *c, size_t i); /* sorted; for tests */

#endif
