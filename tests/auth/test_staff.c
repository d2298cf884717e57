#include "auth/staff.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "crypto/secret.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;

static struct auth *here(void)
{
    return world(fixture_pool(), fixture_kv(), &fixture_clock);
}

static struct secret password(const char *text)
{
    struct secret s = { .n = 0 };

    check_ok(secret_set(&s, str_c(text), &e), e);
    return s;
}

static void add(struct auth *au, const char *name, enum staff_role role)
{
    const struct visit v = world_visit();
    const struct secret right = password("Mat-khau-2026!");
    const struct staff s = { .name = str_c(name), .display_name = STR("Cán bộ"), .role = role };

    check_ok(staff_add(au, &v, &s, &right, &e), e);
}

static enum err_code try_as(struct auth *au, const char *name, const char *text, const char *ip,
                            struct str *token)
{
    struct visit v = world_visit();
    const struct secret given = password(text);
    struct staff_session s;

    v.ip = str_c(ip);
    e = (struct err){ 0 };
    (void)!staff_sign_in(au, &v, str_c(name), &given, &s, token, &e).failed;
    return e.code;
}

static bool inside(struct auth *au, struct str token, struct staff_session *s)
{
    const struct visit v = world_visit();
    bool found;

    check_ok(staff_find_session(au, &v, token, &found, s, &e), e);
    return found;
}

TEST_STORE(an_officer_signs_in_works_and_signs_out)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct staff_session s;
    struct str token;

    add(au, "an.nguyen", STAFF_APPROVER);
    check_int(try_as(au, "an.nguyen", "Mat-khau-2026!", "203.0.113.7", &token), ERR_NONE);
    check(inside(au, token, &s));
    check_str(s.display_name, "Cán bộ");
    check_ok(staff_may(&s, STAFF_OFFICER, &e), e);
    check_ok(staff_may(&s, STAFF_APPROVER, &e), e);
    check_fails(staff_may(&s, STAFF_ADMINISTRATOR, &e), e, ERR_FORBIDDEN);
    check(staff_csrf_is(&s, s.csrf) && !staff_csrf_is(&s, STR("")));
    check_ok(staff_sign_out(au, &v, &s, &e), e);
    check(!inside(au, token, &s));
}

TEST(every_refusal_looks_the_same)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct str token = STR("");

    add(au, "an.nguyen", STAFF_VIEWER);
    add(au, "binh", STAFF_VIEWER);
    check_ok(staff_set_disabled(au, &v, STR("binh"), true, &e), e);
    check_int(try_as(au, "an.nguyen", "mat-khau-2026!", "203.0.113.7", &token), ERR_BAD_PASSWORD);
    check_int(try_as(au, "an.nguyen", "", "203.0.113.7", &token), ERR_BAD_PASSWORD);
    check_int(try_as(au, "nobody", "Mat-khau-2026!", "203.0.113.7", &token), ERR_BAD_PASSWORD);
    check_int(try_as(au, "binh", "Mat-khau-2026!", "203.0.113.7", &token), ERR_BAD_PASSWORD);
    check_int(try_as(au, "AN.NGUYEN", "Mat-khau-2026!", "203.0.113.7", &token), ERR_BAD_PASSWORD);
    check_int(token.n, 0);
}

TEST_KV(failures_pause_their_network_and_nobody_else)
{
    struct auth *au = here();
    struct str token;

    world_conf()->auth.staff_fail_max = 3;
    add(au, "an.nguyen", STAFF_VIEWER);
    for (int i = 0; i < 3; i++)
        check_int(try_as(au, "an.nguyen", "wrong", "198.51.100.1", &token), ERR_BAD_PASSWORD);
    check_int(try_as(au, "an.nguyen", "Mat-khau-2026!", "198.51.100.2", &token), ERR_TOO_MANY);
    check_int(try_as(au, "an.nguyen", "Mat-khau-2026!", "203.0.113.7", &token), ERR_NONE);
    for (int i = 0; i < 3; i++)
        check_int(try_as(au, "an.nguyen", "wrong", "2001:db8:1:2::1", &token), ERR_BAD_PASSWORD);
    check_int(try_as(au, "an.nguyen", "Mat-khau-2026!", "2001:db8:1:2:3::4", &token), ERR_TOO_MANY);
    check_int(try_as(au, "an.nguyen", "Mat-khau-2026!", "2001:db8:1:3::1", &token), ERR_NONE);
}

