/* INIT, QUERY, GET_BILL byte for byte, the pay page, and a truth that survives a restart. */
#include <stdio.h>
#include <time.h>

#include "tests/sandbox/stage.h"

#define FORM "application/x-www-form-urlencoded"

static const struct str nowhere = { "http://127.0.0.1:9", 18 };

static struct json *message_post(struct stage *s, struct str body, const char *fault)
{
    const char *const headers[] = {
        str_cstr(test_arena(), str_fmt(test_arena(), "X-Sandbox-Fault: %s", fault)), NULL
    };
    struct answer a = stage_call(s, METHOD_POST, STR("/pp"), headers, "application/json", body);
    check_int(a.status, 200);
    DEFER(json_close) struct json *wrapper = stage_json(a);
    struct json *message = NULL;
    struct err e = { 0 };
    check_ok(json_read(stage_text(wrapper, "message"), &message, &e), e);
    bool good = str_is(stage_text(message, "MaLoi"), "00");
    check(good == str_is(stage_text(wrapper, "error_code"), "0"));
    return message;
}

static struct str code_of(struct stage *s, struct str body)
{
    DEFER(json_close) struct json *message = message_post(s, body, "");
    return stage_text(message, "MaLoi");
}

static struct str replaced(struct str s, const char *from, const char *to)
{
    struct arena *a = test_arena();
    for (size_t i = 0; i < s.n; i++)
        if (str_starts(str_from(s, i), str_c(from)))
            return str_fmt(a, "%.*s%s%.*s", (int)i, s.p, to,
                           STR_ARG(str_from(s, i + str_c(from).n)));
    test_fail(__FILE__, __LINE__, "%s is not there", from);
}

/* payments.md A6 and domain.md 6.4: published pre-images and their digests. */
TEST(the_published_vectors_are_accepted_and_one_bit_less_is_not)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    struct str init = init_body("H2917-261006-0001-01", 25000, "001087123456", STAGE_SECRET);
    /* The vector's own purpose text and digest. */
    init = replaced(init, "Nop le phi ho so H2917-261006-0001-01",
                    "Nop le phi ho so H29.17-261006-0001");
    struct str head, tail;
    size_t at = 0;
    while (!str_starts(str_from(init, at), STR("\"MaXacThuc\":\"")))
        at++;
    head = str_sub(init, 0, at + 13);
    tail = str_from(init, at + 13 + 64);
    struct str good =
        str_fmt(test_arena(), "%.*s%s%.*s", STR_ARG(head),
                "f83c70f470643cd6ddd9f824150e236017db3f6db6411eced468dddd45429257", STR_ARG(tail));
    struct str bad =
        str_fmt(test_arena(), "%.*s%s%.*s", STR_ARG(head),
                "f83c70f470643cd6ddd9f824150e236017db3f6db6411eced468dddd45429256", STR_ARG(tail));
    check_str(code_of(&s, bad), "97");
    check_str(code_of(&s, good), "00");
    struct str query = STR(
        "{\"LoaiBanTin\":\"QUERY\",\"PhienBan\":\"1.0.6\",\"MaDoiTac\":\"DT01\",\"MaThamChieu\":"
        "\"H2917-261006-0001-01\",\"ThoiGianGD\":\"20261006143000\",\"MaXacThuc\":"
        "\"65ab5443fba0ba5f66778faf6705f4b3799931e676cc7a1983afe4f571025f8c\"}");
    check_str(code_of(&s, query), "00");
    stage_stop(&s);
}

TEST(another_partner_and_secret_of_the_second_vector)
{
    struct stage s;
    stage_start(&s, nowhere, "DOITACTEST", "bi-mat-thu-nghiem");
    struct str query =
        STR("{\"LoaiBanTin\":\"QUERY\",\"PhienBan\":\"1.0.6\",\"MaDoiTac\":\"DOITACTEST\","
            "\"MaThamChieu\":\"H561426112300011\",\"ThoiGianGD\":\"20261123140900\",\"MaXacThuc\":"
            "\"b6fd2ffc699850386458b57decb45a5b9f0dd7c71dc5b91137dca9abfb0a1454\"}");
    check_str(code_of(&s, query), "01"); /* signed rightly, but nobody has sent INIT */
    check_str(code_of(&s, replaced(query, "0900\"", "0901\"")), "97");
    stage_stop(&s);
}

