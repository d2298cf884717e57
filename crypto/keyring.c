/*
 * Attacker: another local account, or someone who drops a file into the key folder. Promise: only
 * files of mode 0600 in a folder of mode 0700 are read; a file's name must be the thumbprint of the
 * key in it, so names cannot be swapped; a faulty folder never replaces a working ring. Private
 * parts leave this process in key files only. Not done: hardware modules.
 *
 * A rotation moves active -> retired before next -> active, so no moment has two active keys. A
 * reload in between sees none and keeps what it has; a rotation cut short is finished by the next.
 */
#include "crypto/keyring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/key.h"
#include "crypto/private.h"

#define SCRATCH_BYTES (256 * 1024)
#define ALG_COUNT     3 /* that we sign with */

/* One reading of the folder; freed when the ring and every borrowed key have let go. */
struct ring {
    atomic_int holders;
    struct key_set *set; /* the same keys, for verifying */
    size_t n;
    struct key keys[KEYS_MAX]; /* by state, then id */
};

struct keyring {
    pthread_mutex_t lock; /* guards the pointer, not the ring */
    struct ring *ring;
    char dir[PATH_MAX];
};

static const char *const state_names[] = {
    [KEY_NEXT] = "next", [KEY_ACTIVE] = "active", [KEY_RETIRED] = "retired"
};

static void ring_release(struct ring **ring)
{
    struct ring *r = *ring;

    *ring = NULL;
    if (r == NULL || atomic_fetch_sub(&r->holders, 1) > 1)
        return;
    for (size_t i = 0; i < r->n; i++)
        key_close(&r->keys[i]);
    key_set_close(&r->set);
    free(r);
}

static void folder_close(DIR **d)
{
    if (*d != NULL)
        (void)closedir(*d);
}

static void fd_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

static void bio_close(BIO **b)
{
    BIO_free(*b);
}

struct pem {
    char text[KEY_PEM_BYTES];
    size_t n;
};

static void pem_wipe(struct pem *p)
{
    OPENSSL_cleanse(p, sizeof(*p));
}

/* OpenSSL would ask the terminal otherwise. */
static int no_password(char *to, int size, int writing, void *user)
{
    (void)to, (void)size, (void)writing, (void)user;
    return -1;
}

static bool name_read(struct str name, struct str *id, enum key_state *state)
{
    struct str rest = { 0 }, word = { 0 }, ending = { 0 };

    if (!str_cut(name, '.', id, &rest) || !str_cut(rest, '.', &word, &ending))
        return false;
    for (size_t i = 0; i < LEN(state_names); i++) {
        if (!str_is(word, state_names[i]))
            continue;
        *state = (enum key_state)i;
        return id->n > 0 && id->n <= KEY_ID_BYTES_MAX && str_is(ending, "pem");
    }
    return false;
}

static result path_make(char path[PATH_MAX], const char *dir, struct str id, enum key_state state,
                        struct err *e)
{
    const int n = snprintf(path, PATH_MAX, "%s/%.*s.%s.pem", dir, STR_ARG(id), state_names[state]);

    return n > 0 && n < PATH_MAX ? OK : fail(e, ERR_CONFIG, "key path too long");
}

static result pkey_read(const char *path, EVP_PKEY **out, struct err *e)
{
    DEFER(pem_wipe) struct pem pem = { 0 };
    DEFER(bio_close) BIO *bio = NULL;

    TRY(private_read(path, pem.text, sizeof(pem.text), &pem.n, e));
    bio = BIO_new_mem_buf(pem.text, (int)pem.n);
    must(bio != NULL);
    *out = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    ERR_clear_error();
    return *out != NULL ? OK : fail(e, ERR_CONFIG, "%s: not a private key in PEM", path);
}

static result key_load(const char *dir, const char *name, struct arena *a, struct key *k,
                       struct err *e)
{
    char path[PATH_MAX];
    struct str id = { 0 };
    enum key_state state = KEY_NEXT;
    enum key_alg alg = KEY_ES256;
    EVP_PKEY *pkey = NULL;

