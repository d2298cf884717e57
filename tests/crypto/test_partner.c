#include "crypto/partner.h"

#include "crypto/secret.h"
#include "tests/test.h"

#define FIELDS_MAX 16

/* Cuts a pre-image at its separators: the fields, without the secret. */
static size_t cut(const char *text, struct str fields[FIELDS_MAX])
{
    struct str rest = str_c(text);
    size_t n = 0;

    while (str_next(&rest, '|', &fields[n]))
        n++;
    return n;
}

static struct secret secret_of(const char *text)
{
    struct secret s = { 0 };
    struct err e = { 0 };

    check_ok(secret_set(&s, str_c(text), &e), e);
    return s;
}

static const struct {
    const char *fields, *secret, *hex;
} vectors[] = {
    { "INIT|1.0.6|DOITACTEST|H561426112300011|150000|PAY|1|1|vi-VN|VND|PAYMENT|Thanh toan ho so "
      "H56.14-261123-0001|20261123140509|203.0.113.7",
      "bi-mat-thu-nghiem", "c493d0ffcc32187d649ce7f06548d2af128ef7702a94bc3674825e4e4498c305" },
    { "CONFIRM|00|DOITACTEST|H561426112300011|150000|VND|GD0001|VCB|20261123140630|Thanh toan ho "
      "so H56.14-261123-0001",
      "bi-mat-thu-nghiem", "0ce5659b6ac8cec32d23044217972b6f6f6a0a65f5c02d322b9e7706ed75e3d2" },
    { "QUERY|1.0.6|DOITACTEST|H561426112300011|20261123140900", "bi-mat-thu-nghiem",
      "b6fd2ffc699850386458b57decb45a5b9f0dd7c71dc5b91137dca9abfb0a1454" },
    { "INIT|1.0.6|DT01|H2917-261006-0001-01|25000|PAY|1|1|vi-VN|VND|PAYMENT|Nop le phi ho so "
      "H29.17-261006-0001|20261006143000|203.113.1.9",
      "s3cr3t", "f83c70f470643cd6ddd9f824150e236017db3f6db6411eced468dddd45429257" },
    { "INIT|1.0.6|DT01|H2917-261006-0001-01|25000|PAY|1|1|vi-VN|VND|PAYMENT|Nộp lệ phí hồ sơ "
      "H29.17-261006-0001|20261006143000|203.113.1.9",
      "s3cr3t", "2d679fc7b92ef5db4472a6732c8ff64a49717254a8c56f984c5fb67c27b606fa" },
    { "CONFIRM|00|DT01|H2917-261006-0001-01|25000|VND|PP26100600000001|970415|20261006143210|Nop "
      "le phi ho so H29.17-261006-0001",
      "s3cr3t", "39f4079eec89a9effc2cce3f9b274be8b575b120c54ddc02c8f2938cb9f90bbb" },
    { "QUERY|1.0.6|DT01|H2917-261006-0001-01|20261006143000", "s3cr3t",
      "65ab5443fba0ba5f66778faf6705f4b3799931e676cc7a1983afe4f571025f8c" },
};

TEST(a_separator_inside_a_field_is_refused)
{
    const struct secret s = secret_of("s3cr3t");
    const struct str joined[] = { STR("QUERY|1.0.6"), STR("DT01") };
    const struct str apart[] = { STR("QUERY"), STR("1.0.6"), STR("DT01") };
    struct str hex = { 0 };
    struct err e = { 0 };

    check_fails(partner_hash(test_arena(), joined, LEN(joined), &s, &hex, &e), e, ERR_INVALID);
    check_ok(partner_hash(test_arena(), apart, LEN(apart), &s, &hex, &e), e);
    /* The hash of both would be one and the same: that is why. */
    check_fails(partner_check(test_arena(), joined, LEN(joined), &s, hex, &e), e,
                ERR_BAD_SIGNATURE);
}