TEST(what_is_wrong_in_an_init_is_told_and_nothing_is_kept)
{
    static const struct {
        const char *from, *to, *code;
    } cases[] = {
        { "\"LoaiBanTin\":\"INIT\"", "\"LoaiBanTin\":\"PAY\"", "03" },
        { "\"MaDoiTac\":\"DT01\"", "\"MaDoiTac\":\"DT02\"", "03" },
        { "\"SoTien\":\"8000\"", "\"SoTien\":\"80000\"", "97" },
        { "\"SoTien\":\"8000\"}]", "\"SoTien\":\"7999\"}]", "03" },
        { "\"LoaiPhiLePhi\":\"2\"", "\"LoaiPhiLePhi\":\"3\"", "03" },
        { "\"TKThuHuong\":\"3713.0.1234567.00000\"", "\"TKThuHuong\":\"\"", "03" },
    };
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    for (size_t i = 0; i < LEN(cases); i++) {
        struct str body = init_body("HS1", 8000, "001087123456", STAGE_SECRET);
        struct str code = code_of(&s, replaced(body, cases[i].from, cases[i].to));
        if (!str_is(code, cases[i].code))
            test_fail(__FILE__, __LINE__, "case %zu: %.*s", i, STR_ARG(code));
    }
    check_int(stage_get(&s, STR("/admin/transactions/HS1")).status, 404);
    check_int(stage_call(&s, METHOD_POST, STR("/pp"), NULL, "application/json", STR("{")).status,
              400);
    stage_stop(&s);
}

TEST(the_same_init_again_gives_the_same_page_and_a_changed_one_is_refused)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    struct str page = stage_init(&s, "HS1", 8000, "001087123456");
    check_same(stage_init(&s, "HS1", 8000, "001087123456"), page);
    check_str(code_of(&s, init_body("HS1", 8001, "001087123456", STAGE_SECRET)), "02");
    stage_stop(&s);
}

TEST(query_needs_the_time_of_the_init_and_tells_every_state)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    struct str query = query_body("QUERY", "HS1", "20261006143000", STAGE_SECRET);
    check_str(code_of(&s, query), "01");
    stage_init(&s, "HS1", 8000, "001087123456");
    check_str(code_of(&s, query_body("QUERY", "HS1", "20261006023000", STAGE_SECRET)), "01");
    DEFER(json_close) struct json *waiting = message_post(&s, query, "");
    check_str(stage_text(waiting, "TrangThaiGD"), "3");
    stage_pay(&s, "HS1", NULL);
    DEFER(json_close) struct json *paid = message_post(&s, query, "");
    check_str(stage_text(paid, "TrangThaiGD"), "1");
    check_str(stage_text(paid, "SoTien"), "8000");
    check_str(stage_text(paid, "MaTienTe"), "VND");
    check(str_starts(stage_text(paid, "MaGiaoDich"), STR("PP")));
    DEFER(json_close) struct json *pending = message_post(&s, query, "portal_pending");
    check_str(stage_text(pending, "TrangThaiGD"), "3");
    check(json_member(pending, "MaGiaoDich") == NULL);
    DEFER(json_close) struct json *more = message_post(&s, query, "portal_query_amount=7");
    check_str(stage_text(more, "SoTien"), "8007");
    stage_init(&s, "HS2", 8000, "001087123456");
    check_int(stage_call(&s, METHOD_POST, STR("/admin/transactions/HS2/pay"), NULL,
                         "application/json", STR("{\"outcome\":\"cancelled\"}"))
                  .status,
              200);
    DEFER(json_close)
    struct json *failed =
        message_post(&s, query_body("QUERY", "HS2", "20261006143000", STAGE_SECRET), "");
    check_str(stage_text(failed, "TrangThaiGD"), "4");
    stage_stop(&s);
}

TEST(the_bill_is_a_pdf_and_only_of_what_is_paid)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    struct str body = query_body("GET_BILL", "HS1", "20261006143000", STAGE_SECRET);
    stage_init(&s, "HS1", 8000, "001087123456");
    check_str(code_of(&s, body), "01");
    stage_pay(&s, "HS1", NULL);
    struct answer a = stage_call(&s, METHOD_POST, STR("/pp"), NULL, "application/json", body);
    check_str(a.content_type, "application/pdf");
    check(str_starts(a.body, STR("%PDF-")));
    stage_stop(&s);
}

