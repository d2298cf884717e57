/*
 * Attacker: stops the program in the middle of a change, or makes two processes change the folder
 * at once. Promise: one writer at a time; a rotation moves active -> retired before next -> active,
 * so no moment has two active keys, and one cut short is finished by the next; a key signs only
 * after it was published for as long as caches may be old, unless the operator says otherwise.
 * Files are of mode 0600 from their first byte. Not done: removing a next key that was made and
 * never used.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/key.h"
#include "crypto/keyring.h"
#include "crypto/private.h"
#include "crypto/ring.h"

static void bio_close(BIO **b)
{
    BIO_free(*b);
}

const char *key_state_name(enum key_state state)
{
    return ring_state_names[state];
}

static result pem_write(const char *path, EVP_PKEY *pkey, struct err *e)
{
    DEFER(bio_close) BIO *bio = BIO_new(BIO_s_secmem());
    char *text = NULL;
    long n;

    must(bio != NULL);
    must(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1);
    n = BIO_get_mem_data(bio, &text);
    must(n > 0);
    return private_write(path, str_of(text, (size_t)n), false, e);
}

static result key_save(const char *dir, enum key_alg alg, enum key_state state, struct arena *a,
                       struct str *id, struct err *e)
{
    char path[PATH_MAX];
    EVP_PKEY *pkey = NULL;
    result made;

    TRY(key_generate(alg, &pkey, e));
    *id = key_thumbprint(pkey, a);
    made = ring_path(path, dir, *id, state, e);
    if (!made.failed)
        made = pem_write(path, pkey, e);
    EVP_PKEY_free(pkey);
    return made;
}

result keyring_make_key(const char *dir, enum key_alg alg, enum key_state state, struct arena *a,
                        struct str *kid, struct err *e)
{
    DEFER(ring_release) struct ring *r = NULL;
    DEFER(ring_unlock) int fd = -1;
    struct str id = { 0 };

    TRY(private_folder(dir, true, e));
    TRY(ring_lock(dir, LOCK_EX, &fd, e));
    TRY(ring_load(dir, &r, e));
    if (r->n == KEYS_MAX)
        return fail(e, ERR_CONFLICT, "%s: %d keys already", dir, KEYS_MAX);
    if (state == KEY_ACTIVE && ring_find(r, alg, KEY_ACTIVE) != NULL)
        return fail(e, ERR_CONFLICT, "%s: an active %s key is there", dir, key_alg_name(alg));
    TRY(key_save(dir, alg, state, a, &id, e));
    (void)fsync(fd);
    *kid = id;
    return OK;
}

static result key_move(const char *dir, const struct key *k, enum key_state to, struct err *e)
{
    char old_path[PATH_MAX], new_path[PATH_MAX];

    TRY(ring_path(old_path, dir, key_id(k), k->state, e));
    TRY(ring_path(new_path, dir, key_id(k), to, e));
    if (rename(old_path, new_path) != 0)
        return fail(e, ERR_CONFIG, "%s: %s", old_path, strerror(errno));
    return OK;
}

/* Since when a key is in the state that it has, or is about to have. */
static result key_stamp(const char *dir, struct str id, enum key_state state, int64_t now_ms,
                        struct err *e)
{
    const struct timespec now = { .tv_sec = now_ms / 1000, .tv_nsec = now_ms % 1000 * 1000000 };
    char path[PATH_MAX];

