#include "store/sql.h"
#include "store/sql_engine.h"

#include <dirent.h>
#include <stdio.h>

#include "base/limits.h"
#include "tests/fixture.h"
#include "tests/store/raw.h"
#include "tests/store/sample.h"

static void check_round_trip(const struct sample *in)
{
    struct sample out = { .slot = in->slot, .seq = in->seq };
    struct sample copy = *in;
    struct err e = { .code = ERR_NONE };

    check_ok(sql_transact(fixture_pool(), sample_insert, &copy, &e), e);
    check_ok(sql_read(fixture_pool(), sample_load, &out, &e), e);
    check_int(out.seq, in->seq);
    check_int(out.at_ms, in->at_ms);
    check_same(out.actor, in->actor);
    check_same(out.detail, in->detail);
    check_same(out.hash, in->hash);
}

TEST_STORE(all_bytes_come_back_as_they_went)
{
    char bytes[256];

    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    for (int i = 0; i < 256 / HASH_BYTES; i++) {
        struct sample s = sample_make(i + 1);

        s.hash = str_of(bytes + i * HASH_BYTES, HASH_BYTES);
        check_round_trip(&s);
    }
}

TEST_STORE(texts_come_back_as_they_went)
{
    static const char *const texts[] = { "",           " ",
                                         "'",          "''; DROP TABLE audit_log; --",
                                         "\\x41",      "Nguy\u1ec5n Th\u1ecb H\u00f2a",
                                         "$1",         "12",
                                         "1e3",        "line\nline\r\n\ttab",
                                         "\U0001F600", "NULL" };

    for (size_t i = 0; i < LEN(texts); i++) {
        struct sample s = sample_make((int64_t)i + 1);

        s.detail = str_c(texts[i]);
        check_round_trip(&s);
    }
}

TEST_STORE(numbers_keep_all_64_bits)
{
    static const int64_t numbers[] = { INT64_MIN, INT64_MAX, 0, -1, 1795399200000 };

    for (size_t i = 0; i < LEN(numbers); i++) {
        struct sample s = sample_make((int64_t)i + 1);

        s.at_ms = numbers[i];
        check_round_trip(&s);
    }
}

/* A public client has no secret. */
static result client_without_secret(struct sql *db, void *arg, struct err *e)
{
    struct sql_rows *r DEFER(sql_end) = NULL;

    (void)arg;
    TRY(sql_run(db, SQL_CLIENT_INSERT, e, sql_t(STR("c")), sql_null(), sql_null(),
                sql_t(STR("oidc")), sql_t(NONE), sql_i(0), sql_i(0)));
    TRY(sql_find(db, SQL_CLIENT_PAGE, &r, e, sql_t(NONE), sql_i(1)));
    TRY(sql_one(r, e));
    check(sql_is_null(r, 1));
    check_int(sql_int(r, 1), 0);
    check_int(sql_text(r, 1, test_arena()).n, 0);
    check_int(sql_bytes(r, 1, test_arena()).n, 0);
    check(!sql_is_null(r, 6));
    check_int(sql_text(r, 6, test_arena()).n, 0);
    return OK;
}

TEST_STORE(null_reads_as_nothing)
{
    struct err e = { .code = ERR_NONE };

    check_ok(sql_transact(fixture_pool(), client_without_secret, NULL, &e), e);
}

TEST_STORE(a_missing_row_is_not_found)
{
    struct sample s = sample_make(99);
    struct err e = { .code = ERR_NONE };

    check_fails(sql_read(fixture_pool(), sample_load, &s, &e), e, ERR_NOT_FOUND);
}

TEST_STORE(refused_rows_are_told_by_constraint_and_never_by_value)
{
    const struct {
        struct sample row;
        enum err_code code;
        const char *name;
    } cases[] = {
        { { 7, 1, 0, 1, STR("secret"), STR("secret"), HASH }, ERR_CONFLICT, "audit_log" },
        { { 7, 0, 0, 1, STR("secret"), STR("secret"), HASH }, ERR_STORE, "audit_log_seq" },
        { { 7, 2, 0, 65536, STR("secret"), STR(""), HASH }, ERR_STORE, "audit_log_port" },
        { { 7, 2, 0, 1, STR("secret"), STR(""), STR("secret") }, ERR_STORE, "audit_log_hash" },
        { { 7, 2, 0, 1, STR("secret\0x"), STR(""), HASH }, ERR_NOT_UTF8, "$4" },
    };
    struct sample first = sample_make(1);
    struct err e = { .code = ERR_NONE };

    check_ok(sql_transact(fixture_pool(), sample_insert, &first, &e), e);
    for (size_t i = 0; i < LEN(cases); i++) {
        struct sample row = cases[i].row;

        check_fails(sql_transact(fixture_pool(), sample_insert, &row, &e), e, cases[i].code);
        check(str_has(str_c(e.detail), str_c(cases[i].name)));
        check(str_has(str_c(e.detail), STR("AUDIT_LOG_INSERT")));
        check(!str_has(str_c(e.detail), STR("secret")));
    }
}

