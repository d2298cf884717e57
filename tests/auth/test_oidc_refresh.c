/* Refresh tokens and bound codes. */
#include "auth/access.h"
#include "auth/claims.h"
#include "auth/client_metadata.h"
#include "auth/consent.h"
#include "auth/oidc_introspect.h"
#include "auth/oidc_token.h"
#include "auth/oidc_userinfo.h"
#include "base/json.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "tests/auth/prover.h"
#include "tests/auth/redeeming.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

TEST_KV(a_refresh_token_stays_the_same_and_works_until_its_session_ends)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("") };
    struct str json, first, access, refresh;

    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
    refresh = member(json, "refresh_token");
    first = member(json, "access_token");
    check(refresh.n >= 43);
    check(str_has(said_in(member(json, "id_token")), STR("\"nonce\":\"n-1\"")));
    for (int i = 0; i < 3; i++) {
        check_ok(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e);
        check_same(member(json, "refresh_token"), refresh);
        access = member(json, "access_token");
        check(!str_eq(access, first) && opens(au, access));
        check(!str_has(said_in(member(json, "id_token")), STR("nonce")));
    }
    check_ok(session_end(au, &v, &done.session, &e), e);
    check_fails(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e, ERR_BAD_GRANT);
    check(!opens(au, access) && !opens(au, first));
}

/* Ends it in one of the ways that there are. */
static void end_somehow(struct auth *au, const struct login_done *done, int way)
{
    const struct visit v = world_visit();
    int64_t count;
    bool did;

    if (way == 0)
        check_ok(session_end(au, &v, &done->session, &e), e);
    if (way == 1)
        check_ok(
            session_end_by(au, &v, done->session.sid, STR(""), SESSION_STAFF, STR("staff:a"), &e),
            e);
    if (way == 2)
        check_ok(
            session_end_all(au, &v, done->account.id, STR(""), SESSION_REMOTE, STR(""), &count, &e),
            e);
    if (way < 3)
        return;
    fixture_clock.fixed_ms += au->conf->auth.session_idle_s * 1000 + 1;
    for (did = true; did;)
        check_ok(session_sweep(au, &did, &e), e);
}

TEST_KV(a_session_takes_its_refresh_tokens_out_of_the_store_however_it_ends)
{
    struct auth *au = here();
    const struct wish w = { "plain", STR(""), STR("") }, open = { "browser", STR(""), STR("") };

    add_public(au);
    for (int way = 0; way < 4; way++) {
        const struct login_done done = world_login(au);
        struct str code = code_of(au, &done, &w), json, first, second, third;

        check_ok(post(au, "plain", redeem_form(code), NULL, &json), e);
        first = member(json, "refresh_token");
        check_ok(post_public(au, redeem_form(code_of(au, &done, &open)), NULL, &json), e);
        second = member(json, "refresh_token");
        check_ok(post_public(au, refresh_form(second, ""), NULL, &json), e);
        third = member(json, "refresh_token");
        check(keeps(au, "refresh", first) && keeps(au, "refresh", third) &&
              keeps(au, "rotated", second) && keeps(au, "used", code));
        end_somehow(au, &done, way);
        check(!keeps(au, "refresh", first) && !keeps(au, "refresh", second) &&
              !keeps(au, "refresh", third) && !keeps(au, "rotated", second) &&
              !keeps(au, "used", code) && !holds(au, done.session.sid));
    }
}

TEST(a_code_shown_again_hours_later_still_takes_everything_back)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("") };
    const struct str code = code_of(au, &done, &w);
    const int64_t step_ms = au->conf->auth.session_idle_s * 1000 - 1000;
    const int64_t most_ms = au->conf->auth.session_max_s * 1000;
    struct str json, refresh;

    check(most_ms > 3 * step_ms &&
          3 * step_ms > (au->conf->auth.code_ttl_s + au->conf->auth.access_ttl_s) * 1000);
    check_ok(post(au, "plain", redeem_form(code), NULL, &json), e);
    refresh = member(json, "refresh_token");
    for (int i = 0; i < 3; i++) {
        fixture_clock.fixed_ms += step_ms;
        check_ok(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e);
    }
    check(opens(au, member(json, "access_token")));
    check_fails(post(au, "plain", redeem_form(code), NULL, &json), e, ERR_BAD_GRANT);
    check_str(str_c(e.detail), "code: used before");
    check_fails(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e, ERR_BAD_GRANT);
}

