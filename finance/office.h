/*
 * office.h - what the room works with: the till of payments, where files come from, the keys that
 * sign what was closed.
 *
 * One office per generation of settings (web/app.h), immutable afterwards; any thread. Operations
 * of this room that need more than the till take it first.
 *
 * A kind of proposal of this room is an OFFICE_PROPOSAL row in payments/proposal.def, whose
 * function is declared here and defined in the file of its noun.
 */
#ifndef FINANCE_OFFICE_H
#define FINANCE_OFFICE_H

#include "base/base.h"
#include "finance/source.h"
#include "payments/proposal.h"
#include "payments/till.h"

struct conf;
struct keyring;
struct report_book;
struct hcsn_map;

struct office {
    struct till *till;
    const struct conf *conf;
    struct keyring *keys; /* of the service: manifests are signed with the active one */
    const struct source_book *sources;
    struct hcsn_map *accounts;         /* of public service units; NULL: none are set */
    const struct report_book *reports; /* points and full marks of indicators, dated */
    struct proposal_above above;
    struct arena *arena; /* of what the office itself holds */
};

/* Applies an approval, or undoes what a rejection or withdrawal makes pointless (p->state tells),
 * within the transaction of the decision. */
typedef result office_apply(struct sql *db, const struct office *f, const struct proposal *p,
                            const struct proposal_actor *by, struct arena *a, struct err *e);
#define PROPOSAL(kind, name, apply)
#define OFFICE_PROPOSAL(kind, name, apply) office_apply apply;
#include "payments/proposal.def"
#undef PROPOSAL

/* c NULL: no settings, and hence no sources. Everything given must outlive the office, and the
 * office must not move: the till leads back to it. A mistake in sources or calendars is ERR_CONFIG;
 * sources_load tells all of them. */
MUST_USE result office_open(const struct conf *c, struct till *t, struct keyring *keys,
                            struct office *out, struct err *e);
void office_close(struct office *f); /* DEFER(office_close); accepts half-opened */

bool office_decides(enum proposal_kind k); /* whether the kind is of this room */

#endif
