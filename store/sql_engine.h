/*
 * sql_engine.h - what sql.c asks of an engine; for this room only.
 *
 * A connection is used by one thread at a time. An engine reports a failure with fail() and says by
 * sql_mark() what it means for the transaction. Details name statements, constraints and SQLSTATEs,
 * never values: messages of an engine that may quote a value are not passed on.
 */
#ifndef STORE_SQL_ENGINE_H
#define STORE_SQL_ENGINE_H

#include "base/err.h"
#include "base/limits.h"
#include "store/sql.h"

struct seats;
struct sql_group;
struct sql_puts;
struct sqlite3;
struct sqlite3_stmt;
struct pg_conn;
struct pg_result;

/* How the transaction under way stands; it only gets worse. */
enum sql_state {
    SQL_FINE,
    SQL_FAILED, /* a statement failed: roll back */
    SQL_AGAIN,  /* roll back and run again */
    SQL_LOST    /* the connection is gone and with it the transaction; reopen and run again */
};

/* One statement of one connection: prepared on first use, and its result while that is read. */
struct sql_rows {
    struct sql *db;
    enum sql_query query;
    bool open;
    bool prepared;
    bool many;   /* PostgreSQL: prepared for many rows at once, too */
    bool first;  /* SQLite has stepped to a row that was not asked for yet */
    bool on_row; /* columns may be read */
    struct sqlite3_stmt *statement;
    /* SQLite: its numbers of $1, $2, ...; PostgreSQL: their types, once it is ready for many. */
    unsigned char places[LIMIT_SQL_PARAMS];
    struct pg_result *answer;
    struct pg_result *ahead; /* of a walk: the next piece, when it is there already */
    bool walking;            /* rows come in pieces */
    bool awaited;            /* sent to PostgreSQL, whose answer was not read yet */
    int row, row_count;
};

/* What begins and ends a transaction of SQLite, prepared once like every other statement. */
enum sql_bound {
    SQL_BOUND_READ,
    SQL_BOUND_WRITE,
    SQL_BOUND_COMMIT,
    SQL_BOUND_PART,
    SQL_BOUND_PART_KEEP,
    SQL_BOUND_PART_UNDO,
    SQL_BOUND_COUNT
};

/* What a transaction does last, once its work has succeeded: it holds what everybody wants (the
 * head of a chain) for as short as can be. One piece a transaction: who puts off more keeps a list
 * of its own at *arg, which is what was given the first time. */
typedef result sql_last(struct sql *db, void *arg, struct err *e);

#define SQL_SENT_MAX 128 /* statements whose outcome nobody has asked for yet */

struct sql {
    struct sql_pool *pool;
    int slot;
    struct sqlite3 *sqlite; /* NULL: not open */
    struct sqlite3_stmt *bounds[SQL_BOUND_COUNT];
    struct pg_conn *pgsql;
    const char *sent_names[SQL_SENT_MAX]; /* to PostgreSQL, not answered yet: sql_pgsql_pipe.h */
    struct sql_rows *sent_rows[SQL_SENT_MAX]; /* who gets the answer; NULL: nobody */
    enum err_code sent_one[SQL_SENT_MAX]; /* what it means when not one row changed; 0: nothing */
    bool expects;                         /* one of them must have changed a row */
    int sent, syncs;
    int refused_at; /* which of them was refused first */
    bool told;      /* and by the server itself, not by a connection that broke */
    bool unbound;   /* what is sent has no values, which a message could quote */
    bool reading;   /* sql_read */
    sql_last *last; /* put off to the end of the transaction; NULL: nothing */
    void *last_arg;
    struct arena *last_arena; /* made on demand; reset with each transaction */
    struct sql_puts *puts;    /* rows that are written late */
    enum sql_state state;
    struct err why;        /* of the first failure */
    struct sql_rows *rows; /* one for each statement */
};

