/*
 * Receipts. Attacker: whoever invents receipts; promise: a number is taken once, in ascending order
 * without gaps, in the transaction that captures the money, and the public page confirms only what
 * stands in this table. Deliberately not done yet: the digital signature of the collecting body,
 * which needs its certificate.
 */
#include "payments/receipt.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/words.h"
#include "crypto/random.h"
#include "payments/order_row.h"
#include "store/sql.h"

#define CODE_BITS      128
#define RECEIPTS_MAX   20 /* of one order: two, and their replacements */
#define LINE_COUNT_MAX LIMIT_ORDER_LINES

static struct str seal_place(struct arena *a, struct str id)
{
    return str_cat(a, STR("receipt.payer:"), id);
}

static result number_take(struct sql *db, struct receipt *r, int64_t year, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_RECEIPT_NUMBER, &rows, e, sql_t(r->agency_id), sql_t(r->form),
                 sql_t(r->serial), sql_i(year)));
    TRY(sql_one(rows, e));
    r->number = sql_int(rows, 0);
    return OK;
}

static struct str lines_print(const struct order *o, enum fee_kind kind, struct arena *a)
{
    DEFER(json_close) struct json *list = json_array();

    for (size_t i = 0; i < o->bill.count; i++) {
        const struct fee_line *l = &o->bill.lines[i];
        struct json *line;

        if (l->kind != kind || l->net_vnd == 0)
            continue;
        line = json_object();
        json_put_str(line, "name_vi", l->name_vi);
        json_put_str(line, "name_en", l->name_en);
        json_put_int(line, "quantity", l->quantity);
        json_put_int(line, "net_vnd", l->net_vnd);
        json_put_str(line, "basis_text",
                     l->reduction_text.n > 0 ? str_fmt(a, "%.*s; %.*s", STR_ARG(l->basis_text),
                                                       STR_ARG(l->reduction_text))
                                             : l->basis_text);
        json_add(list, line);
    }
    return json_print(a, list);
}

static result one_issue(struct sql *db, const struct till *t, const struct order *o,
                        enum fee_kind kind, struct str portal_txn, struct arena *a, struct err *e)
{
    const int64_t now_ms = clock_now_ms(t->clock);
    const int year = clock_local(now_ms).date.y;
    struct receipt r = { .agency_id = o->agency_id,
                         .id = random_id(a, "rct_", now_ms),
                         .code = random_token(a, CODE_BITS),
                         .form = t->receipt_form,
                         .serial = str_fmt(a, "%02dT%.*s", year % 100, STR_ARG(t->receipt_letters)),
                         .amount_vnd = bill_kind_vnd(&o->bill, kind) };
    const struct words_style style = { .chan = t->words_chan };
    struct fee_agency g;

    TRY(fee_agency_find(t->fees, o->agency_id, o->received_on, &g, e));
    TRY(sql_run(db, SQL_RECEIPT_REPLACE_ORDER, e, sql_t(r.agency_id), sql_t(o->id), sql_i(kind)));
    TRY(number_take(db, &r, year, e));
    return sql_run(db, SQL_RECEIPT_INSERT, e, sql_t(r.agency_id), sql_t(r.form), sql_t(r.serial),
                   sql_i(year), sql_i(r.number), sql_t(r.id), sql_t(r.code), sql_t(o->id),
                   sql_i(kind), sql_i(r.amount_vnd), sql_t(words_vnd(a, r.amount_vnd, style)),
                   sql_i(now_ms), sql_t(o->reference), sql_t(o->procedure_name_vi),
                   sql_t(g.name_vi), sql_t(g.tax_code), sql_t(g.address), sql_t(portal_txn),
                   sql_t(lines_print(o, kind, a)),
                   sql_b(payer_seal(a, t, seal_place(a, r.id), &o->payer)));
}

result receipt_issue(struct sql *db, const struct till *t, const struct order *o,
                     struct str portal_txn, struct arena *a, struct err *e)
{
    if (o->bill.phi_vnd > 0)
        TRY(one_issue(db, t, o, FEE_PHI, portal_txn, a, e));
    if (o->bill.le_phi_vnd > 0)
        TRY(one_issue(db, t, o, FEE_LE_PHI, portal_txn, a, e));
    return OK;
}

result receipt_undo(struct sql *db, const struct till *t, const struct order *o, struct arena *a,
                    struct err *e)
{
    (void)t;
    (void)a;
    return sql_run(db, SQL_RECEIPT_NOTIFY_ORDER, e, sql_t(o->agency_id), sql_t(o->id));
}

static result line_read(const struct json *o, struct receipt_line *l, struct arena *a,
                        struct err *e)
{
    TRY(json_need_str(o, "name_vi", LIMIT_NAME_BYTES, &l->name_vi, e));
    TRY(json_need_str(o, "name_en", LIMIT_NAME_BYTES, &l->name_en, e));
    TRY(json_need_int(o, "quantity", 1, INT64_MAX, &l->quantity, e));
    TRY(json_need_int(o, "net_vnd", 1, INT64_MAX, &l->net_vnd, e));
    TRY(json_need_str(o, "basis_text", 2 * LIMIT_NAME_BYTES + 2, &l->basis_text, e));
    l->name_vi = str_dup(a, l->name_vi);
    l->name_en = str_dup(a, l->name_en);
    l->basis_text = str_dup(a, l->basis_text);
    return OK;
}

