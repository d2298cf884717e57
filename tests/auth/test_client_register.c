#include "auth/client_register.h"

#include "base/clock.h"
#include "base/json.h"
#include "conf/conf.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

/* ES256: world() has no RSA key. */
#define ALG  "\"id_token_signed_response_alg\":\"ES256\""
#define BACK "\"redirect_uris\":[\"https://a.example.vn/cb\"]," ALG

static struct err e;

static struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);

    world_conf()->auth.registration = true;
    return au;
}

static struct client_invite some(void)
{
    return (struct client_invite){ .profile = CLIENT_OIDC,
                                   .scopes = STR("openid profile"),
                                   .uses = 1,
                                   .expires_ms = fixture_clock.fixed_ms + 60000 };
}

static struct str bearer(struct str token)
{
    return str_cat(test_arena(), STR("Bearer "), token);
}

static struct str invited(struct client_invite i)
{
    const struct visit v = world_visit();
    struct str token;

    check_ok(client_invite_make(here(), &v, &i, &token, &e), e);
    return bearer(token);
}

static result register_as(struct str authorization, const char *text, struct json **out)
{
    DEFER(json_close) struct json *document = NULL;
    const struct visit v = world_visit();
    struct str json;

    check_ok(json_read(str_c(text), &document, &e), e);
    e = (struct err){ 0 };
    TRY(client_register(here(), &v, authorization, document, &json, &e));
    return json_read(json, out, &e);
}

static struct str member(const struct json *o, const char *name)
{
    struct str s = STR("");

    (void)json_str(json_member(o, name), &s);
    return s;
}

/* `more`: the members after client_id. */
static result change(const struct json *made, const char *more, struct str *json)
{
    DEFER(json_close) struct json *document = NULL;
    const struct visit v = world_visit();
    const struct str id = member(made, "client_id");

    check_ok(json_read(str_fmt(test_arena(), "{\"client_id\":\"%.*s\"%s}", STR_ARG(id), more),
                       &document, &e),
             e);
    e = (struct err){ 0 };
    return client_register_change(here(), &v, bearer(member(made, "registration_access_token")), id,
                                  document, json, &e);
}

TEST_STORE(a_client_registers_looks_changes_and_leaves)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    DEFER(json_close) struct json *made = NULL, *seen = NULL;
    struct str json, id, own;
    struct client c;

    check_ok(
        register_as(invited(some()), "{" BACK ",\"client_name\":\"P\",\"logo_uri\":\"x\"}", &made),
        e);
    id = member(made, "client_id");
    own = bearer(member(made, "registration_access_token"));
    check(member(made, "client_secret").n >= 43);
    check_same(member(made, "registration_client_uri"),
               str_cat(test_arena(), STR("https://id.example.vn/register/"), id));
    check_str(member(made, "authorization_signed_response_alg"), "RS256");
    check(json_member(made, "logo_uri") == NULL);
    check_ok(client_authenticate(au, v.arena, id, member(made, "client_secret"), &c, &e), e);
    check_int(c.profile, CLIENT_OIDC);
    check_str(c.scopes, "openid profile");

    check_ok(client_registered(au, &v, own, id, &json, &e), e);
    check_ok(json_read(json, &seen, &e), e);
    check_str(member(seen, "client_name"), "P");
    check_int(member(seen, "client_secret").n, 0);

    check_ok(change(made, "," BACK ",\"client_name\":\"Q\",\"scope\":\"openid\"", &json), e);
    check_ok(client_load(au, v.arena, id, &c, &e), e);
    check_str(c.name_vi, "Q");
    check_str(c.scopes, "openid");
    check_ok(client_authenticate(au, v.arena, id, member(made, "client_secret"), &c, &e), e);

    check_ok(client_register_remove(au, &v, own, id, &e), e);
    check_fails(client_load(au, v.arena, id, &c, &e), e, ERR_NOT_FOUND);
    check_fails(client_registered(au, &v, own, id, &json, &e), e, ERR_BAD_TOKEN);
}

