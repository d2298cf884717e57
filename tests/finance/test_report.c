/* Figures worked out by hand from what was paid. One bill: 578.000 = phi 550.000 (kept 495.000, to
 * the budget 55.000) + le phi 28.000. */
#include "finance/report.h"

#include "conf/conf.h"
#include "finance/report_766.h"
#include "finance/report_dossier.h"
#include "finance/report_file.h"
#include "finance/report_kept.h"
#include "payments/counter.h"
#include "payments/ledger.h"
#include "payments/refund.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

static const struct date monday = { 2026, 11, 23 };

static const struct office *desk(void)
{
    static struct office f;
    static struct report_book *book;
    static struct conf conf;
    struct err e = { 0 };

    if (book == NULL)
        check_ok(report_book_open(str_cstr(test_arena(),
                                           str_fmt(test_arena(), "%s/conf/reports", test_source())),
                                  test_arena(), &book, &e),
                 e);
    conf.finance.report_at = STR("05:30");
    f = (struct office){ .till = &counter_open()->till, .reports = book, .conf = &conf };
    return &f;
}

static struct order ordered(const char *reference)
{
    struct order_request rq = counter_request();

    rq.reference = str_c(reference);
    return counter_order_for(counter_open(), &rq);
}

/* Paid through the portal after so many seconds. */
static struct order paid(const char *reference, int64_t after_s)
{
    struct counter *c = counter_open();
    const struct order o = ordered(reference);
    const struct str ref = counter_start(c, &o);
    struct err e = { 0 };

    counter_forward(c, after_s);
    counter_pay(c, ref);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    check_int(counter_attempt(c, ref), ATTEMPT_CAPTURED);
    return o;
}

static struct report_query query(const char *name, enum report_by by)
{
    return (struct report_query){ .name = str_c(name),
                                  .by = by,
                                  .from = { 2026, 11, 22 },
                                  .to = { 2026, 11, 24 },
                                  .language = STR("vi") };
}

static struct report_table make(const struct report_query *q)
{
    struct report_table t;
    struct err e = { 0 };

    check_ok(report_make(desk(), q, test_arena(), &t, &e), e);
    return t;
}

static int64_t at(const struct report_table *t, size_t row, const char *column)
{
    return report_cell(t, row, report_column_find(t, column))->n;
}

static struct str word(const struct report_table *t, size_t row, const char *column)
{
    return report_cell(t, row, report_column_find(t, column))->text;
}

TEST_STORE(a_day_shows_what_was_collected_by_kind_of_fee)
{
    struct report_query q = query("collections", REPORT_BY_DAY);
    struct report_table t;

    (void)paid("H56.14-261123-0001", 5);
    (void)paid("H56.14-261123-0002", 5);
    t = make(&q);
    /* 22, 23, 24 November and the sum. */
    check_int(t.row_count, 4);
    check(t.has_total);
    check_str(word(&t, 1, "day"), "2026-11-23");
    check_str(word(&t, 1, "weekday"), "monday");
    check_int(at(&t, 0, "collected"), 0);
    check_int(at(&t, 1, "le_phi"), 2 * 28000);
    check_int(at(&t, 1, "phi_budget"), 2 * 55000);
    check_int(at(&t, 1, "phi_kept"), 2 * 495000);
    check_int(at(&t, 1, "held"), 0);
    check_int(at(&t, 1, "collected"), 2 * 578000);
    check_int(at(&t, 3, "net"), 2 * 578000);
}

TEST_STORE(each_breakdown_has_the_same_sum)
{
    (void)paid("H56.14-261123-0001", 5);
    for (enum report_by by = REPORT_BY_DAY; by <= REPORT_BY_KIND; by++) {
        struct report_query q = query("collections", by);
        const struct report_table t = make(&q);

        check_int(at(&t, t.row_count - 1, "collected"), 578000);
    }
    struct report_query q = query("collections", REPORT_BY_CHANNEL);
    struct report_table t = make(&q);

    check_str(word(&t, 0, "code"), "portal");
    q.agency = STR("H26.01");
    t = make(&q);
    check_int(t.row_count, 0);
}

