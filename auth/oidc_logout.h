/*
 * oidc_logout.h - RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).
 *
 * A good id_token_hint of the session's own sid signs out at once, also when the browser did not
 * send its cookie (a portal's own POST is another site's); anything else asks the person first. A
 * hint may be long: the POST takes what an address cannot. logout_hint and ui_locales are taken and
 * change nothing here. The browser is sent back only to an address registered byte for byte for the
 * client that the hint, or client_id after the person's confirmation, names. After a hint that does
 * not verify nobody is sent anywhere.
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
    struct str sid;       /* of the session that ended now; empty: none did */
    struct str request;   /* CONFIRM: form-encoded, for a hidden field; read it with form_read() */
    struct client client; /* id empty when unknown */
};

/* session may be NULL. `confirmed`: the person said yes, and the edge checked the CSRF secret. */
MUST_USE result oidc_logout(struct auth *au, const struct visit *v, const struct form *request,
                            const struct session *session, bool confirmed, struct logout_reply *out,
                            struct err *e);

/* What may be shown after signing out, without a session: a ticket of 256 random bits, kept for
 * LOGOUT_TICKET_TTL_S under its digest. */
#define LOGOUT_TICKET_TTL_S 900
struct logout_ticket {
    struct str sid;       /* whose portals are being told (outgoing_of_session) */
    struct str client_id; /* where one came from, or empty */
    struct str back;      /* where one goes back to, or empty */
};
MUST_USE result logout_ticket_make(struct auth *au, const struct visit *v,
                                   const struct logout_ticket *t, struct str *ticket,
                                   struct err *e);
/* ERR_NOT_FOUND: too late, or none. */
MUST_USE result logout_ticket_read(struct auth *au, const struct visit *v, struct str ticket,
                                   struct logout_ticket *out, struct err *e);
/* Where a browser ends its session at VNeID; it comes back to <issuer>/signed-out with the ticket
 * as `state`. Empty: VNeID has no such address, or cannot be asked for it now. May wait for VNeID.
 */
struct str logout_upstream_url(struct auth *au, struct arena *a, struct str ticket);

#endif
