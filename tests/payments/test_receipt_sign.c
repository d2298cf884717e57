/* Signed receipts: what other programs say of them, what waits without a key, what was altered. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/signer.h"
#include "payments/receipt_sign.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

static const char *path_of(const char *name)
{
    return str_cstr(test_arena(), str_fmt(test_arena(), "%s/receipts/%s", test_folder(), name));
}

static void save(const char *path, struct str bytes)
{
    FILE *f = fopen(path, "wb");

    check(f != NULL && fwrite(bytes.p, 1, bytes.n, f) == bytes.n && fclose(f) == 0);
}

static void key_make(struct counter *c, const char *agency, int64_t days)
{
    const struct signer_sample of = { .common_name = STR("Trung tâm (mẫu)"),
                                      .organisation = STR("Trung tâm (mẫu)"),
                                      .tax_code = STR("2800000027"),
                                      .now_ms = c->clock.fixed_ms,
                                      .days = days };
    struct signer_sample ca = of;
    struct str pem;
    struct err e = { .code = ERR_NONE };

    ca.common_name = STR("CA thử nghiệm (mẫu)");
    ca.days = 3650;
    (void)mkdir(path_of(""), 0700);
    if (access(path_of("ca.pem"), F_OK) != 0)
        check_ok(signer_make_authority(path_of("ca.pem"), &ca, &e), e);
    check_ok(signer_certificates(path_of("ca.pem"), test_arena(), &pem, &e), e);
    save(path_of("ca.crt"), pem);
    check_ok(
        signer_make_sample(path_of(str_cstr(test_arena(), str_fmt(test_arena(), "%s.pem", agency))),
                           path_of("ca.pem"), &of, &e),
        e);
}

static struct receipt *paid_receipts(struct counter *c)
{
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct err e = { .code = ERR_NONE };
    struct receipt *all;
    size_t count;

    counter_pay(c, ref);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    check_ok(receipt_list(&c->till, &o, test_arena(), &all, &count, &e), e);
    check_int(count, 2);
    return all;
}

static bool sign_due(struct counter *c)
{
    struct err e = { .code = ERR_NONE };
    bool did;

    check_ok(receipt_sign_due(&c->till, &did, &e), e);
    return did;
}

static struct receipt_paper paper_of(struct counter *c, struct str id)
{
    struct receipt_paper p;
    struct err e = { .code = ERR_NONE };

    check_ok(receipt_paper_load(&c->till, id, test_arena(), &p, &e), e);
    return p;
}

static struct receipt_judgement judged(struct counter *c, struct str file)
{
    struct receipt_judgement j;
    struct err e = { .code = ERR_NONE };

    check_ok(receipt_judge(&c->till, file, test_arena(), &j, &e), e);
    return j;
}

static int run(const char *command)
{
    return system(str_cstr(test_arena(),
                           str_fmt(test_arena(), "cd %s/receipts && %s", test_folder(), command)));
}

TEST_STORE(a_captured_receipt_is_signed_once_and_stays_the_same)
{
    struct counter *c = counter_open();
    struct receipt *r;
    struct receipt_paper first, again;
    struct receipt_judgement j;
    struct err e = { .code = ERR_NONE };
    int64_t count, oldest_s;

    key_make(c, "H56.14", 365);
    r = paid_receipts(c);
    check_int(r[0].signed_ms, 0);
    check_ok(receipt_sign_waiting(&c->till, &count, &oldest_s, &e), e);
    check_int(count, 2);
    check(sign_due(c));
    check(sign_due(c));
    check(!sign_due(c));
    check_ok(receipt_sign_waiting(&c->till, &count, &oldest_s, &e), e);
    check_int(count, 0);
    first = paper_of(c, r[0].id);
    check_int(first.signed_ms, c->clock.fixed_ms);
    check(str_has(first.signer, STR("UID=2800000027")));
    counter_forward(c, 3600);
    key_make(c, "H56.14", 365); /* renewed */
    check_ok(receipt_sign(&c->till, r[0].id, test_arena(), &e), e);
    again = paper_of(c, r[0].id);
    check_same(again.bytes[RECEIPT_PDF], first.bytes[RECEIPT_PDF]);
    check_same(again.bytes[RECEIPT_XML], first.bytes[RECEIPT_XML]);
    j = judged(c, first.bytes[RECEIPT_PDF]);
    check(j.is_pdf && j.is_signed && j.is_trusted && j.is_issued);
    check_same(j.code, r[0].code);
    j = judged(c, first.bytes[RECEIPT_XML]);
    check(!j.is_pdf && j.is_signed && j.is_trusted && j.is_issued);
    counter_books_hold(c);
}

