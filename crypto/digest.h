/*
 * digest.h - SHA-256 and HMAC-SHA-256, one-shot and in pieces.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include "base/base.h"

#define DIGEST_BYTES 32

struct digest {
    unsigned char bytes[DIGEST_BYTES];
};

struct digest_run; /* a SHA-256 under way */

struct digest digest_sha256(struct str s);
struct digest digest_hmac(struct str key, struct str s);
struct str digest_hex(struct arena *a, struct digest d);
struct str digest_base64url(struct arena *a, struct digest d);
struct str digest_str(const struct digest *d); /* the 32 bytes, borrowed */

struct digest_run *digest_begin(void);
void digest_add(struct digest_run *r, struct str s);
struct digest digest_sum(const struct digest_run *r); /* of what was added; the run goes on */
void digest_close(struct digest_run **r);             /* DEFER(digest_close) */

#endif
