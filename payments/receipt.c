/*
 * Receipts. Attacker: whoever invents receipts; promise: a number is taken once, in ascending order
 * without gaps, in the transaction that captures the money, and the public page confirms only what
 * stands in this table. Signing is done after the commit (receipt_sign.c), so that no key and no
 * expired certificate can stand between a payment and its number.
 */
#include "payments/receipt.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/words.h"
#include "crypto/random.h"
#include "payments/channel.h"
#include "payments/order_row.h"
#include "payments/receipt_range.h"
#include "payments/webhook.h"
#include "store/sql.h"

#define CODE_BITS      128
#define RECEIPTS_MAX   20 /* of one order: two, and their replacements */
#define UNDONE_MAX     16 /* one of each kind is in force at a time */
#define LINE_COUNT_MAX LIMIT_ORDER_LINES

static struct str seal_place(struct arena *a, struct str id)
{
    return str_cat(a, STR("receipt.payer:"), id);
}

/* What receipts of one order and one moment take from the store before they can be written. */
struct taking {
    struct str unit;
    int year;
    int64_t numbers; /* how many are needed */
    int64_t next;    /* the next of them; 0: they come from the unit's ranges */
    struct str delegate_name, delegate_address;
};

/* A body that gave the unit no numbers of its own: all at once. Otherwise who the unit is. */
static result taking_make(struct sql *db, const struct receipt *r, struct taking *k,
                          struct arena *a, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    DEFER(sql_end) struct sql_rows *unit = NULL;
    bool found;

    TRY(sql_find(db, SQL_RECEIPT_NUMBER_UNLESS_UNIT, &rows, e, sql_t(r->agency_id), sql_t(r->form),
                 sql_t(r->serial), sql_i(k->year), sql_t(k->unit), sql_i(k->numbers)));
    TRY(sql_next(rows, &found, e));
    if (found) {
        k->next = sql_int(rows, 0) - k->numbers + 1;
        return OK;
    }
    TRY(sql_find(db, SQL_RECEIPT_UNIT_FIND, &unit, e, sql_t(r->agency_id), sql_t(k->unit)));
    TRY(sql_one(unit, e));
    k->delegate_name = sql_text(unit, 0, a);
    k->delegate_address = sql_text(unit, 1, a);
    return OK;
}

/* The unit's own ranges first, in ascending order; then the body's own numbers, so that an
 * exhausted range never stops a capture. */
static result number_of_unit(struct sql *db, struct receipt *r, const struct taking *k,
                             struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    DEFER(sql_end) struct sql_rows *own = NULL;
    bool found;

    TRY(sql_find(db, SQL_RECEIPT_NUMBER_OF_RANGE, &own, e, sql_t(r->agency_id), sql_t(r->form),
                 sql_t(r->serial), sql_i(k->year), sql_t(k->unit)));
    TRY(sql_next(own, &found, e));
    if (found) {
        r->number = sql_int(own, 0);
        return OK;
    }
    TRY(sql_find(db, SQL_RECEIPT_NUMBER, &rows, e, sql_t(r->agency_id), sql_t(r->form),
                 sql_t(r->serial), sql_i(k->year), sql_i(1)));
    TRY(sql_one(rows, e));
    r->number = sql_int(rows, 0);
    return OK;
}

static result number_take(struct sql *db, struct receipt *r, struct taking *k, struct err *e)
{
    r->delegate_name = k->delegate_name;
    r->delegate_address = k->delegate_address;
    if (k->next == 0)
        return number_of_unit(db, r, k, e);
    r->number = k->next++;
    return OK;
}

