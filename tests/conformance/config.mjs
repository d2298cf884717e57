// config.mjs - the metadata (OpenID Connect Discovery 1.0, RFC 8414).
import { jsonAnswer, publicKeys } from "./core/checks.mjs";
import { call } from "./core/http.mjs";

// OpenID Connect Discovery 1.0 section 3 and IANA's registry of authorization server metadata.
const known = new Set(`issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri registration_endpoint scopes_supported
    response_types_supported response_modes_supported grant_types_supported acr_values_supported subject_types_supported
    id_token_signing_alg_values_supported id_token_encryption_alg_values_supported id_token_encryption_enc_values_supported
    userinfo_signing_alg_values_supported userinfo_encryption_alg_values_supported userinfo_encryption_enc_values_supported
    request_object_signing_alg_values_supported request_object_encryption_alg_values_supported request_object_encryption_enc_values_supported
    token_endpoint_auth_methods_supported token_endpoint_auth_signing_alg_values_supported display_values_supported claim_types_supported
    claims_supported service_documentation claims_locales_supported ui_locales_supported claims_parameter_supported request_parameter_supported
    request_uri_parameter_supported require_request_uri_registration op_policy_uri op_tos_uri revocation_endpoint
    revocation_endpoint_auth_methods_supported revocation_endpoint_auth_signing_alg_values_supported introspection_endpoint
    introspection_endpoint_auth_methods_supported introspection_endpoint_auth_signing_alg_values_supported code_challenge_methods_supported
    signed_metadata device_authorization_endpoint tls_client_certificate_bound_access_tokens mtls_endpoint_aliases nfv_token_signing_alg_values_supported
    require_signed_request_object pushed_authorization_request_endpoint require_pushed_authorization_requests
    introspection_signing_alg_values_supported authorization_response_iss_parameter_supported check_session_iframe frontchannel_logout_supported
    backchannel_logout_supported backchannel_logout_session_supported end_session_endpoint backchannel_token_delivery_modes_supported
    backchannel_authentication_endpoint backchannel_authentication_request_signing_alg_values_supported backchannel_user_code_parameter_supported
    authorization_details_types_supported dpop_signing_alg_values_supported authorization_signing_alg_values_supported
    authorization_encryption_alg_values_supported authorization_encryption_enc_values_supported prompt_values_supported protected_resources
    verified_claims_supported trust_frameworks_supported evidence_supported documents_supported documents_methods_supported
    documents_check_methods_supported electronic_records_supported claims_in_verified_claims_supported assurance_level_supported
    frontchannel_logout_session_supported`.split(/\s+/));
const endpoints = ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "registration_endpoint", "end_session_endpoint",
    "pushed_authorization_request_endpoint", "introspection_endpoint", "revocation_endpoint", "device_authorization_endpoint", "backchannel_authentication_endpoint"];

const texts = (list) => Array.isArray(list) && list.every((one) => typeof one === "string");
const locale = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/;

// What any kind of client needs of it. Used by the plans of FAPI and logout too.
export async function verifyMetadata(t) {
    const { meta, world } = t;
    const answer = await call(`${world.config.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    jsonAnswer(t, answer);
    t.need(answer.status === 200, answer.brief);
    t.check(meta.issuer === world.config.issuer, `issuer is ${meta.issuer}, asked was ${world.config.issuer}`);
    for (const name of Object.keys(meta)) t.warn(known.has(name), `${name} is no registered member`);
    for (const name of endpoints) {
        if (meta[name] === undefined) continue;
        t.check(/^https:\/\/[^\s#]+$/.test(meta[name]) || new URL(world.config.issuer).protocol === "http:", `${name} is not https: ${meta[name]}`);
    }
    for (const name of ["authorization_endpoint", "token_endpoint", "jwks_uri"]) t.need(typeof meta[name] === "string", `${name} is missing`);
    for (const [name, value] of Object.entries(meta)) {
        if (/_(supported|values_supported|methods_supported)$/.test(name) && typeof value !== "boolean" && !["mtls_endpoint_aliases"].includes(name))
            t.check(texts(value) && value.length > 0, `${name} is no list of texts`);
        t.check(value !== null, `${name} is null`);
        if (Array.isArray(value)) t.check(new Set(value).size === value.length, `${name} repeats itself`);
    }
    for (const name of ["claims_locales_supported", "ui_locales_supported"]) for (const one of meta[name] ?? []) t.check(locale.test(one), `${name}: ${one} is no BCP 47 tag`);
    for (const name of ["claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported", "require_request_uri_registration",
        "authorization_response_iss_parameter_supported", "require_pushed_authorization_requests", "backchannel_logout_supported", "backchannel_logout_session_supported"])
        t.check(meta[name] === undefined || typeof meta[name] === "boolean", `${name} is no boolean`);
    const keys = await call(meta.jwks_uri);
    t.check(["application/json", "application/jwk-set+json"].includes(keys.type), `jwks_uri: content type ${keys.type}`);
    t.need(keys.status === 200, keys.brief);
    publicKeys(t, keys.json);
    return meta;
}

export const modules = {
    "oidcc-discovery-endpoint-verification": async (t) => {
        const meta = await verifyMetadata(t);
        t.check(meta.response_types_supported?.includes("code"), "response_types_supported lacks code");
        t.check(meta.subject_types_supported?.every((one) => ["public", "pairwise"].includes(one)) && meta.subject_types_supported.length > 0, "subject_types_supported");
        t.check(meta.id_token_signing_alg_values_supported?.includes("RS256"), "id_token_signing_alg_values_supported lacks RS256 (OIDC Core 15.1)");
        t.check(!meta.id_token_signing_alg_values_supported?.includes("none"), "id_token_signing_alg_values_supported has none");
        t.check(meta.scopes_supported?.includes("openid"), "scopes_supported lacks openid");
        t.check(meta.claims_supported?.includes("sub"), "claims_supported lacks sub");
        t.check(typeof meta.userinfo_endpoint === "string", "no userinfo_endpoint");
        t.check(meta.code_challenge_methods_supported === undefined || texts(meta.code_challenge_methods_supported), "code_challenge_methods_supported");
        t.check(meta.token_endpoint_auth_methods_supported === undefined || texts(meta.token_endpoint_auth_methods_supported), "token_endpoint_auth_methods_supported");
        // Signing methods need algorithms (RFC 8414 2), and the algorithms need keys.
        if (meta.token_endpoint_auth_methods_supported?.includes("private_key_jwt"))
            t.check(meta.token_endpoint_auth_signing_alg_values_supported?.length > 0 && !meta.token_endpoint_auth_signing_alg_values_supported.includes("none"), "private_key_jwt without token_endpoint_auth_signing_alg_values_supported");
        const { keys } = (await call(meta.jwks_uri)).json;
        const fits = { RS256: "RSA", PS256: "RSA", ES256: "EC", EdDSA: "OKP" };
        for (const alg of meta.id_token_signing_alg_values_supported ?? [])
            t.check(keys.some((key) => key.kty === fits[alg] && (key.alg === undefined || key.alg === alg)), `${alg} is promised but no key of the JWK set signs it`);
        // RFC 8414 3: the other address tells the same.
        const other = await call(`${t.world.origin}/.well-known/oauth-authorization-server${new URL(meta.issuer).pathname.replace(/\/$/, "")}`);
        if (other.status === 200) t.check(JSON.stringify(other.json) === JSON.stringify(meta), "oauth-authorization-server tells something else than openid-configuration");
    },
};
