/*
 * random.h - unpredictable bytes, from OpenSSL's generator. Failure of the generator stops the
 * process: nothing here may continue with weak numbers.
 */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include "base/base.h"

void random_fill(void *p, size_t n);
struct str random_token(struct arena *a, size_t bits); /* base64url; bits a multiple of 8, >= 128 */
struct str random_uuid(struct arena *a);               /* version 4, for MaYeuCau and jti */
/* Public identifier that sorts by time: prefix, then 26 Crockford base-32 characters (48-bit
 * milliseconds, 80 random bits). */
struct str random_id(struct arena *a, const char *prefix, int64_t now_ms);

#endif
