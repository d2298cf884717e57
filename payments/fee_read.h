/*
 * fee_read.h - reading fee tables text by text, for fee_file.c.
 *
 *     struct fee_reader r = fee_reader_make(mistakes);   r.t are the rows: fee_rows_close()
 *     fee_reader_take(&r, name, text); ...
 *     TRY(fee_reader_end(&r, e));                        what only all files together can tell
 *
 * Mistakes go into the buf (may be NULL), a line each: "file: row.field: why".
 */
#ifndef PAYMENTS_FEE_READ_H
#define PAYMENTS_FEE_READ_H

#include "payments/fee_table.h"

struct fee_reader {
    struct fee_rows *t;
    struct str file;
    struct buf *mistakes;
    size_t bad;
};

struct fee_reader fee_reader_make(struct buf *mistakes);
void fee_reader_take(struct fee_reader *r, struct str file, struct str text);
MUST_USE result fee_reader_end(struct fee_reader *r, struct err *e); /* ERR_CONFIG */

#endif