static result lines_read(struct str text, struct receipt *r, struct arena *a, struct err *e)
{
    DEFER(json_close) struct json *list = NULL;

    TRY(json_read(text, &list, e));
    r->line_count = json_count(list);
    if (r->line_count > LINE_COUNT_MAX)
        return fail(e, ERR_STORE, "receipt %.*s: too many lines", STR_ARG(r->id));
    r->lines = arena_array(a, struct receipt_line, r->line_count + 1);
    for (size_t i = 0; i < r->line_count; i++)
        TRY(line_read(json_at(list, i), &r->lines[i], a, e));
    return OK;
}

static struct str number_print(struct arena *a, int64_t number)
{
    return str_fmt(a, "%07lld", (long long)number);
}

static result row_read(struct sql_rows *rows, const struct till *t, struct arena *a,
                       struct receipt *r, struct err *e)
{
    *r = (struct receipt){ .agency_id = sql_text(rows, 0, a),
                           .form = sql_text(rows, 1, a),
                           .serial = sql_text(rows, 2, a),
                           .number = sql_int(rows, 3),
                           .id = sql_text(rows, 4, a),
                           .code = sql_text(rows, 5, a),
                           .order_id = sql_text(rows, 6, a),
                           .kind = (enum fee_kind)sql_int(rows, 7),
                           .amount_vnd = sql_int(rows, 8),
                           .words = sql_text(rows, 9, a),
                           .issued_ms = sql_int(rows, 10),
                           .state = sql_text(rows, 11, a),
                           .reference = sql_text(rows, 12, a),
                           .procedure_name = sql_text(rows, 13, a),
                           .body_name = sql_text(rows, 14, a),
                           .body_tax_code = sql_text(rows, 15, a),
                           .body_address = sql_text(rows, 16, a),
                           .portal_txn = sql_text(rows, 17, a) };
    r->number_text = number_print(a, r->number);
    TRY(lines_read(sql_text(rows, 18, a), r, a, e));
    return payer_unseal(a, t, seal_place(a, r->id), sql_bytes(rows, 19, a), &r->payer, e);
}

struct receipt_reading {
    const struct till *t;
    const struct order *o;
    struct str id, code;
    struct arena *a;
    struct receipt *out;
    struct receipt_public *shown;
    size_t count;
};

static result order_read(struct sql *db, void *arg, struct err *e)
{
    struct receipt_reading *r = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_RECEIPT_BY_ORDER, &rows, e, sql_t(r->o->agency_id), sql_t(r->o->id)));
    for (r->count = 0; r->count < RECEIPTS_MAX; r->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        TRY(row_read(rows, r->t, r->a, &r->out[r->count], e));
    }
    return OK;
}

result receipt_list(const struct till *t, const struct order *o, struct arena *a,
                    struct receipt **out, size_t *count, struct err *e)
{
    struct receipt_reading r = { .t = t, .o = o, .a = a };

    r.out = arena_array(a, struct receipt, RECEIPTS_MAX);
    TRY(sql_read(t->store, order_read, &r, e));
    *out = r.out;
    *count = r.count;
    return OK;
}

static result id_read(struct sql *db, void *arg, struct err *e)
{
    struct receipt_reading *r = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_RECEIPT_BY_ID, &rows, e, sql_t(r->id)));
    TRY(sql_one(rows, e));
    return row_read(rows, r->t, r->a, r->out, e);
}

result receipt_load(const struct till *t, struct str id, struct arena *a, struct receipt *out,
                    struct err *e)
{
    struct receipt_reading r = { .t = t, .id = id, .a = a, .out = out };

    return sql_read(t->store, id_read, &r, e);
}

static result code_read(struct sql *db, void *arg, struct err *e)
{
    struct receipt_reading *r = arg;
    struct receipt_public *p = r->shown;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_RECEIPT_BY_CODE, &rows, e, sql_t(r->code)));
    TRY(sql_one(rows, e));
    p->form = sql_text(rows, 0, r->a);
    p->serial = sql_text(rows, 1, r->a);
    p->number_text = number_print(r->a, sql_int(rows, 2));
    p->kind = (enum fee_kind)sql_int(rows, 3);
    p->amount_vnd = sql_int(rows, 4);
    p->issued_on = clock_local(sql_int(rows, 5)).date;
    p->state = sql_text(rows, 6, r->a);
    p->body_name = sql_text(rows, 7, r->a);
    p->body_tax_code = sql_text(rows, 8, r->a);
    return OK;
}

result receipt_verify(const struct till *t, struct str code, struct arena *a,
                      struct receipt_public *out, struct err *e)
{
    struct receipt_reading r = { .t = t, .code = code, .a = a, .shown = out };

    return sql_read(t->store, code_read, &r, e);
}

struct str receipt_url(const struct till *t, const struct receipt *r, struct arena *a)
{
    return str_fmt(a, "%.*s/verify/%.*s", STR_ARG(t->issuer), STR_ARG(r->code));
}
