/*
 * map_form.h - the form of /finance/files/map as a map of a table, and as a source that has it.
 *
 * What the form cannot say (other quotes of a role, factors, codes of other roles) is written into
 * the JSON by hand; recon/csv_form.h has all of it.
 */
#ifndef WEB_MAP_FORM_H
#define WEB_MAP_FORM_H

#include "http/form.h"
#include "recon/csv_look.h"

struct json;

/* Of amounts, times and the like; false: a text. */
bool map_form_is_amount(enum csv_role r);
/* The number of the column that was chosen for a role; 0: none. */
int map_form_column(const struct form *f, enum csv_role r);
/* What stands around the columns: all that is needed to tell them. */
struct csv_form map_form_table(const struct form *f);
/* The map as JSON; the caller closes it. Columns are named where their names tell them apart. */
struct json *map_form_json(const struct form *f, const struct csv_look *columns, struct arena *a);
/* A file of conf/sources with one source that has the map. Takes map. */
struct json *map_form_source(const struct form *f, struct json *map);

#endif