    TRY(ring_path(path, dir, id, state, e));
    if (utimensat(AT_FDCWD, path, (const struct timespec[2]){ now, now }, 0) != 0)
        return fail(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
    return OK;
}

/* The time is set before the move: a crash between the two must not make a key look retired, or
 * published, for long. */
static result key_advance(const char *dir, const struct key *k, enum key_state to, int64_t now_ms,
                          struct err *e)
{
    TRY(key_stamp(dir, key_id(k), k->state, now_ms, e));
    return key_move(dir, k, to, e);
}

static result key_fresh(const char *dir, const struct rotation *r, enum key_state state,
                        struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(RING_SCRATCH_BYTES);
    struct str id = { 0 };

    TRY(key_save(dir, r->alg, state, a, &id, e));
    return key_stamp(dir, id, state, r->now_ms, e);
}

static result retired_remove(const char *dir, const struct ring *ring, const struct rotation *r,
                             size_t *left, struct err *e)
{
    char path[PATH_MAX];

    *left = ring->n;
    for (size_t i = 0; i < ring->n; i++) {
        const struct key *k = &ring->keys[i];

        if (k->alg != r->alg || k->state != KEY_RETIRED ||
            k->since_ms >= r->now_ms - r->keep_s * 1000)
            continue;
        TRY(ring_path(path, dir, key_id(k), KEY_RETIRED, e));
        if (unlink(path) != 0)
            return fail(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
        --*left;
    }
    return OK;
}

/* Of several, the one that was published first. */
static const struct key *next_find(const struct ring *ring, enum key_alg alg)
{
    const struct key *oldest = NULL;

    for (size_t i = 0; i < ring->n; i++) {
        const struct key *k = &ring->keys[i];

        if (k->alg == alg && k->state == KEY_NEXT &&
            (oldest == NULL || k->since_ms < oldest->since_ms))
            oldest = k;
    }
    return oldest;
}

/* Whether next takes over from active now; an order that may not be carried out is a failure. */
static result may_move(const struct rotation *r, const struct key *active, const struct key *next,
                       bool *may, struct err *e)
{
    DEFER(arena_close) struct arena *a = NULL;

    *may = r->every_s == 0 || active->since_ms <= r->now_ms - r->every_s * 1000;
    if (!*may || r->ahead_s == 0 || next->since_ms <= r->now_ms - r->ahead_s * 1000)
        return OK;
    *may = false;
    if (r->every_s > 0)
        return OK;
    a = arena_open(4096);
    return fail(e, ERR_CONFLICT, "the next %s key may sign from %.*s, when caches know it",
                key_alg_name(r->alg),
                STR_ARG(clock_rfc3339(a, next->since_ms + r->ahead_s * 1000)));
}

static result ring_rotate(const char *dir, struct ring *ring, const struct rotation *r, bool *moved,
                          struct err *e)
{
    const struct key *active = ring_find(ring, r->alg, KEY_ACTIVE);
    const struct key *next = next_find(ring, r->alg);
    bool may = false;

    if (active == NULL && next == NULL) {
        TRY(key_fresh(dir, r, KEY_ACTIVE, e));
        *moved = true;
    } else if (active == NULL) { /* a rotation was cut short: nobody signs until this */
        TRY(key_advance(dir, next, KEY_ACTIVE, r->now_ms, e));
        *moved = true;
    } else if (next != NULL) {
        TRY(may_move(r, active, next, &may, e));
        if (!may)
            return OK;
        TRY(key_advance(dir, active, KEY_RETIRED, r->now_ms, e));
        TRY(key_advance(dir, next, KEY_ACTIVE, r->now_ms, e));
        *moved = true;
    }
    return key_fresh(dir, r, KEY_NEXT, e);
}

result keyring_rotate(const char *dir, const struct rotation *r, bool *moved, struct err *e)
{
    DEFER(ring_release) struct ring *ring = NULL;
    DEFER(ring_unlock) int fd = -1;
    size_t left = 0;

    *moved = false;
    TRY(private_folder(dir, true, e));
    TRY(ring_lock(dir, LOCK_EX, &fd, e));
    TRY(ring_load(dir, &ring, e));
    TRY(retired_remove(dir, ring, r, &left, e));
    /* One key too many and the folder would not open again. */
    if (left + 2 > KEYS_MAX)
        return fail(e, ERR_CONFLICT, "%s: %zu keys are too many", dir, left);
    TRY(ring_rotate(dir, ring, r, moved, e));
    (void)fsync(fd);
    return OK;
}

result keyring_list(const char *dir, struct arena *a, struct key_entry **list, size_t *n,
                    struct err *e)
{
    DEFER(ring_release) struct ring *ring = NULL;
    DEFER(ring_unlock) int fd = -1;

    TRY(ring_lock(dir, LOCK_SH, &fd, e));
    TRY(ring_load(dir, &ring, e));
    *list = arena_alloc(a, ring->n * sizeof(**list));
    *n = ring->n;
    for (size_t i = 0; i < ring->n; i++)
        (*list)[i] = (struct key_entry){ .id = str_dup(a, key_id(&ring->keys[i])),
                                         .alg = ring->keys[i].alg,
                                         .state = ring->keys[i].state,
                                         .since_ms = ring->keys[i].since_ms };
    return OK;
}
