#include "base/json.h"

#include <string.h>

#include "base/limits.h"
#include "tests/test.h"

static struct json *read_ok(const char *text)
{
    struct json *v = NULL;
    struct err e;

    check_ok(json_read(str_c(text), &v, &e), e);
    return v;
}

TEST(what_is_not_strict_json_is_refused)
{
    const struct str cases[] = {
        { "", 0 },
        { NULL, 0 },
        STR("{"),
        STR("{}x"),
        STR("{} {}"),
        STR("{\"a\":1,\"a\":2}"),
        STR("{\"a\":{\"b\":1,\"b\":1}}"),
        STR("{'a':1}"),
        STR("{\"a\":1,}"),
        STR("[1,]"),
        STR("[01]"),
        STR("[+1]"),
        STR("[NaN]"),
        STR("[1e999]"),
        STR("[9223372036854775808]"),
        STR("\"\\u0000\""),
        STR("{\"\\u0000\":1}"),
        STR("\"a\0b\""),
        STR("{}\0"),
        STR("\"\xff\""),
        STR("\"\xc0\x80\""),
        STR("\"\xed\xa0\x80\""),
        STR("\"\\ud800\""),
        STR("\"a\nb\""),
        STR("\xef\xbb\xbf{}"),
        STR("/* c */ {}"),
        STR("]"),
        STR("\"\\"),
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct json *v = NULL;
        struct err e = { 0 };

        check_fails(json_read(cases[i], &v, &e), e, ERR_MALFORMED);
        check(v == NULL);
    }
}

static struct str nested(int depth, char open, char close)
{
    struct buf b = buf_make(test_arena(), 8u << 20);

    for (int i = 0; i < depth; i++)
        if (open == '{' && i + 1 < depth)
            buf_puts(&b, "{\"[{,\\\"\":");
        else
            buf_putc(&b, open);
    for (int i = 0; i < depth; i++)
        buf_putc(&b, close);
    return buf_str(&b);
}

TEST(depth_has_an_end)
{
    struct json *v = NULL;
    struct err e;

    check_ok(json_read(nested(LIMIT_JSON_DEPTH, '[', ']'), &v, &e), e);
    json_close(&v);
    check_ok(json_read(nested(LIMIT_JSON_DEPTH, '{', '}'), &v, &e), e);
    json_close(&v);
    check_fails(json_read(nested(LIMIT_JSON_DEPTH + 1, '[', ']'), &v, &e), e, ERR_MALFORMED);
    check_fails(json_read(nested(LIMIT_JSON_DEPTH + 1, '{', '}'), &v, &e), e, ERR_MALFORMED);
    check_fails(json_read(nested(1000000, '[', ']'), &v, &e), e, ERR_MALFORMED);
    check(v == NULL);
}

static struct str members(int n)
{
    struct buf b = buf_make(test_arena(), 1u << 20);

    buf_putc(&b, '{');
    for (int i = 0; i < n; i++)
        buf_fmt(&b, "%s\"m%d\":[1,2,3]", i == 0 ? "" : ",", i);
    buf_putc(&b, '}');
    return buf_str(&b);
}

TEST(members_of_an_object_have_an_end_and_items_do_not_count)
{
    struct json *v = NULL;
    struct err e;

    check_ok(json_read(members(1024), &v, &e), e);
    json_close(&v);
    check_fails(json_read(members(1025), &v, &e), e, ERR_MALFORMED);
}

TEST(more_than_64_mib_is_refused_unread)
{
    const struct str huge = { "", (64u << 20) + 1 }; /* reading it would leave the slice */
    struct json *v = NULL;
    struct err e;

    check_fails(json_read(huge, &v, &e), e, ERR_TOO_LARGE);
}

TEST(an_error_never_quotes_the_input)
{
    struct json *v = NULL;
    struct err e;

    check_fails(json_read(STR("{\"id\":001087123456}"), &v, &e), e, ERR_MALFORMED);
    check(strstr(e.detail, "00108") == NULL);
    check(strstr(e.detail, "line 1") != NULL);
}

