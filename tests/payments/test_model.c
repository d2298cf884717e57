/* A random walk through orders, attempts, refunds and the books, beside a model of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "store/sql.h"
#include "tests/fixture.h"
#include "tests/payments/peek.h"
#include "tests/payments/walk_steps.h"

#define STEPS       2000
#define STEPS_FRESH 1500
#define PROVE_EVERY 500

/* The process dies, or a transaction is made to run twice: sql.h is wrapped by the linker. */

extern result __real_sql_transact(struct sql_pool *p, sql_work *work, void *arg, struct err *e);
extern result __real_sql_run_n(struct sql *db, enum sql_query q, const struct sql_param *params,
                               size_t n, int64_t *changed, struct err *e);
extern result __real_sql_find_n(struct sql *db, enum sql_query q, const struct sql_param *params,
                                size_t n, struct sql_rows **rows, struct err *e);
extern result __real_sql_put_n(struct sql *db, enum sql_query q, const struct sql_param *params,
                               size_t n, struct err *e);
result __wrap_sql_put_n(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                        struct err *e);
result __wrap_sql_transact(struct sql_pool *p, sql_work *work, void *arg, struct err *e);
result __wrap_sql_run_n(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                        int64_t *changed, struct err *e);
result __wrap_sql_find_n(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                         struct sql_rows **rows, struct err *e);

struct doomed {
    sql_work *work;
    void *arg;
};

static int statements_left = -1; /* until one fails; -1: none does */

static result dies(struct err *e)
{
    return fail(e, ERR_STORE, "the process died");
}

static result doom(struct sql *db, void *arg, struct err *e)
{
    const struct doomed *d = arg;
    const result r = d->work(db, d->arg, e);

    statements_left = -1;
    return r.failed ? r : dies(e);
}

/* Does its work only if the statement that is to fail is not reached. */
static result doom_inside(struct sql *db, void *arg, struct err *e)
{
    const struct doomed *d = arg;
    const result r = d->work(db, d->arg, e);
    const bool died = statements_left == 0;

    statements_left = -1;
    walk_now->hit = walk_now->hit || died;
    return died ? dies(e) : r;
}

result __wrap_sql_transact(struct sql_pool *p, sql_work *work, void *arg, struct err *e)
{
    struct walk *w = walk_now;
    struct doomed d = { work, arg };
    result r;

    if (w == NULL || w->fault == FAULT_NONE || w->fault_tx-- != 0)
        return __real_sql_transact(p, work, arg, e);
    switch (w->fault) {
    case FAULT_AGAIN:
        (void)__real_sql_transact(p, doom, &d, NULL);
        return __real_sql_transact(p, work, arg, e);
    case FAULT_BEFORE:
        w->hit = true;
        return __real_sql_transact(p, doom, &d, e);
    case FAULT_AFTER:
        r = __real_sql_transact(p, work, arg, e);
        w->hit = true;
        return r.failed ? r : dies(e);
    default:
        statements_left = w->fault_statement + 1;
        return __real_sql_transact(p, doom_inside, &d, e);
    }
}

static bool dies_now(void)
{
    if (statements_left > 0)
        statements_left--;
    return statements_left == 0;
}

result __wrap_sql_run_n(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                        int64_t *changed, struct err *e)
{
    return dies_now() ? dies(e) : __real_sql_run_n(db, q, params, n, changed, e);
}

result __wrap_sql_find_n(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                         struct sql_rows **rows, struct err *e)
{
    return dies_now() ? dies(e) : __real_sql_find_n(db, q, params, n, rows, e);
}

/* SQLite's puts are counted where they are run. */
result __wrap_sql_put_n(struct sql *db, enum sql_query q, const struct sql_param *params, size_t n,
                        struct err *e)
{
    const bool late =
        walk_now != NULL && str_is(str_c(sql_engine(walk_now->c->till.store)), "postgresql");

    return late && dies_now() ? dies(e) : __real_sql_put_n(db, q, params, n, e);
}

struct walk *walk_open(uint64_t seed, bool wide)
{
    static struct walk w;
    struct counter *c = counter_open();

    w = (struct walk){ .c = c, .seed = seed, .rng = seed, .wide = wide };
    w.a = arena_open((size_t)512 << 20);
    w.orders = calloc(WALK_ORDERS, sizeof(struct walk_order));
    check(w.orders != NULL);
    c->till.vietqr_bin = STR("970415");
    c->till.vietqr_account = STR("113366668888");
    if (wide)
        walk_vnpay_open(&w);
    walk_now = &w;
    return &w;
}

static void walk_close(struct walk *w)
{
    walk_now = NULL;
    if (w->wide)
        walk_vnpay_close(w);
    peek_close();
    free(w->orders);
    arena_close(&w->a);
}

static void export_keep(struct walk *w)
{
    const char *path = getenv("MOTCUA_MODEL_EXPORT");
    struct arena *a = arena_open((size_t)1 << 30);
    const struct str text = walk_export(w, a);
    FILE *f = path == NULL ? NULL : fopen(path, "w");

    (void)fprintf(stderr, "seed %llu: %lld steps, %d orders, export %.*s\n",
                  (unsigned long long)w->seed, (long long)w->step, w->count,
                  STR_ARG(digest_hex(a, digest_sha256(text))));
    if (f != NULL) {
        check(fwrite(text.p, 1, text.n, f) == text.n);
        check(fclose(f) == 0);
    }
    arena_close(&a);
}

/* MOTCUA_MODEL_TRACE=FILE: where the dice stood before each step goes there, a line a step;
 * MOTCUA_MODEL_DICE=FILE: only the steps of such a file are walked. So shrink.mjs leaves steps out
 * and all others stay what they were. */
struct dice {
    FILE *trace, *given;
};

