/*
 * Detached signatures of documents. Attacker: changes the bytes, or swaps the certificate for one
 * with the same key; promise: the signature covers the digest of all the bytes and, by
 * signing-certificate-v2, the very certificate. PAdES forbids the attribute of the signing time
 * (the time stands in the PDF), but OpenSSL 3.0 always adds it: it is taken out and the attributes
 * are signed again. Deliberately not done: time stamps of an authority (B-T).
 */
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/ess.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/context.h"
#include "crypto/signer_open.h"

#define ATTRIBUTES_MAX      16
#define SET_OF              0x31
#define SIGNATURE_BYTES_MAX 1024
#define FRAME_BYTES         1024 /* of a CMS, beside certificates and signature */

static void cms_close(CMS_ContentInfo **c)
{
    CMS_ContentInfo_free(*c);
}

static void md_close(EVP_MD_CTX **m)
{
    EVP_MD_CTX_free(*m);
}

static void stack_close(STACK_OF(X509) * *s)
{
    sk_X509_pop_free(*s, X509_free);
}

static BIO *parts_open(const struct str parts[2])
{
    BIO *bio = BIO_new(BIO_s_mem());

    must(bio != NULL);
    for (size_t i = 0; i < 2; i++) {
        must(parts[i].n < INT_MAX);
        must(parts[i].n == 0 || BIO_write(bio, parts[i].p, (int)parts[i].n) == (int)parts[i].n);
    }
    return bio;
}

static struct str attribute_der(X509_ATTRIBUTE *attribute, struct arena *a)
{
    unsigned char *der = NULL;
    const int n = i2d_X509_ATTRIBUTE(attribute, &der);
    struct str s;

    must(n > 0);
    s = str_dup(a, str_of(der, (size_t)n));
    OPENSSL_free(der);
    return s;
}