TEST_STORE(sums_are_those_of_the_ledger_to_the_dong)
{
    struct counter *c = counter_open();
    struct report_query q = query("collections", REPORT_BY_DAY);
    struct order o;
    struct err e = { 0 };
    struct report_table t;
    struct str ref;

    (void)paid("H56.14-261123-0001", 5);
    o = ordered("H56.14-261123-0002");
    ref = counter_start(c, &o);
    counter_pay(c, ref);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    check_ok(counter_reverse(c, ref, &e), e);
    t = make(&q);
    /* One is left: 578.000; the other came and went. */
    check_int(at(&t, 3, "collected"), 578000);
    check_int(at(&t, 3, "le_phi"), counter_balance(c, LEDGER_2110));
    check_int(at(&t, 3, "phi_budget"), counter_balance(c, LEDGER_2120));
    check_int(at(&t, 3, "phi_kept"), counter_balance(c, LEDGER_2130));
    check_int(at(&t, 3, "held"), counter_balance(c, LEDGER_2150));
    check_int(at(&t, 3, "collected"), counter_balance(c, LEDGER_1110));
}

TEST_STORE(journals_count_once_however_often_it_is_looked)
{
    struct report_query q = query("collections", REPORT_BY_DAY);
    struct report_table t;
    struct err e = { 0 };
    bool did = true;

    (void)paid("H56.14-261123-0001", 5);
    for (int i = 0; i < 3; i++)
        (void)make(&q);
    check_ok(report_follow(desk()->till, &did, &e), e);
    check(!did);
    (void)paid("H56.14-261123-0002", 5);
    t = make(&q);
    check_int(at(&t, 3, "collected"), 2 * 578000);
}

TEST_STORE(the_time_to_pay_falls_into_its_step)
{
    struct report_query q = query("capture", REPORT_BY_DAY);
    struct report_table t;

    (void)paid("H56.14-261123-0001", 5);
    (void)paid("H56.14-261123-0002", 10);
    (void)paid("H56.14-261123-0003", 59);
    (void)paid("H56.14-261123-0004", 600);
    t = make(&q);
    check_int(t.row_count, REPORT_STEPS + 1);
    check_str(word(&t, 0, "step"), "s10");
    check_int(at(&t, 0, "count"), 2); /* 5 s and 10 s */
    check_int(at(&t, 2, "count"), 1); /* 59 s */
    check_int(at(&t, 4, "count"), 1); /* 10 min */
    check_int(at(&t, 0, "share"), 5000);
    check_int(at(&t, 2, "up_to"), 7500);
    check_int(at(&t, REPORT_STEPS, "count"), 4);
}

static void told(const char *json)
{
    struct dossier *list;
    struct err e = { 0 };
    size_t n;

    check_ok(dossiers_read(str_c(json), STR("H56.14"), test_arena(), &list, &n, &e), e);
    check_ok(dossiers_keep(desk()->till, list, n, &e), e);
}

static struct report_766 indicators(void)
{
    struct report_query q = query("qd766", REPORT_BY_KIND);
    struct report_766 out;
    struct err e = { 0 };

    check_ok(report_follow_all(desk()->till, &e), e);
    check_ok(report_766_make(desk(), &q, test_arena(), &out, &e), e);
    return out;
}

#define ROW(n, procedure, more)                                                                    \
    "{\"MaHoSo\":\"H56.14-261123-100" #n "\",\"MaTTHC\":\"" procedure                              \
    "\",\"NgayTiepNhan\":\"23/11/2026\"" more "}"
#define LAND   "2.000889.000.00.00.H56"
#define STATUS "1.004873.000.00.00.H56"

TEST_STORE(the_indicators_are_as_worked_out_by_hand)
{
    struct report_766 r;

    (void)paid("H56.14-261123-0001", 5); /* land: something to pay, paid online */
    (void)ordered("H56.14-261123-0002"); /* land: something to pay, not paid */
    told("[" ROW(1, STATUS, ",\"DanhSachLePhi\":[{\"Gia\":0}]") "," /* all 0: not counted in 3.6 */
         ROW(2, STATUS,
             ",\"DanhSachLePhi\":[{\"Gia\":15000}],\"DuocThanhToanTrucTuyen\":1"
             ",\"TaiKhoanDuocXacThucVoiVNeID\":1") ","                 /* paid online elsewhere */
         ROW(3, "9.999999", ",\"DanhSachLePhi\":[{\"Gia\":5000}]") "," /* no procedure of ours */
         ROW(4, LAND, "") "]"); /* a procedure with a fee, nothing told of it: in 3.6, not paid */
    r = indicators();
    /* The tables have 7 procedures with a fee; two have a dossier with something to pay. */
    check_int(r.of[REPORT_35A].numerator, 2);
    check_int(r.of[REPORT_35A].denominator, 7);
    check_int(r.of[REPORT_35A].rate, 2857); /* 28,571 % */
    check_int(r.of[REPORT_35A].score, 71);  /* 2/7 : 80 % x 2 = 0,714 */
    /* Both procedures with a fee that have dossiers had one paid online. */
    check_int(r.of[REPORT_35B].numerator, 2);
    check_int(r.of[REPORT_35B].denominator, 2);
    check_int(r.of[REPORT_35B].score, 200);
    /* 0001 and 1002 of 0001, 0002, 1002, 1004: 1001 is all 0, 1003 has no procedure with a fee. */
    check_int(r.of[REPORT_36].numerator, 2);
    check_int(r.of[REPORT_36].denominator, 4);
    check_int(r.of[REPORT_36].rate, 5000);
    check_int(r.of[REPORT_36].score, 300); /* half of 6 points: full at 100 % since 2026 */
    /* 1002 is verified; who ordered was signed in with a level in as many as counter_request says.
     */
    check_int(r.of[REPORT_45].denominator, 6);
    check_int(r.of[REPORT_45].numerator, 1 + (counter_request().level > 0 ? 2 : 0));
    check_int(r.of[REPORT_45].score, REPORT_NOT);
}

