/*
 * PostgreSQL, through libpq. Each statement is prepared once per connection, on first use.
 * Results come in binary, whole, into libpq's memory: read what may be long by pages.
 *
 * Server messages may quote values, so of a refusal only SQLSTATE and the names of constraint,
 * table and column are passed on.
 */
#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "store/sql_engine.h"
#include "store/sql_pgsql_pipe.h"

#define NAME_BYTES   64
#define NUMBER_BYTES 24
#define MANY_BYTES   ((size_t)64 * 1024) /* text of a statement for many rows */
#define WALK_ROWS    1000 /* of a piece: what fits between both processes, so that neither waits */

/* Types of pg_type that the dialect knows. */
enum oid {
    OID_BYTEA = 17,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_VARCHAR = 1043
};

/* SQLSTATEs after which the connection is of no use: the server stops (57P01..3), has become a
 * standby (25006, outside sql_read), or its plans are out of date after a migration (0A000, 26000).
 */
static bool is_lost(const struct sql *db, const char *state)
{
    if (PQstatus(db->pgsql) != CONNECTION_OK)
        return true;
    if (strncmp(state, "57P0", 4) == 0 || strcmp(state, "0A000") == 0 ||
        strcmp(state, "26000") == 0)
        return true;
    if (strcmp(state, "25006") == 0)
        return !db->reading;
    return strncmp(state, "08", 2) == 0 && strcmp(state, "08P01") != 0;
}

static const char *field(const PGresult *r, int code)
{
    const char *text = PQresultErrorField(r, code);

    return text == NULL ? "" : text;
}

result pgsql_refused(struct sql *db, const PGresult *r, const char *what, struct err *e)
{
    const char *state = field(r, PG_DIAG_SQLSTATE);
    const char *constraint = field(r, PG_DIAG_CONSTRAINT_NAME);

    db->told = state[0] != '\0';
    if (is_lost(db, state)) {
        sql_mark(db, SQL_LOST);
        return fail(e, ERR_STORE, "%s: connection lost (%s)", what, state);
    }
    if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0) {
        sql_mark(db, SQL_AGAIN);
        return fail(e, ERR_RETRY, "%s: %s", what, state);
    }
    sql_mark(db, SQL_FAILED);
    if (strcmp(state, "23505") == 0)
        return fail(e, ERR_CONFLICT, "%s: %s", what, constraint);
    if (strcmp(state, "55P03") == 0)
        return fail(e, ERR_BUSY, "%s: waited for a lock", what);
    if (db->unbound)
        return fail(e, ERR_STORE, "%s: %s", what, field(r, PG_DIAG_MESSAGE_PRIMARY));
    return fail(e, ERR_STORE, "%s: SQLSTATE %s %s %s.%s", what, state, constraint,
                field(r, PG_DIAG_TABLE_NAME), field(r, PG_DIAG_COLUMN_NAME));
}

static result accept_result(struct sql *db, PGresult *r, const char *what, struct err *e)
{
    const ExecStatusType status = PQresultStatus(r);
    const result done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK
                            ? OK
                            : pgsql_refused(db, r, what, e);

    PQclear(r);
    return done;
}

static result simple(struct sql *db, const char *statement, const char *what, struct err *e)
{
    TRY(pipe_leave(db, e));
    return accept_result(db, PQexec(db->pgsql, statement), what, e);
}

static void quiet(void *arg, const PGresult *r)
{
    (void)arg, (void)r;
}

static void pgsql_close(struct sql *db)
{
    for (int q = 0; q < SQL_QUERY_COUNT; q++) {
        db->rows[q].prepared = false;
        db->rows[q].many = false;
    }
    db->sent = db->syncs = 0;
    db->expects = false;
    if (db->pgsql != NULL)
        PQfinish(db->pgsql);
    db->pgsql = NULL;
}

/* lock_timeout: a request waits no longer for a row than for a connection. The idle limit frees the
 * rows that a stopped process holds. Compiling a statement takes half a second, which none of ours
 * is worth: they are many and short, or read a day once. Who walks wants all rows. */
static result settle(struct sql *db, struct err *e)
{
    char statement[224];

    (void)snprintf(statement, sizeof(statement),
                   "SET lock_timeout = %lld; SET idle_in_transaction_session_timeout = 300000; "
                   "SET jit = off; SET cursor_tuple_fraction = 1",
                   (long long)db->pool->wait_ms);
    return simple(db, statement, "SET", e);
}

