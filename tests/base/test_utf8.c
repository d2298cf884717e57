#include "base/utf8.h"

#include "tests/test.h"

/* Hòa written with combining marks: o + U+0300. */
#define NFD_NAME                                                                                   \
    "Nguye\xcc\x82\xcc\x83n Thi\xcc\xa3 Ho\xcc\x80"                                                \
    "a"

static struct str key(const char *s)
{
    struct str out = { 0 };
    struct err e;

    check_ok(utf8_key(test_arena(), str_c(s), &out, &e), e);
    return out;
}

static struct str exact(const char *s)
{
    struct str out = { 0 };
    struct err e;

    check_ok(utf8_exact(test_arena(), str_c(s), &out, &e), e);
    return out;
}

static struct str tidy(struct str s)
{
    struct str out = { 0 };
    struct err e;

    check_ok(utf8_tidy(test_arena(), s, &out, &e), e);
    return out;
}

TEST(bytes_that_are_not_utf8_are_refused_everywhere)
{
    const struct str cases[] = {
        STR("\x80"),
        STR("\xc3"),
        STR("\xc3("),
        STR("\xc0\x80"),
        STR("\xc1\xbf"),
        STR("\xe0\x80\x80"),
        STR("\xe0\x9f\xbf"),
        STR("\xe1\xbb"),
        STR("\xed\xa0\x80"),
        STR("\xed\xbf\xbf"),
        STR("\xf0\x8f\xbf\xbf"),
        STR("\xf4\x90\x80\x80"),
        STR("\xf5\x80\x80\x80"),
        STR("\xfe"),
        STR("\xff"),
        STR("a\0b"),
        STR("Nguy\xec"), /* another encoding */
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct str out = STR("untouched");
        struct err e;

        check(!utf8_is_valid(cases[i]));
        check(!utf8_is_text(cases[i]));
        check_fails(utf8_nfc(test_arena(), cases[i], &out, &e), e, ERR_NOT_UTF8);
        check_fails(utf8_tidy(test_arena(), cases[i], &out, &e), e, ERR_NOT_UTF8);
        check_fails(utf8_exact(test_arena(), cases[i], &out, &e), e, ERR_NOT_UTF8);
        check_fails(utf8_key(test_arena(), cases[i], &out, &e), e, ERR_NOT_UTF8);
        check_str(out, "untouched");
        check_int(utf8_match(test_arena(), cases[i], cases[i]), UTF8_DIFFERENT);
        (void)utf8_collate(cases[i], cases[i]);
    }
}

TEST(every_code_point_is_decoded_to_itself)
{
    static const struct {
        struct str bytes;
        uint32_t code;
    } borders[] = {
        { { "\x01", 1 }, 1 },
        { { "\x7f", 1 }, 0x7F },
        { { "\xc2\x80", 2 }, 0x80 },
        { { "\xdf\xbf", 2 }, 0x7FF },
        { { "\xe0\xa0\x80", 3 }, 0x800 },
        { { "\xed\x9f\xbf", 3 }, 0xD7FF },
        { { "\xee\x80\x80", 3 }, 0xE000 },
        { { "\xef\xbf\xbf", 3 }, 0xFFFF },
        { { "\xf0\x90\x80\x80", 4 }, 0x10000 },
        { { "\xf4\x8f\xbf\xbf", 4 }, 0x10FFFF },
    };

    for (size_t i = 0; i < LEN(borders); i++) {
        struct str s = borders[i].bytes;

        check(utf8_is_valid(s));
        check_int(utf8_next(&s), borders[i].code);
        check_int(s.n, 0);
    }
}

TEST(text_has_no_control_characters)
{
    static const char *const no[] = { "a\tb",     "a\n",          "\x1b[0m",      "\x7f",
                                      "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6" };

    for (size_t i = 0; i < LEN(no); i++)
        check(utf8_is_valid(str_c(no[i])) && !utf8_is_text(str_c(no[i])));
    check(utf8_is_text(STR("Nguyễn Thị Hòa, số 1")));
    check(utf8_is_text(STR("")));
}

