#include "auth/client.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "auth/client_book.h"
#include "base/clock.h"
#include "base/embed.h"
#include "crypto/keyring.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"
#include "tests/store/raw.h"

extern const struct embed_set schema_files;

static struct err e;

static struct auth *here(void)
{
    return world(fixture_pool(), fixture_kv(), &fixture_clock);
}

static struct client some(const char *id)
{
    return (struct client){ .id = str_c(id),
                            .profile = CLIENT_OIDC,
                            .name_vi = STR("Cổng"),
                            .has_secret = true,
                            .redirect_uris = { STR("https://a.example.vn/cb") },
                            .redirect_count = 1 };
}

TEST_STORE(a_client_is_registered_loaded_listed_and_removed)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct client c = world_client(au), got, *list, other = some("another");
    struct str secret = STR("");
    size_t n;

    check_ok(client_add(au, &v, &other, &secret, &e), e);
    check(secret.n >= 43);
    check_ok(client_load(au, v.arena, STR("portal"), &got, &e), e);
    check_same(got.name_vi, c.name_vi);
    check_same(got.name_en, c.name_vi);
    check_int(got.redirect_count, 1);
    check_int(got.post_logout_count, 1);
    check_str(got.sector, "portal.example.vn");
    check_int(got.profile, CLIENT_OIDC);
    check_ok(client_list(au, v.arena, &list, &n, &e), e);
    check_int(n, 2);
    check_str(list[0].id, "another");
    check_str(list[0].scopes, "openid profile");
    check_ok(client_remove(au, &v, STR("portal"), &e), e);
    check_fails(client_remove(au, &v, STR("portal"), &e), e, ERR_NOT_FOUND);
    check_fails(client_load(au, v.arena, STR("portal"), &got, &e), e, ERR_NOT_FOUND);
    check_fails(client_add(au, &v, &other, &secret, &e), e, ERR_CONFLICT);
}

TEST(what_may_not_be_registered)
{
    static const char *const uris[] = {
        "",
        "portal.example.vn/cb",
        "http://portal.example.vn/cb",
        "https://portal.example.vn/cb#x",
        "https://user@portal.example.vn/cb",
        "https:///cb",
        "https://portal.example.vn/c b",
        "https://portal.example.vn/\\x",
        "javascript:alert(1)",
        "https://*.example.vn/<x>",
        "http://127.0.0.1.evil.example/cb",
        "https://cổng.example.vn/cb",
    };
    struct auth *au = here();
    const struct visit v = world_visit();
    struct str secret = STR("");

    for (size_t i = 0; i < LEN(uris); i++) {
        struct client c = some("one");

        c.redirect_uris[0] = str_c(uris[i]);
        check_fails(client_add(au, &v, &c, &secret, &e), e, ERR_INVALID);
        check_str(str_c(e.field), "redirect_uris");
        c = some("one");
        c.post_logout_uris[0] = str_c(uris[i]);
        c.post_logout_count = 1;
        check_fails(client_add(au, &v, &c, &secret, &e), e, ERR_INVALID);
    }
}

TEST(fields_are_checked_by_name)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct client bad[10];
    static const char *const fields[] = { "client_id",     "client_id",   "client_name",
                                          "scope",         "grant_types", "redirect_uris",
                                          "redirect_uris", "grant_types", "secret",
                                          "sector" };
    struct str secret;

    for (size_t i = 0; i < LEN(bad); i++)
        bad[i] = some("one");
    bad[0].id = STR("ab");
    bad[1].id = STR("Portal");
    bad[2].name_vi = STR("");
    bad[3].scopes = STR("a\"b");
    bad[4].grants = STR("implicit");
    bad[5].redirect_uris[0] = STR("ftp://portal.example.vn/");
    bad[6].redirect_count = 0;
    bad[7].grants = STR("client_credentials");
    bad[7].has_secret = false;
    bad[9].sector = STR("a b");
    for (size_t i = 0; i < LEN(bad); i++) {
        secret = i == 8 ? STR("too-short") : STR("");
        check_fails(client_add(au, &v, &bad[i], &secret, &e), e, ERR_INVALID);
        check_str(str_c(e.field), fields[i]);
    }
}

