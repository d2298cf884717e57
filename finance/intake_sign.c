/*
 * Attacker: who changes a file on its way. Promise: a file of a source that signs is believed with
 * the signature of that source's key only. Deliberately not done: asking whether the key was
 * withdrawn; it is replaced by a new row of the source.
 */
#include "finance/intake_sign.h"

#include "base/err.h"
#include "base/str.h"
#include "conf/file.h"
#include "crypto/detached_file.h"

#define KEY_BYTES_MAX 16384

result intake_sign_check(const struct source *s, struct str bytes, struct str jws, struct arena *a,
                         struct err *e)
{
    static const enum key_alg algs[] = {
        [SOURCE_RS256] = KEY_RS256, [SOURCE_ES256] = KEY_ES256, [SOURCE_EDDSA] = KEY_EDDSA
    };
    struct err why = { 0 };
    struct str jwk;

    must(s->alg != SOURCE_UNSIGNED);
    if (conf_file_load(a, s->key_file, KEY_BYTES_MAX, &jwk, &why).failed)
        return fail(e, ERR_CONFIG, "source %.*s: signature key: %s", STR_ARG(s->id), why.detail);
    return detached_file_verify(jwk, algs[s->alg], bytes, jws, e);
}
