#include "auth/oidc_request.h"

#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "crypto/token.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

#define GOOD                                                                                       \
    "client_id=portal&redirect_uri=https%3A%2F%2Fportal.example.vn%2Fcallback&response_type=code&" \
    "scope=openid"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" /* RFC 7636, appendix B */
#define PKCE      "&code_challenge=" CHALLENGE "&code_challenge_method=S256"

static struct err e;

static struct auth *here(void)
{
    return world(fixture_pool(), fixture_kv(), &fixture_clock);
}

static struct client portal(enum client_profile profile)
{
    return (struct client){
        .id = STR("portal"),
        .profile = profile,
        .way = CLIENT_WAY_PRIVATE_KEY,
        .redirect_uris = { STR(WORLD_RETURN) },
        .redirect_count = 1,
        .scopes = STR("openid profile email"),
        .grants = STR("authorization_code"),
        .sector = STR("portal.example.vn"),
        .resources = STR("https://api.example.vn/a https://api.example.vn/b"),
        .id_token_alg = KEY_ES256,
        .response_alg = KEY_ES256,
        .userinfo_alg = -1,
        .request_alg = -1,
        .auth_alg = -1,
    };
}

static bool reads(const struct client *c, const char *query, struct oidc_request *rq)
{
    const struct form f = world_form(query);

    e = (struct err){ 0 };
    return !request_read(here(), test_arena(), c, &f, rq, &e).failed;
}

static bool claims_read(const char *json, bool compat, struct oidc_request *rq)
{
    e = (struct err){ 0 };
    *rq = (struct oidc_request){ .max_age_s = -1 };
    return !request_read_claims(test_arena(), str_c(json), compat, rq, &e).failed;
}

TEST(each_parameter_is_read_or_refused_by_name)
{
    static const struct {
        const char *more, *field;
        enum err_code code;
    } cases[] = {
        { "&state=1&nonce=2&display=popup&claims_locales=vi&unheard=1", "", ERR_NONE },
        { "&prompt=login%20consent", "", ERR_NONE },
        { "&prompt=select_account", "", ERR_NONE },
        { "&prompt=none%20consent", "prompt", ERR_INVALID },
        { "&prompt=create", "prompt", ERR_INVALID },
        { "&max_age=0", "", ERR_NONE },
        { "&max_age=1.5", "max_age", ERR_INVALID },
        { "&max_age=%201", "max_age", ERR_INVALID },
        { "&response_mode=query.jwt", "", ERR_NONE },
        { "&response_mode=web_message", "response_mode", ERR_INVALID },
        { "&resource=https%3A%2F%2Fapi.example.vn%2Fb", "", ERR_NONE },
        { "&resource=https%3A%2F%2Fapi.example.vn", "resource", ERR_BAD_TARGET },
        { "&resource=https%3A%2F%2Fapi.example.vn%2Fa%20https%3A%2F%2Fevil", "resource",
          ERR_BAD_TARGET },
        { "&dpop_jkt=" CHALLENGE, "", ERR_NONE },
        { "&dpop_jkt=" CHALLENGE "A", "dpop_jkt", ERR_INVALID },
        { PKCE, "", ERR_NONE },
        { "&code_challenge=" CHALLENGE, "code_challenge_method", ERR_INVALID },
        { "&code_challenge_method=S256", "code_challenge", ERR_INVALID },
        { "&code_challenge=" CHALLENGE "&code_challenge_method=plain", "code_challenge_method",
          ERR_INVALID },
        { "&acr_values=gold", "", ERR_NONE },
        { "&claims=%5B%5D", "claims", ERR_INVALID },
        { "&id_token_hint=a.b.c", "id_token_hint", ERR_INVALID },
    };
    const struct client c = portal(CLIENT_OIDC);
    struct oidc_request rq;

    for (size_t i = 0; i < LEN(cases); i++) {
        const char *q =
            str_cstr(test_arena(), str_cat(test_arena(), STR(GOOD), str_c(cases[i].more)));

        check_int(reads(&c, q, &rq), cases[i].code == ERR_NONE);
        check_int(e.code, cases[i].code);
        check_str(str_c(e.field), cases[i].field);
        check_str(rq.redirect_uri, WORLD_RETURN); /* the client may be told */
    }
}

