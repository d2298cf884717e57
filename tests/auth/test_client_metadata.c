#include "auth/client_metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

#define KEY                                                                                        \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"alg\":\"ES256\","                          \
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","                                       \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define KEYS "\"jwks\":{\"keys\":[" KEY "}]}"
#define BACK "\"client_name\":\"P\",\"redirect_uris\":[\"https://a.example.vn/cb\"]"

static struct err e;

static struct auth *here(void)
{
    return world(fixture_pool(), fixture_kv(), &fixture_clock);
}

static result read_as(enum client_profile p, const char *text, enum client_source from,
                      struct client *out)
{
    DEFER(json_close) struct json *o = NULL;

    check_ok(json_read(str_c(text), &o, &e), e);
    e = (struct err){ 0 };
    TRY(client_read(here(), test_arena(), p, o, from, out, &e));
    out->id = STR("one");
    return client_check(here(), out, &e);
}

TEST(what_is_silent_gets_the_profiles_default)
{
    struct client c;

    check_ok(read_as(CLIENT_FAPI2, "{" BACK "," KEYS "}", CLIENT_FROM_STORE, &c), e);
    check_int(c.way, CLIENT_WAY_PRIVATE_KEY);
    check(c.par_only && c.pkce_only && c.dpop_bound && !c.tls_bound && !c.has_secret);
    check_int(c.id_token_alg, KEY_ES256);
    check_int(c.userinfo_alg, -1);
    check_int(c.auth_alg, -1);
    check_str(c.sector, "a.example.vn");
    check_str(c.name_en, "P");
    check_str(c.grants, "authorization_code");
    check_int(c.acting, CLIENT_ACTING_NO);
    check_int(c.register_policy, CLIENT_REGISTER_REQUIRE);
    check_ok(read_as(CLIENT_OIDC, "{" BACK "}", CLIENT_FROM_STORE, &c), e);
    check_int(c.way, CLIENT_WAY_SECRET);
    check(!c.par_only && !c.pkce_only && !c.dpop_bound && c.has_secret && !c.secret_by_post);
    check_int(c.id_token_alg, KEY_RS256); /* OIDC Registration 2 */
    check_ok(read_as(CLIENT_DVCQG_COMPAT, "{" BACK "}", CLIENT_FROM_STORE, &c), e);
    check(c.has_secret && c.secret_by_post && !c.pkce_only);
    check_ok(read_as(CLIENT_OIDC, "{" BACK ",\"token_endpoint_auth_method\":\"none\"}",
                     CLIENT_FROM_STORE, &c),
             e);
    check(c.pkce_only && !c.has_secret);
    check_ok(read_as(CLIENT_FAPI2,
                     "{" BACK "," KEYS ",\"tls_client_certificate_bound_access_tokens\":true}",
                     CLIENT_FROM_STORE, &c),
             e);
    check(c.tls_bound && !c.dpop_bound);
}

