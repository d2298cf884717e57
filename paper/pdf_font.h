/*
 * pdf_font.h - inside paper only: what an embedded typeface says beyond what a document uses.
 */
#ifndef PAPER_PDF_FONT_H
#define PAPER_PDF_FONT_H

#include <hpdf.h>

#include "base/base.h"

#define PDF_FONT_CODES 65536 /* of UTF-16: those of one unit */

/* Leaves of the tables of widths and of shapes the codes that are used, just before the document is
 * written: the library tells of every letter of the typeface, 40 KB for each. */
void pdf_font_trim(HPDF_Doc doc, HPDF_Font font, const bool used[PDF_FONT_CODES]);

#endif
