#include "auth/session.h"

#include <stdio.h>

#include "auth/account.h"
#include "auth/outgoing.h"
#include "auth/session_rows.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "store/audit.h"
#include "store/audit_view.h"
#include "store/kv.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;
static const struct account person = { .id = { "acc_1", 5 }, .kind = VNEID_CITIZEN, .level = 2 };

static struct auth *here(void)
{
    return world(fixture_pool(), fixture_kv(), &fixture_clock);
}

static bool find(struct auth *au, struct str token, struct session *s)
{
    const struct visit v = world_visit();
    bool found;

    check_ok(session_find(au, &v, token, &found, s, &e), e);
    return found;
}

TEST_KV(a_session_is_found_by_its_cookie_until_it_ends)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct session_sid by_sid;
    struct session s, again;
    struct str token;
    bool found;

    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    check(find(au, token, &again));
    check_same(again.account, person.id);
    check_same(again.sid, s.sid);
    check_int(again.auth_time_s, FIXTURE_NOW_MS / 1000);
    check(session_csrf_is(&again, s.csrf));
    check(!session_csrf_is(&again, STR("")) && !session_csrf_is(&again, token));
    check_ok(session_by_sid(au, v.arena, s.sid, &found, &by_sid, &e), e);
    check(found && by_sid.level == 2);
    check_ok(session_end(au, &v, &s, &e), e);
    check_ok(session_end(au, &v, &s, &e), e);
    check(!find(au, token, &again));
    check_ok(session_by_sid(au, v.arena, s.sid, &found, &by_sid, &e), e);
    check(!found);
}

TEST_KV(a_session_that_an_older_version_kept_is_over_and_blocks_nobody)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct session_sid by_sid;
    struct session s, again;
    struct str token;
    bool found;

    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    check_ok(kv_put(au->kv, s.key, STR("{\"account\":\"acc_1\",\"level\":2}"), 60, &e), e);
    check(!find(au, token, &again));
    check(!find(au, token, &again));
    check_ok(kv_put(au->kv, str_cat(v.arena, STR("sid:"), s.sid),
                    STR("{\"account\":\"acc_1\",\"level\":2}"), 60, &e),
             e);
    check_ok(session_by_sid(au, v.arena, s.sid, &found, &by_sid, &e), e);
    check(!found);
}

TEST(the_cookie_is_not_what_is_kept)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct session s;
    struct str token, value;
    bool found;

    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    check(!str_has(s.key, token) && !str_has(s.raw, token));
    check_ok(kv_get(au->kv, v.arena, str_cat(v.arena, STR("session:"), token), &found, &value, &e),
             e);
    check(!found);
    check(!find(au, str_from(s.key, sizeof("session:") - 1), &s));
    check(!find(au, STR(""), &s));
    check(!find(au, s.sid, &s));
}

TEST(idle_and_absolute_limits_hold)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const int64_t idle_ms = au->conf->auth.session_idle_s * 1000;
    struct session s;
    struct str token;

    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    fixture_clock.fixed_ms += idle_ms - 1000;
    check(find(au, token, &s)); /* use restarts the idle time */
    fixture_clock.fixed_ms += idle_ms - 1000;
    check(find(au, token, &s));
    fixture_clock.fixed_ms += idle_ms;
    check(!find(au, token, &s));
    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    for (int64_t t = 0; t < au->conf->auth.session_max_s * 1000; t += idle_ms / 2) {
        check(find(au, token, &s));
        fixture_clock.fixed_ms += idle_ms / 2;
    }
    check(!find(au, token, &s));
}

TEST(a_session_that_the_store_keeps_too_long_is_over_all_the_same)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct session s;
    struct str token;
    bool found;

    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    check_ok(kv_touch(au->kv, s.key, 1000000, &found, &e), e);
    check(found);
    fixture_clock.fixed_ms += au->conf->auth.session_idle_s * 1000;
    check(!find(au, token, &s));
}

/* What the database holds. */

static int64_t answer;

