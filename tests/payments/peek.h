/*
 * peek.h - what the store holds of one order or of all, read past payments/ on a connection that
 * stays open, so that it can be asked after every step.
 */
#ifndef TESTS_PAYMENTS_PEEK_H
#define TESTS_PAYMENTS_PEEK_H

#include "base/base.h"

#define PEEK_COLUMNS 24

/* The one row of a query, as whole numbers. */
void peek_row(const char *query, int64_t *out, int columns);
int64_t peek_int(const char *query);
/* All rows, columns by '|', rows by '\n'. */
struct str peek_text(struct arena *a, const char *query);
void peek_close(void);

#endif
