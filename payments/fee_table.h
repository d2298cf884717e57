/*
 * fee_table.h - the rows behind fee.h: written by fee_read.c and fee_file.c, read by fee.c,
 * fee_price.c, fee_catalogue.c and fee_version.c.
 */
#ifndef PAYMENTS_FEE_TABLE_H
#define PAYMENTS_FEE_TABLE_H

#include <pthread.h>
#include <stdatomic.h>

#include "payments/fee.h"

#define FEE_ROWS_MAX  2000 /* of one kind: a province publishes a few hundred */
#define FEE_NAMES_MAX 64   /* places, categories or fees of one row */

struct fee_names {
    struct str *names;
    size_t count;
};

/* Where and when a row holds. An empty list or mask 0 means everywhere. */
struct fee_scope {
    struct fee_names places;
    unsigned areas;       /* bit per enum fee_area */
    unsigned channels;    /* bit per enum fee_channel */
    struct date from, to; /* both days included; to.d 0: no end */
};

enum fee_area { FEE_WARD, FEE_OTHER_AREA };

enum fee_round { FEE_HALF_UP, FEE_UP, FEE_DOWN };

/* What of a row nobody has compared with the decision in force yet. */
#define FEE_SAMPLE_RATE     1u
#define FEE_SAMPLE_RETAINED 2u

struct fee_rule {
    struct str id, fee;
    struct fee_scope scope;
    bool by_rate; /* rate_ppm of the base value, else amount_vnd each */
    int64_t amount_vnd, rate_ppm;
    int64_t least_vnd, most_vnd; /* most 0: none */
    int64_t free_days;           /* nothing is due within so many days of the event */
    int64_t retained_ppm;
    int64_t round_to_vnd; /* 1: every dong */
    enum fee_round round;
    unsigned sample;
    bool refund_if_refused;
    struct str authority, basis;
    struct str file;
};

struct fee_preference {
    struct str id;
    struct fee_names fees;
    struct fee_scope scope;
    int64_t level_least;
    struct fee_names all, any; /* categories: every one of `all`, one of `any` */
    int64_t reduction_ppm;
    int64_t reduction_most_vnd;          /* 0: none */
    int64_t reduction_most_salaries;     /* the same in base salaries of the day; 0: none */
    struct str once_a_year;              /* kind of asset: one grant a citizen and year; or empty */
    int64_t net_least_vnd, net_most_vnd; /* 0: none */
    struct str authority, basis;
    struct str file;
};

/* The base salary that caps are counted in. */
struct fee_salary {
    struct str id;
    struct date from, to;
    int64_t amount_vnd;
    struct str authority, basis;
};

struct fee_name {
    struct str code, name_vi, name_en;
    enum fee_kind kind;
};

struct fee_agency_row {
    struct fee_agency agency;
    struct fee_scope scope;
};

struct fee_procedure_row {
    struct fee_procedure procedure;
    struct fee_scope scope;
    struct fee_names fees;
    struct str file;
};

/* What one reading gave: immutable. */
struct fee_rows {
    struct arena *arena;
    int64_t version;
    int64_t retired_ms; /* monotonic: when another took its place */
    struct fee_rows *older;
    struct fee_name *fees;
    struct fee_rule *rules;
    struct fee_preference *preferences;
    struct fee_agency_row *agencies;
    struct fee_procedure_row *procedures;
    struct fee_salary *salaries;
    size_t fee_count, rule_count, preference_count, agency_count, procedure_count, salary_count;
};

/* The handle. Rows that were replaced stay for FEE_RETIRED_MS, so that readers need no lock. */
struct fee_table {
    _Atomic(struct fee_rows *) now;
    pthread_mutex_t lock; /* of those who renew */
};

const struct fee_rows *fee_rows_of(const struct fee_table *t);
/* One text, for fee_table_renew and fee_version.h: rows of their own. */
MUST_USE result fee_rows_read(struct str json, const char *file, struct fee_rows **out,
                              struct buf *mistakes, struct err *e);
void fee_rows_close(struct fee_rows **r); /* DEFER(fee_rows_close) */

bool fee_area_find(struct str name, enum fee_area *out); /* "ward", "other" */
const struct fee_name *fee_name_find(const struct fee_rows *r, struct str code);
const struct fee_procedure_row *fee_procedure_row_find(const struct fee_rows *r, struct str code,
                                                       struct date on);
int64_t fee_salary_on(const struct fee_rows *r, struct date on); /* 0: not known */
bool fee_names_has(const struct fee_names *n, struct str name);
bool fee_in_force(const struct fee_scope *s, struct date on);
/* How narrowly a rule is scoped: a provincial rate is stronger than a national one. */
int fee_scope_rank(const struct fee_scope *s);

#endif
