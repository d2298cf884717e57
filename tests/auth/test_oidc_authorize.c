#include "auth/oidc_authorize.h"

#include "auth/claims.h"
#include "auth/session_rows.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "crypto/token.h"
#include "tests/auth/asking.h"
#include "tests/fixture.h"

static struct err e;

static struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);

    (void)world_client(au);
    return au;
}

static struct str repeat(char c, size_t n)
{
    return str_of(memset(arena_alloc(test_arena(), n), c, n), n);
}

TEST(an_error_is_a_page_until_client_and_address_are_known)
{
    static const char *const bad_uris[] = {
        "https://portal.example.vn/callback/",
        "https://portal.example.vn/callback?x=1",
        "https://portal.example.vn/Callback",
        "https://portal.example.vn:443/callback",
        "https://portal.example.vn/callback#x",
        "//portal.example.vn/callback",
        "https://portal.example.vn@evil.example/callback",
        "https://evil.example/callback",
        "https://portal.example.vn./callback",
        "https://portal.example.vn/a/../callback",
        "https:\\\\portal.example.vn\\callback",
        "http://portal.example.vn/callback",
        "https://portal.example.vn/callbac",
        "https://portal.example.vn%2Fcallback",
        "https://PORTAL.example.vn/callback",
    };
    struct auth *au = here();

    for (size_t i = 0; i < LEN(bad_uris); i++) {
        const struct str q = str_fmt(
            test_arena(), "client_id=portal&response_type=code&scope=openid&redirect_uri=%.*s",
            STR_ARG(percent_encode(test_arena(), str_c(bad_uris[i]))));
        const struct authorize_reply r = ask(au, str_cstr(test_arena(), q), NULL);

        check_int(r.kind, AUTHORIZE_PAGE);
        check_str(str_c(r.error.field), "redirect_uri");
        check_int(r.url.n, 0);
    }
    check_int(ask(au, "response_type=code&scope=openid", NULL).kind, AUTHORIZE_PAGE);
    check_int(ask(au, "client_id=portal&response_type=code", NULL).kind, AUTHORIZE_PAGE);
    check_int(
        ask(au, "client_id=nobody&redirect_uri=https%3A%2F%2Fportal.example.vn%2Fcallback", NULL)
            .kind,
        AUTHORIZE_PAGE);
}

TEST(only_a_simulation_tells_how_an_address_differs_from_what_is_registered)
{
    static const char near[] = "client_id=portal&response_type=code&scope=openid&redirect_uri="
                               "https%3A%2F%2Fportal.example.vn%2FCallback";
    struct auth *au = here();
    struct authorize_reply r;

    world_conf()->service.national_systems = STR("simulated");
    r = ask(au, near, NULL);
    check_int(r.kind, AUTHORIZE_PAGE);
    check(str_has(r.difference, STR("https://portal.example.vn/callback")));
    check_int(ask(au, "client_id=portal&response_type=code&scope=openid", NULL).difference.n, 0);
    check_int(ask(au, "client_id=nobody&redirect_uri=https%3A%2F%2Fa", NULL).difference.n, 0);
    world_conf()->service.national_systems = STR("real");
    r = ask(au, near, NULL);
    check_int(r.kind, AUTHORIZE_PAGE);
    check_int(r.difference.n, 0);
}

TEST(other_errors_go_to_the_client_with_state_and_iss)
{
    static const struct {
        const char *query;
        const char *error;
    } cases[] = {
        { "&request=eyJ", "request_not_supported" },
        { "&request_uri=https%3A%2F%2Fa", "request_uri_not_supported" },
        { "&code_challenge=abc&code_challenge_method=plain", "invalid_request" },
        { "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "invalid_request" },
        { "&code_challenge=short&code_challenge_method=S256", "invalid_request" },
        { "&code_challenge_method=S256", "invalid_request" },
        { "&prompt=none%20login", "invalid_request" },
        { "&prompt=unheard", "invalid_request" },
        { "&prompt=none", "login_required" },
        { "&max_age=-1", "invalid_request" },
        { "&max_age=99999999999999999999", "invalid_request" },
        { "&id_token_hint=abc.def.ghi", "invalid_request" },
        { "&response_mode=fragment", "invalid_request" },
        { "&response_mode=fragment.jwt", "invalid_request" },
        { "&request=eyJ&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax",
          "invalid_request" },
        { "&resource=https%3A%2F%2Fapi.example.vn", "invalid_target" },
        { "&dpop_jkt=short", "invalid_request" },
        { "&claims=%7B", "invalid_request" },
        { "&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22value%22%3A%22"
          "gold%22%7D%7D%7D",
          "unmet_authentication_requirements" },
    };
    struct auth *au = here();

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct str q = str_fmt(test_arena(), "%s&state=s1%s", GOOD, cases[i].query);
        const struct authorize_reply r = ask(au, str_cstr(test_arena(), q), NULL);
        struct form f;

        check_int(r.kind, AUTHORIZE_REDIRECT);
        check(str_starts(r.url, STR(WORLD_RETURN "?")));
        f = world_query(r.url);
        check_str(form_get(&f, "error"), cases[i].error);
        check_str(form_get(&f, "state"), "s1");
        check_str(form_get(&f, "iss"), "https://id.example.vn");
        check(!form_has(&f, "code"));
    }
}

