/*
 * plot_shape.h - inside paper only: a plot as shapes with places, for whoever paints them.
 */
#ifndef PAPER_PLOT_SHAPE_H
#define PAPER_PLOT_SHAPE_H

#include "paper/plot.h"

#define PLOT_NO_SERIES PLOT_SERIES_MAX /* the ink of texts and axes */

enum plot_shape_kind { PLOT_RECT, PLOT_RULE, PLOT_LINE, PLOT_MARK, PLOT_TEXT };
enum plot_anchor { PLOT_START, PLOT_MIDDLE, PLOT_END };

struct plot_shape {
    enum plot_shape_kind kind;
    double x, y, w, h; /* lines: from (x, y) to (x + w, y + h); marks: centre; texts: baseline */
    size_t series;     /* ink, pattern, dash and mark */
    struct str text;
    enum plot_anchor anchor;
    double size; /* of texts */
    bool bold;
};

struct plot_drawing {
    double height; /* its width is PLOT_WIDTH */
    struct plot_shape *shapes;
    size_t count, cap;
};

/* The ink of a series, 0xRRGGBB; of PLOT_NO_SERIES that of texts. */
unsigned plot_ink(size_t series);
#define PLOT_RULE_INK 0xC8CED6u /* of lines behind the figures */

MUST_USE result plot_lay_out(const struct plot *p, struct arena *a, struct plot_drawing *out,
                             struct err *e);

#endif