/* Here so that no message about a malformed string, which would quote it, is ever passed on. */
static result target_check(const char *target, struct err *e)
{
    PQconninfoOption *options = PQconninfoParse(target, NULL);

    if (options == NULL)
        return fail(e, ERR_CONFIG, "the PostgreSQL connection string is malformed");
    PQconninfoFree(options);
    return OK;
}

/* What stands before dbname may be overruled by the connection string, what follows may not. */
static PGconn *connect_to(const char *target)
{
    const char *const options[][2] = { { "connect_timeout", "5" },
                                       { "keepalives_idle", "30" },
                                       { "keepalives_interval", "10" },
                                       { "keepalives_count", "3" },
                                       { "tcp_user_timeout", "15000" },
                                       { "fallback_application_name", "motcua" },
                                       { "dbname", target },
                                       { "client_encoding", "UTF8" } };
    const char *names[LEN(options) + 1] = { NULL };
    const char *values[LEN(options) + 1] = { NULL };

    for (size_t i = 0; i < LEN(options); i++) {
        names[i] = options[i][0];
        values[i] = options[i][1];
    }
    return PQconnectdbParams(names, values, 1);
}

static result pgsql_open(struct sql *db, struct err *e)
{
    struct str why;
    result done;

    TRY(target_check(db->pool->target, e));
    db->pgsql = connect_to(db->pool->target);
    must(db->pgsql != NULL);
    (void)PQsetNoticeReceiver(db->pgsql, quiet, NULL);
    why = str_trim(str_c(PQerrorMessage(db->pgsql)));
    done = PQstatus(db->pgsql) == CONNECTION_OK ? settle(db, e)
                                                : fail(e, ERR_STORE, "%.*s", STR_ARG(why));
    if (done.failed)
        pgsql_close(db);
    return done;
}

/* Readers see one snapshot, as they do in SQLite; a read-only one cannot fail to serialize. Goes to
 * the server with the first statement; before it comes what the last reader did not wait for. */
static result pgsql_begin(struct sql *db, struct err *e)
{
    if (db->sent > 0 && pipe_wait(db, NULL, e).failed) {
        sql_mark(db, SQL_LOST);
        return (result){ true };
    }
    return pipe_text(db,
                     db->reading ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                                 : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
                     "BEGIN", e);
}

/* First to where the server listens again, since something that nobody asked for yet may have been
 * refused. */
static void pgsql_rollback(struct sql *db)
{
    struct err ignored;

    if (!pipe_sync(db, &ignored).failed && pipe_wait(db, NULL, &ignored).failed)
        sql_mark(db, SQL_FAILED);
    if (pipe_text(db, "ROLLBACK", "ROLLBACK", &ignored).failed || pipe_sync(db, &ignored).failed ||
        pipe_wait(db, NULL, &ignored).failed || PQtransactionStatus(db->pgsql) != PQTRANS_IDLE)
        pgsql_close(db);
}

/* A reader has what it wanted and waits no longer; who begins next does. */
static result reader_leave(struct sql *db, struct err *e)
{
    TRY(pipe_text(db, "COMMIT", "COMMIT", e));
    TRY(pipe_sync(db, e));
    return pipe_flush(db, e);
}

/* Cut off at the COMMIT nobody can tell whether it happened, so it is not repeated. */
static result pgsql_commit(struct sql *db, struct err *e)
{
    int statements;

    if (db->reading && db->sent == 0)
        return reader_leave(db, e);
    if (db->expects && pipe_wait(db, NULL, e).failed) {
        if (db->state != SQL_LOST)
            pgsql_rollback(db);
        return (result){ true };
    }
    TRY(pipe_text(db, "COMMIT", "COMMIT", e));
    statements = db->sent;
    TRY(pipe_sync(db, e));
    db->refused_at = statements;
    db->told = false;
    if (!pipe_wait(db, NULL, e).failed)
        return OK;
    if (db->state != SQL_LOST) {
        pgsql_rollback(db);
        return (result){ true };
    }
    pgsql_close(db);
    if (db->told && db->refused_at < statements - 1)
        return (result){ true }; /* the server said so before it came to the COMMIT */
    db->state = SQL_FAILED;
    return fail(e, ERR_STORE, "COMMIT: connection lost, outcome unknown");
}

