/*
 * Security: the answer is another system's text about a person, far more than is needed. Promised:
 * libxml2 reads it without network and entities; five fields and the mark of death leave this file,
 * religion, parents, marriage and the rest are never looked at. What cannot be understood is a
 * technical fault (ERR_UPSTREAM_DOWN), never a verdict about the person.
 */
#include "auth/person.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/xml.h"
#include "conf/conf.h"

#define PERSON_REQUEST_BYTES_MAX 8192

static void birth_put(struct buf *b, struct arena *a, struct date birth)
{
    buf_puts(b, "<dan:NgayThangNamSinh>");
    if (birth.m > 0 && birth.d > 0)
        xml_put_element(b, "dan:NgayThangNam", date_compact(a, birth));
    else
        xml_put_element(b, "dan:Nam", str_fmt(a, "%04d", birth.y));
    buf_puts(b, "</dan:NgayThangNamSinh>");
}

static const char *const operations[] = { "TraCuuThongTinCongDan", "XacThucThongTinCongDan",
                                          "XacMinhTinhTrangChetMatTich" };

result person_request_print(struct arena *a, const struct conf *c, const struct person_request *rq,
                            struct str *xml, struct err *e)
{
    const struct person_question *q = rq->question;
    struct buf b = buf_make(a, PERSON_REQUEST_BYTES_MAX);
    struct str key;

    TRY(utf8_key(a, q->name, &key, e));
    buf_fmt(&b,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
            "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\""
            " xmlns:dan=\"http://dancuquocgia.bca\"><soapenv:Header/><soapenv:Body><dan:%s>",
            operations[rq->operation]);
    xml_put_element(&b, "dan:MaYeuCau", rq->code);
    xml_put_element(&b, "dan:MaDVC", c->person.service_code);
    xml_put_element(&b, "dan:MaTichHop", c->person.integration_code);
    xml_put_element(&b, "dan:MaCanBo", c->person.officer_id);
    if (q->number.n > 0)
        xml_put_element(&b, "dan:SoDinhDanh", q->number);
    else
        xml_put_element(&b, "dan:SoCMND", q->old_card);
    xml_put_element(&b, "dan:HoVaTen", key);
    birth_put(&b, a, q->birth);
    buf_fmt(&b, "</dan:%s></soapenv:Body></soapenv:Envelope>", operations[rq->operation]);
    return buf_end(&b, xml, e);
}

/* The whole name usually stands in Ten; parts before it are put in front. */
static struct str name_read(struct arena *a, const struct xml_node *n)
{
    const struct str parts[] = { xml_text(a, xml_find(n, "Ho")), xml_text(a, xml_find(n, "ChuDem")),
                                 xml_text(a, xml_find(n, "Ten")) };
    struct str name = STR("");

    for (size_t i = 0; i < LEN(parts); i++)
        if (parts[i].n > 0)
            name =
                name.n == 0 ? parts[i] : str_fmt(a, "%.*s %.*s", STR_ARG(name), STR_ARG(parts[i]));
    return name;
}

static bool birth_read(struct arena *a, const struct xml_node *n, struct date *out)
{
    const struct str full = xml_text(a, xml_find(n, "NgayThangNam"));
    const struct str year = xml_text(a, xml_find(n, "Nam"));
    const struct str text = full.n > 0 ? full : year;

    *out = (struct date){ 0 };
    return text.n == 0 || date_read(text, out);
}

/* The words for it are not published: these are taken for death, anything else says nothing. */
static bool is_dead(struct arena *a, const struct xml_node *n)
{
    static const char *const words[] = { "DACHET", "CHET",    "DATUVONG",
                                         "TUVONG", "MATTICH", "DAMATTICH" };
    struct str key;

    if (utf8_key(a, xml_text(a, xml_find(n, "TinhTrang")), &key, NULL).failed)
        return false;
    for (size_t i = 0; i < LEN(words); i++)
        if (str_is(key, words[i]))
            return true;
    return false;
}

static result citizen_read(struct arena *a, const struct xml_node *n, struct person_record *out,
                           struct err *e)
{
    struct person_record r = { .found = PERSON_FOUND };

    r.name = name_read(a, xml_find(n, "HoVaTen"));
    if (r.name.n == 0) {
        *out = (struct person_record){ .found = PERSON_NOT_FOUND };
        return OK;
    }
    r.number = xml_text(a, xml_find(n, "SoDinhDanh"));
    r.old_card = xml_text(a, xml_find(n, "SoCMND"));
    r.sex = xml_text(a, xml_find(n, "GioiTinh"));
    r.address = xml_text(a, xml_find(n, "ThuongTru/ChiTiet"));
    if (!birth_read(a, xml_find(n, "NgayThangNamSinh"), &r.birth))
        return fail(e, ERR_UPSTREAM_DOWN, "population database: a birth that is no date");
    if (is_dead(a, n))
        r.found = PERSON_DEAD;
    *out = r;
    return OK;
}

