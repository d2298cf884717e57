#include "paper/pdf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "paper/qr.h"
#include "tests/test.h"

#define SEEN_BYTES (4 * 1024 * 1024)
#define MADE_MS    1795392000000 /* 2026-11-23 07:00 +07:00 */

static const struct pdf_style body = { .size_pt = 11 };
static const struct pdf_box column = { 20, 30, 170, 0 };

static struct pdf *fresh(void)
{
    const struct pdf_meta meta = { .title = STR("Biên lai thu phí, lệ phí"),
                                   .subject = STR("EBL01 26TAA 00000001"),
                                   .author = STR("Sở Tư pháp"),
                                   .language = STR("vi"),
                                   .made_ms = MADE_MS };
    struct pdf *p = NULL;
    struct err e = { 0 };

    check_ok(pdf_open(&meta, &p, &e), e);
    return p;
}

static struct str written(struct pdf *p)
{
    struct str bytes = { 0 };
    struct err e = { 0 };

    check_ok(pdf_write(p, test_arena(), &bytes, &e), e);
    return bytes;
}

/* What a command prints that reads the document; the command has one %s for its path. */
static struct str seen(struct str bytes, const char *command)
{
    char *out = arena_alloc(test_arena(), SEEN_BYTES);
    const char *path = str_fmt(test_arena(), "%s/seen.pdf", test_folder()).p;
    const char *at = strstr(command, "%s");
    FILE *f = fopen(path, "w");
    size_t n;

    check(f != NULL && at != NULL);
    check(fwrite(bytes.p, 1, bytes.n, f) == bytes.n);
    check(fclose(f) == 0);
    f = popen(str_fmt(test_arena(), "%.*s%s%s", (int)(at - command), command, path, at + 2).p, "r");
    check(f != NULL);
    n = fread(out, 1, SEEN_BYTES, f);
    check(pclose(f) == 0);
    return str_of(out, n);
}

static const char alphabet[] =
    "A À Ả Ã Á Ạ Ă Ằ Ẳ Ẵ Ắ Ặ Â Ầ Ẩ Ẫ Ấ Ậ B C D Đ E È Ẻ Ẽ É Ẹ Ê Ề Ể Ễ Ế Ệ\n"
    "G H I Ì Ỉ Ĩ Í Ị K L M N O Ò Ỏ Õ Ó Ọ Ô Ồ Ổ Ỗ Ố Ộ Ơ Ờ Ở Ỡ Ớ Ợ P Q R S T\n"
    "U Ù Ủ Ũ Ú Ụ Ư Ừ Ử Ữ Ứ Ự V X Y Ỳ Ỷ Ỹ Ý Ỵ a à ả ã á ạ ă ằ ẳ ẵ ắ ặ â ầ ẩ\n"
    "ẫ ấ ậ b c d đ e è ẻ ẽ é ẹ ê ề ể ễ ế ệ g h i ì ỉ ĩ í ị k l m n o ò ỏ õ\n"
    "ó ọ ô ồ ổ ỗ ố ộ ơ ờ ở ỡ ớ ợ p q r s t u ù ủ ũ ú ụ ư ừ ử ữ ứ ự v x y ỳ\n"
    "ỷ ỹ ý ỵ 0 1 2 3 4 5 6 7 8 9 đồng ₫ – “Một triệu hai trăm nghìn đồng chẵn”";

static struct str without_spaces(const char *text)
{
    struct buf b = buf_make(test_arena(), strlen(text));

    for (; *text != '\0'; text++)
        if (*text != ' ')
            buf_putc(&b, *text);
    return buf_str(&b);
}

TEST(a_missing_typeface_is_an_error_and_not_the_end)
{
    const struct pdf_meta meta = { .made_ms = MADE_MS, .font_dir = "/nonexistent" };
    struct pdf *p = NULL;
    struct err e = { 0 };

    check_fails(pdf_open(&meta, &p, &e), e, ERR_CONFIG);
    check(strstr(e.detail, "/nonexistent/DejaVuSans.ttf") != NULL);
    check(p == NULL);
    pdf_close(&p);
}

TEST(the_first_failure_is_reported_at_the_end)
{
    DEFER(pdf_close) struct pdf *p = fresh();
    char *much = arena_alloc(test_arena(), 20000);
    struct str bytes = { 0 };
    struct err e = { 0 };

    pdf_text(p, body, column, STR("ch\xe1n"));
    memset(much, 'x', 20000);
    pdf_text(p, body, column, str_of(much, 20000));
    check_fails(pdf_write(p, test_arena(), &bytes, &e), e, ERR_NOT_UTF8);
    check(bytes.p == NULL);
}

TEST(too_much_text_and_too_many_pages_are_refused)
{
    DEFER(pdf_close) struct pdf *p = fresh();
    DEFER(pdf_close) struct pdf *q = fresh();
    char *much = arena_alloc(test_arena(), 20000);
    struct str bytes = { 0 };
    struct err e = { 0 };

    memset(much, 'x', 20000);
    pdf_text(p, body, column, str_of(much, 20000));
    check_fails(pdf_write(p, test_arena(), &bytes, &e), e, ERR_TOO_LARGE);
    for (int i = 0; i < 500; i++)
        pdf_page(q);
    check_fails(pdf_write(q, test_arena(), &bytes, &e), e, ERR_TOO_LARGE);
}

