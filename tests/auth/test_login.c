#include "auth/login.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "store/kv.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;

static struct auth *here(void)
{
    return world(fixture_pool(), fixture_kv(), &fixture_clock);
}

/* Starts, sends and comes back; the outcome is in e and done. */
static bool come_back(struct auth *au, struct login_done *done)
{
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/pay/1") };
    struct str browser;
    const struct login l = world_sent(au, &ask, &browser);
    const struct form query = world_callback(&l);

    e = (struct err){ 0 };
    return !login_return(au, &v, &query, browser, STR(""), done, &e).failed;
}

TEST(the_table_lists_every_pair_once_and_all_others_are_refused)
{
    /* rows: state, columns: event; -1: refused */
    static const int want[LOGIN_STATE_COUNT][LOGIN_EVENT_COUNT] = {
        { LOGIN_SENT_TO_VNEID, LOGIN_REFUSED, -1, -1, -1, -1, -1, -1 },
        { LOGIN_SENT_TO_VNEID, LOGIN_REFUSED, LOGIN_RETURNED, LOGIN_REFUSED, -1, -1, -1, -1 },
        { LOGIN_SENT_TO_VNEID, -1, -1, LOGIN_REFUSED, LOGIN_IDENTIFIED, -1, -1, LOGIN_FAILED },
        { LOGIN_SENT_TO_VNEID, -1, -1, LOGIN_REFUSED, -1, LOGIN_CHECKED, -1, LOGIN_FAILED },
        { LOGIN_SENT_TO_VNEID, -1, -1, LOGIN_REFUSED, -1, -1, LOGIN_DONE, LOGIN_FAILED },
        { -1, -1, -1, -1, -1, -1, -1, -1 },
        { -1, LOGIN_REFUSED, -1, -1, -1, -1, -1, -1 },
        { LOGIN_SENT_TO_VNEID, LOGIN_REFUSED, -1, -1, -1, -1, -1, -1 },
    };
    enum login_state next;
    enum login_action action;

    for (int s = 0; s < LOGIN_STATE_COUNT; s++) {
        for (int ev = 0; ev < LOGIN_EVENT_COUNT; ev++) {
            const bool listed =
                login_next((enum login_state)s, (enum login_event)ev, &next, &action);

            check_int(listed ? (int)next : -1, want[s][ev]);
        }
    }
}

TEST(step_refuses_every_pair_that_is_not_listed_and_stores_the_others)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/") };
    struct login l, again;
    struct str browser;
    enum login_action action;

    check_ok(login_start(au, &v, &ask, &l, &browser, &e), e);
    for (int ev = LOGIN_EV_RETURNED; ev < LOGIN_EVENT_COUNT; ev++)
        check_fails(login_step(au, &v, &l, (enum login_event)ev, &action, &e), e, ERR_WRONG_STATE);
    check_ok(login_step(au, &v, &l, LOGIN_EV_SENT, &action, &e), e);
    check_int(action, LOGIN_DO_SEND);
    check_ok(login_find(au, &v, l.id, browser, &again, &e), e);
    check_int(again.state, LOGIN_SENT_TO_VNEID);
}

TEST_KV(two_steps_from_one_state_and_only_one_goes_on)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/") };
    struct str browser;
    struct login l = world_sent(au, &ask, &browser), twin = l;
    enum login_action action;

    check_ok(login_step(au, &v, &l, LOGIN_EV_RETURNED, &action, &e), e);
    check_fails(login_step(au, &v, &twin, LOGIN_EV_RETURNED, &action, &e), e, ERR_WRONG_STATE);
}

TEST(a_sign_in_of_another_browser_is_refused)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/") };
    struct login_done done;
    struct login found;
    struct str browser;
    const struct login l = world_sent(au, &ask, &browser);
    const struct form query = world_callback(&l);

    check_fails(login_find(au, &v, l.id, STR("somebody else"), &found, &e), e, ERR_BAD_CSRF);
    check_fails(login_find(au, &v, l.id, STR(""), &found, &e), e, ERR_BAD_CSRF);
    check_fails(login_return(au, &v, &query, STR(""), STR(""), &done, &e), e, ERR_BAD_CSRF);
    check_int(upstream()->token_calls, 0);
    check_ok(login_return(au, &v, &query, browser, STR(""), &done, &e), e);
}

