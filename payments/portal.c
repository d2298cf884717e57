/*
 * The client of the payment portal. Attacker: anyone between us and the portal, and a portal reply
 * that is wrong; promise: exactly the bytes of the specification leave, nothing that could be read
 * two ways is signed, and no reply is taken for more than it says. The hash covers neither the
 * receipt block nor the fee lines, and is no HMAC, so that TLS to a named host is what protects
 * them. Deliberately not done: retries of INIT, which is the attempt's business.
 */
#include "payments/portal.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/partner.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "http/client.h"
#include "payments/portal_row.h"

#define NAME_BYTES_MAX 250 /* TenTTHC is cut there by systems in the field */
#define REFERENCE_MAX  50

static result send_http(void *self, struct str body, struct arena *a, struct answer *out,
                        struct err *e)
{
    const struct portal *p = self;
    const struct call c = { .method = METHOD_POST,
                            .path = STR(""),
                            .content_type = STR("application/json; charset=utf-8"),
                            .body = body };

    return partner_call(p->partner, &c, a, out, e);
}

static result portal_make(const struct portal_config *c, struct portal **out, struct err *e)
{
    DEFER(portal_close) struct portal *p = calloc(1, sizeof(*p));
    DEFER(arena_close) struct arena *a = arena_open(64 * 1024);

    must(p != NULL);
    TRY(secret_load(&p->secret, str_cstr(a, c->secret_file), e));
    if (c->partner_code.n == 0 || c->version.n == 0)
        return fail(e, ERR_CONFIG, "portal: partner code and version are needed");
    p->partner_code = c->partner_code;
    p->version = c->version;
    p->pay_origins = c->pay_origins;
    p->timeout_ms = c->timeout_ms;
    *out = p;
    p = NULL;
    return OK;
}

result portal_open_over(const struct portal_config *c, portal_send *send, void *self,
                        struct portal **out, struct err *e)
{
    TRY(portal_make(c, out, e));
    (*out)->send = send;
    (*out)->self = self;
    return OK;
}

result portal_open(const struct portal_config *c, struct portal **out, struct err *e)
{
    DEFER(portal_close) struct portal *p = NULL;
    const struct partner_config partner = { .name = "portal",
                                            .base_url = c->url,
                                            .connect_ms = c->timeout_ms / 2 + 1,
                                            .total_ms = c->timeout_ms,
                                            .answer_bytes_max = LIMIT_UPSTREAM_BYTES,
                                            .ca_file = c->ca_file,
                                            .breaker_failures = 10,
                                            .breaker_open_ms = 5000 };

    TRY(portal_make(c, &p, e));
    TRY(partner_open(&partner, &p->partner, e));
    p->send = send_http;
    p->self = p;
    *out = p;
    p = NULL;
    return OK;
}

void portal_close(struct portal **p)
{
    if (*p == NULL)
        return;
    if ((*p)->partner != NULL)
        partner_close(&(*p)->partner);
    secret_wipe(&(*p)->secret);
    free(*p);
    *p = NULL;
}

struct str portal_partner_code(const struct portal *p)
{
    return p->partner_code;
}

const struct secret *portal_secret(const struct portal *p)
{
    return &p->secret;
}

int64_t portal_timeout_ms(const struct portal *p)
{
    return p->timeout_ms;
}

struct str portal_make_reference(struct arena *a, struct str dossier, int64_t n)
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned char chance[8];
    char text[REFERENCE_MAX];
    size_t used = 0;

    for (size_t i = 0; i < dossier.n && used < 36; i++) {
        const char c = dossier.p[i];

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))
            text[used++] = c;
        else if (c >= 'a' && c <= 'z')
            text[used++] = (char)(c - 'a' + 'A');
    }
    text[used++] = 'L'; /* lần: the attempt's number follows */
    text[used++] = (char)('0' + (n / 10) % 10);
    text[used++] = (char)('0' + n % 10);
    random_fill(chance, sizeof(chance));
    for (size_t i = 0; i < sizeof(chance); i++)
        text[used++] = letters[chance[i] & 31];
    return str_dup(a, str_of(text, used));
}

