#include "auth/oidc_authorize.h"

#include "base/clock.h"
#include "tests/auth/asking.h"
#include "tests/fixture.h"

static struct err e;

static struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);

    (void)world_client(au);
    return au;
}

TEST_KV(an_essential_level_that_is_missing_leads_to_a_stronger_sign_in)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done = world_login(au);
    struct authorize_reply r = ask(au, GOOD ACR_ESSENTIAL("3"), &done.session);

    check_int(r.kind, AUTHORIZE_SIGN_IN);
    check_int(r.login.acr, 3);
    check(r.login.fresh);
    check_int(r.login.after_s, done.session.auth_time_s);
    done = step_up(au, &r, "[\"pwd\",\"face\"]");
    check_ok(oidc_authorize_continue(au, &v, &done, &r, &e), e);
    check_int(granted(au, &r).acr, 3);
    /* the session has it now */
    r = ask(au, GOOD ACR_ESSENTIAL("3") "&prompt=none", &done.session);
    check_int(granted(au, &r).acr, 3);
    /* what is told is what was named, also when more was reached */
    r = ask(au, GOOD ACR_ESSENTIAL("2") "&prompt=none", &done.session);
    check_int(granted(au, &r).acr, 2);
}

TEST(an_essential_level_that_is_not_reached_gives_no_token)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done = world_login(au);
    struct authorize_reply r = ask(au, GOOD ACR_ESSENTIAL("3"), &done.session), silent;

    silent = ask(au, GOOD ACR_ESSENTIAL("3") "&prompt=none", &done.session);
    check_error(&silent, "interaction_required");
    done = step_up(au, &r, "[\"pwd\",\"otp\"]");
    check_ok(oidc_authorize_continue(au, &v, &done, &r, &e), e);
    check_error(&r, "unmet_authentication_requirements");
    check_int(r.error.code, ERR_UNMET_AUTH);
}

TEST(a_level_that_is_only_wished_for_is_tried_once_and_told_as_reached)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done = world_login(au);
    struct authorize_reply r = ask(au, GOOD "&acr_values=urn:vn:loa:3", &done.session);

    check_int(r.kind, AUTHORIZE_SIGN_IN);
    check_int(r.login.acr, 3);
    done = step_up(au, &r, "[\"pwd\"]");
    check_ok(oidc_authorize_continue(au, &v, &done, &r, &e), e);
    check_int(granted(au, &r).acr, 1);
    r = ask(au, GOOD "&acr_values=gold%20urn:vn:loa:1%20urn:vn:loa:4", &done.session);
    check_int(granted(au, &r).acr, 1); /* one of them is enough */
    r = ask(au, GOOD "&acr_values=silver", &done.session);
    check_int(granted(au, &r).acr, 1); /* no level of ours */
}

TEST(the_highest_level_is_never_of_an_earlier_sign_in)
{
    static const char *const asks[] = { GOOD ACR_ESSENTIAL("4"),
                                        GOOD "&acr_values=urn:motcua:acr:vn-nd69:4" };
    struct auth *au = here();
    const struct visit v = world_visit();

    for (size_t i = 0; i < LEN(asks); i++) {
        struct authorize_reply r = ask(au, asks[i], NULL), again;
        struct login_done done;
        const char *silent =
            str_cstr(test_arena(), str_cat(test_arena(), str_c(asks[i]), STR("&prompt=none")));

        check_int(r.kind, AUTHORIZE_SIGN_IN);
        check(r.login.fresh && r.login.acr == 4);
        done = step_up(au, &r, "[\"pwd\",\"hwk\",\"face\"]");
        check_int(done.session.acr, 4);
        check_ok(oidc_authorize_continue(au, &v, &done, &r, &e), e);
        check_int(granted(au, &r).acr, 4);
        again = ask(au, asks[i], &done.session);
        check_int(again.kind, AUTHORIZE_SIGN_IN);
        again = ask(au, silent, &done.session);
        check_error(&again, "interaction_required");
        again = ask(au, GOOD, &done.session); /* not even unasked */
        check_int(granted(au, &again).acr, 3);
    }
}

TEST(the_highest_level_must_be_a_minute_old_at_most)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct authorize_reply r = ask(au, GOOD ACR_ESSENTIAL("4"), NULL);
    struct login_done done = step_up(au, &r, "[\"pwd\",\"hwk\",\"face\"]");

    fixture_clock.fixed_ms += 61000;
    check_ok(oidc_authorize_continue(au, &v, &done, &r, &e), e);
    check_error(&r, "unmet_authentication_requirements");
}

TEST(a_clients_least_level_holds_whatever_is_asked)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done = world_login(au);
    struct client c = registered(au);
    struct authorize_reply r;

    c.acr_least = 3;
    register_again(au, &c);
    r = ask(au, GOOD "&acr_values=urn:vn:loa:1", &done.session);
    check_int(r.kind, AUTHORIZE_SIGN_IN);
    check_int(r.login.acr, 3);
    done = step_up(au, &r, "[\"pwd\",\"otp\"]");
    check_ok(oidc_authorize_continue(au, &v, &done, &r, &e), e);
    check_error(&r, "unmet_authentication_requirements");
}
