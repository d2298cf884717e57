/*
 * migrate.h - numbered schema changes (store/schema/NNNN_name.sql), applied in order under a lock
 * that all processes share, each in a transaction of its own and recorded with the digest of its
 * text. A recorded digest that differs from the file's stops everything: an applied migration is
 * never edited.
 */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "base/base.h"

struct sql_pool;
struct clock;

MUST_USE result migrate_up(struct sql_pool *p, const struct clock *clock, int *applied,
                           struct err *e);
/* Whether the schema is the one this program knows; ERR_CONFIG says which migration is missing. */
MUST_USE result migrate_check(struct sql_pool *p, struct err *e);

#endif