/* NFC text without control characters, cut at a character; empty stays empty. */
static result put_text(struct json *o, const char *name, struct str s, size_t bytes_max,
                       struct arena *a, struct err *e)
{
    struct str nfc;

    if (!utf8_is_text(s))
        return fail_field(e, ERR_INVALID, name, "not text");
    TRY(utf8_nfc(a, s, &nfc, e));
    json_put_str(o, name, utf8_cut(nfc, bytes_max));
    return OK;
}

static void put_lines(struct json *block, const struct bill *b, struct arena *a)
{
    struct json *fees = json_array(), *items = json_array();

    for (size_t i = 0; i < b->count; i++) {
        const struct fee_line *l = &b->lines[i];
        struct json *fee, *item;

        if (l->net_vnd == 0)
            continue;
        fee = json_object();
        json_put_str(fee, "LoaiPhiLePhi", str_i64(a, l->kind));
        json_put_str(fee, "MaPhiLePhi", l->fee);
        json_put_str(fee, "TenPhiLePhi", l->name_vi);
        json_put_str(fee, "SoTien", str_i64(a, l->net_vnd));
        json_add(fees, fee);
        item = json_object();
        json_put_str(item, "NoiDung", l->name_vi);
        json_put_str(item, "SoTien", str_i64(a, l->net_vnd));
        json_add(items, item);
    }
    json_put(block, "PhiLePhi", fees);
    json_put(block, "DSKhoanNop", items);
}

/* ThongTinBienLai. What is not known is sent empty: a made-up payer number would end on a receipt.
 */
static result put_block(struct json *block, const struct portal_init *in, struct arena *a,
                        struct err *e)
{
    const struct fee_agency *g = in->agency;
    const struct {
        const char *name;
        struct str text;
    } rows[] = {
        { "MaDichVu", STR("2") },
        { "MaDVC", in->procedure.n > 0 ? str_cat(a, in->procedure, STR(".01")) : in->procedure },
        { "TenDVC", in->procedure_name },
        { "MaTTHC", in->procedure },
        { "TenTTHC", in->procedure_name },
        { "MaDonVi", g->id },
        { "TenDonVi", g->name_vi },
        { "MaHoSo", in->dossier },
        { "TKThuHuong", g->account },
        { "MaNHThuHuong", g->bank },
        { "TenTKThuHuong", g->account_name },
        { "NoiDungThanhToan", in->info },
        { "HoTenNguoiNop", in->payer_name },
        { "SoCMNDNguoiNop", in->payer_id },
        { "DiaChiNguoiNop", in->payer_address },
        { "HuyenNguoiNop", STR("") },
        { "TinhNguoiNop", STR("") },
    };

    for (size_t i = 0; i < LEN(rows); i++)
        TRY(put_text(block, rows[i].name, rows[i].text, NAME_BYTES_MAX, a, e));
    put_lines(block, in->bill, a);
    return OK;
}

static result init_check(const struct portal_init *in, struct err *e)
{
    int64_t sum_vnd = 0;

    for (size_t i = 0; i < in->bill->count; i++)
        sum_vnd += in->bill->lines[i].net_vnd;
    if (in->amount_vnd <= 0 || sum_vnd != in->amount_vnd)
        return fail_field(e, ERR_INVALID, "SoTien", "not the sum of the lines");
    if (in->time.n != 14 || !str_digits(in->time))
        return fail_field(e, ERR_INVALID, "ThoiGianGD", "not 14 digits");
    if (in->reference.n == 0 || in->reference.n > REFERENCE_MAX)
        return fail_field(e, ERR_INVALID, "MaThamChieu", "empty or too long");
    return OK;
}

