#include "auth/oidc_token.h"

#include "auth/access.h"
#include "auth/claims.h"
#include "auth/oidc_userinfo.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "crypto/token.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"
#include "tests/forged.h"

/* RFC 7636 appendix B */
#define VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define BASIC     "Basic " /* portal:secret follows */
#define RETURN    "&redirect_uri=https%3A%2F%2Fportal.example.vn%2Fcallback"
#define BY_POST   "client_id=portal&client_secret=" WORLD_SECRET "&"

static struct err e;

static struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);

    (void)world_client(au);
    return au;
}

static struct str code_of(struct auth *au, const struct login_done *done, const char *challenge)
{
    const struct visit v = world_visit();
    const struct grant g = {
        .client_id = STR("portal"),
        .redirect_uri = STR(WORLD_RETURN),
        .scope = STR("openid profile"),
        .challenge = str_c(challenge),
        .nonce = STR("n-1"),
        .account = done->account.id,
        .sid = done->session.sid,
        .amr = STR("fed"),
        .kind = 1,
        .level = 2,
        .acr = 2,
        .auth_time_s = done->session.auth_time_s,
    };
    struct str code;

    check_ok(oidc_code_make(au, &v, &g, &code, &e), e);
    return code;
}

static result post(struct auth *au, const char *authorization, struct str body, struct str *json)
{
    const struct visit v = world_visit();
    const struct form f = world_form(str_cstr(test_arena(), body));

    const struct api_call call = { .body = &f, .authorization = str_c(authorization) };

    e = (struct err){ 0 };
    return oidc_token(au, &v, &call, json, &e);
}

static struct str redeem(struct str code, const char *more)
{
    return str_fmt(test_arena(), BY_POST "grant_type=authorization_code&code=%.*s%s", STR_ARG(code),
                   more);
}

static const char *basic(const char *pair)
{
    return str_cstr(test_arena(),
                    str_cat(test_arena(), STR(BASIC), base64_encode(test_arena(), str_c(pair))));
}

static struct str member(struct str json, const char *name)
{
    DEFER(json_close) struct json *o = NULL;
    struct str s = STR("");

    check_ok(json_read(json, &o, &e), e);
    (void)json_str(json_member(o, name), &s);
    return str_dup(test_arena(), s);
}

static struct json *id_claims(struct auth *au, struct str token)
{
    DEFER(key_set_close) struct key_set *keys = keyring_public(au->keys);
    const struct token_expect expect = { .issuer = STR("https://id.example.vn"),
                                         .audience = STR("portal"),
                                         .now_s = clock_now_s(&fixture_clock) };
    struct json *claims = NULL;

    check_ok(token_verify(test_arena(), keys, token, &expect, &claims, &e), e);
    return claims;
}

TEST_STORE(a_code_becomes_an_id_token_and_an_access_token)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct str code = code_of(au, &done, CHALLENGE);
    struct str json, access, s;
    struct access acc;
    int64_t n;

    check_ok(post(au, "", redeem(code, RETURN "&code_verifier=" VERIFIER), &json), e);
    check_str(member(json, "token_type"), "Bearer");
    check_str(member(json, "scope"), "openid profile");
    access = member(json, "access_token");
    DEFER(json_close) struct json *id = id_claims(au, member(json, "id_token"));
    check(json_str(json_member(id, "nonce"), &s) && str_is(s, "n-1"));
    check(json_str(json_member(id, "acr"), &s) && str_is(s, "urn:vn:loa:2"));
    check(json_str(json_member(id, "sid"), &s) && str_eq(s, done.session.sid));
    check(json_str(json_member(id, "at_hash"), &s));
    check_same(s, token_half_hash(test_arena(), access));
    check(json_int(json_member(id, "auth_time"), &n) && n == done.session.auth_time_s);
    check_int(json_count(json_member(id, "amr")), 1);
    check(json_member(id, "name") == NULL && json_member(id, "SoDinhDanh") == NULL);
    check_ok(access_read(au, test_arena(), access, &acc, &e), e);
    check_same(acc.account, done.account.id);
    check_str(acc.client_id, "portal");
    check_int(acc.level, 2);
    check(json_str(json_member(id, "sub"), &s));
    check_same(acc.sub, s);
    check(!str_eq(s, done.account.id));
}

TEST_KV(a_code_used_twice_takes_its_token_back)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct str code = code_of(au, &done, "");
    struct str json, again;
    struct access acc;

    check_ok(post(au, "", redeem(code, RETURN), &json), e);
    check_ok(access_read(au, test_arena(), member(json, "access_token"), &acc, &e), e);
    check_fails(post(au, "", redeem(code, RETURN), &again), e, ERR_BAD_GRANT);
    check_fails(access_read(au, test_arena(), member(json, "access_token"), &acc, &e), e,
                ERR_BAD_TOKEN);
}

