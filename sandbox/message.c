/*
 * The portal's wire: INIT, QUERY and GET_BILL, posted to /pp, told apart by LoaiBanTin.
 *
 * Every message carries MaXacThuc over the fields in the order below and is refused without it.
 * QUERY and GET_BILL must repeat the ThoiGianGD of the INIT. Replies come wrapped,
 * {"error_code":"0","message":"<JSON in a string>"}, or bare by switch.
 *
 * MaLoi: 00 done, 01 no such transaction, 02 reference used before, 03 a field, 97 MaXacThuc.
 */
#include "base/money.h"
#include "crypto/partner.h"
#include "sandbox/bill.h"
#include "sandbox/page.h"
#include "sandbox/pay.h"
#include "sandbox/portal.h"

#define LINES_MAX 50

static const char *const init_order[] = {
    "LoaiBanTin",        "PhienBan",         "MaDoiTac",   "MaThamChieu", "SoTien",
    "LoaiHinhThanhToan", "MaKenhThanhToan",  "MaThietBi",  "NgonNgu",     "MaTienTe",
    "MaNganHang",        "ThongTinGiaoDich", "ThoiGianGD", "Ip",
};
static const char *const query_order[] = { "LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu",
                                           "ThoiGianGD" };

struct said {
    const struct json *doc;
    struct str kind, partner, reference, time;
};

static void reply(struct request *rq, struct response *rs, const struct fault_set *set,
                  struct json *message)
{
    struct str text = json_print(rq->arena, message), code = STR("99");
    (void)json_str(json_member(message, "MaLoi"), &code);
    if (set->on[FAULT_portal_bare]) {
        page_json(rq, rs, 200, message);
        return;
    }
    struct json *wrapper = json_object();
    json_put_str(wrapper, "error_code", str_is(code, "00") ? STR("0") : code);
    json_put_str(wrapper, "message", text);
    json_close(&message);
    page_json(rq, rs, 200, wrapper);
}

static struct json *reply_make(const struct said *s, const char *code, const char *text)
{
    struct json *o = json_object();
    json_put_str(o, "LoaiBanTin", s->kind);
    json_put_str(o, "MaLoi", str_c(code));
    json_put_str(o, "MoTaLoi", str_c(text));
    json_put_str(o, "MaDoiTac", s->partner);
    json_put_str(o, "MaThamChieu", s->reference);
    return o;
}

static void refuse(struct request *rq, struct response *rs, const struct fault_set *set,
                   const struct said *s, const char *code, const char *text)
{
    reply(rq, rs, set, reply_make(s, code, text));
}

static bool hash_is_right(struct sandbox *sb, struct arena *a, const struct json *doc,
                          const char *const *order, size_t n)
{
    struct str fields[LEN(init_order)], hash = STR("");
    must(n <= LEN(init_order));
    for (size_t i = 0; i < n; i++)
        if (!json_str(json_member(doc, order[i]), &fields[i]))
            return false;
    return json_str(json_member(doc, "MaXacThuc"), &hash) &&
           !partner_check(a, fields, n, &sb->portal_secret, hash, NULL).failed;
}

/* Amounts of lines are texts or numbers in the field. */
static bool amount_read(const struct json *v, int64_t *vnd)
{
    struct str s;
    if (json_str(v, &s))
        return !money_read_wire(s, vnd, NULL).failed;
    return json_int(v, vnd) && *vnd >= 0;
}

static result lines_read(struct arena *a, const struct json *bill, struct txn *t, struct err *e)
{
    struct json *lines = NULL;
    int64_t sum_vnd = 0, vnd = 0;
    struct str kind;

    TRY(json_need_array(bill, "PhiLePhi", LINES_MAX, &lines, e));
    for (size_t i = 0; i < json_count(lines); i++) {
        struct json *line = json_at(lines, i);
        if (!amount_read(json_member(line, "SoTien"), &vnd))
            return fail_field(e, ERR_INVALID, "PhiLePhi.SoTien", "not an amount");
        TRY(json_need_str(line, "LoaiPhiLePhi", 8, &kind, e));
        if (!str_is(kind, "1") && !str_is(kind, "2"))
            return fail_field(e, ERR_INVALID, "LoaiPhiLePhi", "neither 1 nor 2");
        TRY(money_add(sum_vnd, vnd, &sum_vnd, e));
    }
    if (sum_vnd != t->amount_vnd)
        return fail_field(e, ERR_INVALID, "PhiLePhi", "the lines do not sum up to SoTien");
    t->lines = json_print(a, lines);
    return OK;
}

