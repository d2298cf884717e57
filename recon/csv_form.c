#include "recon/csv_form.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"

#define TEXT_BYTES  120
#define REPEATS_MAX 8
#define FACTOR_MAX  1000000000

struct form_reading {
    struct arena *a;
    struct csv_form *f;
};

/* The failure of a member becomes that of its path. */
static result at_path(const char *role, struct err *e)
{
    char path[128];

    if (e != NULL) {
        (void)snprintf(path, sizeof(path), "%s%s%s", role, e->field[0] != '\0' ? "." : "",
                       e->field);
        (void)snprintf(e->field, sizeof(e->field), "%.*s", (int)sizeof(e->field) - 1, path);
    }
    return (result){ true };
}

static result text_want(struct arena *a, const struct json *o, const char *name, size_t most,
                        struct str *out, struct err *e)
{
    struct str s = STR("");

    TRY(json_want_str(o, name, most, &s, e));
    if (!utf8_is_text(s))
        return fail_field(e, ERR_INVALID, name, "not text");
    *out = str_dup(a, s);
    return OK;
}

static result words_want(struct arena *a, const struct json *o, const char *name,
                         struct csv_words *out, struct err *e)
{
    const struct json *list = json_member(o, name);
    struct str s;

    if (list == NULL)
        return OK;
    if (!json_is_array(list) || json_count(list) == 0 || json_count(list) > CSV_WORDS_MAX)
        return fail_field(e, ERR_INVALID, name, "not a list of 1 to %d words", CSV_WORDS_MAX);
    for (size_t i = 0; i < json_count(list); i++) {
        if (!json_str(json_at(list, i), &s) || s.n == 0 || s.n > TEXT_BYTES || !utf8_is_text(s))
            return fail_field(e, ERR_INVALID, name, "word %zu is empty, too long or not text",
                              i + 1);
        out->list[out->count++] = str_dup(a, s);
    }
    return OK;
}

/* A sign of one byte that is no letter, digit or line end. */
static result sign_want(const struct json *o, const char *name, const char *allowed, char *out,
                        struct err *e)
{
    struct str s = STR("");

    TRY(json_want_str(o, name, 1, &s, e));
    if (s.n == 1 && strchr(allowed, s.p[0]) == NULL)
        return fail_field(e, ERR_INVALID, name, "none of the signs for it");
    if (s.n == 1)
        *out = s.p[0];
    return OK;
}

static result choice_want(const struct json *o, const char *name, const char *const *words,
                          int *out, struct err *e)
{
    struct str s = STR("");

    TRY(json_want_str(o, name, 20, &s, e));
    if (s.n == 0)
        return OK;
    for (int i = 0; words[i] != NULL; i++) {
        if (str_is(s, words[i])) {
            *out = i;
            return OK;
        }
    }
    return fail_field(e, ERR_INVALID, name, "none of the words for it");
}

/* The count behind `{`: "12}" or "1,12}". */
static bool count_is_small(struct str s)
{
    struct str inside = str_sub(s, 0, str_find(s, '}')), least = inside, most = STR("0");

    if (inside.n == s.n)
        return false;
    (void)str_cut(inside, ',', &least, &most);
    return str_digits(least) && least.n <= 2 && str_digits(most) && most.n <= 2;
}

/* NULL: it is bounded. Compiling nested counts, and looking for groups within repeated groups, may
 * take as long as whoever writes the expression likes. */
static const char *regex_fault(struct str s)
{
    enum { OTHER, GROUP, REPEAT } last = OTHER;
    int repeats = 0;
    bool in_set = false;

    for (size_t i = 0; i < s.n; i++) {
        const char c = s.p[i];
        const bool repeat = !in_set && (c == '*' || c == '+' || c == '?' || c == '{');

        if (c == '\\' && i + 1 < s.n && s.p[i + 1] >= '1' && s.p[i + 1] <= '9')
            return "back references are not allowed";
        if (repeat && last != OTHER)
            return last == GROUP ? "a group cannot be repeated" : "repeated twice";
        if (repeat && c == '{' && !count_is_small(str_from(s, i + 1)))
            return "a count is not {n} or {n,m} up to 99";
        if (repeat && ++repeats > REPEATS_MAX)
            return "too many repetitions";
        last = repeat ? REPEAT : !in_set && c == ')' ? GROUP : OTHER;
        if (repeat && c == '{')
            i += str_find(str_from(s, i), '}');
        else if (in_set)
            in_set = c != ']';
        else if (c == '\\')
            i++;
        else if (c == '[') {
            in_set = true;
            i += i + 1 < s.n && s.p[i + 1] == '^' ? 1 : 0;
            i += i + 1 < s.n && s.p[i + 1] == ']' ? 1 : 0;
        }
    }
    return NULL;
}

