/*
 * SQLite: one file, written by one at a time. WAL lets readers go on meanwhile; synchronous=FULL
 * makes a commit outlive a power cut.
 *
 * SQLite keeps any value in any column unless a table is STRICT, and STRICT knows neither BIGINT
 * nor BYTEA. So migrations are adapted on their way in (adapt): a type error is then an error here
 * as it is in PostgreSQL.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "store/sql_engine.h"

#define SCRIPT_BYTES_MAX  ((size_t)1 << 20)
#define OPEN_ATTEMPTS     100
#define OPEN_PAUSE_MS     20
#define PARAM_NAME_BYTES  16
#define CHECKPOINT_PAGES  "1000"
#define JOURNAL_BYTES_MAX "67108864"

/* What a result code means. sqlite3_errmsg() names tables and constraints for a violated
 * constraint; for anything else the general text is enough and certainly holds no value. */
static result refused(struct sql *db, int rc, const char *what, struct err *e)
{
    const int kind = rc & 0xff;

    if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED) {
        sql_mark(db, SQL_AGAIN);
        return fail(e, ERR_RETRY, "%s: %s", what, sqlite3_errstr(rc));
    }
    sql_mark(db, SQL_FAILED);
    if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
        rc == SQLITE_CONSTRAINT_ROWID)
        return fail(e, ERR_CONFLICT, "%s: %s", what, sqlite3_errmsg(db->sqlite));
    if (kind == SQLITE_CONSTRAINT)
        return fail(e, ERR_STORE, "%s: %s", what, sqlite3_errmsg(db->sqlite));
    return fail(e, ERR_STORE, "%s: %s (%d)", what, sqlite3_errstr(rc), rc);
}

static result simple(struct sql *db, const char *statement, struct err *e)
{
    const int rc = sqlite3_exec(db->sqlite, statement, NULL, NULL, NULL);

    return rc == SQLITE_OK ? OK : refused(db, rc, statement, e);
}

/* The file holds personal data: only its owner reads it, and its -wal and -shm take after it. One
 * that is there is never opened here: to close it would release every lock that this process has on
 * it (fcntl(2)), and another process could take away the log that our connections write to. */
static void file_make(const char *path)
{
    const int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        (void)close(fd);
}

/* Turning to WAL needs the file alone, and SQLite does not always wait for that by itself. */
static result wal(struct sql *db, struct err *e)
{
    const struct timespec pause = { 0, OPEN_PAUSE_MS * 1000000L };
    int rc = SQLITE_OK;

    for (int i = 0; i < OPEN_ATTEMPTS; i++) {
        rc = sqlite3_exec(db->sqlite, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
        if ((rc & 0xff) != SQLITE_BUSY)
            break;
        (void)nanosleep(&pause, NULL);
    }
    return rc == SQLITE_OK ? OK : refused(db, rc, "journal_mode", e);
}

static result settle(struct sql *db, struct err *e)
{
    (void)sqlite3_extended_result_codes(db->sqlite, 1);
    (void)sqlite3_busy_timeout(db->sqlite, (int)db->pool->wait_ms);
    (void)sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    TRY(wal(db, e));
    return simple(db,
                  "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"
                  "PRAGMA wal_autocheckpoint=" CHECKPOINT_PAGES
                  "; PRAGMA journal_size_limit=" JOURNAL_BYTES_MAX,
                  e);
}

static void sqlite_close(struct sql *db)
{
    for (int q = 0; q < SQL_QUERY_COUNT; q++) {
        (void)sqlite3_finalize(db->rows[q].statement);
        db->rows[q].statement = NULL;
    }
    for (int i = 0; i < SQL_BOUND_COUNT; i++) {
        (void)sqlite3_finalize(db->bounds[i]);
        db->bounds[i] = NULL;
    }
    (void)sqlite3_close(db->sqlite);
    db->sqlite = NULL;
}

static result sqlite_open(struct sql *db, struct err *e)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const char *path = db->pool->target;
    result done;
    int rc;

    if (!str_is(STR(":memory:"), path))
        file_make(path);
    rc = sqlite3_open_v2(path, &db->sqlite, flags, NULL);
    done = rc == SQLITE_OK ? settle(db, e) : fail(e, ERR_STORE, "open: %s", sqlite3_errstr(rc));
    if (done.failed)
        sqlite_close(db);
    return done;
}