TEST(a_document_that_does_not_fit_its_arena_is_refused)
{
    DEFER(pdf_close) struct pdf *p = fresh();
    DEFER(arena_close) struct arena *small = arena_open(4096);
    struct str bytes = { 0 };
    struct err e = { 0 };

    pdf_text(p, body, column, STR("Biên lai"));
    check_fails(pdf_write(p, small, &bytes, &e), e, ERR_TOO_LARGE);
}

TEST(every_vietnamese_letter_is_read_back)
{
    for (int bold = 0; bold < 2; bold++) {
        DEFER(pdf_close) struct pdf *p = fresh();
        struct pdf_style style = body;
        struct str got, nfc = { 0 };
        struct err e = { 0 };

        style.bold = bold == 1;
        (void)pdf_paragraph(p, style, column, str_c(alphabet));
        /* Readers guess at spaces between single letters; a warning is as bad as a loss. */
        got = seen(written(p), "pdftotext -layout -nopgbrk %s - 2>&1 | tr -d ' '");
        check_ok(utf8_nfc(test_arena(), str_trim(got), &nfc, &e), e);
        check_same(nfc, without_spaces(alphabet));
    }
}

/* How many pixels of a box are dark in a picture of width_px * ... grey bytes. */
static int64_t ink(struct str grey, size_t width_px, struct pdf_box box, double px_per_mm)
{
    int64_t dark = 0;

    for (size_t y = (size_t)(box.y_mm * px_per_mm); (double)y < (box.y_mm + box.h_mm) * px_per_mm;
         y++)
        for (size_t x = (size_t)(box.x_mm * px_per_mm);
             (double)x < (box.x_mm + box.w_mm) * px_per_mm; x++)
            dark += (unsigned char)grey.p[y * width_px + x] < 128;
    return dark;
}

TEST(stacked_marks_are_drawn_over_their_letters)
{
    /* Without a mark, with one, with two. */
    static const char *const letters[][3] = {
        { "a", "â", "ấ" }, { "a", "â", "ẫ" }, { "a", "ạ", "ậ" }, { "a", "ă", "ằ" },
        { "a", "ạ", "ặ" }, { "e", "ê", "ễ" }, { "e", "ẹ", "ệ" }, { "o", "ô", "ổ" },
        { "o", "ọ", "ộ" }, { "o", "ơ", "ợ" }, { "u", "ư", "ữ" }, { "A", "Â", "Ấ" },
        { "A", "Ă", "Ặ" }, { "O", "Ô", "Ỗ" }, { "U", "Ư", "Ử" },
    };

    for (int bold = 0; bold < 2; bold++) {
        DEFER(pdf_close) struct pdf *p = fresh();
        const struct pdf_style style = { .size_pt = 28, .bold = bold == 1 };
        struct str grey;
        size_t width_px;

        for (size_t i = LEN(letters); i-- > 0;) /* the worst order: parts come after wholes */
            for (size_t marks = 3; marks-- > 0;)
                pdf_text(p, style,
                         (struct pdf_box){ 10 + 13 * (double)i, 20 + 30 * (double)marks, 0, 0 },
                         str_c(letters[i][marks]));
        grey = seen(written(p), "pdftoppm -r 127 -gray %s"); /* 5 pixels a millimetre */
        check(sscanf(grey.p, "P5 %zu", &width_px) == 1);
        grey = str_from(grey, grey.n - width_px * (grey.n / width_px));
        for (size_t i = 0; i < LEN(letters); i++) {
            const double x_mm = 9.5 + 13 * (double)i;
            const int64_t none = ink(grey, width_px, (struct pdf_box){ x_mm, 17, 13, 30 }, 5);
            const int64_t one = ink(grey, width_px, (struct pdf_box){ x_mm, 47, 13, 30 }, 5);
            const int64_t two = ink(grey, width_px, (struct pdf_box){ x_mm, 77, 13, 30 }, 5);

            check(none > 50);
            check(one > none + 8);
            check(two > one + 8);
        }
    }
}

TEST(decomposed_text_is_drawn_composed)
{
    DEFER(pdf_close) struct pdf *p = fresh();

    pdf_text(p, body, column, STR("Nguye\xcc\x82\xcc\x83n Thi\xcc\xa3 Hoa\xcc\x80"));
    check_str(str_trim(seen(written(p), "pdftotext -nopgbrk %s -")), "Nguyễn Thị Hoà");
}

TEST(the_same_calls_give_the_same_bytes)
{
    struct str bytes[2];

    for (size_t i = 0; i < 2; i++) {
        DEFER(pdf_close) struct pdf *p = fresh();

        (void)pdf_paragraph(p, body, column, str_c(alphabet));
        pdf_page(p);
        pdf_frame(p, column, 1);
        bytes[i] = written(p);
    }
    check(bytes[0].n > 1000);
    check_same(bytes[0], bytes[1]);
}

