/* Rows in bulk: kept whole with their transaction, on both engines. */
#include "base/arena.h"
#include "store/sql_bulk.h"
#include "tests/fixture.h"

#define ROWS 20000

struct bulk {
    int64_t rows, run_n;
    struct str text;
    bool drop, twice;
    int64_t count, first_vnd;
};

static result row(struct sql_bulk *b, const struct bulk *k, int64_t i, struct err *e)
{
    return sql_bulk_row(b, e, sql_i(k->run_n), sql_t(str_fmt(test_arena(), "%08lld", (long long)i)),
                        sql_t(STR("OK_W")), sql_i(4), sql_t(k->text), sql_t(STR("")),
                        sql_t(STR("Hồ sơ")), sql_t(STR("")), sql_t(STR("")), sql_i(i),
                        sql_i(INT64_MIN / 2 + i), sql_i(0), sql_i(INT64_MIN / 2 + i));
}

static result put(struct sql *db, void *arg, struct err *e)
{
    struct bulk *k = arg;
    DEFER(sql_bulk_drop) struct sql_bulk *b = NULL;
    int64_t rows;

    TRY(sql_bulk_begin(db, SQL_RECONCILE_FOUND_INSERT, test_arena(), &b, e));
    for (int64_t i = 0; i < k->rows; i++)
        TRY(row(b, k, i, e));
    if (k->twice)
        TRY(row(b, k, 0, e));
    if (k->drop)
        return OK;
    TRY(sql_bulk_end(&b, &rows, e));
    check_int(rows, k->rows);
    return OK;
}

static result look(struct sql *db, void *arg, struct err *e)
{
    struct bulk *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    k->count = 0;
    TRY(sql_find(db, SQL_RECONCILE_FOUND_PAGE, &rows, e, sql_i(k->run_n), sql_t(STR("")),
                 sql_i(2 * ROWS)));
    for (;; k->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (k->count == 0)
            k->first_vnd = sql_int(rows, 2);
    }
}

static int64_t found(struct bulk *k)
{
    struct err e = { 0 };

    check_ok(sql_read(fixture_pool(), look, k, &e), e);
    return k->count;
}

TEST_STORE(rows_in_bulk_are_all_there)
{
    struct bulk k = { .rows = ROWS, .run_n = 7, .text = STR("tiếng Việt | \t\n\\N") };
    struct err e = { 0 };

    check_ok(sql_transact(fixture_pool(), put, &k, &e), e);
    check_int(found(&k), ROWS);
    check_int(k.first_vnd, INT64_MIN / 2);
}

TEST_STORE(no_rows_in_bulk_are_none)
{
    struct bulk k = { .rows = 0, .run_n = 7, .text = STR("") };
    struct err e = { 0 };

    check_ok(sql_transact(fixture_pool(), put, &k, &e), e);
    check_int(found(&k), 0);
}

TEST_STORE(a_row_that_is_there_already_spoils_all)
{
    struct bulk k = { .rows = 10, .run_n = 7, .text = STR(""), .twice = true };
    struct err e = { 0 };

    check_fails(sql_transact(fixture_pool(), put, &k, &e), e, ERR_CONFLICT);
    check_int(found(&k), 0);
    k.twice = false;
    check_ok(sql_transact(fixture_pool(), put, &k, &e), e); /* the connection is of use again */
    check_int(found(&k), 10);
}

TEST_STORE(rows_that_were_given_up_are_not_kept)
{
    struct bulk k = { .rows = 10, .run_n = 7, .text = STR(""), .drop = true };
    struct err e = { 0 };

    check(sql_transact(fixture_pool(), put, &k, &e).failed);
    check_int(found(&k), 0);
    k.drop = false;
    check_ok(sql_transact(fixture_pool(), put, &k, &e), e);
    check_int(found(&k), 10);
}

TEST_STORE(what_is_no_text_is_refused_in_bulk_too)
{
    struct bulk k = { .rows = 3, .run_n = 7, .text = str_of("\xff", 1) };
    struct err e = { 0 };

    check_fails(sql_transact(fixture_pool(), put, &k, &e), e, ERR_NOT_UTF8);
    check_int(found(&k), 0);
}
