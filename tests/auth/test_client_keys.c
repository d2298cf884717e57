#include "auth/client_keys.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auth/client_metadata.h"
#include "base/clock.h"
#include "base/json.h"
#include "conf/conf.h"
#include "http/server.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

#define X                                                                                          \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","      \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define SET(kid) "{\"keys\":[{" X ",\"kid\":\"" kid "\"}]}"

static struct err e;
static struct server *site;
static struct {
    const char *body;
    int status, calls;
    int64_t wait_ms;
} answer;

static const int place;
static const struct route routes[] = {
    { METHOD_GET, "/keys", ROUTE_SLOW, 0, &place },
};

static void serve(void *app, const struct route *route, struct request *rq, struct response *rs)
{
    const struct timespec pause = { answer.wait_ms / 1000, answer.wait_ms % 1000 * 1000000 };

    (void)app, (void)route, (void)rq;
    answer.calls++;
    (void)nanosleep(&pause, NULL);
    if (answer.status == 303)
        response_redirect(rs, STR("http://127.0.0.1:1/keys"));
    else
        response_body(rs, answer.status, "application/json", str_c(answer.body));
}

static void refuse(void *app, struct request *rq, enum err_code code, struct response *rs)
{
    (void)app, (void)rq, (void)code;
    response_body(rs, 404, "text/plain", STR("no"));
}

static void site_end(void)
{
    server_stop(site);
    server_close(&site);
}

static struct client with_keys_at(struct auth *au)
{
    static struct clock system;
    const struct server_config c = { .listen = STR("127.0.0.1:0"),
                                     .fast_workers = 1,
                                     .slow_workers = 8,
                                     .queue_max = 64,
                                     .connections_max = 64,
                                     .idle_ms = 10000,
                                     .deadline_ms = 10000,
                                     .drain_ms = 100,
                                     .clock = &system,
                                     .routes = routes,
                                     .route_count = LEN(routes),
                                     .serve = serve,
                                     .refuse = refuse };
    struct client client = client_defaults(au, CLIENT_FAPI2);

    system = clock_system();
    check_ok(server_open(&c, &site, &e), e);
    (void)atexit(site_end);
    answer.status = 200;
    answer.body = SET("one");
    client.id = STR("keyed");
    client.jwks_uri = str_fmt(test_arena(), "http://127.0.0.1:%d/keys", server_port(site));
    return client;
}

static struct auth *here(void)
{
    return world(fixture_pool(), fixture_kv(), &fixture_clock);
}

static result find(const struct client *c, const char *kid)
{
    DEFER(key_set_close) struct key_set *set = NULL;

    e = (struct err){ 0 };
    return client_keys_find(here(), test_arena(), c, str_c(kid), &set, &e);
}

TEST(keys_are_fetched_once_and_used_for_ten_minutes)
{
    const struct client c = with_keys_at(here());

    for (int i = 0; i < 20; i++)
        check_ok(find(&c, "one"), e);
    check_int(answer.calls, 1);
    fixture_clock.fixed_ms += 10 * 60 * 1000;
    answer.body = SET("two");
    check_ok(find(&c, "two"), e);
    check_int(answer.calls, 2);
}

TEST(a_flood_of_unknown_kids_fetches_once_a_minute)
{
    const struct client c = with_keys_at(here());

    for (int i = 0; i < 50; i++)
        check_ok(find(&c, str_cstr(test_arena(), str_fmt(test_arena(), "x%d", i))), e);
    check_int(answer.calls, 1);
    fixture_clock.fixed_ms += 60 * 1000;
    for (int i = 0; i < 50; i++)
        check_ok(find(&c, str_cstr(test_arena(), str_fmt(test_arena(), "y%d", i))), e);
    check_int(answer.calls, 2);
}

TEST(an_address_that_fails_is_not_asked_again_at_once_and_the_old_set_goes_on_for_hours)
{
    const struct client c = with_keys_at(here());

    answer.status = 500;
    check_fails(find(&c, "one"), e, ERR_UPSTREAM_BAD);
    check_fails(find(&c, "one"), e, ERR_UPSTREAM_DOWN);
    check_int(answer.calls, 1);
    fixture_clock.fixed_ms += 60 * 1000;
    answer.status = 200;
    check_ok(find(&c, "one"), e);
    answer.status = 500;
    fixture_clock.fixed_ms += 5LL * 3600 * 1000;
    check_ok(find(&c, "one"), e);
    check_int(answer.calls, 3);
    fixture_clock.fixed_ms += 1LL * 3600 * 1000;
    check(find(&c, "one").failed);
}

