#include "recon/csv_look.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"

struct looking {
    const struct csv_form *f;
    struct arena *a;
    struct csv_reader at;
    struct csv_row row;
};

static void begin(struct looking *l, const struct csv_form *f, struct str sample, struct arena *a)
{
    struct str rest = csv_skip_bom(sample);
    int64_t lines = 0;

    for (; lines < f->skip_top && rest.n > 0; lines++) {
        const size_t end = str_find(rest, '\n');
        rest = str_from(rest, end + (end < rest.n ? 1 : 0));
    }
    l->f = f;
    l->a = a;
    l->at = csv_begin(rest, f->separator != '\0' ? f->separator : csv_separator_of(rest),
                      arena_alloc(a, LIMIT_SETTLEMENT_LINE));
    l->at.quote = f->quote;
    l->at.line += lines;
}

static bool columns_take(struct looking *l, struct csv_look *out)
{
    out->separator = l->at.separator;
    if (!csv_next(&l->at, &l->row) || l->row.fault != NULL)
        return false;
    out->fields = l->row.count;
    for (int i = 0; i < out->fields; i++)
        out->names[i] = str_dup(l->a, str_trim(l->row.fields[i]));
    return true;
}

bool csv_look_columns(const struct csv_form *f, struct str sample, struct arena *a,
                      struct csv_look *out)
{
    struct looking *l = arena_new(a, struct looking);

    begin(l, f, sample, a);
    return columns_take(l, out);
}

static void row_take(struct looking *l, struct csv_cells *cells, struct csv_look_row *out)
{
    *out = (struct csv_look_row){ .line = l->row.line, .text = str_dup(l->a, l->row.text) };
    out->fault = csv_cells_look(cells, &l->row, &out->taken, out->why, out->raw);
    for (int r = 0; r < CSV_ROLES; r++) {
        out->raw[r] = str_dup(l->a, out->raw[r]);
        out->taken.text[r] = str_dup(l->a, out->taken.text[r]);
    }
}

static size_t rows_left(struct looking l)
{
    size_t n = 0;

    while (csv_next(&l.at, &l.row))
        n++;
    return n;
}

result csv_look_rows(const struct csv_form *f, struct str sample, bool whole, struct arena *a,
                     struct csv_look *out, struct err *e)
{
    DEFER(csv_cells_close) struct csv_cells *cells = NULL;
    struct looking *l = arena_new(a, struct looking);
    size_t left;

    out->count = 0;
    TRY(csv_cells_open(f, &cells, e));
    begin(l, f, sample, a);
    if (!columns_take(l, out))
        return fail_field(e, ERR_INVALID, "header", "%s",
                          l->row.fault != NULL ? l->row.fault : "no table");
    TRY(csv_cells_layout(cells, &l->row, e));
    if (f->no_header)
        begin(l, f, sample, a);
    left = rows_left(*l);
    if (whole)
        left -= left < (size_t)f->skip_bottom ? left : (size_t)f->skip_bottom;
    while (out->count < CSV_LOOK_ROWS && out->count < left && csv_next(&l->at, &l->row))
        row_take(l, cells, &out->rows[out->count++]);
    return OK;
}
