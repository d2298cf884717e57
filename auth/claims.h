/*
 * claims.h - what a portal is told about a person, by scope.
 *
 *     openid      sub, acr, vn_account_level, vn_account_kind, vn_register_check
 *     profile     name, birthdate, gender, updated_at    email  email    phone  phone_number
 *     address     address.formatted
 *     vn_id       SoDinhDanh, SoCMND, HoChieu, MaSoThue, MaBHXH: numbers only behind their own
 * scope vn_profile  the national SSO's names: TechID, LoaiTaiKhoan, HoVaTen, NgayThangNamSinh ...
 *
 * `sub` is pairwise: a keyed digest of (sector, account). TechID within vn_profile is that same
 * value, so that two portals cannot join their records by it. acr is urn:vn:loa:1 or :2.
 * TaiKhoanDuocXacThucVoiVNeID (Decision 766, indicator 4.5) is 1 for every sign-in through VNeID.
 * vn_register_check says "confirmed", "unavailable" (degraded), or "skipped".
 */
#ifndef AUTH_CLAIMS_H
#define AUTH_CLAIMS_H

#include "auth/account.h"
#include "auth/client.h"

struct json;

struct claims_scope {
    const char *name;
    const char *claims; /* space-separated, as discovery lists them */
};
extern const struct claims_scope claims_scopes[];
extern const size_t claims_scope_count;
bool claims_scope_known(struct str scope);

struct str claims_sub(struct auth *au, struct arena *a, const struct client *c, struct str account);
struct str claims_acr(int level);
struct str claims_account_level(int kind, int level); /* "01" "02" "org" */
/* The userinfo object for what was granted. Caller closes. */
struct json *claims_userinfo(struct auth *au, struct arena *a, const struct client *c,
                             const struct account *acc, struct str scope);

#endif
