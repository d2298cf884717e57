/* A random walk through officers' days: I11 to I14 hold after every step, on both engines alike. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "tests/finance/office_walk.h"
#include "tests/fixture.h"

#define STEPS 200

static int64_t number(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    int64_t n = otherwise;

    if (text != NULL)
        check(str_to_i64(str_c(text), &n));
    return n;
}

static void export_keep(struct office_walk *w)
{
    const char *path = getenv("MOTCUA_MODEL_EXPORT");
    const struct str text = office_walk_figures(w, test_arena());
    FILE *f = path == NULL ? NULL : fopen(path, "w");

    (void)fprintf(stderr, "seed %llu: %lld steps, %d payments, %d days, figures %.*s\n",
                  (unsigned long long)w->seed, (long long)w->step, w->pay_count, w->today + 1,
                  STR_ARG(digest_hex(test_arena(), digest_sha256(text))));
    if (f != NULL) {
        check(fwrite(text.p, 1, text.n, f) == text.n);
        check(fclose(f) == 0);
    }
}

TEST_STORE(books_and_files_agree_after_every_step_of_an_officers_days)
{
    struct office_walk *w = office_walk_open((uint64_t)number("MOTCUA_MODEL_SEED", 20261124));
    const int64_t steps = number("MOTCUA_MODEL_STEPS", STEPS);

    for (int64_t i = 0; i < steps; i++) {
        office_walk_step(w);
        office_walk_prove(w, (i + 1) % 50 == 0);
        if (getenv("MOTCUA_MODEL_LOG") != NULL)
            (void)fprintf(stderr, "%s\n", w->log[w->step % OFFICE_WALK_LOG]);
    }
    office_walk_prove(w, true);
    export_keep(w);
    office_walk_close(w);
}

/* The same walk in a process of its own, so that it has a store of its own. */
static pid_t walk_apart(const char *engine, uint64_t seed, int64_t count, const char *export)
{
    static const char name[] = "books_and_files_agree_after_every_step_of_an_officers_days";
    struct arena *a = test_arena();
    const pid_t pid = fork();

    check(pid >= 0);
    if (pid > 0)
        return pid;
    if (setenv("MOTCUA_MODEL_SEED", str_cstr(a, str_fmt(a, "%llu", (unsigned long long)seed)), 1) ==
            0 &&
        setenv("MOTCUA_MODEL_STEPS", str_cstr(a, str_i64(a, count)), 1) == 0 &&
        setenv("MOTCUA_MODEL_EXPORT", export, 1) == 0)
        (void)execl("/proc/self/exe", "test_finance_office_walk",
                    str_cstr(a, str_fmt(a, "%s@%s", name, engine)), (char *)NULL);
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
    const size_t room = (size_t)4 << 20;
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
    struct arena *a = test_arena();
    const char *sqlite = str_cstr(a, str_fmt(a, "%s/s", test_folder()));
    const char *pgsql = str_cstr(a, str_fmt(a, "%s/p", test_folder()));

    (void)fprintf(stderr, "seed %llu, %lld steps\n", (unsigned long long)seed, (long long)count);
    const pid_t one = walk_apart("sqlite", seed, count, sqlite);
    const pid_t two = walk_apart("postgresql", seed, count, pgsql);

    ends_well(one);
    ends_well(two);
    const struct str text = file_read(sqlite);

    check(text.n > 100);
    check_same(file_read(pgsql), text);
}

/* A seed that nobody has tried; it is printed, and goes to office_walk.seeds when it fails. */
TEST(the_same_days_on_both_engines_leave_the_same_figures)
{
    uint64_t seed;

    random_fill(&seed, sizeof(seed));
    walk_both(seed >> 33, number("MOTCUA_MODEL_STEPS", STEPS));
}

/* Walks that found something once. */
TEST(days_that_found_a_mistake_find_none_now)
{
    const char *path = str_cstr(
        test_arena(), str_fmt(test_arena(), "%s/tests/finance/office_walk.seeds", test_source()));
    long long seed, count;
    char line[256];
    FILE *f = fopen(path, "r");

    check(f != NULL);
    while (fgets(line, sizeof(line), f) != NULL) {
        if (line[0] == '#')
            continue;
        check_int(sscanf(line, "%lld %lld", &seed, &count), 2);
        walk_both((uint64_t)seed, (int64_t)count);
    }
    check(fclose(f) == 0);
}
