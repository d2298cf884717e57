/*
 * Attacker: sends a certificate of its own making. Promise: what is no single DER certificate is
 * refused; a subject is compared as one text, so that no part of it can stand for another. Not
 * done: chains and dates, which the proxy that ended TLS has checked or was told not to.
 */
#include "crypto/certificate.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/key.h"

struct certificate {
    X509 *x509;
};

void certificate_close(struct certificate **c)
{
    if (*c == NULL)
        return;
    X509_free((*c)->x509);
    free(*c);
    *c = NULL;
}

result certificate_read(struct str der, struct certificate **out, struct err *e)
{
    const unsigned char *p = (const unsigned char *)der.p;
    X509 *x509 = der.n == 0 || der.n > INT_MAX ? NULL : d2i_X509(NULL, &p, (long)der.n);
    struct certificate *c;

    if (x509 == NULL || p != (const unsigned char *)der.p + der.n ||
        X509_get0_pubkey(x509) == NULL) {
        X509_free(x509);
        return fail(e, ERR_INVALID, "certificate: not one in DER");
    }
    c = calloc(1, sizeof(*c));
    must(c != NULL);
    c->x509 = x509;
    *out = c;
    return OK;
}

struct str certificate_subject(struct arena *a, const struct certificate *c)
{
    const unsigned long form = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    BIO *bio = BIO_new(BIO_s_mem());
    struct str text;
    char *p;
    long n;

    must(bio != NULL);
    must(X509_NAME_print_ex(bio, X509_get_subject_name(c->x509), 0, form) >= 0);
    n = BIO_get_mem_data(bio, &p);
    text = n > 0 ? str_dup(a, str_of(p, (size_t)n)) : STR("");
    BIO_free(bio);
    return text;
}

bool certificate_key_in(const struct certificate *c, const struct key_set *set)
{
    const EVP_PKEY *key = X509_get0_pubkey(c->x509);

    for (size_t i = 0; i < set->n; i++)
        if (EVP_PKEY_eq(key, set->keys[i].pkey) == 1)
            return true;
    return false;
}
