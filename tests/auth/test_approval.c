#include "auth/approval.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "conf/conf.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;

struct stage {
    struct auth *au;
    struct visit visit;
    struct client client;
    struct session session;
    struct approval approval;
    struct str bearer, code;
};

static struct stage staged(const char *kind)
{
    struct stage s = { .au = world(fixture_pool(), fixture_kv(), &fixture_clock),
                       .visit = world_visit() };
    const bool device = str_is(str_c(kind), "device");

    s.client = world_client(s.au);
    s.session = world_login(s.au).session;
    s.approval = (struct approval){ .kind = kind,
                                    .client_id = s.client.id,
                                    .scope = STR("openid"),
                                    .resources = STR(""),
                                    .person = device ? STR("") : s.session.id_index,
                                    .binding = device ? STR("") : STR("Q7"),
                                    .notify = STR(""),
                                    .expires_ms = FIXTURE_NOW_MS + (int64_t)APPROVAL_TTL_S * 1000 };
    check_ok(approval_make(s.au, &s.visit, &s.approval, &s.bearer, &s.code, &e), e);
    return s;
}

static result take(struct stage *s, struct grant *g)
{
    fixture_clock.fixed_ms += 61000; /* whatever the interval has become */
    return approval_take(s->au, &s->visit, s->approval.kind, s->bearer, &s->client, g, &e);
}

TEST(every_pair_of_state_and_event_is_a_row_or_refused)
{
    static const char *const want[APPROVAL_STATE_COUNT][APPROVAL_EVENT_COUNT] = {
        { "APPROVED", "DENIED", "WAITING" },
        { "APPROVED", NULL, "TAKEN" },
        { NULL, "DENIED", "DENIED" },
        { "TAKEN", NULL, "TAKEN" },
    };

    for (int s = 0; s < APPROVAL_STATE_COUNT; s++)
        for (int ev = 0; ev < APPROVAL_EVENT_COUNT; ev++) {
            enum approval_state next = APPROVAL_WAITING;
            enum approval_action action;
            const bool listed =
                approval_next((enum approval_state)s, (enum approval_event)ev, &next, &action);

            check(listed == (want[s][ev] != NULL));
            if (listed)
                check_str(str_c(approval_state_name(next)), want[s][ev]);
        }
}

TEST_STORE(a_device_gets_the_grant_once_after_the_yes)
{
    struct stage s = staged("device");
    struct approval found;
    struct grant g;
    bool revoked;

    check_fails(take(&s, &g), e, ERR_PENDING);
    check_ok(approval_find(s.au, &s.visit, &s.session, s.code, &found, &e), e);
    check_same(found.id, s.approval.id);
    s.session.auth_time_s = clock_now_s(&fixture_clock);
    check_ok(approval_answer(s.au, &s.visit, &s.session, &found, true, &e), e);
    check_ok(take(&s, &g), e);
    check_same(g.account, s.session.account);
    check(!str_eq(g.sid, s.session.sid)); /* a session of its own */
    check_fails(take(&s, &g), e, ERR_BAD_GRANT);
    check_ok(grant_is_revoked(s.au, s.visit.arena, g.id, &revoked, &e), e);
    check(revoked);
}

TEST_STORE(a_no_is_final_and_time_ends_everything)
{
    struct stage s = staged("ciba");
    struct approval *list, again;
    struct grant g;
    size_t n;

    check_ok(approval_list(s.au, s.visit.arena, &s.session, &list, &n, &e), e);
    check_int(n, 1);
    check_str(list[0].binding, "Q7");
    check_ok(approval_answer(s.au, &s.visit, &s.session, &list[0], false, &e), e);
    check_ok(approval_load(s.au, s.visit.arena, s.approval.id, &again, &e), e);
    check_fails(approval_answer(s.au, &s.visit, &s.session, &again, true, &e), e, ERR_WRONG_STATE);
    check_fails(take(&s, &g), e, ERR_DENIED);
    check_ok(approval_list(s.au, s.visit.arena, &s.session, &list, &n, &e), e);
    check_int(n, 0);
    fixture_clock.fixed_ms = s.approval.expires_ms;
    check_fails(take(&s, &g), e, ERR_EXPIRED);
    check_fails(approval_load(s.au, s.visit.arena, s.approval.id, &again, &e), e, ERR_NOT_FOUND);
}

