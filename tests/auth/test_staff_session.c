#include "auth/staff_session.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "store/kv.h"
#include "tests/auth/officer.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;

static struct str enter(struct auth **au, enum staff_role role)
{
    struct staff_entry entry = { .step = STAFF_STEP_CODE };

    *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    world_conf()->auth.staff_second_factor = STR("prefer");
    officer_add(*au, "an.nguyen", role);
    check_int(officer_try(*au, "an.nguyen", OFFICER_PASSWORD, OFFICER_HOME, &entry), ERR_NONE);
    check_int(entry.step, STAFF_STEP_IN);
    return entry.in.token;
}

TEST_STORE(an_officer_works_and_signs_out)
{
    const struct visit v = world_visit();
    struct auth *au;
    const struct str token = enter(&au, STAFF_APPROVER);
    struct staff_session s;

    check(officer_is_inside(au, token, &s));
    check_str(s.display_name, "Cán bộ");
    check_int(s.factor_ms, 0);
    check(staff_csrf_is(&s, s.csrf) && !staff_csrf_is(&s, STR("")));
    check(!officer_is_inside(au, STR("another"), &s) && !officer_is_inside(au, STR(""), &s));
    check(officer_is_inside(au, token, &s));
    check_ok(staff_sign_out(au, &v, &s, &e), e);
    check(!officer_is_inside(au, token, &s));
}

TEST(a_session_that_an_older_version_kept_is_over)
{
    struct auth *au;
    const struct str token = enter(&au, STAFF_APPROVER);
    struct staff_session s;

    check(officer_is_inside(au, token, &s));
    check_ok(kv_put(au->kv, s.key, STR("{\"name\":\"an.nguyen\"}"), 60, &e), e);
    check(!officer_is_inside(au, token, &s));
}

TEST(a_session_ends_when_it_is_idle)
{
    struct auth *au;
    const struct str token = enter(&au, STAFF_APPROVER);
    struct staff_session s;

    for (int i = 0; i < 3; i++) {
        fixture_clock.fixed_ms += (au->conf->auth.staff_idle_s - 1) * 1000;
        check(officer_is_inside(au, token, &s));
    }
    fixture_clock.fixed_ms += au->conf->auth.staff_idle_s * 1000;
    check(!officer_is_inside(au, token, &s));
}

TEST(an_administrators_session_ends_sooner)
{
    struct auth *au;
    const struct str token = enter(&au, STAFF_ADMINISTRATOR);
    struct staff_session s;

    check(au->conf->auth.staff_admin_idle_s < au->conf->auth.staff_idle_s);
    fixture_clock.fixed_ms += (au->conf->auth.staff_admin_idle_s - 1) * 1000;
    check(officer_is_inside(au, token, &s));
    fixture_clock.fixed_ms += au->conf->auth.staff_admin_idle_s * 1000;
    check(!officer_is_inside(au, token, &s));
}

TEST(a_session_in_use_ends_with_the_working_day)
{
    struct auth *au;
    const struct str token = enter(&au, STAFF_VIEWER);
    struct staff_session s;

    world_conf()->auth.staff_max_s = 2 * au->conf->auth.staff_idle_s;
    for (int i = 0; i < 3; i++) {
        fixture_clock.fixed_ms += au->conf->auth.staff_idle_s * 1000 / 2;
        check(officer_is_inside(au, token, &s));
    }
    fixture_clock.fixed_ms += au->conf->auth.staff_idle_s * 1000 / 2;
    check(!officer_is_inside(au, token, &s));
}
