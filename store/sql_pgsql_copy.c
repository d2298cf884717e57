/* COPY: rows on their way into one table, and nothing else on the connection meanwhile. */
#include <libpq-fe.h>
#include <limits.h>

#include "base/str.h"
#include "store/sql_pgsql_pipe.h"

#define WHAT "COPY"

static result copy_broken(struct sql *db, struct err *e)
{
    sql_mark(db, PQstatus(db->pgsql) == CONNECTION_OK ? SQL_FAILED : SQL_LOST);
    return fail(e, ERR_STORE, "COPY: the server did not take the rows");
}

result copy_begin(struct sql *db, const char *statement, struct err *e)
{
    PGresult *r;
    result done = OK;

    TRY(pipe_leave(db, e));
    r = PQexec(db->pgsql, statement);
    if (PQresultStatus(r) != PGRES_COPY_IN)
        done = pgsql_refused(db, r, WHAT, e);
    PQclear(r);
    return done;
}

result copy_put(struct sql *db, struct str bytes, struct err *e)
{
    must(bytes.n <= INT_MAX);
    return PQputCopyData(db->pgsql, bytes.p, (int)bytes.n) == 1 ? OK : copy_broken(db, e);
}

/* Every result is read, so that the connection is free for statements again. */
result copy_end(struct sql *db, bool keep, struct err *e)
{
    result done = OK;
    PGresult *r;

    if (PQputCopyEnd(db->pgsql, keep ? NULL : "given up") != 1)
        return copy_broken(db, e);
    while ((r = PQgetResult(db->pgsql)) != NULL) {
        if (PQresultStatus(r) != PGRES_COMMAND_OK && !done.failed)
            done = pgsql_refused(db, r, WHAT, e);
        PQclear(r);
    }
    return done;
}