TEST(wrong_response_types_and_scopes_are_named)
{
    static const struct {
        const char *type, *scope, *error;
    } cases[] = {
        { "token", "openid", "unsupported_response_type" },
        { "code%20id_token", "openid", "unsupported_response_type" },
        { "id_token", "openid", "unsupported_response_type" },
        { "", "openid", "invalid_request" },
        { "code", "profile", "invalid_scope" },
        { "code", "", "invalid_scope" },
    };
    struct auth *au = here();

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct str q =
            str_fmt(test_arena(),
                    "client_id=portal&redirect_uri=https%%3A%%2F%%2Fportal.example.vn%%2Fcallback&"
                    "response_type=%s&scope=%s",
                    cases[i].type, cases[i].scope);
        const struct authorize_reply r = ask(au, str_cstr(test_arena(), q), NULL);
        const struct form f = world_query(r.url);

        check_str(form_get(&f, "error"), cases[i].error);
    }
}

TEST(a_public_client_needs_a_challenge)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct client c = { .id = STR("app"),
                        .profile = CLIENT_OIDC,
                        .name_vi = STR("Ứng dụng"),
                        .redirect_uris = { STR("http://127.0.0.1/cb") },
                        .redirect_count = 1 };
    struct str none = STR("");
    struct authorize_reply r;
    struct form f;

    check_ok(client_add(au, &v, &c, &none, &e), e);
    r = ask(au,
            "client_id=app&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcb&response_type=code&"
            "scope=openid",
            NULL);
    f = world_query(r.url);
    check_str(form_get(&f, "error"), "invalid_request");
    r = ask(au,
            "client_id=app&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcb&response_type=code&"
            "scope=openid&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&"
            "code_challenge_method=S256",
            NULL);
    check_int(r.kind, AUTHORIZE_SIGN_IN);
}

TEST(a_login_hint_goes_on_to_the_sign_in_but_not_in_the_request)
{
    struct auth *au = here();
    const struct authorize_reply r = ask(au, GOOD "&login_hint=001087123456&ui_locales=vi", NULL);

    check_int(r.kind, AUTHORIZE_SIGN_IN);
    check_str(r.login.hint, "001087123456");
    check(!str_has(r.login.request, STR("001087123456")));
    check_str(r.ui_locales, "vi");
}

TEST(unknown_parameters_are_ignored_and_repeated_ones_never_arrive)
{
    struct auth *au = here();
    struct form f;

    check_int(ask(au, GOOD "&vnconnect=1&display=popup&claims_locales=vi&x=y", NULL).kind,
              AUTHORIZE_SIGN_IN);
    check_fails(form_read(test_arena(), STR(GOOD "&client_id=other"), &f, &e), e, ERR_MALFORMED);
}

TEST(long_state_and_nonce_arrive_whole)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct str state = repeat('s', 1500), nonce = repeat('n', 384);
    const struct str q =
        str_fmt(test_arena(), "%s&state=%.*s&nonce=%.*s", GOOD, STR_ARG(state), STR_ARG(nonce));
    struct authorize_reply r = ask(au, str_cstr(test_arena(), q), NULL);
    struct login_done done;
    struct form f;

    check_int(r.kind, AUTHORIZE_SIGN_IN);
    done = world_login(au);
    done.login.request = r.login.request;
    check_ok(oidc_authorize_continue(au, &v, &done, &r, &e), e);
    f = world_query(r.url);
    check_same(form_get(&f, "state"), state);
    check(form_get(&f, "code").n >= 43);
    r = ask(au,
            str_cstr(test_arena(),
                     str_fmt(test_arena(), "%s&state=%.*s", GOOD, STR_ARG(repeat('s', 2049)))),
            NULL);
    f = world_query(r.url);
    check_str(form_get(&f, "error"), "invalid_request");
    check(!form_has(&f, "state"));
}

