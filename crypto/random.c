/*
 * Attacker: guesses a session, a code, an identifier. Promise: every bit asked for comes from
 * OpenSSL's generator, seeded by the system; when that fails the process stops. A thread asks for
 * some ahead, since asking costs far more than the bits; each is given out once and wiped from
 * there, and a child process, which has the same ones, gives out none of them. Deliberately not
 * done: identifiers (random_id) are unguessable by their 80 random bits, but they are names, shown
 * in addresses and logs; they never stand for permission.
 */
#include "crypto/random.h"

#include <limits.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/str.h"

#define ID_CHARS    26
#define AHEAD_BYTES 512

/* The last `left` bytes are unused. */
struct ahead {
    unsigned char bytes[AHEAD_BYTES];
    size_t left;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_thread_end;
static atomic_uint process; /* another number in a child */
static _Thread_local struct ahead ahead;
static _Thread_local unsigned ahead_of; /* the process that asked */

static void child_begin(void)
{
    atomic_fetch_add(&process, 1);
}

static void ahead_wipe(void *p)
{
    explicit_bzero(p, sizeof(struct ahead));
}

static void once_run(void)
{
    must(pthread_atfork(NULL, NULL, child_begin) == 0);
    must(pthread_key_create(&at_thread_end, ahead_wipe) == 0);
}

static void ahead_ask(void)
{
    must(pthread_once(&once, once_run) == 0);
    must(pthread_setspecific(at_thread_end, &ahead) == 0);
    must(RAND_bytes(ahead.bytes, sizeof(ahead.bytes)) == 1);
    ahead.left = sizeof(ahead.bytes);
    ahead_of = atomic_load(&process);
}

void random_fill(void *p, size_t n)
{
    unsigned char *from;

    must(n <= INT_MAX);
    if (n > AHEAD_BYTES / 4) {
        must(RAND_bytes(p, (int)n) == 1);
        return;
    }
    if (ahead.left < n || ahead_of != atomic_load(&process))
        ahead_ask();
    from = ahead.bytes + AHEAD_BYTES - ahead.left;
    memcpy(p, from, n);
    explicit_bzero(from, n);
    ahead.left -= n;
}

struct str random_token(struct arena *a, size_t bits)
{
    unsigned char bytes[128];
    const size_t n = bits / 8;
    struct str token;

    must(bits % 8 == 0 && bits >= 128);
    must(n <= sizeof(bytes));
    random_fill(bytes, n);
    token = base64url_encode(a, str_of(bytes, n));
    explicit_bzero(bytes, sizeof(bytes));
    return token;
}

struct str random_uuid(struct arena *a)
{
    unsigned char b[16];
    struct str hex;

    random_fill(b, sizeof(b));
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* RFC 9562 5.4: version 4 */
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80); /* and variant 10 */
    hex = hex_encode(a, str_of(b, sizeof(b)));
    return str_fmt(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex.p, hex.p + 8, hex.p + 12, hex.p + 16,
                   hex.p + 20);
}

/* 128 bits in 26 characters of five bits each; the first character carries only three. */
static void id_print(const unsigned char bits[16], char *out)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned window = 0;
    int held = 2; /* two zero bits in front make 130 */
    size_t in = 0;

    for (size_t i = 0; i < ID_CHARS; i++) {
        if (held < 5) {
            window = (window << 8) | bits[in++];
            held += 8;
        }
        held -= 5;
        out[i] = alphabet[(window >> held) & 31];
    }
    must(in == 16 && held == 0);
}

struct str random_id(struct arena *a, const char *prefix, int64_t now_ms)
{
    const size_t n = strlen(prefix);
    unsigned char bits[16];
    char *out = arena_alloc(a, n + ID_CHARS + 1);

    must(now_ms >= 0 && now_ms < (int64_t)1 << 48);
    for (int i = 0; i < 6; i++)
        bits[i] = (unsigned char)(now_ms >> (40 - 8 * i));
    random_fill(bits + 6, 10);
    memcpy(out, prefix, n);
    id_print(bits, out + n);
    return (struct str){ out, n + ID_CHARS };
}
