/*
 * session_holds.h - what the short-lived store keeps because of a session, beside the session
 * itself: refresh tokens, and marks of what was used up.
 *
 * Each such entry is held under the session's sid before it is kept, and leaves with the session,
 * however that ends. At most some 300 are held; past that the oldest goes, which ends a refresh
 * token that many sign-ins have followed.
 *
 *     TRY(session_hold(au, a, g->sid, key, e));
 *     TRY(kv_put(au->kv, key, value, ttl_s, e));
 *     is the session still there? else session_let_go()
 *
 * In this order nothing outlives a session that ends in between: whoever ends it drops the sid
 * first and lets go then.
 */
#ifndef AUTH_SESSION_HOLDS_H
#define AUTH_SESSION_HOLDS_H

#include "auth/auth.h"

#define SESSION_HOLD_BYTES_MAX (16 * 1024)

/* `keys` of kv, space-separated. ERR_BUSY: many others did the same at once. */
MUST_USE result session_hold(struct auth *au, struct arena *a, struct str sid, struct str keys,
                             struct err *e);
/* Drops all that the session held. Twice is fine. */
MUST_USE result session_let_go(struct auth *au, struct arena *a, struct str sid, struct err *e);

#endif