TEST_STORE(a_signed_in_person_gets_a_code_at_once_and_form_post_posts_it)
{
    struct auth *au = here();
    struct login_done done = world_login(au);
    struct authorize_reply r = ask(au, GOOD "&state=s1", &done.session);
    struct form f = world_query(r.url);
    struct session_row *list;
    size_t count;

    check_int(r.kind, AUTHORIZE_REDIRECT);
    check_ok(session_list(au, test_arena(), done.account.id, &list, &count, &e), e);
    check(count == 1 && list[0].client_count == 1);
    check_str(list[0].clients[0].client_id, "portal");
    check(form_get(&f, "code").n >= 43);
    check_str(form_get(&f, "iss"), "https://id.example.vn");
    r = ask(au, GOOD "&state=s1&response_mode=form_post&prompt=none", &done.session);
    check_int(r.kind, AUTHORIZE_FORM_POST);
    check_str(r.url, WORLD_RETURN);
    check_int(r.field_count, 3);
    check_str(r.fields[0].name, "code");
    check_str(r.fields[2].name, "iss");
}

TEST(only_what_is_known_and_registered_is_granted)
{
    struct auth *au = here();
    struct login_done done = world_login(au);
    const struct authorize_reply r =
        ask(au,
            "client_id=portal&redirect_uri=https%3A%2F%2Fportal.example.vn%2Fcallback&"
            "response_type=code&scope=profile%20openid%20payments:write%20offline_access%20openid",
            &done.session);

    check_str(r.scope, "openid profile");
}

TEST(prompt_login_and_an_old_authentication_ask_again)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done = world_login(au);
    struct authorize_reply r = ask(au, GOOD "&prompt=login", &done.session);

    check_int(r.kind, AUTHORIZE_SIGN_IN);
    check(r.login.fresh);
    check_int(ask(au, GOOD "&max_age=10000", &done.session).kind, AUTHORIZE_REDIRECT);
    fixture_clock.fixed_ms += 5000;
    check_int(ask(au, GOOD "&max_age=1", &done.session).kind, AUTHORIZE_SIGN_IN);
    /* after signing in anew the same request goes through, with a later auth_time */
    const int64_t before_s = done.session.auth_time_s;
    done = world_login(au);
    check(done.session.auth_time_s > before_s);
    done.login.request = r.login.request;
    check_ok(oidc_authorize_continue(au, &v, &done, &r, &e), e);
    check_int(r.kind, AUTHORIZE_REDIRECT);
    check(str_has(r.url, STR("code=")));
}

TEST(an_enterprise_that_may_only_pay_enters_no_portal)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done;
    struct authorize_reply r;
    struct session found;
    struct form f;
    bool in;

    upstream()->userinfo =
        STR("{\"sub\":\"vneid-1\",\"TechID\":\"TECH-9\",\"LoaiTaiKhoan\":2,\"HoVaTen\":"
            "\"Nguyễn Văn Thử\",\"SoDinhDanh\":\"" WORLD_NUMBER "\",\"NgayThangNamSinh\":"
            "\"19870201\",\"MaSoDoanhNghiep\":\"9900000016\",\"TenDoanhNghiep\":\"Công ty Thử\"}");
    upstream()->business = STR(
        "{\"GetEntCert\":[{\"MaSoDoanhNghiep\":\"9900000016\",\"TenTiengViet\":\"Công ty Thử\","
        "\"TinhTrangPhapLy\":[{\"MaTinhTrangPhapLy\":\"07\"}],\"DaiDienPhapLuat\":[{"
        "\"ThongTinCaNhan\":[{\"HoVaTen\":\"A\",\"SoGiayChungThuc\":\"" WORLD_NUMBER "\"}]}]}]}");
    done = world_login(au);
    check(done.account.pay_only);
    check_ok(session_find(au, &v, done.session_token, &in, &found, &e), e);
    check(in && found.pay_only); /* signed in here, where bills are paid */
    for (int i = 0; i < 3; i++) {
        static const char *const more[] = { "&state=s1", "&state=s1&prompt=none",
                                            "&state=s1&prompt=consent" };

        r = ask(au, str_cstr(test_arena(), str_fmt(test_arena(), "%s%s", GOOD, more[i])), &found);
        check_int(r.kind, AUTHORIZE_REDIRECT);
        f = world_query(r.url);
        check_str(form_get(&f, "error"), "access_denied");
        check_str(form_get(&f, "state"), "s1");
        check(!form_has(&f, "code"));
    }
    done.login.request = ask(au, GOOD, NULL).login.request;
    check_ok(oidc_authorize_continue(au, &v, &done, &r, &e), e);
    check_int(r.error.code, ERR_BUSINESS_STATUS);
}

