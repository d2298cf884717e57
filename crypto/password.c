/*
 * Attacker: holds a copy of the accounts and guesses passwords offline, or floods the sign-in page
 * to exhaust the machine, or times it to learn which accounts exist. Promise: a guess costs 19 MiB
 * and two passes (argon2id, RFC 9106; OWASP's least); no more checks run at once than there are
 * cores; an unknown account costs what a known one does. Not done: a pepper, and counting failures
 * (auth/lockout does).
 */
#include "crypto/password.h"

#include <argon2.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
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

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t places;

static void places_open(void)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);

    must(sem_init(&places, 0, cores > 0 ? (unsigned)cores : 1) == 0);
}

static void place_take(void)
{
    must(pthread_once(&once, places_open) == 0);
    while (sem_wait(&places) != 0)
        must(errno == EINTR);
}

static void place_give(void)
{
    must(sem_post(&places) == 0);
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
    place_take();
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

    place_take();
    (void)argon2id_hash_raw(PASSES, MEMORY_KIB, LANES, password->bytes, password->n, salt,
                            sizeof(salt), hash, sizeof(hash));
    place_give();
    explicit_bzero(hash, sizeof(hash));
}

bool password_is(const struct secret *password, struct str encoded)
{
    char text[ENCODED_BYTES] = { 0 };
    int rc;

    /* Other parameters are not obeyed: they would let a written row cost any time and memory. */
    if (!str_starts(encoded, STR(FORM)) || encoded.n >= sizeof(text)) {
        work(password);
        return false;
    }
    memcpy(text, encoded.p, encoded.n);
    place_take();
    rc = argon2id_verify(text, password->bytes, password->n);
    place_give();
    return rc == ARGON2_OK;
}
