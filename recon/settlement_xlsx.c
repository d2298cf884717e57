/*
 * XLSX: the cells of MC1 on three sheets: header, lines, trailer, each below a row of names. It has
 * no chain and no digest of its own; the totals and the balance are checked.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "paper/sheet.h"
#include "recon/settlement_read.h"

#define SHEETS             3
#define INFLATED_BYTES_MAX (4 * (size_t)LIMIT_SETTLEMENT_BYTES)

struct xlsx {
    struct settlement_reader *r;
    int64_t rows[SHEETS]; /* below the names */
};

static const size_t cell_counts[SHEETS] = { SETTLEMENT_HEAD_CELLS, SETTLEMENT_LINE_CELLS,
                                            SETTLEMENT_TRAILER_CELLS };

static bool is_names(const struct sheet_row *row)
{
    static const char *const firsts[SHEETS] = { "format", "n", "count" };

    return row->n > 0 && str_is(row->cells[0], firsts[row->sheet]);
}

static bool cells_make(struct xlsx *x, const struct sheet_row *row, struct settlement_cell *cells)
{
    const struct settlement_place at = { (int64_t)row->row, 1 };
    const size_t want = cell_counts[row->sheet];

    if (row->n > want) {
        settlement_blame(x->r, "COR", at, row->name, "%zu cells instead of %zu", row->n, want);
        return false;
    }
    for (size_t i = 0; i < want; i++) {
        cells[i].text = i < row->n ? row->cells[i] : STR("");
        cells[i].column = (int64_t)i + 1;
    }
    return true;
}

static result line_read(struct xlsx *x, const struct settlement_cell *cells, int64_t row,
                        struct err *e)
{
    struct settlement_line l;

    if (settlement_read_line(x->r, cells, row, &l))
        return settlement_put(x->r, &l, e);
    settlement_lose(x->r);
    return x->r->failed ? (result){ true } : OK;
}

static result row_read(void *user, const struct sheet_row *row, struct err *e)
{
    struct xlsx *x = user;
    const struct settlement_place at = { (int64_t)row->row, 1 };
    struct settlement_cell cells[SETTLEMENT_LINE_CELLS];

    arena_reset(x->r->scratch);
    if (row->row == 1) {
        if (!is_names(row))
            settlement_blame(x->r, "VER", at, row->n > 0 ? row->cells[0] : STR(""),
                             "sheet %zu does not begin with the names of MC1", row->sheet + 1);
        return OK;
    }
    x->rows[row->sheet]++;
    if (row->sheet != 1 && x->rows[row->sheet] > 1) {
        settlement_blame(x->r, "COR", at, row->name, "more than one row");
        return OK;
    }
    if (row->sheet > 0 && !x->r->head->has_chain)
        return OK; /* the header was refused */
    if (!cells_make(x, row, cells)) {
        if (row->sheet == 1)
            settlement_lose(x->r);
        return x->r->failed ? (result){ true } : OK;
    }
    if (row->sheet == 1)
        return line_read(x, cells, at.line, e);
    if (row->sheet == 0)
        (void)settlement_read_head(x->r, cells, at.line);
    else if (settlement_read_trailer(x->r, cells, at.line))
        settlement_check_trailer(x->r, at.line);
    return OK;
}

result settlement_read_xlsx(struct settlement_reader *r, struct str bytes, struct err *e)
{
    const struct sheet_bounds bounds = { SHEETS, INFLATED_BYTES_MAX };
    const struct settlement_place whole = { 0 };
    struct xlsx x = { .r = r };
    struct err why = { 0 };

    if (sheet_read(bytes, bounds, row_read, &x, &why).failed) {
        if (r->failed)
            return (result){ true };
        if (why.code != ERR_MALFORMED && why.code != ERR_TOO_LARGE)
            return fail(e, why.code, "%s", why.detail); /* the sink's own */
        settlement_blame(r, "COR", whole, STR(""), "%s", why.detail);
    } else if (r->faults->total == 0 && (x.rows[0] == 0 || x.rows[2] == 0)) {
        settlement_blame(r, "COR", whole, STR(""), "no %s sheet",
                         x.rows[0] == 0 ? "header" : "trailer");
    }
    return OK;
}