    if (!name_read(str_c(name), &id, &state))
        return fail(e, ERR_CONFIG, "%s/%s: not a key's name", dir, name);
    TRY(path_make(path, dir, id, state, e));
    TRY(pkey_read(path, &pkey, e));
    if (key_alg_find(pkey, &alg, e).failed || !str_eq(key_thumbprint(pkey, a), id)) {
        EVP_PKEY_free(pkey);
        return fail(e, ERR_CONFIG, "%s: not the key that its name says", path);
    }
    TRY(key_make(k, pkey, alg, true, e));
    memcpy(k->id, id.p, id.n);
    k->id_n = id.n;
    k->state = state;
    return OK;
}

static struct key *ring_find(struct ring *r, enum key_alg alg, enum key_state state)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->keys[i].alg == alg && r->keys[i].state == state)
            return &r->keys[i];
    return NULL;
}

static result ring_add(struct ring *r, const char *dir, const char *name, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(SCRATCH_BYTES);
    struct key k = { 0 };

    if (r->n == KEYS_MAX)
        return fail(e, ERR_CONFIG, "%s: over %d keys", dir, KEYS_MAX);
    TRY(key_load(dir, name, a, &k, e));
    if (k.state == KEY_ACTIVE && ring_find(r, k.alg, KEY_ACTIVE) != NULL) {
        const char *alg = key_alg_name(k.alg);

        key_close(&k);
        return fail(e, ERR_CONFIG, "%s: two active %s keys", dir, alg);
    }
    k.ring = r;
    r->keys[r->n++] = k;
    return OK;
}

static int key_order(const void *x, const void *y)
{
    const struct key *a = x, *b = y;

    if (a->state != b->state)
        return a->state < b->state ? -1 : 1;
    return str_cmp(str_of(a->id, a->id_n), str_of(b->id, b->id_n));
}

static struct key_set *ring_set(const struct ring *r)
{
    struct key_set *set = key_set_make();

    for (size_t i = 0; i < r->n; i++) {
        struct key *to = &set->keys[set->n++];
        const struct key *from = &r->keys[i];

        must(EVP_PKEY_up_ref(from->pkey) == 1);
        memcpy(to->id, from->id, from->id_n);
        to->id_n = from->id_n;
        /* It signed when it was loaded, so it can verify. */
        must(!key_make(to, from->pkey, from->alg, false, NULL).failed);
    }
    return set;
}

static result ring_load(const char *dir, struct ring **out, struct err *e)
{
    DEFER(ring_release) struct ring *r = calloc(1, sizeof(*r));
    DEFER(folder_close) DIR *d = NULL;
    const struct dirent *entry;

    must(r != NULL);
    atomic_store(&r->holders, 1);
    TRY(private_folder(dir, false, e));
    d = opendir(dir);
    if (d == NULL)
        return fail(e, ERR_CONFIG, "%s: %s", dir, strerror(errno));
    while ((entry = readdir(d)) != NULL)
        if (str_ends(str_c(entry->d_name), STR(".pem")))
            TRY(ring_add(r, dir, entry->d_name, e));
    qsort(r->keys, r->n, sizeof(r->keys[0]), key_order);
    r->set = ring_set(r);
    *out = r;
    r = NULL;
    return OK;
}