TEST(values_are_what_they_are)
{
    DEFER(json_close)
    struct json *v = read_ok(
        "{\"s\":\"Hoà\",\"i\":-5,\"r\":1.0,\"b\":true,\"n\":null,\"a\":[1,\"x\"],\"o\":{}}");
    struct str s;
    int64_t n = 0;
    bool b = false;

    check(json_is_object(v) && !json_is_array(v));
    check(json_str(json_member(v, "s"), &s));
    check_str(s, "Hoà");
    check(json_int(json_member(v, "i"), &n));
    check_int(n, -5);
    check(!json_int(json_member(v, "r"), &n));
    check(json_bool(json_member(v, "b"), &b) && b);
    check(json_member(v, "n") == NULL);
    check(json_member(v, "absent") == NULL);
    check(json_member(NULL, "x") == NULL);
    check(json_member(json_member(v, "a"), "x") == NULL);
    check(!json_str(json_member(v, "i"), &s));
    check(!json_str(NULL, &s));
    check(!json_bool(json_member(v, "i"), &b));
    check_int(json_count(json_member(v, "a")), 2);
    check_int(json_count(v), 0);
    check_int(json_count(NULL), 0);
    check(json_at(json_member(v, "a"), 2) == NULL);
    check(json_int(json_at(json_member(v, "a"), 0), &n));
    check(!json_is_object(NULL) && !json_is_array(NULL));
}

TEST(a_null_member_is_there_and_has_no_value)
{
    DEFER(json_close) struct json *o = read_ok("{\"n\":null,\"r\":1.5}");
    struct json *v = o;
    double real = 0;

    check(!json_lookup(o, STR("x"), &v));
    check(!json_lookup(NULL, STR("x"), &v));
    check(!json_lookup(o, STR(""), &v));
    check(v == o);
    check(json_lookup(o, STR("n"), &v));
    check(v == NULL);
    check(json_lookup(o, str_sub(STR("rest"), 0, 1), &v));
    check(json_decimal(v, &real));
    check(real > 1.4 && real < 1.6);
    check(!json_decimal(o, &real) && !json_decimal(NULL, &real));
}

TEST(a_scalar_alone_is_a_document)
{
    DEFER(json_close) struct json *v = read_ok(" 7 ");
    int64_t n = 0;

    check(json_int(v, &n));
    check_int(n, 7);
}

