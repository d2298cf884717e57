/* The portal's messages, byte for byte. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/json.h"
#include "payments/portal.h"
#include "tests/test.h"

static struct portal *portal_with(const char *secret, const char *partner)
{
    const char *path = str_cstr(test_arena(), str_fmt(test_arena(), "%s/s", test_folder()));
    const struct portal_config c = { .partner_code = str_c(partner),
                                     .version = STR("1.0.6"),
                                     .pay_origins =
                                         STR("https://pay.example, http://127.0.0.1:8090"),
                                     .secret_file = str_c(path),
                                     .timeout_ms = 1000 };
    struct portal *p = NULL;
    struct err e = { .code = ERR_NONE };
    FILE *f = fopen(path, "w");

    check(f != NULL && fputs(secret, f) >= 0 && fclose(f) == 0 && chmod(path, 0600) == 0);
    check_ok(portal_open_over(&c, NULL, NULL, &p, &e), e);
    return p;
}

static struct fee_line lines[] = {
    { .fee = { "land_appraisal", 14 }, .kind = FEE_PHI, .name_vi = { "Phí thẩm định", 18 } },
    { .fee = { "land_change", 11 }, .kind = FEE_LE_PHI, .name_vi = { "Lệ phí", 9 } },
};
static const struct fee_agency agency = { .id = { "H56.14", 6 },
                                          .account = { "3713.0.1", 8 },
                                          .bank = { "KBNN", 4 } };

static struct portal_init init_of(struct bill *b, int64_t phi, int64_t le_phi)
{
    lines[0].net_vnd = phi;
    lines[1].net_vnd = le_phi;
    *b = (struct bill){ .lines = lines, .count = 2 };
    return (struct portal_init){ .reference = STR("H561426112300011"),
                                 .amount_vnd = phi + le_phi,
                                 .info = STR("Thanh toan ho so H56.14-261123-0001"),
                                 .time = STR("20261123140509"),
                                 .payer_ip = STR("203.0.113.7"),
                                 .dossier = STR("H56.14-261123-0001"),
                                 .procedure = STR("2.000889"),
                                 .procedure_name = STR("Đất"),
                                 .agency = &agency,
                                 .payer_name = STR("Nguyễn Thị Hòa"),
                                 .bill = b };
}

static struct str member(const struct json *o, const char *name)
{
    struct str s = { "(absent)", 8 };

    (void)json_str(json_member(o, name), &s);
    return s;
}

static struct json *body_read(struct str body)
{
    struct json *o = NULL;
    struct err e = { .code = ERR_NONE };

    check_ok(json_read(body, &o, &e), e);
    return o;
}

static struct str init_hash(struct portal *p, const struct portal_init *in)
{
    struct str body, hash;
    struct json *o;
    struct err e = { .code = ERR_NONE };

    check_ok(portal_init_body(p, in, test_arena(), &body, &e), e);
    o = body_read(body);
    hash = str_dup(test_arena(), member(o, "MaXacThuc"));
    json_close(&o);
    return hash;
}

TEST(init_and_query_match_the_published_vectors)
{
    struct portal *p = portal_with("bi-mat-thu-nghiem", "DOITACTEST");
    struct bill b;
    struct portal_init in = init_of(&b, 100000, 50000);
    struct err e = { .code = ERR_NONE };
    struct str body;
    struct json *o;

    check_str(init_hash(p, &in),
              "c493d0ffcc32187d649ce7f06548d2af128ef7702a94bc3674825e4e4498c305");
    check_ok(
        portal_query_body(p, "QUERY", in.reference, STR("20261123140900"), test_arena(), &body, &e),
        e);
    o = body_read(body);
    check_str(member(o, "MaXacThuc"),
              "b6fd2ffc699850386458b57decb45a5b9f0dd7c71dc5b91137dca9abfb0a1454");
    json_close(&o);
    portal_close(&p);
}

TEST(the_second_pair_of_vectors_and_decomposed_text)
{
    struct portal *p = portal_with("s3cr3t", "DT01");
    struct bill b;
    struct portal_init in = init_of(&b, 25000, 0);

    in.reference = STR("H2917-261006-0001-01");
    in.time = STR("20261006143000");
    in.payer_ip = STR("203.113.1.9");
    in.info = STR("Nop le phi ho so H29.17-261006-0001");
    check_str(init_hash(p, &in),
              "f83c70f470643cd6ddd9f824150e236017db3f6db6411eced468dddd45429257");
    in.info = STR("Nộp lệ phí hồ sơ H29.17-261006-0001");
    check_str(init_hash(p, &in),
              "2d679fc7b92ef5db4472a6732c8ff64a49717254a8c56f984c5fb67c27b606fa");
    in.info = STR("Nộp le\xcc\xa3\xcc\x82 phí hồ sơ H29.17-261006-0001");
    check_str(init_hash(p, &in),
              "2d679fc7b92ef5db4472a6732c8ff64a49717254a8c56f984c5fb67c27b606fa");
    portal_close(&p);
}

TEST(the_afternoon_is_not_the_morning)
{
    static const struct {
        struct local_time t;
        const char *stamp;
    } rows[] = {
        { { { 2026, 11, 23 }, 0, 30, 0, 0 }, "20261123003000" },
        { { { 2026, 11, 23 }, 12, 30, 0, 0 }, "20261123123000" },
        { { { 2026, 11, 23 }, 13, 30, 0, 0 }, "20261123133000" },
        { { { 2026, 11, 23 }, 23, 59, 59, 0 }, "20261123235959" },
    };

    for (size_t i = 0; i < LEN(rows); i++)
        check_str(clock_stamp14(test_arena(), clock_from_local(rows[i].t)), rows[i].stamp);
}

TEST(large_amounts_survive_the_round_trip)
{
    static const int64_t amounts[] = { 2147483647, 2147483648, 4294967296, 9007199254740991 };
    struct portal *p = portal_with("s3cr3t", "DT01");

    for (size_t i = 0; i < LEN(amounts); i++) {
        struct bill b;
        struct portal_init in = init_of(&b, amounts[i] - 1, 1);
        struct portal_answer got;
        struct str body;
        struct json *o;
        struct err e = { .code = ERR_NONE };

        check_ok(portal_init_body(p, &in, test_arena(), &body, &e), e);
        o = body_read(body);
        check_same(member(o, "SoTien"), str_i64(test_arena(), amounts[i]));
        json_close(&o);
        portal_read_query(p, 200,
                          str_fmt(test_arena(),
                                  "{\"MaLoi\":\"00\",\"TrangThaiGD\":\"1\",\"SoTien\":\"%lld\","
                                  "\"MaTienTe\":\"VND\"}",
                                  (long long)amounts[i]),
                          STR("R"), test_arena(), &got);
        check_int(got.amount_vnd, amounts[i]);
    }
    portal_close(&p);
}

TEST(lines_are_sent_apart_and_sum_to_the_amount)
{
    struct portal *p = portal_with("s3cr3t", "DT01");
    struct bill b;
    struct portal_init in = init_of(&b, 550000, 28000);
    struct json *o, *block, *fees;
    struct str body;
    struct err e = { .code = ERR_NONE };

    check_ok(portal_init_body(p, &in, test_arena(), &body, &e), e);
    o = body_read(body);
    block = json_member(o, "ThongTinBienLai");
    fees = json_member(block, "PhiLePhi");
    check_int(json_count(fees), 2);
    check_str(member(json_at(fees, 0), "LoaiPhiLePhi"), "1");
    check_str(member(json_at(fees, 0), "SoTien"), "550000");
    check_str(member(json_at(fees, 1), "LoaiPhiLePhi"), "2");
    check_str(member(json_at(fees, 1), "SoTien"), "28000");
    check_str(member(block, "MaDVC"), "2.000889.01");
    check_str(member(block, "SoCMNDNguoiNop"), ""); /* not known is not 000000000 */
    check_str(member(block, "HoTenNguoiNop"), "Nguyễn Thị Hòa");
    check_str(member(o, "Ip"), "203.0.113.7");
    json_close(&o);
    in.amount_vnd++;
    check_fails(portal_init_body(p, &in, test_arena(), &body, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "SoTien");
    portal_close(&p);
}