static result regex_check(struct str s, struct err *e)
{
    char text[CSV_REGEX_BYTES + 1] = { 0 };
    const char *why = regex_fault(s);
    regex_t compiled;

    if (why != NULL)
        return fail_field(e, ERR_INVALID, "regex", "%s", why);
    memcpy(text, s.p, s.n);
    if (regcomp(&compiled, text, REG_EXTENDED) != 0)
        return fail_field(e, ERR_INVALID, "regex", "not a regular expression");
    regfree(&compiled);
    return OK;
}

/* dd, MM and yyyy once each; HH, mm, ss at most once, each after the one before. */
static bool format_is_good(struct str s)
{
    static const char *const parts[] = { "yyyy", "MM", "dd", "HH", "mm", "ss" };
    int seen[LEN(parts)] = { 0 };

    if (str_is(s, "rfc3339"))
        return true;
    for (size_t i = 0; i < s.n;) {
        size_t k = 0;

        while (k < LEN(parts) && !str_starts(str_from(s, i), str_c(parts[k])))
            k++;
        if (k < LEN(parts))
            seen[k]++;
        else if (!str_all_in(str_sub(s, i, 1), " -/.:,T_"))
            return false;
        i += k < LEN(parts) ? strlen(parts[k]) : 1;
    }
    return seen[0] == 1 && seen[1] == 1 && seen[2] == 1 && seen[3] <= 1 && seen[4] <= seen[3] &&
           seen[5] <= seen[4];
}

static result column_read(const struct form_reading *r, const struct json *o, struct csv_rule *c,
                          struct err *e)
{
    static const char *const letters[] = { "", "upper", "lower", NULL };
    bool trim = true;
    int64_t position = 0;
    int letter = 0;

    TRY(text_want(r->a, o, "header", TEXT_BYTES, &c->column.header, e));
    TRY(json_want_int(o, "column", 1, CSV_FIELDS_MAX, &position, e));
    c->column.position = (int)position;
    if ((c->column.header.n > 0) == (position > 0))
        return fail_field(e, ERR_INVALID, "header", "either header or column, and one of them");
    if (r->f->no_header && position == 0)
        return fail_field(e, ERR_INVALID, "header", "there is no header line: column is wanted");
    TRY(json_want_bool(o, "trim", &trim, e));
    c->keep_space = !trim;
    TRY(choice_want(o, "case", letters, &letter, e));
    c->letters = (enum csv_case)letter;
    TRY(words_want(r->a, o, "skip", &c->skip, e));
    TRY(text_want(r->a, o, "regex", CSV_REGEX_BYTES, &c->regex, e));
    TRY(text_want(r->a, o, "default", TEXT_BYTES, &c->fallback, e));
    return c->regex.n > 0 ? regex_check(c->regex, e) : OK;
}

static result amount_members(const struct json *o, struct csv_rule *c, struct err *e)
{
    static const char *const signs[] = { "plain", "reverse", "refund", NULL };
    int sign = 0;

    TRY(sign_want(o, "decimal", ".,", &c->decimal, e));
    TRY(sign_want(o, "thousands", "., '_", &c->thousands, e));
    if (c->decimal != 0 && c->decimal == c->thousands)
        return fail_field(e, ERR_INVALID, "thousands", "the same sign as decimal");
    TRY(json_want_int(o, "factor", 1, FACTOR_MAX, &c->factor, e));
    TRY(json_want_int(o, "divisor", 1, FACTOR_MAX, &c->divisor, e));
    TRY(choice_want(o, "sign", signs, &sign, e));
    c->sign = (enum csv_sign)sign;
    return OK;
}

static result time_members(const struct form_reading *r, const struct json *o, struct csv_rule *c,
                           struct err *e)
{
    TRY(text_want(r->a, o, "format", TEXT_BYTES, &c->format, e));
    if (!format_is_good(c->format))
        return fail_field(e, ERR_INVALID, "format",
                          "yyyy, MM and dd, then HH, mm, ss, once each; or rfc3339");
    return OK;
}

