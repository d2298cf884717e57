/*
 * Attacker: another local account, or someone who drops a file into the key folder. Promise: only
 * files of mode 0600 in a folder of mode 0700 are read; a file's name must be the thumbprint of the
 * key in it, so names cannot be swapped. Not done: hardware modules.
 */
#include "crypto/ring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/private.h"

const char *const ring_state_names[] = {
    [KEY_NEXT] = "next", [KEY_ACTIVE] = "active", [KEY_RETIRED] = "retired"
};

void ring_release(struct ring **ring)
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

void ring_unlock(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

result ring_lock(const char *dir, int how, int *fd, struct err *e)
{
    *fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0 || flock(*fd, how) != 0)
        return fail(e, ERR_CONFIG, "%s: %s", dir, strerror(errno));
    return OK;
}

static void folder_close(DIR **d)
{
    if (*d != NULL)
        (void)closedir(*d);
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
    for (size_t i = 0; i < KEY_RETIRED + 1; i++) {
        if (!str_is(word, ring_state_names[i]))
            continue;
        *state = (enum key_state)i;
        return id->n > 0 && id->n <= KEY_ID_BYTES_MAX && str_is(ending, "pem");
    }
    return false;
}

result ring_path(char path[PATH_MAX], const char *dir, struct str id, enum key_state state,
                 struct err *e)
{
    const int n =
        snprintf(path, PATH_MAX, "%s/%.*s.%s.pem", dir, STR_ARG(id), ring_state_names[state]);

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

static result since_read(const char *path, int64_t *ms, struct err *e)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return fail(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
    *ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    return OK;
}

static result key_load(const char *dir, const char *name, struct arena *a, struct key *k,
                       struct err *e)
{
    char path[PATH_MAX];
    struct str id = { 0 };
    enum key_state state = KEY_NEXT;
    enum key_alg alg = KEY_ES256;
    EVP_PKEY *pkey = NULL;
    int64_t since_ms = 0;

    if (!name_read(str_c(name), &id, &state))
        return fail(e, ERR_CONFIG, "%s/%s: not a key's name", dir, name);
    TRY(ring_path(path, dir, id, state, e));
    TRY(since_read(path, &since_ms, e));
    TRY(pkey_read(path, &pkey, e));
    if (key_alg_find(pkey, &alg, e).failed || !str_eq(key_thumbprint(pkey, a), id)) {
        EVP_PKEY_free(pkey);
        return fail(e, ERR_CONFIG, "%s: not the key that its name says", path);
    }
    TRY(key_make(k, pkey, alg, true, e));
    memcpy(k->id, id.p, id.n);
    k->id_n = id.n;
    k->state = state;
    k->since_ms = since_ms;
    return OK;
}

struct key *ring_find(struct ring *r, enum key_alg alg, enum key_state state)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->keys[i].alg == alg && r->keys[i].state == state)
            return &r->keys[i];
    return NULL;
}

static result ring_add(struct ring *r, const char *dir, const char *name, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(RING_SCRATCH_BYTES);
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

result ring_load(const char *dir, struct ring **out, struct err *e)
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
