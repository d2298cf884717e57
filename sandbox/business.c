/*
 * The simulated business registration database: client credentials, then one GET in either of the
 * two forms that are live. The NGSP form writes Representatives as an object when there is one and
 * as an array when there are several: the quirk is kept on purpose.
 */
#include "base/codec.h"
#include "crypto/random.h"
#include "sandbox/fault.h"
#include "sandbox/firms.h"
#include "sandbox/page.h"
#include "store/kv.h"

#define TOKEN_TTL_S 3600

static bool business_fault(struct sandbox *sb, struct request *rq, struct response *rs,
                           struct fault_set *set)
{
    const struct fault_where w = { .system = FAULT_OF_BUSINESS,
                                   .header = request_header(rq, "X-Sandbox-Fault") };
    *set = (struct fault_set){ 0 };
    fault_draw(sb->faults, &w, set);
    return fault_answer(set, FAULT_OF_BUSINESS, rs);
}

/* Consumer key and secret in Authorization: Basic or in the body. */
static bool consumer_is_known(struct sandbox *sb, struct request *rq, const struct form *f)
{
    struct str header = request_header(rq, "Authorization"), id, secret, pair;

    if (!str_starts(header, STR("Basic "))) {
        id = form_get(f, "client_id");
        secret = form_get(f, "client_secret");
    } else if (!base64_decode(rq->arena, str_from(header, 6), &pair) ||
               !str_cut(pair, ':', &id, &secret)) {
        return false;
    }
    return str_eq(id, sb->conf.business.client_id) &&
           secret_equal(secret, secret_str(&sb->business));
}

result business_token(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct form f;
    struct fault_set set;

    TRY(form_body(rq, &f, e));
    if (business_fault(sb, rq, rs, &set))
        return OK;
    if (!consumer_is_known(sb, rq, &f))
        return fail(e, ERR_BAD_CLIENT, "consumer key or secret");
    if (!str_is(form_get(&f, "grant_type"), "client_credentials"))
        return fail(e, ERR_GRANT_TYPE, "not client_credentials");
    struct str token = random_token(rq->arena, 256);
    TRY(kv_put(sb->kv, str_cat(rq->arena, STR("biz:"), token), STR("1"), TOKEN_TTL_S, e));
    struct json *o = json_object();
    json_put_str(o, "access_token", token);
    json_put_str(o, "token_type", STR("Bearer"));
    json_put_int(o, "expires_in", TOKEN_TTL_S);
    page_json(rq, rs, 200, o);
    return OK;
}

static bool bearer_is_known(struct sandbox *sb, struct request *rq)
{
    struct str header = request_header(rq, "Authorization"), value;
    struct str token = str_from(header, sizeof("Bearer ") - 1);
    bool found = false;
    return str_starts(header, STR("Bearer ")) && token.n == 43 &&
           !kv_get(sb->kv, rq->arena, str_cat(rq->arena, STR("biz:"), token), &found, &value, NULL)
                .failed &&
           found;
}

static struct str address_full(struct arena *a, const struct firm *f)
{
    return str_fmt(a, "%.*s, xã/phường %.*s, tỉnh/thành phố %.*s", STR_ARG(f->address),
                   STR_ARG(f->ward), STR_ARG(f->province));
}

static struct json *ngsp_representatives(const struct firm *f)
{
    struct json *list = json_array(), *only = NULL;
    struct str rest = f->representatives, number, name;

    while (firm_next_representative(&rest, &number, &name)) {
        struct json *o = json_object();
        json_put_str(o, "FULL_NAME", name);
        json_add(list, o);
    }
    if (json_count(list) != 1)
        return list;
    only = json_copy(json_at(list, 0));
    json_close(&list);
    return only;
}

static struct json *ngsp_make(struct arena *a, const struct firm *f)
{
    struct json *root = json_object(), *data = json_object(), *main = json_object();
    struct json *address = json_object();

    json_put_str(main, "NAME", f->name);
    json_put_str(main, "NAME_F", f->foreign_name);
    json_put_str(main, "SHORT_NAME", f->short_name);
    json_put_str(main, "ENTERPRISE_GDT_CODE", f->code);
    json_put_str(main, "ENTERPRISE_TYPE_NAME", f->kind);
    json_put_str(main, "ENTERPRISE_STATUS_NAME", f->status_name);
    json_put_str(address, "AddressFullText", address_full(a, f));
    json_put(data, "MainInformation", main);
    json_put(data, "HOAdress", address);
    json_put(data, "Representatives", ngsp_representatives(f));
    json_put(root, "data", data);
    return root;
}

