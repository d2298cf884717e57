/*
 * signer_open.h - inside crypto only: an opened signer, and certificates judged.
 */
#ifndef CRYPTO_SIGNER_OPEN_H
#define CRYPTO_SIGNER_OPEN_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/signer.h"

struct signer {
    EVP_PKEY *key;
    X509 *certificate;
    STACK_OF(X509) * above; /* those that issued it */
};

/* What x509 says, and whether it leads to one of the authorities (PEM, may be empty) at at_ms. */
void signer_judge(X509 *x509, STACK_OF(X509) * above, struct str authorities, int64_t at_ms,
                  struct arena *a, struct signer_facts *out);
/* A key that may sign: RSA 2048 or more, P-256, P-384. */
bool signer_key_is_good(const EVP_PKEY *key);
void signer_x509_close(X509 **x);
void signer_bio_close(BIO **b);

#endif
