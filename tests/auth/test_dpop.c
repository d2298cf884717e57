#include "auth/dpop.h"

#include <pthread.h>

#include "conf/conf.h"
#include "tests/auth/prover.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

#define HERE "https://id.example.vn/userinfo"

static struct err e;

static struct auth *here(void)
{
    return world(fixture_pool(), fixture_kv(), &fixture_clock);
}

static result give(struct auth *au, struct str proof, struct str token, struct str bound)
{
    const struct visit v = world_visit();
    const struct api_call call = {
        .dpop = proof, .dpop_count = 1, .method = STR("GET"), .url = STR(HERE)
    };
    struct str jkt = STR("");
    result r;

    e = (struct err){ 0 };
    r = dpop_check(au, &v, &call, token, bound, &jkt, &e);
    check(r.failed || str_eq(jkt, prover_jkt(0)));
    return r;
}

static result plain(struct auth *au, const struct prover *p)
{
    return give(au, prover_proof(p), STR(""), STR(""));
}

TEST(the_address_is_compared_by_what_it_means)
{
    static const struct {
        const char *htm, *htu;
        bool good;
    } cases[] = {
        { "GET", HERE, true },
        { "GET", HERE "?a=b", true },
        { "GET", HERE "#part", true },
        { "GET", HERE "?a=b#part", true },
        { "GET", "HTTPS://ID.Example.VN/userinfo", true },
        { "GET", "https://id.example.vn:443/userinfo", true },
        { "POST", HERE, false },
        { "get", HERE, false },
        { "GET", "https://id.example.vn/token", false },
        { "GET", "https://id.example.vn/userinfo/", false },
        { "GET", "https://id.example.vn/Userinfo", false },
        { "GET", "https://id.example.vn:80/userinfo", false },
        { "GET", "https://id.example.vn:8443/userinfo", false },
        { "GET", "http://id.example.vn/userinfo", false },
        { "GET", "https://id.example.vn.evil.example/userinfo", false },
        { "GET", "https://evil.example/https://id.example.vn/userinfo", false },
        { "GET", "https://evil.example?https://id.example.vn/userinfo", false },
        { "GET", "https://user@id.example.vn/userinfo", false },
        { "GET", "/userinfo", false },
        { "GET", "", false },
    };
    struct auth *au = here();

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct prover p = prover_new(au, cases[i].htm, cases[i].htu);
        const bool ok = !plain(au, &p).failed;

        if (ok != cases[i].good || (!ok && e.code != ERR_BAD_PROOF))
            test_fail(__FILE__, __LINE__, "%s %s: %s", cases[i].htm, cases[i].htu, e.detail);
    }
}

TEST(a_proof_is_good_for_a_minute)
{
    static const struct {
        int64_t off_s;
        bool good;
    } cases[] = { { -60, true }, { -61, false },   { 10, true },   { 11, false },
                  { 61, false }, { -3600, false }, { 3600, false } };
    struct auth *au = here();

    for (size_t i = 0; i < LEN(cases); i++) {
        struct prover p = prover_new(au, "GET", HERE);

        p.iat_s += cases[i].off_s;
        if (plain(au, &p).failed == cases[i].good)
            test_fail(__FILE__, __LINE__, "%lld: %s", (long long)cases[i].off_s, e.detail);
    }
}

TEST_KV(a_proof_counts_once)
{
    struct auth *au = here();
    struct prover p = prover_new(au, "GET", HERE);
    const struct str proof = prover_proof(&p);

    check_ok(give(au, proof, STR(""), STR("")), e);
    check_fails(give(au, proof, STR(""), STR("")), e, ERR_BAD_PROOF);
    /* another proof with the same jti and key is the same to us; what failed was not used up */
    p.jti = STR("mine");
    p.htm = "POST";
    check_fails(plain(au, &p), e, ERR_BAD_PROOF);
    p.htm = "GET";
    check_ok(plain(au, &p), e);
    p.htu = HERE "?again";
    check_fails(plain(au, &p), e, ERR_BAD_PROOF);
    fixture_clock.fixed_ms += 59000; /* as long as it is fresh by its iat */
    check_fails(plain(au, &p), e, ERR_BAD_PROOF);
}

struct race {
    struct auth *au;
    struct str proof, jkt;
    pthread_barrier_t *start;
    bool passed;
};

static void *race_run(void *arg)
{
    struct race *r = arg;
    DEFER(arena_close) struct arena *a = arena_open(1 << 20);
    const struct visit v = { .arena = a };
    const struct api_call call = {
        .dpop = r->proof, .dpop_count = 1, .method = STR("GET"), .url = STR(HERE)
    };
    struct err why = { 0 };
    struct str jkt;

    (void)pthread_barrier_wait(r->start);
    r->passed = !dpop_check(r->au, &v, &call, STR(""), STR(""), &jkt, &why).failed;
    return NULL;
}