static result null_actor(struct sql *db, void *arg, struct err *e)
{
    const struct sql_param actor = *(const struct sql_param *)arg;

    return sql_run(db, SQL_AUDIT_LOG_INSERT, e, sql_i(7), sql_i(50), sql_i(0), actor, sql_t(NONE),
                   sql_t(NONE), sql_t(NONE), sql_t(NONE), sql_i(0), sql_t(NONE), sql_b(HASH));
}

static result typed_slot(struct sql *db, void *arg, struct err *e)
{
    return sql_run(db, SQL_AUDIT_HEAD_INSERT, e, *(const struct sql_param *)arg, sql_b(HASH));
}

TEST_STORE(null_and_wrong_types_are_refused)
{
    struct sql_param null = sql_t_or_null(NONE);
    struct sql_param word = sql_t(STR("many"));
    struct sql_param bytes = sql_b(STR("\x01\x02\x03"));
    struct err e = { .code = ERR_NONE };

    check_fails(sql_transact(fixture_pool(), null_actor, &null, &e), e, ERR_STORE);
    check(str_has(str_c(e.detail), STR("actor")));
    check_fails(sql_transact(fixture_pool(), typed_slot, &word, &e), e, ERR_STORE);
    check(!str_has(str_c(e.detail), STR("many")));
    check_fails(sql_transact(fixture_pool(), typed_slot, &bytes, &e), e, ERR_STORE);
}

static result too_few(struct sql *db, void *arg, struct err *e)
{
    (void)arg;
    return sql_run(db, SQL_AUDIT_HEAD_INSERT, e, sql_i(1));
}

static result too_long(struct sql *db, void *arg, struct err *e)
{
    struct sample s = sample_make(1);

    (void)arg;
    s.detail =
        str_of(arena_alloc(test_arena(), LIMIT_SQL_TEXT_BYTES + 1), LIMIT_SQL_TEXT_BYTES + 1);
    return sample_insert(db, &s, e);
}

TEST_STORE(texts_that_are_none_are_refused_by_both_engines_alike)
{
    static const struct str texts[] = { { "a\0b", 3 },
                                        { "\xff", 1 },
                                        { "a\xc3", 2 },
                                        { "\xed\xa0\x80", 3 } /* half of a pair */ };
    struct err e = { .code = ERR_NONE };

    for (size_t i = 0; i < LEN(texts); i++) {
        struct sample s = sample_make((int64_t)i + 1);

        s.detail = texts[i];
        check_fails(sql_transact(fixture_pool(), sample_insert, &s, &e), e, ERR_NOT_UTF8);
    }
}

TEST_STORE(wrong_parameters_are_refused)
{
    struct err e = { .code = ERR_NONE };

    check(sql_transact(fixture_pool(), too_few, NULL, &e).failed);
    check_fails(sql_transact(fixture_pool(), too_long, NULL, &e), e, ERR_TOO_LARGE);
    check_ok(sql_ping(fixture_pool(), &e), e);
}

static result insert_then_give_up(struct sql *db, void *arg, struct err *e)
{
    TRY(sample_insert(db, arg, e));
    return fail(e, ERR_BUSINESS_RULE, "no");
}

TEST_STORE(work_that_fails_leaves_nothing)
{
    struct sample s = sample_make(1);
    struct err e = { .code = ERR_NONE };

    check_fails(sql_transact(fixture_pool(), insert_then_give_up, &s, &e), e, ERR_BUSINESS_RULE);
    check_fails(sql_read(fixture_pool(), sample_load, &s, &e), e, ERR_NOT_FOUND);
}

static result go_on_after_conflict(struct sql *db, void *arg, struct err *e)
{
    struct sample *s = arg;
    struct sample other = sample_make(s->seq + 1);

    TRY(sample_insert(db, s, e));
    if (!sample_insert(db, s, e).failed) /* sent without waiting: who reads is told */
        check_fails(sample_load(db, s, e), *e, ERR_CONFLICT);
    check_int(e->code, ERR_CONFLICT);
    check_fails(sample_insert(db, &other, e), *e, ERR_CONFLICT);
    check(sample_insert(db, &other, NULL).failed);
    return OK;
}

