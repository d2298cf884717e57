/* What of a person officers see: masked, one field of one record unmasked, audited, for minutes. */
#include "web/personal.h"

#include "base/err.h"
#include "base/str.h"
#include "store/audit_view.h"
#include "tests/fixture.h"
#include "web/app.h"

static struct app app;

static struct ctx officer(enum staff_role role, const char *session)
{
    app.conf.finance.personal_role = STR("approver");
    app.stores.sql = fixture_pool();
    app.stores.kv = fixture_kv();
    app.auth.sql = fixture_pool();
    app.auth.clock = &fixture_clock;
    return (struct ctx){
        .app = &app,
        .arena = test_arena(),
        .now_ms = clock_now_ms(&fixture_clock),
        .staff = { .name = STR("an"), .key = str_c(session), .role = role },
        .visit = { .arena = test_arena(), .request_id = STR("r-1"), .ip = STR("192.0.2.1") }
    };
}

static bool shown(const struct ctx *c, const char *record, const char *field)
{
    struct err e = { .code = ERR_NONE };
    int64_t until_ms;
    bool is;

    check_ok(personal_is_shown(c, str_c(record), str_c(field), &is, &until_ms, &e), e);
    check(is == (until_ms > c->now_ms) || personal_may_see(c));
    return is;
}

TEST(names_keep_their_first_letters_and_numbers_their_last_three_digits)
{
    static const char *const pairs[][2] = {
        { "", "" },
        { "Nguyễn Thị Hòa", "N••••• T•• H••" },
        { "Đỗ", "Đ•" },
        { "038085012345", "•••••••••345" },
        { "12345", "•••••" }, /* too short to show any of it */
        { "09 0123 4567", "•• •••• •567" },
        { "a@b.vn", "a•••••" },
    };

    for (size_t i = 0; i < LEN(pairs); i++)
        check_str(personal_mask(test_arena(), str_c(pairs[i][0])), pairs[i][1]);
}

TEST(the_setting_says_from_which_role_on_all_is_seen)
{
    struct ctx c = officer(STAFF_APPROVER, "s1");

    check(personal_may_see(&c));
    c.staff.role = STAFF_OFFICER;
    check(!personal_may_see(&c));
    app.conf.finance.personal_role = STR("nobody");
    c.staff.role = STAFF_ADMINISTRATOR;
    check(!personal_may_see(&c));
}

TEST_STORE(one_field_is_unmasked_with_a_reason_that_is_written_down_first)
{
    const struct ctx c = officer(STAFF_OFFICER, "s1"), other = officer(STAFF_OFFICER, "s2");
    const struct ctx viewer = officer(STAFF_VIEWER, "s3");
    const struct audit_query q = { .before = audit_place_at(INT64_MAX), .rows_max = 10 };
    const struct str reason = STR("đối chiếu hồ sơ");
    struct err e = { .code = ERR_NONE };
    struct audit_row *rows;
    size_t n;

    check_fails(personal_show(&viewer, STR("pay_1"), STR("payer"), reason, &e), e, ERR_FORBIDDEN);
    check_fails(personal_show(&c, STR("pay_1"), STR("payer"), STR(" x "), &e), e, ERR_INVALID);
    check(!shown(&c, "pay_1", "payer"));
    check_ok(personal_show(&c, STR("pay_1"), STR("payer"), reason, &e), e);
    check(shown(&c, "pay_1", "payer"));
    check(!shown(&c, "pay_1", "id"));
    check(!shown(&c, "pay_2", "payer"));
    check(!shown(&other, "pay_1", "payer"));
    check_ok(audit_view(fixture_pool(), test_arena(), &q, &rows, &n, &e), e);
    check_int(n, 1);
    check_str(rows[0].action, "personal.show");
    check_str(rows[0].subject, "pay_1");
    check(str_has(rows[0].detail, reason));
}

TEST_STORE(what_was_unmasked_is_masked_again_after_its_time)
{
    struct ctx c = officer(STAFF_OFFICER, "s1");
    struct err e = { .code = ERR_NONE };

    check_ok(personal_show(&c, STR("pay_1"), STR("payer"), STR("đối chiếu hồ sơ"), &e), e);
    c.now_ms += PERSONAL_SHOWN_S * 1000 - 1;
    check(shown(&c, "pay_1", "payer"));
    c.now_ms++;
    check(!shown(&c, "pay_1", "payer"));
}