TEST(a_pause_ends_and_a_right_password_forgets_failures)
{
    struct auth *au = here();
    struct str token;

    world_conf()->auth.staff_fail_max = 2;
    add(au, "an.nguyen", STAFF_VIEWER);
    check_int(try_as(au, "an.nguyen", "wrong", "203.0.113.7", &token), ERR_BAD_PASSWORD);
    check_int(try_as(au, "an.nguyen", "Mat-khau-2026!", "203.0.113.7", &token), ERR_NONE);
    check_int(try_as(au, "an.nguyen", "wrong", "203.0.113.7", &token), ERR_BAD_PASSWORD);
    check_int(try_as(au, "an.nguyen", "wrong", "203.0.113.7", &token), ERR_BAD_PASSWORD);
    check_int(try_as(au, "an.nguyen", "Mat-khau-2026!", "203.0.113.7", &token), ERR_TOO_MANY);
    fixture_clock.fixed_ms += (au->conf->auth.staff_pause_s + 1) * 1000;
    check_int(try_as(au, "an.nguyen", "Mat-khau-2026!", "203.0.113.7", &token), ERR_NONE);
}

TEST(sessions_end_when_idle_when_disabled_and_at_a_new_password)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct secret other = password("Mat-khau-2027!");
    struct staff_session s;
    struct str token;

    add(au, "an.nguyen", STAFF_VIEWER);
    check_int(try_as(au, "an.nguyen", "Mat-khau-2026!", "203.0.113.7", &token), ERR_NONE);
    fixture_clock.fixed_ms += (au->conf->auth.staff_idle_s - 1) * 1000;
    check(inside(au, token, &s));
    fixture_clock.fixed_ms += (au->conf->auth.staff_idle_s - 1) * 1000;
    check(inside(au, token, &s));
    fixture_clock.fixed_ms += au->conf->auth.staff_idle_s * 1000;
    check(!inside(au, token, &s));
    check_int(try_as(au, "an.nguyen", "Mat-khau-2026!", "203.0.113.7", &token), ERR_NONE);
    check_ok(staff_set_disabled(au, &v, STR("an.nguyen"), true, &e), e);
    check(!inside(au, token, &s));
    check_ok(staff_set_disabled(au, &v, STR("an.nguyen"), false, &e), e);
    check(!inside(au, token, &s));
    check_int(try_as(au, "an.nguyen", "Mat-khau-2026!", "203.0.113.7", &token), ERR_NONE);
    fixture_clock.fixed_ms += 1;
    check_ok(staff_set_password(au, &v, STR("an.nguyen"), &other, &e), e);
    check(!inside(au, token, &s));
    check_int(try_as(au, "an.nguyen", "Mat-khau-2027!", "203.0.113.7", &token), ERR_NONE);
}

TEST(a_session_in_use_ends_with_the_working_day)
{
    struct auth *au = here();
    struct staff_session s;
    struct str token;

    world_conf()->auth.staff_max_s = 2 * au->conf->auth.staff_idle_s;
    add(au, "an.nguyen", STAFF_VIEWER);
    check_int(try_as(au, "an.nguyen", "Mat-khau-2026!", "203.0.113.7", &token), ERR_NONE);
    for (int i = 0; i < 3; i++) {
        fixture_clock.fixed_ms += au->conf->auth.staff_idle_s * 1000 / 2;
        check(inside(au, token, &s));
    }
    fixture_clock.fixed_ms += au->conf->auth.staff_idle_s * 1000 / 2;
    check(!inside(au, token, &s));
}

TEST(weak_passwords_and_bad_names_are_refused)
{
    static const char *const weak[] = {
        "", "Ab1!", "matkhaudaidai1!", "MATKHAUDAIDAI1!", "Mat-khau-dai-dai", "Matkhaudaidai1"
    };
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct secret good = password("Mat-khau-2026!");
    struct staff s = { .name = STR("an"), .display_name = STR("An") };
    struct staff *list;
    size_t n;

    check_fails(staff_add(au, &v, &s, &good, &e), e, ERR_INVALID);
    s.name = STR("an.nguyen");
    for (size_t i = 0; i < LEN(weak); i++) {
        const struct secret bad = password(weak[i]);

        check_fails(staff_add(au, &v, &s, &bad, &e), e, ERR_INVALID);
        check_str(str_c(e.field), "password");
    }
    check_ok(staff_add(au, &v, &s, &good, &e), e);
    check_fails(staff_add(au, &v, &s, &good, &e), e, ERR_CONFLICT);
    check_fails(staff_set_password(au, &v, STR("nobody"), &good, &e), e, ERR_NOT_FOUND);
    check_fails(staff_set_disabled(au, &v, STR("nobody"), true, &e), e, ERR_NOT_FOUND);
    check_ok(staff_list(au, v.arena, &list, &n, &e), e);
    check_int(n, 1);
    check_str(list[0].name, "an.nguyen");
}
