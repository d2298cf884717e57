#include "auth/history.h"

#include "auth/session_rows.h"
#include "base/clock.h"
#include "base/json.h"
#include "store/audit.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;

static struct auth *here(void)
{
    return world(fixture_pool(), fixture_kv(), &fixture_clock);
}

static struct history sign_ins(struct auth *au, struct str account, struct str mark)
{
    struct history h;

    check_ok(history_sign_ins(au, test_arena(), account, mark, &h, &e), e);
    return h;
}

static void note(struct auth *au, const char *actor, const char *action, const char *subject,
                 const char *detail)
{
    const struct visit v = world_visit();
    DEFER(json_close) struct json *o = NULL;

    check_ok(json_read(str_c(detail), &o, &e), e);
    check_ok(auth_audit(au, &v, str_c(actor), action, str_c(subject), o, &e), e);
}

TEST_STORE(a_person_sees_how_they_signed_in_and_out_and_nobody_else_does)
{
    struct auth *au = here();
    const struct visit v = world_visit();
    const struct login_done done = world_login(au);
    struct history h;

    fixture_clock.fixed_ms += 1000;
    note(au, str_cstr(test_arena(), str_cat(test_arena(), STR("citizen:"), done.account.id)),
         "login.client", "client:portal", "{\"scope\":\"openid\"}");
    fixture_clock.fixed_ms += 1000;
    check_ok(session_end(au, &v, &done.session, &e), e);
    note(au, "citizen:acc_other", "login.ok", "login:x", "{}");
    h = sign_ins(au, done.account.id, STR(""));
    check_int(h.count, 3);
    check(h.rows[0].kind == HISTORY_OUT && h.rows[1].kind == HISTORY_PORTAL);
    check_str(h.rows[0].why, "left");
    check_str(h.rows[1].client_id, "portal");
    check_int(h.rows[2].kind, HISTORY_IN);
    check_str(h.rows[2].ip, "203.0.113.7");
    check_int(h.rows[2].at_ms, FIXTURE_NOW_MS);
    check_int(h.next.n, 0);
    check_int(sign_ins(au, STR("acc_nobody"), STR("")).count, 0);
}

TEST_STORE(an_attempt_that_was_refused_is_told_to_whose_account_it_was)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    const struct visit v = world_visit();
    const struct login_ask ask = { .return_path = STR("/") };
    struct login_done second;
    struct str browser;
    struct login l;
    struct form query;
    struct history h;

    fixture_clock.fixed_ms += 600000; /* past the register's cache */
    l = world_sent(au, &ask, &browser);
    query = world_callback(&l);
    upstream()->population = STR("<Envelope><Body><CongdanCollection/></Body></Envelope>");
    check(login_return(au, &v, &query, browser, STR(""), &second, &e).failed);
    check_int(e.code, ERR_PERSON_UNKNOWN);
    h = sign_ins(au, done.account.id, STR(""));
    check_int(h.count, 2);
    check_int(h.rows[0].kind, HISTORY_REFUSED);
    check_str(h.rows[0].why, "PERSON_UNKNOWN");
}

TEST_STORE(pages_follow_each_other_without_a_gap_or_a_row_twice)
{
    struct auth *au = here();
    bool seen[100] = { false };
    struct str mark = STR("");
    struct history h;
    int pages = 0;

    for (int i = 0; i < 100; i++) {
        note(au, "citizen:acc_1", "login.ok", "login:x",
             str_cstr(test_arena(), str_fmt(test_arena(), "{\"client\":\"c%d\"}", i)));
        if (i % 7 == 0) /* several in one millisecond */
            fixture_clock.fixed_ms += 1;
    }
    do {
        h = sign_ins(au, STR("acc_1"), mark);
        for (size_t i = 0; i < h.count; i++) {
            int64_t n;

            check(str_to_i64(str_from(h.rows[i].client_id, 1), &n) && !seen[n]);
            seen[n] = true;
        }
        mark = h.next;
        pages++;
    } while (mark.n > 0 && pages < 10);
    check_int(pages, 4);
    for (int i = 0; i < 100; i++)
        check(seen[i]);
}

TEST(what_is_no_mark_is_refused)
{
    static const char *const bad[] = { "x", "1-2", "1-2-3-4", "1-2-", "-1-2-3", "1-2-x", "1--3" };
    struct auth *au = here();
    struct history h;

    for (size_t i = 0; i < LEN(bad); i++)
        check_fails(history_sign_ins(au, test_arena(), STR("acc_1"), str_c(bad[i]), &h, &e), e,
                    ERR_INVALID);
}

TEST(what_is_older_than_thirteen_months_is_not_shown)
{
    struct auth *au = here();

    note(au, "citizen:acc_1", "login.ok", "login:x", "{}");
    fixture_clock.fixed_ms += HISTORY_DAYS * 86400000LL;
    check_int(sign_ins(au, STR("acc_1"), STR("")).count, 1);
    fixture_clock.fixed_ms += 1;
    check_int(sign_ins(au, STR("acc_1"), STR("")).count, 0);
}

TEST_STORE(who_asked_the_registers_why_and_with_what_outcome_is_told_once)
{
    struct auth *au = here();
    const struct login_done done = world_login(au);
    struct history h;

    check_ok(history_registers(au, test_arena(), &done.account, STR(""), &h, &e), e);
    check_int(h.count, 1);
    check_int(h.rows[0].kind, HISTORY_PERSON);
    check_str(h.rows[0].purpose, "login");
    check_str(h.rows[0].outcome, "MATCH");
    note(au, "system", "person.query", str_cstr(test_arena(), done.account.id_index),
         "{\"purpose\":\"login\",\"client\":\"portal\",\"ref\":\"r-9\"}");
    note(au, "system", "person.query", "of-somebody-else", "{\"purpose\":\"login\"}");
    check_ok(history_registers(au, test_arena(), &done.account, STR(""), &h, &e), e);
    check_int(h.count, 2);
    check_int(h.rows[0].outcome.n, 0); /* asked, and the process died */
    check_str(h.rows[0].client_id, "portal");
}
