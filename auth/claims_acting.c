/*
 * Security: the attacker is a portal that wants to know whom a person stands for, or who stands
 * behind a firm, beyond its registration; or one that guesses subjects. Promised: subjects of
 * organisations are pairwise as those of people; lists go by their own scope; one that may not be
 * acted for and one that does not exist are answered alike; numbers wait for vn_id, names of people
 * for profile.
 */
#include "auth/claims_acting.h"

#include "auth/acting.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"

static bool wants(const struct claims_subject *s, const char *scope)
{
    return client_list_has(s->scope, str_c(scope));
}

static void put(struct json *o, const char *name, struct str s)
{
    if (s.n > 0)
        json_put_str(o, name, s);
}

static struct json *organisation_of(const struct claims_subject *s)
{
    struct json *o = json_object();

    if (wants(s, "vn_id")) {
        put(o, "tax_code", s->acting->code);
        put(o, "registration_number", s->acting->code);
    }
    put(o, "name", s->acting->name);
    put(o, "status", s->acting->status);
    json_put_str(o, "jurisdiction", STR("VN"));
    return o;
}

static struct json *actor(struct auth *au, struct arena *a, const struct claims_subject *s)
{
    struct json *o = json_object();

    json_put_str(o, "sub", claims_sub(au, a, s->client, s->account->id));
    if (s->account->kind == VNEID_CITIZEN)
        json_put_str(o, "vn_account_level", claims_account_level(VNEID_CITIZEN, s->level));
    json_put_str(o, "role", s->acting->role);
    if (wants(s, "profile"))
        put(o, "name", s->account->profile.name);
    return o;
}

void claims_acting_put(struct auth *au, struct arena *a, const struct claims_subject *s,
                       struct json *known)
{
    const struct acting *act = s->acting;
    const struct vneid_claims *p = &s->account->profile;
    struct json *address;

    json_put_str(known, "sub", claims_sub(au, a, s->client, act->organisation));
    json_put_str(known, "TechID", claims_sub(au, a, s->client, act->organisation));
    json_put_str(known, "sub_type", STR("organisation"));
    json_put_str(known, "vn_account_level", claims_account_level(act->kind, s->level));
    json_put_str(known, "vn_account_kind",
                 act->kind == VNEID_ENTERPRISE ? STR("enterprise") : STR("organisation"));
    json_put_str(known, "LoaiTaiKhoan", str_i64(a, act->kind));
    put(known, "name", act->name);
    put(known, "TenDoanhNghiep", act->name);
    put(known, "MaSoDoanhNghiep", act->code);
    put(known, "MaSoThue", act->code);
    put(known, "SoDinhDanh", p->number);
    put(known, "HoVaTen", p->name);
    put(known, "DiaChi", act->address);
    json_put_str(known, "loginIdp", STR("BCA"));
    json_put_int(known, "TaiKhoanDuocXacThucVoiVNeID", 1);
    if (act->address.n > 0) {
        address = json_object();
        json_put_str(address, "formatted", act->address);
        json_put(known, "address", address);
    }
    json_put(known, "org", organisation_of(s));
    json_put(known, "act", actor(au, a, s));
}

static struct json *words(struct str list)
{
    struct json *array = json_array();
    struct str word;

    while (str_next(&list, ' ', &word))
        if (word.n > 0)
            json_add_str(array, word);
    return array;
}

static struct json *permission(struct arena *a, const struct acting *act)
{
    struct json *o = json_object(), *validity = json_object(), *budget;

    json_put_str(o, "role", act->role);
    json_put_str(validity, "start", date_iso(a, clock_local(act->valid_from_ms).date));
    if (act->valid_until_ms > 0) /* exclusive: its last moment is the day before */
        json_put_str(validity, "end", date_iso(a, clock_local(act->valid_until_ms - 1).date));
    json_put(o, "validity", validity);
    if (act->amount_limit_vnd > 0) {
        budget = json_object();
        json_put_int(budget, "value", act->amount_limit_vnd);
        json_put_str(budget, "currency", STR("VND"));
        json_put(o, "budget", budget);
    }
    if (act->functions.n > 0)
        json_put(o, "function", words(act->functions));
    json_put(o, "powers", words(act->powers));
    return o;
}

