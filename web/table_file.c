/*
 * Attacker: whoever can put a text into a list (a payer's name, a remark) that a spreadsheet would
 * run, and an officer who takes more away than they may see. Promised: no cell of CSV begins as a
 * formula, XLSX holds texts and numbers only, columns and masks are those of the page, and the row
 * of the audit log stands before the first row is read. Not done: rows that change while a large
 * file is made are as they are when their page is read.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "paper/sheet.h"
#include "web/table_ask.h"
#include "web/view.h"

#define ROWS_AT_ONCE 500
#define FILE_BYTES   (6 * 1024 * 1024) /* an answer is held in the request's memory */

struct file {
    struct ctx c; /* with a page's own arena */
    const struct table_ask *ask;
    struct arena *whole; /* what the file is made of */
    struct table_totals totals;
    size_t seen[TABLE_COLUMNS_MAX], n;
    size_t rows, most;
    struct buf csv;
    struct sheet *sheet;
    struct str *words; /* PDF: n for each row */
};

static const struct table_column *column(const struct file *f, size_t i)
{
    return &f->ask->page->table->columns[f->seen[i]];
}

static struct str head(struct file *f, size_t i)
{
    const struct str text = view_text(&f->c, column(f, i)->text);

    return column(f, i)->kind == TABLE_TIME ? str_cat(f->whole, text, STR(" (UTC+7)")) : text;
}

static void csv_row(struct file *f, const struct table_row *row)
{
    for (size_t i = 0; i < f->n; i++) {
        if (i > 0)
            buf_putc(&f->csv, ',');
        buf_csv(&f->csv, table_cell_plain(&f->c, column(f, i), &row->cells[f->seen[i]]));
    }
    buf_puts(&f->csv, "\r\n");
}

static void sheet_row_put(struct file *f, const struct table_row *row)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct table_cell *of = &row->cells[f->seen[i]];

        if (table_is_number(column(f, i)->kind) && of->is_set)
            sheet_int(f->sheet, of->n);
        else
            sheet_text(f->sheet, table_cell_plain(&f->c, column(f, i), of));
    }
    sheet_next(f->sheet);
}

static void pdf_row_keep(struct file *f, const struct table_row *row)
{
    for (size_t i = 0; i < f->n; i++)
        f->words[f->rows * f->n + i] =
            str_dup(f->whole, table_cell_words(&f->c, column(f, i), &row->cells[f->seen[i]]));
}

static void row_put(struct file *f, const struct table_row *row)
{
    if (f->ask->as == TABLE_AS_CSV)
        csv_row(f, row);
    else if (f->ask->as == TABLE_AS_XLSX)
        sheet_row_put(f, row);
    else
        pdf_row_keep(f, row);
    f->rows++;
}

/* Page by page; *too_many when there is a row past the last that may be. */
static result rows_put(struct file *f, bool *too_many, struct err *e)
{
    struct table_query q = f->ask->query;
    struct table_rows rows;

    q.after = STR("");
    q.most = ROWS_AT_ONCE;
    do {
        arena_reset(f->c.arena);
        TRY(table_rows_find(&f->c, &q, &rows, e));
        *too_many = f->rows + rows.n > f->most;
        for (size_t i = 0; i < rows.n && !*too_many; i++)
            row_put(f, &rows.list[i]);
        if (rows.n > 0)
            q.after = str_dup(f->whole, rows.list[rows.n - 1].after);
    } while (rows.n == ROWS_AT_ONCE && !*too_many);
    return OK;
}

/* Totals as a row, where the list has any. */
static bool totals_row(struct file *f, struct table_row *out)
{
    bool any = false;

    *out = (struct table_row){ .after = STR("") };
    for (size_t i = 0; i < f->ask->page->table->column_count; i++)
        if (f->totals.columns[i].is_set) {
            table_number(out, i, f->totals.columns[i].n);
            any = true;
        }
    return any;
}

static result file_name(struct file *f, struct response *rs, const char *ending, const char *type,
                        struct str bytes)
{
    response_header(
        rs, "Content-Disposition",
        str_fmt(rs->arena, "attachment; filename=\"%s_%.*s.%s\"", f->ask->page->table->name,
                STR_ARG(date_compact(rs->arena, clock_local(f->c.now_ms).date)), ending));
    response_header_set(rs, "Cache-Control", STR("no-store"));
    response_body(rs, 200, type, bytes);
    return OK;
}

static result csv_make(struct file *f, struct response *rs, bool *too_many, struct err *e)
{
    struct str bytes;

    f->csv = buf_make(f->whole, FILE_BYTES);
    buf_puts(&f->csv, "\xEF\xBB\xBF");
    for (size_t i = 0; i < f->n; i++) {
        if (i > 0)
            buf_putc(&f->csv, ',');
        buf_csv(&f->csv, head(f, i));
    }
    buf_puts(&f->csv, "\r\n");
    TRY(rows_put(f, too_many, e));
    *too_many |= f->csv.overflow;
    if (*too_many)
        return OK;
    TRY(buf_end(&f->csv, &bytes, e));
    TRY(arena_may(rs->arena, bytes.n, e));
    return file_name(f, rs, "csv", "text/csv; charset=utf-8", str_dup(rs->arena, bytes));
}