TEST(nfc_composes_and_leaves_the_composed)
{
    struct str out;
    struct err e;

    check_ok(utf8_nfc(test_arena(), STR(NFD_NAME), &out, &e), e);
    check_str(out, "Nguyễn Thị Hòa");
    check_int(utf8_count(out), 14);
    check_int(out.n, 19);
    check_int(utf8_count(STR(NFD_NAME)), 18);
    check_int(sizeof(NFD_NAME) - 1, 22 + 1 - 1);
    check_ok(utf8_nfc(test_arena(), out, &out, &e), e);
    check_str(out, "Nguyễn Thị Hòa");
    /* Marks in the other order are the same letter. */
    check_ok(utf8_nfc(test_arena(), STR("e\xcc\x82\xcc\xa3 e\xcc\xa3\xcc\x82"), &out, &e), e);
    check_str(out, "ệ ệ");
}

TEST(tidy_removes_what_nobody_sees)
{
    static const struct {
        struct str in;
        const char *out;
    } cases[] = {
        { { "", 0 }, "" },
        { { " \t\n ", 4 }, "" },
        { { "  Nguyễn  Thị Hoà ", 23 }, "Nguyễn Thị Hoà" },
        { { "L\xc3\xaa\xc2\xa0Hoa", 8 }, "Lê Hoa" },
        { { "L\xc3\xaa \xc2\xa0 \xe3\x80\x80Hoa", 13 }, "Lê Hoa" },
        { { "\xef\xbb\xbfL\xe2\x80\x8b\xc3\xaa", 9 }, "Lê" },
        { { "Le\xe2\x80\x8d\xcc\x82", 7 }, "Lê" }, /* the joiner kept them apart */
        { { "a\xe2\x80\x8c b", 6 }, "a b" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        check_str(tidy(cases[i].in), cases[i].out);
        check_str(tidy(tidy(cases[i].in)), cases[i].out);
    }
}

/* The table of names: equal as exact text, equal as key, or different. */
TEST(names_match_exactly_or_by_key)
{
    static const struct {
        const char *x, *y;
        enum utf8_match match;
        const char *key;
    } cases[] = {
        { "Nguyễn Thị Hòa", NFD_NAME, UTF8_EXACT, "NGUYENTHIHOA" },
        { "Nguyễn Thị Hòa", "Nguyễn Thị Hoà", UTF8_EXACT, "NGUYENTHIHOA" },
        { "Đặng Thị Thùy Trâm", "\xc3\x90ặng Thị Thuỳ Trâm", UTF8_EXACT, "DANGTHITHUYTRAM" },
        { "Đặng Thị Thùy Trâm", "\xc6\x89ặng Thị Thuỳ Trâm", UTF8_EXACT, "DANGTHITHUYTRAM" },
        { "đặng", "\xc3\xb0ặng", UTF8_EXACT, "DANG" },
        { "H'Hen Niê", "H\xe2\x80\x99HEN NIÊ", UTF8_SAME_KEY, "HHENNIE" },
        { "Y Bih Ka-Đăm", "y bih ka đăm", UTF8_SAME_KEY, "YBIHKADAM" },
        { "Lê Đức Thọ", "Le Duc Tho", UTF8_SAME_KEY, "LEDUCTHO" },
        { "Trần Văn Quý", "Trần Văn Qúy", UTF8_SAME_KEY, "TRANVANQUY" },
        { "Lê Thị Hoàn", "Lê Thị Hòan", UTF8_SAME_KEY, "LETHIHOAN" },
        { "Nguyễn Thị Thúy", "Nguyễn Thị Thuý", UTF8_EXACT, "NGUYENTHITHUY" },
        { "HÒA", "HOÀ", UTF8_EXACT, "HOA" },
        { "Khoẻ", "Khỏe", UTF8_EXACT, "KHOE" },
        { "Nguyễn Văn Toàn", "Nguyễn Văn Toàn", UTF8_EXACT, "NGUYENVANTOAN" },
        { "Lê  Thị\xc2\xa0Hoa ", "Lê Thị Hoa", UTF8_EXACT, "LETHIHOA" },
        { "  Nguyễn  Thị Hoà ", "NGUYỄN THỊ HÒA", UTF8_SAME_KEY, "NGUYENTHIHOA" },
        { "ĐINH Y'HOA", "Đinh Y Hoa", UTF8_SAME_KEY, "DINHYHOA" },
        { "Hoa", "Hỏa", UTF8_SAME_KEY, "HOA" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        check_str(key(cases[i].x), cases[i].key);
        check_str(key(cases[i].y), cases[i].key);
        check_int(utf8_match(test_arena(), str_c(cases[i].x), str_c(cases[i].y)), cases[i].match);
        check_int(utf8_match(test_arena(), str_c(cases[i].y), str_c(cases[i].x)), cases[i].match);
    }
}

TEST(different_names_do_not_match)
{
    static const char *const cases[][2] = {
        { "Nguyễn Thị Hòa", "Nguyễn Thị Hoan" },
        { "Lê Đức Thọ", "Lê Ức Thọ" },
        { "", "Hoa" },
        { "王", "李" }, /* no letter of either is in the key */
        { "-", "'" },
    };

    for (size_t i = 0; i < LEN(cases); i++)
        check_int(utf8_match(test_arena(), str_c(cases[i][0]), str_c(cases[i][1])), UTF8_DIFFERENT);
    check_int(utf8_match(test_arena(), STR("王"), STR("王")), UTF8_EXACT);
}

/* All five tones of the three pairs in the three cases they are written in. */
TEST(new_style_tones_move_to_the_first_vowel)
{
    static const char *const cases[][2] = {
        { "hoà hoá hoả hoã hoạ", "hòa hóa hỏa hõa họa" },
        { "hoè hoé hoẻ hoẽ hoẹ", "hòe hóe hỏe hõe họe" },
        { "tuỳ tuý tuỷ tuỹ tuỵ", "tùy túy tủy tũy tụy" },
        { "HOÀ HOÁ HOẢ HOÃ HOẠ", "HÒA HÓA HỎA HÕA HỌA" },
        { "HOÈ HOÉ HOẺ HOẼ HOẸ", "HÒE HÓE HỎE HÕE HỌE" },
        { "TUỲ TUÝ TUỶ TUỸ TUỴ", "TÙY TÚY TỦY TŨY TỤY" },
        { "Oà Uỷ oÀ", "Òa Ủy òA" },
        { "hoà-bình, (hoà) hoà1", "hòa-bình, (hòa) hòa1" },
        { "thuỳ", "thùy" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        check_str(exact(cases[i][0]), cases[i][1]);
        check_str(exact(cases[i][1]), cases[i][1]);
        check_same(key(cases[i][0]), key(cases[i][1]));
    }
}

TEST(tones_stay_after_q_and_before_a_letter)
{
    static const char *const cases[] = { "Quý",    "quỳ",  "QUỶ", "hoàn",  "Toán",
                                         "thoáng", "Hòan", "Qúy", "khoẻn", "uỷq" };

    for (size_t i = 0; i < LEN(cases); i++)
        check_str(exact(cases[i]), cases[i]);
    /* A mark that composes with nothing belongs to the vowel still. */
    check_str(exact("hoà\xcc\x8a"), "hoà\xcc\x8a");
}

TEST(upper_case_knows_every_vietnamese_letter)
{
    check_str(utf8_upper(test_arena(), STR("aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệ")),
              "AÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬBCDĐEÈẺẼÉẸÊỀỂỄẾỆ");
    check_str(utf8_upper(test_arena(), STR("ghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrs")),
              "GHIÌỈĨÍỊKLMNOÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢPQRS");
    check_str(utf8_upper(test_arena(), STR("tuùủũúụưừửữứựvxyỳỷỹýỵ zfjw19")),
              "TUÙỦŨÚỤƯỪỬỮỨỰVXYỲỶỸÝỴ ZFJW19");
}

/* 67 letters of each case beside ASCII: all have a key of one letter. */
TEST(every_precomposed_letter_has_its_base_as_key)
{
    static const struct {
        char base;
        const char *letters;
    } rows[] = {
        { 'A', "àảãáạăằẳẵắặâầẩẫấậ" },
        { 'E', "èẻẽéẹêềểễếệ" },
        { 'I', "ìỉĩíị" },
        { 'O', "òỏõóọôồổỗốộơờởỡớợ" },
        { 'U', "ùủũúụưừửữứự" },
        { 'Y', "ỳỷỹýỵ" },
        { 'D', "đ" },
    };
    size_t letters = 0;

    for (size_t i = 0; i < LEN(rows); i++) {
        const struct str lower = key(rows[i].letters);
        struct str upper;
        struct err e;

        check_ok(
            utf8_key(test_arena(), utf8_upper(test_arena(), str_c(rows[i].letters)), &upper, &e),
            e);
        check_same(lower, upper);
        check_int(lower.n, utf8_count(str_c(rows[i].letters)));
        for (size_t j = 0; j < lower.n; j++)
            check_int(lower.p[j], rows[i].base);
        letters += lower.n;
    }
    check_int(letters, 67);
}

TEST(a_cut_never_halves_a_character)
{
    check_str(utf8_cut(STR("Hòa"), 9), "Hòa");
    check_str(utf8_cut(STR("Hòa"), 3), "Hò");
    check_str(utf8_cut(STR("Hòa"), 2), "H");
    check_str(utf8_cut(STR("ế"), 2), "");
    check_str(utf8_cut(STR("ế"), 0), "");
    check_str(utf8_cut(STR(""), 0), "");
}

/* Each row is greater than the one before. */
TEST(words_sort_as_in_a_vietnamese_dictionary)
{
    static const char *const rows[] = {
        "",   "-",       "1",   "2", "a", "A", "à",  "À", "ả", "ã", "á", "ạ", "an",
        "An", "An Bình", "Anh", "ă", "ằ", "ặ", "ăn", "â", "ầ", "ậ", "b", "c", "d",
        "dz", "đ",       "Đ",   "e", "ẹ", "ê", "ề",  "f", "g", "h", "i", "ị", "j",
        "k",  "l",       "m",   "n", "o", "ọ", "ô",  "ộ", "ơ", "ợ", "p", "q", "r",
        "s",  "t",       "u",   "ụ", "ư", "ự", "v",  "w", "x", "y", "ỵ", "z", "王",
    };

    for (size_t i = 0; i < LEN(rows); i++) {
        for (size_t j = 0; j < LEN(rows); j++) {
            const int got = utf8_collate(str_c(rows[i]), str_c(rows[j]));

            if (got != (i > j) - (i < j))
                test_fail(__FILE__, __LINE__, "%s and %s: %d", rows[i], rows[j], got);
        }
    }
}

TEST(letters_decide_before_tones_and_tones_before_case)
{
    check_int(utf8_collate(STR("hòa"), STR("hoan")), -1);
    check_int(utf8_collate(STR("Hòa"), STR("hoa")), 1);
    check_int(utf8_collate(STR("HOA"), STR("hòa")), -1);
    check_int(utf8_collate(STR("Hoa"), STR("hoa")), 1);
    check_int(utf8_collate(STR("Đà Nẵng"), STR("\xc3\x90à Nẵng")), 0);
}

TEST(composed_and_decomposed_words_sort_alike)
{
    check_int(utf8_collate(STR("Nguyễn Thị Hòa"), STR(NFD_NAME)), 0);
    check_int(utf8_collate(STR("e\xcc\x82\xcc\xa3"), STR("ệ")), 0);
    check_int(utf8_collate(STR("e\xcc\xa3\xcc\x82"), STR("ệ")), 0);
    check_int(utf8_collate(STR("ế"), STR("e\xcc\x82\xcc\xa3")), -1);
}
