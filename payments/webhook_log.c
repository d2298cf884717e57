/* How deliveries went, for clients and administrators. Security: a client is told of its own only;
 * rows hold no body, address or secret. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "payments/webhook.h"
#include "store/sql.h"

struct listing {
    const struct webhook_filter *f;
    struct str delivery_id;
    size_t most, count;
    struct arena *a;
    struct webhook_delivery *rows;
    struct webhook_attempt *attempts;
};

static struct webhook_delivery delivery_read(const struct sql_rows *rows, struct arena *a)
{
    return (struct webhook_delivery){ .id = sql_text(rows, 0, a),
                                      .endpoint_id = sql_text(rows, 1, a),
                                      .client_id = sql_text(rows, 2, a),
                                      .event_id = sql_text(rows, 3, a),
                                      .type = sql_text(rows, 4, a),
                                      .resource = sql_text(rows, 5, a),
                                      .resource_id = sql_text(rows, 6, a),
                                      .state = sql_text(rows, 7, a),
                                      .tries = sql_int(rows, 8),
                                      .due_ms = sql_int(rows, 9),
                                      .created_ms = sql_int(rows, 10),
                                      .done_ms = sql_int(rows, 11) };
}

static result deliveries_find(struct sql *db, void *arg, struct err *e)
{
    struct listing *l = arg;
    const struct webhook_filter *f = l->f;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    l->count = 0;
    TRY(sql_find(db, SQL_WEBHOOK_PAGE, &rows, e, sql_t(f->client_id), sql_t(f->state),
                 sql_t(f->endpoint_id), sql_t(f->type), sql_t(f->resource_id), sql_t(f->id),
                 sql_i(f->before_ms), sql_t(f->before_id), sql_i((int64_t)l->most)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || l->count == l->most)
            return OK;
        l->rows[l->count++] = delivery_read(rows, l->a);
    }
}

result webhook_deliveries(const struct till *t, const struct webhook_filter *f, size_t most,
                          struct arena *a, struct webhook_delivery **out, size_t *count,
                          struct err *e)
{
    struct listing l = { .f = f, .most = most, .a = a };

    must(most <= WEBHOOK_LIST_MAX);
    l.rows = arena_array(a, struct webhook_delivery, most + 1);
    TRY(sql_read(t->store, deliveries_find, &l, e));
    *out = l.rows;
    *count = l.count;
    return OK;
}

static result attempts_find(struct sql *db, void *arg, struct err *e)
{
    struct listing *l = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    l->count = 0;
    TRY(sql_find(db, SQL_WEBHOOK_ATTEMPTS, &rows, e, sql_t(l->delivery_id),
                 sql_i(WEBHOOK_ATTEMPTS_MAX)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || l->count == WEBHOOK_ATTEMPTS_MAX)
            return OK;
        l->attempts[l->count++] = (struct webhook_attempt){ .n = sql_int(rows, 0),
                                                            .at_ms = sql_int(rows, 1),
                                                            .took_ms = sql_int(rows, 2),
                                                            .status = sql_int(rows, 3),
                                                            .failure = sql_text(rows, 4, l->a),
                                                            .by_hand = sql_int(rows, 5) != 0 };
    }
}

result webhook_attempts(const struct till *t, struct str delivery_id, struct arena *a,
                        struct webhook_attempt **out, size_t *count, struct err *e)
{
    struct listing l = { .delivery_id = delivery_id, .a = a };

    l.attempts = arena_array(a, struct webhook_attempt, WEBHOOK_ATTEMPTS_MAX);
    TRY(sql_read(t->store, attempts_find, &l, e));
    *out = l.attempts;
    *count = l.count;
    return OK;
}

struct retrying {
    struct str client_id, id;
    int64_t now_ms;
};

static result retry(struct sql *db, void *arg, struct err *e)
{
    const struct retrying *r = arg;
    int64_t changed;

    TRY(sql_run_count(db, SQL_WEBHOOK_RETRY, &changed, e, sql_t(r->id), sql_t(r->client_id),
                      sql_i(r->now_ms)));
    return changed == 1 ? OK : fail(e, ERR_NOT_FOUND, "no such delivery");
}

result webhook_retry(const struct till *t, struct str client_id, struct str id, struct err *e)
{
    struct retrying r = { client_id, id, clock_now_ms(t->clock) };

    return sql_transact(t->store, retry, &r, e);
}
