/*
 * Security: what arrives here was signed or sent over TLS by the upstream, yet it decides who
 * somebody is. Promised: texts are valid, bounded and in one form; the identity level comes from
 * loAs and IAL only, the lower one when they disagree, 1 when absent, expired or unreadable;
 * addresses that may carry tokens (userProfileUri, logoutUri) are not read. Deliberately not done:
 * trusting acr, which the upstream sets to a constant.
 */
#include "auth/vneid.h"

#include "base/err.h"
#include "base/idno.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"

#define VNEID_ADDRESS_BYTES_MAX 1000
#define VNEID_CODE_BYTES_MAX    100
#define VNEID_METHODS_MAX       16
#define VNEID_METHOD_BYTES_MAX  32

/* Some gateways send numbers as numbers. */
static result text_read(struct arena *a, const struct json *o, const char *name, size_t bytes_max,
                        struct str *out, struct err *e)
{
    const struct json *m = json_member(o, name);
    struct str raw = STR("");
    int64_t n;

    if (m == NULL)
        return OK;
    if (json_int(m, &n))
        raw = str_i64(a, n);
    else if (!json_str(m, &raw))
        return fail(e, ERR_UPSTREAM_BAD, "userinfo: %s is no text", name);
    if (raw.n > bytes_max || utf8_tidy(a, raw, out, e).failed)
        return fail(e, ERR_UPSTREAM_BAD, "userinfo: %s is too long or no text", name);
    *out = str_dup(a, *out);
    return OK;
}

/* "2", "02", "LoA2", "IAL2", "level 2" -> 2; anything else is no statement: 0. */
static int level_read(struct str s)
{
    static const char *const prefixes[] = { "loa", "ial", "level", "" };

    s = str_trim(s);
    for (size_t i = 0; i < LEN(prefixes); i++) {
        const struct str p = str_c(prefixes[i]);
        struct str rest;

        if (s.n < p.n || !str_eq_nocase(str_sub(s, 0, p.n), p))
            continue;
        rest = str_trim(str_from(s, p.n));
        if (str_starts(rest, STR("0")))
            rest = str_from(rest, 1);
        if (rest.n == 1 && rest.p[0] >= '1' && rest.p[0] <= '9')
            return rest.p[0] >= '2' ? 2 : 1;
    }
    return 0;
}

static bool loa_is_expired(struct arena *a, const struct json *loa, struct date today)
{
    struct str text = STR("");
    struct date until;
    int64_t ms;

    if (text_read(a, loa, "expired_date", VNEID_CODE_BYTES_MAX, &text, NULL).failed)
        return true;
    if (text.n == 0)
        return false;
    if (clock_read_rfc3339(text, &ms))
        until = clock_local(ms).date;
    else if (!date_read(text, &until) || !date_is_valid(until))
        return true; /* unreadable: no statement */
    return date_cmp(until, today) < 0;
}

/* The level of the number itself when one entry speaks of it, else the lowest; 0: nothing said. */
static int loas_level(struct arena *a, const struct json *loas, struct date today)
{
    int lowest = 0;

    for (size_t i = 0; i < json_count(loas); i++) {
        const struct json *loa = json_at(loas, i);
        struct str claim = STR(""), text = STR("");
        int level;

        if (!json_is_object(loa) || loa_is_expired(a, loa, today) ||
            text_read(a, loa, "claim", VNEID_CODE_BYTES_MAX, &claim, NULL).failed ||
            text_read(a, loa, "level", VNEID_CODE_BYTES_MAX, &text, NULL).failed)
            continue;
        level = level_read(text);
        if (level > 0 && str_is(claim, "SoDinhDanh"))
            return level;
        if (level > 0 && (lowest == 0 || level < lowest))
            lowest = level;
    }
    return lowest;
}

static int claims_level(struct arena *a, const struct json *o, struct date today)
{
    const int loas = loas_level(a, json_member(o, "loAs"), today);
    struct str text = STR("");
    int ial;

    if (text_read(a, o, "IAL", VNEID_CODE_BYTES_MAX, &text, NULL).failed)
        return 1;
    ial = level_read(text);
    if (text.n > 0 && ial == 0)
        return 1;
    if (loas == 0 || (ial > 0 && ial < loas))
        return ial > 0 ? ial : 1;
    return loas;
}

