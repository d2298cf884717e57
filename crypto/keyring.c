/*
 * Attacker: makes the folder faulty, or watches for a moment without keys. Promise: a faulty folder
 * never replaces a working ring, and a ring in use is never changed: a reading makes a new one, and
 * whoever borrowed a key of the old one keeps it. Private parts leave this process in key files
 * only.
 *
 * Processes share the folder and nobody tells them of a rotation: each looks at the folder's time
 * of change, which is one call, and reads it again when that moved. Two changes within the clock's
 * step look like one, so a reading is repeated once, a little later.
 */
#include "crypto/keyring.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/key.h"
#include "crypto/ring.h"

#define AGAIN_MS 2000  /* after a change */
#define RETRY_MS 10000 /* after a fault: the edge logs each */

struct keyring {
    pthread_mutex_t lock; /* guards the pointer, not the ring */
    struct ring *ring;
    struct timespec seen; /* the folder's change that was read last: of keyring_tend's thread */
    int64_t again_ms;     /* when it is to be read again although it did not change; 0: never */
    char dir[PATH_MAX];
};

static result folder_seen(const char *dir, struct timespec *at, struct err *e)
{
    struct stat st;

    if (stat(dir, &st) != 0)
        return fail(e, ERR_CONFIG, "%s: %s", dir, strerror(errno));
    *at = st.st_mtim;
    return OK;
}

static result ring_read(const char *dir, struct ring **out, struct err *e)
{
    DEFER(ring_unlock) int fd = -1;

    TRY(ring_lock(dir, LOCK_SH, &fd, e));
    return ring_load(dir, out, e);
}

result keyring_open(const char *dir, struct keyring **out, struct err *e)
{
    struct ring *ring = NULL;
    struct timespec seen = { 0 };
    struct keyring *k;

    if (strlen(dir) >= sizeof(k->dir))
        return fail(e, ERR_CONFIG, "key folder's path too long");
    TRY(folder_seen(dir, &seen, e));
    TRY(ring_read(dir, &ring, e));
    k = calloc(1, sizeof(*k));
    must(k != NULL);
    k->seen = seen;
    k->again_ms = clock_monotonic_ms() + AGAIN_MS;
    memcpy(k->dir, dir, strlen(dir) + 1);
    must(pthread_mutex_init(&k->lock, NULL) == 0);
    k->ring = ring;
    *out = k;
    return OK;
}

static struct ring *ring_hold(struct keyring *k)
{
    struct ring *r;

    must(pthread_mutex_lock(&k->lock) == 0);
    r = k->ring;
    atomic_fetch_add(&r->holders, 1);
    must(pthread_mutex_unlock(&k->lock) == 0);
    return r;
}

static bool rings_alike(const struct ring *x, const struct ring *y)
{
    bool alike = x->n == y->n;

    for (size_t i = 0; alike && i < x->n; i++)
        alike = x->keys[i].state == y->keys[i].state &&
                x->keys[i].since_ms == y->keys[i].since_ms &&
                str_eq(key_id(&x->keys[i]), key_id(&y->keys[i]));
    return alike;
}

static result ring_swap(struct keyring *k, bool *changed, struct err *e)
{
    DEFER(ring_release) struct ring *old = ring_hold(k);
    DEFER(ring_release) struct ring *fresh = NULL;

    TRY(ring_read(k->dir, &fresh, e));
    for (int alg = 0; alg < RING_ALG_COUNT; alg++)
        if (ring_find(old, (enum key_alg)alg, KEY_ACTIVE) != NULL &&
            ring_find(fresh, (enum key_alg)alg, KEY_ACTIVE) == NULL)
            return fail(e, ERR_CONFIG, "%s: no active %s key any more", k->dir,
                        key_alg_name((enum key_alg)alg));
    *changed = !rings_alike(old, fresh);
    if (!*changed)
        return OK;
    must(pthread_mutex_lock(&k->lock) == 0);
    {
        struct ring *was = k->ring;

        k->ring = fresh;
        fresh = was;
    }
    must(pthread_mutex_unlock(&k->lock) == 0);
    return OK;
}

