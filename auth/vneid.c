/*
 * Security: the attacker owns the browser that carries code and state, may inject the code of
 * another sign-in, or may answer in the upstream's place. Promised: the code is bound to this
 * sign-in by PKCE and nonce (RFC 9700 2.1.1), the ID token's signature, issuer, audience, azp,
 * time and nonce are checked with keys fetched from the issuer, userinfo must have the same
 * subject. Access token, ID token and secret live in the request's clean arena only and reach
 * neither log nor store. An unknown key makes us fetch the key set again at most once a minute, so
 * a flood of forged tokens costs nothing. A key that the upstream withdrew is believed for an hour
 * at most, or a day while its key set cannot be fetched.
 */
#include "auth/vneid.h"

#include <pthread.h>
#include <stdlib.h>

#include "auth/acr.h"
#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "conf/url.h"
#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "crypto/secret.h"
#include "crypto/token.h"
#include "http/client.h"

#define VNEID_PARTNERS_MAX     4
#define VNEID_URL_BYTES_MAX    1000
#define VNEID_DISCOVER_S       3600
#define VNEID_REFETCH_S        60
#define VNEID_KEYS_FRESH_S     3600
#define VNEID_KEYS_LAST_S      86400
#define VNEID_BREAKER_FAILURES 5
#define VNEID_BREAKER_OPEN_MS  5000
#define VNEID_ARENA_BYTES      ((size_t)64 * 1024)

struct endpoints {
    struct str authorize, token, userinfo, jwks, logout;
};

struct vneid {
    const struct conf *conf;
    const struct clock *clock;
    struct secret secret;

    pthread_mutex_t lock; /* all below; never held over a call */
    struct {
        struct str origin;
        struct partner *partner;
    } partners[VNEID_PARTNERS_MAX];
    size_t partner_count;
    struct arena *origins;  /* texts of partners */
    struct arena *metadata; /* texts of endpoints; reset when they are read again */
    struct endpoints endpoints;
    int64_t endpoints_until_ms; /* monotonic; 0: never read */
    struct key_set *keys;
    int64_t keys_tried_ms; /* of the last attempt to fetch them, 0: never */
    int64_t keys_read_ms;  /* of the last one that worked */
};

static bool endpoints_complete(const struct endpoints *ep)
{
    return ep->authorize.n > 0 && ep->token.n > 0 && ep->userinfo.n > 0 && ep->jwks.n > 0;
}

result vneid_open(const struct conf *c, const struct clock *clock, struct vneid **out,
                  struct err *e)
{
    struct vneid *v;
    DEFER(secret_wipe) struct secret secret = { .n = 0 };

    TRY(auth_secret(c->vneid.client_secret_file, &secret, e));
    v = calloc(1, sizeof(*v));
    must(v != NULL);
    v->conf = c;
    v->clock = clock;
    v->secret = secret;
    must(pthread_mutex_init(&v->lock, NULL) == 0);
    v->origins = arena_open(VNEID_ARENA_BYTES);
    v->metadata = arena_open(VNEID_ARENA_BYTES);
    v->endpoints =
        (struct endpoints){ c->vneid.authorize_url, c->vneid.token_url, c->vneid.userinfo_url,
                            c->vneid.jwks_url, c->vneid.logout_url };
    *out = v;
    if (c->vneid.discover || endpoints_complete(&v->endpoints))
        return OK;
    vneid_close(out);
    return fail(e, ERR_CONFIG, "[vneid] neither discover nor all addresses");
}

void vneid_close(struct vneid **v)
{
    if (*v == NULL)
        return;
    for (size_t i = 0; i < (*v)->partner_count; i++)
        partner_close(&(*v)->partners[i].partner);
    key_set_close(&(*v)->keys);
    arena_close(&(*v)->origins);
    arena_close(&(*v)->metadata);
    secret_wipe(&(*v)->secret);
    (void)pthread_mutex_destroy(&(*v)->lock);
    free(*v);
    *v = NULL;
}

/* scheme://authority of an address. */
static struct str url_origin(struct str url)
{
    const size_t scheme = str_find(url, ':') + 3;
    struct str rest = str_from(url, scheme);

    return str_sub(url, 0, scheme + str_find(rest, '/'));
}

