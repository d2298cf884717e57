/*
 * Attacker: sends tokens and signatures of any shape; publishes a weak or malformed key. Promise: a
 * key does one algorithm only; short RSA keys, other curves and points off the curve are refused;
 * an ES256 signature is exactly 64 bytes. Not done: Ed25519 and the 384 and 512 sizes (no client of
 * ours needs them).
 */
#include "crypto/key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/arena.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/context.h"
#include "crypto/digest.h"

#define COORDINATE_BYTES 32
#define RSA_BITS_MIN     2048
#define RSA_BITS_OURS    2048
#define RSA_BITS_MAX     8192
#define SIG_BYTES_MAX    (RSA_BITS_MAX / 8)

static void bn_close(BIGNUM **n)
{
    BN_free(*n);
}

static void sig_close(ECDSA_SIG **s)
{
    ECDSA_SIG_free(*s);
}

static void pctx_close(EVP_PKEY_CTX **c)
{
    EVP_PKEY_CTX_free(*c);
}

static void build_close(OSSL_PARAM_BLD **b)
{
    OSSL_PARAM_BLD_free(*b);
}

static void params_close(OSSL_PARAM **p)
{
    OSSL_PARAM_free(*p);
}

const char *key_alg_name(enum key_alg alg)
{
    static const char *const names[] = {
        [KEY_ES256] = "ES256", [KEY_RS256] = "RS256", [KEY_PS256] = "PS256"
    };

    must((size_t)alg < LEN(names));
    return names[alg];
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

    return EVP_PKEY_is_a(pkey, type) && bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
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

static bool prepare(struct key *k, bool signs)
{
    EVP_PKEY_CTX *c = NULL; /* owned by the prepared context */
    int rc;

    k->prepared = EVP_MD_CTX_new();
    must(k->prepared != NULL);
    rc = signs ? EVP_DigestSignInit(k->prepared, &c, context_sha256(), NULL, k->pkey)
               : EVP_DigestVerifyInit(k->prepared, &c, context_sha256(), NULL, k->pkey);
    return rc == 1 && (k->alg != KEY_PS256 || pss_set(c));
}

result key_make(struct key *k, EVP_PKEY *pkey, enum key_alg alg, bool signs, struct err *e)
{
    k->pkey = pkey;
    k->alg = alg;
    if (!prepare(k, signs)) {
        key_close(k);
        return refused(e, ERR_CRYPTO, "key does not take its algorithm");
    }
    return OK;
}

void key_close(struct key *k)
{
    EVP_MD_CTX_free(k->prepared);
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
    DEFER(pctx_close) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, types[alg], NULL);
    EVP_PKEY *pkey = NULL;
    bool ready;

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

/* A public number of the key, at least `bytes` long. */
static struct str number(const EVP_PKEY *pkey, const char *name, int bytes, struct arena *a)
{
    DEFER(bn_close) BIGNUM *n = NULL;
    unsigned char out[SIG_BYTES_MAX];
    int len;

    must(EVP_PKEY_get_bn_param(pkey, name, &n) == 1);
    len = BN_num_bytes(n) > bytes ? BN_num_bytes(n) : bytes;
    must((size_t)len <= sizeof(out));
    must(BN_bn2binpad(n, out, len) == len);
    return base64url_encode(a, str_of(out, (size_t)len));
}

static struct json *public_members(const EVP_PKEY *pkey, struct arena *a)
{
    struct json *jwk = json_object();

    if (EVP_PKEY_is_a(pkey, "EC")) {
        json_put_str(jwk, "kty", STR("EC"));
        json_put_str(jwk, "crv", STR("P-256"));
        json_put_str(jwk, "x", number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, COORDINATE_BYTES, a));
        json_put_str(jwk, "y", number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, COORDINATE_BYTES, a));
    } else {
        json_put_str(jwk, "kty", STR("RSA"));
        json_put_str(jwk, "n", number(pkey, OSSL_PKEY_PARAM_RSA_N, 0, a));
        json_put_str(jwk, "e", number(pkey, OSSL_PKEY_PARAM_RSA_E, 0, a));
    }
    return jwk;
}

