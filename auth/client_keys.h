/*
 * client_keys.h - the public keys of a client, and verifying what it signed.
 *
 * Inline keys (jwks) are parsed once and kept. Keys at an address (jwks_uri) are fetched with the
 * guard of http/guard.h: 3 seconds, 64 KiB, no redirects. A fetched set is used for ten minutes; an
 * unknown kid, or one older than that, leads to a fetch at most once a minute for each client; when
 * that fails the old set goes on for six hours at most. A process has few fetches under way; who
 * would have to wait behind them gets ERR_BUSY. Thread rule: any thread; a fetch blocks its caller.
 */
#ifndef AUTH_CLIENT_KEYS_H
#define AUTH_CLIENT_KEYS_H

#include "auth/auth.h"
#include "auth/client.h"
#include "crypto/keyring.h"

struct json;
struct token_expect;

MUST_USE struct client_keys *client_keys_open(void);
void client_keys_close(struct client_keys **k);

/* Its keys; kid "" when any will do. Caller closes. ERR_INVALID: none are registered, or what the
 * address answers is no set; ERR_UPSTREAM_DOWN, ERR_UPSTREAM_BAD, ERR_BUSY: not to be had now. */
MUST_USE result client_keys_find(struct auth *au, struct arena *a, const struct client *c,
                                 struct str kid, struct key_set **out, struct err *e);
/* token_verify() with them (crypto/token.h); algorithms beyond those of the client's profile are
 * refused whatever expect->algs says. ERR_BAD_TOKEN, and the above. */
MUST_USE result client_token_verify(struct auth *au, struct arena *a, const struct client *c,
                                    struct str token, const struct token_expect *expect,
                                    struct json **claims, struct err *e);

#endif
