/*
 * Security: the attacker guesses secrets, replays an assertion it saw, makes one for another
 * server's ears, signs with the wrong kind of key, or brings a certificate of its own making.
 * Promised (RFC 6749 2.3, RFC 7523 3, RFC 8705 2, FAPI 2.0 SP 5.3.2.1): one way at a time, and the
 * registered one; an assertion works once in all processes, and only here; Basic is decoded
 * strictly; the subject of a certificate counts only when the proxy checked its chain. Every reason
 * gets one answer; secrets are compared with the same work whoever is named; who needs no secret
 * cannot have things kept without end. Deliberately not done:
 * hiding which ids exist, since they stand in every authorization address.
 */
#include "auth/caller.h"

#include "auth/client_keys.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/certificate.h"
#include "crypto/token.h"
#include "http/form.h"
#include "http/proxy.h"
#include "store/kv.h"

#define SECRET_BYTES_MAX 512
#define ID_BYTES_MAX     64
#define FUTURE_S         10
#define LIFETIME_FAPI2_S 300
#define LIFETIME_S       3600
#define MILLISECONDS     100000000000 /* as seconds: the year 5138 */
#define ASSERTION_TYPE   "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/* What the caller brings, before anything is believed. */
struct offer {
    struct str id; /* whom it says it is; empty: nobody */
    bool secret_sent, assertion_sent;
    struct str secret, assertion;
};

static result bad(struct err *e, const char *why)
{
    return fail(e, ERR_BAD_CLIENT, "client authentication: %s", why);
}

/* RFC 6749 2.3.1: both parts are form-encoded before they are joined. */
static result basic_read(struct arena *a, struct str header, struct offer *o, struct err *e)
{
    struct str scheme, text, pair, raw_id, raw_secret;

    if (!str_cut(header, ' ', &scheme, &text) || !str_eq_nocase(scheme, STR("Basic")) ||
        text.n > LIMIT_TOKEN_BYTES || !base64_decode(a, text, &pair) ||
        !str_cut(pair, ':', &raw_id, &raw_secret) || !form_decode(a, raw_id, &o->id) ||
        !form_decode(a, raw_secret, &o->secret))
        return bad(e, "no valid Basic header");
    o->secret_sent = true;
    return OK;
}

/* sub of an assertion that is not believed yet: RFC 7521 4.2 lets client_id be left out. */
static struct str assertion_subject(struct arena *a, struct str token)
{
    DEFER(json_close) struct json *claims = NULL;
    struct str header, rest, payload, signature, bytes, sub = STR("");

    if (token.n > LIMIT_TOKEN_BYTES || !str_cut(token, '.', &header, &rest) ||
        !str_cut(rest, '.', &payload, &signature) || !base64url_decode(a, payload, &bytes) ||
        json_read(bytes, &claims, NULL).failed || !json_is_object(claims))
        return STR("");
    (void)json_str(json_member(claims, "sub"), &sub);
    return str_dup(a, sub);
}

static result assertion_read(struct arena *a, const struct form *body, struct offer *o,
                             struct err *e)
{
    if (!str_is(form_get(body, "client_assertion_type"), ASSERTION_TYPE))
        return fail_field(e, ERR_INVALID, "client_assertion_type", "not jwt-bearer");
    o->assertion = form_get(body, "client_assertion");
    o->assertion_sent = true;
    o->id = assertion_subject(a, o->assertion);
    return o->id.n > 0 ? OK : bad(e, "no assertion with a subject");
}

static result offer_read(struct arena *a, const struct api_call *call, struct offer *o,
                         struct err *e)
{
    static const struct form nothing;
    const struct form *body = call->body != NULL ? call->body : &nothing;
    const struct str id = form_get(body, "client_id");
    const bool assertion =
        form_has(body, "client_assertion") || form_has(body, "client_assertion_type");
    const bool posted = form_has(body, "client_secret");

    if ((call->authorization.n > 0) + assertion + posted > 1)
        return fail(e, ERR_INVALID, "client authentication: two ways at once");
    if (call->authorization.n > 0)
        TRY(basic_read(a, call->authorization, o, e));
    else if (assertion)
        TRY(assertion_read(a, body, o, e));
    else
        o->id = id;
    if (posted) {
        o->secret = form_get(body, "client_secret");
        o->secret_sent = true;
    }
    if (id.n > 0 && !str_eq(id, o->id))
        return bad(e, "two ids");
    if (o->id.n == 0 || o->id.n > ID_BYTES_MAX || o->secret.n > SECRET_BYTES_MAX)
        return bad(e, "no client_id, or too long");
    return OK;
}

