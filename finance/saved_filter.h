/*
 * saved_filter.h - filters of lists that officers keep under a name: each officer's own, at most
 * SAVED_FILTERS_MAX for a list, one of which may be how the list opens.
 *
 * What is kept is the query string of the list's page; it is judged again whenever it is used, so a
 * role that was taken away takes its columns with it. Names are the officer's own words.
 */
#ifndef FINANCE_SAVED_FILTER_H
#define FINANCE_SAVED_FILTER_H

#include "base/base.h"

#define SAVED_FILTERS_MAX    20
#define SAVED_NAME_BYTES_MAX 80
#define SAVED_QUERY_BYTES    2000

struct sql_pool;

struct saved_filter {
    struct str name, path, query;
    bool is_default;
};

/* Replaces the one of that name. ERR_INVALID, field "name" or "query"; ERR_TOO_MANY: so many
 * already. */
MUST_USE result saved_filter_put(struct sql_pool *p, struct str officer, struct str list,
                                 const struct saved_filter *f, int64_t now_ms, struct err *e);
MUST_USE result saved_filter_list(struct sql_pool *p, struct str officer, struct str list,
                                  struct arena *a, struct saved_filter **out, size_t *count,
                                  struct err *e);
MUST_USE result saved_filter_drop(struct sql_pool *p, struct str officer, struct str list,
                                  struct str name, struct err *e);
/* An empty name: none is. */
MUST_USE result saved_filter_open_with(struct sql_pool *p, struct str officer, struct str list,
                                       struct str name, struct err *e);

#endif
