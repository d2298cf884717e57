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
    enum err_code refusal; /* ERR_NONE: ERR_INVALID */
};

static result make(struct sql *db, void *arg, struct arena *a, struct idempotency_reply *out,
                   struct err *e)
{
    struct making *m = arg;
    const struct order_request rq = counter_request();
    struct order o;

    m->runs++;
    TRY(order_create(db, &m->c->till, &rq, a, &o, e));
    out->status = 201;
    out->body = str_cat(a, STR("made "), o.id);
    if (m->refuse) /* what was written is undone */
        return fail(e, m->refusal == ERR_NONE ? ERR_INVALID : m->refusal, "as asked");
    return OK;
}

static struct str tell(void *arg, const struct err *why, struct arena *a)
{
    (void)arg;
    return str_cat(a, STR("refused "), str_c(err_name(why->code)));
}

static result run(struct making *m, const char *key, const char *body,
                  struct idempotency_reply *out, struct err *e)
{
    struct json *b = NULL;
    result r;

    check_ok(json_read(str_c(body), &b, e), *e);
    const struct idempotency_call call = { .agency_id = STR("H56.14"),
                                           .client_id = STR("client"),
                                           .path = STR("/v1/payments"),
                                           .key = str_c(key),
                                           .body = b,
                                           .tell = tell };

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
    check_fails(run(&m, "k1", "{\"a\":2}", &out, &e), e, ERR_KEY_REUSED);
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

TEST_STORE(a_refusal_by_a_rule_is_stored_told_again_and_binds_the_key)
{
    struct making m = { .c = counter_open(), .refuse = true, .refusal = ERR_BUSINESS_RULE };
    struct idempotency_reply out;
    struct err e = { .code = ERR_NONE };

    check_ok(run(&m, "k1", "{\"a\":1}", &out, &e), e);
    check_int(out.status, 422);
    check(!out.replayed);
    check_str(out.body, "refused BUSINESS_RULE");
    check_int(counter_balance(m.c, 1130), 0);
    m.refuse = false;
    check_ok(run(&m, "k1", "{\"a\":1}", &out, &e), e);
    check(out.replayed);
    check_int(out.status, 422);
    check_str(out.body, "refused BUSINESS_RULE");
    check_int(m.runs, 1);
    check_fails(run(&m, "k1", "{\"a\":2}", &out, &e), e, ERR_KEY_REUSED);
    check_int(m.runs, 1);
}

/* The path and the client are part of a key's scope. */
TEST_STORE(another_client_or_path_has_keys_of_its_own)
{
    struct making m = { .c = counter_open() };
    DEFER(json_close) struct json *body = json_object();
    struct idempotency_call call = { .agency_id = STR("H56.14"),
                                     .client_id = STR("client"),
                                     .path = STR("/v1/payments"),
                                     .key = STR("k1"),
                                     .body = body };
    struct idempotency_reply out;
    struct err e = { .code = ERR_NONE };

    check_ok(idempotency_run(&m.c->till, &call, make, &m, test_arena(), &out, &e), e);
    call.client_id = STR("another");
    check_ok(idempotency_run(&m.c->till, &call, make, &m, test_arena(), &out, &e), e);
    check(!out.replayed);
    call.path = STR("/v1/refunds");
    check_ok(idempotency_run(&m.c->till, &call, make, &m, test_arena(), &out, &e), e);
    check(!out.replayed);
    check_int(m.runs, 3);
}

/* Work of several transactions; `within` calls the same again while it is under way. */
struct slow {
    struct counter *c;
    struct idempotency_call call;
    int runs;
    bool within, dies, refuses;
    enum err_code met;
};

static result slow_work(void *arg, struct arena *a, struct idempotency_reply *out, struct err *e)
{
    struct slow *s = arg;
    struct idempotency_reply inner;
    struct err why = { .code = ERR_NONE };

    s->runs++;
    if (s->within) {
        s->within = false;
        check(idempotency_run_slow(&s->c->till, &s->call, slow_work, s, a, &inner, &why).failed);
        s->met = why.code;
    }
    if (s->dies)
        return fail(e, ERR_UPSTREAM_DOWN, "no answer");
    if (s->refuses)
        return fail(e, ERR_BUSINESS_RULE, "no");
    out->status = 200;
    out->body = STR("done");
    return OK;
}

static struct slow slow_make(const struct json *body)
{
    return (struct slow){ .c = counter_open(),
                          .call = { .agency_id = STR("H56.14"),
                                    .client_id = STR("client"),
                                    .path = STR("/v1/payments/x/query"),
                                    .key = STR("k1"),
                                    .body = body,
                                    .tell = tell } };
}

TEST_STORE(what_is_in_flight_is_not_done_twice)
{
    DEFER(json_close) struct json *body = json_object();
    struct slow s = slow_make(body);
    struct idempotency_reply out;
    struct err e = { .code = ERR_NONE };

    s.within = true;
    check_ok(idempotency_run_slow(&s.c->till, &s.call, slow_work, &s, test_arena(), &out, &e), e);
    check_int(s.met, ERR_IN_FLIGHT);
    check_int(s.runs, 1);
    check_ok(idempotency_run_slow(&s.c->till, &s.call, slow_work, &s, test_arena(), &out, &e), e);
    check(out.replayed);
    check_str(out.body, "done");
    check_int(s.runs, 1);
}

TEST_STORE(slow_work_that_fails_frees_its_key_unless_a_rule_refused_it)
{
    DEFER(json_close) struct json *body = json_object();
    struct slow s = slow_make(body);
    struct idempotency_reply out;
    struct err e = { .code = ERR_NONE };

    s.dies = true;
    check_fails(idempotency_run_slow(&s.c->till, &s.call, slow_work, &s, test_arena(), &out, &e), e,
                ERR_UPSTREAM_DOWN);
    s.dies = false;
    s.refuses = true;
    check_ok(idempotency_run_slow(&s.c->till, &s.call, slow_work, &s, test_arena(), &out, &e), e);
    check_int(out.status, 422);
    check_ok(idempotency_run_slow(&s.c->till, &s.call, slow_work, &s, test_arena(), &out, &e), e);
    check(out.replayed);
    check_int(s.runs, 2);
}

static result leave_in_flight(void *arg, struct arena *a, struct idempotency_reply *out,
                              struct err *e)
{
    struct slow *s = arg;
    struct slow other = *s;

    (void)out;
    if (s->runs++ > 0)
        return slow_work(&other, a, out, e);
    /* A process that dies here has committed its key and nothing else. */
    other.runs = 1;
    check(idempotency_run_slow(&s->c->till, &s->call, leave_in_flight, &other, a, out, e).failed);
    check_int(e->code, ERR_IN_FLIGHT);
    counter_forward(s->c, s->c->till.lease_s);
    check_ok(idempotency_run_slow(&s->c->till, &s->call, leave_in_flight, &other, a, out, e), *e);
    check(!out->replayed);
    check_int(out->status, 200);
    return OK;
}

TEST_STORE(a_key_left_in_flight_by_a_crash_is_free_after_its_lease)
{
    DEFER(json_close) struct json *body = json_object();
    struct slow s = slow_make(body);
    struct idempotency_reply out;
    struct err e = { .code = ERR_NONE };

    check_ok(idempotency_run_slow(&s.c->till, &s.call, leave_in_flight, &s, test_arena(), &out, &e),
             e);
    check_int(s.runs, 1);
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
    const struct idempotency_call call = { .agency_id = STR("H56.14"),
                                           .client_id = STR("client"),
                                           .path = STR("/v1/payments"),
                                           .key = STR("race"),
                                           .body = b };
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
