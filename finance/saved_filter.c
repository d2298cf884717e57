#include "finance/saved_filter.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "store/sql.h"

struct saved {
    struct str officer, list, name;
    const struct saved_filter *put;
    int64_t now_ms;
    struct arena *a;
    struct saved_filter *rows;
    size_t count;
};

static result name_check(struct str name, struct err *e)
{
    if (name.n == 0 || name.n > SAVED_NAME_BYTES_MAX || !utf8_is_text(name))
        return fail_field(e, ERR_INVALID, "name", "1 to %d bytes", SAVED_NAME_BYTES_MAX);
    return OK;
}

static result put(struct sql *db, void *arg, struct err *e)
{
    struct saved *s = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_SAVED_COUNT, &rows, e, sql_t(s->officer), sql_t(s->list),
                 sql_t(s->put->name)));
    TRY(sql_one(rows, e));
    if (sql_int(rows, 0) >= SAVED_FILTERS_MAX)
        return fail_field(e, ERR_TOO_MANY, "name", "%d filters are kept", SAVED_FILTERS_MAX);
    return sql_run(db, SQL_SAVED_PUT, e, sql_t(s->officer), sql_t(s->list), sql_t(s->put->name),
                   sql_t(s->put->path), sql_t(s->put->query), sql_i(s->now_ms));
}

result saved_filter_put(struct sql_pool *p, struct str officer, struct str list,
                        const struct saved_filter *f, int64_t now_ms, struct err *e)
{
    struct saved s = { .officer = officer, .list = list, .put = f, .now_ms = now_ms };

    TRY(name_check(f->name, e));
    if (f->query.n > SAVED_QUERY_BYTES || !str_starts(f->path, STR("/finance")))
        return fail_field(e, ERR_INVALID, "query", "no filter of a list");
    return sql_transact(p, put, &s, e);
}

static result list(struct sql *db, void *arg, struct err *e)
{
    struct saved *s = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    s->count = 0;
    TRY(sql_find(db, SQL_SAVED_LIST, &rows, e, sql_t(s->officer), sql_t(s->list),
                 sql_i(SAVED_FILTERS_MAX)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || s->count == SAVED_FILTERS_MAX)
            return OK;
        s->rows[s->count++] = (struct saved_filter){ .name = sql_text(rows, 0, s->a),
                                                     .path = sql_text(rows, 1, s->a),
                                                     .query = sql_text(rows, 2, s->a),
                                                     .is_default = sql_int(rows, 3) != 0 };
    }
}

result saved_filter_list(struct sql_pool *p, struct str officer, struct str list_name,
                         struct arena *a, struct saved_filter **out, size_t *count, struct err *e)
{
    struct saved s = { .officer = officer, .list = list_name, .a = a };

    s.rows = arena_array(a, struct saved_filter, SAVED_FILTERS_MAX);
    TRY(sql_read(p, list, &s, e));
    *out = s.rows;
    *count = s.count;
    return OK;
}

static result drop(struct sql *db, void *arg, struct err *e)
{
    const struct saved *s = arg;

    return sql_run(db, SQL_SAVED_DROP, e, sql_t(s->officer), sql_t(s->list), sql_t(s->name));
}

result saved_filter_drop(struct sql_pool *p, struct str officer, struct str list_name,
                         struct str name, struct err *e)
{
    struct saved s = { .officer = officer, .list = list_name, .name = name };

    return sql_transact(p, drop, &s, e);
}

static result open_with(struct sql *db, void *arg, struct err *e)
{
    const struct saved *s = arg;

    return sql_run(db, SQL_SAVED_DEFAULT, e, sql_t(s->officer), sql_t(s->list), sql_t(s->name));
}

result saved_filter_open_with(struct sql_pool *p, struct str officer, struct str list_name,
                              struct str name, struct err *e)
{
    struct saved s = { .officer = officer, .list = list_name, .name = name };

    return sql_transact(p, open_with, &s, e);
}
