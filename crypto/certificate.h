/*
 * certificate.h - a client's certificate, as a TLS proxy hands it on (RFC 8705).
 *
 * Read only: who vouches for it was checked by the proxy, or nobody needs to (self-signed: the key
 * is registered). Thread rule: a certificate belongs to one thread.
 */
#ifndef CRYPTO_CERTIFICATE_H
#define CRYPTO_CERTIFICATE_H

#include "base/base.h"

struct certificate;
struct key_set;

/* DER, exactly one certificate; ERR_INVALID. */
MUST_USE result certificate_read(struct str der, struct certificate **out, struct err *e);
void certificate_close(struct certificate **c); /* DEFER(certificate_close) */
/* The subject as RFC 4514 writes it: "CN=portal,O=Sở X,C=VN". */
struct str certificate_subject(struct arena *a, const struct certificate *c);
/* Whether its public key is one of the set's. */
bool certificate_key_in(const struct certificate *c, const struct key_set *set);

#endif
