#include "conf/dated.h"

#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/file.h"

#define FILE_BYTES_MAX (256u * 1024)

static const struct date always_from = { 1, 1, 1 };
static const struct date always_to = { 9999, 12, 31 };

static bool next_line(struct dated *d, struct str *line)
{
    while (str_next(&d->rest, '\n', line)) {
        d->line++;
        *line = str_trim(*line);
        if (line->n > 0 && line->p[0] != '#')
            return true;
    }
    return false;
}

static result cut_cells(const struct dated *d, struct str line, struct str *cells, size_t *n,
                        struct err *e)
{
    struct str cell;

    if (!utf8_is_text(line) || str_find(line, '"') < line.n)
        return fail(e, ERR_CONFIG, "%s:%d: not plain text", d->name, d->line);
    for (*n = 0; str_next(&line, ',', &cell); ++*n) {
        if (*n == DATED_CELLS_MAX)
            return fail(e, ERR_CONFIG, "%s:%d: too many cells", d->name, d->line);
        cells[*n] = str_trim(cell);
    }
    return OK;
}

result dated_open(struct arena *a, const char *path, const char *header, struct dated *out,
                  struct err *e)
{
    struct dated d = { .name = path };
    struct str line;

    for (const char *p = path; *p != '\0'; p++)
        if (*p == '/')
            d.name = p + 1;
    if (conf_file_load(a, path, FILE_BYTES_MAX, &d.rest, e).failed)
        return fail(e, ERR_IO, "%s: cannot be read", d.name);
    if (!next_line(&d, &line) || !str_is(line, header))
        return fail(e, ERR_CONFIG, "%s:%d: the header has to be %s", d.name, d.line, header);
    TRY(cut_cells(&d, line, d.columns, &d.n, e));
    *out = d;
    return OK;
}

static result read_day(const struct dated *d, struct str cell, struct date *out, struct err *e)
{
    if (!date_read(cell, out) || !date_is_valid(*out))
        return fail(e, ERR_CONFIG, "%s:%d: not a day", d->name, d->line);
    return OK;
}

static result read_days(const struct dated *d, struct dated_row *row, struct err *e)
{
    row->from = always_from;
    row->to = always_to;
    for (size_t i = 0; i < d->n; i++) {
        if (str_is(d->columns[i], "valid_from"))
            TRY(read_day(d, row->cells[i], &row->from, e));
        if (str_is(d->columns[i], "valid_to") && row->cells[i].n > 0)
            TRY(read_day(d, row->cells[i], &row->to, e));
    }
    if (date_cmp(row->from, row->to) > 0)
        return fail(e, ERR_CONFIG, "%s:%d: ends before it begins", d->name, d->line);
    return OK;
}

result dated_next(struct dated *d, struct dated_row *row, bool *found, struct err *e)
{
    struct dated_row r = { .line = 0 };
    struct str line;
    size_t n;

    if (!next_line(d, &line)) {
        *found = false;
        return OK;
    }
    TRY(cut_cells(d, line, r.cells, &n, e));
    if (n != d->n)
        return fail(e, ERR_CONFIG, "%s:%d: %zu cells, not %zu", d->name, d->line, n, d->n);
    TRY(read_days(d, &r, e));
    r.line = d->line;
    *row = r;
    *found = true;
    return OK;
}

size_t dated_rows_max(const struct dated *d)
{
    size_t n = 1;

    for (size_t i = 0; i < d->rest.n; i++)
        n += d->rest.p[i] == '\n';
    return n;
}

bool dated_holds(struct date from, struct date to, struct date on)
{
    return date_cmp(from, on) <= 0 && date_cmp(on, to) <= 0;
}
