#include <jansson.h>

/* Three of jansson's functions share their names with ours; they are taken here, before ours. */
static json_t *new_object(void)
{
    return json_object();
}

static json_t *new_array(void)
{
    return json_array();
}

#undef json_is_object
#undef json_is_array

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"

#define FIRST_PRINT_BYTES 2048
#define TEXT_BYTES_MAX    (64u << 20)
#define MEMBERS_MAX       1024 /* json_each counts from the first member: keep its square small */

static json_t *of(const struct json *v)
{
    return (json_t *)v;
}

static struct json *out_of(json_t *v)
{
    return (struct json *)v;
}

/* Nesting and members, counted before the parser runs, since it calls itself for each level. */
struct scan {
    int depth;
    bool in_string;
    struct {
        bool object;
        int commas;
    } levels[LIMIT_JSON_DEPTH];
};

static result scan_open(struct scan *s, bool object, struct err *e)
{
    if (s->depth == LIMIT_JSON_DEPTH)
        return fail(e, ERR_MALFORMED, "json deeper than %d", LIMIT_JSON_DEPTH);
    s->levels[s->depth].object = object;
    s->levels[s->depth].commas = 0;
    s->depth++;
    return OK;
}

static result scan_comma(struct scan *s, struct err *e)
{
    if (s->depth == 0 || !s->levels[s->depth - 1].object)
        return OK;
    if (++s->levels[s->depth - 1].commas >= MEMBERS_MAX)
        return fail(e, ERR_MALFORMED, "json object of more than %d members", MEMBERS_MAX);
    return OK;
}

static result scan_byte(struct scan *s, char c, struct err *e)
{
    switch (c) {
    case '"':
        s->in_string = true;
        return OK;
    case '{':
    case '[':
        return scan_open(s, c == '{', e);
    case '}':
    case ']':
        s->depth -= s->depth > 0 ? 1 : 0; /* the parser refuses what does not match */
        return OK;
    case ',':
        return scan_comma(s, e);
    default:
        return OK;
    }
}

static result check_shape(struct str text, struct err *e)
{
    struct scan s = { .depth = 0 };

    for (size_t i = 0; i < text.n; i++) {
        if (!s.in_string)
            TRY(scan_byte(&s, text.p[i], e));
        else if (text.p[i] == '\\')
            i++;
        else if (text.p[i] == '"')
            s.in_string = false;
    }
    return OK;
}

result json_read(struct str text, struct json **root, struct err *e)
{
    json_error_t why;
    json_t *v;

    if (text.n > TEXT_BYTES_MAX)
        return fail(e, ERR_TOO_LARGE, "json of %zu bytes", text.n);
    if (text.n == 0)
        return fail(e, ERR_MALFORMED, "json: empty");
    TRY(check_shape(text, e));
    v = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (v == NULL) /* its text quotes the input, which may be personal */
        return fail(e, ERR_MALFORMED, "json: line %d column %d, reason %d", why.line, why.column,
                    (int)json_error_code(&why));
    *root = out_of(v);
    return OK;
}

void json_close(struct json **root)
{
    json_decref(of(*root)); /* accepts NULL */
    *root = NULL;
}

bool json_is_object(const struct json *v)
{
    return v != NULL && json_typeof(of(v)) == JSON_OBJECT;
}

bool json_is_array(const struct json *v)
{
    return v != NULL && json_typeof(of(v)) == JSON_ARRAY;
}

struct json *json_member(const struct json *obj, const char *name)
{
    json_t *v = json_object_get(of(obj), name);

    return v == NULL || json_is_null(v) ? NULL : out_of(v);
}

size_t json_count(const struct json *array)
{
    return json_array_size(of(array));
}

struct json *json_at(const struct json *array, size_t i)
{
    return out_of(json_array_get(of(array), i));
}

bool json_str(const struct json *v, struct str *out)
{
    if (v == NULL || !json_is_string(of(v)))
        return false;
    *out = str_of(json_string_value(of(v)), json_string_length(of(v)));
    return true;
}

bool json_int(const struct json *v, int64_t *out)
{
    if (v == NULL || !json_is_integer(of(v)))
        return false;
    *out = json_integer_value(of(v));
    return true;
}

bool json_decimal(const struct json *v, double *out)
{
    if (v == NULL || !json_is_real(of(v)))
        return false;
    *out = json_real_value(of(v));
    return true;
}

bool json_lookup(const struct json *o, struct str name, struct json **value)
{
    json_t *v = name.n == 0 ? NULL : json_object_getn(of(o), name.p, name.n);

    if (v == NULL)
        return false;
    *value = json_is_null(v) ? NULL : out_of(v);
    return true;
}

bool json_bool(const struct json *v, bool *out)
{
    if (v == NULL || !json_is_boolean(of(v)))
        return false;
    *out = json_is_true(of(v));
    return true;
}

static result absent(const char *name, struct err *e)
{
    return fail_field(e, ERR_INVALID, name, "absent");
}

result json_want_str(const struct json *o, const char *name, size_t bytes_max, struct str *out,
                     struct err *e)
{
    const struct json *v = json_member(o, name);
    struct str s;

    if (v == NULL)
        return OK;
    if (!json_str(v, &s))
        return fail_field(e, ERR_INVALID, name, "not a string");
    if (s.n > bytes_max)
        return fail_field(e, ERR_INVALID, name, "%zu bytes, at most %zu", s.n, bytes_max);
    *out = s;
    return OK;
}