TEST_STORE(a_secret_opens_its_client_only)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct client public = some("public"), got = { 0 };
    struct str secret = STR("");

    (void)world_client(au);
    public.has_secret = false;
    check_ok(client_add(au, &v, &public, &secret, &e), e);
    check_ok(client_authenticate(au, v.arena, STR("portal"), STR(WORLD_SECRET), &got, &e), e);
    check_str(got.id, "portal");
    check_ok(client_authenticate(au, v.arena, STR("public"), STR(""), &got, &e), e);
    got = (struct client){ 0 };
    check_fails(client_authenticate(au, v.arena, STR("portal"), STR(""), &got, &e), e,
                ERR_BAD_CLIENT);
    check_fails(client_authenticate(au, v.arena, STR("portal"), STR("x"), &got, &e), e,
                ERR_BAD_CLIENT);
    check_fails(client_authenticate(au, v.arena, STR("nobody"), STR(WORLD_SECRET), &got, &e), e,
                ERR_BAD_CLIENT);
    check_fails(client_authenticate(au, v.arena, STR("public"), STR("x"), &got, &e), e,
                ERR_BAD_CLIENT);
    check_fails(client_authenticate(au, v.arena, STR("';--"), STR("x"), &got, &e), e,
                ERR_BAD_CLIENT);
    check_int(got.id.n, 0);
}

TEST(lists_hold_whole_words)
{
    check(client_list_has(STR("a bc d"), STR("bc")));
    check(client_list_has(STR(" bc "), STR("bc")));
    check(!client_list_has(STR("a bc d"), STR("b")));
    check(!client_list_has(STR("a bc d"), STR("a bc")));
    check(!client_list_has(STR(""), STR("")));
    check(!client_list_has(STR("a  b"), STR("")));
}

TEST_STORE(a_disabled_client_is_out_with_its_tokens)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const int64_t now_s = fixture_clock.fixed_ms / 1000;
    struct client got;

    (void)world_client(au);
    check_ok(client_token_check(au, STR("portal"), now_s, &e), e);
    check_fails(client_token_check(au, STR("portal"), now_s - 1, &e), e, ERR_BAD_TOKEN);
    check_fails(client_token_check(au, STR("nobody"), now_s, &e), e, ERR_BAD_TOKEN);
    check_ok(client_disable(au, &v, STR("portal"), true, &e), e);
    check_fails(client_token_check(au, STR("portal"), now_s, &e), e, ERR_BAD_TOKEN);
    check_fails(client_load(au, v.arena, STR("portal"), &got, &e), e, ERR_NOT_FOUND);
    check_fails(client_authenticate(au, v.arena, STR("portal"), STR(WORLD_SECRET), &got, &e), e,
                ERR_BAD_CLIENT);
    check_ok(client_load_any(au, v.arena, STR("portal"), &got, &e), e);
    check(got.disabled);
    check_ok(client_disable(au, &v, STR("portal"), false, &e), e);
    check_ok(client_load(au, v.arena, STR("portal"), &got, &e), e);
    check_fails(client_token_check(au, STR("portal"), now_s, &e), e, ERR_BAD_TOKEN);
    check_ok(client_token_check(au, STR("portal"), now_s + 1, &e), e);
    check_ok(client_remove(au, &v, STR("portal"), &e), e);
    check_fails(client_token_check(au, STR("portal"), now_s + 1, &e), e, ERR_BAD_TOKEN);
    check_fails(client_disable(au, &v, STR("portal"), true, &e), e, ERR_NOT_FOUND);
}

TEST_STORE(an_old_secret_goes_on_for_as_long_as_was_said)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct str secret = STR(""), third = STR("");
    struct client got;

    (void)world_client(au);
    check_ok(client_secret_new(au, &v, STR("portal"), 60, &secret, &e), e);
    check_ok(client_authenticate(au, v.arena, STR("portal"), secret, &got, &e), e);
    check_ok(client_authenticate(au, v.arena, STR("portal"), STR(WORLD_SECRET), &got, &e), e);
    fixture_clock.fixed_ms += 60000;
    check_fails(client_authenticate(au, v.arena, STR("portal"), STR(WORLD_SECRET), &got, &e), e,
                ERR_BAD_CLIENT);
    check_ok(client_secret_new(au, &v, STR("portal"), 0, &third, &e), e);
    check_fails(client_authenticate(au, v.arena, STR("portal"), secret, &got, &e), e,
                ERR_BAD_CLIENT);
    check_ok(client_authenticate(au, v.arena, STR("portal"), third, &got, &e), e);
    check_fails(client_secret_new(au, &v, STR("nobody"), 0, &secret, &e), e, ERR_NOT_FOUND);
}

TEST_STORE(what_is_changed_is_loaded)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct client c = world_client(au), got;

    c.scopes = STR("openid");
    c.id_token_alg = KEY_PS256;
    check_ok(client_change(au, &v, &c, &e), e);
    check_ok(client_load(au, v.arena, STR("portal"), &got, &e), e);
    check_str(got.scopes, "openid");
    check_int(got.id_token_alg, KEY_PS256);
    check(got.has_secret);
    c.redirect_uris[0] = STR("https://portal.example.vn/#x");
    check_fails(client_change(au, &v, &c, &e), e, ERR_INVALID);
    c.redirect_uris[0] = STR(WORLD_RETURN);
    c.id = STR("nobody");
    check_fails(client_change(au, &v, &c, &e), e, ERR_NOT_FOUND);
}