static result count_rows(struct sql *db, void *arg, struct err *err)
{
    static const struct {
        const char *name;
        enum sql_query query;
    } rows_of[] = { { "session", SQL_SESSION_COUNT },
                    { "client", SQL_SESSION_CLIENT_COUNT },
                    { "agent", SQL_SESSION_AGENT_COUNT },
                    { "outgoing", SQL_OUTGOING_COUNT } };
    DEFER(sql_end) struct sql_rows *rows = NULL;

    for (size_t i = 0; i < LEN(rows_of); i++) {
        if (strcmp(arg, rows_of[i].name) != 0)
            continue;
        TRY(sql_find_plain(db, rows_of[i].query, &rows, err));
        TRY(sql_one(rows, err));
        answer = sql_int(rows, 0);
    }
    return OK;
}

static int64_t rows_in(const char *table)
{
    char name[20];

    (void)snprintf(name, sizeof(name), "%s", table);
    check_ok(sql_read(fixture_pool(), count_rows, name, &e), e);
    return answer;
}

static struct visit visit_by(const char *agent)
{
    struct visit v = world_visit();

    v.agent = str_c(agent);
    return v;
}

static const char firefox[] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/1";
static const char phone[] = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like "
                            "Gecko) Chrome/131.0.0.0 Mobile Safari/537.36";

static void sweep_all(struct auth *au)
{
    bool did = true;

    for (int i = 0; did && i < 1000; i++)
        check_ok(session_sweep(au, &did, &e), e);
    check(!did);
}

TEST_STORE(the_person_sees_each_browser_and_the_portals_it_led_to)
{
    struct auth *au = here();
    const struct visit one = visit_by(firefox), two = visit_by(phone);
    struct session first, second;
    struct session_row *list;
    struct str token;
    size_t count;

    check_ok(session_make(au, &one, &person, NULL, &first, &token, &e), e);
    fixture_clock.fixed_ms += 1000;
    check_ok(session_make(au, &two, &person, NULL, &second, &token, &e), e);
    check_ok(session_join(au, &one, &first, STR("one"), STR("sub-1"), STR(""), &e), e);
    check_ok(session_join(au, &one, &first, STR("one"), STR("sub-1"), STR(""), &e), e);
    fixture_clock.fixed_ms += 1000;
    check_ok(session_join(au, &one, &first, STR("two"), STR("sub-2"), STR("org_1"), &e), e);
    check_ok(session_list(au, one.arena, person.id, &list, &count, &e), e);
    check_int(count, 2);
    check_str(list[0].agent, "Chrome, Android");
    check_str(list[1].agent, "Firefox, Linux");
    check_int(list[0].client_count, 0);
    check_int(list[1].client_count, 2);
    check_str(list[1].clients[0].client_id, "one");
    check_str(list[1].clients[1].acting, "org_1");
    check_ok(session_list(au, one.arena, STR("acc_2"), &list, &count, &e), e);
    check_int(count, 0);
}

static size_t joins_written(struct auth *au)
{
    const struct audit_query q = { .actor = STR("citizen:joins"),
                                   .before = audit_place_at(fixture_clock.fixed_ms + 1),
                                   .rows_max = 10 };
    struct audit_row *rows;
    size_t n;

    check_ok(audit_view(au->sql, test_arena(), &q, &rows, &n, &e), e);
    return n;
}

static size_t portals_of(struct auth *au)
{
    struct session_row *list;
    size_t count;

    check_ok(session_list(au, test_arena(), person.id, &list, &count, &e), e);
    check_int(count, 1);
    return list[0].client_count;
}

TEST_STORE(a_portal_is_joined_and_written_down_together_or_not_at_all)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct audit_event ev = { .actor = STR("citizen:joins"), .subject = STR("client:one") };
    struct session_joining j = { .client_id = STR("one"), .sub = STR("sub-1"), .event = &ev };
    struct session s;
    struct str token;

    j.acting = STR("");
    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    check_fails(session_join_noted(au, &s, &j, &e), e, ERR_INTERNAL); /* an event without action */
    check_int(portals_of(au), 0);
    check_int(joins_written(au), 0);
    ev.action = STR("login.portal");
    check_ok(session_join_noted(au, &s, &j, &e), e);
    check_int(portals_of(au), 1);
    check_int(joins_written(au), 1);
    check_ok(session_join_noted(au, &s, &j, &e), e); /* each sign-in is written down */
    check_int(portals_of(au), 1);
    check_int(joins_written(au), 2);
    check_ok(session_end(au, &v, &s, &e), e);
    j.client_id = STR("two");
    check_fails(session_join_noted(au, &s, &j, &e), e, ERR_NOT_SIGNED_IN);
    check_int(joins_written(au), 2);
}

