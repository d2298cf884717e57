/*
 * account.h - the people and organisations who have signed in.
 *
 * An account is found by (upstream issuer, TechID); a second TechID of a citizen with the same
 * number is linked to the same account. Enterprises have an account for each TechID, since another
 * representative is another person. Personal data is one sealed value; a reader of the database
 * sees ids, kinds, levels and times. `id_index` is the keyed digest of the number a bill carries
 * (the person's 12 digits; for an enterprise or organisation its tax code): seal_index(place
 * "idno").
 */
#ifndef AUTH_ACCOUNT_H
#define AUTH_ACCOUNT_H

#include "auth/auth.h"
#include "auth/vneid.h"

struct account {
    struct str id; /* "acc_...": the subject that other rooms know */
    enum vneid_kind kind;
    int level;           /* at the last sign-in */
    struct str id_index; /* as seal_index gives it; empty when there is no number */
    bool checked;        /* the population database confirmed the last sign-in */
    bool degraded;       /* it could not be asked then */
    bool pay_only;       /* an enterprise whose status allows paying only */
    int64_t checked_ms;
    int64_t created_ms, updated_ms;
    int64_t blocked_ms;          /* since when it may not sign in; 0: it may */
    struct vneid_claims profile; /* what it told at the last sign-in, unsealed */
};

struct account_seen {
    const struct vneid_claims *claims;
    bool checked, degraded, pay_only;
    int64_t checked_ms;
};

/* Makes, links or updates the account of a finished sign-in. A new TechID with the number of an
 * existing account at level 1, which the register did not confirm: ERR_UPSTREAM_DOWN when it could
 * not be asked, ERR_FORBIDDEN when the policy does not ask it. ERR_BLOCKED: an administrator keeps
 * it from signing in. */
MUST_USE result account_save(struct auth *au, const struct visit *v,
                             const struct account_seen *seen, struct account *out, struct err *e);
/* ERR_NOT_FOUND; ERR_CRYPTO when the sealed value does not open. */
MUST_USE result account_load(struct auth *au, struct arena *a, struct str id, struct account *out,
                             struct err *e);
/* Whose account those claims lead to, without making or changing one; *id empty: nobody's. */
MUST_USE result account_of_claims(struct auth *au, struct arena *a, const struct vneid_claims *c,
                                  struct str *id, struct err *e);
/* The citizen's account of a 12-digit number; ERR_NOT_FOUND. */
MUST_USE result account_by_number(struct auth *au, struct arena *a, struct str number,
                                  struct str *id, struct err *e);
/* Keeps it from signing in, ends its sessions and has their portals told (SESSION_BLOCKED); undone
 * by the other. Audited as "account.block", "account.unblock"; twice is fine. `actor` as in
 * store/audit.h. ERR_NOT_FOUND. */
MUST_USE result account_block(struct auth *au, const struct visit *v, struct str id,
                              struct str actor, struct err *e);
MUST_USE result account_unblock(struct auth *au, const struct visit *v, struct str id,
                                struct str actor, struct err *e);
/* For a transaction in which a session begins. ERR_BLOCKED. */
struct sql;
MUST_USE result account_take(struct sql *db, struct str id, struct err *e);
/* What to call it: the enterprise's name, else the person's, else "". */
struct str account_name(const struct account *acc);

#endif
