/* What a body signs: documents as CMS and XML, judged again here and by other programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/signer.h"
#include "crypto/xmldsig.h"
#include "tests/test.h"

#define NOW_MS 1795399200000 /* 2026-11-23T09:00:00+07:00 */
#define DAY_MS 86400000LL

static const struct signer_sample authority_of = {
    .common_name = { "CA MẪU", 7 }, .organisation = { "Mẫu", 5 }, .now_ms = NOW_MS, .days = 3650
};

static const char *path_of(const char *name)
{
    return str_cstr(test_arena(), str_fmt(test_arena(), "%s/%s", test_folder(), name));
}

static void sample_make(const char *name, int64_t days)
{
    const struct signer_sample of = { .common_name = STR("Trung tâm (mẫu)"),
                                      .organisation = STR("Trung tâm (mẫu)"),
                                      .tax_code = STR("2800000027"),
                                      .now_ms = NOW_MS,
                                      .days = days };
    struct err e = { .code = ERR_NONE };

    if (access(path_of("ca.pem"), F_OK) != 0)
        check_ok(signer_make_authority(path_of("ca.pem"), &authority_of, &e), e);
    check_ok(signer_make_sample(path_of(name), path_of("ca.pem"), &of, &e), e);
}

static struct signer *sample_open(const char *name)
{
    struct signer *s;
    struct err e = { .code = ERR_NONE };

    check_ok(signer_open(path_of(name), &s, &e), e);
    return s;
}

static struct str authorities(void)
{
    struct str pem;
    struct err e = { .code = ERR_NONE };

    check_ok(signer_certificates(path_of("ca.pem"), test_arena(), &pem, &e), e);
    return pem;
}

static void save(const char *name, struct str bytes)
{
    FILE *f = fopen(path_of(name), "wb");

    check(f != NULL && fwrite(bytes.p, 1, bytes.n, f) == bytes.n && fclose(f) == 0);
}

static int run(const char *command)
{
    const int status = system(str_cstr(
        test_arena(), str_fmt(test_arena(), "cd %s && %s >out 2>&1", test_folder(), command)));

    return status;
}

/* The same key and certificate, made by OpenSSL's program. */
static void rsa_make(void)
{
    check_int(run("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=RSA -days 3650 -keyout k "
                  "-out c && (umask 077; cat k c >rsa.pem) && openssl pkcs12 -export -inkey k "
                  "-in c -passout pass:mat-khau -out rsa.p12"),
              0);
}

TEST(a_signature_holds_for_its_bytes_only)
{
    struct arena *a = test_arena();
    struct str parts[2] = { STR("Biên lai"), STR(" số 1") }, der, bent;
    struct signer_facts facts;
    struct err e = { .code = ERR_NONE };
    struct signer *s;

    sample_make("body.pem", 365);
    s = sample_open("body.pem");
    check_ok(signer_sign(s, parts, a, &der, &e), e);
    check_ok(signer_verify(parts, der, authorities(), NOW_MS, a, &facts, &e), e);
    check(facts.trusted);
    check(str_has(facts.subject, STR("CN=Trung tâm (mẫu)")));
    check(str_has(facts.subject, STR("UID=2800000027")));
    check_ok(signer_verify(parts, der, STR(""), NOW_MS, a, &facts, &e), e);
    check(!facts.trusted);
    check_ok(signer_verify(parts, der, authorities(), NOW_MS + 400 * DAY_MS, a, &facts, &e), e);
    check(!facts.trusted); /* out of date by then */
    bent = str_dup(a, der);
    for (size_t i = 0; i < der.n; i += 7) {
        struct err why = { .code = ERR_NONE };

        ((char *)(uintptr_t)bent.p)[i] ^= 1;
        if (!signer_verify(parts, bent, authorities(), NOW_MS, a, &facts, &why).failed)
            check(!facts.trusted || str_has(facts.subject, STR("mẫu"))); /* in unused bytes */
        ((char *)(uintptr_t)bent.p)[i] ^= 1;
    }
    parts[1] = STR(" số 2");
    check_fails(signer_verify(parts, der, authorities(), NOW_MS, a, &facts, &e), e,
                ERR_BAD_SIGNATURE);
    check_fails(signer_verify(parts, STR("0\x82"), authorities(), NOW_MS, a, &facts, &e), e,
                ERR_BAD_SIGNATURE);
    signer_close(&s);
}

TEST(a_signature_has_the_attributes_of_pades_and_no_others)
{
    struct arena *a = test_arena();
    const struct str parts[2] = { STR("x"), STR("y") };
    struct str der;
    struct err e = { .code = ERR_NONE };
    struct signer *s;

    rsa_make();
    s = sample_open("rsa.pem");
    check_ok(signer_sign(s, parts, a, &der, &e), e);
    save("s.der", der);
    save("xy", STR("xy"));
    check_int(run("openssl cms -verify -cades -inform DER -in s.der -content xy -binary "
                  "-CAfile c -purpose any"),
              0);
    check_int(run("openssl cms -cmsout -print -inform DER -in s.der | tee t | grep -q "
                  "signingCertificateV2"),
              0);
    check(run("grep -q signingTime t") != 0);
    signer_close(&s);
}

TEST(a_certificate_that_is_out_of_date_does_not_sign)
{
    struct err e = { .code = ERR_NONE };
    struct signer *s;

    sample_make("short.pem", 1);
    s = sample_open("short.pem");
    check_ok(signer_check(s, NOW_MS, &e), e);
    check_fails(signer_check(s, NOW_MS + DAY_MS + 1000, &e), e, ERR_EXPIRED);
    check_fails(signer_check(s, NOW_MS - 2 * DAY_MS, &e), e, ERR_EXPIRED);
    signer_close(&s);
}

