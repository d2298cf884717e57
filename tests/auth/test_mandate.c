#include "auth/mandate.h"

#include "auth/acting.h"
#include "auth/organisation.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "store/audit.h"
#include "tests/auth/firms.h"
#include "tests/fixture.h"

#include <stdio.h>

static struct err e;
static struct account dai, thu; /* who gives, and who receives */
static struct organisation firm;

static struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();

    dai = firm_person(au, "T1", DAI, DAI_NAME);
    thu = firm_person(au, "T2", WORLD_NUMBER, THU_NAME);
    firm_is(FIRM_CODE, "00", REP_DAI "," REP_DONG);
    check_ok(organisation_claim(au, &v, &dai, 2, STR(FIRM_CODE), &firm, &e), e);
    return au;
}

static struct mandate_ask good(void)
{
    return (struct mandate_ask){ .organisation = firm.id,
                                 .number = STR(WORLD_NUMBER),
                                 .name = STR(THU_NAME),
                                 .powers = STR("sign_in bills pay"),
                                 .amount_limit_vnd = 5000000,
                                 .from = { 2026, 11, 23 },
                                 .until = { 2026, 11, 24 } };
}

static result give(struct auth *au, const struct mandate_ask *ask, struct mandate *out)
{
    const struct visit v = world_visit();

    e = (struct err){ 0 };
    return mandate_give(au, &v, &dai, ask, out, &e);
}

static struct mandate given(struct auth *au)
{
    const struct mandate_ask ask = good();
    struct mandate m;

    check_ok(give(au, &ask, &m), e);
    return m;
}

static result answer(struct auth *au, const struct account *who, struct str id, bool yes)
{
    const struct visit v = world_visit();

    e = (struct err){ 0 };
    return mandate_answer(au, &v, who, who->level, id, yes, &e);
}

static result act(struct auth *au, const struct account *who, struct acting *out)
{
    const struct visit v = world_visit();

    e = (struct err){ 0 };
    return acting_check(au, &v, who->id, who->level, NULL, firm.id, out, &e);
}

static enum mandate_state state_of(struct auth *au, struct str id)
{
    const struct visit v = world_visit();
    struct mandate m;

    check_ok(mandate_load(au, &v, id, &m, &e), e);
    return m.state;
}

TEST(the_table_lists_every_pair_once_and_all_others_are_refused)
{
    /* rows: state, columns: accept decline revoke expire lose; -1: refused */
    static const int want[MANDATE_STATE_COUNT][MANDATE_EVENT_COUNT] = {
        { MANDATE_ACCEPTED, MANDATE_DECLINED, MANDATE_REVOKED, MANDATE_EXPIRED, MANDATE_REVOKED },
        { MANDATE_ACCEPTED, -1, MANDATE_REVOKED, MANDATE_EXPIRED, MANDATE_REVOKED },
        { -1, MANDATE_DECLINED, -1, -1, -1 },
        { -1, -1, MANDATE_REVOKED, MANDATE_REVOKED, MANDATE_REVOKED },
        { -1, -1, -1, MANDATE_EXPIRED, -1 },
    };
    enum mandate_state next;
    enum mandate_action action;

    for (int s = 0; s < MANDATE_STATE_COUNT; s++) {
        for (int ev = 0; ev < MANDATE_EVENT_COUNT; ev++) {
            const bool listed =
                mandate_next((enum mandate_state)s, (enum mandate_event)ev, &next, &action);

            check_int(listed ? (int)next : -1, want[s][ev]);
            if (listed && s == MANDATE_ACCEPTED && next != MANDATE_ACCEPTED)
                check_int(action, MANDATE_DO_END);
        }
    }
}

