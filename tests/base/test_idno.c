#include "base/idno.h"

#include "tests/test.h"

#define YEAR 2026

TEST(a_personal_number_tells_place_sex_and_year)
{
    static const struct {
        const char *text, *digits;
        int place;
        bool female;
        int birth_year;
    } cases[] = {
        { "037153000257", "037153000257", 37, true, 1953 },
        { "001087123456", "001087123456", 1, false, 1987 },
        { "040200000001", "040200000001", 40, false, 2000 },
        { "079301000001", "079301000001", 79, true, 2001 },
        { "003087123456", "003087123456", 3, false, 1987 }, /* no such province: conf flags it */
        { "100087123456", "100087123456", 100, false, 1987 },
        { " 001 087 123456", "001087123456", 1, false, 1987 },
        { "001 087 123 456 ", "001087123456", 1, false, 1987 },
        { "001\xc2\xa0"
          "087\xc2\xa0"
          "123456",
          "001087123456", 1, false, 1987 },
        { "001226000000", "001226000000", 1, false, 2026 },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct idno id = { 0 };
        struct err e;

        check_ok(idno_read(str_c(cases[i].text), YEAR, &id, &e), e);
        check_str(str_c(id.text), cases[i].digits);
        check_int(id.place, cases[i].place);
        check_int(id.female, cases[i].female);
        check_int(id.birth_year, cases[i].birth_year);
    }
}

TEST(the_century_digit_reaches_to_2399)
{
    for (int g = 0; g <= 9; g++) {
        struct idno id = { 0 };
        struct err e;

        check_ok(idno_read(str_fmt(test_arena(), "001%d50000000", g), 9999, &id, &e), e);
        check_int(id.birth_year, 1950 + g / 2 * 100);
        check_int(id.female, g % 2);
    }
}

TEST(what_is_no_personal_number_is_refused)
{
    const struct str cases[] = {
        STR("001299123456"), /* born 2099 */
        STR("001227000000"), /* born next year */
        STR("00108712345"),
        STR("0010871234567"),
        STR("00108712345A"),
        STR("００１０８７１２３４５６"), /* full-width digits */
        STR("٠٠١٠٨٧١٢٣٤٥٦"),
        STR("001087-123456"),
        STR("001.087.123456"),
        STR("-01087123456"),
        STR("00108712345\0"),
        STR("\xc2\xa0"),
        STR("00108712345\xc2"),
        STR(""),
        STR("001 087 123456 001 087 123456 001 087 123456 001 087 123456"),
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct idno id = { .place = 7 };
        struct err e;

        check_fails(idno_read(cases[i], YEAR, &id, &e), e, ERR_INVALID);
        check_str(str_c(e.field), "id");
        check(!str_has(str_c(e.detail), STR("087"))); /* no personal data in errors */
        check_int(id.place, 7);
    }
}

TEST(the_year_now_is_the_bound)
{
    struct idno id;
    struct err e;

    check_fails(idno_read(STR("001227000000"), 2026, &id, &e), e, ERR_INVALID);
    check_ok(idno_read(STR("001227000000"), 2027, &id, &e), e);
}

TEST(tax_codes_are_read_into_the_form_that_is_sent)
{
    static const struct {
        const char *text;
        enum taxcode_kind kind;
        const char *sent;
    } cases[] = {
        { "0100233488", TAXCODE_ENTITY, "0100233488" },
        { "0314409058-002", TAXCODE_UNIT, "0314409058-002" },
        { "0312687878-001", TAXCODE_UNIT, "0312687878-001" },
        { "0100112437", TAXCODE_ENTITY, "0100112437" },
        { "0101245486", TAXCODE_ENTITY, "0101245486" },
        { "0102182292", TAXCODE_ENTITY, "0102182292" },
        { "8037630690", TAXCODE_ENTITY, "8037630690" },
        { "8463763902", TAXCODE_ENTITY, "8463763902" },
        { "0100047516", TAXCODE_ENTITY, "0100047516" },
        { "0100112437011", TAXCODE_UNIT, "0100112437-011" },
        { "0100112437-011", TAXCODE_UNIT, "0100112437-011" },
        { "9900000016", TAXCODE_ENTITY, "9900000016" },
        { "9900000023", TAXCODE_ENTITY, "9900000023" },
        { "9900000030", TAXCODE_ENTITY, "9900000030" },
        { "9900000048", TAXCODE_ENTITY, "9900000048" },
        { "0109999012", TAXCODE_ENTITY, "0109999012" },
        { "0309999027", TAXCODE_ENTITY, "0309999027" },
        { "0799999030", TAXCODE_ENTITY, "0799999030" },
        { " 0100 233 488 ", TAXCODE_ENTITY, "0100233488" },
        { "0100.233.488", TAXCODE_ENTITY, "0100233488" },
        { "0100.112.437 - 011", TAXCODE_UNIT, "0100112437-011" },
        { "001087123456", TAXCODE_PERSON, "001087123456" },
        { "001 087 123 456", TAXCODE_PERSON, "001087123456" },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct taxcode code = { 0 };
        struct err e;

        check_ok(taxcode_read(str_c(cases[i].text), YEAR, &code, &e), e);
        check_int(code.kind, cases[i].kind);
        check_str(str_c(code.text), cases[i].sent);
    }
}

