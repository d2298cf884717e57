/*
 * Security: the attacker is a portal that fishes for more than it may know, by asking whether a
 * value fits. Promised: a claim that the client may not have is treated as unknown before its value
 * is looked at; nothing is called verified that a register did not confirm; the digest of a record
 * is keyed by sector, so that two portals cannot join their records by it.
 */
#include "auth/claims_verified.h"

#include "auth/acting.h"
#include "auth/claims_acting.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/seal.h"

static bool same(struct arena *a, const struct json *x, const struct json *y)
{
    return str_eq(json_print_canonical(a, x), json_print_canonical(a, y));
}

static bool young_enough(const struct json *max_age, const struct json *actual, int64_t now_ms)
{
    struct str text;
    int64_t s, at_ms;

    return json_int(max_age, &s) && s >= 0 && s < INT32_MAX && json_str(actual, &text) &&
           clock_read_rfc3339(text, &at_ms) && now_ms - at_ms <= s * 1000;
}

/* JSON that was read is LIMIT_JSON_DEPTH deep at most, and so are the calls below. */

/* `value`, `values`, `max_age` of one constraint; actual may be NULL. */
static bool value_fits(struct arena *a, const struct json *asked, const struct json *actual,
                       int64_t now_ms)
{
    const struct json *value = json_member(asked, "value"), *values = json_member(asked, "values");
    const struct json *max_age = json_member(asked, "max_age");
    bool any = false;

    if (max_age != NULL && (actual == NULL || !young_enough(max_age, actual, now_ms)))
        return false;
    if (value != NULL && (actual == NULL || !same(a, value, actual)))
        return false;
    if (values == NULL)
        return true;
    for (size_t i = 0; actual != NULL && i < json_count(values); i++)
        any = any || same(a, json_at(values, i), actual);
    return any;
}

static bool is_constraint(const struct json *asked)
{
    return json_member(asked, "value") != NULL || json_member(asked, "values") != NULL ||
           json_member(asked, "max_age") != NULL;
}

static bool select_members(struct arena *a, const struct json *asked, const struct json *actual,
                           int64_t now_ms, struct json **out)
{
    DEFER(json_close) struct json *picked = json_object();
    struct json *want;
    struct str name;

    for (size_t i = 0; json_each(asked, i, &name, &want); i++) {
        const char *member = str_cstr(a, name);
        struct json *part = NULL;
        struct json *have = actual != NULL ? json_member(actual, member) : NULL;

        if (!claims_select(a, want, have, now_ms, &part))
            return false;
        if (part != NULL)
            json_put(picked, member, part);
    }
    if (actual != NULL) {
        *out = picked;
        picked = NULL;
    }
    return true;
}

/* Alternatives: each actual element that fits one of them. */
static bool select_elements(struct arena *a, const struct json *asked, const struct json *actual,
                            int64_t now_ms, struct json **out)
{
    DEFER(json_close) struct json *picked = json_array();

    if (json_count(asked) == 0) {
        *out = actual != NULL ? json_copy(actual) : NULL;
        return true;
    }
    for (size_t i = 0; i < json_count(actual); i++) {
        struct json *part = NULL;
        bool met = false;

        for (size_t k = 0; !met && k < json_count(asked); k++)
            met = claims_select(a, json_at(asked, k), json_at(actual, i), now_ms, &part);
        if (part != NULL)
            json_add(picked, part);
    }
    if (json_count(picked) == 0)
        return false;
    *out = picked;
    picked = NULL;
    return true;
}

bool claims_select(struct arena *a, const struct json *asked, const struct json *actual,
                   int64_t now_ms, struct json **out)
{
    *out = NULL;
    if (json_is_array(asked))
        return select_elements(a, asked, actual, now_ms, out);
    if (json_is_object(asked) && is_constraint(asked)) {
        if (!value_fits(a, asked, actual, now_ms))
            return false;
    } else if (json_is_object(asked) && (actual == NULL || json_is_object(actual))) {
        struct json *essential = NULL;

        /* {"essential": true} asks for the whole */
        if (!json_lookup(asked, STR("essential"), &essential))
            return select_members(a, asked, actual, now_ms, out);
    }
    *out = actual != NULL ? json_copy(actual) : NULL;
    return true;
}

/* The register that stands behind it. */
struct source {
    const char *organisation, *type, *name;
    struct str record;
    int64_t at_ms;
};

static struct source source_of(const struct claims_subject *s)
{
    if (s->acting != NULL)
        return (struct source){ "Bộ Tài chính", "business_register",
                                "Cơ sở dữ liệu quốc gia về đăng ký doanh nghiệp", s->acting->code,
                                s->acting->checked_ms };
    return (struct source){ "Bộ Công an", "population_register", "Cơ sở dữ liệu quốc gia về dân cư",
                            s->account->profile.number, s->account->checked_ms };
}

