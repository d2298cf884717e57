/*
 * sieve.h - tables of millions of rows: what agrees is counted, what does not goes to the engine.
 *
 * On a day that mostly agrees nearly every payment has exactly one line, which says the same. The
 * sieve reads every row once, keeps 32 bytes of it in the part of its reference, and then finds
 * those pairs part by part, each of which fits a processor's cache. Every other row goes to the
 * engine (match.h), together with all rows that have the same reference or that a row left over
 * names by number. So the answer is the engine's, as if it had been given everything; tests compare
 * the two.
 *
 * Files are read in pieces by several threads, never mapped: memory is 64 bytes for a payment and
 * its line, and what the engine takes for what does not agree. Rows that cannot be read are told
 * one by one. A cell that is empty on one side only is no difference to the engine, but does not
 * agree here, so such rows take the engine's time; a column that is empty in all rows of a side is
 * as if it were not there.
 */
#ifndef RECON_SIEVE_H
#define RECON_SIEVE_H

#include "recon/csv_map.h"
#include "recon/match.h"

#define SIEVE_FILES_MAX 1000
#define SIEVE_BYTES_MAX (1LL << 42) /* of all files: a place in them is 63 bits with its line */

struct sieve_file {
    int fd; /* stays the caller's */
    int64_t bytes;
    char separator;
    struct csv_layout layout;
    int64_t from, line; /* where the first row begins, and its line */
};

/* A row that cannot be read: quarantined, class COR. */
struct sieve_bad {
    size_t file; /* 0 is ours */
    int64_t line, column;
    const char *why;
    struct str bytes; /* of the row, at most 40, as they are; until the sink returns */
};
typedef result sieve_bad_sink(void *arg, const struct sieve_bad *b, struct err *e);
typedef void sieve_progress(void *arg, int64_t done_bytes); /* of all files */

struct sieve_job {
    const struct sieve_file *files; /* the first is ours, the others theirs */
    size_t file_count;
    int threads;
    struct match *match;      /* no tariff, no account, no treasury_due: a line alone tells all */
    sieve_bad_sink *bad;      /* in the order of files and lines */
    sieve_progress *progress; /* or NULL; on the caller's thread */
    void *arg;
};

struct sieve_result {
    int64_t pairs, pairs_vnd; /* that agree and that the engine does not know */
    int64_t bad_ours, bad_theirs;
};

/* Then match_run(job->match) tells the rest. A file of theirs counts as file 0, 1, ... there; ids
 * of ours are lines. ERR_IO when a file cannot be read, or is not what it was when it was read
 * first. ERR_TOO_LARGE. */
MUST_USE result sieve_run(const struct sieve_job *job, struct sieve_result *out, struct err *e);

#endif
