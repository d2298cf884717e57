/*
 * Without these algorithms no promise of this room can be kept, so their absence, or a lack of
 * memory, stops the process.
 */
#include "crypto/context.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/base.h"

struct contexts {
    EVP_MD_CTX *md;
    EVP_MAC_CTX *hmac;
    EVP_CIPHER_CTX *cipher;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_thread_end;
static EVP_MD *sha256;
static EVP_MAC *hmac;
static EVP_CIPHER *aes256gcm;
static _Thread_local struct contexts *mine;

static void contexts_close(void *p)
{
    struct contexts *c = p;

    EVP_MD_CTX_free(c->md);
    EVP_MAC_CTX_free(c->hmac);
    EVP_CIPHER_CTX_free(c->cipher);
    free(c);
}

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    aes256gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    must(sha256 != NULL);
    must(hmac != NULL);
    must(aes256gcm != NULL);
    must(pthread_key_create(&at_thread_end, contexts_close) == 0);
}

static struct contexts *contexts_mine(void)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    if (mine != NULL)
        return mine;
    must(pthread_once(&once, fetch) == 0);
    mine = calloc(1, sizeof(*mine));
    must(mine != NULL);
    mine->md = EVP_MD_CTX_new();
    mine->hmac = EVP_MAC_CTX_new(hmac);
    mine->cipher = EVP_CIPHER_CTX_new();
    must(mine->md != NULL && mine->hmac != NULL && mine->cipher != NULL);
    must(EVP_MAC_CTX_set_params(mine->hmac, params) == 1);
    must(pthread_setspecific(at_thread_end, mine) == 0);
    return mine;
}

const EVP_MD *context_sha256(void)
{
    must(pthread_once(&once, fetch) == 0);
    return sha256;
}

const EVP_CIPHER *context_aes256gcm(void)
{
    must(pthread_once(&once, fetch) == 0);
    return aes256gcm;
}

EVP_MD_CTX *context_md(void)
{
    return contexts_mine()->md;
}

EVP_MAC_CTX *context_hmac(void)
{
    return contexts_mine()->hmac;
}

EVP_CIPHER_CTX *context_cipher(void)
{
    return contexts_mine()->cipher;
}
