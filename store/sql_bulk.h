/*
 * sql_bulk.h - many rows of one table at once, within the caller's transaction.
 *
 *     DEFER(sql_bulk_drop) struct sql_bulk *b = NULL;
 *     TRY(sql_bulk_begin(db, SQL_SETTLEMENT_LINE_INSERT, a, &b, e));
 *     TRY(sql_bulk_row(b, e, sql_i(n), sql_t(text), ...));          any number of times
 *     TRY(sql_bulk_end(&b, &rows, e));
 *
 * The statement is an INSERT INTO table (columns) VALUES ($1, $2, ...), every column a parameter of
 * its own in order, BIGINT or TEXT or BYTEA, nothing after it. PostgreSQL takes the rows by COPY,
 * SQLite by the prepared statement. Between begin and end the connection is for these rows alone. A
 * row that is refused may be told as late as by sql_bulk_end; what failed spoils the transaction,
 * as everywhere (sql.h). Dropped before its end, nothing of it is kept and the transaction is
 * spoilt.
 */
#ifndef STORE_SQL_BULK_H
#define STORE_SQL_BULK_H

#include "store/sql.h"

struct sql_bulk;

/* Whether rows go as they come and nobody else waits meanwhile: then all of a file may go in one
 * transaction. Elsewhere writers wait for each other, and many rows go in groups. */
bool sql_bulk_streams(const struct sql_pool *p);

/* The memory is the arena's. */
MUST_USE result sql_bulk_begin(struct sql *db, enum sql_query insert, struct arena *a,
                               struct sql_bulk **out, struct err *e);
#define sql_bulk_row(bulk, e, ...)                                                                 \
    sql_bulk_row_n((bulk), (const struct sql_param[]){ __VA_ARGS__ }, SQL_COUNT(__VA_ARGS__), (e))
MUST_USE result sql_bulk_row_n(struct sql_bulk *b, const struct sql_param *params, size_t n,
                               struct err *e);
MUST_USE result sql_bulk_end(struct sql_bulk **b, int64_t *rows, struct err *e);
void sql_bulk_drop(struct sql_bulk **b); /* DEFER(sql_bulk_drop) */

#endif
