#include "auth/oidc_metadata.h"

#include "base/clock.h"
#include "base/json.h"
#include "conf/conf.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;

static bool lists(const struct json *o, const char *name, const char *value)
{
    const struct json *list = json_member(o, name);
    struct str s;

    for (size_t i = 0; i < json_count(list); i++)
        if (json_str(json_at(list, i), &s) && str_is(s, value))
            return true;
    return false;
}

/* Every member of the document. */
static const char *const known[] = { "issuer",
                                     "authorization_endpoint",
                                     "token_endpoint",
                                     "backchannel_user_code_parameter_supported",
                                     "backchannel_token_delivery_modes_supported",
                                     "backchannel_authentication_endpoint",
                                     "device_authorization_endpoint",
                                     "userinfo_endpoint",
                                     "userinfo_signing_alg_values_supported",
                                     "introspection_endpoint",
                                     "revocation_endpoint",
                                     "dpop_signing_alg_values_supported",
                                     "jwks_uri",
                                     "end_session_endpoint",
                                     "backchannel_logout_supported",
                                     "backchannel_logout_session_supported",
                                     "response_types_supported",
                                     "response_modes_supported",
                                     "grant_types_supported",
                                     "subject_types_supported",
                                     "id_token_signing_alg_values_supported",
                                     "token_endpoint_auth_methods_supported",
                                     "token_endpoint_auth_signing_alg_values_supported",
                                     "introspection_endpoint_auth_methods_supported",
                                     "introspection_endpoint_auth_signing_alg_values_supported",
                                     "revocation_endpoint_auth_methods_supported",
                                     "revocation_endpoint_auth_signing_alg_values_supported",
                                     "pushed_authorization_request_endpoint",
                                     "require_pushed_authorization_requests",
                                     "authorization_signing_alg_values_supported",
                                     "request_object_signing_alg_values_supported",
                                     "tls_client_certificate_bound_access_tokens",
                                     "code_challenge_methods_supported",
                                     "acr_values_supported",
                                     "prompt_values_supported",
                                     "ui_locales_supported",
                                     "claim_types_supported",
                                     "verified_claims_supported",
                                     "trust_frameworks_supported",
                                     "evidence_supported",
                                     "electronic_records_supported",
                                     "claims_in_verified_claims_supported",
                                     "claims_parameter_supported",
                                     "request_parameter_supported",
                                     "request_uri_parameter_supported",
                                     "authorization_response_iss_parameter_supported",
                                     "scopes_supported",
                                     "claims_supported",
                                     NULL };

TEST(the_document_says_what_works_and_nothing_else)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    DEFER(json_close) struct json *o = NULL;
    struct str s;
    bool b;

    check_ok(json_read(oidc_metadata(au, test_arena()), &o, &e), e);
    check_ok(json_only(o, known, &e), e);
    check(json_str(json_member(o, "issuer"), &s) && str_is(s, "https://id.example.vn"));
    check(json_str(json_member(o, "jwks_uri"), &s) && str_is(s, "https://id.example.vn/jwks"));
    check(lists(o, "response_types_supported", "code"));
    check_int(json_count(json_member(o, "response_types_supported")), 1);
    check(!lists(o, "code_challenge_methods_supported", "plain"));
    check(lists(o, "grant_types_supported", "refresh_token"));
    check(lists(o, "id_token_signing_alg_values_supported", "ES256"));
    check(!lists(o, "id_token_signing_alg_values_supported", "RS256")); /* no such key here */
    check(!lists(o, "dpop_signing_alg_values_supported", "RS256"));
    check(lists(o, "scopes_supported", "vn_id") && lists(o, "claims_supported", "SoDinhDanh"));
    check(json_bool(json_member(o, "request_parameter_supported"), &b) && b);
    check(json_bool(json_member(o, "request_uri_parameter_supported"), &b) && !b);
    check(json_bool(json_member(o, "require_pushed_authorization_requests"), &b) && !b);
    check(!lists(o, "request_object_signing_alg_values_supported", "none"));
    check(!lists(o, "authorization_signing_alg_values_supported", "RS256"));
    check(lists(o, "token_endpoint_auth_methods_supported", "private_key_jwt"));
    check(lists(o, "revocation_endpoint_auth_methods_supported", "none"));
    check(!lists(o, "introspection_endpoint_auth_methods_supported", "none")); /* refused there */
    check(lists(o, "response_modes_supported", "form_post.jwt"));
    check(lists(o, "acr_values_supported", "urn:vn:loa:4"));
    check(json_bool(json_member(o, "authorization_response_iss_parameter_supported"), &b) && b);
}

TEST(the_key_set_has_no_private_part)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    DEFER(json_close) struct json *o = NULL;
    const struct json *keys;

    check_ok(json_read(oidc_jwks(au, test_arena()), &o, &e), e);
    keys = json_member(o, "keys");
    check(json_count(keys) >= 1);
    for (size_t i = 0; i < json_count(keys); i++) {
        check(json_member(json_at(keys, i), "kid") != NULL);
        check(json_member(json_at(keys, i), "d") == NULL);
    }
}

TEST(what_is_closed_is_not_offered)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    DEFER(json_close) struct json *shut = NULL, *open = NULL;
    bool b = true;

    check_ok(json_read(oidc_metadata(au, test_arena()), &shut, &e), e);
    check(json_member(shut, "registration_endpoint") == NULL);
    check(!lists(shut, "token_endpoint_auth_methods_supported", "tls_client_auth"));
    check(json_bool(json_member(shut, "tls_client_certificate_bound_access_tokens"), &b) && !b);
    world_conf()->auth.registration = true;
    world_conf()->http.client_certificates = true;
    check_ok(json_read(oidc_metadata(au, test_arena()), &open, &e), e);
    check(json_member(open, "registration_endpoint") != NULL);
    check(lists(open, "token_endpoint_auth_methods_supported", "tls_client_auth"));
    check(json_bool(json_member(open, "tls_client_certificate_bound_access_tokens"), &b) && b);
}
