#include "store/migrate.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/embed.h"
#include "tests/fixture.h"
#include "tests/store/raw.h"

#define FILES_MAX 4
#define PROCESSES 4

/* Two statements in one file, a semicolon and a type name in a text, comments: all must survive. */
#define FIRST                                                                                      \
    "-- BIGINT; not a statement\nCREATE TABLE one (a BIGINT NOT NULL PRIMARY KEY, -- it's; fine\n" \
    "  b TEXT, c BYTEA, CONSTRAINT one_a CHECK (a > 0));\n"                                        \
    "INSERT INTO one (a, b) VALUES (1, 'BIGINT; BYTEA ''x''');\n"
#define SECOND "CREATE TABLE two (a BIGINT PRIMARY KEY REFERENCES one (a));\n"

struct files {
    struct embedded rows[FILES_MAX];
    struct embed_set set;
};

static void file_add(struct files *f, const char *name, const char *text)
{
    f->rows[f->set.n++] = (struct embedded){ str_c(name), str_c(text) };
    f->set.files = f->rows;
}

static struct sql_pool *pool_new(void)
{
    const struct sql_config c = fixture_sql_config();
    struct err e = { .code = ERR_NONE };
    struct sql_pool *p = NULL;

    check_ok(sql_open(&c, &p, &e), e);
    return p;
}

static int64_t rows_of(const char *table)
{
    const struct sql_config c = fixture_sql_config();

    return raw_int(&c,
                   str_cstr(test_arena(), str_fmt(test_arena(), "SELECT COUNT(*) FROM %s", table)));
}

TEST_STORE(changes_are_applied_once)
{
    struct sql_pool *p DEFER(sql_close) = pool_new();
    struct files f = { 0 };
    struct err e = { .code = ERR_NONE };
    int applied = -1;

    file_add(&f, "0001_one.sql", FIRST);
    check_fails(migrate_check_set(p, &f.set, &e), e, ERR_CONFIG);
    check_ok(migrate_up_set(p, &f.set, &fixture_clock, &applied, &e), e);
    check_int(applied, 1);
    file_add(&f, "0002_two.sql", SECOND);
    check_fails(migrate_check_set(p, &f.set, &e), e, ERR_CONFIG);
    check(str_has(str_c(e.detail), STR("0002_two.sql is missing")));
    check_ok(migrate_up_set(p, &f.set, &fixture_clock, &applied, &e), e);
    check_int(applied, 1);
    check_ok(migrate_up_set(p, &f.set, &fixture_clock, &applied, &e), e);
    check_int(applied, 0);
    check_ok(migrate_check_set(p, &f.set, &e), e);
    check_int(rows_of("one"), 1);
    check_int(rows_of("two"), 0);
}

TEST_STORE(texts_and_comments_reach_the_database_unchanged)
{
    const struct sql_config c = fixture_sql_config();
    struct sql_pool *p DEFER(sql_close) = pool_new();
    struct files f = { 0 };
    struct err e = { .code = ERR_NONE };
    int applied;

    file_add(&f, "0001_one.sql", FIRST);
    check_ok(migrate_up_set(p, &f.set, &fixture_clock, &applied, &e), e);
    check_str(raw_text(&c, "SELECT b FROM one"), "BIGINT; BYTEA 'x'");
}

TEST_STORE(a_change_edited_after_it_was_applied_is_refused)
{
    struct sql_pool *p DEFER(sql_close) = pool_new();
    struct files f = { 0 }, edited = { 0 };
    struct err e = { .code = ERR_NONE };
    int applied = -1;

    file_add(&f, "0001_one.sql", FIRST);
    check_ok(migrate_up_set(p, &f.set, &fixture_clock, &applied, &e), e);
    file_add(&edited, "0001_one.sql", FIRST " ");
    file_add(&edited, "0002_two.sql", SECOND);
    check_fails(migrate_check_set(p, &edited.set, &e), e, ERR_CONFIG);
    check_fails(migrate_up_set(p, &edited.set, &fixture_clock, &applied, &e), e, ERR_CONFIG);
    check(str_has(str_c(e.detail), STR("0001_one.sql was edited")));
    check_int(rows_of("schema_migration"), 1);
}

