/* What happens when many redeem and refresh at once. */
#include <pthread.h>

#include "auth/oidc_token.h"
#include "base/arena.h"
#include "base/json.h"
#include "tests/auth/redeeming.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

/* Many at once: each thread has an arena and an error of its own. */
struct racer {
    struct auth *au;
    const char *form;
    pthread_barrier_t *start;
    const struct login_done *leaves; /* ends this session instead */
    bool won;
    char access[4096], refresh[128]; /* empty: none */
};

static void racer_keep(struct racer *r, struct str json)
{
    DEFER(json_close) struct json *o = NULL;
    struct str s;

    must(!json_read(json, &o, NULL).failed && json_str(json_member(o, "access_token"), &s));
    must(s.n < sizeof(r->access));
    memcpy(r->access, s.p, s.n);
    r->access[s.n] = '\0';
    if (!json_str(json_member(o, "refresh_token"), &s))
        return;
    must(s.n < sizeof(r->refresh));
    memcpy(r->refresh, s.p, s.n);
    r->refresh[s.n] = '\0';
}

static void *racer_run(void *arg)
{
    struct racer *r = arg;
    DEFER(arena_close) struct arena *a = arena_open(1 << 22);
    const struct visit v = { .arena = a, .request_id = STR("r"), .ip = STR("203.0.113.7") };
    struct form f;
    const struct api_call call = { .body = &f, .method = STR("POST"), .url = STR(HTU) };
    struct err why = { 0 };
    struct str json;

    must(!form_read(a, str_c(r->form), &f, &why).failed);
    (void)pthread_barrier_wait(r->start);
    if (r->leaves != NULL) {
        r->won = !session_end(r->au, &v, &r->leaves->session, &why).failed;
        return NULL;
    }
    r->won = !oidc_token(r->au, &v, &call, &json, &why).failed;
    must(r->won || why.code == ERR_BAD_GRANT);
    if (r->won)
        racer_keep(r, json);
    return NULL;
}

static int race(struct racer *racers, size_t n, struct auth *au, const char *form)
{
    pthread_t threads[64];
    pthread_barrier_t start;
    int won = 0;

    must(n <= LEN(threads) && pthread_barrier_init(&start, NULL, (unsigned)n) == 0);
    for (size_t i = 0; i < n; i++) {
        racers[i].au = au;
        racers[i].form = form;
        racers[i].start = &start;
        must(pthread_create(&threads[i], NULL, racer_run, &racers[i]) == 0);
    }
    for (size_t i = 0; i < n; i++) {
        (void)pthread_join(threads[i], NULL);
        won += racers[i].won;
    }
    (void)pthread_barrier_destroy(&start);
    return won;
}

static const char *by(const char *client, struct str rest)
{
    return str_cstr(test_arena(),
                    str_fmt(test_arena(), "client_id=%s&client_secret=" WORLD_SECRET "&%.*s",
                            client, STR_ARG(rest)));
}

TEST_KV(one_code_redeemed_by_sixty_four_threads_yields_one_set_and_then_none)
{
    static struct racer racers[64];
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("") };
    const struct str code = code_of(au, &done, &w);

    check_int(race(racers, LEN(racers), au, by("plain", redeem_form(code))), 1);
    for (size_t i = 0; i < LEN(racers); i++)
        check(!racers[i].won || !opens(au, str_c(racers[i].access)));
}

TEST_KV(sixteen_refreshes_at_once_all_succeed)
{
    static struct racer racers[16];
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("") };
    struct str json;

    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
    check_int(
        race(racers, LEN(racers), au, by("plain", refresh_form(member(json, "refresh_token"), ""))),
        16);
    for (size_t i = 0; i < LEN(racers); i++)
        check(opens(au, str_c(racers[i].access)));
}

TEST_KV(leaving_while_tokens_are_refreshed_ends_them_all)
{
    static struct racer racers[16];
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct wish w = { "plain", STR(""), STR("") };
    struct str json, refresh;

    check_ok(post(au, "plain", redeem_form(code_of(au, &done, &w)), NULL, &json), e);
    refresh = member(json, "refresh_token");
    racers[7].leaves = &done;
    (void)race(racers, LEN(racers), au, by("plain", refresh_form(refresh, "")));
    check(racers[7].won);
    for (size_t i = 0; i < LEN(racers); i++)
        check(racers[i].access[0] == '\0' || !opens(au, str_c(racers[i].access)));
    check(!opens(au, member(json, "access_token")));
    check_fails(post(au, "plain", refresh_form(refresh, ""), NULL, &json), e, ERR_BAD_GRANT);
}

TEST_KV(leaving_while_codes_are_redeemed_leaves_nothing_in_the_store)
{
    struct auth *au = here();
    const struct wish w = { "plain", STR(""), STR("") };

    for (int round = 0; round < 6; round++) {
        const struct login_done done = world_login(au);
        struct racer racers[3] = { { .leaves = &done } };

        (void)race(racers, LEN(racers), au, by("plain", redeem_form(code_of(au, &done, &w))));
        check(racers[0].won && !holds(au, done.session.sid));
        for (size_t i = 1; i < LEN(racers); i++)
            check(racers[i].refresh[0] == '\0' || !keeps(au, "refresh", str_c(racers[i].refresh)));
    }
}
