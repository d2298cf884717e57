/*
 * Security: the attacker registers an address of keys that leads into our networks, answers slowly
 * or endlessly, or floods us with tokens of unknown kids so that we call it, or somebody else,
 * without end. Promised: http/guard.h, one fetch a minute for each client and few at once, and only
 * keys that signatures can be verified with (crypto/keyring.h). Deliberately not done: fetching
 * ahead of need; a key that its owner takes back is believed for ten minutes more.
 */
#include "auth/client_keys.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "crypto/token.h"
#include "http/guard.h"

#define SLOTS           256
#define FETCHES_MAX     2 /* under way; the least FAST pool has more workers in practice */
#define WAITERS_MAX     1
#define FETCH_MS        3000
#define FETCH_BYTES_MAX (64 * 1024)
#define FRESH_MS        (10LL * 60 * 1000)
#define AGAIN_MS        (60LL * 1000)
#define STALE_MS        (6LL * 3600 * 1000)

struct slot {
    struct digest name; /* of the client's id and of what the keys come from */
    bool taken, fetching;
    struct key_set *set; /* NULL: none yet */
    int64_t read_ms, tried_ms;
    uint64_t used; /* the greater the later */
};

struct client_keys {
    pthread_mutex_t lock;
    pthread_cond_t fetched;
    struct slot slots[SLOTS];
    uint64_t uses;
    int fetches, waiters;
};

struct client_keys *client_keys_open(void)
{
    struct client_keys *k = calloc(1, sizeof(*k));

    must(k != NULL);
    must(pthread_mutex_init(&k->lock, NULL) == 0);
    must(pthread_cond_init(&k->fetched, NULL) == 0);
    return k;
}

void client_keys_close(struct client_keys **k)
{
    if (*k == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        key_set_close(&(*k)->slots[i].set);
    (void)pthread_cond_destroy(&(*k)->fetched);
    (void)pthread_mutex_destroy(&(*k)->lock);
    free(*k);
    *k = NULL;
}

/* ---- slots, under the lock ---- */

static struct slot *slot_find(struct client_keys *k, struct digest name)
{
    struct slot *oldest = NULL;

    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *s = &k->slots[i];

        if (s->taken && str_eq(digest_str(&s->name), digest_str(&name)))
            return s;
        if (!s->fetching && (oldest == NULL || !s->taken || s->used < oldest->used))
            oldest = oldest != NULL && !oldest->taken ? oldest : s;
    }
    must(oldest != NULL); /* FETCHES_MAX of them are being fetched */
    key_set_close(&oldest->set);
    *oldest = (struct slot){ .name = name, .taken = true };
    return oldest;
}

static bool within(int64_t then_ms, int64_t now_ms, int64_t span_ms)
{
    return then_ms != 0 && now_ms >= then_ms && now_ms - then_ms < span_ms;
}

static bool slot_serves(const struct slot *s, struct str kid, int64_t now_ms)
{
    return s->set != NULL && within(s->read_ms, now_ms, FRESH_MS) &&
           (kid.n == 0 || key_set_has(s->set, kid));
}

static result slot_give(struct slot *s, int64_t now_ms, enum err_code why, struct key_set **out,
                        struct err *e)
{
    if (s->set == NULL || !within(s->read_ms, now_ms, STALE_MS))
        return fail(e, why, "the client's keys cannot be fetched now");
    *out = key_set_hold(s->set);
    return OK;
}

/* ---- fetching ---- */

static result set_fetch(struct auth *au, struct arena *a, struct str uri, struct key_set **out,
                        struct err *e)
{
    const struct guard_fetch f = {
        .url = uri,
        .loopback_ok = str_is(au->conf->service.national_systems, "simulated"),
        .total_ms = FETCH_MS,
        .bytes_max = FETCH_BYTES_MAX,
    };
    DEFER(json_close) struct json *document = NULL;
    struct str body;

    TRY(guard_get(&f, a, &body, e));
    if (json_read(body, &document, NULL).failed ||
        key_set_read_registered(document, out, NULL).failed)
        return fail(e, ERR_UPSTREAM_BAD, "the client's jwks_uri: no set of public keys");
    return OK;
}

/* Somebody else is fetching it: waits for the end of that. */
static result slot_wait(struct client_keys *k, const struct slot *s, struct err *e)
{
    if (k->waiters >= WAITERS_MAX)
        return fail(e, ERR_BUSY, "the client's keys are being fetched");
    k->waiters++;
    while (s->fetching)
        (void)pthread_cond_wait(&k->fetched, &k->lock);
    k->waiters--;
    return OK;
}

