#include "auth/oidc_logout.h"

#include "auth/oidc_token.h"
#include "base/clock.h"
#include "base/json.h"
#include "conf/conf.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

#define GOODBYE "post_logout_redirect_uri=https%3A%2F%2Fportal.example.vn%2Fbye"

static struct err e;

static struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);

    (void)world_client(au);
    return au;
}

static const char *id_token(struct auth *au, const struct login_done *done)
{
    const struct visit v = world_visit();
    const struct grant g = { .client_id = STR("portal"),
                             .redirect_uri = STR(WORLD_RETURN),
                             .scope = STR("openid"),
                             .account = done->account.id,
                             .sid = done->session.sid,
                             .kind = 1,
                             .level = 2,
                             .acr = 2 };
    DEFER(json_close) struct json *o = NULL;
    struct str code, json, token;
    struct form f;
    const struct api_call call = { .body = &f };

    check_ok(oidc_code_make(au, &v, &g, &code, &e), e);
    f = world_form(str_cstr(test_arena(),
                            str_fmt(test_arena(),
                                    "client_id=portal&client_secret=" WORLD_SECRET
                                    "&grant_type=authorization_code&code=%.*s&"
                                    "redirect_uri=https%%3A%%2F%%2Fportal.example.vn%%2Fcallback",
                                    STR_ARG(code))));
    check_ok(oidc_token(au, &v, &call, &json, &e), e);
    check_ok(json_read(json, &o, &e), e);
    check_ok(json_need_str(o, "id_token", 8192, &token, &e), e);
    return str_cstr(test_arena(), str_dup(test_arena(), token));
}

static struct logout_reply leave(struct auth *au, const char *query, const struct session *s,
                                 bool confirmed)
{
    const struct visit v = world_visit();
    const struct form f = world_form(query);
    struct logout_reply r;

    check_ok(oidc_logout(au, &v, &f, s, confirmed, &r, &e), e);
    return r;
}

static bool alive(struct auth *au, struct str token)
{
    const struct visit v = world_visit();
    struct session s;
    bool found;

    check_ok(session_find(au, &v, token, &found, &s, &e), e);
    return found;
}

TEST(a_good_hint_signs_out_at_once_and_goes_back_with_state)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct str q =
        str_fmt(test_arena(), "id_token_hint=%s&state=a%%20b&%s", id_token(au, &done), GOODBYE);
    const struct logout_reply r = leave(au, str_cstr(test_arena(), q), &done.session, false);

    check_int(r.kind, LOGOUT_REDIRECT);
    check_str(r.url, WORLD_GOODBYE "?state=a%20b");
    check(!alive(au, done.session_token));
}

TEST(without_a_hint_the_person_is_asked_first)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    struct logout_reply r = leave(au, "client_id=portal&state=s&" GOODBYE, &done.session, false);

    check_int(r.kind, LOGOUT_CONFIRM);
    check(alive(au, done.session_token));
    r = leave(au, str_cstr(test_arena(), r.request), &done.session, true);
    check_int(r.kind, LOGOUT_REDIRECT);
    check_str(r.url, WORLD_GOODBYE "?state=s");
    check(!alive(au, done.session_token));
    check_int(leave(au, "x=y", NULL, false).kind, LOGOUT_DONE);
}

TEST(a_hint_of_another_session_asks_too)
{
    struct auth *au = here();
    const struct login_done one = world_login(au), two = world_login(au);
    const struct str q = str_fmt(test_arena(), "id_token_hint=%s", id_token(au, &one));

    check_int(leave(au, str_cstr(test_arena(), q), &two.session, false).kind, LOGOUT_CONFIRM);
    check(alive(au, two.session_token));
}

TEST(a_forged_hint_sends_nobody_anywhere)
{
    static const char *const forged[] = {
        "eyJhbGciOiJub25lIn0.eyJhdWQiOiJwb3J0YWwiLCJzdWIiOiJ4Iiwic2lkIjoieCJ9.", "x", "a.b.c"
    };
    struct auth *au = here();
    const struct login_done done = world_login(au);

    for (size_t i = 0; i < LEN(forged); i++) {
        const struct str q =
            str_fmt(test_arena(), "id_token_hint=%s&client_id=portal&%s", forged[i], GOODBYE);
        const char *query = str_cstr(test_arena(), q);

        check_int(leave(au, query, &done.session, false).kind, LOGOUT_CONFIRM);
        check_int(leave(au, query, NULL, true).kind, LOGOUT_DONE);
    }
    check(alive(au, done.session_token));
}

