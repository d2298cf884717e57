/*
 * dpop.h - proof of possession of a key (RFC 9449; FAPI 2.0 SP 5.3.2.1).
 *
 * A proof is a JWT of type dpop+jwt, signed with the key in its own header (ES256, PS256, EdDSA;
 * never RS256, a MAC or none; never a private key), for this method and this address (compared
 * without query and fragment, scheme and host in any case, default port left out), at this moment
 * (60 s back, 10 s ahead), once (jti). With an access token it carries its hash (ath) and must be
 * of the key that the token is bound to. A nonce is asked for when auth.dpop_nonce says so.
 */
#ifndef AUTH_DPOP_H
#define AUTH_DPOP_H

#include "auth/auth.h"

/* *jkt is the key's thumbprint (RFC 7638), empty when call->dpop_count is 0. `token` is the access
 * token that came with it, or empty; `bound` the thumbprint it must be of, or empty: any.
 * ERR_BAD_PROOF; ERR_NEED_NONCE: answer with dpop_nonce() in the header DPoP-Nonce. */
MUST_USE result dpop_check(struct auth *au, const struct visit *v, const struct api_call *call,
                           struct str token, struct str bound, struct str *jkt, struct err *e);
/* Whether proofs need a nonce (setting auth.dpop_nonce): the edge then tells the present one in the
 * header DPoP-Nonce of every answer. */
bool dpop_wants_nonce(const struct auth *au);
/* The nonce that proofs must carry now; it changes by time and is the same in every process. */
struct str dpop_nonce(struct auth *au, struct arena *a);

#endif
