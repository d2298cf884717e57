#include "crypto/certificate.h"

#include "base/codec.h"
#include "base/err.h"
#include "base/str.h"
#include "tests/certificate_sample.h"
#include "tests/test.h"

static struct err e;

static struct certificate *sample(void)
{
    struct certificate *c;
    struct str der;

    check(base64_decode(test_arena(), STR(CERTIFICATE_SAMPLE), &der));
    check_ok(certificate_read(der, &c, &e), e);
    return c;
}

TEST(a_name_of_a_certificate_is_found_in_its_own_kind_only)
{
    DEFER(certificate_close) struct certificate *c = sample();
    static const struct {
        enum certificate_san kind;
        const char *name;
        bool has;
    } cases[] = {
        { CERTIFICATE_DNS, "tls.example.vn", true },
        { CERTIFICATE_DNS, "TLS.Example.VN", true },
        { CERTIFICATE_DNS, "example.vn", false },
        { CERTIFICATE_DNS, "tls.example.vn.", false },
        { CERTIFICATE_DNS, "a.wild.example.vn", false }, /* a star stands for itself */
        { CERTIFICATE_DNS, "nul.example.vn", false },    /* a zero byte ends no name */
        { CERTIFICATE_DNS, "", false },
        { CERTIFICATE_DNS, "https://tls.example.vn/a", false },
        { CERTIFICATE_URI, "https://tls.example.vn/a", true },
        { CERTIFICATE_URI, "https://tls.example.vn/A", false },
        { CERTIFICATE_URI, "https://tls.example.vn/", false },
        { CERTIFICATE_URI, "tls.example.vn", false },
        { CERTIFICATE_IP, "203.0.113.7", true },
        { CERTIFICATE_IP, "203.0.113.8", false },
        { CERTIFICATE_IP, "2001:db8::1", true },
        { CERTIFICATE_IP, "2001:0DB8:0:0:0:0:0:1", true },
        { CERTIFICATE_IP, "2001:db8::2", false },
        { CERTIFICATE_IP, "203.0.113.7 ", false },
        { CERTIFICATE_IP, "", false },
        { CERTIFICATE_IP, "tls.example.vn", false },
        { CERTIFICATE_EMAIL, "van-thu@example.vn", true },
        { CERTIFICATE_EMAIL, "Van-thu@example.vn", false },
        { CERTIFICATE_EMAIL, "tls.example.vn", false },
    };

    for (size_t i = 0; i < LEN(cases); i++)
        if (certificate_has_san(c, cases[i].kind, str_c(cases[i].name)) != cases[i].has)
            test_fail(__FILE__, __LINE__, "%s", cases[i].name);
}

TEST(what_could_be_an_address)
{
    check(certificate_is_address(STR("203.0.113.7")) && certificate_is_address(STR("::1")));
    check(!certificate_is_address(STR("")) && !certificate_is_address(STR("203.0.113")) &&
          !certificate_is_address(STR("203.0.113.7/24")) &&
          !certificate_is_address(STR("a.example.vn")));
}