struct str key_thumbprint(const EVP_PKEY *pkey, struct arena *a)
{
    DEFER(json_close) struct json *members = public_members(pkey, a);

    return digest_base64url(a, digest_sha256(json_print_canonical(a, members)));
}

struct json *key_jwk(const struct key *k, struct arena *a)
{
    struct json *jwk = public_members(k->pkey, a);

    json_put_str(jwk, "kid", str_of(k->id, k->id_n));
    json_put_str(jwk, "use", STR("sig"));
    json_put_str(jwk, "alg", str_c(key_alg_name(k->alg)));
    return jwk;
}

static result member_bytes(const struct json *jwk, const char *name, struct arena *a,
                           struct str *bytes, struct err *e)
{
    struct str text = { 0 };

    TRY(json_need_str(jwk, name, 2 * SIG_BYTES_MAX, &text, e));
    if (!base64url_decode(a, text, bytes) || bytes->n == 0 || bytes->n > SIG_BYTES_MAX)
        return fail_field(e, ERR_INVALID, name, "not a number of a key");
    return OK;
}

static result pkey_build(const char *type, OSSL_PARAM_BLD *b, EVP_PKEY **out, struct err *e)
{
    DEFER(params_close) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
    DEFER(pctx_close) EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    DEFER(pctx_close) EVP_PKEY_CTX *look = NULL;
    EVP_PKEY *pkey = NULL;

    must(params != NULL && c != NULL);
    must(EVP_PKEY_fromdata_init(c) == 1);
    if (EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return refused(e, ERR_INVALID, "not a public key");
    look = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    must(look != NULL);
    if (EVP_PKEY_public_check(look) != 1) { /* on the curve; an odd modulus and exponent */
        EVP_PKEY_free(pkey);
        return refused(e, ERR_INVALID, "public key fails its check");
    }
    *out = pkey;
    return OK;
}

static result ec_read(const struct json *jwk, struct arena *a, EVP_PKEY **out, struct err *e)
{
    DEFER(build_close) OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    unsigned char point[1 + 2 * COORDINATE_BYTES] = { 4 }; /* uncompressed */
    struct str crv = { 0 }, x = { 0 }, y = { 0 };

    must(b != NULL);
    TRY(json_need_str(jwk, "crv", 32, &crv, e));
    TRY(member_bytes(jwk, "x", a, &x, e));
    TRY(member_bytes(jwk, "y", a, &y, e));
    if (!str_is(crv, "P-256") || x.n != COORDINATE_BYTES || y.n != COORDINATE_BYTES)
        return fail(e, ERR_INVALID, "not a P-256 key");
    memcpy(point + 1, x.p, x.n);
    memcpy(point + 1 + COORDINATE_BYTES, y.p, y.n);
    must(OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1);
    must(OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) == 1);
    return pkey_build("EC", b, out, e);
}

static result rsa_read(const struct json *jwk, struct arena *a, EVP_PKEY **out, struct err *e)
{
    DEFER(build_close) OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    DEFER(bn_close) BIGNUM *n = NULL;
    DEFER(bn_close) BIGNUM *exponent = NULL;
    struct str modulus = { 0 }, power = { 0 };

    must(b != NULL);
    TRY(member_bytes(jwk, "n", a, &modulus, e));
    TRY(member_bytes(jwk, "e", a, &power, e));
    n = BN_bin2bn((const unsigned char *)modulus.p, (int)modulus.n, NULL);
    exponent = BN_bin2bn((const unsigned char *)power.p, (int)power.n, NULL);
    must(n != NULL && exponent != NULL);
    /* A long exponent only makes verifying slow; 65537 is what everybody has. */
    if (BN_num_bits(n) < RSA_BITS_MIN || BN_num_bits(exponent) > 32)
        return fail(e, ERR_INVALID, "RSA key of %d bits", BN_num_bits(n));
    must(OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) == 1);
    must(OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, exponent) == 1);
    return pkey_build("RSA", b, out, e);
}

