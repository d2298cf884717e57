/*
 * Reading and writing the rows of orders. Personal data leaves the store sealed and is opened only
 * into the arena of the request that needs it.
 */
#include "payments/order_row.h"

#include <string.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "store/sql.h"

#define EVIDENCE_BYTES_MAX 4096

struct str payer_seal(struct arena *a, const struct till *t, struct str place,
                      const struct payer *p)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "name", p->name);
    json_put_str(o, "id", p->id);
    json_put_str(o, "address", p->address);
    return seal_put(a, t->seal, place, json_print(a, o));
}

static struct str member_copy(const struct json *o, const char *name, struct arena *a)
{
    struct str s;

    return json_str(json_member(o, name), &s) ? str_dup(a, s) : (struct str){ "", 0 };
}

result payer_unseal(struct arena *a, const struct till *t, struct str place, struct str sealed,
                    struct payer *out, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct str plain;

    TRY(seal_get(a, t->seal, place, sealed, &plain, e));
    TRY(json_read(plain, &o, e));
    out->name = member_copy(o, "name", a);
    out->id = member_copy(o, "id", a);
    out->address = member_copy(o, "address", a);
    return OK;
}

static result sealed_read(struct sql_rows *rows, const struct till *t, struct arena *a,
                          struct order *out, struct err *e)
{
    TRY(seal_get(a, t->seal, str_cat(a, STR("order.token:"), out->id), sql_bytes(rows, 2, a),
                 &out->token, e));
    return payer_unseal(a, t, str_cat(a, STR("order.payer:"), out->id), sql_bytes(rows, 17, a),
                        &out->payer, e);
}

static bool hash_read(struct str hex, struct arena *a, struct digest *out)
{
    struct str bytes;

    if (!hex_decode(a, hex, &bytes) || bytes.n != sizeof(out->bytes))
        return false;
    memcpy(out->bytes, bytes.p, sizeof(out->bytes));
    return true;
}

result order_read_row(struct sql_rows *rows, const struct till *t, struct arena *a,
                      struct order *out, struct err *e)
{
    *out = (struct order){ .agency_id = sql_text(rows, 0, a),
                           .id = sql_text(rows, 1, a),
                           .client_id = sql_text(rows, 3, a),
                           .reference = sql_text(rows, 4, a),
                           .procedure = sql_text(rows, 5, a),
                           .procedure_name_vi = sql_text(rows, 6, a),
                           .procedure_name_en = sql_text(rows, 7, a),
                           .channel = (enum fee_channel)sql_int(rows, 9),
                           .captured_vnd = sql_int(rows, 12),
                           .subject = sql_text(rows, 14, a),
                           .level = (int)sql_int(rows, 15),
                           .id_index = sql_text(rows, 16, a),
                           .return_url = sql_text(rows, 18, a),
                           .locale = sql_text(rows, 19, a),
                           .created_ms = sql_int(rows, 20),
                           .expires_ms = sql_int(rows, 21),
                           .updated_ms = sql_int(rows, 22),
                           .version = sql_int(rows, 23),
                           .refunded_vnd = sql_int(rows, 24),
                           .reserved_vnd = sql_int(rows, 25),
                           .excess_refunded_vnd = sql_int(rows, 26),
                           .superseded_by = sql_text(rows, 27, a),
                           .excess_reserved_vnd = sql_int(rows, 28),
                           .carried_vnd = sql_int(rows, 29),
                           .event_seq = sql_int(rows, 30) };
    out->bill.total_vnd = sql_int(rows, 11);
    if (!date_read(sql_text(rows, 8, a), &out->received_on) ||
        !order_state_find(sql_text(rows, 10, a), &out->state) ||
        !hash_read(sql_text(rows, 13, a), a, &out->bill.hash))
        return fail(e, ERR_STORE, "order %.*s: unreadable row", STR_ARG(out->id));
    return sealed_read(rows, t, a, out, e);
}

static result line_read(struct sql_rows *rows, struct fee_line *l, struct arena *a, struct err *e)
{
    *l = (struct fee_line){ .fee = sql_text(rows, 0, a),
                            .kind = (enum fee_kind)sql_int(rows, 1),
                            .name_vi = sql_text(rows, 2, a),
                            .name_en = sql_text(rows, 3, a),
                            .quantity = sql_int(rows, 4),
                            .base_vnd = sql_int(rows, 5),
                            .gross_vnd = sql_int(rows, 6),
                            .reduction_vnd = sql_int(rows, 7),
                            .net_vnd = sql_int(rows, 8),
                            .retained_vnd = sql_int(rows, 9),
                            .budget_vnd = sql_int(rows, 10),
                            .basis = sql_text(rows, 11, a),
                            .basis_text = sql_text(rows, 12, a),
                            .reduction_id = sql_text(rows, 13, a),
                            .reduction_text = sql_text(rows, 14, a),
                            .refundable = sql_int(rows, 16) != 0 };
    return fee_explain_read(sql_text(rows, 15, a), l, a, e);
}