struct sql_engine {
    const char *name;
    bool one_writer; /* writers wait for each other before they begin */
    result (*open)(struct sql *db, struct err *e);
    void (*close)(struct sql *db);
    result (*begin)(struct sql *db, struct err *e);
    result (*commit)(struct sql *db, struct err *e);
    void (*rollback)(struct sql *db);
    /* A part of a transaction that can be undone by itself; only where one_writer. Failure of
     * either means that the whole transaction is lost. */
    result (*part_begin)(struct sql *db, struct err *e);
    result (*part_end)(struct sql *db, bool keep, struct err *e);
    result (*check)(struct sql_rows *r, struct err *e); /* prepares */
    result (*start)(struct sql_rows *r, const struct sql_param *params, size_t n, struct err *e);
    /* The same for who needs neither rows nor their number; NULL: there is no faster way. A refusal
     * may be told by a later statement, or by the commit. */
    result (*post)(struct sql_rows *r, const struct sql_param *params, size_t n, struct err *e);
    /* The same of a plain insert for many rows of n parameters each, in one statement; NULL: not
     * faster than one by one. The arena is only for what is sent. */
    result (*post_many)(struct sql_rows *r, const struct sql_param *params, size_t n, size_t rows,
                        struct arena *a, struct err *e);
    /* start() for a long result; NULL: start() is as good. */
    result (*walk)(struct sql_rows *r, const struct sql_param *params, size_t n, struct err *e);
    /* What was posted last must change one row; with post only. */
    void (*expect_one)(struct sql *db, enum err_code otherwise);
    result (*next)(struct sql_rows *r, bool *more, struct err *e);
    result (*drain)(struct sql_rows *r, int64_t *changed, struct err *e); /* to its end */
    void (*end)(struct sql_rows *r);
    struct sql_param (*cell)(const struct sql_rows *r, int column); /* borrowed until next() */
    int (*columns)(const struct sql_rows *r);
    /* Rows in bulk, in the format of PostgreSQL's binary COPY; NULL: by single statements. */
    result (*copy_begin)(struct sql *db, const char *statement, struct err *e);
    result (*copy_put)(struct sql *db, struct str bytes, struct err *e);
    result (*copy_end)(struct sql *db, bool keep, struct err *e);
    result (*script)(struct sql *db, struct str text, struct err *e); /* many statements */
    result (*lock)(struct sql *db, struct err *e); /* one migration at a time, of all processes */
};

struct sql_pool {
    const struct sql_engine *engine;
    struct arena *arena;
    const char *target;
    int64_t wait_ms;
    int slots;
    struct sql *db;
    struct seats *free;
    struct sql_group *group; /* NULL unless one_writer */
};

/* Rows that are written late (sql_put.c): all of them; those that a statement may ask about; and
 * none, since the transaction is over. */
struct sql_puts *sql_puts_make(struct arena *a);
void sql_puts_close(struct sql_puts *p);
MUST_USE result sql_puts_write(struct sql *db, struct err *e);
MUST_USE result sql_puts_write_for(struct sql *db, enum sql_query q, struct err *e);
void sql_puts_drop(struct sql *db);

/* Runs what was put off; nothing when there is none. */
MUST_USE result sql_run_last(struct sql *db, struct err *e);

/* One unit of work that somebody waits for. */
struct sql_unit {
    struct sql_pool *pool;
    sql_work *work;
    void *arg;
    bool reading;
};

/* Runs it once in a transaction of its own; *state says what a failure means. */
MUST_USE result sql_attempt(const struct sql_unit *t, enum sql_state *state, struct err *e);
/* The same together with others that wait at this moment (sql_group.c). */
MUST_USE result sql_group_run(const struct sql_unit *t, enum sql_state *state, struct err *e);
struct sql_group *sql_group_open(struct arena *a);
void sql_group_close(struct sql_group **g);
void sql_fresh(struct sql *db, bool reading);
MUST_USE result sql_begin(struct sql *db, struct err *e);
void sql_end_all(struct sql *db);

extern const struct sql_engine sql_engine_sqlite;
extern const struct sql_engine sql_engine_pgsql;

struct sql_statement {
    const char *name;
    struct str text;
};
const struct sql_statement *sql_statement(enum sql_query q);
const char *sql_rows_name(const struct sql_rows *r);
MUST_USE result sql_params_check(const struct sql_rows *r, const struct sql_param *params, size_t n,
                                 struct err *e);
void sql_mark(struct sql *db, enum sql_state state);
/* Remembers the first failure of the transaction under way, for who ignores it. */
result sql_noted(struct sql *db, result r, const struct err *e);

/* For migrate.c: inside a transaction. */
MUST_USE result sql_script(struct sql *db, struct str text, struct err *e);
MUST_USE result sql_lock(struct sql *db, struct err *e);

#endif