static result partner_make(struct vneid *v, struct str origin, struct partner **out, struct err *e)
{
    const struct partner_config pc = {
        .name = "vneid",
        .base_url = origin,
        .connect_ms = v->conf->vneid.timeout_ms,
        .total_ms = v->conf->vneid.timeout_ms,
        .answer_bytes_max = LIMIT_UPSTREAM_BYTES,
        .ca_file = v->conf->vneid.ca_file,
        .breaker_failures = VNEID_BREAKER_FAILURES,
        .breaker_open_ms = VNEID_BREAKER_OPEN_MS,
    };
    const size_t n = v->partner_count;

    for (size_t i = 0; i < n; i++) {
        if (str_eq(v->partners[i].origin, origin)) {
            *out = v->partners[i].partner;
            return OK;
        }
    }
    if (n == VNEID_PARTNERS_MAX)
        return fail(e, ERR_UPSTREAM_BAD, "vneid: addresses on more than %d hosts", (int)n);
    TRY(partner_open(&pc, &v->partners[n].partner, e));
    v->partners[n].origin = str_dup(v->origins, origin);
    *out = v->partners[n].partner;
    v->partner_count = n + 1;
    return OK;
}

static result partner_for(struct vneid *v, struct str url, struct partner **out, struct err *e)
{
    result r;

    if (url.n > VNEID_URL_BYTES_MAX ||
        !(str_starts(url, STR("https://")) || str_starts(url, STR("http://"))))
        return fail(e, ERR_UPSTREAM_BAD, "vneid: no http address");
    must(pthread_mutex_lock(&v->lock) == 0);
    r = partner_make(v, url_origin(url), out, e);
    must(pthread_mutex_unlock(&v->lock) == 0);
    return r;
}

static result vneid_call(struct vneid *v, struct arena *a, struct call *c, struct answer *out,
                         struct err *e)
{
    struct partner *partner;

    TRY(partner_for(v, c->path, &partner, e));
    return partner_call(partner, c, a, out, e);
}

/* GET of a JSON document; caller closes. */
static result vneid_get(struct vneid *v, struct arena *a, struct str url, struct str bearer,
                        struct json **out, struct err *e)
{
    const struct pair headers[] = {
        { STR("Accept"), STR("application/json") },
        { STR("Authorization"), str_cat(a, STR("Bearer "), bearer) },
    };
    struct call c = { .method = METHOD_GET,
                      .path = url,
                      .headers = headers,
                      .header_count = bearer.n > 0 ? 2 : 1,
                      .repeatable = true };
    struct answer answer;

    TRY(vneid_call(v, a, &c, &answer, e));
    if (answer.status >= 500 || answer.status == 429)
        return fail(e, ERR_UPSTREAM_DOWN, "vneid: status %d", answer.status);
    if (answer.status != 200)
        return fail(e, ERR_UPSTREAM_BAD, "vneid: status %d", answer.status);
    if (json_read(answer.body, out, e).failed)
        return fail(e, ERR_UPSTREAM_BAD, "vneid: answer is no JSON");
    return OK;
}

/* The browser is sent there, or our secret is: https, as the issuer is; without TLS a loopback
 * issuer's own. */
static bool endpoint_ok(const struct vneid *v, struct str text)
{
    const bool tls = str_starts(v->conf->vneid.issuer, STR("https://"));
    struct url url;

    return url_read(text, &url) && (url.secure || (!tls && url.loopback));
}

static result endpoint_read(const struct vneid *v, const struct json *o, const char *name,
                            struct str *out, struct err *e)
{
    if (json_need_str(o, name, VNEID_URL_BYTES_MAX, out, e).failed || !endpoint_ok(v, *out))
        return fail(e, ERR_UPSTREAM_BAD, "vneid discovery: no valid %s", name);
    return OK;
}

static result endpoints_read(const struct vneid *v, const struct json *o, struct endpoints *out,
                             struct err *e)
{
    struct str issuer;

    if (json_need_str(o, "issuer", VNEID_URL_BYTES_MAX, &issuer, e).failed ||
        !str_eq(issuer, v->conf->vneid.issuer))
        return fail(e, ERR_UPSTREAM_BAD, "vneid discovery: another issuer");
    TRY(endpoint_read(v, o, "authorization_endpoint", &out->authorize, e));
    TRY(endpoint_read(v, o, "token_endpoint", &out->token, e));
    TRY(endpoint_read(v, o, "userinfo_endpoint", &out->userinfo, e));
    TRY(endpoint_read(v, o, "jwks_uri", &out->jwks, e));
    out->logout = STR("");
    if (json_member(o, "end_session_endpoint") == NULL)
        return OK;
    return endpoint_read(v, o, "end_session_endpoint", &out->logout, e);
}

