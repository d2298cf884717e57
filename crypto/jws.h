/*
 * jws.h - inside crypto only: the parts of a compact JWS (RFC 7515 3.1), read strictly.
 *
 * Each failure is ERR_BAD_TOKEN with the reason in the detail. Thread rule: any thread.
 */
#ifndef CRYPTO_JWS_H
#define CRYPTO_JWS_H

#include "base/base.h"

struct json;

MUST_USE result jws_bad(struct err *e, const char *why);
/* Three parts, none empty; at most LIMIT_TOKEN_BYTES together. They point into the token. */
MUST_USE result jws_cut(struct str token, struct str part[3], struct err *e);
/* A part: base64url of a JSON object; caller closes. */
MUST_USE result jws_object_read(struct arena *a, struct str text, struct json **out, struct err *e);
/* Refuses crit, zip, b64 and cty in a header. */
MUST_USE result jws_members_check(const struct json *head, struct err *e);
/* A NumericDate in whole seconds; *out stays as it is when the claim is absent. */
MUST_USE result jws_time_read(const struct json *claims, const char *name, int64_t *out,
                              struct err *e);

#endif