static result describe(struct sql_rows *r, const PGresult *d, struct err *e)
{
    for (int i = 0; i < PQnfields(d); i++) {
        const Oid type = PQftype(d, i);

        if (type != OID_INT8 && type != OID_INT4 && type != OID_TEXT && type != OID_BYTEA)
            return fail(e, ERR_STORE, "%s: column %d has type %u; CAST it", sql_rows_name(r), i,
                        type);
    }
    for (int i = 0; i < PQnparams(d); i++) {
        const Oid type = PQparamtype(d, i);

        if (type != OID_INT8 && type != OID_TEXT && type != OID_BYTEA)
            return fail(e, ERR_STORE, "%s: $%d has type %u; CAST it", sql_rows_name(r), i + 1,
                        type);
    }
    return OK;
}

static const char *prepared_name(const struct sql_rows *r, char *name)
{
    (void)snprintf(name, NAME_BYTES, "q%d", (int)r->query);
    return name;
}

/* Waited for, once for each connection; nothing is bound yet, so what the server says about it
 * quotes no value and may be passed on. */
static result prepare_as(struct sql_rows *r, const char *as, const char *text, struct err *e)
{
    struct sql *db = r->db;
    result done;

    TRY(pipe_wait(db, NULL, e));
    TRY(pipe_prepare(db, as, text, sql_rows_name(r), e));
    db->unbound = true;
    done = pipe_wait(db, NULL, e);
    db->unbound = false;
    return done;
}

static result prepare(struct sql_rows *r, struct err *e)
{
    char name[NAME_BYTES];

    if (r->prepared)
        return OK;
    TRY(prepare_as(r, prepared_name(r, name), sql_statement(r->query)->text.p, e));
    r->prepared = true;
    return OK;
}

static result pgsql_check(struct sql_rows *r, struct err *e)
{
    PGresult *d = NULL;
    char name[NAME_BYTES];
    result fits;

    TRY(prepare(r, e));
    TRY(pipe_describe(r->db, prepared_name(r, name), sql_rows_name(r), e));
    TRY(pipe_wait(r->db, &d, e));
    fits = describe(r, d, e);
    PQclear(d);
    return fits;
}

/* Texts and bytes go in binary, which needs neither escape nor end; numbers in decimal, which fits
 * whichever integer type the server made of the parameter. */
static void bind(struct pipe_bound *b, char (*numbers)[NUMBER_BYTES], size_t i,
                 const struct sql_param *p)
{
    b->values[i] = NULL;
    b->lengths[i] = 0;
    b->formats[i] = 0;
    if (p->kind == SQL_PARAM_INT) {
        (void)snprintf(numbers[i], NUMBER_BYTES, "%lld", (long long)p->i);
        b->values[i] = numbers[i];
    } else if (p->kind != SQL_PARAM_NULL) {
        b->values[i] = p->s.n == 0 ? "" : p->s.p; /* a NULL pointer would be NULL */
        b->lengths[i] = (int)p->s.n;
        b->formats[i] = 1;
    }
}

static result pgsql_post(struct sql_rows *r, const struct sql_param *params, size_t n,
                         struct err *e)
{
    const char *values[LIMIT_SQL_PARAMS];
    int lengths[LIMIT_SQL_PARAMS], formats[LIMIT_SQL_PARAMS];
    struct pipe_bound b = { values, lengths, formats };
    char numbers[LIMIT_SQL_PARAMS][NUMBER_BYTES];
    char name[NAME_BYTES];

    TRY(prepare(r, e));
    for (size_t i = 0; i < n; i++)
        bind(&b, numbers, i, &params[i]);
    return pipe_statement(r->db, prepared_name(r, name), sql_rows_name(r), &b, n, e);
}

/* Many rows in one statement: each parameter is then an array, one of its values for each row, so
 * that one statement fits any number of rows. */

/* Where the bracket that opens at `from` ends. */
static size_t bracket_end(struct str text, size_t from)
{
    size_t at = from;

    for (int depth = 0; at < text.n; at++) {
        depth += text.p[at] == '(' ? 1 : text.p[at] == ')' ? -1 : 0;
        if (depth == 0)
            break;
    }
    return at;
}

