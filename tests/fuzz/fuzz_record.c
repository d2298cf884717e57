/* Tables of the bare command: every row is a record or told, and reading goes on behind it. */
/* rooms: base crypto paper recon */
#include "base/arena.h"
#include "base/err.h"
#include "base/money.h"
#include "base/str.h"
#include "recon/csv_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void row_read(const struct csv_layout *at, const struct csv_row *row)
{
    struct csv_fault fault = { NULL, 0 };
    struct csv_record r;

    if (!csv_record_read(at, row, &r, &fault)) {
        must(fault.why != NULL && fault.column >= 1 && fault.column <= (int64_t)row->text.n + 1);
        return;
    }
    must(row->fault == NULL && row->count == at->fields);
    must(r.amount_vnd <= MONEY_MAX_VND && r.amount_vnd >= -MONEY_MAX_VND && r.time_ms >= 0);
    must(csv_record_ours(&r, row->line).id == row->line);
    must(csv_record_line(&r, row->line).gross_vnd == r.amount_vnd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(4u << 20);
    const struct str all = csv_skip_bom(str_of(bytes, n));
    struct csv_reader r =
        csv_begin(all, csv_separator_of(all), arena_alloc(a, LIMIT_SETTLEMENT_LINE));
    const struct csv_map usual = { .separator = 0 };
    struct csv_row *row = arena_new(a, struct csv_row);
    struct csv_layout at;
    const char *before = all.p;
    struct err e = { 0 };

    if (!csv_next(&r, row) || csv_layout_make(&usual, row, &at, &e).failed ||
        at.at[CSV_AMOUNT] < 0) {
        arena_close(&a);
        return 0;
    }
    while (csv_next(&r, row)) {
        must(r.at > before && r.at <= r.end && row->text.p >= before);
        before = r.at;
        row_read(&at, row);
    }
    must(r.at == r.end);
    arena_close(&a);
    return 0;
}