TEST(one_representee_may_be_asked_for_at_a_time)
{
    struct client c = portal(CLIENT_OIDC);
    struct oidc_request rq;

    c.scopes = STR("openid representee_list");
    check(reads(&c, GOOD "%20representee_list%20representee.org-a%20representee.org-a", &rq));
    check_str(rq.scope, "openid representee_list representee.org-a");
    check(!reads(&c, GOOD "%20representee.org-a%20representee.org-b", &rq));
    check_int(e.code, ERR_BAD_SCOPE);
    check_str(rq.redirect_uri, WORLD_RETURN); /* the client may be told */
    c.scopes = STR("openid");                 /* what is not registered is ignored, as ever */
    check(reads(&c, GOOD "%20representee.org-a%20representee.org-b", &rq));
    check_str(rq.scope, "openid");
}

TEST(state_and_nonce_are_bounded_but_roomy)
{
    static const struct {
        const char *name;
        int length;
        bool good;
    } cases[] = { { "nonce", 64, true },   { "nonce", 512, true },  { "nonce", 513, false },
                  { "state", 1001, true }, { "state", 2048, true }, { "state", 2049, false } };
    const struct client c = portal(CLIENT_OIDC);
    struct oidc_request rq;

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct str q =
            str_fmt(test_arena(), "%s&%s=%0*d", GOOD, cases[i].name, cases[i].length, 7);

        check_int(reads(&c, str_cstr(test_arena(), q), &rq), cases[i].good);
    }
}

TEST(profiles_demand_a_challenge_pushing_and_signing)
{
    struct client c = portal(CLIENT_FAPI2);
    struct oidc_request rq;

    check(!reads(&c, GOOD, &rq));
    check_str(str_c(e.field), "code_challenge");
    check(reads(&c, GOOD PKCE, &rq));
    check_fails(request_check_way(&c, &rq, false, &e), e, ERR_INVALID);
    check_ok(request_check_way(&c, &rq, true, &e), e);
    c = portal(CLIENT_OIDC);
    check(reads(&c, GOOD, &rq));
    check_ok(request_check_way(&c, &rq, false, &e), e);
    c.par_only = true;
    check_fails(request_check_way(&c, &rq, false, &e), e, ERR_INVALID);
    c.par_only = false;
    c.pkce_only = true;
    check(!reads(&c, GOOD, &rq));
    c.signed_request_only = true;
    check(reads(&c, GOOD PKCE, &rq));
    check_fails(request_check_way(&c, &rq, false, &e), e, ERR_INVALID);
    rq.is_signed = true;
    check_ok(request_check_way(&c, &rq, false, &e), e);
}

TEST(levels_are_named_in_two_ways_and_by_the_national_portals_names_for_its_clients)
{
    struct client c = portal(CLIENT_OIDC);
    struct oidc_request rq;

    check(reads(&c, GOOD "&acr_values=LoA2%20urn:motcua:acr:vn-nd69:3%20urn:vn:loa:2", &rq));
    check_int(rq.acr_voluntary, 1 << 3 | 1 << 2);
    check_int(rq.acr_first, 3);
    c.profile = CLIENT_DVCQG_COMPAT;
    check(reads(&c, GOOD "&acr_values=LoA2", &rq));
    check_int(rq.acr_voluntary, 1 << 2);
    check_int(rq.acr_essential, 0);
}

