#include "base/catalog.h"

#include "tests/test.h"

static struct catalog *read_ok(const char *text)
{
    struct catalog *c = NULL;
    struct err e;

    check_ok(catalog_read(str_c(text), &c, &e), e);
    return c;
}

static void refused(struct str text, enum err_code code, const char *why)
{
    struct catalog *c = NULL;
    struct err e = { 0 };

    check_fails(catalog_read(text, &c, &e), e, code);
    check_str(str_c(e.detail), why);
    check(c == NULL);
}

TEST(what_is_no_catalogue_is_refused_with_its_line)
{
    refused(STR("a = x\nb"), ERR_MALFORMED, "line 2: not key = text");
    refused(STR("= x"), ERR_MALFORMED, "line 1: not a key");
    refused(STR("a%b = x"), ERR_MALFORMED, "line 1: not a key");
    refused(STR("a b = x"), ERR_MALFORMED, "line 1: not a key");
    refused(STR("\n\na =  "), ERR_MALFORMED, "line 3: no text");
    refused(STR("b = 1\na = x\n# c\na = x\n"), ERR_MALFORMED, "line 4: the key of line 2");
    refused(STR("a = \xff"), ERR_NOT_UTF8, "line 1");
    refused(STR("a = x\0y"), ERR_NOT_UTF8, "line 1");
    refused(STR("a = x\ty"), ERR_NOT_UTF8, "line 1");
}

TEST(more_than_a_mebibyte_is_refused)
{
    struct buf b = buf_make(test_arena(), 4u << 20);
    struct catalog *c = NULL;
    struct err e;

    while (b.n <= 1024u * 1024)
        buf_puts(&b, "# a comment of some length\n");
    check_fails(catalog_read(buf_str(&b), &c, &e), e, ERR_TOO_LARGE);
    b = buf_make(test_arena(), 4u << 20);
    while (b.n < 1024u * 1024)
        buf_putc(&b, '\n');
    check_fails(catalog_read(buf_str(&b), &c, &e), e, ERR_TOO_LARGE);
}

TEST(a_key_is_found_and_an_unknown_one_is_its_own_text)
{
    DEFER(catalog_close)
    struct catalog *c =
        read_ok("# texts\n\npay.title = Nộp phí, lệ phí\r\n  err.a-b_2=x = y # z\n");
    struct str text = STR("before");

    check(!catalog_find(c, STR("pay"), &text));
    check(!catalog_find(c, STR(""), &text));
    check_str(text, "before");
    check(catalog_find(c, STR("pay.title"), &text));
    check_str(text, "Nộp phí, lệ phí");
    check_str(catalog_text(c, STR("err.a-b_2")), "x = y # z");
    check_str(catalog_text(c, STR("no.such")), "no.such");
}

TEST(keys_are_counted_and_sorted)
{
    DEFER(catalog_close) struct catalog *c = read_ok("b = 2\nc = 3\na.b = 1\na = 0\n");

    check_int(catalog_count(c), 4);
    check_str(catalog_key_at(c, 0), "a");
    check_str(catalog_key_at(c, 1), "a.b");
    check_str(catalog_key_at(c, 3), "c");
}

TEST(arguments_fill_their_places)
{
    static const char text[] = "k = {1}: {0} + {0} = {2}, {9} {a} { {\nplain = no place\n";
    const struct str args[] = { STR("một"), STR("{0}{1}"), { NULL, 0 } };
    DEFER(catalog_close) struct catalog *c = read_ok(text);

    check_str(catalog_fill(test_arena(), c, STR("k"), args, 3),
              "{0}{1}: một + một = , {9} {a} { {");
    check_str(catalog_fill(test_arena(), c, STR("k"), args, 1),
              "{1}: một + một = {2}, {9} {a} { {");
    check_str(catalog_fill(test_arena(), c, STR("plain"), NULL, 0), "no place");
    check_str(catalog_fill(test_arena(), c, STR("unknown {0}"), args, 1), "unknown một");
}

TEST(a_catalogue_outlives_the_text_it_was_read_from)
{
    char text[] = "a = x\n";
    DEFER(catalog_close) struct catalog *c = read_ok(text);

    text[4] = 'y';
    check_str(catalog_text(c, STR("a")), "x");
}

TEST(an_empty_catalogue_is_one)
{
    DEFER(catalog_close) struct catalog *c = read_ok("");

    check_int(catalog_count(c), 0);
    check_str(catalog_text(c, STR("a")), "a");
}
