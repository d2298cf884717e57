#include "auth/staff_sign_in.h"

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

/* At the step that a right password leads to. */
static struct staff_attempt at_step(struct auth *au, const char *name, enum staff_step step,
                                    struct staff_entry *entry)
{
    check_int(officer_try(au, name, OFFICER_PASSWORD, OFFICER_HOME, entry), ERR_NONE);
    check_int(entry->step, step);
    return officer_attempt(au, entry);
}

TEST(every_refusal_looks_the_same)
{
    static const char *const cases[][2] = {
        { "an.nguyen", "mat-khau-2026!" },
        { "an.nguyen", "" },
        { "nobody", OFFICER_PASSWORD },
        { "binh", OFFICER_PASSWORD },
        { "AN.NGUYEN", OFFICER_PASSWORD },
        { "invited", OFFICER_PASSWORD },
        { "invited", "" },
        { "-", "" },
    };
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct staff invited = { .name = STR("invited"), .display_name = STR("Mới") };
    struct staff_entry entry = { .attempt = STR("") };

    officer_add(au, "an.nguyen", STAFF_VIEWER);
    officer_add(au, "binh", STAFF_VIEWER);
    check_ok(staff_set_disabled(au, &v, STR("binh"), true, &e), e);
    check_ok(staff_add(au, &v, &invited, NULL, &e), e);
    for (size_t i = 0; i < LEN(cases); i++)
        check_int(officer_try(au, cases[i][0], cases[i][1], OFFICER_HOME, &entry),
                  ERR_BAD_PASSWORD);
    check_int(entry.attempt.n + entry.in.token.n, 0);
}

TEST_STORE(the_first_sign_in_enrols_a_second_factor_before_anything_else)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct staff_entry entry = { 0 };
    struct staff_session session;
    struct staff_attempt t;
    struct staff_otp otp;
    struct str code;

    officer_add(au, "an.nguyen", STAFF_OFFICER);
    t = at_step(au, "an.nguyen", STAFF_STEP_ENROL, &entry);
    check_int(entry.in.token.n, 0);
    check(!officer_is_inside(au, entry.attempt, &session));
    check_fails(staff_step_code(au, &v, &t, STR("123456"), &entry, &e), e, ERR_WRONG_STATE);
    check_ok(staff_attempt_show(au, &v, &t, &otp, &e), e);
    code = officer_code(au, otp.secret, 5);
    check_fails(staff_step_enrol(au, &v, &t, code, &entry, &e), e, ERR_BAD_PASSWORD);
    code = officer_code(au, otp.secret, 0);
    check_ok(staff_step_enrol(au, &v, &t, code, &entry, &e), e);
    check_int(entry.step, STAFF_STEP_IN);
    check(officer_is_inside(au, entry.in.token, &session));
    check_int(session.factor_ms, clock_now_ms(au->clock));
    for (size_t i = 0; i < LEN(entry.recovery.codes); i++)
        check_int(entry.recovery.codes[i].n, 11);

    /* The code that enrolled does not sign in, nor does the attempt go on. */
    check_fails(staff_step_enrol(au, &v, &t, code, &entry, &e), e, ERR_BAD_PASSWORD);
    t = at_step(au, "an.nguyen", STAFF_STEP_CODE, &entry);
    check_int(officer_try_code(au, &t, code, OFFICER_HOME, &entry), ERR_BAD_PASSWORD);
    check_int(officer_try_code(au, &t, officer_code(au, otp.secret, 1), OFFICER_HOME, &entry),
              ERR_NONE);
    check_int(entry.step, STAFF_STEP_IN);
}

TEST_STORE(a_code_counts_once)
{
    struct auth *au = here();
    struct staff_entry entry = { 0 };
    struct staff_attempt first, second;
    struct str phone, code;

    officer_add(au, "an.nguyen", STAFF_OFFICER);
    phone = officer_phone(au, "an.nguyen");
    first = at_step(au, "an.nguyen", STAFF_STEP_CODE, &entry);
    second = at_step(au, "an.nguyen", STAFF_STEP_CODE, &entry);
    code = officer_code(au, phone, 0);
    check_int(officer_try_code(au, &first, code, OFFICER_HOME, &entry), ERR_NONE);
    check_int(officer_try_code(au, &second, code, OFFICER_HOME, &entry), ERR_BAD_PASSWORD);
    /* Nor one of an earlier step. */
    code = officer_code(au, phone, -1);
    check_int(officer_try_code(au, &second, code, OFFICER_HOME, &entry), ERR_BAD_PASSWORD);
}