static result kind_read(struct arena *a, const struct json *o, enum vneid_kind *out, struct err *e)
{
    struct str text = STR("");
    int64_t n = VNEID_CITIZEN;

    TRY(text_read(a, o, "LoaiTaiKhoan", VNEID_CODE_BYTES_MAX, &text, e));
    if (text.n > 0 && (!str_to_i64(text, &n) || n < VNEID_CITIZEN || n > VNEID_ORGANISATION))
        return fail(e, ERR_UPSTREAM_BAD, "userinfo: unknown LoaiTaiKhoan");
    *out = (enum vneid_kind)n;
    return OK;
}

/* Both fields have carried both kinds of numbers; the length tells. */
static result numbers_read(struct arena *a, const struct json *o, struct vneid_claims *c,
                           struct err *e)
{
    struct str number = STR(""), old = STR(""), user = STR("");

    TRY(text_read(a, o, "SoDinhDanh", VNEID_CODE_BYTES_MAX, &number, e));
    TRY(text_read(a, o, "SoCMND", VNEID_CODE_BYTES_MAX, &old, e));
    TRY(text_read(a, o, "preferred_username", VNEID_CODE_BYTES_MAX, &user, e));
    if (number.n == 0 && user.n == 12 && str_digits(user))
        number = user;
    if (number.n > 0 && !(number.n == 12 && str_digits(number)) && !idno_is_old_card(number))
        return fail(e, ERR_UPSTREAM_BAD, "userinfo: SoDinhDanh has neither 12 nor 9 digits");
    if (number.n == 12)
        c->number = number;
    if (idno_is_old_card(number))
        c->old_card = number;
    else if (idno_is_old_card(old))
        c->old_card = old;
    return OK;
}

static result birth_read(struct arena *a, const struct json *o, struct vneid_claims *c,
                         struct err *e)
{
    struct str text = STR("");

    TRY(text_read(a, o, "NgayThangNamSinh", VNEID_CODE_BYTES_MAX, &text, e));
    if (text.n > 0 && !date_read(text, &c->birth))
        return fail(e, ERR_UPSTREAM_BAD, "userinfo: NgayThangNamSinh is no date");
    return OK;
}

static result texts_read(struct arena *a, const struct json *o, struct vneid_claims *c,
                         struct err *e)
{
    const struct {
        const char *name;
        size_t bytes_max;
        struct str *out;
    } texts[] = {
        { "sub", VNEID_ADDRESS_BYTES_MAX, &c->sub },
        { "TechID", VNEID_ADDRESS_BYTES_MAX, &c->tech_id },
        { "HoVaTen", LIMIT_NAME_BYTES, &c->name },
        { "HoChieu", VNEID_CODE_BYTES_MAX, &c->passport },
        { "MaSoThue", VNEID_CODE_BYTES_MAX, &c->tax_code },
        { "MaSoDoanhNghiep", VNEID_CODE_BYTES_MAX, &c->business_code },
        { "TenDoanhNghiep", LIMIT_NAME_BYTES * 2, &c->business_name },
        { "MaBHXH", VNEID_CODE_BYTES_MAX, &c->insurance },
        { "GioiTinh", VNEID_CODE_BYTES_MAX, &c->sex },
        { "DiaChi", VNEID_ADDRESS_BYTES_MAX, &c->address },
        { "ThuDienTu", VNEID_ADDRESS_BYTES_MAX, &c->email },
        { "SoDienThoai", VNEID_CODE_BYTES_MAX, &c->phone },
        { "QuocTich", VNEID_CODE_BYTES_MAX, &c->nationality },
    };

    for (size_t i = 0; i < LEN(texts); i++) {
        *texts[i].out = STR("");
        TRY(text_read(a, o, texts[i].name, texts[i].bytes_max, texts[i].out, e));
    }
    return OK;
}

static bool is_https(struct str s)
{
    return str_starts(s, STR("https://"));
}

