/*
 * office.h - what the room works with: the till of payments, where files come from, the keys that
 * sign what was closed.
 *
 * One office per generation of settings (web/app.h), immutable afterwards; any thread. Operations
 * of this room that need more than the till take it first.
 */
#ifndef FINANCE_OFFICE_H
#define FINANCE_OFFICE_H

#include "base/base.h"
#include "payments/till.h"

struct conf;
struct keyring;

struct office {
    const struct till *till;
    const struct conf *conf;
    struct keyring *keys; /* of the service: manifests are signed with the active one */
};

/* Everything given must outlive the office. */
MUST_USE result office_open(const struct conf *c, const struct till *t, struct keyring *keys,
                            struct office *out, struct err *e);
void office_close(struct office *f); /* DEFER(office_close); accepts half-opened */

#endif
