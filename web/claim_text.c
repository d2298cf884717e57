#include "web/claim_text.h"

#include "auth/claims.h"
#include "base/json.h"
#include "base/str.h"
#include "web/view.h"

#define TEXTS_MAX 64

static const struct {
    const char *claims; /* space-separated: one thing under its several names */
    const char *key;
} texts[] = {
    { "sub TechID", "claim.sub" },
    { "acr vn_account_level vn_account_kind vn_register_check LoaiTaiKhoan loginIdp "
      "TaiKhoanDuocXacThucVoiVNeID",
      "claim.account" },
    { "name HoVaTen", "claim.name" },
    { "birthdate NgayThangNamSinh", "claim.birthdate" },
    { "gender GioiTinh", "claim.gender" },
    { "QuocTich", "claim.nationality" },
    { "given_name family_name middle_name nickname preferred_username profile picture website "
      "zoneinfo locale updated_at",
      "claim.profile_rest" },
    { "email email_verified ThuDienTu", "claim.email" },
    { "phone_number phone_number_verified SoDienThoai", "claim.phone" },
    { "address DiaChi", "claim.address" },
    { "SoDinhDanh", "claim.number" },
    { "SoCMND", "claim.old_card" },
    { "HoChieu", "claim.passport" },
    { "MaSoThue", "claim.tax_code" },
    { "MaBHXH", "claim.insurance" },
    { "MaSoDoanhNghiep TenDoanhNghiep", "claim.business" },
    { "sub_type org act", "claim.acting" },
    { "authority verified_claims", "claim.authority" },
    { "representee_list representee", "claim.representees" },
};

/* Texts that stand in the list already. */
struct shown {
    const struct ctx *c;
    struct json *list;
    bool done[LEN(texts)];
};

/* A claim of no table is told by its name: better than not at all. */
static void claim_show(struct shown *s, struct str claim)
{
    for (size_t i = 0; i < LEN(texts); i++) {
        if (!client_list_has(str_c(texts[i].claims), claim))
            continue;
        if (!s->done[i])
            json_add_str(s->list, view_text(s->c, texts[i].key));
        s->done[i] = true;
        return;
    }
    if (json_count(s->list) < TEXTS_MAX)
        json_add_str(s->list, claim);
}

static void claims_show(struct shown *s, struct str claims)
{
    struct str claim;

    while (str_next(&claims, ' ', &claim))
        if (claim.n > 0)
            claim_show(s, claim);
}

struct json *claim_texts(const struct ctx *c, struct str scopes, struct str claims)
{
    struct shown s = { .c = c, .list = json_array() };

    for (size_t i = 0; i < claims_scope_count; i++)
        if (client_list_has(scopes, str_c(claims_scopes[i].name)))
            claims_show(&s, str_c(claims_scopes[i].claims));
    if (str_has(scopes, STR("representee.")))
        claim_show(&s, STR("representee"));
    claims_show(&s, claims);
    return s.list;
}
