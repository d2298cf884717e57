/* Lines of files on their way into the store, as they come or in groups. */
#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "finance/intake_row.h"
#include "store/sql_bulk.h"

/* Each group is a commit that is waited for: a million lines are a hundred of them. */
#define BATCH_LINES 10000
#define BATCH_BYTES (16 * 1024 * 1024) /* of texts; the arena has more */

struct intake_batch {
    struct sql_pool *store; /* NULL: within the transaction db */
    struct sql *db;
    struct sql_bulk *stream; /* NULL: in groups */
    int64_t file_n;
    struct arena *own; /* of this */
    struct arena *a;   /* of the lines */
    struct settlement_line lines[BATCH_LINES];
    size_t count, bytes;
};

static result open_either(struct sql_pool *store, struct sql *db, int64_t file_n,
                          struct intake_batch **out)
{
    struct arena *own = arena_open(sizeof(struct intake_batch) + 65536);
    struct intake_batch *b = arena_new(own, struct intake_batch);

    b->store = store;
    b->db = db;
    b->file_n = file_n;
    b->own = own;
    b->a = arena_open(LIMIT_ARENA_JOB_BYTES);
    *out = b;
    return OK;
}

result intake_batch_open(struct sql_pool *store, int64_t file_n, struct intake_batch **out,
                         struct err *e)
{
    (void)e;
    return open_either(store, NULL, file_n, out);
}

result intake_batch_open_in(struct sql *db, int64_t file_n, struct intake_batch **out,
                            struct err *e)
{
    (void)e;
    return open_either(NULL, db, file_n, out);
}

result intake_stream_open(struct sql *db, int64_t file_n, struct intake_batch **out, struct err *e)
{
    TRY(open_either(NULL, db, file_n, out));
    return sql_bulk_begin(db, SQL_SETTLEMENT_LINE_INSERT, (*out)->a, &(*out)->stream, e);
}

void intake_batch_close(struct intake_batch **p)
{
    struct arena *own = *p != NULL ? (*p)->own : NULL;

    if (*p != NULL) {
        sql_bulk_drop(&(*p)->stream);
        arena_close(&(*p)->a);
    }
    *p = NULL;
    arena_close(&own);
}

static result line_put(struct sql_bulk *bulk, int64_t file_n, const struct settlement_line *l,
                       struct err *e)
{
    return sql_bulk_row(bulk, e, sql_i(file_n), sql_i(l->n), sql_i(l->kind), sql_t(l->portal_txn),
                        sql_t(l->merchant_ref), sql_t(l->original_ref), sql_t(l->dossier),
                        sql_t(l->body), sql_t(l->account), sql_t(l->bank), sql_i(l->gross_vnd),
                        sql_i(l->fee_vnd), sql_i(l->net_vnd), sql_i(settlement_moved_vnd(l)),
                        sql_t(l->currency), sql_i(l->success ? 1 : 0), sql_t(l->code),
                        sql_i(l->txn_at_ms), sql_t(l->treasury_ref), sql_t(l->treasury_status));
}

static result insert(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_bulk_drop) struct sql_bulk *bulk = NULL;
    const struct intake_batch *b = arg;
    int64_t rows;

    if (b->store != NULL)
        TRY(settlement_hold(db, b->file_n, e));
    TRY(sql_bulk_begin(db, SQL_SETTLEMENT_LINE_INSERT, b->a, &bulk, e));
    for (size_t i = 0; i < b->count; i++)
        TRY(line_put(bulk, b->file_n, &b->lines[i], e));
    return sql_bulk_end(&bulk, &rows, e);
}

result intake_batch_end(struct intake_batch *b, struct err *e)
{
    int64_t rows;

    if (b->stream != NULL)
        return sql_bulk_end(&b->stream, &rows, e);
    if (b->count > 0 && b->store != NULL)
        TRY(sql_transact(b->store, insert, b, e));
    else if (b->count > 0)
        TRY(insert(b->db, b, e));
    b->count = b->bytes = 0;
    arena_reset(b->a);
    return OK;
}

static result line_hold(struct intake_batch *b, const struct settlement_line *l, struct err *e)
{
    struct settlement_line *own = &b->lines[b->count++];
    struct str *const texts[] = { &own->portal_txn, &own->merchant_ref, &own->original_ref,
                                  &own->dossier,    &own->procedure,    &own->body,
                                  &own->account,    &own->bank,         &own->currency,
                                  &own->code,       &own->treasury_ref, &own->treasury_status,
                                  &own->narrative };

    *own = *l;
    for (size_t i = 0; i < LEN(texts); i++) {
        *texts[i] = str_dup(b->a, *texts[i]);
        b->bytes += texts[i]->n;
    }
    return b->count < BATCH_LINES && b->bytes < BATCH_BYTES ? OK : intake_batch_end(b, e);
}

result intake_batch_take(void *batch, const struct settlement_line *l, struct err *e)
{
    struct intake_batch *b = batch;

    return b->stream != NULL ? line_put(b->stream, b->file_n, l, e) : line_hold(b, l, e);
}
