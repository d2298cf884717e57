/*
 * staff_invite.h - a link that lets an officer choose a password: for a new account, and where the
 * old password is lost.
 *
 * The link's token has 256 random bits; its digest is kept. It opens once, for
 * auth.staff_invitation_ttl_s, and a newer one voids it. It says nothing about the second factor:
 * an account that has one still needs it.
 */
#ifndef AUTH_STAFF_INVITE_H
#define AUTH_STAFF_INVITE_H

#include "auth/staff.h"

/* ERR_NOT_FOUND: no such account. *token belongs into a link, and nowhere else. */
MUST_USE result staff_invite(struct auth *au, const struct visit *v, struct str name,
                             struct str *token, struct err *e);
/* *found false: unknown, used, over, or the account is closed. Looking does not use it up. */
MUST_USE result staff_invitation_find(struct auth *au, const struct visit *v, struct str token,
                                      bool *found, struct staff *out, struct err *e);
/* Sets the password, once. ERR_NOT_FOUND: see above; ERR_INVALID: the rules of staff.h, and the
 * invitation is still good. */
MUST_USE result staff_accept(struct auth *au, const struct visit *v, struct str token,
                             const struct secret *password, struct err *e);

#endif
