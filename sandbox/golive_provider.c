/*
 * The go-live check's own OpenID provider: discovery, keys, pushed requests, token, userinfo. It
 * accepts any client, since it is the portal that is under test. The ID token is spoiled by the
 * round that its code belongs to.
 */
#include <pthread.h>
#include <stdlib.h>

#include "base/codec.h"
#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "crypto/random.h"
#include "crypto/token.h"
#include "sandbox/golive.h"
#include "sandbox/page.h"
#include "store/kv.h"

#define CODE_TTL_S      60
#define PUSHED_TTL_S    300
#define TOKEN_TTL_S     300
#define TEXT_BYTES      4096
#define KEY_ARENA_BYTES ((size_t)256 * 1024)

struct golive {
    pthread_mutex_t lock;
    bool running;
    struct keyring *first, *next, *hidden; /* hidden is never published */
};

static struct keyring *ring_open(struct sandbox *sb, const char *name)
{
    DEFER(arena_close) struct arena *a = arena_open(KEY_ARENA_BYTES);
    const char *dir = str_cstr(a, str_fmt(a, "%s/%s", sb->data_dir, name));
    struct keyring *ring = NULL;
    struct str kid;
    struct err e = { 0 };

    if (keyring_open(dir, &ring, &e).failed) {
        must(!keyring_make_key(dir, KEY_RS256, KEY_ACTIVE, a, &kid, &e).failed);
        must(!keyring_open(dir, &ring, &e).failed);
    }
    return ring;
}

void golive_open(struct golive **out)
{
    struct golive *g = calloc(1, sizeof(*g));

    must(g != NULL && pthread_mutex_init(&g->lock, NULL) == 0);
    *out = g;
}

/* RSA keys take their time to make: only when somebody checks a portal. */
static struct golive *keys_ready(struct sandbox *sb)
{
    struct golive *g = sb->golive;

    must(pthread_mutex_lock(&g->lock) == 0);
    if (g->hidden == NULL) {
        g->first = ring_open(sb, "golive-keys");
        g->next = ring_open(sb, "golive-next-keys");
        g->hidden = ring_open(sb, "golive-hidden-keys");
    }
    must(pthread_mutex_unlock(&g->lock) == 0);
    return g;
}

void golive_close(struct golive **g)
{
    if (*g == NULL)
        return;
    keyring_close(&(*g)->first);
    keyring_close(&(*g)->next);
    keyring_close(&(*g)->hidden);
    (void)pthread_mutex_destroy(&(*g)->lock);
    free(*g);
    *g = NULL;
}

bool golive_begin(struct golive *g)
{
    bool mine;

    must(pthread_mutex_lock(&g->lock) == 0);
    mine = !g->running;
    g->running = true;
    must(pthread_mutex_unlock(&g->lock) == 0);
    return mine;
}

void golive_end(struct golive *g)
{
    must(pthread_mutex_lock(&g->lock) == 0);
    g->running = false;
    must(pthread_mutex_unlock(&g->lock) == 0);
}

struct str golive_issuer(const struct sandbox *sb, struct arena *a)
{
    return str_cat(a, sb->origin, STR("/golive"));
}

static void put_list(struct json *o, const char *name, const char *const *items)
{
    struct json *list = json_array();

    for (; *items != NULL; items++)
        json_add_str(list, str_c(*items));
    json_put(o, name, list);
}

