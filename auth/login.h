/*
 * login.h - one sign-in, from the portal's question to the session.
 *
 * States, events and actions are the table login.def; login_step() is the only writer. A sign-in
 * is kept in kv for auth.login_ttl_s under the digest of its id, which is also the upstream `state`
 * and stands in the addresses of the sign-in pages: so each tab has a sign-in of its own. It is
 * bound to the browser by a cookie: whoever comes with the id but without that cookie is refused
 * (login CSRF). It carries the pending authorization request, or the page of ours to return to.
 *
 * Flow of the edge:
 *     oidc_authorize() says SIGN_IN, or a page of ours needs a person   login_start()
 *     GET  /login?id=...                 page with the VNeID button     login_find()
 *     GET  /login/vneid/start?id=...     303 to VNeID                   login_send()
 *     GET  /login/vneid/callback?...     finishes it (SLOW pool)        login_return()
 *     then oidc_authorize_continue(), or a redirect to login.return_path
 */
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include "auth/account.h"
#include "auth/auth.h"
#include "auth/session.h"

struct form;

enum login_state {
    LOGIN_STARTED,
    LOGIN_SENT_TO_VNEID,
    LOGIN_RETURNED,
    LOGIN_IDENTIFIED,
    LOGIN_CHECKED,
    LOGIN_DONE,
    LOGIN_REFUSED,
    LOGIN_FAILED,
    LOGIN_STATE_COUNT
};
enum login_event {
    LOGIN_EV_SENT,
    LOGIN_EV_CANCELLED,
    LOGIN_EV_RETURNED,
    LOGIN_EV_DENIED,
    LOGIN_EV_IDENTIFIED,
    LOGIN_EV_CONFIRMED,
    LOGIN_EV_ENTERED,
    LOGIN_EV_FAILED,
    LOGIN_EVENT_COUNT
};
enum login_action {
    LOGIN_DO_SEND,
    LOGIN_DO_TELL,
    LOGIN_DO_REDEEM,
    LOGIN_DO_OFFER,
    LOGIN_DO_CHECK,
    LOGIN_DO_ENTER,
    LOGIN_DO_CONTINUE
};

struct login {
    struct str id; /* 256 random bits; the upstream state */
    enum login_state state;
    struct str browser;         /* digest of the browser cookie */
    struct str nonce, verifier; /* of the upstream request */
    struct str request;         /* pending authorization request, form-encoded; or empty */
    struct str client_id;       /* whose request that is; or empty */
    struct str return_path;     /* own page to return to when there is no request */
    struct str language;        /* "vi" or "en" */
    struct str hint;            /* login_hint for VNeID, sealed: it may be a number */
    bool fresh;                 /* the person must authenticate anew */
    int acr;                    /* level of authentication to ask for; 0: any */
    int64_t after_s;            /* fresh: auth_time must be later than this */
    int64_t started_ms, moved_ms;
    struct str raw; /* the stored form; login_step() compares with it */
};

struct login_ask {
    struct str browser; /* value of the browser cookie, or empty: one is made */
    struct str request; /* see struct login */
    struct str client_id;
    struct str return_path; /* begins with '/', not with two slashes; else ERR_INVALID */
    struct str language;
    struct str hint; /* login_hint: passed on to VNeID; may be empty */
    bool fresh;
    int acr;         /* 1 to 4: asked of VNeID; 0: any */
    int64_t after_s; /* with fresh: auth_time of the sign-in that is to be renewed, or 0 */
};

/* *browser is the cookie's value to set (name LOGIN_COOKIE, SameSite=Lax, path "/login",
 * auth.login_ttl_s): the given one, or a fresh one. */
#define LOGIN_COOKIE "motcua_login"
MUST_USE result login_start(struct auth *au, const struct visit *v, const struct login_ask *ask,
                            struct login *out, struct str *browser, struct err *e);
/* ERR_NOT_FOUND: unknown or over its time; ERR_BAD_CSRF: of another browser. */
MUST_USE result login_find(struct auth *au, const struct visit *v, struct str id,
                           struct str browser, struct login *out, struct err *e);
/* The upstream address to send the browser to. ERR_WRONG_STATE when it has already come back; one
 * that came back and was then left alone (the process died) may be sent again after
 * LOGIN_STALE_MS. */
#define LOGIN_STALE_MS 3000
bool login_may_send(const struct login *l); /* now, or once it is stale */
bool login_may_cancel(const struct login *l);
MUST_USE result login_send(struct auth *au, const struct visit *v, struct login *l, struct str *url,
                           struct err *e);
/* The person gives up; then oidc_authorize_refuse(), or a redirect to return_path. */
MUST_USE result login_cancel(struct auth *au, const struct visit *v, struct login *l,
                             struct err *e);

struct login_done {
    struct login login;
    struct account account;
    struct session session;
    struct str session_token; /* value of the session cookie to set */
};

/* The whole way from the callback's query to a session. `old_session` is the session cookie the
 * browser came with (may be empty): see session_enter(). On failure out->login tells, when its id
 * is set, which sign-in failed, so that the page can offer to try again (state FAILED) or to return
 * to the portal. ERR_UPSTREAM_*, ERR_PERSON_*, ERR_BUSINESS_*, ERR_NOT_REPRESENTATIVE,
 * ERR_BAD_CSRF, ERR_NOT_FOUND, ERR_WRONG_STATE. */
MUST_USE result login_return(struct auth *au, const struct visit *v, const struct form *query,
                             struct str browser, struct str old_session, struct login_done *out,
                             struct err *e);

/* Moves and stores. Two callers with the same old state: one gets ERR_WRONG_STATE. */
MUST_USE result login_step(struct auth *au, const struct visit *v, struct login *l,
                           enum login_event ev, enum login_action *action, struct err *e);
/* The table alone; false: not listed. */
bool login_next(enum login_state s, enum login_event ev, enum login_state *next,
                enum login_action *action);
const char *login_state_name(enum login_state s);

#endif