TEST_STORE(without_a_valid_certificate_a_receipt_waits_and_nothing_is_lost)
{
    struct counter *c = counter_open();
    struct receipt *r = paid_receipts(c);
    struct err e = { .code = ERR_NONE };
    int64_t count, oldest_s;

    check(sign_due(c) && sign_due(c));
    check(!sign_due(c)); /* later */
    check_str(paper_of(c, r[0].id).failure, "CONFIG");
    check_fails(receipt_sign(&c->till, r[0].id, test_arena(), &e), e, ERR_CONFIG);
    key_make(c, "H56.14", 1);
    counter_forward(c, 2 * 86400); /* the certificate is out of date by then */
    check(sign_due(c) && sign_due(c));
    check_int(paper_of(c, r[0].id).signed_ms, 0);
    check_ok(receipt_sign_waiting(&c->till, &count, &oldest_s, &e), e);
    check_int(count, 2);
    check_int(oldest_s, 2 * 86400);
    key_make(c, "H56.14", 365);
    counter_forward(c, RECEIPT_SIGN_AGAIN_S - 1);
    check(!sign_due(c));
    counter_forward(c, 1);
    check(sign_due(c) && sign_due(c));
    check_int(paper_of(c, r[0].id).signed_ms, c->clock.fixed_ms);
    check_int(paper_of(c, r[1].id).signed_ms, c->clock.fixed_ms);
}

/* The same document, which says that one dong more or less was received. */
static struct str another_amount(struct str xml)
{
    const struct str mark = STR("<BangSo>");
    struct str bent = str_dup(test_arena(), xml);

    for (size_t i = 0; i < bent.n; i++)
        if (str_starts(str_from(bent, i), mark)) {
            ((char *)(uintptr_t)bent.p)[i + mark.n] ^= 1;
            return bent;
        }
    test_fail(__FILE__, __LINE__, "no amount in the document");
}

TEST(a_tampered_byte_is_refused_wherever_it_stands)
{
    struct counter *c = counter_open();
    struct receipt *r;
    struct receipt_paper p;

    key_make(c, "H56.14", 365);
    r = paid_receipts(c);
    check(sign_due(c) && sign_due(c));
    p = paper_of(c, r[0].id);
    for (int form = 0; form < 2; form++) {
        const struct str good = p.bytes[form];
        const size_t steps = form == RECEIPT_PDF ? 60 : 120;

        for (size_t i = 0; i < steps; i++) {
            char *bent = (char *)(uintptr_t)str_dup(test_arena(), good).p;
            const size_t at = i * (good.n - 1) / (steps - 1);
            struct receipt_judgement j;

            bent[at] ^= 1;
            j = judged(c, str_of(bent, good.n));
            check(!j.is_issued);
            /* what lies outside of the signed bytes is filling, white space in base64, or the
             * declaration, which say nothing */
            if (j.is_signed && form == RECEIPT_PDF)
                test_fail(__FILE__, __LINE__, "byte %zu of %zu of the PDF is not signed", at,
                          good.n);
        }
        check(!judged(c, str_cat(test_arena(), good, STR("\n%%EOF\n"))).is_issued);
    }
    check(judged(c, p.bytes[RECEIPT_XML]).is_signed);
    check(!judged(c, another_amount(p.bytes[RECEIPT_XML])).is_signed);
    check(!judged(c, str_cat(test_arena(), p.bytes[RECEIPT_PDF], STR("\n"))).is_signed);
    check(!judged(c, STR("%PDF-1.4")).is_signed);
    check(!judged(c, STR("")).is_signed);
}

