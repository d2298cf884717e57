/*
 * qr.h - QR symbols (ISO/IEC 18004), as modules, SVG and PNG.
 *
 * The symbol is the smallest that holds the text at error correction level M (15 %). Four modules
 * of quiet zone belong around it: qr_svg, qr_png and pdf_symbol add them, whoever draws modules
 * himself must. Immutable; lives in the arena.
 */
#ifndef PAPER_QR_H
#define PAPER_QR_H

#include "base/base.h"

#define QR_QUIET      4    /* modules around */
#define QR_TEXT_BYTES 1024 /* what telephones still read from paper */

struct qr {
    size_t width;                 /* modules per side, 21 to 177 */
    const unsigned char *modules; /* width * width, row by row: 1 is dark */
};

/* ERR_INVALID: empty, over QR_TEXT_BYTES, or with a NUL. */
MUST_USE result qr_make(struct arena *a, struct str text, struct qr *out, struct err *e);
bool qr_dark(const struct qr *q, size_t x, size_t y);
/* An <svg> element with a title for those who do not see it; escaped here. */
struct str qr_svg(struct arena *a, const struct qr *q, struct str title);

/* The same as PNG, `scale` pixels a module (1 to 32), with its quiet zone; 1 bit a pixel. */
struct str qr_png(struct arena *a, const struct qr *q, size_t scale);

#endif
