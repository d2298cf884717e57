#include "auth/caller.h"

#include "auth/client_metadata.h"
#include "auth/oidc_device.h"
#include "auth/oidc_request.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "crypto/token.h"
#include "tests/auth/world.h"
#include "tests/certificate_sample.h"
#include "tests/fixture.h"
#include "tests/forged.h"

#define ISSUER "https://id.example.vn"
#define TYPE   "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
/* Self-signed: CN=onestop.example.vn,O=Sở thử,C=VN */
#define CERTIFICATE                                                                                \
    "MIIB1jCCAXugAwIBAgIUcnHH+7g1RXQNx1ZFA8gsFHcW8jgwCgYIKoZIzj0EAwIwPzELMAkGA1UEBhMCVk4xEz"       \
    "ARBgNVBAoMClPhu58gdGjhu60xGzAZBgNVBAMMEm9uZXN0b3AuZXhhbXBsZS52bjAgFw0yNjExMjMxNjUwMzha"       \
    "GA8yMTI2MTAzMDE2NTAzOFowPzELMAkGA1UEBhMCVk4xEzARBgNVBAoMClPhu58gdGjhu60xGzAZBgNVBAMMEm"       \
    "9uZXN0b3AuZXhhbXBsZS52bjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFCPx/WvZvMnMb9QdKvJyp+ajpRt"       \
    "ubHkdUfB6XlTSAcdVhW7vkEBwqFFc9e0CRed8bXOGq/iOgNvqHYfo+2GecKjUzBRMB0GA1UdDgQWBBRhgdUQp+"       \
    "JlgysQibaVZef1h4/SSjAfBgNVHSMEGDAWgBRhgdUQp+JlgysQibaVZef1h4/SSjAPBgNVHRMBAf8EBTADAQH/"       \
    "MAoGCCqGSM49BAMCA0kAMEYCIQDOHlf/mrkDX0QCZO+oCs5VoykBgW/OQzRvWbFpq4dFggIhAO9M87UlsxxlDD"       \
    "oQibdpc0c6HutuR+sS2XpVd0FnA5Nh"
#define CERTIFICATE_KEY                                                                            \
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"c\","                                  \
    "\"x\":\"UI_H9a9m8ycxv1B0q8nKn5qOlG25seR1R8HpeVNIBx0\","                                       \
    "\"y\":\"VhW7vkEBwqFFc9e0CRed8bXOGq_iOgNvqHYfo-2GecI\"}]}"

static struct err e;
static struct keyring *ring;

static struct auth *here(void)
{
    return world(fixture_pool(), fixture_kv(), &fixture_clock);
}

static void ring_end(void)
{
    keyring_close(&ring);
}

/* A client whose assertions are signed with the key of `ring`. */
static struct client with_key(struct auth *au, const char *id, enum client_profile profile)
{
    const char *dir = str_cstr(test_arena(), str_fmt(test_arena(), "%s/its", test_folder()));
    DEFER(json_close) struct json *jwks = NULL;
    const struct visit v = world_visit();
    struct client c = client_defaults(au, profile);
    struct str kid, none = STR("");

    if (ring == NULL) {
        check_ok(keyring_make_key(dir, KEY_ES256, KEY_ACTIVE, test_arena(), &kid, &e), e);
        check_ok(keyring_open(dir, &ring, &e), e);
        (void)atexit(ring_end);
    }
    jwks = keyring_jwks(ring);
    c.id = str_c(id);
    c.name_vi = STR("Cổng");
    c.way = CLIENT_WAY_PRIVATE_KEY;
    c.jwks = json_print(test_arena(), jwks);
    c.redirect_uris[c.redirect_count++] = STR(WORLD_RETURN);
    check_ok(client_add(au, &v, &c, &none, &e), e);
    return c;
}

static struct str signed_text(const char *claims)
{
    DEFER(key_release) struct key *key = NULL;
    DEFER(json_close) struct json *o = NULL;
    struct str token;

    check_ok(json_read(str_c(claims), &o, &e), e);
    check_ok(keyring_active(ring, KEY_ES256, &key, &e), e);
    check_ok(token_sign(test_arena(), key, NULL, o, &token, &e), e);
    return token;
}

