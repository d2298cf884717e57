#include "auth/record.h"

#include "base/json.h"
#include "base/str.h"
#include "tests/test.h"

enum colour { RED, BLUE };

struct thing {
    struct str name;
    int n;
    int64_t big;
    bool yes;
    enum colour colour;
};

static const struct record_field fields[] = {
    RECORD(struct thing, name), RECORD(struct thing, n),      RECORD(struct thing, big),
    RECORD(struct thing, yes),  RECORD(struct thing, colour),
};

TEST(what_is_printed_is_read_again)
{
    const struct thing t = { STR("Hòa \"x\""), -7, INT64_MAX, true, BLUE };
    struct thing got = { 0 };
    struct err e;

    check_ok(record_read(test_arena(), fields, LEN(fields),
                         record_print(test_arena(), fields, LEN(fields), &t), &got, &e),
             e);
    check_str(got.name, "Hòa \"x\"");
    check_int(got.n, -7);
    check(got.big == INT64_MAX && got.yes && got.colour == BLUE);
}

TEST(a_record_is_json_as_others_print_it)
{
    const struct thing t = { STR("a\x01\x1f\t\n\r\b\f\\/\"\x7f"), -7, INT64_MIN, false, RED };
    DEFER(json_close) struct json *o = json_object();
    const struct str text = record_print(test_arena(), fields, LEN(fields), &t);
    struct thing got = { 0 };
    struct err e;

    json_put_str(o, "name", t.name);
    json_put_int(o, "n", t.n);
    json_put_int(o, "big", t.big);
    json_put_bool(o, "yes", t.yes);
    json_put_int(o, "colour", 0);
    check(str_eq(text, json_print(test_arena(), o)));
    check_ok(record_read(test_arena(), fields, LEN(fields), text, &got, &e), e);
    check(str_eq(got.name, t.name) && got.n == -7 && got.big == INT64_MIN && !got.yes);
}

TEST(no_text_cut_short_is_read)
{
    const struct thing t = { STR("x\\\"\x02"), 12, 34, true, BLUE };
    const struct str text = record_print(test_arena(), fields, LEN(fields), &t);
    struct thing got = { 0 };
    struct err e;

    for (size_t n = 0; n < text.n; n++) /* a copy, so that a byte too many is seen */
        check_fails(record_read(test_arena(), fields, LEN(fields),
                                str_dup(test_arena(), str_sub(text, 0, n)), &got, &e),
                    e, ERR_INTERNAL);
}

TEST(anything_else_is_refused)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"name\":\"x\",\"n\":1,\"big\":1,\"yes\":1,\"colour\":0}",
        "{\"name\":1,\"n\":1,\"big\":1,\"yes\":true,\"colour\":0}",
        "{\"name\":\"x\",\"n\":99999999999,\"big\":1,\"yes\":true,\"colour\":0}",
        "{\"name\":\"x\",\"n\":1,\"big\":1,\"yes\":true}",
        "{\"name\":\"x\",\"n\":1,\"big\":1,\"yes\":true,\"colour\":0}}",
        "{\"name\":\"x\",\"n\":1,\"big\":1,\"yes\":true,\"colour\":0,\"more\":0}",
        "{\"n\":1,\"name\":\"x\",\"big\":1,\"yes\":true,\"colour\":0}",
        "{\"name\":\"\\u0g01\",\"n\":1,\"big\":1,\"yes\":true,\"colour\":0}",
        "{\"name\":\"\\u0041\",\"n\":1,\"big\":1,\"yes\":true,\"colour\":0}",
        "{\"name\":\"\\x\",\"n\":1,\"big\":1,\"yes\":true,\"colour\":0}",
        "{\"name\":\"x\",\"n\":1-1,\"big\":1,\"yes\":true,\"colour\":0}",
        "{\"name\":\"x\",\"n\":1,\"big\":9223372036854775808,\"yes\":true,\"colour\":0}",
    };
    struct thing got = { 0 };
    struct err e;

    for (size_t i = 0; i < LEN(bad); i++)
        check_fails(record_read(test_arena(), fields, LEN(fields), str_c(bad[i]), &got, &e), e,
                    ERR_INTERNAL);
}
