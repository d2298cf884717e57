/*
 * CSV: a bank's own table, read by a map (csv_form.h). It has no trailer: what is counted and
 * summed here is all there is. Every row is a line or is told as wrong.
 */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "recon/csv_form.h"
#include "recon/settlement_read.h"

/* A row of the last few, which may be below the table. */
struct held {
    int64_t line, column;
    const char *fault;
    size_t n;
    char *text; /* LIMIT_SETTLEMENT_LINE bytes */
};

struct csv {
    struct settlement_reader *r;
    const struct csv_form *f;
    struct csv_cells *cells;
    struct csv_reader at;
    char *scratch; /* of rows that were held */
    struct held held[CSV_SKIP_MAX];
    int64_t rows;
    bool has_layout, unusable;
};

static result record_put(struct csv *c, const struct csv_record *record, int64_t text_line,
                         struct err *e)
{
    struct settlement_line l = csv_record_line(record, c->r->head->lines + 1);

    l.text_line = text_line;
    return settlement_put(c->r, &l, e);
}

static result row_put(struct csv *c, const struct csv_row *row, struct err *e)
{
    struct settlement_place at = { row->line, 1 };
    struct csv_record record;
    struct csv_fault fault;
    struct str cell;

    arena_reset(c->r->scratch);
    if (!c->unusable && csv_cells_read(c->cells, row, &record, &fault, &cell))
        return record_put(c, &record, row->line, e);
    if (!c->unusable) {
        at.column = fault.column;
        settlement_blame(c->r, "COR", at, cell, "%s", fault.why);
    }
    settlement_lose(c->r);
    return c->r->failed ? (result){ true } : OK;
}

/* The first row tells the columns, or at least how many there are. */
static bool layout_take(struct csv *c, const struct csv_row *row)
{
    const struct settlement_place at = { row->line, row->fault != NULL ? row->column : 1 };
    struct err why = { 0 };

    c->has_layout = true;
    if (csv_cells_layout(c->cells, row, &why).failed) {
        settlement_blame(c->r, "VER", at, row->text, "%s: %s", why.field, why.detail);
        c->unusable = true;
    }
    return !c->f->no_header;
}

static void hold(struct held *h, const struct csv_row *row)
{
    h->line = row->line;
    h->column = row->column;
    h->fault = row->fault;
    h->n = row->text.n < LIMIT_SETTLEMENT_LINE ? row->text.n : LIMIT_SETTLEMENT_LINE;
    memcpy(h->text, row->text.p, h->n);
}

static result held_put(struct csv *c, const struct held *h, struct err *e)
{
    struct csv_reader again = csv_begin(str_of(h->text, h->n), c->at.separator, c->scratch);
    struct csv_row row = { .text = str_of(h->text, h->n), .separator = c->at.separator };

    again.quote = c->f->quote;
    if (h->fault == NULL)
        must(csv_next(&again, &row));
    row.line = h->line;
    if (h->fault != NULL) {
        row.fault = h->fault;
        row.column = h->column;
    }
    return row_put(c, &row, e);
}

static result row_take(struct csv *c, const struct csv_row *row, struct err *e)
{
    const int bottom = c->f->skip_bottom;
    struct held *h;

    if (!c->has_layout && layout_take(c, row))
        return OK;
    if (bottom == 0)
        return row_put(c, row, e);
    h = &c->held[c->rows++ % bottom];
    if (h->text == NULL)
        h->text = arena_alloc(c->r->keep, LIMIT_SETTLEMENT_LINE);
    else
        TRY(held_put(c, h, e));
    hold(h, row);
    return OK;
}

static int64_t line_ends(struct str s)
{
    int64_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\n' ? 1 : 0;
    return n;
}

static void rest_set(struct csv *c, struct str rest)
{
    c->at.at = rest.p;
    c->at.end = rest.p + rest.n;
    c->at.whole = c->r->room == NULL || c->r->ended;
}

