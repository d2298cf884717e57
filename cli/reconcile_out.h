/*
 * reconcile_out.h - what `motcua reconcile OURS THEIRS...` leaves: the file of exceptions, the
 * bridge, and a bar while it works.
 *
 * The file is written beside its name and takes it when it is whole. Texts of strangers cannot
 * become formulas of a spreadsheet.
 */
#ifndef CLI_RECONCILE_OUT_H
#define CLI_RECONCILE_OUT_H

#include <stdio.h>

#include "base/base.h"
#include "recon/match.h"
#include "recon/sieve.h"

struct exceptions_file {
    const char *path;
    char temporary[4096];
    FILE *to;
    const char *const *names; /* of files: ours, then theirs */
    int64_t written;
    int64_t shown, shown_most; /* of them on standard output */
};

MUST_USE result exceptions_open(struct exceptions_file *f, struct err *e);
MUST_USE result exceptions_put(struct exceptions_file *f, const struct match_outcome *o,
                               struct err *e);
MUST_USE result exceptions_put_bad(struct exceptions_file *f, const struct sieve_bad *b,
                                   struct err *e);
/* The same of a file that is read by a map; file as in names. */
MUST_USE result exceptions_put_fault(struct exceptions_file *f, size_t file,
                                     const struct settlement_fault *fault, struct err *e);
MUST_USE result exceptions_end(struct exceptions_file *f, struct err *e);
void exceptions_drop(struct exceptions_file *f); /* DEFER: what was not ended leaves nothing */

/* All sums, down to the residual; r includes what the sieve counted. */
void bridge_print(const struct match_result *r, int64_t quarantined);

struct progress {
    bool on; /* standard error is a terminal */
    int64_t all_bytes;
    int shown; /* per cent */
};
void progress_show(struct progress *p, int64_t done_bytes);
void progress_end(struct progress *p);

#endif
