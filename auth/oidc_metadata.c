/*
 * Security: clients configure themselves from this, so a word too many is a promise broken and a
 * word too few a downgrade. Promised: every row stands for something that is tested.
 */
#include "auth/oidc_metadata.h"

#include "auth/claims.h"
#include "base/json.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/keyring.h"

enum row_kind { ROW_URL, ROW_LIST, ROW_ALGS, ROW_TRUE, ROW_FALSE, ROW_REGISTER, ROW_WAYS, ROW_TLS };

static const struct {
    const char *name;
    enum row_kind kind;
    const char *value; /* path after the issuer, or space-separated list */
} rows[] = {
    { "issuer", ROW_URL, "" },
    { "authorization_endpoint", ROW_URL, "/authorize" },
    { "pushed_authorization_request_endpoint", ROW_URL, "/par" },
    { "require_pushed_authorization_requests", ROW_FALSE, "" }, /* of each client by itself */
    { "token_endpoint", ROW_URL, "/token" },
    { "userinfo_endpoint", ROW_URL, "/userinfo" },
    { "introspection_endpoint", ROW_URL, "/introspect" },
    { "revocation_endpoint", ROW_URL, "/revoke" },
    { "registration_endpoint", ROW_REGISTER, "/register" },
    { "jwks_uri", ROW_URL, "/jwks" },
    { "end_session_endpoint", ROW_URL, "/logout" },
    { "backchannel_logout_supported", ROW_TRUE, "" },
    { "backchannel_logout_session_supported", ROW_TRUE, "" },
    { "device_authorization_endpoint", ROW_URL, "/device_authorization" },
    { "backchannel_authentication_endpoint", ROW_URL, "/bc-authorize" },
    { "backchannel_token_delivery_modes_supported", ROW_LIST, "poll ping" },
    { "backchannel_user_code_parameter_supported", ROW_FALSE, "" },
    { "response_types_supported", ROW_LIST, "code" },
    { "response_modes_supported", ROW_LIST, "query form_post jwt query.jwt form_post.jwt" },
    { "grant_types_supported", ROW_LIST,
      "authorization_code refresh_token client_credentials "
      "urn:ietf:params:oauth:grant-type:device_code urn:openid:params:grant-type:ciba" },
    { "subject_types_supported", ROW_LIST, "pairwise public" },
    { "id_token_signing_alg_values_supported", ROW_ALGS, "" },
    { "userinfo_signing_alg_values_supported", ROW_ALGS, "" },
    { "token_endpoint_auth_methods_supported", ROW_WAYS,
      "client_secret_basic client_secret_post private_key_jwt none" },
    { "token_endpoint_auth_signing_alg_values_supported", ROW_LIST, "ES256 PS256 EdDSA RS256" },
    { "introspection_endpoint_auth_methods_supported", ROW_WAYS,
      "client_secret_basic client_secret_post private_key_jwt" },
    { "introspection_endpoint_auth_signing_alg_values_supported", ROW_LIST,
      "ES256 PS256 EdDSA RS256" },
    { "revocation_endpoint_auth_methods_supported", ROW_WAYS,
      "client_secret_basic client_secret_post private_key_jwt none" },
    { "revocation_endpoint_auth_signing_alg_values_supported", ROW_LIST,
      "ES256 PS256 EdDSA RS256" },
    { "authorization_signing_alg_values_supported", ROW_ALGS, "" },
    { "request_object_signing_alg_values_supported", ROW_LIST, "ES256 PS256 EdDSA RS256" },
    { "tls_client_certificate_bound_access_tokens", ROW_TLS, "" },
    { "dpop_signing_alg_values_supported", ROW_LIST, "ES256 PS256 EdDSA" },
    { "code_challenge_methods_supported", ROW_LIST, "S256" },
    { "acr_values_supported", ROW_LIST, "urn:vn:loa:1 urn:vn:loa:2 urn:vn:loa:3 urn:vn:loa:4" },
    { "prompt_values_supported", ROW_LIST, "none login consent select_account" },
    { "ui_locales_supported", ROW_LIST, "vi en" },
    { "claim_types_supported", ROW_LIST, "normal" },
    { "verified_claims_supported", ROW_TRUE, "" },
    { "trust_frameworks_supported", ROW_LIST, "vn_nd69_2024" },
    { "evidence_supported", ROW_LIST, "electronic_record" },
    { "electronic_records_supported", ROW_LIST, "population_register business_register" },
    { "claims_in_verified_claims_supported", ROW_LIST,
      "name birthdate SoDinhDanh HoVaTen NgayThangNamSinh org MaSoThue MaSoDoanhNghiep "
      "TenDoanhNghiep authority" },
    { "claims_parameter_supported", ROW_TRUE, "" },
    { "request_parameter_supported", ROW_TRUE, "" },
    { "request_uri_parameter_supported", ROW_FALSE, "" },
    { "authorization_response_iss_parameter_supported", ROW_TRUE, "" },
};

static void words_add(struct json *list, struct str words)
{
    struct str word;

    while (str_next(&words, ' ', &word))
        if (word.n > 0)
            json_add_str(list, word);
}

/* What the ring has an active key for. */
static struct json *algs_array(struct auth *au)
{
    static const enum key_alg algs[] = { KEY_ES256, KEY_RS256, KEY_PS256 };
    struct json *list = json_array();

    for (size_t i = 0; i < LEN(algs); i++) {
        DEFER(key_release) struct key *key = NULL;

        if (!keyring_active(au->keys, algs[i], &key, NULL).failed)
            json_add_str(list, str_c(key_alg_name(algs[i])));
    }
    return list;
}

static void scopes_put(struct json *o)
{
    struct json *scopes = json_array(), *claims = json_array();

    for (size_t i = 0; i < claims_scope_count; i++) {
        json_add_str(scopes, str_c(claims_scopes[i].name));
        words_add(claims, str_c(claims_scopes[i].claims));
    }
    words_add(claims, STR("iss aud exp iat auth_time amr nonce at_hash sid"));
    json_put(o, "scopes_supported", scopes);
    json_put(o, "claims_supported", claims);
}

struct str oidc_metadata(struct auth *au, struct arena *a)
{
    DEFER(json_close) struct json *o = json_object();

    for (size_t i = 0; i < LEN(rows); i++) {
        struct json *list;

        switch (rows[i].kind) {
        case ROW_REGISTER:
            if (!au->conf->auth.registration)
                break;
            __attribute__((fallthrough));
        case ROW_URL:
            json_put_str(o, rows[i].name,
                         str_cat(a, au->conf->service.issuer, str_c(rows[i].value)));
            break;
        case ROW_WAYS:
        case ROW_LIST:
            list = json_array();
            words_add(list, str_c(rows[i].value));
            if (rows[i].kind == ROW_WAYS && au->conf->http.client_certificates)
                words_add(list, STR("tls_client_auth self_signed_tls_client_auth"));
            json_put(o, rows[i].name, list);
            break;
        case ROW_ALGS:
            json_put(o, rows[i].name, algs_array(au));
            break;
        case ROW_TLS:
            json_put_bool(o, rows[i].name, au->conf->http.client_certificates);
            break;
        case ROW_TRUE:
        case ROW_FALSE:
            json_put_bool(o, rows[i].name, rows[i].kind == ROW_TRUE);
            break;
        }
    }
    scopes_put(o);
    return json_print(a, o);
}

struct str oidc_jwks(struct auth *au, struct arena *a)
{
    DEFER(json_close) struct json *jwks = keyring_jwks(au->keys);

    return json_print(a, jwks);
}