/* False: nothing came. */
static bool more(struct csv *c)
{
    struct str rest = str_of(c->at.at, (size_t)(c->at.end - c->at.at));
    const size_t had = rest.n;
    const bool was_whole = c->at.whole;

    settlement_refill(c->r, &rest);
    rest_set(c, rest);
    return rest.n > had || (c->at.whole && !was_whole);
}

/* A row that is longer than the window: what is left of it is passed over, to its line end. */
static void long_row_pass(struct csv *c, struct csv_row *row)
{
    struct str rest = str_of(c->at.at, (size_t)(c->at.end - c->at.at));
    bool found = false;

    if (row->fault == NULL) {
        row->fault = "a row that is too long";
        row->column = 1;
    }
    row->text = str_of(c->scratch, LIMIT_SETTLEMENT_LINE);
    memcpy(c->scratch, rest.p, LIMIT_SETTLEMENT_LINE);
    c->at.line += line_ends(rest);
    rest = str_from(rest, rest.n);
    while (!found && !c->r->failed) {
        size_t end;

        settlement_refill(c->r, &rest);
        if (rest.n == 0)
            break;
        end = str_find(rest, '\n');
        found = end < rest.n;
        rest = str_from(rest, end + (found ? 1 : 0));
    }
    c->at.line += found ? 1 : 0;
    rest_set(c, rest);
}

static bool row_next(struct csv *c, struct csv_row *row)
{
    while (!c->r->failed) {
        if (csv_next(&c->at, row)) {
            c->r->head->crlf |=
                row->text.p + row->text.n < c->at.end && row->text.p[row->text.n] == '\r';
            return true;
        }
        if (c->at.whole)
            return false;
        if (more(c))
            continue;
        if (c->at.at == c->at.end || c->at.whole)
            return false;
        long_row_pass(c, row);
        return true;
    }
    return false;
}

/* Titles above the table: lines, whatever is in them. */
static void top_skip(struct csv *c, struct str *rest)
{
    for (int i = 0; i < c->f->skip_top && !c->r->failed; c->at.line++) {
        const size_t end = str_find(*rest, '\n');
        const bool found = end < rest->n;

        i += found ? 1 : 0;
        *rest = str_from(*rest, end + (found ? 1 : 0));
        c->at.line -= found ? 0 : 1;
        if (rest->n == 0)
            settlement_refill(c->r, rest);
        if (rest->n == 0)
            return;
    }
}

static char separator_find(struct csv *c, struct str *rest)
{
    if (c->f->separator != '\0')
        return c->f->separator;
    if (str_find(*rest, '\n') == rest->n)
        settlement_refill(c->r, rest);
    return csv_separator_of(*rest);
}

result settlement_read_csv(struct settlement_reader *r, struct str bytes, struct err *e)
{
    DEFER(csv_cells_close) struct csv_cells *cells = NULL;
    const struct settlement_place whole = { 0 };
    struct csv *c = arena_new(r->keep, struct csv);
    struct csv_row *row = arena_new(r->keep, struct csv_row);
    struct str rest = csv_skip_bom(bytes);

    TRY(csv_cells_open(r->in->map, &cells, e));
    *c = (struct csv){ .r = r, .f = r->in->map, .cells = cells };
    c->scratch = arena_alloc(r->keep, LIMIT_SETTLEMENT_LINE);
    c->at = csv_begin(STR(""), ',', arena_alloc(r->keep, LIMIT_SETTLEMENT_LINE));
    top_skip(c, &rest);
    c->at.separator = separator_find(c, &rest);
    c->at.quote = c->f->quote;
    rest_set(c, rest);
    while (row_next(c, row))
        TRY(row_take(c, row, e));
    if (r->failed)
        return (result){ true };
    if (!c->has_layout)
        settlement_blame(r, "COR", whole, STR(""), "no table");
    else if (c->f->skip_bottom > 0 && c->rows < c->f->skip_bottom)
        settlement_blame(r, "COR", whole, STR(""), "fewer rows than are to be left out");
    return OK;
}
