/*
 * demo_client.h - what the demo portal says to motcua: as an OpenID client (demo-portal) and as the
 * one-stop system that asks for fees (demo-onestop). Nothing special: discovery, code with PKCE,
 * client_secret_basic, the ID token verified against the published keys.
 */
#ifndef SANDBOX_DEMO_CLIENT_H
#define SANDBOX_DEMO_CLIENT_H

#include "sandbox/demo_session.h"
#include "sandbox/dossiers.h"
#include "sandbox/sandbox.h"

#define DEMO_CLIENT_ID  "demo-portal"
#define DEMO_ONESTOP_ID "demo-onestop"

struct key_set;

/* motcua's endpoints, from its discovery document. */
struct demo_endpoints {
    struct str issuer, authorize, token, userinfo, jwks, logout;
};

MUST_USE result demo_discover(struct sandbox *sb, struct arena *a, struct demo_endpoints *out,
                              struct err *e);
/* motcua's published keys, as they are now; the caller closes. */
MUST_USE result demo_keys(struct sandbox *sb, struct arena *a, struct key_set **out, struct err *e);
/* Code to session: ID token verified, nonce compared, userinfo of the same sub. */
MUST_USE result demo_redeem(struct sandbox *sb, struct arena *a, struct str code,
                            struct str verifier, struct str nonce, struct demo_session *out,
                            struct err *e);
/* POST /v1/payments; the answer's document belongs to the caller. ERR_UPSTREAM_BAD when refused. */
MUST_USE result demo_payment_make(struct sandbox *sb, struct arena *a, const struct dossier *d,
                                  const struct demo_session *s, struct str return_url,
                                  struct str locale, struct json **out, struct err *e);
MUST_USE result demo_payment_load(struct sandbox *sb, struct arena *a, struct str id,
                                  struct json **out, struct err *e);

#endif