TEST_STORE(without_dossiers_there_is_no_rate)
{
    const struct report_766 r = indicators();

    check_int(r.of[REPORT_35A].rate, 0); /* none of 7 */
    check_int(r.of[REPORT_35B].rate, REPORT_NOT);
    check_int(r.of[REPORT_36].rate, REPORT_NOT);
    check_int(r.of[REPORT_36].score, REPORT_NOT);
    check_int(r.of[REPORT_45].rate, REPORT_NOT);
}

TEST_STORE(what_was_taken_back_or_withdrawn_does_not_count)
{
    struct counter *c = counter_open();
    struct order o = ordered("H56.14-261123-0001");
    const struct str ref = counter_start(c, &o);
    struct err e = { 0 };

    counter_pay(c, ref);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    check_int(indicators().of[REPORT_36].numerator, 1);
    check_ok(counter_reverse(c, ref, &e), e);
    check_int(indicators().of[REPORT_36].numerator, 0);
    check_int(indicators().of[REPORT_36].denominator, 1);
    o = ordered("H56.14-261123-0002");
    check_ok(order_cancel(&c->till, o.id, counter_cause(), &e), e);
    /* The system believes that it was paid; the orders know better. */
    told("[{\"MaHoSo\":\"H56.14-261123-0002\",\"MaTTHC\":\"" LAND
         "\",\"NgayTiepNhan\":\"20261123\","
         "\"DuocThanhToanTrucTuyen\":2,\"DanhSachLePhi\":[{\"Gia\":578000}]}]");
    check_int(indicators().of[REPORT_36].numerator, 0);
    check_int(indicators().of[REPORT_36].denominator, 2);
}

TEST_STORE(the_dossiers_behind_a_number_are_listed_page_by_page)
{
    struct report_dossier_ask ask = { .query = query("qd766", REPORT_BY_KIND),
                                      .by_start = true,
                                      .after_day = STR(""),
                                      .after_agency = STR(""),
                                      .after_reference = STR(""),
                                      .why = STR("portal"),
                                      .most = 1 };
    struct report_dossier_row *rows;
    struct err e = { 0 };
    size_t n;

    (void)paid("H56.14-261123-0001", 5);
    (void)paid("H56.14-261123-0002", 5);
    (void)ordered("H56.14-261123-0003");
    (void)indicators();
    check_ok(report_dossiers(desk(), &ask, test_arena(), &rows, &n, &e), e);
    check_int(n, 1);
    check_str(rows[0].reference, "H56.14-261123-0001");
    check(rows[0].has_fee && rows[0].fee == 2);
    ask.after_day = rows[0].started_on;
    ask.after_agency = rows[0].agency_id;
    ask.after_reference = rows[0].reference;
    ask.most = 5;
    check_ok(report_dossiers(desk(), &ask, test_arena(), &rows, &n, &e), e);
    check_int(n, 1);
    check_str(rows[0].reference, "H56.14-261123-0002");
    ask.why = STR("unpaid");
    ask.after_day = STR("");
    check_ok(report_dossiers(desk(), &ask, test_arena(), &rows, &n, &e), e);
    check_int(n, 1);
    check_str(rows[0].reference, "H56.14-261123-0003");
}

