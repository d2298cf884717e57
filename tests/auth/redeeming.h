/*
 * redeeming.h - codes redeemed and refresh tokens used in tests, by three clients with a secret
 * ("plain"; "bound" to a DPoP key; "sealed" to a certificate) and one without ("browser").
 *
 *     check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
 *     check_ok(post(au, "plain", refresh_form(member(json, "refresh_token"), ""), NULL, &json), e);
 */
#ifndef TESTS_AUTH_REDEEMING_H
#define TESTS_AUTH_REDEEMING_H

#include "auth/access.h"
#include "auth/client_metadata.h"
#include "auth/oidc_token.h"
#include "base/codec.h"
#include "base/json.h"
#include "crypto/keyring.h"
#include "store/kv.h"
#include "tests/auth/prover.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

#define HTU    "https://id.example.vn/token"
#define RETURN "redirect_uri=https%%3A%%2F%%2Fportal.example.vn%%2Fcallback" /* of a format */

static struct err e;

static inline void add(struct auth *au, const char *id, bool dpop, bool tls)
{
    const struct visit v = world_visit();
    struct str secret = STR(WORLD_SECRET);
    struct client c = client_defaults(au, CLIENT_OIDC);

    c.id = str_c(id);
    c.name_vi = STR("Cổng");
    c.redirect_uris[c.redirect_count++] = STR(WORLD_RETURN);
    c.scopes = STR("openid profile email");
    c.grants = STR("authorization_code refresh_token");
    c.resources = STR("https://api.example.vn https://other.example.vn");
    c.id_token_alg = KEY_ES256;
    c.dpop_bound = dpop;
    c.tls_bound = tls;
    check_ok(client_add(au, &v, &c, &secret, &e), e);
}

static inline void add_public(struct auth *au)
{
    const struct visit v = world_visit();
    struct str none = STR("");
    struct client c = client_defaults(au, CLIENT_OIDC);

    c.id = STR("browser");
    c.name_vi = STR("Trình duyệt");
    c.redirect_uris[c.redirect_count++] = STR(WORLD_RETURN);
    c.scopes = STR("openid");
    c.grants = STR("authorization_code refresh_token");
    c.id_token_alg = KEY_ES256;
    c.way = CLIENT_WAY_NONE;
    c.has_secret = false;
    c.pkce_only = true;
    check_ok(client_add(au, &v, &c, &none, &e), e);
}

static inline struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);

    add(au, "plain", false, false);
    add(au, "bound", true, false);
    add(au, "sealed", false, true);
    return au;
}

struct wish {
    const char *client;
    struct str jkt, resources; /* of the grant */
};

static inline struct str code_of(struct auth *au, const struct login_done *done,
                                 const struct wish *w)
{
    const struct visit v = world_visit();
    const struct grant g = { .client_id = str_c(w->client),
                             .redirect_uri = STR(WORLD_RETURN),
                             .scope = STR("openid profile email"),
                             .nonce = STR("n-1"),
                             .account = done->account.id,
                             .sid = done->session.sid,
                             .amr = STR("fed"),
                             .kind = 1,
                             .level = 2,
                             .acr = 2,
                             .auth_time_s = done->session.auth_time_s,
                             .resources = w->resources,
                             .jkt = w->jkt };
    struct str code;

    check_ok(oidc_code_make(au, &v, &g, &code, &e), e);
    return code;
}

/* What comes with a request beside its form. */
struct with {
    const struct prover *prover;
    struct str certificate;
};

static inline result post(struct auth *au, const char *client, struct str rest,
                          const struct with *with, struct str *json)
{
    const struct visit v = world_visit();
    const struct form f = world_form(str_cstr(
        test_arena(), str_fmt(test_arena(), "client_id=%s&client_secret=" WORLD_SECRET "&%.*s",
                              client, STR_ARG(rest))));
    struct api_call call = { .body = &f, .method = STR("POST"), .url = STR(HTU) };

    if (with != NULL && with->prover != NULL) {
        call.dpop = prover_proof(with->prover);
        call.dpop_count = 1;
    }
    if (with != NULL)
        call.certificate = with->certificate;
    e = (struct err){ 0 };
    return oidc_token(au, &v, &call, json, &e);
}

/* The same of a client that has no secret. */
static inline result post_public(struct auth *au, struct str rest, const struct prover *p,
                                 struct str *json)
{
    const struct visit v = world_visit();
    const struct form f =
        world_form(str_cstr(test_arena(), str_cat(test_arena(), STR("client_id=browser&"), rest)));
    struct api_call call = { .body = &f, .method = STR("POST"), .url = STR(HTU) };

    if (p != NULL) {
        call.dpop = prover_proof(p);
        call.dpop_count = 1;
    }
    e = (struct err){ 0 };
    return oidc_token(au, &v, &call, json, &e);
}

static inline struct str redeem_form(struct str code)
{
    return str_fmt(test_arena(), "grant_type=authorization_code&code=%.*s&" RETURN, STR_ARG(code));
}

static inline struct str refresh_form(struct str token, const char *more)
{
    return str_fmt(test_arena(), "grant_type=refresh_token&refresh_token=%.*s%s", STR_ARG(token),
                   more);
}

static inline struct str member(struct str json, const char *name)
{
    DEFER(json_close) struct json *o = NULL;
    struct str s = STR("");

    check_ok(json_read(json, &o, &e), e);
    (void)json_str(json_member(o, name), &s);
    return str_dup(test_arena(), s);
}

static inline struct str said_in(struct str token)
{
    struct str head, rest, body, sig, text;

    check(str_cut(token, '.', &head, &rest) && str_cut(rest, '.', &body, &sig));
    check(base64url_decode(test_arena(), body, &text));
    return text;
}

static inline bool opens(struct auth *au, struct str token)
{
    struct access acc;

    return !access_read(au, test_arena(), token, &acc, &e).failed;
}

static inline bool keeps(struct auth *au, const char *kind, struct str value)
{
    struct str ignored;
    bool found;

    check_ok(
        kv_get(au->kv, test_arena(), auth_key(test_arena(), kind, value), &found, &ignored, &e), e);
    return found;
}

static inline bool holds(struct auth *au, struct str sid)
{
    struct str ignored;
    bool found;

    check_ok(kv_get(au->kv, test_arena(), str_cat(test_arena(), STR("held:"), sid), &found,
                    &ignored, &e),
             e);
    return found;
}

#endif
