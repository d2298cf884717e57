/*
 * client.h - the portals and systems that may ask us who somebody is: registered OAuth clients.
 *
 * Life cycle: `motcua client ...` and POST /register write them; the endpoints only load them, from
 * a table in the process (client_book.h), so that loading costs no query; what another process
 * changes is seen within CLIENT_FRESH_MS. A secret is made here (256 random bits), shown once, and
 * kept as SHA-256; it is compared in constant time, and an unknown client costs the same work as a
 * wrong secret. Redirect addresses match byte for byte (RFC 9700 4.1.3); plain http is for loopback
 * only; fragments are refused.
 *
 * What is registered is one JSON document in the names of RFC 7591 and its kin; auth/client.def
 * says which member of this struct each is, and client_metadata.h reads and prints it.
 */
#ifndef AUTH_CLIENT_H
#define AUTH_CLIENT_H

#include "auth/auth.h"

#define CLIENT_URIS_MAX      16
#define CLIENT_URI_BYTES_MAX 512
#define CLIENTS_MAX          2000
#define CLIENT_FRESH_MS      2000 /* how old what a process knows of clients may be */

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
    bool native;             /* application_type */
    struct str scopes;       /* space-separated: what it may ask for */
    struct str grants;       /* space-separated: authorization_code refresh_token client_credentials
                              * urn:ietf:params:oauth:grant-type:device_code
                              * urn:openid:params:grant-type:ciba */
    struct str sector;       /* pairwise subjects are the same within one sector; client_settle() */
    struct str sector_given; /* by our operator; or empty */
    struct str sector_uri;   /* sector_identifier_uri; or empty */
    bool public_subject;     /* subject_type public: the same sub for every sector */
    enum client_profile profile;
    enum client_way way;
    bool secret_by_post;    /* said client_secret_post; either is taken */
    int auth_alg;           /* enum key_alg of its assertions, or -1: by its keys */
    struct str jwks;        /* its public keys, a JWK set as text; or empty */
    struct str jwks_uri;    /* where they are instead; or empty */
    struct str tls_subject; /* tls_client_auth_subject_dn; or empty */
    struct str tls_dns, tls_uri, tls_ip, tls_email; /* tls_client_auth_san_*: one of the five */
    bool dpop_bound;                      /* dpop_bound_access_tokens: no token without a proof */
    bool tls_bound;                       /* tls_client_certificate_bound_access_tokens */
    bool par_only;                        /* require_pushed_authorization_requests */
    bool signed_request_only;             /* require_signed_request_object */
    bool pkce_only;                       /* code_challenge is required */
    int id_token_alg;                     /* enum key_alg */
    int userinfo_alg;                     /* enum key_alg, or -1: plain JSON */
    int response_alg;                     /* enum key_alg: of JARM answers */
    int request_alg;                      /* enum key_alg of request objects, or -1: by its keys */
    int acr_least;                        /* default_acr_values: 1 to 4; 0: none */
    enum client_register register_policy; /* of the population database; never laxer than
                                           * person.policy */
    bool register_own; /* register_policy was chosen for it; false: it follows person.policy */
    enum client_acting acting;
    bool asks_consent;    /* no state body doing its legal duty (Law 91/2025 art. 19) */
    struct str resources; /* RFC 8707: audiences it may ask tokens for, space-separated */
    struct str agencies;  /* agency ids that it may ask payments for, space-separated; empty: all */
    struct str hosts;     /* of its webhooks and return_url, space-separated; or empty */
    struct str backchannel_logout_uri; /* or empty */
    bool backchannel_sid;              /* backchannel_logout_session_required */
    bool ciba_ping;                    /* backchannel_token_delivery_mode ping; else poll */
    struct str ciba_notify_uri;
    struct str initiate_uri; /* initiate_login_uri: the portal's own way in, for error pages */
    struct str home_uri, policy_uri, tos_uri; /* or empty */
    struct str contacts;                      /* space-separated */
    struct str
        grants_most; /* of an invitation: what grants may hold, space-separated; empty: any */
    bool name_fixed; /* of an invitation: the client's own changes keep its name */
    bool disabled;   /* only client_list() and client_load_any() show such */
    int64_t created_ms, updated_ms;
};

