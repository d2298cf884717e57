#include "store/audit_view.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/sql.h"

struct view {
    const struct audit_query *query;
    struct arena *arena;
    struct audit_row *rows;
    size_t n;
};

struct audit_place audit_place_at(int64_t before_ms)
{
    return (struct audit_place){ .at_ms = before_ms, .slot = -1, .seq = -1 };
}

static result find(struct sql *db, const struct audit_query *q, struct sql_rows **rows,
                   struct err *e)
{
    const struct sql_param all[] = {
        sql_i(q->from_ms),           sql_i(q->before.at_ms),
        sql_i(q->before.slot),       sql_i(q->before.seq),
        sql_i((int64_t)q->rows_max), sql_t(q->actor.n > 0 ? q->actor : q->subject)
    };

    if (q->actor.n > 0)
        return sql_find_n(db, SQL_AUDIT_VIEW_ACTOR, all, LEN(all), rows, e);
    if (q->subject.n > 0)
        return sql_find_n(db, SQL_AUDIT_VIEW_SUBJECT, all, LEN(all), rows, e);
    return sql_find_n(db, SQL_AUDIT_VIEW_ALL, all, LEN(all) - 1, rows, e);
}

static struct audit_row row_of(const struct sql_rows *rows, struct arena *a)
{
    return (struct audit_row){
        .place = { .slot = sql_int(rows, 0), .seq = sql_int(rows, 1), .at_ms = sql_int(rows, 2) },
        .actor = sql_text(rows, 3, a),
        .action = sql_text(rows, 4, a),
        .subject = sql_text(rows, 5, a),
        .request_id = sql_text(rows, 6, a),
        .ip = sql_text(rows, 7, a),
        .port = sql_int(rows, 8),
        .detail = sql_text(rows, 9, a),
    };
}

static result read_rows(struct sql *db, void *arg, struct err *e)
{
    struct view *v = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    v->n = 0;
    TRY(find(db, v->query, &rows, e));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || v->n == v->query->rows_max)
            return OK;
        v->rows[v->n++] = row_of(rows, v->arena);
    }
}

result audit_view(struct sql_pool *p, struct arena *a, const struct audit_query *q,
                  struct audit_row **rows, size_t *count, struct err *e)
{
    struct view v = { .query = q,
                      .arena = a,
                      .rows = arena_array(a, struct audit_row, q->rows_max) };

    must(q->actor.n == 0 || q->subject.n == 0);
    TRY(sql_read(p, read_rows, &v, e));
    *rows = v.rows;
    *count = v.n;
    return OK;
}
