#include "auth/record.h"

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
    };
    struct thing got = { 0 };
    struct err e;

    for (size_t i = 0; i < LEN(bad); i++)
        check_fails(record_read(test_arena(), fields, LEN(fields), str_c(bad[i]), &got, &e), e,
                    ERR_INTERNAL);
}