static bool words_meet(const struct csv_words *x, const struct csv_words *y)
{
    for (size_t i = 0; i < x->count; i++)
        for (size_t k = 0; k < y->count; k++)
            if (str_eq(x->list[i], y->list[k]))
                return true;
    return false;
}

static result status_members(const struct form_reading *r, const struct json *o, struct err *e)
{
    struct csv_form *f = r->f;

    TRY(words_want(r->a, o, "success", &f->success, e));
    TRY(words_want(r->a, o, "failure", &f->failure, e));
    if (f->success.count == 0)
        return fail_field(e, ERR_INVALID, "success", "no word means success");
    if (words_meet(&f->success, &f->failure))
        return fail_field(e, ERR_INVALID, "failure", "a word means success as well");
    return OK;
}

static result kind_members(const struct form_reading *r, const struct json *o, struct err *e)
{
    const char *names[SETTLEMENT_KIND_COUNT + 1] = { NULL };
    struct csv_words *kinds = r->f->kinds;
    struct json *words = NULL;

    for (int k = 0; k < SETTLEMENT_KIND_COUNT; k++)
        names[k] = settlement_kind_name((enum settlement_kind)k);
    TRY(json_want_object(o, "words", &words, e));
    if (words == NULL)
        return fail_field(e, ERR_INVALID, "words", "missing");
    TRY(json_only(words, names, e));
    for (int k = 0; k < SETTLEMENT_KIND_COUNT; k++) {
        TRY(words_want(r->a, words, names[k], &kinds[k], e));
        for (int i = 0; i < k; i++)
            if (words_meet(&kinds[i], &kinds[k]))
                return fail_field(e, ERR_INVALID, names[k], "a word has another kind as well");
    }
    return OK;
}

static bool is_amount(enum csv_role r)
{
    return r == CSV_AMOUNT || r == CSV_FEE || r == CSV_NET;
}

#define OF_EVERY "header", "column", "trim", "case", "skip", "regex", "default"

static result codes_read(const struct form_reading *r, const struct json *o, struct csv_rule *c,
                         struct err *e)
{
    struct json *codes = NULL, *to;
    struct str from, meant;

    TRY(json_want_object(o, "codes", &codes, e));
    if (codes == NULL)
        return OK;
    c->codes = arena_array(r->a, struct csv_code, CSV_CODES_MAX);
    while (json_each(codes, c->code_count, &from, &to)) {
        if (c->code_count == CSV_CODES_MAX)
            return fail_field(e, ERR_INVALID, "codes", "more than %d", CSV_CODES_MAX);
        if (!json_str(to, &meant) || meant.n > TEXT_BYTES || !utf8_is_text(meant) || from.n == 0 ||
            from.n > TEXT_BYTES || !utf8_is_text(from))
            return fail_field(e, ERR_INVALID, "codes", "code %zu is empty, too long or not text",
                              c->code_count + 1);
        c->codes[c->code_count++] = (struct csv_code){ str_dup(r->a, from), str_dup(r->a, meant) };
    }
    return c->code_count > 0 ? OK : fail_field(e, ERR_INVALID, "codes", "no code");
}

/* What no column of the file tells. */
static result constant_read(const struct form_reading *r, const struct json *o, enum csv_role role,
                            struct err *e)
{
    static const char *const alone[] = { "constant", NULL };
    struct csv_rule *c = &r->f->rules[role];

    TRY(json_only(o, alone, e));
    TRY(text_want(r->a, o, "constant", TEXT_BYTES, &c->constant, e));
    if (c->constant.n == 0 || (role == CSV_CURRENCY && c->constant.n != 3))
        return fail_field(e, ERR_INVALID, "constant", "empty, or not a currency");
    return OK;
}

static bool is_text_role(enum csv_role r)
{
    return !is_amount(r) && r != CSV_TIME && r != CSV_STATUS && r != CSV_KIND;
}

static result role_read(const struct form_reading *r, const struct json *o, enum csv_role role,
                        struct err *e)
{
    static const char *const of_text[] = { OF_EVERY, "codes", NULL };
    static const char *const of_amount[] = { OF_EVERY,  "decimal", "thousands", "factor",
                                             "divisor", "sign",    NULL };
    static const char *const of_time[] = { OF_EVERY, "format", NULL };
    static const char *const of_status[] = { OF_EVERY, "success", "failure", NULL };
    static const char *const of_kind[] = { OF_EVERY, "words", NULL };
    struct csv_rule *c = &r->f->rules[role];

