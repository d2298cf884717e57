/*
 * migrate.h - numbered schema changes (store/schema/NNNN_name.sql), applied in order under a lock
 * that all processes share, each in a transaction of its own and recorded with the digest of its
 * text. A recorded digest that differs from the file's stops everything: an applied migration is
 * never edited.
 *
 * Any number of processes may migrate at once: each change is made by one of them. A change that
 * fails leaves no trace of itself; those before it stay.
 */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "base/base.h"

struct sql_pool;
struct clock;
struct embed_set;

/* *applied counts what this call did itself. */
MUST_USE result migrate_up(struct sql_pool *p, const struct clock *clock, int *applied,
                           struct err *e);
/* Whether the schema is the one this program knows, no less and no more; ERR_CONFIG says which
 * migration is missing, unknown or edited. Changes nothing. */
MUST_USE result migrate_check(struct sql_pool *p, struct err *e);

/* The same for another set of files than the program's own. */
MUST_USE result migrate_up_set(struct sql_pool *p, const struct embed_set *set,
                               const struct clock *clock, int *applied, struct err *e);
MUST_USE result migrate_check_set(struct sql_pool *p, const struct embed_set *set, struct err *e);

#endif
