/*
 * Attacker: publishes or embeds a key of any shape. Promise: only a public P-256, Ed25519 or RSA
 * key of fit length comes out, its point on the curve, bound to the algorithm that its own JWK
 * states; a JWK that shows a private member is refused, since others may hold the key too. Not
 * done: certificates in a JWK (x5c, x5u), which are ignored; asking whether an RSA modulus is a
 * product of two primes, which would cost a verifier more than the signature, and whose failure
 * harms only the one who chose it.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/key.h"

static void bn_close(BIGNUM **n)
{
    BN_free(*n);
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

/* OpenSSL keeps its complaints in a queue of the thread; nobody else shall find ours there. */
static result refused(struct err *e, const char *why)
{
    ERR_clear_error();
    return fail(e, ERR_INVALID, "%s", why);
}

/* A public number of the key, at least `bytes` long. */
static struct str number(const EVP_PKEY *pkey, const char *name, int bytes, struct arena *a)
{
    DEFER(bn_close) BIGNUM *n = NULL;
    unsigned char out[KEY_NUMBER_BYTES_MAX];
    int len;

    must(EVP_PKEY_get_bn_param(pkey, name, &n) == 1);
    len = BN_num_bytes(n) > bytes ? BN_num_bytes(n) : bytes;
    must((size_t)len <= sizeof(out));
    must(BN_bn2binpad(n, out, len) == len);
    return base64url_encode(a, str_of(out, (size_t)len));
}

static struct str ed25519_number(const EVP_PKEY *pkey, struct arena *a)
{
    unsigned char out[KEY_COORDINATE_BYTES];
    size_t n = sizeof(out);

    must(EVP_PKEY_get_raw_public_key(pkey, out, &n) == 1 && n == sizeof(out));
    return base64url_encode(a, str_of(out, n));
}

static struct json *public_members(const EVP_PKEY *pkey, struct arena *a)
{
    struct json *jwk = json_object();

    if (EVP_PKEY_is_a(pkey, "EC")) {
        json_put_str(jwk, "kty", STR("EC"));
        json_put_str(jwk, "crv", STR("P-256"));
        json_put_str(jwk, "x", number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, KEY_COORDINATE_BYTES, a));
        json_put_str(jwk, "y", number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, KEY_COORDINATE_BYTES, a));
    } else if (EVP_PKEY_is_a(pkey, "ED25519")) {
        json_put_str(jwk, "kty", STR("OKP"));
        json_put_str(jwk, "crv", STR("Ed25519"));
        json_put_str(jwk, "x", ed25519_number(pkey, a));
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

    TRY(json_need_str(jwk, name, 2 * KEY_NUMBER_BYTES_MAX, &text, e));
    if (!base64url_decode(a, text, bytes) || bytes->n == 0 || bytes->n > KEY_NUMBER_BYTES_MAX)
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
        return refused(e, "not a public key");
    look = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    must(look != NULL);
    /* On the curve, and in range. P-256 has no smaller group that the full check would find. */
    if (EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_public_check_quick(look) != 1) {
        EVP_PKEY_free(pkey);
        return refused(e, "public key fails its check");
    }
    *out = pkey;
    return OK;
}

static result ec_read(const struct json *jwk, struct arena *a, EVP_PKEY **out, struct err *e)
{
    DEFER(build_close) OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    unsigned char point[1 + 2 * KEY_COORDINATE_BYTES] = { 4 }; /* uncompressed */
    struct str crv = { 0 }, x = { 0 }, y = { 0 };

    must(b != NULL);
    TRY(json_need_str(jwk, "crv", 32, &crv, e));
    TRY(member_bytes(jwk, "x", a, &x, e));
    TRY(member_bytes(jwk, "y", a, &y, e));
    if (!str_is(crv, "P-256") || x.n != KEY_COORDINATE_BYTES || y.n != KEY_COORDINATE_BYTES)
        return fail(e, ERR_INVALID, "not a P-256 key");
    memcpy(point + 1, x.p, x.n);
    memcpy(point + 1 + KEY_COORDINATE_BYTES, y.p, y.n);
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
    if (BN_num_bits(n) < KEY_RSA_BITS_MIN)
        return fail(e, ERR_INVALID, "RSA key of %d bits", BN_num_bits(n));
    /* A long exponent only makes verifying slow; 65537 is what everybody has. With 1 the signature
     * would be the message. */
    if (BN_num_bits(exponent) > 32 || BN_is_one(exponent) || !BN_is_odd(exponent) || !BN_is_odd(n))
        return fail(e, ERR_INVALID, "not an RSA key");
    must(OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) == 1);
    must(OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, exponent) == 1);
    return pkey_build("RSA", b, out, e);
}

