#include "auth/session_holds.h"

#include "auth/session.h"
#include "conf/conf.h"
#include "store/kv.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;

static struct auth *here(void)
{
    return world(fixture_pool(), fixture_kv(), &fixture_clock);
}

static bool has(struct auth *au, struct str key)
{
    struct str value;
    bool found;

    check_ok(kv_get(au->kv, test_arena(), key, &found, &value, &e), e);
    return found;
}

static struct str kept(struct auth *au, struct str sid, int i)
{
    const struct str key = str_fmt(test_arena(), "refresh:%d", i);

    check_ok(session_hold(au, test_arena(), sid, key, &e), e);
    check_ok(kv_put(au->kv, key, STR("x"), 1000, &e), e);
    return key;
}

TEST_KV(what_a_session_holds_goes_with_it_and_nothing_else)
{
    struct auth *au = here();
    const struct str one = kept(au, STR("s1"), 1), two = kept(au, STR("s1"), 2);
    const struct str other = kept(au, STR("s2"), 3);

    check_ok(session_let_go(au, test_arena(), STR("s1"), &e), e);
    check(!has(au, one) && !has(au, two) && !has(au, STR("held:s1")));
    check(has(au, other) && has(au, STR("held:s2")));
    check_ok(session_let_go(au, test_arena(), STR("s1"), &e), e);
    check_ok(session_let_go(au, test_arena(), STR("never"), &e), e);
}

TEST_KV(a_session_holds_no_more_than_its_bytes_and_the_oldest_goes)
{
    struct auth *au = here();
    const int many = SESSION_HOLD_BYTES_MAX / 10;
    struct str list;
    bool found;

    for (int i = 0; i < many; i++)
        (void)kept(au, STR("s1"), 100000 + i);
    check_ok(kv_get(au->kv, test_arena(), STR("held:s1"), &found, &list, &e), e);
    check(list.n <= SESSION_HOLD_BYTES_MAX);
    check(!has(au, STR("refresh:100000")));
    check(has(au, str_fmt(test_arena(), "refresh:%d", 100000 + many - 1)));
    check_ok(session_let_go(au, test_arena(), STR("s1"), &e), e);
    for (int i = 0; i < many; i++)
        check(!has(au, str_fmt(test_arena(), "refresh:%d", 100000 + i)));
}
