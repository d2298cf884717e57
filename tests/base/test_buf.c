/* Text under construction: cells of CSV. */
#include "base/buf.h"
#include "base/str.h"
#include "tests/test.h"

static struct str cell(const char *text)
{
    struct buf b = buf_make(test_arena(), 200);

    buf_csv(&b, str_c(text));
    return str_dup(test_arena(), buf_str(&b));
}

TEST(no_cell_begins_as_a_formula)
{
    static const char *const heads[] = { "=1+1", "+84 123", "-2+3", "@SUM(A1)", "\tx",
                                         "\rx",  "-",       "-1.5", "=" };

    for (size_t i = 0; i < LEN(heads); i++) {
        check(csv_is_formula(str_c(heads[i])));
        check_str(cell(heads[i]),
                  str_cstr(test_arena(), str_fmt(test_arena(), "\"'%s\"", heads[i])));
    }
}

TEST(other_cells_are_quoted_and_stay_as_they_are)
{
    check_str(cell(""), "\"\"");
    check_str(cell("a,b"), "\"a,b\"");
    check_str(cell("a \"b\"\n"), "\"a \"\"b\"\"\n\"");
    check_str(cell("-1200"), "\"-1200\"");
    check_str(cell("1=1"), "\"1=1\"");
    check_str(cell("Nguyễn"), "\"Nguyễn\"");
}

TEST(a_cell_that_does_not_fit_is_told_at_the_end)
{
    struct buf b = buf_make(test_arena(), 4);
    struct err e = { .code = ERR_NONE };
    struct str out;

    buf_csv(&b, STR("=1234"));
    check_fails(buf_end(&b, &out, &e), e, ERR_TOO_LARGE);
}
