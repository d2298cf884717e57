/*
 * table.h - inside crypto only: ES256 signatures of one public key verified with a table of its
 * multiples, in half the time.
 *
 * A table takes 29 ms and 150 KiB to make, so it is made only for a key that has verified
 * TABLE_AFTER signatures (a portal's, not a stranger's of one sign-in), and for TABLES_MAX keys of
 * the process at a time. Others verify as before. What is accepted is the same to the bit
 * (tests/crypto/test_table.c holds both beside each other).
 *
 * Thread rule: any thread; closed when no other thread uses it.
 */
#ifndef CRYPTO_TABLE_H
#define CRYPTO_TABLE_H

#include <openssl/evp.h>

#include "base/base.h"
#include "crypto/digest.h"

#define TABLE_AFTER 200
#define TABLES_MAX  32 /* 5 MiB */

struct table;

struct table *table_make(const EVP_PKEY *pkey); /* of P-256; NULL: there are enough of them */
void table_close(struct table **t);
/* FIPS 186-5 6.4.2; raw: r || s, 64 bytes. */
bool table_verify(const struct table *t, const struct digest *d, struct str raw);

#endif