/* The algorithm is the key's own statement, or the one that its type has by default. */
static result alg_read(const struct json *jwk, enum key_alg *alg, struct err *e)
{
    struct str kty = { 0 }, named = { 0 }, use = STR("sig");

    TRY(json_need_str(jwk, "kty", 16, &kty, e));
    TRY(json_want_str(jwk, "use", 16, &use, e));
    TRY(json_want_str(jwk, "alg", 32, &named, e));
    if (!str_is(use, "sig"))
        return fail_field(e, ERR_INVALID, "use", "not for signatures");
    if (json_member(jwk, "d") != NULL || json_member(jwk, "k") != NULL)
        return fail(e, ERR_INVALID, "a published private key is nobody's");
    if (str_is(kty, "EC") && (named.n == 0 || str_is(named, "ES256")))
        *alg = KEY_ES256;
    else if (str_is(kty, "RSA") && (named.n == 0 || str_is(named, "RS256")))
        *alg = KEY_RS256;
    else if (str_is(kty, "RSA") && str_is(named, "PS256"))
        *alg = KEY_PS256;
    else
        return fail_field(e, ERR_INVALID, "alg", "not an algorithm we verify");
    return OK;
}

result key_read_jwk(const struct json *jwk, struct arena *a, struct key *out, struct err *e)
{
    struct key k = { 0 };
    struct str id = { 0 };
    enum key_alg alg = KEY_ES256;
    EVP_PKEY *pkey = NULL;

    if (!json_is_object(jwk))
        return fail(e, ERR_INVALID, "a key is an object");
    TRY(alg_read(jwk, &alg, e));
    TRY(json_want_str(jwk, "kid", KEY_ID_BYTES_MAX, &id, e));
    if (alg == KEY_ES256)
        TRY(ec_read(jwk, a, &pkey, e));
    else
        TRY(rsa_read(jwk, a, &pkey, e));
    TRY(key_make(&k, pkey, alg, false, e));
    if (id.n > 0)
        memcpy(k.id, id.p, id.n);
    k.id_n = id.n;
    *out = k;
    return OK;
}

/* DER -> r || s, RFC 7518 3.4. */
static bool es256_raw(const unsigned char *der, size_t n, unsigned char raw[2 * COORDINATE_BYTES])
{
    DEFER(sig_close) ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);

    return sig != NULL &&
           BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, COORDINATE_BYTES) == COORDINATE_BYTES &&
           BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + COORDINATE_BYTES, COORDINATE_BYTES) ==
               COORDINATE_BYTES;
}

/* r || s -> DER; 0 when it cannot be one. */
static size_t es256_der(struct str raw, unsigned char der[SIG_BYTES_MAX])
{
    DEFER(sig_close) ECDSA_SIG *sig = ECDSA_SIG_new();
    const unsigned char *p = (const unsigned char *)raw.p;
    BIGNUM *r, *s;
    int n;

    if (raw.n != 2 * COORDINATE_BYTES)
        return 0;
    r = BN_bin2bn(p, COORDINATE_BYTES, NULL);
    s = BN_bin2bn(p + COORDINATE_BYTES, COORDINATE_BYTES, NULL);
    must(sig != NULL && r != NULL && s != NULL);
    must(ECDSA_SIG_set0(sig, r, s) == 1); /* owned by sig from here */
    n = i2d_ECDSA_SIG(sig, &der);
    return n > 0 ? (size_t)n : 0;
}

result key_sign(const struct key *k, struct arena *a, struct str data, struct str *sig,
                struct err *e)
{
    unsigned char out[SIG_BYTES_MAX], raw[2 * COORDINATE_BYTES];
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

bool key_verify(const struct key *k, struct str data, struct str sig)
{
    unsigned char der[SIG_BYTES_MAX];
    EVP_MD_CTX *md = context_md();
    bool good;

    if (sig.n > SIG_BYTES_MAX)
        return false;
    if (k->alg == KEY_ES256) {
        sig.n = es256_der(sig, der);
        sig.p = (const char *)der;
        if (sig.n == 0)
            return false;
    }
    good = EVP_MD_CTX_copy_ex(md, k->prepared) == 1 &&
           EVP_DigestVerify(md, (const unsigned char *)sig.p, sig.n, (const unsigned char *)data.p,
                            data.n) == 1;
    (void)EVP_MD_CTX_reset(md);
    if (!good)
        ERR_clear_error();
    return good;
}
