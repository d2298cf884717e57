/*
 * Attacker: sends a certificate of its own making. Promise: what is no single DER certificate is
 * refused; a subject is compared as one text, so that no part of it can stand for another; names
 * compare with their lengths, so that a zero byte ends none. Not
 * done: chains and dates, which the proxy that ended TLS has checked or was told not to.
 */
#include "crypto/certificate.h"

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

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

/* The bytes of an address: 4, 16, or 0 when it is none. */
static size_t address_read(struct str text, unsigned char bytes[16])
{
    char c[INET6_ADDRSTRLEN];

    if (text.n == 0 || text.n >= sizeof(c))
        return 0;
    memcpy(c, text.p, text.n);
    c[text.n] = '\0';
    if (inet_pton(AF_INET, c, bytes) == 1)
        return 4;
    return inet_pton(AF_INET6, c, bytes) == 1 ? 16 : 0;
}

bool certificate_is_address(struct str text)
{
    unsigned char bytes[16];

    return address_read(text, bytes) > 0;
}

static struct str string_of(const ASN1_STRING *s)
{
    return str_of((const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static bool name_is(const GENERAL_NAME *g, enum certificate_san kind, struct str name)
{
    static const int types[] = { GEN_DNS, GEN_URI, GEN_IPADD, GEN_EMAIL };
    unsigned char address[16];

    if (g->type != types[kind])
        return false;
    switch (kind) {
    case CERTIFICATE_DNS:
        return str_eq_nocase(string_of(g->d.dNSName), name);
    case CERTIFICATE_URI:
        return str_eq(string_of(g->d.uniformResourceIdentifier), name);
    case CERTIFICATE_EMAIL:
        return str_eq(string_of(g->d.rfc822Name), name);
    case CERTIFICATE_IP:
        break;
    }
    return str_eq(string_of(g->d.iPAddress),
                  str_of((const char *)address, address_read(name, address)));
}

bool certificate_has_san(const struct certificate *c, enum certificate_san kind, struct str name)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(c->x509, NID_subject_alt_name, NULL, NULL);
    bool found = false;

    for (int i = 0; name.n > 0 && !found && i < sk_GENERAL_NAME_num(names); i++)
        found = name_is(sk_GENERAL_NAME_value(names, i), kind, name);
    GENERAL_NAMES_free(names);
    return found;
}

bool certificate_key_in(const struct certificate *c, const struct key_set *set)
{
    const EVP_PKEY *key = X509_get0_pubkey(c->x509);

    for (size_t i = 0; i < set->n; i++)
        if (EVP_PKEY_eq(key, set->keys[i].pkey) == 1)
            return true;
    return false;
}
