/*
 * Attacker: sends signatures of any shape under a key that is known. Promise: accepted is what
 * ECDSA_verify() accepts and nothing else; r and s out of 1..n-1, or a sum at infinity, are
 * refused. All of it is public (key, digest, signature), so nothing here need take the same time.
 * Not done: the curve's arithmetic, which stays OpenSSL's: the key stands as the generator of a
 * second group, for which OpenSSL makes the same table that it has for the standard's point. Its
 * functions for that are deprecated in OpenSSL 3 and gone in 4, where this file is to be left out.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/table.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/str.h"

#define NUMBER_BYTES 32
#define POINT_BYTES  (1 + 2 * NUMBER_BYTES)

struct table {
    EC_GROUP *curve; /* with the standard's point */
    EC_GROUP *key;   /* with the key as its point */
};

static atomic_int tables;

static void ctx_close(BN_CTX **c)
{
    BN_CTX_end(*c);
    BN_CTX_free(*c);
}

static void point_close(EC_POINT **p)
{
    EC_POINT_free(*p);
}

void table_close(struct table **t)
{
    struct table *q = *t;

    *t = NULL;
    if (q == NULL)
        return;
    EC_GROUP_free(q->curve);
    EC_GROUP_free(q->key);
    free(q);
    atomic_fetch_sub(&tables, 1);
}

/* The key, which was checked to lie on the curve when it was read, as the group's point. */
static bool point_set(struct table *t, const EVP_PKEY *pkey)
{
    DEFER(point_close) EC_POINT *q = EC_POINT_new(t->curve);
    unsigned char octets[POINT_BYTES];
    size_t n = 0;

    return q != NULL &&
           EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof(octets),
                                           &n) == 1 &&
           EC_POINT_oct2point(t->curve, q, octets, n, NULL) == 1 &&
           EC_GROUP_set_generator(t->key, q, EC_GROUP_get0_order(t->curve), BN_value_one()) == 1 &&
           EC_GROUP_precompute_mult(t->key, NULL) == 1;
}

struct table *table_make(const EVP_PKEY *pkey)
{
    DEFER(table_close) struct table *t = NULL;
    struct table *made;

    if (atomic_fetch_add(&tables, 1) >= TABLES_MAX) {
        atomic_fetch_sub(&tables, 1);
        return NULL;
    }
    t = calloc(1, sizeof(*t));
    must(t != NULL);
    t->curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    t->key = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    must(t->curve != NULL && t->key != NULL);
    if (!point_set(t, pkey)) {
        ERR_clear_error();
        return NULL;
    }
    made = t;
    t = NULL;
    return made;
}

static bool in_range(const BIGNUM *x, const BIGNUM *order)
{
    return !BN_is_zero(x) && BN_cmp(x, order) < 0;
}

/* The two factors: e / s and r / s. */
static bool factors(const struct table *t, const struct digest *d, const BIGNUM *r, const BIGNUM *s,
                    BIGNUM *u[2], BN_CTX *c)
{
    const BIGNUM *order = EC_GROUP_get0_order(t->curve);
    BIGNUM *w = BN_CTX_get(c), *e = BN_CTX_get(c);

    return e != NULL && BN_bin2bn(d->bytes, DIGEST_BYTES, e) != NULL &&
           BN_mod_inverse(w, s, order, c) != NULL && BN_mod_mul(u[0], e, w, order, c) == 1 &&
           BN_mod_mul(u[1], r, w, order, c) == 1;
}

/* Whether u[0] times the standard's point and u[1] times the key meet where r says. */
static bool sum_is(const struct table *t, BIGNUM *const u[2], const BIGNUM *r, BN_CTX *c)
{
    DEFER(point_close) EC_POINT *a = EC_POINT_new(t->curve);
    DEFER(point_close) EC_POINT *b = EC_POINT_new(t->curve);
    BIGNUM *x = BN_CTX_get(c);

    return a != NULL && b != NULL && x != NULL &&
           EC_POINT_mul(t->curve, a, u[0], NULL, NULL, c) == 1 &&
           EC_POINT_mul(t->key, b, u[1], NULL, NULL, c) == 1 &&
           EC_POINT_add(t->curve, a, a, b, c) == 1 && EC_POINT_is_at_infinity(t->curve, a) == 0 &&
           EC_POINT_get_affine_coordinates(t->curve, a, x, NULL, c) == 1 &&
           BN_nnmod(x, x, EC_GROUP_get0_order(t->curve), c) == 1 && BN_cmp(x, r) == 0;
}

bool table_verify(const struct table *t, const struct digest *d, struct str raw)
{
    const unsigned char *p = (const unsigned char *)raw.p;
    const BIGNUM *order = EC_GROUP_get0_order(t->curve);
    DEFER(ctx_close) BN_CTX *c = BN_CTX_new();
    BIGNUM *r, *s, *u[2];
    bool good;

    must(c != NULL);
    BN_CTX_start(c);
    r = BN_CTX_get(c);
    s = BN_CTX_get(c);
    u[0] = BN_CTX_get(c);
    u[1] = BN_CTX_get(c);
    must(u[1] != NULL);
    if (raw.n != 2 * NUMBER_BYTES)
        return false;
    must(BN_bin2bn(p, NUMBER_BYTES, r) != NULL &&
         BN_bin2bn(p + NUMBER_BYTES, NUMBER_BYTES, s) != NULL);
    good =
        in_range(r, order) && in_range(s, order) && factors(t, d, r, s, u, c) && sum_is(t, u, r, c);
    if (!good)
        ERR_clear_error();
    return good;
}
