/*
 * staff.h - the few local accounts of officers; citizens never have one.
 *
 * Accounts are made by the command line or by an administrator, with a password or with an
 * invitation (staff_invite.h); signing in is staff_sign_in.h, second factors are staff_factor.h.
 * Passwords are argon2id (crypto/password). Each change of an account, by whomever, ends its
 * sessions at their next use, and is in the audit log with the actor (visit.officer, or the
 * system), address and source port.
 *
 * Roles are a ladder: each may do all that the ones below may. One door is off the ladder: the
 * audit log opens to auditors and administrators, and not to those between them.
 */
#ifndef AUTH_STAFF_H
#define AUTH_STAFF_H

#include "auth/auth.h"

#define STAFF_COOKIE "motcua_staff"
/* Decree 331/2026, level 3: 8 characters with a second factor, 14 of four classes without. */
#define STAFF_PASSWORD_BYTES_MIN      8
#define STAFF_PASSWORD_BYTES_MIN_SOLE 14
#define STAFF_PASSWORDS_KEPT          10 /* none of the last ten is taken again */

struct secret;

enum staff_role {
    STAFF_VIEWER,
    STAFF_AUDITOR,
    STAFF_OFFICER,
    STAFF_TREASURER,
    STAFF_APPROVER,
    STAFF_ADMINISTRATOR,
    STAFF_ROLE_COUNT
};

struct staff {
    struct str name; /* [a-z0-9.-]{3,64}: what is typed at sign-in */
    struct str display_name;
    enum staff_role role;
    bool disabled;
    bool invited; /* no password yet */
    bool has_otp; /* one-time codes are enrolled */
    int recovery_left;
    int64_t created_ms, password_ms, used_ms;
};

/* ERR_CONFLICT: the name is taken; ERR_INVALID: name, display_name, or password (see above). A NULL
 * password makes an account that only an invitation opens. */
MUST_USE result staff_add(struct auth *au, const struct visit *v, const struct staff *s,
                          const struct secret *password, struct err *e);
/* ERR_NOT_FOUND: no such account; ERR_INVALID: too weak, or one of the last ten. */
MUST_USE result staff_set_password(struct auth *au, const struct visit *v, struct str name,
                                   const struct secret *password, struct err *e);
/* Opening an account again also ends its time of not being used. */
MUST_USE result staff_set_disabled(struct auth *au, const struct visit *v, struct str name,
                                   bool disabled, struct err *e);
MUST_USE result staff_set_role(struct auth *au, const struct visit *v, struct str name,
                               enum staff_role role, struct err *e);
MUST_USE result staff_list(struct auth *au, struct arena *a, struct staff **list, size_t *count,
                           struct err *e);
MUST_USE result staff_find(struct auth *au, struct arena *a, struct str name, bool *found,
                           struct staff *out, struct err *e);
/* Nobody used it for auth.staff_unused_days: it does not open until it is enabled again. */
bool staff_is_unused(const struct auth *au, const struct staff *s);

const char *staff_role_name(enum staff_role r); /* "viewer" ... */
bool staff_role_find(struct str name, enum staff_role *out);

#endif
