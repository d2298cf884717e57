/*
 * session.h - a browser in which somebody is signed in.
 *
 * The cookie's value is 256 random bits. What each request asks for is kept in kv under the
 * cookie's digest; a row in SQL lasts beside it (auth/session_rows.h), so that the person sees and
 * ends it from elsewhere, and portals are told of its end. It ends after auth.session_idle_s
 * without use, after auth.session_max_s in all, or when somebody ends it; the row decides, the copy
 * in kv follows within a sixteenth of the idle limit at most (at once where the store answers).
 *
 * `sid` is its public name: it stands in ID and access tokens, and a token whose sid is gone no
 * longer opens anything. A sign-in gives a fresh cookie and form secret always, and a fresh sid
 * unless the same person was signed in in this browser: then portals that know the sid still do.
 * It is bound to no address. No personal data is kept in it.
 */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include "auth/auth.h"

#define SESSION_COOKIE   "motcua_session"
#define SESSION_LIST_MAX 50

struct account;
struct audit_event;

/* How somebody was authenticated, and when. */
struct session_proof {
    int64_t auth_time_s;
    int acr;        /* 1 to 4 */
    struct str amr; /* methods, space-separated; empty: the upstream told none */
};

struct session {
    struct str sid;
    struct str account; /* account id */
    int kind;           /* enum vneid_kind */
    int level;          /* 1 or 2: of this sign-in, never raised later */
    int acr;            /* 1 to 4: how strongly the person was authenticated (art. 20) */
    bool checked;       /* the population database confirmed this sign-in */
    bool degraded;      /* it could not be asked */
    bool pay_only;      /* an enterprise whose status allows paying only: no portal takes it in */
    struct str id_index;
    struct str amr;  /* space-separated: RFC 8176 */
    struct str csrf; /* secret of this session's forms */
    int64_t auth_time_s;
    int64_t created_ms, seen_ms;
    struct str key; /* where it is kept; not for anybody else */
    struct str raw;
};

/* Why a session ended: the person left; a portal's logout request; the person ended it from
 * another one; an officer; a limit; another person signed in in this browser; the account may no
 * longer sign in. */
enum session_why {
    SESSION_LEFT,
    SESSION_PORTAL,
    SESSION_REMOTE,
    SESSION_STAFF,
    SESSION_EXPIRED,
    SESSION_REPLACED,
    SESSION_BLOCKED,
    SESSION_WHYS
};
const char *session_why_name(enum session_why why);

/* *token is the cookie's value. Without a proof: now, as strongly as the account's level says. */
MUST_USE result session_make(struct auth *au, const struct visit *v, const struct account *acc,
                             const struct session_proof *proof, struct session *out,
                             struct str *token, struct err *e);
/* A sign-in in a browser that came with a cookie: the session of the same person goes on as a new
 * one under the same sid; another person's ends. */
struct session_entry {
    const struct account *account;
    const struct session_proof *proof; /* NULL: as for session_make() */
    struct str old_token;              /* the cookie that the browser came with, or empty */
    struct str client_id;              /* where the sign-in leads, or empty */
};
MUST_USE result session_enter(struct auth *au, const struct visit *v,
                              const struct session_entry *entry, struct session *out,
                              struct str *token, struct err *e);
/* A fresh cookie and form secret for a session whose rights change (acting for somebody else). The
 * old cookie opens nothing any more. ERR_NOT_SIGNED_IN: it ended meanwhile. */
MUST_USE result session_turn(struct auth *au, const struct visit *v, struct session *s,
                             struct str *token, struct err *e);
/* *found false: no cookie, unknown, idle too long, or over. Counts as use. */
MUST_USE result session_find(struct auth *au, const struct visit *v, struct str token, bool *found,
                             struct session *out, struct err *e);
/* Remembers that a client was told who is in it, as which subject, acting for which organisation
 * (or empty). ERR_NOT_SIGNED_IN: it ended meanwhile. */
MUST_USE result session_join(struct auth *au, const struct visit *v, const struct session *s,
                             struct str client_id, struct str sub, struct str acting,
                             struct err *e);
/* The same with an audit row in the same transaction. */
struct session_joining {
    struct str client_id, sub, acting;
    const struct audit_event *event; /* or NULL */
};
MUST_USE result session_join_noted(struct auth *au, const struct session *s,
                                   const struct session_joining *j, struct err *e);
/* The same for somebody who acts for oneself. */
MUST_USE result session_add_client(struct auth *au, const struct visit *v, struct session *s,
                                   struct str client_id, struct err *e);

/* Ends it, takes away all tokens that carry its sid, and has its portals told (auth/outgoing.h), in
 * one transaction with the audit row "login.out". Ending twice is fine. */
MUST_USE result session_end(struct auth *au, const struct visit *v, const struct session *s,
                            struct err *e);
MUST_USE result session_end_as(struct auth *au, const struct visit *v, const struct session *s,
                               enum session_why why, struct err *e);
/* By its sid: that of another account is not touched (ERR_NOT_FOUND). An empty account means any;
 * `actor` as in store/audit.h. */
MUST_USE result session_end_by(struct auth *au, const struct visit *v, struct str sid,
                               struct str account, enum session_why why, struct str actor,
                               struct err *e);
/* All of an account but `except` (may be empty); *count tells how many. */
MUST_USE result session_end_all(struct auth *au, const struct visit *v, struct str account,
                                struct str except, enum session_why why, struct str actor,
                                int64_t *count, struct err *e);
/* Constant time. */
bool session_csrf_is(const struct session *s, struct str given);

/* By the sid of a token: *found false when that session is over. */
struct session_sid {
    struct str account;
    int level;
    struct str key; /* where the session is kept; not for anybody else */
};
MUST_USE result session_by_sid(struct auth *au, struct arena *a, struct str sid, bool *found,
                               struct session_sid *out, struct err *e);
/* A portal renews its tokens: that counts as use, like a visit, so that whoever works in a portal
 * is not thrown out here. *found false: over, also by its idle limit. */
MUST_USE result session_use_by_sid(struct auth *au, const struct visit *v, struct str sid,
                                   bool *found, struct err *e);

/* One piece of what is left to do: sessions that are over end and their portals are told; what has
 * ended goes. Each new session does a piece too, so that rows never outgrow what is live. */
MUST_USE result session_sweep(struct auth *au, bool *did, struct err *e);

#endif