TEST(a_code_does_not_open_for_the_wrong_question)
{
    static const struct {
        const char *challenge, *more;
    } cases[] = {
        { CHALLENGE, RETURN }, /* no verifier */
        { CHALLENGE, RETURN "&code_verifier=wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong" },
        { CHALLENGE, RETURN "&code_verifier=" CHALLENGE }, /* plain */
        { CHALLENGE, RETURN "&code_verifier=short" },
        { "", RETURN "&code_verifier=" VERIFIER }, /* stripped challenge */
        { "", "" },                                /* no redirect_uri */
        { "", "&redirect_uri=https%3A%2F%2Fportal.example.vn%2Fcallback%2F" },
    };
    struct auth *au = here();
    const struct login_done done = world_login(au);
    struct str json;

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct str code = code_of(au, &done, cases[i].challenge);

        check_fails(post(au, "", redeem(code, cases[i].more), &json), e, ERR_BAD_GRANT);
        /* and it is used up */
        check_fails(post(au, "", redeem(code, RETURN "&code_verifier=" VERIFIER), &json), e,
                    ERR_BAD_GRANT);
    }
}

TEST(a_code_of_another_client_or_of_an_ended_session_is_refused)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_done done = world_login(au);
    struct client other = { .id = STR("other"),
                            .profile = CLIENT_OIDC,
                            .name_vi = STR("Khác"),
                            .has_secret = true,
                            .redirect_uris = { STR(WORLD_RETURN) },
                            .redirect_count = 1 };
    struct str secret = STR(WORLD_SECRET), json;
    struct str code = code_of(au, &done, "");

    check_ok(client_add(au, &v, &other, &secret, &e), e);
    check_fails(post(au, "",
                     str_fmt(test_arena(),
                             "client_id=other&client_secret=" WORLD_SECRET
                             "&grant_type=authorization_code&code=%.*s%s",
                             STR_ARG(code), RETURN),
                     &json),
                e, ERR_BAD_GRANT);
    code = code_of(au, &done, "");
    check_ok(session_end(au, &v, &done.session, &e), e);
    check_fails(post(au, "", redeem(code, RETURN), &json), e, ERR_BAD_GRANT);
}

TEST(a_code_ends_after_its_minute)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct str code = code_of(au, &done, "");
    struct str json;

    fixture_clock.fixed_ms += (au->conf->auth.code_ttl_s + 1) * 1000;
    check_fails(post(au, "", redeem(code, RETURN), &json), e, ERR_BAD_GRANT);
}

TEST(an_ended_session_ends_its_tokens)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_done done = world_login(au);
    struct str json;
    struct access acc;

    check_ok(post(au, "", redeem(code_of(au, &done, ""), RETURN), &json), e);
    check_ok(session_end(au, &v, &done.session, &e), e);
    check_fails(access_read(au, test_arena(), member(json, "access_token"), &acc, &e), e,
                ERR_BAD_TOKEN);
}

TEST(clients_authenticate_by_basic_or_post_and_in_no_other_way)
{
    static const struct {
        const char *pair; /* NULL: no header; "!x": x as it stands */
        const char *body;
        enum err_code want;
    } cases[] = {
        { "portal:" WORLD_SECRET, "", ERR_NONE },
        { "portal:" WORLD_SECRET, "client_id=portal&", ERR_NONE },
        { "port%61l:" WORLD_SECRET, "", ERR_NONE },
        { NULL, BY_POST, ERR_NONE },
        { "portal:wrong", "", ERR_BAD_CLIENT },
        { "portal:", "", ERR_BAD_CLIENT },
        { "nobody:" WORLD_SECRET, "", ERR_BAD_CLIENT },
        { "portal:" WORLD_SECRET, "client_id=other&", ERR_BAD_CLIENT },
        { "portal:" WORLD_SECRET, "client_secret=" WORLD_SECRET "&", ERR_INVALID },
        { "!Basic cG9ydGFsOg", "", ERR_BAD_CLIENT }, /* no padding */
        { "!Basic cG9ydGFsOg== ", "", ERR_BAD_CLIENT },
        { "!Bearer abc", "", ERR_BAD_CLIENT },
        { "portal%00:" WORLD_SECRET, "", ERR_BAD_CLIENT },
        { NULL, "client_id=portal&", ERR_BAD_CLIENT },
        { NULL, "", ERR_BAD_CLIENT },
        { NULL, "client_id=portal&client_secret=&", ERR_BAD_CLIENT },
    };
    struct auth *au = here();

    for (size_t i = 0; i < LEN(cases); i++) {
        const char *header = cases[i].pair == NULL     ? ""
                             : cases[i].pair[0] == '!' ? cases[i].pair + 1
                                                       : basic(cases[i].pair);
        const struct str body =
            str_fmt(test_arena(), "%sgrant_type=client_credentials", cases[i].body);
        struct str json;
        const bool failed = post(au, header, body, &json).failed;

        if (e.code != cases[i].want)
            test_fail(__FILE__, __LINE__, "case %zu: %s", i, err_name(e.code));
        check(failed == (cases[i].want != ERR_NONE));
    }
}

