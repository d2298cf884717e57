/*
 * Statements on their way to PostgreSQL. libpq reads while it cannot write, so a long transaction
 * cannot stop both sides; the answers that wait are bounded all the same.
 */
#include "store/sql_pgsql_pipe.h"

#include <libpq-fe.h>
#include <string.h>

#include "base/str.h"

static result broken(struct sql *db, const char *name, struct err *e)
{
    sql_mark(db, SQL_LOST);
    return fail(e, ERR_STORE, "%s: connection lost", name);
}

/* Before anything is sent. */
static result pipe_enter(struct sql *db, const char *name, struct err *e)
{
    if (db->sent == SQL_SENT_MAX)
        TRY(pipe_wait(db, NULL, e));
    if (PQpipelineStatus(db->pgsql) == PQ_PIPELINE_OFF && PQenterPipelineMode(db->pgsql) != 1)
        return broken(db, name, e);
    return OK;
}

static result sent(struct sql *db, int done, const char *name, struct err *e)
{
    if (done != 1)
        return broken(db, name, e);
    db->sent_rows[db->sent] = NULL;
    db->sent_one[db->sent] = ERR_NONE;
    db->sent_names[db->sent++] = name;
    return OK;
}

void pipe_await(struct sql_rows *r)
{
    r->awaited = true;
    r->db->sent_rows[r->db->sent - 1] = r;
}

void pipe_forget(struct sql_rows *r)
{
    for (int i = 0; i < r->db->sent; i++)
        if (r->db->sent_rows[i] == r)
            r->db->sent_rows[i] = NULL;
    r->awaited = false;
}

void pipe_expect_one(struct sql *db, enum err_code otherwise)
{
    db->sent_one[db->sent - 1] = otherwise;
    db->expects = true;
}

/* The server accepted it; but did it do what was meant? */
static result answer_judge(struct sql *db, int i, PGresult *r, struct err *e)
{
    if (db->sent_one[i] == ERR_NONE || strcmp(PQcmdTuples(r), "1") == 0)
        return OK;
    sql_mark(db, SQL_FAILED);
    return fail(e, db->sent_one[i], "%s: not one row", db->sent_names[i]);
}

static void answer_give(struct sql_rows *to, PGresult *r)
{
    if (to == NULL) {
        PQclear(r);
        return;
    }
    if (to->answer == NULL)
        to->answer = r;
    else
        to->ahead = r;
    to->awaited = false;
}

result pipe_text(struct sql *db, const char *text, const char *name, struct err *e)
{
    TRY(pipe_enter(db, name, e));
    return sent(db, PQsendQueryParams(db->pgsql, text, 0, NULL, NULL, NULL, NULL, 1), name, e);
}

result pipe_text_bound(struct sql *db, const char *text, const char *name,
                       const struct pipe_bound *b, size_t n, struct err *e)
{
    TRY(pipe_enter(db, name, e));
    return sent(
        db, PQsendQueryParams(db->pgsql, text, (int)n, NULL, b->values, b->lengths, b->formats, 1),
        name, e);
}

result pipe_prepare(struct sql *db, const char *as, const char *text, const char *name,
                    struct err *e)
{
    TRY(pipe_enter(db, name, e));
    return sent(db, PQsendPrepare(db->pgsql, as, text, 0, NULL), name, e);
}

result pipe_describe(struct sql *db, const char *as, const char *name, struct err *e)
{
    TRY(pipe_enter(db, name, e));
    return sent(db, PQsendDescribePrepared(db->pgsql, as), name, e);
}

result pipe_statement(struct sql *db, const char *as, const char *name, const struct pipe_bound *b,
                      size_t n, struct err *e)
{
    TRY(pipe_enter(db, name, e));
    return sent(db,
                PQsendQueryPrepared(db->pgsql, as, (int)n, b->values, b->lengths, b->formats, 1),
                name, e);
}

result pipe_sync(struct sql *db, struct err *e)
{
    if (PQpipelineSync(db->pgsql) != 1)
        return broken(db, "sync", e);
    db->syncs++;
    return OK;
}

result pipe_flush(struct sql *db, struct err *e)
{
    return PQflush(db->pgsql) == 0 ? OK : broken(db, "flush", e);
}

static bool is_answer(const PGresult *r)
{
    const ExecStatusType status = PQresultStatus(r);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* The answer to one statement. What comes after a refusal was not looked at by the server: that
 * says nothing new. */
static result answer_read(struct sql *db, const char *name, PGresult **out, bool refused,
                          struct err *e)
{
    PGresult *r = PQgetResult(db->pgsql);
    result done = OK;

    if (r == NULL)
        return refused ? (result){ true } : broken(db, name, e);
    if (!is_answer(r)) {
        done.failed = true;
        if (!refused)
            done = pgsql_refused(db, r, name, e);
        PQclear(r);
        r = NULL;
    }
    /* The end of this statement's results; of a lost connection there is none. */
    while (PQstatus(db->pgsql) == CONNECTION_OK) {
        PGresult *more = PQgetResult(db->pgsql);

        if (more == NULL)
            break;
        PQclear(more);
    }
    *out = r;
    return done;
}

/* Up to the mark that ends a transaction, which clears the refusal. */
static void sync_read(struct sql *db)
{
    int nothing = 0;

    while (PQstatus(db->pgsql) == CONNECTION_OK && nothing < 2) {
        PGresult *r = PQgetResult(db->pgsql);
        const bool is_mark = r != NULL && PQresultStatus(r) == PGRES_PIPELINE_SYNC;

        PQclear(r);
        if (is_mark)
            return;
        nothing = r == NULL ? nothing + 1 : 0;
    }
    sql_mark(db, SQL_LOST); /* never seen of a connection that still stands */
}

result pipe_wait(struct sql *db, struct pg_result **last, struct err *e)
{
    result all = OK;

    if (db->sent > 0 && db->syncs == 0 && PQsendFlushRequest(db->pgsql) != 1)
        return broken(db, db->sent_names[0], e);
    TRY(pipe_flush(db, e));
    for (int i = 0; i < db->sent; i++) {
        PGresult *r = NULL;
        result one = answer_read(db, db->sent_names[i], &r, all.failed, e);

        if (!one.failed && !all.failed)
            one = answer_judge(db, i, r, e);
        if (one.failed && !all.failed) {
            all = one;
            db->refused_at = i;
        }
        if (i + 1 == db->sent && !all.failed && last != NULL)
            *last = r;
        else
            answer_give(db->sent_rows[i], r);
    }
    db->sent = 0;
    db->expects = false;
    if (all.failed && db->syncs == 0 && PQstatus(db->pgsql) == CONNECTION_OK &&
        PQpipelineSync(db->pgsql) == 1)
        db->syncs = 1;
    for (; db->syncs > 0; db->syncs--)
        sync_read(db);
    return all;
}

result pipe_leave(struct sql *db, struct err *e)
{
    if (PQpipelineStatus(db->pgsql) == PQ_PIPELINE_OFF)
        return OK;
    TRY(pipe_sync(db, e));
    TRY(pipe_wait(db, NULL, e));
    return PQexitPipelineMode(db->pgsql) == 1 ? OK : broken(db, "pipeline", e);
}
