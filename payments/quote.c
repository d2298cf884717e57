/*
 * Quotes. Attacker: a client that quotes for one citizen and bills another, or holds on to a price;
 * promise: a quote is its client's, names its citizen, ends, and binds to the very amounts and
 * bases that it told. Deliberately not done: reserving what is granted once a year; the order does.
 */
#include "payments/quote.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "crypto/random.h"
#include "payments/fee_case.h"
#include "payments/fee_quota.h"
#include "store/sql.h"

#define PURGE_AFTER_MS (7 * 86400000LL) /* an order's Idempotency-Key lives as long */
#define PURGE_ROWS     100

struct asking {
    const struct till *t;
    const struct order_request *rq;
    struct arena *a;
    struct str *used;
    size_t used_count;
};

static result used_find(struct sql *db, void *arg, struct err *e)
{
    struct asking *k = arg;

    return fee_quota_used(db, fee_quota_citizen(k->t, k->rq->subject, k->a), k->rq->received_on.y,
                          k->a, &k->used, &k->used_count, e);
}

/* The case with what the citizen has used up. */
static result case_make(const struct till *t, const struct order_request *rq, struct arena *a,
                        struct fee_case *out, struct err *e)
{
    struct asking k = { .t = t, .rq = rq, .a = a };

    *out = fee_case_of(rq);
    if (rq->client_id.n == 0 && rq->level > 0) /* a what-if: somebody who has used nothing yet */
        out->citizen_known = true;
    if (rq->subject.n == 0)
        return OK;
    TRY(sql_read(t->store, used_find, &k, e));
    out->used = k.used;
    out->used_count = k.used_count;
    return OK;
}

static result savings_make(const struct till *t, const struct order_request *rq,
                           const struct fee_case *c, const struct bill *b, struct arena *a,
                           struct quote *out, struct err *e)
{
    struct fee_case higher = *c;
    struct bill less;

    out->savings = arena_array(a, struct quote_saving, b->count + 1);
    out->saving_count = 0;
    if (c->level >= QUOTE_LEVEL_MOST)
        return OK;
    higher.level = QUOTE_LEVEL_MOST;
    higher.citizen_known = true;
    TRY(bill_make(t->fees, &higher, rq->items, rq->item_count, a, &less, e));
    if (less.count != b->count)
        return OK;
    for (size_t i = 0; i < b->count; i++) {
        const struct fee_line *l = &less.lines[i];
        const int64_t saved_vnd = b->lines[i].net_vnd - l->net_vnd;

        if (saved_vnd <= 0 || !str_eq(l->fee, b->lines[i].fee))
            continue;
        out->savings[out->saving_count++] =
            (struct quote_saving){ l->fee,    l->name_vi,      l->name_en,       higher.level,
                                   saved_vnd, l->reduction_id, l->reduction_text };
        out->saved_vnd += saved_vnd;
    }
    return OK;
}

result quote_savings(const struct till *t, const struct order_request *rq, const struct bill *b,
                     struct arena *a, struct quote_saving **out, size_t *count, struct err *e)
{
    struct quote q = { .saved_vnd = 0 };
    struct fee_case c;

    TRY(case_make(t, rq, a, &c, e));
    TRY(savings_make(t, rq, &c, b, a, &q, e));
    *out = q.savings;
    *count = q.saving_count;
    return OK;
}

result quote_price(const struct till *t, const struct order_request *rq, struct arena *a,
                   struct quote *out, struct err *e)
{
    struct quote q = { .id = STR(""), .order = *rq };
    struct fee_procedure procedure;
    struct fee_case c;

    TRY(fee_procedure_find(t->fees, rq->procedure, rq->received_on, &procedure, e));
    TRY(case_make(t, rq, a, &c, e));
    TRY(bill_make(t->fees, &c, rq->items, rq->item_count, a, &q.bill, e));
    TRY(savings_make(t, rq, &c, &q.bill, a, &q, e));
    q.total_vnd = q.bill.total_vnd;
    q.bill_hash = digest_hex(a, q.bill.hash);
    q.created_ms = clock_now_ms(t->clock);
    q.expires_ms = q.created_ms + t->quote_ttl_s * 1000;
    *out = q;
    return OK;
}

