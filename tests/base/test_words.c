#include "base/words.h"

#include "tests/test.h"

static const struct words_style north = { 0 };

/* Worked out by the published rules with another program. */
static const struct {
    int64_t vnd;
    const char *words;
} said[] = {
    { 0, "Không đồng" },
    { 1, "Một đồng" },
    { 4, "Bốn đồng" },
    { 5, "Năm đồng" },
    { 10, "Mười đồng" },
    { 11, "Mười một đồng" },
    { 14, "Mười bốn đồng" },
    { 15, "Mười lăm đồng" },
    { 20, "Hai mươi đồng" },
    { 21, "Hai mươi mốt đồng" },
    { 24, "Hai mươi tư đồng" },
    { 25, "Hai mươi lăm đồng" },
    { 31, "Ba mươi mốt đồng" },
    { 44, "Bốn mươi tư đồng" },
    { 55, "Năm mươi lăm đồng" },
    { 100, "Một trăm đồng" },
    { 101, "Một trăm linh một đồng" },
    { 104, "Một trăm linh bốn đồng" },
    { 105, "Một trăm linh năm đồng" },
    { 110, "Một trăm mười đồng" },
    { 111, "Một trăm mười một đồng" },
    { 114, "Một trăm mười bốn đồng" },
    { 115, "Một trăm mười lăm đồng" },
    { 121, "Một trăm hai mươi mốt đồng" },
    { 124, "Một trăm hai mươi tư đồng" },
    { 125, "Một trăm hai mươi lăm đồng" },
    { 999, "Chín trăm chín mươi chín đồng" },
    { 1000, "Một nghìn đồng" },
    { 1001, "Một nghìn không trăm linh một đồng" },
    { 1004, "Một nghìn không trăm linh bốn đồng" },
    { 1005, "Một nghìn không trăm linh năm đồng" },
    { 1010, "Một nghìn không trăm mười đồng" },
    { 1015, "Một nghìn không trăm mười lăm đồng" },
    { 1100, "Một nghìn một trăm đồng" },
    { 1105, "Một nghìn một trăm linh năm đồng" },
    { 2021, "Hai nghìn không trăm hai mươi mốt đồng" },
    { 10000, "Mười nghìn đồng" },
    { 10001, "Mười nghìn không trăm linh một đồng" },
    { 11000, "Mười một nghìn đồng" },
    { 15000, "Mười lăm nghìn đồng" },
    { 21000, "Hai mươi mốt nghìn đồng" },
    { 24000, "Hai mươi tư nghìn đồng" },
    { 25000, "Hai mươi lăm nghìn đồng" },
    { 50000, "Năm mươi nghìn đồng" },
    { 100000, "Một trăm nghìn đồng" },
    { 101000, "Một trăm linh một nghìn đồng" },
    { 105000, "Một trăm linh năm nghìn đồng" },
    { 115000, "Một trăm mười lăm nghìn đồng" },
    { 121000, "Một trăm hai mươi mốt nghìn đồng" },
    { 1000000, "Một triệu đồng" },
    { 1000005, "Một triệu không trăm linh năm đồng" },
    { 1000500, "Một triệu năm trăm đồng" },
    { 1005000, "Một triệu không trăm linh năm nghìn đồng" },
    { 1309000, "Một triệu ba trăm linh chín nghìn đồng" },
    { 5690700, "Năm triệu sáu trăm chín mươi nghìn bảy trăm đồng" },
    { 95500200, "Chín mươi lăm triệu năm trăm nghìn hai trăm đồng" },
    { 847825000, "Tám trăm bốn mươi bảy triệu tám trăm hai mươi lăm nghìn đồng" },
    { 1670320000, "Một tỷ sáu trăm bảy mươi triệu ba trăm hai mươi nghìn đồng" },
    { 1000000000, "Một tỷ đồng" },
    { 1000000001, "Một tỷ không trăm linh một đồng" },
    { 1005000000, "Một tỷ không trăm linh năm triệu đồng" },
    { 1500000000000, "Một nghìn năm trăm tỷ đồng" },
    { 1000000000000000000, "Một tỷ tỷ đồng" },
    { INT64_MAX, "Chín tỷ tỷ hai trăm hai mươi ba triệu ba trăm bảy mươi hai "
                 "nghìn không trăm ba mươi sáu tỷ tám trăm năm mươi tư triệu bảy "
                 "trăm bảy mươi lăm nghìn tám trăm linh bảy đồng" },
    { 2147483648, "Hai tỷ một trăm bốn mươi bảy triệu bốn trăm tám mươi ba nghìn "
                  "sáu trăm bốn mươi tám đồng" },
    { -1000000, "Âm một triệu đồng" },
};

TEST(amounts_read_as_the_rules_say)
{
    for (size_t i = 0; i < LEN(said); i++)
        check_str(words_vnd(test_arena(), said[i].vnd, north), said[i].words);
}