TEST(openid_alone_means_all_that_is_registered_for_portals_of_the_national_one)
{
    struct client c = portal(CLIENT_OIDC);
    struct oidc_request rq;

    c.scopes = STR("openid vn_profile vn_id payments:write");
    check(reads(&c, GOOD, &rq));
    check_str(rq.scope, "openid");
    c.profile = CLIENT_DVCQG_COMPAT;
    check(reads(&c, GOOD, &rq));
    check_str(rq.scope, "openid vn_profile vn_id");
    c.scopes = STR("openid vn_profile");
    check(reads(&c, GOOD, &rq));
    check_str(rq.scope, "openid vn_profile");
}

TEST(the_claims_parameter_has_one_shape)
{
    static const char *const good[] = {
        "{}",
        "{\"userinfo\":{}}",
        "{\"userinfo\":{\"name\":null,\"email\":{\"essential\":true}},\"id_token\":{\"acr\":null}}",
        "{\"id_token\":{\"auth_time\":{\"essential\":true},\"acr\":{\"essential\":true}}}",
        ("{\"userinfo\":{\"verified_claims\":{\"verification\":{\"trust_framework\":null},"
         "\"claims\":{\"name\":null}}}}"),
        "{\"userinfo\":{\"verified_claims\":[{\"verification\":{}}]}}",
        "{\"unheard\":{\"of\":1}}",
    };
    static const char *const bad[] = {
        "",
        "[]",
        "null",
        "{",
        "{\"userinfo\":[]}",
        "{\"userinfo\":\"name\"}",
        "{\"id_token\":{\"name\":1}}",
        "{\"id_token\":{\"name\":\"x\"}}",
        "{\"id_token\":{\"name\":{\"essential\":\"yes\"}}}",
        "{\"id_token\":{\"name\":{\"values\":\"x\"}}}",
        "{\"id_token\":{\"acr\":{\"values\":[1]}}}",
        "{\"id_token\":{\"sub\":{\"value\":1}}}",
        "{\"userinfo\":{\"verified_claims\":true}}",
        "{\"userinfo\":{\"a\":null},\"userinfo\":{}}",
    };
    struct oidc_request rq;

    for (size_t i = 0; i < LEN(good); i++)
        check(claims_read(good[i], false, &rq));
    for (size_t i = 0; i < LEN(bad); i++) {
        check(!claims_read(bad[i], false, &rq));
        check_int(e.code, ERR_INVALID);
        check_str(str_c(e.field), "claims");
    }
    check(claims_read("{\"x\":1,\"userinfo\":{\"name\":null}}", false, &rq));
    check_str(rq.claims, "{\"userinfo\":{\"name\":null}}");
}

TEST(the_claims_parameter_is_bounded)
{
    const struct str pad = str_fmt(test_arena(), "%0*d", REQUEST_CLAIMS_BYTES_MAX, 0);
    struct oidc_request rq;

    check(!claims_read(
        str_cstr(test_arena(), str_fmt(test_arena(), "{\"x\":\"%.*s\"}", STR_ARG(pad))), false,
        &rq));
    check_int(e.code, ERR_INVALID);
}

TEST(an_essential_level_is_kept_apart_from_a_wish)
{
    struct oidc_request rq;

    check(claims_read("{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"urn:vn:loa:3\","
                      "\"urn:vn:loa:4\",\"gold\"]}}}",
                      false, &rq));
    check_int(rq.acr_essential, 1 << 3 | 1 << 4);
    check_int(rq.acr_voluntary, 0);
    check_int(rq.acr_first, 3);
    check(claims_read("{\"id_token\":{\"acr\":{\"value\":\"urn:vn:loa:2\"}}}", false, &rq));
    check_int(rq.acr_essential, 0);
    check_int(rq.acr_voluntary, 1 << 2);
    check(!claims_read("{\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"gold\"}}}", false,
                       &rq));
    check_int(e.code, ERR_UNMET_AUTH);
    check(!claims_read("{\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"LoA2\"}}}", false,
                       &rq));
    check(
        claims_read("{\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"LoA2\"}}}", true, &rq));
    check(claims_read("{\"userinfo\":{\"acr\":{\"essential\":true,\"value\":\"gold\"}}}", false,
                      &rq)); /* told in the ID token alone */
}

