/*
 * password.h - argon2id (RFC 9106) for the few local accounts of staff.
 *
 * One check costs about 24 ms of a core and 19 MiB; at most as many run at a time as the process
 * has cores, four times as many wait, and ERR_BUSY answers the rest: nothing was tried, come again.
 * Encoded form: $argon2id$v=19$m=19456,t=2,p=1$salt$hash. Thread rule: any thread.
 */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include "base/base.h"

struct secret;

MUST_USE result password_hash(struct arena *a, const struct secret *password, struct str *encoded,
                              struct err *e);
/* An unknown account passes the empty slice: the same work is done, and the answer is no. */
MUST_USE result password_check(const struct secret *password, struct str encoded, bool *right,
                               struct err *e);

#endif
