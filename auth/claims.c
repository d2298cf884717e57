/*
 * Security: the attacker is a curious portal that wants more than it was registered for, or two
 * portals that want to join their records. Promised: nothing leaves without its scope, nor by the
 * claims parameter without the client being registered for that scope; numbers of the State only
 * behind vn_id (Law 91/2025: purpose limitation); subjects differ by sector and cannot be computed
 * without our key; the upstream's TechID never leaves. A value that the portal guesses in the
 * claims parameter is compared only where it may know the claim anyway.
 */
#include "auth/claims.h"

#include "auth/acting.h"
#include "auth/claims_acting.h"
#include "auth/claims_verified.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/seal.h"

const struct claims_scope claims_scopes[] = {
    { "openid", "sub acr vn_account_level vn_account_kind vn_register_check sub_type org act" },
    { "profile", "name given_name family_name middle_name nickname preferred_username profile "
                 "picture website gender birthdate zoneinfo locale updated_at" },
    { "email", "email email_verified" },
    { "phone", "phone_number phone_number_verified" },
    { "address", "address" },
    { "vn_id", "SoDinhDanh SoCMND HoChieu MaSoThue MaBHXH" },
    { "vn_profile",
      "TechID LoaiTaiKhoan HoVaTen NgayThangNamSinh GioiTinh QuocTich DiaChi ThuDienTu "
      "SoDienThoai MaSoDoanhNghiep TenDoanhNghiep loginIdp "
      "TaiKhoanDuocXacThucVoiVNeID" },
    { "authority", "verified_claims authority" },
    { "representee_list", "representee_list representee" },
};
const size_t claims_scope_count = LEN(claims_scopes);

/* Contact data stays behind its own scope under its other name too. */
static const struct {
    const char *claim, *scope;
} also_needs[] = {
    { "DiaChi", "address" },
    { "ThuDienTu", "email" },
    { "SoDienThoai", "phone" },
};

/* Had they to be of another value, the authorization endpoint would not have let it pass. */
static bool is_told_as_it_is(struct str claim)
{
    return str_is(claim, "sub") || str_is(claim, "acr");
}

static bool is_representee(struct str scope)
{
    const struct str prefix = STR("representee.");

    return scope.n > prefix.n && str_starts(scope, prefix);
}

bool claims_representee_once(struct str scopes)
{
    struct str word;
    size_t n = 0;

    while (str_next(&scopes, ' ', &word))
        n += is_representee(word);
    return n <= 1;
}

bool claims_scope_may(const struct client *c, struct str scope)
{
    return client_may_scope(c, is_representee(scope) ? STR("representee_list") : scope);
}

struct str claims_scopes_left(struct arena *a, const struct client *c, struct str scopes)
{
    struct str left = STR(""), word;

    while (str_next(&scopes, ' ', &word))
        if (word.n > 0 && claims_scope_may(c, word))
            left = left.n == 0 ? word : str_fmt(a, "%.*s %.*s", STR_ARG(left), STR_ARG(word));
    return left;
}

bool claims_scope_known(struct str scope)
{
    if (is_representee(scope))
        return true;
    for (size_t i = 0; i < claims_scope_count; i++)
        if (str_is(scope, claims_scopes[i].name))
            return true;
    return false;
}

/* Whether the scopes of that list tell the claim. */
static bool scopes_tell(struct str scopes, struct str claim)
{
    for (size_t i = 0; i < LEN(also_needs); i++)
        if (str_is(claim, also_needs[i].claim) &&
            !client_list_has(scopes, str_c(also_needs[i].scope)))
            return false;
    for (size_t i = 0; i < claims_scope_count; i++)
        if (client_list_has(str_c(claims_scopes[i].claims), claim) &&
            client_list_has(scopes, str_c(claims_scopes[i].name)))
            return true;
    return false;
}

bool claims_may(const struct client *c, struct str claim)
{
    return scopes_tell(c->scopes, claim);
}

struct str claims_sub(struct auth *au, struct arena *a, const struct client *c, struct str account)
{
    const struct str sector = c->public_subject ? STR("") : c->sector;

    return seal_index(a, au->seal, str_cat(a, STR("sub:"), sector), account);
}

struct str claims_acr(int acr)
{
    static const char *const names[] = { "urn:vn:loa:1", "urn:vn:loa:2", "urn:vn:loa:3",
                                         "urn:vn:loa:4" };

    must(acr >= 1 && acr <= (int)LEN(names));
    return str_c(names[acr - 1]);
}

struct str claims_account_level(int kind, int level)
{
    if (kind != VNEID_CITIZEN)
        return STR("org");
    return level == 2 ? STR("02") : STR("01");
}