/* What contradicts a profile, or itself; and the field that is named. */
static const struct {
    enum client_profile profile;
    const char *more, *field;
} contradictions[] = {
    { CLIENT_FAPI2, "\"token_endpoint_auth_method\":\"client_secret_basic\"",
      "token_endpoint_auth_method" },
    { CLIENT_FAPI2, "\"token_endpoint_auth_method\":\"none\"", "token_endpoint_auth_method" },
    { CLIENT_FAPI2, KEYS ",\"require_pushed_authorization_requests\":false",
      "require_pushed_authorization_requests" },
    { CLIENT_FAPI2, KEYS ",\"require_pkce\":false", "require_pkce" },
    { CLIENT_FAPI2, KEYS ",\"dpop_bound_access_tokens\":false", "dpop_bound_access_tokens" },
    { CLIENT_FAPI2, KEYS ",\"id_token_signed_response_alg\":\"RS256\"",
      "id_token_signed_response_alg" },
    { CLIENT_FAPI2, KEYS ",\"userinfo_signed_response_alg\":\"RS256\"",
      "userinfo_signed_response_alg" },
    { CLIENT_FAPI2, KEYS ",\"request_object_signing_alg\":\"RS256\"",
      "request_object_signing_alg" },
    { CLIENT_FAPI2, KEYS ",\"authorization_signed_response_alg\":\"RS256\"",
      "authorization_signed_response_alg" },
    { CLIENT_FAPI2, KEYS ",\"token_endpoint_auth_signing_alg\":\"RS256\"",
      "token_endpoint_auth_signing_alg" },
    { CLIENT_FAPI2, "\"scope\":\"openid\"", "jwks" },
    { CLIENT_FAPI2, KEYS ",\"jwks_uri\":\"https://a.example.vn/k\"", "jwks" },
    { CLIENT_FAPI2, "\"jwks\":{\"keys\":[" KEY ",\"d\":\"AA\"}]}", "jwks" },
    { CLIENT_FAPI2, "\"jwks\":{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}", "jwks" },
    { CLIENT_FAPI2, "\"jwks\":{\"keys\":[]}", "jwks" },
    { CLIENT_FAPI2, "\"jwks\":{\"keys\":[" KEY "}," KEY "}]}", "jwks" },
    { CLIENT_FAPI2, "\"token_endpoint_auth_method\":\"tls_client_auth\"",
      "tls_client_auth_subject_dn" },
    { CLIENT_FAPI2,
      "\"token_endpoint_auth_method\":\"tls_client_auth\","
      "\"tls_client_auth_subject_dn\":\"CN=a\",\"tls_client_auth_san_dns\":\"a.example.vn\"",
      "tls_client_auth_san_dns" },
    { CLIENT_FAPI2,
      "\"token_endpoint_auth_method\":\"tls_client_auth\","
      "\"tls_client_auth_san_uri\":\"https://a.example.vn\","
      "\"tls_client_auth_san_email\":\"a@example.vn\"",
      "tls_client_auth_san_email" },
    { CLIENT_FAPI2,
      "\"token_endpoint_auth_method\":\"tls_client_auth\","
      "\"tls_client_auth_san_ip\":\"a.example.vn\"",
      "tls_client_auth_san_ip" },
    { CLIENT_FAPI2,
      "\"token_endpoint_auth_method\":\"tls_client_auth\","
      "\"tls_client_auth_san_dns\":\"*.example.vn\"",
      "tls_client_auth_san_dns" },
    { CLIENT_FAPI2, "\"token_endpoint_auth_method\":\"self_signed_tls_client_auth\"", "jwks" },
    { CLIENT_FAPI2,
      KEYS ",\"dpop_bound_access_tokens\":true,"
           "\"tls_client_certificate_bound_access_tokens\":true",
      "dpop_bound_access_tokens" },
    { CLIENT_OIDC, "\"token_endpoint_auth_method\":\"none\",\"require_pkce\":false",
      "require_pkce" },
    { CLIENT_OIDC,
      "\"token_endpoint_auth_method\":\"none\",\"grant_types\":[\"client_credentials\"]",
      "grant_types" },
    { CLIENT_OIDC, "\"token_endpoint_auth_signing_alg\":\"ES256\"",
      "token_endpoint_auth_signing_alg" },
    { CLIENT_OIDC, "\"require_signed_request_object\":true", "jwks" },
    { CLIENT_OIDC, "\"grant_types\":[\"refresh_token\",\"client_credentials\"]", "grant_types" },
    { CLIENT_OIDC,
      "\"grant_types\":[\"urn:openid:params:grant-type:ciba\"],"
      "\"backchannel_token_delivery_mode\":\"ping\"",
      "backchannel_client_notification_endpoint" },
    { CLIENT_OIDC, "\"redirect_uris\":[\"https://a.example.vn/cb\",\"https://b.example.vn/cb\"]",
      "sector_identifier_uri" },
    { CLIENT_OIDC, "\"jwks_uri\":\"http://a.example.vn/k\"", "jwks_uri" },
    { CLIENT_OIDC, "\"backchannel_logout_uri\":\"https://a.example.vn/#x\"",
      "backchannel_logout_uri" },
    { CLIENT_OIDC, "\"initiate_login_uri\":\"javascript:alert(1)\"", "initiate_login_uri" },
    { CLIENT_OIDC, "\"resources\":[\"fees\"]", "resources" },
    { CLIENT_OIDC, "\"agencies\":[\"H56/x\"]", "agencies" },
    { CLIENT_OIDC, "\"register_policy\":\"skip\"", "register_policy" },
    { CLIENT_DVCQG_COMPAT, KEYS ",\"token_endpoint_auth_method\":\"private_key_jwt\"",
      "token_endpoint_auth_method" },
    { CLIENT_DVCQG_COMPAT, "\"require_pushed_authorization_requests\":true",
      "require_pushed_authorization_requests" },
};

TEST(contradictions_are_refused_by_name)
{
    struct client c;

    for (size_t i = 0; i < LEN(contradictions); i++) {
        const bool own_uris = strstr(contradictions[i].more, "redirect_uris") != NULL;
        const struct str text =
            own_uris ? str_fmt(test_arena(), "{\"client_name\":\"P\",%s}", contradictions[i].more)
                     : str_fmt(test_arena(), "{" BACK ",%s}", contradictions[i].more);

        check_fails(
            read_as(contradictions[i].profile, str_cstr(test_arena(), text), CLIENT_FROM_STORE, &c),
            e, ERR_INVALID);
        check_str(str_c(e.field), contradictions[i].field);
    }
}

