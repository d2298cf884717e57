/*
 * vneid.h - VNeID as an OpenID provider: what authorize and token share.
 *
 * A code is single use (kv_take) and lives a minute; an access token half an hour, as at the real
 * provider. acr is "1" whatever the level: the trap that motcua must not step into.
 */
#ifndef SANDBOX_VNEID_H
#define SANDBOX_VNEID_H

#include "sandbox/fault.h"
#include "sandbox/people.h"
#include "sandbox/sandbox.h"

#define VNEID_CODE_TTL_S  60
#define VNEID_TOKEN_TTL_S 1800

/* Switches that act on this request and this person (NULL: not known yet). */
void vneid_faults(struct sandbox *sb, const struct request *rq, const struct person *p,
                  struct fault_set *set);
struct str vneid_issuer(struct sandbox *sb, struct arena *a);
/* userinfo's claims (names of the national single sign-on); caller owns. */
struct json *vneid_claims(struct sandbox *sb, struct arena *a, const struct person *p,
                          const struct fault_set *set);

#endif
