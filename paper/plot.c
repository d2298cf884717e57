/*
 * The layout: title, legend, axis with round numbers, the figures, labels below. Texts are measured
 * by a width that no letter of the typeface exceeds on average, so that both painters agree.
 */
#include "paper/plot.h"

#include <math.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "paper/plot_shape.h"

#define EDGE       8.0
#define TITLE_SIZE 16.0
#define TEXT_SIZE  14.0
#define LINE_STEP  20.0
#define FIELD_H    190.0
#define LETTER     0.62 /* of the size: average width */
#define TICKS      4
#define DIRECT_MAX 12 /* bars with their number above */
#define KEY_SIDE   12.0

struct layout {
    const struct plot *p;
    struct plot_drawing *d;
    struct arena *a;
    double left, top, w, y; /* of the field; y: the next free line */
    int64_t least, most, step;
};

unsigned plot_ink(size_t series)
{
    static const unsigned inks[PLOT_SERIES_MAX + 1] = { 0x1F4E9E, 0xB45309, 0x0F766E, 0x7C2D8E,
                                                        0xB91C1C, 0x475569, 0x1B2430 };

    must(series <= PLOT_SERIES_MAX);
    return inks[series];
}

struct str plot_number(struct arena *a, int64_t n, int decimals)
{
    const int64_t unit = decimals == 2 ? 100 : 1;
    uint64_t size = n < 0 ? (uint64_t)0 - (uint64_t)n : (uint64_t)n;
    char digits[40];
    size_t at = sizeof(digits), group = 0;
    const uint64_t rest = size % (uint64_t)unit;

    size /= (uint64_t)unit;
    do {
        if (group++ == 3) {
            digits[--at] = '.';
            group = 1;
        }
        digits[--at] = (char)('0' + size % 10);
        size /= 10;
    } while (size > 0);
    if (n < 0)
        digits[--at] = '-';
    if (decimals == 2)
        return str_fmt(a, "%.*s,%02d", (int)(sizeof(digits) - at), digits + at, (int)rest);
    return str_dup(a, str_of(digits + at, sizeof(digits) - at));
}

static size_t letters(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return n;
}

static double width_of(struct str s, double size)
{
    return (double)letters(s) * size * LETTER;
}

static struct plot_shape *shape(struct layout *l, struct plot_shape s)
{
    must(l->d->count < l->d->cap);
    l->d->shapes[l->d->count] = s;
    return &l->d->shapes[l->d->count++];
}

static void text(struct layout *l, double x, double y, enum plot_anchor anchor, struct str s)
{
    (void)shape(l, (struct plot_shape){ .kind = PLOT_TEXT,
                                        .x = x,
                                        .y = y,
                                        .series = PLOT_NO_SERIES,
                                        .text = s,
                                        .anchor = anchor,
                                        .size = TEXT_SIZE });
}

/* The title, over as many lines as it needs. */
static void title(struct layout *l)
{
    struct str rest = l->p->title, line = { rest.p, 0 };
    const double room = PLOT_WIDTH - 2 * EDGE;

    while (rest.n > 0) {
        const size_t word = str_find(rest, ' ') < rest.n ? str_find(rest, ' ') + 1 : rest.n;

        if (line.n > 0 && width_of(str_of(line.p, line.n + word), TITLE_SIZE) > room) {
            l->y += LINE_STEP + 2;
            text(l, EDGE, l->y, PLOT_START, str_trim(line));
            l->d->shapes[l->d->count - 1].bold = true;
            l->d->shapes[l->d->count - 1].size = TITLE_SIZE;
            line = (struct str){ rest.p, 0 };
        }
        line.n += word;
        rest = str_from(rest, word);
    }
    l->y += LINE_STEP + 2;
    text(l, EDGE, l->y, PLOT_START, str_trim(line));
    l->d->shapes[l->d->count - 1].bold = true;
    l->d->shapes[l->d->count - 1].size = TITLE_SIZE;
}

