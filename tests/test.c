#include "tests/test.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TESTS_MAX 400

static struct {
    const char *name;
    test_fn *fn;
} tests[TESTS_MAX];
static size_t test_count;
static const char *running = "";
static char engine[32];
static char folder[64];
static char schema[64];
static struct arena *arena;

void test_add(const char *name, test_fn *fn)
{
    must(test_count < TESTS_MAX);
    tests[test_count].name = name;
    tests[test_count].fn = fn;
    test_count++;
}

struct arena *test_arena(void)
{
    if (arena == NULL)
        arena = arena_open((size_t)1 << 30);
    return arena;
}

const char *test_engine(void)
{
    return engine;
}

const char *test_source(void)
{
    return MOTCUA_SOURCE;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)kind, (void)ftw;
    return remove(path);
}

static void remove_folder(void)
{
    if (folder[0] != '\0')
        (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *test_folder(void)
{
    if (folder[0] == '\0') {
        const char *place = getenv("TMPDIR");

        (void)snprintf(folder, sizeof(folder), "%s/motcua-test-XXXXXX",
                       place != NULL ? place : "/tmp");
        check(mkdtemp(folder) != NULL);
        (void)atexit(remove_folder);
    }
    return folder;
}

static void postgresql_run(const char *statement)
{
    PGconn *db = PQconnectdb(getenv("MOTCUA_TEST_POSTGRESQL"));
    PGresult *r;

    /* A dropped schema would have every table named on the terminal. */
    PQclear(PQexec(db, "SET client_min_messages = warning"));
    r = PQexec(db, statement);
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        (void)fprintf(stderr, "%s: %s\n", statement, PQerrorMessage(db));
    PQclear(r);
    PQfinish(db);
}

static void drop_schema(void)
{
    char statement[128];

    (void)snprintf(statement, sizeof(statement), "DROP SCHEMA %s CASCADE", schema);
    postgresql_run(statement);
}

struct str test_postgresql(void)
{
    const char *conninfo = getenv("MOTCUA_TEST_POSTGRESQL");
    char statement[128];

    if (conninfo == NULL)
        test_fail(__FILE__, __LINE__, "MOTCUA_TEST_POSTGRESQL is not set; run ./test");
    if (schema[0] == '\0') {
        (void)snprintf(schema, sizeof(schema), "t_%d", (int)getpid());
        (void)snprintf(statement, sizeof(statement), "CREATE SCHEMA %s", schema);
        postgresql_run(statement);
        (void)atexit(drop_schema);
    }
    return str_fmt(test_arena(), "%s options='-csearch_path=%s -cclient_min_messages=warning'",
                   conninfo, schema);
}

struct str test_redis(void)
{
    const char *address = getenv("MOTCUA_TEST_REDIS");

    if (address == NULL)
        test_fail(__FILE__, __LINE__, "MOTCUA_TEST_REDIS is not set; run ./test");
    return str_c(address);
}

int test_port(void)
{
    static int tries;
    const int option = 1;

    for (int i = 0; i < 1000; i++) {
        const int port = 10000 + ((int)getpid() * 31 + tries++ * 7919) % 9000;
        const struct sockaddr_in at = { .sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr = { htonl(INADDR_LOOPBACK) } };
        const int fd = socket(AF_INET, SOCK_STREAM, 0);
        bool is_free;

        check(fd >= 0);
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &option, sizeof(option));
        is_free = bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
        (void)close(fd);
        if (is_free)
            return port;
    }
    test_fail(__FILE__, __LINE__, "no free port");
}

void test_fail(const char *file, int line, const char *fmt, ...)
{
    va_list va;

    (void)fprintf(stderr, "%s:%d: %s: ", file, line, running);
    va_start(va, fmt);
    (void)vfprintf(stderr, fmt, va);
    va_end(va);
    (void)fputc('\n', stderr);
    exit(1);
}

void test_int(const char *file, int line, const char *what, int64_t got, int64_t want)
{
    if (got != want)
        test_fail(file, line, "%s is %lld, not %lld", what, (long long)got, (long long)want);
}

void test_str(const char *file, int line, const char *what, struct str got, struct str want)
{
    if (!str_eq(got, want))
        test_fail(file, line, "%s is \"%.*s\", not \"%.*s\"", what, STR_ARG(got), STR_ARG(want));
}

static void run(size_t i)
{
    running = tests[i].name;
    tests[i].fn();
    (void)printf("ok %s\n", running);
}

static void arena_end(void)
{
    arena_close(&arena);
}

/* No argument: all tests. Else one: sentence or sentence@engine. */
int main(int argc, char **argv)
{
    size_t ran = 0;

    (void)atexit(arena_end); /* the last of all: servers of tests may still be sending from it */
    for (size_t i = 0; i < test_count; i++) {
        const size_t n = strlen(tests[i].name);

        if (argc > 1 &&
            (strncmp(argv[1], tests[i].name, n) != 0 || (argv[1][n] != '\0' && argv[1][n] != '@')))
            continue;
        if (argc > 1 && argv[1][n] == '@')
            (void)snprintf(engine, sizeof(engine), "%s", argv[1] + n + 1);
        run(i);
        ran++;
    }
    if (ran == 0)
        (void)fprintf(stderr, "no such test\n");
    return ran == 0;
}