TEST_STORE(a_schema_newer_than_the_program_is_refused)
{
    struct sql_pool *p DEFER(sql_close) = pool_new();
    struct files f = { 0 }, older = { 0 };
    struct err e = { .code = ERR_NONE };
    int applied;

    file_add(&f, "0001_one.sql", FIRST);
    file_add(&f, "0002_two.sql", SECOND);
    check_ok(migrate_up_set(p, &f.set, &fixture_clock, &applied, &e), e);
    file_add(&older, "0001_one.sql", FIRST);
    check_fails(migrate_check_set(p, &older.set, &e), e, ERR_CONFIG);
    check(str_has(str_c(e.detail), STR("0002_two.sql, unknown")));
}

TEST_STORE(a_change_that_fails_halfway_leaves_nothing)
{
    struct sql_pool *p DEFER(sql_close) = pool_new();
    struct files f = { 0 }, broken = { 0 };
    struct err e = { .code = ERR_NONE };
    int applied;

    file_add(&broken, "0001_one.sql", FIRST "INSERT INTO one (a) VALUES (0);");
    check_fails(migrate_up_set(p, &broken.set, &fixture_clock, &applied, &e), e, ERR_STORE);
    check(str_has(str_c(e.detail), STR("0001_one.sql")));
    check(str_has(str_c(e.detail), STR("one_a")));
    file_add(&f, "0001_one.sql", FIRST);
    check_ok(migrate_up_set(p, &f.set, &fixture_clock, &applied, &e), e);
    check_int(rows_of("one"), 1);
}

TEST_STORE(columns_keep_their_type_on_both_engines)
{
    static const char *const wrong[] = { "INSERT INTO one (a, b) VALUES ('many', 'x');",
                                         "INSERT INTO one (a, b) VALUES (NULL, 'x');",
                                         "INSERT INTO two (a) VALUES (NULL);",
                                         "INSERT INTO two (a) VALUES (77);" };

    for (size_t i = 0; i < LEN(wrong); i++) {
        struct sql_pool *p DEFER(sql_close) = pool_new();
        struct files f = { 0 };
        struct err e = { .code = ERR_NONE };
        int applied;

        file_add(&f, "0001_one.sql", FIRST);
        file_add(&f, "0002_two.sql", SECOND);
        check_ok(migrate_up_set(p, &f.set, &fixture_clock, &applied, &e), e);
        file_add(&f, "0003_wrong.sql", wrong[i]);
        check_fails(migrate_up_set(p, &f.set, &fixture_clock, &applied, &e), e, ERR_STORE);
    }
}

/* How many changes this process made, as its status. */
static int migrate_in_child(void)
{
    struct err e = { .code = ERR_NONE };
    struct files f = { 0 };
    struct sql_pool *p = pool_new();
    int applied = 100;

    file_add(&f, "0001_one.sql", FIRST);
    file_add(&f, "0002_two.sql", SECOND);
    if (migrate_up_set(p, &f.set, &fixture_clock, &applied, &e).failed)
        (void)fprintf(stderr, "child: %s %s\n", err_name(e.code), e.detail);
    sql_close(&p);
    return applied;
}

TEST_STORE(processes_that_migrate_at_once_apply_each_change_once)
{
    pid_t children[PROCESSES];
    int sum = 0;

    (void)fixture_sql_config(); /* the database is made before the processes part */
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        check(children[i] >= 0);
        if (children[i] == 0)
            _exit(migrate_in_child()); /* without the exit handlers of the parent */
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;

        check_int(waitpid(children[i], &status, 0), children[i]);
        check(WIFEXITED(status));
        sum += WEXITSTATUS(status);
    }
    check_int(sum, 2);
    check_int(rows_of("schema_migration"), 2);
    check_int(rows_of("one"), 1);
}

TEST_STORE(the_programs_own_schema_applies_and_checks)
{
    struct err e = { .code = ERR_NONE };

    check_ok(migrate_check(fixture_pool(), &e), e);
}
