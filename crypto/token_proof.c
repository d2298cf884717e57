/*
 * Attacker: makes any proof it likes with keys of its own, and replays what it saw. Promise (RFC
 * 9449 4.3): claims come out only of a JWT of type dpop+jwt whose signature is of the one public
 * key in its header, by the algorithm that this kind of key has, and never by a MAC, by RS256 or
 * without a signature; and that was made just now. The thumbprint is made of the key that was used,
 * not of its spelling. Keys that made a good proof are kept for a while, by the whole JWK as it was
 * written, since reading one costs as much as a signature; strangers can push them out, and then
 * they are read again. Not done: what the proof is for (method, address, access token, nonce) and
 * that it comes once, which its callers know.
 */
#include <pthread.h>
#include <string.h>

#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/jws.h"
#include "crypto/key.h"
#include "crypto/token.h"

#define JTI_BYTES_MAX 256

#define KEPT_COUNT 128 /* about a megabyte */

static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept {
    struct digest name;
    struct key_set *set; /* the one key, with its thumbprint as its id */
} kept[KEPT_COUNT];

static struct kept *kept_at(const struct digest *name)
{
    return &kept[name->bytes[0] % KEPT_COUNT];
}

static struct key_set *kept_find(const struct digest *name)
{
    struct kept *k = kept_at(name);
    struct key_set *found = NULL;

    must(pthread_mutex_lock(&kept_lock) == 0);
    if (k->set != NULL && str_eq(digest_str(&k->name), digest_str(name)))
        found = key_set_hold(k->set);
    must(pthread_mutex_unlock(&kept_lock) == 0);
    return found;
}

static void kept_put(const struct digest *name, struct key_set *set)
{
    struct key_set *old DEFER(key_set_close) = NULL;
    struct kept *k = kept_at(name);

    must(pthread_mutex_lock(&kept_lock) == 0);
    if (k->set != set) {
        old = k->set;
        *k = (struct kept){ .name = *name, .set = key_set_hold(set) };
    }
    must(pthread_mutex_unlock(&kept_lock) == 0);
}

static result key_read(struct arena *a, const struct json *jwk, struct key_set **out, struct err *e)
{
    DEFER(key_set_close) struct key_set *set = key_set_make();
    struct key *k = &set->keys[0];
    struct str id;

    if (key_read_jwk(jwk, a, k, NULL).failed)
        return jws_bad(e, "jwk is no key for proofs");
    set->n = 1;
    id = key_thumbprint(k->pkey, a);
    memcpy(k->id, id.p, id.n);
    k->id_n = id.n;
    *out = set;
    set = NULL;
    return OK;
}

/* The key out of the header, one hold on it, and the name by which it may be kept. */
static result jwk_take(struct arena *a, const struct json *head, struct digest *name,
                       struct key_set **out, struct err *e)
{
    const struct json *jwk = json_member(head, "jwk");

    if (!json_is_object(jwk))
        return jws_bad(e, "no jwk");
    if (key_jwk_is_private(jwk))
        return jws_bad(e, "jwk is private or secret");
    *name = digest_sha256(json_print(a, jwk));
    *out = kept_find(name);
    return *out != NULL ? OK : key_read(a, jwk, out, e);
}

static result head_check(const struct json *head, const struct key *key, unsigned algs,
                         enum key_alg *alg, struct err *e)
{
    struct str typ, named;

    TRY(jws_members_check(head, e));
    if (!json_str(json_member(head, "typ"), &typ) || !str_is(typ, "dpop+jwt"))
        return jws_bad(e, "unexpected typ");
    if (!key_alg_fix(key, algs, alg))
        return jws_bad(e, "the key's algorithm is not allowed here");
    if (!json_str(json_member(head, "alg"), &named) || !str_is(named, key_alg_name(*alg)))
        return jws_bad(e, "alg is not the key's");
    return OK;
}

static result claims_check(const struct json *claims, const struct token_proof_expect *x,
                           struct err *e)
{
    int64_t iat = -1, nbf = 0, exp = INT64_MAX;
    struct str jti;

    if (!json_str(json_member(claims, "jti"), &jti) || jti.n == 0 || jti.n > JTI_BYTES_MAX)
        return jws_bad(e, "no jti, or none of a fit length");
    TRY(jws_time_read(claims, "iat", &iat, e));
    TRY(jws_time_read(claims, "nbf", &nbf, e));
    TRY(jws_time_read(claims, "exp", &exp, e));
    if (iat < 0)
        return jws_bad(e, "no iat");
    if (iat < x->now_s - x->past_s)
        return jws_bad(e, "issued too long ago");
    if (iat > x->now_s + x->future_s)
        return jws_bad(e, "issued in the future");
    if (nbf > x->now_s + x->future_s)
        return jws_bad(e, "not valid yet");
    return exp > x->now_s - x->future_s ? OK : jws_bad(e, "expired");
}

static result proof_read(struct arena *a, struct str proof, const struct token_proof_expect *x,
                         struct key_set **by, struct json **claims, struct err *e)
{
    DEFER(json_close) struct json *head = NULL;
    DEFER(json_close) struct json *body = NULL;
    enum key_alg alg = KEY_ES256;
    struct digest name;
    struct str part[3], sig;

    TRY(jws_cut(proof, part, e));
    TRY(jws_object_read(a, part[0], &head, e));
    TRY(jwk_take(a, head, &name, by, e));
    TRY(head_check(head, &(*by)->keys[0], x->algs != 0 ? x->algs : KEY_BITS_FAPI2, &alg, e));
    if (!base64url_decode(a, part[2], &sig))
        return jws_bad(e, "signature is not canonical base64url");
    if (!key_verify(&(*by)->keys[0], alg, str_of(proof.p, part[0].n + 1 + part[1].n), sig))
        return jws_bad(e, "signature does not match");
    TRY(jws_object_read(a, part[1], &body, e));
    TRY(claims_check(body, x, e));
    kept_put(&name, *by);
    *claims = body;
    body = NULL;
    return OK;
}

result token_verify_proof(struct arena *a, struct str proof,
                          const struct token_proof_expect *expect, struct token_proof *out,
                          struct err *e)
{
    DEFER(key_set_close) struct key_set *by = NULL;

    must((expect->algs & ~KEY_BITS_FAPI2) == 0);
    must(expect->past_s > 0 && expect->future_s >= 0);
    TRY(proof_read(a, proof, expect, &by, &out->claims, e));
    out->thumbprint = str_dup(a, key_id(&by->keys[0]));
    return OK;
}
