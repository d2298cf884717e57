/* Query strings and form bodies: what is read can be written and read again as the same fields. */
/* rooms: base http */
#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"
#include "http/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_form(struct arena *a, const struct form *f)
{
    const struct str url = url_with(a, STR("/x"), f->fields, f->count);
    struct form again;

    must(f->count <= LIMIT_FORM_FIELDS);
    must(!form_read(a, str_from(url, 3), &again, NULL).failed);
    must(again.count == f->count);
    for (size_t i = 0; i < f->count; i++) {
        must(utf8_is_valid(f->fields[i].value) && f->fields[i].name.n > 0);
        must(str_eq(again.fields[i].name, f->fields[i].name));
        must(str_eq(again.fields[i].value, f->fields[i].value));
        for (size_t j = 0; j < i; j++)
            must(!str_eq(f->fields[i].name, f->fields[j].name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(16 << 20);
    struct form f;

    if (!form_read(a, str_of(bytes, n), &f, NULL).failed)
        check_form(a, &f);
    arena_close(&a);
    return 0;
}