TEST(registration_is_closed_unless_it_is_opened)
{
    struct json *made = NULL;
    const struct str invitation = invited(some());

    world_conf()->auth.registration = false;
    {
        DEFER(json_close) struct json *document = json_object();
        const struct visit v = world_visit();
        struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
        struct str json;

        check_fails(client_register(au, &v, invitation, document, &json, &e), e, ERR_NOT_FOUND);
        check_fails(client_registered(au, &v, invitation, STR("x"), &json, &e), e, ERR_NOT_FOUND);
    }
    check_ok(register_as(invitation, "{" BACK "}", &made), e);
    json_close(&made);
}

TEST_STORE(an_invitation_lasts_for_its_uses_and_its_time)
{
    struct client_invite twice = some(), late = some();
    struct str invitation, old;
    struct json *made = NULL;

    twice.uses = 2;
    invitation = invited(twice);
    old = invited(late);
    /* What is refused uses nothing up. */
    check_fails(register_as(invitation, "{\"redirect_uris\":[\"http://a.example.vn/\"]}", &made), e,
                ERR_BAD_REDIRECT);
    for (int i = 0; i < 2; i++) {
        check_ok(register_as(invitation, "{" BACK "}", &made), e);
        json_close(&made);
    }
    check_fails(register_as(invitation, "{" BACK "}", &made), e, ERR_BAD_TOKEN);
    fixture_clock.fixed_ms += 60000;
    check_fails(register_as(old, "{" BACK "}", &made), e, ERR_BAD_TOKEN);
    check_fails(register_as(STR(""), "{" BACK "}", &made), e, ERR_BAD_TOKEN);
    check_fails(register_as(STR("Basic x"), "{" BACK "}", &made), e, ERR_BAD_TOKEN);
    check_fails(register_as(STR("Bearer "), "{" BACK "}", &made), e, ERR_BAD_TOKEN);
    check_fails(register_as(STR("Bearer guessed"), "{" BACK "}", &made), e, ERR_BAD_TOKEN);
}

TEST(what_is_refused_is_named)
{
    static const struct {
        const char *text, *field;
        enum err_code code;
    } cases[] = {
        { "[]", "client", ERR_BAD_METADATA },
        { "{}", "redirect_uris", ERR_BAD_REDIRECT },
        { "{\"redirect_uris\":[\"https://a.example.vn/#x\"]}", "redirect_uris", ERR_BAD_REDIRECT },
        { "{\"redirect_uris\":\"https://a.example.vn/\"}", "redirect_uris", ERR_BAD_REDIRECT },
        { "{" BACK ",\"scope\":\"openid payments:write\"}", "scope", ERR_BAD_METADATA },
        { "{\"redirect_uris\":[\"https://a.example.vn/cb\"]}", "id_token_signed_response_alg",
          ERR_BAD_METADATA },
        { "{" BACK ",\"grant_types\":[\"password\"]}", "grant_types", ERR_BAD_METADATA },
        { "{" BACK ",\"software_statement\":\"e30.e30.\"}", "software_statement",
          ERR_BAD_METADATA },
        { "{" BACK ",\"token_endpoint_auth_method\":\"private_key_jwt\"}", "jwks",
          ERR_BAD_METADATA },
        { "{" BACK ",\"jwks_uri\":\"http://127.0.0.1:1/k\"}", "jwks_uri", ERR_BAD_METADATA },
        { "{" BACK ",\"sector_identifier_uri\":\"http://127.0.0.1:1/s\"}", "sector_identifier_uri",
          ERR_BAD_METADATA },
        { "{\"redirect_uris\":[\"https://a.example.vn/\",\"https://b.example.vn/\"]}",
          "sector_identifier_uri", ERR_BAD_METADATA },
    };
    struct client_invite many = some();
    struct json *made = NULL;
    struct str invitation;

    many.uses = 1000;
    invitation = invited(many);
    for (size_t i = 0; i < LEN(cases); i++) {
        check_fails(register_as(invitation, cases[i].text, &made), e, cases[i].code);
        check_str(str_c(e.field), cases[i].field);
    }
    many.profile = CLIENT_FAPI2;
    check_fails(
        register_as(invited(many), "{" BACK ",\"token_endpoint_auth_method\":\"none\"}", &made), e,
        ERR_BAD_METADATA);
    check_str(str_c(e.field), "token_endpoint_auth_method");
}