static struct endpoints endpoints_copy(struct arena *a, const struct endpoints *ep)
{
    return (struct endpoints){ str_dup(a, ep->authorize), str_dup(a, ep->token),
                               str_dup(a, ep->userinfo), str_dup(a, ep->jwks),
                               str_dup(a, ep->logout) };
}

/* The endpoints; *fresh tells whether they need not be read again yet. */
static bool endpoints_have(struct vneid *v, struct arena *a, struct endpoints *out, bool *fresh)
{
    bool have;

    must(pthread_mutex_lock(&v->lock) == 0);
    have = endpoints_complete(&v->endpoints);
    *fresh = !v->conf->vneid.discover || clock_monotonic_ms() < v->endpoints_until_ms;
    if (have)
        *out = endpoints_copy(a, &v->endpoints);
    must(pthread_mutex_unlock(&v->lock) == 0);
    return have;
}

static void endpoints_set(struct vneid *v, const struct endpoints *ep, int64_t for_s)
{
    must(pthread_mutex_lock(&v->lock) == 0);
    if (ep != NULL) {
        arena_reset(v->metadata);
        v->endpoints = endpoints_copy(v->metadata, ep);
    }
    v->endpoints_until_ms = clock_monotonic_ms() + for_s * 1000;
    must(pthread_mutex_unlock(&v->lock) == 0);
}

static result endpoints_get(struct vneid *v, struct arena *a, struct endpoints *out, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    const struct str url =
        str_cat(a, v->conf->vneid.issuer, STR("/.well-known/openid-configuration"));
    struct endpoints read;
    bool fresh;
    const bool have = endpoints_have(v, a, out, &fresh);

    if (have && fresh)
        return OK;
    if (vneid_get(v, a, url, STR(""), &o, e).failed || endpoints_read(v, o, &read, e).failed) {
        if (!have)
            return (result){ true };
        endpoints_set(v, NULL, VNEID_REFETCH_S); /* what was true an hour ago serves meanwhile */
        return OK;
    }
    endpoints_set(v, &read, VNEID_DISCOVER_S);
    *out = endpoints_copy(a, &read);
    return OK;
}

/* The name of a level at the upstream: the settings list them from 1 up. */
static struct str acr_wanted(const struct vneid *v, int acr)
{
    struct str rest = v->conf->vneid.acr_values, word;

    for (int level = 1; acr > 0 && str_next(&rest, ' ', &word); level++)
        if (level == acr)
            return word;
    return STR("");
}

result vneid_authorize_url(struct vneid *v, struct arena *a, const struct vneid_ask *ask,
                           struct str *url, struct err *e)
{
    const struct digest challenge = digest_sha256(ask->verifier);
    const struct pair fields[] = {
        { STR("response_type"), STR("code") },
        { STR("client_id"), v->conf->vneid.client_id },
        { STR("redirect_uri"), ask->redirect_uri },
        { STR("scope"), STR("openid") },
        { STR("state"), ask->state },
        { STR("nonce"), ask->nonce },
        { STR("code_challenge"), digest_base64url(a, challenge) },
        { STR("code_challenge_method"), STR("S256") },
        { STR("ui_locales"), ask->ui_locales },
        { STR("login_hint"), ask->login_hint },
        { STR("prompt"), ask->fresh ? STR("login") : STR("") },
        { STR("max_age"), ask->fresh ? STR("0") : STR("") },
        { STR("acr_values"), acr_wanted(v, ask->acr) },
    };
    const struct str form = auth_form(a, fields, LEN(fields));
    struct endpoints ep;

    TRY(endpoints_get(v, a, &ep, e));
    *url = str_fmt(a, "%.*s%c%.*s", STR_ARG(ep.authorize),
                   str_has(ep.authorize, STR("?")) ? '&' : '?', STR_ARG(form));
    return OK;
}

struct tokens {
    struct str access, id;
};

