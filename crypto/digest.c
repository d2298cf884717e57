/*
 * Promise: SHA-256 (FIPS 180-4) and HMAC (RFC 2104), exactly. A digest is not a signature: who may
 * have made it is the caller's question. Not done: other hash functions; nothing here needs one.
 */
#include "crypto/digest.h"

#include <stdlib.h>

#include "base/codec.h"
#include "base/str.h"
#include "crypto/context.h"

struct digest_run {
    EVP_MD_CTX *md;
};

static struct digest finished(EVP_MD_CTX *md)
{
    struct digest d;
    unsigned n = 0;

    must(EVP_DigestFinal_ex(md, d.bytes, &n) == 1);
    must(n == DIGEST_BYTES);
    return d;
}

struct digest digest_sha256(struct str s)
{
    EVP_MD_CTX *md = context_md();

    must(EVP_DigestInit_ex2(md, context_sha256(), NULL) == 1);
    must(EVP_DigestUpdate(md, s.p, s.n) == 1);
    return finished(md);
}

struct digest digest_hmac(struct str key, struct str s)
{
    EVP_MAC_CTX *mac = context_hmac();
    struct digest d;
    size_t n = 0;

    must(key.n > 0); /* an empty key is a programmer's error, and OpenSSL would keep the last one */
    must(EVP_MAC_init(mac, (const unsigned char *)key.p, key.n, NULL) == 1);
    must(EVP_MAC_update(mac, (const unsigned char *)s.p, s.n) == 1);
    must(EVP_MAC_final(mac, d.bytes, &n, sizeof(d.bytes)) == 1);
    must(n == DIGEST_BYTES);
    return d;
}

struct str digest_hex(struct arena *a, struct digest d)
{
    return hex_encode(a, digest_str(&d));
}

struct str digest_base64url(struct arena *a, struct digest d)
{
    return base64url_encode(a, digest_str(&d));
}

struct str digest_str(const struct digest *d)
{
    return str_of(d->bytes, DIGEST_BYTES);
}

struct digest_run *digest_begin(void)
{
    struct digest_run *r = malloc(sizeof(*r));

    must(r != NULL);
    r->md = EVP_MD_CTX_new();
    must(r->md != NULL);
    must(EVP_DigestInit_ex2(r->md, context_sha256(), NULL) == 1);
    return r;
}

void digest_add(struct digest_run *r, struct str s)
{
    must(EVP_DigestUpdate(r->md, s.p, s.n) == 1);
}

struct digest digest_sum(const struct digest_run *r)
{
    EVP_MD_CTX *md = context_md();

    must(EVP_MD_CTX_copy_ex(md, r->md) == 1);
    return finished(md);
}

void digest_close(struct digest_run **r)
{
    if (*r == NULL)
        return;
    EVP_MD_CTX_free((*r)->md);
    free(*r);
    *r = NULL;
}
