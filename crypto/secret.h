/*
 * secret.h - bytes that must not leak: a type of their own, wiped on scope exit, that neither the
 * log nor a template can print. Compared only by secret_equal(), in constant time.
 */
#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include "base/base.h"

struct secret {
    unsigned char bytes[256];
    size_t n;
};

void secret_wipe(struct secret *s); /* DEFER(secret_wipe) */
MUST_USE result secret_set(struct secret *s, struct str bytes, struct err *e); /* ERR_TOO_LARGE */
/* The first line of a file that only its owner may read; ERR_CONFIG names the path. */
MUST_USE result secret_load(struct secret *s, const char *path, struct err *e);
bool secret_equal(struct str a, struct str b); /* constant time for equal lengths */
struct str secret_str(const struct secret *s); /* borrowed: for a digest or a request body only */

#endif