/* Claims of an assertion that is good but for what `more` says; times are relative to now. */
struct claims {
    const char *id, *iss, *sub, *aud, *jti, *more;
    int64_t exp_s, iat_s, nbf_s;
};

static struct str assertion(struct claims x)
{
    const int64_t now_s = fixture_clock.fixed_ms / 1000;
    const char *id = x.id != NULL ? x.id : "fapi";

    return signed_text(str_cstr(
        test_arena(),
        str_fmt(test_arena(),
                "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":%s,\"jti\":\"%s\",\"exp\":%lld,"
                "\"iat\":%lld,\"nbf\":%lld%s}",
                x.iss != NULL ? x.iss : id, x.sub != NULL ? x.sub : id,
                x.aud != NULL ? x.aud : "\"" ISSUER "\"", x.jti != NULL ? x.jti : "j1",
                (long long)(now_s + (x.exp_s != 0 ? x.exp_s : 60)), (long long)(now_s + x.iat_s),
                (long long)(now_s + x.nbf_s), x.more != NULL ? x.more : "")));
}

static result call_with(const char *form, const char *authorization, struct client *out)
{
    const struct visit v = world_visit();
    const struct form f = world_form(form);
    const struct api_call call = { .body = &f,
                                   .authorization = str_c(authorization),
                                   .method = STR("POST"),
                                   .url = STR(ISSUER "/token") };

    e = (struct err){ 0 };
    return caller_check(here(), &v, &call, out, &e);
}

static result call_as(const char *id, struct str token)
{
    struct client c;

    return call_with(str_cstr(test_arena(), str_fmt(test_arena(),
                                                    "client_id=%s&client_assertion_type=" TYPE
                                                    "&client_assertion=%.*s",
                                                    id, STR_ARG(token))),
                     "", &c);
}

TEST(a_secret_comes_by_header_or_by_form)
{
    struct str basic;
    struct client c;

    (void)world_client(here());
    check_ok(call_with("client_id=portal&client_secret=" WORLD_SECRET, "", &c), e);
    check_str(c.id, "portal");
    basic = str_cat(test_arena(), STR("Basic "),
                    base64_encode(test_arena(), STR("portal:" WORLD_SECRET)));
    check_ok(call_with("", str_cstr(test_arena(), basic), &c), e);
    check_ok(call_with("client_id=portal", str_cstr(test_arena(), basic), &c), e);
    check_fails(call_with("client_id=other", str_cstr(test_arena(), basic), &c), e, ERR_BAD_CLIENT);
    check_fails(call_with("client_secret=" WORLD_SECRET, str_cstr(test_arena(), basic), &c), e,
                ERR_INVALID);
}

TEST(basic_is_decoded_strictly)
{
    static const char *const pairs[] = { "portal",
                                         "portal:",
                                         ":" WORLD_SECRET,
                                         "portal%00:" WORLD_SECRET,
                                         "portal:%zz",
                                         "portal: " WORLD_SECRET,
                                         "Portal:" WORLD_SECRET };
    static const char *const headers[] = {
        "Basic", "Basic ", "Basic !!!!", "Bearer x", "Basic cG9ydGFsOng", "Basic cG9y dGFsOng="
    };
    struct client c;

    (void)world_client(here());
    for (size_t i = 0; i < LEN(pairs); i++) {
        const struct str header =
            str_cat(test_arena(), STR("Basic "), base64_encode(test_arena(), str_c(pairs[i])));

        check_fails(call_with("", str_cstr(test_arena(), header), &c), e, ERR_BAD_CLIENT);
    }
    for (size_t i = 0; i < LEN(headers); i++)
        check_fails(call_with("", headers[i], &c), e, ERR_BAD_CLIENT);
}

