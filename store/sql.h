/*
 * sql.h - durable facts, on SQLite or PostgreSQL, in one SQL dialect.
 *
 * Statements live in store/query/<file>.sql, named by a line `-- name: order_load`; at build each
 * becomes SQL_ORDER_LOAD. Parameters are $1, $2, ... and are always bound. Schema changes are
 * numbered files in store/schema/.
 *
 * The shared dialect: BIGINT, TEXT, BYTEA (read as BLOB by SQLite), CHECK, ON CONFLICT, RETURNING,
 * CAST($1 AS BIGINT) where PostgreSQL cannot infer a type. Booleans are BIGINT 0/1, times BIGINT
 * ms.
 *
 * A transaction is written as a function and run by sql_transact(), which commits when it returns
 * OK and otherwise rolls back; a serialization failure, deadlock or busy database is retried from
 * the start (LIMIT_TX_ATTEMPTS), so the function must not act on the outside world. A transaction
 * that decides on a row first takes it: UPDATE ... RETURNING locks on both engines (PostgreSQL runs
 * at READ COMMITTED; SQLite writes one at a time, BEGIN IMMEDIATE).
 *
 * On SQLite, transactions that wait for the one writer are taken together and committed once
 * (sql_group.c), so that the disk is waited for once; each is still undone by itself when it fails.
 * The function may then run on another thread than its caller's, who waits meanwhile.
 *
 * On PostgreSQL, statements are sent without waiting; what became of them is told by the first
 * sql_next, number of rows or commit that comes afterwards. So what depends on the outcome of one
 * asks for its rows or their number; and who reads by several statements that need nothing of each
 * other starts them all before the first sql_next, and waits for all of them once.
 *
 * A statement that failed spoils its transaction on both engines: what follows it fails with the
 * same error and nothing is committed, even if the function returns OK. What may be there already
 * is asked for with ON CONFLICT, not by trying. A violated key is ERR_CONFLICT, a violated CHECK,
 * reference or type ERR_STORE with the constraint's name, a lock not had within wait_ms ERR_BUSY.
 * Details never hold values. A connection that breaks is reopened and the transaction run again,
 * for wait_ms, unless it broke at the COMMIT: then nobody knows, and ERR_STORE says so.
 *
 * Thread rule: a pool may be used by any thread; a connection (struct sql) by the one that has it.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "base/base.h"
#include "base/err.h"

struct sql_pool;
struct sql;      /* a connection inside a transaction */
struct sql_rows; /* a result being read */

enum sql_query {
#define SQL_QUERY(name, text) SQL_##name,
#include "store/query.def" /* generated from the .sql files */
#undef SQL_QUERY
    SQL_QUERY_COUNT
};

struct sql_config {
    bool postgresql;     /* else SQLite */
    struct str target;   /* PostgreSQL conninfo, or SQLite path */
    int connections_max; /* bounded pool */
    int64_t wait_ms;     /* for a free connection or a lock, then ERR_BUSY; 1 at least */
};

struct sql_param {
    enum { SQL_PARAM_NULL, SQL_PARAM_INT, SQL_PARAM_TEXT, SQL_PARAM_BYTES } kind;
    int64_t i;
    struct str s;
};
struct sql_param sql_i(int64_t i);
struct sql_param sql_t(struct str text); /* UTF-8, else ERR_NOT_UTF8; empty is '', not NULL */
struct sql_param sql_b(struct str bytes);
struct sql_param sql_null(void);
struct sql_param sql_t_or_null(struct str text); /* empty gives NULL */

MUST_USE result sql_open(const struct sql_config *c, struct sql_pool **out, struct err *e);
void sql_close(struct sql_pool **p);

/* Must not be called from within a transaction of the same pool: it would wait for itself. */
typedef result sql_work(struct sql *db, void *arg, struct err *e);
MUST_USE result sql_transact(struct sql_pool *p, sql_work *work, void *arg, struct err *e);
/* The same for reading only: no write lock is taken, and all of it sees one snapshot. */
MUST_USE result sql_read(struct sql_pool *p, sql_work *work, void *arg, struct err *e);

/* Runs a statement that returns no rows: sql_run(db, SQL_ORDER_INSERT, e, sql_t(id), sql_i(n)). */
#define sql_run(db, query, e, ...)                                                                 \
    sql_run_n((db), (query), (const struct sql_param[]){ __VA_ARGS__ }, SQL_COUNT(__VA_ARGS__),    \
              NULL, (e))
/* The same, and how many rows it changed. */
#define sql_run_count(db, query, changed, e, ...)                                                  \
    sql_run_n((db), (query), (const struct sql_param[]){ __VA_ARGS__ }, SQL_COUNT(__VA_ARGS__),    \
              (changed), (e))
