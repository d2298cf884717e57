#include "auth/account.h"

#include "auth/session_rows.h"
#include "base/clock.h"
#include "crypto/seal.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

#include <pthread.h>
#include <stdio.h>

static struct err e;

static struct vneid_claims citizen(const char *tech_id, const char *number)
{
    return (struct vneid_claims){ .sub = str_c(tech_id),
                                  .tech_id = str_c(tech_id),
                                  .kind = VNEID_CITIZEN,
                                  .level = 2,
                                  .name = STR("Nguyễn Văn Thử"),
                                  .number = str_c(number),
                                  .birth = { 1953, 0, 0 } };
}

static struct account save(struct auth *au, const struct vneid_claims *c)
{
    const struct visit v = world_visit();
    const struct account_seen seen = { .claims = c, .checked = true, .checked_ms = 7 };
    struct account acc;

    check_ok(account_save(au, &v, &seen, &acc, &e), e);
    return acc;
}

TEST_STORE(a_sign_in_makes_an_account_and_the_next_one_updates_it)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    struct vneid_claims c = citizen("T1", WORLD_NUMBER);
    const struct account first = save(au, &c);
    struct account second;

    check(str_starts(first.id, STR("acc_")));
    check_str(first.profile.name, "Nguyễn Văn Thử");
    check_int(first.profile.birth.y, 1953);
    check_int(first.profile.birth.m, 0);
    check_same(first.id_index, seal_index(test_arena(), au->seal, STR("idno"), STR(WORLD_NUMBER)));
    fixture_clock.fixed_ms += 1000;
    c.name = STR("Nguyễn Văn Thử Mới");
    c.level = 1;
    second = save(au, &c);
    check_same(second.id, first.id);
    check_int(second.level, 1);
    check_str(second.profile.name, "Nguyễn Văn Thử Mới");
    check_int(second.created_ms, first.created_ms);
    check_int(second.updated_ms, first.updated_ms + 1000);
}

TEST_STORE(a_second_techid_of_one_citizen_leads_to_the_same_account)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct vneid_claims one = citizen("T1", WORLD_NUMBER), two = citizen("T2", WORLD_NUMBER),
                              other = citizen("T3", "079301000001"), bare1 = citizen("T4", ""),
                              bare2 = citizen("T5", "");
    const struct account first = save(au, &one);

    check_same(save(au, &two).id, first.id);
    check_same(save(au, &one).id, first.id);
    check(!str_eq(save(au, &other).id, first.id));
    check(!str_eq(save(au, &bare1).id, save(au, &bare2).id));
}

TEST_STORE(a_number_that_nobody_confirmed_leads_to_nobodys_account)
{
    static const struct {
        int level;
        bool checked, degraded;
        enum err_code want;
    } cases[] = {
        { 1, false, true, ERR_UPSTREAM_DOWN }, /* later, when the register answers */
        { 1, false, false, ERR_FORBIDDEN },    /* it is never asked */
        { 1, true, false, ERR_NONE },          { 2, false, true, ERR_NONE },
        { 2, false, false, ERR_NONE },
    };
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct vneid_claims owner = citizen("T1", WORLD_NUMBER);
    const struct account first = save(au, &owner);
    const struct visit v = world_visit();

    for (size_t i = 0; i < LEN(cases); i++) {
        struct vneid_claims c = citizen("T2", WORLD_NUMBER);
        const struct account_seen seen = { .claims = &c,
                                           .checked = cases[i].checked,
                                           .degraded = cases[i].degraded };
        struct account acc;

        c.level = cases[i].level;
        c.tech_id = str_fmt(test_arena(), "T-%zu", i);
        e = (struct err){ 0 };
        if (!account_save(au, &v, &seen, &acc, &e).failed)
            check_same(acc.id, first.id);
        check_int(e.code, cases[i].want);
    }
    check(save(au, &owner).checked);
}

TEST_STORE(an_enterprise_has_an_account_for_each_representative_and_one_index)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    struct vneid_claims one = citizen("F1", WORLD_NUMBER), two = citizen("F2", "079301000001");
    struct account a, b;

    one.kind = two.kind = VNEID_ENTERPRISE;
    one.business_code = STR("9900000016");
    two.business_code = STR("9900000016");
    one.business_name = STR("Công ty Thử");
    a = save(au, &one);
    b = save(au, &two);
    check(!str_eq(a.id, b.id));
    check_same(a.id_index, b.id_index);
    check_same(a.id_index, seal_index(test_arena(), au->seal, STR("idno"), STR("9900000016")));
    check_str(account_name(&a), "Công ty Thử");
    check_str(account_name(&b), "Nguyễn Văn Thử");
}

