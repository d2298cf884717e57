/*
 * ring.h - inside crypto only: one reading of the folder of signing keys.
 *
 * A file `<kid>.<state>.pem` holds a private key; its time of change says since when the key is in
 * its state. Whoever changes the folder holds ring_lock(LOCK_EX) meanwhile, whoever reads it
 * LOCK_SH, so that no reading falls between the two moves of a rotation. A ring is counted and
 * immutable.
 */
#ifndef CRYPTO_RING_H
#define CRYPTO_RING_H

#include <limits.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <sys/file.h>

#include "base/base.h"
#include "crypto/key.h"

#define RING_ALG_COUNT     3 /* that we sign with */
#define RING_SCRATCH_BYTES (256 * 1024)

struct ring {
    atomic_int holders;
    struct key_set *set; /* the same keys, for verifying */
    size_t n;
    struct key keys[KEYS_MAX]; /* by state, then id */
};

extern const char *const ring_state_names[]; /* by enum key_state */

/* ERR_CONFIG with what is wrong with the folder. The caller holds the lock. */
MUST_USE result ring_load(const char *dir, struct ring **out, struct err *e);
void ring_release(struct ring **ring); /* DEFER(ring_release) */
struct key *ring_find(struct ring *r, enum key_alg alg, enum key_state state);
MUST_USE result ring_path(char path[PATH_MAX], const char *dir, struct str id, enum key_state state,
                          struct err *e);
/* how: LOCK_SH or LOCK_EX. The lock goes with the descriptor. */
MUST_USE result ring_lock(const char *dir, int how, int *fd, struct err *e);
void ring_unlock(int *fd); /* DEFER(ring_unlock) */

#endif
