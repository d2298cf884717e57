/*
 * client.h - the portals and systems that may ask us who somebody is: registered OAuth clients.
 *
 * Life cycle: `motcua client add|list|remove` writes them; the endpoints only load them. A secret
 * is made here (256 random bits), shown once, and kept as SHA-256; it is compared in constant time,
 * and an unknown client costs the same work as a wrong secret. Redirect addresses match byte for
 * byte (RFC 9700 4.1.3); plain http is for loopback only; fragments are refused.
 *
 * `profile` leaves room for stricter rules: "oidc" is the only one today.
 */
#ifndef AUTH_CLIENT_H
#define AUTH_CLIENT_H

#include "auth/auth.h"

#define CLIENT_URIS_MAX      16
#define CLIENT_URI_BYTES_MAX 512

struct client {
    struct str id;               /* [a-z0-9-]{3,64} */
    struct str name_vi, name_en; /* shown to the citizen */
    bool has_secret;             /* false: a public client, for which PKCE is required */
    struct str redirect_uris[CLIENT_URIS_MAX];
    size_t redirect_count;
    struct str post_logout_uris[CLIENT_URIS_MAX];
    size_t post_logout_count;
    struct str scopes;  /* space-separated: what it may ask for */
    struct str grants;  /* space-separated: authorization_code client_credentials */
    struct str sector;  /* pairwise subjects are the same within one sector */
    struct str profile; /* "oidc" */
    int64_t created_ms;
};

/* Checks and registers. Empty scopes, grants and profile mean "openid profile",
 * "authorization_code" and "oidc"; an empty sector means the host of the first redirect address, or
 * else the id. With has_secret the secret is made when *secret is empty, else the given one (at
 * least 32 characters) is taken; it is in *secret afterwards. ERR_INVALID names the field;
 * ERR_CONFLICT: the id is taken. */
MUST_USE result client_add(struct auth *au, const struct visit *v, struct client *c,
                           struct str *secret, struct err *e);
/* All clients by id; *list and *count in the arena. */
MUST_USE result client_list(struct auth *au, struct arena *a, struct client **list, size_t *count,
                            struct err *e);
/* ERR_NOT_FOUND. Access tokens of a removed client end with their life (auth.access_ttl_s). */
MUST_USE result client_remove(struct auth *au, const struct visit *v, struct str id, struct err *e);
/* ERR_NOT_FOUND. */
MUST_USE result client_load(struct auth *au, struct arena *a, struct str id, struct client *out,
                            struct err *e);
/* Who calls the token endpoint. A public client passes the empty secret. ERR_BAD_CLIENT for every
 * reason alike: unknown, wrong secret, secret missing, secret where none is registered. */
MUST_USE result client_authenticate(struct auth *au, struct arena *a, struct str id,
                                    struct str secret, struct client *out, struct err *e);

bool client_may_redirect(const struct client *c, struct str uri);    /* byte for byte */
bool client_may_post_logout(const struct client *c, struct str uri); /* byte for byte */
bool client_may_scope(const struct client *c, struct str scope);     /* one name */
bool client_may_grant(const struct client *c, const char *grant);
struct str client_name(const struct client *c, struct str language); /* "en", else Vietnamese */
/* Whether one word stands in a space-separated list. */
bool client_list_has(struct str list, struct str word);

#endif