TEST_STORE(online_share_is_by_agency_and_by_procedure)
{
    struct report_query q = query("online", REPORT_BY_AGENCY);
    struct report_table t;

    (void)paid("H56.14-261123-0001", 5);
    (void)ordered("H56.14-261123-0002");
    told("[" ROW(2, STATUS,
                 ",\"DanhSachLePhi\":[{\"Gia\":15000}],\"DuocThanhToanTrucTuyen\":2") "]");
    t = make(&q);
    check_int(t.row_count, 2);
    check_str(word(&t, 0, "agency"), "H56.14");
    check_int(at(&t, 0, "to_pay"), 3);
    check_int(at(&t, 0, "paid_portal"), 1);
    check_int(at(&t, 0, "paid_own"), 1);
    check_int(at(&t, 0, "online_rate"), 6667); /* 2 of 3 */
    check_int(at(&t, 0, "direct_rate"), 0);
    q.by = REPORT_BY_PROCEDURE;
    t = make(&q);
    check_int(t.row_count, 3);
    check_int(at(&t, 0, "online_rate"), 10000);
    check_int(at(&t, 1, "online_rate"), 5000);
}

TEST_STORE(what_is_told_later_is_what_holds)
{
    told("[" ROW(1, STATUS,
                 ",\"DanhSachLePhi\":[{\"Gia\":15000}],\"DuocThanhToanTrucTuyen\":1") "]");
    check_int(indicators().of[REPORT_36].numerator, 1);
    told("[" ROW(1, STATUS,
                 ",\"DanhSachLePhi\":[{\"Gia\":15000}],\"DuocThanhToanTrucTuyen\":0") "]");
    check_int(indicators().of[REPORT_36].numerator, 0);
    check_int(indicators().of[REPORT_36].denominator, 1);
}

TEST(a_file_of_dossiers_is_read_in_both_forms)
{
    static const char csv[] =
        "\xEF\xBB\xBFMaHoSo;ChuHoSo;MaTTHC;DonViXuLy;NgayTiepNhan;Gia;"
        "DuocThanhToanTrucTuyen\r\n"
        "H56.14-261123-0001;\"A;B\";1.2;H56.15;23/11/2026 08:00:00;0; 0\r\n\r\n"
        "H56.14-261123-0002;X;1.2;;20261123080000;\"0;15000\";1\r\n";
    struct dossier *list;
    struct err e = { 0 };
    size_t n;

    check_ok(dossiers_read(str_c(csv), STR("H56.14"), test_arena(), &list, &n, &e), e);
    check_int(n, 2);
    check_str(list[0].agency_id, "H56.15");
    check_int(list[0].fee, DOSSIER_ALL_ZERO);
    check_int(list[0].online, 0);
    check_int(date_cmp(list[0].started_on, monday), 0);
    check_str(list[1].agency_id, "H56.14");
    check_int(list[1].fee, DOSSIER_TO_PAY);
    check_int(list[1].verified, -1);
}

TEST(a_bad_file_of_dossiers_tells_its_row_and_member)
{
    static const struct {
        const char *file, *field;
    } cases[] = {
        { "[{\"MaHoSo\":\"1\"}]", "MaTTHC" },
        { "[{\"MaHoSo\":\"1\",\"MaTTHC\":\"2\"}]", "NgayNopHoSo" },
        { "[{\"MaHoSo\":\"1\",\"MaTTHC\":\"2\",\"NgayTiepNhan\":\"31/02/2026\"}]", "NgayTiepNhan" },
        { "[{\"MaHoSo\":\"1\",\"MaTTHC\":\"2\",\"NgayTiepNhan\":\"20261123\","
          "\"DuocThanhToanTrucTuyen\":3}]",
          "DuocThanhToanTrucTuyen" },
        { "[{\"MaHoSo\":\"1\",\"MaTTHC\":\"2\",\"NgayTiepNhan\":\"20261123\","
          "\"DanhSachLePhi\":[{\"Gia\":-5}]}]",
          "Gia" },
        { "MaHoSo;X\r\n1;2\r\n", "MaHoSo" },
    };
    struct dossier *list;
    size_t n;

    for (size_t i = 0; i < LEN(cases); i++) {
        struct err e = { 0 };

        check_fails(dossiers_read(str_c(cases[i].file), STR("H56.14"), test_arena(), &list, &n, &e),
                    e, ERR_INVALID);
        check_str(str_c(e.field), cases[i].field);
    }
}

TEST(a_score_is_cut_at_its_points_and_rounded_half_up)
{
    const struct report_rule r = { .max_points = 6, .full_percent = 30 };

    check_int(report_766_score(30, 100, &r), 600);
    check_int(report_766_score(31, 100, &r), 600);
    check_int(report_766_score(1, 3, &r), 600);
    check_int(report_766_score(1, 8, &r), 250);  /* 12,5 / 30 x 6 = 2,5 */
    check_int(report_766_score(1, 1200, &r), 2); /* 0,01666 */
    check_int(report_766_score(1, 0, &r), REPORT_NOT);
}