TEST_STORE(a_mandate_is_given_seen_accepted_and_used)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct mandate m = given(au);
    struct mandate_past *past;
    struct mandate *list;
    struct acting a;
    int64_t rows;
    size_t n;

    check_fails(act(au, &thu, &a), e, ERR_MANDATE); /* not yet accepted */
    check_ok(mandate_list_received(au, &v, &thu, &list, &n, &e), e);
    check_int(n, 1);
    check_same(list[0].id, m.id);
    check_str(list[0].number, WORLD_NUMBER);
    check_ok(answer(au, &thu, m.id, true), e);
    check_ok(answer(au, &thu, m.id, true), e); /* the button twice */
    check_ok(act(au, &thu, &a), e);
    check_str(a.role, "authorised");
    check_same(a.mandate, m.id);
    check_int(a.amount_limit_vnd, 5000000);
    check_str(a.name, FIRM_NAME);
    check_same(a.id_index, firm.id_index);
    check_int(a.valid_until_ms, clock_day_start_ms((struct date){ 2026, 11, 25 }));
    check_ok(mandate_history(au, test_arena(), m.id, &past, &n, &e), e);
    check_int(n, 2);
    check_str(past[0].role, "giver");
    check_str(past[1].state, "accepted");
    check_ok(audit_verify(au->sql, &rows, &e), e);
}

TEST(whoever_it_is_not_meant_for_neither_sees_nor_answers_it)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct mandate m = given(au);
    const struct account other = firm_person(au, "T3", DONG, DONG_NAME);
    struct account renamed = thu;
    struct mandate *list;
    size_t n;

    check_fails(answer(au, &other, m.id, true), e, ERR_NOT_FOUND);
    check_fails(answer(au, &other, m.id, false), e, ERR_NOT_FOUND);
    check_fails(answer(au, &dai, m.id, true), e, ERR_NOT_FOUND);
    check_fails(mandate_revoke(au, &v, &other, m.id, &e), e, ERR_NOT_FOUND);
    renamed.profile.name = STR("Trần Thị Khác"); /* a mistyped number */
    check_fails(answer(au, &renamed, m.id, true), e, ERR_NOT_FOUND);
    check_ok(mandate_list_received(au, &v, &renamed, &list, &n, &e), e);
    check_int(n, 0);
    thu.level = 1;
    check_fails(answer(au, &thu, m.id, true), e, ERR_FORBIDDEN);
    check_int(state_of(au, m.id), MANDATE_GIVEN);
}

TEST_STORE(many_that_nobody_accepted_hide_none_that_counts)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct mandate m = given(au);
    struct mandate_ask ask = good();
    struct mandate other, *list;
    struct acting a;
    size_t n;

    check_ok(answer(au, &thu, m.id, true), e);
    ask.name = STR("Người Khác");
    for (int i = 0; i < MANDATE_LIST_MAX; i++) {
        fixture_clock.fixed_ms++;
        check_ok(give(au, &ask, &other), e);
    }
    check_ok(act(au, &thu, &a), e);
    check_ok(mandate_list_given(au, &v, &dai, firm.id, &list, &n, &e), e);
    check_int(n, MANDATE_LIST_MAX);
    check_same(list[0].id, m.id);
    check_same(list[1].id, other.id);
}

TEST_STORE(an_organisation_has_so_many_open_mandates_and_one_that_ended_makes_room)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct conf conf = *au->conf;
    struct mandate_ask ask = good();
    struct mandate m;

    conf.auth.mandates_open_max = 2;
    au->conf = &conf;
    check_ok(give(au, &ask, &m), e);
    check_ok(give(au, &ask, &m), e);
    check_fails(give(au, &ask, &m), e, ERR_INVALID);
    check_str(str_c(e.field), "many");
    check_ok(mandate_revoke(au, &v, &dai, m.id, &e), e);
    check_ok(give(au, &ask, &m), e);
}

TEST_STORE(who_represents_no_longer_sees_there_what_they_gave_and_no_more)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct account dong = firm_person(au, "T3", DONG, DONG_NAME);
    const struct mandate_ask ask = good();
    const struct mandate m = given(au);
    struct organisation same;
    struct mandate other, *list;
    size_t n;

    check_ok(organisation_claim(au, &v, &dong, 2, STR(FIRM_CODE), &same, &e), e);
    check_ok(mandate_give(au, &v, &dong, &ask, &other, &e), e);
    check_ok(mandate_list_given(au, &v, &dong, firm.id, &list, &n, &e), e);
    check_int(n, 2);
    fixture_clock.fixed_ms += world_conf()->auth.acting_max_age_s * 1000 + 1;
    firm_is(FIRM_CODE, "00", REP_DONG);
    check_ok(mandate_list_given(au, &v, &dai, firm.id, &list, &n, &e), e);
    check_int(n, 1);
    check_same(list[0].id, m.id);
    check_ok(mandate_list_given(au, &v, &dong, firm.id, &list, &n, &e), e);
    check_int(n, 2);
    upstream()->business_status = 500;
    fixture_clock.fixed_ms += world_conf()->auth.acting_max_age_s * 1000 + 1;
    check_ok(mandate_list_given(au, &v, &dong, firm.id, &list, &n, &e), e);
    check_int(n, 1);
    check_same(list[0].id, other.id);
}

