#include "paper/pdf_table.h"

#define MARGIN_MM 12.0
#define ROW_PT    7.5
#define FOOT_MM   284.0

struct page {
    struct pdf *pdf;
    const struct pdf_table *t;
    double x[PDF_TABLE_COLUMNS_MAX + 1], y;
};

static void columns_place(struct page *g)
{
    double parts = 0, x = MARGIN_MM;

    for (size_t i = 0; i < g->t->column_count; i++)
        parts += g->t->columns[i].parts;
    for (size_t i = 0; i < g->t->column_count; i++) {
        g->x[i] = x;
        x += (PDF_WIDTH_MM - 2 * MARGIN_MM) / parts * g->t->columns[i].parts;
    }
    g->x[g->t->column_count] = x;
}

static void row_put(struct page *g, const struct str *cells, bool bold)
{
    struct pdf_style style = { .size_pt = ROW_PT, .bold = bold };
    double height = 0;

    for (size_t i = 0; i < g->t->column_count; i++) {
        const double h =
            pdf_paragraph_height_mm(g->pdf, style, g->x[i + 1] - g->x[i] - 2, cells[i]);

        height = h > height ? h : height;
    }
    if (g->y + height > FOOT_MM) {
        pdf_page(g->pdf);
        g->y = MARGIN_MM;
    }
    for (size_t i = 0; i < g->t->column_count; i++) {
        style.align = g->t->columns[i].is_number ? PDF_RIGHT : PDF_LEFT;
        (void)pdf_paragraph(g->pdf, style,
                            (struct pdf_box){ g->x[i], g->y, g->x[i + 1] - g->x[i] - 2, 0 },
                            cells[i]);
    }
    g->y += height + 1;
    pdf_line(g->pdf, (struct pdf_box){ MARGIN_MM, g->y, PDF_WIDTH_MM - 2 * MARGIN_MM, 0 },
             bold ? 0.8 : 0.2);
    g->y += 1;
}

static void rows_put(struct page *g)
{
    const struct pdf_table *t = g->t;
    struct str heads[PDF_TABLE_COLUMNS_MAX];

    for (size_t i = 0; i < t->column_count; i++)
        heads[i] = t->columns[i].head;
    row_put(g, heads, true);
    for (size_t r = 0; r < t->row_count; r++)
        row_put(g, t->cells + r * t->column_count, t->has_total && r + 1 == t->row_count);
}

result pdf_table_write(const struct pdf_table *t, struct arena *a, struct str *out, struct err *e)
{
    DEFER(pdf_close) struct pdf *doc = NULL;
    struct page g = { .t = t, .y = MARGIN_MM };
    struct pdf_box box = { MARGIN_MM, MARGIN_MM, PDF_WIDTH_MM - 2 * MARGIN_MM, 0 };

    must(t->column_count <= PDF_TABLE_COLUMNS_MAX);
    TRY(pdf_open(&t->meta, &doc, e));
    g.pdf = doc;
    columns_place(&g);
    g.y +=
        pdf_paragraph(doc, (struct pdf_style){ .size_pt = 14, .bold = true }, box, t->meta.title);
    box.y_mm = g.y + 1;
    g.y += 4 + pdf_paragraph(doc, (struct pdf_style){ .size_pt = 9 }, box, t->meta.subject);
    rows_put(&g);
    return pdf_write(doc, a, out, e);
}