result golive_discovery(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const endpoints[][2] = {
        { "authorization_endpoint", "/authorize" },
        { "token_endpoint", "/token" },
        { "userinfo_endpoint", "/userinfo" },
        { "jwks_uri", "/jwks" },
        { "pushed_authorization_request_endpoint", "/par" },
    };
    const struct str issuer = golive_issuer(sb, rq->arena);
    struct json *o = json_object();
    (void)e;

    json_put_str(o, "issuer", issuer);
    for (size_t i = 0; i < LEN(endpoints); i++)
        json_put_str(o, endpoints[i][0], str_cat(rq->arena, issuer, str_c(endpoints[i][1])));
    put_list(o, "response_types_supported", (const char *const[]){ "code", NULL });
    put_list(o, "response_modes_supported", (const char *const[]){ "query", NULL });
    put_list(o, "subject_types_supported", (const char *const[]){ "pairwise", NULL });
    put_list(o, "scopes_supported", (const char *const[]){ "openid", "profile", NULL });
    put_list(o, "claims_supported", (const char *const[]){ "sub", "name", NULL });
    put_list(o, "id_token_signing_alg_values_supported", (const char *const[]){ "RS256", NULL });
    put_list(o, "code_challenge_methods_supported", (const char *const[]){ "S256", NULL });
    put_list(o, "token_endpoint_auth_methods_supported",
             (const char *const[]){ "client_secret_basic", "client_secret_post", "private_key_jwt",
                                    NULL });
    put_list(o, "token_endpoint_auth_signing_alg_values_supported",
             (const char *const[]){ "ES256", "PS256", "RS256", NULL });
    put_list(o, "dpop_signing_alg_values_supported",
             (const char *const[]){ "ES256", "PS256", NULL });
    json_put_bool(o, "authorization_response_iss_parameter_supported", true);
    page_json(rq, rs, 200, o);
    return OK;
}

/* Both keys from the beginning: a key is published before it is used. */
result golive_jwks(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct golive *g = keys_ready(sb);
    DEFER(json_close) struct json *next = keyring_jwks(g->next);
    struct json *o = keyring_jwks(g->first);
    (void)e;

    json_add(json_member(o, "keys"), json_copy(json_at(json_member(next, "keys"), 0)));
    page_json(rq, rs, 200, o);
    return OK;
}

result golive_par(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    const struct str id = random_token(rq->arena, 256);
    struct form form;
    struct json *o;

    TRY(form_body(rq, &form, e));
    TRY(kv_put(sb->kv, str_cat(rq->arena, STR("golive.par:"), id), rq->body, PUSHED_TTL_S, e));
    o = json_object();
    json_put_str(o, "request_uri",
                 str_cat(rq->arena, STR("urn:ietf:params:oauth:request_uri:"), id));
    json_put_int(o, "expires_in", PUSHED_TTL_S);
    page_json(rq, rs, 201, o);
    return OK;
}

result golive_pushed(struct sandbox *sb, struct arena *a, struct str request_uri, struct form *out,
                     struct err *e)
{
    const struct str prefix = STR("urn:ietf:params:oauth:request_uri:");
    struct str text;
    bool found = false;

    if (!str_starts(request_uri, prefix) || request_uri.n > 120)
        return fail_field(e, ERR_NOT_FOUND, "request_uri", "not one of ours");
    TRY(kv_get(sb->kv, a, str_cat(a, STR("golive.par:"), str_from(request_uri, prefix.n)), &found,
               &text, e));
    if (!found)
        return fail_field(e, ERR_NOT_FOUND, "request_uri", "unknown");
    return form_read(a, text, out, e);
}

/* A browser of flesh and blood has nothing to do here. */
result golive_authorize(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    (void)e;
    response_redirect(rs, str_cat(rq->arena, sb->origin, STR("/golive")));
    return OK;
}

static const char *const code_names[] = { "client_id", "redirect_uri", "state",
                                          "nonce",     "challenge",    "name" };

static struct str *code_field(struct golive_code *c, size_t i)
{
    struct str *const fields[] = { &c->ask.client_id, &c->ask.redirect_uri, &c->ask.state,
                                   &c->ask.nonce,     &c->ask.challenge,    &c->name };

    return fields[i];
}

result golive_code_make(struct sandbox *sb, struct arena *a, const struct golive_code *c,
                        struct str *code, struct err *e)
{
    DEFER(json_close) struct json *o = json_object();
    struct golive_code copy = *c;