/* What the envelope holds, borrowed from the document. */
static result collection_find(const struct xml *doc, const struct xml_node **out, struct err *e)
{
    const struct xml_node *body;

    if (!str_is(xml_name(xml_root(doc)), "Envelope"))
        return fail(e, ERR_UPSTREAM_DOWN, "population database: answer is no SOAP");
    body = xml_find(xml_root(doc), "Body");
    if (body == NULL || xml_find(body, "Fault") != NULL)
        return fail(e, ERR_UPSTREAM_DOWN, "population database: SOAP fault");
    *out = xml_find(body, "CongdanCollection");
    if (*out == NULL)
        return fail(e, ERR_UPSTREAM_DOWN, "population database: no CongdanCollection");
    return OK;
}

static result record_read_xml(struct arena *a, const struct xml *doc, struct person_record *out,
                              struct err *e)
{
    const struct xml_node *collection = NULL, *citizen;

    TRY(collection_find(doc, &collection, e));
    citizen = xml_find(collection, "CongDan");
    if (citizen == NULL) {
        *out = (struct person_record){ .found = PERSON_NOT_FOUND };
        return OK;
    }
    if (xml_next(citizen) != NULL)
        return fail(e, ERR_UPSTREAM_DOWN, "population database: several records for one number");
    return citizen_read(a, citizen, out, e);
}

/* {"error_code":"0","message":"<xml ...>"} of the provincial platforms. */
static result wrapper_read(struct arena *a, struct str json, struct str *xml, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct str message;
    const struct json *code;
    struct str text = STR("");
    int64_t n = -1;

    if (json_read(json, &o, e).failed)
        return fail(e, ERR_UPSTREAM_DOWN, "population database: answer is no JSON");
    code = json_member(o, "error_code");
    if (code != NULL && !json_int(code, &n) && json_str(code, &text) && str_is(text, "0"))
        n = 0;
    if (n != 0)
        return fail(e, ERR_UPSTREAM_DOWN, "population database: error_code %.20s",
                    str_all_in(text, "0123456789") ? str_cstr(a, text) : "of another form");
    if (json_need_str(o, "message", LIMIT_XML_BYTES, &message, e).failed)
        return fail(e, ERR_UPSTREAM_DOWN, "population database: wrapper without message");
    *xml = str_dup(a, message);
    return OK;
}

static result document_read(struct arena *a, struct str body, struct xml **out, struct err *e)
{
    struct str xml = str_trim(body);

    if (str_starts(xml, STR("{")))
        TRY(wrapper_read(a, xml, &xml, e));
    if (xml_read(xml, out, e).failed)
        return fail(e, ERR_UPSTREAM_DOWN, "population database: answer is no XML");
    return OK;
}

result person_read(struct arena *a, struct str body, struct person_record *out, struct err *e)
{
    DEFER(xml_close) struct xml *doc = NULL;

    TRY(document_read(a, body, &doc, e));
    return record_read_xml(a, doc, out, e);
}

result person_verdict_read(struct arena *a, struct str body, bool *yes, struct err *e)
{
    DEFER(xml_close) struct xml *doc = NULL;
    const struct xml_node *collection = NULL;
    struct str said;

    TRY(document_read(a, body, &doc, e));
    TRY(collection_find(doc, &collection, e));
    said = xml_text(a, xml_find(collection, "KetQuaXacThuc/TonTai"));
    if (!str_is(said, "true") && !str_is(said, "false"))
        return fail(e, ERR_UPSTREAM_DOWN, "population database: neither yes nor no");
    *yes = str_is(said, "true");
    return OK;
}

static bool birth_agrees(struct date x, struct date y)
{
    if (x.y == 0 || y.y == 0)
        return true;
    return x.y == y.y && (x.m == 0 || y.m == 0 || x.m == y.m) &&
           (x.d == 0 || y.d == 0 || x.d == y.d);
}

result person_match(struct arena *a, const struct person_question *q, const struct person_record *r,
                    struct err *e)
{
    if (r->found == PERSON_NOT_FOUND)
        return fail(e, ERR_PERSON_UNKNOWN, "population database: not found");
    if (q->number.n > 0 ? !str_eq(q->number, r->number) : !str_eq(q->old_card, r->old_card))
        return fail_field(e, ERR_PERSON_MISMATCH, "number", "population database: another number");
    if (utf8_match(a, q->name, r->name) == UTF8_DIFFERENT)
        return fail_field(e, ERR_PERSON_MISMATCH, "name", "population database: another name");
    if (!birth_agrees(q->birth, r->birth))
        return fail_field(e, ERR_PERSON_MISMATCH, "birth", "population database: another birth");
    if (r->found == PERSON_DEAD)
        return fail(e, ERR_PERSON_DECEASED, "population database: recorded as dead");
    return OK;
}
