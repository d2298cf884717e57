#include "auth/consent.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "tests/auth/asking.h"
#include "tests/fixture.h"

static struct err e;

static struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);

    (void)world_client(au);
    return au;
}

TEST(consent_is_asked_for_and_its_answer_belongs_to_the_session)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done = world_login(au), other = world_login(au);
    struct authorize_reply r = ask(au, GOOD "&prompt=consent&state=s1", &done.session), reply;
    struct form f;

    check_int(r.kind, AUTHORIZE_CONSENT);
    check_str(r.client.id, "portal");
    check_fails(oidc_authorize_consent(au, &v, &other.session, r.consent_id, true, &reply, &e), e,
                ERR_NOT_FOUND);
    r = ask(au, GOOD "&prompt=consent&state=s1", &done.session);
    check_ok(oidc_authorize_consent(au, &v, &done.session, r.consent_id, true, &reply, &e), e);
    f = world_query(reply.url);
    check(form_get(&f, "code").n > 0);
    check_fails(oidc_authorize_consent(au, &v, &done.session, r.consent_id, true, &reply, &e), e,
                ERR_NOT_FOUND);
    r = ask(au, GOOD "&prompt=consent&state=s1", &done.session);
    check_ok(oidc_authorize_consent(au, &v, &done.session, r.consent_id, false, &reply, &e), e);
    f = world_query(reply.url);
    check_str(form_get(&f, "error"), "access_denied");
    check_str(form_get(&f, "state"), "s1");
}

TEST(consent_by_prompt_is_remembered_and_listed)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done = world_login(au);
    struct authorize_reply r = ask(au, GOOD "&prompt=consent", &done.session), reply;
    struct consent *list;
    size_t count;

    check_ok(oidc_authorize_consent(au, &v, &done.session, r.consent_id, true, &reply, &e), e);
    check_ok(consent_list(au, test_arena(), done.account.id, &list, &count, &e), e);
    check_int(count, 1);
    check_str(list[0].client_id, "portal");
    check_str(list[0].scopes, "openid");
}

TEST_STORE(a_client_that_must_ask_asks_once_and_again_for_more_or_when_withdrawn)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done = world_login(au);
    struct client c = registered(au);
    struct authorize_reply r, reply;

    c.asks_consent = true;
    register_again(au, &c);
    r = ask(au, GOOD "&prompt=none", &done.session);
    check_error(&r, "consent_required");
    r = ask(au, GOOD, &done.session);
    check_int(r.kind, AUTHORIZE_CONSENT);
    check_ok(oidc_authorize_consent(au, &v, &done.session, r.consent_id, true, &reply, &e), e);
    check_str(granted(au, &reply).scope, "openid");
    r = ask(au, GOOD "&prompt=none", &done.session);
    check_str(granted(au, &r).scope, "openid");
    r = ask(au, GOOD "%20email&claims=%7B%22userinfo%22%3A%7B%22name%22%3Anull%7D%7D",
            &done.session);
    check_int(r.kind, AUTHORIZE_CONSENT);
    check_str(r.scope, "openid email");
    check_str(r.claims, "name");
    check_ok(oidc_authorize_consent(au, &v, &done.session, r.consent_id, true, &reply, &e), e);
    check_int(ask(au, GOOD, &done.session).kind, AUTHORIZE_REDIRECT); /* what was agreed before */
    check_int(ask(au, GOOD "%20phone", &done.session).kind, AUTHORIZE_CONSENT);
    check_ok(consent_withdraw(au, &v, done.account.id, STR("portal"), &e), e);
    check_fails(consent_withdraw(au, &v, done.account.id, STR("portal"), &e), e, ERR_NOT_FOUND);
    check_int(ask(au, GOOD, &done.session).kind, AUTHORIZE_CONSENT);
}

TEST_KV(withdrawing_what_was_never_given_leaves_no_mark)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct login_done done = world_login(au);
    struct client c = registered(au);
    bool taken_back;

    c.asks_consent = true;
    register_again(au, &c);
    check_fails(consent_withdraw(au, &v, done.account.id, STR("portal"), &e), e, ERR_NOT_FOUND);
    check_ok(consent_taken_back(au, test_arena(), done.account.id, STR("portal"),
                                clock_now_s(au->clock) - 1, &taken_back, &e),
             e);
    check(!taken_back);
}

TEST(an_agreement_ends_after_its_days)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct consent c = { .client_id = STR("portal"), .scopes = STR("openid") };
    struct login_done done = world_login(au);
    struct consent *list;
    size_t count;
    bool covered;

    check_ok(consent_give(au, &v, done.account.id, &c, &e), e);
    check_ok(consent_covers(au, test_arena(), done.account.id, &c, &covered, &e), e);
    check(covered);
    fixture_clock.fixed_ms += world_conf()->auth.consent_days * 86400000LL;
    check_ok(consent_covers(au, test_arena(), done.account.id, &c, &covered, &e), e);
    check(!covered);
    check_ok(consent_list(au, test_arena(), done.account.id, &list, &count, &e), e);
    check_int(count, 0);
}
