/* VietQR: the known answers, and texts that do not fit. */
#include "payments/vietqr.h"

#include "tests/test.h"

TEST(the_known_answers)
{
    static const struct {
        struct vietqr q;
        const char *want;
    } cases[] = {
        { { .bin = { "970403", 6 },
            .account = { "0011012345678", 13 },
            .amount_vnd = 180000,
            .bill = { "NPS6869", 7 },
            .purpose = { "thanh toan don hang", 19 } },
          "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA530370454061800"
          "0"
          "05802VN62340107NPS68690819thanh toan don hang63042E2E" },
        { { .bin = { "970415", 6 },
            .account = { "113366668888", 12 },
            .amount_vnd = 25000,
            .purpose = { "H2917-261006-0001", 17 } },
          "00020101021238560010A0000007270126000697041501121133666688880208QRIBFTTA5303704540525000"
          "5802VN62210817H2917-261006-000163041703" },
        { { .bin = { "970436", 6 }, .account = { "0123456789", 10 } },
          "00020101021138540010A00000072701240006970436011001234567890208QRIBFTTA53037045802VN6304"
          "6A15" },
    };
    struct str got;
    struct err e;

    check_int(vietqr_crc(STR("123456789")), 0x29B1);
    for (size_t i = 0; i < LEN(cases); i++) {
        check_ok(vietqr_make(test_arena(), &cases[i].q, &got, &e), e);
        check_str(got, cases[i].want);
    }
}

TEST(what_does_not_fit_is_refused_and_named)
{
    static const struct {
        struct vietqr q;
        const char *field;
    } cases[] = {
        { { .bin = { "97043", 5 }, .account = { "1", 1 } }, "bin" },
        { { .bin = { "97043x", 6 }, .account = { "1", 1 } }, "bin" },
        { { .bin = { "970436", 6 } }, "account" },
        { { .bin = { "970436", 6 }, .account = { "12345678901234567890", 20 } }, "account" },
        { { .bin = { "970436", 6 }, .account = { "1-2", 3 } }, "account" },
        { { .bin = { "970436", 6 }, .account = { "1", 1 }, .amount_vnd = -1 }, "amount_vnd" },
        { { .bin = { "970436", 6 }, .account = { "1", 1 }, .amount_vnd = 10000000000000 },
          "amount_vnd" },
        { { .bin = { "970436", 6 },
            .account = { "1", 1 },
            .purpose = { "l\xe1\xbb\x87 ph\xc3\xad", 8 } },
          "purpose" },
        { { .bin = { "970436", 6 }, .account = { "1", 1 }, .bill = { "a\nb", 3 } }, "bill" },
        { { .bin = { "970436", 6 },
            .account = { "1", 1 },
            .reference = { "12345678901234567890123456", 26 } },
          "reference" },
    };
    struct str got = STR("");
    struct err e;

    for (size_t i = 0; i < LEN(cases); i++) {
        check_fails(vietqr_make(test_arena(), &cases[i].q, &got, &e), e, ERR_INVALID);
        check_str(str_c(e.field), cases[i].field);
        check_str(got, "");
    }
}
