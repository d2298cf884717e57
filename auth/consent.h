/*
 * consent.h - what a person agreed to share with a client (Law 91/2025/QH15 art. 9 to 11; Decree
 * 356/2025: for each purpose, never pre-ticked, silence is none, withdrawable electronically).
 *
 * State bodies doing their legal duty need none (art. 19): only clients registered with
 * asks_consent do, and whoever asks for it by prompt=consent. It holds for the scopes and single
 * claims that were shown, for auth.consent_days; for anything more the person is asked again. What
 * is agreed to later adds to what was before. Nothing about the person's data is kept here, only
 * the names of claims.
 */
#ifndef AUTH_CONSENT_H
#define AUTH_CONSENT_H

#include "auth/auth.h"

#define CONSENT_LIST_MAX 200

struct consent {
    struct str client_id;
    struct str scopes; /* space-separated */
    struct str claims; /* single claims beside them, space-separated */
    int64_t agreed_ms, expires_ms;
};

/* Whether all of it was agreed to and still holds. */
MUST_USE result consent_covers(struct auth *au, struct arena *a, struct str account,
                               const struct consent *asked, bool *covered, struct err *e);
/* The person agrees: client_id, scopes and claims of `c`. Audited as "consent.give". */
MUST_USE result consent_give(struct auth *au, const struct visit *v, struct str account,
                             const struct consent *c, struct err *e);
/* The newest first, at most CONSENT_LIST_MAX; *list in the arena. */
MUST_USE result consent_list(struct auth *au, struct arena *a, struct str account,
                             struct consent **list, size_t *count, struct err *e);
/* From now on the client has to ask again, and what it was given is worth nothing: codes, refresh
 * and access tokens of this person, if it is registered with asks_consent. Audited as
 * "consent.withdraw". ERR_NOT_FOUND. */
MUST_USE result consent_withdraw(struct auth *au, const struct visit *v, struct str account,
                                 struct str client_id, struct err *e);
/* Whether what a client was given at that second still stands: *taken_back false for clients that
 * need no consent. */
MUST_USE result consent_taken_back(struct auth *au, struct arena *a, struct str account,
                                   struct str client_id, int64_t given_s, bool *taken_back,
                                   struct err *e);

#endif
