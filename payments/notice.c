/*
 * CONFIRM. Attacker: anyone who can post to a public address, and a portal whose messages come
 * late, twice, in another order or contradict each other; promise: what does not verify changes
 * nothing but counters and a bounded quarantine; what verifies is compared field by field,
 * recorded, and believed only as far as QUERY says the same; the answer goes out after commit and
 * is signed by itself. Deliberately not done: unverified text is not echoed, so that nobody gets us
 * to sign it.
 */
#include "payments/notice.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/partner.h"
#include "payments/notice_record.h"
#include "payments/order.h"
#include "payments/portal.h"

#define BODY_BYTES_MAX  16384
#define FIELD_BYTES_MAX 500

static result field_read(const struct json *o, const char *name, bool needed, struct arena *a,
                         struct str *out, struct err *e)
{
    const struct json *v = json_member(o, name);
    int64_t n;

    *out = (struct str){ "", 0 };
    if (json_int(v, &n))
        *out = str_i64(a, n);
    else if (v != NULL && !json_str(v, out))
        return fail_field(e, ERR_INVALID, name, "neither text nor a number");
    if ((needed && out->n == 0) || out->n > FIELD_BYTES_MAX || !utf8_is_text(*out))
        return fail_field(e, ERR_INVALID, name, "missing, too long or not text");
    *out = str_dup(a, *out);
    return OK;
}

static result fields_read(const struct json *o, struct arena *a, struct notice *n, struct err *e)
{
    TRY(field_read(o, "LoaiBanTin", true, a, &n->kind, e));
    TRY(field_read(o, "MaLoi", true, a, &n->code, e));
    TRY(field_read(o, "MaDoiTac", true, a, &n->partner, e));
    TRY(field_read(o, "MaThamChieu", true, a, &n->reference, e));
    TRY(field_read(o, "SoTien", true, a, &n->amount, e));
    TRY(field_read(o, "MaTienTe", true, a, &n->currency, e));
    TRY(field_read(o, "MaGiaoDich", false, a, &n->txn, e));
    TRY(field_read(o, "MaNganHang", false, a, &n->bank, e));
    TRY(field_read(o, "ThoiGianGD", true, a, &n->time, e));
    TRY(field_read(o, "ThongTinGiaoDich", false, a, &n->info, e));
    return field_read(o, "MaXacThuc", true, a, &n->hash, e);
}

result notice_read(struct str body, const struct secret *secret, struct arena *a,
                   struct notice *out, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct notice n = { 0 };

    if (body.n > BODY_BYTES_MAX)
        return fail(e, ERR_TOO_LARGE, "notice of %zu bytes", body.n);
    TRY(json_read(body, &o, e));
    if (!json_is_object(o))
        return fail(e, ERR_MALFORMED, "not an object");
    TRY(fields_read(o, a, &n, e));
    const struct str fields[] = { n.kind,     n.code, n.partner, n.reference, n.amount,
                                  n.currency, n.txn,  n.bank,    n.time,      n.info };

    TRY(partner_check(a, fields, LEN(fields), secret, n.hash, e));
    if (money_read_wire(n.amount, &n.amount_vnd, NULL).failed)
        return fail_field(e, ERR_INVALID, "SoTien", "not an amount");
    *out = n;
    return OK;
}

static struct str evidence_make(const struct notice *n, struct arena *a)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "LoaiBanTin", n->kind);
    json_put_str(o, "MaLoi", n->code);
    json_put_str(o, "MaDoiTac", n->partner);
    json_put_str(o, "MaThamChieu", n->reference);
    json_put_str(o, "SoTien", n->amount);
    json_put_str(o, "MaTienTe", n->currency);
    json_put_str(o, "MaGiaoDich", n->txn);
    json_put_str(o, "MaNganHang", n->bank);
    json_put_str(o, "ThoiGianGD", n->time);
    json_put_str(o, "ThongTinGiaoDich", n->info);
    return json_print_canonical(a, o);
}

static void reply_make(const struct till *t, bool accepted, const struct notice *n, struct arena *a,
                       struct notice_reply *out)
{
    static const char *const names[] = { "MaLoi", "MoTaLoi", "MaDoiTac", "MaThamChieu",
                                         "ThoiGianGD" };
    DEFER(json_close) struct json *o = json_object();
    const struct str none = { "", 0 };
    const struct str fields[LEN(names)] = {
        accepted ? STR("00") : STR("99"), accepted ? STR("Thanh cong") : STR("Khong ghi nhan"),
        portal_partner_code(t->portal),   n != NULL ? n->reference : none,
        n != NULL ? n->time : none,
    };
    struct str hash = none;

    for (size_t i = 0; i < LEN(names); i++)
        json_put_str(o, names[i], fields[i]);
    if (!partner_hash(a, fields, LEN(fields), portal_secret(t->portal), &hash, NULL).failed)
        json_put_str(o, "MaXacThuc", hash);
    *out = (struct notice_reply){ .status = 200, .body = json_print(a, o), .accepted = accepted };
}

/* Verified: compare, record, ask. */
struct taking {
    const struct till *t;
    const struct notice *n;
    struct order_cause cause;
    struct arena *a;
};

static result notice_post(struct taking *k, struct err *e)
{
    struct till_counts *c = k->t->counts;
    const struct notice_facts facts = { .channel = "portal",
                                        .reference = k->n->reference,
                                        .amount_vnd = k->n->amount_vnd,
                                        .currency = k->n->currency,
                                        .txn = k->n->txn,
                                        .paid = str_is(k->n->code, "00") };
    struct notice_outcome was;

    if (!str_eq(k->n->partner, portal_partner_code(k->t->portal))) {
        c->notice_mismatch++;
        return fail_field(e, ERR_INVALID, "MaDoiTac", "notice for another partner");
    }
    TRY(notice_record_and_ask(k->t, &facts, &k->cause, k->a, &was, e));
    if (was.wrong)
        return fail_field(e, ERR_CONFLICT, str_is(was.mismatch, "AMT") ? "SoTien" : "MaTienTe",
                          "not that of the attempt");
    return OK;
}

static bool is_strangers(enum err_code code)
{
    return code == ERR_NOT_FOUND || code == ERR_INVALID;
}

void notice_take(const struct till *t, struct str body, struct str ip, struct str request_id,
                 struct arena *a, struct notice_reply *out, struct err *why)
{
    struct notice n;
    struct taking k = { .t = t, .n = &n, .a = a };

    *why = (struct err){ .code = ERR_NONE };
    if (notice_read(body, portal_secret(t->portal), a, &n, why).failed) {
        t->counts->notice_refused++;
        notice_quarantine(t, body, why->code, ip, request_id, a);
        reply_make(t, false, NULL, a, out);
        return;
    }
    k.cause = (struct order_cause){ .actor = STR("portal"),
                                    .source = STR("notice"),
                                    .evidence = evidence_make(&n, a),
                                    .request_id = request_id,
                                    .ip = ip };
    if (notice_post(&k, why).failed) {
        if (is_strangers(why->code)) {
            t->counts->notice_refused++;
            notice_quarantine(t, body, why->code, ip, request_id, a);
        }
        reply_make(t, false, &n, a, out);
        return;
    }
    reply_make(t, true, &n, a, out);
}