TEST(client_credentials_carry_scopes_of_no_person)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct str json;
    bool is_signed;
    struct access acc;

    check_ok(post(au, "", STR(BY_POST "grant_type=client_credentials"), &json), e);
    check_str(member(json, "scope"), "payments:write");
    check_int(member(json, "id_token").n, 0);
    check_ok(access_read(au, test_arena(), member(json, "access_token"), &acc, &e), e);
    check_str(acc.sub, "portal");
    check_int(acc.account.n, 0);
    check_int(acc.level, 0);
    check_ok(access_need_scope(&acc, "payments:write", &e), e);
    check_fails(access_need_scope(&acc, "openid", &e), e, ERR_SCOPE);
    check_fails(oidc_userinfo(au, &v, &acc, &json, &is_signed, &e), e, ERR_BAD_TOKEN);
    check_fails(post(au, "", STR(BY_POST "grant_type=client_credentials&scope=openid"), &json), e,
                ERR_BAD_SCOPE);
    check_fails(post(au, "", STR(BY_POST "grant_type=client_credentials&scope=admin"), &json), e,
                ERR_BAD_SCOPE);
    check_fails(post(au, "", STR(BY_POST "grant_type=password"), &json), e, ERR_GRANT_TYPE);
    check_fails(post(au, "", STR(BY_POST "x=y"), &json), e, ERR_INVALID);
    check_fails(post(au, "", STR(BY_POST "grant_type=authorization_code"), &json), e, ERR_INVALID);
    check_fails(post(au, "", STR(BY_POST "grant_type=authorization_code&code=unknown"), &json), e,
                ERR_BAD_GRANT);
}

TEST(a_hint_is_one_of_our_id_tokens_and_nothing_else)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    struct oidc_hint hint;
    struct str json, id;

    check_ok(post(au, "", redeem(code_of(au, &done, ""), RETURN), &json), e);
    id = member(json, "id_token");
    fixture_clock.fixed_ms += 3600 * 1000; /* it may have expired */
    check_ok(oidc_hint_read(au, test_arena(), id, &hint, &e), e);
    check_str(hint.client_id, "portal");
    check_same(hint.sid, done.session.sid);
    check_fails(oidc_hint_read(au, test_arena(), member(json, "access_token"), &hint, &e), e,
                ERR_BAD_TOKEN);
    check_fails(oidc_hint_read(au, test_arena(), str_sub(id, 0, id.n - 4), &hint, &e), e,
                ERR_BAD_TOKEN);
    check_fails(oidc_hint_read(au, test_arena(), STR("a.b.c"), &hint, &e), e, ERR_BAD_TOKEN);
}

TEST(nothing_of_the_corpus_of_forged_tokens_is_a_hint)
{
    struct auth *au = here();
    const int64_t now_s = clock_now_s(&fixture_clock);
    DEFER(key_release) struct key *key = NULL;
    struct forged_from from = { .typ = "JWT" };
    struct oidc_hint hint;

    check_ok(keyring_active(au->keys, KEY_ES256, &key, &e), e);
    from.key = key;
    from.claims = str_fmt(test_arena(),
                          "{\"iss\":\"https://id.example.vn\",\"aud\":\"portal\",\"sub\":\"s\","
                          "\"sid\":\"i\",\"iat\":%lld,\"exp\":%lld}",
                          (long long)now_s, (long long)now_s + 60);
    check_ok(oidc_hint_read(au, test_arena(), forged_good(&from), &hint, &e), e);
    for (size_t i = 0; i < forged_count(); i++)
        if (!oidc_hint_read(au, test_arena(), forged_token(i, &from), &hint, &e).failed)
            test_fail(__FILE__, __LINE__, "%s", forged_name(i));
}
