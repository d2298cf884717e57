/*
 * dated.h - small comma-separated tables of law and place, with the days on which a row holds.
 *
 * Lines that start with # are comments; the first other line is the header, which has to be the
 * expected one. Cells are UTF-8 text without quotes. A row holds from its valid_from to its
 * valid_to, both included; an empty valid_to has no end, and a table without these columns always
 * holds. Every error is ERR_CONFIG (or ERR_IO) and tells file and line.
 */
#ifndef CONF_DATED_H
#define CONF_DATED_H

#include "base/base.h"
#include "base/clock.h"

#define DATED_CELLS_MAX 8

struct dated {
    const char *name; /* of the file, for errors */
    struct str rest;
    struct str columns[DATED_CELLS_MAX];
    size_t n;
    int line;
};

struct dated_row {
    struct str cells[DATED_CELLS_MAX]; /* in the arena */
    struct date from, to;
    int line;
};

MUST_USE result dated_open(struct arena *a, const char *path, const char *header, struct dated *out,
                           struct err *e);
MUST_USE result dated_next(struct dated *d, struct dated_row *row, bool *found, struct err *e);
size_t dated_rows_max(const struct dated *d); /* no more rows than this are left */
bool dated_holds(struct date from, struct date to, struct date on);

#endif
