#include "auth/staff.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "crypto/secret.h"
#include "tests/auth/officer.h"
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

/* Signed in without a second factor, where the setting allows it. */
static struct str inside(struct auth *au, const char *name)
{
    struct staff_entry entry = { .step = STAFF_STEP_CODE };

    world_conf()->auth.staff_second_factor = STR("prefer");
    check_int(officer_try(au, name, OFFICER_PASSWORD, OFFICER_HOME, &entry), ERR_NONE);
    check_int(entry.step, STAFF_STEP_IN);
    return entry.in.token;
}

TEST(a_weak_password_is_refused_and_weaker_ones_without_a_second_factor)
{
    static const char *const weak[] = { "", "Ab1!xyz", "Ab1-an.nguyen-9", "AN.NGUYEN-2026!" };
    static const char *const sole[] = { "Matkhau1", "matkhaudaidai1!", "MATKHAUDAIDAI1!",
                                        "Mat-khau-dai-dai", "Matkhaudaidai1" };
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct staff s = { .name = STR("an.nguyen"), .display_name = STR("An") };

    for (size_t i = 0; i < LEN(weak); i++) {
        const struct secret bad = password(weak[i]);

        check_fails(staff_add(au, &v, &s, &bad, &e), e, ERR_INVALID);
        check_str(str_c(e.field), "password");
    }
    world_conf()->auth.staff_second_factor = STR("prefer");
    for (size_t i = 0; i < LEN(sole); i++) {
        const struct secret bad = password(sole[i]);

        check_fails(staff_add(au, &v, &s, &bad, &e), e, ERR_INVALID);
        check_str(str_c(e.field), "password");
    }
    world_conf()->auth.staff_second_factor = STR("require");
    check_ok(staff_add(au, &v, &s, &(const struct secret){ "Matkhau1", 8 }, &e), e);
}

TEST_STORE(names_are_possible_and_taken_once)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct secret good = password(OFFICER_PASSWORD);
    struct staff s = { .name = STR("an"), .display_name = STR("An") };
    struct staff *list;
    size_t n;

    check_fails(staff_add(au, &v, &s, &good, &e), e, ERR_INVALID);
    s.name = STR("an.nguyen");
    check_ok(staff_add(au, &v, &s, &good, &e), e);
    check_fails(staff_add(au, &v, &s, &good, &e), e, ERR_CONFLICT);
    check_fails(staff_set_password(au, &v, STR("nobody"), &good, &e), e, ERR_NOT_FOUND);
    check_fails(staff_set_disabled(au, &v, STR("nobody"), true, &e), e, ERR_NOT_FOUND);
    check_fails(staff_set_role(au, &v, STR("nobody"), STAFF_OFFICER, &e), e, ERR_NOT_FOUND);
    check_ok(staff_list(au, v.arena, &list, &n, &e), e);
    check_int(n, 1);
    check_str(list[0].name, "an.nguyen");
    check(!list[0].invited && !list[0].has_otp);
}

TEST_STORE(none_of_the_last_ten_passwords_is_taken_again)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct secret first = password(OFFICER_PASSWORD);

    officer_add(au, "an.nguyen", STAFF_VIEWER);
    check_fails(staff_set_password(au, &v, STR("an.nguyen"), &first, &e), e, ERR_INVALID);
    for (int i = 0; i < STAFF_PASSWORDS_KEPT; i++) {
        const struct secret next =
            password(str_cstr(v.arena, str_fmt(v.arena, "Mat-khau-moi-%d", i)));

        fixture_clock.fixed_ms += 1000;
        check_fails(staff_set_password(au, &v, STR("an.nguyen"), &first, &e), e, ERR_INVALID);
        check_ok(staff_set_password(au, &v, STR("an.nguyen"), &next, &e), e);
    }
    check_ok(staff_set_password(au, &v, STR("an.nguyen"), &first, &e), e);
}

TEST_STORE(every_change_of_an_account_ends_its_sessions)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct secret other = password("Mat-khau-2027!");
    struct staff_session s;
    struct str token;

    officer_add(au, "an.nguyen", STAFF_VIEWER);
    token = inside(au, "an.nguyen");
    check(officer_is_inside(au, token, &s));
    check_ok(staff_set_role(au, &v, STR("an.nguyen"), STAFF_OFFICER, &e), e);
    check(!officer_is_inside(au, token, &s));
    token = inside(au, "an.nguyen");
    check(officer_is_inside(au, token, &s));
    check_int(s.role, STAFF_OFFICER);
    check_ok(staff_set_disabled(au, &v, STR("an.nguyen"), true, &e), e);
    check(!officer_is_inside(au, token, &s));
    check_ok(staff_set_disabled(au, &v, STR("an.nguyen"), false, &e), e);
    check(!officer_is_inside(au, token, &s));
    token = inside(au, "an.nguyen");
    check_ok(staff_set_password(au, &v, STR("an.nguyen"), &other, &e), e);
    check(!officer_is_inside(au, token, &s));
}

TEST(a_role_may_what_those_below_it_may_but_for_the_audit_log)
{
    for (enum staff_role has = 0; has < STAFF_ROLE_COUNT; has++) {
        const struct staff_session s = { .role = has };
        enum staff_role named;

        check(staff_role_find(str_c(staff_role_name(has)), &named) && named == has);
        for (enum staff_role least = 0; least < STAFF_ROLE_COUNT; least++)
            check(staff_may(&s, least, &e).failed == (has < least));
        check(staff_may_audit(&s, &e).failed ==
              (has != STAFF_AUDITOR && has != STAFF_ADMINISTRATOR));
    }
}

TEST(an_account_that_nobody_uses_no_longer_opens)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct staff_entry entry;
    struct staff found;
    bool is_there;

    officer_add(au, "an.nguyen", STAFF_VIEWER);
    (void)inside(au, "an.nguyen");
    fixture_clock.fixed_ms += au->conf->auth.staff_unused_days * 86400000 - 1;
    (void)inside(au, "an.nguyen");
    fixture_clock.fixed_ms += au->conf->auth.staff_unused_days * 86400000;
    check_int(officer_try(au, "an.nguyen", OFFICER_PASSWORD, OFFICER_HOME, &entry),
              ERR_BAD_PASSWORD);
    check_ok(staff_find(au, v.arena, STR("an.nguyen"), &is_there, &found, &e), e);
    check(is_there && staff_is_unused(au, &found));
    check_ok(staff_set_disabled(au, &v, STR("an.nguyen"), false, &e), e);
    (void)inside(au, "an.nguyen");
}