TEST(other_programs_accept_what_is_signed)
{
    struct counter *c = counter_open();
    struct receipt *r;
    struct receipt_paper p;

    key_make(c, "H56.14", 365);
    r = paid_receipts(c);
    check(sign_due(c) && sign_due(c));
    p = paper_of(c, r[0].id);
    save(path_of("r.pdf"), p.bytes[RECEIPT_PDF]);
    save(path_of("r.xml"), p.bytes[RECEIPT_XML]);
    check_int(run("qpdf --check r.pdf >q 2>&1"), 0);
    check_int(run("! grep -qi warning q || { cat q; false; }"), 0);
    check_int(run("mkdir -p nss && certutil -N -d sql:nss --empty-password && certutil -A -d "
                  "sql:nss -n ca -t CT,C,C -i ca.crt && pdfsig -nssdir nss r.pdf >s 2>&1; cat s"),
              0);
    check_int(run("grep -q 'Signature Validation: Signature is Valid' s"), 0);
    check_int(run("grep -q 'Certificate Validation: Certificate is Trusted' s"), 0);
    check_int(run("grep -q 'Total document signed' s"), 0);
    check_int(run("grep -q 'ETSI.CAdES.detached' s"), 0);
    check_int(run("xmlsec1 --verify --trusted-pem ca.crt r.xml >x 2>&1"), 0);
    check_int(run("sed 's/<BangSo>550000/<BangSo>950000/' r.xml >t.xml; ! cmp -s r.xml t.xml && ! "
                  "xmlsec1 --verify --trusted-pem ca.crt t.xml >x 2>&1"),
              0);
    check_int(run("sed 's/0000001/0000009/' r.pdf >t.pdf; cp r.pdf u.pdf; printf X | dd of=u.pdf "
                  "bs=1 seek=900 conv=notrunc 2>/dev/null; pdfsig -nssdir nss u.pdf >s 2>&1; ! "
                  "grep -q 'Signature is Valid' s"),
              0);
    check_int(run("pdftoppm -r 200 -png -singlefile r.pdf page && zbarimg -q --raw page.png | grep "
                  "-q /verify/"),
              0);
    check_int(run("pdftotext -layout r.pdf - | grep -q 'Đã ký số'"), 0);
    check_int(
        run("pdffonts r.pdf | awk 'NR > 2 && $(NF-4) != \"yes\" { bad = 1 } END { exit bad }'"), 0);
}

TEST(the_signed_xml_holds_what_the_decree_asks_for)
{
    static const char *const words[] = {
        "<Ten>Biên lai thu phí</Ten>",
        "<MauSo>EBL01</MauSo><KyHieu>26TAA</KyHieu><So>0000001</So>",
        "<MaSoThue>2800000027</MaSoThue>",
        "<SoTien>550000</SoTien>",
        "<BangSo>550000</BangSo><BangChu>Năm trăm năm mươi nghìn đồng chẵn</BangChu>",
        "<NgayLap>2026-11-23</NgayLap>",
        "<ThoiDiemKy>2026-11-23T09:00:00+07:00</ThoiDiemKy>",
        "<Ten>Nguyễn Thị Hòa</Ten>",
        "<CanCuPhapLy>",
        "<X509Certificate>",
    };
    struct counter *c = counter_open();
    struct receipt *r;
    struct str xml;

    key_make(c, "H56.14", 365);
    r = paid_receipts(c);
    check(sign_due(c) && sign_due(c));
    xml = paper_of(c, r[0].id).bytes[RECEIPT_XML];
    for (size_t i = 0; i < LEN(words); i++)
        if (!str_has(xml, str_c(words[i])))
            test_fail(__FILE__, __LINE__, "%s is missing in:\n%.*s", words[i], STR_ARG(xml));
    check(str_has(xml, str_fmt(test_arena(), "<MaTraCuu>%.*s</MaTraCuu>", STR_ARG(r[0].code))));
    check(!str_has(xml, STR("038190000001")));
}