static int bound(struct sql *db, enum sql_bound which)
{
    static const char *const texts[] = { [SQL_BOUND_READ] = "BEGIN",
                                         [SQL_BOUND_WRITE] = "BEGIN IMMEDIATE",
                                         [SQL_BOUND_COMMIT] = "COMMIT",
                                         [SQL_BOUND_PART] = "SAVEPOINT part",
                                         [SQL_BOUND_PART_KEEP] = "RELEASE part",
                                         [SQL_BOUND_PART_UNDO] = "ROLLBACK TO part" };
    struct sqlite3_stmt **s = &db->bounds[which];
    int rc = SQLITE_OK;

    if (*s == NULL)
        rc = sqlite3_prepare_v3(db->sqlite, texts[which], -1, SQLITE_PREPARE_PERSISTENT, s, NULL);
    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_step(*s);
    (void)sqlite3_reset(*s);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static result sqlite_begin(struct sql *db, struct err *e)
{
    const int rc = bound(db, db->reading ? SQL_BOUND_READ : SQL_BOUND_WRITE);

    if ((rc & 0xff) == SQLITE_BUSY) /* it has waited for the writer of another process already */
        return fail(e, ERR_BUSY, "another process has been writing for %lld ms",
                    (long long)db->pool->wait_ms);
    return rc == SQLITE_OK ? OK : refused(db, rc, "BEGIN", e);
}

static void sqlite_rollback(struct sql *db)
{
    /* On a full disk SQLite has rolled back by itself. */
    if (sqlite3_get_autocommit(db->sqlite) == 0)
        (void)sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

static result sqlite_part_begin(struct sql *db, struct err *e)
{
    const int rc = bound(db, SQL_BOUND_PART);

    return rc == SQLITE_OK ? OK : refused(db, rc, "SAVEPOINT", e);
}

static result sqlite_part_end(struct sql *db, bool keep, struct err *e)
{
    int rc = SQLITE_OK;

    if (sqlite3_get_autocommit(db->sqlite) != 0) /* a full disk ended more than the part */
        return fail(e, ERR_RETRY, "the transaction ended with a part of it");
    if (!keep)
        rc = bound(db, SQL_BOUND_PART_UNDO);
    if (rc == SQLITE_OK)
        rc = bound(db, SQL_BOUND_PART_KEEP);
    return rc == SQLITE_OK ? OK : refused(db, rc, "RELEASE", e);
}

static result sqlite_commit(struct sql *db, struct err *e)
{
    const int rc = bound(db, SQL_BOUND_COMMIT);

    if (rc == SQLITE_OK)
        return OK;
    (void)refused(db, rc, "COMMIT", e);
    sqlite_rollback(db);
    return (result){ true };
}

/* $1 is a name to SQLite: numbered by first appearance, not by its digits. 0 where there is none.
 */
static void places_find(struct sql_rows *r)
{
    const int n = sqlite3_bind_parameter_count(r->statement);
    char name[PARAM_NAME_BYTES];

    for (int i = 0; i < n && i < LIMIT_SQL_PARAMS; i++) {
        (void)snprintf(name, sizeof(name), "$%u", (unsigned)i + 1);
        r->places[i] = (unsigned char)sqlite3_bind_parameter_index(r->statement, name);
    }
}

static result sqlite_check(struct sql_rows *r, struct err *e)
{
    const struct sql_statement *s = sql_statement(r->query);
    struct sql *db = r->db;
    int rc;

    if (r->statement != NULL)
        return OK;
    rc = sqlite3_prepare_v3(db->sqlite, s->text.p, (int)s->text.n, SQLITE_PREPARE_PERSISTENT,
                            &r->statement, NULL);
    if (rc == SQLITE_OK && r->statement != NULL) {
        places_find(r);
        return OK;
    }
    sql_mark(db, SQL_FAILED);
    return fail(e, ERR_STORE, "%s: %s", s->name, /* nothing is bound yet: no value in it */
                rc == SQLITE_OK ? "is empty" : sqlite3_errmsg(db->sqlite));
}

static int bind_one(struct sqlite3_stmt *s, int at, const struct sql_param *p)
{
    const char *bytes = p->s.n == 0 ? "" : p->s.p; /* a NULL pointer would bind NULL */

    switch (p->kind) {
    case SQL_PARAM_INT:
        return sqlite3_bind_int64(s, at, p->i);
    case SQL_PARAM_TEXT:
        return sqlite3_bind_text64(s, at, bytes, p->s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    case SQL_PARAM_BYTES:
        return sqlite3_bind_blob64(s, at, bytes, p->s.n, SQLITE_TRANSIENT);
    case SQL_PARAM_NULL:
    default:
        return sqlite3_bind_null(s, at);
    }
}

static result bind(struct sql_rows *r, const struct sql_param *params, size_t n, struct err *e)
{
    if ((size_t)sqlite3_bind_parameter_count(r->statement) != n)
        return fail(e, ERR_INTERNAL, "%s: %zu parameters given, not %d", sql_rows_name(r), n,
                    sqlite3_bind_parameter_count(r->statement));
    for (size_t i = 0; i < n; i++) {
        int rc;

        if (r->places[i] == 0)
            return fail(e, ERR_INTERNAL, "%s: has no $%zu", sql_rows_name(r), i + 1);
        rc = bind_one(r->statement, r->places[i], &params[i]);
        if (rc != SQLITE_OK)
            return refused(r->db, rc, sql_rows_name(r), e);
    }
    return OK;
}

static void sqlite_end(struct sql_rows *r)
{
    (void)sqlite3_reset(r->statement);
    (void)sqlite3_clear_bindings(r->statement); /* no personal data kept beyond its use */
    r->first = false;
}

static result step(struct sql_rows *r, bool *more, struct err *e)
{
    const int rc = sqlite3_step(r->statement);

    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return refused(r->db, rc, sql_rows_name(r), e);
    *more = rc == SQLITE_ROW;
    return OK;
}

/* The first step is taken at once: a statement that changes rows has then done so. */
static result sqlite_start(struct sql_rows *r, const struct sql_param *params, size_t n,
                           struct err *e)
{
    bool more = false;

    TRY(sqlite_check(r, e));
    if (r->db->reading && sqlite3_stmt_readonly(r->statement) == 0)
        return fail(e, ERR_STORE, "%s: writes inside sql_read", sql_rows_name(r));
    if (bind(r, params, n, e).failed || step(r, &more, e).failed) {
        sqlite_end(r);
        return (result){ true };
    }
    r->first = more;
    r->row_count = more ? 1 : 0;
    return OK;
}

static result sqlite_next(struct sql_rows *r, bool *more, struct err *e)
{
    *more = r->first;
    if (r->first) {
        r->first = false;
        return OK;
    }
    if (r->row_count == 0) /* stepping on would start it again */
        return OK;
    TRY(step(r, more, e));
    r->row_count = *more ? 1 : 0;
    return OK;
}

static result sqlite_drain(struct sql_rows *r, int64_t *changed, struct err *e)
{
    bool more = r->row_count > 0;

    while (more)
        TRY(step(r, &more, e));
    r->row_count = 0;
    *changed = sqlite3_stmt_readonly(r->statement) ? 0 : sqlite3_changes64(r->db->sqlite);
    return OK;
}

static int sqlite_columns(const struct sql_rows *r)
{
    return sqlite3_column_count(r->statement);
}

static struct sql_param sqlite_cell(const struct sql_rows *r, int column)
{
    struct sqlite3_stmt *s = r->statement;
    const void *p;

    switch (sqlite3_column_type(s, column)) {
    case SQLITE_INTEGER:
        return sql_i(sqlite3_column_int64(s, column));
    case SQLITE_TEXT:
        p = sqlite3_column_text(s, column);
        return sql_t(str_of(p, (size_t)sqlite3_column_bytes(s, column)));
    case SQLITE_BLOB:
        p = sqlite3_column_blob(s, column);
        return sql_b(str_of(p, (size_t)sqlite3_column_bytes(s, column)));
    case SQLITE_NULL:
        return sql_null();
    default:
        must(false && "a column is neither integer, text nor bytes");
        return sql_null();
    }
}

/* Migrations. */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The length of the token at the start of s: a comment, a quoted text, a word or one character. */
static size_t token(struct str s)
{
    size_t n = 1;

    if (str_starts(s, STR("--")))
        return str_find(s, '\n');
    if (s.p[0] == '\'' || s.p[0] == '"') {
        n += str_find(str_from(s, 1), s.p[0]);
        return n < s.n ? n + 1 : s.n;
    }
    if (!is_word(s.p[0]))
        return 1;
    while (n < s.n && is_word(s.p[n]))
        n++;
    return n;
}

/* BIGINT to INT (INTEGER would make a primary key count by itself), BYTEA to BLOB, and every table
 * STRICT. */
static void adapt(struct buf *b, struct str text)
{
    int words = 0; /* of the statement so far */
    bool create = false;
    bool table = false;

    while (text.n > 0) {
        const struct str t = str_sub(text, 0, token(text));

        text = str_from(text, t.n);
        if (is_word(t.p[0])) {
            words++;
            create = create || (words == 1 && str_eq_nocase(t, STR("CREATE")));
            table = table || (words == 2 && create && str_eq_nocase(t, STR("TABLE")));
        }
        if (str_is(t, ";")) {
            buf_puts(b, table ? " STRICT" : "");
            words = 0;
            create = table = false;
        }
        buf_put(b, str_eq_nocase(t, STR("BIGINT"))  ? STR("INT")
                   : str_eq_nocase(t, STR("BYTEA")) ? STR("BLOB")
                                                    : t);
    }
}

static result sqlite_script(struct sql *db, struct str text, struct err *e)
{
    struct arena *a DEFER(arena_close) = arena_open(4 * SCRIPT_BYTES_MAX);
    struct buf b = buf_make(a, SCRIPT_BYTES_MAX);
    struct str out;

    adapt(&b, text);
    buf_putc(&b, '\0');
    TRY(buf_end(&b, &out, e));
    if (sqlite3_exec(db->sqlite, out.p, NULL, NULL, NULL) == SQLITE_OK)
        return OK;
    sql_mark(db, SQL_FAILED);
    return fail(e, ERR_STORE, "%s", sqlite3_errmsg(db->sqlite)); /* its text is our own */
}

/* BEGIN IMMEDIATE is that lock. */
static result sqlite_lock(struct sql *db, struct err *e)
{
    (void)e;
    must(!db->reading);
    return OK;
}

const struct sql_engine sql_engine_sqlite = {
    .name = "sqlite",
    .one_writer = true,
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .part_begin = sqlite_part_begin,
    .part_end = sqlite_part_end,
    .check = sqlite_check,
    .start = sqlite_start,
    .next = sqlite_next,
    .drain = sqlite_drain,
    .end = sqlite_end,
    .cell = sqlite_cell,
    .columns = sqlite_columns,
    .script = sqlite_script,
    .lock = sqlite_lock,
};
