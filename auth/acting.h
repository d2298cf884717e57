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
    struct str organisation;    /* "org_...", or empty: for oneself */
    struct str name;            /* the organisation's, as registered */
    struct str code;            /* its tax code */
    struct str address, status; /* as registered; status as conf/status.h knows it, or empty */
    int kind;                   /* VNEID_ENTERPRISE or VNEID_ORGANISATION */
    struct str role;            /* "legal_representative", "organisation_account", "authorised" */
    struct str mandate;         /* its id, of role "authorised" */
    struct str id_index;  /* by which its bills are found: seal_index(place "idno") of the code */
    struct str powers;    /* space-separated: sign_in (to portals), bills (see), pay */
    struct str functions; /* of a mandate, for portals; empty: all */
    int64_t amount_limit_vnd; /* of a mandate; 0: none */
    int64_t valid_from_ms;    /* since when the ground holds */
    int64_t valid_until_ms;   /* of a mandate; 0: open */
    int64_t checked_ms;       /* when the ground was last confirmed */
    bool pay_only;            /* the organisation's status allows paying only */
};

/* All for whom the session's person may act towards this client (NULL: here). What rests on a
 * register that does not answer is left out and *incomplete says so. `list` has ACTING_MAX places.
 * Towards a client: none unless it is registered for organisations, and only mandates with the
 * power sign_in; an organisation that may only pay is listed, and acting_check() refuses it. */
MUST_USE result acting_list(struct auth *au, const struct visit *v, const struct session *s,
                            const struct client *c, struct acting *list, size_t *count,
                            bool *incomplete, struct err *e);
/* The same with an organisation once for each ground: its legal representative may hold a mandate
 * of a fellow representative too. */
MUST_USE result acting_list_grounds(struct auth *au, const struct visit *v, const struct session *s,
                                    const struct client *c, struct acting *list, size_t *count,
                                    bool *incomplete, struct err *e);
/* Checks the ground now; one of one's own comes before a mandate. ERR_NOT_REPRESENTATIVE,
 * ERR_MANDATE, ERR_BUSINESS_STATUS, ERR_UPSTREAM_DOWN; ERR_FORBIDDEN: identity level 1, or a client
 * that is not registered for organisations. Here (client NULL) an organisation that may only pay
 * is no error but pay_only. */
MUST_USE result acting_check(struct auth *au, const struct visit *v, struct str account, int level,
                             const struct client *c, struct str organisation, struct acting *out,
                             struct err *e);

/* What is kept of a ground that was checked, unchecked: for what tokens say. Errors of the store.
 */
MUST_USE result acting_recall(struct auth *au, const struct visit *v, struct str account,
                              struct str organisation, struct str mandate, struct acting *out,
                              struct err *e);
/* Before tokens of a grant that acts for an organisation are made, each time: acting_check(), and
 * the grant is remembered so that the end of the ground takes it back. A grant for oneself passes.
 * ERR_BAD_GRANT: the ground is gone, or another one than was chosen; ERR_UPSTREAM_DOWN. */
struct grant;
MUST_USE result acting_confirm(struct auth *au, const struct visit *v, const struct client *c,
                               const struct grant *g, struct err *e);
/* Takes back every grant that acts by the mandate. Portals have been told in the transaction that
 * ended it. Twice is fine. */
MUST_USE result acting_end_mandate(struct auth *au, const struct visit *v, struct str mandate,
                                   struct err *e);
/* The person's own ground is gone: their grants and the mandates they gave end. Twice is fine. */
MUST_USE result acting_end_person(struct auth *au, const struct visit *v, struct str organisation,
                                  struct str account, struct err *e);
/* One piece of what is left to do: a mandate whose last day is over, one whose giver lost their
 * ground, grants that outlived theirs (a process died, or a command ended it). */
MUST_USE result acting_tend(struct auth *au, bool *did, struct err *e);
/* The person gives up their own ground. */
MUST_USE result acting_leave(struct auth *au, const struct visit *v, struct str account,
                             struct str organisation, struct err *e);

#endif
