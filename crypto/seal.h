/*
 * seal.h - personal data at rest: AES-256-GCM with the row's place as associated data, so that a
 * sealed value moved to another row or column does not open.
 *
 * Format: 1 byte key number, 12 bytes random nonce, ciphertext, 16 bytes tag. A seal holds several
 * keys; the newest seals, all open. seal_index() gives a keyed digest by which an exact value can
 * be found without being readable. Thread rule: any thread.
 */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "base/base.h"

struct seal;

/* The key file has one 64-digit hex key per line, oldest first, 100 at most; owner-readable only.
 * The first line also roots the index: never remove it. ERR_CONFIG */
MUST_USE result seal_open(const char *path, struct seal **out, struct err *e);
void seal_close(struct seal **s);
MUST_USE result seal_make_file(const char *path,
                               struct err *e); /* one fresh key, mode 0600; never replaces */
MUST_USE result seal_add_key(const char *path,
                             struct err *e); /* a new newest key; not twice at once */

/* place: not empty, such as "account.name/<id>". The sealed value is bytes, not text. */
struct str seal_put(struct arena *a, const struct seal *s, struct str place, struct str plain);
MUST_USE result seal_get(struct arena *a, const struct seal *s, struct str place, struct str sealed,
                         struct str *plain, struct err *e); /* ERR_CRYPTO */
/* 43 characters of base64url; equal for equal place and plain, whichever key seals. */
struct str seal_index(struct arena *a, const struct seal *s, struct str place, struct str plain);

#endif