TEST_STORE(a_failed_statement_spoils_its_transaction)
{
    struct sample s = sample_make(1);
    struct err e = { .code = ERR_NONE };

    check_fails(sql_transact(fixture_pool(), go_on_after_conflict, &s, &e), e, ERR_CONFLICT);
    check_fails(sql_read(fixture_pool(), sample_load, &s, &e), e, ERR_NOT_FOUND);
    check_ok(sql_transact(fixture_pool(), sample_insert, &s, &e), e);
}

static result conflict_at_the_end(struct sql *db, void *arg, struct err *e)
{
    TRY(sample_insert(db, arg, e));
    return sample_insert(db, arg, e);
}

TEST_STORE(a_statement_that_failed_unseen_spoils_its_transaction)
{
    struct sample s = sample_make(1);
    struct err e = { .code = ERR_NONE };

    check_fails(sql_transact(fixture_pool(), conflict_at_the_end, &s, &e), e, ERR_CONFLICT);
    check_fails(sql_read(fixture_pool(), sample_load, &s, &e), e, ERR_NOT_FOUND);
    check_ok(sql_transact(fixture_pool(), sample_insert, &s, &e), e);
}

static result many_insert(struct sql *db, void *arg, struct err *e)
{
    (void)arg;
    for (int64_t i = 1; i <= 1000; i++) {
        struct sample s = sample_make(i);

        TRY(sample_insert(db, &s, e));
    }
    return OK;
}

TEST_STORE(more_statements_than_may_be_under_way_all_arrive)
{
    struct err e = { .code = ERR_NONE };

    check_ok(sql_transact(fixture_pool(), many_insert, NULL, &e), e);
    for (int64_t i = 1; i <= 1000; i += 333) {
        struct sample s = sample_make(i);

        check_ok(sql_read(fixture_pool(), sample_load, &s, &e), e);
    }
}

static result one_of_none(struct sql *db, void *arg, struct err *e)
{
    TRY(sample_insert(db, arg, e));
    return sql_run_one(db, SQL_PROPOSAL_DECIDE, ERR_BUSINESS_RULE, e, sql_t(STR("ppl_none")),
                       sql_t(STR("approved")), sql_t(STR("staff:x")), sql_i(1), sql_t(STR("")));
}

static result one_of_none_and_on(struct sql *db, void *arg, struct err *e)
{
    struct sample other = sample_make(2);

    if (!one_of_none(db, arg, e).failed && !sample_insert(db, &other, e).failed)
        check_fails(sample_load(db, &other, e), *e, ERR_BUSINESS_RULE);
    return OK;
}

TEST_STORE(a_change_that_must_hit_one_row_and_hits_none_fails_its_transaction)
{
    struct sample s = sample_make(1);
    struct err e = { .code = ERR_NONE };

    check_fails(sql_transact(fixture_pool(), one_of_none, &s, &e), e, ERR_BUSINESS_RULE);
    check_fails(sql_transact(fixture_pool(), one_of_none_and_on, &s, &e), e, ERR_BUSINESS_RULE);
    check_fails(sql_read(fixture_pool(), sample_load, &s, &e), e, ERR_NOT_FOUND);
}

static result found_together(struct sql *db, void *arg, struct err *e)
{
    struct sql_rows *heads DEFER(sql_end) = NULL;
    struct sql_rows *ping DEFER(sql_end) = NULL;
    struct sql_rows *unread DEFER(sql_end) = NULL;
    bool more;

    TRY(sql_find_plain(db, SQL_AUDIT_HEAD_LIST, &heads, e));
    TRY(sample_insert(db, arg, e));
    TRY(sql_find_plain(db, SQL_STORE_PING, &ping, e));
    TRY(sql_find(db, SQL_AUDIT_HEAD_TAKE, &unread, e, sql_i(0), sql_i(1)));
    TRY(sql_next(ping, &more, e));
    check(more);
    TRY(sql_next(heads, &more, e)); /* the older one is read later */
    check(!more);
    return sample_load(db, arg, e);
}

TEST_STORE(what_is_found_together_may_be_read_in_any_order_or_not_at_all)
{
    struct sample s = sample_make(1);
    struct err e = { .code = ERR_NONE };

    check_ok(sql_transact(fixture_pool(), found_together, &s, &e), e);
    check_ok(sql_read(fixture_pool(), sample_load, &s, &e), e);
}