TEST_STORE(a_recovery_code_counts_once_and_new_ones_void_the_old)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct staff_session self = { .name = STR("an.nguyen"), .factor_ms = FIXTURE_NOW_MS };
    struct staff_recovery old, now;
    struct staff_entry entry = { 0 };
    struct staff_attempt t;
    struct staff found;
    bool is_there;

    officer_add(au, "an.nguyen", STAFF_OFFICER);
    (void)officer_phone(au, "an.nguyen");
    check_ok(staff_recovery_make(au, &v, &self, &old, &e), e);
    t = at_step(au, "an.nguyen", STAFF_STEP_CODE, &entry);
    check_int(officer_try_code(au, &t, str_lower(v.arena, old.codes[3]), OFFICER_HOME, &entry),
              ERR_NONE);
    t = at_step(au, "an.nguyen", STAFF_STEP_CODE, &entry);
    check_int(officer_try_code(au, &t, old.codes[3], OFFICER_HOME, &entry), ERR_BAD_PASSWORD);
    check_ok(staff_find(au, v.arena, STR("an.nguyen"), &is_there, &found, &e), e);
    check_int(found.recovery_left, STAFF_RECOVERY_COUNT - 1);
    check_ok(staff_recovery_make(au, &v, &self, &now, &e), e);
    t = at_step(au, "an.nguyen", STAFF_STEP_CODE, &entry);
    check_int(officer_try_code(au, &t, old.codes[4], OFFICER_HOME, &entry), ERR_BAD_PASSWORD);
    check_int(officer_try_code(au, &t, now.codes[0], OFFICER_HOME, &entry), ERR_NONE);
}

TEST_STORE(recovery_codes_are_made_only_for_who_has_just_shown_the_second_factor)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct staff_session self = { .name = STR("an.nguyen") };
    struct staff_recovery codes;
    struct staff found;
    bool is_there;

    officer_add(au, "an.nguyen", STAFF_OFFICER);
    (void)officer_phone(au, "an.nguyen");
    check_fails(staff_recovery_make(au, &v, &self, &codes, &e), e, ERR_FORBIDDEN);
    self.factor_ms = FIXTURE_NOW_MS - STAFF_FRESH_S * 1000;
    check_fails(staff_recovery_make(au, &v, &self, &codes, &e), e, ERR_FORBIDDEN);
    check_ok(staff_find(au, v.arena, STR("an.nguyen"), &is_there, &found, &e), e);
    check_int(found.recovery_left, 0);
    self.factor_ms++;
    check_ok(staff_recovery_make(au, &v, &self, &codes, &e), e);
}

TEST_KV(wrong_codes_end_the_attempt_and_then_pause)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct staff_entry entry = { 0 };
    struct staff_attempt t;
    struct str phone;
    bool found;

    officer_add(au, "an.nguyen", STAFF_OFFICER);
    phone = officer_phone(au, "an.nguyen");
    t = at_step(au, "an.nguyen", STAFF_STEP_CODE, &entry);
    for (int i = 0; i < STAFF_STEP_TRIES; i++)
        check_int(officer_try_code(au, &t, officer_code(au, phone, 9), OFFICER_HOME, &entry),
                  ERR_BAD_PASSWORD);
    check_ok(staff_attempt_find(au, &v, entry.attempt, &found, &t, &e), e);
    check(!found);
    check_int(officer_try_code(au, &t, officer_code(au, phone, 0), OFFICER_HOME, &entry),
              ERR_BAD_PASSWORD);
    t = at_step(au, "an.nguyen", STAFF_STEP_CODE, &entry);
    check_int(officer_try_code(au, &t, officer_code(au, phone, 9), OFFICER_HOME, &entry),
              ERR_BAD_PASSWORD);
    /* Five tries were looked at: now the pair waits, whatever it types, and another does not. */
    t = at_step(au, "an.nguyen", STAFF_STEP_CODE, &entry);
    check_int(officer_try_code(au, &t, officer_code(au, phone, 0), OFFICER_HOME, &entry),
              ERR_TOO_MANY);
    check_int(officer_try_code(au, &t, officer_code(au, phone, 0), "198.51.100.9", &entry),
              ERR_NONE);
}

