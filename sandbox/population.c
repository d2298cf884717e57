/*
 * The simulated population database: SOAP over the C06 gateway.
 *
 * Checked as the real gateway does: time stamp within five minutes, the Basic hash over URL, user,
 * time stamp and secret, X-Road-Client, ApiKey; then the order of the elements and the form of the
 * name key. Not found is 200 without CongDan; a technical error is a SOAP Fault.
 */
#include "base/limits.h"
#include "base/utf8.h"
#include "base/xml.h"
#include "crypto/partner.h"
#include "sandbox/fault.h"
#include "sandbox/people.h"
#include "sandbox/sandbox.h"

#define STAMP_WINDOW_MS (5 * 60 * 1000)
#define ANSWER_BYTES    65536

struct question {
    struct str operation, code, number, old_card, key;
    struct date birth;
};

static void fault_write(struct request *rq, struct response *rs, int status, const char *code,
                        const char *text)
{
    response_body(rs, status, "text/xml; charset=utf-8",
                  str_fmt(rq->arena,
                          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
                          "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/"
                          "envelope/\"><soapenv:Body><soapenv:Fault><faultcode>%s</faultcode>"
                          "<faultstring>%s</faultstring></soapenv:Fault></soapenv:Body>"
                          "</soapenv:Envelope>",
                          code, text));
}

/* What is wrong with the gateway's headers, or NULL. */
static const char *gateway_mistake(struct sandbox *sb, struct request *rq)
{
    struct str stamp = request_header(rq, "Timestamp"), want;
    struct str api_key = request_header(rq, "ApiKey");
    int64_t at_ms = 0, off_ms = 0;

    if (!str_to_i64(stamp, &at_ms))
        return "Timestamp";
    off_ms = at_ms - clock_now_ms(&sb->clock);
    if (off_ms > STAMP_WINDOW_MS || off_ms < -STAMP_WINDOW_MS)
        return "Timestamp outside the window";
    want = partner_gateway_basic(rq->arena, str_cat(rq->arena, sb->origin, STR("/dancu")),
                                 sb->conf.person.user, at_ms, &sb->person);
    if (!secret_equal(want, request_header(rq, "Authorization")))
        return "Authorization";
    if (!str_eq(request_header(rq, "X-Road-Client"), sb->conf.person.xroad_client))
        return "X-Road-Client";
    return secret_equal(api_key, secret_str(&sb->person_api_key)) ? NULL : "ApiKey";
}

/* Takes the next element if it has that name; text may be NULL. */
static bool element_take(struct arena *a, struct xml_node **at, const char *name, struct str *text)
{
    if (!*at || !str_is(xml_name(*at), name))
        return false;
    if (text)
        *text = xml_text(a, *at);
    *at = xml_sibling(*at);
    return true;
}

