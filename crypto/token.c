/*
 * Attacker: writes any token it likes, knows every public key, and replays tokens made for others.
 * Promise (RFC 8725): only a token signed with the key that its kid names, by that key's one
 * algorithm, with the expected typ, issuer and audience, and in time, gives claims. The key decides
 * the algorithm; a header that says another fails (`none`, HMAC with a public key as the secret).
 * Keys and addresses inside a token are never used. One byte string has one meaning: base64url is
 * canonical, members are not repeated.
 *
 * libjwt builds header and claims. It neither signs nor verifies: it parses the key at each call,
 * and its decoding believes the token's own algorithm. Not done: encrypted and nested tokens, and
 * revocation, which is its callers' knowledge.
 */
#include "crypto/token.h"

#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/key.h"

#define CLAIM_BYTES_MAX 1024
#define AUDIENCES_MAX   16
#define TIME_MAX_S      253402300799 /* the end of year 9999 */

static void build_close(jwt_t **t)
{
    jwt_free(*t);
}

static void text_close(char **t)
{
    free(*t);
}

static bool head_put(jwt_t *t, const struct key *key, const char *typ, struct arena *a)
{
    return jwt_add_header(t, "alg", key_alg_name(key->alg)) == 0 &&
           jwt_add_header(t, "kid", str_cstr(a, key_id(key))) == 0 &&
           jwt_add_header(t, "typ", typ != NULL ? typ : "JWT") == 0;
}

result token_sign(struct arena *a, const struct key *key, const char *typ,
                  const struct json *claims, struct str *out, struct err *e)
{
    DEFER(build_close) jwt_t *t = NULL;
    DEFER(text_close) char *head = NULL;
    DEFER(text_close) char *body = NULL;
    struct str signed_part, sig = { 0 };

    must(json_is_object(claims));
    must(jwt_new(&t) == 0);
    if (!head_put(t, key, typ, a) ||
        jwt_add_grants_json(t, str_cstr(a, json_print(a, claims))) != 0)
        return fail(e, ERR_CRYPTO, "claims could not be built");
    head = jwt_get_headers_json(t, NULL);
    body = jwt_get_grants_json(t, NULL);
    must(head != NULL && body != NULL);
    signed_part = str_cat(a, base64url_encode(a, str_c(head)), STR("."));
    signed_part = str_cat(a, signed_part, base64url_encode(a, str_c(body)));
    TRY(key_sign(key, a, signed_part, &sig, e));
    signed_part = str_cat(a, signed_part, STR("."));
    *out = str_cat(a, signed_part, base64url_encode(a, sig));
    return OK;
}

static result bad(struct err *e, const char *why)
{
    return fail(e, ERR_BAD_TOKEN, "%s", why);
}

/* A token's part: base64url of a JSON object. */
static result object_read(struct arena *a, struct str text, struct json **out, struct err *e)
{
    struct str bytes;

    if (!base64url_decode(a, text, &bytes))
        return bad(e, "not canonical base64url");
    if (json_read(bytes, out, e).failed)
        return bad(e, "part is not strict JSON");
    if (!json_is_object(*out))
        return bad(e, "part is not an object");
    return OK;
}

/* Members that would change what the signature means, present with any value. */
static result head_check_members(const struct json *head, struct err *e)
{
    static const char *const names[] = { "crit", "zip", "b64", "cty" };
    struct json *value;

    for (size_t i = 0; i < LEN(names); i++)
        if (json_lookup(head, str_c(names[i]), &value))
            return fail(e, ERR_BAD_TOKEN, "header has %s", names[i]);
    return OK;
}

static result typ_check(const struct json *head, const char *typ, struct err *e)
{
    struct str has = { 0 };

    if (json_want_str(head, "typ", 64, &has, e).failed)
        return bad(e, "typ is not a short text");
    if (typ == NULL)
        return has.n == 0 || str_eq_nocase(has, STR("JWT")) ? OK : bad(e, "unexpected typ");
    /* RFC 7515 4.1.9: "application/" may be left out, and case does not count. */
    if (str_eq_nocase(str_sub(has, 0, 12), STR("application/")))
        has = str_from(has, 12);
    return str_eq_nocase(has, str_c(typ)) ? OK : bad(e, "unexpected typ");
}

static result key_find(const struct key_set *keys, const struct json *head, const struct key **out,
                       struct err *e)
{
    struct str kid;

