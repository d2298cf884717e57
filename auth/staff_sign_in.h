/*
 * staff_sign_in.h - an officer's way in: password, second factor, and what is due.
 *
 * A right password makes an attempt, unless nothing more is asked for. It lives STAFF_STEP_TTL_S,
 * belongs to the browser whose cookie holds its token, and says what comes next:
 *
 *     STAFF_STEP_CODE      a one-time code or a recovery code       staff_step_code
 *     STAFF_STEP_ENROL     the account has no second factor yet     staff_step_enrol
 *     STAFF_STEP_PASSWORD  an administrator's password is too old   staff_step_password
 *     STAFF_STEP_IN        done: a session
 *
 * STAFF_STEP_TRIES wrong codes end an attempt, and the password is asked for again; the counters of
 * staff_limit.h go on. Every reason to refuse has one answer: ERR_BAD_PASSWORD; ERR_TOO_MANY during
 * a pause. A change of the account ends its attempts.
 */
#ifndef AUTH_STAFF_SIGN_IN_H
#define AUTH_STAFF_SIGN_IN_H

#include "auth/staff_factor.h"
#include "auth/staff_session.h"

#define STAFF_STEP_COOKIE "motcua_staff_step"
#define STAFF_STEP_TTL_S  600 /* to fetch a telephone, and to enrol it */
#define STAFF_STEP_TRIES  3

enum staff_step { STAFF_STEP_CODE, STAFF_STEP_ENROL, STAFF_STEP_PASSWORD, STAFF_STEP_IN };

struct staff_attempt {
    struct str name;
    enum staff_step step; /* never STAFF_STEP_IN */
    struct str key;       /* where it is kept; not for anybody else */
    struct str sealed;    /* the secret that is being enrolled */
    int64_t epoch;
    bool factor; /* a second factor was shown */
};

struct staff_entry {
    enum staff_step step;
    struct staff_signed in;         /* STAFF_STEP_IN */
    struct str attempt;             /* else: value of STAFF_STEP_COOKIE */
    struct staff_recovery recovery; /* after STAFF_STEP_ENROL: to be shown now or never */
};

MUST_USE result staff_sign_in(struct auth *au, const struct visit *v, struct str name,
                              const struct secret *password, struct staff_entry *out,
                              struct err *e);
/* *found false: no cookie, unknown, over, or the account changed. */
MUST_USE result staff_attempt_find(struct auth *au, const struct visit *v, struct str token,
                                   bool *found, struct staff_attempt *out, struct err *e);
/* For the page of STAFF_STEP_ENROL. */
MUST_USE result staff_attempt_show(struct auth *au, const struct visit *v,
                                   const struct staff_attempt *t, struct staff_otp *out,
                                   struct err *e);
/* ERR_WRONG_STATE: the attempt is at another step. */
MUST_USE result staff_step_code(struct auth *au, const struct visit *v,
                                const struct staff_attempt *t, struct str code,
                                struct staff_entry *out, struct err *e);
MUST_USE result staff_step_enrol(struct auth *au, const struct visit *v,
                                 const struct staff_attempt *t, struct str code,
                                 struct staff_entry *out, struct err *e);
/* ERR_INVALID names "password": the rules of staff.h. */
MUST_USE result staff_step_password(struct auth *au, const struct visit *v,
                                    const struct staff_attempt *t, const struct secret *password,
                                    struct staff_entry *out, struct err *e);
/* A signed-in officer's own change. ERR_BAD_PASSWORD, ERR_TOO_MANY: the old one, counted like a
 * sign-in; ERR_INVALID: the new one. Ends the account's sessions. */
struct staff_own_password {
    struct str name;
    const struct secret *was, *is;
};
MUST_USE result staff_change_password(struct auth *au, const struct visit *v,
                                      const struct staff_own_password *how, struct err *e);

/* A code of the signed-in officer before an act that needs a fresh one; factor_ms is now
 * afterwards. Counted like the codes of a sign-in: ERR_BAD_PASSWORD, ERR_TOO_MANY. */
#define STAFF_FRESH_S 300
bool staff_is_fresh(const struct auth *au, const struct staff_session *s);
MUST_USE result staff_prove(struct auth *au, const struct visit *v, struct staff_session *s,
                            struct str code, struct err *e);

/* Inside auth/staff* only: a passkey stood for both factors. ERR_BAD_PASSWORD: the account is
 * closed or unused. */
MUST_USE result staff_enter_with(struct auth *au, const struct visit *v, struct str name,
                                 struct staff_entry *out, struct err *e);

#endif
