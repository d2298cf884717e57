/*
 * private.h - inside crypto only: files that nobody but their owner may read.
 *
 * Keys and secrets rest in files of mode 0600 or stricter, owned by whoever runs the service or by
 * root, in folders of mode 0700. Anything looser is refused, not repaired: a key that others could
 * read must be replaced, not hidden. Failures are ERR_CONFIG with the path.
 */
#ifndef CRYPTO_PRIVATE_H
#define CRYPTO_PRIVATE_H

#include "base/base.h"

/* Reads a whole file into p; the caller wipes p. ERR_CONFIG also when it is over max bytes. */
MUST_USE result private_read(const char *path, void *p, size_t max_bytes, size_t *n, struct err *e);
/* Writes a new file, 0600, synced with its folder; it appears whole or not at all. Replaces only if
 * told. One writer of a path at a time. */
MUST_USE result private_write(const char *path, struct str bytes, bool replace, struct err *e);
/* A directory of mode 0700, made when absent and `make`. */
MUST_USE result private_folder(const char *dir, bool make, struct err *e);

#endif