/* Rows of a walk come in pieces of a thousand. */
struct walking {
    int64_t rows;
    int64_t count, sum;
    bool early;
};

static result found_put(struct sql *db, int64_t run_n, int64_t rows, struct err *e)
{
    for (int64_t i = 1; i <= rows; i++)
        TRY(sql_run(db, SQL_RECONCILE_FOUND_INSERT, e, sql_i(run_n),
                    sql_t(str_fmt(test_arena(), "%08lld", (long long)i)), sql_t(STR("OK_W")),
                    sql_i(4), sql_t(STR("")), sql_t(STR("")), sql_t(STR("")), sql_t(STR("")),
                    sql_t(STR("")), sql_i(0), sql_i(i), sql_i(0), sql_i(i)));
    return OK;
}

static result walk_rows(struct sql *db, struct walking *w, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    w->count = w->sum = 0;
    TRY(sql_walk(db, SQL_RECONCILE_FOUND_PAGE, &rows, e, sql_i(7), sql_t(STR("")),
                 sql_i(INT64_MAX)));
    for (;; w->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more || (w->early && w->count == 1500))
            break;
        w->sum += sql_int(rows, 2);
        if (w->count % 700 == 0) { /* another statement in between takes nothing away */
            DEFER(sql_end) struct sql_rows *ping = NULL;
            TRY(sql_find_plain(db, SQL_STORE_PING, &ping, e));
            TRY(sql_one(ping, e));
        }
    }
    if (!w->early) { /* the end stays the end */
        TRY(sql_next(rows, &more, e));
        check(!more);
    }
    return OK;
}

static result walk_work(struct sql *db, void *arg, struct err *e)
{
    struct walking *w = arg;

    TRY(found_put(db, 7, w->rows, e));
    TRY(found_put(db, 8, 3, e));
    w->early = w->rows > 1500;
    TRY(walk_rows(db, w, e));
    if (w->early)
        check_int(w->count, 1500);
    w->early = false;
    TRY(walk_rows(db, w, e));
    return sql_run(db, SQL_RECONCILE_FOUND_SWEEP, e, sql_i(9));
}

TEST_STORE(a_long_result_is_walked_row_by_row_whatever_its_length)
{
    static const int64_t lengths[] = { 0, 1, 999, 1000, 1001, 2000, 2345 };

    for (size_t i = 0; i < LEN(lengths); i++) {
        struct walking w = { .rows = lengths[i] };
        struct err e = { .code = ERR_NONE };

        check_ok(sql_transact(fixture_pool(), walk_work, &w, &e), e);
        check_int(w.count, lengths[i]);
        check_int(w.sum, lengths[i] * (lengths[i] + 1) / 2);
    }
}

static result walk_spoilt(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sample_insert(db, arg, e));
    (void)sample_insert(db, arg, e); /* twice the same key */
    TRY(sql_walk(db, SQL_RECONCILE_FOUND_PAGE, &rows, e, sql_i(7), sql_t(STR("")), sql_i(9)));
    return sql_next(rows, &more, e);
}

TEST_STORE(a_walk_in_a_spoilt_transaction_fails_as_the_transaction_did)
{
    struct sample s = sample_make(1);
    struct walking w = { .rows = 1 };
    struct err e = { .code = ERR_NONE };

    check_fails(sql_transact(fixture_pool(), walk_spoilt, &s, &e), e, ERR_CONFLICT);
    check_ok(sql_transact(fixture_pool(), walk_work, &w, &e), e); /* the connection is as before */
    check_int(w.count, 1);
}

TEST_STORE(a_reader_cannot_write)
{
    struct sample s = sample_make(1);
    struct err e = { .code = ERR_NONE };

    check_fails(sql_read(fixture_pool(), sample_insert, &s, &e), e, ERR_STORE);
    check_ok(sql_transact(fixture_pool(), sample_insert, &s, &e), e);
}