TEST(the_pay_page_works_without_script_and_pays_once)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    struct str page = stage_init(&s, "HS1", 8000, "001087123456");
    struct answer a = stage_get(&s, page);
    check_int(a.status, 200);
    check(str_has(a.body, STR("Tám nghìn đồng")) && str_has(a.body, STR("8.000 đ")));
    check(!str_has(a.body, STR("<script")) && !str_has(a.body, STR("style=")));
    const char *const wrong[] = { "choice", "steal", "bank", "VCB", NULL };
    check_int(stage_call(&s, METHOD_POST, page, NULL, FORM, form_body_of(wrong)).status, 400);
    const char *const pay[] = { "choice", "pay", "bank", "VCB", NULL };
    for (int i = 0; i < 2; i++) {
        a = stage_call(&s, METHOD_POST, page, NULL, FORM, form_body_of(pay));
        check_int(a.status, 303);
        check_str(a.location, "http://127.0.0.1:9/pay/return?MaThamChieu=HS1");
    }
    DEFER(json_close) struct json *t = stage_json(stage_get(&s, STR("/admin/transactions/HS1")));
    check_str(stage_text(t, "state"), "paid");
    check_int(json_count(json_member(t, "captures")), 1);
    check_int(stage_get(&s, STR("/pp/pay/nothing")).status, 404);
    stage_stop(&s);
}

/* What is asked for, once it tells `want`: CONFIRM is sent, and journalled, by another thread, and
 * a line that it adds behind a torn one would make that one no last line. */
static struct str journalled(struct stage *s, struct str path, struct str want)
{
    const struct timespec pause = { .tv_nsec = 20000000 };
    struct str body = STR("");

    for (int i = 0; i < 500 && !str_has(body, want); i++) {
        (void)nanosleep(&pause, NULL);
        body = stage_get(s, path).body;
    }
    check(str_has(body, want));
    return body;
}

TEST(the_truth_survives_a_restart_and_a_torn_last_line)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    stage_init(&s, "HS1", 8000, "001087123456");
    stage_pay(&s, "HS1", "confirm_lost,settle_acc");
    struct str before = journalled(&s, STR("/admin/transactions/HS1"), STR("\"notice\":\"lost\""));
    struct str path = str_cat(test_arena(), s.folder, STR("/data/portal.jsonl"));
    FILE *f = fopen(str_cstr(test_arena(), path), "ab");
    check(f && fputs("{\"event\":\"pa", f) >= 0 && fclose(f) == 0);
    stage_restart(&s);
    struct str after = stage_get(&s, STR("/admin/transactions/HS1")).body;
    check(str_has(before, STR("settle_acc")) && str_has(after, STR("\"notice\":\"lost\"")));
    check_int(before.n > 0 && after.n >= before.n, 1);
    stage_init(&s, "HS2", 9000, "001087123456");
    stage_restart(&s);
    check_int(stage_get(&s, STR("/admin/transactions/HS2")).status, 200);
    stage_stop(&s);
}

TEST(switches_of_the_portal_do_what_they_say)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    struct str body = init_body("HS1", 8000, "001087123456", STAGE_SECRET);
    const char *const after[] = { "X-Sandbox-Fault: portal_error_after", NULL };
    const char *const before[] = { "X-Sandbox-Fault: portal_error", NULL };
    const char *const bare[] = { "X-Sandbox-Fault: portal_bare", NULL };
    check_int(stage_call(&s, METHOD_POST, STR("/pp"), before, "application/json", body).status,
              500);
    check_int(stage_get(&s, STR("/admin/transactions/HS1")).status, 404);
    check_int(stage_call(&s, METHOD_POST, STR("/pp"), after, "application/json", body).status, 500);
    check_int(stage_get(&s, STR("/admin/transactions/HS1")).status, 200);
    struct answer a = stage_call(&s, METHOD_POST, STR("/pp"), bare, "application/json", body);
    DEFER(json_close) struct json *doc = stage_json(a);
    check_str(stage_text(doc, "MaLoi"), "00");
    check(stage_text(doc, "UrlThanhToan").n > 0);
    DEFER(json_close)
    struct json *other = message_post(&s, init_body("HS2", 8000, "001087123456", STAGE_SECRET),
                                      "portal_other_origin");
    check(!str_starts(stage_text(other, "UrlThanhToan"), s.origin));
    DEFER(json_close)
    struct json *swapped = message_post(&s, init_body("HS3", 8000, "001087123456", STAGE_SECRET),
                                        "portal_account_swapped");
    check_str(stage_text(swapped, "MaLoi"), "00");
    check(str_has(stage_get(&s, STR("/admin/transactions/HS3")).body, STR("9999.0.0000000.00000")));
    stage_stop(&s);
}
