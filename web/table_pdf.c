/* A list on paper: A4 on its side, a head on each page, columns as wide as what is in them. */
#include "base/arena.h"
#include "base/str.h"
#include "paper/pdf.h"
#include "web/table_ask.h"
#include "web/view.h"

#define LEFT_MM   10.0
#define WIDTH_MM  277.0
#define TOP_MM    12.0
#define BOTTOM_MM 196.0
#define GAP_MM    2.0
#define WIDEST_MM 70.0
#define ROW_MM    1.0 /* air between rows */

static const struct pdf_style title_style = { .size_pt = 13, .bold = true };
static const struct pdf_style small_style = { .size_pt = 7.5 };
static const struct pdf_style cell_style = { .size_pt = 7 };
static const struct pdf_style bold_style = { .size_pt = 7, .bold = true };

struct paper {
    struct ctx *c;
    struct pdf *pdf;
    const struct table_pdf *t;
    double widths_mm[TABLE_COLUMNS_MAX], y_mm;
    int page;
};

static const struct str *row_of(const struct table_pdf *t, size_t row)
{
    return &t->words[row * t->columns];
}

/* Numbers keep what they need; texts share the rest. */
static void columns_measure(struct paper *p)
{
    const struct table_pdf *t = p->t;
    double sum_mm = 0, texts_mm = 0;

    for (size_t i = 0; i < t->columns; i++) {
        double most_mm = pdf_text_width_mm(p->pdf, bold_style, t->heads[i]);

        if (most_mm > 24)
            most_mm = 24;
        for (size_t row = 0; row < t->rows + t->has_total; row++) {
            const double mm = pdf_text_width_mm(p->pdf, bold_style, row_of(t, row)[i]);

            most_mm = mm > most_mm ? mm : most_mm;
        }
        p->widths_mm[i] = (most_mm > WIDEST_MM ? WIDEST_MM : most_mm) + GAP_MM;
        sum_mm += p->widths_mm[i];
        texts_mm += t->is_number[i] ? 0 : p->widths_mm[i];
    }
    if (texts_mm <= 0)
        return;
    for (size_t i = 0; i < t->columns; i++)
        if (!t->is_number[i])
            p->widths_mm[i] *= 1 + (WIDTH_MM - sum_mm) / texts_mm;
}

static double row_height_mm(struct paper *p, struct pdf_style style, const struct str *words)
{
    double most_mm = 0;

    for (size_t i = 0; i < p->t->columns; i++) {
        const double mm =
            pdf_paragraph_height_mm(p->pdf, style, p->widths_mm[i] - GAP_MM, words[i]);

        most_mm = mm > most_mm ? mm : most_mm;
    }
    return most_mm;
}

static void row_draw(struct paper *p, struct pdf_style style, const struct str *words)
{
    double x_mm = LEFT_MM;

    for (size_t i = 0; i < p->t->columns; i++) {
        const struct pdf_box box = { x_mm, p->y_mm, p->widths_mm[i] - GAP_MM, 0 };

        style.align = p->t->is_number[i] ? PDF_RIGHT : PDF_LEFT;
        (void)pdf_paragraph(p->pdf, style, box, words[i]);
        x_mm += p->widths_mm[i];
    }
    p->y_mm += row_height_mm(p, style, words) + ROW_MM;
}

static void rule(struct paper *p, double width_pt)
{
    pdf_line(p->pdf, (struct pdf_box){ LEFT_MM, p->y_mm, WIDTH_MM, 0 }, width_pt);
    p->y_mm += ROW_MM;
}

static void page_begin(struct paper *p)
{
    struct pdf_style right = small_style;
    const struct str about[] = { str_i64(p->c->arena, ++p->page) };

    right.align = PDF_RIGHT;
    p->y_mm = TOP_MM;
    pdf_text(p->pdf, right, (struct pdf_box){ LEFT_MM, BOTTOM_MM + 4, WIDTH_MM, 0 },
             view_fill(p->c, "table.page", about, 1));
    pdf_text(p->pdf, small_style, (struct pdf_box){ LEFT_MM, BOTTOM_MM + 4, WIDTH_MM, 0 },
             str_fmt(p->c->arena, "%.*s · %.*s (UTC+7)", STR_ARG(p->t->officer),
                     STR_ARG(clock_vn(p->c->arena, p->t->made_ms))));
}

static void heads_draw(struct paper *p)
{
    rule(p, 0.8);
    row_draw(p, bold_style, p->t->heads);
    rule(p, 0.8);
}

static void first_draw(struct paper *p)
{
    const struct str count[] = { str_i64(p->c->arena, (int64_t)p->t->rows) };
    const struct str line =
        str_fmt(p->c->arena, "%.*s: %.*s · %.*s", STR_ARG(view_text(p->c, "table.filter")),
                STR_ARG(p->t->filter), STR_ARG(view_fill(p->c, "table.count", count, 1)));

    page_begin(p);
    p->y_mm += pdf_paragraph(p->pdf, title_style, (struct pdf_box){ LEFT_MM, p->y_mm, WIDTH_MM, 0 },
                             p->t->title);
    p->y_mm += pdf_paragraph(p->pdf, small_style, (struct pdf_box){ LEFT_MM, p->y_mm, WIDTH_MM, 0 },
                             line) +
               ROW_MM;
    heads_draw(p);
}

static void body_draw(struct paper *p)
{
    for (size_t row = 0; row < p->t->rows + p->t->has_total; row++) {
        const bool total = row == p->t->rows;
        const struct pdf_style style = total ? bold_style : cell_style;

        if (p->y_mm + row_height_mm(p, style, row_of(p->t, row)) > BOTTOM_MM) {
            pdf_page(p->pdf);
            page_begin(p);
            heads_draw(p);
        }
        if (total)
            rule(p, 0.8);
        row_draw(p, style, row_of(p->t, row));
    }
}

result table_pdf_make(struct ctx *c, const struct table_pdf *t, struct arena *a, struct str *out,
                      struct err *e)
{
    DEFER(pdf_close) struct pdf *pdf = NULL;
    const struct pdf_meta meta = { .title = t->title,
                                   .author = view_either(c, c->app->conf.service.name_vi,
                                                         c->app->conf.service.name_en),
                                   .language = c->language,
                                   .made_ms = t->made_ms,
                                   .wide = true };
    struct paper p = { .c = c, .t = t };

    TRY(pdf_open(&meta, &pdf, e));
    p.pdf = pdf;
    columns_measure(&p);
    first_draw(&p);
    body_draw(&p);
    return pdf_write(pdf, a, out, e);
}
