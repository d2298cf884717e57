#include "tests/test.h"

TEST(next_walks_every_piece_and_keeps_empty_ones)
{
    struct str rest = STR("a,,b,");
    struct str head;

    check(str_next(&rest, ',', &head));
    check_str(head, "a");
    check(str_next(&rest, ',', &head));
    check_str(head, "");
    check(str_next(&rest, ',', &head));
    check_str(head, "b");
    check(str_next(&rest, ',', &head));
    check_str(head, "");
    check(!str_next(&rest, ',', &head));
}

TEST(a_number_is_read_whole_or_not_at_all)
{
    int64_t n = 7;

    check(str_to_i64(STR("-9223372036854775808"), &n));
    check_int(n, INT64_MIN);
    check(str_to_i64(STR("9223372036854775807"), &n));
    check_int(n, INT64_MAX);
    n = 7;
    check(!str_to_i64(STR("9223372036854775808"), &n));
    check(!str_to_i64(STR("12x"), &n));
    check(!str_to_i64(STR("+1"), &n));
    check(!str_to_i64(STR("-"), &n));
    check(!str_to_i64(STR(""), &n));
    check_int(n, 7);
}

TEST(cutting_beyond_the_end_is_clipped)
{
    check_str(str_sub(STR("abc"), 1, 9), "bc");
    check_str(str_from(STR("abc"), 9), "");
    check_str(str_trim(STR(" \t x \n")), "x");
    check(str_ends(STR("motcua"), STR("cua")));
    check(!str_ends(STR("cua"), STR("motcua")));
}

TEST(case_is_forgiven_in_ascii_letters_and_nothing_else)
{
    check(str_eq_nocase(STR("Bearer"), STR("bEARER")));
    check(str_eq_nocase(STR(""), (struct str){ NULL, 0 }));
    check(!str_eq_nocase(STR("a"), STR("ab")));
    check(!str_eq_nocase(STR("a\0b"), STR("a\0c"))); /* a NUL is no end */
    check(!str_eq_nocase(STR("@["), STR("`{")));
    check(!str_eq_nocase(STR("\xC3\x80"), STR("\xC3\xA0"))); /* À, à */
}