/* Another process writes past this one's table. */
static void tamper(const char *statements)
{
    const struct sql_config c = fixture_sql_config();

    raw_run(&c, statements);
    client_book_forget(here());
}

TEST_STORE(a_start_names_the_client_and_the_field_that_break_the_rules)
{
    struct auth *au = here();
    struct client got;

    (void)world_client(au);
    check_ok(client_verify_all(au, &e), e);
    tamper("UPDATE client SET metadata = REPLACE(metadata, '_response_alg\":\"ES256', "
           "'_response_alg\":\"PS256');"
           "UPDATE client_version SET version = version + 1;");
    check_fails(client_verify_all(au, &e), e, ERR_CONFIG); /* no key to sign for it with */
    check_str(str_c(e.field), "id_token_signed_response_alg");
    tamper("UPDATE client SET profile = 'fapi2';"
           "UPDATE client_version SET version = version + 1;");
    check_fails(client_verify_all(au, &e), e, ERR_CONFIG);
    check_str(str_c(e.field), "token_endpoint_auth_method");
    check(str_has(str_c(e.detail), STR("client portal")));
    tamper("UPDATE client SET profile = 'oidc', metadata = '{\"require_pkce\":1}';"
           "UPDATE client_version SET version = version + 1;");
    check_fails(client_verify_all(au, &e), e, ERR_CONFIG);
    check_str(str_c(e.field), "require_pkce");
    check_fails(client_load(au, test_arena(), STR("portal"), &got, &e), e, ERR_NOT_FOUND);
    tamper("UPDATE client SET metadata = '{';"
           "UPDATE client_version SET version = version + 1;");
    check_fails(client_verify_all(au, &e), e, ERR_CONFIG);
    tamper("UPDATE client SET metadata = '{}', profile = 'fapi3';"
           "UPDATE client_version SET version = version + 1;");
    check_fails(client_verify_all(au, &e), e, ERR_CONFIG);
    check_str(str_c(e.field), "profile");
}

TEST_STORE(what_another_process_removed_is_seen_within_seconds)
{
    struct auth *au = here();
    const struct sql_config c = fixture_sql_config();
    const int64_t start_ms = clock_monotonic_ms();
    const struct timespec pause = { .tv_nsec = 50000000 };
    struct client got;

    (void)world_client(au);
    check_ok(client_load(au, test_arena(), STR("portal"), &got, &e), e);
    raw_run(&c, "DELETE FROM client; UPDATE client_version SET version = version + 1;");
    while (!client_load(au, test_arena(), STR("portal"), &got, &e).failed) {
        check(clock_monotonic_ms() - start_ms < CLIENT_FRESH_MS + 3000);
        (void)nanosleep(&pause, NULL);
    }
    check_int(e.code, ERR_NOT_FOUND);
}

TEST_STORE(a_store_that_does_not_answer_lets_nobody_in)
{
    struct auth *au = here();
    struct client got;

    (void)world_client(au);
    tamper("ALTER TABLE client_version RENAME TO client_version_away;");
    check_fails(client_load(au, test_arena(), STR("portal"), &got, &e), e, ERR_STORE);
    check_fails(client_authenticate(au, test_arena(), STR("portal"), STR(WORLD_SECRET), &got, &e),
                e, ERR_STORE);
    tamper("ALTER TABLE client_version_away RENAME TO client_version;");
    check_ok(client_load(au, test_arena(), STR("portal"), &got, &e), e);
}

#define LOADERS 8

static void *load_many(void *arg)
{
    struct arena *a = arena_open((size_t)1 << 20);
    struct client got;
    struct err why = { 0 };

    for (int i = 0; i < 200; i++) {
        arena_reset(a);
        if (client_load(arg, a, STR("portal"), &got, &why).failed ||
            !str_is(got.sector, "portal.example.vn"))
            break;
    }
    arena_close(&a);
    return why.code == ERR_NONE ? NULL : arg;
}