result json_need_str(const struct json *o, const char *name, size_t bytes_max, struct str *out,
                     struct err *e)
{
    if (json_member(o, name) == NULL)
        return absent(name, e);
    return json_want_str(o, name, bytes_max, out, e);
}

result json_want_int(const struct json *o, const char *name, int64_t least, int64_t most,
                     int64_t *out, struct err *e)
{
    const struct json *v = json_member(o, name);
    int64_t n;

    if (v == NULL)
        return OK;
    if (!json_int(v, &n))
        return fail_field(e, ERR_INVALID, name, "not an integer");
    if (n < least || n > most)
        return fail_field(e, ERR_INVALID, name, "not from %lld to %lld", (long long)least,
                          (long long)most);
    *out = n;
    return OK;
}

result json_need_int(const struct json *o, const char *name, int64_t least, int64_t most,
                     int64_t *out, struct err *e)
{
    if (json_member(o, name) == NULL)
        return absent(name, e);
    return json_want_int(o, name, least, most, out, e);
}

result json_want_bool(const struct json *o, const char *name, bool *out, struct err *e)
{
    const struct json *v = json_member(o, name);

    if (v != NULL && !json_bool(v, out))
        return fail_field(e, ERR_INVALID, name, "not true or false");
    return OK;
}

result json_need_array(const struct json *o, const char *name, size_t count_max, struct json **out,
                       struct err *e)
{
    struct json *v = json_member(o, name);

    if (v == NULL)
        return absent(name, e);
    if (!json_is_array(v))
        return fail_field(e, ERR_INVALID, name, "not an array");
    if (json_count(v) > count_max)
        return fail_field(e, ERR_INVALID, name, "%zu items, at most %zu", json_count(v), count_max);
    *out = v;
    return OK;
}

result json_want_object(const struct json *o, const char *name, struct json **out, struct err *e)
{
    struct json *v = json_member(o, name);

    if (v == NULL)
        return OK;
    if (!json_is_object(v))
        return fail_field(e, ERR_INVALID, name, "not an object");
    *out = v;
    return OK;
}

static bool is_listed(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (str_is(str_c(name), *names))
            return true;
    return false;
}

/* The field of an error is shown and cut at a byte: only plain names may be repeated there. */
static const char *plain(const char *name)
{
    const struct str s = str_c(name);
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

    return s.n < sizeof(((struct err *)NULL)->field) && str_all_in(s, set) ? name : "";
}

result json_only(const struct json *o, const char *const *names, struct err *e)
{
    for (void *i = json_object_iter(of(o)); i != NULL; i = json_object_iter_next(of(o), i)) {
        const char *name = json_object_iter_key(i);

        if (!is_listed(name, names))
            return fail_field(e, ERR_UNKNOWN_FIELD, plain(name), "unknown member");
    }
    return OK;
}

bool json_each(const struct json *o, size_t i, struct str *name, struct json **value)
{
    void *at = json_object_iter(of(o));

    for (; at != NULL && i > 0; i--)
        at = json_object_iter_next(of(o), at);
    if (at == NULL)
        return false;
    *name = str_c(json_object_iter_key(at));
    *value = out_of(json_object_iter_value(at));
    return true;
}

/* Writing fails only without memory or for text that is not UTF-8: both end the process. */
static json_t *made(json_t *v)
{
    must(v != NULL);
    return v;
}

struct json *json_object(void)
{
    return out_of(made(new_object()));
}

struct json *json_array(void)
{
    return out_of(made(new_array()));
}

static void put(struct json *o, const char *name, json_t *v)
{
    const int status = json_object_set_new(of(o), name, made(v));

    must(status == 0);
}

static void add(struct json *array, json_t *v)
{
    const int status = json_array_append_new(of(array), made(v));

    must(status == 0);
}

static json_t *text(struct str s)
{
    return json_stringn(s.n == 0 ? "" : s.p, s.n);
}

void json_put(struct json *o, const char *name, struct json *value)
{
    if (value != NULL)
        put(o, name, of(value));
}

void json_put_str(struct json *o, const char *name, struct str s)
{
    put(o, name, text(s));
}

void json_put_int(struct json *o, const char *name, int64_t n)
{
    put(o, name, json_integer(n));
}

void json_put_bool(struct json *o, const char *name, bool b)
{
    put(o, name, json_boolean(b));
}

void json_put_null(struct json *o, const char *name)
{
    put(o, name, json_null());
}

void json_add(struct json *array, struct json *value)
{
    add(array, of(value));
}

void json_add_str(struct json *array, struct str s)
{
    add(array, text(s));
}

void json_add_int(struct json *array, int64_t n)
{
    add(array, json_integer(n));
}

struct json *json_copy(const struct json *v)
{
    return out_of(made(json_deep_copy(of(v))));
}

static struct str print(struct arena *a, const struct json *v, size_t flags)
{
    char first[FIRST_PRINT_BYTES]; /* most fit, and need not be made twice */
    const size_t bytes =
        json_dumpb(of(v), first, sizeof(first), flags | JSON_COMPACT | JSON_ENCODE_ANY);
    char *p;

    must(bytes > 0);
    if (bytes <= sizeof(first))
        return str_of(arena_copy(a, first, bytes), bytes);
    p = arena_alloc(a, bytes);
    return str_of(p, json_dumpb(of(v), p, bytes, flags | JSON_COMPACT | JSON_ENCODE_ANY));
}

struct str json_print(struct arena *a, const struct json *v)
{
    return print(a, v, 0);
}

struct str json_print_canonical(struct arena *a, const struct json *v)
{
    return print(a, v, JSON_SORT_KEYS);
}
