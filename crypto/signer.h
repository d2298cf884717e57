/*
 * signer.h - the digital signature of a body: its key, its certificate, and what it signs.
 *
 * A signer is one PEM file of mode 0600: the private key, the certificate for it, then those that
 * issued it, if any. RSA of 2048 bits or more, or P-256 and P-384; SHA-256. Documents are signed as
 * CMS (PAdES B-B: RFC 5652 detached, ESS signing-certificate-v2 of RFC 5035, no signing-time
 * attribute, ETSI EN 319 142-1 6.3) here, and as XML in xmldsig.h.
 *
 * Thread rule: a signer may be used by one thread at a time; functions without one by any.
 */
#ifndef CRYPTO_SIGNER_H
#define CRYPTO_SIGNER_H

#include "base/base.h"

#define SIGNER_CMS_BYTES_MAX 16384 /* of one signature with its certificates */

struct signer;

/* What a certificate says of its holder. */
struct signer_facts {
    struct str subject; /* RFC 4514 */
    struct str issuer;
    struct str serial; /* hexadecimal digits */
    int64_t not_before_ms, not_after_ms;
    bool trusted; /* of a signature that was verified: issued by one of the given authorities */
};

/* ERR_NOT_FOUND: no such file; ERR_CONFIG: not such a file, others may read it, or the certificate
 * is for another key. */
MUST_USE result signer_open(const char *path, struct signer **out, struct err *e);
void signer_close(struct signer **s); /* DEFER(signer_close) */
void signer_tell(const struct signer *s, struct arena *a, struct signer_facts *out);
/* Whether its certificate is valid at that time; ERR_EXPIRED. */
MUST_USE result signer_check(const struct signer *s, int64_t at_ms, struct err *e);

/* Makes the PEM file from PKCS #12 (with its password) or PEM; replaces what is there. ERR_INVALID
 * when it is neither, or key and certificate do not belong together. */
MUST_USE result signer_install(const char *path, struct str bytes, const char *password,
                               struct err *e);

/* How large a signature of it can be: what a document must leave free for one. */
size_t signer_bytes_max(const struct signer *s);
/* A signature over the two parts of a document, one after the other; DER, no more than
 * signer_bytes_max(). ERR_CRYPTO; ERR_CONFIG: with its certificates over SIGNER_CMS_BYTES_MAX. */
MUST_USE result signer_sign(const struct signer *s, const struct str parts[2], struct arena *a,
                            struct str *der, struct err *e);
/* Whether der signs these parts. authorities: PEM of certificates, or empty; the certificate is
 * judged as of at_ms. ERR_BAD_SIGNATURE: anything that is not such a signature over these bytes. */
MUST_USE result signer_verify(const struct str parts[2], struct str der, struct str authorities,
                              int64_t at_ms, struct arena *a, struct signer_facts *out,
                              struct err *e);

/* For simulated installations only: an authority of one's own (<path>: key and certificate), and
 * certificates that it issues. Names say that they are samples. */
struct signer_sample {
    struct str common_name, organisation, tax_code; /* tax_code may be empty */
    int64_t now_ms, days;
};
MUST_USE result signer_make_authority(const char *path, const struct signer_sample *of,
                                      struct err *e);
MUST_USE result signer_make_sample(const char *path, const char *authority,
                                   const struct signer_sample *of, struct err *e);
/* The certificates of a signer's file, without its key, as PEM. */
MUST_USE result signer_certificates(const char *path, struct arena *a, struct str *pem,
                                    struct err *e);

#endif
