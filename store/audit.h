/*
 * audit.h - who did what to whom, when: append-only and hash-chained.
 *
 * Each row carries SHA-256 of (previous row's hash, canonical JSON of the row), in one chain per
 * (process slot): see sql_slot(). audit_verify() recomputes every chain. Rows are written in the
 * transaction of what they tell about, so that neither exists without the other. Details hold no
 * plain personal data: subjects are account ids or keyed digests.
 *
 * Rows are written at the end of their transaction, together, since the chain's head row is held
 * from then to the commit: processes that share a slot number wait for each other's commit only,
 * and whoever appends early takes no lock that another wants first.
 * What the chain cannot tell is that its end was cut off and the head set back to match, by one who
 * can write to the database; export the heads elsewhere to know that too.
 */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "base/base.h"

struct sql;
struct sql_pool;
struct json;

struct audit_event {
    struct str actor;   /* "citizen:<account>", "client:<id>", "staff:<id>", "system" */
    struct str action;  /* "login.ok", "order.paid", "person.query": dotted, lower case */
    struct str subject; /* what it was done to */
    struct str request_id;
    struct str ip; /* with the source port: Decree 333/2026 art. 16.6 */
    int64_t port;
    const struct json *detail; /* object or NULL */
};

/* ERR_NOT_UTF8 for a text that is none, ERR_INTERNAL for an event that is none, ERR_TOO_LARGE for
 * an actor or subject over 1 KiB and for 256 KiB in all. */
MUST_USE result audit_append(struct sql *db, int64_t now_ms, const struct audit_event *ev,
                             struct err *e);
/* The same in a transaction of its own. */
MUST_USE result audit_write(struct sql_pool *p, int64_t now_ms, const struct audit_event *ev,
                            struct err *e);
/* ERR_BROKEN_CHAIN names the first row that does not verify: changed, removed, moved, inserted or
 * cut off. *rows counts those that do. */
MUST_USE result audit_verify(struct sql_pool *p, int64_t *rows, struct err *e);

#endif
