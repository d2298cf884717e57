#include "auth/access.h"

#include "auth/client_metadata.h"
#include "base/clock.h"
#include "base/json.h"
#include "crypto/keyring.h"
#include "crypto/token.h"
#include "tests/auth/prover.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;

static struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();
    struct client c = client_defaults(au, CLIENT_OIDC);
    struct str secret = STR(WORLD_SECRET);

    c.id = STR("api");
    c.name_vi = STR("Hệ thống");
    c.grants = STR("client_credentials");
    c.id_token_alg = KEY_ES256;
    check_ok(client_add(au, &v, &c, &secret, &e), e);
    return au;
}

struct made {
    const char *typ, *iss, *aud, *client, *sid;
    int64_t exp_in_s;
    bool foreign;
};

static struct str make(struct auth *au, const struct made *m)
{
    DEFER(key_release) struct key *key = NULL;
    DEFER(json_close) struct json *o = json_object();
    DEFER(keyring_close) struct keyring *other = NULL;
    const char *dir = str_cstr(test_arena(), str_fmt(test_arena(), "%s/other", test_folder()));
    const int64_t now_s = clock_now_s(&fixture_clock);
    struct str token, kid;

    json_put_str(o, "iss", str_c(m->iss));
    json_put_str(o, "aud", str_c(m->aud));
    json_put_str(o, "sub", STR("api"));
    if (m->client != NULL)
        json_put_str(o, "client_id", str_c(m->client));
    json_put_str(o, "jti", STR("j1"));
    json_put_str(o, "scope", STR("a:read b:write"));
    if (m->sid != NULL)
        json_put_str(o, "sid", str_c(m->sid));
    json_put_int(o, "iat", now_s);
    json_put_int(o, "exp", now_s + m->exp_in_s);
    if (m->foreign) {
        check_ok(keyring_make_key(dir, KEY_ES256, KEY_ACTIVE, test_arena(), &kid, &e), e);
        check_ok(keyring_open(dir, &other, &e), e);
    }
    check_ok(keyring_active(m->foreign ? other : au->keys, KEY_ES256, &key, &e), e);
    check_ok(token_sign(test_arena(), key, m->typ, o, &token, &e), e);
    return token;
}

#define US "https://id.example.vn"

static result header(struct auth *au, struct str authorization)
{
    const struct visit v = world_visit();
    const struct api_call call = { .authorization = authorization };
    struct access acc;

    e = (struct err){ 0 };
    return access_check(au, &v, &call, &acc, &e);
}

TEST(only_our_own_live_access_tokens_open)
{
    static const struct {
        struct made made;
        bool good;
    } cases[] = {
        { { "at+jwt", US, US, "api", NULL, 60, false }, true },
        { { "at+jwt", US, US, "api", NULL, -60, false }, false },
        { { NULL, US, US, "api", NULL, 60, false }, false },
        { { "at+jwt", "https://evil.example", US, "api", NULL, 60, false }, false },
        { { "at+jwt", US, "portal", "api", NULL, 60, false }, false },
        { { "at+jwt", US, US, NULL, NULL, 60, false }, false },
        { { "at+jwt", US, US, "api", "gone", 60, false }, false },
        { { "at+jwt", US, US, "someone-else", NULL, 60, false }, false },
        { { "at+jwt", US, US, "api", NULL, 60, true }, false },
    };
    struct auth *au = here();

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct str token = make(au, &cases[i].made);
        const bool ok = !header(au, str_cat(test_arena(), STR("Bearer "), token)).failed;

        if (ok != cases[i].good || (!ok && e.code != ERR_BAD_TOKEN))
            test_fail(__FILE__, __LINE__, "case %zu: %s", i, e.detail);
    }
}

