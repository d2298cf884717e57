/*
 * outgoing.h - what others are to be told, for sure: a row written in the transaction of what
 * happened, sent afterwards by a job until it has arrived (at least once).
 *
 * Kinds: the back-channel logout of a portal (auth/logout_notice.h), a sign-in from a new browser
 * for the installation's own notifier (auth/login_notice.h), and that a person has answered a
 * counter (auth/oidc_ciba.h). A row is claimed with a lease,
 * so any number of processes may send and any may die. What does not arrive is sent again after
 * 10 s, 60 s, 5 min, 1 h and then hourly until a day has passed ("dead"). A receiver that does not
 * answer at all is asked for one row at a time, so that it holds up nobody else. "untold": the
 * receiver has no address for it. Rows go after an hour (dead: after 30 days), in bounded pieces in
 * line with new ones.
 */
#ifndef AUTH_OUTGOING_H
#define AUTH_OUTGOING_H

#include "auth/auth.h"

#define OUTGOING_LIST_MAX 100

struct sql;

struct outgoing {
    struct str id;
    const char *kind; /* "logout", "sign_in" or "ping" (sid: the approval's id) */
    struct str client_id, account, sid, sub, agent;
    int64_t tries, created_ms;
};

/* In the caller's transaction; id, tries and created_ms are filled in here. */
MUST_USE result outgoing_put(struct sql *db, struct arena *a, const struct outgoing *o,
                             int64_t now_ms, struct err *e);
/* Sends one row that is due; *did tells whether there was any. A receiver's failure is none of
 * ours. SLOW: it waits on others. */
MUST_USE result outgoing_send(struct auth *au, bool *did, struct err *e);

/* What one sending came to. */
struct outgoing_verdict {
    bool arrived, untold;
    bool is_silent;     /* no answer: its other rows wait, too */
    struct str failure; /* an error's name or "HTTP 400" */
};
/* Posts to an address: https (plain http to loopback where the national systems are simulated), no
 * redirects. One that a stranger registered leads to public addresses only (http/guard.h), or to
 * loopback in a simulated installation. `signature` and `authorization`: empty, or the value
 * of that header. */
struct outgoing_post {
    struct str url, content_type, body, signature, authorization;
    bool by_operator; /* a setting names the address: it may be on our own network */
};
void outgoing_post(struct auth *au, struct arena *a, const struct outgoing_post *p,
                   struct outgoing_verdict *out);

/* For people: how far the telling is. */
struct outgoing_row {
    struct str id, kind, client_id, account, sid, state, failure;
    int64_t tries, due_ms, created_ms, done_ms;
};
struct outgoing_filter {
    struct str client_id, state; /* empty: any */
    int64_t before_ms;           /* rows older than (before_ms, before_id); 0: the newest */
    struct str before_id;
};
/* The newest first, at most OUTGOING_LIST_MAX. */
MUST_USE result outgoing_list(struct auth *au, struct arena *a, const struct outgoing_filter *f,
                              struct outgoing_row **list, size_t *count, struct err *e);
/* Sends one that is dead once more, now; it is dead again when that fails. Audited as
 * "notice.again". ERR_NOT_FOUND: none, or it is not dead. */
MUST_USE result outgoing_revive(struct auth *au, const struct visit *v, struct str id,
                                struct str actor, struct err *e);
/* Logout notices about one session. */
MUST_USE result outgoing_of_session(struct auth *au, struct arena *a, struct str sid,
                                    struct outgoing_row **list, size_t *count, struct err *e);

#endif
