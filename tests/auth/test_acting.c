#include "auth/acting.h"

#include "auth/grant.h"
#include "auth/mandate.h"
#include "auth/organisation.h"
#include "auth/outgoing.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "tests/auth/firms.h"
#include "tests/fixture.h"

#include <stdio.h>

static struct err e;
static struct account dai, thu;
static struct organisation firm;
static struct client portal;
static struct session of_thu;

static struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();
    struct str token;

    dai = firm_person(au, "T1", DAI, DAI_NAME);
    thu = firm_person(au, "T2", WORLD_NUMBER, THU_NAME);
    firm_is(FIRM_CODE, "00", REP_DAI);
    check_ok(organisation_claim(au, &v, &dai, 2, STR(FIRM_CODE), &firm, &e), e);
    check_ok(session_make(au, &v, &thu, NULL, &of_thu, &token, &e), e);
    portal = (struct client){ .id = STR("portal"), .acting = CLIENT_ACTING_MAY };
    return au;
}

static struct mandate mandated(struct auth *au, const char *powers)
{
    const struct visit v = world_visit();
    const struct mandate_ask ask = { .organisation = firm.id,
                                     .number = STR(WORLD_NUMBER),
                                     .name = STR(THU_NAME),
                                     .powers = str_c(powers),
                                     .from = { 2026, 11, 23 },
                                     .until = { 2026, 12, 31 } };
    struct mandate m;

    check_ok(mandate_give(au, &v, &dai, &ask, &m, &e), e);
    check_ok(mandate_answer(au, &v, &thu, 2, m.id, true, &e), e);
    return m;
}

static size_t choices(struct auth *au, const struct session *s, const struct client *c,
                      struct acting *list, bool *incomplete)
{
    const struct visit v = world_visit();
    size_t n;

    check_ok(acting_list(au, &v, s, c, list, &n, incomplete, &e), e);
    return n;
}

static struct session session_of(const struct account *acc)
{
    return (struct session){ .account = acc->id, .level = acc->level, .kind = (int)acc->kind };
}

static struct grant grant_of(const struct account *acc, const char *role, struct str mandate)
{
    return (struct grant){ .id = grant_new_id(test_arena()),
                           .client_id = STR("portal"),
                           .account = acc->id,
                           .level = acc->level,
                           .sid = of_thu.sid,
                           .acting = firm.id,
                           .acting_role = str_c(role),
                           .mandate = mandate };
}

static result confirm(struct auth *au, const struct grant *g)
{
    const struct visit v = world_visit();

    e = (struct err){ 0 };
    return acting_confirm(au, &v, &portal, g, &e);
}

static bool is_revoked(struct auth *au, const struct grant *g)
{
    bool revoked;

    check_ok(grant_is_revoked(au, test_arena(), g->id, &revoked, &e), e);
    return revoked;
}

TEST_STORE(the_choice_lists_own_grounds_and_mandates_once)
{
    struct auth *au = here();
    const struct session s = session_of(&dai), t = session_of(&thu);
    struct acting list[ACTING_MAX];
    bool incomplete;

    check_int(choices(au, &s, &portal, list, &incomplete), 1);
    check(!incomplete);
    check_str(list[0].role, "legal_representative");
    check_same(list[0].organisation, firm.id);
    check_str(list[0].code, FIRM_CODE);
    check_int(choices(au, &t, &portal, list, &incomplete), 0);
    (void)mandated(au, "sign_in");
    (void)mandated(au, "sign_in pay");
    check_int(choices(au, &t, &portal, list, &incomplete), 1);
    check_str(list[0].role, "authorised");
}

TEST(powers_of_a_mandate_are_kept_apart)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct acting a;

    (void)mandated(au, "pay");
    check_fails(acting_check(au, &v, thu.id, 2, &portal, firm.id, &a, &e), e, ERR_MANDATE);
    check_ok(acting_check(au, &v, thu.id, 2, NULL, firm.id, &a, &e), e);
    (void)mandated(au, "sign_in");
    check_ok(acting_check(au, &v, thu.id, 2, &portal, firm.id, &a, &e), e);
    check_str(a.powers, "sign_in");
}

TEST(nobody_was_authorised_before_it_was_written)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct mandate_ask ask = { .organisation = firm.id,
                                     .number = STR(WORLD_NUMBER),
                                     .name = STR(THU_NAME),
                                     .powers = STR("sign_in"),
                                     .from = { 2019, 1, 1 },
                                     .until = { 2026, 12, 31 } };
    struct mandate m;
    struct acting a;

    check_ok(mandate_give(au, &v, &dai, &ask, &m, &e), e);
    check_ok(mandate_answer(au, &v, &thu, 2, m.id, true, &e), e);
    check_ok(acting_check(au, &v, thu.id, 2, &portal, firm.id, &a, &e), e);
    check_int(a.valid_from_ms, FIXTURE_NOW_MS);
}