static int der_order(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static struct str set_head(struct arena *a, size_t n)
{
    unsigned char head[4] = { SET_OF, (unsigned char)n };
    size_t used = 2;

    must(n <= 65535);
    if (n > 255) {
        head[1] = 0x82;
        head[2] = (unsigned char)(n >> 8);
        head[3] = (unsigned char)(n & 255);
        used = 4;
    } else if (n > 127) {
        head[1] = 0x81;
        head[2] = (unsigned char)n;
        used = 3;
    }
    return str_dup(a, str_of(head, used));
}

/* The signed attributes as they are digested: a SET OF in DER (RFC 5652 5.4). */
static struct str attributes_der(CMS_SignerInfo *si, struct arena *a)
{
    struct str list[ATTRIBUTES_MAX];
    const int count = CMS_signed_get_attr_count(si);
    struct str all = STR("");

    must(count > 0 && count <= ATTRIBUTES_MAX);
    for (int i = 0; i < count; i++)
        list[i] = attribute_der(CMS_signed_get_attr(si, i), a);
    qsort(list, (size_t)count, sizeof(list[0]), der_order);
    for (int i = 0; i < count; i++)
        all = str_cat(a, all, list[i]);
    return str_cat(a, set_head(a, all.n), all);
}

static void time_drop(CMS_SignerInfo *si)
{
    const int at = CMS_signed_get_attr_by_NID(si, NID_pkcs9_signingTime, -1);

    if (at >= 0)
        X509_ATTRIBUTE_free(CMS_signed_delete_attr(si, at));
}

static result attributes_sign(const struct signer *s, CMS_SignerInfo *si, struct arena *a,
                              struct err *e)
{
    DEFER(md_close) EVP_MD_CTX *md = EVP_MD_CTX_new();
    const struct str der = attributes_der(si, a);
    unsigned char signature[SIGNATURE_BYTES_MAX];
    size_t n = sizeof(signature);

    must(md != NULL);
    if (EVP_DigestSignInit(md, NULL, context_sha256(), NULL, s->key) != 1 ||
        EVP_DigestSign(md, signature, &n, (const unsigned char *)der.p, der.n) != 1)
        return fail(e, ERR_CRYPTO, "a document was not signed");
    must(ASN1_STRING_set(CMS_SignerInfo_get0_signature(si), signature, (int)n) == 1);
    return OK;
}

static struct str der_of(CMS_ContentInfo *cms, struct arena *a)
{
    unsigned char *der = NULL;
    const int n = i2d_CMS_ContentInfo(cms, &der);
    struct str s;

    must(n > 0);
    s = str_dup(a, str_of(der, (size_t)n));
    OPENSSL_free(der);
    return s;
}

result signer_sign(const struct signer *s, const struct str parts[2], struct arena *a,
                   struct str *der, struct err *e)
{
    const unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP;
    DEFER(signer_bio_close) BIO *bytes = parts_open(parts);
    DEFER(cms_close) CMS_ContentInfo *cms = CMS_sign(NULL, NULL, s->above, NULL, flags);
    CMS_SignerInfo *si = NULL;

    if (cms != NULL)
        si = CMS_add1_signer(cms, s->certificate, s->key, context_sha256(), flags | CMS_CADES);
    if (si == NULL || CMS_final(cms, bytes, NULL, flags) != 1) {
        ERR_clear_error();
        return fail(e, ERR_CRYPTO, "a document was not signed");
    }
    time_drop(si);
    TRY(attributes_sign(s, si, a, e));
    *der = der_of(cms, a);
    if (der->n > signer_bytes_max(s))
        return fail(e, ERR_CONFIG, "a signature of %zu bytes: too many certificates", der->n);
    return OK;
}

static size_t certificate_bytes(const X509 *x)
{
    const int n = i2d_X509(x, NULL);

    return n > 0 ? (size_t)n : 0;
}

/* Its certificates, the signature itself, the issuer's name twice (which the certificate holds, so
 * that it is shorter than it), and what of the rest has a fixed size. */
size_t signer_bytes_max(const struct signer *s)
{
    size_t n =
        3 * certificate_bytes(s->certificate) + (size_t)EVP_PKEY_get_size(s->key) + FRAME_BYTES;

    for (int i = 0; i < sk_X509_num(s->above); i++)
        n += certificate_bytes(sk_X509_value(s->above, i));
    return n < SIGNER_CMS_BYTES_MAX ? n : SIGNER_CMS_BYTES_MAX;
}

/* One signer, whose certificate is in the signature; more would leave open who signed. */
static X509 *signer_of(CMS_ContentInfo *cms)
{
    STACK_OF(X509) *signers = CMS_get0_signers(cms);
    X509 *x = sk_X509_num(signers) == 1 ? sk_X509_value(signers, 0) : NULL;

    sk_X509_free(signers);
    return x;
}

/* Whether signing-certificate-v2 names this certificate: else another of the same key may stand in
 * its place. */
static bool names_certificate(CMS_ContentInfo *cms, X509 *x)
{
    const int nid = NID_id_smime_aa_signingCertificateV2;
    CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
    const ASN1_STRING *der = CMS_signed_get0_data_by_OBJ(si, OBJ_nid2obj(nid), -3, V_ASN1_SEQUENCE);
    STACK_OF(X509) *chain = sk_X509_new_null();
    ESS_SIGNING_CERT_V2 *named = NULL;
    const unsigned char *p;
    bool good = false;

    must(chain != NULL && sk_X509_push(chain, x) > 0);
    if (der != NULL) {
        p = ASN1_STRING_get0_data(der);
        named = d2i_ESS_SIGNING_CERT_V2(NULL, &p, ASN1_STRING_length(der));
        good = named != NULL && OSSL_ESS_check_signing_certs(NULL, named, chain, 1) > 0;
    }
    ESS_SIGNING_CERT_V2_free(named);
    sk_X509_free(chain);
    return good;
}

result signer_verify(const struct str parts[2], struct str der, struct str authorities,
                     int64_t at_ms, struct arena *a, struct signer_facts *out, struct err *e)
{
    const unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY;
    const unsigned char *p = (const unsigned char *)der.p;
    DEFER(signer_bio_close) BIO *bytes = parts_open(parts);
    DEFER(cms_close)
    CMS_ContentInfo *cms =
        der.n > SIGNER_CMS_BYTES_MAX ? NULL : d2i_CMS_ContentInfo(NULL, &p, (long)der.n);
    DEFER(stack_close) STACK_OF(X509) *above = NULL;
    X509 *x = NULL;

    if (cms != NULL && CMS_verify(cms, NULL, NULL, bytes, NULL, flags) == 1)
        x = signer_of(cms);
    if (x != NULL && !names_certificate(cms, x))
        x = NULL;
    ERR_clear_error();
    if (x == NULL)
        return fail(e, ERR_BAD_SIGNATURE, "not a signature over these bytes");
    above = CMS_get1_certs(cms);
    signer_judge(x, above, authorities, at_ms, a, out);
    return OK;
}
