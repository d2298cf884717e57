/*
 * keyring.h - the service's signing keys and partners' verification keys.
 *
 * A keyring is a folder of private keys `<kid>.<state>.pem` (state: next, active, retired),
 * readable by the owner only. `active` signs; all three are published, so that a client that caches
 * the JWK set for a day knows a key before it is used and still after. A second algorithm has its
 * own active key. A file's time of change says since when its key is in its state. Keys are parsed
 * once; a snapshot is immutable and counted, so that a reload never pulls a key from under a
 * signature. Processes of one machine share the folder: a change by one is noticed by all
 * (keyring_tend). Thread rule: any thread.
 *
 * A verification set holds public keys by kid from a JWK set (RFC 7517): P-256 (ES256), Ed25519
 * (EdDSA) and RSA of 2048 to 8192 bits. Each is bound to one algorithm, which the key or the
 * verifier's own list fixes and never a token's header (RFC 8725 3.1). An RSA key without `alg` is
 * for RS256, or for PS256 where the verifier's list has no RS256. Keys that we cannot verify with
 * (other types and uses, short RSA) are left out; a set where none remains, or with two keys of one
 * id, is ERR_INVALID. Sets are counted: key_set_close ends one holder's use. EdDSA is for verifying
 * only: no key of ours has it.
 */
#ifndef CRYPTO_KEYRING_H
#define CRYPTO_KEYRING_H

#include "base/base.h"

enum key_alg { KEY_ES256, KEY_RS256, KEY_PS256, KEY_EDDSA };
#define KEY_BIT(alg)   (1U << (unsigned)(alg)) /* of a list of algorithms */
#define KEY_BITS_FAPI2 (KEY_BIT(KEY_ES256) | KEY_BIT(KEY_PS256) | KEY_BIT(KEY_EDDSA))

enum key_state { KEY_NEXT, KEY_ACTIVE, KEY_RETIRED };

struct keyring;
struct key;     /* one private key with kid and algorithm; borrowed from a keyring */
struct key_set; /* public keys of a partner */
struct json;

const char *key_alg_name(enum key_alg alg);               /* "ES256", as in RFC 7518 3.1 */
bool key_alg_by_name(struct str name, enum key_alg *alg); /* exactly so spelled */

MUST_USE result keyring_open(const char *dir, struct keyring **out, struct err *e);
MUST_USE result keyring_reload(struct keyring *k, struct err *e); /* keeps the old on failure */
void keyring_close(struct keyring **k);
/* Makes a key file; creates the folder (0700) when absent. ERR_CONFLICT: an active key is there. */
MUST_USE result keyring_make_key(const char *dir, enum key_alg alg, enum key_state state,
                                 struct arena *a, struct str *kid, struct err *e);
struct rotation {
    enum key_alg alg;
    int64_t now_ms;
    int64_t keep_s;  /* keys retired for longer are removed */
    int64_t ahead_s; /* how long a key is published before it signs; 0: it may at once */
    int64_t every_s; /* 0: it is ordered now; else only once the active key is that old */
};

/* next -> active, active -> retired, and a fresh next. In an empty folder: makes an active and a
 * next key. Where only the next key is missing, makes it and moves nothing. *moved tells whether
 * another key signs now. ERR_CONFLICT: ordered, and the next key was not published for ahead_s.
 * Any number of processes may do it at once: it happens once (every_s). */
MUST_USE result keyring_rotate(const char *dir, const struct rotation *r, bool *moved,
                               struct err *e);
/* For the background, one thread: reads the folder again when somebody changed it, and rotates each
 * algorithm that is due by the plan (its alg is not looked at; every_s 0: none is). *changed tells
 * whether the ring is another one now. On failure the ring stays as it was. */
MUST_USE result keyring_tend(struct keyring *k, const struct rotation *plan, bool *changed,
                             struct err *e);

struct key_entry {
    struct str id;
    enum key_alg alg;
    enum key_state state;
    int64_t since_ms; /* in this state */
};

/* What is in a folder: next, active, retired, each by id. */
MUST_USE result keyring_list(const char *dir, struct arena *a, struct key_entry **list, size_t *n,
                             struct err *e);
const char *key_state_name(enum key_state state);

/* Algorithms that have an active key, as KEY_BITs: what we can sign with. */
unsigned keyring_algs(struct keyring *k);
/* The active key for an algorithm; ERR_CONFIG when there is none. Release with key_release. */
MUST_USE result keyring_active(struct keyring *k, enum key_alg alg, struct key **out,
                               struct err *e);
void key_release(struct key **k); /* DEFER(key_release) */
struct str key_id(const struct key *k);
struct json *keyring_jwks(struct keyring *k); /* public keys of all states; caller owns */
/* Public keys of our own ring as a set, to verify our own tokens: made when the ring is read, so
 * that a call costs nothing. Caller closes; it may outlive the ring. */
struct key_set *keyring_public(struct keyring *k);

MUST_USE result key_set_read(const struct json *jwks, struct key_set **out, struct err *e);
/* A set that somebody registers with us as his own: as above, and ERR_INVALID where a key in it
 * shows private members or is a shared secret, where one key stands twice, or where several keys
 * are not all named by kid. Keys for encryption and of other kinds are left out. */
MUST_USE result key_set_read_registered(const struct json *jwks, struct key_set **out,
                                        struct err *e);
void key_set_close(struct key_set **s);
size_t key_set_count(const struct key_set *s);
bool key_set_has(const struct key_set *s, struct str kid);
struct key_set *key_set_hold(struct key_set *s); /* one more key_set_close is due */

#endif