TEST(of_two_mandates_the_one_that_allows_to_pay_counts_for_paying)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct acting a;

    (void)mandated(au, "pay");
    fixture_clock.fixed_ms++;
    (void)mandated(au, "bills"); /* the newer one */
    check_ok(acting_check(au, &v, thu.id, 2, NULL, firm.id, &a, &e), e);
    check_str(a.powers, "pay");
}

TEST_STORE(a_mandate_whose_giver_lost_the_ground_does_not_hide_anothers)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct account dong = firm_person(au, "T3", DONG, DONG_NAME), first = dai;
    struct organisation same;
    struct mandate good;
    struct acting a;

    good = mandated(au, "sign_in");
    firm_is(FIRM_CODE, "00", REP_DONG);
    check_ok(organisation_claim(au, &v, &dong, 2, STR(FIRM_CODE), &same, &e), e);
    dai = dong;
    good = mandated(au, "sign_in");
    dai = first;
    fixture_clock.fixed_ms++;
    firm_is(FIRM_CODE, "00", REP_DAI "," REP_DONG);
    (void)mandated(au, "sign_in"); /* the newest */
    fixture_clock.fixed_ms += world_conf()->auth.acting_max_age_s * 1000 + 1;
    firm_is(FIRM_CODE, "00", REP_DONG);
    check_ok(acting_check(au, &v, thu.id, 2, &portal, firm.id, &a, &e), e);
    check_same(a.mandate, good.id);
}

TEST(a_person_of_level_one_or_a_client_without_organisations_has_no_choice)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct session s = session_of(&dai);
    struct acting list[ACTING_MAX];
    bool incomplete;

    s.level = 1;
    check_int(choices(au, &s, &portal, list, &incomplete), 0);
    check_fails(acting_check(au, &v, dai.id, 1, &portal, firm.id, list, &e), e, ERR_FORBIDDEN);
    s.level = 2;
    portal.acting = CLIENT_ACTING_NO;
    check_int(choices(au, &s, &portal, list, &incomplete), 0);
    check_fails(acting_check(au, &v, dai.id, 2, &portal, firm.id, list, &e), e, ERR_FORBIDDEN);
}

TEST(a_register_that_is_down_leaves_the_choice_incomplete)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct session s = session_of(&dai);
    struct acting list[ACTING_MAX];
    bool incomplete;

    fixture_clock.fixed_ms += world_conf()->auth.acting_max_age_s * 1000 + 1;
    upstream()->business_status = 500;
    check_int(choices(au, &s, &portal, list, &incomplete), 0);
    check(incomplete);
    check_fails(acting_check(au, &v, dai.id, 2, &portal, firm.id, list, &e), e, ERR_UPSTREAM_DOWN);
}

TEST(who_may_only_pay_is_signed_in_nowhere_but_pays_here)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct session s = session_of(&dai);
    struct acting list[ACTING_MAX], a;
    bool incomplete;

    fixture_clock.fixed_ms += world_conf()->auth.acting_max_age_s * 1000 + 1;
    firm_is(FIRM_CODE, "07", REP_DAI);
    check_int(choices(au, &s, &portal, list, &incomplete), 1);
    check(list[0].pay_only);
    check_fails(acting_check(au, &v, dai.id, 2, &portal, firm.id, &a, &e), e, ERR_BUSINESS_STATUS);
    check_ok(acting_check(au, &v, dai.id, 2, NULL, firm.id, &a, &e), e);
    check(a.pay_only);
}

TEST(an_organisation_account_acts_for_its_organisation_at_any_level)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct vneid_claims c = { .tech_id = STR("T9"),
                                    .kind = VNEID_ENTERPRISE,
                                    .level = 1,
                                    .name = STR(DAI_NAME),
                                    .number = STR(DAI),
                                    .business_code = STR(FIRM_CODE) };
    const struct account acc = firm_account(au, &c);
    const struct session s = session_of(&acc);
    struct acting list[ACTING_MAX], a;
    bool incomplete;

    check_int(choices(au, &s, &portal, list, &incomplete), 1);
    check_str(list[0].role, "organisation_account");
    check_same(list[0].organisation, firm.id);
    check_ok(acting_check(au, &v, acc.id, 1, &portal, firm.id, &a, &e), e);
}

