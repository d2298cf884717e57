/*
 * csv_look.h - a sample of a table through a map, cell by cell, for whoever makes the map.
 *
 * What becomes of a row here is what becomes of it in a file (settlement_csv.c); but every cell is
 * told, not only the first that is wrong. Pure.
 */
#ifndef RECON_CSV_LOOK_H
#define RECON_CSV_LOOK_H

#include "recon/csv_form.h"

#define CSV_LOOK_ROWS 10

struct csv_look_row {
    int64_t line;
    struct str text;           /* of the file */
    const char *fault;         /* NULL: it can be read; else no cell is told */
    struct str raw[CSV_ROLES]; /* as they are in the file; of roles that have a column */
    enum csv_why why[CSV_ROLES];
    struct csv_record taken; /* of cells that are right */
};

struct csv_look {
    struct str names[CSV_FIELDS_MAX]; /* of the columns, or the first row's cells */
    int fields;
    char separator;
    struct csv_look_row rows[CSV_LOOK_ROWS];
    size_t count;
};

/* The columns only: whatever the map's columns are. False: there is no row that can be read. */
bool csv_look_columns(const struct csv_form *f, struct str sample, struct arena *a,
                      struct csv_look *out);
/* The first rows as well. Rows at the end that the map leaves out are left out of a `whole` sample.
 * ERR_INVALID, field: a role whose column is not there, or "header". Texts live in the arena. */
MUST_USE result csv_look_rows(const struct csv_form *f, struct str sample, bool whole,
                              struct arena *a, struct csv_look *out, struct err *e);

#endif
