/* Tables by a map: the first line is the map, in JSON; the rest is the table. A map that cannot be
 * read is refused with its field, and the table is read by one that can. */
/* rooms: base crypto paper recon */
#include "base/json.h"
#include "recon/csv_look.h"
#include "tests/fuzz/lines_told.h"

#define USUAL                                                                                      \
    "{\"columns\":{\"txn\":{\"column\":1,\"regex\":\"([A-Z0-9]+)\"},\"amount\":{\"column\":2,"     \
    "\"thousands\":\".\",\"decimal\":\",\",\"sign\":\"refund\"},\"time\":{\"column\":3,"           \
    "\"format\":\"dd/MM/yyyy\"}}}"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool map_read(struct str text, struct arena *a, struct csv_form *out)
{
    DEFER(json_close) struct json *o = NULL;
    struct err e = { 0 };

    if (json_read(text, &o, &e).failed)
        return false;
    if (!csv_form_read(o, a, out, &e).failed)
        return true;
    must(e.code != ERR_NONE);
    return false;
}

static void look(const struct csv_form *f, struct str table, struct arena *a)
{
    struct csv_look *l = arena_new(a, struct csv_look);
    struct err e = { 0 };

    if (csv_look_rows(f, table, true, a, l, &e).failed)
        return;
    must(l->count <= CSV_LOOK_ROWS);
    for (size_t i = 0; i < l->count; i++)
        for (int r = 0; r < CSV_ROLES && l->rows[i].fault == NULL; r++)
            must(csv_why_text(l->rows[i].why[r]) != NULL &&
                 utf8_is_valid(l->rows[i].taken.text[r]));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(64u << 20);
    struct str all = str_of(bytes, n), first = all, rest = STR("");
    struct csv_form f;

    (void)str_cut(all, '\n', &first, &rest);
    if (!map_read(first, a, &f))
        must(map_read(STR(USUAL), a, &f));
    told_all(rest, &f);
    if (rest.n > 0)
        look(&f, rest, a);
    arena_close(&a);
    return 0;
}