struct json *claims_authority(struct arena *a, const struct claims_subject *s)
{
    const struct acting *act = s->acting;
    struct json *o = json_object(), *to = json_object(), *list = json_array();
    struct json *by = json_object();

    put(to, "organization_name", act->name);
    put(to, "organization_status", act->status);
    if (wants(s, "vn_id"))
        put(to, "registration_number", act->code);
    json_put(o, "applies_to", to);
    json_add(list, permission(a, act));
    json_put(o, "permission", list);
    json_put_str(by, "method", act->mandate.n > 0 ? STR("delegated") : STR("appointed"));
    json_put(o, "granted_by", by);
    return o;
}

/* ---- for whom else ---- */

struct representees {
    struct acting list[ACTING_MAX];
    size_t count;
    bool incomplete;
};

static struct json *list_of(struct auth *au, struct arena *a, const struct claims_subject *s,
                            const struct representees *all)
{
    struct json *o = json_object(), *list;

    json_put_str(o, "status", all->incomplete ? STR("SERVICE_NOT_AVAILABLE") : STR("CURRENT"));
    if (all->incomplete)
        return o;
    list = json_array();
    for (size_t i = 0; i < all->count; i++) {
        struct json *one;

        if (all->list[i].pay_only)
            continue;
        one = json_object();
        json_put_str(one, "sub", claims_sub(au, a, s->client, all->list[i].organisation));
        json_put_str(one, "type", STR("organisation"));
        json_put_str(one, "name", all->list[i].name);
        json_add(list, one);
    }
    json_put(o, "list", list);
    return o;
}

static struct json *mandate_of(struct arena *a, const struct acting *act)
{
    struct json *o = json_object();

    json_put_str(o, "role", act->role);
    if (act->valid_until_ms > 0)
        json_put_str(o, "valid_until", clock_rfc3339_utc(a, act->valid_until_ms));
    return o;
}

/* Of every ground on which the person may act for it. */
static struct json *one_of(struct auth *au, struct arena *a, const struct claims_subject *s,
                           const struct representees *all, struct str sub)
{
    struct json *o = json_object(), *mandates = json_array();

    json_put_str(o, "sub", sub);
    for (size_t i = 0; i < all->count; i++) {
        const struct acting *act = &all->list[i];

        if (!act->pay_only && str_eq(claims_sub(au, a, s->client, act->organisation), sub))
            json_add(mandates, mandate_of(a, act));
    }
    json_put_str(o, "status",
                 json_count(mandates) > 0 ? STR("CURRENT")
                 : all->incomplete        ? STR("SERVICE_NOT_AVAILABLE")
                                          : STR("NOT_ALLOWED"));
    if (json_count(mandates) > 0)
        json_put(o, "mandates", mandates);
    else
        json_close(&mandates);
    return o;
}

/* The subject of the scope representee.<sub>: a request has no more than one of them. */
static struct str representee_asked(struct str scopes)
{
    const struct str prefix = STR("representee.");
    struct str word;

    while (str_next(&scopes, ' ', &word))
        if (str_starts(word, prefix))
            return str_from(word, prefix.n);
    return STR("");
}

result claims_representees_put(struct auth *au, const struct visit *v,
                               const struct claims_subject *s, struct json *known, struct err *e)
{
    const struct session session = { .account = s->account->id,
                                     .level = s->level,
                                     .kind = (int)s->account->kind };
    const struct str one = representee_asked(s->scope);
    struct representees *all;

    if (one.n == 0 && !wants(s, "representee_list"))
        return OK;
    all = arena_new(v->arena, struct representees);
    if (wants(s, "representee_list")) {
        TRY(acting_list(au, v, &session, s->client, all->list, &all->count, &all->incomplete, e));
        json_put(known, "representee_list", list_of(au, v->arena, s, all));
    }
    if (one.n > 0 && s->organisation.n > 0) {
        TRY(acting_list_grounds(au, v, &session, s->client, all->list, &all->count,
                                &all->incomplete, e));
        json_put(known, "representee", one_of(au, v->arena, s, all, one));
    }
    return OK;
}