TEST(an_address_that_is_not_registered_is_an_error_page)
{
    static const char *const bad[] = {
        "client_id=portal&post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F",
        ("client_id=portal&" GOODBYE "%3Fx%3D1"),
        ("client_id=portal&" GOODBYE "%2F"),
        GOODBYE,
        ("client_id=nobody&" GOODBYE),
    };
    struct auth *au = here();
    const struct login_done done = world_login(au);

    for (size_t i = 0; i < LEN(bad); i++) {
        const struct logout_reply r = leave(au, bad[i], &done.session, true);

        check_int(r.kind, LOGOUT_PAGE);
        check_int(r.url.n, 0);
    }
    check(alive(au, done.session_token));
}

/* A portal's own POST is another site's: browsers send no cookie with it. */
TEST_STORE(a_good_hint_signs_out_without_the_cookie_too)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct str q = str_fmt(test_arena(), "id_token_hint=%s&client_id=portal&logout_hint=x&%s",
                                 id_token(au, &done), GOODBYE);
    struct logout_reply r = leave(au, str_cstr(test_arena(), q), NULL, false);

    check_int(r.kind, LOGOUT_REDIRECT);
    check_same(r.sid, done.session.sid);
    check(!alive(au, done.session_token));
    r = leave(au, str_cstr(test_arena(), q), NULL, false);
    check_int(r.kind, LOGOUT_REDIRECT); /* once more: it is out already */
    check_int(r.sid.n, 0);
}

TEST(an_expired_hint_is_one_and_one_for_another_client_is_refused)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const char *hint = id_token(au, &done);
    struct logout_reply r;

    r = leave(
        au, str_cstr(test_arena(), str_fmt(test_arena(), "client_id=other&id_token_hint=%s", hint)),
        &done.session, false);
    check_int(r.kind, LOGOUT_PAGE);
    check(alive(au, done.session_token));
    fixture_clock.fixed_ms += (au->conf->auth.id_token_ttl_s + 60) * 1000;
    r = leave(au, str_cstr(test_arena(), str_fmt(test_arena(), "id_token_hint=%s", hint)),
              &done.session, false);
    check_int(r.kind, LOGOUT_DONE);
    check(!alive(au, done.session_token));
}

TEST_KV(what_is_shown_after_signing_out_needs_its_ticket)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct logout_ticket t = { .sid = STR("sid-1"),
                                     .client_id = STR("portal"),
                                     .back = STR(WORLD_GOODBYE) };
    struct logout_ticket read;
    struct str ticket;

    check_ok(logout_ticket_make(au, &v, &t, &ticket, &e), e);
    check_ok(logout_ticket_read(au, &v, ticket, &read, &e), e);
    check_str(read.sid, "sid-1");
    check_str(read.back, WORLD_GOODBYE);
    check_fails(logout_ticket_read(au, &v, STR("sid-1"), &read, &e), e, ERR_NOT_FOUND);
    check_fails(logout_ticket_read(au, &v, STR(""), &read, &e), e, ERR_NOT_FOUND);
    check_fails(logout_ticket_read(au, &v, str_from(ticket, 1), &read, &e), e, ERR_NOT_FOUND);
}

TEST(the_way_to_end_vneid_too_carries_the_ticket_and_nothing_else)
{
    struct auth *au = here();
    struct str url;
    struct form f;

    upstream()->discovery_down = true;
    check_int(logout_upstream_url(au, test_arena(), STR("t")).n, 0);
    upstream()->discovery_down = false; /* nobody has signed in here since the start */
    url = logout_upstream_url(au, test_arena(), STR("t"));
    check(str_starts(url, world_conf()->vneid.issuer));
    f = world_query(url);
    check_int(f.count, 3);
    check_str(form_get(&f, "post_logout_redirect_uri"), "https://id.example.vn/signed-out");
    check_str(form_get(&f, "state"), "t");
    check_str(form_get(&f, "client_id"), "motcua");
}
