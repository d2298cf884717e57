/*
 * acting.h - for whom somebody acts: oneself, or an organisation (Decree 69/2024 art. 7; Decree
 * 118/2025).
 *
 * Three grounds: the business register names the person as legal representative; VNeID says that
 * the account is the organisation's; a representative gave a mandate and the person accepted it
 * (auth/mandate.h). A person needs identity level 2 for any of them. The ground is checked anew
 * when a code is made, when a token is refreshed, and never older than auth.acting_max_age_s.
 */
#ifndef AUTH_ACTING_H
#define AUTH_ACTING_H

#include "auth/auth.h"
#include "auth/client.h"
#include "auth/session.h"

#define ACTING_MAX 64

struct acting {
    struct str organisation; /* "org_...", or empty: for oneself */
    struct str name;         /* the organisation's, as registered */
    struct str code;         /* its tax code */
    struct str role;         /* "legal_representative", "organisation_account", "authorised" */
    struct str mandate;      /* its id, of role "authorised" */
    struct str id_index; /* by which its bills are found: seal_index(place "idno") of the code */
    int64_t amount_limit_vnd; /* of a mandate; 0: none */
    int64_t valid_until_ms;   /* of a mandate; 0: open */
    bool pay_only;            /* the organisation's status allows paying only */
};

/* All for whom the session's person may act towards this client (NULL: here). What rests on a
 * register that does not answer is left out and *incomplete says so. */
MUST_USE result acting_list(struct auth *au, const struct visit *v, const struct session *s,
                            const struct client *c, struct acting *list, size_t *count,
                            bool *incomplete, struct err *e);
/* Checks the ground now. ERR_NOT_REPRESENTATIVE, ERR_MANDATE, ERR_BUSINESS_STATUS,
 * ERR_UPSTREAM_DOWN; ERR_FORBIDDEN: identity level 1. */
MUST_USE result acting_check(struct auth *au, const struct visit *v, struct str account, int level,
                             const struct client *c, struct str organisation, struct acting *out,
                             struct err *e);

#endif
