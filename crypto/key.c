/*
 * Attacker: sends tokens and signatures of any shape; publishes a weak or malformed key. Promise: a
 * key does one algorithm only; short RSA keys, other curves and points off the curve are refused;
 * an ES256 signature is exactly 64 bytes. Not done: the 384 and 512 sizes and Ed448 (no client of
 * ours needs them), and signing with Ed25519 (a relying party in wide use cannot verify it).
 */
#include "crypto/key.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/waiting.h"
#include "crypto/context.h"
#include "crypto/digest.h"
#include "crypto/table.h"

#define RSA_BITS_OURS 2048
#define SIG_BYTES_MAX KEY_NUMBER_BYTES_MAX

struct key_uses {
    atomic_uint count;
    _Atomic(struct table *) table;
};

static void sig_close(ECDSA_SIG **s)
{
    ECDSA_SIG_free(*s);
}

static void pctx_close(EVP_PKEY_CTX **c)
{
    EVP_PKEY_CTX_free(*c);
}

static const char *const alg_names[] = {
    [KEY_ES256] = "ES256", [KEY_RS256] = "RS256", [KEY_PS256] = "PS256", [KEY_EDDSA] = "EdDSA"
};

const char *key_alg_name(enum key_alg alg)
{
    must((size_t)alg < LEN(alg_names));
    return alg_names[alg];
}

bool key_alg_by_name(struct str name, enum key_alg *alg)
{
    for (size_t i = 0; i < LEN(alg_names); i++)
        if (str_is(name, alg_names[i])) {
            *alg = (enum key_alg)i;
            return true;
        }
    return false;
}

/* OpenSSL keeps its complaints in a queue of the thread; nobody else shall find ours there. */
static result refused(struct err *e, enum err_code code, const char *why)
{
    ERR_clear_error();
    return fail(e, code, "%s", why);
}

static bool is_p256(const EVP_PKEY *pkey)
{
    char group[32] = { 0 };

    return EVP_PKEY_is_a(pkey, "EC") &&
           EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
           (str_is(str_c(group), "prime256v1") || str_is(str_c(group), "P-256"));
}

static bool is_rsa(const EVP_PKEY *pkey, const char *type)
{
    const int bits = EVP_PKEY_get_bits(pkey);

    return EVP_PKEY_is_a(pkey, type) && bits >= KEY_RSA_BITS_MIN && bits <= KEY_RSA_BITS_MAX;
}

result key_alg_find(const EVP_PKEY *pkey, enum key_alg *alg, struct err *e)
{
    if (is_p256(pkey))
        *alg = KEY_ES256;
    else if (is_rsa(pkey, "RSA"))
        *alg = KEY_RS256;
    else if (is_rsa(pkey, "RSA-PSS"))
        *alg = KEY_PS256;
    else
        return refused(e, ERR_CRYPTO, "key is neither P-256 nor RSA of 2048 to 8192 bits");
    return OK;
}

static bool pss_set(EVP_PKEY_CTX *c)
{
    return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(c, context_sha256()) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) > 0;
}

/* Ed25519 does its own hashing. */
static EVP_MD_CTX *prepare(EVP_PKEY *pkey, enum key_alg alg, bool signs)
{
    const EVP_MD *md = alg == KEY_EDDSA ? NULL : context_sha256();
    EVP_MD_CTX *made = EVP_MD_CTX_new();
    EVP_PKEY_CTX *c = NULL; /* owned by the prepared context */
    int rc;

    must(made != NULL);
    rc = signs ? EVP_DigestSignInit(made, &c, md, NULL, pkey)
               : EVP_DigestVerifyInit(made, &c, md, NULL, pkey);
    if (rc == 1 && (alg != KEY_PS256 || pss_set(c)))
        return made;
    EVP_MD_CTX_free(made);
    return NULL;
}

result key_make(struct key *k, EVP_PKEY *pkey, enum key_alg alg, bool signs, struct err *e)
{
    k->pkey = pkey;
    k->alg = alg;
    k->prepared = prepare(pkey, alg, signs);
    if (alg == KEY_ES256 && !signs) {
        k->uses = calloc(1, sizeof(*k->uses));
        must(k->uses != NULL);
    }
    if (k->prepared == NULL) {
        key_close(k);
        return refused(e, ERR_CRYPTO, "key does not take its algorithm");
    }
    return OK;
}

result key_make_either(struct key *k, EVP_PKEY *pkey, struct err *e)
{
    TRY(key_make(k, pkey, KEY_RS256, false, e));
    k->prepared_pss = prepare(pkey, KEY_PS256, false);
    if (k->prepared_pss == NULL) {
        key_close(k);
        return refused(e, ERR_CRYPTO, "key does not take its algorithms");
    }
    return OK;
}

static void uses_close(struct key_uses **uses)
{
    struct table *t = *uses == NULL ? NULL : atomic_load(&(*uses)->table);

    table_close(&t);
    free(*uses);
    *uses = NULL;
}

void key_close(struct key *k)
{
    uses_close(&k->uses);
    EVP_MD_CTX_free(k->prepared);
    EVP_MD_CTX_free(k->prepared_pss);
    EVP_PKEY_free(k->pkey);
    *k = (struct key){ 0 };
}

static bool pss_limit(EVP_PKEY_CTX *c)
{
    return EVP_PKEY_CTX_set_rsa_pss_keygen_md(c, context_sha256()) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md(c, context_sha256()) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(c, DIGEST_BYTES) > 0;
}