TEST(refreshing_counts_as_use_and_ends_at_the_limits)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("") };
    const int64_t idle_ms = au->conf->auth.session_idle_s * 1000;
    const int64_t end_ms = FIXTURE_NOW_MS + au->conf->auth.session_max_s * 1000;
    struct str json, refresh;

    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
    refresh = member(json, "refresh_token");
    while (fixture_clock.fixed_ms + idle_ms - 1000 < end_ms) {
        fixture_clock.fixed_ms += idle_ms - 1000;
        check_ok(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e);
    }
    fixture_clock.fixed_ms = end_ms; /* however busy */
    check_fails(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e, ERR_BAD_GRANT);
}

TEST(another_key_does_not_keep_the_session_alive)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "bound", STR(""), STR("") };
    const int64_t idle_ms = au->conf->auth.session_idle_s * 1000;
    struct prover p = prover_new(au, "POST", HTU);
    const struct with with = { .prover = &p };
    struct str json, refresh;

    check_ok(post(au, "bound", redeem_form(code_of(au, &done, &w)), &with, &json), e);
    refresh = member(json, "refresh_token");
    fixture_clock.fixed_ms += idle_ms - 1000;
    p.iat_s = clock_now_s(au->clock);
    p.key = 1;
    check_fails(post(au, "bound", refresh_form(refresh, ""), &with, &json), e, ERR_BAD_GRANT);
    fixture_clock.fixed_ms += 1000;
    p.iat_s = clock_now_s(au->clock);
    p.key = 0;
    check_fails(post(au, "bound", refresh_form(refresh, ""), &with, &json), e, ERR_BAD_GRANT);
}

TEST(a_session_that_nobody_uses_ends_its_refresh_tokens)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("") };
    struct str json, refresh;

    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
    refresh = member(json, "refresh_token");
    fixture_clock.fixed_ms += au->conf->auth.session_idle_s * 1000;
    check_fails(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e, ERR_BAD_GRANT);
}

TEST(a_refresh_token_is_its_clients_alone)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("") };
    struct str json, refresh;

    add(au, "thief", false, false);
    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
    refresh = member(json, "refresh_token");
    check_fails(post(au, "thief", refresh_form(refresh, ""), NULL, &json), e, ERR_BAD_GRANT);
    check_fails(post(au, "plain", refresh_form(STR("unknown"), ""), NULL, &json), e, ERR_BAD_GRANT);
    check_fails(post(au, "plain", STR("grant_type=refresh_token"), NULL, &json), e, ERR_INVALID);
    check_ok(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e); /* no harm done */
    /* nor is it an access token, nor a code */
    check(!opens(au, refresh));
    check_fails(post(au, "plain", redeem_form(refresh), NULL, &json), e, ERR_BAD_GRANT);
}

TEST(a_refresh_token_from_before_its_client_was_disabled_stays_dead)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("") };
    struct str json, refresh;

    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
    refresh = member(json, "refresh_token");
    check_ok(client_disable(au, &v, STR("plain"), true, &e), e);
    check_fails(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e, ERR_BAD_CLIENT);
    check_ok(client_disable(au, &v, STR("plain"), false, &e), e);
    check_fails(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e, ERR_BAD_GRANT);
}

TEST(a_refresh_may_ask_for_less_and_never_for_more)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("") };
    struct str json, refresh;

    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
    refresh = member(json, "refresh_token");
    check_ok(post(au, "plain", refresh_form(refresh, "&scope=profile"), NULL, &json), e);
    check_str(member(json, "scope"), "profile");
    check_int(member(json, "id_token").n, 0);
    check_fails(post(au, "plain", refresh_form(refresh, "&scope=openid+vn_id"), NULL, &json), e,
                ERR_BAD_SCOPE);
    check_ok(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e); /* all of it again */
    check_str(member(json, "scope"), "openid profile email");
}

