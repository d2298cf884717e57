/*
 * intake_keep.h - the bytes of files, kept as they came.
 *
 * Cut into pieces of INTAKE_PIECE_BYTES, compressed and sealed with the file's digest and the
 * number of the piece as their place. Reading goes piece by piece: memory does not grow with the
 * file, but for spreadsheets, which are put together whole (LIMIT_SETTLEMENT_BYTES at most).
 */
#ifndef FINANCE_INTAKE_KEEP_H
#define FINANCE_INTAKE_KEEP_H

#include "finance/intake.h"

struct sql;

#define INTAKE_PIECE_BYTES (256 * 1024)
#define INTAKE_RAW_MAX     (64 * 1024)

/* Lines of a kept file for whoever matches them. sink as in settlement.h; of a file that two
 * persons released, lines that cannot be read go to damage (COR exceptions). A table is read by the
 * map that its source has for its day; ERR_STORE when that no longer reads what it read then. */
struct intake_lines {
    int64_t file_n;
    settlement_sink *sink;
    settlement_damage *damage; /* NULL: not wanted */
    void *arg;
};
MUST_USE result intake_read_lines(const struct office *f, const struct intake_lines *in,
                                  struct err *e);
/* The same within the caller's transaction. */
MUST_USE result intake_read_lines_in(struct sql *db, const struct office *f,
                                     const struct intake_lines *in, struct err *e);
/* The same of a file that two persons may release: as if they had. */
MUST_USE result intake_try_lines_in(struct sql *db, const struct office *f,
                                    const struct intake_lines *in, struct err *e);
/* At most n bytes from the offset on, n up to INTAKE_RAW_MAX; fewer at the file's end. */
MUST_USE result intake_read_bytes(const struct office *f, const struct settlement_file *file,
                                  int64_t offset, size_t n, struct arena *a, struct str *out,
                                  struct err *e);
/* For intake.c: stores the bytes, a few pieces a transaction. */
MUST_USE result intake_keep(const struct till *t, int64_t file_n, struct str sha256,
                            struct str bytes, int64_t *pieces, struct err *e);

#endif