TEST(nobody_gets_in_without_a_proof)
{
    struct auth *au = here();
    struct client c;

    (void)world_client(au);
    (void)with_key(au, "fapi", CLIENT_FAPI2);
    check_fails(call_with("", "", &c), e, ERR_BAD_CLIENT);
    check_fails(call_with("client_id=portal", "", &c), e, ERR_BAD_CLIENT);
    check_fails(call_with("client_id=fapi", "", &c), e, ERR_BAD_CLIENT);
    check_fails(call_with("client_id=nobody", "", &c), e, ERR_BAD_CLIENT);
    check_fails(call_with("client_id=fapi&client_secret=" WORLD_SECRET, "", &c), e, ERR_BAD_CLIENT);
    check_fails(call_with("client_id=fapi&client_assertion=x", "", &c), e, ERR_INVALID);
    check_fails(call_with("client_id=fapi&client_assertion_type=" TYPE, "", &c), e, ERR_BAD_CLIENT);
    check_fails(
        call_with("client_secret=x&client_assertion_type=" TYPE "&client_assertion=x", "", &c), e,
        ERR_INVALID);
    check_fails(call_as("portal", assertion((struct claims){ .id = "portal" })), e, ERR_BAD_CLIENT);
    check_fails(call_as("nobody", assertion((struct claims){ .id = "nobody" })), e, ERR_BAD_CLIENT);
}

/* For the operator, who reads it in the log; the caller is told none of it. */
TEST(the_log_tells_a_wrong_secret_from_none_and_from_another_way)
{
    static const struct {
        const char *form, *why;
    } rows[] = {
        { "client_id=portal&client_secret=wrong", "wrong secret" },
        { "client_id=portal", "no secret, but one is registered" },
        { "client_id=nobody&client_secret=" WORLD_SECRET, "unknown or disabled" },
        { "client_id=fapi&client_secret=" WORLD_SECRET,
          "no assertion, but private_key_jwt is registered" },
    };
    struct client c;

    (void)world_client(here());
    (void)with_key(here(), "fapi", CLIENT_FAPI2);
    for (size_t i = 0; i < LEN(rows); i++) {
        check_fails(call_with(rows[i].form, "", &c), e, ERR_BAD_CLIENT);
        check_str(str_c(e.detail),
                  str_cstr(test_arena(),
                           str_fmt(test_arena(), "client authentication: %s", rows[i].why)));
    }
    check_fails(call_as("portal", assertion((struct claims){ .id = "portal" })), e, ERR_BAD_CLIENT);
    check_str(str_c(e.detail), "client authentication: an assertion, but a secret is registered");
}

TEST_KV(an_assertion_works_once)
{
    struct auth *au = here();
    struct str token;
    struct client c;

    (void)with_key(au, "fapi", CLIENT_FAPI2);
    (void)with_key(au, "other", CLIENT_OIDC);
    token = assertion((struct claims){ .jti = "once" });
    check_ok(call_as("fapi", token), e);
    check_fails(call_as("fapi", token), e, ERR_BAD_CLIENT);
    check_str(str_c(e.detail), "client authentication: assertion: used before");
    check_ok(call_as("other", assertion((struct claims){ .id = "other", .jti = "once" })), e);
    check_ok(call_with(str_cstr(test_arena(),
                                str_fmt(test_arena(),
                                        "client_assertion_type=" TYPE "&client_assertion=%.*s",
                                        STR_ARG(assertion((struct claims){ .jti = "new" })))),
                       "", &c),
             e);
    check_str(c.id, "fapi");
}