TEST_KV(a_revoked_token_is_refused)
{
    static const struct made made = { "at+jwt", US, US, "api", NULL, 60, false };
    struct auth *au = here();
    const struct str token = make(au, &made);
    struct access acc;

    check_ok(access_read(au, test_arena(), token, &acc, &e), e);
    check_ok(access_revoke(au, test_arena(), acc.jti, &e), e);
    check_fails(access_read(au, test_arena(), token, &acc, &e), e, ERR_BAD_TOKEN);
}

TEST(the_token_is_taken_from_a_bearer_header_only)
{
    static const struct made made = { "at+jwt", US, US, "api", NULL, 60, false };
    struct auth *au = here();
    const struct str token = make(au, &made);
    struct arena *a = test_arena();

    check_ok(header(au, str_cat(a, STR("bearer "), token)), e);
    check_fails(header(au, STR("")), e, ERR_NOT_SIGNED_IN);
    check_fails(header(au, token), e, ERR_BAD_TOKEN);
    check_fails(header(au, str_cat(a, STR("Basic "), token)), e, ERR_BAD_TOKEN);
    check_fails(header(au, str_cat(a, STR("Bearer  "), token)), e, ERR_BAD_TOKEN);
    check_fails(header(au, STR("Bearer ")), e, ERR_BAD_TOKEN);
}

TEST(a_form_may_carry_the_token_when_no_header_does)
{
    static const struct made made = { "at+jwt", US, US, "api", NULL, 60, false };
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct str token = make(au, &made);
    struct arena *a = test_arena();
    const struct form form =
        world_form(str_cstr(a, str_fmt(a, "access_token=%.*s", STR_ARG(token))));
    struct api_call call = { .body = &form };
    struct access acc;

    check_ok(access_check(au, &v, &call, &acc, &e), e);
    check_str(acc.client_id, "api");
    call.authorization = str_cat(a, STR("Bearer "), token);
    check_fails(access_check(au, &v, &call, &acc, &e), e, ERR_INVALID);
}

static struct str bound(struct auth *au, const struct access *says)
{
    DEFER(key_release) struct key *key = NULL;
    DEFER(json_close) struct json *o = json_object();
    const int64_t now_s = clock_now_s(&fixture_clock);
    struct str token;

    json_put_str(o, "iss", STR(US));
    json_put_str(o, "aud", STR(US));
    json_put_int(o, "iat", now_s);
    json_put_int(o, "exp", now_s + 60);
    access_put(au, test_arena(), says, o);
    check_ok(keyring_active(au->keys, KEY_ES256, &key, &e), e);
    check_ok(token_sign(test_arena(), key, "at+jwt", o, &token, &e), e);
    return token;
}

static result call_with(struct auth *au, const char *scheme, struct str token,
                        const struct prover *p, struct access *acc)
{
    const struct visit v = world_visit();
    const struct api_call call = {
        .authorization = str_fmt(test_arena(), "%s %.*s", scheme, STR_ARG(token)),
        .dpop = p != NULL ? prover_proof(p) : STR(""),
        .dpop_count = p != NULL,
        .method = STR("GET"),
        .url = STR(US "/userinfo"),
    };

    e = (struct err){ 0 };
    return access_check(au, &v, &call, acc, &e);
}

TEST_KV(a_bound_token_opens_nothing_without_its_key)
{
    struct auth *au = here();
    const struct access says = { .client_id = STR("api"),
                                 .sub = STR("api"),
                                 .jti = STR("j1"),
                                 .scope = STR("a:read"),
                                 .jkt = prover_jkt(0) };
    struct access unbound = says, acc;
    const struct str token = bound(au, &says);
    struct prover p = prover_new(au, "GET", US "/userinfo");

    p.token = token;
    check_ok(call_with(au, "DPoP", token, &p, &acc), e);
    check_same(acc.jkt, prover_jkt(0));
    check_ok(call_with(au, "dpop", token, &p, &acc), e);
    check_ok(call_with(au, "DPOP", token, &p, &acc), e);
    check_fails(call_with(au, "DPoP", token, NULL, &acc), e, ERR_BAD_PROOF);
    check_fails(call_with(au, "Bearer", token, NULL, &acc), e, ERR_BAD_TOKEN);
    check_fails(call_with(au, "Bearer", token, &p, &acc), e, ERR_BAD_TOKEN);
    p.key = 1;
    check_fails(call_with(au, "DPoP", token, &p, &acc), e, ERR_BAD_PROOF);
    unbound.jkt = STR("");
    p.token = bound(au, &unbound);
    check_fails(call_with(au, "DPoP", p.token, &p, &acc), e, ERR_BAD_TOKEN);
    check_ok(call_with(au, "Bearer", p.token, NULL, &acc), e);
}

