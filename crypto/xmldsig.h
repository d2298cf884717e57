/*
 * xmldsig.h - the only door to xmlsec: enveloped XML signatures (W3C XML-DSig 1.1).
 *
 * The signature is the last child of the root and covers the whole document: enveloped-signature,
 * exclusive canonicalisation, SHA-256, RSA or ECDSA with SHA-256, the signer's certificates in
 * KeyInfo. Verification accepts nothing else: one Signature, child of the root, one Reference with
 * an empty URI and exactly these transforms, so that nothing in the document is left unsigned.
 * Thread rule: any thread.
 */
#ifndef CRYPTO_XMLDSIG_H
#define CRYPTO_XMLDSIG_H

#include "crypto/signer.h"

/* The document (no document type, no Signature in it yet) with its signature, UTF-8. */
MUST_USE result xmldsig_sign(struct str xml, const struct signer *s, struct arena *a,
                             struct str *out, struct err *e);
/* As signer_verify. ERR_MALFORMED: no XML; ERR_BAD_SIGNATURE. */
MUST_USE result xmldsig_verify(struct str xml, struct str authorities, int64_t at_ms,
                               struct arena *a, struct signer_facts *out, struct err *e);

#endif