TEST(a_sign_in_that_an_older_version_kept_begins_anew)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/") };
    struct str browser;
    struct login l = world_sent(au, &ask, &browser), again;

    check_ok(kv_put(au->kv, auth_key(v.arena, "login", l.id), STR("{\"state\":1}"), 60, &e), e);
    check_fails(login_find(au, &v, l.id, browser, &again, &e), e, ERR_NOT_FOUND);
}

TEST(a_return_path_outside_is_refused)
{
    static const char *const bad[] = { "//evil.example",
                                       "https://evil.example",
                                       "/\\evil.example",
                                       "evil",
                                       "/a b",
                                       "/a\r\nX: y",
                                       "/\t" };
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login l;
    struct str browser;

    for (size_t i = 0; i < LEN(bad); i++) {
        const struct login_ask ask = { .return_path = str_c(bad[i]) };

        check_fails(login_start(au, &v, &ask, &l, &browser, &e), e, ERR_INVALID);
    }
}

TEST_STORE(a_whole_sign_in_makes_account_and_session)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done;
    struct session s;
    bool found;

    check(come_back(au, &done));
    check_int(done.login.state, LOGIN_DONE);
    check_str(done.login.return_path, "/pay/1");
    check_int(done.account.level, 2);
    check(done.account.checked && !done.account.degraded);
    check_str(done.account.profile.name, "Nguyễn Văn Thử");
    check_ok(session_find(au, &v, done.session_token, &found, &s, &e), e);
    check(found);
    check_same(s.account, done.account.id);
    check_same(s.id_index, done.account.id_index);
    check_int(s.auth_time_s, FIXTURE_NOW_MS / 1000);
}

TEST(a_second_callback_is_refused_and_redeems_nothing)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/") };
    struct login_done done;
    struct str browser;
    const struct login l = world_sent(au, &ask, &browser);
    const struct form query = world_callback(&l);

    check_ok(login_return(au, &v, &query, browser, STR(""), &done, &e), e);
    check_fails(login_return(au, &v, &query, browser, STR(""), &done, &e), e, ERR_WRONG_STATE);
    check_int(upstream()->token_calls, 1);
}

TEST(a_hint_reaches_the_upstream_and_is_not_kept_in_the_clear)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/"), .hint = STR(WORLD_NUMBER) };
    struct str browser, url;
    struct login l, found;
    struct form query;

    check_ok(login_start(au, &v, &ask, &l, &browser, &e), e);
    check(!str_has(l.raw, STR(WORLD_NUMBER)));
    check_ok(login_find(au, &v, l.id, browser, &found, &e), e);
    check_ok(login_send(au, &v, &found, &url, &e), e);
    query = world_query(url);
    check_str(form_get(&query, "login_hint"), WORLD_NUMBER);
}

TEST(two_tabs_of_one_browser_sign_in_side_by_side)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_ask ask = { .return_path = STR("/one") };
    struct login_done done;
    struct str browser, same, nonce, challenge;
    const struct login one = world_sent(au, &ask, &browser);
    struct login two;
    struct form query;

    nonce = upstream()->nonce;
    challenge = upstream()->challenge;
    ask = (struct login_ask){ .browser = browser, .return_path = STR("/two") };
    two = world_sent(au, &ask, &same);
    check_same(same, browser);
    query = world_callback(&two);
    check_ok(login_return(au, &v, &query, browser, STR(""), &done, &e), e);
    check_str(done.login.return_path, "/two");
    upstream()->nonce = nonce;
    upstream()->challenge = challenge;
    query = world_callback(&one);
    check_ok(login_return(au, &v, &query, browser, STR(""), &done, &e), e);
    check_str(done.login.return_path, "/one");
}

