#include "auth/account_search.h"

#include "tests/auth/world.h"
#include "tests/fixture.h"

TEST_STORE(an_account_is_found_by_its_whole_number_only)
{
    static const char *const others[] = { "001087123457", "00108712345", "0010871234560", "" };
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct login_done done = world_login(au);
    struct account list[ACCOUNT_SEARCH_MAX];
    struct err e = { 0 };
    size_t n;

    check_ok(account_search(au, test_arena(), STR(WORLD_NUMBER), list, &n, &e), e);
    check_int(n, 1);
    check_same(list[0].id, done.session.account);
    for (size_t i = 0; i < LEN(others); i++) {
        check_ok(account_search(au, test_arena(), str_c(others[i]), list, &n, &e), e);
        check_int(n, 0);
    }
}
