#include "http/form.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"

#define URL_BYTES_MAX (1024 * 1024) /* of fields that passed the limits of a form */

static bool is_clean(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];

        if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            return false;
    }
    return true;
}

static result text_decode(struct arena *a, struct str text, struct str *out, struct err *e)
{
    if (!form_decode(a, text, out))
        return fail(e, ERR_MALFORMED, "form: bad percent-encoding");
    if (!utf8_is_valid(*out))
        return fail(e, ERR_NOT_UTF8, "form");
    if (!is_clean(*out))
        return fail(e, ERR_MALFORMED, "form: control character");
    return OK;
}

static const struct pair *field_find(const struct form *f, struct str name)
{
    for (size_t i = 0; i < f->count; i++)
        if (str_eq(f->fields[i].name, name))
            return &f->fields[i];
    return NULL;
}

static result field_add(struct arena *a, struct str piece, struct form *f, struct err *e)
{
    struct str name = piece, value = STR("");
    struct pair *field = &f->fields[f->count];

    if (f->count == LIMIT_FORM_FIELDS)
        return fail(e, ERR_TOO_LARGE, "form: over %d fields", LIMIT_FORM_FIELDS);
    (void)str_cut(piece, '=', &name, &value);
    TRY(text_decode(a, name, &name, e));
    TRY(text_decode(a, value, &value, e));
    if (name.n == 0)
        return fail(e, ERR_MALFORMED, "form: field without a name");
    if (field_find(f, name) != NULL)
        return fail(e, ERR_MALFORMED, "form: field repeated");
    *field = (struct pair){ name, value };
    f->count++;
    return OK;
}

result form_read(struct arena *a, struct str text, struct form *out, struct err *e)
{
    struct form f = { .count = 0 };
    struct str piece;

    if (text.n > LIMIT_FORM_BYTES)
        return fail(e, ERR_TOO_LARGE, "form of %zu bytes", text.n);
    while (str_next(&text, '&', &piece))
        if (piece.n > 0)
            TRY(field_add(a, piece, &f, e));
    *out = f;
    return OK;
}

result form_query(const struct request *rq, struct form *out, struct err *e)
{
    return form_read(rq->arena, rq->query, out, e);
}

result form_body(const struct request *rq, struct form *out, struct err *e)
{
    struct str type = request_header(rq, "Content-Type"), parameters;

    (void)str_cut(type, ';', &type, &parameters);
    if (!str_eq_nocase(str_trim(type), STR("application/x-www-form-urlencoded")))
        return fail(e, ERR_MEDIA_TYPE, "not a form");
    return form_read(rq->arena, rq->body, out, e);
}

struct str form_get(const struct form *f, const char *name)
{
    const struct pair *field = field_find(f, str_c(name));

    return field == NULL ? STR("") : field->value;
}

bool form_has(const struct form *f, const char *name)
{
    return field_find(f, str_c(name)) != NULL;
}

result form_need(const struct form *f, const char *name, size_t bytes_max, struct str *out,
                 struct err *e)
{
    const struct pair *field = field_find(f, str_c(name));

    if (field == NULL || field->value.n == 0)
        return fail_field(e, ERR_INVALID, name, "missing");
    if (field->value.n > bytes_max)
        return fail_field(e, ERR_INVALID, name, "over %zu bytes", bytes_max);
    *out = field->value;
    return OK;
}

static bool is_listed(struct str name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (str_is(name, *names))
            return true;
    return false;
}

static result unknown_field(struct str name, struct err *e)
{
    char shown[sizeof(e->field)];

    name = utf8_cut(name, sizeof(shown) - 1);
    (void)snprintf(shown, sizeof(shown), "%.*s", STR_ARG(name));
    return fail_field(e, ERR_UNKNOWN_FIELD, shown, "form");
}

result form_only(const struct form *f, const char *const *names, struct err *e)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct str name = f->fields[i].name;

        if (!is_listed(name, names))
            return unknown_field(name, e);
    }
    return OK;
}

struct str url_with(struct arena *a, struct str url, const struct pair *fields, size_t n)
{
    struct buf b = buf_make(a, URL_BYTES_MAX);
    struct str out = url;

    buf_put(&b, url);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_putc(&b, '&');
        else if (str_find(url, '?') == url.n)
            buf_putc(&b, '?');
        else if (!str_ends(url, STR("?")) && !str_ends(url, STR("&")))
            buf_putc(&b, '&');
        buf_put(&b, percent_encode(a, fields[i].name));
        buf_putc(&b, '=');
        buf_put(&b, percent_encode(a, fields[i].value));
    }
    must(!buf_end(&b, &out, NULL).failed);
    return out;
}