TEST(needed_members_are_named_when_they_are_missing_or_wrong)
{
    DEFER(json_close) struct json *o = read_ok("{\"s\":\"abc\",\"i\":5,\"a\":[1,2],\"n\":null}");
    struct str s = STR("before");
    struct json *a = NULL;
    int64_t n = 99;
    struct err e;

    check_fails(json_need_str(o, "x", 9, &s, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "x");
    check_fails(json_need_str(o, "n", 9, &s, &e), e, ERR_INVALID);
    check_fails(json_need_str(o, "i", 9, &s, &e), e, ERR_INVALID);
    check_fails(json_need_str(o, "s", 2, &s, &e), e, ERR_INVALID);
    check_str(s, "before");
    check_ok(json_need_str(o, "s", 3, &s, &e), e);
    check_str(s, "abc");
    check_fails(json_need_int(o, "x", 0, 9, &n, &e), e, ERR_INVALID);
    check_fails(json_need_int(o, "s", 0, 9, &n, &e), e, ERR_INVALID);
    check_fails(json_need_int(o, "i", 6, 9, &n, &e), e, ERR_INVALID);
    check_fails(json_need_int(o, "i", 0, 4, &n, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "i");
    check_int(n, 99);
    check_ok(json_need_int(o, "i", 5, 5, &n, &e), e);
    check_int(n, 5);
    check_fails(json_need_array(o, "x", 9, &a, &e), e, ERR_INVALID);
    check_fails(json_need_array(o, "s", 9, &a, &e), e, ERR_INVALID);
    check_fails(json_need_array(o, "a", 1, &a, &e), e, ERR_INVALID);
    check(a == NULL);
    check_ok(json_need_array(o, "a", 2, &a, &e), e);
    check_int(json_count(a), 2);
}

TEST(wanted_members_may_be_absent_but_not_wrong)
{
    DEFER(json_close) struct json *o = read_ok("{\"s\":\"abc\",\"i\":5,\"b\":false,\"o\":{}}");
    struct str s = STR("before");
    struct json *v = NULL;
    int64_t n = 99;
    bool b = true;
    struct err e;

    check_ok(json_want_str(o, "x", 9, &s, &e), e);
    check_str(s, "before");
    check_fails(json_want_str(o, "i", 9, &s, &e), e, ERR_INVALID);
    check_ok(json_want_int(o, "x", 0, 9, &n, &e), e);
    check_int(n, 99);
    check_fails(json_want_int(o, "b", 0, 9, &n, &e), e, ERR_INVALID);
    check_ok(json_want_bool(o, "x", &b, &e), e);
    check(b);
    check_fails(json_want_bool(o, "i", &b, &e), e, ERR_INVALID);
    check_ok(json_want_bool(o, "b", &b, &e), e);
    check(!b);
    check_ok(json_want_object(o, "x", &v, &e), e);
    check(v == NULL);
    check_fails(json_want_object(o, "s", &v, &e), e, ERR_INVALID);
    check_ok(json_want_object(o, "o", &v, &e), e);
    check(json_is_object(v));
}

TEST(members_that_nobody_asked_for_are_refused_by_name)
{
    static const char *const names[] = { "a", "b", NULL };
    DEFER(json_close) struct json *good = read_ok("{\"b\":1,\"a\":1}");
    DEFER(json_close) struct json *bad = read_ok("{\"a\":1,\"admin\":1}");
    DEFER(json_close) struct json *odd = read_ok("{\"Hoà<b>\":1}");
    DEFER(json_close) struct json *empty = read_ok("{}");
    struct err e;

    check_ok(json_only(good, names, &e), e);
    check_ok(json_only(empty, names, &e), e);
    check_fails(json_only(bad, names, &e), e, ERR_UNKNOWN_FIELD);
    check_str(str_c(e.field), "admin");
    check_fails(json_only(odd, names, &e), e, ERR_UNKNOWN_FIELD);
    check_str(str_c(e.field), "");
}

TEST(each_walks_in_the_order_of_the_text)
{
    DEFER(json_close) struct json *o = read_ok("{\"z\":1,\"a\":null,\"m\":3}");
    struct str name;
    struct json *v;

    check(json_each(o, 0, &name, &v));
    check_str(name, "z");
    check(json_each(o, 1, &name, &v));
    check_str(name, "a");
    check(json_each(o, 2, &name, &v));
    check_str(name, "m");
    check(!json_each(o, 3, &name, &v));
    check(!json_each(NULL, 0, &name, &v));
}

TEST(what_is_written_can_be_read)
{
    DEFER(json_close) struct json *o = json_object();
    struct json *a = json_array();

    json_put_str(o, "z", STR("\"<Đ>\n"));
    json_put_int(o, "n", INT64_MIN);
    json_put_bool(o, "b", true);
    json_put_null(o, "null");
    json_put_str(o, "empty", (struct str){ NULL, 0 });
    json_put(o, "skipped", NULL);
    json_add_str(a, STR("x"));
    json_add_int(a, 2);
    json_add(a, json_object());
    json_put(o, "a", a);
    check_str(json_print(test_arena(), o),
              "{\"z\":\"\\\"<Đ>\\n\",\"n\":-9223372036854775808,\"b\":true,\"null\":null,"
              "\"empty\":\"\",\"a\":[\"x\",2,{}]}");
    check_str(json_print_canonical(test_arena(), o),
              "{\"a\":[\"x\",2,{}],\"b\":true,\"empty\":\"\",\"n\":-9223372036854775808,"
              "\"null\":null,\"z\":\"\\\"<Đ>\\n\"}");
}

TEST(a_copy_is_deep)
{
    DEFER(json_close) struct json *o = read_ok("{\"a\":{\"b\":1}}");
    DEFER(json_close) struct json *copy = json_copy(o);

    json_put_int(json_member(o, "a"), "b", 2);
    check_str(json_print(test_arena(), copy), "{\"a\":{\"b\":1}}");
}

TEST(closing_twice_does_nothing)
{
    struct json *v = read_ok("[]");

    json_close(&v);
    json_close(&v);
    check(v == NULL);
}