TEST(members_of_another_kind_are_refused)
{
    static const struct {
        const char *text, *field;
    } cases[] = {
        { "\"redirect_uris\":\"https://a.example.vn/\"", "redirect_uris" },
        { "\"redirect_uris\":[1]", "redirect_uris" },
        { "\"client_name\":1", "client_name" },
        { "\"scope\":[\"openid\"]", "scope" },
        { "\"grant_types\":\"authorization_code\"", "grant_types" },
        { "\"grant_types\":[\"implicit\"]", "grant_types" },
        { "\"grant_types\":[\"authorization_code client_credentials\"]", "grant_types" },
        { "\"response_types\":[\"id_token\"]", "response_types" },
        { "\"token_endpoint_auth_method\":\"client_secret_jwt\"", "token_endpoint_auth_method" },
        { "\"require_pkce\":\"true\"", "require_pkce" },
        { "\"require_pkce\":1", "require_pkce" },
        { "\"id_token_signed_response_alg\":\"none\"", "id_token_signed_response_alg" },
        { "\"id_token_signed_response_alg\":\"HS256\"", "id_token_signed_response_alg" },
        { "\"backchannel_token_delivery_mode\":\"Poll\"", "backchannel_token_delivery_mode" },
        { "\"jwks\":\"{}\"", "jwks" },
        { "\"default_acr_values\":[\"urn:vn:loa:5\"]", "default_acr_values" },
        { "\"default_acr_values\":\"urn:vn:loa:2\"", "default_acr_values" },
        { "\"application_type\":\"perhaps\"", "application_type" },
    };
    struct client c;

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct str text = str_fmt(test_arena(), "{%s}", cases[i].text);

        check_fails(read_as(CLIENT_OIDC, str_cstr(test_arena(), text), CLIENT_FROM_REQUEST, &c), e,
                    ERR_INVALID);
        check_str(str_c(e.field), cases[i].field);
    }
}

TEST(an_unknown_member_is_refused_but_ignored_in_a_request)
{
    struct client c;

    check_fails(read_as(CLIENT_OIDC, "{" BACK ",\"logo_url\":\"x\"}", CLIENT_FROM_STORE, &c), e,
                ERR_UNKNOWN_FIELD);
    check_ok(
        read_as(CLIENT_OIDC,
                "{" BACK ",\"logo_url\":\"x\",\"sector\":\"other.example.vn\","
                "\"agencies\":[\"H56\"],\"register_policy\":\"skip\",\"subject_type\":\"public\"}",
                CLIENT_FROM_REQUEST, &c),
        e);
    check(!c.public_subject);
    check_fails(
        read_as(CLIENT_OIDC, "{" BACK ",\"subject_type\":\"Pairwise\"}", CLIENT_FROM_STORE, &c), e,
        ERR_INVALID);
    check_ok(
        read_as(CLIENT_OIDC, "{" BACK ",\"sector\":\"other.example.vn\"}", CLIENT_FROM_REQUEST, &c),
        e);
    check_str(c.sector, "a.example.vn");
    check_int(c.agencies.n, 0);
    check_int(c.register_policy, CLIENT_REGISTER_REQUIRE);
}

TEST(plain_http_is_for_loopback_of_a_simulation_or_a_native_application)
{
#define LOCAL "\"client_name\":\"P\",\"redirect_uris\":[\"http://127.0.0.1/cb\"]"
    struct client c;

    check_ok(read_as(CLIENT_OIDC, "{" LOCAL "}", CLIENT_FROM_STORE, &c), e);
    (void)here();
    world_conf()->service.national_systems = STR("real");
    check_fails(read_as(CLIENT_OIDC, "{" LOCAL "}", CLIENT_FROM_STORE, &c), e, ERR_INVALID);
    check_str(str_c(e.field), "redirect_uris");
    check_ok(
        read_as(CLIENT_OIDC, "{" LOCAL ",\"application_type\":\"native\"}", CLIENT_FROM_STORE, &c),
        e);
    check_fails(read_as(CLIENT_OIDC, "{" BACK ",\"jwks_uri\":\"http://127.0.0.1/k\"}",
                        CLIENT_FROM_STORE, &c),
                e, ERR_INVALID);
}