TEST_STORE(one_ends_another_from_elsewhere_but_nobody_elses)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct session here_, there;
    struct str token, far;
    int64_t count;

    check_ok(session_make(au, &v, &person, NULL, &here_, &token, &e), e);
    check_ok(session_make(au, &v, &person, NULL, &there, &far, &e), e);
    check_fails(session_end_by(au, &v, there.sid, STR("acc_2"), SESSION_REMOTE, STR(""), &e), e,
                ERR_NOT_FOUND);
    check(find(au, far, &there));
    check_ok(session_end_by(au, &v, there.sid, person.id, SESSION_REMOTE, STR(""), &e), e);
    check(!find(au, far, &there));
    check(find(au, token, &here_));
    check_fails(session_end_by(au, &v, there.sid, person.id, SESSION_REMOTE, STR(""), &e), e,
                ERR_NOT_FOUND);
    for (int i = 0; i < 3; i++)
        check_ok(session_make(au, &v, &person, NULL, &there, &far, &e), e);
    check_ok(session_end_all(au, &v, person.id, here_.sid, SESSION_REMOTE, STR(""), &count, &e), e);
    check_int(count, 3);
    check(find(au, token, &here_) && !find(au, far, &there));
}

TEST_STORE(an_end_tells_each_portal_once_and_no_portal_joins_afterwards)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct outgoing_row *list;
    struct session s;
    struct str token;
    size_t count;

    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    check_ok(session_join(au, &v, &s, STR("one"), STR("sub-1"), STR(""), &e), e);
    check_ok(session_join(au, &v, &s, STR("two"), STR("sub-2"), STR(""), &e), e);
    check_ok(session_end(au, &v, &s, &e), e);
    check_ok(session_end(au, &v, &s, &e), e);
    check_fails(session_join(au, &v, &s, STR("three"), STR("x"), STR(""), &e), e,
                ERR_NOT_SIGNED_IN);
    check_ok(outgoing_of_session(au, v.arena, s.sid, &list, &count, &e), e);
    check_int(count, 2);
    check_str(list[0].state, "waiting");
    sweep_all(au);
    check_int(rows_in("session"), 0);
    check_int(rows_in("client"), 0);
    check_int(rows_in("outgoing"), 2);
}

TEST_STORE(who_is_idle_too_long_is_out_and_the_portals_are_told)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const int64_t idle_ms = au->conf->auth.session_idle_s * 1000;
    struct outgoing_row *list;
    struct session s, used;
    struct str token, other;
    size_t count;

    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    check_ok(session_join(au, &v, &s, STR("one"), STR("sub-1"), STR(""), &e), e);
    check_ok(session_make(au, &v, &person, NULL, &used, &other, &e), e);
    fixture_clock.fixed_ms += idle_ms - 1000;
    check(find(au, other, &used));
    sweep_all(au);
    check_int(rows_in("outgoing"), 0);
    fixture_clock.fixed_ms += 1000;
    sweep_all(au); /* nobody came: the row alone says that it is over */
    check_ok(outgoing_of_session(au, v.arena, s.sid, &list, &count, &e), e);
    check_int(count, 1);
    check(!find(au, token, &s));
    check(find(au, other, &used));
    check_int(rows_in("session"), 1);
}

TEST_STORE(rows_never_outgrow_what_is_live)
{
    struct auth *au = here();
    const struct visit v = visit_by(firefox);
    const int64_t idle_ms = au->conf->auth.session_idle_s * 1000;

    for (int i = 0; i < 120; i++) {
        struct session s;
        struct str token;

        check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
        check_ok(session_join(au, &v, &s, STR("one"), STR("sub"), STR(""), &e), e);
        if (i % 2 == 0)
            check_ok(session_end(au, &v, &s, &e), e);
        fixture_clock.fixed_ms += idle_ms / 4; /* four are live at a time */
    }
    /* No job has run: all that went, went in line with new ones. */
    check(rows_in("session") <= 4 + 9);
    check(rows_in("client") <= 4 + 9);
    check_int(rows_in("agent"), 1);
}