TEST(names_of_single_claims_leave_out_what_is_told_anyway_or_never)
{
    const struct client c = portal(CLIENT_OIDC);
    struct oidc_request rq;

    check(claims_read("{\"id_token\":{\"acr\":null,\"email\":null,\"name\":null},\"userinfo\":{"
                      "\"email\":null,\"SoDinhDanh\":null,\"verified_claims\":{\"claims\":{"
                      "\"birthdate\":null}}}}",
                      false, &rq));
    rq.scope = STR("openid");
    check_str(request_claim_names(test_arena(), &c, &rq), "email birthdate name");
    rq.scope = STR("openid profile");
    check_str(request_claim_names(test_arena(), &c, &rq), "email");
}

TEST(what_is_kept_is_what_was_read_and_hides_the_hint)
{
    struct auth *au = here();
    const struct client c = portal(CLIENT_OIDC);
    struct oidc_request rq, again;
    struct str kept;

    check(reads(&c,
                GOOD PKCE "&state=%22%5C%C4%91&nonce=n&prompt=login&max_age=7&login_hint="
                          "001087123456&acr_values=urn:vn:loa:2&response_mode=form_post.jwt&"
                          "dpop_jkt=" CHALLENGE "&ui_locales=en",
                &rq));
    rq.pushed = STR("p");
    rq.reached = 3;
    rq.signed_in = true;
    kept = request_print(au, test_arena(), &rq);
    check(!str_has(kept, STR("001087123456")));
    check_ok(request_parse(au, test_arena(), kept, &again, &e), e);
    check_str(again.login_hint, "001087123456");
    check_same(again.state, rq.state);
    check_str(again.challenge, CHALLENGE);
    check_str(again.jkt, CHALLENGE);
    check_int(again.max_age_s, 7);
    check_int(again.mode, REQUEST_FORM_POST_JWT);
    check_int(again.prompt, REQUEST_PROMPT_LOGIN);
    check_int(again.reached, 3);
    check(again.signed_in && !again.consented);
    check_str(again.pushed, "p");
    check_fails(request_parse(au, test_arena(), STR("client_id=portal"), &again, &e), e,
                ERR_INTERNAL);
}

/* --- signed request objects --- */

struct signer {
    struct keyring *ring;
    struct client client;
};

static struct signer signer_open(enum key_alg alg, enum client_profile profile)
{
    const char *dir =
        str_cstr(test_arena(), str_fmt(test_arena(), "%s/signer%d", test_folder(), (int)alg));
    struct signer s = { .client = portal(profile) };
    struct str kid;

    check_ok(keyring_make_key(dir, alg, KEY_ACTIVE, test_arena(), &kid, &e), e);
    check_ok(keyring_open(dir, &s.ring, &e), e);
    DEFER(json_close) struct json *jwks = keyring_jwks(s.ring);

    s.client.jwks = json_print(test_arena(), jwks);
    return s;
}

static struct json *object_claims(void)
{
    const int64_t now_s = clock_now_s(&fixture_clock);
    struct json *o = json_object();

    json_put_str(o, "iss", STR("portal"));
    json_put_str(o, "aud", STR("https://id.example.vn"));
    json_put_int(o, "nbf", now_s - 5);
    json_put_int(o, "exp", now_s + 300);
    json_put_str(o, "client_id", STR("portal"));
    json_put_str(o, "redirect_uri", STR(WORLD_RETURN));
    json_put_str(o, "response_type", STR("code"));
    json_put_str(o, "scope", STR("openid"));
    json_put_str(o, "state", STR("inside"));
    json_put_int(o, "max_age", 60);
    return o;
}

static struct str object_sign(struct signer *s, enum key_alg alg, const char *typ,
                              struct json *claims)
{
    DEFER(key_release) struct key *key = NULL;
    DEFER(json_close) struct json *owned = claims;
    struct str token;

    check_ok(keyring_active(s->ring, alg, &key, &e), e);
    check_ok(token_sign(test_arena(), key, typ, owned, &token, &e), e);
    return token;
}

