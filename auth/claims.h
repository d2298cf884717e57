/*
 * claims.h - what a portal is told about whom, by scope and by the claims parameter (OIDC Core 5).
 *
 *     openid      sub, acr, vn_account_level, vn_account_kind, vn_register_check
 *     profile     name, birthdate, gender, updated_at, and of the other standard claims those that
 *                 the upstream told under that name; a name is never split here: many have one word
 *     email phone address   the standard claims; address.formatted at least
 *     vn_id       SoDinhDanh, SoCMND, HoChieu, MaSoThue, MaBHXH: numbers only behind their own
 * scope vn_profile  the national SSO's names: TechID, LoaiTaiKhoan, HoVaTen, NgayThangNamSinh ...
 *
 * Two axes: `acr` urn:vn:loa:1 to :4 is how strongly the person was authenticated (Decree 69/2024
 * art. 20), vn_account_level "01" "02" "org" is the level of the account (art. 7). birthdate is
 * YYYY-MM-DD, or YYYY alone when the day is not known. vn_register_check says "confirmed",
 * "unavailable" (degraded: the register could not be asked), or "skipped".
 * TaiKhoanDuocXacThucVoiVNeID (Decision 766, indicator 4.5) is 1 for every sign-in through VNeID.
 *
 * Who acts for an organisation is told about it (auth/claims_acting.h): sub is the organisation's,
 * sub_type "organisation", `org` what it is, `act` who acts; name, address, MaSoThue and
 * MaSoDoanhNghiep are the organisation's then, SoDinhDanh and HoVaTen stay the person's, as the
 * national SSO tells them, and of the person's other data nothing is told.
 *
 *     authority            verified_claims with the ground: role, days, budget, functions
 *     representee_list     for whom the person may act: status, list of sub, type, name
 *     representee.<sub>    while acting, one of those: status and mandates; registered as
 *                          representee_list
 *
 * `sub` is pairwise: a keyed digest of (sector, account); of a client registered for public
 * subjects, of the account alone. TechID within vn_profile is that same value, so that two portals
 * cannot join their records by it.
 *
 * The claims parameter (5.5) asks for single claims, in userinfo or in the ID token. It adds
 * nothing to what the client is registered for: a claim is told when the client may ask for the
 * scope that it stands behind. `value` and `values` that do not fit leave the claim out; only sub
 * and acr are told as they are, since the authorization endpoint has seen to those. verified_claims
 * is auth/claims_verified.h.
 */
#ifndef AUTH_CLAIMS_H
#define AUTH_CLAIMS_H

#include "auth/access.h"
#include "auth/account.h"
#include "auth/client.h"
#include "auth/grant.h"

struct acting;
struct json;

struct claims_scope {
    const char *name;
    const char *claims; /* space-separated, as discovery lists them */
};
extern const struct claims_scope claims_scopes[];
extern const size_t claims_scope_count;
bool claims_representee_once(struct str scopes); /* no more than one of representee.<sub> */
bool claims_scope_known(struct str scope);       /* also representee.<sub> */
/* Whether the client may ask for the scope: representee.<sub> by its registered representee_list.
 */
bool claims_scope_may(const struct client *c, struct str scope);
/* Of scopes that were granted those that it may still ask for; space-separated, perhaps none. */
struct str claims_scopes_left(struct arena *a, const struct client *c, struct str scopes);
/* Whether the client may ask for the claim of that name: by its registered scopes. */
bool claims_may(const struct client *c, struct str claim);

struct str claims_sub(struct auth *au, struct arena *a, const struct client *c, struct str account);
struct str claims_acr(int acr);                       /* 1 to 4 */
struct str claims_account_level(int kind, int level); /* "01" "02" "org" */

/* About whom, to whom, and what was granted. */
struct claims_subject {
    const struct client *client;
    const struct account *account;
    int level, acr;              /* of the session: a later, better sign-in does not raise them */
    struct str scope, asked;     /* granted; the claims parameter, or empty */
    struct str organisation;     /* acted for, or empty: for oneself */
    struct str mandate;          /* by which, or empty */
    const struct acting *acting; /* of the organisation; filled in by the functions below */
};
struct claims_subject claims_of_grant(const struct client *c, const struct account *acc,
                                      const struct grant *g);
struct claims_subject claims_of_access(const struct client *c, const struct account *acc,
                                       const struct access *acs);

/* Puts into `o` what an ID token says about the subject: sub, acr, vn_account_level,
 * vn_register_check, for an organisation sub_type and act (without a name), and what the claims
 * parameter asked for in the ID token; nothing else of the person. The protocol's own (iss aud exp
 * iat nonce auth_time amr at_hash sid) are the caller's. */
MUST_USE result claims_id_token(struct auth *au, const struct visit *v,
                                const struct claims_subject *s, struct json *o, struct err *e);
/* The userinfo object. Caller closes. */
MUST_USE result claims_userinfo(struct auth *au, const struct visit *v,
                                const struct claims_subject *s, struct json **out, struct err *e);

#endif
