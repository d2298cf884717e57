/*
 * oidc_logout.h - RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).
 *
 * A good id_token_hint of the session's own sid signs out at once; anything else asks the person
 * first. The browser is sent back only to an address registered byte for byte for the client that
 * the hint, or client_id after the person's confirmation, names. After a hint that does not verify
 * nobody is sent anywhere.
 */
#ifndef AUTH_OIDC_LOGOUT_H
#define AUTH_OIDC_LOGOUT_H

#include "auth/auth.h"
#include "auth/client.h"
#include "auth/session.h"
#include "base/err.h"

struct form;

enum logout_kind {
    LOGOUT_PAGE,     /* an error page: `error`; the session goes on */
    LOGOUT_CONFIRM,  /* ask; on yes call again with confirmed, the same request */
    LOGOUT_REDIRECT, /* signed out: remove the cookie, 303 to `url` */
    LOGOUT_DONE      /* signed out: remove the cookie, show the page */
};

struct logout_reply {
    enum logout_kind kind;
    struct err error;
    struct str url;
    struct str request;   /* CONFIRM: form-encoded, for a hidden field; read it with form_read() */
    struct client client; /* id empty when unknown */
};

/* session may be NULL. `confirmed`: the person said yes, and the edge checked the CSRF secret. */
MUST_USE result oidc_logout(struct auth *au, const struct visit *v, const struct form *request,
                            const struct session *session, bool confirmed, struct logout_reply *out,
                            struct err *e);

#endif