TEST(only_the_person_who_was_asked_and_freshly_and_strongly_enough)
{
    struct stage s = staged("ciba");
    struct session other = s.session;

    other.id_index = STR("of-somebody-else");
    check_fails(approval_check(s.au, &other, &s.approval, &e), e, ERR_NOT_FOUND);
    check_ok(approval_check(s.au, &s.session, &s.approval, &e), e);
    fixture_clock.fixed_ms += (APPROVAL_FRESH_S + 1) * 1000;
    check_fails(approval_check(s.au, &s.session, &s.approval, &e), e, ERR_WEAK_SIGN_IN);
    s.session.auth_time_s = clock_now_s(&fixture_clock);
    s.approval.acr = 3;
    check_fails(approval_check(s.au, &s.session, &s.approval, &e), e, ERR_WEAK_SIGN_IN);
    s.approval.acr = 4;
    s.session.acr = 4;
    check_ok(approval_check(s.au, &s.session, &s.approval, &e), e);
    fixture_clock.fixed_ms += 61000;
    check_fails(approval_check(s.au, &s.session, &s.approval, &e), e, ERR_WEAK_SIGN_IN);
    s.session.pay_only = true;
    check_fails(approval_check(s.au, &s.session, &s.approval, &e), e, ERR_BUSINESS_STATUS);
}

static result ask_again(struct stage *s)
{
    struct approval ap = s->approval;

    ap.expires_ms = clock_now_ms(s->au->clock) + (int64_t)APPROVAL_TTL_S * 1000;
    TRY(approval_make(s->au, &s->visit, &ap, &s->bearer, &s->code, &e));
    s->approval = ap;
    return OK;
}

static void refuse_all(struct stage *s)
{
    struct approval *list;
    size_t n;

    s->session.auth_time_s = clock_now_s(s->au->clock);
    check_ok(approval_list(s->au, s->visit.arena, &s->session, &list, &n, &e), e);
    for (size_t i = 0; i < n; i++)
        check_ok(approval_answer(s->au, &s->visit, &s->session, &list[i], false, &e), e);
}

TEST_STORE(a_person_is_not_asked_without_end)
{
    struct stage s = staged("ciba"), other;
    const int64_t open = s.au->conf->auth.ciba_open_max, hour = s.au->conf->auth.ciba_hour_max;
    int64_t asked = 1;

    for (; asked < open; asked++)
        check_ok(ask_again(&s), e);
    check_fails(ask_again(&s), e, ERR_ASKED_TOO_OFTEN); /* so many wait */
    other = s;
    other.approval.person = STR("of-somebody-else");
    check_ok(ask_again(&other), e);
    other.approval = s.approval;
    other.approval.kind = "device";
    other.approval.person = STR("");
    check_ok(ask_again(&other), e);
    for (; asked < hour; asked++) {
        refuse_all(&s);
        check_ok(ask_again(&s), e);
    }
    refuse_all(&s);
    check_fails(ask_again(&s), e, ERR_ASKED_TOO_OFTEN); /* though none waits */
    check_str(str_c(err_oauth(e.code)), "access_denied");
    fixture_clock.fixed_ms += 3600 * 1000 + 1;
    check_ok(ask_again(&s), e);
}

struct asker {
    struct stage *stage;
    pthread_barrier_t *start;
    bool made;
};

static void *asker_run(void *arg)
{
    struct asker *r = arg;
    DEFER(arena_close) struct arena *a = arena_open(1 << 20);
    const struct visit v = { .arena = a, .request_id = STR("r"), .ip = STR("203.0.113.7") };
    struct approval ap = r->stage->approval;
    struct err why = { 0 };
    struct str bearer, code;

    (void)pthread_barrier_wait(r->start);
    r->made = !approval_make(r->stage->au, &v, &ap, &bearer, &code, &why).failed;
    must(r->made || why.code == ERR_ASKED_TOO_OFTEN);
    return NULL;
}