/* A sample of each series with its name; one series needs none. */
static void legend(struct layout *l)
{
    double x = EDGE;

    l->y += LINE_STEP;
    for (size_t i = 0; l->p->series_count > 1 && i < l->p->series_count; i++) {
        const double w = KEY_SIDE + 6 + width_of(l->p->series[i].name, TEXT_SIZE) + 12;

        if (x > EDGE && x + w > PLOT_WIDTH - EDGE) {
            x = EDGE;
            l->y += LINE_STEP;
        }
        if (l->p->kind == PLOT_LINES) {
            (void)shape(l, (struct plot_shape){ PLOT_LINE, x, l->y - 4, KEY_SIDE, 0, .series = i });
            (void)shape(l,
                        (struct plot_shape){
                            .kind = PLOT_MARK, .x = x + KEY_SIDE / 2, .y = l->y - 4, .series = i });
        } else {
            (void)shape(l, (struct plot_shape){ PLOT_RECT, x, l->y - KEY_SIDE + 2, KEY_SIDE,
                                                KEY_SIDE, .series = i });
        }
        text(l, x + KEY_SIDE + 6, l->y, PLOT_START, l->p->series[i].name);
        x += w;
    }
    if (l->p->series_count > 1)
        l->y += LINE_STEP;
    text(l, EDGE, l->y, PLOT_START, l->p->unit);
}

static bool value_at(const struct plot *p, size_t series, size_t label, int64_t *out)
{
    *out = p->series[series].values[label];
    return *out != PLOT_GAP;
}

static int64_t stack_of(const struct plot *p, size_t label)
{
    int64_t sum = 0, v;

    for (size_t s = 0; s < p->series_count; s++)
        if (value_at(p, s, label, &v))
            sum += v;
    return sum;
}

static void range_find(struct layout *l)
{
    const struct plot *p = l->p;
    int64_t v;

    for (size_t i = 0; i < p->label_count; i++) {
        if (p->kind == PLOT_STACKED && stack_of(p, i) > l->most)
            l->most = stack_of(p, i);
        for (size_t s = 0; p->kind != PLOT_STACKED && s < p->series_count; s++) {
            if (!value_at(p, s, i, &v))
                continue;
            l->most = v > l->most ? v : l->most;
            l->least = v < l->least ? v : l->least;
        }
    }
}

/* 1, 2 or 5 times a power of ten, so that some four lines cover the range. */
static void scale_find(struct layout *l)
{
    static const int64_t steps[] = { 1, 2, 5 };
    const int64_t unit = l->p->decimals == 2 ? 100 : 1;
    int64_t power = unit;

    range_find(l);
    l->step = unit;
    for (size_t i = 0; (l->most - l->least) / l->step > TICKS; i++) {
        if (i > 0 && i % LEN(steps) == 0)
            power *= 10;
        l->step = steps[i % LEN(steps)] * power;
    }
    l->most = l->most <= 0 ? l->step : (l->most + l->step - 1) / l->step * l->step;
    l->least = l->least >= 0 ? 0 : -((-l->least + l->step - 1) / l->step * l->step);
}

static double y_of(const struct layout *l, int64_t v)
{
    return l->top + FIELD_H - FIELD_H * (double)(v - l->least) / (double)(l->most - l->least);
}

static struct str tick_text(const struct layout *l, int64_t v)
{
    return plot_number(l->a, l->p->decimals == 2 ? v / 100 : v, 0);
}

static void axis(struct layout *l)
{
    double widest = 0;

    for (int64_t v = l->least; v <= l->most; v += l->step) {
        const double w = width_of(tick_text(l, v), TEXT_SIZE);

        widest = w > widest ? w : widest;
    }
    l->left = EDGE + widest + 6;
    l->w = PLOT_WIDTH - EDGE - l->left;
    l->top = l->y + LINE_STEP;
    for (int64_t v = l->least; v <= l->most; v += l->step) {
        (void)shape(l, (struct plot_shape){ .kind = PLOT_RULE,
                                            .x = l->left,
                                            .y = y_of(l, v),
                                            .w = l->w,
                                            .series = PLOT_NO_SERIES });
        text(l, l->left - 6, y_of(l, v) + 4, PLOT_END, tick_text(l, v));
    }
}

/* As many labels as have room, the first always. */
static void labels(struct layout *l)
{
    const double slot = l->w / (double)l->p->label_count;
    size_t every = 1;
    double widest = 0;

    for (size_t i = 0; i < l->p->label_count; i++) {
        const double w = width_of(l->p->labels[i], TEXT_SIZE);

        widest = w > widest ? w : widest;
    }
    while ((double)every * slot < widest + 6 && every < l->p->label_count)
        every++;
    for (size_t i = 0; i < l->p->label_count; i += every)
        text(l, l->left + slot * ((double)i + 0.5), l->top + FIELD_H + LINE_STEP, PLOT_MIDDLE,
             l->p->labels[i]);
}