TEST_KV(of_thirty_two_uses_at_once_one_passes)
{
    struct auth *au = here();
    const struct prover p = prover_new(au, "GET", HERE);
    struct race races[32];
    pthread_t threads[LEN(races)];
    pthread_barrier_t start;
    int passed = 0;

    must(pthread_barrier_init(&start, NULL, LEN(races)) == 0);
    races[0] = (struct race){ .au = au, .proof = prover_proof(&p), .start = &start };
    for (size_t i = 0; i < LEN(races); i++) {
        races[i] = races[0];
        must(pthread_create(&threads[i], NULL, race_run, &races[i]) == 0);
    }
    for (size_t i = 0; i < LEN(races); i++) {
        (void)pthread_join(threads[i], NULL);
        passed += races[i].passed;
    }
    (void)pthread_barrier_destroy(&start);
    check_int(passed, 1);
}

TEST(with_a_token_goes_its_hash_and_its_key)
{
    struct auth *au = here();
    struct prover p = prover_new(au, "GET", HERE);
    const struct str token = STR("an.access.token");

    check_fails(give(au, prover_proof(&p), token, prover_jkt(0)), e, ERR_BAD_PROOF);
    p.token = STR("another.access.token");
    check_fails(give(au, prover_proof(&p), token, prover_jkt(0)), e, ERR_BAD_PROOF);
    p.token = token;
    check_ok(give(au, prover_proof(&p), token, prover_jkt(0)), e);
    check_fails(give(au, prover_proof(&p), token, prover_jkt(1)), e, ERR_BAD_PROOF);
    p.more = STR(",\"ath\":7");
    check_fails(give(au, prover_proof(&p), token, prover_jkt(0)), e, ERR_BAD_PROOF);
}

TEST(what_is_no_single_proof_is_refused)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct prover p = prover_new(au, "GET", HERE);
    struct api_call call = { .method = STR("GET"), .url = STR(HERE) };
    struct str jkt = STR("x");

    check_ok(dpop_check(au, &v, &call, STR(""), STR(""), &jkt, &e), e);
    check_int(jkt.n, 0);
    call.dpop = prover_proof(&p);
    call.dpop_count = 2;
    check_fails(dpop_check(au, &v, &call, STR(""), STR(""), &jkt, &e), e, ERR_BAD_PROOF);
    check_fails(give(au, STR(""), STR(""), STR("")), e, ERR_BAD_PROOF);
    check_fails(give(au, STR("not a token"), STR(""), STR("")), e, ERR_BAD_PROOF);
    check_fails(give(au,
                     str_fmt(test_arena(), "%.*s, %.*s", STR_ARG(call.dpop), STR_ARG(call.dpop)),
                     STR(""), STR("")),
                e, ERR_BAD_PROOF);
}

TEST(a_nonce_of_ours_stands_for_the_clock)
{
    struct auth *au = here();
    struct prover p = prover_new(au, "GET", HERE);
    struct arena *a = test_arena();

    world_conf()->auth.dpop_nonce = STR("on");
    check_fails(plain(au, &p), e, ERR_NEED_NONCE);
    p.more = STR(",\"nonce\":\"mine\"");
    check_fails(plain(au, &p), e, ERR_NEED_NONCE);
    p.more = str_fmt(a, ",\"nonce\":\"%.*s\"", STR_ARG(dpop_nonce(au, a)));
    p.iat_s -= 3600;
    check_ok(plain(au, &p), e);
    fixture_clock.fixed_ms += 60000;
    check_ok(plain(au, &p), e);
    fixture_clock.fixed_ms += 60000;
    check_fails(plain(au, &p), e, ERR_NEED_NONCE);
    p.more = str_fmt(a, ",\"nonce\":\"%.*s\",\"exp\":%lld", STR_ARG(dpop_nonce(au, a)),
                     (long long)(clock_now_s(au->clock) - 60));
    check_fails(plain(au, &p), e, ERR_BAD_PROOF);
    world_conf()->auth.dpop_nonce = STR("off");
    p.iat_s = clock_now_s(au->clock);
    p.more = STR(",\"nonce\":\"mine\",\"more\":{\"a\":1}"); /* nobody asked: it does not count */
    check_ok(plain(au, &p), e);
}

TEST(a_proof_in_a_fast_machines_minute_is_not_too_early)
{
    struct auth *au = here();
    struct prover p = prover_new(au, "GET", HERE);
    struct arena *a = test_arena();

    world_conf()->auth.dpop_nonce = STR("on");
    fixture_clock.fixed_ms += 60000; /* made there */
    p.more = str_fmt(a, ",\"nonce\":\"%.*s\"", STR_ARG(dpop_nonce(au, a)));
    fixture_clock.fixed_ms -= 60000; /* checked here */
    check_ok(plain(au, &p), e);
}
