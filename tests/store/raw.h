/*
 * raw.h - statements past the store, to tamper with what it keeps and to look behind it. They run
 * on the database of fixture_sql_config(), on a connection of their own.
 */
#ifndef TESTS_STORE_RAW_H
#define TESTS_STORE_RAW_H

#include "base/base.h"
#include "store/sql.h"

void raw_run(const struct sql_config *c, const char *statements);
/* The first column of the first row, as text. */
struct str raw_text(const struct sql_config *c, const char *query);
int64_t raw_int(const struct sql_config *c, const char *query);

#endif