    *code = random_token(a, 256);
    json_put_int(o, "round", (int64_t)c->round);
    for (size_t i = 0; i < LEN(code_names); i++)
        json_put_str(o, code_names[i], *code_field(&copy, i));
    return kv_put(sb->kv, str_cat(a, STR("golive.code:"), *code), json_print(a, o), CODE_TTL_S, e);
}

static bool kept_read(struct arena *a, struct str text, struct golive_code *out)
{
    DEFER(json_close) struct json *o = NULL;
    int64_t round;

    if (json_read(text, &o, NULL).failed ||
        json_need_int(o, "round", 0, GOLIVE_COUNT - 1, &round, NULL).failed)
        return false;
    out->round = (enum golive_round)round;
    for (size_t i = 0; i < LEN(code_names); i++) {
        struct str *field = code_field(out, i);

        if (json_need_str(o, code_names[i], TEXT_BYTES, field, NULL).failed)
            return false;
        *field = str_dup(a, *field);
    }
    return true;
}

static result oauth_fail(struct request *rq, struct response *rs, int status, const char *error)
{
    struct json *o = json_object();

    json_put_str(o, "error", str_c(error));
    page_json(rq, rs, status, o);
    return OK;
}

static struct json *id_claims(struct sandbox *sb, struct arena *a, const struct golive_code *c)
{
    const int64_t now_s = clock_now_s(&sb->clock);
    const int64_t iat_s = c->round == GOLIVE_expired   ? now_s - 7200
                          : c->round == GOLIVE_not_yet ? now_s + 3600
                                                       : now_s;
    struct json *o = json_object();

    json_put_str(o, "iss",
                 c->round == GOLIVE_wrong_iss ? STR("https://other.example.vn")
                                              : golive_issuer(sb, a));
    json_put_str(o, "aud", c->round == GOLIVE_wrong_aud ? STR("another-portal") : c->ask.client_id);
    if (c->round == GOLIVE_other_azp) {
        struct json *both = json_array();

        json_add_str(both, c->ask.client_id);
        json_add_str(both, STR("another-portal"));
        json_put(o, "aud", both);
        json_put_str(o, "azp", STR("another-portal"));
    }
    if (c->round != GOLIVE_no_sub)
        json_put_str(o, "sub", digest_hex(a, digest_sha256(c->name)));
    json_put_int(o, "iat", iat_s);
    json_put_int(o, "exp", iat_s + TOKEN_TTL_S);
    if (c->round == GOLIVE_not_yet)
        json_put_int(o, "nbf", iat_s);
    json_put_int(o, "auth_time", iat_s);
    if (c->round == GOLIVE_wrong_nonce)
        json_put_str(o, "nonce", random_token(a, 128));
    else if (c->ask.nonce.n > 0 && c->round != GOLIVE_no_nonce)
        json_put_str(o, "nonce", c->ask.nonce);
    json_put_str(o, "name", c->name);
    return o;
}

static struct str segment(struct arena *a, const struct json *o)
{
    return base64url_encode(a, json_print(a, o));
}

/* header.payload with a header that no honest signer makes, and what goes for its signature. */
static struct str forge(struct sandbox *sb, struct arena *a, const struct json *claims, bool none)
{
    DEFER(json_close) struct json *jwks = keyring_jwks(keys_ready(sb)->first);
    DEFER(json_close) struct json *header = json_object();
    struct str text, modulus = STR("");
    struct digest mac;

    json_put_str(header, "alg", none ? STR("none") : STR("HS256"));
    json_put_str(header, "typ", STR("JWT"));
    text = str_fmt(a, "%.*s.%.*s", STR_ARG(segment(a, header)), STR_ARG(segment(a, claims)));
    if (none)
        return str_cat(a, text, STR("."));
    /* What everybody knows of the key serves as a secret. */
    (void)json_str(json_member(json_at(json_member(jwks, "keys"), 0), "n"), &modulus);
    mac = digest_hmac(modulus, text);
    return str_fmt(a, "%.*s.%.*s", STR_ARG(text), STR_ARG(base64url_encode(a, digest_str(&mac))));
}

