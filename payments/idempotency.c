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

#define KEY_FIELD     "Idempotency-Key"
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
        return fail_field(e, ERR_INVALID, KEY_FIELD, "1 to %d printable characters", KEY_BYTES_MAX);
    return OK;
}

static result row_add(struct sql *db, struct running *r, bool *added, struct err *e)
{
    const struct idempotency_call *c = r->call;
    int64_t n;

    TRY(sql_run_count(db, SQL_IDEMPOTENCY_INSERT, &n, e, sql_t(c->agency_id), sql_t(c->client_id),
                      sql_t(c->path), sql_t(c->key), sql_t(r->body_hash),
                      sql_b((struct str){ "", 0 }), sql_i(clock_now_ms(r->t->clock))));
    *added = n == 1;
    return OK;
}

static result row_set(struct sql *db, const struct running *r, struct err *e)
{
    const struct idempotency_call *c = r->call;

    must(r->out->status > 0);
    return sql_run(db, SQL_IDEMPOTENCY_SET, e, sql_t(c->client_id), sql_t(c->path), sql_t(c->key),
                   sql_i(r->out->status),
                   sql_b(seal_put(r->a, r->t->seal, r->place, r->out->body)));
}

/* A key that is in flight past its lease was left by a process that died. */
static result row_take_over(struct sql *db, const struct running *r, struct err *e)
{
    const struct idempotency_call *c = r->call;
    const int64_t now_ms = clock_now_ms(r->t->clock);
    int64_t taken;

    TRY(sql_run_count(db, SQL_IDEMPOTENCY_TAKE_OVER, &taken, e, sql_t(c->client_id), sql_t(c->path),
                      sql_t(c->key), sql_i(now_ms), sql_i(now_ms - r->t->lease_s * 1000)));
    return taken == 1 ? OK : fail_field(e, ERR_IN_FLIGHT, KEY_FIELD, "being worked on");
}

static result reply_find(struct sql *db, struct running *r, struct err *e)
{
    const struct idempotency_call *c = r->call;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    int status;

    TRY(sql_find(db, SQL_IDEMPOTENCY_FIND, &rows, e, sql_t(c->client_id), sql_t(c->path),
                 sql_t(c->key)));
    TRY(sql_one(rows, e));
    if (!str_eq(sql_text(rows, 0, r->a), r->body_hash))
        return fail_field(e, ERR_KEY_REUSED, KEY_FIELD, "used with another body");
    status = (int)sql_int(rows, 1);
    if (status == 0)
        return row_take_over(db, r, e);
    r->out->status = status;
    r->out->replayed = true;
    return seal_get(r->a, r->t->seal, r->place, sql_bytes(rows, 2, r->a), &r->out->body, e);
}

static result run(struct sql *db, void *arg, struct err *e)
{
    struct running *r = arg;
    bool added;

    *r->out = (struct idempotency_reply){ 0 };
    TRY(row_add(db, r, &added, e));
    if (!added)
        TRY(reply_find(db, r, e));
    if (r->out->replayed)
        return OK;
    TRY(r->work(db, r->arg, r->a, r->out, e));
    return row_set(db, r, e);
}

/* The row of a refusal; what another request stored meanwhile stands. */
static result refusal_save(struct sql *db, void *arg, struct err *e)
{
    struct running *r = arg;
    bool added;

    TRY(row_add(db, r, &added, e));
    return added ? row_set(db, r, e) : reply_find(db, r, e);
}

static bool is_refusal(const struct idempotency_call *c, const struct err *e)
{
    return c->tell != NULL && err_status(e->code) == 422;
}

static void refusal_make(struct running *r, const struct err *why)
{
    *r->out = (struct idempotency_reply){ .status = 422,
                                          .body = r->call->tell(r->call->tell_arg, why, r->a) };
}

static result running_make(struct running *r, struct err *e)
{
    const struct idempotency_call *c = r->call;

    TRY(key_check(c->key, e));
    r->place = str_fmt(r->a, "idempotency:%.*s %.*s %.*s", STR_ARG(c->client_id), STR_ARG(c->path),
                       STR_ARG(c->key));
    r->body_hash = seal_index(r->a, r->t->seal, r->place, json_print_canonical(r->a, c->body));
    return OK;
}

result idempotency_run(const struct till *t, const struct idempotency_call *call,
                       idempotency_work *work, void *arg, struct arena *a,
                       struct idempotency_reply *out, struct err *e)
{
    struct running r = { .t = t, .call = call, .work = work, .arg = arg, .a = a, .out = out };
    struct err why = { .code = ERR_NONE };

    TRY(running_make(&r, e));
    if (!sql_transact(t->store, run, &r, &why).failed)
        return OK;
    if (is_refusal(call, &why)) {
        refusal_make(&r, &why);
        return sql_transact(t->store, refusal_save, &r, e);
    }
    if (e != NULL)
        *e = why;
    return (result){ true };
}

static result begin(struct sql *db, void *arg, struct err *e)
{
    struct running *r = arg;
    bool added;

    *r->out = (struct idempotency_reply){ 0 };
    TRY(row_add(db, r, &added, e));
    return added ? OK : reply_find(db, r, e);
}

static result end(struct sql *db, void *arg, struct err *e)
{
    return row_set(db, arg, e);
}

static result drop(struct sql *db, void *arg, struct err *e)
{
    const struct running *r = arg;
    const struct idempotency_call *c = r->call;

    return sql_run(db, SQL_IDEMPOTENCY_DROP, e, sql_t(c->client_id), sql_t(c->path), sql_t(c->key));
}

result idempotency_run_slow(const struct till *t, const struct idempotency_call *call,
                            idempotency_slow_work *work, void *arg, struct arena *a,
                            struct idempotency_reply *out, struct err *e)
{
    struct running r = { .t = t, .call = call, .a = a, .out = out };
    struct err why = { .code = ERR_NONE };

    TRY(running_make(&r, e));
    TRY(sql_transact(t->store, begin, &r, e));
    if (out->replayed)
        return OK;
    if (!work(arg, a, out, &why).failed)
        return sql_transact(t->store, end, &r, e);
    if (is_refusal(call, &why)) {
        refusal_make(&r, &why);
        return sql_transact(t->store, end, &r, e);
    }
    /* Whatever becomes of the key, what failed is told; an undropped one is free after its lease.
     */
    (void)sql_transact(t->store, drop, &r, NULL).failed;
    if (e != NULL)
        *e = why;
    return (result){ true };
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
