/*
 * Attacker: writes any token it likes, knows every public key, and replays tokens made for others.
 * Promise (RFC 8725): only a token signed with the key that its kid names, by that key's one
 * algorithm, with the expected typ, issuer and audience, and in time, gives claims. The key decides
 * the algorithm; a header that says another fails (`none`, HMAC with a public key as the secret).
 * Keys and addresses inside a token are never used. One byte string has one meaning: base64url is
 * canonical, members are not repeated.
 *
 * libjwt builds the header. It neither signs nor verifies: it parses the key at each call, and its
 * decoding believes the token's own algorithm. A signature that this process made a moment ago need
 * not be checked again: it knows such tokens by a digest of key and token, and a key that has left
 * the set takes them along. Not done: encrypted and nested tokens, and revocation, which is its
 * callers' knowledge.
 */
#include "crypto/token.h"

#include <jwt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/jws.h"
#include "crypto/key.h"
#include "crypto/secret.h"

#define CLAIM_BYTES_MAX 512 /* of jti and sub, which callers keep */
#define AUDIENCES_MAX   16
#define MADE_COUNT      1024 /* 32 KiB */
#define HEAD_COUNT      4    /* two keys, and two kinds of tokens */
#define HEAD_OF_BYTES   128
#define HEAD_BYTES      256

static pthread_mutex_t made_lock = PTHREAD_MUTEX_INITIALIZER;
static struct digest made[MADE_COUNT];

/* The key's id is its thumbprint, so this names the one key that made the one token. */
static struct digest made_name(struct arena *a, const struct key *key, struct str token)
{
    return digest_sha256(str_fmt(a, "%.*s %.*s", STR_ARG(key_id(key)), STR_ARG(token)));
}

static struct digest *made_at(const struct digest *name)
{
    const size_t at = (size_t)name->bytes[0] << 8 | name->bytes[1];

    return &made[at % MADE_COUNT];
}

static void made_note(struct arena *a, const struct key *key, struct str token)
{
    const struct digest name = made_name(a, key, token);

    must(pthread_mutex_lock(&made_lock) == 0);
    *made_at(&name) = name;
    must(pthread_mutex_unlock(&made_lock) == 0);
}

static bool made_here(struct arena *a, const struct key *key, struct str token)
{
    const struct digest name = made_name(a, key, token);
    bool known;

    must(pthread_mutex_lock(&made_lock) == 0);
    known = secret_equal(digest_str(made_at(&name)), digest_str(&name));
    must(pthread_mutex_unlock(&made_lock) == 0);
    return known;
}

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
           jwt_add_header(t, "typ", typ) == 0;
}

/* The encoded header with its dot. */
static result head_make(struct arena *a, const struct key *key, const char *typ, struct str *out,
                        struct err *e)
{
    DEFER(build_close) jwt_t *t = NULL;
    DEFER(text_close) char *head = NULL;

    must(jwt_new(&t) == 0);
    if (!head_put(t, key, typ, a))
        return fail(e, ERR_CRYPTO, "header could not be built");
    head = jwt_get_headers_json(t, NULL);
    must(head != NULL);
    *out = str_cat(a, base64url_encode(a, str_c(head)), STR("."));
    return OK;
}

/* The last ones that a thread made: nothing in a header changes from one token to the next. */
struct head {
    char of[HEAD_OF_BYTES], text[HEAD_BYTES];
    size_t of_n, text_n;
};
static _Thread_local struct head heads[HEAD_COUNT];
static _Thread_local unsigned head_next;

static void head_keep(struct str of, struct str text)
{
    struct head *h = &heads[head_next++ % HEAD_COUNT];

    if (of.n > sizeof(h->of) || text.n > sizeof(h->text))
        return;
    memcpy(h->of, of.p, of.n);
    memcpy(h->text, text.p, text.n);
    h->of_n = of.n;
    h->text_n = text.n;
}