TEST(rules_hold_on_their_days_and_name_their_source)
{
    struct report_rules r;
    struct err e = { 0 };

    check_ok(report_rules_on(desk()->reports, (struct date){ 2025, 12, 31 }, &r, &e), e);
    check_int(r.of[REPORT_36].full_percent, 30);
    check_int(r.of[REPORT_35B].full_percent, 50);
    check_ok(report_rules_on(desk()->reports, (struct date){ 2026, 1, 1 }, &r, &e), e);
    check_int(r.of[REPORT_36].full_percent, 100);
    check(r.source.n > 0 && r.of[REPORT_36].by_start && !r.of[REPORT_35A].by_start);
    check_fails(report_rules_on(desk()->reports, (struct date){ 2022, 6, 22 }, &r, &e), e,
                ERR_INVALID);
}

TEST(bad_rules_are_refused)
{
    static const char *const bad[] = {
        "{\"rules\":[{\"from\":\"2026-01-01\",\"to\":\"\",\"source\":\"x\",\"indicators\":[]}]}",
        "{\"rules\":[{\"from\":\"\",\"to\":\"\",\"source\":\"x\",\"indicators\":[]}]}",
        "{\"rules\":[],\"more\":1}",
    };
    struct report_book *b;

    for (size_t i = 0; i < LEN(bad); i++) {
        struct err e = { 0 };

        check_fails(report_book_read(str_c(bad[i]), test_arena(), &b, &e), e, ERR_CONFIG);
    }
}

TEST_STORE(a_kept_report_is_never_changed)
{
    struct report_kept one, two, found;
    struct err e = { 0 };
    bool did;

    (void)paid("H56.14-261123-0001", 5);
    check_fails(
        report_kept_make(desk(), REPORT_OF_DAY, monday, STR("staff:a"), test_arena(), &one, &e), e,
        ERR_INVALID); /* the day is not over */
    counter_forward(counter_open(), 86400);
    check_ok(
        report_kept_make(desk(), REPORT_OF_DAY, monday, STR("staff:a"), test_arena(), &one, &e), e);
    check_ok(
        report_kept_make(desk(), REPORT_OF_DAY, monday, STR("staff:b"), test_arena(), &two, &e), e);
    check_int(one.revision, 1);
    check_int(two.revision, 2);
    check_same(one.sha256, two.sha256);
    check_ok(report_kept_load(desk()->till, REPORT_OF_DAY, monday, 1, test_arena(), &found, &e), e);
    check_same(found.body, one.body);
    check_str(found.made_by, "staff:a");
    check(str_has(found.body, STR("578000")));
    /* 09:00: it is time, and yesterday's is there already. */
    check_ok(report_kept_due(desk(), &did, &e), e);
    check(!did);
    check_fails(report_kept_load(desk()->till, REPORT_OF_MONTH, (struct date){ 2026, 11, 1 }, 0,
                                 test_arena(), &found, &e),
                e, ERR_NOT_FOUND);
}

TEST_STORE(the_job_makes_yesterdays_report_once)
{
    struct report_kept *list;
    struct err e = { 0 };
    bool did;
    size_t n;

    check_ok(report_kept_due(desk(), &did, &e), e);
    check(did);
    check_ok(report_kept_due(desk(), &did, &e), e);
    check(!did);
    check_ok(report_kept_list(desk()->till, (struct date){ 2026, 11, 1 }, monday, test_arena(),
                              &list, &n, &e),
             e);
    check_int(n, 1);
    check_str(list[0].made_by, "system");
}

TEST_STORE(a_wrong_question_is_refused)
{
    struct report_query q = query("collections", REPORT_BY_DAY);
    struct report_table t;
    struct err e = { 0 };

    q.to = (struct date){ 2026, 11, 21 };
    check_fails(report_make(desk(), &q, test_arena(), &t, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "to");
    q.to = (struct date){ 2028, 1, 1 };
    check_fails(report_make(desk(), &q, test_arena(), &t, &e), e, ERR_INVALID);
    q = query("counter", REPORT_BY_DAY);
    check_fails(report_make(desk(), &q, test_arena(), &t, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "by");
    q = query("nothing", REPORT_BY_DAY);
    check_fails(report_make(desk(), &q, test_arena(), &t, &e), e, ERR_NOT_FOUND);
}