/* A second tab says what the first one is. */
static result sheet_about(struct file *f, struct err *e)
{
    const struct str heads[] = { view_text(&f->c, "table.about"), STR("") };
    struct str filter;

    TRY(table_ask_words(&f->c, f->ask, &filter, e));
    const struct str pairs[][2] = {
        { view_text(&f->c, "table.list"), view_text(&f->c, f->ask->page->table->title) },
        { view_text(&f->c, "table.filter"), filter },
        { view_text(&f->c, "table.officer"), f->c.staff.display_name },
        { view_text(&f->c, "table.made_at"),
          str_cat(f->c.arena, clock_vn(f->c.arena, f->c.now_ms), STR(" (UTC+7)")) },
    };

    sheet_tab(f->sheet, view_text(&f->c, "table.about"), heads, LEN(heads));
    for (size_t i = 0; i < LEN(pairs); i++) {
        sheet_text(f->sheet, pairs[i][0]);
        sheet_text(f->sheet, pairs[i][1]);
        sheet_next(f->sheet);
    }
    sheet_text(f->sheet, view_text(&f->c, "table.rows"));
    sheet_int(f->sheet, (int64_t)f->rows);
    sheet_next(f->sheet);
    return OK;
}

static result xlsx_make(struct file *f, struct response *rs, bool *too_many, struct err *e)
{
    DEFER(sheet_close) struct sheet *sheet = NULL;
    struct str heads[TABLE_COLUMNS_MAX], bytes;
    struct table_row totals;

    TRY(sheet_open(view_text(&f->c, f->ask->page->table->title), f->c.now_ms, &sheet, e));
    f->sheet = sheet;
    for (size_t i = 0; i < f->n; i++)
        heads[i] = head(f, i);
    sheet_tab(sheet, view_text(&f->c, "table.data"), heads, f->n);
    TRY(rows_put(f, too_many, e));
    if (*too_many)
        return OK;
    if (totals_row(f, &totals)) {
        totals.cells[f->seen[0]] = (struct table_cell){ .is_set = true };
        totals.cells[f->seen[0]].text = view_text(&f->c, "table.total");
        sheet_row_put(f, &totals);
    }
    TRY(sheet_about(f, e));
    TRY(sheet_write(sheet, rs->arena, &bytes, e));
    return file_name(f, rs, "xlsx",
                     "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", bytes);
}

static result pdf_make(struct file *f, struct response *rs, bool *too_many, struct err *e)
{
    struct str *heads = arena_array(f->whole, struct str, f->n + 1);
    bool *right = arena_array(f->whole, bool, f->n + 1);
    struct table_pdf pdf = { .title = view_text(&f->c, f->ask->page->table->title),
                             .columns = f->n,
                             .heads = heads,
                             .is_number = right,
                             .officer = f->c.staff.display_name,
                             .made_ms = f->c.now_ms };
    struct table_row totals;
    struct str bytes;

    f->words = arena_array(f->whole, struct str, (f->most + 2) * f->n);
    for (size_t i = 0; i < f->n; i++) {
        heads[i] = view_text(&f->c, column(f, i)->text);
        right[i] = table_is_number(column(f, i)->kind);
    }
    TRY(rows_put(f, too_many, e));
    if (*too_many)
        return OK;
    pdf.rows = f->rows;
    pdf.has_total = totals_row(f, &totals);
    if (pdf.has_total) {
        pdf_row_keep(f, &totals);
        for (size_t i = 0; i < f->n; i++)
            if (!totals.cells[f->seen[i]].is_set)
                f->words[f->rows * f->n + i] = i == 0 ? view_text(&f->c, "table.total") : STR("");
    }
    pdf.words = f->words;
    TRY(table_ask_words(&f->c, f->ask, &pdf.filter, e));
    TRY(table_pdf_make(&f->c, &pdf, rs->arena, &bytes, e));
    return file_name(f, rs, "pdf", "application/pdf", bytes);
}

static result audit(struct ctx *c, const struct table_ask *ask, struct err *e)
{
    static const char *const kinds[] = { "", "csv", "xlsx", "pdf" };
    DEFER(json_close) struct json *detail = json_object();

    json_put_str(detail, "as", str_c(kinds[ask->as]));
    json_put_int(detail, "filters", (int64_t)ask->has_filter);
    return auth_audit(&c->app->auth, &c->visit, str_cat(c->arena, STR("staff:"), c->staff.name),
                      "list.export", str_c(ask->page->table->name), detail, e);
}

static result make(struct file *f, struct response *rs, bool *too_many, struct err *e)
{
    switch (f->ask->as) {
    case TABLE_AS_CSV:
        return csv_make(f, rs, too_many, e);
    case TABLE_AS_XLSX:
        return xlsx_make(f, rs, too_many, e);
    default:
        return pdf_make(f, rs, too_many, e);
    }
}

result table_file(struct ctx *c, struct response *rs, const struct table_ask *ask, bool *too_many,
                  struct err *e)
{
    DEFER(arena_close) struct arena *page = arena_open(LIMIT_ARENA_REQUEST_BYTES);
    DEFER(arena_close) struct arena *whole = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct file f = { .c = *c, .ask = ask, .whole = whole };
    const struct table *t = ask->page->table;

    f.c.arena = page;
    f.most = ask->as == TABLE_AS_PDF ? TABLE_PDF_ROWS : TABLE_FILE_ROWS;
    f.n = table_columns_seen(c, t, f.seen);
    if (t->totals != NULL)
        TRY(t->totals(c, &ask->query, &f.totals, e));
    *too_many = f.totals.count > (int64_t)f.most;
    if (*too_many)
        return OK;
    TRY(audit(c, ask, e));
    return make(&f, rs, too_many, e);
}
