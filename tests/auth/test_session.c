#include "auth/session.h"

#include "base/clock.h"
#include "conf/conf.h"
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

    check_ok(session_make(au, &v, &person, 0, &s, &token, &e), e);
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

TEST(the_cookie_is_not_what_is_kept)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct session s;
    struct str token, value;
    bool found;

    check_ok(session_make(au, &v, &person, 0, &s, &token, &e), e);
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

    check_ok(session_make(au, &v, &person, 0, &s, &token, &e), e);
    fixture_clock.fixed_ms += idle_ms - 1000;
    check(find(au, token, &s)); /* use restarts the idle time */
    fixture_clock.fixed_ms += idle_ms - 1000;
    check(find(au, token, &s));
    fixture_clock.fixed_ms += idle_ms;
    check(!find(au, token, &s));
    check_ok(session_make(au, &v, &person, 0, &s, &token, &e), e);
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

    check_ok(session_make(au, &v, &person, 0, &s, &token, &e), e);
    check_ok(kv_touch(au->kv, s.key, 1000000, &found, &e), e);
    check(found);
    fixture_clock.fixed_ms += au->conf->auth.session_idle_s * 1000;
    check(!find(au, token, &s));
}

TEST_KV(clients_are_remembered_once_and_a_lost_race_is_repeated)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct session s, other;
    struct str token;

    check_ok(session_make(au, &v, &person, 0, &s, &token, &e), e);
    other = s;
    check_ok(session_add_client(au, &v, &s, STR("one"), &e), e);
    check_ok(session_add_client(au, &v, &s, STR("one"), &e), e);
    check_ok(session_add_client(au, &v, &other, STR("two"), &e), e);
    check(find(au, token, &s));
    check_str(s.clients, "one two");
    check_ok(session_end(au, &v, &s, &e), e);
    check_fails(session_add_client(au, &v, &other, STR("three"), &e), e, ERR_NOT_SIGNED_IN);
}
