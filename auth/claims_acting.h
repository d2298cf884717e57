/*
 * claims_acting.h - what a portal is told when somebody acts for an organisation.
 *
 *     sub_type "organisation"
 *     org   { tax_code, registration_number, name, status, jurisdiction "VN" }: numbers only with
 *           the scope vn_id, since a household's code is its owner's own number
 *     act   { sub, name, vn_account_level, role }: who acts (RFC 8693 4.1); role
 *           "legal_representative", "organisation_account" or "authorised"; name with the scope
 *           profile. vn_account_level is left out for an organisation's account: it has none.
 *     authority { applies_to { organization_name, organization_status, registration_number },
 *                 permission [{ role, validity { start, end }, budget { value, currency },
 *                               function [..], powers [..] }], granted_by { method } }
 *           within verified_claims only (OIDC Authority claims extension); method "delegated" by a
 *           mandate, else "appointed"; budget where there is a limit for one payment.
 *     representee_list { status, list [{ sub, type, name }] }: "CURRENT", or
 *           "SERVICE_NOT_AVAILABLE" without a list, when a register does not answer
 *     representee      { status, sub, mandates [{ role, valid_until }] }, to whom acts for
 *           somebody: each ground on which the person may act for it; "NOT_ALLOWED" when there is
 *           none, the same for one that does not exist
 */
#ifndef AUTH_CLAIMS_ACTING_H
#define AUTH_CLAIMS_ACTING_H

#include "auth/claims.h"

/* Claims of the organisation into `known`, in place of the person's; s->acting is there. */
void claims_acting_put(struct auth *au, struct arena *a, const struct claims_subject *s,
                       struct json *known);
/* The claim `authority`. Caller closes. */
struct json *claims_authority(struct arena *a, const struct claims_subject *s);
/* representee_list and representee, as the granted scopes ask for them. Asks registers. */
MUST_USE result claims_representees_put(struct auth *au, const struct visit *v,
                                        const struct claims_subject *s, struct json *known,
                                        struct err *e);

#endif
