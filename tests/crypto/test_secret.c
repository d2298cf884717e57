#include "crypto/secret.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/test.h"

static const char *put(const char *name, const char *text, unsigned mode)
{
    const char *path = str_cstr(test_arena(), str_fmt(test_arena(), "%s/%s", test_folder(), name));
    FILE *f = fopen(path, "w");

    check(f != NULL);
    check(fputs(text, f) >= 0);
    check(fclose(f) == 0);
    check(chmod(path, mode) == 0);
    return path;
}

TEST(a_file_that_others_may_read_is_refused)
{
    static const unsigned modes[] = { 0644, 0640, 0660, 0604, 0620, 0601 };
    struct secret s = { 0 };
    struct err e = { 0 };

    for (size_t i = 0; i < LEN(modes); i++)
        check_fails(secret_load(&s, put("loose", "bi-mat\n", modes[i]), &e), e, ERR_CONFIG);
    check(strstr(e.detail, "/loose") != NULL);
    check(strstr(e.detail, "bi-mat") == NULL);
    check_int(s.n, 0);
}

TEST(absent_empty_and_long_files_are_refused)
{
    char longest[400];
    struct secret s = { 0 };
    struct err e = { 0 };

    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    check_fails(secret_load(&s, "/nonexistent/secret", &e), e, ERR_CONFIG);
    check_fails(secret_load(&s, test_folder(), &e), e, ERR_CONFIG);
    check_fails(secret_load(&s, put("empty", "", 0600), &e), e, ERR_CONFIG);
    check_fails(secret_load(&s, put("blank", "\nsecond\n", 0600), &e), e, ERR_CONFIG);
    check_fails(secret_load(&s, put("long", longest, 0600), &e), e, ERR_CONFIG);
}

TEST(the_first_line_is_the_secret)
{
    DEFER(secret_wipe) struct secret s = { 0 };
    struct err e = { 0 };

    check_ok(secret_load(&s, put("lf", "bi mat \nnext", 0600), &e), e);
    check_str(secret_str(&s), "bi mat ");
    check_ok(secret_load(&s, put("crlf", "k\r\n", 0400), &e), e);
    check_str(secret_str(&s), "k");
    check_ok(secret_load(&s, put("bare", "khoa", 0600), &e), e);
    check_str(secret_str(&s), "khoa");
}

TEST(setting_too_much_leaves_the_secret_alone)
{
    char much[300] = { 0 };
    struct secret s = { 0 };
    struct err e = { 0 };

    check_ok(secret_set(&s, STR("abc"), &e), e);
    check_fails(secret_set(&s, str_of(much, sizeof(much)), &e), e, ERR_TOO_LARGE);
    check_str(secret_str(&s), "abc");
    check_ok(secret_set(&s, str_of(much, sizeof(s.bytes)), &e), e);
    check_int(s.n, 256);
}

TEST(wiping_leaves_nothing)
{
    static const struct secret none;
    struct secret s = { 0 };
    struct err e = { 0 };

    check_ok(secret_set(&s, STR("abc"), &e), e);
    secret_wipe(&s);
    check(memcmp(&s, &none, sizeof(s)) == 0);
    secret_wipe(NULL);
}

TEST(equality_looks_at_every_byte)
{
    char x[32] = { 0 }, y[32] = { 0 };

    check(secret_equal(STR(""), STR("")));
    check(!secret_equal(STR("a"), STR("")));
    check(!secret_equal(STR("a"), STR("ab")));
    for (size_t i = 0; i < sizeof(x); i++) {
        y[i] = 1;
        check(!secret_equal(str_of(x, sizeof(x)), str_of(y, sizeof(y))));
        y[i] = 0;
        check(secret_equal(str_of(x, sizeof(x)), str_of(y, sizeof(y))));
    }
}
