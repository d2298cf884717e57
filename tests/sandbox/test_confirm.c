/* CONFIRM as motcua hears it, in every spoiled form. */
#include <time.h>

#include "tests/sandbox/stage.h"

struct heard {
    struct str code, partner, reference, amount, currency, txn;
    bool signed_well;
};

static struct str text(const struct json *o, const char *name)
{
    struct str s = STR("");
    (void)json_str(json_member(o, name), &s);
    return str_dup(test_arena(), s);
}

static struct heard heard_read(struct str body)
{
    static const char *const order[] = { "LoaiBanTin",      "MaLoi",      "MaDoiTac",
                                         "MaThamChieu",     "SoTien",     "MaTienTe",
                                         "MaGiaoDich",      "MaNganHang", "ThoiGianGD",
                                         "ThongTinGiaoDich" };
    struct arena *a = test_arena();
    DEFER(json_close) struct json *o = NULL;
    struct str joined = STR("");
    struct err e = { 0 };
    check_ok(json_read(body, &o, &e), e);
    for (size_t i = 0; i < LEN(order); i++)
        joined = str_cat(a, str_cat(a, joined, text(o, order[i])), STR("|"));
    return (struct heard){
        .code = text(o, "MaLoi"),
        .partner = text(o, "MaDoiTac"),
        .reference = text(o, "MaThamChieu"),
        .amount = text(o, "SoTien"),
        .currency = text(o, "MaTienTe"),
        .txn = text(o, "MaGiaoDich"),
        .signed_well =
            str_eq(joined_hash(str_cat(a, joined, STR(STAGE_SECRET))), text(o, "MaXacThuc")),
    };
}

static struct str notice_of(struct stage *s, const char *reference)
{
    DEFER(json_close)
    struct json *t =
        stage_json(stage_get(s, str_fmt(test_arena(), "/admin/transactions/%s", reference)));
    return stage_text(t, "captures/0/notice");
}

static void notice_wait(struct stage *s, const char *reference, const char *how)
{
    const struct timespec pause = { 0, 50 * 1000000L };
    for (int i = 0; i < 200 && !str_is(notice_of(s, reference), how); i++)
        nanosleep(&pause, NULL);
    check_str(notice_of(s, reference), how);
}

static struct confirms paid_with(struct stage *s, const char *fault, int at_least)
{
    stage_start(s, motcua_start(), NULL, NULL);
    stage_init(s, "HS1", 8000, "001087123456");
    stage_pay(s, "HS1", fault);
    return motcua_heard(at_least);
}

static void end(struct stage *s)
{
    stage_stop(s);
    motcua_stop();
}

TEST(a_payment_is_told_once_and_signed)
{
    struct stage s;
    struct heard h = heard_read(paid_with(&s, NULL, 1).bodies[0]);
    check(h.signed_well);
    check_str(h.code, "00");
    check_str(h.reference, "HS1");
    check_str(h.amount, "8000");
    check_str(h.currency, "VND");
    notice_wait(&s, "HS1", "confirmed");
    stage_restart(&s);
    check_int(motcua_heard(1).count, 1);
    end(&s);
}

TEST(it_is_repeated_until_it_is_acknowledged_also_across_a_restart)
{
    struct stage s;
    motcua_answers(false);
    paid_with(&s, NULL, 2);
    check_str(notice_of(&s, "HS1"), "");
    stage_restart(&s);
    int before = motcua_heard(3).count;
    motcua_answers(true);
    motcua_heard(before + 1);
    notice_wait(&s, "HS1", "confirmed");
    end(&s);
}

TEST(an_answer_that_only_echoes_the_hash_is_no_acknowledgement)
{
    struct stage s;
    motcua_signs(false);
    paid_with(&s, NULL, 2);
    check_str(notice_of(&s, "HS1"), "");
    motcua_signs(true);
    notice_wait(&s, "HS1", "confirmed");
    end(&s);
}

TEST(a_failure_is_told_as_one)
{
    struct stage s;
    stage_start(&s, motcua_start(), NULL, NULL);
    stage_init(&s, "HS1", 8000, "001087123456");
    check_int(stage_call(&s, METHOD_POST, STR("/admin/transactions/HS1/pay"), NULL,
                         "application/json", STR("{\"outcome\":\"failed\"}"))
                  .status,
              200);
    struct heard h = heard_read(motcua_heard(1).bodies[0]);
    check(h.signed_well && !str_is(h.code, "00"));
    check_str(h.txn, "");
    end(&s);
}