TEST(a_client_that_may_ask_for_less_now_gets_less)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("") };
    struct str json, refresh, access;
    struct client c;
    struct access acc;
    bool is_signed;

    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
    refresh = member(json, "refresh_token");
    access = member(json, "access_token");
    check_ok(client_load(au, test_arena(), STR("plain"), &c, &e), e);
    c.scopes = STR("openid profile");
    check_ok(client_change(au, &v, &c, &e), e);
    check_ok(access_read(au, test_arena(), access, &acc, &e), e);
    check_ok(oidc_userinfo(au, &v, &acc, &json, &is_signed, &e), e);
    check(str_has(json, STR("\"name\"")) && !str_has(json, STR("email")));
    check_ok(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e);
    check_str(member(json, "scope"), "openid profile");
    check_fails(post(au, "plain", refresh_form(refresh, "&scope=email"), NULL, &json), e,
                ERR_BAD_SCOPE);
    c.scopes = STR("vn_id");
    check_ok(client_change(au, &v, &c, &e), e);
    check_fails(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e, ERR_BAD_GRANT);
}

TEST_STORE(a_client_of_bound_tokens_gets_no_others)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "bound", STR(""), STR("") };
    const struct str code = code_of(au, &done, &w);
    struct prover p = prover_new(au, "POST", HTU);
    struct with with = { .prover = &p };
    struct str json, refresh;

    check_fails(post(au, "bound", redeem_form(code), NULL, &json), e, ERR_BAD_PROOF);
    check_ok(post(au, "bound", redeem_form(code), &with, &json), e); /* the code was not lost */
    check_str(member(json, "token_type"), "DPoP");
    check(str_has(said_in(member(json, "access_token")), prover_jkt(0)));
    refresh = member(json, "refresh_token");
    check_fails(post(au, "bound", refresh_form(refresh, ""), NULL, &json), e, ERR_BAD_PROOF);
    p.key = 1;
    check_fails(post(au, "bound", refresh_form(refresh, ""), &with, &json), e, ERR_BAD_GRANT);
    p.key = 0;
    check_ok(post(au, "bound", refresh_form(refresh, ""), &with, &json), e);
    check_str(member(json, "token_type"), "DPoP");
}

TEST(a_public_clients_refresh_token_is_of_its_key_for_good)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "browser", STR(""), STR("") };
    struct prover p = prover_new(au, "POST", HTU);
    struct str json, refresh;

    add_public(au);
    check_ok(post_public(au, redeem_form(code_of(au, &done, &w)), &p, &json), e);
    refresh = member(json, "refresh_token");
    check(refresh.n >= 43);
    check_fails(post_public(au, refresh_form(refresh, ""), NULL, &json), e, ERR_BAD_GRANT);
    p.key = 1;
    check_fails(post_public(au, refresh_form(refresh, ""), &p, &json), e, ERR_BAD_GRANT);
    p.key = 0;
    check_ok(post_public(au, refresh_form(refresh, ""), &p, &json), e);
    check_same(member(json, "refresh_token"), refresh);
}

TEST_KV(an_unbound_refresh_token_is_used_once_and_a_late_second_use_takes_all_back)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "browser", STR(""), STR("") };
    struct str json, first, second, third;
    const struct str code = (add_public(au), code_of(au, &done, &w));
    struct grant g;
    bool found, revoked;

    check_ok(post_public(au, redeem_form(code), NULL, &json), e);
    check_str(member(json, "token_type"), "Bearer");
    first = member(json, "refresh_token");
    check_ok(grant_find(au, test_arena(), "refresh", first, &found, &g, &e), e);
    check_ok(post_public(au, refresh_form(first, ""), NULL, &json), e);
    second = member(json, "refresh_token");
    check(second.n >= 43 && !str_eq(first, second));
    check_ok(post_public(au, refresh_form(first, ""), NULL, &json), e); /* a lost answer */
    third = member(json, "refresh_token");
    check_ok(post_public(au, refresh_form(third, ""), NULL, &json), e);
    check_ok(kv_drop(au->kv, auth_key(test_arena(), "refresh", first), &e), e); /* later */
    check_ok(grant_is_revoked(au, test_arena(), g.id, &revoked, &e), e);
    check(!revoked);
    check_fails(post_public(au, refresh_form(first, ""), NULL, &json), e, ERR_BAD_GRANT);
    check_ok(grant_is_revoked(au, test_arena(), g.id, &revoked, &e), e);
    check(revoked);
    check_fails(post_public(au, refresh_form(second, ""), NULL, &json), e, ERR_BAD_GRANT);
}

