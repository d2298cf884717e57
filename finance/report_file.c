#include "finance/report_file.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/catalog.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/report_plot.h"
#include "paper/pdf_table.h"
#include "paper/plot.h"
#include "paper/sheet.h"

#define FILE_BYTES_MAX ((size_t)32 << 20)
#define PNG_SCALE      3
#define PDF_ROWS_MAX   3000

static const struct {
    const char *name, *type;
} forms[] = {
    [REPORT_JSON] = { "json", "application/json" },
    [REPORT_CSV] = { "csv", "text/csv; charset=utf-8" },
    [REPORT_XLSX] = { "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
    [REPORT_PDF] = { "pdf", "application/pdf" },
    [REPORT_SVG] = { "svg", "image/svg+xml" },
    [REPORT_PNG] = { "png", "image/png" },
};

bool report_form_find(struct str name, enum report_form *out)
{
    for (size_t i = 0; i < LEN(forms); i++)
        if (str_is(name, forms[i].name)) {
            *out = (enum report_form)i;
            return true;
        }
    return false;
}

const char *report_form_type(enum report_form f)
{
    return forms[f].type;
}

static struct str text_of(const struct catalog *c, const char *prefix, struct str name,
                          struct arena *a)
{
    return catalog_text(c, str_fmt(a, "%s%.*s", prefix, STR_ARG(name)));
}

static struct str head_of(const struct report_print *p, size_t column, struct arena *a)
{
    return text_of(p->texts, "report.col.", str_c(p->table->columns[column].name), a);
}

/* 99.50: for programs. */
static struct str rate_plain(int64_t n, struct arena *a)
{
    int64_t size;

    if (n == REPORT_NOT)
        return STR("");
    size = n < 0 ? -n : n;
    return str_fmt(a, "%s%lld.%02lld", n < 0 ? "-" : "", (long long)(size / 100),
                   (long long)(size % 100));
}

struct str report_cell_text(const struct report_table *t, size_t row, size_t column,
                            const struct catalog *texts, struct arena *a)
{
    const struct report_cell *cell = report_cell(t, row, column);
    struct date day;

    if (t->has_total && row + 1 == t->row_count && column == 0)
        return catalog_text(texts, STR("report.total"));
    switch (t->columns[column].kind) {
    case REPORT_WORD:
        return cell->text.n > 0 ? text_of(texts, "report.word.", cell->text, a) : STR("");
    case REPORT_DAY:
        return date_read(cell->text, &day) ? date_vn(a, day) : cell->text;
    case REPORT_MONEY:
    case REPORT_COUNT:
        return plot_number(a, cell->n, 0);
    case REPORT_RATE:
        return cell->n == REPORT_NOT ? catalog_text(texts, STR("report.not"))
                                     : plot_number(a, cell->n, 2);
    default:
        return cell->text;
    }
}

struct json *report_json(const struct report_table *t, struct arena *a)
{
    struct json *o = json_object(), *columns = json_array(), *rows = json_array();

    json_put_str(o, "name", str_c(t->name));
    for (size_t i = 0; i < t->column_count; i++)
        json_add_str(columns, str_c(t->columns[i].name));
    json_put(o, "columns", columns);
    for (size_t r = 0; r < t->row_count; r++) {
        struct json *row = json_array();

        for (size_t i = 0; i < t->column_count; i++) {
            const struct report_cell *cell = report_cell(t, r, i);

            if (t->columns[i].kind == REPORT_MONEY || t->columns[i].kind == REPORT_COUNT)
                json_add_int(row, cell->n);
            else
                json_add_str(row, t->columns[i].kind == REPORT_RATE ? rate_plain(cell->n, a)
                                                                    : cell->text);
        }
        json_add(rows, row);
    }
    json_put(o, "rows", rows);
    json_put_bool(o, "has_total", t->has_total);
    return o;
}

static void put_cell(struct buf *b, const struct report_print *p, size_t row, size_t column,
                     struct arena *a)
{
    const struct report_cell *cell = report_cell(p->table, row, column);
    const enum report_cell_kind kind = p->table->columns[column].kind;

    if (kind == REPORT_MONEY || kind == REPORT_COUNT)
        buf_int(b, cell->n);
    else if (kind == REPORT_RATE)
        buf_put(b, rate_plain(cell->n, a));
    else
        buf_csv(b, kind == REPORT_DAY && cell->text.n > 0
                       ? cell->text
                       : report_cell_text(p->table, row, column, p->texts, a));
}

static result csv(const struct report_print *p, struct arena *a, struct str *out, struct err *e)
{
    struct buf b = buf_make(a, FILE_BYTES_MAX);
    const struct report_table *t = p->table;

    buf_puts(&b, "\xEF\xBB\xBF");
    for (size_t i = 0; i < t->column_count; i++) {
        if (i > 0)
            buf_putc(&b, ',');
        buf_csv(&b, head_of(p, i, a));
    }
    buf_puts(&b, "\r\n");
    for (size_t r = 0; r < t->row_count; r++) {
        for (size_t i = 0; i < t->column_count; i++) {
            if (i > 0)
                buf_putc(&b, ',');
            put_cell(&b, p, r, i, a);
        }
        buf_puts(&b, "\r\n");
    }
    return buf_end(&b, out, e);
}

static result xlsx(const struct report_print *p, struct arena *a, struct str *out, struct err *e)
{
    DEFER(sheet_close) struct sheet *s = NULL;
    const struct report_table *t = p->table;
    struct str heads[REPORT_COLUMNS_MAX];

    for (size_t i = 0; i < t->column_count; i++)
        heads[i] = head_of(p, i, a);
    TRY(sheet_open(report_title(p, a), p->made_ms, &s, e));
    sheet_tab(s, str_c(t->name), heads, t->column_count);
    for (size_t r = 0; r < t->row_count; r++) {
        for (size_t i = 0; i < t->column_count; i++) {
            const enum report_cell_kind kind = t->columns[i].kind;

            if (kind == REPORT_MONEY || kind == REPORT_COUNT)
                sheet_int(s, report_cell(t, r, i)->n);
            else
                sheet_text(s, report_cell_text(t, r, i, p->texts, a));
        }
        sheet_next(s);
    }
    return sheet_write(s, a, out, e);
}

/* ---- PDF ---- */

static struct str scope_of(const struct report_print *p, struct arena *a)
{
    const struct report_query *q = p->query;
    const struct str words[] = {
        q->agency.n > 0 ? q->agency : catalog_text(p->texts, STR("report.all")),
        q->procedure.n > 0 ? q->procedure : catalog_text(p->texts, STR("report.all")),
        clock_vn(a, p->made_ms)
    };

    return catalog_fill(a, p->texts, STR("report.scope"), words, LEN(words));
}

static bool is_number(enum report_cell_kind kind)
{
    return kind == REPORT_MONEY || kind == REPORT_COUNT || kind == REPORT_RATE;
}

/* Names get twice the room of codes and numbers. */
static result pdf(const struct report_print *p, struct arena *a, struct str *out, struct err *e)
{
    const struct report_table *t = p->table;
    struct pdf_table_column columns[REPORT_COLUMNS_MAX];
    struct pdf_table paper = { .meta = { .title = report_title(p, a),
                                         .subject = scope_of(p, a),
                                         .author = STR("motcua"),
                                         .language = p->query->language,
                                         .made_ms = p->made_ms },
                               .columns = columns,
                               .column_count = t->column_count,
                               .row_count = t->row_count,
                               .has_total = t->has_total };
    struct str *cells;

    if (t->row_count > PDF_ROWS_MAX)
        return fail(e, ERR_TOO_LARGE, "more than %d rows on paper", PDF_ROWS_MAX);
    for (size_t i = 0; i < t->column_count; i++)
        columns[i] =
            (struct pdf_table_column){ .head = head_of(p, i, a),
                                       .parts = t->columns[i].kind == REPORT_TEXT && i > 0 ? 2 : 1,
                                       .is_number = is_number(t->columns[i].kind) };
    cells = arena_array(a, struct str, t->row_count * t->column_count + 1);
    for (size_t i = 0; i < t->row_count * t->column_count; i++)
        cells[i] = report_cell_text(t, i / t->column_count, i % t->column_count, p->texts, a);
    paper.cells = cells;
    return pdf_table_write(&paper, a, out, e);
}

struct str report_title(const struct report_print *p, struct arena *a)
{
    const struct str words[] = { text_of(p->texts, "report.name.", str_c(p->table->name), a),
                                 date_vn(a, p->query->from), date_vn(a, p->query->to) };

    return catalog_fill(a, p->texts, STR("report.title_of"), words, LEN(words));
}

static result json_text(const struct report_print *p, struct arena *a, struct str *out)
{
    DEFER(json_close) struct json *o = report_json(p->table, a);

    json_put_str(o, "from", date_iso(a, p->query->from));
    json_put_str(o, "to", date_iso(a, p->query->to));
    json_put_str(o, "agency", p->query->agency);
    json_put_str(o, "procedure", p->query->procedure);
    *out = json_print(a, o);
    return OK;
}

result report_file(const struct report_print *p, enum report_form form, struct arena *a,
                   struct str *out, struct err *e)
{
    struct plot plot;

    switch (form) {
    case REPORT_CSV:
        return csv(p, a, out, e);
    case REPORT_XLSX:
        return xlsx(p, a, out, e);
    case REPORT_PDF:
        return pdf(p, a, out, e);
    case REPORT_SVG:
        TRY(report_plot(p, a, &plot, e));
        return plot_svg(&plot, a, out, e);
    case REPORT_PNG:
        TRY(report_plot(p, a, &plot, e));
        return plot_png(&plot, PNG_SCALE, a, out, e);
    default:
        return json_text(p, a, out);
    }
}
