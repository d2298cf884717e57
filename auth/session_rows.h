/*
 * session_rows.h - what lasts of a session: its row, the portals it led to, the person's list.
 *
 * A session is over when its row says so or is gone. Ending one is a single transaction: the row is
 * marked, each portal that was told who is in it gets a row in `outgoing`, and the audit log has
 * "login.out". A marked row stays until the copy in kv is dropped (session_sweep), so that a
 * process that dies in between, or a command in another process, leaves nothing behind.
 */
#ifndef AUTH_SESSION_ROWS_H
#define AUTH_SESSION_ROWS_H

#include "auth/session.h"

struct sql;

/* A browser and its system in two words, "Firefox, Linux", from User-Agent; "" when there is none.
 * It is all that is kept of it. */
struct str session_agent(struct arena *a, struct str user_agent);

/* One row of the person's own list. */
struct session_client {
    struct str client_id, sub, acting;
    int64_t since_ms;
};
struct session_row {
    struct str sid, agent, upstream;
    int64_t created_ms, seen_ms;
    struct session_client *clients;
    size_t client_count;
};
/* Live sessions, the newest first, at most SESSION_LIST_MAX. */
MUST_USE result session_list(struct auth *au, struct arena *a, struct str account,
                             struct session_row **list, size_t *count, struct err *e);

/* A ground to act for an organisation is gone: the portals where the account acts for it are told
 * that this subject is out, in the caller's transaction (before its audit row). The person's
 * session goes on. */
MUST_USE result session_acting_end(struct sql *db, struct arena *a, int64_t now_ms,
                                   struct str account, struct str organisation, struct err *e);

/* The same in a transaction of its own. */
MUST_USE result session_leave_acting(struct auth *au, const struct visit *v, struct str account,
                                     struct str organisation, struct err *e);

/* For session.c. Rows of what has ended, to be dropped from kv and then deleted. */
#define SESSION_SWEEP_ROWS 8
struct session_gone {
    struct str sid, kept_as;
};
struct session_work {
    struct auth *auth;
    const struct visit *visit;
    const struct session *session; /* add, renew: the new state */
    struct str client_id;          /* where the sign-in leads, or empty */
    struct session_gone gone[SESSION_SWEEP_ROWS];
    size_t gone_count;
    bool over;                  /* some are past their end */
    int64_t due_ms;             /* of the session */
    bool is_new_agent, changed; /* answers */
};
MUST_USE result session_rows_waiting(struct session_work *w, struct err *e);
MUST_USE result session_rows_add(struct session_work *w, struct err *e); /* and a piece of sweep */
MUST_USE result session_rows_sweep(struct session_work *w, struct err *e); /* the piece alone */
MUST_USE result session_rows_renew(struct session_work *w, struct err *e); /* changed: was live */
MUST_USE result session_rows_seen(struct session_work *w, struct err *e);  /* changed: was live */

struct session_ending {
    struct auth *auth;
    const struct visit *visit;
    struct str sid, account, actor; /* account empty: any; actor empty: the citizen */
    enum session_why why;
    bool ended; /* answers */
    struct str kept_as;
};
MUST_USE result session_rows_end(struct session_ending *w, struct err *e);

#endif