static result okp_read(const struct json *jwk, struct arena *a, EVP_PKEY **out, struct err *e)
{
    struct str crv = { 0 }, x = { 0 };

    TRY(json_need_str(jwk, "crv", 32, &crv, e));
    TRY(member_bytes(jwk, "x", a, &x, e));
    if (!str_is(crv, "Ed25519") || x.n != KEY_COORDINATE_BYTES)
        return fail(e, ERR_INVALID, "not an Ed25519 key");
    *out = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, (const unsigned char *)x.p, x.n);
    return *out != NULL ? OK : refused(e, "not a public key");
}

bool key_jwk_is_private(const struct json *jwk)
{
    /* RFC 7518 6.2.2, 6.3.2, 6.4; RFC 8037 2. Present with any value. */
    static const char *const names[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };
    struct json *value;
    struct str kty;

    for (size_t i = 0; i < LEN(names); i++)
        if (json_lookup(jwk, str_c(names[i]), &value))
            return true;
    return json_str(json_member(jwk, "kty"), &kty) && str_is(kty, "oct");
}

/* What a key is for, by its own statement. */
struct statement {
    struct str kty, alg;
};

static result statement_read(const struct json *jwk, struct statement *s, struct err *e)
{
    struct str use = STR("sig");

    TRY(json_need_str(jwk, "kty", 16, &s->kty, e));
    TRY(json_want_str(jwk, "use", 16, &use, e));
    TRY(json_want_str(jwk, "alg", 32, &s->alg, e));
    if (!str_is(use, "sig"))
        return fail_field(e, ERR_INVALID, "use", "not for signatures");
    if (key_jwk_is_private(jwk))
        return fail(e, ERR_INVALID, "a published private key is nobody's");
    return OK;
}

static bool states(const struct statement *s, const char *kty, const char *alg)
{
    return str_is(s->kty, kty) && (s->alg.n == 0 || str_is(s->alg, alg));
}

static result any_read(const struct json *jwk, struct arena *a, struct key *k, struct err *e)
{
    struct statement s = { 0 };
    EVP_PKEY *pkey = NULL;

    TRY(statement_read(jwk, &s, e));
    if (states(&s, "EC", "ES256")) {
        TRY(ec_read(jwk, a, &pkey, e));
        return key_make(k, pkey, KEY_ES256, false, e);
    }
    if (states(&s, "OKP", "EdDSA")) {
        TRY(okp_read(jwk, a, &pkey, e));
        return key_make(k, pkey, KEY_EDDSA, false, e);
    }
    if (states(&s, "RSA", "RS256") || states(&s, "RSA", "PS256")) {
        TRY(rsa_read(jwk, a, &pkey, e));
        if (s.alg.n == 0)
            return key_make_either(k, pkey, e);
        return key_make(k, pkey, str_is(s.alg, "PS256") ? KEY_PS256 : KEY_RS256, false, e);
    }
    return fail_field(e, ERR_INVALID, "alg", "not an algorithm we verify");
}

result key_read_jwk(const struct json *jwk, struct arena *a, struct key *out, struct err *e)
{
    struct key k = { 0 };
    struct str id = { 0 };

    if (!json_is_object(jwk))
        return fail(e, ERR_INVALID, "a key is an object");
    TRY(json_want_str(jwk, "kid", KEY_ID_BYTES_MAX, &id, e));
    TRY(any_read(jwk, a, &k, e));
    if (id.n > 0)
        memcpy(k.id, id.p, id.n);
    k.id_n = id.n;
    *out = k;
    return OK;
}