/* $3 becomes many.p3. */
static void places_write(struct buf *b, struct str row)
{
    for (size_t i = 0; i < row.n; i++)
        if (row.p[i] == '$')
            buf_puts(b, "many.p");
        else
            buf_putc(b, row.p[i]);
}

static result types_put(struct buf *b, struct sql_rows *r, const PGresult *d, size_t n,
                        struct err *e)
{
    if ((size_t)PQnparams(d) != n)
        return fail(e, ERR_INTERNAL, "%s: %zu parameters", sql_rows_name(r), n);
    for (size_t i = 0; i < n; i++) {
        const Oid type = PQparamtype(d, (int)i);

        r->places[i] = (unsigned char)type;
        buf_fmt(b, "%sCAST($%zu AS %s[])", i > 0 ? ", " : "", i + 1,
                type == OID_INT8    ? "BIGINT"
                : type == OID_BYTEA ? "BYTEA"
                                    : "TEXT");
    }
    return OK;
}

/* "INSERT ... VALUES ($1, $2);" gives "INSERT ... SELECT many.p1, many.p2 FROM
 * unnest(CAST($1 AS BIGINT[]), CAST($2 AS TEXT[])) AS many (p1, p2)". */
static result many_text(struct arena *a, struct sql_rows *r, const PGresult *d, size_t n,
                        const char **out, struct err *e)
{
    const struct str text = sql_statement(r->query)->text;
    struct buf b = buf_make(a, MANY_BYTES);
    const char *values = strstr(text.p, "VALUES (");
    struct str all;

    must(values != NULL);
    const size_t head = (size_t)(values - text.p), row = head + strlen("VALUES (");

    buf_put(&b, str_sub(text, 0, head));
    buf_puts(&b, "SELECT ");
    places_write(&b, str_sub(text, row, bracket_end(text, row - 1) - row));
    buf_puts(&b, " FROM unnest(");
    TRY(types_put(&b, r, d, n, e));
    buf_puts(&b, ") AS many (");
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%sp%zu", i > 0 ? ", " : "", i + 1);
    buf_puts(&b, ")");
    TRY(buf_end(&b, &all, e));
    *out = str_cstr(a, all);
    return OK;
}

static const char *many_name(const struct sql_rows *r, char *name)
{
    (void)snprintf(name, NAME_BYTES, "many%d", (int)r->query);
    return name;
}

static result prepare_many(struct sql_rows *r, size_t n, struct arena *a, struct err *e)
{
    const char *text = NULL;
    PGresult *d = NULL;
    char name[NAME_BYTES];
    result made;

    if (r->many)
        return OK;
    TRY(prepare(r, e));
    TRY(pipe_wait(r->db, NULL, e));
    TRY(pipe_describe(r->db, prepared_name(r, name), sql_rows_name(r), e));
    TRY(pipe_wait(r->db, &d, e));
    made = many_text(a, r, d, n, &text, e);
    PQclear(d);
    if (made.failed)
        return made;
    TRY(prepare_as(r, many_name(r, name), text, e));
    r->many = true;
    return OK;
}

static char *put32(char *to, uint32_t n)
{
    n = htobe32(n);
    memcpy(to, &n, sizeof(n));
    return to + sizeof(n);
}

static char *value_put(char *to, const struct sql_param *p)
{
    const uint64_t number = htobe64((uint64_t)p->i);
    const bool is_int = p->kind == SQL_PARAM_INT;
    const size_t n = is_int ? sizeof(number) : p->s.n;

    if (p->kind == SQL_PARAM_NULL)
        return put32(to, UINT32_MAX);
    to = put32(to, (uint32_t)n);
    if (n > 0)
        memcpy(to, is_int ? (const void *)&number : p->s.p, n);
    return to + n;
}

/* The array of a parameter as PostgreSQL sends arrays: dimensions, whether there are NULLs, type of
 * its elements, how many, the first one's number, and each with its length. */
static struct str array_make(struct arena *a, enum oid type, const struct sql_param *first,
                             size_t n, size_t rows)
{
    size_t bytes = 5 * sizeof(uint32_t);
    bool nulls = false;
    char *to, *start;

    for (size_t i = 0; i < rows; i++) {
        const struct sql_param *p = &first[i * n];

        bytes += sizeof(uint32_t) + (p->kind == SQL_PARAM_INT ? sizeof(uint64_t) : p->s.n);
        nulls = nulls || p->kind == SQL_PARAM_NULL;
    }
    to = start = arena_alloc(a, bytes);
    to = put32(to, 1);
    to = put32(to, nulls);
    to = put32(to, type);
    to = put32(to, (uint32_t)rows);
    to = put32(to, 1);
    for (size_t i = 0; i < rows; i++)
        to = value_put(to, &first[i * n]);
    return str_of(start, (size_t)(to - start));
}