static result bill_read(struct arena *a, const struct json *doc, struct txn *t, struct err *e)
{
    struct json *bill = json_member(doc, "ThongTinBienLai");
    if (!json_is_object(bill))
        return fail_field(e, ERR_INVALID, "ThongTinBienLai", "absent");
    TRY(json_need_str(bill, "MaHoSo", 50, &t->dossier, e));
    TRY(json_need_str(bill, "MaTTHC", 50, &t->procedure, e));
    TRY(json_need_str(bill, "MaDonVi", 50, &t->body, e));
    TRY(json_need_str(bill, "TenDonVi", 300, &t->body_name, e));
    TRY(json_need_str(bill, "TKThuHuong", 50, &t->account, e));
    TRY(json_need_str(bill, "MaNHThuHuong", 50, &t->account_bank, e));
    TRY(json_want_str(bill, "HoTenNguoiNop", 300, &t->payer_name, e));
    TRY(json_want_str(bill, "SoCMNDNguoiNop", 20, &t->payer_id, e));
    TRY(json_want_str(bill, "DiaChiNguoiNop", 300, &t->payer_address, e));
    if (!t->account.n || !t->dossier.n)
        return fail_field(e, ERR_INVALID, t->account.n ? "MaHoSo" : "TKThuHuong", "empty");
    return lines_read(a, bill, t, e);
}

static result init_read(struct arena *a, const struct said *s, struct txn *t, struct err *e)
{
    struct str amount, currency;
    int64_t ms = 0;

    *t = (struct txn){ .reference = s->reference, .partner = s->partner, .init_time = s->time };
    t->payer_name = t->payer_id = t->payer_address = STR("");
    TRY(json_need_str(s->doc, "SoTien", 20, &amount, e));
    TRY(json_need_str(s->doc, "MaTienTe", 8, &currency, e));
    TRY(json_need_str(s->doc, "ThongTinGiaoDich", 255, &t->info, e));
    if (money_read_wire(amount, &t->amount_vnd, NULL).failed || t->amount_vnd == 0)
        return fail_field(e, ERR_INVALID, "SoTien", "not an amount");
    if (!str_is(currency, "VND"))
        return fail_field(e, ERR_INVALID, "MaTienTe", "not VND");
    if (!clock_read_stamp14(t->init_time, &ms))
        return fail_field(e, ERR_INVALID, "ThoiGianGD", "not yyyyMMddHHmmss");
    return bill_read(a, s->doc, t, e);
}

/* Keeps the transaction and says where to pay; a slow portal has acted before it answers. */
static void init_keep(struct sandbox *sb, struct request *rq, struct response *rs,
                      const struct said *s, const struct fault_set *set, struct txn *t)
{
    struct str origin = sb->origin;
    struct err e = { 0 };

    if (set->on[FAULT_portal_account_swapped])
        t->account = STR("9999.0.0000000.00000");
    if (portal_add(sb->portal, t, t, &e).failed) {
        refuse(rq, rs, set, s, e.code == ERR_CONFLICT ? "02" : "99", "MaThamChieu");
        return;
    }
    if (set->on[FAULT_portal_error_after]) {
        response_body(rs, 500, "text/plain", STR("simulated: after the commit\n"));
        return;
    }
    if (set->on[FAULT_portal_other_origin])
        origin = STR("http://127.0.0.2:8090");
    struct json *o = reply_make(s, "00", "OK");
    json_put_str(o, "UrlThanhToan",
                 str_fmt(rq->arena, "%.*s/pp/pay/%.*s", STR_ARG(origin), STR_ARG(t->token)));
    json_put_str(o, "ThoiGianGD", s->time);
    reply(rq, rs, set, o);
}

static void init_take(struct sandbox *sb, struct request *rq, struct response *rs,
                      const struct said *s, struct fault_set *set)
{
    struct err e = { 0 };
    struct txn t;

    if (init_read(rq->arena, s, &t, &e).failed) {
        struct str why = str_fmt(rq->arena, "%s: %s", e.field, e.detail);
        refuse(rq, rs, set, s, "03", str_cstr(rq->arena, why));
        return;
    }
    pay_faults(sb, rq, FAULT_OF_PORTAL, &t, set);
    int64_t pause_ms = set->on[FAULT_portal_slow] ? set->arg[FAULT_portal_slow] : 0;
    set->on[FAULT_portal_slow] = false;
    if (fault_answer(set, FAULT_OF_PORTAL, rs))
        return;
    if (set->on[FAULT_portal_refused])
        refuse(rq, rs, set, s, "99", "simulated");
    else
        init_keep(sb, rq, rs, s, set, &t);
    fault_pause(pause_ms);
}