result key_generate(enum key_alg alg, EVP_PKEY **out, struct err *e)
{
    static const char *const types[] = {
        [KEY_ES256] = "EC", [KEY_RS256] = "RSA", [KEY_PS256] = "RSA-PSS"
    };
    DEFER(pctx_close) EVP_PKEY_CTX *c = NULL;
    EVP_PKEY *pkey = NULL;
    bool ready;

    if ((size_t)alg >= LEN(types))
        return refused(e, ERR_CRYPTO, "no key of ours signs with this algorithm");
    c = EVP_PKEY_CTX_new_from_name(NULL, types[alg], NULL);
    must(c != NULL && EVP_PKEY_keygen_init(c) == 1);
    if (alg == KEY_ES256)
        ready = EVP_PKEY_CTX_set_group_name(c, "P-256") > 0;
    else
        ready = EVP_PKEY_CTX_set_rsa_keygen_bits(c, RSA_BITS_OURS) > 0 &&
                (alg != KEY_PS256 || pss_limit(c));
    if (!ready || EVP_PKEY_generate(c, &pkey) != 1)
        return refused(e, ERR_CRYPTO, "no key could be generated");
    *out = pkey;
    return OK;
}

/* DER -> r || s, RFC 7518 3.4. */
static bool es256_raw(const unsigned char *der, size_t n,
                      unsigned char raw[2 * KEY_COORDINATE_BYTES])
{
    DEFER(sig_close) ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);

    return sig != NULL &&
           BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, KEY_COORDINATE_BYTES) == KEY_COORDINATE_BYTES &&
           BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + KEY_COORDINATE_BYTES, KEY_COORDINATE_BYTES) ==
               KEY_COORDINATE_BYTES;
}

/* r || s -> DER; 0 when it cannot be one. */
static size_t es256_der(struct str raw, unsigned char der[SIG_BYTES_MAX])
{
    DEFER(sig_close) ECDSA_SIG *sig = ECDSA_SIG_new();
    const unsigned char *p = (const unsigned char *)raw.p;
    BIGNUM *r, *s;
    int n;

    if (raw.n != 2 * KEY_COORDINATE_BYTES)
        return 0;
    r = BN_bin2bn(p, KEY_COORDINATE_BYTES, NULL);
    s = BN_bin2bn(p + KEY_COORDINATE_BYTES, KEY_COORDINATE_BYTES, NULL);
    must(sig != NULL && r != NULL && s != NULL);
    must(ECDSA_SIG_set0(sig, r, s) == 1); /* owned by sig from here */
    n = i2d_ECDSA_SIG(sig, &der);
    return n > 0 ? (size_t)n : 0;
}

result key_sign(const struct key *k, struct arena *a, struct str data, struct str *sig,
                struct err *e)
{
    unsigned char out[SIG_BYTES_MAX], raw[2 * KEY_COORDINATE_BYTES];
    EVP_MD_CTX *md = context_md();
    size_t n = sizeof(out);
    bool made;

    made = EVP_MD_CTX_copy_ex(md, k->prepared) == 1 &&
           EVP_DigestSign(md, out, &n, (const unsigned char *)data.p, data.n) == 1;
    (void)EVP_MD_CTX_reset(md); /* or it would hold the key, and sign where a digest is meant */
    if (!made)
        return refused(e, ERR_CRYPTO, "signing failed");
    if (k->alg == KEY_ES256) {
        if (!es256_raw(out, n, raw))
            return refused(e, ERR_CRYPTO, "signature of another form");
        *sig = str_of(arena_copy(a, raw, sizeof(raw)), sizeof(raw));
    } else {
        *sig = str_of(arena_copy(a, out, n), n);
    }
    return OK;
}

bool key_alg_fix(const struct key *k, unsigned algs, enum key_alg *alg)
{
    if (algs == 0 || (algs & KEY_BIT(k->alg)) != 0) {
        *alg = k->alg;
        return true;
    }
    *alg = KEY_PS256;
    return k->prepared_pss != NULL && (algs & KEY_BIT(KEY_PS256)) != 0;
}

/* The table of a key that is used often; whoever comes at the right moment makes it. */
static const struct table *table_of(const struct key *k)
{
    struct table *t;

    if (k->uses == NULL)
        return NULL;
    t = atomic_load(&k->uses->table);
    if (t == NULL && atomic_fetch_add(&k->uses->count, 1) + 1 == TABLE_AFTER) {
        waiting_tell();
        t = table_make(k->pkey);
        atomic_store(&k->uses->table, t);
    }
    return t;
}

bool key_verify(const struct key *k, enum key_alg alg, struct str data, struct str sig)
{
    const struct table *table = alg == KEY_ES256 ? table_of(k) : NULL;
    const EVP_MD_CTX *prepared = alg == k->alg ? k->prepared : k->prepared_pss;
    unsigned char der[SIG_BYTES_MAX];
    EVP_MD_CTX *md = context_md();
    bool good;

    must(prepared != NULL); /* key_alg_fix said so */
    if (table != NULL) {
        const struct digest d = digest_sha256(data);

        return table_verify(table, &d, sig);
    }
    if (sig.n > SIG_BYTES_MAX)
        return false;
    if (alg == KEY_ES256) {
        sig.n = es256_der(sig, der);
        sig.p = (const char *)der;
        if (sig.n == 0)
            return false;
    }
    good = EVP_MD_CTX_copy_ex(md, prepared) == 1 &&
           EVP_DigestVerify(md, (const unsigned char *)sig.p, sig.n, (const unsigned char *)data.p,
                            data.n) == 1;
    (void)EVP_MD_CTX_reset(md);
    if (!good)
        ERR_clear_error();
    return good;
}