/* Often the person's own number, which stands behind a scope of its own. */
static bool is_no_number(struct str s)
{
    return !str_digits(s) && !idno_is_passport(s);
}

static bool is_any(struct str s)
{
    return s.n > 0;
}

static void standard_texts(struct arena *a, const struct json *from, struct json *to)
{
    static const struct {
        const char *name;
        bool (*fits)(struct str);
    } texts[] = {
        { "given_name", is_any },
        { "family_name", is_any },
        { "middle_name", is_any },
        { "nickname", is_any },
        { "preferred_username", is_no_number },
        { "profile", is_https },
        { "picture", is_https },
        { "website", is_https },
        { "zoneinfo", is_any },
        { "locale", is_any },
    };

    for (size_t i = 0; i < LEN(texts); i++) {
        struct str s = STR("");

        if (!text_read(a, from, texts[i].name, LIMIT_NAME_BYTES, &s, NULL).failed && s.n > 0 &&
            texts[i].fits(s))
            json_put_str(to, texts[i].name, s);
    }
}

static void standard_address(struct arena *a, const struct json *from, struct json *to)
{
    static const char *const parts[] = { "formatted", "street_address", "locality",
                                         "region",    "postal_code",    "country" };
    const struct json *address = json_member(from, "address");
    DEFER(json_close) struct json *o = json_object();
    bool any = false;

    for (size_t i = 0; json_is_object(address) && i < LEN(parts); i++) {
        struct str s = STR("");

        if (text_read(a, address, parts[i], VNEID_ADDRESS_BYTES_MAX, &s, NULL).failed || s.n == 0)
            continue;
        json_put_str(o, parts[i], s);
        any = true;
    }
    if (any)
        json_put(to, "address", json_copy(o));
}

/* Ornaments: one that cannot be read is no reason to keep somebody out. */
static struct str standard_read(struct arena *a, const struct json *userinfo)
{
    static const char *const flags[] = { "email_verified", "phone_number_verified" };
    DEFER(json_close) struct json *o = json_object();
    struct json *first;
    struct str name;

    standard_texts(a, userinfo, o);
    standard_address(a, userinfo, o);
    for (size_t i = 0; i < LEN(flags); i++) {
        bool b;

        if (json_bool(json_member(userinfo, flags[i]), &b))
            json_put_bool(o, flags[i], b);
    }
    return json_each(o, 0, &name, &first) ? json_print(a, o) : STR("");
}

result vneid_claims_read(struct arena *a, const struct json *userinfo, struct date today,
                         struct vneid_claims *out, struct err *e)
{
    struct vneid_claims c = { 0 };

    if (!json_is_object(userinfo))
        return fail(e, ERR_UPSTREAM_BAD, "userinfo is no object");
    TRY(texts_read(a, userinfo, &c, e));
    if (c.tech_id.n == 0)
        c.tech_id = c.sub;
    if (c.tech_id.n == 0)
        return fail(e, ERR_UPSTREAM_BAD, "userinfo: neither TechID nor sub");
    TRY(kind_read(a, userinfo, &c.kind, e));
    TRY(numbers_read(a, userinfo, &c, e));
    TRY(birth_read(a, userinfo, &c, e));
    if (!str_is(c.sex, "1") && !str_is(c.sex, "2"))
        c.sex = STR("");
    c.level = claims_level(a, userinfo, today);
    c.standard = standard_read(a, userinfo);
    *out = c;
    return OK;
}

struct str vneid_methods_read(struct arena *a, const struct json *amr)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    struct str methods = STR(""), word;

    if (json_str(amr, &word))
        return word.n <= VNEID_METHOD_BYTES_MAX && str_all_in(word, letters) ? str_dup(a, word)
                                                                             : STR("");
    for (size_t i = 0; i < json_count(amr) && i < VNEID_METHODS_MAX; i++)
        if (json_str(json_at(amr, i), &word) && word.n > 0 && word.n <= VNEID_METHOD_BYTES_MAX &&
            str_all_in(word, letters))
            methods = methods.n == 0 ? str_dup(a, word)
                                     : str_fmt(a, "%.*s %.*s", STR_ARG(methods), STR_ARG(word));
    return methods;
}
