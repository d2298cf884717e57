/*
 * Attacker: holds a copy of the accounts and guesses passwords offline, or floods the sign-in page
 * to exhaust the machine, or times it to learn which accounts exist. Promise: a guess costs 19 MiB
 * and two passes (argon2id, RFC 9106; OWASP's least); no more checks run at once than there are
 * cores and a few more wait, so that memory and time stay bounded, and who comes then is told so
 * before any work is done; an unknown account costs what a known one does. Not done: a pepper, and
 * counting failures, which is auth's.
 */
#include "crypto/password.h"

#include <argon2.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "crypto/random.h"
#include "crypto/secret.h"

#define MEMORY_KIB    19456
#define PASSES        2
#define LANES         1
#define SALT_BYTES    16
#define HASH_BYTES    32
#define ENCODED_BYTES 128
#define FORM          "$argon2id$v=19$m=19456,t=2,p=1$"

/* A check takes 24 ms: whoever waits, waits about a tenth of a second. */
#define WAITING_PER_CORE 4

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    long cores, running, waiting;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER };

static void pool_open(void)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);

    pool.cores = cores > 0 ? cores : 1;
}

static result place_take(struct err *e)
{
    bool full;

    must(pthread_once(&once, pool_open) == 0);
    must(pthread_mutex_lock(&pool.lock) == 0);
    full = pool.running == pool.cores && pool.waiting == WAITING_PER_CORE * pool.cores;
    if (!full) {
        pool.waiting++;
        while (pool.running == pool.cores)
            must(pthread_cond_wait(&pool.freed, &pool.lock) == 0);
        pool.waiting--;
        pool.running++;
    }
    must(pthread_mutex_unlock(&pool.lock) == 0);
    return full ? fail(e, ERR_BUSY, "passwords: all places are taken") : OK;
}

static void place_give(void)
{
    must(pthread_mutex_lock(&pool.lock) == 0);
    pool.running--;
    must(pthread_cond_signal(&pool.freed) == 0);
    must(pthread_mutex_unlock(&pool.lock) == 0);
}

result password_hash(struct arena *a, const struct secret *password, struct str *encoded,
                     struct err *e)
{
    unsigned char salt[SALT_BYTES];
    char text[ENCODED_BYTES];
    int rc;

    if (password->n == 0)
        return fail_field(e, ERR_INVALID, "password", "empty");
    random_fill(salt, sizeof(salt));
    TRY(place_take(e));
    rc = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password->bytes, password->n, salt,
                               sizeof(salt), HASH_BYTES, text, sizeof(text));
    place_give();
    if (rc != ARGON2_OK)
        return fail(e, ERR_CRYPTO, "argon2: %s", argon2_error_message(rc));
    *encoded = str_dup(a, str_c(text));
    return OK;
}

/* The work of a check, for nothing. */
static void work(const struct secret *password)
{
    static const unsigned char salt[SALT_BYTES] = { 0 };
    unsigned char hash[HASH_BYTES];

    (void)argon2id_hash_raw(PASSES, MEMORY_KIB, LANES, password->bytes, password->n, salt,
                            sizeof(salt), hash, sizeof(hash));
    explicit_bzero(hash, sizeof(hash));
}

result password_check(const struct secret *password, struct str encoded, bool *right, struct err *e)
{
    char text[ENCODED_BYTES] = { 0 };

    *right = false;
    TRY(place_take(e));
    /* Other parameters are not obeyed: they would let a written row cost any time and memory. */
    if (!str_starts(encoded, STR(FORM)) || encoded.n >= sizeof(text)) {
        work(password);
    } else {
        memcpy(text, encoded.p, encoded.n);
        *right = argon2id_verify(text, password->bytes, password->n) == ARGON2_OK;
    }
    place_give();
    return OK;
}
