/*
 * csv.h - the seed files: comma-separated, quotes doubled (RFC 4180), a header line, UTF-8.
 */
#ifndef SANDBOX_CSV_H
#define SANDBOX_CSV_H

#include "base/base.h"

#define CSV_COLUMNS_MAX 32

struct csv {
    struct arena *arena;
    struct str rest;
    struct str names[CSV_COLUMNS_MAX];
    struct str cells[CSV_COLUMNS_MAX];
    size_t columns;
    int line;
};

MUST_USE result csv_open(struct csv *c, struct arena *a, const char *path, struct err *e);
/* The next row into c->cells; *found is false at the end. ERR_CONFIG names the line. */
MUST_USE result csv_read(struct csv *c, bool *found, struct err *e);
/* The cell below a name; a name that the header lacks stops the process. */
struct str csv_get(const struct csv *c, const char *name);

/* A whole small file; ERR_IO. */
MUST_USE result file_load(struct arena *a, const char *path, size_t bytes_max, struct str *out,
                          struct err *e);

#endif
