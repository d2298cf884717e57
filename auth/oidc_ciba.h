/*
 * oidc_ciba.h - client-initiated backchannel authentication (OpenID CIBA Core 1.0), for counters:
 * POST /bc-authorize; delivery by poll or ping.
 *
 * The officer's system names the person by login_hint (the 12 digits of the paper on the counter)
 * or id_token_hint, and a binding_message, which is required: it stands on both screens, and the
 * person is told to compare. The person finds the request under "requests" after signing in on
 * their own telephone. Not supported: login_hint_token, user_code, request objects, push delivery.
 */
#ifndef AUTH_OIDC_CIBA_H
#define AUTH_OIDC_CIBA_H

#include "auth/auth.h"
#include "auth/outgoing.h"

#define CIBA_GRANT         "urn:openid:params:grant-type:ciba"
#define CIBA_BINDING_CHARS 40

/* *json is the body of 200. ERR_UNKNOWN_USER: nobody of that number has an account here;
 * ERR_BAD_BINDING; else as oidc_device_start(). */
MUST_USE result oidc_ciba_start(struct auth *au, const struct visit *v, const struct api_call *call,
                                struct str *json, struct err *e);
/* Tells a client in ping mode that it may fetch the answer; of auth/outgoing's kind "ping", whose
 * sid is the approval's id. */
MUST_USE result oidc_ciba_ping(struct auth *au, struct arena *a, const struct outgoing *o,
                               struct outgoing_verdict *out, struct err *e);

#endif