struct claims_subject claims_of_grant(const struct client *c, const struct account *acc,
                                      const struct grant *g)
{
    return (struct claims_subject){
        .client = c,
        .account = acc,
        .level = g->level,
        .acr = g->acr > 0 ? g->acr : g->level,
        .scope = g->scope,
        .asked = g->claims,
        .organisation = g->acting,
        .mandate = g->mandate,
    };
}

struct claims_subject claims_of_access(const struct client *c, const struct account *acc,
                                       const struct access *acs)
{
    return (struct claims_subject){
        .client = c,
        .account = acc,
        .level = acs->level,
        .acr = acs->acr > 0 ? acs->acr : acs->level,
        .scope = acs->scope,
        .asked = acs->claims,
        .organisation = acs->acting,
        .mandate = acs->mandate,
    };
}

static void put(struct json *o, const char *name, struct str s)
{
    if (s.n > 0)
        json_put_str(o, name, s);
}

static void openid_put(struct auth *au, struct arena *a, struct json *o,
                       const struct claims_subject *s)
{
    static const char *const kinds[] = { "", "citizen", "enterprise", "organisation" };
    const struct account *acc = s->account;

    json_put_str(o, "sub", claims_sub(au, a, s->client, acc->id));
    json_put_str(o, "acr", claims_acr(s->acr));
    json_put_str(o, "vn_account_level", claims_account_level((int)acc->kind, s->level));
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

/* What the upstream told under the standard's own names; see vneid_claims.standard. */
static struct json *standard_read(const struct vneid_claims *p)
{
    struct json *o = NULL;

    if (p->standard.n == 0 || json_read(p->standard, &o, NULL).failed)
        return json_object();
    return o;
}

static void standard_put(struct json *o, const struct json *standard)
{
    static const char *const names[] = { "given_name", "family_name", "middle_name",
                                         "nickname",   "profile",     "preferred_username",
                                         "picture",    "website",     "zoneinfo",
                                         "locale" };

    for (size_t i = 0; i < LEN(names); i++)
        if (json_member(standard, names[i]) != NULL)
            json_put(o, names[i], json_copy(json_member(standard, names[i])));
}

static void profile_put(struct arena *a, struct json *o, const struct account *acc,
                        const struct json *standard)
{
    const struct vneid_claims *p = &acc->profile;

    put(o, "name", account_name(acc));
    json_put_int(o, "updated_at", acc->updated_ms / 1000);
    if (acc->kind != VNEID_CITIZEN)
        return; /* the rest would be the representative's, under the firm's name */
    standard_put(o, standard);
    put(o, "birthdate", birthdate(a, p->birth));
    if (p->sex.n > 0)
        json_put_str(o, "gender", str_is(p->sex, "1") ? STR("male") : STR("female"));
}

/* VNeID itself does not say whether it verified them. */
static bool said_true(const struct json *standard, const char *name)
{
    bool b = false;

    return json_bool(json_member(standard, name), &b) && b;
}

static void contact_put(struct json *o, const struct vneid_claims *p, const struct json *standard)
{
    struct json *address = json_member(standard, "address");

    if (p->email.n > 0) {
        json_put_str(o, "email", p->email);
        json_put_bool(o, "email_verified", said_true(standard, "email_verified"));
    }
    if (p->phone.n > 0) {
        json_put_str(o, "phone_number", p->phone);
        json_put_bool(o, "phone_number_verified", said_true(standard, "phone_number_verified"));
    }
    if (p->address.n == 0 && address == NULL)
        return;
    address = address != NULL ? json_copy(address) : json_object();
    put(address, "formatted", p->address);
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

static void vn_profile_put(struct arena *a, struct json *o, const struct account *acc)
{
    const struct vneid_claims *p = &acc->profile;

    json_put(o, "TechID", json_copy(json_member(o, "sub")));
    json_put_str(o, "LoaiTaiKhoan", str_i64(a, (int64_t)acc->kind));
    put(o, "HoVaTen", p->name);
    if (p->birth.y > 0)
        json_put_str(o, "NgayThangNamSinh", date_compact(a, p->birth));
    put(o, "GioiTinh", p->sex);
    put(o, "QuocTich", p->nationality);
    put(o, "MaSoDoanhNghiep", p->business_code);
    put(o, "TenDoanhNghiep", p->business_name);
    put(o, "DiaChi", p->address);
    put(o, "ThuDienTu", p->email);
    put(o, "SoDienThoai", p->phone);
    json_put_str(o, "loginIdp", STR("BCA"));
    json_put_int(o, "TaiKhoanDuocXacThucVoiVNeID", 1);
}

/* Every claim there is, by name: what leaves is picked from it. Caller closes. */
static struct json *claims_known(struct auth *au, struct arena *a, const struct claims_subject *s)
{
    DEFER(json_close) struct json *standard = standard_read(&s->account->profile);
    struct json *o = json_object();

    openid_put(au, a, o, s);
    if (s->acting != NULL) {
        json_put_int(o, "updated_at", s->account->updated_ms / 1000);
        claims_acting_put(au, a, s, o);
        return o;
    }
    profile_put(a, o, s->account, standard);
    contact_put(o, &s->account->profile, standard);
    vn_id_put(o, &s->account->profile);
    vn_profile_put(a, o, s->account);
    return o;
}

static void scopes_put(struct arena *a, const struct claims_subject *s, const struct json *known,
                       struct json *out)
{
    struct json *value;
    struct str name;

    for (size_t i = 0; json_each(known, i, &name, &value); i++)
        if (scopes_tell(s->scope, name) || str_is(name, "representee"))
            json_put(out, str_cstr(a, name), json_copy(value));
}

/* The scope asks for all that there is to say about the ground. */
static void authority_put(struct auth *au, struct arena *a, const struct claims_subject *s,
                          const struct json *known, struct json *out)
{
    static const char all[] =
        "{\"verification\":{\"trust_framework\":null,\"assurance_level\":null,\"time\":null,"
        "\"evidence\":[]},\"claims\":{\"authority\":null}}";
    DEFER(json_close) struct json *asked = NULL;
    struct json *told;

    if (s->acting == NULL || !client_list_has(s->scope, STR("authority")) ||
        json_read(str_c(all), &asked, NULL).failed)
        return;
    told = claims_verified(au, a, s, known, asked);
    if (told != NULL)
        json_put(out, "verified_claims", told);
}

/* One member of the claims parameter: "userinfo" or "id_token". */
static void asked_put(struct auth *au, struct arena *a, const struct claims_subject *s,
                      const struct json *known, const struct json *asked, struct json *out)
{
    struct json *want, *have;
    struct str name;

    for (size_t i = 0; json_each(asked, i, &name, &want); i++) {
        struct json *part = NULL;

        if (str_is(name, "verified_claims"))
            part = claims_verified(au, a, s, known, want);
        else if (claims_may(s->client, name) && json_lookup(known, name, &have) &&
                 !claims_select(a, is_told_as_it_is(name) ? NULL : want, have,
                                clock_now_ms(au->clock), &part))
            part = NULL;
        if (part != NULL)
            json_put(out, str_cstr(a, name), part);
    }
}

static result asked_read(const struct claims_subject *s, struct json **out, struct err *e)
{
    if (s->asked.n == 0) {
        *out = NULL;
        return OK;
    }
    if (json_read(s->asked, out, e).failed)
        return fail(e, ERR_INTERNAL, "a claims parameter that was accepted does not parse");
    return OK;
}

/* The subject with the ground that its tokens rest on. */
static result subject_full(struct auth *au, const struct visit *v, struct claims_subject *s,
                           struct err *e)
{
    struct acting *acting;

    if (s->organisation.n == 0)
        return OK;
    acting = arena_new(v->arena, struct acting);
    TRY(acting_recall(au, v, s->account->id, s->organisation, s->mandate, acting, e));
    s->acting = acting;
    return OK;
}

static void copy_members(struct json *to, const struct json *from, const char *const *names,
                         size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (json_member(from, names[i]) != NULL)
            json_put(to, names[i], json_copy(json_member(from, names[i])));
}

result claims_id_token(struct auth *au, const struct visit *v, const struct claims_subject *given,
                       struct json *o, struct err *e)
{
    static const char *const always[] = { "sub", "acr", "vn_account_level", "vn_register_check",
                                          "sub_type" };
    static const char *const of_actor[] = { "sub", "vn_account_level", "role" };
    DEFER(json_close) struct json *known = NULL;
    DEFER(json_close) struct json *asked = NULL;
    struct claims_subject full = *given;
    const struct claims_subject *s = &full;
    struct json *act;

    TRY(subject_full(au, v, &full, e));
    TRY(asked_read(s, &asked, e));
    known = claims_known(au, v->arena, s);
    copy_members(o, known, always, LEN(always));
    if (s->acting != NULL) {
        act = json_object();
        copy_members(act, json_member(known, "act"), of_actor, LEN(of_actor));
        json_put(o, "act", act);
    }
    asked_put(au, v->arena, s, known, json_member(asked, "id_token"), o);
    return OK;
}

result claims_userinfo(struct auth *au, const struct visit *v, const struct claims_subject *given,
                       struct json **out, struct err *e)
{
    DEFER(json_close) struct json *known = NULL;
    DEFER(json_close) struct json *asked = NULL;
    struct claims_subject full = *given;
    const struct claims_subject *s = &full;

    TRY(subject_full(au, v, &full, e));
    TRY(asked_read(s, &asked, e));
    known = claims_known(au, v->arena, s);
    TRY(claims_representees_put(au, v, s, known, e));
    *out = json_object();
    scopes_put(v->arena, s, known, *out);
    authority_put(au, v->arena, s, known, *out);
    asked_put(au, v->arena, s, known, json_member(asked, "userinfo"), *out);
    return OK;
}