static bool is_name_key(struct str s)
{
    return s.n > 0 && str_all_in(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
}

static bool birth_take(struct arena *a, struct xml_node *at, struct date *out)
{
    struct xml_node *year = xml_find(at, "Nam"), *full = xml_find(at, "NgayThangNam");
    struct str s = xml_text(a, year ? year : full);
    if ((year != NULL) == (full != NULL) || s.n != (year ? 4U : 8U) || !str_digits(s))
        return false;
    return date_read(s, out);
}

/* The element at which the request stops being one, or NULL when it is whole. */
static const char *question_read(struct sandbox *sb, struct arena *a, struct xml_node *op,
                                 struct question *q)
{
    struct xml_node *at = xml_first(op);
    struct str officer, integration;

    q->operation = xml_name(op);
    if (!element_take(a, &at, "MaYeuCau", &q->code) || !q->code.n)
        return "MaYeuCau";
    if (!element_take(a, &at, "MaDVC", NULL))
        return "MaDVC";
    if (!element_take(a, &at, "MaTichHop", &integration) ||
        !str_eq(integration, sb->conf.person.integration_code))
        return "MaTichHop";
    if (!element_take(a, &at, "MaCanBo", &officer) || officer.n != 12)
        return "MaCanBo";
    (void)element_take(a, &at, "MaDonVi", NULL);
    (void)element_take(a, &at, "TaiKhoan", NULL);
    (void)element_take(a, &at, "SoDienThoai", NULL);
    if (!element_take(a, &at, "SoDinhDanh", &q->number) &&
        !element_take(a, &at, "SoCMND", &q->old_card))
        return "SoDinhDanh";
    if (!element_take(a, &at, "HoVaTen", &q->key) || !is_name_key(q->key))
        return "HoVaTen";
    if (!at || !str_is(xml_name(at), "NgayThangNamSinh") || !birth_take(a, at, &q->birth))
        return "NgayThangNamSinh";
    return xml_sibling(at) ? "an element too many" : NULL;
}

/* Equal as far as both know: a register that holds a year only agrees with that year. */
static bool birth_agrees(struct date x, struct date y)
{
    return x.y == y.y && (!x.m || !y.m || x.m == y.m) && (!x.d || !y.d || x.d == y.d);
}

static const struct person *record_find(struct sandbox *sb, struct arena *a,
                                        const struct question *q)
{
    const struct person *p = q->number.n ? people_by_number(sb->people, q->number)
                                         : people_by_old_card(sb->people, q->old_card);
    struct str key;
    if (!p || p->absent || utf8_key(a, person_register_name(p), &key, NULL).failed)
        return NULL;
    return str_eq(key, q->key) && birth_agrees(p->register_birth, q->birth) ? p : NULL;
}

static void birth_write(struct buf *b, struct date birth, struct arena *a)
{
    buf_puts(b, "<NgayThangNamSinh>");
    if (birth.m && birth.d)
        xml_put_element(b, "NgayThangNam", date_compact(a, birth));
    else
        xml_put_element(b, "Nam", str_fmt(a, "%04d", birth.y));
    buf_puts(b, "</NgayThangNamSinh>");
}

static void place_write(struct buf *b, const char *name, const struct person *p)
{
    buf_fmt(b, "<%s>", name);
    xml_put_element(b, "MaTinhThanh", p->province);
    xml_put_element(b, "MaQuanHuyen", STR(""));
    xml_put_element(b, "MaPhuongXa", p->ward);
    xml_put_element(b, "ChiTiet", p->address);
    xml_put_element(b, "QuocGia", STR("VN"));
    buf_fmt(b, "</%s>", name);
}

/* The whole name stands in Ten, as in the real answers; parts are never told apart. */
static void record_write(struct buf *b, struct arena *a, const struct person *p)
{
    buf_puts(b, "<CongDan>");
    xml_put_element(b, "SoDinhDanh", p->number);
    xml_put_element(b, "SoCMND", p->old_card);
    buf_puts(b, "<HoVaTen><Ho/><ChuDem/>");
    xml_put_element(b, "Ten", person_register_name(p));
    buf_puts(b, "</HoVaTen>");
    xml_put_element(b, "GioiTinh", p->sex);
    xml_put_element(b, "DanToc", STR("00"));
    xml_put_element(b, "TonGiao", STR("00"));
    xml_put_element(b, "TinhTrangHonNhan", STR("0"));
    xml_put_element(b, "NhomMau", STR("00"));
    birth_write(b, p->register_birth, a);
    place_write(b, "NoiDangKyKhaiSinh", p);
    place_write(b, "QueQuan", p);
    place_write(b, "ThuongTru", p);
    place_write(b, "NoiOHienTai", p);
    xml_put_element(b, "QuocTich", p->nationality);
    if (p->deceased)
        xml_put_element(b, "TinhTrang", STR("DA_CHET"));
    buf_puts(b, "</CongDan>");
}

static void envelope_write(struct buf *b, struct str inside)
{
    buf_puts(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv="
                "\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body>"
                "<dc:CongdanCollection xmlns:dc=\"http://www.mic.gov.vn/dancu/1.0\">");
    buf_put(b, inside);
    buf_puts(b, "</dc:CongdanCollection></soapenv:Body></soapenv:Envelope>");
}

/* The yes/no operations; the answer to any other is the record. */
static bool verdict_write(struct buf *b, const struct question *q, const struct person *p)
{
    bool verify = str_is(q->operation, "XacThucThongTinCongDan");
    bool death = str_is(q->operation, "XacMinhTinhTrangChetMatTich");
    bool yes = verify ? p != NULL : p && p->deceased;
    if (!verify && !death)
        return false;
    buf_puts(b, "<KetQuaXacThuc>");
    xml_put_element(b, "TonTai", yes ? STR("true") : STR("false"));
    buf_puts(b, "</KetQuaXacThuc>");
    return true;
}

static result answer_write(struct sandbox *sb, struct request *rq, struct response *rs,
                           const struct question *q, const struct fault_set *set, struct err *e)
{
    struct buf inside = buf_make(rq->arena, ANSWER_BYTES), out = buf_make(rq->arena, ANSWER_BYTES);
    const struct person *p = record_find(sb, rq->arena, q);
    struct str xml;

    if (set->on[FAULT_person_unknown])
        p = NULL;
    if (!verdict_write(&inside, q, p) && p) {
        record_write(&inside, rq->arena, p);
        if (set->on[FAULT_person_two])
            record_write(&inside, rq->arena, p);
    }
    envelope_write(&out, buf_str(&inside));
    TRY(buf_end(&out, &xml, e));
    response_body(rs, 200, "text/xml; charset=utf-8", xml);
    return OK;
}

static bool operation_is_known(struct str name)
{
    return str_is(name, "TraCuuThongTinCongDan") || str_is(name, "XacThucThongTinCongDan") ||
           str_is(name, "XacMinhTinhTrangChetMatTich");
}

static void population_faults(struct sandbox *sb, struct request *rq, const struct question *q,
                              struct fault_set *set)
{
    const struct person *p = q->number.n ? people_by_number(sb->people, q->number)
                                         : people_by_old_card(sb->people, q->old_card);
    const struct fault_where w = { .system = FAULT_OF_PERSON,
                                   .header = request_header(rq, "X-Sandbox-Fault"),
                                   .person = p ? p->number : q->number,
                                   .always = p ? p->fault : STR("") };
    *set = (struct fault_set){ 0 };
    fault_draw(sb->faults, &w, set);
}

result population_ask(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(xml_close) struct xml *doc = NULL;
    struct question q = { 0 };
    struct fault_set set;
    const char *mistake = NULL;

    if ((mistake = gateway_mistake(sb, rq)) != NULL) {
        fault_write(rq, rs, 401, "soapenv:Client", mistake);
        return OK;
    }
    struct xml_node *op =
        xml_read(rq->body, &doc, e).failed ? NULL : xml_first(xml_find(xml_root(doc), "Body"));
    if (!op || !operation_is_known(xml_name(op)) ||
        !str_is(xml_space(op), "http://dancuquocgia.bca")) {
        fault_write(rq, rs, 500, "soapenv:Client", "no known operation");
        return OK;
    }
    mistake = question_read(sb, rq->arena, op, &q);
    population_faults(sb, rq, &q, &set);
    if (fault_answer(&set, FAULT_OF_PERSON, rs))
        return OK;
    if (mistake || set.on[FAULT_person_fault])
        fault_write(rq, rs, 500, mistake ? "soapenv:Client" : "soapenv:Server",
                    mistake ? mistake : "simulated");
    else if (set.on[FAULT_person_wrapper])
        response_body(rs, 200, "application/json",
                      STR("{\"error_code\":\"99\",\"message\":\"simulated\"}"));
    else
        TRY(answer_write(sb, rq, rs, &q, &set, e));
    return OK;
}