TEST(nobody_takes_another_portals_sector)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    DEFER(json_close) struct json *made = NULL, *none = NULL;
    struct client c;
    struct str json;

    check_ok(register_as(invited(some()), "{" BACK ",\"subject_type\":\"public\"}", &made), e);
    check_str(member(made, "subject_type"), "pairwise");
    check_ok(client_load(au, v.arena, member(made, "client_id"), &c, &e), e);
    check_str(c.sector, "a.example.vn");
    check_ok(
        change(made,
               ",\"redirect_uris\":[\"https://b.example.vn/cb\"],\"subject_type\":\"public\"," ALG,
               &json),
        e);
    check_ok(client_load(au, v.arena, c.id, &c, &e), e);
    check_str(c.sector, "b.example.vn");
    check(!c.public_subject);
    /* Codes that go there are no proof for whoever signs people in without them. */
    check_fails(register_as(invited(some()),
                            "{" BACK ",\"grant_types\":[\"authorization_code\","
                            "\"urn:ietf:params:oauth:grant-type:device_code\"]}",
                            &none),
                e, ERR_BAD_METADATA);
    check_str(str_c(e.field), "sector_identifier_uri");
}

TEST(nobody_reaches_anothers_registration)
{
    DEFER(json_close) struct json *one = NULL, *two = NULL;
    const struct visit v = world_visit();
    struct auth *au = here();
    struct str json, token;

    (void)world_client(au);
    check_ok(register_as(invited(some()), "{" BACK "}", &one), e);
    check_ok(register_as(invited(some()), "{" BACK "}", &two), e);
    token = bearer(member(one, "registration_access_token"));
    check_fails(client_registered(au, &v, token, member(two, "client_id"), &json, &e), e,
                ERR_BAD_TOKEN);
    check_fails(client_register_remove(au, &v, token, member(two, "client_id"), &e), e,
                ERR_BAD_TOKEN);
    check_fails(client_registered(au, &v, token, STR("portal"), &json, &e), e, ERR_BAD_TOKEN);
    check_fails(client_registered(au, &v, token, STR("nobody"), &json, &e), e, ERR_BAD_TOKEN);
    check_fails(client_registered(au, &v, STR(""), member(one, "client_id"), &json, &e), e,
                ERR_BAD_TOKEN);
    check_ok(client_registered(au, &v, token, member(one, "client_id"), &json, &e), e);
    check_ok(client_disable(au, &v, member(one, "client_id"), true, &e), e);
    check_fails(client_registered(au, &v, token, member(one, "client_id"), &json, &e), e,
                ERR_BAD_TOKEN);
}

TEST(a_change_says_whose_and_nothing_that_is_ours)
{
    static const struct {
        const char *more, *field;
    } cases[] = {
        { ",\"registration_access_token\":\"x\"," BACK, "registration_access_token" },
        { ",\"registration_client_uri\":\"x\"," BACK, "registration_client_uri" },
        { ",\"client_id_issued_at\":1," BACK, "client_id_issued_at" },
        { ",\"client_secret_expires_at\":0," BACK, "client_secret_expires_at" },
        { ",\"client_secret\":\"guessed\"," BACK, "client_secret" },
        { ",\"scope\":\"openid profile email\"," BACK, "scope" },
        { ",\"software_statement\":\"x\"," BACK, "software_statement" },
    };
    DEFER(json_close) struct json *made = NULL, *other = NULL;
    const struct visit v = world_visit();
    struct auth *au = here();
    struct client c;
    struct str json, id;

    check_ok(register_as(invited(some()), "{" BACK "}", &made), e);
    id = member(made, "client_id");
    for (size_t i = 0; i < LEN(cases); i++) {
        check_fails(change(made, cases[i].more, &json), e, ERR_BAD_METADATA);
        check_str(str_c(e.field), cases[i].field);
    }
    check_ok(json_read(STR("{\"client_id\":\"portal\"," BACK "}"), &other, &e), e);
    check_fails(client_register_change(au, &v, bearer(member(made, "registration_access_token")),
                                       id, other, &json, &e),
                e, ERR_BAD_METADATA);
    /* What our operator said stays, whatever the client says. */
    check_ok(client_load(au, v.arena, id, &c, &e), e);
    c.agencies = STR("H56");
    check_ok(client_change(au, &v, &c, &e), e);
    check_ok(change(made, ",\"agencies\":[\"H99\"]," BACK, &json), e);
    check_ok(client_load(au, v.arena, id, &c, &e), e);
    check_str(c.agencies, "H56");
}