static result pgsql_post_many(struct sql_rows *r, const struct sql_param *params, size_t n,
                              size_t rows, struct arena *a, struct err *e)
{
    const char *values[LIMIT_SQL_PARAMS];
    int lengths[LIMIT_SQL_PARAMS], formats[LIMIT_SQL_PARAMS];
    struct pipe_bound b = { values, lengths, formats };
    char name[NAME_BYTES];

    if (rows == 1)
        return pgsql_post(r, params, n, e);
    TRY(prepare_many(r, n, a, e));
    for (size_t i = 0; i < n; i++) {
        const struct str array = array_make(a, r->places[i], params + i, n, rows);

        values[i] = array.p;
        lengths[i] = (int)array.n;
        formats[i] = 1;
    }
    return pipe_statement(r->db, many_name(r, name), sql_rows_name(r), &b, n, e);
}

static result pgsql_start(struct sql_rows *r, const struct sql_param *params, size_t n,
                          struct err *e)
{
    TRY(pgsql_post(r, params, n, e));
    pipe_await(r);
    r->row = -1;
    return OK;
}

/* Asks for the next piece of a walk and does not wait for it. */
static result walk_on(struct sql_rows *r, struct err *e)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "FETCH %d FROM w%d", WALK_ROWS, (int)r->query);
    TRY(pipe_text(r->db, text, sql_rows_name(r), e));
    pipe_await(r);
    return pipe_flush(r->db, e);
}

/* A cursor, which ends with the transaction; of a statement that is planned for these values. */
static result pgsql_walk(struct sql_rows *r, const struct sql_param *params, size_t n,
                         struct err *e)
{
    const struct str text = sql_statement(r->query)->text;
    struct arena *a DEFER(arena_close) = arena_open(text.n + 4096);
    const char *values[LIMIT_SQL_PARAMS];
    int lengths[LIMIT_SQL_PARAMS], formats[LIMIT_SQL_PARAMS];
    struct pipe_bound b = { values, lengths, formats };
    char numbers[LIMIT_SQL_PARAMS][NUMBER_BYTES];

    for (size_t i = 0; i < n; i++)
        bind(&b, numbers, i, &params[i]);
    TRY(pipe_text_bound(r->db,
                        str_cstr(a, str_fmt(a, "DECLARE w%d NO SCROLL CURSOR FOR %.*s",
                                            (int)r->query, STR_ARG(text))),
                        sql_rows_name(r), &b, n, e));
    r->walking = true;
    r->row = -1;
    r->row_count = 0;
    return walk_on(r, e);
}

/* The server does not look at what comes after a refusal: then there is no answer to this one. */
static result answer_wait(struct sql_rows *r, struct err *e)
{
    if (r->awaited)
        TRY(pipe_wait(r->db, NULL, e));
    if (r->answer == NULL)
        return fail(e, ERR_STORE, "%s: no answer", sql_rows_name(r));
    return OK;
}

/* From one piece to the next; after a piece that is not full nothing comes. */
static result walk_turn(struct sql_rows *r, struct err *e)
{
    if (r->awaited)
        TRY(pipe_wait(r->db, NULL, e));
    if (r->ahead == NULL)
        return fail(e, ERR_STORE, "%s: no answer", sql_rows_name(r));
    PQclear(r->answer);
    r->answer = r->ahead;
    r->ahead = NULL;
    r->row = -1;
    return OK;
}

static result walk_next(struct sql_rows *r, bool *more, struct err *e)
{
    TRY(answer_wait(r, e));
    if (r->row_count == WALK_ROWS && r->row + 1 == WALK_ROWS)
        TRY(walk_turn(r, e));
    r->row_count = PQntuples(r->answer);
    if (r->row == -1 && r->row_count == WALK_ROWS)
        TRY(walk_on(r, e));
    if (r->row < r->row_count)
        r->row++;
    *more = r->row < r->row_count;
    return OK;
}

