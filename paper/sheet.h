/*
 * sheet.h - spreadsheets (XLSX, ISO/IEC 29500): reading rows of texts, writing plain tables.
 *
 * Reading streams: a file from a stranger costs neither more memory than its shared texts (up to
 * SHEET_TEXT_BYTES) nor more work than `inflated_max_bytes`. Values are given as they are written
 * in the file: numbers unformatted ("25000", perhaps "2.5E4"), dates as day numbers, formulas as
 * their last result; texts are trimmed. Comments and document types inside are refused.
 *
 * Writing makes text and whole-number cells only; nothing written can become a formula, whatever it
 * begins with. Drawing rule as in pdf.h: the first failure is kept and sheet_write reports it.
 */
#ifndef PAPER_SHEET_H
#define PAPER_SHEET_H

#include "base/base.h"

#define SHEET_COLUMNS_MAX 256
#define SHEET_ROW_BYTES   (256 * 1024)       /* one row as it is written in the file */
#define SHEET_TEXT_BYTES  (96 * 1024 * 1024) /* all shared texts */
#define SHEET_ENTRIES_MAX 1000               /* files inside the file */

struct sheet_row {
    size_t sheet;            /* 0: the first */
    struct str name;         /* of the sheet */
    size_t row;              /* 1: the first, as shown by spreadsheet programs */
    const struct str *cells; /* absent cells are empty */
    size_t n;                /* up to the last cell that the file has */
};

struct sheet_bounds {
    size_t sheets_max; /* later sheets are not read */
    size_t inflated_max_bytes;
};

/* Called for each row that has cells, in order; the slices live until it returns. A failure of its
 * own ends the reading and is given on. */
typedef result sheet_row_fn(void *user, const struct sheet_row *row, struct err *e);

/* ERR_MALFORMED: not a spreadsheet, cut, or damaged. ERR_TOO_LARGE: over a bound. */
MUST_USE result sheet_read(struct str file, struct sheet_bounds bounds, sheet_row_fn *fn,
                           void *user, struct err *e);

struct sheet; /* a workbook under construction */

MUST_USE result sheet_open(struct str title, int64_t made_ms, struct sheet **out, struct err *e);
void sheet_close(struct sheet **s); /* DEFER(sheet_close) */
/* A new tab with a bold, fixed first row; name: at most 31 letters, none of []:*?/\ */
void sheet_tab(struct sheet *s, struct str name, const struct str *heads, size_t count);
void sheet_text(struct sheet *s, struct str text); /* the next cell of the row */
void sheet_int(struct sheet *s, int64_t n);        /* as a text beyond 15 digits */
void sheet_next(struct sheet *s);                  /* the next row */
/* The file's bytes; nothing may be added after. */
MUST_USE result sheet_write(struct sheet *s, struct arena *a, struct str *out, struct err *e);

#endif
