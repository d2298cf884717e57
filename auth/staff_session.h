/*
 * staff_session.h - a browser in which an officer is signed in.
 *
 * It ends after auth.staff_idle_s (administrators: auth.staff_admin_idle_s) without use, after
 * auth.staff_max_s in all, and with any change of the account.
 */
#ifndef AUTH_STAFF_SESSION_H
#define AUTH_STAFF_SESSION_H

#include "auth/staff.h"

struct staff_account;

struct staff_session {
    struct str name, display_name;
    enum staff_role role;
    struct str csrf;
    int64_t created_ms, factor_ms; /* when a second factor was last shown; 0: never */
    struct str key;
};

MUST_USE result staff_find_session(struct auth *au, const struct visit *v, struct str token,
                                   bool *found, struct staff_session *out, struct err *e);
MUST_USE result staff_sign_out(struct auth *au, const struct visit *v,
                               const struct staff_session *s, struct err *e);
bool staff_csrf_is(const struct staff_session *s, struct str given);
/* Each role may do all that the roles below it may. ERR_FORBIDDEN. */
MUST_USE result staff_may(const struct staff_session *s, enum staff_role least, struct err *e);
/* Who may read the audit log: off the ladder. ERR_FORBIDDEN. */
MUST_USE result staff_may_audit(const struct staff_session *s, struct err *e);

/* What signing in leads to: the cookie's value beside the session. */
struct staff_signed {
    struct staff_session session;
    struct str token;
};
/* Inside auth/staff* only: whoever calls it has asked for everything the account needs; `factor`: a
 * second factor was shown just now. ERR_BAD_PASSWORD: the account changed meanwhile. */
MUST_USE result staff_session_make(struct auth *au, const struct visit *v,
                                   const struct staff_account *account, bool factor,
                                   struct staff_signed *out, struct err *e);

/* Inside auth/staff* only: a second factor was shown just now. */
MUST_USE result staff_session_prove(struct auth *au, const struct visit *v, struct staff_session *s,
                                    struct err *e);

#endif
