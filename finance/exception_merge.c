/*
 * The end of a run: what it found becomes the day's exceptions, set by set. Promise: an id keeps
 * its owner and history whatever the run says of it; nothing that people have in their hands is
 * moved; every change of a stage leaves a row of history here too. What a run says of one day may
 * explain an exception of another, closed days too: their manifests stay as they are.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/exception.h"
#include "finance/exception_row.h"
#include "store/audit.h"
#include "store/sql.h"

#define EXPLAINED_AT_ONCE 200
#define DATE_CARRIED_DAYS 2 /* the file of the next day comes the day after it */

/* Money that we counted and they do not know: whoever reads the audit log is told at once. */
static result alarm(struct sql *db, const struct exception_scope *s, int64_t now_ms,
                    struct arena *a, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    DEFER(json_close) struct json *detail = json_object();
    const struct audit_event ev = { .actor = STR("system"),
                                    .action = STR("exception.red_alert"),
                                    .subject = str_fmt(a, "%.*s %.*s", STR_ARG(s->provider),
                                                       STR_ARG(s->day)),
                                    .detail = detail };

    TRY(sql_find(db, SQL_EXCEPTION_ALARMING, &rows, e, sql_t(s->provider), sql_t(s->account),
                 sql_t(s->day), sql_i(now_ms)));
    TRY(sql_one(rows, e));
    if (sql_int(rows, 0) == 0)
        return OK;
    json_put_int(detail, "count", sql_int(rows, 0));
    json_put_int(detail, "difference_vnd", sql_int(rows, 1));
    return audit_append(db, now_ms, &ev, e);
}

static result explain(struct sql *db, struct str id, int64_t now_ms, struct arena *a, struct err *e)
{
    const struct exception_cause cause = { .actor = STR("system"), .now_ms = now_ms };
    struct exception x;

    TRY(exception_take(db, id, a, &x, e));
    return exception_step(db, &x, EXCEPTION_EV_EXPLAIN, &cause, a, e);
}

/* What is found names a row, or two that explain each other; a row that is explained is found no
 * more, and another like it only then. */
static result explain_all(struct sql *db, const struct exception_scope *s, enum sql_query q,
                          int columns, int64_t now_ms, struct err *e)
{
    size_t count = 1;

    while (count > 0) {
        DEFER(arena_close) struct arena *a = arena_open(1 << 22);
        DEFER(sql_end) struct sql_rows *rows = NULL;
        struct str ids[2 * EXPLAINED_AT_ONCE];
        bool more = true;

        TRY(sql_find(db, q, &rows, e, sql_t(s->provider), sql_t(s->account), sql_t(s->day),
                     sql_i(EXPLAINED_AT_ONCE)));
        for (count = 0; count < (size_t)columns * EXPLAINED_AT_ONCE;) {
            TRY(sql_next(rows, &more, e));
            if (!more)
                break;
            for (int i = 0; i < columns; i++)
                ids[count++] = sql_text(rows, i, a);
        }
        sql_end(&rows);
        for (size_t i = 0; i < count; i++)
            TRY(explain(db, ids[i], now_ms, a, e));
    }
    return OK;
}

result exception_explain_captured(struct sql *db, struct str id, int64_t now_ms, struct arena *a,
                                  bool *explained, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_EXCEPTION_IS_CAPTURED, &rows, e, sql_t(id)));
    TRY(sql_one(rows, e));
    *explained = sql_int(rows, 0) > 0;
    return *explained ? explain(db, id, now_ms, a, e) : OK;
}

result exception_merge(struct sql *db, const struct exception_scope *s, int64_t run_n,
                       int64_t file_n, int64_t now_ms, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(1 << 16);
    const struct sql_param p[] = { sql_t(s->provider), sql_t(s->account), sql_t(s->day),
                                   sql_i(now_ms), sql_i(run_n) };
    struct date day;

    if (!date_read(s->day, &day))
        return fail(e, ERR_INTERNAL, "an exception's scope without a day");
    TRY(sql_run_n(db, SQL_EXCEPTION_MERGE_LOCK, p, 3, NULL, e));
    TRY(sql_run_n(db, SQL_EXCEPTION_MERGE_FIGURE, p, LEN(p), NULL, e));
    TRY(sql_run_n(db, SQL_EXCEPTION_MERGE_MOVED, p, LEN(p), NULL, e));
    TRY(sql_run_n(db, SQL_EXCEPTION_MERGE_EXPLAINED, p, LEN(p), NULL, e));
    TRY(sql_run_n(db, SQL_EXCEPTION_MERGE_RESOLVE, p, LEN(p), NULL, e));
    TRY(sql_run(db, SQL_EXCEPTION_MERGE_FOUND, e, p[0], p[1], p[2], p[3], p[4], sql_i(file_n),
                sql_t(date_iso(a, date_add_days(day, DATE_CARRIED_DAYS)))));
    TRY(explain_all(db, s, SQL_EXCEPTION_PAIRED, 2, now_ms, e));
    TRY(explain_all(db, s, SQL_EXCEPTION_CAPTURED_SINCE, 1, now_ms, e));
    return alarm(db, s, now_ms, a, e);
}
