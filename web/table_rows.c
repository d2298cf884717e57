#include "base/arena.h"
#include "base/err.h"
#include "base/money.h"
#include "base/str.h"
#include "web/personal.h"
#include "web/table_ask.h"
#include "web/view.h"

struct table_row *table_row(struct table_rows *rows, struct str after)
{
    struct table_row *row;

    if (rows->n == rows->most)
        return NULL;
    row = &rows->list[rows->n++];
    *row = (struct table_row){ .after = after };
    return row;
}

static struct table_cell *cell(struct table_row *row, size_t column)
{
    must(column < TABLE_COLUMNS_MAX);
    row->cells[column].is_set = true;
    return &row->cells[column];
}

void table_text(struct table_row *row, size_t column, struct str text)
{
    if (text.n > 0)
        cell(row, column)->text = text;
}

void table_link(struct table_row *row, size_t column, struct str text, struct str url)
{
    table_text(row, column, text);
    row->cells[column].url = url;
}

void table_number(struct table_row *row, size_t column, int64_t n)
{
    cell(row, column)->n = n;
}

void table_day(struct table_row *row, size_t column, struct str iso)
{
    table_text(row, column, iso);
}

void table_time(struct table_row *row, size_t column, int64_t ms)
{
    if (ms > 0)
        cell(row, column)->n = ms;
}

void table_state(struct table_row *row, size_t column, enum table_look look, struct str word)
{
    struct table_cell *of = cell(row, column);

    of->text = word;
    of->look = look;
}

void table_sum(struct table_totals *totals, size_t column, int64_t n)
{
    must(column < TABLE_COLUMNS_MAX);
    totals->columns[column].is_set = true;
    totals->columns[column].n = n;
}

void table_pick(struct table_row *row, struct str name)
{
    row->pick = name;
}

void table_mark(struct table_row *row, enum table_look look)
{
    row->look = look;
}

result table_rows_find(struct ctx *c, const struct table_query *q, struct table_rows *out,
                       struct err *e)
{
    *out = (struct table_rows){ .arena = c->arena,
                                .list = arena_array(c->arena, struct table_row, q->most + 1),
                                .most = q->most };
    return q->table->rows(c, q, out, e);
}

size_t table_columns_seen(const struct ctx *c, const struct table *t,
                          size_t seen[TABLE_COLUMNS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < t->column_count; i++)
        if (c->staff.role >= t->columns[i].least)
            seen[n++] = i;
    return n;
}

bool table_is_number(enum table_kind kind)
{
    return kind == TABLE_MONEY || kind == TABLE_COUNT;
}

static struct str seen_text(const struct ctx *c, const struct table_column *column,
                            const struct table_cell *of)
{
    return column->personal && !personal_may_see(c) ? personal_mask(c->arena, of->text) : of->text;
}

struct str table_cell_words(const struct ctx *c, const struct table_column *column,
                            const struct table_cell *of)
{
    struct date day;

    if (!of->is_set)
        return STR("–");
    switch (column->kind) {
    case TABLE_MONEY:
        return money_print(c->arena, of->n);
    case TABLE_COUNT:
        return money_print_bare(c->arena, of->n);
    case TABLE_TIME:
        return clock_vn(c->arena, of->n);
    case TABLE_DAY:
        return date_read(of->text, &day) ? date_vn(c->arena, day) : of->text;
    default:
        return seen_text(c, column, of);
    }
}

static struct str plain_time(const struct ctx *c, int64_t ms)
{
    const struct local_time t = clock_local(ms);

    return str_fmt(c->arena, "%.*s %02d:%02d:%02d", STR_ARG(date_iso(c->arena, t.date)), t.hour,
                   t.minute, t.second);
}

struct str table_cell_plain(const struct ctx *c, const struct table_column *column,
                            const struct table_cell *of)
{
    if (!of->is_set)
        return STR("");
    if (table_is_number(column->kind))
        return str_i64(c->arena, of->n);
    if (column->kind == TABLE_TIME)
        return plain_time(c, of->n);
    return seen_text(c, column, of);
}
