/*
 * context.h - inside crypto only: what OpenSSL is asked for once.
 *
 * Looking an algorithm up by name takes longer than using it, and so does making a context.
 * Algorithms are fetched once for the process; contexts belong to a thread, are used by one
 * function at a time, and are freed when the thread ends. Thread rule: any thread, its own
 * contexts.
 */
#ifndef CRYPTO_CONTEXT_H
#define CRYPTO_CONTEXT_H

#include <openssl/evp.h>

const EVP_MD *context_sha256(void);
const EVP_CIPHER *context_aes256gcm(void);
EVP_MD_CTX *context_md(void);
EVP_MAC_CTX *context_hmac(void); /* HMAC-SHA-256: give it a key */
EVP_CIPHER_CTX *context_cipher(void);

#endif
