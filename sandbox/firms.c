#include "sandbox/firms.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sandbox/csv.h"

#define FIRMS_MAX 1000

struct firms {
    struct firm *rows;
    size_t n;
};

result firms_load(struct arena *a, const char *path, struct firms **out, struct err *e)
{
    struct csv c;
    struct firms *f = arena_new(a, struct firms);
    bool found = true;
    f->rows = arena_array(a, struct firm, FIRMS_MAX);
    TRY(csv_open(&c, a, path, e));
    for (;;) {
        TRY(csv_read(&c, &found, e));
        if (!found)
            break;
        if (f->n == FIRMS_MAX)
            return fail(e, ERR_CONFIG, "firms.csv: more than %d rows", FIRMS_MAX);
        struct firm *row = &f->rows[f->n];
#define COLUMN(name) row->name = csv_get(&c, #name);
#include "sandbox/firms.def"
#undef COLUMN
        if (firms_find(f, row->code))
            return fail(e, ERR_CONFIG, "firms.csv line %d: code repeated", c.line);
        f->n++;
    }
    *out = f;
    return OK;
}

size_t firms_count(const struct firms *f)
{
    return f->n;
}

const struct firm *firms_find(const struct firms *f, struct str code)
{
    struct str head = str_sub(code, 0, 10), tail = str_from(code, 10);
    for (size_t i = 0; i < f->n; i++) {
        struct str own = f->rows[i].code;
        bool unit = code.n == 13 && own.n == 14 && str_starts(own, head) && str_ends(own, tail);
        if (str_eq(own, code) || unit)
            return &f->rows[i];
    }
    return NULL;
}

bool firm_next_representative(struct str *rest, struct str *number, struct str *name)
{
    struct str one;
    return str_next(rest, ';', &one) && str_cut(one, ':', number, name);
}
