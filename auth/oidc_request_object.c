/*
 * Security: the attacker sends a request object signed by nobody, by another client, with a key of
 * their own, or an old one; or mixes signed and unsigned parameters. Promised (RFC 9101 6, 10; FAPI
 * 2.0 Message Signing 5.3): the signature is of a key registered for the client, whose algorithm is
 * the key's; iss is the client, aud is us; it has an end, and in profile fapi2 a beginning, at most
 * an hour apart; its claims are the whole request, and parameters outside count for nothing. Not
 * done: encrypted objects, and objects fetched from an address of the client's.
 */
#include "auth/client_keys.h"
#include "auth/oidc_request.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "crypto/token.h"
#include "http/form.h"

#define OBJECT_LIFE_S_MAX 3600
#define TIME_S_MAX        (INT64_MAX / 1000)

/* Whether the header says that nobody signed it: told apart, since that was never supported. */
static bool is_unsigned(struct arena *a, struct str token)
{
    DEFER(json_close) struct json *o = NULL;
    struct str head, rest, bytes, alg;

    return token.n <= LIMIT_TOKEN_BYTES && str_cut(token, '.', &head, &rest) &&
           base64url_decode(a, head, &bytes) && !json_read(bytes, &o, NULL).failed &&
           json_str(json_member(o, "alg"), &alg) && str_is(alg, "none");
}

static result verify(struct auth *au, struct arena *a, const struct client *c, struct str token,
                     struct json **claims, struct err *e)
{
    struct err why = { .code = ERR_NONE };
    const struct token_expect expect = {
        .algs = c->request_alg >= 0 ? KEY_BIT(c->request_alg) : 0,
        .typ = "oauth-authz-req+jwt",
        .typ_optional = true,
        .issuer = c->id,
        .audience = au->conf->service.issuer,
        .now_s = clock_now_s(au->clock),
        .skew_s = au->conf->auth.clock_skew_s,
        .lifetime_most_s = OBJECT_LIFE_S_MAX,
    };

    if (is_unsigned(a,
                    token)) /* never supported; where all are signed, an object that is no good */
        return fail_field(e,
                          c->profile == CLIENT_FAPI2 ? ERR_BAD_REQUEST_OBJECT : ERR_REQUEST_OBJECT,
                          "request", "unsigned");
    if (c->jwks.n == 0 && c->jwks_uri.n == 0)
        return fail_field(e, ERR_REQUEST_OBJECT, "request", "no key of this client is registered");
    if (!client_token_verify(au, a, c, token, &expect, claims, &why).failed)
        return OK;
    if (err_status(why.code) >= 500)
        return fail(e, why.code, "%s", why.detail); /* its keys cannot be had now */
    return fail_field(e, ERR_BAD_REQUEST_OBJECT, "request", "%s", why.detail);
}

/* FAPI 2.0 Message Signing 5.3.1: nbf at most an hour ago, exp at most an hour after it. */
static result times_check(const struct auth *au, const struct client *c, const struct json *claims,
                          struct err *e)
{
    const int64_t now_s = clock_now_s(au->clock);
    int64_t nbf_s, exp_s;

    if (c->profile != CLIENT_FAPI2)
        return OK;
    if (json_need_int(claims, "exp", 0, TIME_S_MAX, &exp_s, NULL).failed ||
        json_need_int(claims, "nbf", 0, TIME_S_MAX, &nbf_s, NULL).failed)
        return fail_field(e, ERR_BAD_REQUEST_OBJECT, "request", "without nbf or exp");
    if (exp_s - nbf_s > OBJECT_LIFE_S_MAX || now_s - nbf_s > OBJECT_LIFE_S_MAX)
        return fail_field(e, ERR_BAD_REQUEST_OBJECT, "request", "lives longer than an hour");
    return OK;
}

/* Members of the JWT itself (RFC 7519 4.1): no parameters. */
static bool is_envelope(struct str name)
{
    static const char *const names[] = { "iss", "aud", "exp", "nbf", "iat", "jti", "sub" };

    for (size_t i = 0; i < LEN(names); i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

/* A form would not have let these in either. */
static bool is_clean(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
            return false;
    return true;
}

static bool words_read(struct arena *a, const struct json *list, struct str *out)
{
    struct str word;

    *out = STR("");
    for (size_t i = 0; i < json_count(list); i++) {
        if (!json_str(json_at(list, i), &word) || str_has(word, STR(" ")))
            return false;
        *out =
            out->n == 0 ? str_dup(a, word) : str_fmt(a, "%.*s %.*s", STR_ARG(*out), STR_ARG(word));
    }
    return true;
}

/* A member as the text that a form would have had; false: of a type that no parameter has. */
static bool value_read(struct arena *a, struct str name, const struct json *v, struct str *out)
{
    int64_t n;

    if (json_str(v, out)) {
        *out = str_dup(a, *out);
        return is_clean(*out);
    }
    if (json_int(v, &n)) {
        *out = str_i64(a, n);
        return true;
    }
    if (str_is(name, "resource") && json_is_array(v))
        return words_read(a, v, out) && is_clean(*out);
    if (str_is(name, "claims") && json_is_object(v)) {
        *out = json_print(a, v);
        return true;
    }
    return false;
}

static bool is_known(struct str name)
{
    static const char *const names[] = { "client_id",     "redirect_uri",   "response_type",
                                         "response_mode", "scope",          "state",
                                         "nonce",         "prompt",         "max_age",
                                         "id_token_hint", "code_challenge", "code_challenge_method",
                                         "login_hint",    "acr_values",     "claims",
                                         "ui_locales",    "resource",       "dpop_jkt" };

    for (size_t i = 0; i < LEN(names); i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

static result member_take(struct arena *a, struct str name, const struct json *v, struct form *out,
                          struct err *e)
{
    struct str value;

    if (str_is(name, "request") || str_is(name, "request_uri"))
        return fail_field(e, ERR_BAD_REQUEST_OBJECT, "request", "a request within a request");
    if (is_envelope(name) || !is_known(name))
        return OK;
    if (!value_read(a, name, v, &value))
        return fail_field(e, ERR_BAD_REQUEST_OBJECT, "request", "a member of another type");
    must(out->count < LIMIT_FORM_FIELDS);
    out->fields[out->count++] = (struct pair){ str_dup(a, name), value };
    return OK;
}

result request_read_object(struct auth *au, struct arena *a, const struct client *client,
                           struct str token, struct form *out, struct err *e)
{
    DEFER(json_close) struct json *claims = NULL;
    struct str name;
    struct json *v;

    TRY(verify(au, a, client, token, &claims, e));
    TRY(times_check(au, client, claims, e));
    out->count = 0;
    for (size_t i = 0; json_each(claims, i, &name, &v); i++)
        TRY(member_take(a, name, v, out, e));
    if (!str_eq(form_get(out, "client_id"), client->id))
        return fail_field(e, ERR_BAD_REQUEST_OBJECT, "request", "client_id is another client's");
    return OK;
}
