/* One connection of each engine, beside the pool of the fixture. */
#include "tests/payments/peek.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <string.h>

#include "base/buf.h"
#include "tests/fixture.h"

static PGconn *pgsql;
static sqlite3 *sqlite;

void peek_close(void)
{
    if (pgsql != NULL)
        PQfinish(pgsql);
    if (sqlite != NULL)
        (void)sqlite3_close(sqlite);
    pgsql = NULL;
    sqlite = NULL;
}

static bool is_pgsql(void)
{
    return strcmp(test_engine(), "postgresql") == 0;
}

static void open_once(void)
{
    if (pgsql != NULL || sqlite != NULL)
        return;
    const struct sql_config c = fixture_sql_config();

    if (is_pgsql()) {
        pgsql = PQconnectdb(str_cstr(test_arena(), c.target));
        check(PQstatus(pgsql) == CONNECTION_OK);
    } else {
        check_int(sqlite3_open(str_cstr(test_arena(), c.target), &sqlite), SQLITE_OK);
        (void)sqlite3_busy_timeout(sqlite, 10000);
    }
    (void)atexit(peek_close);
}

typedef void peek_cell(void *arg, int column, int columns, const char *text);

static void pgsql_each(const char *query, peek_cell *cell, void *arg)
{
    PGresult *r = PQexec(pgsql, query);

    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        test_fail(__FILE__, __LINE__, "%s: %s", query, PQerrorMessage(pgsql));
    for (int row = 0; row < PQntuples(r); row++)
        for (int i = 0; i < PQnfields(r); i++)
            cell(arg, i, PQnfields(r), PQgetvalue(r, row, i));
    PQclear(r);
}

static void sqlite_each(const char *query, peek_cell *cell, void *arg)
{
    sqlite3_stmt *s = NULL;
    int rc;

    if (sqlite3_prepare_v2(sqlite, query, -1, &s, NULL) != SQLITE_OK)
        test_fail(__FILE__, __LINE__, "%s: %s", query, sqlite3_errmsg(sqlite));
    while ((rc = sqlite3_step(s)) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(s); i++)
            cell(arg, i, sqlite3_column_count(s), (const char *)sqlite3_column_text(s, i));
    check_int(rc, SQLITE_DONE);
    (void)sqlite3_finalize(s);
}

static void each(const char *query, peek_cell *cell, void *arg)
{
    open_once();
    if (is_pgsql())
        pgsql_each(query, cell, arg);
    else
        sqlite_each(query, cell, arg);
}

struct numbers {
    int64_t *out;
    int columns, seen;
};

static void number_keep(void *arg, int column, int columns, const char *text)
{
    struct numbers *n = arg;

    check_int(columns, n->columns);
    check(str_to_i64(str_c(text != NULL ? text : "0"), &n->out[column]));
    n->seen++;
}

void peek_row(const char *query, int64_t *out, int columns)
{
    struct numbers n = { out, columns, 0 };

    each(query, number_keep, &n);
    check_int(n.seen, columns);
}

int64_t peek_int(const char *query)
{
    int64_t n;

    peek_row(query, &n, 1);
    return n;
}

static void text_keep(void *arg, int column, int columns, const char *text)
{
    buf_puts(arg, text != NULL ? text : "");
    buf_puts(arg, column + 1 == columns ? "\n" : "|");
}

struct str peek_text(struct arena *a, const char *query)
{
    struct buf b = buf_make(a, (size_t)64 << 20);

    each(query, text_keep, &b);
    return buf_str(&b);
}
