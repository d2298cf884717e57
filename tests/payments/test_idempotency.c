/* The same key and body have one effect and one answer; another body is refused. */
#include <pthread.h>
#include <stdio.h>

#include "base/json.h"
#include "crypto/digest.h"
#include "payments/idempotency.h"
#include "tests/payments/counter.h"

struct making {
    struct counter *c;
    int runs;
    bool refuse;
};

static result make(struct sql *db, void *arg, struct arena *a, struct idempotency_reply *out,
                   struct err *e)
{
    struct making *m = arg;
    const struct order_request rq = counter_request();
    struct order o;

    m->runs++;
    if (m->refuse)
        return fail(e, ERR_INVALID, "as asked");
    TRY(order_create(db, &m->c->till, &rq, a, &o, e));
    out->status = 201;
    out->body = str_cat(a, STR("made "), o.id);
    return OK;
}

static result run(struct making *m, const char *key, const char *body,
                  struct idempotency_reply *out, struct err *e)
{
    struct json *b = NULL;
    result r;

    check_ok(json_read(str_c(body), &b, e), *e);
    const struct idempotency_call call = { STR("H56.14"), STR("client"), STR("/v1/payments"),
                                           str_c(key), b };

    r = idempotency_run(&m->c->till, &call, make, m, test_arena(), out, e);
    json_close(&b);
    return r;
}

TEST_STORE(the_same_key_and_body_get_the_stored_answer)
{
    struct making m = { .c = counter_open() };
    struct idempotency_reply first, again;
    struct err e = { .code = ERR_NONE };

    check_ok(run(&m, "k1", "{\"a\":1,\"b\":2}", &first, &e), e);
    check(!first.replayed);
    check_int(first.status, 201);
    /* Another order of members is the same body. */
    check_ok(run(&m, "k1", "{\"b\":2, \"a\":1}", &again, &e), e);
    check(again.replayed);
    check_int(again.status, 201);
    check_same(again.body, first.body);
    check_int(m.runs, 1);
    check_ok(run(&m, "k2", "{\"a\":1,\"b\":2}", &again, &e), e);
    check(!again.replayed && !str_eq(again.body, first.body));
}

/* Of a body all but twelve digits may be known: its plain digest would tell them. */
TEST(a_body_cannot_be_guessed_from_what_is_kept)
{
    static const char body[] = "{\"payer\":{\"id\":\"038190000001\"}}";
    struct making m = { .c = counter_open() };
    const struct str path = str_fmt(test_arena(), "%s/fixture.db", test_folder());
    struct idempotency_reply out;
    static char bytes[4 << 20];
    struct err e = { .code = ERR_NONE };
    size_t n = 0;

    check_ok(run(&m, "k-4711", body, &out, &e), e);
    for (int i = 0; i < 2; i++) {
        FILE *f = fopen(
            str_cstr(test_arena(), str_cat(test_arena(), path, i == 0 ? STR("") : STR("-wal"))),
            "rb");

        check(f != NULL);
        n += fread(bytes + n, 1, sizeof(bytes) - n, f);
        (void)fclose(f);
    }
    check(str_has(str_of(bytes, n), STR("k-4711")));
    check(!str_has(str_of(bytes, n), digest_hex(test_arena(), digest_sha256(str_c(body)))));
}

TEST_STORE(another_body_is_refused_and_changes_nothing)
{
    struct making m = { .c = counter_open() };
    struct idempotency_reply out;
    struct err e = { .code = ERR_NONE };

    check_ok(run(&m, "k1", "{\"a\":1}", &out, &e), e);
    check_fails(run(&m, "k1", "{\"a\":2}", &out, &e), e, ERR_CONFLICT);
    check_str(str_c(e.field), "Idempotency-Key");
    check_int(m.runs, 1);
    check_int(counter_balance(m.c, 1130), COUNTER_ORDER);
}

TEST_STORE(a_failure_leaves_the_key_free)
{
    struct making m = { .c = counter_open(), .refuse = true };
    struct idempotency_reply out;
    struct err e = { .code = ERR_NONE };

    check_fails(run(&m, "k1", "{\"a\":1}", &out, &e), e, ERR_INVALID);
    m.refuse = false;
    check_ok(run(&m, "k1", "{\"a\":1}", &out, &e), e);
    check(!out.replayed);
}

TEST_STORE(keys_are_bounded_and_printable)
{
    static const char *const bad[] = { "", "a b", "a\n", "ă" };
    struct making m = { .c = counter_open() };
    struct idempotency_reply out;
    char longest[257];
    struct err e = { .code = ERR_NONE };

    for (size_t i = 0; i < LEN(bad); i++)
        check_fails(run(&m, bad[i], "{}", &out, &e), e, ERR_INVALID);
    for (size_t i = 0; i < 256; i++)
        longest[i] = 'k';
    longest[256] = '\0';
    check_fails(run(&m, longest, "{}", &out, &e), e, ERR_INVALID);
    longest[255] = '\0';
    check_ok(run(&m, longest, "{}", &out, &e), e);
}

TEST_STORE(old_keys_are_forgotten_after_a_week)
{
    struct making m = { .c = counter_open() };
    struct idempotency_reply out;
    int64_t dropped;
    struct err e = { .code = ERR_NONE };

    check_ok(run(&m, "k1", "{}", &out, &e), e);
    counter_forward(m.c, 7 * 86400);
    check_ok(idempotency_sweep(&m.c->till, &dropped, &e), e);
    check_int(dropped, 0);
    counter_forward(m.c, 1);
    check_ok(idempotency_sweep(&m.c->till, &dropped, &e), e);
    check_int(dropped, 1);
}

struct racing {
    struct making m;
    struct arena *a;
    struct idempotency_reply out;
    bool failed;
};

static void *race(void *arg)
{
    struct racing *r = arg;
    struct json *b = json_object();
    const struct idempotency_call call = { STR("H56.14"), STR("client"), STR("/v1/payments"),
                                           STR("race"), b };
    struct err e;

    r->failed = idempotency_run(&r->m.c->till, &call, make, &r->m, r->a, &r->out, &e).failed;
    json_close(&b);
    return NULL;
}

TEST_STORE(requests_that_race_make_one_order)
{
    struct counter *c = counter_open();
    struct racing r[6];
    pthread_t threads[6];
    int made = 0;

    for (int i = 0; i < 6; i++) {
        r[i] = (struct racing){ .m = { .c = c }, .a = arena_open((size_t)8 << 20) };
        check(pthread_create(&threads[i], NULL, race, &r[i]) == 0);
    }
    for (int i = 0; i < 6; i++) {
        check(pthread_join(threads[i], NULL) == 0);
        check(!r[i].failed);
        made += !r[i].out.replayed;
        check_same(r[i].out.body, r[0].out.body);
    }
    check_int(made, 1);
    check_int(counter_balance(c, 1130), COUNTER_ORDER);
    for (int i = 0; i < 6; i++)
        arena_close(&r[i].a);
}
