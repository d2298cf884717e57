#include "auth/oidc_introspect.h"

#include "auth/access.h"
#include "auth/client_metadata.h"
#include "auth/oidc_token.h"
#include "base/json.h"
#include "crypto/keyring.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

#define WHO(id) "client_id=" id "&client_secret=" WORLD_SECRET "&"

static struct err e;

static void add(struct auth *au, const char *id, const char *scopes, bool secret)
{
    const struct visit v = world_visit();
    struct str made = STR(WORLD_SECRET);
    struct client c = client_defaults(au, CLIENT_OIDC);

    c.id = str_c(id);
    c.name_vi = STR("Khác");
    c.redirect_uris[c.redirect_count++] = STR(WORLD_RETURN);
    c.scopes = str_c(scopes);
    c.id_token_alg = KEY_ES256;
    if (!secret)
        c.way = CLIENT_WAY_NONE;
    c.has_secret = secret;
    c.pkce_only = !secret;
    check_ok(client_add(au, &v, &c, &made, &e), e);
}

static struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);

    (void)world_client(au);
    add(au, "other", "openid", true);
    add(au, "resource", "introspect", true);
    add(au, "browser", "openid", false);
    return au;
}

static struct str member(struct str json, const char *name)
{
    DEFER(json_close) struct json *o = NULL;
    struct str s = STR("");

    check_ok(json_read(json, &o, &e), e);
    (void)json_str(json_member(o, name), &s);
    return str_dup(test_arena(), s);
}

static bool active(struct str json)
{
    return str_starts(json, STR("{\"active\":true"));
}

/* An access token of the person, with its grant. */
static struct str token_of(struct auth *au, const struct login_done *done)
{
    const struct visit v = world_visit();
    const struct grant g = { .client_id = STR("portal"),
                             .redirect_uri = STR(WORLD_RETURN),
                             .scope = STR("openid profile"),
                             .account = done->account.id,
                             .sid = done->session.sid,
                             .amr = STR("fed"),
                             .kind = 1,
                             .level = 2,
                             .acr = 2,
                             .auth_time_s = done->session.auth_time_s };
    struct form f;
    const struct api_call call = { .body = &f };
    struct str code, json;

    check_ok(oidc_code_make(au, &v, &g, &code, &e), e);
    f = world_form(str_cstr(test_arena(),
                            str_fmt(test_arena(),
                                    WHO("portal") "grant_type=authorization_code&code=%.*s&"
                                                  "redirect_uri=https%%3A%%2F%%2Fportal.example.vn"
                                                  "%%2Fcallback",
                                    STR_ARG(code))));
    check_ok(oidc_token(au, &v, &call, &json, &e), e);
    return member(json, "access_token");
}

static struct str own_token(struct auth *au)
{
    const struct visit v = world_visit();
    const struct form f = world_form(WHO("portal") "grant_type=client_credentials");
    const struct api_call call = { .body = &f };
    struct str json;

    check_ok(oidc_token(au, &v, &call, &json, &e), e);
    return member(json, "access_token");
}

static struct form ask(const char *who, struct str token)
{
    return world_form(
        str_cstr(test_arena(), str_fmt(test_arena(), "%stoken=%.*s", who, STR_ARG(token))));
}

static struct str introspect(struct auth *au, const char *who, struct str token)
{
    const struct visit v = world_visit();
    const struct form f = ask(who, token);
    const struct api_call call = { .body = &f };
    struct str json;

    check_ok(oidc_introspect(au, &v, &call, &json, &e), e);
    return json;
}

static void give_back(struct auth *au, const char *who, struct str token)
{
    const struct visit v = world_visit();
    const struct form f = ask(who, token);
    const struct api_call call = { .body = &f };

    check_ok(oidc_revoke(au, &v, &call, &e), e);
}

TEST_STORE(only_its_client_and_resource_servers_learn_about_a_token)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct str token = token_of(au, &done);
    const struct str told = introspect(au, WHO("portal"), token);

    check(active(told));
    check_str(member(told, "scope"), "openid profile");
    check_str(member(told, "client_id"), "portal");
    check_str(member(told, "token_type"), "Bearer");
    check_str(member(told, "acr"), "urn:vn:loa:2");
    check(str_has(told, STR("\"exp\":")) && str_has(told, STR("\"iat\":")));
    check(str_has(told, STR("\"auth_time\":")));
    check(str_has(told, STR("\"aud\":[\"https://id.example.vn\"]")));
    check(!str_has(told, done.account.id));
    check_same(introspect(au, WHO("resource"), token), told);
    check_str(introspect(au, WHO("other"), token), "{\"active\":false}");
    check_str(introspect(au, WHO("portal"), STR("no-such-token")), "{\"active\":false}");
    check_str(introspect(au, WHO("resource"), STR("a.b.c")), "{\"active\":false}");
}

TEST(whoever_is_nobody_is_told_nothing)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct str token = own_token(au);
    struct form f = ask("client_id=portal&client_secret=wrong&", token);
    const struct api_call call = { .body = &f };
    struct str json;

    check_fails(oidc_introspect(au, &v, &call, &json, &e), e, ERR_BAD_CLIENT);
    check_fails(oidc_revoke(au, &v, &call, &e), e, ERR_BAD_CLIENT);
    f = ask("client_id=browser&", token);
    check_fails(oidc_introspect(au, &v, &call, &json, &e), e, ERR_UNAUTHORIZED_CLIENT);
    f = world_form(WHO("portal") "x=y");
    check_fails(oidc_introspect(au, &v, &call, &json, &e), e, ERR_INVALID);
    check_fails(oidc_revoke(au, &v, &call, &e), e, ERR_INVALID);
    check(active(introspect(au, WHO("portal"), token)));
}

TEST_KV(a_token_that_is_given_back_opens_nothing_more)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct str tokens[] = { token_of(au, &done), own_token(au) };

    for (size_t i = 0; i < LEN(tokens); i++) {
        struct access acc;

        give_back(au, WHO("other"), tokens[i]); /* not his: it stays */
        check(active(introspect(au, WHO("portal"), tokens[i])));
        give_back(au, WHO("portal"), tokens[i]);
        check_str(introspect(au, WHO("portal"), tokens[i]), "{\"active\":false}");
        check_fails(access_read(au, test_arena(), tokens[i], &acc, &e), e, ERR_BAD_TOKEN);
        give_back(au, WHO("portal"), tokens[i]); /* twice is fine */
    }
    give_back(au, WHO("portal"), STR("never-was-a-token"));
    check(active(introspect(au, WHO("portal"), own_token(au)))); /* others are not touched */
}

TEST(what_ends_a_session_ends_what_introspection_says)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_done done = world_login(au);
    const struct str token = token_of(au, &done);

    check_ok(session_end(au, &v, &done.session, &e), e);
    check_str(introspect(au, WHO("resource"), token), "{\"active\":false}");
}