TEST(wrong_signatures_are_refused)
{
    struct str fields[FIELDS_MAX];
    const size_t n = cut(vectors[2].fields, fields);
    const struct secret s = secret_of(vectors[2].secret), other = secret_of("bi-mat-thu-nghien");
    const struct str right = str_c(vectors[2].hex);
    const struct str wrong[] = { STR(""),
                                 STR("0"),
                                 str_upper(test_arena(), right),
                                 str_sub(right, 0, 63),
                                 str_cat(test_arena(), right, STR("0")),
                                 str_c(vectors[1].hex) };
    struct err e = { 0 };

    for (size_t i = 0; i < LEN(wrong); i++)
        check_fails(partner_check(test_arena(), fields, n, &s, wrong[i], &e), e, ERR_BAD_SIGNATURE);
    check_fails(partner_check(test_arena(), fields, n, &other, right, &e), e, ERR_BAD_SIGNATURE);
    fields[3] = STR("H561426112300012");
    check_fails(partner_check(test_arena(), fields, n, &s, right, &e), e, ERR_BAD_SIGNATURE);
}

TEST(every_known_message_of_the_payment_platform_is_signed_the_same)
{
    for (size_t i = 0; i < LEN(vectors); i++) {
        struct str fields[FIELDS_MAX], hex = { 0 };
        const size_t n = cut(vectors[i].fields, fields);
        const struct secret s = secret_of(vectors[i].secret);
        struct err e = { 0 };

        check_ok(partner_hash(test_arena(), fields, n, &s, &hex, &e), e);
        check_str(hex, vectors[i].hex);
        check_ok(partner_check(test_arena(), fields, n, &s, hex, &e), e);
    }
}

TEST(the_population_gateway_header_is_as_published)
{
    const struct secret s = secret_of("khoa-thu-nghiem");

    check_str(partner_gateway_basic(test_arena(), STR("https://dancu.example.vn/tracuu"),
                                    STR("motcua"), 1795392000000, &s),
              "Basic "
              "bW90Y3VhOjc3N2MzZWYzYzA1Y2VhYWI0MWFhNGYwNTNhMzQwNzc2YjM2MDQxNDJjZWQ3OTVhMGM2YTc2ODR"
              "jOGEzYTE5NGQ=");
}

TEST(vnpay_signs_its_sorted_form)
{
    /* Given in no order, with an empty field that is left out. */
    static const struct partner_field fields[] = {
        { { "vnp_TxnRef", 10 }, { "H29.17-261006-0001", 18 } },
        { { "vnp_Version", 11 }, { "2.1.0", 5 } },
        { { "vnp_BankCode", 12 }, { "", 0 } },
        { { "vnp_Command", 11 }, { "pay", 3 } },
        { { "vnp_TmnCode", 11 }, { "MOTCUA01", 8 } },
        { { "vnp_Amount", 10 }, { "2500000", 7 } },
        { { "vnp_CurrCode", 12 }, { "VND", 3 } },
        { { "vnp_OrderInfo", 13 }, { "Thanh toan le phi ho so H29.17-261006-0001", 42 } },
        { { "vnp_OrderType", 13 }, { "other", 5 } },
        { { "vnp_Locale", 10 }, { "vn", 2 } },
        { { "vnp_IpAddr", 10 }, { "203.113.1.9", 11 } },
        { { "vnp_ReturnUrl", 13 }, { "https://motcua.example.vn/return?x=1", 36 } },
        { { "vnp_CreateDate", 14 }, { "20261006143000", 14 } },
        { { "vnp_ExpireDate", 14 }, { "20261006144500", 14 } },
    };
    struct secret secret = { 0 };
    struct str form, hex;
    struct err e;

    check_ok(secret_set(&secret, STR("TESTSECRET0123456789ABCDEF"), &e), e);
    check_ok(partner_form_sign(test_arena(), fields, LEN(fields), &secret, &form, &hex, &e), e);
    check(str_starts(form, STR("vnp_Amount=2500000&vnp_Command=pay&vnp_CreateDate=")));
    check(str_has(form, STR("vnp_OrderInfo=Thanh+toan+le+phi+ho+so+H29.17-261006-0001&")));
    check(str_has(form, STR("vnp_ReturnUrl=https%3A%2F%2Fmotcua.example.vn%2Freturn%3Fx%3D1&")));
    check(!str_has(form, STR("BankCode")));
    check_str(hex, "64e837b47d3d666276e77489b249a9881b1b158f0b7d345d438ee8968110302d"
                   "2235189fed8251737b52e5b392d778f1a5e8e7605667167be1de122a89da5c2d");
}
