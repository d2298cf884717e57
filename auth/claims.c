/*
 * Security: the attacker is a curious portal that wants more than it was registered for, or two
 * portals that want to join their records. Promised: nothing leaves without its scope; numbers of
 * the State only behind vn_id (Law 91/2025: purpose limitation); subjects differ by sector and
 * cannot be computed without our key; the upstream's TechID never leaves.
 */
#include "auth/claims.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/seal.h"

const struct claims_scope claims_scopes[] = {
    { "openid", "sub acr vn_account_level vn_account_kind vn_register_check" },
    { "profile", "name birthdate gender updated_at" },
    { "email", "email email_verified" },
    { "phone", "phone_number phone_number_verified" },
    { "address", "address" },
    { "vn_id", "SoDinhDanh SoCMND HoChieu MaSoThue MaBHXH" },
    { "vn_profile",
      "TechID LoaiTaiKhoan HoVaTen NgayThangNamSinh GioiTinh QuocTich DiaChi ThuDienTu "
      "SoDienThoai MaSoDoanhNghiep TenDoanhNghiep loginIdp "
      "TaiKhoanDuocXacThucVoiVNeID" },
};
const size_t claims_scope_count = LEN(claims_scopes);

bool claims_scope_known(struct str scope)
{
    for (size_t i = 0; i < claims_scope_count; i++)
        if (str_is(scope, claims_scopes[i].name))
            return true;
    return false;
}

struct str claims_sub(struct auth *au, struct arena *a, const struct client *c, struct str account)
{
    return seal_index(a, au->seal, str_cat(a, STR("sub:"), c->sector), account);
}

struct str claims_acr(int level)
{
    must(level == 1 || level == 2);
    return level == 2 ? STR("urn:vn:loa:2") : STR("urn:vn:loa:1");
}

struct str claims_account_level(int kind, int level)
{
    if (kind != VNEID_CITIZEN)
        return STR("org");
    return level == 2 ? STR("02") : STR("01");
}

static void put(struct json *o, const char *name, struct str s)
{
    if (s.n > 0)
        json_put_str(o, name, s);
}

static void openid_put(struct json *o, const struct account *acc)
{
    static const char *const kinds[] = { "", "citizen", "enterprise", "organisation" };

    json_put_str(o, "acr", claims_acr(acc->level));
    json_put_str(o, "vn_account_level", claims_account_level((int)acc->kind, acc->level));
    json_put_str(o, "vn_account_kind", str_c(kinds[acc->kind]));
    json_put_str(o, "vn_register_check",
                 acc->checked    ? STR("confirmed")
                 : acc->degraded ? STR("unavailable")
                                 : STR("skipped"));
}

/* OIDC Core 5.1: YYYY-MM-DD, or YYYY alone when the day is not known. */
static struct str birthdate(struct arena *a, struct date d)
{
    if (d.y == 0)
        return STR("");
    return date_is_valid(d) ? date_iso(a, d) : str_fmt(a, "%04d", d.y);
}

static void profile_put(struct arena *a, struct json *o, const struct account *acc)
{
    const struct vneid_claims *p = &acc->profile;

    put(o, "name", account_name(acc));
    json_put_int(o, "updated_at", acc->updated_ms / 1000);
    if (acc->kind != VNEID_CITIZEN)
        return; /* the rest would be the representative's, under the firm's name */
    put(o, "birthdate", birthdate(a, p->birth));
    if (p->sex.n > 0)
        json_put_str(o, "gender", str_is(p->sex, "1") ? STR("male") : STR("female"));
}

static void address_put(struct json *o, const struct vneid_claims *p)
{
    struct json *address;

    if (p->address.n == 0)
        return;
    address = json_object();
    json_put_str(address, "formatted", p->address);
    json_put(o, "address", address);
}

static void vn_id_put(struct json *o, const struct vneid_claims *p)
{
    put(o, "SoDinhDanh", p->number);
    put(o, "SoCMND", p->old_card);
    put(o, "HoChieu", p->passport);
    put(o, "MaSoThue", p->tax_code);
    put(o, "MaBHXH", p->insurance);
}

/* Contact data stays behind its own scopes here too. */
static void vn_profile_put(struct arena *a, struct json *o, const struct account *acc,
                           struct str scope)
{
    const struct vneid_claims *p = &acc->profile;

    json_put_str(o, "LoaiTaiKhoan", str_i64(a, (int64_t)acc->kind));
    put(o, "HoVaTen", p->name);
    if (p->birth.y > 0)
        json_put_str(o, "NgayThangNamSinh", date_compact(a, p->birth));
    put(o, "GioiTinh", p->sex);
    put(o, "QuocTich", p->nationality);
    put(o, "MaSoDoanhNghiep", p->business_code);
    put(o, "TenDoanhNghiep", p->business_name);
    if (client_list_has(scope, STR("address")))
        put(o, "DiaChi", p->address);
    if (client_list_has(scope, STR("email")))
        put(o, "ThuDienTu", p->email);
    if (client_list_has(scope, STR("phone")))
        put(o, "SoDienThoai", p->phone);
    json_put_str(o, "loginIdp", STR("BCA"));
    json_put_int(o, "TaiKhoanDuocXacThucVoiVNeID", 1);
}

struct json *claims_userinfo(struct auth *au, struct arena *a, const struct client *c,
                             const struct account *acc, struct str scope)
{
    const struct vneid_claims *p = &acc->profile;
    const struct str sub = claims_sub(au, a, c, acc->id);
    struct json *o = json_object();

    json_put_str(o, "sub", sub);
    openid_put(o, acc);
    if (client_list_has(scope, STR("profile")))
        profile_put(a, o, acc);
    if (client_list_has(scope, STR("email")) && p->email.n > 0) {
        json_put_str(o, "email", p->email);
        json_put_bool(o, "email_verified", false); /* VNeID does not say */
    }
    if (client_list_has(scope, STR("phone")) && p->phone.n > 0) {
        json_put_str(o, "phone_number", p->phone);
        json_put_bool(o, "phone_number_verified", false);
    }
    if (client_list_has(scope, STR("address")))
        address_put(o, p);
    if (client_list_has(scope, STR("vn_id")))
        vn_id_put(o, p);
    if (client_list_has(scope, STR("vn_profile"))) {
        json_put_str(o, "TechID", sub);
        vn_profile_put(a, o, acc, scope);
    }
    return o;
}