static void bar(struct layout *l, double x, double w, int64_t from, int64_t to, size_t series)
{
    if (to > from)
        (void)shape(l, (struct plot_shape){ PLOT_RECT, x, y_of(l, to), w,
                                            y_of(l, from) - y_of(l, to), .series = series });
}

static void number_above(struct layout *l, double middle, double room, int64_t v)
{
    const struct str s = plot_number(l->a, v, l->p->decimals);

    if (l->p->label_count <= DIRECT_MAX && width_of(s, TEXT_SIZE) <= room + 4)
        text(l, middle, y_of(l, v) - 4, PLOT_MIDDLE, s);
}

static void bars(struct layout *l)
{
    const struct plot *p = l->p;
    const double slot = l->w / (double)p->label_count;
    const double gap = p->kind == PLOT_HISTOGRAM ? 0 : slot * 0.2;
    const bool beside = p->kind != PLOT_STACKED;
    const double w = (slot - gap) / (double)(beside ? p->series_count : 1);

    for (size_t i = 0; i < p->label_count; i++) {
        const double x = l->left + slot * (double)i + gap / 2;
        int64_t from = 0, v;

        for (size_t s = 0; s < p->series_count; s++) {
            if (!value_at(p, s, i, &v))
                continue;
            bar(l, x + (beside ? w * (double)s : 0), w, from, from + v, s);
            if (beside)
                number_above(l, x + w * ((double)s + 0.5), slot, v);
            else
                from += v;
        }
        if (!beside && from > 0)
            number_above(l, x + w / 2, slot, from);
    }
}

static void line(struct layout *l, size_t s)
{
    const double slot = l->w / (double)l->p->label_count;
    const bool marks = l->p->label_count <= 62;
    bool before = false;
    double x0 = 0, y0 = 0;
    int64_t v = 0;

    for (size_t i = 0; i < l->p->label_count; i++) {
        const double x = l->left + slot * ((double)i + 0.5);

        if (!value_at(l->p, s, i, &v)) {
            before = false;
            continue;
        }
        if (before)
            (void)shape(
                l, (struct plot_shape){ PLOT_LINE, x0, y0, x - x0, y_of(l, v) - y0, .series = s });
        if (marks || !before)
            (void)shape(
                l, (struct plot_shape){ .kind = PLOT_MARK, .x = x, .y = y_of(l, v), .series = s });
        x0 = x;
        y0 = y_of(l, v);
        before = true;
    }
}

static void figures(struct layout *l)
{
    axis(l);
    labels(l);
    if (l->p->kind != PLOT_LINES) {
        bars(l);
        return;
    }
    for (size_t s = 0; s < l->p->series_count; s++)
        line(l, s);
}

static bool has_values(const struct plot *p)
{
    int64_t v;

    for (size_t s = 0; s < p->series_count; s++)
        for (size_t i = 0; i < p->label_count; i++)
            if (value_at(p, s, i, &v) && (v != 0 || p->kind == PLOT_LINES))
                return true;
    return false;
}

result plot_lay_out(const struct plot *p, struct arena *a, struct plot_drawing *out, struct err *e)
{
    struct layout l = { .p = p, .d = out, .a = a };

    if (p->series_count == 0 || p->series_count > PLOT_SERIES_MAX ||
        p->label_count > PLOT_LABELS_MAX)
        return fail(e, ERR_TOO_LARGE, "%zu series of %zu", p->series_count, p->label_count);
    /* Each value is a bar and a number, or a line and a mark; the rest is the frame. */
    *out = (struct plot_drawing){ .cap = 200 + 3 * p->label_count * p->series_count +
                                         2 * p->label_count };
    out->shapes = arena_array(a, struct plot_shape, out->cap);
    title(&l);
    if (has_values(p)) {
        legend(&l);
        scale_find(&l);
        figures(&l);
        l.y = l.top + FIELD_H + LINE_STEP;
    } else {
        l.y += 2 * LINE_STEP;
        text(&l, EDGE, l.y, PLOT_START, p->none);
    }
    out->height = floor(l.y + LINE_STEP);
    return OK;
}