TEST(assertions_that_are_refused)
{
    static const struct {
        const char *what;
        struct claims claims;
    } cases[] = {
        { "another audience", { .aud = "\"https://other.example.vn\"" } },
        { "the token endpoint", { .aud = "\"" ISSUER "/token\"" } },
        { "the PAR endpoint", { .aud = "\"" ISSUER "/par\"" } },
        { "a list with the issuer", { .aud = "[\"" ISSUER "\"]" } },
        { "a slash more", { .aud = "\"" ISSUER "/\"" } },
        { "no audience", { .aud = "null" } },
        { "another issuer", { .iss = "other" } },
        { "another subject", { .sub = "other" } },
        { "no subject", { .sub = "" } },
        { "no jti", { .jti = "" } },
        { "five minutes over", { .exp_s = -300, .iat_s = -360 } },
        { "an hour ahead", { .exp_s = 3600 } },
        { "issued a minute ahead", { .iat_s = 61 } },
        { "not before a minute ahead", { .nbf_s = 61 } },
    };

    (void)with_key(here(), "fapi", CLIENT_FAPI2);
    for (size_t i = 0; i < LEN(cases); i++) {
        const result r = call_as("fapi", assertion(cases[i].claims));

        if (!r.failed || e.code != ERR_BAD_CLIENT)
            test_fail(__FILE__, __LINE__, "%s: %s %s", cases[i].what, err_name(e.code), e.detail);
    }
    check_fails(call_as("other", assertion((struct claims){ .jti = "j2" })), e, ERR_BAD_CLIENT);
    check_ok(call_as("fapi", assertion((struct claims){ .jti = "j2", .nbf_s = 8, .iat_s = 8 })), e);
    check_ok(call_as("fapi", assertion((struct claims){ .jti = "j3", .exp_s = 300 })), e);
}

TEST(other_profiles_take_the_endpoint_as_audience)
{
    static const char *const audiences[] = { "\"" ISSUER "\"", "\"" ISSUER "/token\"",
                                             "\"" ISSUER "/par\"", "[\"x\",\"" ISSUER "/token\"]" };

    (void)with_key(here(), "plain", CLIENT_OIDC);
    for (size_t i = 0; i < LEN(audiences); i++)
        check_ok(
            call_as("plain", assertion((struct claims){
                                 .id = "plain",
                                 .aud = audiences[i],
                                 .jti = str_cstr(test_arena(), str_fmt(test_arena(), "a%zu", i)),
                                 .exp_s = 3600 })),
            e);
    check_fails(call_as("plain", assertion((struct claims){ .id = "plain", .exp_s = 3700 })), e,
                ERR_BAD_CLIENT);
    check_fails(
        call_as("plain", assertion((struct claims){ .id = "plain", .aud = "\"" ISSUER "/x\"" })), e,
        ERR_BAD_CLIENT);
}

TEST(milliseconds_are_named_in_the_log)
{
    (void)with_key(here(), "fapi", CLIENT_FAPI2);
    check_fails(call_as("fapi", signed_text("{\"iss\":\"fapi\",\"sub\":\"fapi\",\"aud\":\"" ISSUER
                                            "\",\"jti\":\"m\",\"exp\":1795399260000,"
                                            "\"iat\":1795399200000}")),
                e, ERR_BAD_CLIENT);
    check(str_has(str_c(e.detail), STR("milliseconds")));
}

TEST(a_request_object_is_no_assertion)
{
    static const enum client_profile profiles[] = { CLIENT_FAPI2, CLIENT_OIDC };
    static const char *const asks[] = {
        ",\"response_type\":\"code\",\"client_id\":\"x\"",
        ",\"redirect_uri\":\"https://portal.example.vn/callback\"",
        ",\"code_challenge\":\"c\"",
        ",\"request_uri\":\"urn:x\"",
    };
    struct auth *au = here();

    for (size_t p = 0; p < LEN(profiles); p++) {
        const char *id = profiles[p] == CLIENT_FAPI2 ? "fapi" : "plain";

        (void)with_key(au, id, profiles[p]);
        for (size_t i = 0; i < LEN(asks); i++) {
            check_fails(call_as(id, assertion((struct claims){ .id = id, .more = asks[i] })), e,
                        ERR_BAD_CLIENT);
            check_str(str_c(e.detail), "client authentication: assertion: a request object");
        }
        check_ok(call_as(id, assertion((struct claims){ .id = id, .more = ",\"x\":1" })), e);
    }
}

TEST(forged_assertions_are_refused)
{
    DEFER(key_release) struct key *key = NULL;
    struct forged_from from = { .typ = "JWT" };

    (void)with_key(here(), "fapi", CLIENT_FAPI2);
    check_ok(keyring_active(ring, KEY_ES256, &key, &e), e);
    from.key = key;
    from.claims = STR("{\"iss\":\"fapi\",\"sub\":\"fapi\",\"aud\":\"" ISSUER
                      "\",\"jti\":\"f\",\"exp\":1795399260,\"iat\":1795399200}");
    for (size_t i = 0; i < forged_count(); i++) {
        const result r = call_as("fapi", forged_token(i, &from));

        if (!r.failed || e.code != ERR_BAD_CLIENT)
            test_fail(__FILE__, __LINE__, "%s: taken", forged_name(i));
    }
    check_ok(call_as("fapi", forged_good(&from)), e);
}

