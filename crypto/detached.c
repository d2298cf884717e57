/*
 * Attacker: who changes signed bytes, or would have a signature of one kind taken for another.
 * Promise: the signature is of a key in the set, by that key's algorithm, over exactly these bytes
 * and for this type. Deliberately not done: unencoded payloads (RFC 7797); embedded keys.
 */
#include "crypto/detached.h"

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/jws.h"
#include "crypto/key.h"
#include "crypto/keyring.h"

#define JWS_BYTES_MAX 4096

static struct str head_make(struct arena *a, const struct key *key, const char *typ)
{
    DEFER(json_close) struct json *head = json_object();

    json_put_str(head, "alg", str_c(key_alg_name(key->alg)));
    json_put_str(head, "kid", key_id(key));
    json_put_str(head, "typ", str_c(typ));
    return base64url_encode(a, json_print_canonical(a, head));
}

static struct str signed_make(struct arena *a, struct str head, struct str bytes)
{
    return str_cat(a, str_cat(a, head, STR(".")), base64url_encode(a, bytes));
}

result detached_sign(struct arena *a, const struct key *key, const char *typ, struct str bytes,
                     struct str *out, struct err *e)
{
    const struct str head = head_make(a, key, typ);
    struct str sig = { 0 };

    TRY(key_sign(key, a, signed_make(a, head, bytes), &sig, e));
    *out = str_cat(a, str_cat(a, head, STR("..")), base64url_encode(a, sig));
    return OK;
}

static const struct key *key_by_head(const struct key_set *keys, struct str kid, struct str alg)
{
    for (size_t i = 0; i < keys->n; i++)
        if (str_eq(key_id(&keys->keys[i]), kid))
            return str_is(alg, key_alg_name(keys->keys[i].alg)) ? &keys->keys[i] : NULL;
    return NULL;
}

result detached_verify(struct arena *a, const struct key_set *keys, const char *typ,
                       struct str bytes, struct str jws, struct err *e)
{
    DEFER(json_close) struct json *head = NULL;
    struct str first, rest, empty, last, sig, has, kid, alg;
    const struct key *key;

    if (jws.n > JWS_BYTES_MAX || !str_cut(jws, '.', &first, &rest) ||
        !str_cut(rest, '.', &empty, &last) || empty.n > 0)
        return jws_bad(e, "not a detached signature");
    TRY(jws_object_read(a, first, &head, e));
    TRY(jws_members_check(head, e));
    if (json_want_str(head, "typ", 64, &has, e).failed || !str_is(has, typ))
        return jws_bad(e, "unexpected typ");
    if (json_want_str(head, "kid", KEY_ID_BYTES_MAX, &kid, e).failed ||
        json_want_str(head, "alg", 16, &alg, e).failed)
        return jws_bad(e, "alg and kid are not short texts");
    key = key_by_head(keys, kid, alg);
    if (key == NULL)
        return jws_bad(e, "no such key");
    if (!base64url_decode(a, last, &sig))
        return jws_bad(e, "signature is not canonical base64url");
    return key_verify(key, key->alg, signed_make(a, first, bytes), sig)
               ? OK
               : jws_bad(e, "signature does not match");
}

struct str detached_key(struct arena *a, const struct key *key)
{
    DEFER(json_close) struct json *jwk = key_jwk(key, a);

    return json_print_canonical(a, jwk);
}

result detached_verify_kept(struct arena *a, struct str jwk, const char *typ, struct str bytes,
                            struct str jws, struct str *thumbprint, struct err *e)
{
    DEFER(key_set_close) struct key_set *set = NULL;
    DEFER(json_close) struct json *jwks = json_object();
    struct json *list = json_array(), *one = NULL;

    json_put(jwks, "keys", list);
    if (json_read(jwk, &one, e).failed)
        return jws_bad(e, "the key that was kept is no JSON");
    json_add(list, one);
    if (key_set_read(jwks, &set, e).failed)
        return jws_bad(e, "the key that was kept is none");
    TRY(detached_verify(a, set, typ, bytes, jws, e));
    *thumbprint = key_thumbprint(set->keys[0].pkey, a);
    return OK;
}
