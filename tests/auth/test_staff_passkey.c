#include "auth/staff_passkey.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "tests/auth/officer.h"
#include "tests/auth/world.h"
#include "tests/ceremony.h"
#include "tests/fixture.h"

static struct err e;

static struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);

    world_conf()->service.issuer = STR(CEREMONY_ISSUER);
    officer_add(au, "an.nguyen", STAFF_OFFICER);
    officer_add(au, "binh", STAFF_OFFICER);
    return au;
}

/* As if the page had asked with the challenge that the recorded ceremony answers. */
static void asked(struct auth *au, const char *challenge, const char *purpose)
{
    check_ok(kv_put(au->kv, auth_key(test_arena(), "staffpk", str_c(challenge)), str_c(purpose),
                    PASSKEY_TTL_S, &e),
             e);
}

static enum err_code add_as(struct auth *au, const char *name)
{
    const struct ceremony *c = &ceremonies[0];
    const struct staff_ceremony made = { .client_data = str_c(c->made_client_data),
                                         .auth_data = str_c(c->made_auth_data),
                                         .label = STR("Máy cơ quan") };
    struct visit v = officer_visit(OFFICER_HOME);

    v.officer = str_c(name);
    e = (struct err){ 0 };
    (void)!staff_passkey_add(au, &v, &made, &e).failed;
    return e.code;
}

static enum err_code enter(struct auth *au, struct staff_entry *out)
{
    const struct ceremony *c = &ceremonies[0];
    const struct staff_ceremony shown = { .id = str_c(c->id),
                                          .client_data = str_c(c->shown_client_data),
                                          .auth_data = str_c(c->shown_auth_data),
                                          .signature = str_c(c->signature) };
    const struct visit v = officer_visit(OFFICER_HOME);

    e = (struct err){ 0 };
    (void)!staff_passkey_sign_in(au, &v, &shown, out, &e).failed;
    return e.code;
}

static void registered(struct auth *au)
{
    asked(au, ceremonies[0].made_challenge, "add:an.nguyen");
    check_int(add_as(au, "an.nguyen"), ERR_NONE);
}

TEST_STORE(a_passkey_signs_in_by_itself_and_a_copy_of_it_does_not)
{
    struct auth *au = here();
    struct staff_entry entry = { 0 };
    struct staff_session s;

    registered(au);
    asked(au, ceremonies[0].shown_challenge, "enter");
    check_int(enter(au, &entry), ERR_NONE);
    check_int(entry.step, STAFF_STEP_IN);
    check(officer_is_inside(au, entry.in.token, &s));
    check_str(s.name, "an.nguyen");
    check_int(s.factor_ms, clock_now_ms(au->clock));
    check_int(enter(au, &entry), ERR_BAD_PASSWORD); /* its challenge is used up */
    asked(au, ceremonies[0].shown_challenge, "enter");
    check_int(enter(au, &entry), ERR_BAD_PASSWORD); /* its counter did not go up */
}

TEST(a_challenge_is_for_what_it_was_made_for)
{
    struct auth *au = here();
    struct staff_entry entry = { 0 };

    check_int(add_as(au, "an.nguyen"), ERR_BAD_SIGNATURE);
    asked(au, ceremonies[0].made_challenge, "add:binh");
    check_int(add_as(au, "an.nguyen"), ERR_BAD_SIGNATURE);
    asked(au, ceremonies[0].made_challenge, "enter");
    check_int(add_as(au, "an.nguyen"), ERR_BAD_SIGNATURE);
    registered(au);
    asked(au, ceremonies[0].made_challenge, "add:binh");
    check_int(add_as(au, "binh"), ERR_CONFLICT);
    asked(au, ceremonies[0].shown_challenge, "add:an.nguyen");
    check_int(enter(au, &entry), ERR_BAD_PASSWORD);
}

TEST(a_closed_account_an_unknown_key_and_a_reset_one_are_refused_alike)
{
    struct auth *au = here();
    struct visit v = officer_visit(OFFICER_HOME);
    struct staff_entry entry = { 0 };

    asked(au, ceremonies[0].shown_challenge, "enter");
    check_int(enter(au, &entry), ERR_BAD_PASSWORD);
    registered(au);
    check_ok(staff_set_disabled(au, &v, STR("an.nguyen"), true, &e), e);
    asked(au, ceremonies[0].shown_challenge, "enter");
    check_int(enter(au, &entry), ERR_BAD_PASSWORD);
    check_ok(staff_set_disabled(au, &v, STR("an.nguyen"), false, &e), e);
    check_ok(staff_factor_reset(au, &v, STR("an.nguyen"), &e), e);
    asked(au, ceremonies[0].shown_challenge, "enter");
    check_int(enter(au, &entry), ERR_BAD_PASSWORD);
}

TEST_STORE(passkeys_are_listed_and_removed_by_their_owner_only)
{
    struct auth *au = here();
    struct visit v = officer_visit(OFFICER_HOME);
    struct staff_passkey list[PASSKEYS_MAX];
    size_t n;

    registered(au);
    check_ok(staff_passkey_list(au, test_arena(), STR("an.nguyen"), list, &n, &e), e);
    check_int(n, 1);
    check_str(list[0].label, "Máy cơ quan");
    v.officer = STR("binh");
    check_fails(staff_passkey_remove(au, &v, list[0].id, &e), e, ERR_NOT_FOUND);
    v.officer = STR("an.nguyen");
    check_ok(staff_passkey_remove(au, &v, list[0].id, &e), e);
    check_ok(staff_passkey_list(au, test_arena(), STR("an.nguyen"), list, &n, &e), e);
    check_int(n, 0);
}