static struct json *evidence(struct auth *au, struct arena *a, const struct claims_subject *s,
                             const struct source *from)
{
    const struct str at = clock_rfc3339_utc(a, from->at_ms);
    const struct str sector = s->client->public_subject ? STR("") : s->client->sector;
    struct json *list = json_array(), *one = json_object(), *record = json_object();
    struct json *source = json_object(), *details = json_array(), *check = json_object();

    json_put_str(check, "check_method", STR("data"));
    json_put_str(check, "organization", str_c(from->organisation));
    json_put_str(check, "time", at);
    json_add(details, check);
    json_put_str(source, "name", str_c(from->name));
    json_put_str(record, "type", str_c(from->type));
    json_put(record, "source", source);
    json_put_str(record, "record_id_hash",
                 seal_index(a, au->seal, str_cat(a, STR("record:"), sector), from->record));
    json_put_str(one, "type", STR("electronic_record"));
    json_put(one, "check_details", details);
    json_put(one, "record", record);
    json_put_str(one, "time", at);
    json_add(list, one);
    return list;
}

static struct json *verification(struct auth *au, struct arena *a, const struct claims_subject *s)
{
    const struct source from = source_of(s);
    const int kind = s->acting != NULL ? s->acting->kind : (int)s->account->kind;
    struct json *o = json_object();

    json_put_str(o, "trust_framework", STR("vn_nd69_2024"));
    json_put_str(o, "assurance_level", claims_account_level(kind, s->level));
    json_put_str(o, "time", clock_rfc3339_utc(a, from.at_ms));
    json_put(o, "evidence", evidence(au, a, s, &from));
    return o;
}

static bool is_verified(const struct claims_subject *s, struct str claim)
{
    static const char person[] = "name birthdate SoDinhDanh HoVaTen NgayThangNamSinh";
    static const char organisation[] = "name org MaSoThue MaSoDoanhNghiep TenDoanhNghiep authority";

    return client_list_has(s->acting != NULL ? str_c(organisation) : str_c(person), claim);
}

static bool is_known(const struct claims_subject *s)
{
    if (s->acting != NULL)
        return s->acting->kind == VNEID_ENTERPRISE && s->acting->checked_ms > 0;
    return s->account->checked && s->account->kind == VNEID_CITIZEN;
}

/* `authority` is told here and nowhere else. */
static struct json *with_authority(struct arena *a, const struct claims_subject *s,
                                   const struct json *known)
{
    struct json *o = json_copy(known);

    if (s->acting != NULL)
        json_put(o, "authority", claims_authority(a, s));
    return o;
}

static struct json *claims_pick(struct auth *au, struct arena *a, const struct claims_subject *s,
                                const struct json *known, const struct json *asked)
{
    struct json *o = json_object(), *want;
    struct str name;

    for (size_t i = 0; json_each(asked, i, &name, &want); i++) {
        struct json *part = NULL, *have;

        if (!is_verified(s, name) || !claims_may(s->client, name) ||
            !json_lookup(known, name, &have) ||
            !claims_select(a, want, have, clock_now_ms(au->clock), &part))
            continue;
        json_put(o, str_cstr(a, name), part);
    }
    return o;
}

static struct json *one_verified(struct auth *au, struct arena *a, const struct claims_subject *s,
                                 const struct json *known, const struct json *asked)
{
    DEFER(json_close) struct json *all = verification(au, a, s);
    DEFER(json_close) struct json *told = NULL;
    DEFER(json_close) struct json *claims = NULL;
    struct json *o, *first;
    struct str name;

    if (!json_is_object(json_member(asked, "claims")) ||
        !claims_select(a, json_member(asked, "verification"), all, clock_now_ms(au->clock), &told))
        return NULL;
    if (json_member(asked, "verification") == NULL) {
        json_close(&told);
        told = json_object();
    }
    json_put(told, "trust_framework", json_copy(json_member(all, "trust_framework")));
    claims = claims_pick(au, a, s, known, json_member(asked, "claims"));
    if (!json_each(claims, 0, &name, &first))
        return NULL;
    o = json_object();
    json_put(o, "verification", json_copy(told));
    json_put(o, "claims", json_copy(claims));
    return o;
}

struct json *claims_verified(struct auth *au, struct arena *a, const struct claims_subject *s,
                             const struct json *known, const struct json *asked)
{
    DEFER(json_close) struct json *all = NULL;
    struct json *list, *one;

    if (!is_known(s))
        return NULL;
    all = with_authority(a, s, known);
    if (!json_is_array(asked))
        return one_verified(au, a, s, all, asked);
    list = json_array();
    for (size_t i = 0; i < json_count(asked); i++) {
        one = one_verified(au, a, s, all, json_at(asked, i));
        if (one != NULL)
            json_add(list, one);
    }
    if (json_count(list) == 0)
        json_close(&list);
    return list;
}