static result head_find(struct arena *a, const struct key *key, const char *typ, struct str *out,
                        struct err *e)
{
    const struct str of =
        str_fmt(a, "%s %s %.*s", key_alg_name(key->alg), typ, STR_ARG(key_id(key)));

    for (size_t i = 0; i < HEAD_COUNT; i++)
        if (str_eq(of, str_of(heads[i].of, heads[i].of_n))) {
            *out = str_of(heads[i].text, heads[i].text_n);
            return OK;
        }
    TRY(head_make(a, key, typ, out, e));
    head_keep(of, *out);
    return OK;
}

result token_sign(struct arena *a, const struct key *key, const char *typ,
                  const struct json *claims, struct str *out, struct err *e)
{
    struct str signed_part, sig = { 0 };

    must(json_is_object(claims));
    TRY(head_find(a, key, typ != NULL ? typ : "JWT", &signed_part, e));
    signed_part = str_cat(a, signed_part, base64url_encode(a, json_print(a, claims)));
    TRY(key_sign(key, a, signed_part, &sig, e));
    signed_part = str_cat(a, signed_part, STR("."));
    *out = str_cat(a, signed_part, base64url_encode(a, sig));
    made_note(a, key, *out);
    return OK;
}

static result typ_check(const struct json *head, const struct token_expect *x, struct err *e)
{
    const char *typ = x->typ;
    struct str has = { 0 };

    if (json_want_str(head, "typ", 64, &has, e).failed)
        return jws_bad(e, "typ is not a short text");
    if ((typ == NULL || x->typ_optional) && (has.n == 0 || str_eq_nocase(has, STR("JWT"))))
        return OK;
    if (typ == NULL)
        return jws_bad(e, "unexpected typ");
    /* RFC 7515 4.1.9: "application/" may be left out, and case does not count. */
    if (str_eq_nocase(str_sub(has, 0, 12), STR("application/")))
        has = str_from(has, 12);
    return str_eq_nocase(has, str_c(typ)) ? OK : jws_bad(e, "unexpected typ");
}

static result key_find(const struct key_set *keys, const struct json *head, const struct key **out,
                       struct err *e)
{
    struct str kid;

    if (json_member(head, "kid") == NULL) {
        *out = &keys->keys[0];
        return keys->n == 1 ? OK : jws_bad(e, "no kid, and several keys");
    }
    if (!json_str(json_member(head, "kid"), &kid) || kid.n == 0)
        return jws_bad(e, "kid is not a text");
    for (size_t i = 0; i < keys->n; i++) {
        *out = &keys->keys[i];
        if (str_eq(key_id(*out), kid))
            return OK;
    }
    return jws_bad(e, "unknown kid");
}

/* What a token was signed with: fixed before its header is believed. */
struct signer {
    const struct key *key;
    enum key_alg alg;
};

static result head_check(struct arena *a, const struct key_set *keys, struct str text,
                         const struct token_expect *x, struct signer *out, struct err *e)
{
    DEFER(json_close) struct json *head = NULL;
    struct str alg;

    TRY(jws_object_read(a, text, &head, e));
    TRY(jws_members_check(head, e));
    TRY(key_find(keys, head, &out->key, e));
    if (!key_alg_fix(out->key, x->algs, &out->alg))
        return jws_bad(e, "the key's algorithm is not allowed here");
    if (!json_str(json_member(head, "alg"), &alg) || !str_is(alg, key_alg_name(out->alg)))
        return jws_bad(e, "alg is not the key's");
    return typ_check(head, x, e);
}

