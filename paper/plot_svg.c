/* Shapes as SVG 1.1: patterns for bars, dashes and marks for lines, real text. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "paper/plot_shape.h"

#define SVG_BYTES_MAX ((size_t)1 << 20)

static const char *const dashes[PLOT_SERIES_MAX] = { "", "6 3", "2 3", "8 3 2 3", "10 4", "4 2" };

static void put_escaped(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '<')
            buf_puts(b, "&lt;");
        else if (s.p[i] == '&')
            buf_puts(b, "&amp;");
        else if (s.p[i] == '"')
            buf_puts(b, "&quot;");
        else if ((unsigned char)s.p[i] >= ' ')
            buf_putc(b, s.p[i]);
    }
}

/* A tile of 6 units: ground in the series' ink, lines or dots in white; the first is plain. */
static void put_pattern(struct buf *b, size_t s)
{
    static const char *const tiles[PLOT_SERIES_MAX] = {
        "",
        "<path d=\"M0 6L6 0\" stroke=\"#fff\" stroke-width=\"1.5\"/>",
        "<path d=\"M0 3H6\" stroke=\"#fff\" stroke-width=\"1.5\"/>",
        "<circle cx=\"3\" cy=\"3\" r=\"1.3\" fill=\"#fff\"/>",
        "<path d=\"M0 0L6 6\" stroke=\"#fff\" stroke-width=\"1.5\"/>",
        "<path d=\"M3 0V6\" stroke=\"#fff\" stroke-width=\"1.5\"/>",
    };

    buf_fmt(b,
            "<pattern id=\"p%zu\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
            "<rect width=\"6\" height=\"6\" fill=\"#%06X\"/>%s</pattern>",
            s, plot_ink(s), tiles[s]);
}

static void put_mark(struct buf *b, const struct plot_shape *s)
{
    if (s->series % 3 == 0)
        buf_fmt(b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\"", s->x, s->y);
    else if (s->series % 3 == 1)
        buf_fmt(b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"6\" height=\"6\"", s->x - 3, s->y - 3);
    else
        buf_fmt(b, "<path d=\"M%.1f %.1fl3.5 6h-7z\"", s->x, s->y - 3.5);
    buf_fmt(b, " fill=\"#%06X\"/>", plot_ink(s->series));
}

static void put_text(struct buf *b, const struct plot_shape *s)
{
    static const char *const anchors[] = { "start", "middle", "end" };

    buf_fmt(b,
            "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.0f\" fill=\"#%06X\" text-anchor=\"%s\"%s>",
            s->x, s->y, s->size, plot_ink(s->series), anchors[s->anchor],
            s->bold ? " font-weight=\"bold\"" : "");
    put_escaped(b, s->text);
    buf_puts(b, "</text>");
}

static void put_line(struct buf *b, const struct plot_shape *s)
{
    const bool is_rule = s->kind == PLOT_RULE;
    const char *dash = is_rule ? "" : dashes[s->series];

    buf_fmt(b, "<path d=\"M%.1f %.1fl%.1f %.1f\" stroke=\"#%06X\" stroke-width=\"%s\"", s->x, s->y,
            s->w, s->h, is_rule ? PLOT_RULE_INK : plot_ink(s->series), is_rule ? "1" : "2");
    if (dash[0] != '\0')
        buf_fmt(b, " stroke-dasharray=\"%s\"", dash);
    buf_puts(b, "/>");
}

static void put_shape(struct buf *b, const struct plot_shape *s)
{
    switch (s->kind) {
    case PLOT_RECT:
        buf_fmt(b,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"url(#p%zu)\" "
                "stroke=\"#%06X\"/>",
                s->x, s->y, s->w, s->h, s->series, plot_ink(s->series));
        break;
    case PLOT_RULE:
    case PLOT_LINE:
        put_line(b, s);
        break;
    case PLOT_MARK:
        put_mark(b, s);
        break;
    case PLOT_TEXT:
        put_text(b, s);
        break;
    }
    buf_putc(b, '\n');
}

result plot_svg(const struct plot *p, struct arena *a, struct str *out, struct err *e)
{
    struct buf b = buf_make(a, SVG_BYTES_MAX);
    struct plot_drawing d;

    TRY(plot_lay_out(p, a, &d, e));
    buf_fmt(&b,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" "
            "height=\"%.0f\" role=\"img\" aria-labelledby=\"t d\" xml:lang=\"%.*s\" "
            "font-family=\"'DejaVu Sans',Verdana,sans-serif\">\n<title id=\"t\">",
            PLOT_WIDTH, d.height, PLOT_WIDTH, d.height, STR_ARG(p->language));
    put_escaped(&b, p->title);
    buf_puts(&b, "</title>\n<desc id=\"d\">");
    put_escaped(&b, p->desc);
    buf_puts(&b, "</desc>\n<defs>");
    for (size_t s = 0; s < p->series_count; s++)
        put_pattern(&b, s);
    buf_fmt(&b, "</defs>\n<rect width=\"%d\" height=\"%.0f\" fill=\"#fff\"/>\n", PLOT_WIDTH,
            d.height);
    for (size_t i = 0; i < d.count; i++)
        put_shape(&b, &d.shapes[i]);
    buf_puts(&b, "</svg>\n");
    return buf_end(&b, out, e);
}
