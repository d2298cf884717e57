/*
 * Security: the answer decides who may act for a firm. Promised: an answer that is not of the
 * configured form is a fault, never "nobody"; a number decides where there is one; without numbers
 * the whole name key must be equal, a similar name is not enough.
 */
#include "auth/business.h"

#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"

#define BUSINESS_TEXT_BYTES_MAX 2000

/* The ngsp form has no status code, only words: fragments of their keys, the longer meaning first.
 */
static const struct {
    const char *part;
    const char *code;
} status_words[] = {
    { "CHUAHOANTHANHTHUTUCCHAMDUT", "03" },
    { "CHUACHAMDUT", "03" },
    { "DANGLAMTHUTUCGIAITHE", "03" },
    { "CHAMDUTHIEULUC", "01" },
    { "DAGIAITHE", "01" },
    { "VOHIEU", "04" },
    { "KHONGCOGIATRI", "04" },
    { "TAMNGUNG", "05" },
    { "CHOXACMINH", "09" },
    { "KHONGHOATDONGTAIDIACHI", "06" },
    { "PHASAN", "07" },
    { "DACHUYEN", "02" },
    { "DANGHOATDONG", "00" },
};

static struct str status_code(struct arena *a, struct str code, struct str text)
{
    struct str key;

    if (code.n == 2 && str_digits(code))
        return code;
    if (utf8_key(a, text, &key, NULL).failed)
        return code;
    for (size_t i = 0; i < LEN(status_words); i++)
        if (str_has(key, str_c(status_words[i].part)))
            return str_c(status_words[i].code);
    return code;
}

static struct str text_of(struct arena *a, const struct json *o, const char *name)
{
    struct str s = STR("");

    if (json_want_str(o, name, BUSINESS_TEXT_BYTES_MAX, &s, NULL).failed)
        return STR("");
    return str_dup(a, s);
}

static result representative_add(struct arena *a, const struct json *o, const char *name,
                                 const char *number, struct business_record *r)
{
    const struct str who = text_of(a, o, name);

    if (who.n == 0)
        return OK;
    if (r->count == BUSINESS_REPRESENTATIVES_MAX)
        return (result){ true };
    r->representatives[r->count].name = who;
    r->representatives[r->count].number = number != NULL ? text_of(a, o, number) : STR("");
    r->count++;
    return OK;
}

static result too_many(struct err *e)
{
    return fail(e, ERR_UPSTREAM_DOWN, "business register: more than %d representatives",
                BUSINESS_REPRESENTATIVES_MAX);
}

static result ngsp_read(struct arena *a, const struct json *root, struct business_record *r,
                        struct err *e)
{
    const struct json *data = json_member(root, "data");
    const struct json *head = json_member(data, "MainInformation");
    const struct json *people = json_member(data, "Representatives");

    if (data == NULL)
        return fail(e, ERR_BUSINESS_UNKNOWN, "business register: no data");
    if (!json_is_object(head))
        return fail(e, ERR_UPSTREAM_DOWN, "business register: no MainInformation");
    r->code = text_of(a, head, "ENTERPRISE_GDT_CODE");
    r->name = text_of(a, head, "NAME");
    r->status_text = text_of(a, head, "ENTERPRISE_STATUS_NAME");
    r->status = status_code(a, STR(""), r->status_text);
    if (json_is_object(json_member(data, "HOAdress")))
        r->address = text_of(a, json_member(data, "HOAdress"), "AddressFullText");
    if (json_is_object(people))
        return representative_add(a, people, "FULL_NAME", NULL, r);
    for (size_t i = 0; i < json_count(people); i++)
        if (json_is_object(json_at(people, i)) &&
            representative_add(a, json_at(people, i), "FULL_NAME", NULL, r).failed)
            return too_many(e);
    return OK;
}

static result lgsp_people(struct arena *a, const struct json *list, struct business_record *r,
                          struct err *e)
{
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json *one = json_at(list, i);
        const struct json *inner = json_is_object(one) ? json_member(one, "ThongTinCaNhan") : NULL;

        for (size_t k = 0; k < json_count(inner); k++)
            if (json_is_object(json_at(inner, k)) &&
                representative_add(a, json_at(inner, k), "HoVaTen", "SoGiayChungThuc", r).failed)
                return too_many(e);
    }
    return OK;
}

static result lgsp_read(struct arena *a, const struct json *root, struct business_record *r,
                        struct err *e)
{
    const struct json *list = json_member(root, "GetEntCert");
    const struct json *firm, *status, *address;

    if (!json_is_array(list))
        return fail(e, ERR_UPSTREAM_DOWN, "business register: no GetEntCert");
    if (json_count(list) == 0)
        return fail(e, ERR_BUSINESS_UNKNOWN, "business register: empty GetEntCert");
    firm = json_at(list, 0);
    if (!json_is_object(firm))
        return fail(e, ERR_UPSTREAM_DOWN, "business register: GetEntCert holds no object");
    r->code = text_of(a, firm, "MaSoDoanhNghiep");
    r->name = text_of(a, firm, "TenTiengViet");
    status = json_at(json_member(firm, "TinhTrangPhapLy"), 0);
    address = json_at(json_member(firm, "DiaChiTruSo"), 0);
    if (json_is_object(status)) {
        r->status_text = text_of(a, status, "TinhTrangPhapLy");
        r->status = status_code(a, text_of(a, status, "MaTinhTrangPhapLy"), r->status_text);
    }
    if (json_is_object(address))
        r->address = text_of(a, address, "DiaChiDayDu");
    return lgsp_people(a, json_member(firm, "DaiDienPhapLuat"), r, e);
}

result business_read(struct arena *a, bool lgsp, struct str body, struct business_record *out,
                     struct err *e)
{
    DEFER(json_close) struct json *root = NULL;
    struct business_record r = { 0 };

    if (json_read(body, &root, e).failed || !json_is_object(root))
        return fail(e, ERR_UPSTREAM_DOWN, "business register: answer is no JSON object");
    TRY(lgsp ? lgsp_read(a, root, &r, e) : ngsp_read(a, root, &r, e));
    if (r.code.n == 0 || r.name.n == 0)
        return fail(e, ERR_UPSTREAM_DOWN, "business register: a firm without code or name");
    *out = r;
    return OK;
}

/* For a unit's code the register may answer with its firm's: the first ten digits. */
static bool is_the_asked_one(struct str asked, struct str answered)
{
    const size_t n = asked.n == 12 ? 12 : 10;

    return answered.n >= n && str_eq(str_sub(asked, 0, n), str_sub(answered, 0, n));
}

result business_match(struct arena *a, const struct business_question *q,
                      const struct business_record *r, struct err *e)
{
    if (!is_the_asked_one(q->code, r->code))
        return fail(e, ERR_UPSTREAM_DOWN, "business register: an answer about another enterprise");
    for (size_t i = 0; i < r->count; i++) {
        const struct str number = r->representatives[i].number;

        if (number.n > 0 ? q->number.n > 0 && str_eq(number, q->number)
                         : utf8_match(a, r->representatives[i].name, q->name) != UTF8_DIFFERENT)
            return OK;
    }
    return fail(e, ERR_NOT_REPRESENTATIVE, "business register: not among %d representatives",
                (int)r->count);
}
