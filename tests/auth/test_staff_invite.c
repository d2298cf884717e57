#include "auth/staff_invite.h"

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

static struct str invited(struct auth *au)
{
    const struct visit v = world_visit();
    const struct staff s = { .name = STR("an.nguyen"), .display_name = STR("An") };
    struct str token;

    check_ok(staff_add(au, &v, &s, NULL, &e), e);
    check_ok(staff_invite(au, &v, s.name, &token, &e), e);
    return token;
}

static bool opens(struct auth *au, struct str token)
{
    const struct visit v = world_visit();
    struct staff s;
    bool found;

    check_ok(staff_invitation_find(au, &v, token, &found, &s, &e), e);
    return found;
}

TEST_STORE(an_invitation_opens_an_account_once)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct secret weak = password("ngan"), good = password(OFFICER_PASSWORD);
    const struct secret other = password("Mat-khau-2027!");
    const struct str token = invited(au);
    struct staff_entry entry;

    check_int(officer_try(au, "an.nguyen", "", OFFICER_HOME, &entry), ERR_BAD_PASSWORD);
    check(opens(au, token) && !opens(au, STR("")) && !opens(au, STR("another")));
    check_fails(staff_accept(au, &v, token, &weak, &e), e, ERR_INVALID);
    check_fails(staff_accept(au, &v, STR("another"), &good, &e), e, ERR_NOT_FOUND);
    check_ok(staff_accept(au, &v, token, &good, &e), e);
    check(!opens(au, token));
    check_fails(staff_accept(au, &v, token, &other, &e), e, ERR_NOT_FOUND);
    check_int(officer_try(au, "an.nguyen", OFFICER_PASSWORD, OFFICER_HOME, &entry), ERR_NONE);
    check_int(entry.step, STAFF_STEP_ENROL);
}

TEST_STORE(an_invitation_ends_and_a_newer_one_voids_it)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct secret good = password(OFFICER_PASSWORD);
    const struct str old = invited(au);
    struct str token;

    check_ok(staff_invite(au, &v, STR("an.nguyen"), &token, &e), e);
    check(!opens(au, old) && opens(au, token));
    fixture_clock.fixed_ms += au->conf->auth.staff_invitation_ttl_s * 1000;
    check(!opens(au, token));
    check_fails(staff_accept(au, &v, token, &good, &e), e, ERR_NOT_FOUND);
    check_fails(staff_invite(au, &v, STR("nobody"), &token, &e), e, ERR_NOT_FOUND);
}

TEST(a_closed_account_does_not_open_by_invitation)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct secret good = password(OFFICER_PASSWORD);
    const struct str token = invited(au);

    check_ok(staff_set_disabled(au, &v, STR("an.nguyen"), true, &e), e);
    check(!opens(au, token));
    check_fails(staff_accept(au, &v, token, &good, &e), e, ERR_NOT_FOUND);
}

TEST(who_forgot_a_password_still_needs_the_second_factor)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct secret other = password("Mat-khau-2027!");
    struct staff_entry entry;
    struct str token;

    officer_add(au, "an.nguyen", STAFF_OFFICER);
    (void)officer_phone(au, "an.nguyen");
    check_ok(staff_invite(au, &v, STR("an.nguyen"), &token, &e), e);
    check_ok(staff_accept(au, &v, token, &other, &e), e);
    check_int(officer_try(au, "an.nguyen", "Mat-khau-2027!", OFFICER_HOME, &entry), ERR_NONE);
    check_int(entry.step, STAFF_STEP_CODE);
}