TEST(a_refused_sign_in_tells_the_client)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct authorize_reply r = ask(au, GOOD "&state=s%261", NULL);
    const struct login l = { .request = r.login.request };
    struct form f;

    check_ok(oidc_authorize_refuse(au, &v, &l, ERR_PERSON_MISMATCH, &r, &e), e);
    f = world_query(r.url);
    check_str(form_get(&f, "error"), "access_denied");
    check_str(form_get(&f, "state"), "s&1");
    check_str(form_get(&f, "iss"), "https://id.example.vn");
}

TEST(what_was_asked_goes_into_the_grant)
{
    struct auth *au = here();
    struct login_done done = world_login(au);
    const char *thumb = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const struct str q =
        str_fmt(test_arena(),
                "%s&nonce=n1&dpop_jkt=%s&claims=%%7B%%22userinfo%%22%%3A%%7B%%22email%%22%%3A"
                "%%7B%%22essential%%22%%3Atrue%%7D%%7D%%2C%%22other%%22%%3A1%%7D",
                GOOD, thumb);
    const struct authorize_reply r = ask(au, str_cstr(test_arena(), q), &done.session);
    const struct grant g = granted(au, &r);

    check_str(g.nonce, "n1");
    check_str(g.jkt, thumb);
    check_str(g.claims, "{\"userinfo\":{\"email\":{\"essential\":true}}}");
    check_same(g.sid, done.session.sid);
    check_int(g.level, 2);
    check_int(g.auth_time_s, done.session.auth_time_s);
}

TEST(another_person_than_the_claims_parameter_names_is_not_used)
{
    struct auth *au = here();
    struct login_done done = world_login(au);
    struct client c;
    struct str q;
    struct authorize_reply r;

    check_ok(client_load(au, test_arena(), STR("portal"), &c, &e), e);
    q = str_fmt(test_arena(),
                "%s&claims=%%7B%%22id_token%%22%%3A%%7B%%22sub%%22%%3A%%7B%%22value%%"
                "22%%3A%%22%.*s%%22%%7D%%7D%%7D",
                GOOD, STR_ARG(claims_sub(au, test_arena(), &c, done.account.id)));
    check_int(ask(au, str_cstr(test_arena(), q), &done.session).kind, AUTHORIZE_REDIRECT);
    r = ask(au, GOOD "&claims=%7B%22id_token%22%3A%7B%22sub%22%3A%7B%22value%22%3A%22x%22%7D%7D%7D",
            &done.session);
    check_int(r.kind, AUTHORIZE_SIGN_IN);
    r = ask(au,
            GOOD "&prompt=none&claims=%7B%22id_token%22%3A%7B%22sub%22%3A%7B%22value%22%3A%22x%22%"
                 "7D%7D%7D",
            &done.session);
    check_error(&r, "login_required");
}

TEST(a_signed_answer_holds_code_state_and_iss_for_this_client_alone)
{
    DEFER(json_close) struct json *claims = NULL;
    DEFER(key_set_close) struct key_set *keys = NULL;
    struct auth *au = here();
    struct login_done done = world_login(au);
    struct client c = registered(au);
    struct authorize_reply r;
    struct token_expect expect = { .issuer = STR("https://id.example.vn"),
                                   .audience = STR("portal"),
                                   .now_s = clock_now_s(&fixture_clock) };
    struct form f;
    struct str text;

    c.response_alg = KEY_ES256;
    register_again(au, &c);
    keys = keyring_public(au->keys);
    r = ask(au, GOOD "&state=s1&response_mode=jwt", &done.session);
    f = world_query(r.url);
    check_int(f.count, 1);
    check_ok(token_verify(test_arena(), keys, form_get(&f, "response"), &expect, &claims, &e), e);
    check_ok(json_need_str(claims, "code", 100, &text, &e), e);
    check(text.n >= 43);
    check_ok(json_need_str(claims, "state", 100, &text, &e), e);
    check_str(text, "s1");
    json_close(&claims);
    r = ask(au, GOOD "&state=s1&response_mode=form_post.jwt&prompt=none", NULL);
    check_int(r.kind, AUTHORIZE_FORM_POST);
    check_int(r.field_count, 1);
    check_str(r.fields[0].name, "response");
    check_ok(token_verify(test_arena(), keys, r.fields[0].value, &expect, &claims, &e), e);
    check_ok(json_need_str(claims, "error", 100, &text, &e), e);
    check_str(text, "login_required");
    json_close(&claims);
    expect.now_s += 601;
    check_fails(token_verify(test_arena(), keys, r.fields[0].value, &expect, &claims, &e), e,
                ERR_BAD_TOKEN);
}