static bool object_reads(struct signer *s, struct str token, struct form *f)
{
    *f = (struct form){ 0 };
    e = (struct err){ 0 };
    return !request_read_object(here(), test_arena(), &s->client, token, f, &e).failed;
}

TEST(a_signed_request_is_the_whole_request)
{
    struct signer s = signer_open(KEY_ES256, CLIENT_FAPI2);
    struct json *o = object_claims(), *claims = json_object(), *resources = json_array();
    struct form f;

    json_put(claims, "userinfo", json_object());
    json_put(o, "claims", claims);
    json_add_str(resources, STR("https://api.example.vn/a"));
    json_add_str(resources, STR("https://api.example.vn/b"));
    json_put(o, "resource", resources);
    json_put_str(o, "unheard", STR("of"));
    check(object_reads(&s, object_sign(&s, KEY_ES256, "oauth-authz-req+jwt", o), &f));
    check_str(form_get(&f, "state"), "inside");
    check_str(form_get(&f, "max_age"), "60");
    check_str(form_get(&f, "claims"), "{\"userinfo\":{}}");
    check_str(form_get(&f, "resource"), "https://api.example.vn/a https://api.example.vn/b");
    check(!form_has(&f, "unheard") && !form_has(&f, "iss") && !form_has(&f, "exp"));
    check(object_reads(&s, object_sign(&s, KEY_ES256, NULL, object_claims()), &f));
    keyring_close(&s.ring);
}

TEST(a_request_object_that_is_not_quite_right_is_refused)
{
    static const struct {
        const char *member, *text;
        int64_t number;
    } cases[] = {
        { "iss", "another", 0 },       { "aud", "https://other.example.vn", 0 },
        { "client_id", "another", 0 }, { "request", "eyJ", 0 },
        { "request_uri", "urn:x", 0 }, { "exp", NULL, -60 },
        { "exp", NULL, 3700 },         { "nbf", NULL, 70 },
        { "nbf", NULL, -3700 },        { "exp", "soon", 0 },
        { "state", "line\nbreak", 0 },
    };
    struct signer s = signer_open(KEY_ES256, CLIENT_FAPI2);
    const int64_t now_s = clock_now_s(&fixture_clock);
    struct form f;

    for (size_t i = 0; i < LEN(cases); i++) {
        struct json *o = object_claims();

        if (cases[i].text != NULL)
            json_put_str(o, cases[i].member, str_c(cases[i].text));
        else
            json_put_int(o, cases[i].member, now_s + cases[i].number);
        check(!object_reads(&s, object_sign(&s, KEY_ES256, NULL, o), &f));
        check_int(e.code, ERR_BAD_REQUEST_OBJECT);
    }
    check(!object_reads(&s, object_sign(&s, KEY_ES256, "at+jwt", object_claims()), &f));
    check_int(e.code, ERR_BAD_REQUEST_OBJECT);
    keyring_close(&s.ring);
}

TEST(what_the_profile_needs_in_time_is_not_needed_elsewhere)
{
    struct signer s = signer_open(KEY_ES256, CLIENT_FAPI2);
    struct json *o = object_claims();
    struct str token;
    struct form f;

    json_put_null(o, "nbf");
    token = object_sign(&s, KEY_ES256, NULL, o);
    check(!object_reads(&s, token, &f));
    check_int(e.code, ERR_BAD_REQUEST_OBJECT);
    s.client.profile = CLIENT_OIDC;
    check(object_reads(&s, token, &f));
    o = object_claims();
    json_put_null(o, "exp");
    check(!object_reads(&s, object_sign(&s, KEY_ES256, NULL, o), &f)); /* an end always */
    keyring_close(&s.ring);
}