TEST(the_old_cookie_opens_nothing_after_a_sign_in_and_the_same_person_keeps_the_sid)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/") };
    const struct login_done first = world_login(au);
    struct login_done second;
    struct session s;
    struct str browser;
    const struct login l = world_sent(au, &ask, &browser);
    const struct form query = world_callback(&l);
    bool found;

    check_ok(login_return(au, &v, &query, browser, first.session_token, &second, &e), e);
    check_ok(session_find(au, &v, first.session_token, &found, &s, &e), e);
    check(!found);
    check(!str_eq(first.session_token, second.session_token));
    check_same(first.session.sid, second.session.sid);
    check(!session_csrf_is(&second.session, first.session.csrf));
    check_same(first.account.id, second.account.id);
}

TEST(what_the_upstream_cannot_prove_lets_nobody_in)
{
    struct auth *au = here();
    struct login_done done;
    struct upstream *up = upstream();
    const struct upstream good = *up;

    up->id_nonce = STR("of-another-sign-in");
    check(!come_back(au, &done) && e.code == ERR_UPSTREAM_BAD);
    *up = good, up->id_iss = STR("https://evil.example");
    check(!come_back(au, &done) && e.code == ERR_UPSTREAM_BAD);
    *up = good, up->id_aud = STR("another-client");
    check(!come_back(au, &done) && e.code == ERR_UPSTREAM_BAD);
    *up = good, up->id_sub = STR("another-subject");
    check(!come_back(au, &done) && e.code == ERR_UPSTREAM_BAD);
    *up = good, up->foreign_key = true;
    check(!come_back(au, &done) && e.code == ERR_UPSTREAM_BAD);
    *up = good, up->userinfo = STR("{\"sub\":\"vneid-1\",\"LoaiTaiKhoan\":\"7\"}");
    check(!come_back(au, &done) && e.code == ERR_UPSTREAM_BAD);
    check_int(done.login.state, LOGIN_FAILED);
    *up = good;
    check(come_back(au, &done));
}

TEST(a_refused_code_is_a_refusal_and_a_fault_is_a_fault)
{
    struct auth *au = here();
    struct login_done done;

    upstream()->token_status = 400;
    upstream()->token_error = STR("{\"error\":\"invalid_grant\"}");
    check(!come_back(au, &done));
    check_int(e.code, ERR_UPSTREAM_REFUSED);
    check_int(done.login.state, LOGIN_REFUSED);
    upstream()->token_status = 500;
    check(!come_back(au, &done));
    check_int(e.code, ERR_UPSTREAM_DOWN);
    check_int(done.login.state, LOGIN_FAILED);
    upstream()->token_status = 401;
    upstream()->token_error = STR("{\"error\":\"invalid_client\"}");
    check(!come_back(au, &done));
    check_int(e.code, ERR_UPSTREAM_BAD);
}

TEST(a_failed_sign_in_can_be_tried_again_with_a_new_nonce)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/") };
    struct login_done done;
    struct login l;
    struct str browser, url;
    struct form query;
    const struct str before = (l = world_sent(au, &ask, &browser)).nonce;

    upstream()->token_status = 500;
    query = world_callback(&l);
    check_fails(login_return(au, &v, &query, browser, STR(""), &done, &e), e, ERR_UPSTREAM_DOWN);
    upstream()->token_status = 200;
    l = done.login;
    check_ok(login_send(au, &v, &l, &url, &e), e);
    check(!str_eq(l.nonce, before));
    query = world_query(url);
    upstream()->nonce = form_get(&query, "nonce");
    upstream()->challenge = form_get(&query, "code_challenge");
    query = world_callback(&l);
    check_ok(login_return(au, &v, &query, browser, STR(""), &done, &e), e);
}