TEST_STORE(an_end_that_the_copy_did_not_hear_of_is_found_out)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct session_ending w = { .auth = au, .visit = &v, .why = SESSION_STAFF };
    struct session s, again;
    struct session_sid by_sid;
    struct str token;
    bool found;

    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    w.sid = s.sid;
    check_ok(session_rows_end(&w, &e), e); /* as if the process died before the copy was dropped */
    check(w.ended && find(au, token, &again));
    fixture_clock.fixed_ms += au->conf->auth.session_idle_s * 1000 / 16;
    check(!find(au, token, &again));
    check_ok(session_by_sid(au, v.arena, s.sid, &found, &by_sid, &e), e);
    check(!found);

    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    w = (struct session_ending){ .auth = au, .visit = &v, .why = SESSION_STAFF, .sid = s.sid };
    check_ok(session_rows_end(&w, &e), e);
    sweep_all(au);
    check(!find(au, token, &again));
    check_ok(session_by_sid(au, v.arena, s.sid, &found, &by_sid, &e), e);
    check(!found);
}

static struct session enter(struct auth *au, const struct account *acc, struct str old,
                            struct str *token)
{
    const struct visit v = visit_by(firefox);
    const struct session_entry entry = { .account = acc, .old_token = old };
    struct session s;

    check_ok(session_enter(au, &v, &entry, &s, token, &e), e);
    return s;
}

/* T6. */
TEST_STORE(a_cookie_known_before_the_sign_in_opens_nothing_after_it)
{
    static const struct account other = { .id = { "acc_2", 5 }, .level = 1 };
    struct auth *au = here();
    const struct str planted = STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    struct str first, second, third, turned;
    struct session a, b, c, found;

    a = enter(au, &person, planted, &first);
    check(!str_eq(first, planted) && !find(au, planted, &found));
    fixture_clock.fixed_ms += 5000;
    b = enter(au, &person, first, &second);
    check(!find(au, first, &found) && find(au, second, &found));
    check_same(a.sid, b.sid); /* the same person: portals go on */
    check(!session_csrf_is(&b, a.csrf));
    check_int(b.created_ms, FIXTURE_NOW_MS + 5000);
    check_ok(session_turn(au, &(struct visit){ .arena = test_arena() }, &b, &turned, &e), e);
    check(!find(au, second, &found) && find(au, turned, &found));
    check_same(found.sid, a.sid);
    c = enter(au, &other, turned, &third);
    check(!find(au, turned, &found) && find(au, third, &found));
    check(!str_eq(c.sid, a.sid));
    check_int(rows_in("session"), 1); /* the new one swept the ended one */
}

TEST_STORE(an_end_by_an_old_tab_ends_the_cookie_that_came_after_it)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct session old, fresh, found;
    struct session_sid by_sid;
    struct str first, second;
    bool is_there;

    old = enter(au, &person, STR(""), &first);
    fresh = enter(au, &person, first, &second);
    check_ok(session_end(au, &v, &old, &e), e);
    check(!find(au, second, &found) && !find(au, first, &found));
    check_ok(session_by_sid(au, v.arena, fresh.sid, &is_there, &by_sid, &e), e);
    check(!is_there);
    check_fails(session_turn(au, &v, &fresh, &second, &e), e, ERR_NOT_SIGNED_IN);
    check(!find(au, second, &found));
}

TEST(a_browser_is_kept_in_two_words_of_ours)
{
    static const char *const cases[][2] = {
        { firefox, "Firefox, Linux" },
        { phone, "Chrome, Android" },
        { "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari/6",
          "Safari, iPhone" },
        { "Mozilla/5.0 (Windows NT 10.0) Chrome/131.0 Safari/537.36 Edg/131.0", "Edge, Windows" },
        { "Mozilla/5.0 (Windows NT 10.0) coc_coc_browser/120 Chrome/114 Safari/5",
          "Cốc Cốc, Windows" },
        { "curl/8.0", "" },
        { "<script>Linux", "Linux" },
        { "", "" },
    };

    for (size_t i = 0; i < LEN(cases); i++)
        check_str(session_agent(test_arena(), str_c(cases[i][0])), cases[i][1]);
}