static result pgsql_next(struct sql_rows *r, bool *more, struct err *e)
{
    if (r->walking)
        return walk_next(r, more, e);
    TRY(answer_wait(r, e));
    r->row_count = PQntuples(r->answer);
    if (r->row < r->row_count)
        r->row++;
    *more = r->row < r->row_count;
    return OK;
}

static result pgsql_drain(struct sql_rows *r, int64_t *changed, struct err *e)
{
    *changed = 0;
    TRY(answer_wait(r, e));
    if (PQresultStatus(r->answer) == PGRES_COMMAND_OK || PQntuples(r->answer) > 0)
        (void)str_to_i64(str_c(PQcmdTuples(r->answer)), changed);
    return OK;
}

/* So that the same statement may be walked again; a refusal is told by who waits next. */
static void walk_end(struct sql_rows *r)
{
    char text[64];
    struct err why;

    r->walking = false;
    (void)snprintf(text, sizeof(text), "CLOSE w%d", (int)r->query);
    if (r->db->state == SQL_FINE && pipe_text(r->db, text, sql_rows_name(r), &why).failed)
        (void)sql_noted(r->db, (result){ true }, &why);
}

static void pgsql_end(struct sql_rows *r)
{
    if (r->awaited)
        pipe_forget(r);
    PQclear(r->answer);
    PQclear(r->ahead);
    r->answer = r->ahead = NULL;
    if (r->walking)
        walk_end(r);
}

static int pgsql_columns(const struct sql_rows *r)
{
    return PQnfields(r->answer);
}

static int64_t whole(const char *p, Oid type)
{
    uint64_t n8;
    uint32_t n4;
    uint16_t n2;

    if (type == OID_INT8) {
        memcpy(&n8, p, sizeof(n8));
        return (int64_t)be64toh(n8);
    }
    if (type == OID_INT4) {
        memcpy(&n4, p, sizeof(n4));
        return (int32_t)be32toh(n4);
    }
    memcpy(&n2, p, sizeof(n2));
    return (int16_t)be16toh(n2);
}

static struct sql_param pgsql_cell(const struct sql_rows *r, int column)
{
    const char *p = PQgetvalue(r->answer, r->row, column);
    const struct str s = { p, (size_t)PQgetlength(r->answer, r->row, column) };
    const Oid type = PQftype(r->answer, column);

    if (PQgetisnull(r->answer, r->row, column) != 0)
        return sql_null();
    switch (type) {
    case OID_INT8:
    case OID_INT4:
    case OID_INT2:
        return sql_i(whole(p, type));
    case OID_TEXT:
    case OID_NAME:
    case OID_VARCHAR:
        return sql_t(s);
    case OID_BYTEA:
        return sql_b(s);
    default:
        must(false && "a column is neither integer, text nor bytes");
        return sql_null();
    }
}

static result pgsql_script(struct sql *db, struct str text, struct err *e)
{
    struct arena *a DEFER(arena_close) = arena_open(text.n + 4096);
    result done;

    db->unbound = true;
    done = simple(db, str_cstr(a, text), "script", e);
    db->unbound = false;
    return done;
}

/* Held to the end of the transaction. One lock for each schema of the database. */
static result pgsql_lock(struct sql *db, struct err *e)
{
    TRY(simple(db, "SET LOCAL lock_timeout = 0", "lock", e));
    return simple(db, "SELECT pg_advisory_xact_lock(20260333, hashtext(current_schema()))", "lock",
                  e);
}

const struct sql_engine sql_engine_pgsql = {
    .name = "postgresql",
    .one_writer = false,
    .open = pgsql_open,
    .close = pgsql_close,
    .begin = pgsql_begin,
    .commit = pgsql_commit,
    .rollback = pgsql_rollback,
    .check = pgsql_check,
    .start = pgsql_start,
    .post = pgsql_post,
    .post_many = pgsql_post_many,
    .walk = pgsql_walk,
    .expect_one = pipe_expect_one,
    .next = pgsql_next,
    .drain = pgsql_drain,
    .end = pgsql_end,
    .cell = pgsql_cell,
    .columns = pgsql_columns,
    .copy_begin = copy_begin,
    .copy_put = copy_put,
    .copy_end = copy_end,
    .script = pgsql_script,
    .lock = pgsql_lock,
};
