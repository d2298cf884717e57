#include "tests/store/sample.h"

#include "tests/test.h"

struct sample sample_make(int64_t seq)
{
    return (struct sample){
        .slot = 7, .seq = seq, .port = 1, .actor = STR("system"), .detail = STR("{}"), .hash = HASH
    };
}

result sample_insert(struct sql *db, void *arg, struct err *e)
{
    const struct sample *s = arg;

    return sql_run(db, SQL_AUDIT_LOG_INSERT, e, sql_i(s->slot), sql_i(s->seq), sql_i(s->at_ms),
                   sql_t(s->actor), sql_t(STR("a")), sql_t(STR("")), sql_t(NONE), sql_t(NONE),
                   sql_i(s->port), sql_t(s->detail), sql_b(s->hash));
}

result sample_load(struct sql *db, void *arg, struct err *e)
{
    struct sql_rows *r DEFER(sql_end) = NULL;
    struct sample *s = arg;

    TRY(sql_find(db, SQL_AUDIT_LOG_PAGE, &r, e, sql_i(s->slot), sql_i(s->seq - 1), sql_i(1)));
    TRY(sql_one(r, e));
    s->seq = sql_int(r, 0);
    s->at_ms = sql_int(r, 1);
    s->actor = sql_text(r, 2, test_arena());
    s->port = sql_int(r, 7);
    s->detail = sql_text(r, 8, test_arena());
    s->hash = sql_bytes(r, 9, test_arena());
    check(!sql_is_null(r, 4)); /* an empty text is not NULL */
    check_int(sql_text(r, 4, test_arena()).n, 0);
    return OK;
}

result heads_make(struct sql *db, void *arg, struct err *e)
{
    const int count = *(const int *)arg;

    for (int i = 0; i < count; i++)
        TRY(sql_run(db, SQL_AUDIT_HEAD_INSERT, e, sql_i(i), sql_b(HASH)));
    return OK;
}

result head_take_unread(struct sql *db, void *arg, struct err *e)
{
    struct sql_rows *r DEFER(sql_end) = NULL;

    (void)arg;
    return sql_find(db, SQL_AUDIT_HEAD_TAKE, &r, e, sql_i(0), sql_i(1));
}
