#include "paper/qr.h"

#include <stdio.h>
#include <string.h>

#include "tests/test.h"

TEST(what_cannot_be_a_symbol_is_refused)
{
    char much[QR_TEXT_BYTES + 1];
    struct qr q = { 0 };
    struct err e = { 0 };

    memset(much, 'x', sizeof(much));
    check_fails(qr_make(test_arena(), STR(""), &q, &e), e, ERR_INVALID);
    check_fails(qr_make(test_arena(), STR("a\0b"), &q, &e), e, ERR_INVALID);
    check_fails(qr_make(test_arena(), str_of(much, sizeof(much)), &q, &e), e, ERR_INVALID);
    check(q.modules == NULL);
    check_ok(qr_make(test_arena(), str_of(much, QR_TEXT_BYTES), &q, &e), e);
}

/* The pattern in three corners: a dark ring of seven around a dark square of three. */
static bool finder_at(const struct qr *q, size_t x0, size_t y0)
{
    for (size_t y = 0; y < 7; y++) {
        for (size_t x = 0; x < 7; x++) {
            const size_t dx = x < 3 ? 3 - x : x - 3, dy = y < 3 ? 3 - y : y - 3;

            if (qr_dark(q, x0 + x, y0 + y) != ((dx > dy ? dx : dy) != 2))
                return false;
        }
    }
    return true;
}

TEST(a_symbol_has_its_size_and_its_corners)
{
    struct qr q = { 0 };
    struct err e = { 0 };

    check_ok(qr_make(test_arena(), STR("HELLO"), &q, &e), e);
    check_int(q.width, 21);
    check(finder_at(&q, 0, 0));
    check(finder_at(&q, 14, 0));
    check(finder_at(&q, 0, 14));
    check(!finder_at(&q, 14, 14));
}

TEST(an_svg_has_as_much_dark_as_the_symbol_and_its_title_is_escaped)
{
    struct qr q = { 0 };
    struct err e = { 0 };
    struct str svg, rest, piece;
    int64_t dark = 0, drawn = 0;

    check_ok(qr_make(test_arena(), STR("http://127.0.0.1:8080/verify/ABC"), &q, &e), e);
    svg = qr_svg(test_arena(), &q, STR("<Mã & \"biên lai\">"));
    check(str_has(svg, STR("&lt;Mã &amp; ")));
    check(!str_has(svg, STR("<Mã")));
    for (size_t i = 0; i < q.width * q.width; i++)
        dark += q.modules[i];
    rest = str_c(strstr(str_cstr(test_arena(), svg), "path d="));
    while (str_next(&rest, 'h', &piece)) {
        int64_t n = 0;

        if (str_find(piece, 'v') < piece.n &&
            str_to_i64(str_sub(piece, 0, str_find(piece, 'v')), &n))
            drawn += n;
    }
    check_int(drawn, dark);
}

TEST(the_png_of_a_symbol_is_read_back_by_a_reader)
{
    static const char text[] = "00020101021238560010A0000007270126000697041501121133666688880208QRI"
                               "BFTTA5303704540525000580"
                               "2VN62210817H2917-261006-000163041703";
    static const size_t scales[] = { 2, 5, 8 };
    struct qr q = { 0 };
    struct err e = { 0 };

    check_ok(qr_make(test_arena(), str_c(text), &q, &e), e);
    for (size_t i = 0; i < LEN(scales); i++) {
        const struct str png = qr_png(test_arena(), &q, scales[i]);
        const char *path = str_cstr(test_arena(), str_fmt(test_arena(), "%s/q.png", test_folder()));
        char got[512] = { 0 };
        FILE *f = fopen(path, "w");

        check(f != NULL && fwrite(png.p, 1, png.n, f) == png.n && fclose(f) == 0);
        f = popen(
            str_cstr(test_arena(), str_fmt(test_arena(), "zbarimg -q --nodbus --raw %s", path)),
            "r");
        check(f != NULL);
        check(fgets(got, sizeof(got), f) != NULL);
        check_int(pclose(f), 0);
        check_str(str_trim(str_c(got)), text);
    }
}