/* For each head, with the list still open, another statement runs and its own result is open. */
static result nested(struct sql *db, void *arg, struct err *e)
{
    struct sql_rows *heads DEFER(sql_end) = NULL;
    struct sql_rows *again DEFER(sql_end) = NULL;
    int64_t *visited = arg;
    bool more;

    TRY(sql_find_plain(db, SQL_AUDIT_HEAD_LIST, &heads, e));
    for (*visited = 0;; ++*visited) {
        struct sql_rows *taken DEFER(sql_end) = NULL;
        int64_t changed = 0;

        TRY(sql_next(heads, &more, e));
        if (!more)
            break;
        TRY(sql_find(db, SQL_AUDIT_HEAD_TAKE, &taken, e, sql_i(sql_int(heads, 0)), sql_i(1)));
        TRY(sql_run_count(db, SQL_AUDIT_HEAD_SAVE, &changed, e, sql_i(sql_int(heads, 0)),
                          sql_b(HASH)));
        check_int(changed, 1);
        TRY(sql_one(taken, e));
        check_int(sql_int(taken, 0), 1);
        TRY(sql_next(taken, &more, e));
        check(!more);
        TRY(sql_next(taken, &more, e)); /* the end stays the end */
        check(!more);
    }
    return sql_find_plain(db, SQL_AUDIT_HEAD_LIST, &again, e);
}

static result change_nothing(struct sql *db, void *arg, struct err *e)
{
    return sql_run_count(db, SQL_AUDIT_HEAD_SAVE, (int64_t *)arg, e, sql_i(4711), sql_b(HASH));
}

TEST_STORE(results_may_be_open_side_by_side_but_each_statement_once)
{
    struct err e = { .code = ERR_NONE };
    int64_t visited = 0, changed = -1;
    int count = 5;

    check_ok(sql_transact(fixture_pool(), heads_make, &count, &e), e);
    check_fails(sql_transact(fixture_pool(), nested, &visited, &e), e, ERR_INTERNAL);
    check_int(visited, count);
    check_ok(sql_transact(fixture_pool(), change_nothing, &changed, &e), e);
    check_int(changed, 0);
}

static result take_read(struct sql *db, void *arg, struct err *e)
{
    struct sql_rows *r DEFER(sql_end) = NULL;

    TRY(sql_find(db, SQL_AUDIT_HEAD_TAKE, &r, e, sql_i(0), sql_i(1)));
    TRY(sql_one(r, e));
    *(int64_t *)arg = sql_int(r, 0);
    return OK;
}

TEST_STORE(rows_nobody_reads_are_changed_all_the_same)
{
    struct err e = { .code = ERR_NONE };
    int64_t seq = 0;
    int count = 1;

    check_ok(sql_transact(fixture_pool(), heads_make, &count, &e), e);
    check_ok(sql_transact(fixture_pool(), head_take_unread, NULL, &e), e);
    check_ok(sql_transact(fixture_pool(), take_read, &seq, &e), e);
    check_int(seq, 2);
}

TEST_STORE(every_statement_prepares)
{
    struct err e = { .code = ERR_NONE };

    check_ok(sql_check_queries(fixture_pool(), &e), e);
}

/* So that a name tells where to look, and no two files can meet in one. */
static void check_names(const char *path, struct str noun)
{
    FILE *f = fopen(path, "r");
    char line[512];

    check(f != NULL);
    while (fgets(line, sizeof(line), f) != NULL) {
        const struct str rest = str_from(str_c(line), strlen("-- name: "));

        if (str_starts(str_c(line), STR("-- name: ")) &&
            (!str_starts(rest, noun) || rest.p[noun.n] != '_'))
            test_fail(__FILE__, __LINE__, "%s: %s", path, line);
    }
    (void)fclose(f);
}

TEST(every_statement_is_named_after_its_file)
{
    const char *folder =
        str_cstr(test_arena(), str_fmt(test_arena(), "%s/store/query", test_source()));
    DIR *d = opendir(folder);
    const struct dirent *file;
    int files = 0;

    check(d != NULL);
    while ((file = readdir(d)) != NULL) {
        const struct str name = str_c(file->d_name);

        if (!str_ends(name, STR(".sql")))
            continue;
        check_names(str_cstr(test_arena(), str_fmt(test_arena(), "%s/%s", folder, file->d_name)),
                    str_sub(name, 0, name.n - strlen(".sql")));
        files++;
    }
    (void)closedir(d);
    check(files >= 3);
}

TEST_STORE(a_statement_without_its_table_is_named)
{
    const struct sql_config c = fixture_sql_config();
    struct sql_pool *p DEFER(sql_close) = NULL;
    struct err e = { .code = ERR_NONE };

    (void)fixture_pool();
    raw_run(&c, "DROP TABLE audit_head");
    check_ok(sql_open(&c, &p, &e), e);
    check_fails(sql_check_queries(p, &e), e, ERR_STORE);
    check(str_has(str_c(e.detail), STR("AUDIT_")));
}

