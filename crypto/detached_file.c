/*
 * Attacker: who changes a file on its way, or brings a signature made for something else or by a
 * weaker algorithm. Promise: the signature is of the given key, by the given algorithm, over
 * exactly these bytes. Deliberately not done: embedded keys, certificates, unencoded payloads (RFC
 * 7797).
 */
#include "crypto/detached_file.h"

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/jws.h"
#include "crypto/key.h"

#define HEAD_WORK_BYTES ((size_t)1 << 20)

static result key_load(struct str jwk, enum key_alg alg, struct arena *a, struct key *out,
                       struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct err why = { 0 };

    if (json_read(jwk, &o, &why).failed || key_read_jwk(o, a, out, &why).failed)
        return fail(e, ERR_CONFIG, "the key of the signature: %s", why.detail);
    if (out->alg != alg)
        return fail(e, ERR_CONFIG, "the key of the signature is of another kind");
    return OK;
}

static result head_check(struct str first, enum key_alg want, struct arena *a, struct err *e)
{
    DEFER(json_close) struct json *head = NULL;
    struct str alg;

    TRY(jws_object_read(a, first, &head, e));
    TRY(jws_members_check(head, e));
    if (json_need_str(head, "alg", 16, &alg, e).failed || !str_is(alg, key_alg_name(want)))
        return jws_bad(e, "another algorithm than that of the key");
    return OK;
}

result detached_file_verify(struct str jwk, enum key_alg alg, struct str bytes, struct str jws,
                            struct err *e)
{
    DEFER(arena_close)
    struct arena *a = arena_open(bytes.n / 3 * 4 * 3 + HEAD_WORK_BYTES);
    DEFER(key_close) struct key key = { .pkey = NULL };
    struct str first, rest, empty, last, sig;

    jws = str_trim(jws);
    if (jws.n == 0 || jws.n > DETACHED_FILE_BYTES || !str_cut(jws, '.', &first, &rest) ||
        !str_cut(rest, '.', &empty, &last) || empty.n > 0)
        return jws_bad(e, "not a detached signature");
    TRY(key_load(jwk, alg, a, &key, e));
    TRY(head_check(first, alg, a, e));
    if (!base64url_decode(a, last, &sig))
        return jws_bad(e, "signature is not canonical base64url");
    first = str_cat(a, first, STR("."));
    return key_verify(&key, alg, str_cat(a, first, base64url_encode(a, bytes)), sig)
               ? OK
               : jws_bad(e, "signature does not match");
}