static result call_by_certificate(const char *id, struct str der, bool trusted)
{
    const struct visit v = world_visit();
    const struct form f =
        world_form(str_cstr(test_arena(), str_fmt(test_arena(), "client_id=%s", id)));
    const struct api_call call = { .body = &f,
                                   .certificate = der,
                                   .certificate_trusted = trusted,
                                   .method = STR("POST"),
                                   .url = STR(ISSUER "/token") };
    struct client c;

    e = (struct err){ 0 };
    return caller_check(here(), &v, &call, &c, &e);
}

/* A client that is known by another name of its certificate. */
static void with_name(struct auth *au, const char *id, struct client names)
{
    const struct visit v = world_visit();
    struct client c = client_defaults(au, CLIENT_FAPI2);
    struct str none = STR("");

    c.id = str_c(id);
    c.name_vi = STR("Cổng");
    c.way = CLIENT_WAY_TLS;
    c.tls_dns = names.tls_dns;
    c.tls_uri = names.tls_uri;
    c.tls_ip = names.tls_ip;
    c.tls_email = names.tls_email;
    c.redirect_uris[c.redirect_count++] = STR(WORLD_RETURN);
    check_ok(client_add(au, &v, &c, &none, &e), e);
}

static void with_certificate(struct auth *au, const char *id, const char *subject, const char *jwks)
{
    const struct visit v = world_visit();
    struct client c = client_defaults(au, CLIENT_FAPI2);
    struct str none = STR("");

    c.id = str_c(id);
    c.name_vi = STR("Cổng");
    c.way = subject != NULL ? CLIENT_WAY_TLS : CLIENT_WAY_TLS_SELF;
    c.tls_subject = str_c(subject);
    c.jwks = str_c(jwks);
    c.redirect_uris[c.redirect_count++] = STR(WORLD_RETURN);
    check_ok(client_add(au, &v, &c, &none, &e), e);
}

TEST(a_certificate_is_believed_by_its_subject_only_when_it_was_checked)
{
    struct auth *au = here();
    struct str der;

    check(base64_decode(test_arena(), STR(CERTIFICATE), &der));
    with_certificate(au, "by-subject", "CN=onestop.example.vn,O=Sở thử,C=VN", NULL);
    with_certificate(au, "other-subject", "CN=onestop.example.vn", NULL);
    check_ok(call_by_certificate("by-subject", der, true), e);
    check_fails(call_by_certificate("by-subject", der, false), e, ERR_BAD_CLIENT);
    check_fails(call_by_certificate("by-subject", STR(""), true), e, ERR_BAD_CLIENT);
    check_fails(call_by_certificate("by-subject", STR("x"), true), e, ERR_BAD_CLIENT);
    check_fails(call_by_certificate("by-subject", str_cat(test_arena(), der, STR("x")), true), e,
                ERR_BAD_CLIENT);
    check_fails(call_by_certificate("other-subject", der, true), e, ERR_BAD_CLIENT);
}

TEST(a_certificate_is_believed_by_the_one_name_that_is_registered)
{
    struct auth *au = here();
    struct str der, other;

    check(base64_decode(test_arena(), STR(CERTIFICATE_SAMPLE), &der));
    check(base64_decode(test_arena(), STR(CERTIFICATE), &other));
    with_name(au, "by-dns", (struct client){ .tls_dns = STR("tls.example.vn") });
    with_name(au, "by-uri", (struct client){ .tls_uri = STR("https://tls.example.vn/a") });
    with_name(au, "by-ip", (struct client){ .tls_ip = STR("2001:DB8::1") });
    with_name(au, "by-email", (struct client){ .tls_email = STR("van-thu@example.vn") });
    with_name(au, "by-another", (struct client){ .tls_dns = STR("www.tls.example.vn") });
    check_ok(call_by_certificate("by-dns", der, true), e);
    check_ok(call_by_certificate("by-uri", der, true), e);
    check_ok(call_by_certificate("by-ip", der, true), e);
    check_ok(call_by_certificate("by-email", der, true), e);
    check_fails(call_by_certificate("by-dns", der, false), e, ERR_BAD_CLIENT);
    check_fails(call_by_certificate("by-dns", other, true), e, ERR_BAD_CLIENT);
    check_fails(call_by_certificate("by-another", der, true), e, ERR_BAD_CLIENT);
}

