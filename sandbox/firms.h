/*
 * firms.h - the synthetic businesses of firms.csv: every status, units, households, one or several
 * legal representatives.
 */
#ifndef SANDBOX_FIRMS_H
#define SANDBOX_FIRMS_H

#include "base/base.h"

struct firm {
#define COLUMN(name) struct str name;
#include "sandbox/firms.def"
#undef COLUMN
};

struct firms;

MUST_USE result firms_load(struct arena *a, const char *path, struct firms **out, struct err *e);
size_t firms_count(const struct firms *f);
/* With or without the dash of a unit; NULL when unknown. */
const struct firm *firms_find(const struct firms *f, struct str code);
/* Walks the representatives: start with `rest` = firm->representatives, until false. */
bool firm_next_representative(struct str *rest, struct str *number, struct str *name);

#endif
