/* What a portal wants the population database to confirm, beyond what the installation asks. */
#include "auth/oidc_authorize.h"

#include "conf/conf.h"
#include "tests/auth/asking.h"
#include "tests/fixture.h"

static struct auth *here(enum client_register policy)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    struct client c;

    world_conf()->person.policy = STR("skip");
    world_conf()->person.cache_s = 0;
    (void)world_client(au);
    c = registered(au);
    c.register_policy = policy;
    c.register_own = true;
    register_again(au, &c);
    return au;
}

/* Signs in where the reply leads; the error's code when that fails. */
static enum err_code signed_in(struct auth *au, const struct authorize_reply *r,
                               struct login_done *done)
{
    const struct visit v = world_visit();
    struct err why = { .code = ERR_NONE };
    struct str browser;
    const struct login l = world_sent(au, &r->login, &browser);
    const struct form back = world_callback(&l);

    (void)!login_return(au, &v, &back, browser, STR(""), done, &why).failed;
    return why.code;
}

TEST(a_session_that_no_register_confirmed_is_not_enough_where_a_portal_requires_it)
{
    struct auth *au = here(CLIENT_REGISTER_REQUIRE);
    struct login_done own = world_login(au), done;
    struct authorize_reply r;

    check(!own.session.checked && !own.session.degraded);
    check_int(upstream()->population_calls, 0);
    check_str(str_c(err_oauth(ask(au, GOOD "&prompt=none", &own.session).error.code)),
              "interaction_required");
    r = ask(au, GOOD, &own.session);
    check_int(r.kind, AUTHORIZE_SIGN_IN);
    check_int(signed_in(au, &r, &done), ERR_NONE);
    check_int(upstream()->population_calls, 1);
    check(done.session.checked);
    check_int(ask(au, GOOD, &done.session).kind, AUTHORIZE_REDIRECT);
    check_int(ask(au, GOOD "&prompt=none", &done.session).error.code, ERR_NONE);
}

TEST(a_register_that_does_not_answer_keeps_out_where_it_is_required_and_only_there)
{
    struct auth *au = here(CLIENT_REGISTER_REQUIRE);
    struct authorize_reply r = ask(au, GOOD, NULL);
    struct login_done done;
    struct client c = registered(au);

    upstream()->population_status = 503;
    check_int(signed_in(au, &r, &done), ERR_UPSTREAM_DOWN);
    c.register_policy = CLIENT_REGISTER_PREFER;
    c.register_own = true;
    register_again(au, &c);
    r = ask(au, GOOD, NULL);
    check_int(signed_in(au, &r, &done), ERR_NONE);
    check(done.session.degraded && !done.session.checked);
    check_int(ask(au, GOOD, &done.session).kind, AUTHORIZE_REDIRECT); /* it was asked */
    c.register_policy = CLIENT_REGISTER_REQUIRE;
    c.register_own = true;
    register_again(au, &c);
    check_int(ask(au, GOOD, &done.session).kind, AUTHORIZE_SIGN_IN); /* perhaps it answers now */
}

TEST(a_portal_that_does_not_mind_takes_any_session)
{
    struct auth *au = here(CLIENT_REGISTER_SKIP);
    struct login_done own = world_login(au);

    check_int(ask(au, GOOD, &own.session).kind, AUTHORIZE_REDIRECT);
}
