#include "http/client_cert.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "http/proxy.h"
#include "tests/test.h"

static struct err e;

static struct request with(const char *cert, const char *verified)
{
    struct request rq = { .arena = test_arena() };

    if (cert != NULL)
        rq.headers[rq.header_count++] = (struct pair){ STR("client-cert"), str_c(cert) };
    if (verified != NULL)
        rq.headers[rq.header_count++] =
            (struct pair){ STR("Client-Cert-Verified"), str_c(verified) };
    return rq;
}

TEST(both_forms_give_the_same_bytes)
{
    static const char *const forms[] = {
        ":AQIDBA==:",
        "-----BEGIN%20CERTIFICATE-----%0AAQIDBA%3D%3D%0A-----END%20CERTIFICATE-----%0A",
        "-----BEGIN%20CERTIFICATE-----%0AAQID%0ABA%3D%3D%0A-----END%20CERTIFICATE-----",
    };

    for (size_t i = 0; i < LEN(forms); i++) {
        struct request rq = with(forms[i], "SUCCESS");

        check_ok(client_cert_read(&rq, &e), e);
        check_str(rq.certificate, "\1\2\3\4");
        check(rq.certificate_verified);
    }
}

TEST(what_is_neither_form_is_refused)
{
    static const char *const bad[] = {
        ":",
        "::",
        ":AQIDBA==",
        "AQIDBA==",
        ":AQIDBA:",
        ":AQID BA==:",
        ":AQIDBB==:",
        "%00",
        "-----BEGIN%20CERTIFICATE-----",
        "-----BEGIN%20CERTIFICATE-----%0AAQIDBA%3D%3D%0A",
        "-----BEGIN%20CERTIFICATE-----%0A%0A-----END%20CERTIFICATE-----",
        "-----BEGIN%20CERTIFICATE-----%0AAQIDBA%3D%3D%0A-----END%20CERTIFICATE-----%0Ax",
        "-----BEGIN%20PRIVATE%20KEY-----%0AAQIDBA%3D%3D%0A-----END%20PRIVATE%20KEY-----%0A",
        "-----BEGIN CERTIFICATE----- AQIDBA== -----END CERTIFICATE-----",
    };

    for (size_t i = 0; i < LEN(bad); i++) {
        struct request rq = with(bad[i], "SUCCESS");

        if (!client_cert_read(&rq, &e).failed)
            test_fail(__FILE__, __LINE__, "%s", bad[i]);
        check_int(rq.certificate.n, 0);
        check(!rq.certificate_verified);
    }
}

TEST(a_header_twice_is_refused)
{
    struct request rq = with(":AQIDBA==:", NULL);

    rq.headers[rq.header_count++] = (struct pair){ STR("Client-Cert"), STR(":AQIDBA==:") };
    check_fails(client_cert_read(&rq, &e), e, ERR_MALFORMED);
}

TEST(only_the_word_of_success_verifies)
{
    static const char *const words[] = { NULL,      "", "NONE", "FAILED:self-signed certificate",
                                         "success", "0" };

    for (size_t i = 0; i < LEN(words); i++) {
        struct request rq = with(":AQIDBA==:", words[i]);

        check_ok(client_cert_read(&rq, &e), e);
        check(rq.certificate.n > 0);
        check(!rq.certificate_verified);
    }
}

TEST(a_stranger_has_no_certificate)
{
    struct proxy_list l;
    struct sockaddr_in at = { .sin_family = AF_INET };
    struct request rq = with(":AQIDBA==:", "SUCCESS");
    bool trusted;

    check_ok(proxy_list_read(STR("10.0.0.0/8"), &l, &e), e);
    check(inet_pton(AF_INET, "203.0.113.7", &at.sin_addr) == 1);
    check_ok(proxy_apply(&l, (const struct sockaddr *)&at, &rq, &trusted, &e), e);
    check_int(rq.certificate.n, 0);
    check(!rq.certificate_verified);
    check(inet_pton(AF_INET, "10.0.0.1", &at.sin_addr) == 1);
    check_ok(proxy_apply(&l, (const struct sockaddr *)&at, &rq, &trusted, &e), e);
    check_str(rq.certificate, "\1\2\3\4");
    check(rq.certificate_verified);
}
