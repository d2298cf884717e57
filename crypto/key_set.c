/*
 * Attacker: controls what a partner's key address answers. Promise: only keys that key.h describes
 * get in; two keys of one id are refused, since a token could then mean either. Not done: trusting
 * the set itself; it comes over TLS from an address in the configuration.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/key.h"

#define SCRATCH_BYTES (256 * 1024)

void key_set_close(struct key_set **s)
{
    if (*s == NULL)
        return;
    for (size_t i = 0; i < (*s)->n; i++)
        key_close(&(*s)->keys[i]);
    free(*s);
    *s = NULL;
}

size_t key_set_count(const struct key_set *s)
{
    return s->n;
}

static bool has_id(const struct key_set *s, const struct key *k)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(str_of(s->keys[i].id, s->keys[i].id_n), str_of(k->id, k->id_n)))
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
        if (has_id(set, &k)) {
            key_close(&k);
            return fail_field(e, ERR_INVALID, "kid", "two keys of one id");
        }
        set->keys[set->n++] = k;
    }
    return set->n > 0 ? OK : fail_field(e, ERR_INVALID, "keys", "no key that we can verify with");
}

result key_set_read(const struct json *jwks, struct key_set **out, struct err *e)
{
    DEFER(key_set_close) struct key_set *set = calloc(1, sizeof(*set));
    struct json *keys = NULL;

    must(set != NULL);
    TRY(json_need_array(jwks, "keys", KEYS_MAX, &keys, e));
    TRY(keys_read(keys, set, e));
    *out = set;
    set = NULL;
    return OK;
}