static struct dice dice_open(void)
{
    const char *trace = getenv("MOTCUA_MODEL_TRACE"), *given = getenv("MOTCUA_MODEL_DICE");
    const struct dice d = { trace == NULL ? NULL : fopen(trace, "w"),
                            given == NULL ? NULL : fopen(given, "r") };

    check((trace == NULL) == (d.trace == NULL) && (given == NULL) == (d.given == NULL));
    return d;
}

static void dice_close(struct dice *d)
{
    check(d->trace == NULL || fclose(d->trace) == 0);
    check(d->given == NULL || fclose(d->given) == 0);
}

/* False: the given dice are used up. */
static bool dice_next(struct dice *d, struct walk *w)
{
    char line[64], *end;

    if (d->given != NULL) {
        if (fgets(line, sizeof(line), d->given) == NULL)
            return false;
        w->rng = strtoull(line, &end, 10);
        check(*end == '\n');
    }
    if (d->trace != NULL)
        check(fprintf(d->trace, "%llu\n", (unsigned long long)w->rng) > 0 && fflush(d->trace) == 0);
    return true;
}

static void walk_all(uint64_t seed, int64_t count, bool wide)
{
    struct walk *w = walk_open(seed, wide);
    struct dice dice = dice_open();
    const int64_t start_ms = clock_monotonic_ms();

    for (int64_t i = 0; i < count && dice_next(&dice, w); i++) {
        walk_step(w);
        if ((i + 1) % PROVE_EVERY == 0)
            walk_prove(w);
    }
    dice_close(&dice);
    walk_settle(w);
    walk_prove(w);
    (void)fprintf(stderr, "%lld steps/s\n",
                  (long long)(w->step * 1000 / (clock_monotonic_ms() - start_ms + 1)));
    export_keep(w);
    walk_close(w);
}

static int64_t number(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    int64_t n = otherwise;

    if (text != NULL)
        check(str_to_i64(str_c(text), &n));
    return n;
}

TEST_STORE(a_random_walk_agrees_with_the_model_after_every_step)
{
    walk_all((uint64_t)number("MOTCUA_MODEL_SEED", 20261123), number("MOTCUA_MODEL_STEPS", STEPS),
             false);
}

TEST_STORE(a_random_walk_through_all_channels_and_desks_agrees_with_the_model)
{
    walk_all((uint64_t)number("MOTCUA_MODEL_SEED", 20261124), number("MOTCUA_MODEL_STEPS", STEPS),
             true);
}

/* The same walk in a process of its own, so that it has a store of its own. */
static pid_t walk_apart(const char *engine, uint64_t seed, int64_t count, const char *export)
{
    static const char name[] = "a_random_walk_agrees_with_the_model_after_every_step";
    const struct str test = str_fmt(test_arena(), "%s@%s", name, engine);
    const pid_t pid = fork();

    check(pid >= 0);
    if (pid > 0)
        return pid;
    const char *seed_text =
        str_cstr(test_arena(), str_fmt(test_arena(), "%llu", (unsigned long long)seed));
    const char *count_text = str_cstr(test_arena(), str_i64(test_arena(), count));

    if (setenv("MOTCUA_MODEL_SEED", seed_text, 1) == 0 &&
        setenv("MOTCUA_MODEL_STEPS", count_text, 1) == 0 &&
        setenv("MOTCUA_MODEL_EXPORT", export, 1) == 0)
        (void)execl("/proc/self/exe", "test_payments_model", str_cstr(test_arena(), test),
                    (char *)NULL);
    _exit(126);
}

static void ends_well(pid_t pid)
{
    int status;

    check_int(waitpid(pid, &status, 0), pid);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static struct str file_read(const char *path)
{
    const size_t room = (size_t)64 << 20;
    char *text = arena_alloc(test_arena(), room);
    FILE *f = fopen(path, "r");
    size_t n;

    check(f != NULL);
    n = fread(text, 1, room, f);
    check(n < room && fclose(f) == 0);
    return str_of(text, n);
}

static void walk_both(uint64_t seed, int64_t count)
{
    const char *sqlite = str_cstr(test_arena(), str_fmt(test_arena(), "%s/s", test_folder()));
    const char *pgsql = str_cstr(test_arena(), str_fmt(test_arena(), "%s/p", test_folder()));

    (void)fprintf(stderr, "seed %llu, %lld steps\n", (unsigned long long)seed, (long long)count);
    const pid_t one = walk_apart("sqlite", seed, count, sqlite);
    const pid_t two = walk_apart("postgresql", seed, count, pgsql);

    ends_well(one);
    ends_well(two);
    const struct str text = file_read(sqlite);

    check(text.n > 10000);
    check_same(file_read(pgsql), text);
}

/* I17. A seed that nobody has tried; it is printed, and goes to model.seeds when it fails. */
TEST(the_same_walk_on_both_engines_leaves_the_same_books)
{
    uint64_t seed;

    random_fill(&seed, sizeof(seed));
    walk_both(seed >> 33, number("MOTCUA_MODEL_STEPS", STEPS_FRESH));
}

/* Walks that found something once. */
TEST(walks_that_found_a_mistake_find_none_now)
{
    const char *path = str_cstr(
        test_arena(), str_fmt(test_arena(), "%s/tests/payments/model.seeds", test_source()));
    long long seed, count;
    char line[256];
    int rows = 0;
    FILE *f = fopen(path, "r");

    check(f != NULL);
    while (fgets(line, sizeof(line), f) != NULL) {
        if (line[0] == '#')
            continue;
        check_int(sscanf(line, "%lld %lld", &seed, &count), 2);
        walk_both((uint64_t)seed, (int64_t)count);
        rows++;
    }
    check(fclose(f) == 0 && rows > 0);
}
