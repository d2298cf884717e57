/*
 * Lists of one citizen. Attacker: somebody who asks for another's bills; promise: account and
 * number come from the caller's session and are part of every question, and empty ones match
 * nothing.
 */
#include "payments/citizen_list.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/seal.h"
#include "payments/receipt.h"
#include "store/sql.h"

struct listing {
    const struct till *t;
    const struct citizen_filter *f;
    struct arena *a;
    void *rows;
    size_t count;
};

static int64_t from_ms(const struct citizen_filter *f)
{
    return f->year > 0 ? clock_day_start_ms((struct date){ f->year, 1, 1 }) : 0;
}

static int64_t to_ms(const struct citizen_filter *f)
{
    return f->year > 0 ? clock_day_start_ms((struct date){ f->year + 1, 1, 1 }) : INT64_MAX;
}

static int64_t before_ms(const struct citizen_filter *f)
{
    return f->before_ms > 0 ? f->before_ms : INT64_MAX;
}

/* A token is sealed under the order's id. */
static result token_open(struct listing *l, struct str order_id, struct str sealed,
                         struct str *token, struct err *e)
{
    return seal_get(l->a, l->t->seal, str_cat(l->a, STR("order.token:"), order_id), sealed, token,
                    e);
}

static result order_read(struct listing *l, struct sql_rows *rows, struct citizen_order *o,
                         struct err *e)
{
    *o = (struct citizen_order){ .agency_id = sql_text(rows, 0, l->a),
                                 .id = sql_text(rows, 1, l->a),
                                 .reference = sql_text(rows, 4, l->a),
                                 .procedure_vi = sql_text(rows, 5, l->a),
                                 .procedure_en = sql_text(rows, 6, l->a),
                                 .total_vnd = sql_int(rows, 8),
                                 .captured_vnd = sql_int(rows, 9),
                                 .refunded_vnd = sql_int(rows, 10),
                                 .created_ms = sql_int(rows, 11),
                                 .expires_ms = sql_int(rows, 12) };
    if (!order_state_find(sql_text(rows, 3, l->a), &o->state) ||
        !date_read(sql_text(rows, 7, l->a), &o->received_on))
        return fail(e, ERR_STORE, "order %.*s: unreadable row", STR_ARG(o->id));
    o->rank = o->state == ORDER_OPEN || o->state == ORDER_UNDERPAID ? 0 : 1;
    return token_open(l, o->id, sql_bytes(rows, 2, l->a), &o->token, e);
}

static result orders_find(struct sql *db, void *arg, struct err *e)
{
    struct listing *l = arg;
    const struct citizen_filter *f = l->f;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    l->count = 0;
    TRY(sql_find(db, SQL_CITIZEN_ORDERS, &rows, e, sql_t(f->subject), sql_t(f->id_index),
                 sql_t(f->state), sql_i(from_ms(f)), sql_i(to_ms(f)), sql_i(f->before_rank),
                 sql_i(before_ms(f)), sql_t(f->before_id), sql_i((int64_t)f->most)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || l->count == f->most)
            return OK;
        TRY(order_read(l, rows, &((struct citizen_order *)l->rows)[l->count++], e));
    }
}

result citizen_orders(const struct till *t, const struct citizen_filter *f, struct arena *a,
                      struct citizen_order **out, size_t *count, struct err *e)
{
    struct listing l = { .t = t, .f = f, .a = a };

    must(f->most <= CITIZEN_LIST_MAX + 1);
    l.rows = *out = arena_array(a, struct citizen_order, f->most + 1);
    TRY(sql_read(t->store, orders_find, &l, e));
    *count = l.count;
    return OK;
}

static struct citizen_receipt receipt_read(struct listing *l, struct sql_rows *rows)
{
    return (struct citizen_receipt){ .id = sql_text(rows, 0, l->a),
                                     .code = sql_text(rows, 1, l->a),
                                     .form = sql_text(rows, 2, l->a),
                                     .serial = sql_text(rows, 3, l->a),
                                     .number_text = receipt_number_text(l->a, sql_int(rows, 4)),
                                     .kind = (enum fee_kind)sql_int(rows, 5),
                                     .amount_vnd = sql_int(rows, 6),
                                     .issued_ms = sql_int(rows, 7),
                                     .state = sql_text(rows, 8, l->a),
                                     .reference = sql_text(rows, 9, l->a),
                                     .procedure_name = sql_text(rows, 10, l->a),
                                     .body_name = sql_text(rows, 11, l->a),
                                     .signed_ms = sql_int(rows, 12) };
}

static result receipts_find(struct sql *db, void *arg, struct err *e)
{
    struct listing *l = arg;
    const struct citizen_filter *f = l->f;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    l->count = 0;
    TRY(sql_find(db, SQL_CITIZEN_RECEIPTS, &rows, e, sql_t(f->subject), sql_t(f->id_index),
                 sql_i(from_ms(f)), sql_i(to_ms(f)), sql_i(before_ms(f)), sql_t(f->before_id),
                 sql_i((int64_t)f->most)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || l->count == f->most)
            return OK;
        ((struct citizen_receipt *)l->rows)[l->count++] = receipt_read(l, rows);
    }
}

result citizen_receipts(const struct till *t, const struct citizen_filter *f, struct arena *a,
                        struct citizen_receipt **out, size_t *count, struct err *e)
{
    struct listing l = { .t = t, .f = f, .a = a };

    must(f->most <= CITIZEN_LIST_MAX + 1);
    l.rows = *out = arena_array(a, struct citizen_receipt, f->most + 1);
    TRY(sql_read(t->store, receipts_find, &l, e));
    *count = l.count;
    return OK;
}

static result refund_read(struct listing *l, struct sql_rows *rows, struct citizen_refund *r,
                          struct err *e)
{
    *r = (struct citizen_refund){ .id = sql_text(rows, 0, l->a),
                                  .route = sql_text(rows, 2, l->a),
                                  .amount_vnd = sql_int(rows, 3),
                                  .created_ms = sql_int(rows, 4),
                                  .updated_ms = sql_int(rows, 5),
                                  .reference = sql_text(rows, 8, l->a),
                                  .procedure_vi = sql_text(rows, 9, l->a),
                                  .procedure_en = sql_text(rows, 10, l->a) };
    if (!refund_state_find(sql_text(rows, 1, l->a), &r->state))
        return fail(e, ERR_STORE, "refund %.*s: unreadable row", STR_ARG(r->id));
    return token_open(l, sql_text(rows, 6, l->a), sql_bytes(rows, 7, l->a), &r->order_token, e);
}

static result refunds_find(struct sql *db, void *arg, struct err *e)
{
    struct listing *l = arg;
    const struct citizen_filter *f = l->f;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    l->count = 0;
    TRY(sql_find(db, SQL_CITIZEN_REFUNDS, &rows, e, sql_t(f->subject), sql_t(f->id_index),
                 sql_i(before_ms(f)), sql_t(f->before_id), sql_i((int64_t)f->most)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || l->count == f->most)
            return OK;
        TRY(refund_read(l, rows, &((struct citizen_refund *)l->rows)[l->count++], e));
    }
}

result citizen_refunds(const struct till *t, const struct citizen_filter *f, struct arena *a,
                       struct citizen_refund **out, size_t *count, struct err *e)
{
    struct listing l = { .t = t, .f = f, .a = a };

    must(f->most <= CITIZEN_LIST_MAX + 1);
    l.rows = *out = arena_array(a, struct citizen_refund, f->most + 1);
    TRY(sql_read(t->store, refunds_find, &l, e));
    *count = l.count;
    return OK;
}
