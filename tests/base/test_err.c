#include "base/err.h"

#include <string.h>

#include "tests/test.h"

/* RFC 6749 5.2: %x20-21 / %x23-5B / %x5D-7E; the registered names use lower case and _ only. */
TEST(every_error_has_a_status_an_oauth_name_and_a_text)
{
    for (enum err_code code = ERR_NONE + 1; code < ERR_COUNT; code++) {
        const struct str oauth = str_c(err_oauth(code));
        const struct str text = str_c(err_text(code));

        check(err_status(code) >= 400 && err_status(code) <= 599);
        check(oauth.n > 0 && str_all_in(oauth, "abcdefghijklmnopqrstuvwxyz_"));
        check(str_starts(text, STR("err.")));
        check(text.n > 4 && str_all_in(str_from(text, 4), "abcdefghijklmnopqrstuvwxyz_0123456789"));
        check(str_all_in(str_c(err_name(code)), "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"));
        check(err_level(code) >= LOG_INFO && err_level(code) <= LOG_ERROR);
    }
    check_int(err_status(ERR_NONE), 200);
}

TEST(a_fault_of_ours_is_an_error_and_a_strangers_is_not)
{
    for (enum err_code code = ERR_NONE + 1; code < ERR_COUNT; code++) {
        if (err_status(code) >= 500)
            check(err_level(code) >= LOG_WARN);
        else
            check(err_level(code) < LOG_ERROR);
    }
}

TEST(no_two_errors_share_a_name)
{
    for (enum err_code x = ERR_NONE; x < ERR_COUNT; x++)
        for (enum err_code y = ERR_NONE; y < x; y++)
            check(strcmp(err_name(x), err_name(y)) != 0);
}

TEST(a_failure_keeps_code_field_and_detail)
{
    struct err e;

    check(fail_field(&e, ERR_INVALID, "amount", "%d too many", 3).failed);
    check_int(e.code, ERR_INVALID);
    check_str(str_c(e.field), "amount");
    check_str(str_c(e.detail), "3 too many");
    check(fail(&e, ERR_NOT_FOUND, "order").failed);
    check_int(e.code, ERR_NOT_FOUND);
    check_str(str_c(e.field), "");
    check(fail(NULL, ERR_NOT_FOUND, "nobody asks").failed);
    check_int(e.code, ERR_NOT_FOUND);
}

TEST(a_long_detail_is_cut_and_ends)
{
    char text[500];
    struct err e;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    check(fail_field(&e, ERR_INVALID, text, "%s", text).failed);
    check_int(strlen(e.detail), sizeof(e.detail) - 1);
    check_int(strlen(e.field), sizeof(e.field) - 1);
}
