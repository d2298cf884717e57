/* The seeds: every case that the sign-in and the registers must meet has its person or firm. */
#include "base/idno.h"
#include "base/utf8.h"
#include "tests/sandbox/stage.h"

static const struct str nowhere = { "http://127.0.0.1:9", 18 };

static struct json *people_get(struct stage *s)
{
    stage_start(s, nowhere, NULL, NULL);
    struct json *doc = stage_json(stage_get(s, STR("/admin/people")));
    stage_stop(s);
    return doc;
}

static size_t counted(const struct json *doc, const char *column, const char *value)
{
    struct json *people = json_member(doc, "people");
    size_t n = 0;
    for (size_t i = 0; i < json_count(people); i++)
        n += str_is(stage_text(json_at(people, i), column), value);
    return n;
}

TEST(every_number_is_a_personal_number)
{
    struct stage s;
    DEFER(json_close) struct json *doc = people_get(&s);
    struct json *people = json_member(doc, "people");
    for (size_t i = 0; i < json_count(people); i++) {
        struct idno id;
        struct err e = { 0 };
        check_ok(idno_read(stage_text(json_at(people, i), "number"), 2026, &id, &e), e);
    }
}

TEST(kinds_levels_sexes_and_states_are_all_there)
{
    static const struct {
        const char *column, *value;
        size_t least;
    } cases[] = {
        { "kind", "1", 30 },
        { "kind", "2", 2 },
        { "kind", "3", 1 },
        { "level", "1", 4 },
        { "level", "2", 20 },
        { "level", "", 3 },
        { "sex", "1", 10 },
        { "sex", "2", 10 },
        { "in_register", "absent", 1 },
        { "in_register", "deceased", 1 },
        { "nationality", "US", 1 },
        { "old_card", "070000228", 1 },
        { "passport", "B1234567", 1 },
        { "number", "003087123456", 1 },
    };
    struct stage s;
    DEFER(json_close) struct json *doc = people_get(&s);
    check(json_count(json_member(doc, "people")) >= 32);
    for (size_t i = 0; i < LEN(cases); i++)
        if (counted(doc, cases[i].column, cases[i].value) < cases[i].least)
            test_fail(__FILE__, __LINE__, "%s = %s", cases[i].column, cases[i].value);
}

TEST(names_in_all_the_ways_they_are_written)
{
    static const struct {
        const char *handle, *key;
        enum utf8_match with_register;
        bool nfc; /* arrives composed */
    } cases[] = {
        { "hoa", "NGUYENTHIHOA", UTF8_EXACT, true },
        { "hoanfd", "NGUYENTHIHOA", UTF8_EXACT, false },
        { "tram", "DANGTHITHUYTRAM", UTF8_EXACT, true },
        { "hhen", "HHENNIE", UTF8_SAME_KEY, true },
        { "ybih", "YBIHKADAM", UTF8_EXACT, true },
        { "dang", "DANG", UTF8_EXACT, true },
        { "tho", "LEDUCTHO", UTF8_SAME_KEY, true },
        { "khoang", "LOVANKHOANG", UTF8_EXACT, true },
        { "lech", "MACTHILECH", UTF8_DIFFERENT, true },
    };
    struct stage s;
    DEFER(json_close) struct json *doc = people_get(&s);
    struct json *people = json_member(doc, "people");
    size_t found = 0;
    for (size_t i = 0; i < json_count(people); i++) {
        struct json *p = json_at(people, i);
        for (size_t k = 0; k < LEN(cases); k++) {
            struct str name = stage_text(p, "name"), other = stage_text(p, "register_name"), key;
            struct str nfc;
            struct err e = { 0 };
            if (!str_is(stage_text(p, "handle"), cases[k].handle))
                continue;
            check_ok(utf8_key(test_arena(), name, &key, &e), e);
            check_str(key, cases[k].key);
            check_ok(utf8_nfc(test_arena(), name, &nfc, &e), e);
            check(str_eq(nfc, name) == cases[k].nfc);
            if (utf8_match(test_arena(), name, other.n ? other : name) != cases[k].with_register)
                test_fail(__FILE__, __LINE__, "%s", cases[k].handle);
            found++;
        }
    }
    check_int(found, LEN(cases));
}