/* ---- private_key_jwt ---- */

/* Once, in all processes, for as long as it could be shown again. */
static result first_use(struct auth *au, struct arena *a, const struct client *c,
                        const struct json *claims, struct err *e)
{
    const int64_t now_s = clock_now_s(au->clock);
    struct str jti = STR("");
    int64_t exp = now_s;
    bool added = false;

    (void)json_str(json_member(claims, "jti"), &jti);
    (void)json_int(json_member(claims, "exp"), &exp);
    TRY(kv_add(au->kv,
               auth_key(a, "assertion", str_fmt(a, "%.*s %.*s", STR_ARG(c->id), STR_ARG(jti))),
               STR("1"), exp - now_s + au->conf->auth.clock_skew_s + FUTURE_S, &added, e));
    return added ? OK : bad(e, "assertion: used before");
}

/* A common mistake of clients, whose makers look for the reason in our log. */
static bool in_milliseconds(struct arena *a, struct str token)
{
    static const char *const members[] = { "exp", "iat", "nbf" };
    DEFER(json_close) struct json *claims = NULL;
    struct str header, rest, payload, signature, bytes;
    int64_t at = 0;

    if (!str_cut(token, '.', &header, &rest) || !str_cut(rest, '.', &payload, &signature) ||
        !base64url_decode(a, payload, &bytes) || json_read(bytes, &claims, NULL).failed ||
        !json_is_object(claims))
        return false;
    for (size_t i = 0; i < LEN(members); i++)
        if (json_int(json_member(claims, members[i]), &at) && at > MILLISECONDS)
            return true;
    return false;
}

/* RFC 9101 10.8: a request object without typ that carries sub and jti has all that an assertion
 * has, and was seen by browsers. No assertion asks for an authorization. */
static bool is_request_object(const struct json *claims)
{
    static const char *const members[] = { "response_type", "redirect_uri", "code_challenge",
                                           "request_uri" };

    for (size_t i = 0; i < LEN(members); i++)
        if (json_member(claims, members[i]) != NULL)
            return true;
    return false;
}

static result assertion_check(struct auth *au, struct arena *a, const struct api_call *call,
                              const struct client *c, const struct offer *o, struct err *e)
{
    const struct str issuer = au->conf->service.issuer;
    const struct str endpoints[] = { call->url, str_cat(a, issuer, STR("/token")),
                                     str_cat(a, issuer, STR("/par")) };
    const bool fapi2 = c->profile == CLIENT_FAPI2;
    const struct token_expect expect = {
        .algs = c->auth_alg < 0 ? 0 : KEY_BIT((enum key_alg)c->auth_alg),
        .issuer = c->id,
        .audience = issuer,
        .more_audiences = endpoints,
        .more_count = fapi2 ? 0 : LEN(endpoints),
        .audience_string_only = fapi2,
        .needs_jti = true,
        .needs_sub = true,
        .now_s = clock_now_s(au->clock),
        .skew_s = au->conf->auth.clock_skew_s,
        .future_s = FUTURE_S,
        .lifetime_most_s = (fapi2 ? LIFETIME_FAPI2_S : LIFETIME_S) + FUTURE_S,
    };
    DEFER(json_close) struct json *claims = NULL;
    struct err why = { .code = ERR_NONE };
    struct str sub = STR("");

    if (client_token_verify(au, a, c, o->assertion, &expect, &claims, &why).failed) {
        if (why.code != ERR_BAD_TOKEN && why.code != ERR_INVALID)
            return fail(e, why.code, "%s", why.detail);
        if (in_milliseconds(a, o->assertion))
            return bad(e, "assertion: times are milliseconds, seconds are wanted");
        return fail(e, ERR_BAD_CLIENT, "client authentication: assertion: %s", why.detail);
    }
    if (!json_str(json_member(claims, "sub"), &sub) || !str_eq(sub, c->id))
        return bad(e, "assertion: of another subject");
    if (is_request_object(claims))
        return bad(e, "assertion: a request object");
    return first_use(au, a, c, claims, e);
}