/* Runs a statement that must change exactly one row: otherwise the transaction fails with `code`,
 * told as late as by its commit. */
#define sql_run_one(db, query, code, e, ...)                                                       \
    sql_run_one_n((db), (query), (const struct sql_param[]){ __VA_ARGS__ },                        \
                  SQL_COUNT(__VA_ARGS__), (code), (e))
/* Inserts a row that may be written late: a statement INSERT INTO t (...) VALUES (...) and no more.
 * On PostgreSQL rows wait for the next statement that names one of the tables that rows wait for,
 * or for the end, and are then written several in one statement, by table, in the order in which
 * the tables were first put into. So nobody sees a difference but in when a refusal is told: by
 * the commit at the latest. What refers to such a row is put as well, and after it. */
#define sql_put(db, query, e, ...)                                                                 \
    sql_put_n((db), (query), (const struct sql_param[]){ __VA_ARGS__ }, SQL_COUNT(__VA_ARGS__), (e))
/* Runs a statement whose rows are read with sql_next(). */
#define sql_find(db, query, rows, e, ...)                                                          \
    sql_find_n((db), (query), (const struct sql_param[]){ __VA_ARGS__ }, SQL_COUNT(__VA_ARGS__),   \
               (rows), (e))
/* The same for a long result of which every row is read: PostgreSQL gives it in pieces and finds
 * the next while one is read. */
#define sql_walk(db, query, rows, e, ...)                                                          \
    sql_walk_n((db), (query), (const struct sql_param[]){ __VA_ARGS__ }, SQL_COUNT(__VA_ARGS__),   \
               (rows), (e))
/* Statements without parameters. */
#define sql_run_plain(db, query, e)        sql_run_n((db), (query), NULL, 0, NULL, (e))
#define sql_find_plain(db, query, rows, e) sql_find_n((db), (query), NULL, 0, (rows), (e))
#define SQL_COUNT(...)                     LEN(((const struct sql_param[]){ __VA_ARGS__ }))

MUST_USE result sql_run_n(struct sql *db, enum sql_query q, const struct sql_param *params,
                          size_t n, int64_t *changed, struct err *e);
MUST_USE result sql_run_one_n(struct sql *db, enum sql_query q, const struct sql_param *params,
                              size_t n, enum err_code code, struct err *e);
MUST_USE result sql_put_n(struct sql *db, enum sql_query q, const struct sql_param *params,
                          size_t n, struct err *e);
MUST_USE result sql_find_n(struct sql *db, enum sql_query q, const struct sql_param *params,
                           size_t n, struct sql_rows **rows, struct err *e);

MUST_USE result sql_walk_n(struct sql *db, enum sql_query q, const struct sql_param *params,
                           size_t n, struct sql_rows **rows, struct err *e);

/* Steps to the next row; *more false at the end. One result is open at a time per statement, any
 * number of different ones. PostgreSQL sends a result whole: what may be long is walked, or read by
 * pages (WHERE key > $1 ORDER BY key LIMIT $2) where each page is another request's. A page costs
 * no more than its rows only where the server takes the index for it, and of rows that came a
 * moment ago it knows nothing: all pages of a long result in one transaction may take the square
 * of their number. */
MUST_USE result sql_next(struct sql_rows *rows, bool *more, struct err *e);
/* Exactly one row expected: ERR_NOT_FOUND when there is none. */
MUST_USE result sql_one(struct sql_rows *rows, struct err *e);
void sql_end(struct sql_rows **rows); /* DEFER(sql_end) */

/* Columns of the current row, from 0. Texts and bytes are copied into the arena; NULL reads as 0,
 * the empty slice, or sql_is_null. */
int64_t sql_int(const struct sql_rows *rows, int column);
struct str sql_text(const struct sql_rows *rows, int column, struct arena *a);
struct str sql_bytes(const struct sql_rows *rows, int column, struct arena *a);
bool sql_is_null(const struct sql_rows *rows, int column);
/* How long the text or the bytes are, to ask before copying what others may have written. */
size_t sql_length(const struct sql_rows *rows, int column);

/* The number of this connection in its pool, from 0: hash chains are kept per connection, so that
 * writers of one process do not queue behind one head row. */
int sql_slot(const struct sql *db);
const char *sql_engine(const struct sql_pool *p); /* "sqlite" or "postgresql" */
MUST_USE result sql_ping(struct sql_pool *p, struct err *e);
/* Prepares every statement; for `motcua check` and the tests. */
MUST_USE result sql_check_queries(struct sql_pool *p, struct err *e);

#endif