TEST(a_token_of_a_certificate_opens_nothing_without_it)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct access says = { .client_id = STR("api"),
                                 .sub = STR("api"),
                                 .jti = STR("j1"),
                                 .scope = STR("a:read"),
                                 .x5t = access_x5t(test_arena(), STR("certificate")) };
    struct api_call call = {
        .authorization = str_cat(test_arena(), STR("Bearer "), bound(au, &says)),
    };
    struct access acc;

    check_fails(access_check(au, &v, &call, &acc, &e), e, ERR_BAD_TOKEN);
    call.certificate = STR("another certificate");
    check_fails(access_check(au, &v, &call, &acc, &e), e, ERR_BAD_TOKEN);
    call.certificate = STR("certificate");
    check_ok(access_check(au, &v, &call, &acc, &e), e);
}

TEST(a_handed_on_token_is_bound_to_who_hands_it_on_or_to_nobody)
{
    struct auth *au = here();
    struct access says = {
        .client_id = STR("api"), .sub = STR("api"), .jti = STR("j1"), .scope = STR("a:read")
    };
    struct access by = { .jkt = prover_jkt(0) }, acc;

    check_ok(access_check_subject(au, test_arena(), bound(au, &says), &by, &acc, &e), e);
    says.jkt = prover_jkt(0);
    check_ok(access_check_subject(au, test_arena(), bound(au, &says), &by, &acc, &e), e);
    by.jkt = prover_jkt(1);
    check_fails(access_check_subject(au, test_arena(), bound(au, &says), &by, &acc, &e), e,
                ERR_BAD_TOKEN);
    by.jkt = STR("");
    check_fails(access_check_subject(au, test_arena(), bound(au, &says), &by, &acc, &e), e,
                ERR_BAD_TOKEN);
}

TEST(what_is_sealed_in_a_token_comes_back_and_is_read_by_nobody_else)
{
    struct auth *au = here();
    const struct access says = { .client_id = STR("api"),
                                 .sub = STR("api"),
                                 .jti = STR("j1"),
                                 .scope = STR("a:read"),
                                 .acting = STR("org_secret"),
                                 .mandate = STR("md_1"),
                                 .claims = STR("{\"userinfo\":{\"name\":null}}"),
                                 .act_sub = STR("person"),
                                 .acr = 2,
                                 .auth_time_s = 1000 };
    const struct str token = bound(au, &says);
    struct str head, rest, body, sig, text;
    struct access acc;

    check_ok(call_with(au, "Bearer", token, NULL, &acc), e);
    check_same(acc.acting, says.acting);
    check_same(acc.mandate, says.mandate);
    check_same(acc.claims, says.claims);
    check_same(acc.act_sub, says.act_sub);
    check_int(acc.acr, 2);
    check_int(acc.auth_time_s, 1000);
    check(str_cut(token, '.', &head, &rest) && str_cut(rest, '.', &body, &sig));
    check(base64url_decode(test_arena(), body, &text));
    check(!str_has(text, STR("org_secret")) && !str_has(text, STR("userinfo")));
}

