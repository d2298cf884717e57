/*
 * client.h - the portals and systems that may ask us who somebody is: registered OAuth clients.
 *
 * Life cycle: `motcua client add|list|remove` writes them; the endpoints only load them. A secret
 * is made here (256 random bits), shown once, and kept as SHA-256; it is compared in constant time,
 * and an unknown client costs the same work as a wrong secret. Redirect addresses match byte for
 * byte (RFC 9700 4.1.3); plain http is for loopback only; fragments are refused.
 *
 * Members are named after RFC 7591, OpenID Connect Registration, RFC 9126, 9449, 8705 and CIBA.
 */
#ifndef AUTH_CLIENT_H
#define AUTH_CLIENT_H

#include "auth/auth.h"

#define CLIENT_URIS_MAX      16
#define CLIENT_URI_BYTES_MAX 512

/* Sets of rules; what contradicts the profile is refused at registration (auth/client.def).
 * fapi2: FAPI 2.0 Security Profile: PAR, PKCE, private_key_jwt or TLS, bound tokens; the default.
 * oidc: code flow with what common client libraries do. dvcqg_compat: oidc, and the ways of portals
 * that were built for the national portal's SSO (docs/integration/dvcqg.md). */
enum client_profile { CLIENT_FAPI2, CLIENT_OIDC, CLIENT_DVCQG_COMPAT };
/* How it proves who it is at the endpoints for machines: token_endpoint_auth_method. */
enum client_way {
    CLIENT_WAY_NONE,        /* a public client */
    CLIENT_WAY_SECRET,      /* client_secret_basic or client_secret_post */
    CLIENT_WAY_PRIVATE_KEY, /* private_key_jwt */
    CLIENT_WAY_TLS,         /* tls_client_auth: subject of a certificate that the proxy checked */
    CLIENT_WAY_TLS_SELF     /* self_signed_tls_client_auth: a certificate of its JWK set */
};
/* Whom a person may be towards this client. */
enum client_acting { CLIENT_ACTING_NO, CLIENT_ACTING_MAY, CLIENT_ACTING_MUST };
enum client_register { CLIENT_REGISTER_REQUIRE, CLIENT_REGISTER_PREFER, CLIENT_REGISTER_SKIP };

struct client {
    struct str id;               /* [a-z0-9-]{3,64} */
    struct str name_vi, name_en; /* shown to the citizen */
    bool has_secret;             /* a secret is registered */
    struct str redirect_uris[CLIENT_URIS_MAX];
    size_t redirect_count;
    struct str post_logout_uris[CLIENT_URIS_MAX];
    size_t post_logout_count;
    struct str scopes;   /* space-separated: what it may ask for */
    struct str grants;   /* space-separated: authorization_code refresh_token client_credentials
                          * urn:ietf:params:oauth:grant-type:device_code
                          * urn:openid:params:grant-type:ciba */
    struct str sector;   /* pairwise subjects are the same within one sector */
    bool public_subject; /* subject_type public: the same sub for every sector */
    enum client_profile profile;
    enum client_way way;
    struct str jwks;                      /* its public keys, a JWK set as text; or empty */
    struct str jwks_uri;                  /* where they are instead; or empty */
    struct str tls_subject;               /* tls_client_auth_subject_dn; or empty */
    bool dpop_bound;                      /* dpop_bound_access_tokens: no token without a proof */
    bool tls_bound;                       /* tls_client_certificate_bound_access_tokens */
    bool par_only;                        /* require_pushed_authorization_requests */
    bool signed_request_only;             /* require_signed_request_object */
    bool pkce_only;                       /* code_challenge is required */
    int id_token_alg;                     /* enum key_alg */
    int userinfo_alg;                     /* enum key_alg, or -1: plain JSON */
    int response_alg;                     /* enum key_alg: of JARM answers */
    int acr_least;                        /* default_acr_values: 1 to 4; 0: none */
    enum client_register register_policy; /* of the population database; never laxer than
                                           * person.policy */
    enum client_acting acting;
    bool asks_consent;    /* no state body doing its legal duty (Law 91/2025 art. 19) */
    struct str resources; /* RFC 8707: audiences it may ask tokens for, space-separated */
    struct str agencies;  /* agency ids that it may ask payments for, space-separated; empty: all */
    struct str backchannel_logout_uri; /* or empty */
    bool backchannel_sid;              /* backchannel_logout_session_required */
    bool ciba_ping;                    /* backchannel_token_delivery_mode ping; else poll */
    struct str ciba_notify_uri;
    struct str initiate_uri; /* initiate_login_uri: the portal's own way in, for error pages */
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