TEST(a_code_that_was_asked_for_with_a_key_is_that_keys)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", prover_jkt(0), STR("") };
    struct prover p = prover_new(au, "POST", HTU);
    struct with with = { .prover = &p };
    struct str json;

    check_fails(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e,
                ERR_BAD_GRANT);
    p.key = 1;
    check_fails(post(au, "plain", redeem_form(code_of(au, &done, &w)), &with, &json), e,
                ERR_BAD_GRANT);
    p.key = 0;
    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), &with, &json), e);
}

TEST(a_client_of_certificates_gets_tokens_of_its_certificate)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "sealed", STR(""), STR("") };
    const struct with mine = { .certificate = STR("mine") }, his = { .certificate = STR("his") };
    const struct str code = code_of(au, &done, &w);
    struct str json, refresh;

    check_fails(post(au, "sealed", redeem_form(code), NULL, &json), e, ERR_INVALID);
    check_ok(post(au, "sealed", redeem_form(code), &mine, &json), e);
    check_str(member(json, "token_type"), "Bearer");
    check(str_has(said_in(member(json, "access_token")), access_x5t(test_arena(), STR("mine"))));
    refresh = member(json, "refresh_token");
    check_fails(post(au, "sealed", refresh_form(refresh, ""), &his, &json), e, ERR_BAD_GRANT);
    check_ok(post(au, "sealed", refresh_form(refresh, ""), &mine, &json), e);
}

TEST(a_token_is_for_the_audience_that_was_named)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("https://api.example.vn") };
    const struct visit v = world_visit();
    struct api_call call = { 0 };
    struct access acc;
    struct str json, refresh;

    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
    check(str_has(said_in(member(json, "access_token")),
                  STR("\"aud\":[\"https://api.example.vn\",\"https://id.example.vn\"]")));
    refresh = member(json, "refresh_token");
    check_fails(post(au, "plain", refresh_form(refresh, "&resource=https%3A%2F%2Fother.example.vn"),
                     NULL, &json),
                e, ERR_BAD_TARGET);
    check_ok(post(au, "plain", refresh_form(refresh, "&resource=https%3A%2F%2Fapi.example.vn"),
                  NULL, &json),
             e);
    check(
        str_has(said_in(member(json, "access_token")), STR("\"aud\":\"https://api.example.vn\"")));
    /* and opens nothing here */
    call.authorization = str_cat(test_arena(), STR("Bearer "), member(json, "access_token"));
    check_fails(access_check(au, &v, &call, &acc, &e), e, ERR_BAD_TOKEN);
}

static void resources_become(struct auth *au, const char *resources)
{
    const struct visit v = world_visit();
    struct client c;

    check_ok(client_load(au, test_arena(), STR("plain"), &c, &e), e);
    c.resources = str_c(resources);
    check_ok(client_change(au, &v, &c, &e), e);
}

TEST(what_a_registration_lost_is_no_audience_of_a_refreshed_token)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""),
                            STR("https://api.example.vn https://other.example.vn") };
    struct str json, refresh;

    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
    refresh = member(json, "refresh_token");
    resources_become(au, "https://api.example.vn");
    check_ok(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e);
    check(str_has(said_in(member(json, "access_token")),
                  STR("\"aud\":[\"https://api.example.vn\",\"https://id.example.vn\"]")));
    check_fails(post(au, "plain", refresh_form(refresh, "&resource=https%3A%2F%2Fother.example.vn"),
                     NULL, &json),
                e, ERR_BAD_TARGET);
    resources_become(au, "https://third.example.vn");
    check_fails(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e, ERR_BAD_GRANT);
    resources_become(au, "https://other.example.vn");
    check_ok(post(au, "plain", refresh_form(refresh, "&resource=https%3A%2F%2Fother.example.vn"),
                  NULL, &json),
             e);
}