TEST(the_errors_a_callback_brings)
{
    static const struct {
        const char *query;
        enum err_code want;
        enum login_state state;
    } cases[] = {
        { "error=access_denied", ERR_UPSTREAM_REFUSED, LOGIN_REFUSED },
        { "error=temporarily_unavailable", ERR_UPSTREAM_DOWN, LOGIN_FAILED },
        { "error=invalid_request", ERR_UPSTREAM_BAD, LOGIN_FAILED },
        { "iss=https%3A%2F%2Fevil.example&code=the-code", ERR_UPSTREAM_BAD, LOGIN_FAILED },
        { "x=y", ERR_INVALID, LOGIN_FAILED },
    };
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/") };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct str browser;
        const struct login l = world_sent(au, &ask, &browser);
        const struct form query = world_form(str_cstr(
            test_arena(), str_fmt(test_arena(), "%s&state=%.*s", cases[i].query, STR_ARG(l.id))));
        struct login_done done;

        check_fails(login_return(au, &v, &query, browser, STR(""), &done, &e), e, cases[i].want);
        check_int(done.login.state, cases[i].state);
    }
    check_int(upstream()->token_calls, 0);
}

TEST(the_register_says_no_and_the_sign_in_is_refused)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    enum login_action action;
    struct login_done done;

    upstream()->population = STR("<Envelope><Body><CongdanCollection/></Body></Envelope>");
    check(!come_back(au, &done));
    check_int(e.code, ERR_PERSON_UNKNOWN);
    check_int(done.login.state, LOGIN_REFUSED);
    check_ok(login_cancel(au, &v, &done.login, &e), e); /* the way back to the portal */
    check_int(done.login.state, LOGIN_REFUSED);
    check_fails(login_step(au, &v, &done.login, LOGIN_EV_SENT, &action, &e), e, ERR_WRONG_STATE);
}

TEST(the_register_is_down_and_nobody_gets_in_unless_the_policy_says_so)
{
    struct auth *au = here();
    struct login_done done;

    upstream()->population_status = 500;
    check(!come_back(au, &done));
    check_int(e.code, ERR_UPSTREAM_DOWN);
    check_int(done.login.state, LOGIN_FAILED);
    world_conf()->person.policy = STR("prefer");
    check(come_back(au, &done));
    check(done.account.degraded && !done.account.checked && done.session.degraded);
}

TEST(who_must_authenticate_anew_may_not_come_with_an_old_authentication)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/"), .fresh = true };
    struct login_done done;
    struct str browser;
    struct login l = world_sent(au, &ask, &browser);
    struct form query = world_callback(&l);

    upstream()->auth_time_s = FIXTURE_NOW_MS / 1000 - 3600;
    check_fails(login_return(au, &v, &query, browser, STR(""), &done, &e), e, ERR_UPSTREAM_BAD);
    l = world_sent(au, &ask, &browser);
    query = world_callback(&l);
    upstream()->auth_time_s = FIXTURE_NOW_MS / 1000;
    check_ok(login_return(au, &v, &query, browser, STR(""), &done, &e), e);
}

TEST(a_sign_in_over_its_time_is_gone)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/") };
    struct login_done done;
    struct str browser;
    const struct login l = world_sent(au, &ask, &browser);
    const struct form query = world_callback(&l);

    fixture_clock.fixed_ms += (world_conf()->auth.login_ttl_s + 1) * 1000;
    check_fails(login_return(au, &v, &query, browser, STR(""), &done, &e), e, ERR_NOT_FOUND);
}

TEST(an_enterprise_signs_in_through_its_representative_only)
{
    static const char firm[] =
        "{\"GetEntCert\":[{\"MaSoDoanhNghiep\":\"9900000016\",\"TenTiengViet\":\"Công ty Thử\","
        "\"TinhTrangPhapLy\":[{\"MaTinhTrangPhapLy\":\"%s\"}],\"DaiDienPhapLuat\":[{"
        "\"ThongTinCaNhan\":[{\"HoVaTen\":\"Nguyễn Văn Thử\",\"SoGiayChungThuc\":\"%s\"}]}]}]}";
    static const struct {
        const char *status, *number;
        enum err_code want;
        bool pay_only;
    } cases[] = {
        { "00", "079080000296", ERR_NOT_REPRESENTATIVE, false },
        { "01", WORLD_NUMBER, ERR_BUSINESS_STATUS, false },
        { "03", WORLD_NUMBER, ERR_NONE, true },
        { "00", WORLD_NUMBER, ERR_NONE, false },
    };
    struct auth *au = here();

    world_conf()->business.cache_s = 0;
    upstream()->userinfo =
        STR("{\"sub\":\"vneid-1\",\"TechID\":\"TECH-9\",\"LoaiTaiKhoan\":2,\"HoVaTen\":"
            "\"Nguyễn Văn Thử\",\"SoDinhDanh\":\"" WORLD_NUMBER "\",\"NgayThangNamSinh\":"
            "\"19870201\",\"MaSoDoanhNghiep\":\"9900000016\",\"TenDoanhNghiep\":\"Công ty Thử\"}");
    for (size_t i = 0; i < LEN(cases); i++) {
        struct login_done done;
        const bool in =
            (upstream()->business = str_fmt(test_arena(), firm, cases[i].status, cases[i].number),
             come_back(au, &done));

        check_int(e.code, cases[i].want);
        check(in == (cases[i].want == ERR_NONE));
        if (in)
            check(done.account.pay_only == cases[i].pay_only);
    }
}

