#include "http/multipart.h"

#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"

#define BOUNDARY_BYTES_MAX 70 /* RFC 2046 5.1.1 */

/* Value of `name=` in a header's parameters, unquoted. Semicolons inside quotes do not separate. */
static bool parameter(struct arena *a, struct str header, struct str name, struct str *value)
{
    bool quoted = false;
    size_t from = 0;

    for (size_t i = 0; i <= header.n; i++) {
        struct str piece, key, v;

        if (i < header.n && header.p[i] == '\\' && quoted) {
            i++;
            continue;
        }
        if (i < header.n && header.p[i] == '"')
            quoted = !quoted;
        if (i < header.n && (header.p[i] != ';' || quoted))
            continue;
        piece = str_trim(str_sub(header, from, i - from));
        from = i + 1;
        if (!str_cut(piece, '=', &key, &v) || !str_eq_nocase(key, name))
            continue;
        if (v.n >= 2 && v.p[0] == '"' && v.p[v.n - 1] == '"')
            v = str_sub(v, 1, v.n - 2);
        *value = str_dup(a, v);
        return true;
    }
    return false;
}

static struct str boundary_of(struct arena *a, struct str content_type)
{
    struct str boundary = STR("");
    const struct str type = str_sub(content_type, 0, str_find(content_type, ';'));

    if (!str_eq_nocase(str_trim(type), STR("multipart/form-data")) ||
        !parameter(a, content_type, STR("boundary"), &boundary) || boundary.n > BOUNDARY_BYTES_MAX)
        return STR("");
    return boundary;
}

static result header_line(struct arena *a, struct str line, struct part *part, struct err *e)
{
    struct str name, value;

    if (!str_cut(line, ':', &name, &value))
        return fail(e, ERR_MALFORMED, "part header without a colon");
    value = str_trim(value);
    if (str_eq_nocase(name, STR("content-disposition"))) {
        if (!str_eq_nocase(str_trim(str_sub(value, 0, str_find(value, ';'))), STR("form-data")) ||
            !parameter(a, value, STR("name"), &part->name))
            return fail(e, ERR_MALFORMED, "part without a form-data name");
        (void)parameter(a, value, STR("filename"), &part->file_name);
        return OK;
    }
    if (str_eq_nocase(name, STR("content-type"))) {
        part->content_type = value;
        return OK;
    }
    return fail(e, ERR_MALFORMED, "unexpected part header");
}

static bool cut_at(struct str s, struct str mark, struct str *before, struct str *after)
{
    const char *at = s.n < mark.n ? NULL : memmem(s.p, s.n, mark.p, mark.n);

    if (at == NULL)
        return false;
    *before = str_sub(s, 0, (size_t)(at - s.p));
    *after = str_from(s, (size_t)(at - s.p) + mark.n);
    return true;
}

static result part_read(struct arena *a, struct str text, struct part *part, struct err *e)
{
    struct str head, line;

    *part = (struct part){ 0 };
    if (!cut_at(text, STR("\r\n\r\n"), &head, &part->bytes))
        return fail(e, ERR_MALFORMED, "part without an end of its headers");
    while (head.n > 0) {
        if (!cut_at(head, STR("\r\n"), &line, &head)) {
            line = head;
            head = STR("");
        }
        TRY(header_line(a, line, part, e));
    }
    if (part->name.n == 0)
        return fail(e, ERR_MALFORMED, "part without a name");
    return OK;
}

static result add(struct multipart *m, const struct part *part, struct err *e)
{
    for (size_t i = 0; i < m->count; i++)
        if (str_eq(m->parts[i].name, part->name))
            return fail(e, ERR_MALFORMED, "a part's name is repeated");
    if (m->count == MULTIPART_PARTS)
        return fail(e, ERR_MALFORMED, "more than %d parts", MULTIPART_PARTS);
    m->parts[m->count++] = *part;
    return OK;
}

result multipart_read(struct arena *a, struct str content_type, struct str body,
                      struct multipart *out, struct err *e)
{
    const struct str boundary = boundary_of(a, content_type);
    const struct str first = str_cat(a, STR("--"), boundary);
    const struct str mark = str_cat(a, STR("\r\n--"), boundary);
    struct multipart m = { 0 };
    struct str rest = body;

    if (boundary.n == 0)
        return fail(e, ERR_MEDIA_TYPE, "not multipart/form-data with a boundary");
    if (!str_starts(rest, first))
        return fail(e, ERR_MALFORMED, "the body does not begin with the boundary");
    rest = str_from(rest, first.n);
    while (!str_starts(rest, STR("--"))) {
        struct part part;
        struct str text;

        if (!str_starts(rest, STR("\r\n")) || !cut_at(str_from(rest, 2), mark, &text, &rest))
            return fail(e, ERR_MALFORMED, "a part does not end with the boundary");
        TRY(part_read(a, text, &part, e));
        TRY(add(&m, &part, e));
    }
    if (str_trim(str_from(rest, 2)).n > 0)
        return fail(e, ERR_MALFORMED, "bytes after the closing boundary");
    *out = m;
    return OK;
}

const struct part *multipart_find(const struct multipart *m, const char *name)
{
    for (size_t i = 0; i < m->count; i++)
        if (str_is(m->parts[i].name, name))
            return &m->parts[i];
    return NULL;
}