TEST_STORE(of_many_who_ask_a_person_at_once_no_more_than_some_get_through)
{
    struct stage s = staged("ciba");
    struct asker askers[8];
    pthread_t threads[LEN(askers)];
    pthread_barrier_t start;
    int made = 1;

    must(pthread_barrier_init(&start, NULL, LEN(askers)) == 0);
    for (size_t i = 0; i < LEN(askers); i++) {
        askers[i] = (struct asker){ &s, &start, false };
        must(pthread_create(&threads[i], NULL, asker_run, &askers[i]) == 0);
    }
    for (size_t i = 0; i < LEN(askers); i++) {
        (void)pthread_join(threads[i], NULL);
        made += askers[i].made;
    }
    (void)pthread_barrier_destroy(&start);
    check_int(made, s.au->conf->auth.ciba_open_max);
}

TEST(what_a_client_asked_that_left_is_not_in_the_way_of_others)
{
    struct stage s = staged("ciba");
    struct approval *list;
    size_t n;

    check_ok(client_disable(s.au, &s.visit, s.client.id, true, &e), e);
    check_ok(approval_list(s.au, s.visit.arena, &s.session, &list, &n, &e), e);
    check_int(n, 0);
    check_ok(client_disable(s.au, &s.visit, s.client.id, false, &e), e);
    check_ok(approval_list(s.au, s.visit.arena, &s.session, &list, &n, &e), e);
    check_int(n, 1);
    check_ok(client_remove(s.au, &s.visit, s.client.id, &e), e);
    check_ok(approval_list(s.au, s.visit.arena, &s.session, &list, &n, &e), e);
    check_int(n, 0);
}

TEST(the_highest_level_is_told_of_a_sign_in_of_this_minute_only)
{
    static const int64_t ages_s[] = { 60, 61 };
    static const int told[LEN(ages_s)] = { 4, 3 };
    struct stage s = staged("device");
    struct grant g;

    s.session.acr = 4;
    for (size_t i = 0; i < LEN(ages_s); i++) {
        check_ok(approval_make(s.au, &s.visit, &s.approval, &s.bearer, &s.code, &e), e);
        s.session.auth_time_s = clock_now_s(&fixture_clock) - ages_s[i];
        check_ok(approval_answer(s.au, &s.visit, &s.session, &s.approval, true, &e), e);
        check_ok(take(&s, &g), e);
        check_int(g.acr, told[i]);
    }
}

TEST_KV(asking_too_soon_makes_it_slower_and_guessing_ends)
{
    struct stage s = staged("device");
    struct approval found;
    struct grant g;

    check_fails(approval_take(s.au, &s.visit, "device", s.bearer, &s.client, &g, &e), e,
                ERR_PENDING);
    check_fails(approval_take(s.au, &s.visit, "device", s.bearer, &s.client, &g, &e), e,
                ERR_SLOW_DOWN);
    check_fails(approval_take(s.au, &s.visit, "ciba", s.bearer, &s.client, &g, &e), e,
                ERR_BAD_GRANT);
    check_fails(approval_take(s.au, &s.visit, "device", STR("guessed"), &s.client, &g, &e), e,
                ERR_BAD_GRANT);
    for (int i = 0; i < 9; i++)
        check_fails(approval_find(s.au, &s.visit, &s.session, STR("BBBB-BBBB"), &found, &e), e,
                    ERR_NOT_FOUND);
    /* A right one, of a kiosk of one's own, gives no new tries. */
    check_ok(approval_find(s.au, &s.visit, &s.session, s.code, &found, &e), e);
    check_fails(approval_find(s.au, &s.visit, &s.session, s.code, &found, &e), e, ERR_TOO_MANY);
}