TEST(a_certificate_of_its_own_is_believed_by_its_key)
{
    struct auth *au = here();
    DEFER(json_close) struct json *jwks = NULL;
    struct str der;

    check(base64_decode(test_arena(), STR(CERTIFICATE), &der));
    (void)with_key(au, "fapi", CLIENT_FAPI2);
    jwks = keyring_jwks(ring);
    with_certificate(au, "by-key", NULL, CERTIFICATE_KEY);
    with_certificate(au, "other-key", NULL, str_cstr(test_arena(), json_print(test_arena(), jwks)));
    check_ok(call_by_certificate("by-key", der, false), e);
    check_fails(call_by_certificate("other-key", der, true), e, ERR_BAD_CLIENT);
    check_fails(call_by_certificate("by-key", STR(""), true), e, ERR_BAD_CLIENT);
    check_fails(call_by_certificate("fapi", der, true), e, ERR_BAD_CLIENT);
}

TEST_KV(who_has_no_secret_is_counted_by_address)
{
    struct auth *au = here();
    struct visit v = world_visit();
    const struct client open = { .way = CLIENT_WAY_NONE }, closed = { .way = CLIENT_WAY_SECRET };

    world_conf()->rate.public = 2;
    for (int i = 0; i < 2; i++)
        check_ok(caller_pace(au, &v, &open, &e), e);
    check_fails(caller_pace(au, &v, &open, &e), e, ERR_TOO_MANY);
    check_ok(caller_pace(au, &v, &closed, &e), e);
    v.ip = STR("127.0.0.1");
    check_ok(caller_pace(au, &v, &open, &e), e);
    v.ip = STR("2001:db8::1");
    check_ok(caller_pace(au, &v, &open, &e), e);
    v.ip = STR("2001:db8::2");
    check_ok(caller_pace(au, &v, &open, &e), e);
    v.ip = STR("2001:db8::3"); /* of one network */
    check_fails(caller_pace(au, &v, &open, &e), e, ERR_TOO_MANY);
}

TEST(a_public_client_leaves_no_more_behind_than_its_pace)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct str none = STR(""), json;
    struct client c = client_defaults(au, CLIENT_OIDC);
    const struct form device = world_form("client_id=kiosk&scope=openid");
    const struct form push =
        world_form("client_id=kiosk&scope=openid&response_type=code&redirect_uri=https%3A%2F%2F"
                   "portal.example.vn%2Fcallback&code_challenge_method=S256&code_challenge="
                   "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    const struct api_call asks = { .body = &device }, pushes = { .body = &push };

    c.id = STR("kiosk");
    c.name_vi = STR("Kiosk");
    c.redirect_uris[c.redirect_count++] = STR(WORLD_RETURN);
    c.grants = STR("authorization_code " DEVICE_GRANT);
    c.id_token_alg = KEY_ES256;
    c.way = CLIENT_WAY_NONE;
    c.has_secret = false;
    c.pkce_only = true;
    check_ok(client_add(au, &v, &c, &none, &e), e);
    world_conf()->rate.public = 2;
    check_ok(oidc_device_start(au, &v, &asks, &json, &e), e);
    check_ok(request_push(au, &v, &pushes, &json, &e), e);
    check_fails(oidc_device_start(au, &v, &asks, &json, &e), e, ERR_TOO_MANY);
    check_fails(request_push(au, &v, &pushes, &json, &e), e, ERR_TOO_MANY);
}
