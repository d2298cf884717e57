/*
 * XLSX: the columns of MC1 on three sheets, H (header), D (lines) and T (trailer), each below a
 * row of column names. Without the record letter and without the digests, which are of the text
 * form.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "paper/sheet.h"
#include "sandbox/settlement.h"

static const char *const header_names[SETTLE_HEADER_CELLS] = {
    "format", "provider", "account",     "business_date", "tz",
    "seq",    "revision", "prev_sha256", "created_at",    "opening_balance",
};
static const char *const line_names[SETTLE_LINE_CELLS] = {
    "n",         "type",         "portal_txn",      "merchant_ref", "original_ref", "dossier",
    "procedure", "body",         "benef_account",   "bank",         "gross",        "fee",
    "net",       "currency",     "status",          "code",         "txn_at",       "settle_date",
    "channel",   "treasury_ref", "treasury_status",
};
static const char *const trailer_names[SETTLE_TRAILER_CELLS] = {
    "count",     "count_pay", "count_refund", "count_reversal",
    "sum_gross", "sum_fee",   "sum_net",      "closing_balance",
};

static void tab_start(struct sheet *s, const char *name, const char *const *names, size_t n)
{
    struct str heads[SETTLE_LINE_CELLS];
    must(n <= LEN(heads));
    for (size_t i = 0; i < n; i++)
        heads[i] = str_c(names[i]);
    sheet_tab(s, str_c(name), heads, n);
}

static void row_put(struct sheet *s, const struct str *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sheet_text(s, cells[i]);
    sheet_next(s);
}

/* Amounts as numbers, so that a spreadsheet can add them up. */
static void line_put(struct sheet *s, const struct settle_line *l, const struct str *cells)
{
    for (size_t i = 0; i < SETTLE_LINE_CELLS; i++) {
        if (i == 10)
            sheet_int(s, l->gross_vnd);
        else if (i == 11)
            sheet_int(s, l->fee_vnd);
        else if (i == 12)
            sheet_int(s, l->net_vnd);
        else
            sheet_text(s, cells[i]);
    }
    sheet_next(s);
}

result settlement_xlsx(struct sandbox *sb, struct arena *a, const struct settle_day *day,
                       struct str *out, struct err *e)
{
    DEFER(sheet_close) struct sheet *s = NULL;
    struct str cells[SETTLE_LINE_CELLS];

    TRY(sheet_open(STR("Settlement"), clock_day_start_ms(date_add_days(day->date, 1)), &s, e));
    tab_start(s, "H", header_names, SETTLE_HEADER_CELLS);
    settlement_header(sb, a, day, cells);
    row_put(s, cells, SETTLE_HEADER_CELLS);
    tab_start(s, "D", line_names, SETTLE_LINE_CELLS);
    for (size_t i = 0; i < day->n; i++) {
        settlement_line(a, day, i, cells);
        line_put(s, &day->lines[i], cells);
    }
    tab_start(s, "T", trailer_names, SETTLE_TRAILER_CELLS);
    settlement_trailer(a, day, cells);
    row_put(s, cells, SETTLE_TRAILER_CELLS);
    return sheet_write(s, a, out, e);
}