TEST(a_printed_document_reads_back_the_same)
{
    static const char full[] =
        "{" BACK "," KEYS ",\"client_name#en\":\"Q \\\"x\\\"\",\"scope\":\"openid email\","
        "\"grant_types\":[\"authorization_code\",\"refresh_token\"],"
        "\"post_logout_redirect_uris\":[\"https://a.example.vn/bye\"],"
        "\"token_endpoint_auth_signing_alg\":\"PS256\",\"subject_type\":\"public\","
        "\"userinfo_signed_response_alg\":\"ES256\",\"require_signed_request_object\":true,"
        "\"default_acr_values\":[\"urn:vn:loa:3\"],\"acting\":\"must\",\"asks_consent\":true,"
        "\"resources\":[\"https://api.example.vn/\"],\"agencies\":[\"H56\",\"H57\"],"
        "\"contacts\":[\"a@example.vn\"],\"backchannel_logout_session_required\":true}";
    DEFER(json_close) struct json *first = NULL, *second = NULL;
    struct client c, again;

    check_ok(read_as(CLIENT_FAPI2, full, CLIENT_FROM_STORE, &c), e);
    check_int(c.acr_least, 3);
    check_int(c.acting, CLIENT_ACTING_MUST);
    check_str(c.agencies, "H56 H57");
    first = client_print(&c);
    check_ok(client_read(here(), test_arena(), CLIENT_FAPI2, first, CLIENT_FROM_STORE, &again, &e),
             e);
    second = client_print(&again);
    check_same(json_print(test_arena(), second), json_print(test_arena(), first));
    check_str(again.name_en, "Q \"x\"");
    check(str_eq(again.jwks, c.jwks));
}

/* The policy of a document after the installation's was `then` when it was read, and is `now`. */
static struct client policy_after(const char *text, const char *then, const char *now)
{
    DEFER(json_close) struct json *kept = NULL;
    struct client c;

    (void)here();
    world_conf()->person.policy = str_c(then);
    check_ok(read_as(CLIENT_OIDC, text, CLIENT_FROM_STORE, &c), e);
    kept = client_print(&c);
    world_conf()->person.policy = str_c(now);
    check_ok(client_read(here(), test_arena(), CLIENT_OIDC, kept, CLIENT_FROM_STORE, &c, &e), e);
    return c;
}

TEST(a_register_policy_that_was_chosen_survives_a_change_of_the_setting)
{
    static const char *const words[] = { "require", "prefer", "skip" };
    struct client c;

    for (int own = CLIENT_REGISTER_REQUIRE; own <= CLIENT_REGISTER_SKIP; own++) {
        c = policy_after(
            str_fmt(test_arena(), "{" BACK ",\"register_policy\":\"%s\"}", words[own]).p,
            words[own], "skip");
        check(c.register_own);
        check_int(c.register_policy, own);
    }
    c = policy_after("{" BACK "}", "require", "skip");
    check(!c.register_own);
    check_int(c.register_policy, CLIENT_REGISTER_SKIP);
    c = policy_after("{" BACK ",\"register_policy\":null}", "skip", "prefer");
    check(!c.register_own);
    check_int(c.register_policy, CLIENT_REGISTER_PREFER);
}

TEST(every_option_has_one_row_and_every_row_a_purpose)
{
    size_t n;
    const struct client_field *fields = client_fields(&n);

    for (size_t i = 0; i < n; i++) {
        check(fields[i].help[0] != '\0');
        check(strlen(fields[i].name) < sizeof(e.field));
        if (fields[i].option[0] != '\0')
            check(client_field_by_option(str_c(fields[i].option)) == &fields[i]);
    }
    check(client_field_by_option(STR("")) == NULL);
    check(client_field_by_option(STR("--nothing")) == NULL);
}

static struct str file_text(const char *path)
{
    char *p = arena_alloc(test_arena(), LIMIT_PAGE_BYTES);
    FILE *f = fopen(path, "r");
    size_t n;

    check(f != NULL);
    n = fread(p, 1, LIMIT_PAGE_BYTES, f);
    (void)fclose(f);
    return str_of(p, n);
}

TEST(the_page_of_clients_is_what_the_table_says)
{
    const char *path =
        str_cstr(test_arena(), str_fmt(test_arena(), "%s/docs/clients.md", test_source()));
    struct buf b = buf_make(test_arena(), LIMIT_PAGE_BYTES);

    client_print_reference(&b);
    if (getenv("MOTCUA_WRITE_DOCS") != NULL) {
        FILE *f = fopen(path, "w");

        check(f != NULL);
        (void)fwrite(b.p, 1, b.n, f);
        (void)fclose(f);
    }
    check_same(file_text(path), buf_str(&b));
}