TEST(algorithms_are_those_of_the_key_and_the_profile)
{
    struct signer s = signer_open(KEY_RS256, CLIENT_FAPI2);
    const struct str token = object_sign(&s, KEY_RS256, NULL, object_claims());
    struct form f;

    check(!object_reads(&s, token, &f));
    check_int(e.code, ERR_BAD_REQUEST_OBJECT);
    s.client.profile = CLIENT_OIDC;
    check(object_reads(&s, token, &f));
    keyring_close(&s.ring);
}

TEST(nobodys_and_anothers_signatures_are_refused)
{
    struct signer s = signer_open(KEY_ES256, CLIENT_OIDC);
    const struct str token = object_sign(&s, KEY_ES256, NULL, object_claims());
    struct str head, rest, payload, signature, none;
    struct form f;

    check(str_cut(token, '.', &head, &rest) && str_cut(rest, '.', &payload, &signature));
    none = base64url_encode(test_arena(), STR("{\"alg\":\"none\"}"));
    check(!object_reads(&s, str_fmt(test_arena(), "%.*s.%.*s.", STR_ARG(none), STR_ARG(payload)),
                        &f));
    check_int(e.code, ERR_REQUEST_OBJECT);
    s.client.profile = CLIENT_FAPI2;
    check(!object_reads(&s, str_fmt(test_arena(), "%.*s.%.*s.", STR_ARG(none), STR_ARG(payload)),
                        &f));
    check_int(e.code, ERR_BAD_REQUEST_OBJECT);
    s.client.profile = CLIENT_OIDC;
    check(!object_reads(&s, STR("eyJ"), &f));
    check_int(e.code, ERR_BAD_REQUEST_OBJECT);
    check(!object_reads(&s, STR(""), &f));
    check_int(e.code, ERR_BAD_REQUEST_OBJECT);
    s.client.jwks = STR("");
    check(!object_reads(&s, token, &f));
    check_int(e.code, ERR_REQUEST_OBJECT);
    DEFER(json_close) struct json *ours = keyring_jwks(here()->keys);

    s.client.jwks = json_print(test_arena(), ours);
    check(!object_reads(&s, token, &f));
    check_int(e.code, ERR_BAD_REQUEST_OBJECT);
    keyring_close(&s.ring);
}

/* --- pushed requests, as they are kept --- */

static struct str keep(struct auth *au, const char *client_id, struct oidc_request *rq)
{
    const struct client c = portal(CLIENT_OIDC);
    const struct str uri = STR(REQUEST_URI_PREFIX "abcdefghijklmnopqrstuvwxyz0123456789");

    check(reads(&c, GOOD "&state=pushed", rq));
    rq->client_id = str_c(client_id);
    check_ok(request_keep_pushed(au, test_arena(), uri, rq, &e), e);
    return uri;
}

TEST_KV(a_pushed_request_serves_until_it_is_complete_and_then_never_again)
{
    struct auth *au = here();
    const struct client c = portal(CLIENT_OIDC);
    struct oidc_request rq, first, second;
    const struct str uri = keep(au, "portal", &rq);

    check_ok(request_pushed(au, test_arena(), &c, uri, &first, &e), e);
    check_ok(request_pushed(au, test_arena(), &c, uri, &second, &e), e); /* loaded twice */
    check_str(second.state, "pushed");
    check_ok(request_complete(au, test_arena(), &first, &e), e);
    check_fails(request_complete(au, test_arena(), &second, &e), e, ERR_BAD_REQUEST_URI);
    check_fails(request_pushed(au, test_arena(), &c, uri, &rq, &e), e, ERR_BAD_REQUEST_URI);
}

TEST(a_pushed_request_is_its_clients_own_and_ends)
{
    struct auth *au = here();
    struct client c = portal(CLIENT_OIDC);
    struct oidc_request rq;
    const struct str uri = keep(au, "portal", &rq);

    c.id = STR("another");
    check_fails(request_pushed(au, test_arena(), &c, uri, &rq, &e), e, ERR_BAD_REQUEST_URI);
    c.id = STR("portal");
    check_fails(request_pushed(au, test_arena(), &c, STR(REQUEST_URI_PREFIX "x"), &rq, &e), e,
                ERR_BAD_REQUEST_URI);
    check_ok(request_pushed(au, test_arena(), &c, uri, &rq, &e), e);
    fixture_clock.fixed_ms += world_conf()->auth.par_ttl_s * 1000;
    check_fails(request_pushed(au, test_arena(), &c, uri, &rq, &e), e, ERR_BAD_REQUEST_URI);
}

