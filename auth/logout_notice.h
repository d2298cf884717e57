/*
 * logout_notice.h - telling a portal that somebody is signed out (OpenID Connect Back-Channel
 * Logout 1.0).
 *
 * A logout token (typ logout+jwt; iss, aud, iat, exp, jti, events, sub, sid; no nonce), signed with
 * the algorithm of the client's ID tokens, is posted as `logout_token` to the client's
 * backchannel_logout_uri. Each try has a token of its own: a portal that remembers jti would refuse
 * the second try of one whose answer was lost.
 */
#ifndef AUTH_LOGOUT_NOTICE_H
#define AUTH_LOGOUT_NOTICE_H

#include "auth/outgoing.h"

struct client;

#define LOGOUT_TOKEN_TTL_S 120

/* sub and sid as in the client's ID tokens. ERR_CONFIG: no key of that algorithm. */
MUST_USE result logout_token_make(struct auth *au, struct arena *a, const struct client *c,
                                  const struct outgoing *o, struct str *token, struct err *e);
/* For outgoing_send(): fails only where our own stores or keys do. */
MUST_USE result logout_notice_send(struct auth *au, struct arena *a, const struct outgoing *o,
                                   struct outgoing_verdict *out, struct err *e);
/* Puts a row for each portal of a session that is told. */
MUST_USE result logout_notice_put(struct sql *db, struct arena *a, struct str sid,
                                  struct str account, int64_t now_ms, struct err *e);

#endif