TEST(many_threads_load_while_clients_change)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    struct client c = world_client(au);
    pthread_t threads[LOADERS];

    for (int i = 0; i < LOADERS; i++)
        check_int(pthread_create(&threads[i], NULL, load_many, au), 0);
    for (int i = 0; i < 20; i++)
        check_ok(client_change(au, &v, &c, &e), e);
    for (int i = 0; i < LOADERS; i++) {
        void *failed;

        check_int(pthread_join(threads[i], &failed), 0);
        check(failed == NULL);
    }
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define OLD_ROWS                                                                                    \
    "INSERT INTO client VALUES ('old-portal', 'Cổng \"cũ\" \\ x', 'Old', %s, 'openid profile', " \
    "'authorization_code client_credentials', 'old.example.vn', 'oidc', 77);"                       \
    "INSERT INTO client VALUES ('old-public', 'P', 'P', NULL, 'openid', 'authorization_code', "     \
    "'a.example.vn', 'oidc', 78);"                                                                  \
    "INSERT INTO client_uri VALUES ('old-portal', 'redirect', 0, 'https://a.example/');"            \
    "INSERT INTO client_uri VALUES ('old-portal', 'redirect', 1, 'https://b.example/');"            \
    "INSERT INTO client_uri VALUES ('old-portal', 'post_logout', 0, 'https://c.example/');"         \
    "INSERT INTO client_uri VALUES ('old-public', 'redirect', 0, 'https://d.example/');"

/* The schema as it was before clients had documents. */
static struct sql_pool *pool_before(struct embedded *files)
{
    const struct sql_config c = fixture_sql_config();
    struct embed_set before = { .files = files };
    struct sql_pool *p = NULL;
    int applied;

    for (size_t i = 0; i < schema_files.n; i++)
        if (str_cmp(schema_files.files[i].name, STR("0005")) < 0)
            files[before.n++] = schema_files.files[i];
    check_ok(sql_open(&c, &p, &e), e);
    check_ok(migrate_up_set(p, &before, &fixture_clock, &applied, &e), e);
    check_int(applied, 4);
    return p;
}

TEST_STORE(clients_of_the_old_tables_go_on)
{
    const struct sql_config c = fixture_sql_config();
    struct embedded files[8];
    struct sql_pool *p = pool_before(files);
    struct client *list;
    struct auth *au;
    size_t n;
    int applied;

    raw_run(&c, str_cstr(test_arena(), str_fmt(test_arena(), OLD_ROWS,
                                               strcmp(test_engine(), "postgresql") == 0
                                                   ? "decode('" ZEROS "', 'hex')"
                                                   : "x'" ZEROS "'")));
    check_ok(migrate_up(p, &fixture_clock, &applied, &e), e);
    au = world(p, fixture_kv(), &fixture_clock);
    check_ok(client_list(au, test_arena(), &list, &n, &e), e);
    check_int(n, 2);
    check_str(list[0].name_vi, "Cổng \"cũ\" \\ x");
    check_int(list[0].redirect_count, 2);
    check_str(list[0].redirect_uris[1], "https://b.example/");
    check_str(list[0].post_logout_uris[0], "https://c.example/");
    check_str(list[0].sector, "old.example.vn");
    check_str(list[0].grants, "authorization_code client_credentials");
    check_int(list[0].profile, CLIENT_OIDC);
    check_int(list[0].id_token_alg, KEY_ES256);
    check_int(list[0].created_ms, 77);
    check_int(list[1].way, CLIENT_WAY_NONE);
    check(list[1].pkce_only);
    check(!list[0].par_only && !list[0].dpop_bound);
}

TEST(an_address_that_is_not_registered_is_explained_by_the_byte_that_differs)
{
    static const struct {
        const char *uri, *starts;
    } cases[] = {
        { "https://portal.example.vn/callback", "" },
        { "https://portal.example.vn/callback/", "byte 35: its end is registered, here is '/'" },
        { "https://portal.example.vn/Callback", "byte 27: 'c' is registered, here is 'C'" },
        { "https://portal.example.vn/callbac", "byte 34: 'k' is registered, here is its end" },
        { "https://portal.example.vn/callback ", "byte 35: its end is registered, here is %20" },
        { "http://portal.example.vn/callback", "byte 5: 's' is registered, here is ':'" },
        { "https://second.example.vn/x", "byte 27: 'b' is registered, here is 'x'" },
        { "", "byte 1: 'h' is registered, here is its end" },
    };
    const struct client c = {
        .redirect_uris = { STR(WORLD_RETURN), STR("https://second.example.vn/back") },
        .redirect_count = 2,
    };
    const struct client none = { .redirect_count = 0 };

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct str said = client_redirect_difference(test_arena(), &c, str_c(cases[i].uri));

        check((said.n == 0) == (cases[i].starts[0] == '\0'));
        if (!str_starts(said, str_c(cases[i].starts)))
            test_fail(__FILE__, __LINE__, "%.*s", STR_ARG(said));
    }
    check_str(client_redirect_difference(test_arena(), &none, STR("x")),
              "no redirect address is registered");
}

TEST(agencies_are_all_or_those_that_are_listed)
{
    const struct client all = { .agencies = STR("") }, some_only = { .agencies = STR("H56 H57") };

    check(client_may_agency(&all, STR("H99")));
    check(client_may_agency(&some_only, STR("H57")));
    check(!client_may_agency(&some_only, STR("H5")));
    check(!client_may_agency(&some_only, STR("")));
}
