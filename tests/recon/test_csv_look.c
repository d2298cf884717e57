/* A sample through a map: every cell is told, right or wrong. */
#include "recon/csv_look.h"

#include "base/json.h"
#include "tests/test.h"

#define MAP                                                                                        \
    "{\"skip_top\":1,\"skip_bottom\":1,\"columns\":{\"reference\":{\"header\":\"ref\"},"           \
    "\"amount\":{\"header\":\"tiền\",\"thousands\":\".\"},\"currency\":{\"constant\":\"VND\"},"  \
    "\"time\":{\"header\":\"ngày\",\"format\":\"dd/MM/yyyy\"}}}"

static struct csv_form form(const char *json)
{
    DEFER(json_close) struct json *o = NULL;
    struct csv_form f;
    struct err e = { 0 };

    check_ok(json_read(str_c(json), &o, &e), e);
    check_ok(csv_form_read(o, test_arena(), &f, &e), e);
    return f;
}

static struct csv_look *look(const char *map, const char *sample, bool whole)
{
    struct csv_look *l = arena_new(test_arena(), struct csv_look);
    const struct csv_form f = form(map);
    struct err e = { 0 };

    check_ok(csv_look_rows(&f, str_c(sample), whole, test_arena(), l, &e), e);
    return l;
}

TEST(each_cell_is_told)
{
    const struct csv_look *l = look(MAP,
                                    "\xEF\xBB\xBFSao kê\nngày;ref;tiền\n23/11/2026;A;1.500\n"
                                    "31/11/2026;B;x\n1;2\nCong;;1\n",
                                    true);

    check_int(l->fields, 3);
    check_int(l->separator, ';');
    check_str(l->names[2], "tiền");
    check_int((int64_t)l->count, 3);
    check_int(l->rows[0].line, 3);
    check(l->rows[0].fault == NULL);
    check_int(l->rows[0].taken.amount_vnd, 1500);
    check_str(l->rows[0].taken.text[CSV_CURRENCY], "VND");
    check_str(l->rows[0].raw[CSV_AMOUNT], "1.500");
    check_int(l->rows[1].why[CSV_TIME], CSV_WHY_TIME);
    check_int(l->rows[1].why[CSV_AMOUNT], CSV_WHY_AMOUNT);
    check_int(l->rows[1].why[CSV_REFERENCE], CSV_RIGHT);
    check_str(l->rows[1].taken.text[CSV_REFERENCE], "B");
    check_str(str_c(l->rows[2].fault), "not as many fields as the first row has");
    check_str(str_c(csv_why_name(CSV_WHY_TIME)), "TIME");
}

TEST(the_end_of_a_piece_is_no_end_of_the_table)
{
    check_int((int64_t)look(MAP, "\nngày;ref;tiền\n23/11/2026;A;1\n", true)->count, 0);
    check_int((int64_t)look(MAP, "\nngày;ref;tiền\n23/11/2026;A;1\n", false)->count, 1);
}

TEST(without_a_header_the_first_row_is_one)
{
    const struct csv_look *l =
        look("{\"header\":false,\"columns\":{\"txn\":{\"column\":1},\"amount\":{\"column\":2}}}",
             "A,1\nB,2\n", true);

    check_int((int64_t)l->count, 2);
    check_int(l->rows[1].line, 2);
    check_str(l->names[0], "A");
}

TEST(columns_are_told_without_a_map_that_fits)
{
    const struct csv_form f = form(MAP);
    struct csv_look *l = arena_new(test_arena(), struct csv_look);
    struct err e = { 0 };

    check(csv_look_columns(&f, STR("x\na|b\n"), test_arena(), l));
    check_int(l->fields, 2);
    check_fails(csv_look_rows(&f, STR("x\na|b\n"), true, test_arena(), l, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "reference");
    check(!csv_look_columns(&f, STR("only a title"), test_arena(), l));
    check(!csv_look_columns(&f, STR("x\na,\"b\n"), test_arena(), l));
    check_fails(csv_look_rows(&f, STR(""), true, test_arena(), l, &e), e, ERR_INVALID);
}