TEST(a_client_that_pushes_is_refused_otherwise_and_its_reference_counts_alone)
{
    const struct str uri = STR(REQUEST_URI_PREFIX "abcdefghijklmnopqrstuvwxyz0123456789");
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct form good = world_form(GOOD "&state=pushed");
    struct login_done done = world_login(au);
    struct client c = registered(au);
    struct oidc_request rq;
    struct authorize_reply r, late;
    struct form f;

    c.par_only = true;
    register_again(au, &c);
    r = ask(au, GOOD "&state=s1", &done.session);
    check_error(&r, "invalid_request");
    check_ok(request_read(au, test_arena(), &c, &good, &rq, &e), e);
    check_ok(request_keep_pushed(au, test_arena(), uri, &rq, &e), e);
#define PUSHED                                                                                     \
    "client_id=portal&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Aabcdefghijklmnopqrs" \
    "tuvwxyz0123456789"
    late = ask(au, PUSHED, NULL); /* a page that is loaded, and one in another tab */
    check_int(late.kind, AUTHORIZE_SIGN_IN);
    check_int(ask(au, PUSHED "&state=outside&scope=x", NULL).kind, AUTHORIZE_SIGN_IN);
    r = ask(au, PUSHED "&state=outside&redirect_uri=https%3A%2F%2Fevil.example", &done.session);
    f = world_query(r.url);
    check_str(form_get(&f, "state"), "pushed");
    check(form_get(&f, "code").n >= 43);
    r = ask(au, PUSHED, &done.session);
    check_int(r.kind, AUTHORIZE_PAGE);
    check_int(r.error.code, ERR_BAD_REQUEST_URI);
    done.login.request = late.login.request;
    check_ok(oidc_authorize_continue(au, &v, &done, &r, &e), e);
    check_int(r.kind, AUTHORIZE_PAGE);
    check_int(r.error.code, ERR_BAD_REQUEST_URI);
    check_int(r.url.n, 0);
    r = ask(au, "request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax", NULL);
    check_int(r.kind, AUTHORIZE_PAGE);
}

TEST(a_refusal_uses_up_a_pushed_request)
{
    const struct str uri = STR(REQUEST_URI_PREFIX "abcdefghijklmnopqrstuvwxyz0123456789");
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct form good = world_form(GOOD "&state=pushed");
    struct login_done done = world_login(au);
    struct client c = registered(au);
    struct oidc_request rq;
    struct authorize_reply r;
    struct login l;

    check_ok(request_read(au, test_arena(), &c, &good, &rq, &e), e);
    check_ok(request_keep_pushed(au, test_arena(), uri, &rq, &e), e);
    l = (struct login){ .request = ask(au, PUSHED, NULL).login.request };
    check_ok(oidc_authorize_refuse(au, &v, &l, ERR_UPSTREAM_REFUSED, &r, &e), e);
    check_error(&r, "access_denied");
    check_int(ask(au, PUSHED, &done.session).kind, AUTHORIZE_PAGE);
}

TEST(a_client_that_changed_meanwhile_is_asked_no_more)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done = world_login(au);
    struct authorize_reply r = ask(au, GOOD, NULL);
    struct client c = registered(au);

    c.redirect_uris[0] = STR("https://portal.example.vn/elsewhere");
    register_again(au, &c);
    done.login.request = r.login.request;
    check_ok(oidc_authorize_continue(au, &v, &done, &r, &e), e);
    check_int(r.kind, AUTHORIZE_PAGE);
    check_int(r.url.n, 0);
}

TEST_STORE(a_session_that_was_ended_elsewhere_gives_no_code)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done = world_login(au);
    struct session_ending w = {
        .auth = au, .visit = &v, .sid = done.session.sid, .why = SESSION_STAFF
    };
    struct authorize_reply r;
    struct form f;

    check_ok(session_rows_end(&w, &e), e); /* the copy has not heard of it */
    r = ask(au, GOOD "&prompt=none&state=s", &done.session);
    check_int(r.kind, AUTHORIZE_REDIRECT);
    f = world_query(r.url);
    check_str(form_get(&f, "error"), "login_required");
    r = ask(au, GOOD, &done.session);
    check_int(r.kind, AUTHORIZE_SIGN_IN);
}
