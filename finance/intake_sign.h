/*
 * intake_sign.h - the detached signature of a file: compact JWS whose payload is the file
 * (RFC 7515 appendix F), "header..signature", as it comes beside it in <name>.jws.
 *
 * The algorithm is the one that the source names for its key: what the header says must be the
 * same, and decides nothing.
 */
#ifndef FINANCE_INTAKE_SIGN_H
#define FINANCE_INTAKE_SIGN_H

#include "base/base.h"
#include "finance/source.h"

/* ERR_BAD_TOKEN: missing, of another algorithm or key, or not of these bytes. ERR_CONFIG: the key
 * of the source cannot be read or is of another kind. */
MUST_USE result intake_sign_check(const struct source *s, struct str bytes, struct str jws,
                                  struct arena *a, struct err *e);

#endif
