/*
 * staff_factor.h - an officer's second factor: one-time codes (crypto/otp.h), and recovery codes
 * for the day the telephone is lost.
 *
 * The secret is sealed to its account. The time step of the last code taken is kept with it and
 * raised by compare-and-set, so that a code counts once, also for two who type it at once. Recovery
 * codes are shown when they are made and never again; keyed digests are kept; each counts once.
 */
#ifndef AUTH_STAFF_FACTOR_H
#define AUTH_STAFF_FACTOR_H

#include "auth/staff.h"

#define STAFF_RECOVERY_COUNT 10
#define STAFF_CODE_BYTES_MAX 32 /* typed, with spaces */

struct staff_account;

struct staff_otp {
    struct str secret; /* base 32, for typing */
    struct str uri;    /* for a QR symbol */
};
struct staff_recovery {
    struct str codes[STAFF_RECOVERY_COUNT];
};

/* For the command line: a new secret at once, whatever was there before; no recovery codes. */
MUST_USE result staff_otp_make(struct auth *au, const struct visit *v, struct str name,
                               struct staff_otp *out, struct err *e);
/* Takes every second factor away; the next sign-in enrols a new one, also where the setting only
 * prefers one. */
MUST_USE result staff_factor_reset(struct auth *au, const struct visit *v, struct str name,
                                   struct err *e);
/* New recovery codes of who is signed in; the old ones are void. Ends the account's sessions.
 * ERR_FORBIDDEN: the second factor was not shown lately (staff_is_fresh()): each code stands in for
 * it, so that a browser left alone would give it away. */
struct staff_session;
MUST_USE result staff_recovery_make(struct auth *au, const struct visit *v,
                                    const struct staff_session *s, struct staff_recovery *out,
                                    struct err *e);

/* Inside auth/staff* only. */
struct str staff_otp_pending(struct auth *au, const struct visit *v, struct str name); /* sealed */
MUST_USE result staff_otp_show(struct auth *au, const struct visit *v, struct str name,
                               struct str sealed, struct staff_otp *out, struct err *e);
/* The code proves that the telephone has the sealed secret, which becomes the account's.
 * ERR_BAD_PASSWORD: it does not. */
struct staff_enrol {
    struct str name, sealed, code;
    int64_t epoch; /* of the account when the sign-in began */
};
MUST_USE result staff_otp_enrol(struct auth *au, const struct visit *v,
                                const struct staff_enrol *how, struct staff_recovery *out,
                                struct err *e);
/* Takes a one-time code or a recovery code, at most once. ERR_BAD_PASSWORD: it is neither. */
MUST_USE result staff_code_take(struct auth *au, const struct visit *v,
                                const struct staff_account *a, struct str code, struct err *e);

#endif
