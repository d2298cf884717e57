/*
 * sql_pgsql_pipe.h - statements on their way to PostgreSQL, for sql_pgsql.c only.
 *
 * What needs no answer yet is sent without waiting (libpq's pipeline mode); its outcome is read
 * together with that of the next statement whose rows are wanted, or at the commit. So a
 * transaction waits once for each time that it reads, not once for each statement; and what is read
 * by several statements that were sent one after another it waits for once. A statement that
 * was refused meanwhile fails the next one that waits: it has spoilt the transaction anyway.
 */
#ifndef STORE_SQL_PGSQL_PIPE_H
#define STORE_SQL_PGSQL_PIPE_H

#include "store/sql_engine.h"

/* What is sent with a statement, already bound. */
struct pipe_bound {
    const char **values;
    int *lengths, *formats;
};

/* Each sends and does not wait; `name` says in errors which statement it was and must live on. */
MUST_USE result pipe_text(struct sql *db, const char *text, const char *name, struct err *e);
MUST_USE result pipe_text_bound(struct sql *db, const char *text, const char *name,
                                const struct pipe_bound *b, size_t n, struct err *e);
MUST_USE result pipe_prepare(struct sql *db, const char *as, const char *text, const char *name,
                             struct err *e);
MUST_USE result pipe_describe(struct sql *db, const char *as, const char *name, struct err *e);
MUST_USE result pipe_statement(struct sql *db, const char *as, const char *name,
                               const struct pipe_bound *b, size_t n, struct err *e);
/* The answer to what was sent last goes to r->answer when it is waited for, or to r->ahead while
 * that is still read, unless r is ended before. */
void pipe_await(struct sql_rows *r);
void pipe_forget(struct sql_rows *r);
/* What was sent last must change one row: otherwise who waits for it is told `otherwise`. */
void pipe_expect_one(struct sql *db, enum err_code otherwise);

/* Waits for the answers to all that was sent. The last one goes to *last (NULL: dropped), whose
 * owner is then the caller. The first that was refused is what it fails with. */
MUST_USE result pipe_wait(struct sql *db, struct pg_result **last, struct err *e);
/* Marks the end of a transaction: what is sent afterwards is not skipped when something before it
 * failed. */
MUST_USE result pipe_sync(struct sql *db, struct err *e);
/* Sends what lies in the buffer, and does not wait. */
MUST_USE result pipe_flush(struct sql *db, struct err *e);
/* Waits, and goes back to one statement at a time, for scripts. */
MUST_USE result pipe_leave(struct sql *db, struct err *e);

/* COPY (sql_pgsql_copy.c): waits for what was sent before; keep false: what was put is given up. */
MUST_USE result copy_begin(struct sql *db, const char *statement, struct err *e);
MUST_USE result copy_put(struct sql *db, struct str bytes, struct err *e);
MUST_USE result copy_end(struct sql *db, bool keep, struct err *e);

/* What an answer that is a refusal means for the transaction: see sql_mark(). */
result pgsql_refused(struct sql *db, const struct pg_result *r, const char *name, struct err *e);

#endif
