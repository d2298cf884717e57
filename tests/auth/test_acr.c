#include "auth/acr.h"

#include "tests/test.h"

TEST(methods_prove_the_levels_of_the_decree)
{
    static const struct {
        const char *amr;
        int account_level, want;
    } cases[] = {
        { "", 1, 1 },
        { "", 2, 2 },
        { "fed", 2, 2 },
        { "pwd", 2, 1 },
        { "otp", 2, 1 },
        { "face", 2, 1 },
        { "pwd pin", 2, 1 },
        { "otp sms hwk", 2, 1 },
        { "face fpt iris", 2, 1 },
        { "pwd otp", 1, 2 },
        { "pin hwk", 2, 2 },
        { "mfa", 1, 2 },
        { "pwd mfa", 1, 2 },
        { "pwd face", 2, 3 },
        { "hwk fpt", 2, 3 },
        { "iris mfa", 2, 3 },
        { "pwd hwk face", 2, 4 },
        { "face otp pin", 1, 4 },
        { "PWD FACE", 1, 1 },
        { "pwdface", 1, 1 },
        { "unheard of", 1, 1 },
    };

    for (size_t i = 0; i < LEN(cases); i++)
        check_int(acr_of_methods(str_c(cases[i].amr), cases[i].account_level), cases[i].want);
}

TEST(names_stand_for_levels_and_nothing_else_does)
{
    int first;
    unsigned set;

    check_int(acr_read(STR("urn:vn:loa:1"), false), 1);
    check_int(acr_read(STR("urn:vn:loa:4"), false), 4);
    check_int(acr_read(STR("urn:motcua:acr:vn-nd69:3"), false), 3);
    check_int(acr_read(STR("urn:vn:loa:0"), false), 0);
    check_int(acr_read(STR("urn:vn:loa:5"), false), 0);
    check_int(acr_read(STR("urn:vn:loa:22"), false), 0);
    check_int(acr_read(STR("urn:vn:loa:"), false), 0);
    check_int(acr_read(STR("LoA2"), false), 0);
    check_int(acr_read(STR("LoA2"), true), 2);
    check_int(acr_read(STR("LoA3"), true), 0);
    check_int(acr_read(STR(""), true), 0);
    set = acr_set(STR("nothing urn:vn:loa:3 LoA1 urn:vn:loa:2"), false, &first);
    check_int(first, 3);
    check_int(acr_set_least(set), 2);
    check_int(acr_set_best(set, 4), 3);
    check_int(acr_set_best(set, 2), 2);
    check_int(acr_set_best(set, 1), 0);
    check_int(acr_set(STR("x y"), true, &first), 0);
    check_int(first, 0);
    check_int(acr_set_least(0), 0);
}
