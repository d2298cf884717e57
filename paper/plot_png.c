/*
 * Shapes as PNG by cairo. The typeface is read from its file, so that no setting of the machine
 * decides what a picture looks like, and its outlines are neither hinted nor smoothed for a screen.
 */
#include <cairo-ft.h>
#include <cairo.h>
#include <ft2build.h>
#include <pthread.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "paper/pdf.h"
#include "paper/plot_shape.h"
#include FT_FREETYPE_H

#define PNG_BYTES_MAX ((size_t)8 << 20)
#define TILE          6

struct fonts {
    FT_Library library;
    FT_Face faces[2]; /* regular, bold */
    cairo_font_face_t *of[2];
};

struct painter {
    const struct fonts *fonts;
    cairo_surface_t *surface;
    cairo_t *on;
};

/* The library keeps what it has measured for as long as it likes, and faces must not be used by two
 * threads: they are opened once for the process, and pictures are painted one at a time. */
static pthread_mutex_t painting = PTHREAD_MUTEX_INITIALIZER;
static struct fonts fonts_kept;

static void painter_close(struct painter *t)
{
    if (t->on != NULL)
        cairo_destroy(t->on);
    if (t->surface != NULL)
        cairo_surface_destroy(t->surface);
    (void)pthread_mutex_unlock(&painting);
}

static result fonts_need(const struct fonts **out, struct err *e)
{
    static const char *const files[] = { PDF_FONT_DIR "/DejaVuSans.ttf",
                                         PDF_FONT_DIR "/DejaVuSans-Bold.ttf" };
    struct fonts *f = &fonts_kept;

    if (f->library == NULL && FT_Init_FreeType(&f->library) != 0)
        return fail(e, ERR_INTERNAL, "FreeType does not start");
    for (size_t i = 0; i < LEN(files); i++) {
        if (f->of[i] != NULL)
            continue;
        if (FT_New_Face(f->library, files[i], 0, &f->faces[i]) != 0)
            return fail(e, ERR_CONFIG, "%s: no typeface", files[i]);
        f->of[i] = cairo_ft_font_face_create_for_ft_face(f->faces[i], FT_LOAD_NO_HINTING);
    }
    *out = f;
    return OK;
}

static void ink(cairo_t *on, unsigned rgb)
{
    cairo_set_source_rgb(on, (double)(rgb >> 16 & 0xFF) / 255, (double)(rgb >> 8 & 0xFF) / 255,
                         (double)(rgb & 0xFF) / 255);
}

/* The same tiles as the SVG has, counted from the origin of the picture. */
static void hatch(cairo_t *on, const struct plot_shape *s)
{
    const double x0 = s->x - TILE, y0 = s->y - TILE;

    cairo_save(on);
    cairo_rectangle(on, s->x, s->y, s->w, s->h);
    cairo_clip(on);
    cairo_set_source_rgb(on, 1, 1, 1);
    cairo_set_line_width(on, 1.5);
    for (double x = x0 - s->h; s->series != 2 && s->series != 3 && x < s->x + s->w + s->h;
         x += TILE) {
        cairo_move_to(on, x, s->series == 1 ? s->y + s->h : s->y);
        if (s->series == 5)
            cairo_rel_line_to(on, 0, s->h);
        else
            cairo_rel_line_to(on, s->h, s->series == 1 ? -s->h : s->h);
    }
    for (double y = y0; (s->series == 2 || s->series == 3) && y < s->y + s->h; y += TILE) {
        if (s->series == 2) {
            cairo_move_to(on, s->x, y + 3);
            cairo_rel_line_to(on, s->w, 0);
            continue;
        }
        for (double x = x0; x < s->x + s->w; x += TILE) {
            cairo_new_sub_path(on);
            cairo_arc(on, x + 3, y + 3, 0.6, 0, 6.2832);
        }
    }
    cairo_stroke(on);
    cairo_restore(on);
}

static void paint_rect(cairo_t *on, const struct plot_shape *s)
{
    cairo_rectangle(on, s->x, s->y, s->w, s->h);
    ink(on, plot_ink(s->series));
    cairo_fill(on);
    if (s->series > 0)
        hatch(on, s);
    ink(on, plot_ink(s->series));
    cairo_set_line_width(on, 1);
    cairo_rectangle(on, s->x, s->y, s->w, s->h);
    cairo_stroke(on);
}