    if (json_member(head, "kid") == NULL) {
        *out = &keys->keys[0];
        return keys->n == 1 ? OK : bad(e, "no kid, and several keys");
    }
    if (!json_str(json_member(head, "kid"), &kid) || kid.n == 0)
        return bad(e, "kid is not a text");
    for (size_t i = 0; i < keys->n; i++) {
        *out = &keys->keys[i];
        if (str_eq(key_id(*out), kid))
            return OK;
    }
    return bad(e, "unknown kid");
}

static result head_check(struct arena *a, const struct key_set *keys, struct str text,
                         const char *typ, const struct key **key, struct err *e)
{
    DEFER(json_close) struct json *head = NULL;
    struct str alg;

    TRY(object_read(a, text, &head, e));
    TRY(head_check_members(head, e));
    TRY(key_find(keys, head, key, e));
    if (!json_str(json_member(head, "alg"), &alg) || !str_is(alg, key_alg_name((*key)->alg)))
        return bad(e, "alg is not the key's");
    return typ_check(head, typ, e);
}

/* Seconds since 1970, whole: everyone we talk to writes them so. */
static result time_read(const struct json *claims, const char *name, int64_t *out, struct err *e)
{
    const struct json *v = json_member(claims, name);

    if (v != NULL && (!json_int(v, out) || *out < 0 || *out > TIME_MAX_S))
        return fail(e, ERR_BAD_TOKEN, "%s is not a time", name);
    return OK;
}

static result times_check(const struct json *claims, const struct token_expect *x, struct err *e)
{
    int64_t exp = -1, nbf = 0, iat = 0;

    TRY(time_read(claims, "exp", &exp, e));
    TRY(time_read(claims, "nbf", &nbf, e));
    TRY(time_read(claims, "iat", &iat, e));
    if (exp < 0)
        return bad(e, "no exp");
    if (!x->expired_ok && x->now_s - x->skew_s >= exp)
        return bad(e, "expired");
    if (x->now_s + x->skew_s < nbf)
        return bad(e, "not valid yet");
    if (x->now_s + x->skew_s < iat)
        return bad(e, "issued in the future");
    return OK;
}

static result audience_check(const struct json *claims, struct str audience, struct err *e)
{
    const struct json *aud = json_member(claims, "aud");
    struct str one;
    bool found = false;

    if (json_str(aud, &one))
        return str_eq(one, audience) ? OK : bad(e, "for another audience");
    if (!json_is_array(aud) || json_count(aud) > AUDIENCES_MAX)
        return bad(e, "aud is no audience");
    for (size_t i = 0; i < json_count(aud); i++) {
        if (!json_str(json_at(aud, i), &one))
            return bad(e, "aud holds something else than texts");
        found = found || str_eq(one, audience);
    }
    return found ? OK : bad(e, "for other audiences");
}

static result claims_check(const struct json *claims, const struct token_expect *x, struct err *e)
{
    struct str iss;

    if (!json_str(json_member(claims, "iss"), &iss) || !str_eq(iss, x->issuer))
        return bad(e, "from another issuer");
    TRY(audience_check(claims, x->audience, e));
    return times_check(claims, x, e);
}

static result token_cut(struct str token, struct str part[3], struct err *e)
{
    if (token.n > LIMIT_TOKEN_BYTES)
        return bad(e, "too long");
    for (int i = 0; i < 3; i++)
        if (!str_next(&token, '.', &part[i]) || part[i].n == 0)
            return bad(e, "not three parts");
    return token.p == NULL ? OK : bad(e, "not three parts");
}

result token_verify(struct arena *a, const struct key_set *keys, struct str token,
                    const struct token_expect *expect, struct json **claims, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    const struct key *key = NULL;
    struct str part[3], sig;

    must(expect->issuer.n > 0 && expect->audience.n > 0); /* an empty wish would be granted */
    must(expect->skew_s >= 0);
    TRY(token_cut(token, part, e));
    TRY(head_check(a, keys, part[0], expect->typ, &key, e));
    if (!base64url_decode(a, part[2], &sig))
        return bad(e, "signature is not canonical base64url");
    if (!key_verify(key, str_of(token.p, part[0].n + 1 + part[1].n), sig))
        return bad(e, "signature does not match");
    TRY(object_read(a, part[1], &body, e));
    TRY(claims_check(body, expect, e));
    *claims = body;
    body = NULL;
    return OK;
}

struct str token_half_hash(struct arena *a, struct str value)
{
    const struct digest d = digest_sha256(value);

    return base64url_encode(a, str_sub(digest_str(&d), 0, DIGEST_BYTES / 2));
}