TEST(a_key_file_is_private_and_belongs_together)
{
    struct err e = { .code = ERR_NONE };
    struct signer *s;

    check_fails(signer_open(path_of("none.pem"), &s, &e), e, ERR_NOT_FOUND);
    sample_make("one.pem", 365);
    sample_make("two.pem", 365);
    check_int(run("(umask 077; openssl pkey -in one.pem >mixed.pem; openssl x509 -in two.pem "
                  ">>mixed.pem; openssl x509 -in one.pem >keyless.pem)"),
              0);
    check_fails(signer_open(path_of("mixed.pem"), &s, &e), e, ERR_CONFIG);
    check_fails(signer_open(path_of("keyless.pem"), &s, &e), e, ERR_CONFIG);
    check_int(run("chmod 640 one.pem"), 0);
    check_fails(signer_open(path_of("one.pem"), &s, &e), e, ERR_CONFIG);
}

TEST(what_an_authority_hands_out_is_installed)
{
    struct arena *a = test_arena();
    char *bytes = arena_alloc(a, 65536);
    struct err e = { .code = ERR_NONE };
    struct signer_facts facts;
    struct signer *s;
    struct str p12;
    FILE *f;

    rsa_make();
    f = fopen(path_of("rsa.p12"), "rb");
    check(f != NULL);
    p12 = str_of(bytes, fread(bytes, 1, 65536, f));
    (void)fclose(f);
    check_fails(signer_install(path_of("in.pem"), p12, "sai", &e), e, ERR_INVALID);
    check_fails(signer_install(path_of("in.pem"), STR("x"), "", &e), e, ERR_INVALID);
    check_fails(signer_open(path_of("in.pem"), &s, &e), e, ERR_NOT_FOUND);
    check_ok(signer_install(path_of("in.pem"), p12, "mat-khau", &e), e);
    s = sample_open("in.pem");
    signer_tell(s, a, &facts);
    check_str(facts.subject, "CN=RSA");
    signer_close(&s);
    check_int(run("test $(stat -c %a in.pem) = 600 && openssl req -x509 -newkey rsa:1024 -nodes "
                  "-subj /CN=W -keyout k1 -out c1 && cat k1 c1 >weak"),
              0);
    f = fopen(path_of("weak"), "rb");
    check(f != NULL);
    p12 = str_of(bytes, fread(bytes, 1, 65536, f));
    (void)fclose(f);
    check_fails(signer_install(path_of("weak.pem"), p12, "", &e), e, ERR_INVALID);
}

static struct str signed_xml(const char *body)
{
    struct str xml;
    struct signer *s = sample_open(body);
    struct err e = { .code = ERR_NONE };

    check_ok(xmldsig_sign(STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<r xmlns=\"urn:x\">"
                              "<so>0000001</so><ten>Nguyễn Thị Hòa</ten></r>"),
                          s, test_arena(), &xml, &e),
             e);
    signer_close(&s);
    return xml;
}

static struct str replaced(struct str s, const char *from, const char *to)
{
    const char *at = memmem(s.p, s.n, from, strlen(from));

    check(at != NULL);
    return str_fmt(test_arena(), "%.*s%s%.*s", (int)(at - s.p), s.p, to,
                   (int)(s.n - (size_t)(at - s.p) - strlen(from)), at + strlen(from));
}

static void refused(struct str xml, enum err_code code)
{
    struct signer_facts facts;
    struct err e = { .code = ERR_NONE };

    check_fails(xmldsig_verify(xml, authorities(), NOW_MS, test_arena(), &facts, &e), e, code);
}

TEST(signed_xml_is_whole_or_refused)
{
    struct arena *a = test_arena();
    struct signer_facts facts;
    struct err e = { .code = ERR_NONE };
    struct str xml;

    sample_make("body.pem", 365);
    xml = signed_xml("body.pem");
    check_ok(xmldsig_verify(xml, authorities(), NOW_MS, a, &facts, &e), e);
    check(facts.trusted && str_has(facts.subject, STR("UID=2800000027")));
    refused(replaced(xml, "0000001", "0000002"), ERR_BAD_SIGNATURE);
    refused(replaced(xml, "Hòa", "Hoa"), ERR_BAD_SIGNATURE);
    refused(replaced(xml, "URI=\"\"", "URI=\"#so\""), ERR_BAD_SIGNATURE);
    refused(replaced(xml, "xmldsig#enveloped-signature", "xmldsig#base64"), ERR_BAD_SIGNATURE);
    refused(replaced(xml, "</r>", "<so>9</so></r>"), ERR_BAD_SIGNATURE);
    refused(replaced(xml, "<r xmlns", "<!DOCTYPE r [<!ENTITY a \"b\">]><r xmlns"), ERR_MALFORMED);
    refused(STR("<r/>"), ERR_BAD_SIGNATURE);
    refused(STR("no xml"), ERR_MALFORMED);
}

TEST(another_program_takes_the_signed_xml)
{
    rsa_make();
    sample_make("body.pem", 365);
    save("ec.xml", signed_xml("body.pem"));
    save("rsa.xml", signed_xml("rsa.pem"));
    save("bent.xml", replaced(signed_xml("rsa.pem"), "0000001", "0000007"));
    save("ca.crt", authorities());
    check_int(run("xmlsec1 --verify --trusted-pem c rsa.xml"), 0);
    check_int(run("xmlsec1 --verify --trusted-pem ca.crt ec.xml"), 0);
    check(run("xmlsec1 --verify --trusted-pem c bent.xml") != 0);
    check(run("xmlsec1 --verify --trusted-pem ca.crt rsa.xml") != 0);
}