result keyring_reload(struct keyring *k, struct err *e)
{
    bool changed;

    return ring_swap(k, &changed, e);
}

static result refresh(struct keyring *k, bool *changed, struct err *e)
{
    const int64_t now_ms = clock_monotonic_ms();
    struct timespec at = { 0 };
    bool moved;

    *changed = false;
    TRY(folder_seen(k->dir, &at, e));
    moved = at.tv_sec != k->seen.tv_sec || at.tv_nsec != k->seen.tv_nsec;
    if (!moved && (k->again_ms == 0 || now_ms < k->again_ms))
        return OK;
    k->seen = at;
    k->again_ms = now_ms + RETRY_MS;
    TRY(ring_swap(k, changed, e));
    k->again_ms = moved ? now_ms + AGAIN_MS : 0;
    return OK;
}

/* Whether a rotation would do anything; it looks again itself, behind the lock. */
static bool is_due(struct ring *r, const struct rotation *plan, enum key_alg alg)
{
    const struct key *active = ring_find(r, alg, KEY_ACTIVE);
    const struct key *next = ring_find(r, alg, KEY_NEXT);
    const struct key *retired = ring_find(r, alg, KEY_RETIRED);

    if (active == NULL)
        return false;
    return next == NULL ||
           (retired != NULL && retired->since_ms < plan->now_ms - plan->keep_s * 1000) ||
           (active->since_ms <= plan->now_ms - plan->every_s * 1000 &&
            next->since_ms <= plan->now_ms - plan->ahead_s * 1000);
}

result keyring_tend(struct keyring *k, const struct rotation *plan, bool *changed, struct err *e)
{
    result done = refresh(k, changed, e); /* a rotation cut short fails it, and is finished below */
    bool again = false;

    for (int alg = 0; plan->every_s > 0 && alg < RING_ALG_COUNT; alg++) {
        DEFER(ring_release) struct ring *r = ring_hold(k);
        struct rotation one = *plan;
        bool moved;

        one.alg = (enum key_alg)alg;
        if (!is_due(r, plan, one.alg))
            continue;
        TRY(keyring_rotate(k->dir, &one, &moved, e));
        done = ring_swap(k, &again, e);
        *changed |= again;
    }
    return done;
}

void keyring_close(struct keyring **k)
{
    if (*k == NULL)
        return;
    ring_release(&(*k)->ring);
    (void)pthread_mutex_destroy(&(*k)->lock);
    free(*k);
    *k = NULL;
}

result keyring_active(struct keyring *k, enum key_alg alg, struct key **out, struct err *e)
{
    struct ring *r = ring_hold(k);
    struct key *key = ring_find(r, alg, KEY_ACTIVE);

    if (key == NULL) {
        ring_release(&r);
        return fail(e, ERR_CONFIG, "%s: no active %s key", k->dir, key_alg_name(alg));
    }
    *out = key; /* the hold goes with it */
    return OK;
}

void key_release(struct key **k)
{
    struct ring *r = *k == NULL ? NULL : (*k)->ring;

    *k = NULL;
    ring_release(&r);
}

unsigned keyring_algs(struct keyring *k)
{
    DEFER(ring_release) struct ring *r = ring_hold(k);
    unsigned algs = 0;

    for (int alg = 0; alg < RING_ALG_COUNT; alg++)
        if (ring_find(r, (enum key_alg)alg, KEY_ACTIVE) != NULL)
            algs |= KEY_BIT(alg);
    return algs;
}

struct str key_id(const struct key *k)
{
    return str_of(k->id, k->id_n);
}

struct json *keyring_jwks(struct keyring *k)
{
    DEFER(arena_close) struct arena *a = arena_open(RING_SCRATCH_BYTES);
    DEFER(ring_release) struct ring *r = ring_hold(k);
    struct json *set = json_object();
    struct json *keys = json_array();

    for (size_t i = 0; i < r->n; i++)
        json_add(keys, key_jwk(&r->keys[i], a));
    json_put(set, "keys", keys);
    return set;
}

struct key_set *keyring_public(struct keyring *k)
{
    DEFER(ring_release) struct ring *r = ring_hold(k);

    return key_set_hold(r->set);
}