TEST(the_document_says_what_it_is)
{
    DEFER(pdf_close) struct pdf *p = fresh();
    struct str bytes, info;

    pdf_page(p);
    bytes = written(p);
    info = seen(bytes, "TZ=UTC pdfinfo %s");
    check(str_has(info, STR("Biên lai thu phí, lệ phí\n")));
    check(str_has(info, STR("EBL01 26TAA 00000001\n")));
    check(str_has(info, STR("Sở Tư pháp\n")));
    check(str_has(info, STR("Nov 23 00:00:00 2026")));
    check(str_has(info, STR("Pages:           2\n")));
    check(str_has(info, STR("(A4)")));
    check(str_has(seen(bytes, "qpdf --json %s | grep Lang"), STR("vi\"")));
    check(str_has(seen(bytes, "qpdf --check %s"), STR("No syntax")));
}

TEST(the_typeface_is_embedded)
{
    DEFER(pdf_close) struct pdf *p = fresh();
    struct str fonts;

    pdf_text(p, body, column, STR("Ậ"));
    fonts = seen(written(p), "pdffonts %s | tail -n +3");
    check(str_has(fonts, STR("DejaVuSans")));
    check(!str_has(fonts, STR(" no  no "))); /* columns emb and sub */
}

TEST(a_paragraph_is_as_high_as_it_was_measured_and_stays_in_its_box)
{
    static const char text[] =
        "Phí thẩm định cấp giấy phép, lệ phí đăng ký kinh doanh và các khoản "
        "thu khác theo quy định của pháp luật về phí và lệ phí\nHai";
    DEFER(pdf_close) struct pdf *p = fresh();
    struct pdf_box box = { 20, 30, 60, 0 };
    const double line_mm = pdf_paragraph_height_mm(p, body, 170, STR("một dòng"));
    const double drawn_mm = pdf_paragraph(p, body, box, str_c(text));
    struct str lines, line;
    int64_t n = 0;

    check(line_mm > 5 && line_mm < 6);
    check(drawn_mm == pdf_paragraph_height_mm(p, body, 60, str_c(text)));
    lines = str_trim(seen(written(p), "pdftotext -layout -nopgbrk %s -"));
    while (str_next(&lines, '\n', &line)) {
        check(pdf_text_width_mm(p, body, str_trim(line)) <= 60);
        n += str_trim(line).n > 0;
    }
    check(n >= 4);
    check_int((int64_t)(drawn_mm / line_mm + 0.5), n);
}

TEST(a_word_longer_than_its_box_is_cut)
{
    DEFER(pdf_close) struct pdf *p = fresh();
    const double line_mm = pdf_paragraph_height_mm(p, body, 170, STR("x"));
    struct pdf_box narrow = { 20, 30, 10, 0 };

    check(pdf_paragraph(p, body, narrow, STR("H5614261123ỄỄỄỄỄỄ")) >= 3 * line_mm);
    /* narrower than a letter: one letter a line, and an end */
    check(pdf_paragraph_height_mm(p, body, 0.1, STR("Ễba")) > 2.9 * line_mm);
    check(pdf_paragraph_height_mm(p, body, 10, STR("")) > 0.9 * line_mm);
    (void)written(p);
}

TEST(right_and_centred_text_end_and_stand_where_they_should)
{
    DEFER(pdf_close) struct pdf *p = fresh();
    struct pdf_style style = { .size_pt = 12, .align = PDF_RIGHT };
    struct pdf_box box = { 20, 50, 100, 0 };
    const double w_mm = pdf_text_width_mm(p, style, STR("1.200.000"));
    double x_min = 0, x_max = 0;
    struct str bbox;

    pdf_text(p, style, box, STR("1.200.000"));
    bbox = seen(written(p), "pdftotext -bbox %s - | grep 1.200.000");
    check(sscanf(str_cstr(test_arena(), bbox), " <word xMin=\"%lf\" yMin=\"%*f\" xMax=\"%lf\"",
                 &x_min, &x_max) == 2);
    check(x_max / 72 * 25.4 > 119.5 && x_max / 72 * 25.4 < 120.5);
    check(x_min / 72 * 25.4 > 119.5 - w_mm && x_min / 72 * 25.4 < 120.5 - w_mm);
}

TEST(a_symbol_on_the_page_can_be_read)
{
    static const char text[] = "http://127.0.0.1:8080/verify/01ARYZ6S41TSV4RRFFQ69G5FAV";
    DEFER(pdf_close) struct pdf *p = fresh();
    struct qr q = { 0 };
    struct err e = { 0 };
    struct str got;

    check_ok(qr_make(test_arena(), str_c(text), &q, &e), e);
    pdf_symbol(p, (struct pdf_box){ 150, 20, 35, 0 }, &q);
    pdf_fill(p, (struct pdf_box){ 20, 20, 20, 5 }, 0.9);
    pdf_line(p, (struct pdf_box){ 20, 60, 170, 0 }, 0.5);
    got =
        seen(written(p), "f=%s; pdftoppm -r 150 -png $f $f && zbarimg -q --nodbus --raw $f-1.png");
    check_str(str_trim(got), text);
}