/* What an earlier payment of the order got, and was notified as wrong since, ends here. */
static result replaced_find(struct sql *db, struct receipt *r, struct arena *a, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool found;

    TRY(sql_find(db, SQL_RECEIPT_REPLACE_ORDER, &rows, e, sql_t(r->agency_id), sql_t(r->order_id),
                 sql_i(r->kind), sql_t(r->id)));
    TRY(sql_next(rows, &found, e));
    r->replaces = found ? sql_text(rows, 0, a) : STR("");
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

static struct str receipt_lines_print(const struct receipt *r, struct arena *a)
{
    DEFER(json_close) struct json *list = json_array();

    for (size_t i = 0; i < r->line_count; i++) {
        struct json *line = json_object();

        json_put_str(line, "name_vi", r->lines[i].name_vi);
        json_put_str(line, "name_en", r->lines[i].name_en);
        json_put_int(line, "quantity", r->lines[i].quantity);
        json_put_int(line, "net_vnd", r->lines[i].net_vnd);
        json_put_str(line, "basis_text", r->lines[i].basis_text);
        json_add(list, line);
    }
    return json_print(a, list);
}

/* What all receipts of this moment share. */
static void moment_put(const struct till *t, struct receipt *r, struct taking *k, struct arena *a)
{
    r->issued_ms = clock_now_ms(t->clock);
    k->year = clock_local(r->issued_ms).date.y;
    r->form = t->receipt_form;
    r->serial = str_fmt(a, "%02dT%.*s", k->year % 100, STR_ARG(t->receipt_letters));
}

/* The number is taken, and the row is stored; the signature follows. first: the order has none of
 * this kind yet. */
static result row_store(struct sql *db, const struct till *t, struct receipt *r, struct taking *k,
                        bool first, struct str lines_json, struct arena *a, struct err *e)
{
    const struct words_style style = { .chan = t->words_chan };

    r->id = random_id(a, "rct_", r->issued_ms);
    r->code = random_token(a, CODE_BITS);
    r->words = words_vnd(a, r->amount_vnd, style);
    if (!first && r->replaces.n == 0)
        TRY(replaced_find(db, r, a, e));
    TRY(number_take(db, r, k, e));
    r->number_text = receipt_number_text(a, r->number);
    TRY(sql_put(db, SQL_RECEIPT_INSERT, e, sql_t(r->agency_id), sql_t(r->form), sql_t(r->serial),
                sql_i(k->year), sql_i(r->number), sql_t(r->id), sql_t(r->code), sql_t(r->order_id),
                sql_i(r->kind), sql_i(r->amount_vnd), sql_t(r->words), sql_i(r->issued_ms),
                sql_t(r->reference), sql_t(r->procedure_name), sql_t(r->body_name),
                sql_t(r->body_tax_code), sql_t(r->body_address), sql_t(r->portal_txn),
                sql_t(lines_json), sql_b(payer_seal(a, t, seal_place(a, r->id), &r->payer)),
                sql_t(r->replaces), sql_t(r->delegate_name), sql_t(r->delegate_address),
                sql_i(first)));
    return sql_put(db, SQL_RECEIPT_PAPER_INSERT, e, sql_t(r->agency_id), sql_t(r->id),
                   sql_i(r->issued_ms));
}

static result one_issue(struct sql *db, const struct till *t, const struct order *o,
                        struct receipt r, struct taking *k, struct arena *a, struct err *e)
{
    r.amount_vnd = bill_kind_vnd(&o->bill, r.kind);
    TRY(row_store(db, t, &r, k, o->no_receipts, lines_print(o, r.kind, a), a, e));
    const struct webhook_subject told = { o->agency_id, o->client_id, "receipt", r.id };

    return o->no_endpoints ? OK : webhook_step_of(db, t, &told, "none", "issued", a, e);
}

result receipt_issue_again(struct sql *db, const struct till *t, const struct receipt *old,
                           struct receipt *r, struct arena *a, struct err *e)
{
    struct taking k = { .numbers = 1 };

    r->replaces = old->id;
    moment_put(t, r, &k, a);
    TRY(taking_make(db, r, &k, a, e));
    return row_store(db, t, r, &k, false, receipt_lines_print(r, a), a, e);
}

result receipt_issue(struct sql *db, const struct till *t, struct order *o, struct str portal_txn,
                     struct arena *a, struct err *e)
{
    struct taking k = { .unit = o->client_id,
                        .numbers = (o->bill.phi_vnd > 0) + (o->bill.le_phi_vnd > 0) };
    struct receipt r = { .agency_id = o->agency_id,
                         .order_id = o->id,
                         .reference = o->reference,
                         .procedure_name = o->procedure_name_vi,
                         .kind = FEE_PHI,
                         .portal_txn = portal_txn,
                         .payer = o->payer };
    struct fee_agency g;

    if (k.numbers == 0)
        return OK;
    TRY(fee_agency_find(t->fees, o->agency_id, o->received_on, &g, e));
    r.body_name = g.name_vi;
    r.body_tax_code = g.tax_code;
    r.body_address = g.address;
    moment_put(t, &r, &k, a);
    TRY(taking_make(db, &r, &k, a, e));
    if (o->bill.phi_vnd > 0)
        TRY(one_issue(db, t, o, r, &k, a, e));
    r.kind = FEE_LE_PHI;
    if (o->bill.le_phi_vnd > 0)
        TRY(one_issue(db, t, o, r, &k, a, e));
    o->no_receipts = false;
    return OK;
}

result receipt_undo(struct sql *db, const struct till *t, const struct order *o, struct arena *a,
                    struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct str ids[UNDONE_MAX];
    size_t n;

    TRY(sql_run(db, SQL_RECEIPT_NOTICE_ORDER, e, sql_t(o->agency_id), sql_t(o->id),
                sql_i(clock_now_ms(t->clock)), sql_t(STR("Khoản tiền đã thu được hoàn lại"))));
    TRY(sql_find(db, SQL_RECEIPT_NOTIFY_ORDER, &rows, e, sql_t(o->agency_id), sql_t(o->id)));
    for (n = 0; n < UNDONE_MAX; n++) {
        bool more;

        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        ids[n] = sql_text(rows, 0, a);
    }
    for (size_t i = 0; i < n; i++) {
        const struct webhook_subject told = { o->agency_id, o->client_id, "receipt", ids[i] };

        TRY(webhook_step_of(db, t, &told, "issued", "notified", a, e));
    }
    return OK;
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

struct str receipt_number_text(struct arena *a, int64_t number)
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
                           .portal_txn = sql_text(rows, 17, a),
                           .revision = sql_int(rows, 20),
                           .replaces = sql_text(rows, 21, a),
                           .replaced_by = sql_text(rows, 22, a),
                           .delegate_name = sql_text(rows, 23, a),
                           .delegate_address = sql_text(rows, 24, a),
                           .signed_ms = sql_int(rows, 28) };
    r->number_text = receipt_number_text(a, r->number);
    r->method = channel_method(sql_text(rows, 29, a));
    if (r->replaces.n > 0)
        r->old = (struct receipt_ref){ sql_text(rows, 25, a), sql_text(rows, 26, a),
                                       receipt_number_text(a, sql_int(rows, 27)) };
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
    size_t count, most;
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

result receipt_find(struct sql *db, const struct till *t, struct str id, struct arena *a,
                    struct receipt *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_RECEIPT_BY_ID, &rows, e, sql_t(id)));
    TRY(sql_one(rows, e));
    return row_read(rows, t, a, out, e);
}