TEST(what_is_no_set_of_public_keys_is_refused)
{
    static const char *const bodies[] = {
        "",
        "<html>",
        "[]",
        "{}",
        "{\"keys\":[]}",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
        "{\"keys\":[{" X ",\"kid\":\"one\",\"d\":\"AAAA\"}]}",
        "{\"keys\":[{" X ",\"kid\":\"one\"},{" X ",\"kid\":\"one\"}]}",
    };
    const struct client c = with_keys_at(here());

    for (size_t i = 0; i < LEN(bodies); i++) {
        answer.body = bodies[i];
        check_fails(find(&c, "one"), e, ERR_UPSTREAM_BAD);
        fixture_clock.fixed_ms += 60 * 1000;
    }
    answer.status = 303;
    check_fails(find(&c, "one"), e, ERR_UPSTREAM_BAD);
    check_int(answer.calls, (int)LEN(bodies) + 1);
}

TEST(a_large_or_slow_answer_is_given_up)
{
    const struct client c = with_keys_at(here());
    char *large = arena_alloc(test_arena(), 70001);
    const int64_t start_ms = clock_monotonic_ms();

    memset(large, ' ', 70000);
    answer.body = large;
    check_fails(find(&c, "one"), e, ERR_UPSTREAM_BAD);
    fixture_clock.fixed_ms += 60 * 1000;
    answer.body = SET("one");
    answer.wait_ms = 6000;
    check_fails(find(&c, "one"), e, ERR_UPSTREAM_DOWN);
    check(clock_monotonic_ms() - start_ms < 5500);
}

struct finder {
    const struct client *client;
    enum err_code code;
};

static void *find_one(void *arg)
{
    struct finder *f = arg;
    DEFER(arena_close) struct arena *a = arena_open((size_t)4 << 20);
    DEFER(key_set_close) struct key_set *set = NULL;
    struct err why = { .code = ERR_NONE };

    (void)!client_keys_find(here(), a, f->client, STR("one"), &set, &why).failed;
    f->code = why.code;
    return NULL;
}

TEST(one_fetch_serves_those_who_wait_and_the_rest_are_told_to_come_again)
{
    const struct client c = with_keys_at(here());
    struct finder finders[6];
    pthread_t threads[LEN(finders)];
    int served = 0;

    answer.wait_ms = 500;
    for (size_t i = 0; i < LEN(finders); i++) {
        finders[i] = (struct finder){ .client = &c };
        check_int(pthread_create(&threads[i], NULL, find_one, &finders[i]), 0);
    }
    for (size_t i = 0; i < LEN(finders); i++) {
        check_int(pthread_join(threads[i], NULL), 0);
        check(finders[i].code == ERR_NONE || finders[i].code == ERR_BUSY);
        served += finders[i].code == ERR_NONE;
    }
    check_int(answer.calls, 1);
    check(served >= 1);
    check(served < (int)LEN(finders));
}

TEST(inside_our_networks_nothing_is_fetched)
{
    struct client c = with_keys_at(here());

    (void)here();
    world_conf()->service.national_systems = STR("real");
    check_fails(find(&c, "one"), e, ERR_INVALID);
    c.jwks_uri = str_fmt(test_arena(), "https://127.0.0.1:%d/keys", server_port(site));
    check_fails(find(&c, "one"), e, ERR_UPSTREAM_DOWN);
    check_int(answer.calls, 0);
}

TEST(inline_keys_are_preferred)
{
    struct client c = with_keys_at(here());

    c.jwks = STR(SET("inline"));
    check_ok(find(&c, "inline"), e);
    check_ok(find(&c, ""), e);
    check_int(answer.calls, 0);
    c.jwks = c.jwks_uri = STR("");
    check_fails(find(&c, "one"), e, ERR_INVALID);
}