static result token_refused(const struct answer *answer, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct str name = STR("");

    if (answer->status >= 500 || answer->status == 429)
        return fail(e, ERR_UPSTREAM_DOWN, "vneid token: status %d", answer->status);
    if (!json_read(answer->body, &o, NULL).failed && json_is_object(o))
        (void)json_str(json_member(o, "error"), &name);
    if (str_is(name, "invalid_grant") || str_is(name, "access_denied"))
        return fail(e, ERR_UPSTREAM_REFUSED, "vneid token: the code was refused");
    return fail(e, ERR_UPSTREAM_BAD, "vneid token: status %d", answer->status);
}

static result tokens_fetch(struct vneid *v, struct arena *a, const struct endpoints *ep,
                           const struct pair fields[static 6], struct tokens *out, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct call c = { .method = METHOD_POST,
                      .path = ep->token,
                      .content_type = STR("application/x-www-form-urlencoded"),
                      .body = auth_form(a, fields, 6) };
    struct answer answer;
    struct tokens t;

    TRY(vneid_call(v, a, &c, &answer, e));
    if (answer.status != 200)
        return token_refused(&answer, e);
    if (json_read(answer.body, &o, e).failed ||
        json_need_str(o, "access_token", LIMIT_TOKEN_BYTES, &t.access, e).failed ||
        json_need_str(o, "id_token", LIMIT_TOKEN_BYTES, &t.id, e).failed)
        return fail(e, ERR_UPSTREAM_BAD, "vneid token: no access token or ID token");
    out->access = str_dup(a, t.access);
    out->id = str_dup(a, t.id);
    return OK;
}

/* Younger than that; a clock that was set back makes it old. */
static bool is_younger(int64_t at_ms, int64_t now_ms, int64_t than_s)
{
    return now_ms >= at_ms && now_ms - at_ms < than_s * 1000;
}

/* Whether the key set may be fetched now; takes the turn. */
static bool keys_turn(struct vneid *v)
{
    const int64_t now_ms = clock_now_ms(v->clock);
    bool turn;

    must(pthread_mutex_lock(&v->lock) == 0);
    turn = v->keys_tried_ms == 0 || !is_younger(v->keys_tried_ms, now_ms, VNEID_REFETCH_S) ||
           v->keys == NULL;
    if (turn)
        v->keys_tried_ms = now_ms;
    must(pthread_mutex_unlock(&v->lock) == 0);
    return turn;
}

static bool keys_younger(struct vneid *v, int64_t than_s)
{
    bool younger;

    must(pthread_mutex_lock(&v->lock) == 0);
    younger = v->keys != NULL && is_younger(v->keys_read_ms, clock_now_ms(v->clock), than_s);
    must(pthread_mutex_unlock(&v->lock) == 0);
    return younger;
}

static result keys_fetch(struct vneid *v, struct arena *a, struct str url, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct key_set *read = NULL, *old;

    TRY(vneid_get(v, a, url, STR(""), &o, e));
    if (key_set_read(o, &read, e).failed)
        return fail(e, ERR_UPSTREAM_BAD, "vneid: no valid JWK set");
    must(pthread_mutex_lock(&v->lock) == 0);
    old = v->keys;
    v->keys = read;
    v->keys_read_ms = clock_now_ms(v->clock);
    must(pthread_mutex_unlock(&v->lock) == 0);
    key_set_close(&old);
    return OK;
}

static result id_token_check(struct vneid *v, struct arena *a, struct str token,
                             struct json **claims, struct err *e)
{
    const struct token_expect expect = {
        .issuer = v->conf->vneid.issuer,
        .audience = v->conf->vneid.client_id,
        .now_s = clock_now_s(v->clock),
        .skew_s = v->conf->auth.clock_skew_s,
    };
    result r = { true };

    must(pthread_mutex_lock(&v->lock) == 0);
    if (v->keys != NULL)
        r = token_verify(a, v->keys, token, &expect, claims, e);
    must(pthread_mutex_unlock(&v->lock) == 0);
    return r;
}

/* What the upstream withdrew must not be believed for ever: hourly, whether or not a token asks. */
static result keys_refresh(struct vneid *v, struct arena *a, struct str url, struct err *e)
{
    struct err why;

    if (keys_younger(v, VNEID_KEYS_FRESH_S))
        return OK;
    if (!keys_turn(v) || keys_fetch(v, a, url, &why).failed)
        return keys_younger(v, VNEID_KEYS_LAST_S)
                   ? OK
                   : fail(e, ERR_UPSTREAM_DOWN, "vneid: no key set that is young enough");
    return OK;
}

