/* Cells and columns of the one facility for lists: how they read, and who sees which. */
#include "web/table.h"

#include "base/str.h"
#include "tests/fixture.h"
#include "web/app.h"
#include "web/table_ask.h"

static struct app app;

enum { COL_ID, COL_NAME, COL_VND, COL_DAY, COL_AT };
static const struct table_column columns[] = {
    [COL_ID] = { .name = "id", .text = "x", .kind = TABLE_LINK },
    [COL_NAME] = { .name = "name",
                   .text = "x",
                   .kind = TABLE_TEXT,
                   .least = STAFF_OFFICER,
                   .personal = true },
    [COL_VND] = { .name = "vnd", .text = "x", .kind = TABLE_MONEY },
    [COL_DAY] = { .name = "day", .text = "x", .kind = TABLE_DAY },
    [COL_AT] = { .name = "at", .text = "x", .kind = TABLE_TIME },
};
static const struct table things = { .name = "things",
                                     .columns = columns,
                                     .column_count = LEN(columns) };

static struct ctx officer(enum staff_role role)
{
    app.conf.finance.personal_role = STR("nobody");
    return (struct ctx){ .app = &app, .arena = test_arena(), .staff = { .role = role } };
}

static struct table_row *row_of(struct table_rows *rows)
{
    *rows = (struct table_rows){ .arena = test_arena(),
                                 .list = arena_array(test_arena(), struct table_row, 2),
                                 .most = 1 };
    return table_row(rows, STR("1"));
}

TEST(no_more_rows_are_taken_than_were_asked_for)
{
    struct table_rows rows;

    check(row_of(&rows) != NULL);
    check(table_row(&rows, STR("2")) == NULL);
    check_int(rows.n, 1);
}

TEST(columns_below_the_role_are_left_out)
{
    const struct ctx viewer = officer(STAFF_VIEWER), clerk = officer(STAFF_OFFICER);
    size_t seen[TABLE_COLUMNS_MAX];

    check_int(table_columns_seen(&viewer, &things, seen), LEN(columns) - 1);
    check_int(seen[1], COL_VND);
    check_int(table_columns_seen(&clerk, &things, seen), LEN(columns));
}

TEST(cells_read_as_people_and_as_programs_do)
{
    const struct ctx c = officer(STAFF_OFFICER);
    struct table_rows rows;
    struct table_row *row = row_of(&rows);

    check_str(table_cell_words(&c, &columns[COL_VND], &row->cells[COL_VND]), "–");
    check_str(table_cell_plain(&c, &columns[COL_VND], &row->cells[COL_VND]), "");
    table_link(row, COL_ID, STR("a1"), STR("/x/a1"));
    table_text(row, COL_NAME, STR("Nguyễn Văn An"));
    table_number(row, COL_VND, -1234567);
    table_day(row, COL_DAY, STR("2026-11-23"));
    table_time(row, COL_AT, FIXTURE_NOW_MS); /* 09:00 in Vietnam */
    check_str(row->cells[COL_ID].url, "/x/a1");
    check_str(table_cell_words(&c, &columns[COL_NAME], &row->cells[COL_NAME]), "N••••• V•• A•");
    check_str(table_cell_plain(&c, &columns[COL_NAME], &row->cells[COL_NAME]), "N••••• V•• A•");
    check_str(table_cell_words(&c, &columns[COL_VND], &row->cells[COL_VND]), "-1.234.567 đ");
    check_str(table_cell_plain(&c, &columns[COL_VND], &row->cells[COL_VND]), "-1234567");
    check_str(table_cell_words(&c, &columns[COL_DAY], &row->cells[COL_DAY]), "23/11/2026");
    check_str(table_cell_plain(&c, &columns[COL_DAY], &row->cells[COL_DAY]), "2026-11-23");
    check_str(table_cell_plain(&c, &columns[COL_AT], &row->cells[COL_AT]), "2026-11-23 09:00:00");
}

TEST(an_empty_text_and_a_time_of_zero_are_not_set)
{
    struct table_rows rows;
    struct table_row *row = row_of(&rows);

    table_text(row, COL_NAME, STR(""));
    table_time(row, COL_AT, 0);
    table_day(row, COL_DAY, STR(""));
    check(!row->cells[COL_NAME].is_set && !row->cells[COL_AT].is_set &&
          !row->cells[COL_DAY].is_set);
    table_number(row, COL_VND, 0);
    check(row->cells[COL_VND].is_set);
}

TEST(sums_and_ticks_stand_where_they_were_put)
{
    struct table_totals totals = { 0 };
    struct table_rows rows;
    struct table_row *row = row_of(&rows);

    table_sum(&totals, COL_VND, 7);
    check(totals.columns[COL_VND].is_set && !totals.columns[COL_ID].is_set);
    check_int(totals.columns[COL_VND].n, 7);
    table_pick(row, STR("x_a1"));
    table_mark(row, TABLE_BAD);
    check_str(row->pick, "x_a1");
    check_int(row->look, TABLE_BAD);
}
