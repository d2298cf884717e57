/*
 * csv.h - rows of separated values (RFC 4180), as fast as a processor reads bytes.
 *
 *     struct csv_reader r = csv_begin(bytes, ',', scratch);
 *     while (csv_next(&r, &row)) if (row.fault != NULL) ...told, never dropped...
 *
 * A field that begins with a quote ends with one; between them separators and line ends are text
 * and a doubled quote is one. Rows end in LF or CR LF. A row that is wrong is told with its line,
 * the column of the first byte that is wrong and why, and reading goes on behind its line end:
 * a quote inside a bare field, text behind a closing quote, a quote that LIMIT_SETTLEMENT_LINE
 * bytes do not close (that row ends at its first line end), a row longer than that, more than
 * CSV_FIELDS_MAX fields, bytes that are not UTF-8, a NUL byte. Lines without any byte are no rows.
 *
 * Pure, no allocation. Fields point into the bytes, or into scratch when a quote had to be undone;
 * they live until the next row.
 */
#ifndef RECON_CSV_H
#define RECON_CSV_H

#include "base/base.h"
#include "base/limits.h"

#define CSV_FIELDS_MAX 128

struct csv_reader {
    const char *at, *end;
    char separator;
    char quote;     /* csv_begin: '"'; 0: none */
    bool whole;     /* `end` is that of the file: what has no line end there is a row */
    bool saw_quote; /* so far: without one, every line end ends a row */
    int64_t line;   /* where the next row begins, from 1 */
    char *scratch;  /* LIMIT_SETTLEMENT_LINE bytes */
};

struct csv_row {
    int64_t line;      /* where it begins */
    struct str text;   /* without its line end */
    const char *fault; /* NULL: fields are right */
    int64_t column;    /* of the fault, from 1, in bytes of the row */
    char separator;
    int count;
    struct str fields[CSV_FIELDS_MAX];
};

struct csv_reader csv_begin(struct str bytes, char separator, char *scratch);
/* False: no more rows; or not `whole`, and what is left has no line end yet. */
bool csv_next(struct csv_reader *r, struct csv_row *row);
/* A byte order mark of UTF-8 at the beginning is no part of the first field. */
struct str csv_skip_bom(struct str bytes);
/* Of the first line: the one of , ; tab | that is there most often; ',' when none is. */
char csv_separator_of(struct str bytes);

#endif
