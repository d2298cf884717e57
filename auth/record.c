#include "auth/record.h"

#include <limits.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

#define RECORD_TEXT_BYTES_MAX 32768 /* a pending authorization request is the longest */

struct str record_print(struct arena *a, const struct record_field *fields, size_t n,
                        const void *from)
{
    DEFER(json_close) struct json *o = json_object();

    for (size_t i = 0; i < n; i++) {
        const char *p = (const char *)from + fields[i].at;

        if (fields[i].kind == RECORD_STR) {
            struct str s;

            memcpy(&s, p, sizeof(s));
            json_put_str(o, fields[i].name, s);
        } else if (fields[i].kind == RECORD_INT) {
            int v;

            memcpy(&v, p, sizeof(v));
            json_put_int(o, fields[i].name, v);
        } else if (fields[i].kind == RECORD_INT64) {
            int64_t v;

            memcpy(&v, p, sizeof(v));
            json_put_int(o, fields[i].name, v);
        } else {
            json_put_bool(o, fields[i].name, *(const bool *)p);
        }
    }
    return json_print(a, o);
}

static result field_read(struct arena *a, const struct json *o, const struct record_field *f,
                         char *to, struct err *e)
{
    if (f->kind == RECORD_STR) {
        struct str s;

        TRY(json_need_str(o, f->name, RECORD_TEXT_BYTES_MAX, &s, e));
        s = str_dup(a, s);
        memcpy(to, &s, sizeof(s));
    } else if (f->kind == RECORD_INT) {
        int64_t v;
        int small;

        TRY(json_need_int(o, f->name, INT_MIN, INT_MAX, &v, e));
        small = (int)v;
        memcpy(to, &small, sizeof(small));
    } else if (f->kind == RECORD_INT64) {
        int64_t v;

        TRY(json_need_int(o, f->name, INT64_MIN, INT64_MAX, &v, e));
        memcpy(to, &v, sizeof(v));
    } else {
        const struct json *m = json_member(o, f->name);

        if (m == NULL || !json_bool(m, (bool *)to))
            return fail(e, ERR_INTERNAL, "record: %s is no boolean", f->name);
    }
    return OK;
}

result record_read(struct arena *a, const struct record_field *fields, size_t n, struct str text,
                   void *to, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;

    if (json_read(text, &o, e).failed)
        return fail(e, ERR_INTERNAL, "record: not JSON");
    for (size_t i = 0; i < n; i++)
        if (field_read(a, o, &fields[i], (char *)to + fields[i].at, e).failed)
            return fail(e, ERR_INTERNAL, "record: no valid %s", fields[i].name);
    return OK;
}