static void paint_line(cairo_t *on, const struct plot_shape *s)
{
    static const struct {
        double lengths[4];
        int n;
    } dashes[PLOT_SERIES_MAX] = { { { 0 }, 0 },          { { 6, 3 }, 2 },  { { 2, 3 }, 2 },
                                  { { 8, 3, 2, 3 }, 4 }, { { 10, 4 }, 2 }, { { 4, 2 }, 2 } };
    const bool is_rule = s->kind == PLOT_RULE;

    ink(on, is_rule ? PLOT_RULE_INK : plot_ink(s->series));
    cairo_set_line_width(on, is_rule ? 1 : 2);
    if (!is_rule)
        cairo_set_dash(on, dashes[s->series].lengths, dashes[s->series].n, 0);
    cairo_move_to(on, s->x, s->y);
    cairo_rel_line_to(on, s->w, s->h);
    cairo_stroke(on);
    cairo_set_dash(on, NULL, 0, 0);
}

static void paint_mark(cairo_t *on, const struct plot_shape *s)
{
    ink(on, plot_ink(s->series));
    if (s->series % 3 == 0) {
        cairo_new_sub_path(on);
        cairo_arc(on, s->x, s->y, 3, 0, 6.2832);
    } else if (s->series % 3 == 1) {
        cairo_rectangle(on, s->x - 3, s->y - 3, 6, 6);
    } else {
        cairo_move_to(on, s->x, s->y - 3.5);
        cairo_rel_line_to(on, 3.5, 6);
        cairo_rel_line_to(on, -7, 0);
        cairo_close_path(on);
    }
    cairo_fill(on);
}

static void paint_text(const struct painter *t, const struct plot_shape *s, struct arena *a)
{
    const char *text = str_cstr(a, s->text);
    cairo_text_extents_t box;
    double x = s->x;

    cairo_set_font_face(t->on, t->fonts->of[s->bold ? 1 : 0]);
    cairo_set_font_size(t->on, s->size);
    cairo_text_extents(t->on, text, &box);
    if (s->anchor == PLOT_MIDDLE)
        x -= box.x_advance / 2;
    else if (s->anchor == PLOT_END)
        x -= box.x_advance;
    ink(t->on, plot_ink(s->series));
    cairo_move_to(t->on, x, s->y);
    cairo_show_text(t->on, text);
}

static void paint(const struct painter *t, const struct plot_drawing *d, struct arena *a)
{
    cairo_set_source_rgb(t->on, 1, 1, 1);
    cairo_paint(t->on);
    for (size_t i = 0; i < d->count; i++) {
        const struct plot_shape *s = &d->shapes[i];

        if (s->kind == PLOT_RECT)
            paint_rect(t->on, s);
        else if (s->kind == PLOT_MARK)
            paint_mark(t->on, s);
        else if (s->kind == PLOT_TEXT)
            paint_text(t, s, a);
        else
            paint_line(t->on, s);
    }
}

static cairo_status_t take_bytes(void *closure, const unsigned char *bytes, unsigned n)
{
    struct buf *b = closure;

    buf_put(b, str_of(bytes, n));
    return b->overflow ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

result plot_png(const struct plot *p, int scale, struct arena *a, struct str *out, struct err *e)
{
    struct buf b = buf_make(a, PNG_BYTES_MAX);
    cairo_font_options_t *options;
    struct plot_drawing d;

    must(scale >= 1 && scale <= 4);
    TRY(plot_lay_out(p, a, &d, e));
    (void)pthread_mutex_lock(&painting);
    DEFER(painter_close) struct painter t = { 0 };
    TRY(fonts_need(&t.fonts, e));
    t.surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, PLOT_WIDTH * scale, (int)d.height * scale);
    t.on = cairo_create(t.surface);
    cairo_scale(t.on, scale, scale);
    options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(t.on, options);
    cairo_font_options_destroy(options);
    paint(&t, &d, a);
    if (cairo_surface_write_to_png_stream(t.surface, take_bytes, &b) != CAIRO_STATUS_SUCCESS)
        return fail(e, ERR_INTERNAL, "the picture was not painted: %s",
                    cairo_status_to_string(cairo_status(t.on)));
    return buf_end(&b, out, e);
}