static result ahead_check(const struct json *claims, const struct token_expect *x, struct err *e)
{
    const int64_t latest = x->now_s + (x->future_s > 0 ? x->future_s : x->skew_s);
    int64_t nbf = 0, iat = -1;

    TRY(jws_time_read(claims, "nbf", &nbf, e));
    TRY(jws_time_read(claims, "iat", &iat, e));
    if (latest < nbf)
        return jws_bad(e, "not valid yet");
    if (latest < iat)
        return jws_bad(e, "issued in the future");
    if (x->age_most_s > 0 && iat < x->now_s - x->skew_s - x->age_most_s)
        return jws_bad(e, iat < 0 ? "no iat" : "issued too long ago");
    return OK;
}

static result times_check(const struct json *claims, const struct token_expect *x, struct err *e)
{
    int64_t exp = -1;

    TRY(ahead_check(claims, x, e));
    TRY(jws_time_read(claims, "exp", &exp, e));
    if (exp < 0)
        return x->exp_optional ? OK : jws_bad(e, "no exp");
    if (!x->expired_ok && x->now_s - x->skew_s >= exp)
        return jws_bad(e, "expired");
    if (x->lifetime_most_s > 0 && exp > x->now_s + x->skew_s + x->lifetime_most_s)
        return jws_bad(e, "valid for too long");
    return OK;
}

static bool audience_is_ours(const struct token_expect *x, struct str aud)
{
    bool found = str_eq(aud, x->audience);

    for (size_t i = 0; i < x->more_count; i++)
        found = found || str_eq(aud, x->more_audiences[i]);
    return found;
}

static result audience_check(const struct json *claims, const struct token_expect *x, struct err *e)
{
    const struct json *aud = json_member(claims, "aud");
    struct str one;
    bool found = false;

    if (json_str(aud, &one))
        return audience_is_ours(x, one) ? OK : jws_bad(e, "for another audience");
    if (x->audience_string_only)
        return jws_bad(e, "aud is not one text");
    if (!json_is_array(aud) || json_count(aud) > AUDIENCES_MAX)
        return jws_bad(e, "aud is no audience");
    for (size_t i = 0; i < json_count(aud); i++) {
        if (!json_str(json_at(aud, i), &one))
            return jws_bad(e, "aud holds something else than texts");
        found = found || audience_is_ours(x, one);
    }
    return found ? OK : jws_bad(e, "for other audiences");
}

static result text_check(const struct json *claims, const char *name, struct err *e)
{
    struct str text = { 0 };

    if (!json_str(json_member(claims, name), &text) || text.n == 0 || text.n > CLAIM_BYTES_MAX)
        return fail(e, ERR_BAD_TOKEN, "no %s, or none of a fit length", name);
    return OK;
}

static result claims_check(const struct json *claims, const struct token_expect *x, struct err *e)
{
    struct str iss;

    if (!json_str(json_member(claims, "iss"), &iss) || !str_eq(iss, x->issuer))
        return jws_bad(e, "from another issuer");
    TRY(audience_check(claims, x, e));
    if (x->needs_jti)
        TRY(text_check(claims, "jti", e));
    if (x->needs_sub)
        TRY(text_check(claims, "sub", e));
    return times_check(claims, x, e);
}

result token_verify(struct arena *a, const struct key_set *keys, struct str token,
                    const struct token_expect *expect, struct json **claims, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    struct signer by = { 0 };
    struct str part[3], sig;

    must(expect->issuer.n > 0 && expect->audience.n > 0); /* an empty wish would be granted */
    must(expect->skew_s >= 0 && expect->future_s >= 0);
    for (size_t i = 0; i < expect->more_count; i++)
        must(expect->more_audiences[i].n > 0);
    TRY(jws_cut(token, part, e));
    TRY(head_check(a, keys, part[0], expect, &by, e));
    if (!base64url_decode(a, part[2], &sig))
        return jws_bad(e, "signature is not canonical base64url");
    if (!(expect->ours && made_here(a, by.key, token)) &&
        !key_verify(by.key, by.alg, str_of(token.p, part[0].n + 1 + part[1].n), sig))
        return jws_bad(e, "signature does not match");
    TRY(jws_object_read(a, part[1], &body, e));
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
