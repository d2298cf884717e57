/*
 * organisation.h - organisations, and the people who act for them on a ground of their own.
 *
 * Two grounds of one's own: the business register names the person as legal representative (role
 * legal_representative), or VNeID says that the account is the organisation's (role
 * organisation_account, account kinds 2 and 3). A firm may have many representatives. What rests on
 * the register is asked anew when it is older than auth.acting_max_age_s; an organisation of kind 3
 * stands in no register, and VNeID alone vouches for it at each sign-in.
 *
 * A register that tells numbers decides by the number. One that tells names only (ngsp) is not
 * enough by itself, since namesakes are many: there VNeID must also have told that code for the
 * person: in their own account, or in an organisation account of the same number that has signed in
 * here.
 *
 * The id is a keyed digest of the tax code, so an organisation is one row whoever comes first.
 * Code, name, status and address are sealed: a household's code is its owner's own number.
 */
#ifndef AUTH_ORGANISATION_H
#define AUTH_ORGANISATION_H

#include "auth/account.h"
#include "auth/auth.h"

struct organisation {
    struct str id;       /* "org_..." */
    struct str id_index; /* as its bills carry it */
    struct str code;     /* tax code: 10 or 12 digits, or 13 with the dash */
    struct str name, address;
    struct str status;    /* of the tax code, as conf/status.h knows it; or empty */
    enum vneid_kind kind; /* VNEID_ENTERPRISE or VNEID_ORGANISATION */
    bool pay_only;
    int64_t checked_ms; /* when the register was asked; 0: never */
    int64_t created_ms;
};

struct representation {
    struct str role;
    int64_t since_ms; /* 0: there never was one */
    int64_t checked_ms;
    int64_t ended_ms; /* 0: it holds */
};

/* ERR_NOT_FOUND. */
MUST_USE result organisation_load(struct auth *au, struct arena *a, struct str id,
                                  struct organisation *out, struct err *e);
/* Whose bill it is, by the digest that the bill carries; *id empty: no organisation known here. */
MUST_USE result organisation_of_bill(struct auth *au, struct arena *a, struct str id_index,
                                     struct str *id, struct err *e);
/* What is kept, unchecked. */
MUST_USE result representation_load(struct auth *au, struct arena *a, struct str account,
                                    struct str organisation, struct representation *out,
                                    struct err *e);
/* The person says that they represent the organisation of that code; the register decides.
 * ERR_FORBIDDEN: a person of identity level 1; ERR_INVALID: no tax code; ERR_BUSINESS_UNKNOWN,
 * ERR_BUSINESS_STATUS, ERR_NOT_REPRESENTATIVE, ERR_UPSTREAM_DOWN. */
MUST_USE result organisation_claim(struct auth *au, const struct visit *v,
                                   const struct account *acc, int level, struct str code,
                                   struct organisation *out, struct err *e);
/* The organisation of an account of kind 2 or 3, made on first sight; *has false: the upstream told
 * no valid code. Errors as organisation_ground(). */
MUST_USE result organisation_of_account(struct auth *au, const struct visit *v,
                                        const struct account *acc, bool *has,
                                        struct organisation *out, struct err *e);
/* The ids that the account represents, at most `most`, none of them checked. */
MUST_USE result organisation_list(struct auth *au, struct arena *a, struct str account,
                                  struct str *ids, size_t most, size_t *count, struct err *e);

struct ground_question {
    const struct account *account; /* who represents */
    struct str organisation;
    struct str client_id; /* for whose sake, into the record of questions; or empty */
};
/* Whether the ground holds now; asks the register when the last answer is too old.
 * ERR_NOT_REPRESENTATIVE, ERR_BUSINESS_UNKNOWN: it does not (any more, which has been recorded;
 * then out->since_ms is not 0); ERR_BUSINESS_STATUS: not while the organisation has that status;
 * ERR_UPSTREAM_DOWN. */
MUST_USE result organisation_ground(struct auth *au, const struct visit *v,
                                    const struct ground_question *q, struct organisation *org,
                                    struct representation *out, struct err *e);
/* The person says that they represent it no longer. */
MUST_USE result organisation_leave(struct auth *au, const struct visit *v, struct str account,
                                   struct str organisation, struct err *e);

#endif
