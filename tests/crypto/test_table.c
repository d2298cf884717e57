#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/table.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "crypto/key.h"
#include "tests/test.h"

#define RAW_BYTES 64
#define ROUNDS    400

static EVP_PKEY *pkey;
static struct table *table;

static void end(void)
{
    table_close(&table);
    EVP_PKEY_free(pkey);
}

static void begin(void)
{
    struct err e = { 0 };

    if (pkey != NULL)
        return;
    check_ok(key_generate(KEY_ES256, &pkey, &e), e);
    table = table_make(pkey);
    check(table != NULL);
    check(atexit(end) == 0);
}

static EC_KEY *pair(void)
{
    return (EC_KEY *)(uintptr_t)EVP_PKEY_get0_EC_KEY(pkey); /* only read */
}

/* What OpenSSL says of the same. */
static bool peer(const struct digest *d, const unsigned char raw[RAW_BYTES])
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    bool good;

    check(ECDSA_SIG_set0(sig, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL)) == 1);
    good = ECDSA_do_verify(d->bytes, DIGEST_BYTES, sig, pair()) == 1;
    ECDSA_SIG_free(sig);
    return good;
}

static void sign(const struct digest *d, unsigned char raw[RAW_BYTES])
{
    ECDSA_SIG *sig = ECDSA_do_sign(d->bytes, DIGEST_BYTES, pair());

    check(sig != NULL);
    check(BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32) == 32);
    check(BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32) == 32);
    ECDSA_SIG_free(sig);
}

static bool ours(const struct digest *d, const unsigned char raw[RAW_BYTES])
{
    return table_verify(table, d, str_of(raw, RAW_BYTES));
}

static void put(unsigned char at[32], const BIGNUM *n)
{
    check(BN_bn2binpad(n, at, 32) == 32);
}

TEST(numbers_out_of_range_are_refused)
{
    const BIGNUM *order;
    BIGNUM *n = BN_new();
    unsigned char good[RAW_BYTES], raw[RAW_BYTES];
    struct digest d = { { 7 } };

    begin();
    order = EC_GROUP_get0_order(EC_KEY_get0_group(pair()));
    sign(&d, good);
    check(ours(&d, good));
    for (int half = 0; half < 2; half++) {
        memcpy(raw, good, RAW_BYTES);
        memset(raw + 32 * half, 0, 32);
        check(!ours(&d, raw));
        put(raw + 32 * half, order);
        check(!ours(&d, raw));
        memset(raw + 32 * half, 0xff, 32);
        check(!ours(&d, raw));
    }
    /* The other root is as good to ECDSA, here as there; r and r + n never are the same. */
    memcpy(raw, good, RAW_BYTES);
    check(BN_bin2bn(good + 32, 32, n) != NULL && BN_sub(n, order, n) == 1);
    put(raw + 32, n);
    check(ours(&d, raw) && peer(&d, raw));
    BN_free(n);
}

TEST(another_length_is_refused)
{
    unsigned char raw[RAW_BYTES + 1] = { 0 };
    struct digest d = { { 1 } };

    begin();
    sign(&d, raw);
    check(table_verify(table, &d, str_of(raw, RAW_BYTES)));
    check(!table_verify(table, &d, str_of(raw, RAW_BYTES - 1)));
    check(!table_verify(table, &d, str_of(raw, RAW_BYTES + 1)));
    check(!table_verify(table, &d, STR("")));
}

TEST(it_says_what_openssl_says_of_good_and_of_changed_signatures)
{
    unsigned char raw[RAW_BYTES], at[2];
    int accepted = 0, refused = 0;
    struct digest d;

    begin();
    for (int i = 0; i < ROUNDS; i++) {
        check(RAND_bytes(d.bytes, DIGEST_BYTES) == 1 && RAND_bytes(at, sizeof(at)) == 1);
        if (i % 8 == 0)
            memset(d.bytes, i % 16 == 0 ? 0 : 0xff, DIGEST_BYTES); /* factor 0; above the order */
        sign(&d, raw);
        if (i % 4 == 1)
            raw[at[0] % RAW_BYTES] ^= (unsigned char)(1 << at[1] % 8);
        else if (i % 4 == 3)
            d.bytes[at[0] % DIGEST_BYTES] ^= (unsigned char)(1 << at[1] % 8);
        check_int(ours(&d, raw), peer(&d, raw));
        accepted += ours(&d, raw);
        refused += !ours(&d, raw);
    }
    check_int(accepted, ROUNDS / 2);
    check_int(refused, ROUNDS / 2);
}

TEST(the_signature_of_another_key_is_refused)
{
    unsigned char raw[RAW_BYTES];
    struct digest d = { { 3 } };
    EVP_PKEY *other = NULL;
    struct table *t;
    struct err e = { 0 };

    begin();
    check_ok(key_generate(KEY_ES256, &other, &e), e);
    t = table_make(other);
    sign(&d, raw);
    check(ours(&d, raw));
    check(!table_verify(t, &d, str_of(raw, RAW_BYTES)));
    table_close(&t);
    EVP_PKEY_free(other);
}

TEST(a_key_that_is_used_often_goes_on_verifying_and_refusing)
{
    struct key signs = { 0 }, verifies = { 0 };
    struct str data = STR("header.claims"), sig = { 0 };
    EVP_PKEY *made = NULL;
    struct err e = { 0 };

    check_ok(key_generate(KEY_ES256, &made, &e), e);
    check(EVP_PKEY_up_ref(made) == 1);
    check_ok(key_make(&signs, made, KEY_ES256, true, &e), e);
    check_ok(key_make(&verifies, made, KEY_ES256, false, &e), e);
    check_ok(key_sign(&signs, test_arena(), data, &sig, &e), e);
    for (int i = 0; i < TABLE_AFTER + 3; i++) {
        check(key_verify(&verifies, KEY_ES256, data, sig));
        check(!key_verify(&verifies, KEY_ES256, STR("header.clains"), sig));
    }
    key_close(&verifies);
    key_close(&signs);
}

TEST(more_tables_than_may_be_are_not_made)
{
    struct table *all[TABLES_MAX];
    int n = 0;

    begin();
    while (n < TABLES_MAX && (all[n] = table_make(pkey)) != NULL)
        n++;
    check_int(n, TABLES_MAX - 1); /* one is there since begin() */
    while (n > 0)
        table_close(&all[--n]);
}
