/*
 * Attacker: controls what a partner's key address answers, or registers a set with us. Promise:
 * only keys that key.h describes get in; two keys of one id are refused, since a token could then
 * mean either; a registered set that gives a private key away is refused whole. Not done: trusting
 * the set itself; it comes over TLS from an address in the configuration or the registration.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/key.h"

#define SCRATCH_BYTES (256 * 1024)

struct key_set *key_set_make(void)
{
    struct key_set *s = calloc(1, sizeof(*s));

    must(s != NULL);
    atomic_store(&s->holders, 1);
    return s;
}

struct key_set *key_set_hold(struct key_set *s)
{
    atomic_fetch_add(&s->holders, 1);
    return s;
}

void key_set_close(struct key_set **s)
{
    struct key_set *set = *s;

    *s = NULL;
    if (set == NULL || atomic_fetch_sub(&set->holders, 1) > 1)
        return;
    for (size_t i = 0; i < set->n; i++)
        key_close(&set->keys[i]);
    free(set);
}

size_t key_set_count(const struct key_set *s)
{
    return s->n;
}

bool key_set_has(const struct key_set *s, struct str kid)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(key_id(&s->keys[i]), kid))
            return true;
    return false;
}

static result keys_read(const struct json *keys, struct key_set *set, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(SCRATCH_BYTES);
    struct key k = { 0 };

    for (size_t i = 0; i < json_count(keys); i++) {
        arena_reset(a);
        /* RFC 7517 5: what we do not understand is somebody else's. */
        if (key_read_jwk(json_at(keys, i), a, &k, NULL).failed)
            continue;
        if (key_set_has(set, key_id(&k))) {
            key_close(&k);
            return fail_field(e, ERR_INVALID, "kid", "two keys of one id");
        }
        set->keys[set->n++] = k;
    }
    return set->n > 0 ? OK : fail_field(e, ERR_INVALID, "keys", "no key that we can verify with");
}

result key_set_read(const struct json *jwks, struct key_set **out, struct err *e)
{
    DEFER(key_set_close) struct key_set *set = key_set_make();
    struct json *keys = NULL;

    TRY(json_need_array(jwks, "keys", KEYS_MAX, &keys, e));
    TRY(keys_read(keys, set, e));
    *out = set;
    set = NULL;
    return OK;
}

/* A key under two names would let its owner say later that the other one signed. */
static bool has_twice(const struct key_set *s)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = i + 1; j < s->n; j++)
            if (EVP_PKEY_eq(s->keys[i].pkey, s->keys[j].pkey) == 1)
                return true;
    return false;
}

result key_set_read_registered(const struct json *jwks, struct key_set **out, struct err *e)
{
    DEFER(key_set_close) struct key_set *set = NULL;
    struct json *keys = NULL;

    TRY(json_need_array(jwks, "keys", KEYS_MAX, &keys, e));
    for (size_t i = 0; i < json_count(keys); i++) {
        if (!json_is_object(json_at(keys, i)))
            return fail_field(e, ERR_INVALID, "keys", "key %zu is no object", i + 1);
        if (key_jwk_is_private(json_at(keys, i)))
            return fail_field(e, ERR_INVALID, "keys", "key %zu is private or secret", i + 1);
    }
    TRY(key_set_read(jwks, &set, e));
    for (size_t i = 0; set->n > 1 && i < set->n; i++)
        if (set->keys[i].id_n == 0)
            return fail_field(e, ERR_INVALID, "kid", "several keys, and one without kid");
    if (has_twice(set))
        return fail_field(e, ERR_INVALID, "keys", "one key twice");
    *out = set;
    set = NULL;
    return OK;
}