static void *save_again(void *arg)
{
    struct auth *au = arg;
    struct arena *a = arena_open((size_t)8 << 20);
    const struct visit v = { .arena = a, .request_id = STR("t"), .ip = STR("203.0.113.7") };
    const struct vneid_claims c = citizen("T9", "");
    const struct account_seen seen = { .claims = &c };
    struct account acc;
    struct err why;
    char *id = NULL;

    if (!account_save(au, &v, &seen, &acc, &why).failed)
        id = strdup(str_cstr(a, acc.id));
    arena_close(&a);
    return id;
}

TEST_STORE(first_sign_ins_at_once_make_one_account)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    pthread_t threads[4];
    char *ids[4];

    for (size_t i = 0; i < LEN(threads); i++)
        check(pthread_create(&threads[i], NULL, save_again, au) == 0);
    for (size_t i = 0; i < LEN(threads); i++) {
        void *id;

        check(pthread_join(threads[i], &id) == 0);
        ids[i] = id;
        check(ids[i] != NULL);
        check_same(str_c(ids[i]), str_c(ids[0]));
    }
    for (size_t i = 0; i < LEN(threads); i++)
        free(ids[i]);
}

TEST(an_unknown_account_is_not_found)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    struct account acc;

    check_fails(account_load(au, test_arena(), STR("acc_x"), &acc, &e), e, ERR_NOT_FOUND);
}

TEST(the_database_holds_no_readable_personal_data)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct vneid_claims c = citizen("TECH-4711", WORLD_NUMBER);
    const struct str path = str_fmt(test_arena(), "%s/fixture.db", test_folder());
    static char bytes[4 << 20];
    size_t n = 0;

    (void)save(au, &c);
    for (int i = 0; i < 2; i++) {
        FILE *f = fopen(
            str_cstr(test_arena(), str_cat(test_arena(), path, i == 0 ? STR("") : STR("-wal"))),
            "rb");

        check(f != NULL);
        n += fread(bytes + n, 1, sizeof(bytes) - n, f);
        (void)fclose(f);
    }
    check(str_has(str_of(bytes, n), STR("acc_")));
    check(!str_has(str_of(bytes, n), STR(WORLD_NUMBER)));
    check(!str_has(str_of(bytes, n), STR("Nguyễn Văn Thử")));
    check(!str_has(str_of(bytes, n), STR("TECH-4711")));
}

static int64_t live(struct auth *au, struct str account)
{
    struct session_row *list;
    size_t n;

    check_ok(session_list(au, test_arena(), account, &list, &n, &e), e);
    return (int64_t)n;
}

TEST_STORE(a_blocked_account_has_no_session_and_gets_none_until_it_is_unblocked)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();
    const struct login_done done = world_login(au);
    const struct account_seen seen = { .claims = &done.account.profile, .checked = true };
    struct account acc;
    struct session s;
    struct str token;

    check_int(live(au, done.account.id), 1);
    check_ok(account_block(au, &v, done.account.id, STR("staff:test"), &e), e);
    check_int(live(au, done.account.id), 0);
    check_fails(account_save(au, &v, &seen, &acc, &e), e, ERR_BLOCKED);
    /* In the middle of a sign-in: the account was read before it was blocked. */
    check_fails(session_make(au, &v, &done.account, NULL, &s, &token, &e), e, ERR_BLOCKED);
    check_int(live(au, done.account.id), 0);
    check_ok(account_block(au, &v, done.account.id, STR("staff:test"), &e), e);
    check_ok(account_load(au, test_arena(), done.account.id, &acc, &e), e);
    check(acc.blocked_ms > 0);
    check_ok(account_unblock(au, &v, done.account.id, STR("staff:test"), &e), e);
    check_ok(session_make(au, &v, &done.account, NULL, &s, &token, &e), e);
    check_ok(account_save(au, &v, &seen, &acc, &e), e);
    check_int(acc.blocked_ms, 0);
    check_fails(account_block(au, &v, STR("acc_nobody"), STR("staff:test"), &e), e, ERR_NOT_FOUND);
    check_fails(account_unblock(au, &v, STR("acc_nobody"), STR("staff:test"), &e), e,
                ERR_NOT_FOUND);
}
