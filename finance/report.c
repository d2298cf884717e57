#include "finance/report.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "finance/report_row.h"
#include "payments/fee.h"

static const struct {
    const char *name;
    report_fn *make;
    const char *breakdowns;
} reports[] = {
#define REPORT(name, function, breakdowns) { #name, function, breakdowns },
#include "finance/reports.def"
#undef REPORT
};

static const struct {
    const char *name;
    char letter;
} bys[] = { [REPORT_BY_DAY] = { "day", 'd' },
            [REPORT_BY_AGENCY] = { "agency", 'a' },
            [REPORT_BY_CHANNEL] = { "channel", 'c' },
            [REPORT_BY_PROCEDURE] = { "procedure", 'p' },
            [REPORT_BY_KIND] = { "kind", 'k' } };

const char *report_name_at(size_t n)
{
    return n < LEN(reports) ? reports[n].name : NULL;
}

static bool report_find(struct str name, size_t *out)
{
    for (size_t i = 0; i < LEN(reports); i++)
        if (str_is(name, reports[i].name)) {
            *out = i;
            return true;
        }
    return false;
}

bool report_has_by(struct str name, enum report_by by)
{
    size_t n;

    return report_find(name, &n) && strchr(reports[n].breakdowns, bys[by].letter) != NULL;
}

const char *report_by_name(enum report_by by)
{
    return bys[by].name;
}

bool report_by_find(struct str name, enum report_by *out)
{
    for (size_t i = 0; i < LEN(bys); i++)
        if (str_is(name, bys[i].name)) {
            *out = (enum report_by)i;
            return true;
        }
    return false;
}

const struct report_cell *report_cell(const struct report_table *t, size_t row, size_t column)
{
    must(row < t->row_count && column < t->column_count);
    return &t->cells[row * t->column_count + column];
}

size_t report_column_find(const struct report_table *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++)
        if (strcmp(t->columns[i].name, name) == 0)
            return i;
    must(false);
    return 0;
}

void report_rows_begin(struct report_rows *r, struct report_table *t, const char *name,
                       const struct report_column *columns, size_t column_count, struct arena *a)
{
    must(column_count <= REPORT_COLUMNS_MAX);
    *t = (struct report_table){ .name = name, .columns = columns, .column_count = column_count };
    *r = (struct report_rows){ .a = a, .table = t };
}

struct report_cell *report_rows_next(struct report_rows *r)
{
    struct report_table *t = r->table;
    struct report_cell *row;

    if (t->row_count == r->cap) {
        const size_t cap = r->cap == 0 ? 64 : 2 * r->cap;
        struct report_cell *cells = arena_array(r->a, struct report_cell, cap * t->column_count);

        if (t->row_count > 0)
            memcpy(cells, t->cells, t->row_count * t->column_count * sizeof(*cells));
        t->cells = cells;
        r->cap = cap;
    }
    /* One row too many is written over again and again, and told at the end. */
    r->over |= t->row_count >= REPORT_ROWS_MAX;
    row = &t->cells[t->row_count * t->column_count];
    t->row_count += r->over ? 0 : 1;
    for (size_t i = 0; i < t->column_count; i++)
        row[i] = (struct report_cell){ .n = t->columns[i].kind == REPORT_RATE ? REPORT_NOT : 0 };
    return row;
}

void report_rows_total(struct report_rows *r)
{
    struct report_table *t = r->table;
    const size_t count = t->row_count;
    struct report_cell *sum;

    if (count == 0)
        return;
    sum = report_rows_next(r);
    for (size_t row = 0; row < count; row++)
        for (size_t i = 0; i < t->column_count; i++)
            if (t->columns[i].kind == REPORT_MONEY || t->columns[i].kind == REPORT_COUNT)
                sum[i].n += report_cell(t, row, i)->n;
    t->has_total = true;
}

result report_rows_end(const struct report_rows *r, struct err *e)
{
    return r->over ? fail(e, ERR_TOO_LARGE, "more than %d rows", REPORT_ROWS_MAX) : OK;
}

int64_t report_rate(int64_t part, int64_t whole, int64_t unit)
{
    const int64_t scale = 100 * unit;

    if (whole <= 0)
        return REPORT_NOT;
    /* Dong are below 2^53, scale is 10000: divided first where the product would not fit. */
    if (part > INT64_MAX / scale / 2 || part < INT64_MIN / scale / 2)
        return part / (whole / scale > 0 ? whole / scale : 1);
    return (2 * part * scale + (part < 0 ? -whole : whole)) / (2 * whole);
}

struct str report_agency_name(const struct office *f, const struct report_query *q,
                              struct str agency_id)
{
    struct err why = { .code = ERR_NONE };
    struct fee_agency g;

    if (fee_agency_find(f->till->fees, agency_id, q->to, &g, &why).failed)
        return agency_id;
    return str_is(q->language, "en") ? g.name_en : g.name_vi;
}

struct str report_procedure_name(const struct office *f, const struct report_query *q,
                                 struct str code)
{
    struct err why = { .code = ERR_NONE };
    struct fee_procedure p;

    if (fee_procedure_find(f->till->fees, code, q->to, &p, &why).failed)
        return code;
    return str_is(q->language, "en") ? p.name_en : p.name_vi;
}

result report_make(const struct office *f, const struct report_query *q, struct arena *a,
                   struct report_table *out, struct err *e)
{
    struct report_rows rows = { .a = a, .table = out };
    size_t n;

    if (!report_find(q->name, &n))
        return fail(e, ERR_NOT_FOUND, "no such report");
    if (!date_is_valid(q->from))
        return fail_field(e, ERR_INVALID, "from", "not a day");
    if (!date_is_valid(q->to) || date_cmp(q->to, q->from) < 0 ||
        date_cmp(q->to, date_add_days(q->from, REPORT_DAYS_MAX - 1)) > 0)
        return fail_field(e, ERR_INVALID, "to", "before the first day, or too long after it");
    if (!report_has_by(q->name, q->by))
        return fail_field(e, ERR_INVALID, "by", "the report has no such breakdown");
    TRY(report_follow_all(f->till, e));
    TRY(reports[n].make(f, q, &rows, e));
    return report_rows_end(&rows, e);
}
