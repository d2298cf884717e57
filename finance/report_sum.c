/*
 * Adding up what was posted. The chains of the ledger only grow, and the numbers of a chain are
 * given out in the order of its commits, so a journal that is not below the cursor has not been
 * counted and one that is will never come again. One process adds at a time: two would wait for
 * each other's rows.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "finance/report.h"
#include "store/sql.h"

#define JOURNALS_AT_ONCE 5000
#define ROUNDS_MAX       100000 /* of report_follow_all: 500 million journals */

struct piece {
    struct arena *a;
    struct str agency_id;
    int64_t slot, after, until;
    bool found;
};

static result behind_find(struct sql *db, struct piece *p, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find_plain(db, SQL_REPORT_BEHIND, &rows, e));
    TRY(sql_next(rows, &p->found, e));
    if (!p->found)
        return OK;
    p->agency_id = sql_text(rows, 0, p->a);
    p->slot = sql_int(rows, 1);
    p->after = sql_int(rows, 3);
    p->until = sql_int(rows, 2);
    if (p->until > p->after + JOURNALS_AT_ONCE)
        p->until = p->after + JOURNALS_AT_ONCE;
    return OK;
}

static result gate_take(struct sql *db, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_run_plain(db, SQL_REPORT_GATE_PUT, e));
    TRY(sql_find_plain(db, SQL_REPORT_GATE_TAKE, &rows, e));
    return sql_one(rows, e);
}

static result piece_add(struct sql *db, void *arg, struct err *e)
{
    static const enum sql_query adds[] = { SQL_REPORT_SUM_ADD, SQL_REPORT_BALANCE_ADD,
                                           SQL_REPORT_WAIT_ADD, SQL_REPORT_DOSSIER_OURS };
    struct piece *p = arg;

    TRY(gate_take(db, e));
    TRY(behind_find(db, p, e));
    if (!p->found)
        return OK;
    for (size_t i = 0; i < LEN(adds); i++)
        TRY(sql_run(db, adds[i], e, sql_t(p->agency_id), sql_i(p->slot), sql_i(p->after),
                    sql_i(p->until)));
    return sql_run(db, SQL_REPORT_CURSOR_SET, e, sql_t(p->agency_id), sql_i(p->slot),
                   sql_i(p->until));
}

static result behind_look(struct sql *db, void *arg, struct err *e)
{
    return behind_find(db, arg, e);
}

result report_follow(const struct till *t, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(4096);
    struct piece p = { .a = a };

    /* Nothing to do is the usual case, and takes no lock. */
    TRY(sql_read(t->store, behind_look, &p, e));
    if (p.found)
        TRY(sql_transact(t->store, piece_add, &p, e));
    *did = p.found;
    return OK;
}

result report_follow_all(const struct till *t, struct err *e)
{
    bool did = true;

    for (int i = 0; did && i < ROUNDS_MAX; i++)
        TRY(report_follow(t, &did, e));
    return OK;
}