TEST(names_of_one_word_and_in_nfd_are_names)
{
    struct auth *au = here();
    struct mandate_ask ask = good();
    struct account dang = firm_person(au, "T3", "064195000067", "Đang");
    struct mandate m;

    ask.number = STR("064195000067");
    ask.name = STR("Đang");
    check_ok(give(au, &ask, &m), e);
    check_ok(answer(au, &dang, m.id, true), e);
    ask = good();
    ask.name = STR("Nguye\xCC\x82\xCC\x83n Va\xCC\x86n Thu\xCC\x9B\xCC\x89");
    check_ok(give(au, &ask, &m), e);
    check_str(m.name, THU_NAME);
    check_ok(answer(au, &thu, m.id, true), e);
}

TEST(what_cannot_be_given_is_refused_with_the_fields_name)
{
    struct auth *au = here();
    const struct {
        struct mandate_ask ask;
        const char *field;
    } cases[] = {
        { { .number = STR("12345") }, "number" },
        { { .number = STR(DAI) }, "number" }, /* the maker is not the receiver */
        { { .name = STR("\xff") }, "name" },
        { { .powers = STR("everything") }, "powers" },
        { { .powers = STR("pay  bills") }, "powers" },
        { { .functions = STR("Hồ sơ") }, "functions" },
        { { .amount_limit_vnd = -1 }, "limit" },
        { { .amount_limit_vnd = MANDATE_AMOUNT_VND_MOST + 1 }, "limit" },
        { { .from = { 2026, 2, 30 } }, "from" },
        { { .until = { 2026, 11, 22 } }, "until" },
        { { .from = { 2026, 11, 1 }, .until = { 2026, 11, 22 } }, "until" },
        { { .until = { 2031, 11, 24 } }, "until" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct mandate_ask ask = good();
        const struct mandate_ask *bad = &cases[i].ask;
        struct mandate m;

        ask.number = bad->number.n > 0 ? bad->number : ask.number;
        ask.name = bad->name.n > 0 ? bad->name : ask.name;
        ask.powers = bad->powers.n > 0 ? bad->powers : ask.powers;
        ask.functions = bad->functions;
        ask.amount_limit_vnd = bad->amount_limit_vnd;
        ask.from = bad->from.y > 0 ? bad->from : ask.from;
        ask.until = bad->until.y > 0 ? bad->until : ask.until;
        if (!give(au, &ask, &m).failed || e.code != ERR_INVALID ||
            !str_is(str_c(e.field), cases[i].field))
            test_fail(__FILE__, __LINE__, "case %zu: %s", i, e.field);
    }
}

TEST(only_a_representative_gives_and_nobody_passes_on)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct mandate m = given(au);
    struct mandate_ask ask = good();
    struct mandate other;

    check_ok(answer(au, &thu, m.id, true), e);
    ask.number = STR("048081000329");
    check_fails(mandate_give(au, &v, &thu, &ask, &other, &e), e, ERR_NOT_REPRESENTATIVE);
    dai.level = 1;
    check_fails(give(au, &ask, &other), e, ERR_FORBIDDEN);
}

TEST_STORE(either_side_and_any_representative_ends_it)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct account dong = firm_person(au, "T3", DONG, DONG_NAME);
    const struct account *who[] = { &dai, &thu, &dong };
    struct organisation org;
    struct acting a;

    check_ok(organisation_claim(au, &v, &dong, 2, STR(FIRM_CODE), &org, &e), e);
    for (size_t i = 0; i < LEN(who); i++) {
        const struct mandate m = given(au);

        check_ok(answer(au, &thu, m.id, true), e);
        check_ok(act(au, &thu, &a), e);
        check_ok(mandate_revoke(au, &v, who[i], m.id, &e), e);
        check_int(state_of(au, m.id), MANDATE_REVOKED);
        check_fails(act(au, &thu, &a), e, ERR_MANDATE);
        check_ok(mandate_revoke(au, &v, who[i], m.id, &e), e); /* twice is fine */
        check_fails(answer(au, &thu, m.id, true), e, ERR_WRONG_STATE);
    }
}

