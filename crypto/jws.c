/*
 * Attacker: writes any header, body and encoding. Promise: what comes out has one spelling and one
 * meaning: three parts of bounded length, canonical base64url, strict JSON without repeated
 * members, no header that would change what the signature covers. Not done: judging any of it;
 * that is token.c's and token_proof.c's.
 */
#include "crypto/jws.h"

#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"

#define TIME_MAX_S 253402300799 /* the end of year 9999 */

result jws_bad(struct err *e, const char *why)
{
    return fail(e, ERR_BAD_TOKEN, "%s", why);
}

/* A token's part: base64url of a JSON object. */
result jws_object_read(struct arena *a, struct str text, struct json **out, struct err *e)
{
    struct str bytes;

    if (!base64url_decode(a, text, &bytes))
        return jws_bad(e, "not canonical base64url");
    if (json_read(bytes, out, e).failed)
        return jws_bad(e, "part is not strict JSON");
    if (!json_is_object(*out))
        return jws_bad(e, "part is not an object");
    return OK;
}

/* Members that would change what the signature means, present with any value. */
result jws_members_check(const struct json *head, struct err *e)
{
    static const char *const names[] = { "crit", "zip", "b64", "cty" };
    struct json *value;

    for (size_t i = 0; i < LEN(names); i++)
        if (json_lookup(head, str_c(names[i]), &value))
            return fail(e, ERR_BAD_TOKEN, "header has %s", names[i]);
    return OK;
}

/* Seconds since 1970, whole: everyone we talk to writes them so. */
result jws_time_read(const struct json *claims, const char *name, int64_t *out, struct err *e)
{
    const struct json *v = json_member(claims, name);

    if (v != NULL && (!json_int(v, out) || *out < 0 || *out > TIME_MAX_S))
        return fail(e, ERR_BAD_TOKEN, "%s is not a time in seconds", name);
    return OK;
}

result jws_cut(struct str token, struct str part[3], struct err *e)
{
    if (token.n > LIMIT_TOKEN_BYTES)
        return jws_bad(e, "too long");
    for (int i = 0; i < 3; i++)
        if (!str_next(&token, '.', &part[i]) || part[i].n == 0)
            return jws_bad(e, "not three parts");
    return token.p == NULL ? OK : jws_bad(e, "not three parts");
}
