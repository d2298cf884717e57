/*
 * pdf_table.h - a table of texts as a document: title, a line of small print, rows over as many
 * pages as they need. Cells wrap; numbers stand at the right.
 */
#ifndef PAPER_PDF_TABLE_H
#define PAPER_PDF_TABLE_H

#include "paper/pdf.h"

#define PDF_TABLE_COLUMNS_MAX 24

struct pdf_table_column {
    struct str head;
    int parts; /* of the width: 1 or more */
    bool is_number;
};
struct pdf_table {
    struct pdf_meta meta; /* title and subject stand above the table */
    const struct pdf_table_column *columns;
    size_t column_count;
    const struct str *cells; /* row after row */
    size_t row_count;
    bool has_total; /* the last row is bold */
};
MUST_USE result pdf_table_write(const struct pdf_table *t, struct arena *a, struct str *out,
                                struct err *e);

#endif