/* One bit of the signature. */
static struct str spoil(struct arena *a, struct str token)
{
    char *p = arena_copy(a, token.p, token.n);
    char *middle = p + token.n - 40;

    *middle = *middle == 'A' ? 'B' : 'A';
    return str_of(p, token.n);
}

static result id_token_make(struct sandbox *sb, struct arena *a, const struct golive_code *c,
                            struct str *out, struct err *e)
{
    struct golive *g = keys_ready(sb);
    struct keyring *ring = c->round == GOLIVE_unknown_key   ? g->hidden
                           : c->round == GOLIVE_rotated_key ? g->next
                                                            : g->first;
    DEFER(json_close) struct json *claims = id_claims(sb, a, c);
    DEFER(key_release) struct key *key = NULL;

    if (c->round == GOLIVE_unsigned || c->round == GOLIVE_hs256) {
        *out = forge(sb, a, claims, c->round == GOLIVE_unsigned);
        return OK;
    }
    TRY(keyring_active(ring, KEY_RS256, &key, e));
    TRY(token_sign(a, key, NULL, claims, out, e));
    if (c->round == GOLIVE_wrong_signature)
        *out = spoil(a, *out);
    return OK;
}

static bool challenge_met(struct arena *a, struct str challenge, struct str verifier)
{
    return challenge.n == 0 || str_eq(digest_base64url(a, digest_sha256(verifier)), challenge);
}

result golive_token(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct golive_code c;
    struct str kept, key, access, id;
    struct json *o;
    struct form f;
    bool found = false;

    TRY(form_body(rq, &f, e));
    key = str_cat(rq->arena, STR("golive.code:"), str_sub(form_get(&f, "code"), 0, 64));
    TRY(kv_take(sb->kv, rq->arena, key, &found, &kept, e));
    if (!found || !kept_read(rq->arena, kept, &c) ||
        !str_eq(form_get(&f, "redirect_uri"), c.ask.redirect_uri) ||
        !challenge_met(rq->arena, c.ask.challenge, form_get(&f, "code_verifier")))
        return oauth_fail(rq, rs, 400, "invalid_grant");
    TRY(id_token_make(sb, rq->arena, &c, &id, e));
    access = random_token(rq->arena, 256);
    TRY(kv_put(sb->kv, str_cat(rq->arena, STR("golive.at:"), access), kept, TOKEN_TTL_S, e));
    o = json_object();
    json_put_str(o, "access_token", access);
    json_put_str(o, "token_type", request_header(rq, "DPoP").n > 0 ? STR("DPoP") : STR("Bearer"));
    json_put_int(o, "expires_in", TOKEN_TTL_S);
    if (c.round != GOLIVE_no_id_token)
        json_put_str(o, "id_token", id);
    page_json(rq, rs, 200, o);
    response_header_set(rs, "Cache-Control", STR("no-store"));
    return OK;
}

result golive_userinfo(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct str scheme, token, kept;
    struct golive_code c;
    struct json *o;
    bool found = false;

    if (!str_cut(request_header(rq, "Authorization"), ' ', &scheme, &token) || token.n > 64)
        return oauth_fail(rq, rs, 401, "invalid_token");
    TRY(kv_get(sb->kv, rq->arena, str_cat(rq->arena, STR("golive.at:"), token), &found, &kept, e));
    if (!found || !kept_read(rq->arena, kept, &c))
        return oauth_fail(rq, rs, 401, "invalid_token");
    o = json_object();
    json_put_str(o, "sub",
                 c.round == GOLIVE_other_sub ? STR("another-person")
                                             : digest_hex(rq->arena, digest_sha256(c.name)));
    json_put_str(o, "name", c.name);
    page_json(rq, rs, 200, o);
    return OK;
}
