#include "conf/place.h"

#include <stdio.h>

#include "base/idno.h"
#include "tests/test.h"

static const struct date today = { 2026, 11, 23 };

static struct places *load_ours(void)
{
    struct places *p = NULL;
    struct err e;

    check_ok(
        places_load(test_arena(), str_fmt(test_arena(), "%s/conf/places", test_source()), &p, &e),
        e);
    return p;
}

static void file_make(const char *name, const char *text)
{
    char path[512];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/%s", test_folder(), name);
    f = fopen(path, "w");
    check(f != NULL);
    check(fputs(text, f) >= 0);
    check(fclose(f) == 0);
}

static void refused(const char *birth, const char *address, const char *why)
{
    struct places *p = NULL;
    struct err e = { 0 };

    file_make("birth.csv", birth);
    file_make("address.csv", address);
    check_fails(places_load(test_arena(), str_c(test_folder()), &p, &e), e, ERR_CONFIG);
    check_str(str_c(e.detail), why);
    check(p == NULL);
}

#define BIRTH   "code,name\n001,A\n"
#define ADDRESS "code,name,merged,valid_from,valid_to\n"

TEST(what_is_no_table_is_refused_with_its_line)
{
    refused("", ADDRESS, "birth.csv:1: the header has to be code,name");
    refused("name,code\n", ADDRESS, "birth.csv:1: the header has to be code,name");
    refused("# c\ncode,name\n01,A\n", ADDRESS, "birth.csv:3: a code has 3 digits");
    refused("code,name\n00A,A\n", ADDRESS, "birth.csv:2: a code has 3 digits");
    refused("code,name\n001,\n", ADDRESS, "birth.csv:2: no name");
    refused("code,name\n001\n", ADDRESS, "birth.csv:2: 1 cells, not 2");
    refused("code,name\n001,A,B\n", ADDRESS, "birth.csv:2: 3 cells, not 2");
    refused("code,name\n001,a,a,a,a,a,a,a,a\n", ADDRESS, "birth.csv:2: too many cells");
    refused("code,name\n001,A\n\n001,B\n", ADDRESS, "birth.csv:4: the code is taken on these days");
    refused("code,name\n001,\"A\"\n", ADDRESS, "birth.csv:2: not plain text");
    refused("code,name\n001,\xff\n", ADDRESS, "birth.csv:2: not plain text");
    refused(BIRTH, ADDRESS "01,A,,2025-02-29,\n", "address.csv:2: not a day");
    refused(BIRTH, ADDRESS "01,A,,2025,\n", "address.csv:2: not a day");
    refused(BIRTH, ADDRESS "01,A,,,\n", "address.csv:2: not a day");
    refused(BIRTH, ADDRESS "01,A,,2025-07-01,soon\n", "address.csv:2: not a day");
    refused(BIRTH, ADDRESS "01,A,,2025-07-01,2025-06-30\n", "address.csv:2: ends before it begins");
    refused(BIRTH, ADDRESS "01,A,,2025-07-01,2026-06-30\n01,B,,2026-06-30,\n",
            "address.csv:3: the code is taken on these days");
}

TEST(a_folder_without_tables_is_refused)
{
    struct places *p = NULL;
    struct err e;

    check_fails(places_load(test_arena(), STR("/no/such/folder"), &p, &e), e, ERR_IO);
}

TEST(a_row_holds_on_its_first_and_last_day)
{
    struct places *p = NULL;
    struct place place;
    struct err e;

    file_make("birth.csv", BIRTH);
    file_make("address.csv", ADDRESS "01,A,,2025-07-01,2026-06-30\r\n01,B,A;C,01/07/2026,\r\n");
    check_ok(places_load(test_arena(), str_c(test_folder()), &p, &e), e);
    check(!place_address_find(p, STR("01"), (struct date){ 2025, 6, 30 }, &place));
    check(place_address_find(p, STR("01"), (struct date){ 2025, 7, 1 }, &place));
    check_str(place.name, "A");
    check(place_address_find(p, STR("01"), (struct date){ 2026, 6, 30 }, &place));
    check_str(place.name, "A");
    check(place_address_find(p, STR("01"), (struct date){ 2026, 7, 1 }, &place));
    check_str(place.name, "B");
    check_str(place.merged, "A;C");
    check(place_address_find(p, STR("01"), (struct date){ 9999, 12, 31 }, &place));
}

