/*
 * plot.h - plots of figures: stacked bars, bars, lines, histograms, as SVG and as PNG.
 *
 * One plot is laid out once and painted twice, so both show the same. The same plot gives the same
 * bytes: no date, no random id, typeface from a file. Series differ by colour and by pattern (bars)
 * or by dash and mark (lines), and lines carry their name at their end, so that nothing is told by
 * colour alone; colours keep 4.5:1 against white. Texts are 14 to 16 units high in a picture of 390
 * units, the width of a telephone. SVG has title and desc and presentation attributes only: no
 * style attribute, no script, nothing from elsewhere, so that it passes a strict content security
 * policy. A picture never replaces the table that it was drawn from: whoever shows it shows both.
 *
 * Values are whole numbers of dong or pieces, or hundredths (decimals 2: 9950 reads 99,50); those
 * of bars must not be negative. Thread rule: any thread.
 */
#ifndef PAPER_PLOT_H
#define PAPER_PLOT_H

#include "base/base.h"

#define PLOT_SERIES_MAX 6
#define PLOT_LABELS_MAX 400 /* a year of days and a little */
#define PLOT_WIDTH      390
#define PLOT_GAP        INT64_MIN /* of lines: there is no value here */

enum plot_kind {
    PLOT_STACKED,  /* the series of a label stand upon each other */
    PLOT_BARS,     /* beside each other, with their value */
    PLOT_LINES,    /* over time */
    PLOT_HISTOGRAM /* bars without gaps: labels are ranges that follow each other */
};

struct plot_series {
    struct str name;
    const int64_t *values; /* as many as there are labels */
};

struct plot {
    enum plot_kind kind;
    struct str title; /* what is shown, of when */
    struct str desc;  /* in words, for who does not see it */
    struct str unit;  /* beside the axis: "đồng", "%" */
    struct str none;  /* what stands there when there is nothing to draw */
    struct str language;
    int decimals; /* 0 or 2 */
    const struct str *labels;
    size_t label_count;
    const struct plot_series *series;
    size_t series_count;
};

/* An <svg> document. ERR_TOO_LARGE: more labels or series than a picture has room for. */
MUST_USE result plot_svg(const struct plot *p, struct arena *a, struct str *out, struct err *e);
/* scale: pixels a unit, 1 to 4. ERR_CONFIG: the typeface of pdf.h cannot be read. */
MUST_USE result plot_png(const struct plot *p, int scale, struct arena *a, struct str *out,
                         struct err *e);
/* 1.234.567, or with decimals 12.345,67. */
struct str plot_number(struct arena *a, int64_t n, int decimals);

#endif