TEST(each_spoiled_notice_is_spoiled_in_one_way_and_not_repeated)
{
    static const struct {
        const char *fault;
        bool signed_well;
        const char *amount, *currency, *partner;
    } cases[] = {
        { "confirm_forged", false, "8000", "VND", "DT01" },
        { "confirm_amount=1", true, "8001", "VND", "DT01" },
        { "confirm_currency", true, "8000", "USD", "DT01" },
        { "confirm_partner", true, "8000", "VND", "ANOTHER" },
    };
    struct stage s;
    stage_start(&s, motcua_start(), NULL, NULL);
    for (int i = 0; i < (int)LEN(cases); i++) {
        const char *reference = str_cstr(test_arena(), str_fmt(test_arena(), "HS%d", i));
        stage_init(&s, reference, 8000, "001087123456");
        stage_pay(&s, reference, cases[i].fault);
        struct heard h = heard_read(motcua_heard(i + 1).bodies[i]);
        check(h.signed_well == cases[i].signed_well);
        check_str(h.amount, cases[i].amount);
        check_str(h.currency, cases[i].currency);
        check_str(h.partner, cases[i].partner);
        notice_wait(&s, reference, "spoiled");
    }
    check_int(motcua_heard(0).count, (int)LEN(cases));
    end(&s);
}

TEST(half_a_body_is_no_json)
{
    struct stage s;
    struct confirms c = paid_with(&s, "confirm_truncated", 1);
    struct json *doc = NULL;
    struct err e = { 0 };
    check_fails(json_read(c.bodies[0], &doc, &e), e, ERR_MALFORMED);
    end(&s);
}

TEST(a_lost_notice_is_never_sent)
{
    struct stage s;
    paid_with(&s, "confirm_lost", 0);
    notice_wait(&s, "HS1", "lost");
    check_int(motcua_heard(0).count, 0);
    end(&s);
}

TEST(duplicates_are_equal_and_a_contradiction_says_failure_after_success)
{
    struct stage s;
    struct confirms c = paid_with(&s, "confirm_duplicated=3", 3);
    check_same(c.bodies[1], c.bodies[0]);
    check_same(c.bodies[2], c.bodies[0]);
    notice_wait(&s, "HS1", "confirmed");
    stage_init(&s, "HS2", 9000, "001087123456");
    stage_pay(&s, "HS2", "confirm_contradicted");
    c = motcua_heard(5);
    check_str(heard_read(c.bodies[3]).code, "00");
    check_str(heard_read(c.bodies[4]).code, "99");
    check(heard_read(c.bodies[4]).signed_well);
    end(&s);
}

TEST(a_held_notice_is_overtaken_by_a_later_one)
{
    struct stage s;
    stage_start(&s, motcua_start(), NULL, NULL);
    stage_init(&s, "HS1", 8000, "001087123456");
    stage_init(&s, "HS2", 9000, "001087123456");
    stage_pay(&s, "HS1", "confirm_reordered=20000");
    stage_pay(&s, "HS2", "confirm_delayed=300");
    struct confirms c = motcua_heard(2);
    check_str(heard_read(c.bodies[0]).reference, "HS2");
    check_str(heard_read(c.bodies[1]).reference, "HS1");
    end(&s);
}

TEST(a_body_that_drips_still_arrives_whole_in_the_end)
{
    struct stage s;
    struct heard h = heard_read(paid_with(&s, "confirm_dripped=1", 1).bodies[0]);
    check(h.signed_well);
    notice_wait(&s, "HS1", "confirmed");
    end(&s);
}

TEST(paid_twice_and_late_success_are_told)
{
    struct stage s;
    struct confirms c = paid_with(&s, "portal_pay_twice", 2);
    struct heard one = heard_read(c.bodies[0]), two = heard_read(c.bodies[1]);
    check_same(one.reference, two.reference);
    check(!str_eq(one.txn, two.txn));
    stage_init(&s, "HS2", 9000, "001087123456");
    const char *const late[] = { "X-Sandbox-Fault: portal_late_success=300", NULL };
    check_int(stage_call(&s, METHOD_POST, STR("/admin/transactions/HS2/pay"), late,
                         "application/json", STR("{\"outcome\":\"failed\"}"))
                  .status,
              200);
    c = motcua_heard(4);
    check(!str_is(heard_read(c.bodies[2]).code, "00"));
    check_str(heard_read(c.bodies[3]).code, "00");
    DEFER(json_close) struct json *t = stage_json(stage_get(&s, STR("/admin/transactions/HS2")));
    check_str(stage_text(t, "state"), "paid");
    end(&s);
}