TEST_KV(a_code_used_twice_takes_the_refresh_token_back_too)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("") };
    const struct str code = code_of(au, &done, &w);
    struct str json, again, refreshed;

    check_ok(post(au, "plain", redeem_form(code), NULL, &json), e);
    check_ok(post(au, "plain", refresh_form(member(json, "refresh_token"), ""), NULL, &refreshed),
             e);
    add(au, "thief", false, false);
    check_fails(post(au, "thief", redeem_form(code), NULL, &again), e, ERR_BAD_GRANT);
    check(!opens(au, member(json, "access_token")));
    check(!opens(au, member(refreshed, "access_token")));
    check_fails(post(au, "plain", refresh_form(member(json, "refresh_token"), ""), NULL, &again), e,
                ERR_BAD_GRANT);
}

static struct str introspected(struct auth *au, struct str token)
{
    const struct visit v = world_visit();
    const struct form f = world_form(
        str_cstr(test_arena(),
                 str_fmt(test_arena(), "client_id=plain&client_secret=" WORLD_SECRET "&token=%.*s",
                         STR_ARG(token))));
    const struct api_call call = { .body = &f };
    struct str json;

    check_ok(oidc_introspect(au, &v, &call, &json, &e), e);
    return json;
}

TEST(introspection_calls_no_refresh_token_alive_that_could_not_be_used)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("") };
    const struct consent c = { .client_id = STR("plain"), .scopes = STR("openid profile email") };
    struct str json, first, second;
    struct client asking;

    check_ok(client_load(au, test_arena(), STR("plain"), &asking, &e), e);
    asking.asks_consent = true;
    check_ok(client_change(au, &v, &asking, &e), e);
    check_ok(consent_give(au, &v, done.account.id, &c, &e), e);
    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
    first = member(json, "refresh_token");
    check(str_starts(introspected(au, first), STR("{\"active\":true")));
    check_ok(consent_withdraw(au, &v, done.account.id, STR("plain"), &e), e);
    check_str(introspected(au, first), "{\"active\":false}");
    fixture_clock.fixed_ms += 1000;
    check_ok(consent_give(au, &v, done.account.id, &c, &e), e);
    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
    second = member(json, "refresh_token");
    check(str_starts(introspected(au, second), STR("{\"active\":true")));
    check_ok(client_disable(au, &v, STR("plain"), true, &e), e);
    check_ok(client_disable(au, &v, STR("plain"), false, &e), e);
    check_str(introspected(au, second), "{\"active\":false}");
}

TEST(a_refresh_token_of_an_organisation_is_introspected_as_such)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    struct client c;
    const struct grant g = { .id = STR("gr_1"),
                             .client_id = STR("plain"),
                             .scope = STR("openid"),
                             .account = done.account.id,
                             .sid = done.session.sid,
                             .acr = 2,
                             .made_s = clock_now_s(&fixture_clock),
                             .acting = STR("org_1") };

    check_ok(client_load(au, test_arena(), STR("plain"), &c, &e), e);
    check_ok(grant_keep(au, test_arena(), "refresh", STR("of-a-firm"), &g, 60, &e), e);
    check_same(member(introspected(au, STR("of-a-firm")), "sub"),
               claims_sub(au, test_arena(), &c, STR("org_1")));
}

TEST(a_refresh_token_that_is_given_back_ends_its_grant)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("") };
    struct str json, refresh, ask;
    struct form f;
    const struct api_call call = { .body = &f };

    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
    refresh = member(json, "refresh_token");
    ask = str_fmt(test_arena(), "client_id=plain&client_secret=" WORLD_SECRET "&token=%.*s",
                  STR_ARG(refresh));
    f = world_form(str_cstr(test_arena(), ask));
    check_ok(oidc_introspect(au, &v, &call, &ask, &e), e);
    check(str_starts(ask, STR("{\"active\":true,\"token_type\":\"refresh_token\"")));
    check_ok(oidc_revoke(au, &v, &call, &e), e);
    check_ok(oidc_introspect(au, &v, &call, &ask, &e), e);
    check_str(ask, "{\"active\":false}");
    check(!opens(au, member(json, "access_token")));
    check(!keeps(au, "refresh", refresh));
    check_fails(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e, ERR_BAD_GRANT);
}