TEST_STORE(tokens_of_a_mandate_are_refused_and_taken_back_when_it_ends)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct mandate m = mandated(au, "sign_in");
    const struct grant g = grant_of(&thu, "authorised", m.id);
    const struct grant own = { .id = STR("gr_own"), .account = thu.id };
    struct outgoing_row *told;
    size_t n;

    check_ok(session_join(au, &v, &of_thu, STR("portal"), STR("sub-of-firm"), firm.id, &e), e);
    check_ok(session_join(au, &v, &of_thu, STR("other"), STR("sub-of-thu"), STR(""), &e), e);
    check_ok(confirm(au, &g), e);
    check_ok(confirm(au, &g), e);
    check_ok(confirm(au, &own), e);
    check(!is_revoked(au, &g));
    check_ok(mandate_revoke(au, &v, &dai, m.id, &e), e);
    check(is_revoked(au, &g));
    check(!is_revoked(au, &own));
    check_fails(confirm(au, &g), e, ERR_BAD_GRANT);
    /* the portal is told, and only the one where the person acts for the firm */
    check_ok(outgoing_of_session(au, test_arena(), of_thu.sid, &told, &n, &e), e);
    check_int(n, 1);
    check_str(told[0].client_id, "portal");
}

TEST_STORE(who_no_longer_represents_loses_their_grants_and_those_of_their_mandates)
{
    struct auth *au = here();
    const struct mandate m = mandated(au, "sign_in");
    const struct grant by_mandate = grant_of(&thu, "authorised", m.id);
    const struct grant own = grant_of(&dai, "legal_representative", STR(""));

    check_ok(confirm(au, &by_mandate), e);
    check_ok(confirm(au, &own), e);
    fixture_clock.fixed_ms += world_conf()->auth.acting_max_age_s * 1000 + 1;
    upstream()->business_status = 500;
    check_fails(confirm(au, &own), e, ERR_UPSTREAM_DOWN);
    check(!is_revoked(au, &own));
    upstream()->business_status = 200;
    firm_is(FIRM_CODE, "00", REP_DONG);
    check_fails(confirm(au, &own), e, ERR_BAD_GRANT);
    check(is_revoked(au, &own));
    check(is_revoked(au, &by_mandate));
}

TEST(a_ground_other_than_the_chosen_one_does_not_do)
{
    struct auth *au = here();
    const struct mandate m = mandated(au, "sign_in");
    const struct grant as_representative = grant_of(&thu, "legal_representative", STR(""));
    const struct grant by_another = grant_of(&thu, "authorised", STR("mnd_other"));
    const struct grant by_this = grant_of(&thu, "authorised", m.id);

    check_fails(confirm(au, &as_representative), e, ERR_BAD_GRANT);
    check_fails(confirm(au, &by_another), e, ERR_BAD_GRANT);
    check_ok(confirm(au, &by_this), e);
    fixture_clock.fixed_ms += 1;
    (void)mandated(au, "sign_in"); /* a newer one takes nothing away */
    check_ok(confirm(au, &by_this), e);
    (void)mandated(au, "pay");
    check_ok(confirm(au, &by_this), e);
}

TEST(remembered_grants_are_purged_when_no_token_can_be_left)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct mandate m = mandated(au, "sign_in");
    const struct grant old = grant_of(&thu, "authorised", m.id);
    const struct grant fresh = grant_of(&thu, "authorised", m.id);

    world_conf()->auth.acting_max_age_s = 86400;
    check_ok(confirm(au, &old), e);
    fixture_clock.fixed_ms += (world_conf()->auth.session_max_s + 900) * 1000 + 1;
    check_ok(confirm(au, &fresh), e);
    check_ok(mandate_revoke(au, &v, &dai, m.id, &e), e);
    check(is_revoked(au, &fresh));
    check(!is_revoked(au, &old)); /* nothing of it is left to take back */
}

TEST_STORE(what_a_command_or_a_crash_left_standing_is_ended_by_the_next_round)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct mandate one = mandated(au, "sign_in"), two = mandated(au, "sign_in");
    const struct grant by_one = grant_of(&thu, "authorised", two.id);
    const struct grant own = grant_of(&dai, "legal_representative", STR(""));
    struct mandate m;
    bool did;

    check_ok(confirm(au, &by_one), e);
    check_ok(confirm(au, &own), e);
    check_ok(acting_tend(au, &did, &e), e);
    check(!did && !is_revoked(au, &by_one) && !is_revoked(au, &own));
    check_ok(mandate_revoke_by_staff(au, &v, STR("system"), two.id, &e), e);
    check(!is_revoked(au, &by_one)); /* another process: its store is not ours */
    check_ok(acting_tend(au, &did, &e), e);
    check(is_revoked(au, &by_one) && !is_revoked(au, &own));

    check_ok(organisation_leave(au, &v, dai.id, firm.id, &e), e); /* and there it stopped */
    check_ok(acting_tend(au, &did, &e), e);
    check(did && is_revoked(au, &own));
    check_ok(mandate_load(au, &v, one.id, &m, &e), e);
    check_int(m.state, MANDATE_REVOKED);
    check_ok(acting_tend(au, &did, &e), e);
    check(!did);
}