/* Comes and goes with the lock held; it is free while the network is waited for. */
static result slot_fetch(struct auth *au, struct arena *a, const struct client *c, struct slot *s,
                         struct err *e)
{
    struct client_keys *k = au->client_keys;
    struct key_set *fresh = NULL;
    result r;

    if (k->fetches >= FETCHES_MAX)
        return fail(e, ERR_BUSY, "too many sets of keys are being fetched");
    s->tried_ms = clock_now_ms(au->clock);
    s->fetching = true;
    k->fetches++;
    (void)pthread_mutex_unlock(&k->lock);
    r = set_fetch(au, a, c->jwks_uri, &fresh, e);
    (void)pthread_mutex_lock(&k->lock);
    k->fetches--;
    s->fetching = false;
    if (!r.failed) {
        key_set_close(&s->set);
        s->set = fresh;
        s->read_ms = clock_now_ms(au->clock);
    }
    (void)pthread_cond_broadcast(&k->fetched);
    return r;
}

static result fetched_find(struct auth *au, struct arena *a, const struct client *c,
                           struct digest name, struct str kid, struct key_set **out, struct err *e)
{
    struct slot *s = slot_find(au->client_keys, name);
    struct err why = { .code = ERR_UPSTREAM_DOWN };

    if (s->fetching) {
        TRY(slot_wait(au->client_keys, s, e));
        s = slot_find(au->client_keys, name); /* it may be another client's by now */
    }
    s->used = ++au->client_keys->uses;
    if (!slot_serves(s, kid, clock_now_ms(au->clock)) &&
        !within(s->tried_ms, clock_now_ms(au->clock), AGAIN_MS) &&
        slot_fetch(au, a, c, s, &why).failed && s->set == NULL)
        return fail(e, why.code, "%s", why.detail);
    return slot_give(s, clock_now_ms(au->clock), why.code, out, e);
}

/* ---- finding ---- */

static result inline_find(struct client_keys *k, struct str jwks, struct digest name,
                          struct key_set **out, struct err *e)
{
    DEFER(json_close) struct json *document = NULL;
    struct slot *s = slot_find(k, name);

    s->used = ++k->uses;
    if (s->set == NULL)
        if (json_read(jwks, &document, NULL).failed ||
            key_set_read_registered(document, &s->set, NULL).failed)
            return fail(e, ERR_INVALID, "the client's jwks is no set of public keys");
    *out = key_set_hold(s->set);
    return OK;
}

result client_keys_find(struct auth *au, struct arena *a, const struct client *c, struct str kid,
                        struct key_set **out, struct err *e)
{
    struct client_keys *k = au->client_keys;
    const struct digest name = digest_sha256(
        str_fmt(a, "%.*s %.*s %.*s", STR_ARG(c->id), STR_ARG(c->jwks_uri), STR_ARG(c->jwks)));
    result r;

    if (c->jwks.n == 0 && c->jwks_uri.n == 0)
        return fail(e, ERR_INVALID, "the client has no keys");
    (void)pthread_mutex_lock(&k->lock);
    r = c->jwks.n > 0 ? inline_find(k, c->jwks, name, out, e)
                      : fetched_find(au, a, c, name, kid, out, e);
    (void)pthread_mutex_unlock(&k->lock);
    return r;
}

/* Which key the token names: only to know whether to fetch; token_verify() reads it itself. */
static struct str kid_read(struct arena *a, struct str token)
{
    DEFER(json_close) struct json *head = NULL;
    struct str first, rest, bytes, kid = STR("");

    if (!str_cut(token, '.', &first, &rest) || !base64url_decode(a, first, &bytes) ||
        json_read(bytes, &head, NULL).failed || !json_is_object(head))
        return STR("");
    (void)json_str(json_member(head, "kid"), &kid);
    return str_dup(a, kid);
}

result client_token_verify(struct auth *au, struct arena *a, const struct client *c,
                           struct str token, const struct token_expect *expect,
                           struct json **claims, struct err *e)
{
    const unsigned allowed =
        c->profile == CLIENT_FAPI2 ? KEY_BITS_FAPI2 : KEY_BITS_FAPI2 | KEY_BIT(KEY_RS256);
    DEFER(key_set_close) struct key_set *set = NULL;
    struct token_expect narrowed = *expect;

    if (token.n > LIMIT_TOKEN_BYTES)
        return fail(e, ERR_BAD_TOKEN, "longer than %d bytes", LIMIT_TOKEN_BYTES);
    narrowed.algs = expect->algs == 0 ? allowed : expect->algs & allowed;
    if (narrowed.algs == 0)
        return fail(e, ERR_BAD_TOKEN, "no algorithm is left for this client");
    TRY(client_keys_find(au, a, c, kid_read(a, token), &set, e));
    return token_verify(a, set, token, &narrowed, claims, e);
}
