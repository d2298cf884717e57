/* Spreadsheets: whatever the archive holds, reading ends within its bounds, rows come in order. */
/* rooms: base paper */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "paper/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct last {
    size_t sheet, row, seen;
};

static result look(void *user, const struct sheet_row *row, struct err *e)
{
    struct last *last = user;

    must(row->n > 0 && row->n <= SHEET_COLUMNS_MAX);
    must(last->seen == 0 || row->sheet > last->sheet || row->row > last->row);
    for (size_t i = 0; i < row->n; i++)
        must(row->cells[i].n == 0 || utf8_is_valid(row->cells[i]));
    *last = (struct last){ row->sheet, row->row, last->seen + 1 };
    return last->seen < 10000 ? OK : fail(e, ERR_TOO_LARGE, "enough");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct last last = { 0 };
    struct err e = { 0 };

    if (sheet_read(str_of(bytes, n), (struct sheet_bounds){ 3, 1u << 20 }, look, &last, &e).failed)
        must(e.code == ERR_MALFORMED || e.code == ERR_TOO_LARGE);
    return 0;
}
