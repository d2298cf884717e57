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
/* Which of its subject alternative names (RFC 5280 4.2.1.6; RFC 8705 2.1.2). */
enum certificate_san { CERTIFICATE_DNS, CERTIFICATE_URI, CERTIFICATE_IP, CERTIFICATE_EMAIL };
/* Whether it has the name, among others perhaps. DNS names compare without case and stand for
 * themselves: "*.example.vn" is no other name's. IP: dotted, or IPv6 in any of its forms. The rest
 * byte for byte. */
bool certificate_has_san(const struct certificate *c, enum certificate_san kind, struct str name);
bool certificate_is_address(struct str text); /* could be the IP of one */
/* Whether its public key is one of the set's. */
bool certificate_key_in(const struct certificate *c, const struct key_set *set);

#endif