static result lines_read(struct sql_rows *rows, struct order *o, struct arena *a, struct err *e)
{
    const struct bill frozen = o->bill; /* hash and total, as the order's row has them */
    bool more;

    o->bill.lines = arena_array(a, struct fee_line, LIMIT_ORDER_LINES);
    o->bill.count = 0;
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        if (o->bill.count == LIMIT_ORDER_LINES)
            return fail(e, ERR_STORE, "order %.*s: too many lines", STR_ARG(o->id));
        TRY(line_read(rows, &o->bill.lines[o->bill.count++], a, e));
    }
    TRY(bill_sum(&o->bill, a, e));
    if (!str_eq(digest_str(&o->bill.hash), digest_str(&frozen.hash)) ||
        o->bill.total_vnd != frozen.total_vnd)
        return fail(e, ERR_BROKEN_CHAIN, "order %.*s: its lines were altered", STR_ARG(o->id));
    return OK;
}

result order_read_lines(struct sql *db, struct order *o, struct arena *a, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_ORDER_LINES, &rows, e, sql_t(o->agency_id), sql_t(o->id)));
    return lines_read(rows, o, a, e);
}

result order_find(struct sql *db, const struct till *t, struct str id, struct arena *a,
                  struct order *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_ORDER_BY_ID, &rows, e, sql_t(id)));
    TRY(sql_one(rows, e));
    TRY(order_read_row(rows, t, a, out, e));
    return order_read_lines(db, out, a, e);
}

/* The row first: SQLite runs a statement when its rows are read. */
result order_read_taken(struct sql_rows *row, struct sql_rows *lines, const struct till *t,
                        struct arena *a, struct order *out, struct err *e)
{
    TRY(sql_one(row, e));
    TRY(order_read_row(row, t, a, out, e));
    out->taken = true;
    out->no_receipts = sql_int(row, 31) == 0;
    out->no_endpoints = sql_int(row, 32) == 0;
    return lines_read(lines, out, a, e);
}

result order_take(struct sql *db, const struct till *t, struct str agency_id, struct str id,
                  struct arena *a, struct order *out, struct err *e)
{
    DEFER(sql_end) struct sql_rows *row = NULL;
    DEFER(sql_end) struct sql_rows *lines = NULL;

    TRY(sql_find(db, SQL_ORDER_LOCK, &row, e, sql_t(agency_id), sql_t(id)));
    TRY(sql_find(db, SQL_ORDER_LINES, &lines, e, sql_t(agency_id), sql_t(id)));
    return order_read_taken(row, lines, t, a, out, e);
}

result order_write(struct sql *db, struct order *o, struct err *e)
{
    if (!o->unwritten)
        return OK;
    o->unwritten = false;
    return sql_run(db, SQL_ORDER_EVENT_SET, e, sql_t(o->agency_id), sql_t(o->id),
                   sql_i(o->event_seq));
}

/* Who has the row knows the next number; who has not asks for it. */
static result seq_take(struct sql *db, struct order *o, bool row_follows, int64_t *seq,
                       struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    if (o->taken) {
        *seq = ++o->event_seq;
        o->unwritten = true;
        return row_follows || o->waits ? OK : order_write(db, o, e);
    }
    TRY(sql_find(db, SQL_ORDER_EVENT_NEXT, &rows, e, sql_t(o->agency_id), sql_t(o->id)));
    TRY(sql_one(rows, e));
    *seq = sql_int(rows, 0);
    return OK;
}

struct str order_evidence(const struct order_cause *cause)
{
    return utf8_cut(cause->evidence, EVIDENCE_BYTES_MAX);
}

struct str order_evidence_hash(const struct order_cause *cause, struct arena *a)
{
    return cause->evidence.n > 0 ? digest_hex(a, digest_sha256(cause->evidence)) : STR("");
}

result order_note_put(struct sql *db, const struct till *t, struct order *o,
                      const struct order_note *note, const struct order_cause *cause, int64_t *seq,
                      struct arena *a, struct err *e)
{
    TRY(seq_take(db, o, note->row_follows, seq, e));
    return sql_put(db, SQL_ORDER_EVENT_INSERT, e, sql_t(o->agency_id), sql_t(o->id), sql_i(*seq),
                   sql_i(clock_now_ms(t->clock)), sql_i(note->attempt_n), sql_t(str_c(note->event)),
                   sql_t(str_c(note->from)), sql_t(str_c(note->to)), sql_t(cause->actor),
                   sql_t(cause->source), sql_t(note->mismatch), sql_t(order_evidence(cause)),
                   sql_t(order_evidence_hash(cause, a)));
}