struct keeping {
    const struct quote *q;
    struct arena *a;
};

static result keep(struct sql *db, void *arg, struct err *e)
{
    const struct keeping *k = arg;
    const struct quote *q = k->q;

    TRY(sql_run(db, SQL_FEE_QUOTE_PURGE, e, sql_i(q->created_ms - PURGE_AFTER_MS),
                sql_i(PURGE_ROWS)));
    return sql_run(db, SQL_FEE_QUOTE_INSERT, e, sql_t(q->order.agency_id), sql_t(q->id),
                   sql_t(q->order.client_id), sql_t(q->order.subject), sql_i(q->order.level),
                   sql_t(fee_case_print(&q->order, k->a)), sql_i(q->total_vnd), sql_t(q->bill_hash),
                   sql_i(q->created_ms), sql_i(q->expires_ms));
}

result quote_make(const struct till *t, const struct order_request *rq, struct arena *a,
                  struct quote *out, struct err *e)
{
    struct quote q;
    struct keeping k = { &q, a };

    must(rq->client_id.n > 0);
    TRY(quote_price(t, rq, a, &q, e));
    q.id = random_id(a, "quo_", q.created_ms);
    TRY(sql_transact(t->store, keep, &k, e));
    *out = q;
    return OK;
}

struct finding {
    struct str id, client_id;
    struct arena *a;
    struct quote q;
};

static result find(struct sql *db, void *arg, struct err *e)
{
    struct finding *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_FEE_QUOTE_LOAD, &rows, e, sql_t(k->id), sql_t(k->client_id)));
    TRY(sql_one(rows, e));
    k->q = (struct quote){ .id = k->id,
                           .order = { .client_id = k->client_id,
                                      .agency_id = sql_text(rows, 0, k->a),
                                      .subject = sql_text(rows, 1, k->a),
                                      .level = (int)sql_int(rows, 2) },
                           .total_vnd = sql_int(rows, 4),
                           .bill_hash = sql_text(rows, 5, k->a),
                           .expires_ms = sql_int(rows, 6) };
    return fee_case_read(sql_text(rows, 3, k->a), &k->q.order, k->a, e);
}

result quote_load(const struct till *t, struct str id, struct str client_id, struct arena *a,
                  struct quote *out, struct err *e)
{
    struct finding k = { .id = id, .client_id = client_id, .a = a };

    TRY(sql_read(t->store, find, &k, e));
    *out = k.q;
    return OK;
}

result quote_check(const struct quote *q, const struct order *o, int64_t now_ms, struct arena *a,
                   struct err *e)
{
    if (now_ms >= q->expires_ms)
        return fail_field(e, ERR_STALE, "quote_id", "the quote has ended");
    if (!str_eq(digest_hex(a, o->bill.hash), q->bill_hash))
        return fail_field(e, ERR_STALE, "quote_id", "prices have changed since");
    return OK;
}

struct remembering {
    const struct order *o;
    struct order_request rq;
    bool found;
    struct arena *a;
};

static result remember(struct sql *db, void *arg, struct err *e)
{
    struct remembering *k = arg;

    if (!fee_case_load(db, k->o, &k->rq, k->a, e).failed) {
        k->found = true;
        return OK;
    }
    return e->code == ERR_NOT_FOUND ? OK : (result){ true };
}

result quote_savings_of(const struct till *t, const struct order *o, struct arena *a,
                        struct quote_saving **out, size_t *count, struct err *e)
{
    struct remembering k = { .o = o, .a = a };

    *out = NULL;
    *count = 0;
    TRY(sql_read(t->store, remember, &k, e));
    return k.found ? quote_savings(t, &k.rq, &o->bill, a, out, count, e) : OK;
}
