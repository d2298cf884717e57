#include "conf/place.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/dated.h"

struct list {
    struct place *rows;
    size_t n;
};

struct places {
    struct list birth, address;
};

/* Cells: code, name, and merged where the table has it. */
static struct place place_of(const struct dated_row *row)
{
    return (struct place){ .code = row->cells[0],
                           .name = row->cells[1],
                           .merged = row->cells[2],
                           .from = row->from,
                           .to = row->to };
}

static result check_row(const struct dated *d, const struct list *list, const struct place *p,
                        size_t digits, struct err *e)
{
    if (p->code.n != digits || !str_digits(p->code))
        return fail(e, ERR_CONFIG, "%s:%d: a code has %zu digits", d->name, d->line, digits);
    if (p->name.n == 0)
        return fail(e, ERR_CONFIG, "%s:%d: no name", d->name, d->line);
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->rows[i].code, p->code) && date_cmp(list->rows[i].from, p->to) <= 0 &&
            date_cmp(p->from, list->rows[i].to) <= 0)
            return fail(e, ERR_CONFIG, "%s:%d: the code is taken on these days", d->name, d->line);
    return OK;
}

static result list_load(struct arena *a, struct str path, const char *header, size_t digits,
                        struct list *out, struct err *e)
{
    struct list list = { .n = 0 };
    struct dated_row row;
    struct dated d;
    bool found = true;

    TRY(dated_open(a, str_cstr(a, path), header, &d, e));
    list.rows = arena_array(a, struct place, dated_rows_max(&d));
    for (;;) {
        TRY(dated_next(&d, &row, &found, e));
        if (!found)
            break;
        list.rows[list.n] = place_of(&row);
        TRY(check_row(&d, &list, &list.rows[list.n], digits, e));
        list.n++;
    }
    *out = list;
    return OK;
}

result places_load(struct arena *a, struct str folder, struct places **out, struct err *e)
{
    struct places *p = arena_new(a, struct places);

    TRY(list_load(a, str_fmt(a, "%.*s/birth.csv", STR_ARG(folder)), "code,name", 3, &p->birth, e));
    TRY(list_load(a, str_fmt(a, "%.*s/address.csv", STR_ARG(folder)),
                  "code,name,merged,valid_from,valid_to", 2, &p->address, e));
    *out = p;
    return OK;
}

bool place_birth_find(const struct places *p, int code, struct place *out)
{
    char text[16];

    (void)snprintf(text, sizeof(text), "%03d", code);
    for (size_t i = 0; i < p->birth.n; i++)
        if (str_is(p->birth.rows[i].code, text)) {
            *out = p->birth.rows[i];
            return true;
        }
    return false;
}

bool place_address_find(const struct places *p, struct str code, struct date on, struct place *out)
{
    for (size_t i = 0; i < p->address.n; i++)
        if (str_eq(p->address.rows[i].code, code) &&
            dated_holds(p->address.rows[i].from, p->address.rows[i].to, on)) {
            *out = p->address.rows[i];
            return true;
        }
    return false;
}