TEST(all_63_codes_of_birth_are_known_and_no_other)
{
    static const int codes[] = { 1,  2,  4,  6,  8,  10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25,
                                 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42, 44, 45, 46, 48,
                                 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75,
                                 77, 79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96 };
    const struct places *p = load_ours();
    struct place place;
    size_t at = 0;

    check_int(LEN(codes), 63);
    for (int code = -1; code <= 1000; code++) {
        const bool known = at < LEN(codes) && codes[at] == code;

        check(place_birth_find(p, code, &place) == known);
        at += known;
    }
    check_int(at, 63);
}

TEST(all_34_codes_of_addresses_are_known_since_july_2025)
{
    static const char codes[] = "01 04 08 11 12 14 15 19 20 22 24 25 31 33 37 38 40 42 44 46 48 51 "
                                "52 56 66 68 75 79 80 82 86 91 92 96";
    const struct places *p = load_ours();
    struct str rest = str_c(codes), code;
    struct place place;
    int count = 0;

    while (str_next(&rest, ' ', &code)) {
        check(place_address_find(p, code, today, &place));
        check_same(place.code, code);
        check(place_address_find(p, code, (struct date){ 2025, 7, 1 }, &place));
        check(!place_address_find(p, code, (struct date){ 2025, 6, 30 }, &place));
        count++;
    }
    check_int(count, 34);
    for (int i = 0; i < 100; i++)
        count -= place_address_find(p, str_fmt(test_arena(), "%02d", i), today, &place);
    check_int(count, 0);
}

TEST(every_former_province_went_somewhere)
{
    const struct places *p = load_ours();
    struct place birth, address;
    int found = 0;

    for (int code = 1; code < 100; code++) {
        int places = 0;

        if (!place_birth_find(p, code, &birth))
            continue;
        for (int i = 1; i < 100; i++) {
            struct str rest, former;

            if (!place_address_find(p, str_fmt(test_arena(), "%02d", i), today, &address))
                continue;
            places += str_eq(address.name, birth.name) || str_ends(birth.name, address.name);
            rest = address.merged;
            while (address.merged.n > 0 && str_next(&rest, ';', &former))
                places += str_eq(former, birth.name);
        }
        if (places != 1)
            test_fail(__FILE__, __LINE__, "%.*s: %d", STR_ARG(birth.name), places);
        found++;
    }
    check_int(found, 63);
}

TEST(the_same_digits_mean_different_places)
{
    static const struct {
        int birth;
        const char *birth_name, *address, *address_name;
    } cases[] = {
        { 24, "Bắc Giang", "24", "Bắc Ninh" },
        { 52, "Bình Định", "52", "Gia Lai" },
        { 80, "Long An", "80", "Tây Ninh" },
    };
    const struct places *p = load_ours();
    struct place place;

    for (size_t i = 0; i < LEN(cases); i++) {
        check(place_birth_find(p, cases[i].birth, &place));
        check_str(place.name, cases[i].birth_name);
        check(place_address_find(p, str_c(cases[i].address), today, &place));
        check_str(place.name, cases[i].address_name);
    }
}

TEST(a_number_tells_where_the_birth_was_registered)
{
    static const struct {
        const char *number, *place; /* NULL: not one of the 63 */
    } cases[] = {
        { "037153000257", "Ninh Bình" }, { "001087123456", "Hà Nội" },
        { "040200000001", "Nghệ An" },   { "079301000001", "Hồ Chí Minh" },
        { "003087123456", NULL },        { "100087123456", NULL },
    };
    const struct places *p = load_ours();
    struct place place;
    struct idno id;
    struct err e;

    for (size_t i = 0; i < LEN(cases); i++) {
        check_ok(idno_read(str_c(cases[i].number), 2026, &id, &e), e);
        check(place_birth_find(p, id.place, &place) == (cases[i].place != NULL));
        if (cases[i].place != NULL)
            check_str(place.name, cases[i].place);
    }
}
