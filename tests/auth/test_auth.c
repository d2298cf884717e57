#include "auth/auth.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "store/audit.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;

TEST(a_missing_secret_refuses_to_start)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    struct auth other = *au;

    world_conf()->person.secret_file = STR("/nowhere/secret");
    check_fails(auth_open(&other, &e), e, ERR_CONFIG);
    auth_close(&other);
    world_conf()->person.policy = STR("skip"); /* a portal may ask for more */
    check_fails(auth_open(&other, &e), e, ERR_CONFIG);
    auth_close(&other);
    world_conf()->person.secret_file = STR(""); /* an installation without the register */
    check_ok(auth_open(&other, &e), e);
    auth_close(&other);
    world_conf()->vneid.client_secret_file = STR("");
    check_fails(auth_open(&other, &e), e, ERR_CONFIG);
    auth_close(&other);
}

TEST(a_key_says_nothing_about_its_value)
{
    const struct str key = auth_key(test_arena(), "code", STR("abc"));

    check_str(key, "code:ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"); /* FIPS 180-4 "abc" */
}

TEST(forms_are_encoded_and_empty_values_left_out)
{
    const struct pair fields[] = { { STR("a"), STR("x y&z") },
                                   { STR("b"), STR("") },
                                   { STR("c"), STR("Hòa") } };

    check_str(auth_form(test_arena(), fields, LEN(fields)), "a=x%20y%26z&c=H%C3%B2a");
}

TEST_STORE(a_sign_in_leaves_a_chain_that_verifies)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    int64_t rows;

    (void)world_client(au);
    (void)world_login(au);
    check_ok(audit_verify(au->sql, &rows, &e), e);
    check_int(rows, 4); /* client.add, person.query, person.answer, login.ok */
}