/* Checks and registers. A struct of zeros with a profile stands for a client that says little:
 * empty texts get their defaults, a client with has_secret and no way gets CLIENT_WAY_SECRET, a
 * public one pkce_only; start from client_defaults() (client_metadata.h) to have all of a
 * profile's. With has_secret the secret is made when *secret is empty, else the given one (at least
 * 32 characters) is taken; it is in *secret afterwards. ERR_INVALID names the field in its
 * registered name; ERR_CONFLICT: the id is taken; ERR_TOO_MANY: CLIENTS_MAX. */
MUST_USE result client_add(struct auth *au, const struct visit *v, struct client *c,
                           struct str *secret, struct err *e);
/* The same with an invitation, one of whose uses goes with the registration or not at all:
 * ERR_BAD_TOKEN when none is left. Both are SHA-256 of tokens. */
struct client_pass {
    struct str invite_hash, registration_hash;
};
MUST_USE result client_add_invited(struct auth *au, const struct visit *v, struct client *c,
                                   const struct client_pass *pass, struct str *secret,
                                   struct err *e);
/* Writes c->id anew, all of it; id, secret and times stay. ERR_NOT_FOUND, ERR_INVALID. */
MUST_USE result client_change(struct auth *au, const struct visit *v, struct client *c,
                              struct err *e);
/* A fresh secret (or *secret). The old one goes on for keep_s, 0: ends now. */
MUST_USE result client_secret_new(struct auth *au, const struct visit *v, struct str id,
                                  int64_t keep_s, struct str *secret, struct err *e);
/* Closed, or opened again. Tokens made before are refused from now on, also after opening. */
MUST_USE result client_disable(struct auth *au, const struct visit *v, struct str id, bool disabled,
                               struct err *e);
/* All clients by id; *list and *count in the arena. */
MUST_USE result client_list(struct auth *au, struct arena *a, struct client **list, size_t *count,
                            struct err *e);
/* ERR_NOT_FOUND. Its tokens are refused from now on, elsewhere within CLIENT_FRESH_MS. */
MUST_USE result client_remove(struct auth *au, const struct visit *v, struct str id, struct err *e);
/* ERR_NOT_FOUND: unknown or disabled. */
MUST_USE result client_load(struct auth *au, struct arena *a, struct str id, struct client *out,
                            struct err *e);
/* The same for disabled ones too. */
MUST_USE result client_load_any(struct auth *au, struct arena *a, struct str id, struct client *out,
                                struct err *e);
/* Whether a token made for the client at issued_s may still be believed: ERR_BAD_TOKEN when the
 * client is removed, disabled, or was since. Costs a look into a table. */
MUST_USE result client_token_check(struct auth *au, struct str id, int64_t issued_s, struct err *e);
/* Whether it has to ask the person before data is passed on; *asks false: unknown, too. As cheap.
 */
MUST_USE result client_asks(struct auth *au, struct str id, bool *asks, struct err *e);
/* Whether the secret is the client's, without saying which of the reasons: ERR_BAD_CLIENT for
 * unknown, wrong, missing, none registered. A public client passes the empty secret. */
MUST_USE result client_authenticate(struct auth *au, struct arena *a, struct str id,
                                    struct str secret, struct client *out, struct err *e);
/* Whether there is an active key for what it wants signed; ERR_INVALID names the member. */
MUST_USE result client_signing_check(struct auth *au, const struct client *c, struct err *e);
/* Every stored client can be read, keeps the rules of its profile, and can be signed for; else
 * ERR_CONFIG names client and field. For the start. */
MUST_USE result client_verify_all(struct auth *au, struct err *e);

bool client_may_redirect(const struct client *c, struct str uri);    /* byte for byte */
bool client_may_post_logout(const struct client *c, struct str uri); /* byte for byte */
/* For whoever registers or tries a client: how the address differs from the registered one that is
 * nearest, in English, at which byte. Empty when it is registered. It tells what is registered:
 * only for operators, and on pages of a simulation. */
struct str client_redirect_difference(struct arena *a, const struct client *c, struct str uri);
/* Whether payments may be asked for this agency. */
bool client_may_agency(const struct client *c, struct str agency_id);
bool client_may_scope(const struct client *c, struct str scope); /* one name */
bool client_may_grant(const struct client *c, const char *grant);
struct str client_name(const struct client *c, struct str language); /* "en", else Vietnamese */
/* Whether one word stands in a space-separated list. */
bool client_list_has(struct str list, struct str word);

#endif
