/* How SQLite would find the rows of each statement: by an index, unless it is named here. */
#include <sqlite3.h>

#include "base/str.h"
#include "store/sql_engine.h"
#include "tests/fixture.h"

/* Those that are meant to read a whole table: checks that an operator runs, small tables, figures,
 * the newest rows of a page, and what looks for work among rows that are few at any time. */
static const char *const readers[] = {
    "LEDGER_",
    "AUDIT_HEAD_LIST",
    "AUDIT_LOG_STRAY",
    "CLIENT_COUNT",
    "OUTGOING_COUNT",
    "SESSION_COUNT",
    "SESSION_CLIENT_COUNT",
    "SESSION_AGENT_COUNT",
    "STAFF_LIST",
    "MIGRATION_",
    "ACTING_STALE",
    "FEE_VERSION_",
    "RECEIPT_NEWEST",
    "RECEIPT_RANGE_",
    "RECEIPT_REPORT_LIST",
    "REFUND_TOTALS",
    "SHIFT_PAGE",
    "REPORT_BEHIND",
    "FIGURES_",
    "WEBHOOK_ENDPOINT_LIST",
    "PAYOUT_SUMS",
    "SETTLEMENT_FILE_UNRUN",
    "RESIDUAL_BALANCES",
    "RESIDUAL_BEHIND",
};

static bool may_read_all(struct str name)
{
    for (size_t i = 0; i < LEN(readers); i++)
        if (str_starts(name, str_c(readers[i])))
            return true;
    return false;
}

static void check_plan(sqlite3 *db, const struct sql_statement *s)
{
    const struct str text = str_cat(test_arena(), STR("EXPLAIN QUERY PLAN "), s->text);
    sqlite3_stmt *plan = NULL;

    if (sqlite3_prepare_v2(db, text.p, (int)text.n, &plan, NULL) != SQLITE_OK)
        test_fail(__FILE__, __LINE__, "%s: %s", s->name, sqlite3_errmsg(db));
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(plan, 3);

        /* Of REMITTANCE_ITEM_CLAIM: orders of a period that were found by indexes, and their sums.
         */
        if (str_is(str_c(step), "SCAN c") || str_is(str_c(step), "SCAN x"))
            continue;
        /* Of the equations: what their parts found. */
        if (str_starts(str_c(s->name), STR("RESIDUAL_")) && str_is(str_c(step), "SCAN s"))
            continue;
        /* Rows that were found already: the numbered lines and refunds of PAYOUT_ITEM_REFUNDS. */
        if (str_starts(str_c(step), STR("SCAN (subquery-")) ||
            (str_is(str_c(s->name), "PAYOUT_ITEM_REFUNDS") &&
             (str_is(str_c(step), "SCAN d") || str_is(str_c(step), "SCAN t") ||
              str_is(str_c(step), "SCAN p") || str_is(str_c(step), "SCAN told"))))
            continue;
        if (str_starts(str_c(step), STR("SCAN ")) && !str_is(str_c(step), "SCAN CONSTANT ROW"))
            test_fail(__FILE__, __LINE__, "%s: %s", s->name, step);
    }
    (void)sqlite3_finalize(plan);
}

TEST(no_statement_of_every_day_reads_a_whole_table)
{
    const struct sql_config c = fixture_sql_config();
    sqlite3 *db = NULL;

    check(fixture_pool() != NULL);
    check_int(sqlite3_open(str_cstr(test_arena(), c.target), &db), SQLITE_OK);
    for (int q = 0; q < SQL_QUERY_COUNT; q++)
        if (!may_read_all(str_c(sql_statement((enum sql_query)q)->name)))
            check_plan(db, sql_statement((enum sql_query)q));
    (void)sqlite3_close(db);
}