static struct json *lgsp_person(struct str number, struct str name)
{
    struct json *person = json_object(), *inner = json_array(), *o = json_object();
    json_put_str(o, "HoVaTen", name);
    json_put_str(o, "LoaiGiayToChungThuc", STR("Thẻ căn cước"));
    json_put_str(o, "MaLoaiGiayToChungThuc", STR("CC"));
    json_put_str(o, "SoGiayChungThuc", number);
    json_put_str(o, "NgayCap", STR("20210501"));
    json_put_str(o, "NoiCap", STR("Bộ Công an"));
    json_put_str(o, "QuocTich", STR("Việt Nam"));
    json_put_str(o, "MaQuocTich", STR("VN"));
    json_add(inner, o);
    json_put(person, "ThongTinCaNhan", inner);
    return person;
}

static struct json *lgsp_status(const struct firm *f)
{
    struct json *list = json_array(), *o = json_object();
    bool paused = str_is(f->status, "05");
    json_put_str(o, "TinhTrangPhapLy", f->status_name);
    json_put_str(o, "MaTinhTrangPhapLy", f->legal_status);
    json_put_str(o, "NgayBatDauTamNgung", paused ? STR("20260701") : STR(""));
    json_put_str(o, "NgayKetThucTamNgung", paused ? STR("20270630") : STR(""));
    json_put_str(o, "LyDoTamNgung", paused ? STR("Khó khăn tài chính") : STR(""));
    json_add(list, o);
    return list;
}

static struct json *lgsp_address(struct arena *a, const struct firm *f)
{
    struct json *list = json_array(), *o = json_object();
    json_put_str(o, "MaTinhThanh", f->province);
    json_put_str(o, "MaPhuongXa", f->ward);
    json_put_str(o, "DiaChiChiTiet", f->address);
    json_put_str(o, "DiaChiDayDu", address_full(a, f));
    json_add(list, o);
    return list;
}

static struct json *lgsp_industries(const struct firm *f)
{
    struct json *list = json_array(), *o = json_object();
    json_put_str(o, "MaNganh", f->industry);
    json_put_str(o, "TenNganh", f->industry_name);
    json_put_bool(o, "LaNganhChinh", true);
    json_add(list, o);
    return list;
}

static struct json *lgsp_make(struct arena *a, const struct firm *f)
{
    struct json *root = json_object(), *certs = json_array(), *o = json_object();
    struct json *people = json_array();
    struct str rest = f->representatives, number, name;

    while (firm_next_representative(&rest, &number, &name))
        json_add(people, lgsp_person(number, name));
    json_put_str(o, "MaNoiBo", str_cat(a, STR("NB"), f->code));
    json_put_str(o, "MaSoDoanhNghiep", f->code);
    json_put_str(o, "SoGCNDKKD", f->code);
    json_put_str(o, "MaLoaiHinhDN", f->kind_code);
    json_put_str(o, "LoaiHinhDN", f->kind);
    json_put_str(o, "TenTiengViet", f->name);
    json_put_str(o, "TenNuocNgoai", f->foreign_name);
    json_put_str(o, "TenVietTat", f->short_name);
    json_put_str(o, "NgayDangKyLanDau", f->registered);
    json_put_str(o, "NgayDangKyThayDoi", f->changed);
    json_put_str(o, "SoLanDangKyThayDoi", f->changes);
    json_put_str(o, "VonDieuLe", f->capital_vnd);
    json_put(o, "TinhTrangPhapLy", lgsp_status(f));
    json_put(o, "DaiDienPhapLuat", people);
    json_put(o, "DiaChiTruSo", lgsp_address(a, f));
    json_put(o, "NganhNgheKinhDoanh", lgsp_industries(f));
    json_add(certs, o);
    json_put(root, "GetEntCert", certs);
    return root;
}

/* An unknown code is an answer too: no data, an empty list. */
static struct json *nothing_make(bool lgsp)
{
    struct json *root = json_object();
    if (lgsp)
        json_put(root, "GetEntCert", json_array());
    else
        json_put_null(root, "data");
    return root;
}

static result business_answer(struct sandbox *sb, struct request *rq, struct response *rs,
                              bool lgsp, struct err *e)
{
    struct form f;
    struct fault_set set;
    struct str code;

    TRY(form_query(rq, &f, e));
    if (business_fault(sb, rq, rs, &set))
        return OK;
    if (set.on[FAULT_business_expired] || !bearer_is_known(sb, rq))
        return fail(e, ERR_BAD_TOKEN, "business register token");
    TRY(form_need(&f, "msdn", 20, &code, e));
    const struct firm *firm = firms_find(sb->firms, code);
    if (set.on[FAULT_business_unknown])
        firm = NULL;
    lgsp |= str_is(form_get(&f, "shape"), "lgsp");
    page_json(rq, rs, 200,
              !firm  ? nothing_make(lgsp)
              : lgsp ? lgsp_make(rq->arena, firm)
                     : ngsp_make(rq->arena, firm));
    return OK;
}

result business_show(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    return business_answer(sb, rq, rs, false, e);
}

result business_show_lgsp(struct sandbox *sb, struct request *rq, struct response *rs,
                          struct err *e)
{
    return business_answer(sb, rq, rs, true, e);
}