TEST(an_unknown_key_is_looked_for_once_a_minute)
{
    struct auth *au = here();
    struct login_done done;

    check(come_back(au, &done));
    check_int(upstream()->jwks_calls, 1);
    upstream()->foreign_key = true;
    for (int i = 0; i < 5; i++)
        check(!come_back(au, &done));
    check_int(upstream()->jwks_calls, 1);
    check_int(upstream()->discovery_calls, 1);
}

TEST(a_key_that_the_upstream_withdrew_is_believed_for_an_hour_at_most)
{
    struct auth *au = here();
    struct login_done done;

    check(come_back(au, &done));
    upstream()->jwks_foreign = true;
    fixture_clock.fixed_ms += 3599 * 1000;
    check(come_back(au, &done));
    check_int(upstream()->jwks_calls, 1);
    fixture_clock.fixed_ms += 1000;
    check(!come_back(au, &done));
    check_int(e.code, ERR_UPSTREAM_BAD);
    check_int(upstream()->jwks_calls, 2);
    upstream()->jwks_foreign = false; /* the new set counts: it is not read for each token */
    check(!come_back(au, &done));
    check_int(upstream()->jwks_calls, 2);
    fixture_clock.fixed_ms += 60 * 1000;
    check(come_back(au, &done));
}

TEST(without_the_upstreams_key_set_the_last_one_serves_for_a_day)
{
    struct auth *au = here();
    struct login_done done;

    check(come_back(au, &done));
    upstream()->jwks_down = true;
    fixture_clock.fixed_ms += 3600 * 1000;
    for (int i = 0; i < 3; i++)
        check(come_back(au, &done));
    check_int(upstream()->jwks_calls, 2);
    fixture_clock.fixed_ms += (int64_t)23 * 3600 * 1000;
    check(!come_back(au, &done));
    check_int(e.code, ERR_UPSTREAM_DOWN);
    upstream()->jwks_down = false;
    fixture_clock.fixed_ms += 60 * 1000;
    check(come_back(au, &done));
}

/* Comes back, but the process dies before the sign-in is done. */
static struct login left_half_way(struct auth *au, enum login_event until, struct str *browser)
{
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/") };
    struct login l = world_sent(au, &ask, browser);
    enum login_action action;

    check_ok(login_step(au, &v, &l, LOGIN_EV_RETURNED, &action, &e), e);
    for (int ev = LOGIN_EV_IDENTIFIED; ev <= (int)until && until != LOGIN_EV_RETURNED; ev++)
        check_ok(login_step(au, &v, &l, (enum login_event)ev, &action, &e), e);
    return l;
}

