/*
 * audit_view.h - reading the audit log: by time, by whom, or about what; the newest first, by
 * pages.
 *
 * It does not prove anything: audit_verify() does. A page ends with a place to go on from, so that
 * rows written meanwhile neither repeat nor hide one.
 */
#ifndef STORE_AUDIT_VIEW_H
#define STORE_AUDIT_VIEW_H

#include "base/base.h"

struct sql_pool;

struct audit_place {
    int64_t at_ms, slot, seq;
};
struct audit_query {
    struct str actor, subject; /* at most one of them; empty: all */
    int64_t from_ms;           /* at or after */
    struct audit_place before;
    size_t rows_max;
};
struct audit_row {
    struct audit_place place;
    struct str actor, action, subject, request_id, ip, detail;
    int64_t port;
};

/* Everything up to a time. */
struct audit_place audit_place_at(int64_t before_ms);
MUST_USE result audit_view(struct sql_pool *p, struct arena *a, const struct audit_query *q,
                           struct audit_row **rows, size_t *count, struct err *e);

#endif