TEST(what_is_no_tax_code_is_refused)
{
    const struct str cases[] = {
        STR("12345"),
        STR("0100233480"), /* check digit */
        STR("VV34567890"),
        STR("0100000008"),     /* nothing between prefix and check digit */
        STR("0100000003"),     /* the same with the digit that the weights give */
        STR("0314409058-000"), /* unit 0 */
        STR("0314409058000"),
        STR("0314409058-02"), /* a digit short: not the twelve digits of a person */
        STR("0314409058-0021"),
        STR("031440905-8002"),
        STR("001087123-456"), /* a person's number has no dash */
        STR("0100112-437"),
        STR("0314409058--002"),
        STR("-0100233488"),
        STR("0100233488-"),
        STR("0100233481-001"),
        STR("０１００２３３４８８"),
        STR("001299123456"), /* a person born in 2099 */
        STR("01002334881"),
        STR("0100233488\0"),
        STR(""),
        STR("000000000"),
        STR("0000000000"),
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct taxcode code = { .text = "same" };
        struct err e;

        check_fails(taxcode_read(cases[i], YEAR, &code, &e), e, ERR_INVALID);
        check_str(str_c(e.field), "tax_code");
        check_str(str_c(code.text), "same");
    }
}

TEST(some_bases_have_no_check_digit)
{
    static const char *const none[] = { "010000005", "010000017", "010000029",
                                        "010000030", "010000042", "000000000" };

    for (size_t i = 0; i < LEN(none); i++) {
        check_int(taxcode_check_digit(str_c(none[i])), -1);
        for (int d = 0; d <= 9; d++) {
            struct taxcode code;

            check(
                taxcode_read(str_fmt(test_arena(), "%s%d", none[i], d), YEAR, &code, NULL).failed);
        }
    }
    check_int(taxcode_check_digit(STR("010004751")), 6);
    check_int(taxcode_check_digit(STR("01000475")), -1);
    check_int(taxcode_check_digit(STR("0100047516")), -1);
    check_int(taxcode_check_digit(STR("01000475x")), -1);
}

/* The check digit of each remainder 1 to 10 is 9 to 0; any other digit is refused. */
TEST(one_digit_wrong_is_always_noticed)
{
    static const char code[] = "0100233488";

    for (size_t i = 0; i < 10; i++) {
        for (char d = '0'; d <= '9'; d++) {
            char wrong[] = "0100233488";
            struct taxcode out;

            wrong[i] = d;
            check_int(taxcode_read(str_c(wrong), YEAR, &out, NULL).failed, d != code[i]);
        }
    }
}

TEST(old_cards_and_passports_are_told_by_their_shape)
{
    check(idno_is_old_card(STR("012345678")));
    check(!idno_is_old_card(STR("0123456789")));
    check(!idno_is_old_card(STR("01234567")));
    check(!idno_is_old_card(STR("01234567x")));
    check(!idno_is_old_card(STR("")));
    check(idno_is_passport(STR("B1234567")));
    check(idno_is_passport(STR("C12345678")));
    check(!idno_is_passport(STR("b1234567")));
    check(!idno_is_passport(STR("B123456")));
    check(!idno_is_passport(STR("B123456789")));
    check(!idno_is_passport(STR("12345678")));
    check(!idno_is_passport(STR("BB123456")));
    check(!idno_is_passport(STR("")));
}