TEST_STORE(an_invitation_limits_grant_types_then_and_later)
{
    struct client_invite invite = some();
    DEFER(json_close) struct json *made = NULL;
    struct str invitation, json;

    invite.grants = STR("authorization_code refresh_token");
    invitation = invited(invite);
    check_fails(register_as(invitation,
                            "{" BACK ",\"grant_types\":[\"authorization_code\","
                            "\"client_credentials\"]}",
                            &made),
                e, ERR_BAD_METADATA);
    check_str(str_c(e.field), "grant_types");
    check_ok(register_as(invitation, "{" BACK "}", &made), e);
    check_ok(
        change(made, "," BACK ",\"grant_types\":[\"authorization_code\",\"refresh_token\"]", &json),
        e);
    check_fails(change(made,
                       "," BACK ",\"grant_types\":[\"authorization_code\","
                       "\"client_credentials\"]",
                       &json),
                e, ERR_BAD_METADATA);
    check_str(str_c(e.field), "grant_types");
    /* Nor does it lift the limit itself. */
    check_fails(change(made,
                       "," BACK ",\"grant_types_most\":[\"client_credentials\"],"
                       "\"grant_types\":[\"client_credentials\"]",
                       &json),
                e, ERR_BAD_METADATA);
}

TEST_STORE(an_invitation_names_the_client_then_and_later)
{
    struct client_invite invite = some();
    DEFER(json_close) struct json *made = NULL;
    struct str invitation, json;

    invite.name = STR("Sở Thử");
    invitation = invited(invite);
    check_fails(register_as(invitation, "{" BACK ",\"client_name\":\"Bộ Khác\"}", &made), e,
                ERR_BAD_METADATA);
    check_str(str_c(e.field), "client_name");
    check_fails(register_as(invitation, "{" BACK ",\"client_name#en\":\"Ministry\"}", &made), e,
                ERR_BAD_METADATA);
    check_str(str_c(e.field), "client_name#en");
    check_ok(register_as(invitation, "{" BACK "}", &made), e);
    check_str(member(made, "client_name"), "Sở Thử");
    check_fails(change(made, "," BACK ",\"client_name\":\"Bộ Khác\"", &json), e, ERR_BAD_METADATA);
    check_fails(change(made, "," BACK ",\"client_name#en\":\"Ministry\"", &json), e,
                ERR_BAD_METADATA);
    check_ok(change(made, "," BACK, &json), e); /* silent: it stays */
    check(str_has(json, STR("\"client_name\":\"Sở Thử\"")));
}

TEST(invitations_have_limits)
{
    struct client_invite bad[6] = { some(), some(), some(), some(), some(), some() };
    static const char *const fields[] = { "uses", "uses", "expires", "note", "grants", "name" };
    const struct visit v = world_visit();
    struct str token;

    bad[0].uses = 0;
    bad[1].uses = 1001;
    bad[2].expires_ms = fixture_clock.fixed_ms;
    bad[3].note = STR("\n");
    bad[4].grants = STR("authorization_code password");
    bad[5].name = STR("\n");
    for (size_t i = 0; i < LEN(bad); i++) {
        check_fails(client_invite_make(here(), &v, &bad[i], &token, &e), e, ERR_INVALID);
        check_str(str_c(e.field), fields[i]);
    }
}