/* ---- certificates ---- */

/* By the one name that is registered (RFC 8705 2.1.2). */
static bool is_named(struct arena *a, const struct certificate *cert, const struct client *c)
{
    if (c->tls_subject.n > 0)
        return str_eq(certificate_subject(a, cert), c->tls_subject);
    return certificate_has_san(cert, CERTIFICATE_DNS, c->tls_dns) ||
           certificate_has_san(cert, CERTIFICATE_URI, c->tls_uri) ||
           certificate_has_san(cert, CERTIFICATE_IP, c->tls_ip) ||
           certificate_has_san(cert, CERTIFICATE_EMAIL, c->tls_email);
}

static result certificate_check(struct auth *au, struct arena *a, const struct api_call *call,
                                const struct client *c, struct err *e)
{
    DEFER(certificate_close) struct certificate *cert = NULL;
    DEFER(key_set_close) struct key_set *set = NULL;
    struct err why = { .code = ERR_NONE };

    if (call->certificate.n == 0 || certificate_read(call->certificate, &cert, NULL).failed)
        return bad(e, "no certificate");
    if (c->way == CLIENT_WAY_TLS) {
        if (!call->certificate_trusted)
            return bad(e, "a certificate that the proxy did not check");
        return is_named(a, cert, c) ? OK : bad(e, "a certificate of another subject");
    }
    if (client_keys_find(au, a, c, STR(""), &set, &why).failed)
        return fail(e, why.code == ERR_INVALID ? ERR_BAD_CLIENT : why.code, "%s", why.detail);
    return certificate_key_in(cert, set) ? OK : bad(e, "a certificate of another key");
}

/* ---- all together ---- */

static result way_check(struct auth *au, struct arena *a, const struct api_call *call,
                        const struct client *c, const struct offer *o, struct err *e)
{
    switch (c->way) {
    case CLIENT_WAY_PRIVATE_KEY:
        return o->assertion_sent ? assertion_check(au, a, call, c, o, e)
                                 : bad(e, "no assertion, but private_key_jwt is registered");
    case CLIENT_WAY_TLS:
    case CLIENT_WAY_TLS_SELF:
        return o->secret_sent || o->assertion_sent ? bad(e, "a certificate is registered")
                                                   : certificate_check(au, a, call, c, e);
    case CLIENT_WAY_SECRET:
        if (o->assertion_sent)
            return bad(e, "an assertion, but a secret is registered");
        return bad(e, o->secret_sent ? "wrong secret" : "no secret, but one is registered");
    case CLIENT_WAY_NONE:
        break;
    }
    return bad(e, "a proof, but the client is public");
}

result caller_check(struct auth *au, const struct visit *v, const struct api_call *call,
                    struct client *out, struct err *e)
{
    struct offer o = { .id = STR("") };
    struct err why = { .code = ERR_NONE };
    struct client c;

    TRY(offer_read(v->arena, call, &o, e));
    /* Unknown clients too: the same work for all. */
    if (!o.assertion_sent && !client_authenticate(au, v->arena, o.id, o.secret, out, &why).failed)
        return OK;
    if (!o.assertion_sent && why.code != ERR_BAD_CLIENT)
        return fail(e, why.code, "%s", why.detail);
    if (client_load(au, v->arena, o.id, &c, &why).failed)
        return why.code == ERR_NOT_FOUND ? bad(e, "unknown or disabled")
                                         : fail(e, why.code, "%s", why.detail);
    TRY(way_check(au, v->arena, call, &c, &o, e));
    *out = c;
    return OK;
}

result caller_pace(struct auth *au, const struct visit *v, const struct client *c, struct err *e)
{
    struct proxy_address a;
    int64_t count;

    if (c->way != CLIENT_WAY_NONE ||
        (proxy_address_read(v->ip, &a) && proxy_address_is_loopback(&a)))
        return OK;
    TRY(kv_count(au->kv, auth_key(v->arena, "pace", proxy_counted(v->arena, v->ip)), 60, &count,
                 e));
    if (count > au->conf->rate.public)
        return fail(e, ERR_TOO_MANY, "public clients: %lld in a minute", (long long)count);
    return OK;
}