    if (!json_is_object(o))
        return fail_field(e, ERR_INVALID, "", "not an object");
    if (is_text_role(role) && json_member(o, "constant") != NULL)
        return constant_read(r, o, role, e);
    TRY(json_only(o,
                  is_amount(role)      ? of_amount
                  : role == CSV_TIME   ? of_time
                  : role == CSV_STATUS ? of_status
                  : role == CSV_KIND   ? of_kind
                                       : of_text,
                  e));
    TRY(column_read(r, o, c, e));
    if (is_amount(role))
        return amount_members(o, c, e);
    if (role == CSV_TIME)
        return time_members(r, o, c, e);
    if (role == CSV_STATUS)
        return status_members(r, o, e);
    return role == CSV_KIND ? kind_members(r, o, e) : codes_read(r, o, c, e);
}

static result columns_read(struct form_reading *r, const struct json *columns, struct err *e)
{
    const struct csv_rule *rules = r->f->rules;
    struct json *o;
    struct str name;
    enum csv_role role;

    for (size_t i = 0; json_each(columns, i, &name, &o); i++) {
        if (!csv_role_find(name, &role))
            return fail_field(e, ERR_UNKNOWN_FIELD, "columns", "%.*s is no role", STR_ARG(name));
        if (role_read(r, o, role, e).failed)
            return at_path(csv_role_name(role), e);
    }
#define HAS(role) (rules[role].column.header.n > 0 || rules[role].column.position > 0)
    if (!HAS(CSV_AMOUNT))
        return fail_field(e, ERR_INVALID, "columns", "no amount");
    if (!HAS(CSV_REFERENCE) && !HAS(CSV_TXN) && !HAS(CSV_NARRATIVE))
        return fail_field(e, ERR_INVALID, "columns", "none of reference, txn and narrative");
    if (HAS(CSV_KIND) && rules[CSV_AMOUNT].sign == CSV_REFUND)
        return fail_field(e, ERR_INVALID, "amount.sign", "refund, and a column for the kind");
    if (HAS(CSV_NET) && !HAS(CSV_FEE))
        return fail_field(e, ERR_INVALID, "net", "a net amount, and no fee");
#undef HAS
    return OK;
}

static result quote_read(const struct json *o, char *out, struct err *e)
{
    struct str s = STR("\"");

    TRY(json_want_str(o, "quote", 1, &s, e));
    *out = s.n == 1 ? s.p[0] : '\0';
    if (s.n == 1 && strchr("\"'`~^", s.p[0]) == NULL)
        return fail_field(e, ERR_INVALID, "quote", "none of \" ' ` ~ ^, nor empty");
    return OK;
}

result csv_form_read(const struct json *o, struct arena *a, struct csv_form *out, struct err *e)
{
    static const char *const members[] = { "separator",   "quote",   "header", "skip_top",
                                           "skip_bottom", "columns", NULL };
    struct csv_form *f = arena_new(a, struct csv_form);
    struct form_reading r = { .a = a, .f = f };
    int64_t top = 0, bottom = 0;
    struct json *columns = NULL;
    bool header = true;

    for (int i = 0; i < CSV_ROLES; i++)
        f->rules[i].factor = f->rules[i].divisor = 1;
    if (!json_is_object(o))
        return fail_field(e, ERR_INVALID, "map", "not an object");
    TRY(json_only(o, members, e));
    TRY(sign_want(o, "separator", ",;|\t", &f->separator, e));
    TRY(quote_read(o, &f->quote, e));
    TRY(json_want_bool(o, "header", &header, e));
    f->no_header = !header;
    TRY(json_want_int(o, "skip_top", 0, CSV_SKIP_MAX, &top, e));
    TRY(json_want_int(o, "skip_bottom", 0, CSV_SKIP_MAX, &bottom, e));
    f->skip_top = (int)top;
    f->skip_bottom = (int)bottom;
    TRY(json_want_object(o, "columns", &columns, e));
    if (columns == NULL)
        return fail_field(e, ERR_INVALID, "columns", "missing");
    TRY(columns_read(&r, columns, e));
    *out = *f;
    return OK;
}