static const char *state_code(const struct txn *t, const struct fault_set *set)
{
    if (set->on[FAULT_portal_pending] || t->state == TXN_WAITING)
        return "3";
    return t->state == TXN_PAID ? "1" : "4";
}

static void query_take(struct sandbox *sb, struct request *rq, struct response *rs,
                       const struct said *s, const struct txn *t, const struct fault_set *set)
{
    struct json *o = reply_make(s, "00", "OK");
    const struct capture *c = t->capture_count ? &t->captures[0] : NULL;
    int64_t amount_vnd = t->amount_vnd, at_ms = c ? c->at_ms : clock_now_ms(&sb->clock);

    if (set->on[FAULT_portal_query_amount])
        amount_vnd += set->arg[FAULT_portal_query_amount];
    if (set->on[FAULT_portal_clock])
        at_ms += 1000 * set->arg[FAULT_portal_clock];
    if (c && !set->on[FAULT_portal_pending]) {
        json_put_str(o, "MaGiaoDich", c->txn);
        json_put_str(o, "MaNganHang", c->bank);
    }
    json_put_str(o, "TrangThaiGD", str_c(state_code(t, set)));
    json_put_str(o, "SoTien", str_i64(rq->arena, amount_vnd));
    json_put_str(o, "MaTienTe", STR("VND"));
    json_put_str(o, "ThoiGianGD", clock_stamp14(rq->arena, at_ms));
    reply(rq, rs, set, o);
}

static result bill_take(struct sandbox *sb, struct request *rq, struct response *rs,
                        const struct said *s, const struct txn *t, struct err *e)
{
    const struct fault_set none = { 0 };
    struct str pdf;
    (void)sb;

    if (t->state != TXN_PAID) {
        refuse(rq, rs, &none, s, "01", "not paid");
        return OK;
    }
    TRY(bill_write(rq->arena, t, &pdf, e));
    response_body(rs, 200, "application/pdf", pdf);
    return OK;
}

/* QUERY and GET_BILL speak of a transaction that is there, with the time of its INIT. */
static result known_take(struct sandbox *sb, struct request *rq, struct response *rs,
                         const struct said *s, struct fault_set *set, struct err *e)
{
    struct txn t;
    bool known = portal_find(sb->portal, s->reference, &t);

    pay_faults(sb, rq, FAULT_OF_PORTAL, known ? &t : NULL, set);
    if (fault_answer(set, FAULT_OF_PORTAL, rs))
        return OK;
    if (!known || !str_eq(t.init_time, s->time) || !str_eq(t.partner, s->partner))
        refuse(rq, rs, set, s, "01", known ? "ThoiGianGD is not that of INIT" : "unknown");
    else if (str_is(s->kind, "QUERY"))
        query_take(sb, rq, rs, s, &t, set);
    else if (set->on[FAULT_portal_refused_bill])
        refuse(rq, rs, set, s, "99", "simulated");
    else
        TRY(bill_take(sb, rq, rs, s, &t, e));
    return OK;
}

result portal_message(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *doc = NULL;
    struct said s = { 0 };
    struct fault_set set = { 0 };
    struct str version;

    TRY(json_read(rq->body, &doc, e));
    s.doc = doc;
    TRY(json_need_str(doc, "LoaiBanTin", 16, &s.kind, e));
    TRY(json_need_str(doc, "PhienBan", 16, &version, e));
    TRY(json_need_str(doc, "MaDoiTac", 50, &s.partner, e));
    TRY(json_need_str(doc, "MaThamChieu", 50, &s.reference, e));
    TRY(json_need_str(doc, "ThoiGianGD", 14, &s.time, e));

    bool init = str_is(s.kind, "INIT");
    if (!init && !str_is(s.kind, "QUERY") && !str_is(s.kind, "GET_BILL"))
        refuse(rq, rs, &set, &s, "03", "LoaiBanTin");
    else if (!str_eq(s.partner, sb->conf.portal.partner_code))
        refuse(rq, rs, &set, &s, "03", "MaDoiTac");
    else if (!hash_is_right(sb, rq->arena, doc, init ? init_order : query_order,
                            init ? LEN(init_order) : LEN(query_order)))
        refuse(rq, rs, &set, &s, "97", "MaXacThuc");
    else if (init)
        init_take(sb, rq, rs, &s, &set);
    else
        TRY(known_take(sb, rq, rs, &s, &set, e));
    return OK;
}
