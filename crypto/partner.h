/*
 * partner.h - the message signatures of the national systems.
 *
 * Payment platform: lower-case hex SHA-256 over the fields and then the secret, joined by '|'. It
 * is a plain hash, not an HMAC; a field that holds '|' is refused, since it would make the hash
 * ambiguous. Population database gateway: Basic user:sha256hex(url + user + timestamp + secret).
 */
#ifndef CRYPTO_PARTNER_H
#define CRYPTO_PARTNER_H

#include "base/base.h"

struct secret;

MUST_USE result partner_hash(struct arena *a, const struct str *fields, size_t count,
                             const struct secret *secret, struct str *hex, struct err *e);
/* Constant time; a malformed hex is simply wrong. */
MUST_USE result partner_check(struct arena *a, const struct str *fields, size_t count,
                              const struct secret *secret, struct str hex,
                              struct err *e); /* ERR_BAD_SIGNATURE */
/* A parameter of a gateway that signs its form (VNPAY 2.1.0). */
struct partner_field {
    struct str name, value;
};
#define PARTNER_FIELDS_MAX 32

/* VNPAY: lower-case hex HMAC-SHA-512 over the fields, empty ones left out, sorted by name, and
 * form-encoded (a space is '+'). Amounts stand there in hundredths of a dong. *form is what was
 * signed: the query of the payment URL, to which vnp_SecureHash is added last. */
MUST_USE result partner_form_sign(struct arena *a, const struct partner_field *fields, size_t count,
                                  const struct secret *secret, struct str *form, struct str *hex,
                                  struct err *e);

/* The same for a form that came: constant time. ERR_BAD_SIGNATURE. */
MUST_USE result partner_form_check(struct arena *a, const struct partner_field *fields,
                                   size_t count, const struct secret *secret, struct str hex,
                                   struct err *e);
/* VNPAY's other messages: lower-case hex HMAC-SHA-512 over the fields joined by '|'. ERR_INVALID: a
 * field holds the separator. */
MUST_USE result partner_joined_sign(struct arena *a, const struct str *fields, size_t count,
                                    const struct secret *secret, struct str *hex, struct err *e);
MUST_USE result partner_joined_check(struct arena *a, const struct str *fields, size_t count,
                                     const struct secret *secret, struct str hex,
                                     struct err *e); /* ERR_BAD_SIGNATURE; constant time */

struct str partner_gateway_basic(struct arena *a, struct str url, struct str user,
                                 int64_t timestamp_ms, const struct secret *secret);

#endif