TEST(what_was_declined_or_taken_back_before_the_answer_stays_so)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct mandate one = given(au), two = given(au);

    check_ok(answer(au, &thu, one.id, false), e);
    check_fails(answer(au, &thu, one.id, true), e, ERR_WRONG_STATE);
    check_int(state_of(au, one.id), MANDATE_DECLINED);
    check_ok(mandate_revoke(au, &v, &dai, two.id, &e), e);
    check_fails(answer(au, &thu, two.id, true), e, ERR_WRONG_STATE);
}

TEST_STORE(it_counts_on_its_days_in_vietnam_and_expires_by_itself)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct mandate_ask ask = good();
    struct mandate m, waiting = given(au);
    struct acting a;
    bool did;

    world_conf()->auth.acting_max_age_s = 86400;
    ask.from = (struct date){ 2026, 11, 24 };
    check_ok(give(au, &ask, &m), e);
    check_ok(answer(au, &thu, m.id, true), e);
    check_fails(act(au, &thu, &a), e, ERR_MANDATE);
    fixture_clock.fixed_ms = clock_day_start_ms((struct date){ 2026, 11, 24 });
    check_ok(act(au, &thu, &a), e);
    fixture_clock.fixed_ms = clock_day_start_ms((struct date){ 2026, 11, 25 }) - 1;
    check_ok(act(au, &thu, &a), e);
    check_ok(mandate_expire_next(au, &v, &did, &e), e);
    check(!did);
    fixture_clock.fixed_ms++;
    check_ok(mandate_expire_next(au, &v, &did, &e), e);
    check(did);
    check_ok(mandate_expire_next(au, &v, &did, &e), e);
    check(did);
    check_ok(mandate_expire_next(au, &v, &did, &e), e);
    check(!did);
    check_int(state_of(au, m.id), MANDATE_EXPIRED);
    check_int(state_of(au, waiting.id), MANDATE_EXPIRED);
    check_fails(act(au, &thu, &a), e, ERR_MANDATE);
}

TEST_STORE(it_ends_with_the_ground_of_its_giver)
{
    struct auth *au = here();
    const struct mandate m = given(au);
    struct acting a;

    check_ok(answer(au, &thu, m.id, true), e);
    fixture_clock.fixed_ms += world_conf()->auth.acting_max_age_s * 1000 + 1;
    upstream()->business_status = 503;
    check_fails(act(au, &thu, &a), e, ERR_UPSTREAM_DOWN); /* down: nobody acts, nothing ends */
    check_int(state_of(au, m.id), MANDATE_ACCEPTED);
    upstream()->business_status = 200;
    firm_is(FIRM_CODE, "00", REP_DONG);
    check_fails(act(au, &thu, &a), e, ERR_MANDATE);
    check_int(state_of(au, m.id), MANDATE_REVOKED);
}

TEST(who_leaves_the_organisation_takes_the_mandates_along)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct mandate m = given(au);
    struct acting a;

    check_ok(answer(au, &thu, m.id, true), e);
    check_ok(acting_leave(au, &v, dai.id, firm.id, &e), e);
    check_int(state_of(au, m.id), MANDATE_REVOKED);
    check_fails(act(au, &dai, &a), e, ERR_MANDATE);
}

TEST(an_officer_ends_it_too)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct mandate m = given(au);
    struct mandate *list;
    size_t n;

    check_ok(mandate_list_all(au, &v, &list, &n, &e), e);
    check_int(n, 1);
    check_ok(mandate_revoke_by_staff(au, &v, STR("staff:ha"), m.id, &e), e);
    check_int(state_of(au, m.id), MANDATE_REVOKED);
    check_fails(mandate_revoke_by_staff(au, &v, STR("staff:ha"), STR("mnd_x"), &e), e,
                ERR_NOT_FOUND);
}
