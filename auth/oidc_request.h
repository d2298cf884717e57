/*
 * oidc_request.h - an authorization request as a value: what a client asks for, checked.
 *
 * It arrives in three ways, and is the same afterwards: as parameters of /authorize (RFC 6749
 * 4.1.1, OIDC Core 3.1.2.1), as a signed request object (`request`, RFC 9101, oidc_request_object),
 * or pushed before (RFC 9126, request_push and request_pushed). What was read once is kept as it
 * was understood and never parsed again: with the sign-in, a question to the person, or under a
 * request_uri. login_hint, which may be a person's number, is kept sealed.
 *
 * Unknown parameters are ignored, repeated ones were refused by form_read().
 */
#ifndef AUTH_OIDC_REQUEST_H
#define AUTH_OIDC_REQUEST_H

#include "auth/auth.h"
#include "auth/client.h"

struct form;

#define AUTHORIZE_STATE_BYTES_MAX  2048 /* more than 1000 must be accepted */
#define REQUEST_NONCE_BYTES_MAX    512  /* 384 must be accepted */
#define REQUEST_CLAIMS_BYTES_MAX   6000
#define REQUEST_RESOURCE_BYTES_MAX 1000
#define REQUEST_URI_PREFIX         "urn:ietf:params:oauth:request_uri:"

enum request_mode {
    REQUEST_QUERY,
    REQUEST_FORM_POST,
    REQUEST_QUERY_JWT, /* JARM: one signed parameter `response` */
    REQUEST_FORM_POST_JWT
};
enum request_prompt {
    REQUEST_PROMPT_NONE = 1,
    REQUEST_PROMPT_LOGIN = 2, /* select_account too: VNeID is where another account is chosen */
    REQUEST_PROMPT_CONSENT = 4
};

struct oidc_request {
    struct str client_id, redirect_uri, state, nonce, challenge;
    struct str scope; /* what is asked, known and registered, space-separated */
    enum request_mode mode;
    unsigned prompt;        /* of enum request_prompt */
    int64_t max_age_s;      /* -1: any */
    unsigned acr_essential; /* set of levels (auth/acr.h): one of them, or no token */
    unsigned acr_voluntary; /* one of them if it can be had */
    int acr_first;          /* of those, the one to ask the upstream for; 0: none */
    struct str claims;      /* the claims parameter, tidied JSON; or empty */
    struct str resources;   /* RFC 8707, space-separated */
    struct str hint_sub;    /* it must be this person (sub as the client knows it), or empty */
    struct str hint_sid;    /* or whoever is signed in in this session, or empty */
    struct str login_hint, ui_locales;
    struct str jkt;         /* the code is bound to this DPoP key, or empty */
    bool is_signed;         /* it was a signed request object */
    struct str pushed;      /* digest of its request_uri, or empty */
    struct str hint_sealed; /* of login_hint, where it is kept */

    /* How far it has come. */
    bool signed_in; /* in this very request */
    int reached;    /* level of authentication then */
    bool consented;
    bool acting_chosen;
    struct str acting, acting_role, mandate;
};

/* Parameters. `client` is loaded and out->client_id its id. On failure out->redirect_uri tells
 * whether the client may be told by redirect: empty as long as the address is not known to be
 * registered. ERR_INVALID, ERR_RESPONSE_TYPE, ERR_BAD_SCOPE, ERR_BAD_TARGET,
 * ERR_UNAUTHORIZED_CLIENT, ERR_UNMET_AUTH. */
MUST_USE result request_read(struct auth *au, struct arena *a, const struct client *client,
                             const struct form *form, struct oidc_request *out, struct err *e);
/* The address and how to answer there alone: all that an error needs. */
MUST_USE result request_read_address(const struct client *client, const struct form *form,
                                     struct oidc_request *out, struct err *e);
/* What the client's profile demands of how a request comes: pushed, signed. ERR_INVALID. */
MUST_USE result request_check_way(const struct client *client, const struct oidc_request *rq,
                                  bool is_pushed, struct err *e);
/* The claims parameter: tidies it, and takes what it says of acr and sub. ERR_INVALID. */
MUST_USE result request_read_claims(struct arena *a, struct str text, bool compat,
                                    struct oidc_request *rq, struct err *e);
/* Single claims that are asked for and may be told, beside those of the scopes; space-separated. */
struct str request_claim_names(struct arena *a, const struct client *client,
                               const struct oidc_request *rq);
/* A request object: its claims as parameters. ERR_REQUEST_OBJECT: unsigned (outside profile fapi2),
 * or the client has no keys; ERR_BAD_REQUEST_OBJECT: anything else that is wrong with it. */
MUST_USE result request_read_object(struct auth *au, struct arena *a, const struct client *client,
                                    struct str token, struct form *out, struct err *e);

struct str request_print(struct auth *au, struct arena *a, const struct oidc_request *rq);
MUST_USE result request_parse(struct auth *au, struct arena *a, struct str text,
                              struct oidc_request *out, struct err *e);

/* POST /par: *json is the body of 201 (request_uri, expires_in). Everything is checked already
 * here. ERR_BAD_CLIENT, ERR_BAD_PROOF, ERR_NEED_NONCE and what request_read says. */
MUST_USE result request_push(struct auth *au, const struct visit *v, const struct api_call *call,
                             struct str *json, struct err *e);
/* Keeps it under that reference for auth.par_ttl_s, and sets rq->pushed. */
MUST_USE result request_keep_pushed(struct auth *au, struct arena *a, struct str request_uri,
                                    struct oidc_request *rq, struct err *e);
/* The pushed request of this client. ERR_BAD_REQUEST_URI: unknown, too old, another client's, or
 * used. Reading does not use it up: a page may be loaded twice before somebody has signed in. */
MUST_USE result request_pushed(struct auth *au, struct arena *a, const struct client *client,
                               struct str request_uri, struct oidc_request *out, struct err *e);
/* Uses it up: the authorization is complete. ERR_BAD_REQUEST_URI when it was already. Requests that
 * were not pushed pass. */
MUST_USE result request_complete(struct auth *au, struct arena *a, const struct oidc_request *rq,
                                 struct err *e);

#endif