static result id_token_verify(struct vneid *v, struct arena *a, const struct endpoints *ep,
                              struct str token, struct json **claims, struct err *e)
{
    TRY(keys_refresh(v, a, ep->jwks, e));
    if (!id_token_check(v, a, token, claims, e).failed)
        return OK;
    if (!keys_turn(v))
        return fail(e, ERR_UPSTREAM_BAD, "vneid: the ID token does not verify");
    TRY(keys_fetch(v, a, ep->jwks, e));
    if (id_token_check(v, a, token, claims, e).failed)
        return fail(e, ERR_UPSTREAM_BAD, "vneid: the ID token does not verify");
    return OK;
}

/* What token_verify leaves to us: nonce, azp, at_hash. */
static result id_token_bound(struct vneid *v, struct arena *a, const struct json *claims,
                             const struct vneid_ask *ask, struct str access, struct err *e)
{
    const struct str client_id = v->conf->vneid.client_id;
    struct str nonce = STR(""), azp = client_id, at_hash = STR("");

    TRY(json_want_str(claims, "nonce", VNEID_URL_BYTES_MAX, &nonce, e));
    TRY(json_want_str(claims, "azp", VNEID_URL_BYTES_MAX, &azp, e));
    TRY(json_want_str(claims, "at_hash", VNEID_URL_BYTES_MAX, &at_hash, e));
    if (!secret_equal(nonce, ask->nonce))
        return fail(e, ERR_UPSTREAM_BAD, "vneid: the ID token is of another sign-in");
    if (!str_eq(azp, client_id))
        return fail(e, ERR_UPSTREAM_BAD, "vneid: the ID token is another client's");
    if (at_hash.n > 0 && !secret_equal(at_hash, token_half_hash(a, access)))
        return fail(e, ERR_UPSTREAM_BAD, "vneid: at_hash differs");
    return OK;
}

static result tokens_get(struct vneid *v, struct arena *a, const struct endpoints *ep,
                         const struct vneid_ask *ask, struct str code, struct tokens *out,
                         struct err *e)
{
    const struct pair fields[] = {
        { STR("grant_type"), STR("authorization_code") },
        { STR("code"), code },
        { STR("redirect_uri"), ask->redirect_uri },
        { STR("client_id"), v->conf->vneid.client_id },
        { STR("client_secret"), secret_str(&v->secret) },
        { STR("code_verifier"), ask->verifier },
    };

    return tokens_fetch(v, a, ep, fields, out, e);
}

result vneid_redeem(struct vneid *v, struct arena *a, const struct vneid_ask *ask, struct str code,
                    struct vneid_claims *out, struct err *e)
{
    DEFER(json_close) struct json *claims = NULL;
    DEFER(json_close) struct json *userinfo = NULL;
    struct endpoints ep;
    struct tokens t;
    struct vneid_claims read;
    struct str sub;
    int64_t auth_time_s = 0;

    TRY(endpoints_get(v, a, &ep, e));
    TRY(tokens_get(v, a, &ep, ask, code, &t, e));
    TRY(id_token_verify(v, a, &ep, t.id, &claims, e));
    TRY(id_token_bound(v, a, claims, ask, t.access, e));
    if (json_need_str(claims, "sub", VNEID_URL_BYTES_MAX, &sub, e).failed ||
        json_want_int(claims, "auth_time", 0, INT64_MAX / 1000, &auth_time_s, e).failed)
        return fail(e, ERR_UPSTREAM_BAD, "vneid: ID token without sub, or auth_time no number");
    TRY(vneid_get(v, a, ep.userinfo, t.access, &userinfo, e));
    TRY(vneid_claims_read(a, userinfo, clock_today(v->clock), &read, e));
    if (!str_eq(read.sub, sub))
        return fail(e, ERR_UPSTREAM_BAD, "vneid: userinfo of another subject");
    read.auth_time_s = auth_time_s;
    read.amr = vneid_methods_read(a, json_member(claims, "amr"));
    read.acr = acr_of_methods(read.amr, read.level);
    *out = read;
    return OK;
}

struct str vneid_logout_url(struct vneid *v, struct arena *a)
{
    struct endpoints ep;
    struct err e;

    if (endpoints_get(v, a, &ep, &e).failed)
        return STR("");
    return ep.logout;
}