TEST_STORE(a_database_that_is_not_there_is_told_at_once)
{
    struct sql_config c = fixture_sql_config();
    struct sql_pool *p DEFER(sql_close) = NULL;
    struct err e = { .code = ERR_NONE };

    c.target =
        c.postgresql ? STR("host=/nowhere/at/all password=secret") : STR("/nowhere/at/all.db");
    check_fails(sql_open(&c, &p, &e), e, ERR_STORE);
    check(!str_has(str_c(e.detail), STR("secret")));
    c.target = NONE;
    check_fails(sql_open(&c, &p, &e), e, ERR_CONFIG);
    c.target = STR("host=/tmp secret");
    c.postgresql = true;
    check_fails(sql_open(&c, &p, &e), e, ERR_CONFIG);
    check(!str_has(str_c(e.detail), STR("secret")));
    c = fixture_sql_config();
    c.connections_max = 0;
    check_fails(sql_open(&c, &p, &e), e, ERR_CONFIG);
    c = fixture_sql_config();
    c.wait_ms = 0; /* PostgreSQL would take it for no limit */
    check_fails(sql_open(&c, &p, &e), e, ERR_CONFIG);
    check(p == NULL);
}

/* Rows that may be written late. */

struct putting {
    int64_t rows, found, seen;
    bool twice;
};

static result row_put(struct sql *db, int64_t seq, struct err *e)
{
    return sql_put(db, SQL_AUDIT_LOG_INSERT, e, sql_i(7), sql_i(seq), sql_i(seq), sql_t(STR("me")),
                   sql_t(STR("put")), sql_t(NONE), sql_t(NONE), sql_t(NONE), sql_i(0), sql_t(NONE),
                   sql_b(HASH));
}

static result rows_count(struct sql *db, int64_t *out, struct err *e)
{
    struct sql_rows *rows DEFER(sql_end) = NULL;
    bool more = true;

    TRY(sql_find(db, SQL_AUDIT_LOG_PAGE, &rows, e, sql_i(7), sql_i(0), sql_i(100000)));
    for (*out = -1; more; (*out)++)
        TRY(sql_next(rows, &more, e));
    return OK;
}

static result rows_put(struct sql *db, void *arg, struct err *e)
{
    struct putting *p = arg;

    for (int64_t i = 1; i <= p->rows; i++)
        TRY(row_put(db, i, e));
    TRY(rows_count(db, &p->found, e));
    TRY(row_put(db, p->rows + 1, e));
    return p->twice ? row_put(db, 1, e) : OK;
}

static result rows_see(struct sql *db, void *arg, struct err *e)
{
    return rows_count(db, &((struct putting *)arg)->seen, e);
}

static result rows_drop(struct sql *db, void *arg, struct err *e)
{
    (void)arg;
    return sql_script(db, STR("DELETE FROM audit_log"), e);
}

TEST_STORE(rows_that_are_put_are_there_for_whoever_asks_and_at_the_commit)
{
    static const int64_t counts[] = { 1, 2, 3, 7, 8, 9, 33, 71, 600 };

    for (size_t i = 0; i < LEN(counts); i++) {
        struct putting p = { .rows = counts[i] };
        struct err e = { .code = ERR_NONE };

        check_ok(sql_transact(fixture_pool(), rows_put, &p, &e), e);
        check_int(p.found, counts[i]);
        check_ok(sql_read(fixture_pool(), rows_see, &p, &e), e);
        check_int(p.seen, counts[i] + 1);
        check_ok(sql_transact(fixture_pool(), rows_drop, &p, &e), e);
    }
}

TEST_STORE(a_row_that_is_put_twice_fails_all_of_its_transaction)
{
    struct putting p = { .rows = 12, .twice = true };
    struct err e = { .code = ERR_NONE };

    check_fails(sql_transact(fixture_pool(), rows_put, &p, &e), e, ERR_CONFLICT);
    check(str_has(str_c(e.detail), STR("AUDIT_LOG_INSERT")));
    check_ok(sql_read(fixture_pool(), rows_see, &p, &e), e);
    check_int(p.seen, 0);
}

static result odd_put(struct sql *db, void *arg, struct err *e)
{
    (void)arg;
    return sql_put(db, SQL_AUDIT_HEAD_INSERT, e, sql_i(1), sql_b(HASH));
}

TEST_STORE(only_plain_inserts_may_wait)
{
    struct err e = { .code = ERR_NONE };

    if (fixture_sql_config().postgresql)
        check_fails(sql_transact(fixture_pool(), odd_put, NULL, &e), e, ERR_INTERNAL);
}
