/*
 * staff_limit.h - inside auth/staff* only: how often may be tried.
 *
 * Three counters that do not touch each other: passwords and codes, each for (name, network), and
 * failures of a whole network. A stranger's failures pause the stranger: an officer in another
 * network notices nothing. A try is counted before it is looked at, so that many at once are not
 * more than many in a row. During a pause nothing is looked at, and the answer is the same for
 * names that do not exist.
 *
 * Codes have one counter more, for the name from everywhere, since whoever gets to guess codes
 * knows the password: past STAFF_CODES_A_DAY only networks from which the account was entered
 * before may go on trying.
 */
#ifndef AUTH_STAFF_LIMIT_H
#define AUTH_STAFF_LIMIT_H

#include "auth/auth.h"

#define STAFF_CODES_A_DAY 50

enum staff_limit { STAFF_LIMIT_PASSWORD, STAFF_LIMIT_CODE };

/* ERR_TOO_MANY; the first such refusal of a pause is in the audit log. */
MUST_USE result staff_limit_try(struct auth *au, const struct visit *v, enum staff_limit kind,
                                struct str name, struct err *e);
/* It was wrong: the pause, if this was the last try, begins now. */
MUST_USE result staff_limit_failed(struct auth *au, const struct visit *v, enum staff_limit kind,
                                   struct str name, struct err *e);
/* It was right. */
MUST_USE result staff_limit_forget(struct auth *au, const struct visit *v, enum staff_limit kind,
                                   struct str name, struct err *e);
/* The row of an attempt: only a possible name is written down, since what was typed may be a
 * password in the wrong field. */
MUST_USE result staff_limit_audit(struct auth *au, const struct visit *v, struct str name,
                                  const char *action, struct err *e);

#endif
