/*
 * staff.h - the few local accounts of officers; citizens never have one.
 *
 * Passwords are argon2id (crypto/password). Wrong passwords are counted by (name, network), so that
 * nobody can lock an officer out from elsewhere; after auth.staff_fail_max that pair waits
 * auth.staff_pause_s. An unknown name costs the same time and gives the same answer. Each attempt
 * whose password was looked at is in the audit log with address and source port; during a pause
 * none is looked at. A session ends after auth.staff_idle_s without use, after auth.staff_max_s in
 * all, and with the account's password or permission.
 */
#ifndef AUTH_STAFF_H
#define AUTH_STAFF_H

#include "auth/auth.h"

#define STAFF_COOKIE             "motcua_staff"
#define STAFF_PASSWORD_BYTES_MIN 14 /* Decree 331/2026, level 3: 14 without a second factor */

struct secret;

enum staff_role { STAFF_VIEWER, STAFF_OFFICER, STAFF_APPROVER, STAFF_ADMINISTRATOR };

struct staff {
    struct str name; /* [a-z0-9.-]{3,64}: what is typed at sign-in */
    struct str display_name;
    enum staff_role role;
    bool disabled;
    int64_t created_ms, password_ms;
};

struct staff_session {
    struct str name, display_name;
    enum staff_role role;
    struct str csrf;
    int64_t created_ms;
    struct str key;
};

/* ERR_CONFLICT: the name is taken; ERR_INVALID: name, or a password that is too short or lacks one
 * of the four classes (small, capital, digit, other). */
MUST_USE result staff_add(struct auth *au, const struct visit *v, const struct staff *s,
                          const struct secret *password, struct err *e);
MUST_USE result staff_set_password(struct auth *au, const struct visit *v, struct str name,
                                   const struct secret *password, struct err *e);
/* Sessions of a disabled account end at their next use. */
MUST_USE result staff_set_disabled(struct auth *au, const struct visit *v, struct str name,
                                   bool disabled, struct err *e);
MUST_USE result staff_list(struct auth *au, struct arena *a, struct staff **list, size_t *count,
                           struct err *e);

/* ERR_BAD_PASSWORD for every reason alike; ERR_TOO_MANY during a pause. *token: cookie value. */
MUST_USE result staff_sign_in(struct auth *au, const struct visit *v, struct str name,
                              const struct secret *password, struct staff_session *out,
                              struct str *token, struct err *e);
MUST_USE result staff_find_session(struct auth *au, const struct visit *v, struct str token,
                                   bool *found, struct staff_session *out, struct err *e);
MUST_USE result staff_sign_out(struct auth *au, const struct visit *v,
                               const struct staff_session *s, struct err *e);
bool staff_csrf_is(const struct staff_session *s, struct str given);
/* Each role may do all that the roles before it may. ERR_FORBIDDEN. */
MUST_USE result staff_may(const struct staff_session *s, enum staff_role least, struct err *e);
const char *staff_role_name(enum staff_role r); /* "viewer" ... */
bool staff_role_find(struct str name, enum staff_role *out);

#endif