TEST(codes_of_a_name_are_bounded_from_everywhere_but_not_at_home)
{
    struct auth *au = here();
    struct staff_entry entry = { 0 };
    struct staff_attempt t;
    struct str phone;

    officer_add(au, "an.nguyen", STAFF_OFFICER);
    phone = officer_phone(au, "an.nguyen");
    t = at_step(au, "an.nguyen", STAFF_STEP_CODE, &entry);
    check_int(officer_try_code(au, &t, officer_code(au, phone, 0), OFFICER_HOME, &entry), ERR_NONE);
    for (int i = 0; i < 60; i++) {
        const char *ip = str_cstr(test_arena(), str_fmt(test_arena(), "10.1.%d.1", i));
        enum err_code why;

        t = at_step(au, "an.nguyen", STAFF_STEP_CODE, &entry);
        why = officer_try_code(au, &t, officer_code(au, phone, 9), ip, &entry);
        check_int(why, i < 50 ? ERR_BAD_PASSWORD : ERR_TOO_MANY);
    }
    t = at_step(au, "an.nguyen", STAFF_STEP_CODE, &entry);
    check_int(officer_try_code(au, &t, officer_code(au, phone, 1), "10.2.0.1", &entry),
              ERR_TOO_MANY);
    check_int(officer_try_code(au, &t, officer_code(au, phone, 1), OFFICER_HOME, &entry), ERR_NONE);
}

TEST_KV(failures_pause_their_network_and_nobody_else)
{
    struct auth *au = here();
    struct staff_entry entry;

    world_conf()->auth.staff_fail_max = 3;
    officer_add(au, "an.nguyen", STAFF_VIEWER);
    for (int i = 0; i < 3; i++)
        check_int(officer_try(au, "an.nguyen", "wrong", "198.51.100.1", &entry), ERR_BAD_PASSWORD);
    check_int(officer_try(au, "an.nguyen", OFFICER_PASSWORD, "198.51.100.2", &entry), ERR_TOO_MANY);
    check_int(officer_try(au, "an.nguyen", OFFICER_PASSWORD, OFFICER_HOME, &entry), ERR_NONE);
    for (int i = 0; i < 3; i++)
        check_int(officer_try(au, "an.nguyen", "wrong", "2001:db8:1:2::1", &entry),
                  ERR_BAD_PASSWORD);
    check_int(officer_try(au, "an.nguyen", OFFICER_PASSWORD, "2001:db8:1:2:3::4", &entry),
              ERR_TOO_MANY);
    check_int(officer_try(au, "an.nguyen", OFFICER_PASSWORD, "2001:db8:1:3::1", &entry), ERR_NONE);
}

TEST(a_network_that_tries_many_names_is_paused)
{
    struct auth *au = here();
    struct staff_entry entry;

    world_conf()->auth.staff_network_fail_max = 6;
    officer_add(au, "an.nguyen", STAFF_VIEWER);
    for (int i = 0; i < 6; i++)
        check_int(officer_try(au, str_cstr(test_arena(), str_fmt(test_arena(), "name%d", i)),
                              "wrong", "198.51.100.1", &entry),
                  ERR_BAD_PASSWORD);
    check_int(officer_try(au, "an.nguyen", OFFICER_PASSWORD, "198.51.100.3", &entry), ERR_TOO_MANY);
    check_int(officer_try(au, "nobody", "wrong", "198.51.100.3", &entry), ERR_TOO_MANY);
    check_int(officer_try(au, "an.nguyen", OFFICER_PASSWORD, OFFICER_HOME, &entry), ERR_NONE);
    fixture_clock.fixed_ms += (au->conf->auth.staff_pause_s + 1) * 1000;
    check_int(officer_try(au, "an.nguyen", OFFICER_PASSWORD, "198.51.100.3", &entry), ERR_NONE);
}

TEST(a_pause_ends_and_a_right_password_forgets_failures)
{
    struct auth *au = here();
    struct staff_entry entry;

    world_conf()->auth.staff_fail_max = 2;
    officer_add(au, "an.nguyen", STAFF_VIEWER);
    check_int(officer_try(au, "an.nguyen", "wrong", OFFICER_HOME, &entry), ERR_BAD_PASSWORD);
    check_int(officer_try(au, "an.nguyen", OFFICER_PASSWORD, OFFICER_HOME, &entry), ERR_NONE);
    check_int(officer_try(au, "an.nguyen", "wrong", OFFICER_HOME, &entry), ERR_BAD_PASSWORD);
    fixture_clock.fixed_ms += (au->conf->auth.staff_pause_s - 1) * 1000;
    check_int(officer_try(au, "an.nguyen", "wrong", OFFICER_HOME, &entry), ERR_BAD_PASSWORD);
    check_int(officer_try(au, "an.nguyen", OFFICER_PASSWORD, OFFICER_HOME, &entry), ERR_TOO_MANY);
    fixture_clock.fixed_ms += (au->conf->auth.staff_pause_s - 1) * 1000; /* of the last failure */
    check_int(officer_try(au, "an.nguyen", OFFICER_PASSWORD, OFFICER_HOME, &entry), ERR_TOO_MANY);
    fixture_clock.fixed_ms += 2000;
    check_int(officer_try(au, "an.nguyen", OFFICER_PASSWORD, OFFICER_HOME, &entry), ERR_NONE);
}