static result id_read(struct sql *db, void *arg, struct err *e)
{
    struct receipt_reading *r = arg;

    return receipt_find(db, r->t, r->id, r->a, r->out, e);
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
    p->number_text = receipt_number_text(r->a, sql_int(rows, 2));
    p->kind = (enum fee_kind)sql_int(rows, 3);
    p->amount_vnd = sql_int(rows, 4);
    p->issued_on = clock_local(sql_int(rows, 5)).date;
    p->state = sql_text(rows, 6, r->a);
    p->body_name = sql_text(rows, 7, r->a);
    p->body_tax_code = sql_text(rows, 8, r->a);
    p->id = sql_text(rows, 9, r->a);
    p->signed_ms = sql_int(rows, 10);
    p->signer = sql_text(rows, 11, r->a);
    p->signer_serial = sql_text(rows, 12, r->a);
    p->signer_until_ms = sql_int(rows, 13);
    p->xml_sha256 = sql_text(rows, 14, r->a);
    p->pdf_sha256 = sql_text(rows, 15, r->a);
    p->replacement = (struct receipt_ref){ sql_text(rows, 16, r->a), sql_text(rows, 17, r->a),
                                           receipt_number_text(r->a, sql_int(rows, 18)) };
    p->replacement_code = sql_text(rows, 19, r->a);
    return OK;
}

result receipt_verify(const struct till *t, struct str code, struct arena *a,
                      struct receipt_public *out, struct err *e)
{
    struct receipt_reading r = { .t = t, .code = code, .a = a, .shown = out };

    return sql_read(t->store, code_read, &r, e);
}

static result digest_read(struct sql *db, void *arg, struct err *e)
{
    struct receipt_reading *r = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_RECEIPT_CODE_BY_DIGEST, &rows, e, sql_t(r->id)));
    TRY(sql_one(rows, e));
    r->code = sql_text(rows, 0, r->a);
    return OK;
}

result receipt_find_file(const struct till *t, struct str sha256, struct arena *a, struct str *code,
                         struct err *e)
{
    struct receipt_reading r = { .t = t, .id = sha256, .a = a };

    if (sha256.n == 0)
        return fail(e, ERR_NOT_FOUND, "no digest");
    TRY(sql_read(t->store, digest_read, &r, e));
    *code = r.code;
    return OK;
}

struct str receipt_url(const struct till *t, const struct receipt *r, struct arena *a)
{
    return str_fmt(a, "%.*s/verify/%.*s", STR_ARG(t->issuer), STR_ARG(r->code));
}
