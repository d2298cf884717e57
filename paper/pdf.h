/*
 * pdf.h - A4 pages with Vietnamese text, drawn at millimetres from the upper left corner.
 *
 * The typeface (DejaVu Sans, regular and bold) is embedded, so that every reader shows the same
 * letters, stacked marks included. The same calls with the same meta give the same bytes: the only
 * date is meta's. Drawing never fails at once: the first failure is kept, the rest is ignored, and
 * pdf_write reports it, so a page reads as a list of what is on it. Thread rule: one thread a pdf.
 */
#ifndef PAPER_PDF_H
#define PAPER_PDF_H

#include "base/base.h"

#define PDF_WIDTH_MM  210
#define PDF_HEIGHT_MM 297
#define PDF_FONT_DIR  "/usr/share/fonts/truetype/dejavu" /* DejaVuSans.ttf, DejaVuSans-Bold.ttf */

struct pdf;
struct qr;

struct pdf_meta {
    struct str title, subject, author;
    struct str language;  /* "vi": what a screen reader speaks */
    int64_t made_ms;      /* creation date, printed in UTC+7 */
    const char *font_dir; /* NULL: PDF_FONT_DIR */
    bool wide;            /* pages lie on their side: PDF_HEIGHT_MM wide */
};

enum pdf_align { PDF_LEFT, PDF_RIGHT, PDF_CENTRE };

struct pdf_style {
    double size_pt; /* letter size; lines are 1.35 times as high */
    bool bold;
    enum pdf_align align; /* within the box */
};

struct pdf_box {
    double x_mm, y_mm; /* upper left corner */
    double w_mm, h_mm; /* h_mm: rectangles only */
};

/* Opens with one empty page. ERR_CONFIG: the typeface cannot be read. */
MUST_USE result pdf_open(const struct pdf_meta *meta, struct pdf **out, struct err *e);
void pdf_close(struct pdf **p); /* DEFER(pdf_close) */
void pdf_page(struct pdf *p);   /* what follows goes on a new page */

/* One line, cut by nothing: measure first where it may be long. Text is brought to NFC. */
void pdf_text(struct pdf *p, struct pdf_style style, struct pdf_box box, struct str text);
double pdf_text_width_mm(struct pdf *p, struct pdf_style style, struct str text);
/* Wraps at spaces, inside a word when it alone is too long, and at every line feed; gives the
 * height it took. _height_mm measures only. */
double pdf_paragraph(struct pdf *p, struct pdf_style style, struct pdf_box box, struct str text);
double pdf_paragraph_height_mm(struct pdf *p, struct pdf_style style, double w_mm, struct str text);

void pdf_line(struct pdf *p, struct pdf_box from_to, double width_pt); /* to x + w, y + h */
void pdf_frame(struct pdf *p, struct pdf_box box, double width_pt);
void pdf_fill(struct pdf *p, struct pdf_box box, double grey); /* 0 black to 1 white */
/* A QR symbol as vector squares, w_mm a side with its quiet zone. */
void pdf_symbol(struct pdf *p, struct pdf_box box, const struct qr *q);

/* The document's bytes. ERR_INTERNAL, ERR_NOT_UTF8 or ERR_TOO_LARGE: the first failure so far. */
MUST_USE result pdf_write(struct pdf *p, struct arena *a, struct str *out, struct err *e);

#endif