TEST(a_request_that_was_not_pushed_has_nothing_to_use_up)
{
    struct oidc_request rq = { .max_age_s = -1 };

    check_ok(request_complete(here(), test_arena(), &rq, &e), e);
    check_ok(request_complete(here(), test_arena(), &rq, &e), e);
}

/* --- the endpoint --- */

static bool pushes(const char *body, const char *authorization, struct str *json)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct form f = world_form(body);
    const struct api_call call = { .body = &f,
                                   .authorization = str_c(authorization),
                                   .method = STR("POST"),
                                   .url = STR("https://id.example.vn/par") };

    e = (struct err){ 0 };
    return !request_push(au, &v, &call, json, &e).failed;
}

#define SECRET "&client_secret=" WORLD_SECRET

TEST_KV(pushing_gives_a_reference_of_256_bits_for_this_client)
{
    DEFER(json_close) struct json *answer = NULL;
    struct client c = world_client(here());
    struct oidc_request rq;
    struct str json, uri, again;
    int64_t expires_in;

    check(pushes(GOOD SECRET "&state=s1", "", &json));
    check_ok(json_read(json, &answer, &e), e);
    check_ok(json_need_str(answer, "request_uri", 200, &uri, &e), e);
    check_ok(json_need_int(answer, "expires_in", 1, 599, &expires_in, &e), e);
    check_int(expires_in, world_conf()->auth.par_ttl_s);
    check(str_starts(uri, STR(REQUEST_URI_PREFIX)));
    check_int(uri.n, sizeof(REQUEST_URI_PREFIX) - 1 + 43);
    check_ok(request_pushed(here(), test_arena(), &c, uri, &rq, &e), e);
    check_str(rq.state, "s1");
    check(rq.pushed.n > 0 && !str_has(uri, rq.pushed));
    check(pushes(GOOD SECRET "&state=s1", "", &again));
    check(!str_eq(json, again));
}

TEST(what_cannot_be_authorized_cannot_be_pushed)
{
    static const struct {
        const char *more;
        enum err_code code;
    } cases[] = {
        { SECRET "x", ERR_BAD_CLIENT },
        { "", ERR_BAD_CLIENT },
        { SECRET "&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax", ERR_INVALID },
        { SECRET "&code_challenge=" CHALLENGE "&code_challenge_method=plain", ERR_INVALID },
        { SECRET "&prompt=unheard", ERR_INVALID },
        { SECRET "&request=eyJ", ERR_REQUEST_OBJECT }, /* it has no keys */
        { SECRET "&resource=https%3A%2F%2Fa", ERR_BAD_TARGET },
    };
    struct str json;

    (void)world_client(here());
    for (size_t i = 0; i < LEN(cases); i++) {
        const char *body =
            str_cstr(test_arena(), str_cat(test_arena(), STR(GOOD), str_c(cases[i].more)));

        check(!pushes(body, "", &json));
        check_int(e.code, cases[i].code);
    }
    check(!pushes("client_id=portal&response_type=code&scope=openid" SECRET, "", &json));
    check_str(str_c(e.field), "redirect_uri");
    check(!pushes("client_id=portal&redirect_uri=https%3A%2F%2Fevil&response_type=code&"
                  "scope=openid" SECRET,
                  "", &json));
    check_str(str_c(e.field), "redirect_uri");
    check(!pushes("client_id=portal&redirect_uri=https%3A%2F%2Fportal.example.vn%2Fcallback&"
                  "response_type=token&scope=openid" SECRET,
                  "", &json));
    check_int(e.code, ERR_RESPONSE_TYPE);
}
