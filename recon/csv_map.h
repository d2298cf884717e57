/*
 * csv_map.h - which column of a table is what.
 *
 * A column is found by its header, compared without case, or by its position. A role for which a
 * map names nothing is left to the usual headers, English or Vietnamese.
 *
 * Borrowed texts; whoever makes a map keeps them alive.
 */
#ifndef RECON_CSV_MAP_H
#define RECON_CSV_MAP_H

#include "base/base.h"
#include "recon/csv.h"

enum csv_role {
    CSV_REFERENCE, /* ours: MaThamChieu */
    CSV_TXN,       /* the portal's number */
    CSV_KIND,
    CSV_AMOUNT,
    CSV_FEE,
    CSV_NET,
    CSV_STATUS,
    CSV_TIME,
    CSV_CURRENCY,
    CSV_ACCOUNT,
    CSV_BODY,
    CSV_BANK,
    CSV_ORIGINAL, /* the number of the payment that is given back */
    CSV_DOSSIER,
    CSV_ORDER,
    CSV_BATCH,
    CSV_TREASURY, /* SENT_SUCCESS, SENT_FAIL, NOT_SENT */
    CSV_NARRATIVE,
    CSV_ROLES
};

struct csv_column {
    struct str header; /* empty: by position, or not told */
    int position;      /* from 1; 0: by header */
};

struct csv_map {
    char separator; /* 0: csv_separator_of */
    bool no_header; /* the first line is a row: positions only */
    struct csv_column columns[CSV_ROLES];
};

/* Where each role is in this file: the index of a field, or -1. */
struct csv_layout {
    int at[CSV_ROLES];
    int fields; /* of the header; a row with another number is wrong */
};

/* Of a row with as many fields as the layout; empty where there is no such column. */
static inline struct str csv_layout_text(const struct csv_layout *l, const struct csv_row *row,
                                         enum csv_role r)
{
    return l->at[r] >= 0 ? row->fields[l->at[r]] : (struct str){ 0 };
}

const char *csv_role_name(enum csv_role r); /* "reference" */
bool csv_role_find(struct str name, enum csv_role *out);
/* Without a header line, `header` is the first row and only its number of fields counts. Fails
 * (ERR_INVALID, field = role) when what the map names is not there, or a column has two roles. */
MUST_USE result csv_layout_make(const struct csv_map *map, const struct csv_row *header,
                                struct csv_layout *out, struct err *e);

/* The same, and nothing but what the map names. */
MUST_USE result csv_layout_named(const struct csv_map *map, const struct csv_row *header,
                                 struct csv_layout *out, struct err *e);

#endif
