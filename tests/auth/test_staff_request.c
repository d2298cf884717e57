#include "auth/staff_request.h"

#include "auth/staff_session.h"
#include "base/clock.h"
#include "tests/auth/officer.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;

static struct auth *here(void)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);

    officer_add(au, "quan.tri", STAFF_ADMINISTRATOR);
    officer_add(au, "hai", STAFF_ADMINISTRATOR);
    officer_add(au, "an.nguyen", STAFF_OFFICER);
    return au;
}

static struct visit as(const char *officer)
{
    struct visit v = world_visit();

    v.officer = str_c(officer);
    return v;
}

static enum err_code ask(struct auth *au, const char *officer, const char *name, enum staff_act act,
                         bool *waits)
{
    const struct visit v = as(officer);
    const struct staff_request r = { .name = str_c(name), .act = act, .role = STAFF_VIEWER };
    struct staff_done done = { .waits = false };

    e = (struct err){ 0 };
    (void)!staff_ask(au, &v, &r, &done, &e).failed;
    *waits = done.waits;
    return e.code;
}

static struct staff found(struct auth *au, const char *name)
{
    struct staff s = { 0 };
    bool is_there;

    check_ok(staff_find(au, test_arena(), str_c(name), &is_there, &s, &e), e);
    check(is_there);
    return s;
}

static struct str only_request(struct auth *au)
{
    struct staff_request *list;
    size_t n;

    check_ok(staff_requests(au, test_arena(), &list, &n, &e), e);
    check_int(n, 1);
    return list[0].id;
}

TEST_STORE(nobody_acts_on_the_own_account_and_one_is_enough_for_an_officer)
{
    struct auth *au = here();
    bool waits;

    check_int(ask(au, "quan.tri", "quan.tri", STAFF_ACT_DISABLE, &waits), ERR_FORBIDDEN);
    check_int(ask(au, "quan.tri", "nobody", STAFF_ACT_DISABLE, &waits), ERR_NOT_FOUND);
    check_int(ask(au, "quan.tri", "an.nguyen", STAFF_ACT_ROLE, &waits), ERR_NONE);
    check(!waits && found(au, "an.nguyen").role == STAFF_VIEWER);
    check_int(ask(au, "quan.tri", "an.nguyen", STAFF_ACT_DISABLE, &waits), ERR_NONE);
    check(!waits && found(au, "an.nguyen").disabled);
    check_int(ask(au, "quan.tri", "an.nguyen", STAFF_ACT_ENABLE, &waits), ERR_NONE);
    check(!found(au, "an.nguyen").disabled);
}

TEST_STORE(what_touches_an_administrator_takes_two)
{
    struct auth *au = here();
    const struct visit one = as("quan.tri"), target = as("hai"), two = as("quan.ba");
    struct staff_done done;
    struct str id;
    bool waits;

    check_int(ask(au, "quan.tri", "hai", STAFF_ACT_DISABLE, &waits), ERR_NONE);
    check(waits && !found(au, "hai").disabled);
    id = only_request(au);
    check_fails(staff_confirm(au, &one, id, &done, &e), e, ERR_FORBIDDEN);
    check_fails(staff_confirm(au, &target, id, &done, &e), e, ERR_FORBIDDEN);
    check_fails(staff_confirm(au, &two, STR("another"), &done, &e), e, ERR_NOT_FOUND);
    check(!found(au, "hai").disabled);
    officer_add(au, "quan.ba", STAFF_ADMINISTRATOR);
    check_ok(staff_confirm(au, &two, id, &done, &e), e);
    check(found(au, "hai").disabled);
    check_fails(staff_confirm(au, &two, id, &done, &e), e, ERR_NOT_FOUND);
}

TEST(a_request_is_withdrawn_or_grows_old)
{
    struct auth *au = here();
    const struct visit one = as("quan.tri"), two = as("quan.ba");
    struct staff_done done;
    struct str id;
    bool waits;

    check_int(ask(au, "quan.tri", "hai", STAFF_ACT_RESET, &waits), ERR_NONE);
    id = only_request(au);
    check_ok(staff_withdraw(au, &one, id, &e), e);
    check_fails(staff_confirm(au, &two, id, &done, &e), e, ERR_NOT_FOUND);
    check_int(ask(au, "quan.tri", "hai", STAFF_ACT_RESET, &waits), ERR_NONE);
    id = only_request(au);
    fixture_clock.fixed_ms += STAFF_REQUEST_TTL_S * 1000LL;
    check_fails(staff_confirm(au, &two, id, &done, &e), e, ERR_NOT_FOUND);
    check_fails(staff_withdraw(au, &one, id, &e), e, ERR_NOT_FOUND);
}