TEST(a_separator_in_a_signed_field_is_refused)
{
    struct portal *p = portal_with("s3cr3t", "DT01");
    struct bill b;
    struct portal_init in = init_of(&b, 1000, 0);
    struct str body;
    struct err e = { .code = ERR_NONE };

    in.info = STR("a|b");
    check_fails(portal_init_body(p, &in, test_arena(), &body, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "ThongTinGiaoDich");
    in = init_of(&b, 1000, 0);
    in.payer_ip = STR("1.2.3.4\n");
    check_fails(portal_init_body(p, &in, test_arena(), &body, &e), e, ERR_INVALID);
    in = init_of(&b, 1000, 0);
    in.time = STR("2026112314050");
    check_fails(portal_init_body(p, &in, test_arena(), &body, &e), e, ERR_INVALID);
    portal_close(&p);
}

TEST(both_forms_of_an_init_reply_are_read_and_nothing_else)
{
    static const struct {
        int status;
        const char *body;
        enum portal_result result;
        const char *code;
    } rows[] = {
        { 200, "{\"MaLoi\":\"00\",\"UrlThanhToan\":\"https://pay.example/x\"}", PORTAL_OK, "00" },
        { 200,
          "{\"error_code\":\"0\",\"message\":\"{\\\"MaLoi\\\":\\\"00\\\",\\\"UrlThanhToan\\\":"
          "\\\"https://pay.example/x\\\"}\"}",
          PORTAL_OK, "00" },
        { 200, "{\"MaLoi\":\"03\"}", PORTAL_REFUSED, "03" },
        { 200, "{\"error_code\":\"0\",\"message\":\"{\\\"MaLoi\\\":\\\"03\\\"}\"}", PORTAL_REFUSED,
          "03" },
        { 500, "{\"MaLoi\":\"03\"}", PORTAL_NO_ANSWER, "http_500" },
        { 302, "", PORTAL_NO_ANSWER, "http_302" },
        { 200, "", PORTAL_NO_ANSWER, "malformed" },
        { 200, "<html>", PORTAL_NO_ANSWER, "malformed" },
        { 200, "{\"error_code\":\"1\",\"message\":\"no token\"}", PORTAL_NO_ANSWER, "malformed" },
        { 200, "{\"error_code\":\"0\",\"message\":7}", PORTAL_NO_ANSWER, "malformed" },
        { 200, "{}", PORTAL_NO_ANSWER, "no_code" },
        { 200, "{\"MaLoi\":\"00\"}", PORTAL_NO_ANSWER, "bad_url" },
        { 200, "{\"MaLoi\":\"00\",\"UrlThanhToan\":\"https://evil.example/x\"}", PORTAL_NO_ANSWER,
          "bad_url" },
    };
    struct portal *p = portal_with("s3cr3t", "DT01");

    for (size_t i = 0; i < LEN(rows); i++) {
        struct portal_answer got;

        portal_read_init(p, rows[i].status, str_c(rows[i].body), test_arena(), &got);
        check_int(got.result, rows[i].result);
        check_str(got.code, rows[i].code);
        check((got.result == PORTAL_OK) == (got.pay_url.n > 0));
    }
    portal_close(&p);
}

TEST(a_query_reply_means_only_what_it_says)
{
    static const struct {
        const char *body;
        enum portal_result result;
        enum portal_state state;
    } rows[] = {
        { "{\"MaLoi\":\"00\",\"TrangThaiGD\":\"1\",\"SoTien\":\"5\",\"MaTienTe\":\"VND\"}",
          PORTAL_OK, PORTAL_PAID },
        { "{\"MaLoi\":\"00\",\"TrangThaiGD\":1,\"SoTien\":5,\"MaTienTe\":\"VND\"}", PORTAL_OK,
          PORTAL_PAID },
        { "{\"MaLoi\":\"00\",\"TrangThaiGD\":\"3\"}", PORTAL_OK, PORTAL_PENDING },
        { "{\"MaLoi\":\"00\",\"TrangThaiGD\":\"4\"}", PORTAL_OK, PORTAL_FAILED },
        { "{\"MaLoi\":\"01\"}", PORTAL_OK, PORTAL_NOT_FOUND },
        { "{\"MaLoi\":\"99\"}", PORTAL_NO_ANSWER, 0 },
        { "{\"MaLoi\":\"00\"}", PORTAL_NO_ANSWER, 0 },
        { "{\"MaLoi\":\"99\",\"TrangThaiGD\":\"1\",\"SoTien\":\"5\",\"MaTienTe\":\"VND\"}",
          PORTAL_NO_ANSWER, 0 },
        { "{\"MaLoi\":\"00\",\"TrangThaiGD\":\"1\"}", PORTAL_NO_ANSWER, 0 },
        { "{\"MaLoi\":\"00\",\"TrangThaiGD\":\"1\",\"SoTien\":\"5.0\",\"MaTienTe\":\"VND\"}",
          PORTAL_NO_ANSWER, 0 },
        { "{\"MaLoi\":\"00\",\"TrangThaiGD\":\"1\",\"SoTien\":\"5\",\"MaTienTe\":\"VND\","
          "\"MaThamChieu\":\"OTHER\"}",
          PORTAL_NO_ANSWER, 0 },
        { "{\"MaLoi\":\"00\",\"TrangThaiGD\":\"2\"}", PORTAL_NO_ANSWER, 0 },
        /* an amount alone is no word that it was paid */
        { "{\"MaLoi\":\"00\",\"TrangThaiGD\":\"3\",\"SoTien\":\"5\",\"MaTienTe\":\"VND\"}",
          PORTAL_OK, PORTAL_PENDING },
        { "{\"MaLoi\":\"00\",\"TrangThaiGD\":\"4\",\"SoTien\":\"5\",\"MaTienTe\":\"VND\"}",
          PORTAL_OK, PORTAL_FAILED },
        { "{\"MaLoi\":\"00\",\"TrangThaiGD\":\"2\",\"SoTien\":\"5\",\"MaTienTe\":\"VND\"}",
          PORTAL_NO_ANSWER, 0 },
        { "{\"MaLoi\":\"00\",\"SoTien\":\"5\",\"MaTienTe\":\"VND\"}", PORTAL_NO_ANSWER, 0 },
        { "[1]", PORTAL_NO_ANSWER, 0 },
    };
    struct portal *p = portal_with("s3cr3t", "DT01");

    for (size_t i = 0; i < LEN(rows); i++) {
        struct portal_answer got;

        portal_read_query(p, 200, str_c(rows[i].body), STR("R"), test_arena(), &got);
        check_int(got.result, rows[i].result);
        if (got.result == PORTAL_OK)
            check_int(got.state, rows[i].state);
    }
    portal_close(&p);
}

TEST(a_payment_url_leads_to_a_named_origin_only)
{
    static const struct {
        const char *url;
        bool fine;
    } rows[] = {
        { "https://pay.example/a?b=c", true },
        { "http://127.0.0.1:8090/pp/pay/x", true },
        { "https://pay.example", true },
        { "http://pay.example/a", false },
        { "https://pay.example:444/a", false },
        { "https://pay.example.evil/a", false },
        { "https://pay.example@evil.example/a", false },
        { "https://evil.example/https://pay.example/", false },
        { "https:pay.example/a", false },
        { "//pay.example/a", false },
        { "javascript:alert(1)", false },
        { "https://pay.example\\@evil.example/", false },
        { "https://pay.example/a b", false },
        { "https://pay.example%2eevil/", false },
        { "", false },
    };

    for (size_t i = 0; i < LEN(rows); i++)
        if (portal_may_send_to(str_c(rows[i].url),
                               STR("https://pay.example, http://127.0.0.1:8090")) != rows[i].fine)
            test_fail(__FILE__, __LINE__, "%s", rows[i].url);
    check(!portal_may_send_to(STR("http://pay.example/"), STR("http://pay.example")));
}

TEST(references_are_alphanumeric_and_differ)
{
    const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    struct str x = portal_make_reference(test_arena(), STR("h56.14-261123-0001"), 1);
    struct str y = portal_make_reference(test_arena(), STR("h56.14-261123-0001"), 1);
    struct str z = portal_make_reference(
        test_arena(), STR("123456789012345678901234567890123456789012345678901234567890"), 99);

    check(str_all_in(x, set) && str_all_in(z, set));
    check(str_starts(x, STR("H56142611230001L01")));
    check(!str_eq(x, y));
    check(z.n <= 50);
}
