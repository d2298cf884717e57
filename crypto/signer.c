/*
 * Bodies' keys and certificates. Attacker: who wants a foreign or outdated certificate to pass for
 * a body's; promise: a key is used only with the certificate that names it, only while that is
 * valid, and a certificate is called trusted only when it leads to an authority that was given.
 * Deliberately not done: revocation lists, which need the authority's network; hardware tokens.
 */
#include "crypto/signer_open.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/private.h"

#define FILE_BYTES_MAX  65536
#define EC_BITS_MIN     256
#define RSA_BITS_MIN    2048
#define AUTHORITIES_MAX 100

void signer_x509_close(X509 **x)
{
    X509_free(*x);
}

void signer_bio_close(BIO **b)
{
    BIO_free(*b);
}

void signer_close(struct signer **s)
{
    if (*s == NULL)
        return;
    EVP_PKEY_free((*s)->key);
    X509_free((*s)->certificate);
    sk_X509_pop_free((*s)->above, X509_free);
    free(*s);
    *s = NULL;
}

bool signer_key_is_good(const EVP_PKEY *key)
{
    const int bits = EVP_PKEY_get_bits(key);

    return EVP_PKEY_is_a(key, "RSA") ? bits >= RSA_BITS_MIN
                                     : EVP_PKEY_is_a(key, "EC") && bits >= EC_BITS_MIN;
}

static result pem_read(BIO *bio, const char *path, struct signer *s, struct err *e)
{
    X509 *x;

    s->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    s->certificate = s->key == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (s->certificate == NULL)
        return fail(e, ERR_CONFIG, "%s: not a private key and then its certificate", path);
    while (sk_X509_num(s->above) < AUTHORITIES_MAX &&
           (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
        must(sk_X509_push(s->above, x) > 0);
    ERR_clear_error();
    if (!signer_key_is_good(s->key))
        return fail(e, ERR_CONFIG, "%s: a key that is too weak or of a kind not known here", path);
    if (X509_check_private_key(s->certificate, s->key) != 1)
        return fail(e, ERR_CONFIG, "%s: the certificate is for another key", path);
    return OK;
}

result signer_open(const char *path, struct signer **out, struct err *e)
{
    DEFER(signer_close) struct signer *s = calloc(1, sizeof(*s));
    DEFER(signer_bio_close) BIO *bio = NULL;
    char pem[FILE_BYTES_MAX];
    size_t n;
    result r;

    must(s != NULL);
    s->above = sk_X509_new_null();
    must(s->above != NULL);
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return fail(e, ERR_NOT_FOUND, "%s: no such file", path);
    TRY(private_read(path, pem, sizeof(pem), &n, e));
    bio = BIO_new_mem_buf(pem, (int)n);
    must(bio != NULL);
    r = pem_read(bio, path, s, e);
    explicit_bzero(pem, sizeof(pem));
    TRY(r);
    *out = s;
    s = NULL;
    return OK;
}

static struct str name_print(struct arena *a, const X509_NAME *name)
{
    const unsigned long form = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    DEFER(signer_bio_close) BIO *bio = BIO_new(BIO_s_mem());
    char *p;
    long n;

    must(bio != NULL);
    must(X509_NAME_print_ex(bio, name, 0, form) >= 0);
    n = BIO_get_mem_data(bio, &p);
    return n > 0 ? str_dup(a, str_of(p, (size_t)n)) : STR("");
}

static struct str serial_print(struct arena *a, const X509 *x509)
{
    BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
    char *hex;
    struct str text;

    must(n != NULL);
    hex = BN_bn2hex(n);
    must(hex != NULL);
    text = str_dup(a, str_c(hex));
    OPENSSL_free(hex);
    BN_free(n);
    return text;
}

static int64_t time_read(const ASN1_TIME *t)
{
    struct tm tm;

    return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

static void authorities_read(X509_STORE *store, struct str pem)
{
    DEFER(signer_bio_close) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *x;

    must(bio != NULL);
    for (int i = 0; i < AUTHORITIES_MAX && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL;
         i++) {
        (void)X509_STORE_add_cert(store, x);
        X509_free(x);
    }
    ERR_clear_error();
}

static bool is_trusted(X509 *x509, STACK_OF(X509) * above, struct str authorities, int64_t at_ms)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *chain = X509_STORE_CTX_new();
    bool good;

    must(store != NULL && chain != NULL);
    authorities_read(store, authorities);
    must(X509_STORE_CTX_init(chain, store, x509, above) == 1);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(chain), (time_t)(at_ms / 1000));
    good = X509_verify_cert(chain) == 1;
    X509_STORE_CTX_free(chain);
    X509_STORE_free(store);
    ERR_clear_error();
    return good;
}

void signer_judge(X509 *x509, STACK_OF(X509) * above, struct str authorities, int64_t at_ms,
                  struct arena *a, struct signer_facts *out)
{
    *out = (struct signer_facts){ .subject = name_print(a, X509_get_subject_name(x509)),
                                  .issuer = name_print(a, X509_get_issuer_name(x509)),
                                  .serial = serial_print(a, x509),
                                  .not_before_ms = time_read(X509_get0_notBefore(x509)),
                                  .not_after_ms = time_read(X509_get0_notAfter(x509)),
                                  .trusted = authorities.n > 0 &&
                                             is_trusted(x509, above, authorities, at_ms) };
}

void signer_tell(const struct signer *s, struct arena *a, struct signer_facts *out)
{
    signer_judge(s->certificate, s->above, STR(""), 0, a, out);
}

result signer_check(const struct signer *s, int64_t at_ms, struct err *e)
{
    const int64_t from_ms = time_read(X509_get0_notBefore(s->certificate));
    const int64_t to_ms = time_read(X509_get0_notAfter(s->certificate));

    if (at_ms < from_ms || at_ms > to_ms)
        return fail(e, ERR_EXPIRED, "the certificate is not valid at this time");
    return OK;
}
