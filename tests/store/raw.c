#include "tests/store/raw.h"

#include <libpq-fe.h>
#include <sqlite3.h>

#include "tests/test.h"

static struct str pgsql(const struct sql_config *c, const char *statements)
{
    PGconn *db = PQconnectdb(str_cstr(test_arena(), c->target));
    PGresult *r = PQexec(db, statements);
    const ExecStatusType status = PQresultStatus(r);
    struct str text = { NULL, 0 };

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        test_fail(__FILE__, __LINE__, "%s: %s", statements, PQerrorMessage(db));
    if (status == PGRES_TUPLES_OK && PQntuples(r) > 0)
        text = str_dup(test_arena(), str_c(PQgetvalue(r, 0, 0)));
    PQclear(r);
    PQfinish(db);
    return text;
}

static int keep_first(void *arg, int n, char **values, char **names)
{
    struct str *text = arg;

    (void)names;
    if (text->p == NULL && n > 0)
        *text = str_dup(test_arena(), str_c(values[0]));
    return 0;
}

static struct str sqlite(const struct sql_config *c, const char *statements)
{
    struct str text = { NULL, 0 };
    sqlite3 *db = NULL;
    char *why = NULL;

    check_int(sqlite3_open(str_cstr(test_arena(), c->target), &db), SQLITE_OK);
    (void)sqlite3_busy_timeout(db, 10000);
    if (sqlite3_exec(db, statements, keep_first, &text, &why) != SQLITE_OK)
        test_fail(__FILE__, __LINE__, "%s: %s", statements, why);
    (void)sqlite3_close(db);
    return text;
}

struct str raw_text(const struct sql_config *c, const char *query)
{
    return c->postgresql ? pgsql(c, query) : sqlite(c, query);
}

void raw_run(const struct sql_config *c, const char *statements)
{
    (void)raw_text(c, statements);
}

int64_t raw_int(const struct sql_config *c, const char *query)
{
    int64_t n = 0;

    check(str_to_i64(raw_text(c, query), &n));
    return n;
}