TEST(what_was_sealed_for_another_token_does_not_open)
{
    struct auth *au = here();
    const struct access says = { .client_id = STR("api"),
                                 .sub = STR("api"),
                                 .jti = STR("j1"),
                                 .scope = STR(""),
                                 .acting = STR("org_secret") };
    DEFER(json_close) struct json *o = json_object();
    DEFER(key_release) struct key *key = NULL;
    const int64_t now_s = clock_now_s(&fixture_clock);
    struct str token;
    struct access acc;

    json_put_str(o, "iss", STR(US));
    json_put_str(o, "aud", STR(US));
    json_put_int(o, "iat", now_s);
    json_put_int(o, "exp", now_s + 60);
    access_put(au, test_arena(), &says, o);
    json_put_str(o, "jti", STR("j2"));
    check_ok(keyring_active(au->keys, KEY_ES256, &key, &e), e);
    check_ok(token_sign(test_arena(), key, "at+jwt", o, &token, &e), e);
    check_fails(call_with(au, "Bearer", token, NULL, &acc), e, ERR_BAD_TOKEN);
    check_str(str_c(e.detail), "access token: a claim cannot be read");
}

TEST(a_sign_in_that_is_too_weak_or_too_old_is_named)
{
    struct auth *au = here();
    const struct access acc = { .acr = 2, .auth_time_s = clock_now_s(&fixture_clock) - 100 };

    check_ok(access_need_acr(&acc, 2, &e), e);
    check_fails(access_need_acr(&acc, 3, &e), e, ERR_WEAK_SIGN_IN);
    check_str(str_c(e.field), "acr_values=urn:vn:loa:3");
    check_ok(access_need_fresh(au, &acc, 100, &e), e);
    check_fails(access_need_fresh(au, &acc, 99, &e), e, ERR_WEAK_SIGN_IN);
    check_str(str_c(e.field), "max_age=99");
}

TEST(nothing_of_the_corpus_of_forged_tokens_opens)
{
    struct auth *au = here();
    const int64_t now_s = clock_now_s(&fixture_clock);
    DEFER(key_release) struct key *key = NULL;
    struct forged_from from = { .typ = "at+jwt" };
    struct access acc;

    check_ok(keyring_active(au->keys, KEY_ES256, &key, &e), e);
    from.key = key;
    from.claims =
        str_fmt(test_arena(),
                "{\"iss\":\"" US "\",\"aud\":\"" US "\",\"sub\":\"api\",\"client_id\":\"api\","
                "\"jti\":\"j\",\"scope\":\"a:read\",\"iat\":%lld,\"exp\":%lld}",
                (long long)now_s, (long long)now_s + 60);
    check_ok(call_with(au, "Bearer", forged_good(&from), NULL, &acc), e);
    for (size_t i = 0; i < forged_count(); i++) {
        const struct str token = forged_token(i, &from);

        if (!call_with(au, "Bearer", token, NULL, &acc).failed ||
            !access_read(au, test_arena(), token, &acc, &e).failed)
            test_fail(__FILE__, __LINE__, "%s", forged_name(i));
    }
}

TEST(a_disabled_clients_tokens_open_nothing_also_when_it_is_back)
{
    static const struct made made = { "at+jwt", US, US, "api", NULL, 60, false };
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct str token = make(au, &made);
    struct access acc;

    check_ok(call_with(au, "Bearer", token, NULL, &acc), e);
    check_ok(client_disable(au, &v, STR("api"), true, &e), e);
    check_fails(call_with(au, "Bearer", token, NULL, &acc), e, ERR_BAD_TOKEN);
    check_ok(client_disable(au, &v, STR("api"), false, &e), e);
    check_fails(call_with(au, "Bearer", token, NULL, &acc), e, ERR_BAD_TOKEN);
}

TEST(scopes_are_whole_words)
{
    const struct access acc = { .scope = STR("a:read b:write") };

    check_ok(access_need_scope(&acc, "b:write", &e), e);
    check_fails(access_need_scope(&acc, "b:writ", &e), e, ERR_SCOPE);
    check_fails(access_need_scope(&acc, "", &e), e, ERR_SCOPE);
    check_fails(access_need_scope(&acc, "a:read b:write", &e), e, ERR_SCOPE);
}
