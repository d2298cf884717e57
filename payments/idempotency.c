/*
 * Idempotency keys. Attacker: a client that repeats, races or reuses keys; promise: one key has one
 * effect and one answer, which commit together. The stored answer holds the payment address, so it
 * is sealed; the body holds the payer's number, so its digest is keyed.
 */
#include "payments/idempotency.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/seal.h"
#include "store/sql.h"

#define KEY_BYTES_MAX 255
#define KEEP_MS       (7 * 86400000LL)

struct running {
    const struct till *t;
    const struct idempotency_call *call;
    struct str body_hash;
    struct str place; /* of the seal */
    idempotency_work *work;
    void *arg;
    struct arena *a;
    struct idempotency_reply *out;
};

static result key_check(struct str key, struct err *e)
{
    bool printable = key.n >= 1 && key.n <= KEY_BYTES_MAX;

    for (size_t i = 0; i < key.n && printable; i++)
        printable = key.p[i] > ' ' && key.p[i] < 0x7f;
    if (!printable)
        return fail_field(e, ERR_INVALID, "Idempotency-Key", "1 to %d printable characters",
                          KEY_BYTES_MAX);
    return OK;
}

static result reply_find(struct sql *db, struct running *r, struct err *e)
{
    const struct idempotency_call *c = r->call;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_IDEMPOTENCY_FIND, &rows, e, sql_t(c->client_id), sql_t(c->path),
                 sql_t(c->key)));
    TRY(sql_one(rows, e));
    if (!str_eq(sql_text(rows, 0, r->a), r->body_hash))
        return fail_field(e, ERR_CONFLICT, "Idempotency-Key", "used with another body");
    r->out->status = (int)sql_int(rows, 1);
    r->out->replayed = true;
    return seal_get(r->a, r->t->seal, r->place, sql_bytes(rows, 2, r->a), &r->out->body, e);
}

static result run(struct sql *db, void *arg, struct err *e)
{
    struct running *r = arg;
    const struct idempotency_call *c = r->call;
    int64_t added;

    *r->out = (struct idempotency_reply){ 0 };
    TRY(sql_run_count(db, SQL_IDEMPOTENCY_INSERT, &added, e, sql_t(c->agency_id),
                      sql_t(c->client_id), sql_t(c->path), sql_t(c->key), sql_t(r->body_hash),
                      sql_b((struct str){ "", 0 }), sql_i(clock_now_ms(r->t->clock))));
    if (added == 0)
        return reply_find(db, r, e);
    TRY(r->work(db, r->arg, r->a, r->out, e));
    must(r->out->status > 0);
    return sql_run(db, SQL_IDEMPOTENCY_SET, e, sql_t(c->client_id), sql_t(c->path), sql_t(c->key),
                   sql_i(r->out->status),
                   sql_b(seal_put(r->a, r->t->seal, r->place, r->out->body)));
}

result idempotency_run(const struct till *t, const struct idempotency_call *call,
                       idempotency_work *work, void *arg, struct arena *a,
                       struct idempotency_reply *out, struct err *e)
{
    struct running r = { .t = t, .call = call, .work = work, .arg = arg, .a = a, .out = out };

    TRY(key_check(call->key, e));
    r.place = str_fmt(a, "idempotency:%.*s %.*s %.*s", STR_ARG(call->client_id),
                      STR_ARG(call->path), STR_ARG(call->key));
    r.body_hash = seal_index(a, t->seal, r.place, json_print_canonical(a, call->body));
    return sql_transact(t->store, run, &r, e);
}

struct sweeping {
    int64_t before_ms;
    int64_t dropped;
};

static result sweep(struct sql *db, void *arg, struct err *e)
{
    struct sweeping *s = arg;

    return sql_run_count(db, SQL_IDEMPOTENCY_SWEEP, &s->dropped, e, sql_i(s->before_ms));
}

result idempotency_sweep(const struct till *t, int64_t *dropped, struct err *e)
{
    struct sweeping s = { clock_now_ms(t->clock) - KEEP_MS, 0 };

    TRY(sql_transact(t->store, sweep, &s, e));
    *dropped = s.dropped;
    return OK;
}