TEST_STORE(a_change_of_the_account_ends_its_attempts)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct staff_entry entry = { 0 };
    struct staff_attempt t;
    struct str phone;
    bool found;

    officer_add(au, "an.nguyen", STAFF_OFFICER);
    phone = officer_phone(au, "an.nguyen");
    t = at_step(au, "an.nguyen", STAFF_STEP_CODE, &entry);
    check_ok(staff_set_role(au, &v, STR("an.nguyen"), STAFF_VIEWER, &e), e);
    check_int(officer_try_code(au, &t, officer_code(au, phone, 0), OFFICER_HOME, &entry),
              ERR_BAD_PASSWORD);
    check_ok(staff_attempt_find(au, &v, entry.attempt, &found, &t, &e), e);
    check(!found);
}

TEST(a_reset_factor_is_enrolled_anew_also_where_it_is_only_preferred)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct staff_entry entry = { 0 };
    struct staff_attempt t;
    struct str phone;

    world_conf()->auth.staff_second_factor = STR("prefer");
    officer_add(au, "an.nguyen", STAFF_OFFICER);
    phone = officer_phone(au, "an.nguyen");
    t = at_step(au, "an.nguyen", STAFF_STEP_CODE, &entry);
    check_ok(staff_factor_reset(au, &v, STR("an.nguyen"), &e), e);
    check_int(officer_try_code(au, &t, officer_code(au, phone, 0), OFFICER_HOME, &entry),
              ERR_BAD_PASSWORD);
    t = at_step(au, "an.nguyen", STAFF_STEP_ENROL, &entry);
    check_fails(staff_factor_reset(au, &v, STR("nobody"), &e), e, ERR_NOT_FOUND);
}

TEST_STORE(an_administrators_password_is_changed_in_time)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct secret same = password(OFFICER_PASSWORD), other = password("Mat-khau-2027!");
    struct staff_entry entry = { 0 };
    struct staff_attempt t;
    struct str phone;

    world_conf()->auth.staff_unused_days = 1000;
    officer_add(au, "quan.tri", STAFF_ADMINISTRATOR);
    officer_add(au, "an.nguyen", STAFF_APPROVER);
    phone = officer_phone(au, "quan.tri");
    fixture_clock.fixed_ms += au->conf->auth.staff_admin_password_days * 86400000;
    (void)at_step(au, "an.nguyen", STAFF_STEP_ENROL, &entry);
    t = at_step(au, "quan.tri", STAFF_STEP_CODE, &entry);
    check_int(officer_try_code(au, &t, officer_code(au, phone, 0), OFFICER_HOME, &entry), ERR_NONE);
    check_int(entry.step, STAFF_STEP_PASSWORD);
    t = officer_attempt(au, &entry);
    check_fails(staff_step_password(au, &v, &t, &same, &entry, &e), e, ERR_INVALID);
    check_ok(staff_step_password(au, &v, &t, &other, &entry, &e), e);
    check_int(entry.step, STAFF_STEP_IN);
    check(entry.in.session.factor_ms > 0);
}

TEST(an_officers_own_change_needs_the_present_password)
{
    struct auth *au = here();
    const struct visit v = officer_visit(OFFICER_HOME);
    const struct secret wrong = password("wrong"), was = password(OFFICER_PASSWORD);
    const struct secret is = password("Mat-khau-2027!");
    struct staff_own_password how = { STR("an.nguyen"), &wrong, &is };
    struct staff_entry entry;

    officer_add(au, "an.nguyen", STAFF_OFFICER);
    check_fails(staff_change_password(au, &v, &how, &e), e, ERR_BAD_PASSWORD);
    how.was = &was;
    check_ok(staff_change_password(au, &v, &how, &e), e);
    check_int(officer_try(au, "an.nguyen", OFFICER_PASSWORD, OFFICER_HOME, &entry),
              ERR_BAD_PASSWORD);
    check_int(officer_try(au, "an.nguyen", "Mat-khau-2027!", OFFICER_HOME, &entry), ERR_NONE);
}
