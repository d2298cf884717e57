/*
 * Finding orders. Attacker: a client or citizen that asks for what is not theirs; promise: another
 * client's order does not exist for a client, and a token is looked up by its digest only.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "payments/order.h"
#include "payments/order_row.h"
#include "store/sql.h"

#define LIST_MAX 200

/* One reading transaction: a statement with up to three parameters, and what it found. */
struct finding {
    const struct till *t;
    enum sql_query query;
    struct sql_param params[3];
    size_t param_count;
    struct arena *a;
    struct order *orders;
    size_t count, most;
};

static result orders_find(struct sql *db, void *arg, struct err *e)
{
    struct finding *f = arg;
    bool more = true;

    f->count = 0;
    {
        DEFER(sql_end) struct sql_rows *rows = NULL;

        TRY(sql_find_n(db, f->query, f->params, f->param_count, &rows, e));
        while (f->count < f->most) {
            TRY(sql_next(rows, &more, e));
            if (!more)
                break;
            TRY(order_read_row(rows, f->t, f->a, &f->orders[f->count++], e));
        }
    }
    for (size_t i = 0; i < f->count; i++)
        TRY(order_read_lines(db, &f->orders[i], f->a, e));
    return OK;
}

static result one_load(struct finding *f, struct order *out, struct err *e)
{
    f->orders = out;
    f->most = 1;
    TRY(sql_read(f->t->store, orders_find, f, e));
    return f->count == 1 ? OK : fail(e, ERR_NOT_FOUND, "no such order");
}

result order_load(const struct till *t, struct str id, struct str client_id, struct arena *a,
                  struct order *out, struct err *e)
{
    struct finding f = {
        .t = t, .query = SQL_ORDER_BY_ID, .params = { sql_t(id) }, .param_count = 1, .a = a
    };
    struct order o;

    TRY(one_load(&f, &o, e));
    if (client_id.n > 0 && !str_eq(client_id, o.client_id))
        return fail(e, ERR_NOT_FOUND, "order of another client");
    *out = o;
    return OK;
}

result order_load_token(const struct till *t, struct str token, struct arena *a, struct order *out,
                        struct err *e)
{
    struct finding f = { .t = t,
                         .query = SQL_ORDER_BY_TOKEN,
                         .params = { sql_t(digest_hex(a, digest_sha256(token))) },
                         .param_count = 1,
                         .a = a };

    return one_load(&f, out, e);
}

result order_load_reference(const struct till *t, struct str agency_id, struct str reference,
                            struct arena *a, struct order *out, struct err *e)
{
    struct finding f = { .t = t,
                         .query = SQL_ORDER_BY_REFERENCE,
                         .params = { sql_t(agency_id), sql_t(reference) },
                         .param_count = 2,
                         .a = a };

    return one_load(&f, out, e);
}

result order_list_mine(const struct till *t, struct str subject, struct str id_index, size_t most,
                       struct arena *a, struct order **out, size_t *count, struct err *e)
{
    struct finding f = { .t = t, .query = SQL_ORDER_BY_CITIZEN, .param_count = 3, .a = a };

    f.most = most < LIST_MAX ? most : LIST_MAX;
    f.orders = arena_array(a, struct order, f.most + 1);
    f.params[0] = sql_t(subject);
    f.params[1] = sql_t(id_index);
    f.params[2] = sql_i((int64_t)f.most);
    TRY(sql_read(t->store, orders_find, &f, e));
    *out = f.orders;
    *count = f.count;
    return OK;
}

bool order_may_see_payer(const struct order *o, struct str subject, struct str id_index)
{
    return (o->subject.n > 0 && str_eq(o->subject, subject)) ||
           (o->id_index.n > 0 && str_eq(o->id_index, id_index));
}

result order_may_see(const struct order *o, struct str subject, struct str id_index, struct err *e)
{
    if ((o->subject.n == 0 && o->id_index.n == 0) || order_may_see_payer(o, subject, id_index))
        return OK;
    return fail(e, ERR_FORBIDDEN, "order of another citizen");
}

result order_may_pay(const struct order *o, int64_t now_ms, struct err *e)
{
    if (o->state != ORDER_OPEN && o->state != ORDER_UNDERPAID)
        return fail(e, ERR_WRONG_STATE, "order is %s", order_state_name(o->state));
    if (now_ms >= o->expires_ms)
        return fail(e, ERR_WRONG_STATE, "order is past its time");
    return OK;
}

struct str order_url(const struct till *t, const struct order *o, struct arena *a)
{
    return str_fmt(a, "%.*s/pay/%.*s", STR_ARG(t->issuer), STR_ARG(o->token));
}

struct history_reading {
    const struct order *o;
    struct arena *a;
    struct order_history *rows;
    size_t count, room;
};

static void history_grow(struct history_reading *h)
{
    struct order_history *rows = arena_array(h->a, struct order_history, h->room * 2);

    for (size_t i = 0; i < h->count; i++)
        rows[i] = h->rows[i];
    h->rows = rows;
    h->room *= 2;
}

static result history_read(struct sql *db, void *arg, struct err *e)
{
    struct history_reading *h = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    h->count = 0;
    TRY(sql_find(db, SQL_ORDER_EVENTS, &rows, e, sql_t(h->o->agency_id), sql_t(h->o->id)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (h->count == h->room)
            history_grow(h);
        h->rows[h->count++] = (struct order_history){ .seq = sql_int(rows, 0),
                                                      .at_ms = sql_int(rows, 1),
                                                      .attempt_n = sql_int(rows, 2),
                                                      .event = sql_text(rows, 3, h->a),
                                                      .from = sql_text(rows, 4, h->a),
                                                      .to = sql_text(rows, 5, h->a),
                                                      .actor = sql_text(rows, 6, h->a),
                                                      .source = sql_text(rows, 7, h->a),
                                                      .mismatch = sql_text(rows, 8, h->a) };
    }
}

result order_history(const struct till *t, const struct order *o, struct arena *a,
                     struct order_history **out, size_t *count, struct err *e)
{
    struct history_reading h = { .o = o, .a = a, .room = 32 };

    h.rows = arena_array(a, struct order_history, h.room);
    TRY(sql_read(t->store, history_read, &h, e));
    *out = h.rows;
    *count = h.count;
    return OK;
}
