/*
 * oidc_authorize.h - the authorization endpoint's rules (RFC 6749 4.1, OIDC Core 3.1.2, RFC 9126,
 * RFC 9101, RFC 9207, RFC 9470, RFC 9700, JARM).
 *
 * Code flow only. What a request says is auth/oidc_request.h; here is decided what becomes of it:
 * an error page as long as client and address are not known to be good, else a sign-in, a question
 * to the person, or an answer to the client. A session of an enterprise that may only pay is
 * access_denied: it is signed in here, where bills are, and nowhere else.
 *
 * Levels of authentication (auth/acr.h): what the client must have (its registered least, an
 * essential acr) and has not leads to a fresh sign-in that asks for it, then to
 * unmet_authentication_requirements; what it would like to have (acr_values) leads to a fresh
 * sign-in too, then to whatever was reached. Level 4 never comes from an earlier sign-in. With
 * prompt=none nobody can be asked: interaction_required.
 */
#ifndef AUTH_OIDC_AUTHORIZE_H
#define AUTH_OIDC_AUTHORIZE_H

#include "auth/auth.h"
#include "auth/client.h"
#include "auth/login.h"
#include "auth/oidc_request.h"
#include "auth/session.h"
#include "base/err.h"
#include "http/request.h"

#define AUTHORIZE_FIELDS_MAX 5

struct form;

enum authorize_kind {
    AUTHORIZE_PAGE,      /* an error page: `error`; nothing about the request can be trusted */
    AUTHORIZE_REDIRECT,  /* 303 to `url`: a code or an error */
    AUTHORIZE_FORM_POST, /* a page that posts `fields` to `url` */
    AUTHORIZE_SIGN_IN,   /* login_start() with `login`, then 303 to /login?id=... */
    AUTHORIZE_CONSENT,   /* a page that asks; its answer goes to oidc_authorize_consent() */
    AUTHORIZE_ACT /* 303 to /act?id=<act_id>: a page that asks for whom the person acts (it may wait
                   * for registers); its answer goes to oidc_authorize_act() */
};

struct authorize_reply {
    enum authorize_kind kind;
    struct err error;      /* why: PAGE, and for the log when an error is sent to the client */
    struct str difference; /* PAGE, in a simulation: client_redirect_difference(); or empty */
    struct str url;
    struct pair fields[AUTHORIZE_FIELDS_MAX];
    size_t field_count;
    struct login_ask login;            /* browser and language are the edge's to fill in */
    struct str consent_id;             /* hidden field of the consent page */
    struct str act_id;                 /* in the address of the page that asks for whom */
    struct client client;              /* id empty when unknown */
    struct str scope;                  /* what will be granted, space-separated */
    struct str claims;                 /* single claims beside those, space-separated */
    struct str login_hint, ui_locales; /* as asked; may be empty */
};

/* The request as it came: `request` is the query (GET) or body (POST), parsed. session may be NULL.
 * Fails only when a store does (ERR_STORE, ERR_BUSY ...): everything else is a reply. */
MUST_USE result oidc_authorize(struct auth *au, const struct visit *v, const struct form *request,
                               struct session *session, struct authorize_reply *out, struct err *e);
/* After login_return(): the pending request, with the session just made. An error page when the
 * request was completed meanwhile (in another tab), or is no longer good. */
MUST_USE result oidc_authorize_continue(struct auth *au, const struct visit *v,
                                        const struct login_done *done, struct authorize_reply *out,
                                        struct err *e);
/* After login_cancel() or a refused sign-in: access_denied to the portal. login.request must not be
 * empty. */
MUST_USE result oidc_authorize_refuse(struct auth *au, const struct visit *v,
                                      const struct login *login, enum err_code why,
                                      struct authorize_reply *out, struct err *e);
/* The answer of the consent page; the edge has checked the session's CSRF secret. ERR_NOT_FOUND:
 * too late, or of another session. */
MUST_USE result oidc_authorize_consent(struct auth *au, const struct visit *v,
                                       struct session *session, struct str consent_id, bool agreed,
                                       struct authorize_reply *out, struct err *e);
/* For which client the session's person is to choose. ERR_NOT_FOUND: too late, or another's. */
MUST_USE result oidc_authorize_act_find(struct auth *au, const struct visit *v,
                                        const struct session *session, struct str act_id,
                                        struct client *out, struct err *e);
/* The choice: an organisation ("org_...") whose ground is checked now, or empty for oneself. It is
 * remembered for this session and client, so that prompt=none has an answer. The question stays
 * open when the ground cannot be confirmed: ERR_NOT_REPRESENTATIVE, ERR_MANDATE,
 * ERR_BUSINESS_STATUS, ERR_FORBIDDEN, ERR_UPSTREAM_DOWN. */
MUST_USE result oidc_authorize_act(struct auth *au, const struct visit *v, struct session *session,
                                   struct str act_id, struct str organisation,
                                   struct authorize_reply *out, struct err *e);
/* The person chooses nobody: access_denied to the client. */
MUST_USE result oidc_authorize_act_refuse(struct auth *au, const struct visit *v,
                                          const struct session *session, struct str act_id,
                                          struct authorize_reply *out, struct err *e);

#endif
