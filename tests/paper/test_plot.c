/* Pictures of figures: the same twice, well-formed, readable without colour. */
#include "paper/plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/test.h"

static const struct str days[] = { { "21/11", 5 }, { "22/11", 5 }, { "23/11", 5 } };
static const int64_t phi[] = { 550000, 1100000, 0 };
static const int64_t le_phi[] = { 28000, 56000, 28000 };
static const struct plot_series two[] = { { { "Phí", 4 }, phi }, { { "Lệ phí", 9 }, le_phi } };

static struct plot sample(enum plot_kind kind)
{
    return (struct plot){ .kind = kind,
                          .title = STR("Số thu theo ngày, Ủy ban nhân dân phường Hạc Thành"),
                          .desc = STR("Ngày thu nhiều nhất: 22/11"),
                          .unit = STR("đồng"),
                          .none = STR("Không có số liệu"),
                          .language = STR("vi"),
                          .labels = days,
                          .label_count = LEN(days),
                          .series = two,
                          .series_count = LEN(two) };
}

static struct str svg(const struct plot *p)
{
    struct str out = { 0 };
    struct err e = { 0 };

    check_ok(plot_svg(p, test_arena(), &out, &e), e);
    return out;
}

static struct str png(const struct plot *p)
{
    struct str out = { 0 };
    struct err e = { 0 };

    check_ok(plot_png(p, 2, test_arena(), &out, &e), e);
    return out;
}

static size_t times(struct str s, const char *what)
{
    size_t n = 0;

    for (size_t i = 0; i + strlen(what) <= s.n; i++)
        n += memcmp(s.p + i, what, strlen(what)) == 0;
    return n;
}

static void keep(struct str bytes, const char *name)
{
    const char *folder = getenv("MOTCUA_SHOTS");
    FILE *f;

    if (folder == NULL)
        return;
    f = fopen(str_cstr(test_arena(), str_fmt(test_arena(), "%s/%s", folder, name)), "wb");
    check(f != NULL && fwrite(bytes.p, 1, bytes.n, f) == bytes.n && fclose(f) == 0);
}

TEST(the_same_figures_give_the_same_bytes)
{
    for (enum plot_kind k = PLOT_STACKED; k <= PLOT_HISTOGRAM; k++) {
        const struct plot p = sample(k);

        check_same(svg(&p), svg(&p));
        check_same(png(&p), png(&p));
        keep(png(&p), str_fmt(test_arena(), "plot_%d.png", (int)k).p);
        keep(svg(&p), str_fmt(test_arena(), "plot_%d.svg", (int)k).p);
    }
}

TEST(a_picture_has_its_title_and_words_and_no_style)
{
    const struct plot p = sample(PLOT_STACKED);
    const struct str s = svg(&p);

    check_int(times(s, "<title id=\"t\">Số thu theo ngày"), 1);
    check_int(times(s, "<desc id=\"d\">Ngày thu nhiều nhất: 22/11</desc>"), 1);
    check_int(times(s, "style="), 0);
    check_int(times(s, "<script"), 0);
    check_int(times(s, ">1.000.000<"), 1);
    check_int(times(s, ">Lệ phí</text>"), 1);
    check_int(times(s, ">1.156.000<"), 1); /* 22/11: 1.100.000 + 56.000 above its bar */
}

TEST(each_value_of_a_stack_is_one_bar)
{
    /* 3 days x 2 series less the one that is 0, and 2 samples of the legend. */
    const struct plot p = sample(PLOT_STACKED);

    check_int(times(svg(&p), "fill=\"url(#p"), 3 * 2 - 1 + 2);
}

TEST(a_line_is_broken_where_there_is_no_value)
{
    static const int64_t rates[] = { 10000, PLOT_GAP, 9950 };
    static const int64_t whole[] = { 10000, 9900, 9950 };
    struct plot_series one = { STR("Tỷ lệ khớp"), rates };
    struct plot p = sample(PLOT_LINES);

    p.series = &one;
    p.series_count = 1;
    p.decimals = 2;
    check_int(times(svg(&p), "stroke-width=\"2\""), 0);
    check_int(times(svg(&p), "<circle"), 2);
    one.values = whole;
    check_int(times(svg(&p), "stroke-width=\"2\""), 2);
    check_int(times(svg(&p), "<circle"), 3);
}

TEST(nothing_to_draw_says_so)
{
    struct plot p = sample(PLOT_BARS);

    p.label_count = 0;
    check_int(times(svg(&p), "Không có số liệu"), 1);
    check_int(times(svg(&p), "<rect"), 1 + 2); /* the ground, and a tile of each pattern */
    check(png(&p).n > 0);
}

TEST(markup_in_a_name_stays_text)
{
    struct plot p = sample(PLOT_BARS);

    p.title = STR("<script>&\"");
    check_int(times(svg(&p), "<script"), 0);
    check_int(times(svg(&p), "&lt;script>&amp;&quot;"), 2); /* title, and as text */
}

TEST(more_than_there_is_room_for_is_refused)
{
    struct plot p = sample(PLOT_BARS);
    struct str out = { 0 };
    struct err e = { 0 };

    p.label_count = PLOT_LABELS_MAX + 1;
    check_fails(plot_svg(&p, test_arena(), &out, &e), e, ERR_TOO_LARGE);
    p.label_count = 1;
    p.series_count = PLOT_SERIES_MAX + 1;
    check_fails(plot_png(&p, 1, test_arena(), &out, &e), e, ERR_TOO_LARGE);
}

TEST(a_png_is_as_wide_as_asked)
{
    const struct plot p = sample(PLOT_LINES);
    const struct str s = png(&p);

    check(str_starts(s, str_of("\x89PNG\r\n\x1A\n", 8)));
    check_int((unsigned char)s.p[18] << 8 | (unsigned char)s.p[19], 2 * PLOT_WIDTH);
}

TEST(numbers_are_grouped_by_dots)
{
    check_str(plot_number(test_arena(), 0, 0), "0");
    check_str(plot_number(test_arena(), 999, 0), "999");
    check_str(plot_number(test_arena(), 1234567, 0), "1.234.567");
    check_str(plot_number(test_arena(), -1000, 0), "-1.000");
    check_str(plot_number(test_arena(), 9950, 2), "99,50");
    check_str(plot_number(test_arena(), 5, 2), "0,05");
    check_str(plot_number(test_arena(), 123456789, 2), "1.234.567,89");
}