result keyring_open(const char *dir, struct keyring **out, struct err *e)
{
    struct ring *ring = NULL;
    struct keyring *k;

    if (strlen(dir) >= sizeof(k->dir))
        return fail(e, ERR_CONFIG, "key folder's path too long");
    TRY(ring_load(dir, &ring, e));
    k = calloc(1, sizeof(*k));
    must(k != NULL);
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

result keyring_reload(struct keyring *k, struct err *e)
{
    DEFER(ring_release) struct ring *old = ring_hold(k);
    DEFER(ring_release) struct ring *fresh = NULL;

    TRY(ring_load(k->dir, &fresh, e));
    for (int alg = 0; alg < ALG_COUNT; alg++)
        if (ring_find(old, (enum key_alg)alg, KEY_ACTIVE) != NULL &&
            ring_find(fresh, (enum key_alg)alg, KEY_ACTIVE) == NULL)
            return fail(e, ERR_CONFIG, "%s: no active %s key any more", k->dir,
                        key_alg_name((enum key_alg)alg));
    must(pthread_mutex_lock(&k->lock) == 0);
    {
        struct ring *was = k->ring;

        k->ring = fresh;
        fresh = was;
    }
    must(pthread_mutex_unlock(&k->lock) == 0);
    return OK;
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

struct str key_id(const struct key *k)
{
    return str_of(k->id, k->id_n);
}

struct json *keyring_jwks(struct keyring *k)
{
    DEFER(arena_close) struct arena *a = arena_open(SCRATCH_BYTES);
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
    made = path_make(path, dir, *id, state, e);
    if (!made.failed)
        made = pem_write(path, pkey, e);
    EVP_PKEY_free(pkey);
    return made;
}

/* One writer at a time; the lock goes with the descriptor. */
static result folder_lock(const char *dir, int *fd, struct err *e)
{
    *fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0 || flock(*fd, LOCK_EX) != 0)
        return fail(e, ERR_CONFIG, "%s: %s", dir, strerror(errno));
    return OK;
}

result keyring_make_key(const char *dir, enum key_alg alg, enum key_state state, struct arena *a,
                        struct str *kid, struct err *e)
{
    DEFER(ring_release) struct ring *r = NULL;
    DEFER(fd_close) int fd = -1;
    struct str id = { 0 };

    TRY(private_folder(dir, true, e));
    TRY(folder_lock(dir, &fd, e));
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

    TRY(path_make(old_path, dir, key_id(k), k->state, e));
    TRY(path_make(new_path, dir, key_id(k), to, e));
    if (rename(old_path, new_path) != 0)
        return fail(e, ERR_CONFIG, "%s: %s", old_path, strerror(errno));
    return OK;
}

/* The file's time of change says since when a key is retired. It is set before the move, so that a
 * crash between the two cannot make the key look retired for long. */
static result key_retire(const char *dir, const struct key *k, int64_t now_ms, struct err *e)
{
    const struct timespec now = { .tv_sec = now_ms / 1000, .tv_nsec = now_ms % 1000 * 1000000 };
    char path[PATH_MAX];

    TRY(path_make(path, dir, key_id(k), KEY_ACTIVE, e));
    if (utimensat(AT_FDCWD, path, (const struct timespec[2]){ now, now }, 0) != 0)
        return fail(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
    return key_move(dir, k, KEY_RETIRED, e);
}

static result retired_remove(const char *dir, const struct key *k, int64_t before_ms,
                             size_t *removed, struct err *e)
{
    char path[PATH_MAX];
    struct stat st;

    TRY(path_make(path, dir, key_id(k), KEY_RETIRED, e));
    if (stat(path, &st) != 0)
        return fail(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
    if ((int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000 >= before_ms)
        return OK;
    if (unlink(path) != 0)
        return fail(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
    ++*removed;
    return OK;
}

result keyring_rotate(const char *dir, enum key_alg alg, int64_t now_ms, int64_t keep_s,
                      struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(SCRATCH_BYTES);
    DEFER(ring_release) struct ring *r = NULL;
    DEFER(fd_close) int fd = -1;
    struct str id = { 0 };
    const struct key *active, *next;
    size_t removed = 0;

    TRY(private_folder(dir, true, e));
    TRY(folder_lock(dir, &fd, e));
    TRY(ring_load(dir, &r, e));
    for (size_t i = 0; i < r->n; i++)
        if (r->keys[i].alg == alg && r->keys[i].state == KEY_RETIRED)
            TRY(retired_remove(dir, &r->keys[i], now_ms - keep_s * 1000, &removed, e));
    /* One key too many and the folder would not open again. */
    if (r->n - removed + 2 > KEYS_MAX)
        return fail(e, ERR_CONFLICT, "%s: %zu keys are too many", dir, r->n - removed);
    active = ring_find(r, alg, KEY_ACTIVE);
    next = ring_find(r, alg, KEY_NEXT);
    if (active != NULL && next != NULL)
        TRY(key_retire(dir, active, now_ms, e));
    if (next != NULL)
        TRY(key_move(dir, next, KEY_ACTIVE, e));
    else if (active == NULL)
        TRY(key_save(dir, alg, KEY_ACTIVE, a, &id, e));
    TRY(key_save(dir, alg, KEY_NEXT, a, &id, e));
    (void)fsync(fd);
    return OK;
}