result portal_init_body(const struct portal *p, const struct portal_init *in, struct arena *a,
                        struct str *body, struct err *e)
{
    static const char *const names[] = { "LoaiBanTin",      "PhienBan",   "MaDoiTac",
                                         "MaThamChieu",     "SoTien",     "LoaiHinhThanhToan",
                                         "MaKenhThanhToan", "MaThietBi",  "NgonNgu",
                                         "MaTienTe",        "MaNganHang", "ThongTinGiaoDich",
                                         "ThoiGianGD",      "Ip" };
    DEFER(json_close) struct json *o = json_object();
    struct json *block = json_object();
    struct str info, hash;

    json_put(o, "ThongTinBienLai", block);
    TRY(init_check(in, e));
    TRY(utf8_nfc(a, in->info, &info, e));
    const struct str fields[LEN(names)] = {
        STR("INIT"),    p->version, p->partner_code, in->reference, str_i64(a, in->amount_vnd),
        STR("PAY"),     STR("1"),   STR("1"),        STR("vi-VN"),  STR("VND"),
        STR("PAYMENT"), info,       in->time,        in->payer_ip,
    };
    for (size_t i = 0; i < LEN(names); i++)
        if (!utf8_is_text(fields[i]) || str_find(fields[i], '|') != fields[i].n)
            return fail_field(e, ERR_INVALID, names[i], "holds a separator or control character");
    TRY(partner_hash(a, fields, LEN(fields), &p->secret, &hash, e));
    for (size_t i = 0; i < LEN(names); i++)
        json_put_str(o, names[i], fields[i]);
    json_put_str(o, "MaXacThuc", hash);
    TRY(put_block(block, in, a, e));
    *body = json_print(a, o);
    return OK;
}

result portal_query_body(const struct portal *p, const char *kind, struct str reference,
                         struct str init_time, struct arena *a, struct str *body, struct err *e)
{
    static const char *const names[] = { "LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu",
                                         "ThoiGianGD" };
    DEFER(json_close) struct json *o = json_object();
    const struct str fields[LEN(names)] = { str_c(kind), p->version, p->partner_code, reference,
                                            init_time };
    struct str hash;

    TRY(partner_hash(a, fields, LEN(fields), &p->secret, &hash, e));
    for (size_t i = 0; i < LEN(names); i++)
        json_put_str(o, names[i], fields[i]);
    json_put_str(o, "MaXacThuc", hash);
    *body = json_print(a, o);
    return OK;
}

result portal_init(struct portal *p, const struct portal_init *in, struct arena *a,
                   struct portal_answer *out, struct err *e)
{
    struct answer answer;
    struct str body;

    TRY(portal_init_body(p, in, a, &body, e));
    if (p->send(p->self, body, a, &answer, NULL).failed)
        portal_no_answer(out, STR("no_answer"));
    else
        portal_read_init(p, answer.status, answer.body, a, out);
    return OK;
}

result portal_query(struct portal *p, struct str reference, struct str init_time, struct arena *a,
                    struct portal_answer *out, struct err *e)
{
    struct answer answer;
    struct str body;

    TRY(portal_query_body(p, "QUERY", reference, init_time, a, &body, e));
    if (p->send(p->self, body, a, &answer, NULL).failed)
        portal_no_answer(out, STR("no_answer"));
    else
        portal_read_query(p, answer.status, answer.body, reference, a, out);
    return OK;
}

result portal_bill(struct portal *p, struct str reference, struct str init_time, struct arena *a,
                   struct str *pdf, struct err *e)
{
    struct answer answer;
    struct str body;

    TRY(portal_query_body(p, "GET_BILL", reference, init_time, a, &body, e));
    TRY(p->send(p->self, body, a, &answer, e));
    if (answer.status != 200)
        return fail(e, answer.status >= 500 ? ERR_UPSTREAM_DOWN : ERR_UPSTREAM_BAD,
                    "GET_BILL: status %d", answer.status);
    if (!str_starts(answer.body, STR("%PDF-")))
        return fail(e, ERR_UPSTREAM_BAD, "GET_BILL: not a PDF");
    *pdf = answer.body;
    return OK;
}
