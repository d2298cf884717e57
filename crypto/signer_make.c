/*
 * Keys of bodies come in, and sample ones are made. Attacker: who passes a sample off as genuine;
 * promise: whatever is made here says in its subject and its issuer that it is a sample without
 * legal effect. A PKCS #12 file's password is used once and not kept: the service must be able to
 * read the key unattended, so the file's mode protects it.
 */
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/context.h"
#include "crypto/private.h"
#include "crypto/signer_open.h"

#define DAY_MS       86400000LL
#define PEM_MAX      65536
#define SERIAL_BYTES 16

static void p12_close(PKCS12 **p)
{
    PKCS12_free(*p);
}

static result write_out(const char *path, const struct signer *s, struct err *e)
{
    DEFER(signer_bio_close) BIO *bio = BIO_new(BIO_s_secmem());
    char *p;
    long n;

    must(bio != NULL);
    must(PEM_write_bio_PrivateKey(bio, s->key, NULL, NULL, 0, NULL, NULL) == 1);
    must(PEM_write_bio_X509(bio, s->certificate) == 1);
    for (int i = 0; i < sk_X509_num(s->above); i++)
        must(PEM_write_bio_X509(bio, sk_X509_value(s->above, i)) == 1);
    n = BIO_get_mem_data(bio, &p);
    return private_write(path, str_of(p, (size_t)n), true, e);
}

static bool p12_read(struct str bytes, const char *password, struct signer *s)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    DEFER(p12_close) PKCS12 *p12 = d2i_PKCS12(NULL, &p, (long)bytes.n);

    return p12 != NULL && PKCS12_parse(p12, password, &s->key, &s->certificate, &s->above) == 1;
}

/* Key and certificates in any order, as authorities hand them out. */
static void pem_read(struct str bytes, const char *password, struct signer *s)
{
    DEFER(signer_bio_close) BIO *keys = BIO_new_mem_buf(bytes.p, (int)bytes.n);
    DEFER(signer_bio_close) BIO *certificates = BIO_new_mem_buf(bytes.p, (int)bytes.n);
    char *phrase = (char *)(uintptr_t)password;
    X509 *x;

    must(keys != NULL && certificates != NULL);
    s->key = PEM_read_bio_PrivateKey(keys, NULL, NULL, phrase);
    s->above = sk_X509_new_null();
    must(s->above != NULL);
    while ((x = PEM_read_bio_X509(certificates, NULL, NULL, NULL)) != NULL) {
        if (s->certificate == NULL && s->key != NULL && X509_check_private_key(x, s->key) == 1)
            s->certificate = x;
        else
            must(sk_X509_push(s->above, x) > 0);
    }
}

result signer_install(const char *path, struct str bytes, const char *password, struct err *e)
{
    DEFER(signer_close) struct signer *s = calloc(1, sizeof(*s));

    must(s != NULL);
    if (bytes.n == 0 || bytes.n > PEM_MAX)
        return fail(e, ERR_INVALID, "neither PKCS #12 nor PEM");
    if (!p12_read(bytes, password, s)) {
        signer_close(&s);
        s = calloc(1, sizeof(*s));
        must(s != NULL);
        pem_read(bytes, password, s);
    }
    ERR_clear_error();
    if (s->key == NULL || s->certificate == NULL ||
        X509_check_private_key(s->certificate, s->key) != 1)
        return fail(e, ERR_INVALID,
                    "no key with its certificate: not PKCS #12 or PEM, or a wrong password");
    if (!signer_key_is_good(s->key))
        return fail(e, ERR_INVALID, "the key is too weak or of a kind not known here");
    return write_out(path, s, e);
}

static void name_put(X509_NAME *name, const char *field, struct str value)
{
    if (value.n > 0)
        must(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)value.p,
                                        (int)value.n, -1, 0) == 1);
}

static void extension_put(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX with;
    X509_EXTENSION *one;

    X509V3_set_ctx_nodb(&with);
    X509V3_set_ctx(&with, issuer, x, NULL, NULL, 0);
    one = X509V3_EXT_conf_nid(NULL, &with, nid, value);
    must(one != NULL && X509_add_ext(x, one, -1) == 1);
    X509_EXTENSION_free(one);
}

static void serial_put(X509 *x)
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM *n;

    must(RAND_bytes(bytes, sizeof(bytes)) == 1);
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive, always as long */
    n = BN_bin2bn(bytes, sizeof(bytes), NULL);
    must(n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL);
    BN_free(n);
}

/* A key and the certificate of it; issuer NULL: itself. */
static struct signer *certificate_make(const struct signer_sample *of, const struct signer *issuer)
{
    struct signer *s = calloc(1, sizeof(*s));
    X509 *x = X509_new();
    X509_NAME *name;

    must(s != NULL && x != NULL);
    s->key = EVP_EC_gen("P-256");
    s->certificate = x;
    s->above = sk_X509_new_null();
    must(s->key != NULL && s->above != NULL);
    must(X509_set_version(x, X509_VERSION_3) == 1);
    serial_put(x);
    must(ASN1_TIME_set(X509_getm_notBefore(x), (time_t)((of->now_ms - DAY_MS) / 1000)) != NULL);
    must(ASN1_TIME_set(X509_getm_notAfter(x), (time_t)((of->now_ms + of->days * DAY_MS) / 1000)) !=
         NULL);
    must(X509_set_pubkey(x, s->key) == 1);
    name = X509_get_subject_name(x);
    name_put(name, "C", STR("VN"));
    name_put(name, "O", of->organisation);
    name_put(name, "UID", of->tax_code);
    name_put(name, "CN", of->common_name);
    must(X509_set_issuer_name(x, issuer == NULL ? name
                                                : X509_get_subject_name(issuer->certificate)) == 1);
    extension_put(x, x, NID_subject_key_identifier, "hash");
    extension_put(x, issuer == NULL ? x : issuer->certificate, NID_authority_key_identifier,
                  "keyid");
    extension_put(x, x, NID_basic_constraints,
                  issuer == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extension_put(x, x, NID_key_usage,
                  issuer == NULL ? "critical,keyCertSign,cRLSign"
                                 : "critical,digitalSignature,nonRepudiation");
    must(X509_sign(x, issuer == NULL ? s->key : issuer->key, context_sha256()) > 0);
    return s;
}

result signer_make_authority(const char *path, const struct signer_sample *of, struct err *e)
{
    DEFER(signer_close) struct signer *s = certificate_make(of, NULL);

    return write_out(path, s, e);
}

result signer_make_sample(const char *path, const char *authority, const struct signer_sample *of,
                          struct err *e)
{
    DEFER(signer_close) struct signer *issuer = NULL;
    DEFER(signer_close) struct signer *s = NULL;

    TRY(signer_open(authority, &issuer, e));
    s = certificate_make(of, issuer);
    return write_out(path, s, e);
}

result signer_certificates(const char *path, struct arena *a, struct str *pem, struct err *e)
{
    DEFER(signer_close) struct signer *s = NULL;
    DEFER(signer_bio_close) BIO *bio = BIO_new(BIO_s_mem());
    char *p;
    long n;

    must(bio != NULL);
    TRY(signer_open(path, &s, e));
    must(PEM_write_bio_X509(bio, s->certificate) == 1);
    for (int i = 0; i < sk_X509_num(s->above); i++)
        must(PEM_write_bio_X509(bio, sk_X509_value(s->above, i)) == 1);
    n = BIO_get_mem_data(bio, &p);
    *pem = str_dup(a, str_of(p, (size_t)n));
    return OK;
}
