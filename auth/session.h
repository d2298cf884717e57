/*
 * session.h - a browser in which somebody is signed in.
 *
 * The cookie's value is 256 random bits; kv holds the session under its digest. A sign-in always
 * makes a new one. It ends after auth.session_idle_s without use, after auth.session_max_s in all,
 * or at sign-out. `sid` is its public name: it stands in ID and access tokens, and a token whose
 * sid is gone no longer opens anything. No personal data is kept in it.
 */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include "auth/auth.h"

#define SESSION_COOKIE      "motcua_session"
#define SESSION_CLIENTS_MAX 32

struct account;

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
    bool degraded;      /* the population database could not be asked */
    bool pay_only;      /* an enterprise whose status allows paying only: no portal takes it in */
    struct str id_index;
    struct str amr;  /* space-separated: RFC 8176 */
    struct str csrf; /* secret of this session's forms */
    int64_t auth_time_s;
    int64_t created_ms, seen_ms;
    struct str clients; /* ids signed in to, space-separated, at most SESSION_CLIENTS_MAX */
    struct str key;     /* where it is kept; not for anybody else */
    struct str raw;
};

/* *token is the cookie's value. Without a proof: now, as strongly as the account's level says. */
MUST_USE result session_make(struct auth *au, const struct visit *v, const struct account *acc,
                             const struct session_proof *proof, struct session *out,
                             struct str *token, struct err *e);
/* *found false: no cookie, unknown, idle too long, or over. Counts as use. */
MUST_USE result session_find(struct auth *au, const struct visit *v, struct str token, bool *found,
                             struct session *out, struct err *e);
/* Remembers that a client got tokens in it. */
MUST_USE result session_add_client(struct auth *au, const struct visit *v, struct session *s,
                                   struct str client_id, struct err *e);
/* Ends it and all tokens that carry its sid. Ending twice is fine. */
MUST_USE result session_end(struct auth *au, const struct visit *v, const struct session *s,
                            struct err *e);
/* Constant time. */
bool session_csrf_is(const struct session *s, struct str given);

/* By the sid of a token: *found false when that session is over. */
struct session_sid {
    struct str account;
    int level;
};
MUST_USE result session_by_sid(struct auth *au, struct arena *a, struct str sid, bool *found,
                               struct session_sid *out, struct err *e);

#endif