TEST(amounts_past_32_bits_read_whole)
{
    check_str(words_vnd(test_arena(), 4294967296, north),
              "Bốn tỷ hai trăm chín mươi tư triệu chín trăm sáu mươi bảy nghìn "
              "hai trăm chín mươi sáu đồng");
    check_str(words_vnd(test_arena(), 9900000000000000, north),
              "Chín triệu chín trăm nghìn tỷ đồng");
    check_str(words_vnd(test_arena(), 1000000001000000000, north),
              "Một tỷ tỷ không trăm linh một tỷ đồng");
    check_str(
        words_number(test_arena(), INT64_MIN, north),
        "âm chín tỷ tỷ hai trăm hai mươi ba triệu ba trăm bảy mươi hai nghìn không trăm ba "
        "mươi sáu tỷ tám trăm năm mươi tư triệu bảy trăm bảy mươi lăm nghìn tám trăm linh tám");
    check_str(words_number(test_arena(), -5, north), "âm năm");
}

TEST(the_south_says_le_and_ngan)
{
    const struct words_style south = { .south_le = true, .south_ngan = true };

    check_str(words_vnd(test_arena(), 1005, south), "Một ngàn không trăm lẻ năm đồng");
    check_str(words_vnd(test_arena(), 105000, south), "Một trăm lẻ năm ngàn đồng");
    check_str(words_vnd(test_arena(), 105000, (struct words_style){ .south_le = true }),
              "Một trăm lẻ năm nghìn đồng");
}

TEST(chan_stands_after_whole_thousands_only)
{
    const struct words_style chan = { .chan = true };

    check_str(words_vnd(test_arena(), 150000, chan), "Một trăm năm mươi nghìn đồng chẵn");
    check_str(words_vnd(test_arena(), 1000, chan), "Một nghìn đồng chẵn");
    check_str(words_vnd(test_arena(), 150500, chan), "Một trăm năm mươi nghìn năm trăm đồng");
    check_str(words_vnd(test_arena(), 0, chan), "Không đồng");
    check_str(words_vnd(test_arena(), -1000000, chan), "Âm một triệu đồng chẵn");
}

TEST(english_pages_have_english_words)
{
    static const struct {
        int64_t vnd;
        const char *words;
    } cases[] = {
        { 0, "Zero dong" },
        { 5000, "Five thousand dong" },
        { 13, "Thirteen dong" },
        { 20, "Twenty dong" },
        { 21, "Twenty-one dong" },
        { 105, "One hundred five dong" },
        { 1005000, "One million five thousand dong" },
        { 95500200, "Ninety-five million five hundred thousand two hundred dong" },
        { 2147483648, "Two billion one hundred forty-seven million four hundred eighty-three "
                      "thousand six hundred forty-eight dong" },
        { 1500000000000, "One trillion five hundred billion dong" },
        { -1000000, "Minus one million dong" },
        { INT64_MIN, "Minus nine quintillion two hundred twenty-three quadrillion three hundred "
                     "seventy-two trillion thirty-six billion eight hundred fifty-four million "
                     "seven hundred seventy-five thousand eight hundred eight dong" },
    };

    for (size_t i = 0; i < LEN(cases); i++)
        check_str(words_vnd_en(test_arena(), cases[i].vnd), cases[i].words);
}

/* Words to number again by a reader that knows nothing of how they are said. */
static int64_t word_value(struct str w)
{
    static const struct {
        const char *word;
        int64_t value;
    } words[] = {
        { "không", 0 }, { "một", 1 }, { "mốt", 1 },  { "hai", 2 },   { "ba", 3 },
        { "bốn", 4 },   { "tư", 4 },  { "năm", 5 },  { "lăm", 5 },   { "sáu", 6 },
        { "bảy", 7 },   { "tám", 8 }, { "chín", 9 }, { "mười", 10 }, { "linh", 0 },
    };

    for (size_t i = 0; i < LEN(words); i++)
        if (str_is(w, words[i].word))
            return words[i].value;
    return -1;
}

static int64_t number_of(struct str words)
{
    int64_t total = 0; /* groups closed by nghìn, triệu, tỷ */
    int64_t group = 0;
    int64_t digit = 0;
    struct str w;

    while (str_next(&words, ' ', &w)) {
        if (str_is(w, "trăm") || str_is(w, "mươi")) {
            group += digit * (str_is(w, "trăm") ? 100 : 10);
            digit = 0;
        } else if (str_is(w, "nghìn") || str_is(w, "triệu")) {
            total += (group + digit) * (str_is(w, "nghìn") ? 1000 : 1000000);
            group = digit = 0;
        } else if (str_is(w, "tỷ")) {
            total = (total + group + digit) * 1000000000;
            group = digit = 0;
        } else {
            check(word_value(w) >= 0);
            digit += word_value(w);
        }
    }
    return total + group + digit;
}

TEST(what_is_said_is_the_number)
{
    for (int64_t n = 0; n < 12000; n++)
        check_int(number_of(words_number(test_arena(), n, north)), n);
    for (int64_t n = 12000; n < 900000000000000000; n = n * 3 + 7)
        check_int(number_of(words_number(test_arena(), n % 1000000000000000000, north)), n);
}
