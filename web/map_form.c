#include "web/map_form.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

#define NAME_BYTES 120

bool map_form_is_amount(enum csv_role r)
{
    return r == CSV_AMOUNT || r == CSV_FEE || r == CSV_NET;
}

static struct str get(const struct form *f, const char *name)
{
    return str_trim(form_get(f, name));
}

static const char *name_of(struct arena *a, const char *before, const char *name)
{
    return str_cstr(a, str_fmt(a, "%s%s", before, name));
}

int map_form_column(const struct form *f, enum csv_role r)
{
    char text[40] = "c_";
    int64_t n = 0;

    for (size_t i = 0; csv_role_name(r)[i] != '\0' && i + 3 < sizeof(text); i++)
        text[i + 2] = csv_role_name(r)[i];
    (void)str_to_i64(form_get(f, text), &n);
    return n >= 1 && n <= CSV_FIELDS_MAX ? (int)n : 0;
}

static int lines_of(const struct form *f, const char *name)
{
    int64_t n = 0;

    (void)str_to_i64(get(f, name), &n);
    return n >= 0 && n <= CSV_SKIP_MAX ? (int)n : 0;
}

static char sign_of(const struct form *f, const char *name)
{
    const struct str s = form_get(f, name);

    return s.n == 1 ? s.p[0] : '\0';
}

struct csv_form map_form_table(const struct form *f)
{
    struct csv_form out = { .separator = sign_of(f, "separator"),
                            .quote = form_has(f, "quote") ? sign_of(f, "quote") : '"',
                            .no_header = form_has(f, "sample") && !form_has(f, "header"),
                            .skip_top = lines_of(f, "skip_top"),
                            .skip_bottom = lines_of(f, "skip_bottom") };

    for (int i = 0; i < CSV_ROLES; i++)
        out.rules[i].factor = out.rules[i].divisor = 1;
    return out;
}

static void put_text(struct json *o, const char *name, struct str s)
{
    if (s.n > 0)
        json_put_str(o, name, s);
}

/* "OK | Thành công" */
static void put_words(struct json *o, const char *name, struct str text)
{
    struct json *words = json_array();
    struct str word;

    while (text.n > 0) {
        if (!str_cut(text, '|', &word, &text)) {
            word = text;
            text = STR("");
        }
        if (str_trim(word).n > 0)
            json_add_str(words, str_trim(word));
    }
    if (json_count(words) > 0)
        json_put(o, name, words);
    else
        json_close(&words);
}

/* A line for each: 01 = H37.12 */
static void put_codes(struct json *o, struct arena *a, struct str text)
{
    struct json *codes = NULL;
    struct str line, written, meant;

    while (str_next(&text, '\n', &line)) {
        if (!str_cut(line, '=', &written, &meant) || str_trim(written).n == 0)
            continue;
        codes = codes != NULL ? codes : json_object();
        json_put_str(codes, str_cstr(a, str_trim(written)), str_trim(meant));
    }
    json_put(o, "codes", codes);
}

static bool is_alone(const struct csv_look *look, int column)
{
    const struct str name = look->names[column - 1];

    for (int i = 0; i < look->fields; i++)
        if (i != column - 1 && str_eq_nocase(look->names[i], name))
            return false;
    return name.n > 0 && name.n <= NAME_BYTES;
}

static void put_kinds(struct json *o, const struct form *f, struct arena *a)
{
    struct json *words = json_object();

    for (int k = 0; k < SETTLEMENT_KIND_COUNT; k++) {
        const char *kind = settlement_kind_name((enum settlement_kind)k);
        put_words(words, kind, get(f, name_of(a, "k_", kind)));
    }
    json_put(o, "words", words);
}

static void put_rule(struct json *o, const struct form *f, enum csv_role r, struct arena *a)
{
    const char *name = csv_role_name(r);

    if (map_form_is_amount(r)) {
        put_text(o, "thousands", form_get(f, "thousands"));
        put_text(o, "decimal", form_get(f, "decimal"));
        if (r == CSV_AMOUNT)
            put_text(o, "sign", form_get(f, "sign"));
        return;
    }
    put_text(o, "regex", get(f, name_of(a, "regex_", name)));
    if (r == CSV_REFERENCE && form_has(f, "upper"))
        json_put_str(o, "case", STR("upper"));
    if (r == CSV_TIME)
        put_text(o, "format", get(f, "time_format"));
    if (r == CSV_STATUS) {
        put_words(o, "success", get(f, "success"));
        put_words(o, "failure", get(f, "failure"));
    }
    if (r == CSV_KIND)
        put_kinds(o, f, a);
    else if (r == CSV_BODY || r == CSV_TREASURY)
        put_codes(o, a, form_get(f, name_of(a, "codes_", name)));
}

static void put_column(struct json *columns, const struct form *f, const struct csv_look *look,
                       enum csv_role r, struct arena *a)
{
    const int column = map_form_column(f, r);
    const char *name = csv_role_name(r);
    const struct str constant = get(f, name_of(a, "const_", name));
    struct json *o;

    if (column == 0 && constant.n == 0)
        return;
    o = json_object();
    json_put(columns, name, o);
    if (column == 0) {
        json_put_str(o, "constant", constant);
        return;
    }
    if (form_has(f, "header") && column <= look->fields && is_alone(look, column))
        json_put_str(o, "header", look->names[column - 1]);
    else
        json_put_int(o, "column", column);
    put_words(o, "skip", get(f, "skip"));
    put_rule(o, f, r, a);
}

struct json *map_form_json(const struct form *f, const struct csv_look *columns, struct arena *a)
{
    const struct csv_form table = map_form_table(f);
    struct json *o = json_object(), *list = json_object();

    put_text(o, "separator", form_get(f, "separator"));
    if (table.quote != '"')
        json_put_str(o, "quote", form_get(f, "quote"));
    if (table.no_header)
        json_put_bool(o, "header", false);
    if (table.skip_top > 0)
        json_put_int(o, "skip_top", table.skip_top);
    if (table.skip_bottom > 0)
        json_put_int(o, "skip_bottom", table.skip_bottom);
    json_put(o, "columns", list);
    for (int r = 0; r < CSV_ROLES; r++)
        put_column(list, f, columns, (enum csv_role)r, a);
    return o;
}

struct json *map_form_source(const struct form *f, struct json *map)
{
    static const char *const texts[] = { "id",   "from",     "name_vi", "name_en",
                                         "role", "provider", "account" };
    struct json *o = json_object(), *list = json_array(), *s = json_object();
    struct json *deadline = json_object();
    int64_t days = 0;

    for (size_t i = 0; i < LEN(texts); i++)
        json_put_str(s, texts[i], get(f, texts[i]));
    json_put_str(s, "form", STR("csv"));
    json_put(s, "map", map);
    json_put_str(s, "cut_off", get(f, "cut_off"));
    (void)str_to_i64(get(f, "days"), &days);
    json_put_int(deadline, "days", days);
    json_put_str(deadline, "at", get(f, "at"));
    json_put(s, "deadline", deadline);
    json_add(list, s);
    json_put(o, "sources", list);
    return o;
}
