/*
 * squeeze.h - the only door to zlib: bytes made smaller for keeping (RFC 1950), and back.
 *
 * What is opened again was closed here, yet its size is given and held to: a damaged row costs no
 * more memory than a good one. Thread rule: any thread.
 */
#ifndef BASE_SQUEEZE_H
#define BASE_SQUEEZE_H

#include "base/base.h"

/* plain: at most 16 MiB. */
struct str squeeze_close(struct arena *a, struct str plain);
/* ERR_MALFORMED: damaged, or not exactly that many bytes. */
MUST_USE result squeeze_open(struct arena *a, struct str squeezed, size_t plain_bytes,
                             struct str *out, struct err *e);

#endif