TEST_KV(a_sign_in_that_was_left_half_way_can_be_sent_again)
{
    static const enum login_event until[] = { LOGIN_EV_RETURNED, LOGIN_EV_IDENTIFIED,
                                              LOGIN_EV_CONFIRMED };
    struct auth *au = here();
    const struct visit v = world_visit();

    for (size_t i = 0; i < LEN(until); i++) {
        struct str browser, url;
        struct login l = left_half_way(au, until[i], &browser);
        const struct str nonce = l.nonce, verifier = l.verifier;

        check(login_may_send(&l));
        check_fails(login_send(au, &v, &l, &url, &e), e, ERR_WRONG_STATE); /* it may be at work */
        fixture_clock.fixed_ms += LOGIN_STALE_MS;
        check_ok(login_send(au, &v, &l, &url, &e), e);
        check_int(l.state, LOGIN_SENT_TO_VNEID);
        check(!str_eq(l.nonce, nonce) && !str_eq(l.verifier, verifier));
        check(str_has(url, l.nonce) && !str_has(url, nonce));
    }
}

TEST(a_done_sign_in_is_not_sent_again)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done = world_login(au);
    struct str url;

    fixture_clock.fixed_ms += LOGIN_STALE_MS * 10;
    check(!login_may_send(&done.login));
    check(!login_may_cancel(&done.login));
    check_fails(login_send(au, &v, &done.login, &url, &e), e, ERR_WRONG_STATE);
}

static bool renew(struct auth *au, const struct login_ask *ask, struct login_done *done)
{
    const struct visit v = world_visit();
    struct str browser;
    const struct login l = world_sent(au, ask, &browser);
    const struct form query = world_callback(&l);

    e = (struct err){ 0 };
    return !login_return(au, &v, &query, browser, STR(""), done, &e).failed;
}

TEST(a_renewed_sign_in_is_strictly_later_than_the_one_before)
{
    struct auth *au = here();
    struct login_done first, again;
    struct login_ask ask = { .return_path = STR("/"), .fresh = true };

    check(renew(au, &ask, &first));
    ask.after_s = first.session.auth_time_s;
    check(renew(au, &ask, &again)); /* within the same second, and the upstream tells no time */
    check_int(again.session.auth_time_s, first.session.auth_time_s + 1);
    fixture_clock.fixed_ms += 5000;
    ask.after_s = first.session.auth_time_s;
    upstream()->auth_time_s = first.session.auth_time_s; /* it did not ask anybody */
    check(!renew(au, &ask, &again));
    check_int(e.code, ERR_UPSTREAM_BAD);
    upstream()->auth_time_s += 3;
    check(renew(au, &ask, &again));
    check_int(again.session.auth_time_s, first.session.auth_time_s + 3);
}

TEST(the_level_of_authentication_comes_from_the_methods_that_were_told)
{
    static const struct {
        const char *amr;
        int acr;
        const char *kept;
    } cases[] = {
        { "", 2, "fed" },
        { "[\"pwd\"]", 1, "pwd" },
        { "[\"pwd\",\"face\"]", 3, "pwd face" },
        { "[\"pwd\",\"otp\",\"fpt\"]", 4, "pwd otp fpt" },
        { "\"otp\"", 1, "otp" },
        { "[\"pwd otp face\"]", 2, "fed" }, /* no method's name */
        { "[1,{\"a\":2}]", 2, "fed" },
        { "{\"face\":1}", 2, "fed" },
    };
    struct auth *au = here();
    const struct login_ask ask = { .return_path = STR("/") };
    struct login_done done;

    for (size_t i = 0; i < LEN(cases); i++) {
        upstream()->amr = str_c(cases[i].amr);
        check(renew(au, &ask, &done));
        check_int(done.session.acr, cases[i].acr);
        check_str(done.session.amr, cases[i].kept);
        check_int(done.session.level, 2); /* the other axis */
    }
}

TEST(a_wanted_level_is_asked_for_by_the_upstreams_name)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_ask ask = { .return_path = STR("/"), .acr = 3 };
    struct str browser, url;
    struct login l;

    check_ok(login_start(au, &v, &ask, &l, &browser, &e), e);
    check_ok(login_send(au, &v, &l, &url, &e), e);
    check(str_has(url, STR("&acr_values=LoA3")));
    world_conf()->vneid.acr_values = STR("LoA1 LoA2");
    ask.acr = 4;
    check_ok(login_start(au, &v, &ask, &l, &browser, &e), e);
    check_ok(login_send(au, &v, &l, &url, &e), e);
    check(!str_has(url, STR("acr_values")));
}
